"""Who changed from which segment to which between two runs."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir


@dataclass(frozen=True)
class Move:
    """Customers who went from one segment to another; `before` is None for who was no customer then."""

    before: str | None
    now: str
    customers: int
    revenue_year: float


def moves(before: ir.Table | None, now: ir.Table) -> tuple[Move, ...] | None:
    """From → to, stayers among them, most customers first.

    Args:
        before: customer_id and segment of the earlier run; None where there was none, and then nothing is said.
        now: customer table with segment and revenue_year.
    """
    if before is None:
        return None
    then = before.select("customer_id", before="segment")
    joined = now.left_join(then, "customer_id")
    found = joined.group_by("before", "segment").agg(customers=joined.count(), revenue_year=joined.revenue_year.sum())
    rows = found.to_pyarrow().to_pylist()
    rows.sort(key=lambda row: (-row["customers"], row["segment"], row["before"] or ""))
    return tuple(Move(r["before"], r["segment"], int(r["customers"]), float(r["revenue_year"] or 0.0)) for r in rows)
