"""The reconciling identity, and what each of its factors contributed to a change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import ibis
import ibis.expr.types as ir

from helpers.metrics.months import covered
from helpers.metrics.orders import identified

YEAR = 364
"""Longest period compared: 52 whole weeks, so that every weekday counts equally often."""
SHORTEST = 28


@dataclass(frozen=True)
class Period:
    """Both days belong to it."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Length."""
        return (self.end - self.start).days + 1

    @property
    def whole_year(self) -> bool:
        """Holds every season once, so that two of them may be compared as they are."""
        return self.days >= YEAR


@dataclass(frozen=True)
class Factors:
    """Revenue of known customers in a period, taken apart.

    Attributes:
        customers: known by its end. active: of them ordered in it. orders, revenue: theirs in it.
    """

    customers: int
    active: int
    orders: int
    revenue: float

    @property
    def active_share(self) -> float:
        """Share of the known customers who ordered, 0–1."""
        return self.active / self.customers if self.customers else 0.0

    @property
    def orders_per_active(self) -> float:
        """Orders per customer who ordered at all."""
        return self.orders / self.active if self.active else 0.0

    @property
    def revenue_per_order(self) -> float:
        """Mean value of an order."""
        return self.revenue / self.orders if self.orders else 0.0

    def reconciled(self) -> Fraction:
        """customers × share active × orders per active × revenue per order, in exact arithmetic: the revenue, to the last đồng."""
        if not self.orders:
            return Fraction(0)
        share = Fraction(self.active, self.customers)
        return self.customers * share * Fraction(self.orders, self.active) * (Fraction(self.revenue) / self.orders)


def effects(before: Factors, after: Factors) -> dict[str, float] | None:
    """What each factor contributed to the change in revenue; the parts add up to it exactly.

    Logarithmic mean Divisia index (Ang 2004): factor x contributes L(R₁, R₀)·ln(x₁/x₀), L the logarithmic mean. It treats all
    factors alike and leaves no interaction term to explain away.

    Returns:
        customers, active_share, orders_per_active, revenue_per_order → money; None when a period has no revenue to speak of.
    """
    if min(before.orders, after.orders) == 0 or min(before.revenue, after.revenue) <= 0:
        return None
    names = ("customers", "active_share", "orders_per_active", "revenue_per_order")
    grown = math.log(after.revenue / before.revenue)
    change = after.revenue - before.revenue
    weight = change / grown if grown else after.revenue
    parts = {name: weight * math.log(getattr(after, name) / getattr(before, name)) for name in names}
    largest = max(names, key=lambda name: abs(parts[name]))
    # the last bits of the floating-point sum go to the largest part, where they are invisible
    parts[largest] += change - math.fsum(parts.values())
    return parts


def two_latest(orders: ir.Table, *, as_of: date) -> tuple[Period, Period] | None:
    """The two latest periods of equal length, in whole weeks, at most 52 each: (before, after).

    Returns:
        None when the data hold less than twice four weeks.
    """
    first = covered(orders, as_of=as_of).first_day
    if first is None:
        return None
    length = min(YEAR, ((as_of - first).days + 1) // 14 * 7)
    if length < SHORTEST:
        return None
    middle = as_of - timedelta(days=length)
    return Period(middle - timedelta(days=length - 1), middle), Period(middle + timedelta(days=1), as_of)


def spending(orders: ir.Table, *periods: Period, as_of: date) -> ir.Table:
    """customer_id, first (day of the first order), and per period i: orders_i, revenue_i (0 where there was nothing)."""
    known = identified(orders, as_of)
    sums = {}
    for i, period in enumerate(periods):
        inside = (known.day >= ibis.literal(period.start)) & (known.day <= ibis.literal(period.end))
        sums[f"orders_{i}"] = inside.cast("int64").sum()
        sums[f"revenue_{i}"] = known.net_revenue.sum(where=inside).fill_null(0.0)
    return known.group_by("customer_id").agg(first=known.day.min(), **sums)


def factors(spend: ir.Table, period: Period, i: int = 0) -> Factors:
    """The totals of period `i` of :func:`spending`."""
    known = spend.filter(spend["first"] <= ibis.literal(period.end))
    count, revenue = known[f"orders_{i}"], known[f"revenue_{i}"]
    row = known.agg(customers=known.count(), active=(count > 0).sum(), orders=count.sum(), revenue=revenue.sum())
    found = row.to_pyarrow().to_pylist()[0]
    customers, active, count = (int(found[name] or 0) for name in ("customers", "active", "orders"))
    return Factors(customers, active, count, float(found["revenue"] or 0.0))
