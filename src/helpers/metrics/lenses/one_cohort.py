"""Lens 3: one cohort over time – what becomes of the customers of one period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from helpers.metrics.lenses.factors import Factors
from helpers.metrics.lenses.grid import Grid
from helpers.metrics.uncertainty import NotEnough, Rate, rate

SMALLEST = 30
"""Customers a cohort needs to be followed on its own."""


@dataclass(frozen=True)
class OneCohort:
    """One cohort, period by period, complete periods only.

    Attributes:
        cohort: first day of the acquisition period. step: months per period. customers: its size.
        periods: since (1 = the period after the first), period, active, orders, revenue.
        still: share active in the last complete period.
    """

    cohort: date
    step: int
    customers: int
    periods: pd.DataFrame
    still: Rate | NotEnough

    def factors(self, since: int) -> Factors:
        """The identity in one period: revenue = customers × share active × orders per active × revenue per order."""
        row = self.periods[self.periods["since"] == since].to_dict("records")[0]
        return Factors(self.customers, int(row["active"]), int(row["orders"]), float(row["revenue"]))


def one_cohort(found: Grid, *, cohort: date | None = None) -> OneCohort | NotEnough:
    """One cohort over time.

    Args:
        cohort: first day of its period; default the earliest of real newcomers with at least :data:`SMALLEST` customers.

    Returns:
        :class:`NotEnough` when there is no such cohort that has been followed for two complete periods.
    """
    cells = found.cells[found.cells["complete"].astype(bool) & (found.cells["since"] > 0)]
    followed = cells.groupby("cohort").size()
    usable = [
        c for c in (found.newcomers if cohort is None else (cohort,))
        if found.sizes.get(c, 0) >= SMALLEST and followed.get(c, 0) >= 2
    ]  # fmt: skip
    if not usable:
        largest = max((int(found.sizes[c]) for c in found.newcomers if followed.get(c, 0) >= 2), default=0)
        return NotEnough(largest, SMALLEST)
    chosen = usable[0]
    own = cells[cells["cohort"] == chosen].sort_values("since")
    periods = own[["since", "period", "customers", "orders", "revenue"]].rename(columns={"customers": "active"})
    size = int(found.sizes[chosen])
    return OneCohort(
        chosen, found.step, size, periods.reset_index(drop=True), rate(int(periods["active"].iloc[-1]), size)
    )
