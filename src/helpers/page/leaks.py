"""Leaks in money, each with its range, and what if a rate were better."""

from __future__ import annotations

from html import escape

import ipywidgets as w

from helpers.errors import key
from helpers.page.elements import box, markup, slider, text
from helpers.page.section import Section
from helpers.session.leaks import LEAKS, Sized, sized, unsized
from helpers.session.what_if import MISTAKES, QUESTIONS, Lever, assumed, gain_words, levers


class Leaks(Section):
    """What the last run sized, and three sliders."""

    name = "leaks"
    title = key("Where the money leaks")
    short = key("Money")

    def view(self) -> w.VBox:
        """Leaks, what is not recorded, levers."""
        say, frame = self.say, self.frame
        found = sized(frame.numbers, say, frame.money)
        parts: list[w.Widget] = [box([w.HTML(_leak(one))], "block") for one in found]
        if found:
            parts.append(
                box([text("p", say.text("The leaks overlap in places, so they are not added up."), "small")], "gap")
            )
        elif frame.numbers is None:
            how = say.text("run the playbook on the sales file; what you answer here is kept meanwhile.")
            parts.append(box([text("p", say.text("Not measured yet: {how}", how=how), "missing")], "block"))
        else:
            parts.append(
                box([text("p", say.text("There are too few customers so far to size a leak."), "missing")], "block")
            )
        parts += [self._unrecorded(say.text(LEAKS[leak]), "on_time") for leak in unsized(frame.numbers)]
        parts.append(box([text("h3", say.text("What if …"))], "block"))
        known = levers(frame.numbers)
        for name in QUESTIONS:
            shown = self._lever(known[name]) if name in known else self._unrecorded(say.text(QUESTIONS[name]), name)
            parts.append(shown)
        return box(parts)

    def _unrecorded(self, what: str, lever: str) -> w.VBox:
        """What the numbers do not hold, with the way to begin to record it."""
        how = self.frame.book.mistakes[MISTAKES[lever]].not_measured[self.say.code]
        words = self.say.text("Not measured yet. A way to begin: {how}", how=how)
        return box([w.HTML(f'<div class="missing">{markup("strong", what)}{markup("p", words)}</div>')], "block")

    def _lever(self, lever: Lever) -> w.VBox:
        say, frame = self.say, self.frame
        margin = ((frame.numbers or {}).get("economics") or {}).get("margin")
        at = min(frame.state.what_if.get(lever.name, 0), lever.most)
        gain = w.HTML()

        def shown(points: int) -> None:
            if points:
                gain.value = markup("p", gain_words(lever, points, margin, say, frame.money), "gain", role="status")
            else:
                words = say.text(
                    "Today: {now} of 100. Move the slider to see what more would mean.", now=say.number(100 * lever.now)
                )
                gain.value = markup("p", words, "small")

        def moved(points: float) -> None:
            shown(int(points))
            frame.later(f"what if {lever.name}", lambda s: s.suppose(lever.name, int(points)))

        bar = slider(say.text(QUESTIONS[lever.name]), at, (0, lever.most, 1), moved)
        bar.add_class("asked")
        ends = [say.text("as today"), say.text("{points} more of 100", points=lever.most)]
        scale = w.HTML(
            '<div class="ends" aria-hidden="true">' + "".join(f"<span>{escape(end)}</span>" for end in ends) + "</div>"
        )
        shown(at)
        return box(
            [bar, scale, box([gain], "gap"), text("p", assumed(lever, say, frame.money), "small gap")], "block lever"
        )


def _leak(one: Sized) -> str:
    parts = [
        markup("h3", one.name),
        markup("p", one.amount, "big"),
        markup("p", one.size),
        markup("p", one.assumed, "small"),
    ]
    return f'<div class="fact">{"".join(parts)}</div>'
