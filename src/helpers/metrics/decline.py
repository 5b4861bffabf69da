"""Decline before loss (S16): spending less than before, while the rest of the business did not."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.orders import identified
from helpers.metrics.states import GONE

WATCH, CALL = -0.20, -0.50
"""Change in spend, corrected for how the whole base moved, from which on a customer is watched or called."""


def with_decline(
    customers: ir.Table,
    orders: ir.Table,
    *,
    as_of: date,
    window_days: int = 56,
    windows_before: int = 3,
    minimum_orders: int = 4,
) -> ir.Table:
    """Add `spend_recent`, `spend_before` (money per window) and `decline` (share, e.g. −0.5) to the customer summary.

    decline = recent / (before × base) − 1, where `base` is how the spend of those who still come moved between the same
    windows: a Tết or summer dip that everybody has is nobody's decline.

    Customers who have left are not in the base. Their missing money says nothing about the weeks compared, and with them a
    business that loses a third of its customers would excuse a third of everybody else's decline. Who has left is read from
    the states (lapsed or lost: 97 % of the returns seen came sooner), not from an empty recent window, which would also throw
    out those who merely come rarely and so make the base look livelier than it is.

    Args:
        customers: summary with `state`.
        window_days: length of the recent window; the comparison is the mean of the `windows_before` windows before it.
        minimum_orders: receipts needed in the comparison windows; with fewer, one missed visit would be a "decline" and the
            value stays missing. It is missing as well for customers younger than the windows compared.
    """
    known = identified(orders, as_of)
    recent_from, before_from = (
        as_of - timedelta(days=window_days),
        as_of - timedelta(days=window_days * (windows_before + 1)),
    )
    recent = known.day > ibis.literal(recent_from)
    before = (known.day > ibis.literal(before_from)) & ~recent
    spend = known.group_by("customer_id").agg(
        spend_recent=known.net_revenue.sum(where=recent).fill_null(0.0),
        spend_before=known.net_revenue.sum(where=before).fill_null(0.0) / windows_before,
        receipts_before=before.sum().fill_null(0),
    )
    joined = customers.left_join(spend, "customer_id").drop("customer_id_right")
    throughout = joined.first_order <= ibis.literal(before_from)
    stayed = throughout & ~joined.state.isin(GONE)
    base = joined.spend_recent.sum(where=stayed) / joined.spend_before.sum(where=stayed).nullif(0.0)
    joined = joined.mutate(base=base.over(ibis.window()))
    comparable = throughout & (joined.receipts_before >= minimum_orders) & (joined.spend_before > 0) & (joined.base > 0)
    decline = comparable.ifelse(
        joined.spend_recent / (joined.spend_before * joined.base).nullif(0.0) - 1, ibis.null("float64")
    )
    return joined.mutate(decline=decline).drop("base", "receipts_before")


def with_weekly_decline(
    customers: ir.Table,
    orders: ir.Table,
    *,
    as_of: date,
    weeks: int = 8,
    windows_before: int = 3,
    minimum_orders: int = 4,
    memory: int = 4,
) -> ir.Table:
    """Add `decline_week` and `decline_lowest`: the same decline as judged at the end of weeks, for lists that must not flicker.

    Read every day, a decline near a limit crosses it to and fro as single orders enter and leave the windows. So it is read on
    Sundays: `decline_week` is that of the last one up to `as_of`, `decline_lowest` the lowest of the `memory` Sundays before. A
    rule can then let people in at one limit and keep them until they have clearly recovered, without knowing any earlier run.

    Args:
        customers: summary with `state`.
        weeks: length of the recent window; the comparison is the mean of the `windows_before` windows before it.
        minimum_orders: receipts needed in the comparison windows, as in :func:`with_decline`.
        memory: Sundays looked back.
    """
    sunday = as_of - timedelta(days=as_of.isoweekday() % 7)
    before_weeks = weeks * windows_before
    reach = weeks + before_weeks + memory
    known = identified(orders, as_of)
    known = known.filter(known.day > ibis.literal(sunday - timedelta(weeks=reach)))
    # the number of complete weeks between a day and the Sunday; days after it are not judged yet
    week = ibis.literal(sunday).delta(known.day, unit="day") // 7
    known = known.filter(known.day <= ibis.literal(sunday)).mutate(week=week)
    weekly = known.group_by("customer_id", "week").agg(spent=known.net_revenue.sum(), receipts=known.count())
    sums: dict[str, ir.Value] = {}
    for look in range(memory + 1):
        recent = (weekly.week >= look) & (weekly.week < look + weeks)
        before = (weekly.week >= look + weeks) & (weekly.week < look + weeks + before_weeks)
        sums |= {
            f"recent_{look}": weekly.spent.sum(where=recent).fill_null(0.0),
            f"before_{look}": weekly.spent.sum(where=before).fill_null(0.0) / windows_before,
            f"receipts_{look}": weekly.receipts.sum(where=before).fill_null(0),
        }
    each = weekly.group_by("customer_id").agg(**sums)
    joined = customers.left_join(each, "customer_id").drop("customer_id_right")
    here = ~joined.state.isin(GONE)
    looks: list[ir.FloatingValue] = []
    for look in range(memory + 1):
        recent, before = joined[f"recent_{look}"], joined[f"before_{look}"]
        throughout = joined.first_order <= ibis.literal(sunday - timedelta(weeks=look + weeks + before_weeks))
        stayed = throughout & here
        base = (recent.sum(where=stayed) / before.sum(where=stayed).nullif(0.0)).over(ibis.window())
        comparable = throughout & (joined[f"receipts_{look}"] >= minimum_orders) & (before > 0) & (base > 0)
        looks.append(comparable.ifelse(recent / (before * base).nullif(0.0) - 1, ibis.null("float64")))
    lowest = ibis.least(*[found.fill_null(float("inf")) for found in looks[1:]]).nullif(float("inf"))
    return joined.select(*customers.columns, decline_week=looks[0], decline_lowest=lowest)
