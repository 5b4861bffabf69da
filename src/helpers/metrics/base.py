"""The customer base at a glance: how revenue is spread over people, and what became of the customers of six months ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.orders import identified
from helpers.metrics.states import STATES
from helpers.metrics.uncertainty import NotEnough, Rate, rate


@dataclass(frozen=True)
class Overview:
    """Totals up to `as_of`.

    Attributes:
        customers: identified. orders, net_revenue: all kept, anonymous included. identified_orders, identified_revenue: of
            known customers. first_day, last_day: first and last day with an order, None when `as_of` lies before all of them.
        median_order: of identified receipts.
    """

    customers: int
    orders: int
    net_revenue: float
    identified_orders: int
    identified_revenue: float
    median_order: float | None
    first_day: date | None
    last_day: date | None

    @property
    def anonymous_revenue_share(self) -> float:
        """Share of revenue nobody can be followed for, 0–1."""
        return 1 - self.identified_revenue / self.net_revenue if self.net_revenue else 0.0


def overview(orders: ir.Table, *, as_of: date) -> Overview:
    """Totals of the business, anonymous orders included."""
    seen = orders.filter(orders.ordered_at.date() <= ibis.literal(as_of))
    known = seen.customer_id.notnull()
    row = (
        seen.agg(
            customers=seen.customer_id.nunique(),
            orders=seen.count(),
            net_revenue=seen.net_revenue.sum().fill_null(0.0),
            identified_orders=known.sum().fill_null(0),
            identified_revenue=seen.net_revenue.sum(where=known).fill_null(0.0),
            median_order=known.ifelse(seen.net_revenue, ibis.null("float64")).median(),
            first_day=seen.ordered_at.date().min(),
            last_day=seen.ordered_at.date().max(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    return Overview(**row)


@dataclass(frozen=True)
class Concentration:
    """How few customers bring how much.

    Attributes:
        top_share: share of identified revenue from the top tenth of customers. deciles: revenue share of each tenth, best
            first. customers: how many there are.
    """

    top_share: float
    deciles: tuple[float, ...]
    customers: int


def concentration(customers: ir.Table) -> Concentration | NotEnough:
    """Revenue by tenths of customers, ranked by revenue (lens 1 of the customer-base audit)."""
    n = int(customers.count().to_pyarrow().as_py())
    if n < 10:
        return NotEnough(n, 10)
    tenth = ibis.ntile(10).over(order_by=[customers.net_revenue.desc(), customers.customer_id])
    ranked = customers.mutate(tenth=tenth)
    sums = ranked.group_by("tenth").agg(revenue=ranked.net_revenue.sum()).order_by("tenth").to_pandas()
    total = float(sums["revenue"].sum())
    shares = tuple(float(x) / total if total else 0.0 for x in sums["revenue"])
    return Concentration(shares[0], shares, n)


@dataclass(frozen=True)
class WhereNow:
    """What became of the customers of an earlier period (S27).

    Attributes:
        then_from, then_to: the earlier window. still: share of its customers who ordered in the last window. n: how many they
            were. quiet_revenue: what those who did not come back had spent in the earlier window.
    """

    then_from: date
    then_to: date
    still: Rate | NotEnough
    quiet_revenue: float


def six_months_ago(orders: ir.Table, *, as_of: date, window_days: int = 60, ago_days: int = 182) -> WhereNow:
    """Of the customers who ordered in a window half a year ago, how many ordered in the latest window of the same length?

    An order exactly on the first day of a window is inside it.
    """
    known = identified(orders, as_of)
    then_to = as_of - timedelta(days=ago_days)
    then_from, now_from = then_to - timedelta(days=window_days - 1), as_of - timedelta(days=window_days - 1)
    then = (known.day >= ibis.literal(then_from)) & (known.day <= ibis.literal(then_to))
    each = known.group_by("customer_id").agg(
        there=then.any(), here=(known.day >= ibis.literal(now_from)).any(), spent=known.net_revenue.sum(where=then)
    )
    each = each.filter(each.there)
    row = (
        each.agg(n=each.count(), k=each.here.sum(), quiet=each.spent.sum(where=~each.here))
        .to_pandas()
        .fillna(0)
        .iloc[0]
    )
    return WhereNow(then_from, then_to, rate(int(row["k"]), int(row["n"])), float(row["quiet"]))


@dataclass(frozen=True)
class Became:
    """Where the customers of an earlier period stand now, in the words of the states (S27).

    Attributes:
        then_from, then_to: the earlier window. customers: how many bought in it. shares: per state of today, their share of
            them. spent: per state, what they had spent in the earlier window.
    """

    then_from: date
    then_to: date
    customers: int
    shares: dict[str, Rate | NotEnough]
    spent: dict[str, float]


def what_became(
    orders: ir.Table, customers: ir.Table, *, as_of: date, window_days: int = 60, ago_days: int = 182
) -> Became:
    """State of today of everybody who ordered in a window half a year ago.

    Args:
        customers: summary with `state`.
    """
    known = identified(orders, as_of)
    then_to = as_of - timedelta(days=ago_days)
    then_from = then_to - timedelta(days=window_days - 1)
    there = known.filter((known.day >= ibis.literal(then_from)) & (known.day <= ibis.literal(then_to)))
    each = there.group_by("customer_id").agg(spent=there.net_revenue.sum())
    today = each.inner_join(customers.select("customer_id", "state"), "customer_id")
    found = today.group_by("state").agg(n=today.count(), spent=today.spent.sum()).to_pyarrow().to_pylist()
    rows = {row["state"]: row for row in found}
    total = sum(int(row["n"]) for row in found)
    shares = {state: rate(int(rows[state]["n"]) if state in rows else 0, total) for state in STATES}
    spent = {state: float(rows[state]["spent"]) if state in rows else 0.0 for state in STATES}
    return Became(then_from, then_to, total, shares, spent)


@dataclass(frozen=True)
class Week:
    """Orders and revenue of one week, starting on its Monday."""

    monday: date
    orders: int
    net_revenue: float


def weekly(orders: ir.Table, *, as_of: date) -> tuple[Week, ...]:
    """Complete weeks only, anonymous orders included; a week without orders is a true zero.

    The first week counts when the data begin on its Monday, the last when `as_of` has reached its Sunday.
    """
    seen = orders.filter(orders.ordered_at.date() <= ibis.literal(as_of))
    weeks = seen.group_by(monday=seen.ordered_at.truncate("W").date()).agg(
        orders=lambda t: t.count(),
        net_revenue=lambda t: t.net_revenue.sum(),
        begins=lambda t: t.ordered_at.date().min(),
    )
    rows = {row["monday"]: row for row in weeks.to_pyarrow().to_pylist()}
    if not rows:
        return ()
    first = min(rows)
    if rows[first]["begins"] > first:
        first += timedelta(weeks=1)
    mondays = [first + timedelta(weeks=i) for i in range(((as_of - first).days + 1) // 7)]
    return tuple(
        Week(m, int(rows[m]["orders"]) if m in rows else 0, float(rows[m]["net_revenue"]) if m in rows else 0.0)
        for m in mondays
    )
