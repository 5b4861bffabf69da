"""What was said in the guided session beside what the data say: guesses, the owner's own marks, promises."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpers import session as sessions
from helpers.errors import key
from helpers.language import Language
from helpers.playbook import Mistake, Playbook, load
from helpers.proof.promises import ORDER, Promise
from helpers.records import plain
from helpers.report import charts
from helpers.report.findings.common import not_measured
from helpers.report.pieces import Column, Compare, Details, Figure, Finding, Guess, Missing, TableView
from helpers.run import Run
from helpers.session import Session
from helpers.session.evidence import READS, Evidence, evidence
from helpers.session.interview import disagreement, order, score_of
from helpers.session.promises import spoken

BECAME: Mapping[str, str] = {
    "overdue": key("overdue"),
    "open": key("still open"),
    "kept": key("done"),
    "dropped": key("given up"),
    "withdrawn": key("no longer on the list"),
}
"""What became of a promise → its words (catalog keys)."""
_LEVELS: Mapping[str, str] = {
    "fine": key("data: in order"),
    "watch": key("data: worth a look"),
    "act": key("data: time to act"),
    "none": key("data: nothing recorded"),
}
_PERSONAL = re.compile(r"\S+@\S+\.\w+|\+?\d(?:[\s.\-()]?\d){7,}")
"""E-mail addresses and telephone numbers somebody may have written into a note."""


@dataclass(frozen=True)
class Beside:
    """What was said, and the numbers to hold it against, keyed like `metrics.json`."""

    session: Session
    numbers: Mapping[str, Any]
    book: Playbook

    @property
    def asked(self) -> tuple[tuple[Mistake, float], ...]:
        """Mistakes with at least one answer and their mean score, weakest first."""
        found = ((mistake, score_of(self.session, mistake)) for mistake in order(self.book))
        return tuple(sorted(((m, s) for m, s in found if s is not None), key=lambda pair: pair[1]))


def beside(run: Run, **more: Any) -> Beside:
    """The client's session and what this run has measured so far.

    Args:
        more: numbers other chapters measure, under their keys in `metrics.json`.
    """
    numbers = {**run.facts["overview"], **run.recorded, **plain(more)}
    return Beside(sessions.load(run.client), numbers, load())


def record(found: Beside) -> dict[str, Any]:
    """The same as numbers, for `metrics.json`: guesses beside facts, and the mean score of every mistake asked about."""
    data = sessions.facts(found.numbers)
    return {
        "guesses": {name: {"guess": guess, "fact": data.get(name)} for name, guess in found.session.guesses.items()},
        "scores": {mistake.id: score for mistake, score in found.asked},
    }


def guesses(session: Session, numbers: Mapping[str, Any], say: Language) -> Compare | Missing:
    """Guess beside fact, with the gap in words."""
    if not session.guesses:
        return Missing(
            say.text("Your guess beside the data"),
            say.text("answering the first questions of the guided session: retention session."),
            language=say,
        )
    data = sessions.facts(numbers)
    rows = []
    for name, guess in session.guesses.items():
        if name not in sessions.QUESTIONS:  # a question of an earlier version of the session
            continue
        fact = data.get(name)
        said = say.text("{count} of 10", count=guess)
        known = (
            say.text("{value} of 10", value=say.number(10 * fact.value, 1)) if fact else say.text("not measured yet")
        )
        rows.append(
            Guess(say.text(sessions.QUESTIONS[name]), said, known, sessions.gap(guess, fact, say) if fact else "")
        )
    return Compare(tuple(rows), language=say)


def marks(found: Beside, run: Run) -> tuple[Figure | TableView | Finding | Missing, ...]:
    """The owner's own marks, and where the data tell a different story; one sentence where nothing was asked."""
    if found.asked:
        return _scorecard(found, run), _disagreements(found, run)
    say = run.say
    how = say.text("answering the questions of the guided session: retention session.")
    return (not_measured(say.text("How you work today, by your own answers"), how, say),)


def _scorecard(found: Beside, run: Run) -> Figure:
    """Weakest first, each with what the data say."""
    say, asked = run.say, found.asked
    items = [(mistake.title[say.code], score, _level(found, mistake, say)) for mistake, score in asked]
    weakest = asked[0][0].title[say.code]
    return charts.scorecard(
        items,
        title=say.text("Weakest by your own answers: {mistake}", mistake=weakest),
        subtitle=say.text(
            "Mean of your answers, 0 to 4; {n} of {total} habits asked about; behind each, what the data say",
            n=len(asked), total=len(found.book.mistakes),
        ),
        language=say,
        caption=say.text("Four full steps: it is done every time. The marks are yours, not a verdict on people."),
    )  # fmt: skip


def _disagreements(found: Beside, run: Run) -> TableView | Finding:
    """Where answer and data tell different stories."""
    say, rows = run.say, []
    for mistake, score in found.asked:
        known = _evidence(found, mistake, say)
        if known is not None and disagreement(score, known) is not None:
            said = say.text("{score} of {best}", score=float(score), best=4)
            rows.append((mistake.title[say.code], said, f"{known.sentence} {_reads(known, say)}"))
    if not rows:
        return Finding(
            say.text("Answers and data do not contradict each other"),
            say.text("Wherever there are both, the data say nothing else than you do, or not surely enough."),
        )
    columns = (Column(say.text("Habit"), "left"), Column(say.text("You said")), Column(say.text("The data"), "left"))
    return TableView(columns, tuple(rows), say.text("Here answer and data tell different stories"), language=say)


def marks_details(found: Beside, run: Run) -> Details | None:
    """The notes taken in the session, in the owner's words; telephone numbers and addresses in them are left out."""
    say = run.say
    asked = {q.id: q.ask[say.code] for mistake in order(found.book) for q in mistake.questions}
    noted = tuple(
        (asked[name], without_personal_data(answer.note))
        for name, answer in found.session.answers.items()
        if name in asked and answer.note.strip()
    )
    return Details(say.text("In your own words"), noted) if noted else None


def without_personal_data(text: str) -> str:
    """The text with e-mail addresses and telephone numbers blotted out."""
    return _PERSONAL.sub("…", text)


def promises(found: Sequence[Promise], run: Run) -> tuple[Finding | TableView | Missing, ...]:
    """What became of the promises, and what stands open."""
    say = run.say
    if not found:
        how = say.text("choosing three things in the guided session, each with a name and a day.")
        return (not_measured(say.text("What became of what was promised"), how, say),)
    counts = {became: sum(one.became == became for one in found) for became in ORDER}
    told = [f"{say.text(BECAME[became])}: {say.number(n)}" for became, n in counts.items() if n]
    headline = _headline(found, say)
    columns = (
        Column(say.text("Promise"), "left"), Column(say.text("Who"), "left"), Column(say.text("Until"), "left"),
        Column(say.text("What became of it"), "left"),
    )  # fmt: skip
    book = load()
    rows = tuple(
        (without_personal_data(spoken(one.play, one.what, book, say)), one.owner or "–", say.date(one.due) if one.due else "–", say.text(BECAME[one.became]))
        for one in found
    )  # fmt: skip
    body = say.text("As of {day}, the end of these data – {counts}.", day=run.as_of, counts="; ".join(told))
    return Finding(headline, body), TableView(columns, rows, say.text("Promises"), language=say)


def _headline(found: Sequence[Promise], say: Language) -> str:
    earlier = [one for one in found if one.told_before]
    if not earlier:
        done = sum(one.became == "kept" for one in found)
        if done:
            return say.plural("Of {n} promise {done} is done", "Of {n} promises {done} are done", len(found), done=done)
        return say.plural("{n} promise stands", "{n} promises stand", len(found))
    kept = sum(one.became == "kept" for one in earlier)
    return say.plural(
        "Of {n} promise of last time {kept} is done", "Of {n} promises of last time {kept} are done", len(earlier), kept=kept
    )  # fmt: skip


def _evidence(found: Beside, mistake: Mistake, say: Language) -> Evidence | None:
    return evidence(mistake, found.numbers, say)


def _level(found: Beside, mistake: Mistake, say: Language) -> str:
    known = _evidence(found, mistake, say)
    return say.text(_LEVELS[known.level if known else "none"])


def _reads(known: Evidence, say: Language) -> str:
    return say.text(READS[known.level])
