"""Which mistakes the numbers show: measured values held against each mistake's thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from helpers.playbook.book import Playbook
from helpers.playbook.models import Mistake, Thresholds

REGULARS = ("declining_call", "declining_watch", "regular", "champion")
"""Segments of customers who come often."""


@dataclass(frozen=True)
class Diagnosed:
    """One mistake and what the data say about it.

    Attributes:
        mistake: the page. value: measured, None when nothing is recorded. level: fine, watch, act; unmeasured when the data it
            needs are not there; asked when no number settles it and only the session can tell.
        distance: how far beyond the acting threshold, relative to the distance between the two; ranks the worst first.
    """

    mistake: Mistake
    value: float | None
    level: Literal["fine", "watch", "act", "unmeasured", "asked"]
    distance: float


def diagnose(values: Mapping[str, float | None], book: Playbook) -> tuple[Diagnosed, ...]:
    """Every mistake with its level, worst measured first, unmeasured last.

    Args:
        values: metric key → value, None (or absent) for what is not measured.
        book: the playbook with the thresholds.
    """
    found = [_one(mistake, values) for mistake in book.mistakes.values()]
    return tuple(sorted(found, key=lambda d: (d.value is None, -d.distance, d.mistake.id)))


def _one(mistake: Mistake, values: Mapping[str, float | None]) -> Diagnosed:
    limits = mistake.thresholds
    if limits is None:
        return Diagnosed(mistake, None, "asked", 0.0)
    value = values.get(limits.metric_key)
    if value is None or math.isnan(value):
        return Diagnosed(mistake, None, "unmeasured", 0.0)
    return Diagnosed(mistake, value, limits.level(value), _distance(limits, value))


def _distance(limits: Thresholds, value: float) -> float:
    span = abs(limits.watch - limits.act) or 1.0
    beyond = limits.act - value if limits.better == "higher" else value - limits.act
    return beyond / span


def measured(numbers: Mapping[str, Any]) -> dict[str, float | None]:
    """Metric key of the playbook's thresholds → this run's value; None where nothing is recorded."""
    complaints, presence, spending = (numbers.get(k) or {} for k in ("complaints", "presence", "spending"))
    speed = complaints.get("median_first_reply_hours")
    money = (spending.get("acquisition") or 0.0) + (spending.get("retention") or 0.0)
    shown = [g["rate"]["value"] for g in numbers.get("on_time") or () if "value" in g["rate"]]
    share = numbers.get("anonymous_revenue_share")
    return {
        "repeat_rate": ((numbers.get("repeat_rate") or {}).get("90") or {}).get("value"),
        "time_to_second_order": (at_hundred(numbers.get("return_curve")) or {}).get("value"),
        "on_time_rate": min(shown) if shown else None,
        "recovery_rate": (complaints.get("recovered") or {}).get("value"),
        "alternative_share": (complaints.get("alternative") or {}).get("value"),
        "response_time": speed,
        "contact_gap": (presence.get("untouched") or {}).get("value"),
        "sell_care_ratio": presence.get("sell_to_care"),
        "acquisition_retention_spend": spending["retention"] / money if money else None,
        "identified_share": 1 - share if share is not None else None,
        "decline": _declining(numbers.get("segments") or ()),
    }


def at_hundred(curve: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The curve of the second order at day 100: value, low, high, n; None when it does not reach that far."""
    if not curve or "days" not in curve or curve["days"][-1] < 100:
        return None
    at = max(i for i, day in enumerate(curve["days"]) if day <= 100)
    return {"value": curve["returned"][at], "low": curve["low"][at], "high": curve["high"][at], "n": curve["n"]}


def _declining(sizes: Sequence[Mapping[str, Any]]) -> float | None:
    """Share of customers who still come often and spend less than half of before."""
    by_name = {s["segment"]: s["customers"] for s in sizes}
    regulars = sum(by_name.get(k, 0) for k in REGULARS)
    return by_name.get("declining_call", 0) / regulars if regulars >= 10 else None
