"""Customer codes that are probably no single customer: a staff account, a reseller, a code used for everybody."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.metrics.orders import in_sequence, opens_day
from helpers.metrics.uncertainty import NotEnough

NAMES = 5
"""Different names, or telephone numbers, under one code from which on it stands for several people."""
BULK_SHARE = 0.05
BULK_TIMES = 10
"""A code is looked at as bulk when it holds this share of all orders or of all revenue, and this many times the average customer's."""
DAYS_PER_WEEK = 4.0
DAYS = 20
"""Purchase days a week, and in all, below which nobody is called a daily buyer."""
ONE_A_DAY = 1.5
"""Orders per purchase day up to which a daily buyer is one person."""
CUT = 3.5
"""Robust standard deviations above the others on the log scale (Iglewicz & Hoaglin 1993): purchase days a week for a daily
buyer; orders, or revenue, for a bulk code."""
CUSTOMERS_FLOOR = 20
_CONSISTENT = 1.4826
_LEAST_SPREAD = 0.15  # on the log scale: where everybody comes equally often, a sixth more is no anomaly


@dataclass(frozen=True)
class Suspects:
    """What the suspicious codes weigh together; who they are stays in the table.

    Attributes:
        customers: how many. by_reason: ``many_names``, ``bulk``, ``daily`` → how many. order_share, revenue_share: of all
            orders and revenue, anonymous included.
    """

    customers: int
    by_reason: dict[str, int]
    order_share: float
    revenue_share: float


def suspects(orders: ir.Table, *, as_of: date, aliases: ir.Table | None = None) -> ir.Table | NotEnough:
    """The suspicious customer codes, heaviest first; each with the first reason that applies.

    ``many_names``: at least :data:`NAMES` different names or numbers stood under the code. ``daily``: purchase days per week
    far above every other returning customer, one order a day – a member of staff. ``bulk``: a share of all orders or revenue
    no single customer has elsewhere – a reseller, or the code the till uses when nobody asks. A large buyer among buyers of all
    sizes is none: the share must lie outside what the spread of the others explains, or the code have several orders a day.

    Args:
        orders: canonical orders.
        as_of: orders after it are not seen.
        aliases: customer_id, names, phones: how many different ones stood under a code; only codes with several need be
            there.

    Returns:
        customer_id, reason, orders, net_revenue, order_share, revenue_share (0–1 of all orders and revenue), days_per_week.
    """
    known = in_sequence(orders, as_of)
    each = known.group_by("customer_id").agg(
        days=opens_day(known).sum(), orders=known.count(), net_revenue=known.net_revenue.sum(),
        span=known.day.max().delta(known.day.min(), unit="day") + 1,
    )  # fmt: skip
    each = each.mutate(days_per_week=7.0 * each.days / each.span).cache()
    seen = orders.filter(orders.ordered_at.date() <= ibis.literal(as_of))
    row = seen.agg(orders=seen.count(), revenue=seen.net_revenue.sum()).to_pyarrow().to_pylist()[0]
    customers = int(each.count().to_pyarrow().as_py())
    if customers < CUSTOMERS_FLOOR:
        return NotEnough(customers, CUSTOMERS_FLOOR)
    each = each.mutate(
        order_share=each.orders / float(row["orders"]),
        revenue_share=each.net_revenue / float(row["revenue"]) if row["revenue"] > 0 else ibis.literal(0.0),
    )
    reasons = [] if aliases is None else [(_in(each, aliases.filter((aliases.names >= NAMES) | (aliases.phones >= NAMES))), "many_names")]  # fmt: skip
    large = max(BULK_SHARE, BULK_TIMES / customers)
    one_a_day = each.orders <= ONE_A_DAY * each.days
    many_orders = (each.order_share >= large) & (_apart(each, "orders") | ~one_a_day)
    bulk = many_orders | ((each.revenue_share >= large) & _apart(each, "net_revenue"))
    limit = _daily_limit(each)
    daily = ibis.literal(value=False) if limit is None else (each.days >= DAYS) & (each.days_per_week > limit)
    # at a small till a member of staff alone is a large share of all orders; a code for everybody has many orders a day
    reasons += [(daily & one_a_day & (each.revenue_share < large), "daily"), (bulk, "bulk"), (daily, "daily")]
    judged = each.mutate(reason=ibis.cases(*reasons, else_=ibis.null("string")))
    found = judged.filter(judged.reason.notnull())
    return found.select(
        "customer_id", "reason", "orders", "net_revenue", "order_share", "revenue_share", "days_per_week"
    ).order_by([ibis.desc("order_share"), "customer_id"])


def _in(each: ir.Table, chosen: ir.Table) -> ir.BooleanValue:
    found: ir.BooleanValue = each.customer_id.isin(chosen.customer_id)
    return found


def _daily_limit(each: ir.Table) -> float | None:
    """Purchase days a week above which a customer is unlike the others who come back; None where too few do."""
    limit = _limit(each.filter((each.days >= 3) & (each.span >= 14)), "days_per_week")
    return None if limit is None else max(DAYS_PER_WEEK, limit)


def _apart(each: ir.Table, measure: str) -> ir.BooleanValue:
    """Whether a customer's measure is more than the spread of all the others' explains; everybody's where too few have any."""
    limit = _limit(each.filter(each[measure] > 0), measure)
    return ibis.literal(value=True) if limit is None else each[measure] > limit


def _limit(each: ir.Table, measure: str) -> float | None:
    """:data:`CUT` robust standard deviations above the median on the log scale; None below :data:`CUSTOMERS_FLOOR` customers."""
    logs = each.select(log=each[measure].cast("float64").ln())
    row = logs.agg(n=logs.count(), middle=logs.log.median()).to_pyarrow().to_pylist()[0]
    if row["n"] < CUSTOMERS_FLOOR:
        return None
    middle = float(row["middle"])
    spread = _CONSISTENT * float((logs.log - middle).abs().median().to_pyarrow().as_py())
    return math.exp(middle + CUT * max(spread, _LEAST_SPREAD))


def weigh(found: ir.Table | NotEnough) -> Suspects | NotEnough:
    """The suspicious codes in numbers, without a code."""
    if isinstance(found, NotEnough):
        return found
    rows = (
        found.group_by("reason")
        .agg(n=found.count(), orders=found.order_share.sum(), revenue=found.revenue_share.sum())
        .order_by("reason")
        .to_pyarrow()
        .to_pylist()
    )
    return Suspects(
        sum(row["n"] for row in rows), {row["reason"]: row["n"] for row in rows},
        float(sum(row["orders"] for row in rows)), float(sum(row["revenue"] for row in rows)),
    )  # fmt: skip
