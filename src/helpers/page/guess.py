"""First a guess, then the data (S01, S27, S20)."""

from __future__ import annotations

import ipywidgets as w

from helpers.errors import key
from helpers.page.elements import box, button, markup, row, slider, text
from helpers.page.section import Section
from helpers.session import QUESTIONS
from helpers.session.guesses import background, fact_words, facts, gap
from helpers.session.said import TENTHS

MIDDLE = 5


class Guess(Section):
    """One slider per question; seeing the answer locks it."""

    name = "guess"
    title = key("First your guess, then the data")
    short = key("Guess")

    def view(self) -> w.VBox:
        """Every question."""
        hint = self.say.text(
            "Move the slider, or press the button if it stands right already. Once the data are shown, a guess stays."
        )
        return box([text("p", hint, "small"), *(self._question(name) for name in QUESTIONS)])

    def _question(self, name: str) -> w.VBox:
        say, frame = self.say, self.frame
        known, shown = frame.state.guesses.get(name), name in frame.state.revealed
        value = w.HTML(self._guessed(MIDDLE if known is None else known, known is not None))
        answer = box([w.HTML(self._answer(name) if shown else "")])

        def saved(tenths: int) -> None:
            value.value = self._guessed(tenths, name in frame.state.guesses)
            show.disabled = name not in frame.state.guesses

        def moved(tenths: float) -> None:
            value.value = self._guessed(int(tenths), known=False)
            frame.later(f"guess {name}", lambda s: s.guess(name, int(tenths)), lambda: saved(int(tenths)))

        def confirmed() -> None:
            if frame.keep(lambda s: s.guess(name, int(bar.value))):
                saved(int(bar.value))

        def revealed() -> None:
            if frame.keep(lambda s: s.reveal(name)):
                bar.disabled = True
                answer.children = (w.HTML(self._answer(name)),)
                ways.children = ()

        bar = slider(
            say.text(QUESTIONS[name]), MIDDLE if known is None else known, (0, TENTHS, 1), moved, disabled=shown
        )
        bar.add_class("asked")
        ends = w.HTML(f'<div class="ends" aria-hidden="true"><span>0</span><span>{TENTHS}</span></div>')
        show = button(say.text("Show the data"), revealed, "main", disabled=known is None)
        ways = row([] if shown else [button(say.text("This is my guess"), confirmed, "quiet"), show], "gap")
        return box([bar, ends, value, ways, answer], "block guess")

    def _guessed(self, tenths: int, known: bool) -> str:
        say = self.say
        words = (
            say.text("Your guess: {count} of 10.", count=tenths)
            if known
            else say.text("{count} of 10 – not saved yet", count=tenths)
        )
        return markup("p", words, "guessed" if known else "small")

    def _answer(self, name: str) -> str:
        say, frame = self.say, self.frame
        fact = facts(frame.numbers).get(name)
        if fact is None:
            parts = [markup("p", say.text("Not measured yet: {how}", how=say.text(MISSING[name])), "missing")]
        else:
            parts = [
                markup("p", say.text("{count} of 10", count=say.number(TENTHS * fact.value, 1)), "big"),
                markup("p", fact_words(name, fact, say)),
                markup("p", gap(frame.state.guesses[name], fact, say)),
            ]
        parts += [markup("p", line, "small") for line in background(name, frame.numbers, say, frame.money)]
        return f'<div class="{"fact" if fact else "unmeasured"}">{"".join(parts)}</div>'


MISSING = {
    "repeat_of_ten": key(
        "run the playbook on a sales file with a customer on every order, at least ten of them 90 days old."
    ),
    "still_of_ten": key(
        "run the playbook on a sales file that reaches back eight months, with a customer on every order."
    ),
    "keep_of_ten": key(
        "split each month's marketing bill in two, winning new customers and keeping old ones, and add the file under “costs”."
    ),
}
"""Guess id → how it can be measured (catalog keys)."""
