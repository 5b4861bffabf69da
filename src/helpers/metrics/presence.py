"""Presence: does the business show up between orders, and does it ever come to give rather than to sell (S06, S24, S27)?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.uncertainty import FLOOR, NotEnough, Rate, rate


@dataclass(frozen=True)
class Presence:
    """Contact with customers who bought in the last `active_days` days.

    Attributes:
        untouched: share of them without any contact in the last `quiet_days` days.
        without_care: share without any contact that did not sell.
        sell_to_care: selling messages per care message in the same days; None when no care message was sent at all.
        sells, cares: messages counted.
        days_since_contact, days_since_care: half of those who ever had a contact (one that did not sell) had the last one at
            least that many days ago; None when nobody had one.
        never, never_care: share of them who have no such contact on record at all.
    """

    untouched: Rate | NotEnough
    without_care: Rate | NotEnough
    sell_to_care: float | None
    sells: int
    cares: int
    quiet_days: int
    days_since_contact: float | None
    days_since_care: float | None
    never: Rate | NotEnough
    never_care: Rate | NotEnough


def last_contacts(customers: ir.Table, contacts: ir.Table, *, as_of: date) -> ir.Table:
    """Add `days_since_contact` and `days_since_care`: days since the last contact of any kind and since the last that did not sell.

    Missing for customers without one. Contacts after `as_of` have not happened yet.
    """
    sent = contacts.mutate(day=contacts.sent_at.date())
    sent = sent.filter(sent.day <= ibis.literal(as_of))
    last = sent.group_by("customer_id").agg(any_day=sent.day.max(), care_day=sent.day.max(where=sent.purpose == "care"))
    joined = customers.left_join(last, "customer_id").drop("customer_id_right")
    end = ibis.literal(as_of)
    return joined.mutate(
        days_since_contact=end.delta(joined.any_day, unit="day").cast("int64"),
        days_since_care=end.delta(joined.care_day, unit="day").cast("int64"),
    ).drop("any_day", "care_day")


def presence(
    customers: ir.Table, contacts: ir.Table, *, as_of: date, quiet_days: int = 90, active_days: int = 180
) -> Presence:
    """Share of active customers nobody has contacted, and the balance of selling and caring."""
    active = last_contacts(customers.filter(customers.days_since_last_order <= active_days), contacts, as_of=as_of)
    since, care = active.days_since_contact, active.days_since_care
    counts = active.agg(
        n=active.count(),
        untouched=(since.isnull() | (since >= quiet_days)).sum(),
        without_care=(care.isnull() | (care >= quiet_days)).sum(),
        never=since.isnull().sum(),
        never_care=care.isnull().sum(),
        days=since.cast("float64").median(),
        care_days=care.cast("float64").median(),
    )
    row = counts.to_pyarrow().to_pylist()[0]
    n, k = int(row["n"]), {name: int(row[name] or 0) for name in ("untouched", "without_care", "never", "never_care")}
    sells, cares = _sent(contacts, as_of=as_of, quiet_days=quiet_days)
    return Presence(
        untouched=rate(k["untouched"], n),
        without_care=rate(k["without_care"], n),
        sell_to_care=sells / cares if cares else None,
        sells=sells,
        cares=cares,
        quiet_days=quiet_days,
        days_since_contact=row["days"],
        days_since_care=row["care_days"],
        never=rate(k["never"], n),
        never_care=rate(k["never_care"], n),
    )


def _sent(contacts: ir.Table, *, as_of: date, quiet_days: int) -> tuple[int, int]:
    """Selling and caring messages of the last `quiet_days` days, to anybody."""
    end, start = ibis.literal(as_of), ibis.literal(as_of - timedelta(days=quiet_days))
    recent = contacts.filter((contacts.sent_at.date() > start) & (contacts.sent_at.date() <= end))
    row = (
        recent.agg(sells=(recent.purpose == "sell").sum(), cares=(recent.purpose == "care").sum())
        .to_pyarrow()
        .to_pylist()[0]
    )
    return int(row["sells"] or 0), int(row["cares"] or 0)


@dataclass(frozen=True)
class FirstContacts:
    """What a new customer hears in the first days (S07).

    Attributes:
        contacted, cared_for: share of new customers with a contact (one that did not sell) within the window of the first order.
        per_customer: contacts per new customer in the window; None when there is nobody to count.
        window_days: the window.
    """

    contacted: Rate | NotEnough
    cared_for: Rate | NotEnough
    per_customer: float | None
    window_days: int


def first_contacts(customers: ir.Table, contacts: ir.Table, *, as_of: date, window_days: int = 100) -> FirstContacts:
    """Contacts from the day of the first order to `window_days` days after it.

    Counted are customers whose window is over and who came after contacts began to be recorded: before that, silence only
    means that nobody took notes.
    """
    sent = contacts.select("customer_id", "purpose", day=contacts.sent_at.date())
    began = sent.day.min().to_pyarrow().as_py()
    if began is None:
        return FirstContacts(NotEnough(0, FLOOR), NotEnough(0, FLOOR), None, window_days)
    fresh = customers.filter(
        (customers.first_order >= ibis.literal(began))
        & (customers.first_order <= ibis.literal(as_of - timedelta(days=window_days)))
    ).select("customer_id", "first_order")
    inside = fresh.inner_join(sent, "customer_id")
    age = inside.day.delta(inside.first_order, unit="day")
    inside = inside.filter((age >= 0) & (age <= window_days))
    each = inside.group_by("customer_id").agg(contacts=inside.count(), care=(inside.purpose == "care").sum())
    joined = fresh.left_join(each, "customer_id")
    row = (
        joined.agg(
            n=joined.count(),
            any=joined.contacts.notnull().sum(),
            care=(joined.care.fill_null(0) > 0).sum(),
            contacts=joined.contacts.sum(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    n = int(row["n"])
    per = int(row["contacts"] or 0) / n if n else None
    return FirstContacts(rate(int(row["any"] or 0), n), rate(int(row["care"] or 0), n), per, window_days)
