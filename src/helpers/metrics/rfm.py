"""Where customers stand among all: value rank, and RFM scores (recency, frequency, money in fifths, 5 the best) for those who know them.

RFM is direct mail's oldest score (Hughes, *Strategic Database Marketing*, 1994). It stands beside the segments; nothing is decided by it,
because it ranks customers against each other and so says nothing about how one does against the own rhythm.

Tie rule, for all of them: customers who are equal share the middle of their places. So nobody's score depends on the order of rows.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

FIFTHS = 5


def with_rfm(customers: ir.Table) -> ir.Table:
    """Add `r_score`, `f_score` and `m_score`, 1 to 5, and `value_rank`, 0 (spends most) to 1 (least).

    With a share b of all customers below and a share e equal, the score is 1 + ⌊5·(b + e/2)⌋ and the value rank 1 − (b + e/2) in
    money. Where all bought once, everybody has a 3 for frequency; fifths are then of unequal size, as the data are.

    Args:
        customers: needs days_since_last_order (fewer is better), frequency, net_revenue.
    """
    fresh: Any = -customers.days_since_last_order
    money = _middle(customers.net_revenue)
    return customers.mutate(
        r_score=_fifth(_middle(fresh)),
        f_score=_fifth(_middle(customers.frequency)),
        m_score=_fifth(money),
        value_rank=1 - money,
    )


def _middle(value: ir.NumericValue) -> ir.FloatingValue:
    """The middle of the places the equal ones share, 0–1: the mean of the share below and the share at or below."""
    ordered: Any = ibis.window(order_by=value)
    below = ibis.rank().over(ordered) / value.count().over(ibis.window())
    found: ir.FloatingValue = (ibis.cume_dist().over(ordered) + below) / 2
    return found


def _fifth(middle: ir.FloatingValue) -> ir.IntegerValue:
    score: ir.IntegerValue = ibis.least((middle * FIFTHS).floor() + 1, FIFTHS).cast("int64")
    return score
