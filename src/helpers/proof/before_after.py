"""A campaign without anybody left out: before and after, which is a description and never a proof."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.uncertainty import NotEnough, Rate, rate
from helpers.proof.matched import Matched


@dataclass(frozen=True)
class BeforeAfter:
    """Share of the contacted who ordered in equally long times before and after.

    Attributes:
        campaign, name: id and title. n: contacted customers we know. before, after: shares who ordered. days: length of each
            time. unknown: listed people who are not customers in the data. matched: the contacted beside others who looked alike.
    """

    campaign: str
    name: str
    n: int
    before: Rate | NotEnough
    after: Rate | NotEnough
    days: int
    unknown: int
    matched: Matched | NotEnough | None = None


def before_after(
    people: ir.Table, orders: ir.Table, *, campaign: str, name: str, sent_at: date, days: int, unknown: int
) -> BeforeAfter:
    """Orders of the contacted in the `days` days before sending and the `days` days from the day of sending on.

    Likely bias: a campaign for people who had gone quiet finds them at their quietest, so some would have come back anyway and
    the rise flatters it; a season or price change in between works in either direction.

    Args:
        people: customer_id, one row per contacted customer.
    """
    day = orders.ordered_at.date()
    sent, begin, end = (ibis.literal(sent_at + timedelta(days=d)) for d in (0, -days, days))
    each = orders.filter(orders.customer_id.notnull()).mutate(
        earlier=(day >= begin) & (day < sent), later=(day >= sent) & (day < end)
    )
    seen = each.group_by("customer_id").agg(earlier=each.earlier.any(), later=each.later.any())
    joined = people.left_join(seen, "customer_id")
    row = (
        joined.agg(n=joined.count(), earlier=joined.earlier.sum(), later=joined.later.sum()).to_pyarrow().to_pylist()[0]
    )
    n = int(row["n"])
    return BeforeAfter(
        campaign, name, n, rate(int(row["earlier"] or 0), n), rate(int(row["later"] or 0), n), days, unknown
    )
