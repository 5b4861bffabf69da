"""Which plays to begin with: by money where the last run could put one to it, by the mistakes found where not.

The two have no common unit, so they are two lists. Money is what the plan expects (margin less cost) per unit of effort; an effect
measured in the business's own campaign counts in full, an assumed one by half. What cures mistakes is ranked by how bad they
are – by the data's mark and the owner's answers – and how little effort the cure takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from helpers.errors import key
from helpers.language import Language
from helpers.playbook import Playbook
from helpers.playbook.diagnosis import diagnose, measured
from helpers.session.interview import scores
from helpers.session.promises import LONGEST
from helpers.session.said import Commitment, Session

Confidence = Literal["measured", "assumed", "found", "said"]
BEGIN = "identify-at-the-till"
"""What a business begins with that has neither a run nor an interview."""
PROMISES = 3
TRUST: Mapping[str, float] = {"own campaign": 1.0}
"""What the lift rests on → how much of the expected money counts in the ranking; assumed effects by half."""
ASSUMED_COUNTS = 0.5
CONFIDENCE: Mapping[Confidence, str] = {
    "measured": key("Sure so far: measured in your own campaign, against people left out."),
    "assumed": key("Not sure yet: the effect is assumed, and a part of the audience is left out to see it."),
    "found": key("The data point to it; what it brings is not known."),
    "said": key("Your own answers point to it; what it brings is not known."),
}
"""What the ranking rests on (catalog keys)."""
EFFORT: Mapping[int, str] = {
    1: key("little effort: a few hours a month"),
    2: key("some effort: a few hours a week"),
    3: key("much effort: somebody's task for weeks"),
}
"""Effort of a play → its words (catalog keys)."""


@dataclass(frozen=True)
class Choice:
    """One play to choose.

    Attributes:
        play: id. money: expected margin less cost with its range over `days`, None where it cannot be put in money. treated,
            holdout: customers contacted and left out. effort: 1–3. confidence: what the ranking rests on. mistakes: those found
            that it cures. rank: higher is first, comparable within one list.
    """

    play: str
    money: tuple[float, float, float] | None
    days: int
    treated: int
    holdout: int
    effort: int
    confidence: Confidence
    mistakes: tuple[str, ...]
    rank: float


@dataclass(frozen=True)
class Choices:
    """Both lists, best first, and what they rest on: the last run, the interview, or nothing yet."""

    paying: tuple[Choice, ...]
    curing: tuple[Choice, ...]
    basis: Literal["run", "interview", "nothing"]


def choices(numbers: Mapping[str, Any] | None, session: Session, book: Playbook) -> Choices:
    """What there is to choose from.

    Args:
        numbers: the last run's `metrics.json`, None before the first run.
    """
    found = _found(numbers, book)
    said = _said(session, book)
    paying = _paying((numbers or {}).get("plan") or (), book, found.keys() | said.keys())
    there = {choice.play for choice in paying}
    needs: dict[str, list[str]] = {}
    for mistake in {**found, **said}:
        for name in book.mistakes[mistake].plays:
            needs.setdefault(name, []).append(mistake)
    curing = []
    for name, mistakes in needs.items():
        if name in there:
            continue
        need = sum(found.get(m, 0.0) + said.get(m, 0.0) for m in mistakes)
        effort = book.plays[name].effort
        sure: Confidence = "found" if any(m in found for m in mistakes) else "said"
        curing.append(Choice(name, None, 0, 0, 0, effort, sure, tuple(sorted(mistakes)), need / effort))
    basis: Literal["run", "interview", "nothing"] = "run" if numbers else "interview" if said else "nothing"
    if basis == "nothing":
        curing = [Choice(BEGIN, None, 0, 0, 0, book.plays[BEGIN].effort, "said", (), 1.0)]
    return Choices(tuple(sorted(paying, key=_first)), tuple(sorted(curing, key=_first)), basis)


def _first(choice: Choice) -> tuple[float, int, str]:
    return -choice.rank, choice.effort, choice.play


def _found(numbers: Mapping[str, Any] | None, book: Playbook) -> dict[str, float]:
    """Mistake → 2 where the data say act, 1 where they say watch."""
    weights = {"act": 2.0, "watch": 1.0}
    diagnosed = diagnose(measured(numbers), book) if numbers else ()
    return {d.mistake.id: weights[d.level] for d in diagnosed if d.level in weights}


def _said(session: Session, book: Playbook) -> dict[str, float]:
    """Mistake → 0–2 by how far the owner's answers lie below 2 of 4, the middle sentence."""
    given = scores(session, book)
    return {name: 2.0 - score for name, score in given.items() if score is not None and score < 2}


def _paying(plan: Any, book: Playbook, wanted: Any) -> list[Choice]:
    """Plays of the plan that pay for themselves, over all their segments."""
    by_play: dict[str, list[Mapping[str, Any]]] = {}
    for row in plan:
        if row["play"] in book.plays and row["margin"]["value"] - (row.get("cost") or 0.0) > 0:
            by_play.setdefault(row["play"], []).append(row)
    made = []
    for name, rows in by_play.items():
        value, low, high = (
            sum(r["margin"][end] - (r.get("cost") or 0.0) for r in rows) for end in ("value", "low", "high")
        )
        counted = sum(
            (r["margin"]["value"] - (r.get("cost") or 0.0)) * TRUST.get(r["basis"], ASSUMED_COUNTS) for r in rows
        )
        effort = book.plays[name].effort
        sure: Confidence = "measured" if all(r["basis"] in TRUST for r in rows) else "assumed"
        cured = tuple(sorted(m.id for m in book.mistakes.values() if m.id in wanted and name in m.plays))
        days, treated = max(r["window_days"] for r in rows), sum(r["treated"] for r in rows)
        held = sum(r["holdout"] for r in rows)
        made.append(Choice(name, (value, low, high), days, treated, held, effort, sure, cured, counted / effort))
    return made


def money_words(choice: Choice, say: Language, money: Callable[[float], str]) -> str:
    """What a play may bring, and how many are left out to see it; empty where it cannot be put in money."""
    if choice.money is None:
        return ""
    value, low, high = choice.money
    return say.text(
        "May bring {value} of margin after its cost within {days} days (between {low} and {high}): {treated} customers contacted, {held} left "
        "out to compare.",
        value=money(value), low=money(low), high=money(high), days=choice.days, treated=choice.treated, held=choice.holdout,
    )  # fmt: skip


def commitment(play: str, book: Playbook, say: Language, **fields: Any) -> Commitment:
    """A promise to begin with a play, in the words of the playbook, to be made one's own."""
    page = book.plays[play]
    return Commitment(what=page.title[say.code], first_step=page.first_step[say.code][:LONGEST], play=play, **fields)


def running(session: Session) -> int:
    """Promises that are still open; more than three are none."""
    return sum(1 for promise in session.commitments if promise.status == "open")
