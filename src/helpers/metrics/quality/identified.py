"""Whom the orders name: identified shares by channel and branch, and how many customers can be reached (S11, S15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.metrics.uncertainty import NotEnough, Rate, rate


@dataclass(frozen=True)
class Identified:
    """How many orders of a group name their customer.

    Attributes:
        group: channel or branch; missing for all orders together and for those that name none.
        orders: share of its orders. revenue: what the group took, in the business's currency. revenue_share: share of
            that from known customers, 0–1; missing where the group took nothing.
    """

    group: str | None
    orders: Rate | NotEnough
    revenue: float
    revenue_share: float | None


@dataclass(frozen=True)
class Coverage:
    """Share of the customers with orders who left a telephone number, an e-mail address, or at least one of them."""

    phone: Rate | NotEnough
    email: Rate | NotEnough
    either: Rate | NotEnough


def identified(orders: ir.Table, *, as_of: date, by: str | None = None) -> tuple[Identified, ...]:
    """Identified share of all orders, or of each value of a column, most orders first.

    Args:
        orders: canonical orders.
        as_of: orders after it are not seen.
        by: ``"channel"`` or ``"branch"``; nothing comes back when the orders are not told apart by it.
    """
    seen = orders.filter(orders.ordered_at.date() <= ibis.literal(as_of))
    group = seen[by] if by else ibis.null("string")
    known = seen.customer_id.notnull()
    found = seen.mutate(known=known).group_by(place=group).agg(
        n=lambda t: t.count(),
        k=lambda t: t.known.sum(),
        revenue=lambda t: t.net_revenue.sum(),
        of_known=lambda t: t.net_revenue.sum(where=t.known),
    )  # fmt: skip
    rows = found.order_by([ibis.desc("n"), "place"]).to_pyarrow().to_pylist()
    if by is not None and {row["place"] for row in rows} <= {None}:
        return ()
    return tuple(
        Identified(
            row["place"], rate(int(row["k"]), int(row["n"])), float(row["revenue"]),
            float(row["of_known"] or 0) / float(row["revenue"]) if row["revenue"] > 0 else None,
        )
        for row in rows
    )  # fmt: skip


def coverage(orders: ir.Table, people: ir.Table) -> Coverage:
    """How many customers with orders can be reached at all (not: may be written to)."""
    buyers = people.semi_join(orders, "customer_id")
    phone, email = buyers.phone.notnull(), buyers.email.notnull()
    row = buyers.agg(
        n=buyers.count(), phone=phone.sum().fill_null(0), email=email.sum().fill_null(0),
        either=(phone | email).sum().fill_null(0),
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    n = int(row["n"])
    return Coverage(rate(int(row["phone"]), n), rate(int(row["email"]), n), rate(int(row["either"]), n))
