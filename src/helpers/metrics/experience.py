"""The first experience, good or bad, and who comes back after it (S03, S04, S10): late, complained about or scored low is bad."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.repeat import first_orders
from helpers.metrics.service import Difference, compare, timely
from helpers.metrics.uncertainty import NotEnough, rate

LOW = 0.4
"""A score is low up to this place on its scale, from 0 for the worst to 1 for the best: 2 stars of 5, 4 of 10."""


def low_scores(feedback: ir.Table, *, as_of: date) -> ir.Table:
    """order_id, low (whether any score of the order given by `as_of` was low on the scale it stands on)."""
    seen = feedback.filter(feedback.order_id.notnull() & feedback.rating.notnull())
    seen = seen.filter(seen.given_at.date() <= ibis.literal(as_of))
    return seen.group_by("order_id").agg(low=(seen.rating <= LOW).any())


def first_experience(
    orders: ir.Table,
    *,
    as_of: date,
    deliveries: ir.Table | None = None,
    tickets: ir.Table | None = None,
    feedback: ir.Table | None = None,
    horizon_days: int = 90,
) -> Difference | None:
    """Return within the horizon after a bad first order against a good one; mature customers only.

    Bad: delivered late, complained about, or scored low. Good: on record (a delivery with both times, or a score) and none of
    these. First orders nothing is known about are in neither group. It describes; it does not prove a cause.

    Returns:
        Bad − good; None when none of the three tables is there.
    """
    known = _known(orders, deliveries, tickets, feedback, as_of)
    if known is None:
        return None
    first = first_orders(orders, as_of).select("order_id", "day", "nth")
    first = first.filter(first.day <= ibis.literal(as_of - timedelta(days=horizon_days)))
    joined = first.inner_join(known, "order_id")
    back = joined.nth.notnull() & (joined.nth.delta(joined.day, unit="day") <= horizon_days)
    counts = joined.group_by("bad").agg(n=joined.count(), k=back.sum()).to_pyarrow().to_pylist()
    by = {bool(row["bad"]): rate(int(row["k"]), int(row["n"])) for row in counts}
    return compare(by.get(True, NotEnough(0, 10)), by.get(False, NotEnough(0, 10)))


def _known(
    orders: ir.Table, deliveries: ir.Table | None, tickets: ir.Table | None, feedback: ir.Table | None, as_of: date
) -> ir.Table | None:
    """order_id, bad: every order something is on record about."""
    parts = []
    if deliveries is not None:
        late = timely(deliveries, orders, as_of)
        parts.append(late.select("order_id", bad="late"))
    if feedback is not None:
        scored = low_scores(feedback, as_of=as_of)
        parts.append(scored.select("order_id", bad="low"))
    if tickets is not None:
        about = tickets.filter(tickets.order_id.notnull() & (tickets.opened_at.date() <= ibis.literal(as_of)))
        parts.append(about.select("order_id", bad=ibis.literal(value=True)).distinct())
    if not parts:
        return None
    each = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return each.group_by("order_id").agg(bad=each.bad.any())
