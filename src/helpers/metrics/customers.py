"""One row per identified customer: the summary every other measure starts from, and each customer's own rhythm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

MINIMUM_GAPS = 30
"""Gaps between orders the business must have before a customer's rhythm is estimated at all."""


def identified(orders: ir.Table, as_of: date) -> ir.Table:
    """Orders of known customers up to and including `as_of`, with the calendar day as `day`."""
    known = orders.filter(orders.customer_id.notnull())
    known = known.mutate(day=known.ordered_at.date())
    return known.filter(known.day <= ibis.literal(as_of))


def purchase_days(orders: ir.Table, as_of: date) -> ir.Table:
    """customer_id × day with that day's value and receipts: several receipts on one day are one purchase day.

    Columns: customer_id, day, value (money), receipts, previous (the customer's purchase day before, missing for the first),
    gap (days since it).
    """
    days = (
        identified(orders, as_of)
        .group_by("customer_id", "day")
        .agg(value=lambda t: t.net_revenue.sum(), receipts=lambda t: t.count())
    )
    window = ibis.window(group_by="customer_id", order_by="day")
    days = days.mutate(previous=days.day.lag().over(window))
    return days.mutate(gap=days.day.delta(days.previous, unit="day").cast("int64"))


def summarise(orders: ir.Table, as_of: date) -> ir.Table:
    """Customer summary in the vocabulary of the BG/NBD literature (Fader, Hardie & Lee 2005), in days.

    Args:
        orders: canonical orders; rows without a customer are left out.
        as_of: observation end; orders after it are not seen.

    Returns:
        customer_id, first_order, last_order (dates), orders (receipts), net_revenue, frequency (repeat purchase days),
        recency (days first→last), T (days first→as_of), monetary_value (mean value of repeat purchase days, missing when
        there are none), days_since_last_order, last_gap (days between the last two purchase days, missing when there are none).
    """
    days = purchase_days(orders, as_of)
    grouped = days.group_by("customer_id").agg(
        first_order=days.day.min(),
        last_order=days.day.max(),
        orders=days.receipts.sum().cast("int64"),
        net_revenue=days.value.sum(),
        frequency=(days.count() - 1).cast("int64"),
        repeat_value=days.value.sum(where=days.previous.notnull()),
        last_gap=days.gap.argmax(days.day),
    )
    end = ibis.literal(as_of)
    return grouped.mutate(
        recency=grouped.last_order.delta(grouped.first_order, unit="day").cast("int64"),
        T=end.delta(grouped.first_order, unit="day").cast("int64"),
        monetary_value=(grouped.frequency > 0).ifelse(grouped.repeat_value / grouped.frequency.nullif(0), ibis.null("float64")),
        days_since_last_order=end.delta(grouped.last_order, unit="day").cast("int64"),
    ).select(
        "customer_id", "first_order", "last_order", "orders", "net_revenue", "frequency", "recency", "T", "monetary_value",
        "days_since_last_order", "last_gap",
    )  # fmt: skip


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


def business_rhythm(orders: ir.Table, as_of: date) -> Rhythm | None:
    """Rhythm of the whole business, by one-way analysis of variance of log gaps (method of moments).

    Returns:
        None below :data:`MINIMUM_GAPS` gaps.
    """
    days = purchase_days(orders, as_of)
    gaps = days.filter(days.gap.notnull())
    gaps = gaps.mutate(log_gap=gaps.gap.cast("float64").ln())
    each = gaps.group_by("customer_id").agg(
        n=gaps.count(), mean=gaps.log_gap.mean(), squares=(gaps.log_gap * gaps.log_gap).sum()
    )
    totals = each.agg(
        customers=each.count(),
        gaps=each.n.sum(),
        grand=(each.n * each["mean"]).sum() / each.n.sum(),
        within=(each.squares - each.n * each["mean"] * each["mean"]).sum(),
        between=(each.n * each["mean"] * each["mean"]).sum(),
        n_squared=(each.n * each.n).sum(),
    ).to_pandas()
    row = totals.iloc[0]
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


def with_rhythm(customers: ir.Table, orders: ir.Table, as_of: date, rhythm: Rhythm | None) -> ir.Table:
    """Add `rhythm_days`: each customer's typical gap, shrunk toward the business's when they have few gaps.

    exp((Σ log gapᵢ + κ·log m) / (n + κ)), with m the business's typical gap and κ = `prior_gaps`. Missing for customers with
    a single purchase day, whose rhythm nobody has seen, and for everybody when the business has too few gaps.
    """
    if rhythm is None:
        return customers.mutate(rhythm_days=ibis.null("float64"))
    days = purchase_days(orders, as_of)
    gaps = days.filter(days.gap.notnull())
    own = gaps.group_by("customer_id").agg(log_sum=gaps.gap.cast("float64").ln().sum(), n=gaps.count())
    own = own.select("customer_id", rhythm_days=shrunk(own.log_sum, own.n, rhythm))
    return customers.left_join(own, "customer_id").drop("customer_id_right")
