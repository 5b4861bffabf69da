"""What every assigned customer did before and after sending: the one table a campaign is read from."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

BEFORE_DAYS = 365
"""Days before sending that spending is compared over: a whole year has every season once."""
GROUPS = ((1, "new to us"), (2, "bought once"), (5, "bought two to four times"), (None, "bought five times or more"))
"""Purchases before sending, below which a customer belongs to a group, and the group's name."""
BEFORE = ("orders_before", "spend_before", "quiet_days")
"""What was true of a customer before sending, which lists drawn by lot have alike."""


def with_history(people: ir.Table, orders: ir.Table, *, sent_at: date) -> ir.Table:
    """Add to assigned customers what was known of them on the eve of sending, and when they first came afterwards.

    Args:
        people: customer_id and anything else, one row per customer. orders: canonical orders, none after the end of the data.
        sent_at: day of sending.

    Returns:
        The rows of `people` with orders_before (of all time), spend_before (of the last year), quiet_days since the last
        order before sending (missing where there is none), first_day (days from sending to the first order after, 0 for the day
        itself, missing where nobody came), and `group` by number of orders before.
    """
    sent = ibis.literal(sent_at)
    day = orders.ordered_at.date()
    year = ibis.literal(sent_at - timedelta(days=BEFORE_DAYS))
    known = orders.filter(orders.customer_id.notnull()).mutate(day=day, earlier=day < sent)
    seen = known.group_by("customer_id").agg(
        orders_before=known.earlier.sum(),
        spend_before=known.net_revenue.sum(where=known.earlier & (known.day >= year)),
        last_before=known.day.max(where=known.earlier),
        first_after=known.day.min(where=~known.earlier),
    )
    joined = people.left_join(seen, "customer_id").drop("customer_id_right")
    before = joined.orders_before.fill_null(0)
    group = ibis.cases(*((before < limit, name) for limit, name in GROUPS if limit), else_=GROUPS[-1][1])
    return joined.mutate(
        orders_before=before.cast("float64"),
        spend_before=joined.spend_before.fill_null(0.0),
        quiet_days=sent.delta(joined.last_before, unit="day").cast("float64"),
        first_day=joined.first_after.delta(sent, unit="day").cast("int64"),
        group=group,
    ).drop("last_before", "first_after")
