"""Guess first: the questions, what the data answer, and the gap in words (S01, S27, S20)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def fact_words(name: str, fact: Fact, say: Language) -> str:
    """What was counted: range and customers; for the marketing money, which is read off the books, the months."""
    if name == "keep_of_ten":
        return say.plural(
            "Read off your cost book: {n} month, nothing estimated.", "Read off your cost book: {n} months, nothing estimated.", fact.n
        )  # fmt: skip
    return say.text(
        "Most likely between {low} and {high} of 10, counted on {n} customers.",
        low=say.number(TENTHS * fact.low, 1), high=say.number(TENTHS * fact.high, 1), n=fact.n,
    )  # fmt: skip


def background(
    name: str, numbers: Mapping[str, Any] | None, say: Language, money: Callable[[float], str]
) -> tuple[str, ...]:
    """Sentences that give an answer its weight, from the business's own margin and cost of a new customer (S20).

    Args:
        money: words an amount.
    """
    economics = (numbers or {}).get("economics") or {}
    if name != "keep_of_ten":
        return ()
    lines = []
    won, point = economics.get("acquisition") or {}, economics.get("one_point") or {}
    if won.get("keep") is not None:
        lines.append(
            say.text(
                "A new customer cost {cost} ({low}–{high}); for each customer who came again {keep} was spent.",
                cost=money(won["cac"]["value"]), low=money(won["cac"]["low"]), high=money(won["cac"]["high"]), keep=money(won["keep"]),
            )
        )  # fmt: skip
    elif "cac" in won:
        lines.append(
            say.text(
                "A new customer cost {cost} ({low}–{high}).",
                cost=money(won["cac"]["value"]), low=money(won["cac"]["low"]), high=money(won["cac"]["high"]),
            )
        )  # fmt: skip
    if "worth" in point:
        lines.append(
            say.text(
                "Keeping one more of 100 customers for a year is worth {worth} of gross profit ({low}–{high}), at a gross margin of {margin}, "
                "counted on {n} who stayed; if those won buy like the lighter half, {cautious}.",
                worth=money(point["worth"]["value"]), low=money(point["worth"]["low"]), high=money(point["worth"]["high"]),
                margin=say.percent(economics["margin"]), n=point["value"]["n"], cautious=money(point["cautious"]),
            )
        )  # fmt: skip
    return tuple(lines)
