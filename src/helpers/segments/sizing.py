"""What each segment comes to: heads, money, and what is at stake if nothing is done."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

GONE = ("lost", "member_lost")
"""Segments in which nothing is at stake any more: it is gone."""


@dataclass(frozen=True)
class SegmentSize:
    """One segment in numbers. Money in the business's currency.

    Attributes:
        segment: id. customers: head-count. revenue: lifetime net revenue. revenue_year: spend in the last 365 days.
        expected_year: orders' value expected over the next 12 months at gross margin (CLV), None without a model.
        at_stake: gross margin of the last 365 days, each customer's times the chance of not coming back within 90 days; None
            where nobody's chance is known and for :data:`GONE`. rated: customers whose chance is known.
        largest: the part of it that rests on one customer alone.
        recency, frequency, money: mean RFM score, 1–5.
    """

    segment: str
    customers: int
    revenue: float
    revenue_year: float
    expected_year: float | None
    at_stake: float | None = None
    rated: int = 0
    largest: float | None = None
    recency: float | None = None
    frequency: float | None = None
    money: float | None = None


def sizes(customers: ir.Table, *, margin: float | None = None) -> tuple[SegmentSize, ...]:
    """Head-count and money per segment, most customers first.

    Args:
        customers: needs segment, net_revenue, revenue_year, clv_12m; p_return_90d and RFM scores are used where they are.
        margin: gross margin as a share; without it nothing is at stake.
    """
    measures = {
        "customers": customers.count(),
        "revenue": customers.net_revenue.sum(),
        "revenue_year": customers.revenue_year.sum(),
        "expected_year": customers.clv_12m.sum(),
    }
    if margin is not None and "p_return_90d" in customers.columns:
        chance = customers.p_return_90d
        # free returns may leave somebody a year below nothing; that is no money to lose
        spent = ibis.greatest(customers.revenue_year, 0.0)
        here = customers.segment.notin(GONE)
        risked = spent * margin * (1 - chance)
        measures |= {"at_stake": risked.sum(where=here), "largest": risked.max(where=here), "rated": chance.count()}
    for name, score in (("recency", "r_score"), ("frequency", "f_score"), ("money", "m_score")):
        if score in customers.columns:
            measures[name] = customers[score].mean()
    table = customers.group_by("segment").agg(**measures)
    rows = table.order_by([ibis.desc("customers"), "segment"]).to_pyarrow().to_pylist()
    return tuple(SegmentSize(**row) for row in rows)
