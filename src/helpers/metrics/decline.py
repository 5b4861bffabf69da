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
