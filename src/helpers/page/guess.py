"""First a guess, then the data."""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from helpers import session as sessions
from helpers.errors import key
from helpers.page.elements import WIDE, button, markup, text
from helpers.page.section import Section
from helpers.session import QUESTIONS


class Guess(Section):
    """One slider per question; the answer locks it."""

    name = "guess"
    title = key("First your guess, then the data")

    def view(self) -> w.VBox:
        """Every question."""
        return w.VBox([self._question(name) for name in QUESTIONS])

    def _question(self, name: str) -> w.VBox:
        say, frame = self.say, self.frame
        known = frame.state.guesses
        slider = w.IntSlider(
            value=known.get(name, 5), min=0, max=10, layout=WIDE, disabled=name in frame.state.revealed
        )
        answer = w.HTML(self._answer(name) if name in frame.state.revealed else "")

        def guessed(change: Any) -> None:
            if frame.keep(lambda s: s.guess(name, int(change["new"]))):
                show.disabled = False

        def revealed() -> None:
            if frame.keep(lambda s: s.reveal(name)):
                slider.disabled, answer.value = True, self._answer(name)

        show = button(say.text("Show the data"), revealed, disabled=name not in known)
        slider.observe(guessed, names="value")
        return w.VBox([text("p", say.text(QUESTIONS[name])), slider, show, answer])

    def _answer(self, name: str) -> str:
        say, fact = self.say, sessions.facts(self.frame.numbers).get(name)
        if fact is None:
            words = say.text("Not measured yet: run the playbook on your sales file first.")
        else:
            words = say.text(
                "Your data: {value} of 10, most likely between {low} and {high} (n = {n}).",
                value=say.number(10 * fact.value, 1), low=say.number(10 * fact.low, 1), high=say.number(10 * fact.high, 1), n=fact.n,
            )  # fmt: skip
            words += " " + sessions.gap(self.frame.state.guesses[name], fact, say)
        return markup("p", words, "fact")
