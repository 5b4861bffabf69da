"""The interview: in which order, how far it has come, what a mistake scores, and where answers and data disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from helpers.errors import key
from helpers.playbook import Mistake, Playbook
from helpers.session.evidence import Evidence
from helpers.session.said import Session

Standing = Literal["answered", "later", "open"]
SURE, WEAK = 3.0, 1.0
"""Mean score from which an owner says “this is in order here”, and up to which “this is not”."""

DISAGREES: Mapping[str, str] = {
    "worse": key(
        "The data tell another story than this answer. Both can be honest: the answer says what is meant to happen, the file what was "
        "written down. Shall we look at one customer together?"
    ),
    "better": key(
        "The data look better than this answer. Perhaps you are strict with yourself, or you see something the file does not. What is it?"
    ),
}
"""Direction in which the data lie → what to say (catalog keys)."""


@dataclass(frozen=True)
class Progress:
    """How far the interview has come; `standing` is by mistake in the order they are asked."""

    standing: Mapping[str, Standing]

    @property
    def answered(self) -> int:
        """Mistakes with at least one answer."""
        return sum(1 for standing in self.standing.values() if standing == "answered")

    @property
    def total(self) -> int:
        """All mistakes."""
        return len(self.standing)

    def after(self, mistake: str) -> str | None:
        """The next mistake without an answer, going on from the first after the last; None when all are answered."""
        names = list(self.standing)
        at = names.index(mistake) + 1 if mistake in names else 0
        return next((name for name in names[at:] + names[:at] if self.standing[name] != "answered"), None)


def order(book: Playbook) -> tuple[Mistake, ...]:
    """Mistakes as they are asked: as the ideas S01–S27 follow each other."""
    return tuple(sorted(book.mistakes.values(), key=lambda mistake: (mistake.rows[0], mistake.id)))


def progress(session: Session, book: Playbook) -> Progress:
    """What is answered, what was left for later, and what has not been looked at."""
    return Progress({mistake.id: _standing(session, mistake) for mistake in order(book)})


def _standing(session: Session, mistake: Mistake) -> Standing:
    given = [session.answers[q.id] for q in mistake.questions if q.id in session.answers]
    if any(answer.score is not None for answer in given):
        return "answered"
    return "later" if given else "open"


def skip(session: Session, mistake: Mistake) -> Session:
    """Left for later: its first question is marked as seen, an answer already there stays."""
    first = mistake.questions[0].id
    return session if first in session.answers else session.score(first, None)


def score_of(session: Session, mistake: Mistake) -> float | None:
    """Mean of a mistake's answered questions (0–4); None while none is answered."""
    given = [session.answers[q.id].score for q in mistake.questions if q.id in session.answers]
    numbers = [score for score in given if score is not None]
    return sum(numbers) / len(numbers) if numbers else None


def scores(session: Session, book: Playbook) -> dict[str, float | None]:
    """Mistake → mean of its answered questions (0–4); None while none is answered."""
    return {mistake.id: score_of(session, mistake) for mistake in book.mistakes.values()}


def disagreement(score: float | None, evidence: Evidence | None) -> Literal["worse", "better"] | None:
    """Whether the data contradict the answers.

    They do when the owner says it is in order (3 or more of 4) and the data say it is time to act, or when the owner says it is not
    (1 or less) and the data look fine – and only if the end of the interval that speaks for the owner does not agree with them.
    """
    if score is None or evidence is None:
        return None
    if score >= SURE and evidence.level == "act" and evidence.best != "fine":
        return "worse"
    return "better" if score <= WEAK and evidence.level == "fine" and evidence.worst != "act" else None
