"""Contacted customers beside others who looked alike before: weak evidence where nobody was left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.metrics.uncertainty import Estimate, NotEnough, Rate, wilson
from helpers.proof.history import with_history

FLOOR = 20
"""Contacted customers that must have found somebody alike."""
QUIET = (30, 60, 120, 240)
"""Days of silence that part the classes."""
BANDS = 4
"""Bands of spending in the last year, as equal in customers as equal sums allow."""


@dataclass(frozen=True)
class Matched:
    """Shares who ordered after sending, among customers alike before.

    Attributes:
        n: contacted customers with somebody alike. left: contacted customers without. others: customers they are held against.
        contacted: their share. alike: share of the others, weighted to the same classes. difference: points between, 95 %.
        quiet: median days of silence before sending of the contacted, and of all others.
    """

    n: int
    left: int
    others: int
    contacted: Rate
    alike: float
    difference: Estimate
    quiet: tuple[float, float]


def matched(people: ir.Table, orders: ir.Table, *, sent_at: date, days: int) -> Matched | NotEnough:
    """Coarsened exact matching (Iacus, King & Porro 2012) on orders, silence and spending before sending.

    Customers are alike when they are in the same class of all three. Within classes the others are weighted to the contacted; the
    interval is that of a stratified difference. What staff knew and the data do not – why these were chosen – stays in the
    difference.

    Args:
        people: customer_id, one row per contacted customer. orders: canonical orders, none after the end of the data.
        sent_at: day of sending. days: how long orders afterwards are counted, the day of sending included.
    """
    classes = _classes(people, orders, sent_at, days)
    cells = classes.group_by("orders_class", "quiet_class", "spend_class").agg(
        n=classes.contacted.sum(), k=(classes.contacted & classes.came).sum(),
        m=(~classes.contacted).sum(), held=(~classes.contacted & classes.came).sum(),
    )  # fmt: skip
    rows = cells.to_pyarrow().to_pylist()
    both = [row for row in rows if row["n"] and row["m"]]
    n = sum(int(row["n"]) for row in both)
    if n < FLOOR:
        return NotEnough(n, FLOOR)
    share = wilson(sum(int(row["k"]) for row in both), n)
    alike = sum(row["n"] * row["held"] / row["m"] for row in both) / n
    # one half added each way: in a small class nobody, or everybody, came by chance and not for certain
    noise = 0.0
    for row in both:
        p, q = (row["k"] + 0.5) / (row["n"] + 1), (row["held"] + 0.5) / (row["m"] + 1)
        noise += (row["n"] / n) ** 2 * (p * (1 - p) / row["n"] + q * (1 - q) / row["m"])
    half = 1.959964 * math.sqrt(noise)
    gap = share.value - alike
    quiet = classes.group_by("contacted").agg(days=classes.quiet_days.median()).to_pyarrow().to_pylist()
    silence = {row["contacted"]: float(row["days"] or 0.0) for row in quiet}
    return Matched(
        n, sum(int(row["n"]) for row in rows) - n, sum(int(row["m"]) for row in both), share, alike,
        Estimate(gap, gap - half, gap + half, n), (silence.get(True, 0.0), silence.get(False, 0.0)),
    )  # fmt: skip


def _classes(people: ir.Table, orders: ir.Table, sent_at: date, days: int) -> ir.Table:
    """Everybody who had ordered before sending, their classes, whether they were contacted and whether they came."""
    early = orders.filter((orders.ordered_at.date() < ibis.literal(sent_at)) & orders.customer_id.notnull())
    known = with_history(early.select("customer_id").distinct(), orders, sent_at=sent_at)
    everybody = known.customer_id.count().over(ibis.window())
    rank = ibis.rank().over(order_by=known.spend_before)  # who spent the same is in the same band
    band = (rank * BANDS / everybody).floor()
    silent = ibis.cases(*((known.quiet_days < limit, i) for i, limit in enumerate(QUIET)), else_=len(QUIET))
    return known.mutate(
        contacted=known.customer_id.isin(people.customer_id),
        came=(known.first_day < days).fill_null(False),
        orders_class=known.group,
        quiet_class=silent,
        spend_class=band,
    )
