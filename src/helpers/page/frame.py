"""What stays around every section: language switch, steps, messages, saving."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as w

from helpers import session as sessions
from helpers.errors import InputError
from helpers.language import available, language
from helpers.page.elements import button, markup, text
from helpers.page.section import Section
from helpers.pipeline.stages import earlier_runs
from helpers.playbook import Playbook, load
from helpers.session import Session

NAMES = {"vi": "Tiếng Việt", "en": "English"}
_STYLE = """<style>
.retention { max-width: 680px; margin: 0 auto; font-family: system-ui, sans-serif; color: #1d2733; line-height: 1.55; }
.retention h1 { font-size: 1.6rem; } .retention h2 { font-size: 1.25rem; }
.retention .fact { border-left: 4px solid #0b6e6e; padding: .25rem .9rem; }
.retention button, .retention select, .retention input { min-height: 44px; }
.retention .row { flex-flow: row wrap; }
</style>"""


class Frame:
    """The page of one client. What was said lives in `session.yml`; here is only what is on the screen.

    Attributes:
        client: the client's folder. say: the language on the screen. state: what was said, as last saved. book: the playbook.
        numbers: the last run's `metrics.json`, None before the first run. view: the whole page.
    """

    def __init__(self, client: Path, lang: str, sections: Sequence[type[Section]]) -> None:
        self.client, self.say = client, language(lang)
        self.book: Playbook = load()
        self.state: Session = sessions.load(client)
        self.numbers: Mapping[str, Any] | None = None
        self._sections = {section.name: section for section in sections}
        self._place = next(iter(self._sections))
        self._message, self._body, self._head = w.HTML(), w.VBox(), w.VBox()
        self.view = w.VBox([w.HTML(_STYLE), self._head, self._message, self._body])
        self.view.add_class("retention")
        self.look_again()

    def keep(self, change: Callable[[Session], Session]) -> bool:
        """Apply a change to what was said and save it at once; a fault is shown on the page and changes nothing."""
        try:
            self.state = sessions.save(self.client, change(self.state))
        except InputError as fault:
            self.fault(fault)
            return False
        self.tell(self.say.text("Saved."))
        return True

    def tell(self, words: str) -> None:
        """A line that is read out when there is time."""
        self._message.value = markup("p", words, "told", "status")

    def fault(self, fault: InputError) -> None:
        """What went wrong, read out at once."""
        self._message.value = markup("p", self.say.error(fault), "fault", "alert")

    def go(self, name: str) -> None:
        """Show the section with this name."""
        self._place = name
        self._message.value = ""
        self.refresh()

    def refresh(self) -> None:
        """Draw everything on the screen again, from the state."""
        self._head.children = (self._languages(), text("h1", self.say.text("Guided session")), self._steps())
        section = self._sections[self._place](self)
        self._body.children = (text("h2", self.say.text(section.title)), section.view(), self._way_on())

    def look_again(self) -> None:
        """Read the last run's numbers again, and draw: for after a run."""
        runs = earlier_runs(self.client / "runs")
        self.numbers = json.loads((runs[0] / "metrics.json").read_text(encoding="utf-8")) if runs else None
        self.refresh()

    def speak(self, code: str) -> None:
        """Change the language, staying in the same place."""
        self.say = language(code)
        self._message.value = ""
        self.refresh()

    def _languages(self) -> w.HBox:
        return w.HBox(
            [
                button(NAMES.get(code, code), partial(self.speak, code), "on" if code == self.say.code else "off")
                for code in sorted(available(), reverse=True)
            ]
        )

    def _steps(self) -> w.HBox:
        steps = [
            button(
                self.say.text(section.title),
                partial(self.go, name),
                "on" if name == self._place else "off",
            )
            for name, section in self._sections.items()
        ]
        row = w.HBox(steps)
        row.add_class("row")
        return row

    def _way_on(self) -> w.HBox:
        names = list(self._sections)
        at = names.index(self._place)
        parts = []
        if at > 0:
            parts.append(button(self.say.text("Back"), lambda: self.go(names[at - 1])))
        if at + 1 < len(names):
            parts.append(button(self.say.text("Next"), lambda: self.go(names[at + 1])))
        return w.HBox(parts)
