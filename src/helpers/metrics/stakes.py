"""What is at stake in one customer more: how many come for the first time or complain, and what one who then returns brings.

The unit prices of a “what if”: they say what a return is worth, not how to bring it about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.metrics.leaks import MONTH
from helpers.metrics.orders import identified
from helpers.metrics.repeat import order_dates
from helpers.metrics.service import earliest
from helpers.metrics.uncertainty import FLOOR, Estimate, NotEnough, of_money

YEAR = 365
SHORTEST = 30
"""Days of history below which a month's number is not extrapolated."""


@dataclass(frozen=True)
class Stake:
    """One group of customers and their return.

    Attributes:
        monthly: customers per month over the last year (or since the first order, where that is later). value: revenue one who
            returned brought within `horizon_days`, mean by customer with Student's interval.
    """

    monthly: float
    value: Estimate | NotEnough
    horizon_days: int


def newcomers(orders: ir.Table, *, as_of: date, horizon_days: int = 90) -> Stake:
    """First-time buyers, and what those who returned within the horizon spent after the first day.

    Read on customers whose first order is at least a horizon old; the first order itself is not counted.
    """
    pairs = order_dates(orders, as_of)
    dated = pairs.select(
        "customer_id", start=pairs["first"], back=pairs.nth.delta(pairs["first"], unit="day") <= horizon_days
    )
    return _stake(dated, orders, as_of, horizon_days)


def complainers(tickets: ir.Table, orders: ir.Table, *, as_of: date, horizon_days: int = 90) -> Stake:
    """Customers with a complaint, and what those who bought again within the horizon spent after its day."""
    seen = tickets.filter(tickets.customer_id.notnull() & (tickets.opened_at.date() <= ibis.literal(as_of)))
    first = earliest(seen, "opened_at", "ticket_id").select("customer_id", opened="opened_at")
    known = identified(orders, as_of).select("customer_id", "ordered_at")
    joined = first.left_join(known, "customer_id").drop("customer_id_right")
    days = joined.ordered_at.date().delta(joined.opened.date(), unit="day")
    dated = joined.group_by("customer_id", start=joined.opened.date()).agg(
        back=((joined.ordered_at > joined.opened) & (days <= horizon_days)).any()
    )
    return _stake(dated, orders, as_of, horizon_days)


def _stake(dated: ir.Table, orders: ir.Table, as_of: date, horizon: int) -> Stake:
    """From customer_id, start (a day) and back (whether a return is counted)."""
    known = identified(orders, as_of).select("customer_id", "day", "net_revenue")
    opened = known.day.min().to_pyarrow().as_py()
    mature = dated.filter(dated.back.fill_null(False) & (dated.start <= ibis.literal(as_of - timedelta(days=horizon))))
    joined = mature.left_join(known, "customer_id").drop("customer_id_right")
    age = joined.day.delta(joined.start, unit="day")
    later = joined.net_revenue.sum(where=(age > 0) & (age <= horizon)).fill_null(0.0)
    each = joined.group_by("customer_id").agg(value=later)
    row = each.agg(n=each.count(), mean=each.value.mean(), sd=each.value.std(how="sample")).to_pyarrow().to_pylist()[0]
    recent = int(dated.filter(dated.start > ibis.literal(as_of - timedelta(days=YEAR))).count().to_pyarrow().as_py())
    days = min((as_of - opened).days + 1, YEAR) if opened else SHORTEST
    return Stake(recent / max(days, SHORTEST) * MONTH, _mean(row), horizon)


def _mean(row: dict[str, Any]) -> Estimate | NotEnough:
    n = int(row["n"] or 0)
    if n < FLOOR or row["mean"] <= 0:
        return NotEnough(n, FLOOR)
    found = of_money(float(row["mean"]), float(row["sd"]) / math.sqrt(n), n)
    return Estimate(found.value, max(0.0, found.low), found.high, n)
