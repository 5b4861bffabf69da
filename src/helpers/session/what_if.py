"""What if a rate were some points better: money a month from the business's own numbers, with a range and what it takes for granted.

A range says how well the unit prices are known – what one who returns brings, how much the rates differ – and nothing about whether
the better rate can be reached, or at what cost. Ranges of products are put together by the method of variance estimates recovery
(Zou & Donner 2008): squared distances of the parts' limits add up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from helpers.errors import key
from helpers.language import Language

MOST = 20
"""Points a slider offers at most."""

QUESTIONS: Mapping[str, str] = {
    "repeat": key("What if more first-time buyers came back within 90 days?"),
    "response": key("What if more complaints were answered within a day?"),
    "on_time": key("What if more first deliveries came on time?"),
}
"""Lever → its question (catalog keys)."""
ASSUMED: Mapping[str, str] = {
    "repeat": key(
        "Taken for granted: as many new customers a month as in the last year ({monthly}), and those won bring as much within 90 days as those "
        "who came back by themselves ({value}, {low}–{high}; {n} counted). People who need a push mostly bring less."
    ),
    "response": key(
        "Taken for granted: {monthly} customers a month complain as in the last year, a quick answer brings back as many more as it did so far "
        "({difference} of 100, {low}–{high}; {n} counted), and each brings {value}. Easy complaints are answered sooner: a part of "
        "the difference may be that."
    ),
    "on_time": key(
        "Taken for granted: a first delivery on time brings back as many more as it did so far ({difference} of 100, {low}–{high}; {n} counted). "
        "Being late need not be the only difference between them."
    ),
}
"""Lever → what its gain takes for granted (catalog keys)."""
MISTAKES: Mapping[str, str] = {
    "repeat": "never-measured",
    "response": "slow-answers",
    "on_time": "inconsistent-experience",
}
"""Lever → mistake of the playbook whose page says how to begin to record it."""


@dataclass(frozen=True)
class Lever:
    """One rate that could be better.

    Attributes:
        name: id. now: the rate as it is. most: points (of a hundred) a slider may add. point: money a month of one point, with its
            range, never below nothing. facts: numbers its assumption names.
    """

    name: str
    now: float
    most: int
    point: tuple[float, float, float]
    facts: Mapping[str, float]

    def gain(self, points: int) -> tuple[float, float, float]:
        """Value, low and high of so many points more; proportional, because each point is one customer of a hundred.

        Raises:
            ValueError: fewer than none or more than the rate has room for.
        """
        if not 0 <= points <= self.most:
            raise ValueError(f"{points} points are not between 0 and {self.most}")
        value, low, high = self.point
        return value * points, low * points, high * points


def levers(numbers: Mapping[str, Any] | None) -> dict[str, Lever]:
    """The levers the last run's `metrics.json` holds everything for."""
    made = {"repeat": _repeat, "response": _response, "on_time": _on_time}
    found = {name: make(numbers) for name, make in made.items()} if numbers else {}
    return {name: lever for name, lever in found.items() if lever is not None and lever.most > 0}


def _room(now: float) -> int:
    return min(MOST, math.floor(100 * (1 - now) + 1e-9))


def _rate(found: Any) -> Mapping[str, Any] | None:
    return found if found and found.get("value") is not None else None


def _stake(numbers: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (numbers.get("stakes") or {}).get(name) or {}
    return found


def _repeat(numbers: Mapping[str, Any]) -> Lever | None:
    now, stake = _rate((numbers.get("repeat_rate") or {}).get("90")), _stake(numbers, "newcomers")
    worth = _rate(stake.get("value"))
    if now is None or worth is None or stake["monthly"] <= 0:
        return None
    unit = stake["monthly"] / 100
    point = unit * worth["value"], unit * worth["low"], unit * worth["high"]
    return Lever("repeat", now["value"], _room(now["value"]), point, {"monthly": stake["monthly"], **_of(worth)})


def _response(numbers: Mapping[str, Any]) -> Lever | None:
    speed, stake = (numbers.get("complaints") or {}).get("by_speed") or {}, _stake(numbers, "complainers")
    more, worth = _rate(speed.get("difference")), _rate(stake.get("value"))
    if more is None or worth is None or more["value"] <= 0 or stake["monthly"] <= 0:
        return None
    now = speed["first"]["n"] / (speed["first"]["n"] + speed["second"]["n"])
    point = _product(more, worth, stake["monthly"] / 100)
    facts = {"monthly": stake["monthly"], "value": worth["value"], **_difference(more, 1)}
    return Lever("response", now, _room(now), point, facts)


def _on_time(numbers: Mapping[str, Any]) -> Lever | None:
    late = numbers.get("late_first_delivery") or {}
    more = _rate(late.get("difference"))
    leak = next((leak for leak in numbers.get("leaks") or () if leak["leak"] == "late_deliveries"), None)
    if more is None or leak is None:
        return None
    now = late["second"]["n"] / (late["first"]["n"] + late["second"]["n"])
    if now >= 1:
        return None
    # the leak is what all late first deliveries cost, so a point of all first deliveries is its share of the late ones
    unit = 0.01 / (1 - now)
    point = unit * leak["monthly"], unit * leak["low"], unit * leak["high"]
    return Lever("on_time", now, _room(now), point, _difference(more, -1))


def _product(first: Mapping[str, Any], second: Mapping[str, Any], unit: float) -> tuple[float, float, float]:
    """A product of two independent estimates with its range, cut at nothing."""
    a, b = first["value"], second["value"]
    down = math.hypot((a - first["low"]) * b, a * (b - second["low"]))
    up = math.hypot((first["high"] - a) * b, a * (second["high"] - b))
    return unit * a * b, unit * max(0.0, a * b - down), unit * (a * b + up)


def _of(found: Mapping[str, Any]) -> dict[str, float]:
    return {name: found[name] for name in ("value", "low", "high", "n")}


def _difference(found: Mapping[str, Any], sign: int) -> dict[str, float]:
    """A difference in customers of a hundred, turned so that more is better."""
    low, high = sorted((100 * sign * found["low"], 100 * sign * found["high"]))
    return {"difference": 100 * sign * found["value"], "low": low, "high": high, "n": found["n"]}


def gain_words(lever: Lever, points: int, margin: float | None, say: Language, money: Callable[[float], str]) -> str:
    """What so many points more would bring a month, in revenue and, where the margin is known, in gross profit."""
    value, low, high = lever.gain(points)
    words = say.text(
        "{now} of 100 become {then}: {value} more a month, most likely between {low} and {high}.",
        now=say.number(100 * lever.now), then=say.number(100 * lever.now + points), value=money(value), low=money(low), high=money(high),
    )  # fmt: skip
    if margin is None:
        return words
    profit = say.text(
        "Of that {profit} is gross profit ({margin}).", profit=money(value * margin), margin=say.percent(margin)
    )
    return f"{words} {profit}"


def assumed(lever: Lever, say: Language, money: Callable[[float], str]) -> str:
    """What the gain takes for granted, with the numbers behind it."""
    facts = dict(lever.facts)
    in_money = ("value", "low", "high") if lever.name == "repeat" else ("value",)
    worded = {name: money(value) if name in in_money else say.number(value) for name, value in facts.items()}
    return say.text(ASSUMED[lever.name], **worded)
