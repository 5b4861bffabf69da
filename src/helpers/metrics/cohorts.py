"""Cohorts: customers grouped by the month of their first order, followed month by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from helpers.metrics.months import covered, first_of, month_index
from helpers.metrics.orders import identified, is_placed

Measure = Literal["customers", "orders", "net_revenue"]


@dataclass(frozen=True)
class Cohorts:
    """Long cohort table; small (months × months), so plain pandas.

    Attributes:
        cells: cohort (first day of the acquisition month), month (first day of the activity month), months_since, customers,
            orders, net_revenue, complete (False when the data begin or end inside the month: the counts are then a part, not a
            total).
        sizes: customers per cohort, indexed by cohort.
        newcomers: cohorts in which "first order" means more than "first order on file" (the data's first three months hold
            old customers too).
    """

    cells: pd.DataFrame
    sizes: pd.Series
    newcomers: tuple[date, ...] = ()

    def matrix(self, measure: Measure = "customers", align: Literal["left", "calendar"] = "left") -> pd.DataFrame:
        """cohort × months since (or × calendar month).

        A fully observed month without activity is 0; a month the data do not fully cover is missing, never zero.
        """
        columns = "months_since" if align == "left" else "month"
        full = self.cells[self.cells["complete"]]
        return full.pivot(index="cohort", columns=columns, values=measure).sort_index()

    def retention(self) -> pd.DataFrame:
        """Share of each cohort active in each month since its first; missing where not fully observed."""
        return self.matrix("customers").div(self.sizes, axis=0)


def activity(known: ir.Table, *, months: int = 1) -> ir.Table:
    """cohort × period (both counted in periods of `months` months since year 0) → customers, orders, net_revenue.

    Orders that know their place are added up as they are. Others are first added up per customer and period, so that what is
    sorted by customer is a fraction of the orders.

    Args:
        known: orders of known customers with their `day`.
    """
    if is_placed(known):
        period, cohort, previous = (
            (month_index(day) // months).cast("int64") for day in (known.day, known.first_day, known.previous_day)
        )
        first_of_period = previous.isnull() | (previous < period)
        return known.group_by(cohort=cohort, period=period).agg(
            customers=first_of_period.sum().cast("int64"), orders=known.count(), net_revenue=known.net_revenue.sum()
        )
    each = known.mutate(period=(month_index(known.day) // months).cast("int64"))
    each = each.group_by("customer_id", "period").agg(orders=each.count(), net_revenue=each.net_revenue.sum())
    each = each.mutate(cohort=each.period.min().over(ibis.window(group_by="customer_id")))
    return each.group_by("cohort", "period").agg(
        customers=each.count(), orders=each.orders.sum().cast("int64"), net_revenue=each.net_revenue.sum()
    )


def cohorts(orders: ir.Table, *, as_of: date) -> Cohorts:
    """Acquisition month × months since: active customers, orders, net revenue.

    Every cell between a cohort's first month and the month of `as_of` is present; `complete` says whether the data
    hold the whole month. Source: Fader, Hardie & Ross, The Customer-Base Audit, lenses 3–5.
    """
    active = activity(identified(orders, as_of)).rename(month="period")
    frame = active.to_pandas()
    seen = covered(orders, as_of=as_of)
    if frame.empty:
        kinds = {
            "cohort": "object",
            "month": "object",
            "months_since": "int64",
            "customers": "int64",
            "orders": "int64",
        }
        kinds |= {"net_revenue": "float64", "complete": "bool"}
        empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
        return Cohorts(empty, pd.Series(dtype="int64"))
    pairs = [(cohort, month) for cohort in seen.months for month in seen.months if month >= cohort]
    grid = pd.MultiIndex.from_tuples(pairs, names=["cohort", "month"])
    cells = frame.set_index(["cohort", "month"]).reindex(grid, fill_value=0).reset_index()
    sizes = cells[cells["cohort"] == cells["month"]].set_index("cohort")["customers"]
    cells = cells[cells["cohort"].map(sizes) > 0]
    cells = cells.assign(
        months_since=cells["month"] - cells["cohort"],
        complete=cells["month"].map(seen.complete),
        cohort=cells["cohort"].map(first_of),
        month=cells["month"].map(first_of),
    )
    sizes = sizes[sizes > 0]
    settled = seen.settled_from
    sizes.index = pd.Index([first_of(int(i)) for i in sizes.index], name="cohort")
    return Cohorts(cells.reset_index(drop=True), sizes, tuple(c for c in sizes.index if settled and c >= settled))
