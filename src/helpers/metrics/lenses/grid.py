"""What lenses 3 to 5 look at: cohorts of first-time buyers × calendar periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import ibis.expr.types as ir
import pandas as pd

from helpers.metrics.cohorts import activity
from helpers.metrics.months import Covered, covered, first_of
from helpers.metrics.orders import identified

QUARTERS_FROM = 15
"""Complete months from which on cohorts are quarters; below, months."""


@dataclass(frozen=True)
class Grid:
    """Cohort × calendar period, all cells from a cohort's own period on.

    Attributes:
        step: months per period, 1 or 3. cells: cohort, period (first days), since (periods since the cohort's own), customers,
            orders, revenue, complete (the data hold the whole period). sizes: customers per cohort.
        seen: the days the data hold.
    """

    step: int
    cells: pd.DataFrame
    sizes: pd.Series
    seen: Covered

    def matrix(
        self,
        measure: Literal["customers", "orders", "revenue"] = "customers",
        align: Literal["left", "calendar"] = "left",
    ) -> pd.DataFrame:
        """cohort × periods since (or × calendar period); missing where not fully observed, never zero."""
        full = self.cells[self.cells["complete"].astype(bool)]
        return full.pivot(index="cohort", columns="since" if align == "left" else "period", values=measure).sort_index()

    @property
    def newcomers(self) -> tuple[date, ...]:
        """Cohorts in which "first order" means more than "first order on file"."""
        settled = self.seen.settled_from
        return tuple(c for c in self.sizes.index if settled and c >= settled)


def grid(orders: ir.Table, *, as_of: date, step: int | None = None) -> Grid:
    """Customers, orders and revenue by acquisition period and calendar period.

    Args:
        step: months per period; default quarters when the data hold at least 15 complete months, else months.
    """
    seen = covered(orders, as_of=as_of)
    if step is None:
        step = 3 if sum(seen.complete(m) for m in seen.months) >= QUARTERS_FROM else 1
    # month 0 is January of year 0, so quarters begin where the calendar's do
    sums = activity(identified(orders, as_of), months=step).rename(revenue="net_revenue")
    found = sums.to_pandas().astype({"cohort": "int64", "period": "int64", "orders": "int64", "customers": "int64"})
    periods = sorted({m // step for m in seen.months})
    pairs = [(c, p) for c in sorted(set(found["cohort"])) for p in periods if p >= c]
    every = pd.MultiIndex.from_tuples(pairs, names=["cohort", "period"]) if pairs else None
    cells = found if every is None else found.set_index(["cohort", "period"]).reindex(every, fill_value=0).reset_index()
    whole = {p: all(seen.complete(m) for m in range(p * step, (p + 1) * step)) for p in periods}
    cells = cells.assign(
        since=cells["period"] - cells["cohort"],
        complete=cells["period"].map(whole).astype(bool),
        cohort=cells["cohort"].map(lambda i: first_of(i * step)),
        period=cells["period"].map(lambda i: first_of(i * step)),
    )
    sizes = cells[cells["since"] == 0].set_index("cohort")["customers"]
    return Grid(step, cells, sizes, seen)
