"""What entries of a session are called."""

from __future__ import annotations

from helpers.language import Language
from helpers.playbook import Playbook
from helpers.session import what_if
from helpers.session.said import QUESTIONS


def entry(name: str, book: Playbook, say: Language) -> str:
    """An entry as :func:`helpers.session.touched` names it, in words: a guess, an answer, a note or the promises."""
    kind, _, rest = name.partition(".")
    if kind in ("guesses", "revealed"):
        return say.text("the guess “{question}”", question=say.text(QUESTIONS[rest]) if rest in QUESTIONS else rest)
    if kind == "answers":
        identity, _, part = rest.rpartition(".")
        asked = next(
            (q.ask[say.code] for m in book.mistakes.values() for q in m.questions if q.id == identity), identity
        )
        if part == "note":
            return say.text("the note to “{question}”", question=asked)
        return say.text("the answer to “{question}”", question=asked)
    if kind == "what_if":
        return say.text(
            "the slider “{question}”", question=say.text(what_if.QUESTIONS[rest]) if rest in what_if.QUESTIONS else rest
        )
    return say.text("the promises")
