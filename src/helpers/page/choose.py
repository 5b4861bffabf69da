"""What to do: plays to choose from, and at most three promises with a name, a day and a first step."""

from __future__ import annotations

from datetime import date
from functools import partial

import ipywidgets as w

from helpers.errors import key
from helpers.page.elements import box, button, choice, day, line, markup, note, row, text
from helpers.page.section import Section
from helpers.session.choices import (
    CONFIDENCE,
    EFFORT,
    PROMISES,
    Choice,
    choices,
    commitment,
    money_words,
    running,
)
from helpers.session.promises import STATUS, missing, spoken
from helpers.session.said import Commitment

SHOWN = 4
"""Plays of each list shown at first."""
BASIS = {
    "run": key("Ranked by what the last run found: money, effort and how sure it is."),
    "interview": key("No run yet, so ranked by your answers alone: what scored lowest first."),
    "nothing": key("Neither a run nor answers yet: begin by knowing who your customers are."),
}
OWNERS = {"marketing": key("marketing"), "sales": key("sales"), "care": key("customer care")}


class Choose(Section):
    """Promises first – they are what remains – then what else there is to choose."""

    name = "choose"
    title = key("Three promises for the next 30 days")
    short = key("Choose")

    def view(self) -> w.VBox:
        """Promises, a line for one's own, plays."""
        say, state = self.say, self.frame.state
        found = choices(self.frame.numbers, state, self.frame.book)
        promises = [self._promise(place, promise) for place, promise in enumerate(state.commitments)]
        parts: list[w.Widget] = [*promises]
        if running(state) >= PROMISES:
            full = say.text("Three is enough for 30 days. To choose another, take one back or say what became of it.")
            return box([*parts, box([text("p", full)], "block")])
        parts.append(box([text("p", say.text(BASIS[found.basis]), "small")], "gap"))
        for heading, listed in (
            (say.text("What may bring money"), found.paying),
            (say.text("What cures the mistakes found"), found.curing),
        ):
            if listed:
                parts.append(self._list(heading, listed))
        parts.append(self._own())
        return box(parts)

    def _promise(self, place: int, promise: Commitment) -> w.VBox:
        say, frame = self.say, self.frame
        lacks = w.HTML()

        def look() -> None:
            kept = frame.state.commitments
            words = missing(kept[place], say) if place < len(kept) else ""
            lacks.value = markup("p", words, "small")

        def later(name: str, value: object) -> None:
            frame.later(f"promise {place} {name}", lambda s: s.amend(place, **{name: value}), look)

        def settled(status: str) -> None:
            if frame.keep(lambda s: s.amend(place, status=status)):
                frame.refresh()

        def back() -> None:
            if frame.keep(lambda s: s.withdraw(place)):
                frame.refresh()

        look()
        what = spoken(promise.play, promise.what, frame.book, say)
        step = spoken(promise.play, promise.first_step, frame.book, say, "first_step")
        fields = [
            text("h3", say.text("Promise {number}", number=place + 1)),
            line(say.text("What"), what, partial(later, "what")),
            line(say.text("Who – one name"), promise.owner, partial(later, "owner")),
            day(say.text("Until when"), promise.due, partial(later, "due")),
            note(say.text("First step, on Monday"), step, partial(later, "first_step")),
            choice(say.text("What became of it"), [(say.text(STATUS[name]), name) for name in STATUS], promise.status, settled),
            lacks,
            row([button(say.text("Take it back"), back, "quiet")], "gap"),
        ]  # fmt: skip
        return box(fields, f"block promise {promise.status}")

    def _own(self) -> w.VBox:
        """A promise that is no play of the book."""
        say, frame = self.say, self.frame

        def added() -> None:
            what = words.value.strip()
            if what and frame.keep(lambda s: s.promise(Commitment(what=what[:300], made=date.today()))):
                frame.refresh()

        def typed(value: str) -> None:
            add.disabled = not value.strip()

        words = line(say.text("A promise of your own"), "", typed)
        add = button(say.text("Add"), added, "quiet", disabled=True)
        return box([words, row([add], "gap")], "block")

    def _list(self, heading: str, listed: tuple[Choice, ...]) -> w.VBox:
        say = self.say
        place = box([self._choice(one) for one in listed[:SHOWN]])
        parts: list[w.Widget] = [text("h3", heading), place]
        if len(listed) > SHOWN:
            rest = listed[SHOWN:]
            more = row([], "gap")

            def opened() -> None:
                place.children = (*place.children, *(self._choice(one) for one in rest))
                more.children = ()

            more.children = (button(say.text("{n} more", n=len(rest)), opened, "quiet"),)
            parts.append(more)
        return box(parts, "block")

    def _choice(self, one: Choice) -> w.VBox:
        say, frame, play = self.say, self.frame, self.frame.book.plays[one.play]
        taken = any(promise.play == one.play for promise in frame.state.commitments)

        def chosen() -> None:
            made = commitment(one.play, frame.book, say, made=date.today())
            if frame.keep(lambda s: s.promise(made)):
                frame.refresh()

        against = ", ".join(frame.book.mistakes[name].title[say.code] for name in one.mistakes[:2])
        about = [
            say.text("Against: {mistakes}", mistakes=against) + "." if against else "",
            f"{_capital(say.text(EFFORT[one.effort]))}.",
            say.text("Usually looked after by: {who}", who=say.text(OWNERS[play.owner])) + ".",
        ]
        money = money_words(one, say, frame.money)
        lines = [
            markup("h4", play.title[say.code]),
            markup("p", play.summary[say.code]),
            markup("p", f"{money} {say.text(CONFIDENCE[one.confidence])}".strip(), "fact"),
            markup("p", say.text("First step: {step}", step=play.first_step[say.code])),
            markup("p", " ".join(part for part in about if part), "small"),
        ]
        pressed = button(
            say.text("Chosen") if taken else say.text("Choose “{play}”", play=play.title[say.code]),
            chosen,
            "quiet",
            disabled=taken,
        )
        return box([w.HTML("".join(lines)), row([pressed], "gap")], "play")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
