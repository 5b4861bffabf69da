"""What stays around every section: language switch, steps, messages, progress, saving."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import ipywidgets as w

from helpers import business as business_file
from helpers.business import Business
from helpers.errors import InputError, key
from helpers.language import available, language
from helpers.page import look
from helpers.page.elements import box, button, markup, row
from helpers.page.section import Section
from helpers.pipeline.stages import earlier_runs
from helpers.playbook import Playbook, load
from helpers.session import Session
from helpers.session.keeping import Change, Keeper, Outcome
from helpers.session.place import Place, remember, where
from helpers.session.words import entry

NAMES = {"vi": "Tiếng Việt", "en": "English"}
PAUSE = 0.6
"""Seconds after the last letter until a field is saved."""
HELP = {
    "conflict": key("Somebody has changed the same in another window: {entries}. What stands here is not saved yet."),
    "merged": key("Saved, beside what somebody has saved in another window."),
}


class Frame:
    """The page of one client. What was said lives in `session.yml`; here is only what is on the screen.

    Attributes:
        client: the client's folder. say: the language on the screen. keeper: the state and how it is saved. book: the playbook.
        business: `business.yml`, None while there is none that can be read. numbers: the last run's `metrics.json`, None before the
            first run. place: where on the page we are. view: the whole page.
    """

    def __init__(self, client: Path, lang: str, sections: Sequence[type[Section]]) -> None:
        self.client, self._lang = client, lang
        self._sections = {section.name: section for section in sections}
        self._drawn_from = _stamps(client)  # before reading: what changes meanwhile is then noticed, not missed
        self.place = _begin(where(client), lang, list(self._sections))
        self.say = language(self.place.lang)
        self.book: Playbook = load()
        self.keeper = Keeper(client)
        self.business: Business | None = None
        self.numbers: Mapping[str, Any] | None = None
        self._short = {section.name: section.short or section.title for section in sections}
        self._later: dict[str, tuple[Change, Callable[[], object] | None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._beats = 0
        self._pulse = w.HTML()
        self._pulse.add_class("pulse")
        self._title, self._message, self._ways, self._body = w.HTML(), w.HTML(), row([]), box([], "body")
        self._languages = {
            code: button(NAMES.get(code, code), partial(self.speak, code), "language")
            for code in sorted(available(), reverse=True)
        }
        self._steps = {name: button("", partial(self.go, name), "step") for name in self._sections}
        beat = button("", self._beat, "beat")
        head = [row([*self._languages.values()], "languages"), self._title, row([*self._steps.values()], "steps")]
        self.view = box(
            [w.HTML(look.style()), box(head, "head"), self._message, self._ways, self._body, self._pulse, beat]
        )
        self.view.add_class("retention")
        self._beat()
        self._open()

    def _open(self) -> None:
        """Read everything and draw it."""
        opened = self.keeper.open()
        self.look_again()
        if not opened.done:
            self._show(opened)

    def _catch_up(self) -> None:
        """Draw anew what was drawn before anybody asked for it, if something has been said, dropped or worked out since."""
        now = _stamps(self.client)
        if now != self._drawn_from:
            self._drawn_from = now
            self.place = _begin(where(self.client), self._lang, list(self._sections))
            self.say = language(self.place.lang)
            self.keeper = Keeper(self.client)
            self._open()

    @property
    def state(self) -> Session:
        """What was said, as last saved."""
        return self.keeper.state

    @property
    def name(self) -> str:
        """What the client is called."""
        return self.business.name if self.business else self.client.name

    def keep(self, change: Change) -> bool:
        """Apply a change to what was said and save it at once, after whatever was being typed.

        Returns:
            Whether it is on disk. If not, the page says why and keeps the change until somebody has chosen what to do.
        """
        self.flush()
        return self._show(self.keeper.keep(change))

    def later(self, name: str, change: Change, saved: Callable[[], object] | None = None) -> None:
        """Save a change once no further one of this `name` has come for a moment: for fields that are being typed into.

        Args:
            saved: called when it is on disk.
        """
        self._later[name] = (change, saved)
        if self._timer is not None:
            self._timer.cancel()
        try:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self.flush)
        except RuntimeError:  # no loop: nobody is typing
            self.flush()

    def flush(self) -> None:
        """Save what was being typed."""
        changes, self._later = self._later, {}
        for change, saved in changes.values():
            if self._show(self.keeper.keep(change)) and saved is not None:
                saved()

    def tell(self, words: str) -> None:
        """A line that is read out when there is time."""
        self._message.value = markup("p", words, "told", role="status")

    def fault(self, fault: InputError) -> None:
        """What went wrong, read out at once."""
        self._message.value = markup("p", self.say.error(fault), "fault", role="alert")

    def money(self, amount: float) -> str:
        """An amount in the client's currency as said aloud."""
        currency = (self.numbers or {}).get("currency") or (self.business.currency if self.business else "VND")
        return self.say.short_money(amount, currency)

    def go(self, section: str, mistake: str = "") -> None:
        """Show a section, in the interview at a mistake."""
        self.flush()
        self.at(section, mistake)
        if not self.keeper.waiting:
            self._clear()
        self.refresh()

    def at(self, section: str, mistake: str = "") -> None:
        """Remember where we are, for a reload."""
        self.place = Place(section, mistake or self.place.mistake, self.say.code, self.place.begun)
        remember(self.client, self.place)

    def speak(self, code: str) -> None:
        """Change the language, staying in the same place."""
        self.say = language(code)
        self.go(self.place.section)

    def refresh(self) -> None:
        """Draw everything on the screen again, from the state."""
        say = self.say
        self._title.value = markup("h1", say.text("Working session: {client}", client=self.name), data_lang=say.code)
        for code, switch in self._languages.items():
            _mark(switch, code == say.code)
        for step, pressed in self._steps.items():
            pressed.description = say.text(self._short[step])
            _mark(pressed, step == self.place.section)
        shown = self._sections[self.place.section](self)
        heading = w.HTML(markup("h2", say.text(shown.title), "" if shown.arrives else "arrive", tabindex="-1"))
        self._body.children = (heading, self._drawn(shown), self._way_on())

    def _drawn(self, shown: Section) -> w.Widget:
        """The section, or why it cannot be shown: a damaged business.yml keeps nobody from talking."""
        try:
            return shown.view()
        except InputError as fault:
            return w.HTML(markup("p", self.say.error(fault), "fault", role="alert"))

    def look_again(self) -> None:
        """Read `business.yml` and the last run's numbers again, and draw: for after a run."""
        self.renew()
        self.refresh()

    def renew(self) -> None:
        """Read them again and leave the screen alone: somebody may be writing."""
        try:
            self.business = business_file.load(self.client)
        except InputError:
            self.business = None  # a business with no file yet can still be interviewed
        self.numbers = _numbers(self.client)

    def _beat(self) -> None:
        """Show that there is somebody behind the page: its script asks, and says so when no answer comes.

        The first question is that of a browser that has just opened a page made ready before.
        """
        if self._beats == 1:
            self._catch_up()
        self._beats += 1
        self._pulse.value = f'<span data-beat="{self._beats}"></span>'

    def _show(self, outcome: Outcome) -> bool:
        """Say what became of a change, with the ways on where it waits."""
        say = self.say
        ways: list[tuple[str, Callable[[], Outcome]]] = []
        if outcome.kind == "saved":
            self.tell(say.text("Saved."))
        elif outcome.kind == "merged":
            self.tell(say.text(HELP["merged"]))
        elif outcome.kind == "conflict":
            named = ", ".join(sorted(entry(name, self.book, say) for name in outcome.entries))
            self.fault(InputError(HELP["conflict"], entries=named))
            ways = [
                (say.text("Keep what stands here"), self.keeper.mine),
                (say.text("Take what the other window saved"), self.keeper.theirs),
            ]
        elif outcome.fault is not None:
            self.fault(outcome.fault)
            ways = [(say.text("Try again"), self._again)] if outcome.kind in ("damaged", "unwritten") else []
            if outcome.kind == "damaged":
                ways.append((say.text("Put the file aside and go on from the last good version"), self.keeper.restore))
        self._ways.children = tuple(button(words, partial(self._choose, way), "way") for words, way in ways)
        return outcome.done

    def _again(self) -> Outcome:
        return self.keeper.retry() if self.keeper.waiting else self.keeper.open()

    def _choose(self, way: Callable[[], Outcome]) -> None:
        outcome = way()
        if outcome.done:
            self.refresh()
        self._show(outcome)

    def _clear(self) -> None:
        self._message.value, self._ways.children = "", ()

    def _way_on(self) -> w.HBox:
        names = list(self._sections)
        at = names.index(self.place.section)
        parts = []
        if at > 0:
            parts.append(button(self.say.text("Back"), partial(self.go, names[at - 1]), "quiet"))
        if at + 1 < len(names):
            step = names[at + 1]
            words = self.say.text("On to: {section}", section=self.say.text(self._short[step]))
            parts.append(button(words, partial(self.go, names[at + 1]), "main"))
        return row(parts, "way-on")


def _begin(last: Place, lang: str, names: Sequence[str]) -> Place:
    """Where and in which language the page opens: as it was left, unless it is opened in another language than then."""
    section = last.section if last.section in names else names[0]
    spoken = last.lang if last.begun == lang and last.lang in available() else lang
    return Place(section, last.mistake, spoken, lang)


def _stamps(client: Path) -> frozenset[tuple[str, int, int]]:
    """What lies in the client's folder, with when and how long: differs as soon as a page would show something else.

    The folder's own time is among them: it alone tells that a file has come and gone again, after a page had read it.
    """
    found = []
    for path in (client, *chain.from_iterable(client.glob(pattern) for pattern in ("*", "files/*", "runs/*"))):
        with suppress(OSError):  # gone meanwhile
            about = path.stat()
            found.append((str(path.relative_to(client)), about.st_mtime_ns, about.st_size))
    return frozenset(found)


def _mark(switch: w.Button, on: bool) -> None:
    (switch.add_class if on else switch.remove_class)("on")


def _numbers(client: Path) -> Mapping[str, Any] | None:
    for folder in earlier_runs(client / "runs"):
        try:
            found: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if "as_of" in found:  # a file of ours, whole
            return found
    return None
