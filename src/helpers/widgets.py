"""The guided session's page: a thin view over `helpers.session`; every change is saved at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w

from helpers import session as sessions
from helpers.errors import InputError
from helpers.language import Language, available, language
from helpers.pipeline.example import example_run
from helpers.pipeline.stages import earlier_runs
from helpers.playbook import Mistake, Playbook, load
from helpers.serving import CLIENT, LANGUAGE
from helpers.session import QUESTIONS, Commitment, Session

_WIDE = w.Layout(width="100%", max_width="640px")
_STYLE = """<style>
.retention { max-width: 680px; margin: 0 auto; font-family: system-ui, sans-serif; color: #1d2733; line-height: 1.55; }
.retention h1 { font-size: 1.6rem; } .retention h2 { font-size: 1.25rem; }
.retention .fact { border-left: 4px solid #0b6e6e; padding: .25rem .9rem; }
.retention button, .retention select, .retention input { min-height: 44px; }
</style>"""


def _html(tag: str, text: str, css: str = "") -> w.HTML:
    """Escaped text in one element: notes and names never become markup."""
    return w.HTML(f'<{tag} class="{css}">{escape(text)}</{tag}>')


class GuidedSession:
    """One page: guess, reveal, interview, commitments. State lives in `session.yml`, not here."""

    def __init__(self, client: Path, say: Language) -> None:
        self.client, self.say = client, say
        self.book: Playbook = load()
        self.state: Session = sessions.load(client)
        self.facts = sessions.facts(_numbers(client))
        self.message = _html("p", "")

    def view(self) -> w.VBox:
        """The whole page."""
        say = self.say
        parts: list[Any] = [w.HTML(_STYLE), _html("h1", say.text("Guided session")), self.message]
        parts += [_html("h2", say.text("First your guess, then the data"))]
        parts += [self._guess(name) for name in QUESTIONS]
        parts += [_html("h2", say.text("How do you work today?"))]
        parts += [self._mistake(mistake) for mistake in self.book.mistakes.values()]
        parts += [_html("h2", say.text("Three promises for the next 30 days")), self._commitments()]
        return w.VBox(parts, layout=w.Layout(width="100%"))

    def _keep(self, change: Callable[[Session], Session]) -> bool:
        """Apply a change and save it; a fault is shown on the page and changes nothing."""
        try:
            self.state = sessions.save(self.client, change(self.state))
        except InputError as fault:
            self.message.value = f'<p role="alert"><strong>{escape(self.say.error(fault))}</strong></p>'
            return False
        self.message.value = f'<p role="status">{escape(self.say.text("Saved."))}</p>'
        return True

    def _guess(self, name: str) -> w.VBox:
        say = self.say
        slider = w.IntSlider(
            value=self.state.guesses.get(name, 5),
            min=0,
            max=10,
            description="",
            layout=_WIDE,
            disabled=name in self.state.revealed,
        )
        show = w.Button(
            description=say.text("Show the data"),
            layout=w.Layout(height="44px", width="auto"),
            disabled=name not in self.state.guesses,
        )
        answer = w.HTML(self._answer(name) if name in self.state.revealed else "")

        def guessed(change: Any) -> None:
            if self._keep(lambda s: s.guess(name, int(change["new"]))):
                show.disabled = False

        def revealed(_: Any) -> None:
            if self._keep(lambda s: s.reveal(name)):
                slider.disabled, answer.value = True, self._answer(name)

        slider.observe(guessed, names="value")
        show.on_click(revealed)
        return w.VBox([_html("p", say.text(QUESTIONS[name])), slider, show, answer])

    def _answer(self, name: str) -> str:
        say, fact = self.say, self.facts.get(name)
        if fact is None:
            text = say.text("Not measured yet: run the playbook on your sales file first.")
        else:
            text = say.text(
                "Your data: {value} of 10, most likely between {low} and {high} (n = {n}).",
                value=say.number(10 * fact.value, 1), low=say.number(10 * fact.low, 1), high=say.number(10 * fact.high, 1), n=fact.n,
            )  # fmt: skip
            text += " " + sessions.gap(self.state.guesses[name], fact, say)
        return f'<p class="fact">{escape(text)}</p>'

    def _mistake(self, mistake: Mistake) -> w.Accordion:
        rows = [_html("p", mistake.customer_view[self.say.code])] + [self._question(q) for q in mistake.questions]
        box = w.Accordion([w.VBox(rows)], titles=(mistake.title[self.say.code],))
        box.selected_index = None
        return box

    def _question(self, question: Any) -> w.VBox:
        say, given = self.say, self.state.answers.get(question.id)
        options = [(say.text("skip"), None)] + [
            (f"{i} – {anchor[say.code]}", i) for i, anchor in enumerate(question.anchors)
        ]
        choice = w.Dropdown(options=options, value=given.score if given else None, layout=_WIDE)
        note = w.Text(
            value=given.note if given else "", placeholder=say.text("note"), layout=_WIDE, continuous_update=False
        )

        def changed(_: Any) -> None:
            self._keep(lambda s: s.answer(question.id, choice.value, note.value))

        choice.observe(changed, names="value")
        note.observe(changed, names="value")
        return w.VBox([_html("p", question.ask[say.code]), choice, note])

    def _commitments(self) -> w.VBox:
        say = self.say
        rows = []
        for i in range(3):
            known = self.state.commitments[i] if i < len(self.state.commitments) else None
            what = w.Text(
                value=known.what if known else "", placeholder=say.text("what"), layout=_WIDE, continuous_update=False
            )
            owner = w.Text(value=known.owner if known else "", placeholder=say.text("who"), continuous_update=False)
            due = w.DatePicker(value=known.due if known else None)
            rows.append((what, owner, due))

        def changed(_: Any) -> None:
            made = tuple(
                Commitment(what=a.value.strip(), owner=b.value.strip(), due=c.value)
                for a, b, c in rows
                if a.value.strip()
            )
            self._keep(lambda s: s.commit(*made))

        for row in rows:
            for field in row:
                field.observe(changed, names="value")
        return w.VBox([w.VBox(row) for row in rows])


def _numbers(client: Path) -> dict[str, Any] | None:
    runs = earlier_runs(client / "runs")
    if not runs:
        return None
    found: dict[str, Any] = json.loads((runs[0] / "metrics.json").read_text(encoding="utf-8"))
    return found


def guided_session(lang: str = "", client: str = "") -> w.VBox:
    """The page for one client, with a language switch.

    Args:
        lang: language to begin with; default what the command line was told, else Vietnamese.
        client: the client's folder; default what the command line was told, else the example business.
    """
    folder = Path(client or os.environ.get(CLIENT, "") or example_run().parents[1])
    begin = lang or os.environ.get(LANGUAGE, "") or "vi"
    names = {"vi": "Tiếng Việt", "en": "English"}
    switch = w.ToggleButtons(
        options=[(names.get(code, code), code) for code in sorted(available(), reverse=True)], value=begin
    )
    place = w.VBox([GuidedSession(folder, language(begin)).view()])

    def switched(change: Any) -> None:
        place.children = (GuidedSession(folder, language(change["new"])).view(),)

    switch.observe(switched, names="value")
    page = w.VBox([switch, place])
    page.add_class("retention")
    return page
