"""Orders and lines whose amounts, prices or quantities are unlike the business's own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.metrics.uncertainty import NotEnough

CUT = 5.0
"""Robust standard deviations from the median, on the log scale, beyond which an amount is extreme. Iglewicz & Hoaglin
(1993) cut at 3.5, for samples of some tens; among tens of thousands of orders that would flag honest ones."""
FACTOR = 10.0
"""An amount within this factor of the median is never extreme, however alike the others are (a gym with one price)."""
ORDERS_FLOOR = 30
PRICES_FLOOR = 5
"""Lines a product must have before its usual price is spoken of."""
_CONSISTENT = 1.4826  # makes the median absolute deviation a standard deviation where the logs are normal


@dataclass(frozen=True)
class Extremes:
    """Orders far from the business's usual ones.

    Attributes:
        median: of positive orders. low, high: amounts below and above which an order is extreme.
        too_low, too_high: how many are. high_revenue_share: share of all positive revenue in orders that are too high.
    """

    median: float
    low: float
    high: float
    too_low: int
    too_high: int
    high_revenue_share: float


@dataclass(frozen=True)
class Amounts:
    """Orders kept: how many, those worth nothing, those below nothing (more returned than bought), and the extremes."""

    orders: int
    zero: int
    negative: int
    extremes: Extremes | NotEnough


@dataclass(frozen=True)
class Lines:
    """Lines of orders: how many have a price, no price at all, a quantity of zero, or a price more than ten times off.

    Attributes:
        odd_price: lines priced ten times above or below their product's own median price (a slipped zero).
    """

    lines: int
    zero_price: int
    zero_quantity: int
    odd_price: int


def amounts(orders: ir.Table, *, as_of: date) -> Amounts:
    """Judge the orders' amounts on the log scale, by median and median absolute deviation."""
    seen = orders.filter(orders.ordered_at.date() <= ibis.literal(as_of))
    positive = seen.filter(seen.net_revenue > 0)
    logs = positive.select("net_revenue", log=positive.net_revenue.ln())
    amount = (seen.net_revenue > 0).ifelse(seen.net_revenue, ibis.null("float64"))
    counts = _row(seen.agg(
        orders=seen.count(), zero=(seen.net_revenue == 0).sum().fill_null(0),
        negative=(seen.net_revenue < 0).sum().fill_null(0), middle=amount.ln().median(),
    ))  # fmt: skip
    n, zero, negative = (int(counts[name]) for name in ("orders", "zero", "negative"))
    plain = n - zero - negative
    if plain < ORDERS_FLOOR:
        return Amounts(n, zero, negative, NotEnough(plain, ORDERS_FLOOR, "orders"))
    middle = float(counts["middle"])
    spread = _CONSISTENT * float(_row(logs.agg(mad=(logs.log - middle).abs().median()))["mad"])
    reach = max(CUT * spread, math.log(FACTOR))
    low, high = math.exp(middle - reach), math.exp(middle + reach)
    found = _row(logs.agg(
        too_low=(logs.net_revenue < low).sum(), too_high=(logs.net_revenue > high).sum(),
        of_high=logs.net_revenue.sum(where=logs.net_revenue > high), revenue=logs.net_revenue.sum(),
    ))  # fmt: skip
    share = float(found["of_high"] or 0.0) / float(found["revenue"])
    return Amounts(
        n, zero, negative, Extremes(math.exp(middle), low, high, int(found["too_low"]), int(found["too_high"]), share)
    )


def lines(order_lines: ir.Table, *, as_of: date) -> Lines | None:
    """Judge prices and quantities line by line; None where the files hold no prices."""
    seen = order_lines.filter((order_lines.ordered_at.date() <= ibis.literal(as_of)) & order_lines.unit_price.notnull())
    named = seen.filter((seen.unit_price > 0) & ibis.coalesce(seen.product_id, seen.product).notnull())
    named = named.mutate(key=ibis.coalesce(named.product_id, named.product))
    usual = named.group_by("key").agg(median=named.unit_price.median(), n=named.count())
    usual = usual.filter(usual.n >= PRICES_FLOOR)
    priced = named.inner_join(usual, "key")
    odd = (priced.unit_price > FACTOR * priced.median) | (priced.unit_price * FACTOR < priced.median)
    row = _row(seen.agg(
        lines=seen.count(), zero_price=(seen.unit_price == 0).sum().fill_null(0),
        zero_quantity=(seen.quantity == 0).sum().fill_null(0),
    ))  # fmt: skip
    if not row["lines"]:
        return None
    found = _row(priced.agg(odd=odd.sum().fill_null(0)))
    return Lines(int(row["lines"]), int(row["zero_price"]), int(row["zero_quantity"]), int(found["odd"]))


def _row(asked: ir.Table) -> dict[str, Any]:
    return dict(asked.to_pyarrow().to_pylist()[0])
