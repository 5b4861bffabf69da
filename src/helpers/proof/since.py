"""What changed since the last run: headline metrics beside each other, and whether a change is more than noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import ibis.expr.types as ir

from helpers.metrics.growth import growth
from helpers.metrics.repeat import repeat_rates
from helpers.metrics.uncertainty import Estimate, Rate, newcombe


@dataclass(frozen=True)
class Change:
    """One headline metric, then and now.

    Attributes:
        metric: key in `metrics.json`. before, now: values. difference: now − before, with an interval where both are rates.
        real: True when the interval excludes zero, None when noise cannot be judged (totals).
    """

    metric: str
    before: float
    now: float
    difference: Estimate | float
    real: bool | None


TOTALS = ("customers", "orders", "net_revenue", "anonymous_revenue_share", "quick_ratio")


def headline(orders: ir.Table, facts: Mapping[str, Any], *, as_of: date) -> dict[str, Any]:
    """This run's headline numbers, keyed like `metrics.json`."""
    rates = repeat_rates(orders, as_of=as_of)
    repeat = {str(r.horizon_days): asdict(r.rate) for r in rates if isinstance(r.rate, Rate)}
    return {**facts["overview"], "quick_ratio": growth(orders, as_of=as_of).quick_ratio, "repeat_rate": repeat}


def _rate(entry: Any) -> Rate | None:
    if not isinstance(entry, Mapping) or not entry.get("n") or entry.get("value") is None:
        return None
    n = int(entry["n"])
    return Rate(float(entry["value"]), float(entry["low"]), float(entry["high"]), n, round(float(entry["value"]) * n))


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Change, ...]:
    """Headline changes between two runs' `metrics.json`.

    The two repeat rates share customers, so Newcombe's interval for independent groups is somewhat too wide: a change called
    real is real, one called noise may still be true.
    """
    found: list[Change] = []
    for key in TOTALS:
        then, current = before.get(key), now.get(key)
        if isinstance(then, int | float) and isinstance(current, int | float):
            found.append(Change(key, float(then), float(current), float(current) - float(then), None))
    for horizon, entry in (now.get("repeat_rate") or {}).items():
        current, then = _rate(entry), _rate((before.get("repeat_rate") or {}).get(horizon))
        if current and then:
            difference = newcombe(current, then)
            real = difference.low > 0 or difference.high < 0
            found.append(Change(f"repeat_rate.{horizon}", then.value, current.value, difference, real))
    return tuple(found)
