"""What is said in the guided session: guesses, answers, commitments – saved at once, never lost, never silently overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from helpers import files
from helpers.business import line_of, problem
from helpers.errors import InputError, key
from helpers.language import Language
from helpers.playbook import Playbook

FILE = "session.yml"
HISTORY = "session-history"
KEPT = 50
"""Earlier versions kept beside the current one."""

QUESTIONS: Mapping[str, str] = {
    "repeat_of_ten": key("Of 10 people who buy for the first time, how many come back within 90 days?"),
    "still_of_ten": key("Of 10 customers of six months ago, how many have bought in the last two months?"),
}
"""Guess id → the question (catalog keys); every guess is a number from 0 to 10."""


class Answer(BaseModel):
    """An anchored answer: 0–4, with a note."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    score: int | None = Field(None, ge=0, le=4)
    note: str = Field("", max_length=2000)


class Commitment(BaseModel):
    """Something the owner promises to do."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    what: str = Field(min_length=1, max_length=300)
    owner: str = Field("", max_length=100)
    due: date | None = None
    status: Literal["open", "kept", "dropped"] = "open"


class Session(BaseModel):
    """Everything said so far. `version` grows by one with every save."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_version: Literal[1] = 1
    version: int = Field(0, ge=0)
    guesses: dict[str, Annotated[int, Field(ge=0, le=10)]] = Field(default_factory=dict)
    revealed: tuple[str, ...] = ()
    answers: dict[str, Answer] = Field(default_factory=dict)
    commitments: tuple[Commitment, ...] = ()

    def guess(self, question: str, tenths: int) -> Session:
        """With a guess; a guess is locked once its answer has been revealed.

        Raises:
            ValueError: unknown question or a number outside 0–10. InputError: the answer is out already.
        """
        if question not in QUESTIONS or not 0 <= tenths <= 10:
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
        """With one interview answer."""
        return self.model_copy(update={"answers": {**self.answers, question: Answer(score=score, note=note)}})

    def commit(self, *commitments: Commitment) -> Session:
        """With these commitments instead of the ones before."""
        return self.model_copy(update={"commitments": commitments})


def load(client: Path) -> Session:
    """The saved session; an empty one when there is none.

    Raises:
        InputError: the file was edited into something that cannot be read; it is left as it is.
    """
    path = client / FILE
    if not path.is_file():
        return Session()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return Session.model_validate(data)
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise InputError(
            "{file}, line {line}: this is not valid YAML; correct it, or take the last version from {history}.",
            file=FILE, line=str(line_of(fault)), history=HISTORY,
        ) from fault  # fmt: skip
    except ValidationError as fault:
        place = fault.errors()[0]["loc"]
        where = ".".join(str(part) for part in place) or FILE
        raise InputError(
            "{file}, line {line}: “{where}” cannot be used ({problem}); correct it, or take the last version from {history}.",
            file=FILE, line=str(_line_of(path, place)), where=where, problem=problem(fault.errors()[0]), history=HISTORY,
        ) from fault  # fmt: skip


def _line_of(path: Path, place: Sequence[str | int]) -> int:
    """The line a faulty entry stands on: the names and positions that lead to it, followed as far as the file spells them out."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def save(client: Path, session: Session) -> Session:
    """Write the session at once and whole, keeping the version before in the history.

    Returns:
        The session as saved, one version on.

    Raises:
        InputError: another tab has saved since this one read the file; nothing is overwritten.
    """
    with FileLock(client / f".{FILE}.lock"):
        current = load(client)
        if current.version != session.version:
            raise InputError(
                "Somebody has saved this session from another window; reload the page to go on from there."
            )
        kept = [int(old.stem) for old in (client / HISTORY).glob("*.yml") if old.stem.isdigit()]
        # after an old version has been put back by hand, the history goes on from its newest entry
        saved = session.model_copy(update={"version": max([session.version, *kept]) + 1})
        text = yaml.safe_dump(saved.model_dump(mode="json"), allow_unicode=True, sort_keys=False, width=120)
        if (client / FILE).is_file():
            files.write_bytes(
                client / HISTORY / f"{current.version:06d}.yml", (client / FILE).read_bytes(), private=True
            )
        files.write_text(client / FILE, text, private=True)
        for old in sorted((client / HISTORY).glob("*.yml"))[:-KEPT]:
            old.unlink()
    return saved


@dataclass(frozen=True)
class Fact:
    """What the data say to one guess: value and interval as shares, customers counted."""

    value: float
    low: float
    high: float
    n: int


def facts(numbers: Mapping[str, Any] | None) -> dict[str, Fact]:
    """The answers the last run's `metrics.json` holds; a question the data cannot answer is not in it."""
    if not numbers:
        return {}
    found = {
        "repeat_of_ten": (numbers.get("repeat_rate") or {}).get("90"),
        "still_of_ten": (numbers.get("six_months_ago") or {}).get("still"),
    }
    return {
        name: Fact(float(entry["value"]), float(entry["low"]), float(entry["high"]), int(entry["n"]))
        for name, entry in found.items()
        if entry and entry.get("value") is not None
    }


def gap(guess: int, fact: Fact, say: Language) -> str:
    """Guess against fact in words, counting a guess inside the interval as right."""
    low, high = 10 * fact.low - 0.5, 10 * fact.high + 0.5
    if low <= guess <= high:
        return say.text("You know your customers: the guess fits the data.")
    difference = abs(guess - 10 * fact.value)
    points = say.number(difference, 1)
    if guess > high:
        return say.text("The data show {points} of 10 fewer than you thought.", points=points)
    return say.text("The data show {points} of 10 more than you thought.", points=points)


def scores(session: Session, book: Playbook) -> dict[str, float | None]:
    """Mistake → mean of its answered questions (0–4); None while none is answered."""
    found: dict[str, float | None] = {}
    for mistake in book.mistakes.values():
        given = [session.answers[q.id].score for q in mistake.questions if q.id in session.answers]
        numbers = [score for score in given if score is not None]
        found[mistake.id] = sum(numbers) / len(numbers) if numbers else None
    return found
