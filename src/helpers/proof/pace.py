"""Weeks since the run before beside as many weeks before it: orders, revenue and new customers a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_ind

from helpers.metrics.orders import with_day
from helpers.metrics.uncertainty import Estimate

LEAST, MOST = 4, 26
"""Weeks compared on either side: below, two means say nothing; above, half a year ago is another business."""
Measure = Literal["orders", "net_revenue", "new_customers"]
MEASURES: tuple[Measure, ...] = ("orders", "net_revenue", "new_customers")


@dataclass(frozen=True)
class Pace:
    """One measure a week, before and since.

    Attributes:
        measure: `orders`, `net_revenue` (both with anonymous ones) or `new_customers` (first orders of known customers).
        before, now: means a week. difference: now − before with Welch's interval; `n` is the number of weeks of both together.
        real: True when chance does not explain it, the measures judged together (Bonferroni). Weeks resemble the one before and a season is no chance: “real” says that
            something changed, not what.
    """

    measure: Measure
    before: float
    now: float
    difference: Estimate
    real: bool


def pace(orders: ir.Table, *, since: date, as_of: date, first: date) -> tuple[Pace, ...]:
    """Compare whole weeks after `since` with as many up to it.

    Args:
        orders: canonical orders. since: last day of the earlier data. as_of: end of the data. first: their first day.

    Returns:
        Nothing where there are fewer than :data:`LEAST` whole weeks on either side.
    """
    weeks = min((as_of - since).days // 7, ((since - first).days + 1) // 7, MOST)
    if weeks < LEAST:
        return ()
    placed = with_day(orders)
    age = placed.day.delta(ibis.literal(since + timedelta(days=1)), unit="day").cast("int64")
    known = placed.customer_id.notnull()
    # a customer's first order is the earliest of all, so it is looked up before the weeks are cut out
    opening = placed.ordered_at.min().over(ibis.window(group_by=placed.customer_id))
    rows = placed.mutate(week=(age / 7).floor().cast("int64"), new=known & (placed.ordered_at == opening))
    rows = rows.filter(rows.week.between(-weeks, weeks - 1))
    counted = rows.group_by("week").agg(
        orders=rows.count(), net_revenue=rows.net_revenue.sum(), new_customers=rows.customer_id.nunique(where=rows.new)
    )
    by_week = {row["week"]: row for row in counted.to_pyarrow().to_pylist()}
    values = {
        name: np.array([float((by_week.get(week) or {}).get(name) or 0) for week in range(-weeks, weeks)])
        for name in MEASURES
    }
    return tuple(_pace(name, both[:weeks], both[weeks:]) for name, both in values.items())


def _pace(measure: Measure, before: NDArray[np.float64], now: NDArray[np.float64]) -> Pace:
    gap = float(now.mean() - before.mean())
    low = high = gap
    real = gap != 0
    if before.std() or now.std():
        test = ttest_ind(now, before, equal_var=False)
        low, high = (float(end) for end in test.confidence_interval(0.95))
        real = bool(test.pvalue < 0.05 / len(MEASURES))
    return Pace(
        measure, float(before.mean()), float(now.mean()), Estimate(gap, low, high, len(before) + len(now)), real
    )
