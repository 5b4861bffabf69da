"""What there is to win back, and why they left: the lost ranked by what they were worth and how likely they return (S14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.metrics.orders import identified
from helpers.metrics.uncertainty import NotEnough, Rate, rate

YEAR = 365
REASONS = ("price", "quality", "service", "delay", "choice", "competitor", "moved", "need_gone", "forgot", "no_reason")
"""Codes of the exit interview (playbook/scripts/exit-interview.md)."""
BEYOND_US = ("moved", "need_gone", "no_reason")
"""Reasons nothing can be invested against."""


def with_worth(customers: ir.Table, orders: ir.Table, *, as_of: date, margin: float) -> ir.Table:
    """Add `last_year_margin` and `expected_return`, in the business's currency.

    `last_year_margin`: gross margin of the 365 days up to the customer's own last order – what a year with them brought.
    `expected_return` = that × the chance of an order within 90 days; missing where the chance is.

    Args:
        customers: needs customer_id, last_order, p_return_90d.
        margin: gross margin as a share of revenue.
    """
    known = identified(orders, as_of).select("customer_id", "day", "net_revenue")
    joined = known.inner_join(customers.select("customer_id", "last_order"), "customer_id")
    recent = joined.filter(joined.last_order.delta(joined.day, unit="day") < YEAR)
    spent = recent.group_by("customer_id").agg(spent=recent.net_revenue.sum())
    found = customers.left_join(spent, "customer_id").drop("customer_id_right")
    # who gave back more than he bought was worth nothing, not less
    worth = ibis.greatest(found.spent.fill_null(0.0), 0.0) * margin
    found = found.mutate(last_year_margin=worth, expected_return=worth * found.p_return_90d)
    return found.drop("spent")


@dataclass(frozen=True)
class Reason:
    """One reason customers gave for leaving.

    Attributes:
        reason: a code of :data:`REASONS`, or what was written instead. customers: who gave it, each by the latest answer.
        share: of all who were asked. at_stake: gross margin a year with these customers brought. ours: whether it can be
            invested against.
    """

    reason: str
    customers: int
    share: Rate | NotEnough
    at_stake: float
    ours: bool


@dataclass(frozen=True)
class ExitInterviews:
    """Answers of customers who left; `asked` customers gave one, `reasons` most money first, then most customers."""

    asked: int
    reasons: tuple[Reason, ...]


def exit_interviews(
    contacts: ir.Table | None, customers: ir.Table, orders: ir.Table, *, as_of: date, margin: float
) -> ExitInterviews:
    """Count the reasons noted beside calls (column `exit_reason` of the contacts), each customer's latest.

    Args:
        contacts: canonical contacts, or None. Answers of people who are no customers count in no sum and are left out.
        customers: the customer table; who has come back since is counted, the reason was one all the same.
        margin: gross margin as a share of revenue.
    """
    if contacts is None or "exit_reason" not in contacts.columns:
        return ExitInterviews(0, ())
    told = contacts.filter(contacts.exit_reason.notnull() & (contacts.sent_at.date() <= ibis.literal(as_of)))
    newest = ibis.row_number().over(group_by="customer_id", order_by=[ibis.desc("sent_at"), "exit_reason"])
    latest = told.mutate(place=newest).filter(lambda t: t.place == 0).select("customer_id", reason="exit_reason")
    valued = with_worth(customers.semi_join(latest, "customer_id"), orders, as_of=as_of, margin=margin)
    joined = latest.inner_join(valued.select("customer_id", "last_year_margin"), "customer_id")
    counted = joined.group_by("reason").agg(n=joined.count(), money=joined.last_year_margin.sum())
    rows = counted.to_pyarrow().to_pylist()
    asked = sum(int(row["n"]) for row in rows)
    found = [
        Reason(row["reason"], int(row["n"]), rate(int(row["n"]), asked), float(row["money"]), row["reason"] not in BEYOND_US)
        for row in rows
    ]  # fmt: skip
    return ExitInterviews(asked, tuple(sorted(found, key=lambda r: (-r.at_stake, -r.customers, r.reason))))


@dataclass(frozen=True)
class LostWorth:
    """What the lost come to.

    Attributes:
        customers: how many. worth: gross margin a year with them brought. expected: that times their chances of returning within
            90 days; None without chances.
    """

    customers: int
    worth: float
    expected: float | None


def lost_worth(lost: ir.Table) -> LostWorth:
    """Sums over customers of :func:`with_worth`."""
    found = lost.agg(n=lost.count(), worth=lost.last_year_margin.sum(), expected=lost.expected_return.sum())
    row = found.to_pyarrow().to_pylist()[0]
    return LostWorth(int(row["n"]), float(row["worth"] or 0.0), row["expected"])
