"""How the shop works today: one mistake at a time, what the owner says beside what the data say."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import ipywidgets as w

from helpers.errors import key
from helpers.page.elements import box, button, choice, markup, note, radios, row, text
from helpers.page.section import Section
from helpers.playbook import Question
from helpers.session.evidence import READS, Evidence, evidence
from helpers.session.interview import DISAGREES, Standing, disagreement, order, progress, score_of, skip

STANDING: dict[Standing, str] = {"answered": "✓", "later": "…", "open": "○"}
LATER = -1
"""Value of the choice that leaves a question for later."""


class Interview(Section):
    """One mistake: the customer's view, the evidence, the questions."""

    name = "interview"
    title = key("How do you work today?")
    short = key("Interview")
    arrives = True

    def view(self) -> w.VBox:
        """The mistake the interview is at: where we left, else the first without an answer."""
        mistakes, found = order(self.frame.book), progress(self.frame.state, self.frame.book)
        names = [mistake.id for mistake in mistakes]
        at = self.frame.place.mistake if self.frame.place.mistake in names else found.after("") or names[0]
        self._mistake = mistakes[names.index(at)]
        self.frame.at(self.name, at)  # answered or not, a reload shows it again
        self._evidence = evidence(self._mistake, self.frame.numbers, self.say)
        self._progress, self._flag, self._jump = w.HTML(), w.HTML(), box([])
        self._answered()
        first, *deeper = self._mistake.questions
        title = markup("h3", self._mistake.title[self.say.code], "arrive", tabindex="-1")
        return box([
            box([self._progress, self._jump]),
            box([w.HTML(title), text("p", f"“{self._mistake.customer_view[self.say.code]}”", "quote gap")], "block"),
            box([w.HTML(self._data())], "block"),
            self._question(first),
            self._flag,
            self._deeper(deeper),
            self._ways(names, at),
        ])  # fmt: skip

    def _answered(self) -> None:
        """Progress, the list to jump from, and whether the data disagree – after every answer."""
        say, frame = self.say, self.frame
        found = progress(frame.state, frame.book)
        words = say.text("{answered} of {total} answered", answered=found.answered, total=found.total)
        bar = f'<progress max="{found.total}" value="{found.answered}" aria-hidden="true"></progress>'
        self._progress.value = f'<div class="how-far">{markup("p", words, "small")}{bar}</div>'
        options = [(f"{STANDING[found.standing[m.id]]} {m.title[say.code]}", m.id) for m in order(frame.book)]
        listed = choice(say.text("Go to"), options, self._mistake.id, partial(frame.go, self.name))
        self._jump.children = (listed,)
        direction = disagreement(score_of(frame.state, self._mistake), self._evidence)
        self._flag.value = ""
        if direction:
            heading = markup("strong", say.text("Here answer and data differ"))
            self._flag.value = (
                f'<div class="differs gap" role="note">{heading}{markup("p", say.text(DISAGREES[direction]))}</div>'
            )

    def _data(self) -> str:
        say, found, limits = self.say, self._evidence, self._mistake.thresholds
        if found is not None:
            return _measured(
                found, limits.basis[say.code] if limits else "", say.text("Your data"), say.text(READS[found.level])
            )
        if limits is None:
            return markup(
                "p", say.text("No number settles this one: what you see in the shop is the evidence."), "small"
            )
        how = self._mistake.not_measured[say.code]
        return markup("p", say.text("Not measured yet. A way to begin: {how}", how=how), "missing")

    def _question(self, question: Question) -> w.VBox:
        say, frame = self.say, self.frame
        given = frame.state.answers.get(question.id)
        options = [(f"{i} · {anchor[say.code]}", i) for i, anchor in enumerate(question.anchors)]
        options.append((say.text("I don't know yet – later"), LATER))
        value = None if given is None else LATER if given.score is None else given.score

        def chosen(score: int) -> None:
            kept = None if score == LATER else score
            frame.later(f"score {question.id}", lambda s: s.score(question.id, kept), self._answered)

        def noted(words: str) -> None:
            frame.later(f"note {question.id}", lambda s: s.note(question.id, words), self._answered)

        asked = radios(question.ask[say.code], options, value, chosen)
        asked.add_class("asked")
        written = note(say.text("Note, in the owner's words"), given.note if given else "", noted)
        return box([asked, written], "block question")

    def _deeper(self, questions: list[Question]) -> w.VBox:
        """The other questions, opened when asked for, or when one of them has an answer."""
        place = box([], "deeper")

        def opened() -> None:
            place.children = tuple(self._question(question) for question in questions)

        if any(question.id in self.frame.state.answers for question in questions):
            opened()
        else:
            words = self.say.plural("Go deeper: {n} more question", "Go deeper: {n} more questions", len(questions))
            place.children = (row([button(words, opened, "quiet")], "gap"),)
        return place

    def _ways(self, names: list[str], at: str) -> w.HBox:
        say, here = self.say, names.index(at)
        go: Callable[[str], None] = partial(self.frame.go, self.name)

        def skipped() -> None:
            if self.frame.keep(lambda s: skip(s, self._mistake)):
                go(names[(here + 1) % len(names)])

        parts = [button(say.text("Previous"), partial(go, names[here - 1]), "quiet", disabled=here == 0)]
        parts.append(button(say.text("Skip for now"), skipped, "quiet"))
        if here + 1 < len(names):
            parts.append(button(say.text("Next"), partial(go, names[here + 1]), "main"))
        return row(parts, "block")


def _measured(found: Evidence, basis: str, heading: str, reads: str) -> str:
    parts = [markup("strong", heading), markup("p", found.sentence), markup("p", f"{reads} {basis}", "small")]
    return f'<div class="fact">{"".join(parts)}</div>'
