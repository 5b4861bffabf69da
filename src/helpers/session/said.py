"""The state of a guided session: guesses, answers and commitments, each change making a new state."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from helpers.errors import InputError, key

TENTHS = 10
"""A guess is a number from 0 to this."""

QUESTIONS: Mapping[str, str] = {
    "repeat_of_ten": key("Of 10 people who buy for the first time, how many come back within 90 days?"),
    "still_of_ten": key("Of 10 customers of six months ago, how many have bought in the last two months?"),
    "keep_of_ten": key("Of every 10 you spend on marketing, how many go to the customers you already have?"),
}
"""Guess id → the question (catalog keys); every guess is a number from 0 to 10."""


def _clean(text: Any) -> Any:
    """Composed letters, and nothing a text file or a screen cannot hold: no lone surrogates, no control characters."""
    if not isinstance(text, str):
        return text
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", kept)


Words = Annotated[str, BeforeValidator(_clean)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(_Entry):
    """An anchored answer: 0–4, with a note. No score: looked at and left for later."""

    score: int | None = Field(None, ge=0, le=4)
    note: Words = Field("", max_length=2000)


class Commitment(_Entry):
    """Something the owner promises to do.

    Attributes:
        what: in the owner's words. owner: the one person who looks after it. due: until when. first_step: what happens on Monday.
        play: id in the playbook, empty when it is the owner's own idea. made: day of the promise. status: what became of it.
    """

    what: Words = Field(min_length=1, max_length=300)
    owner: Words = Field("", max_length=100)
    due: date | None = None
    first_step: Words = Field("", max_length=500)
    play: str = Field("", max_length=100)
    made: date | None = None
    status: Literal["open", "kept", "dropped"] = "open"


class Session(_Entry):
    """Everything said so far. `version` grows by one with every save.

    `what_if` holds by how many points a rate was supposed to be better. Files of schema version 1, which had no such thing and whose
    commitments had no `play`, `first_step` and `made`, are read as they are.
    """

    schema_version: Literal[2] = 2
    version: int = Field(0, ge=0)
    guesses: dict[str, Annotated[int, Field(ge=0, le=TENTHS)]] = Field(default_factory=dict)
    revealed: tuple[str, ...] = ()
    answers: dict[str, Answer] = Field(default_factory=dict)
    what_if: dict[str, Annotated[int, Field(ge=0, le=100)]] = Field(default_factory=dict)
    commitments: tuple[Commitment, ...] = ()

    def guess(self, question: str, tenths: int) -> Session:
        """With a guess; a guess is locked once its answer has been revealed.

        Raises:
            ValueError: unknown question or a number outside 0–10. InputError: the answer is out already.
        """
        if question not in QUESTIONS or not 0 <= tenths <= TENTHS:
            raise ValueError(f"no guess {question}={tenths}")
        if question in self.revealed:
            raise InputError("The answer is already on the table; a guess cannot be changed afterwards.")
        return self.model_copy(update={"guesses": {**self.guesses, question: tenths}})

    def reveal(self, question: str) -> Session:
        """With the answer shown, from now on locking the guess.

        Raises:
            InputError: nothing has been guessed yet.
        """
        if question not in self.guesses:
            raise InputError("Guess first, then look.")
        return self.model_copy(update={"revealed": tuple(dict.fromkeys((*self.revealed, question)))})

    def answer(self, question: str, score: int | None, note: str = "") -> Session:
        """With one interview answer, score and note."""
        return self._answered(question, Answer(score=score, note=note))

    def score(self, question: str, score: int | None) -> Session:
        """With the score of one answer; its note stays."""
        return self.answer(question, score, self.answers.get(question, Answer()).note)

    def note(self, question: str, note: str) -> Session:
        """With the note of one answer; its score stays."""
        return self.answer(question, self.answers.get(question, Answer()).score, note)

    def unanswer(self, question: str) -> Session:
        """Without this answer."""
        return self.model_copy(update={"answers": {q: a for q, a in self.answers.items() if q != question}})

    def _answered(self, question: str, answer: Answer) -> Session:
        return self.model_copy(update={"answers": {**self.answers, question: answer}})

    def suppose(self, lever: str, points: int) -> Session:
        """With a supposition: a rate better by so many points of a hundred; none at 0."""
        others = {name: given for name, given in self.what_if.items() if name != lever}
        return self.model_copy(update={"what_if": {**others, lever: points} if points else others})

    def commit(self, *commitments: Commitment) -> Session:
        """With these commitments instead of the ones before."""
        return self.model_copy(update={"commitments": commitments})

    def promise(self, commitment: Commitment) -> Session:
        """With one commitment more."""
        return self.commit(*self.commitments, commitment)

    def amend(self, place: int, **fields: Any) -> Session:
        """With some fields of one commitment changed.

        Raises:
            ValidationError: a field cannot be so. InputError: there is no such commitment any more.
        """
        if not 0 <= place < len(self.commitments):
            raise InputError("This promise is not there any more.")
        amended = Commitment.model_validate({**self.commitments[place].model_dump(), **fields})
        return self.commit(*self.commitments[:place], amended, *self.commitments[place + 1 :])

    def withdraw(self, place: int) -> Session:
        """Without one commitment."""
        return self.commit(*self.commitments[:place], *self.commitments[place + 1 :])
