"""Guess first: the questions, what the data answer, and the gap in words (S01, S27, S20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpers.language import Language
from helpers.session.said import TENTHS


@dataclass(frozen=True)
class Fact:
    """What the data say to one guess: value and interval as shares; `n` customers counted, months of the books for money."""

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
        "keep_of_ten": _kept_share(numbers.get("spending")),
    }
    return {
        name: Fact(float(entry["value"]), float(entry["low"]), float(entry["high"]), int(entry["n"]))
        for name, entry in found.items()
        if entry and entry.get("value") is not None
    }


def _kept_share(spending: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The share of marketing money spent on existing customers: read off the books, so without a range."""
    if not spending or "acquisition" not in spending:
        return None
    total = spending["acquisition"] + spending["retention"]
    if total <= 0:
        return None
    share = spending["retention"] / total
    return {"value": share, "low": share, "high": share, "n": spending["months"]}


def gap(guess: int, fact: Fact, say: Language) -> str:
    """Guess against fact in words, counting a guess inside the interval as right."""
    low, high = TENTHS * fact.low - 0.5, TENTHS * fact.high + 0.5
    if low <= guess <= high:
        return say.text("You know your customers: the guess fits the data.")
    difference = abs(guess - TENTHS * fact.value)
    points = say.number(difference, 1)
    if guess > high:
        return say.text("The data show {points} of 10 fewer than you thought.", points=points)
    return say.text("The data show {points} of 10 more than you thought.", points=points)
