"""The interview: how far it has come, and what a mistake scores."""

from __future__ import annotations

from helpers.playbook import Playbook
from helpers.session.said import Session


def scores(session: Session, book: Playbook) -> dict[str, float | None]:
    """Mistake → mean of its answered questions (0–4); None while none is answered."""
    found: dict[str, float | None] = {}
    for mistake in book.mistakes.values():
        given = [session.answers[q.id].score for q in mistake.questions if q.id in session.answers]
        numbers = [score for score in given if score is not None]
        found[mistake.id] = sum(numbers) / len(numbers) if numbers else None
    return found
