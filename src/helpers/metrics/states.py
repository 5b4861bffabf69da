"""States: active, late, lapsed, lost, reactivated – read from each customer's own rhythm by one function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.metrics.customers import Rhythm
from helpers.metrics.orders import purchase_days

STATES = ("active", "late", "lapsed", "lost", "reactivated")
HERE, GONE = ("active", "late", "reactivated"), ("lapsed", "lost")
"""Those who still come, and those who by all that was seen have stopped."""
_QUANTILES = (0.90, 0.97, 0.995)


@dataclass(frozen=True)
class Thresholds:
    """When silence means something, read from this business's own returns.

    Attributes:
        ratio: late, lapsed, lost as multiples of a repeat customer's own rhythm: 90, 97 and 99.5 % of the returns seen so
            far came sooner.
        first_days: the same three limits in days for customers with a single purchase day, from the times second orders took.
        returns: how many returns the limits rest on.
    """

    ratio: tuple[float, float, float]
    first_days: tuple[int, int, int]
    returns: int


FALLBACK = Thresholds(ratio=(2.0, 4.0, 8.0), first_days=(60, 180, 365), returns=0)
"""Used, and said so, while the business has too few returns to read limits from (fewer than 30)."""


def ruler(facts: Mapping[str, Any]) -> tuple[Rhythm | None, Thresholds]:
    """Rhythm and limits of the business as a run has recorded them (`rhythm`, `thresholds`)."""
    rhythm, limits = facts["rhythm"], facts["thresholds"]
    first, ratio = limits["first_days"], limits["ratio"]
    found = Thresholds((ratio[0], ratio[1], ratio[2]), (first[0], first[1], first[2]), limits["returns"])
    return None if rhythm is None else Rhythm(**rhythm), found


def thresholds(orders: ir.Table, customers: ir.Table, *, as_of: date, rhythm: Rhythm | None) -> Thresholds:
    """The limits of silence for this business.

    Args:
        customers: summary with `rhythm_days`.

    Returns:
        :data:`FALLBACK` when the rhythm could not be estimated. Lapsed is at least 1.5 × late and lost at least 1.5 ×
        lapsed, so that a business with very even gaps still has distinct states.
    """
    if rhythm is None:
        return FALLBACK
    days = purchase_days(orders, as_of)
    gaps = days.filter(days.gap.notnull()).inner_join(customers.select("customer_id", "rhythm_days"), "customer_id")
    second = gaps.previous == gaps.first_day
    ratio = gaps.gap / gaps.rhythm_days
    quantile = {f"r{i}": ratio.quantile(q) for i, q in enumerate(_QUANTILES)}
    quantile |= {f"f{i}": gaps.gap.cast("float64").quantile(q, where=second) for i, q in enumerate(_QUANTILES)}
    row = gaps.agg(returns=gaps.count(), **quantile).to_pandas().iloc[0]
    ratios = _apart([max(float(row[f"r{i}"]), 1.2) for i in range(3)])
    firsts = _apart([max(float(row[f"f{i}"]), 7.0) for i in range(3)])
    return Thresholds(
        ratio=(round(ratios[0], 2), round(ratios[1], 2), round(ratios[2], 2)),
        first_days=(round(firsts[0]), round(firsts[1]), round(firsts[2])),
        returns=int(row["returns"]),
    )


def _apart(limits: list[float]) -> list[float]:
    """Each limit at least 1.5 times the one before."""
    late, lapsed, lost = limits
    lapsed = max(lapsed, 1.5 * late)
    return [late, lapsed, max(lost, 1.5 * lapsed)]


@dataclass(frozen=True)
class Limits:
    """One customer's own limits of silence in days, and whether the last purchase came after a lapse."""

    late: ir.NumericValue
    lapsed: ir.NumericValue
    lost: ir.NumericValue
    returned: ir.BooleanValue

    def state(self, silence: ir.NumericValue) -> ir.StringValue:
        """The state after so many days without an order."""
        found: ir.StringValue = ibis.cases(
            (silence > self.lost, "lost"),
            (silence > self.lapsed, "lapsed"),
            (silence > self.late, "late"),
            (self.returned, "reactivated"),
            else_="active",
        )
        return found


def limits_of(customers: ir.Table, limits: Thresholds) -> Limits:
    """Everybody's own limits (needs `frequency`, `rhythm_days`, `last_gap`).

    A customer is *reactivated* while active again after a gap that had reached the lapsed limit.
    """
    repeat = (customers.frequency > 0) & customers.rhythm_days.notnull()
    late, lapsed, lost = (
        repeat.ifelse(ratio * customers.rhythm_days, float(days))
        for ratio, days in zip(limits.ratio, limits.first_days, strict=True)
    )
    returned = repeat & (customers.last_gap > limits.ratio[1] * customers.rhythm_days)
    return Limits(late, lapsed, lost, returned)


def with_state(customers: ir.Table, limits: Thresholds) -> ir.Table:
    """Add `state` to the customer summary (needs `frequency`, `rhythm_days`, `days_since_last_order`, `last_gap`)."""
    return customers.mutate(state=limits_of(customers, limits).state(customers.days_since_last_order))


def counts(customers: ir.Table) -> dict[str, int]:
    """Customers per state, every state present (needs `state`)."""
    rows = customers.group_by("state").agg(n=customers.count()).to_pyarrow().to_pylist()
    return {**dict.fromkeys(STATES, 0), **{row["state"]: int(row["n"]) for row in rows}}
