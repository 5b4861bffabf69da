"""Lens 1: one period across customers – how unlike they are, and where the profit comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from helpers.metrics.lenses.factors import YEAR, Factors, Period, spending
from helpers.metrics.months import covered
from helpers.metrics.uncertainty import NotEnough, Rate, rate

CLASSES = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, None))
"""Orders in the period, from–to, by which customers are counted."""


@dataclass(frozen=True)
class OnePeriod:
    """The customers of one period.

    Attributes:
        period, factors: which days, and their totals.
        margin: gross margin the profit rests on, 0–1; None when the business has not said.
        by_orders: at_least, at_most (missing in the last class), customers, revenue: customers by orders placed.
        deciles: decile (1 = the tenth that brought most), customers, orders, revenue. Profit is revenue × margin, so
            profit of a decile = customers × orders per customer × revenue per order × margin.
        once: share of the active customers who ordered exactly once.
    """

    period: Period
    factors: Factors
    margin: float | None
    by_orders: pd.DataFrame
    deciles: pd.DataFrame
    once: Rate | NotEnough

    @property
    def profit(self) -> float | None:
        """Gross profit of the period."""
        return None if self.margin is None else self.factors.revenue * self.margin


def one_period(orders: ir.Table, *, as_of: date, margin: float | None = None) -> OnePeriod | NotEnough:
    """The last 52 weeks (or all there is) across customers.

    Returns:
        :class:`NotEnough` below ten active customers, who have no tenths.
    """
    first = covered(orders, as_of=as_of).first_day
    start = as_of - timedelta(days=YEAR - 1)
    period = Period(start if first is None else max(start, first), as_of)
    spend = spending(orders, period, as_of=as_of)
    classes = _classes(spend)
    bought = classes[classes["at_least"] > 0]
    totals = Factors(
        int(classes["customers"].sum()), int(bought["customers"].sum()), int(bought["orders"].sum()),
        float(bought["revenue"].sum()),
    )  # fmt: skip
    if totals.active < 10:
        return NotEnough(totals.active, 10)
    by_orders = pd.DataFrame(CLASSES, columns=["at_least", "at_most"]).merge(
        bought[["at_least", "customers", "revenue"]], on="at_least", how="left"
    )
    by_orders = by_orders.fillna({"customers": 0, "revenue": 0.0}).astype({"customers": "int64"})
    once = int(by_orders["customers"].iloc[0])
    return OnePeriod(period, totals, margin, by_orders, _deciles(spend), rate(once, totals.active))


def _classes(spend: ir.Table) -> pd.DataFrame:
    """Customers, orders and revenue by class of orders placed, class 0 for those who placed none: one pass over the orders."""
    each = spend.mutate(at_least=_class_of(spend.orders_0))
    sums = each.group_by("at_least").agg(
        customers=each.count(), orders=each.orders_0.sum(), revenue=each.revenue_0.sum()
    )
    found: pd.DataFrame = sums.order_by("at_least").to_pandas()
    return found


def _deciles(spend: ir.Table) -> pd.DataFrame:
    """Tenths of the active customers by revenue."""
    active = spend.filter(spend.orders_0 > 0)
    tenth = ibis.ntile(10).over(order_by=[active.revenue_0.desc(), active.customer_id])
    ranked = active.mutate(decile=tenth.cast("int64") + 1)
    deciles = ranked.group_by("decile").agg(
        customers=ranked.count(), orders=ranked.orders_0.sum(), revenue=ranked.revenue_0.sum()
    )
    found: pd.DataFrame = deciles.order_by("decile").to_pandas()
    return found


def _class_of(count: ir.IntegerValue) -> ir.IntegerValue:
    found: ir.IntegerValue = ibis.cases(*((count >= low, low) for low, _ in reversed(CLASSES)), else_=0).cast("int64")
    return found
