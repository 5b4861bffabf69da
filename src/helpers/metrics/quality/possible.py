"""What can be told from these data and what cannot: one declarative list, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import ibis
import ibis.expr.types as ir

from helpers.errors import key
from helpers.metrics.beta_geometric_fit import CUSTOMERS_FLOOR, REPEATERS_FLOOR, SPAN_FLOOR_DAYS
from helpers.metrics.customers import MINIMUM_GAPS
from helpers.metrics.gamma_gamma import BUYERS_FLOOR
from helpers.metrics.uncertainty import FLOOR


@dataclass(frozen=True)
class Requirement:
    """A question and the least it takes to answer it.

    Attributes:
        metric: stable id. question: everyday name (catalog key), a clause that can follow “we can say …”.
        fields: ``table.column``, each with at least one value. customers, repeaters: known, and known to have come back.
        days: of history. campaigns: of business.yml.
    """

    metric: str
    question: str
    fields: tuple[str, ...] = ()
    customers: int = 0
    repeaters: int = 0
    days: int = 0
    campaigns: int = 0


REQUIREMENTS = (
    Requirement("repeat_rate", key("how many first-time buyers come back"), customers=FLOOR, days=90),
    Requirement("cohorts", key("whether newer customers stay longer than earlier ones"), customers=FLOOR, days=90),
    Requirement("rhythm", key("who is late against their own rhythm"), repeaters=MINIMUM_GAPS),
    Requirement("decline", key("which regulars spend less than before"), repeaters=FLOOR, days=112),
    Requirement(
        "models", key("how likely each customer is to return"),
        customers=CUSTOMERS_FLOOR, repeaters=REPEATERS_FLOOR, days=SPAN_FLOOR_DAYS,
    ),
    Requirement(
        "clv", key("what a customer brings in the next 12 months"),
        customers=CUSTOMERS_FLOOR, repeaters=max(REPEATERS_FLOOR, BUYERS_FLOOR), days=SPAN_FLOOR_DAYS,
    ),
    Requirement("on_time", key("whether deliveries arrive as promised"), ("deliveries.promised_at", "deliveries.arrived_at")),
    Requirement("complaints", key("what happens when things go wrong"), ("tickets.opened_at",)),
    Requirement("recovery", key("whether people who complained buy again"), ("tickets.opened_at", "tickets.customer_id")),
    Requirement("response_time", key("how long customers wait for an answer"), ("tickets.first_reply_at",)),
    Requirement("alternatives", key("whether a “no” comes with another offer"), ("tickets.refused", "tickets.alternative_offered")),
    Requirement("ratings", key("how satisfied customers are"), ("feedback.score",)),
    Requirement("presence", key("how many customers have heard from you lately"), ("contacts.sent_at", "contacts.customer_id")),
    Requirement("sell_to_care", key("whether you write to sell or to care"), ("contacts.purpose",)),
    Requirement("spending", key("how much goes to new and how much to existing customers"), ("costs.amount", "costs.purpose")),
    Requirement("consent", key("who agreed to be written to"), ("consent.granted",)),
    Requirement("contractual", key("how many members stay from month to month"), ("subscriptions.started_on",)),
    Requirement("staff_notes", key("what customers tell your staff"), ("staff_notes.note",)),
    Requirement("by_branch", key("which branch keeps its customers best"), ("orders.branch",), customers=FLOOR, days=90),
    Requirement("by_staff", key("whose customers come back most"), ("orders.staff",), customers=FLOOR, days=90),
    Requirement("products", key("what people buy next"), ("order_lines.product",), repeaters=FLOOR),
    Requirement("proof", key("whether a campaign has worked"), campaigns=1),
)  # fmt: skip
"""Every question the report answers, with what it needs; floors are those of the metric itself."""
FROM_SILENCE = frozenset({"repeat_rate", "cohorts", "rhythm", "decline", "models", "clv"})
"""Those read from the time between two purchases, which says nothing where the next payment falls due anyway."""


@dataclass(frozen=True)
class Held:
    """What the data hold: columns with at least one value (``table.column``), head-counts, days of history."""

    fields: tuple[str, ...]
    customers: int
    repeaters: int
    days: int


@dataclass(frozen=True)
class Lack:
    """One thing that is missing.

    Attributes:
        kind: ``table``: there is no such record at all; ``field``: there is one, with this column empty; else the number
            that is too small. name: the table or ``table.column``; empty for numbers. have, need: for numbers.
    """

    kind: Literal["table", "field", "customers", "repeaters", "days", "campaigns"]
    name: str = ""
    have: int = 0
    need: int = 0


@dataclass(frozen=True)
class Possible:
    """A question, and what is missing to answer it (nothing: it can be answered)."""

    metric: str
    question: str
    lacks: tuple[Lack, ...]


def held(tables: Mapping[str, ir.Table], *, as_of: date, customers: int, repeaters: int, days: int) -> Held:
    """Look which columns the requirements name hold anything up to `as_of`.

    Args:
        tables: by canonical name; those the business does not have are left out.
    """
    asked: dict[str, list[str]] = {}
    for field in sorted({field for one in REQUIREMENTS for field in one.fields}):
        table, column = field.split(".")
        asked.setdefault(table, []).append(column)
    found: set[str] = set()
    for name, columns in asked.items():
        if name in tables:
            table = tables[name]
            if "ordered_at" in table.columns:
                table = table.filter(table.ordered_at.date() <= ibis.literal(as_of))
            row = table.agg(**{c: table[c].notnull().any() for c in columns}).to_pyarrow().to_pylist()[0]
            found |= {f"{name}.{column}" for column in columns if row[column]}
    return Held(tuple(sorted(found)), customers, repeaters, days)


def possible(found: Held, *, campaigns: int = 0) -> tuple[Possible, ...]:
    """Each question of :data:`REQUIREMENTS`, in its order, with what is missing to answer it.

    Args:
        found: what the data hold.
        campaigns: campaigns that were run and can be read back.
    """
    return tuple(Possible(one.metric, one.question, _lacks(one, found, campaigns)) for one in REQUIREMENTS)


def _lacks(one: Requirement, found: Held, campaigns: int) -> tuple[Lack, ...]:
    there = {field.split(".")[0] for field in found.fields}
    lacks: list[Lack] = []
    for field in one.fields:
        table = field.split(".")[0]
        if field not in found.fields:
            absent = table not in there and table not in ("orders", "order_lines")
            lacks.append(Lack("table", table) if absent else Lack("field", field))
    if found.customers < one.customers:
        lacks.append(Lack("customers", have=found.customers, need=one.customers))
    if found.repeaters < one.repeaters:
        lacks.append(Lack("repeaters", have=found.repeaters, need=one.repeaters))
    if found.days < one.days:
        lacks.append(Lack("days", have=found.days, need=one.days))
    if campaigns < one.campaigns:
        lacks.append(Lack("campaigns", have=campaigns, need=one.campaigns))
    return tuple(dict.fromkeys(lacks))
