"""Lens 4: cohorts compared – do newer customers come back sooner or later than older ones did?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis.expr.types as ir

from helpers.metrics.lenses.grid import Grid
from helpers.metrics.months import first_of, index_of, month_index
from helpers.metrics.repeat import first_two
from helpers.metrics.uncertainty import Estimate, NotEnough, Rate, newcombe, rate

DAYS = (30, 60, 90, 180)
"""Days after the first order at which the cumulative share with a second order is read."""


@dataclass(frozen=True)
class CohortReturn:
    """One cohort's cumulative share of second purchases.

    Attributes:
        cohort: first day of the acquisition period. customers: its size. by_day: days → share; missing from the first day not
            every member of the cohort has been followed to.
    """

    cohort: date
    customers: int
    by_day: dict[int, Rate | NotEnough]


@dataclass(frozen=True)
class SecondPurchase:
    """Second purchases of all cohorts, oldest first.

    Attributes:
        cohorts: of real newcomers only. days: at which day they are compared.
        change: share of the newest cohort followed that long − that of all older ones together; None when there are not two.
    """

    cohorts: tuple[CohortReturn, ...]
    days: int
    change: Estimate | None

    @property
    def readable(self) -> tuple[tuple[CohortReturn, Rate], ...]:
        """Cohorts with enough customers that have been followed to `days`, with their share."""
        pairs = ((c, c.by_day.get(self.days)) for c in self.cohorts)
        return tuple((c, found) for c, found in pairs if isinstance(found, Rate))


def second_purchase(
    orders: ir.Table, grid: Grid, *, compare_at: int = 90, days: Sequence[int] = DAYS
) -> SecondPurchase:
    """Cumulative share with a second order by days since the first, per cohort.

    A cohort's share at H days is shown once its youngest member has been followed for H days, so that every point of a curve
    counts the same people.

    Args:
        grid: its cohorts and observation end are used.
    """
    as_of = grid.seen.last_day
    pairs, second, wait = first_two(orders, as_of)
    pairs = pairs.select(
        cohort=(month_index(pairs.first_day) / grid.step).floor().cast("int64"), newcomer=~second, wait=wait
    )
    counts = {f"k{d}": (pairs.wait <= d).sum() for d in days}
    rows = {
        first_of(int(row["cohort"]) * grid.step): row
        for row in pairs.group_by("cohort").agg(n=pairs.newcomer.sum(), **counts).to_pyarrow().to_pylist()
    }
    cohorts = tuple(
        CohortReturn(c, int(rows[c]["n"]), {
            d: rate(int(rows[c][f"k{d}"] or 0), int(rows[c]["n"])) for d in days
            if _last_member(c, grid.step) + timedelta(days=d) <= as_of
        })
        for c in grid.newcomers
    )  # fmt: skip
    result = SecondPurchase(cohorts, compare_at, None)
    readable = result.readable
    if len(readable) < 2:
        return result
    newest, older = readable[-1][1], [r for _, r in readable[:-1]]
    together = rate(sum(r.k for r in older), sum(r.n for r in older))
    change = newcombe(newest, together) if isinstance(together, Rate) else None
    return SecondPurchase(cohorts, compare_at, change)


def _last_member(cohort: date, step: int) -> date:
    return first_of(index_of(cohort) + step) - timedelta(days=1)
