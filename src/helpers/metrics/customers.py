"""One row per identified customer: the summary every other measure starts from, and each customer's own rhythm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.metrics.orders import identified, is_placed, opens_day, purchase_days

MINIMUM_GAPS = 30
"""Gaps between orders the business must have before a customer's rhythm is estimated at all."""


def summarise(orders: ir.Table, as_of: date) -> ir.Table:
    """Customer summary in the vocabulary of the BG/NBD literature (Fader, Hardie & Lee 2005), in days.

    Args:
        orders: canonical orders; rows without a customer are left out.
        as_of: observation end; orders after it are not seen.

    Returns:
        customer_id, first_order, last_order (dates), orders (receipts), net_revenue, frequency (repeat purchase days),
        recency (days first→last), T (days first→as_of), monetary_value (mean value of repeat purchase days, to a
        millionth, missing when there are none), days_since_last_order.
    """
    grouped = _totals(orders, as_of)
    end = ibis.literal(as_of)
    # all days less the first, which needs no sorting; rounded, so that free returns come to nothing and not to almost nothing
    repeat_value = (grouped.net_revenue - grouped.first_value).round(6)
    return grouped.mutate(
        recency=grouped.last_order.delta(grouped.first_order, unit="day").cast("int64"),
        T=end.delta(grouped.first_order, unit="day").cast("int64"),
        monetary_value=(grouped.frequency > 0).ifelse(repeat_value / grouped.frequency.nullif(0), ibis.null("float64")),
        days_since_last_order=end.delta(grouped.last_order, unit="day").cast("int64"),
    ).select(
        "customer_id", "first_order", "last_order", "orders", "net_revenue", "frequency", "recency", "T", "monetary_value",
        "days_since_last_order",
    )  # fmt: skip


def _totals(orders: ir.Table, as_of: date) -> ir.Table:
    """What the summary is read off, one row per customer.

    Orders that know their place need one pass. For others two are quicker than placing them would be: customers by day first.
    """
    known = identified(orders, as_of)
    if is_placed(orders):
        return known.group_by("customer_id").agg(
            first_order=known.day.min(),
            last_order=known.day.max(),
            orders=known.count(),
            net_revenue=known.net_revenue.sum(),
            frequency=(opens_day(known).sum() - 1).cast("int64"),
            first_value=known.net_revenue.sum(where=known.day == known.first_day),
        )
    days = known.group_by("customer_id", "day").agg(value=known.net_revenue.sum(), receipts=known.count())
    return days.group_by("customer_id").agg(
        first_order=days.day.min(),
        last_order=days.day.max(),
        orders=days.receipts.sum().cast("int64"),
        net_revenue=days.value.sum(),
        frequency=(days.count() - 1).cast("int64"),
        first_value=days.value.argmin(days.day),
    )


@dataclass(frozen=True)
class Rhythm:
    """How the business's customers space their orders, on the log scale.

    Attributes:
        typical_days: geometric mean gap between two purchase days of one customer.
        spread: standard deviation of log gaps within a customer.
        prior_gaps: how many gaps of one's own weigh as much as the business's average (within / between variance).
        gaps, customers: what it was estimated from.
    """

    typical_days: float
    spread: float
    prior_gaps: float
    gaps: int
    customers: int


def own_gaps(orders: ir.Table, as_of: date) -> ir.Table:
    """What the gaps between a customer's purchase days come to, one row per customer with at least one gap.

    Returns:
        customer_id, gaps (how many), log_sum and log_squares (of their logarithms), last_gap (days between the last two
        purchase days).
    """
    days = purchase_days(orders, as_of)
    days = days.filter(days.gap.notnull())
    days = days.mutate(log_gap=days.gap.cast("float64").ln())
    return days.group_by("customer_id").agg(
        gaps=days.count(),
        log_sum=days.log_gap.sum(),
        log_squares=(days.log_gap * days.log_gap).sum(),
        last_gap=days.gap.argmax(days.day),
    )


def business_rhythm(orders: ir.Table, as_of: date, own: ir.Table | None = None) -> Rhythm | None:
    """Rhythm of the whole business, by one-way analysis of variance of log gaps (method of moments).

    Args:
        orders: canonical orders.
        as_of: observation end.
        own: from :func:`own_gaps` with the same arguments, if at hand.

    Returns:
        None below :data:`MINIMUM_GAPS` gaps.
    """
    each = own_gaps(orders, as_of) if own is None else own
    mean = each.log_sum / each.gaps
    totals = each.agg(
        customers=each.count(),
        gaps=each.gaps.sum(),
        grand=each.log_sum.sum() / each.gaps.sum(),
        within=(each.log_squares - each.log_sum * mean).sum(),
        between=(each.log_sum * mean).sum(),
        n_squared=(each.gaps * each.gaps).sum(),
    )
    row = totals.to_pyarrow().to_pylist()[0]
    n, k = int(row["gaps"] or 0), int(row["customers"])
    if n < MINIMUM_GAPS or k < 2 or n <= k:
        return None
    within = max(float(row["within"]) / (n - k), 1e-6)
    between_mean_square = (float(row["between"]) - n * float(row["grand"]) ** 2) / (k - 1)
    effective = (n - float(row["n_squared"]) / n) / (k - 1)
    between = max((between_mean_square - within) / effective, within / 50)
    return Rhythm(
        typical_days=math.exp(row["grand"]), spread=within**0.5, prior_gaps=within / between, gaps=n, customers=k
    )


def shrunk(log_sum: ir.NumericValue, gaps: ir.NumericValue, rhythm: Rhythm) -> ir.FloatingValue:
    """Typical gap in days of somebody with that many gaps, whose logarithms add up to `log_sum`."""
    pulled = rhythm.prior_gaps * math.log(rhythm.typical_days)
    typical: ir.FloatingValue = ((log_sum + pulled) / (gaps + rhythm.prior_gaps)).exp()
    return typical


def with_rhythm(
    customers: ir.Table, orders: ir.Table, as_of: date, rhythm: Rhythm | None, own: ir.Table | None = None
) -> ir.Table:
    """Add `last_gap` and `rhythm_days`: the typical gap of each customer, shrunk toward the business's when they have few.

    exp((Σ log gapᵢ + κ·log m) / (n + κ)), with m the business's typical gap and κ = `prior_gaps`. Both are missing for
    customers with a single purchase day, whose rhythm nobody has seen; `rhythm_days` is missing for everybody when the
    business has too few gaps.

    Args:
        customers: the customer summary.
        orders: canonical orders.
        as_of: observation end.
        rhythm: from :func:`business_rhythm`.
        own: from :func:`own_gaps` with the same arguments, if at hand.
    """
    each = own_gaps(orders, as_of) if own is None else own
    typical: ir.Value = ibis.null("float64")
    if rhythm is not None:
        typical = shrunk(each.log_sum, each.gaps, rhythm)
    found = each.select("customer_id", "last_gap", rhythm_days=typical)
    return customers.left_join(found, "customer_id").drop("customer_id_right")
