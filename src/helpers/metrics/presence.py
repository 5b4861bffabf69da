"""Presence: does the business show up between orders, and does it ever come to give rather than to sell (S06, S24, S27)?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.uncertainty import NotEnough, Rate, rate


@dataclass(frozen=True)
class Presence:
    """Contact with customers who bought in the last `active_days` days.

    Attributes:
        untouched: share of them without any contact in the last `quiet_days` days.
        without_care: share without any contact that did not sell.
        sell_to_care: selling messages per care message in the same days; None when no care message was sent at all.
        sells, cares: messages counted.
    """

    untouched: Rate | NotEnough
    without_care: Rate | NotEnough
    sell_to_care: float | None
    sells: int
    cares: int
    quiet_days: int


def presence(
    customers: ir.Table, contacts: ir.Table, *, as_of: date, quiet_days: int = 90, active_days: int = 180
) -> Presence:
    """Share of active customers nobody has contacted, and the balance of selling and caring."""
    end, start = ibis.literal(as_of), ibis.literal(as_of - timedelta(days=quiet_days))
    recent = contacts.filter((contacts.sent_at.date() > start) & (contacts.sent_at.date() <= end))
    touched = recent.group_by("customer_id").agg(any_contact=recent.count(), care=(recent.purpose == "care").sum())
    active = customers.filter(customers.days_since_last_order <= active_days)
    joined = active.left_join(touched, "customer_id")
    row = joined.agg(
        n=joined.count(), none=joined.any_contact.isnull().sum(), no_care=(joined.care.fill_null(0) == 0).sum()
    ).to_pandas()
    counts = row.fillna(0).iloc[0]
    sums = (
        recent.agg(sells=(recent.purpose == "sell").sum(), cares=(recent.purpose == "care").sum())
        .to_pandas()
        .fillna(0)
        .iloc[0]
    )
    sells, cares, n = int(sums["sells"]), int(sums["cares"]), int(counts["n"])
    return Presence(
        rate(int(counts["none"]), n),
        rate(int(counts["no_care"]), n),
        sells / cares if cares else None,
        sells,
        cares,
        quiet_days,
    )
