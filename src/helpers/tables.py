"""The canonical tables: their columns, how they are written to a run folder and opened again.

Intake produces them; everything downstream reads nothing else. Times are naive local time of the business.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers import files
from helpers.afar import Afar
from helpers.errors import InputError

ORDERS = ibis.schema(
    {
        "order_id": "string",
        "customer_id": "string",  # missing: an anonymous order, counted in revenue only
        "ordered_at": "timestamp",
        "net_revenue": "float64",  # after discounts and returns, in the business's currency
        "currency": "string",
        "channel": "string",
        "branch": "string",
        "staff": "string",
        "source_file": "string",
        "source_row": "int64",  # 1 is the first row of data in the file, whatever stands above it
    }
)
ORDER_LINES = ibis.schema(
    {
        "order_id": "string",
        "customer_id": "string",
        "ordered_at": "timestamp",
        "product_id": "string",
        "product": "string",
        "category": "string",
        "quantity": "float64",
        "unit_price": "float64",
        "amount": "float64",
        "source_file": "string",
        "source_row": "int64",
    }
)
REJECTS = ibis.schema({"source_file": "string", "source_row": "int64", "reason": "string", "raw": "string"})
PEOPLE = ibis.schema(
    {"customer_id": "string", "name": "string", "phone": "string", "email": "string", "birthday": "date"}
)
IDENTITIES = ibis.schema(
    {
        "customer_id": "string",  # missing: the key is shared by many and names nobody
        "key_kind": "string",  # code, phone, email, name_birthday, name_address
        "key_value": "string",
        "system": "string",  # whose numbering a customer code belongs to
        "source_file": "string",  # the first file it stands in
        "orders": "int64",
        "first_seen": "timestamp",
        "last_seen": "timestamp",
        "linked_by": "string",  # strongest other kind beside it; business.yml; shared; missing: it stands alone
        "orders_together": "int64",  # orders on which it stands beside another key
        "names_rows": "boolean",  # some rows are known by this key: alone it would be a customer of its own
        "confidence": "string",  # strong, weak (by name), stated (business.yml); missing where nothing was linked
    }
)

OPTIONAL = {
    "contacts": ibis.schema(
        {
            "customer_id": "string",
            "sent_at": "timestamp",
            "channel": "string",
            "purpose": "string",
            "campaign": "string",
            "exit_reason": "string",  # why somebody who left says they did (metrics.winback.REASONS, or their own words)
        }
    ),
    "tickets": ibis.schema(
        {
            "ticket_id": "string",
            "customer_id": "string",
            "order_id": "string",
            "opened_at": "timestamp",
            "first_reply_at": "timestamp",
            "resolved_at": "timestamp",
            "channel": "string",
            "kind": "string",
            "branch": "string",
            "outcome": "string",
            "refused": "boolean",
            "alternative_offered": "boolean",
        }
    ),
    "feedback": ibis.schema(
        {
            "order_id": "string",
            "customer_id": "string",
            "given_at": "timestamp",
            "score": "float64",  # as given
            "scale": "string",  # which scale it stands on, a key of helpers.intake.scales.RANGE
            "rating": "float64",  # its place on that scale, 0 worst to 1 best: what may be averaged
            "comment": "string",
        }
    ),
    "deliveries": ibis.schema({"order_id": "string", "promised_at": "timestamp", "arrived_at": "timestamp"}),
    "costs": ibis.schema({"month": "date", "item": "string", "purpose": "string", "amount": "float64"}),
    "consent": ibis.schema(
        {
            "customer_id": "string",  # missing where a refusal names an address that is nobody's alone
            "phone": "string",  # as the answer names it: a refusal holds for the number, whoever else uses it
            "email": "string",
            "channel": "string",
            "purpose": "string",  # missing: a refusal of everything
            "granted": "boolean",
            "recorded_at": "date",
            "source": "string",
        }
    ),
    "subscriptions": ibis.schema(
        {
            "subscription_id": "string",
            "customer_id": "string",
            "plan": "string",
            "started_on": "date",
            "ended_on": "date",
            "monthly_price": "float64",
        }
    ),
    "staff_notes": ibis.schema({"noted_at": "timestamp", "staff": "string", "branch": "string", "note": "string"}),
}
"""Tables a business may have; an absent one is "not measured yet", never an empty table of zeros.

contacts.purpose is ``sell`` or ``care``; costs.purpose is ``acquisition``, ``retention`` or ``other``; consent.purpose is
``advertising`` or ``care``.
"""

SCHEMAS = {
    "orders": ORDERS, "order_lines": ORDER_LINES, "people": PEOPLE, "rejects": REJECTS, "identities": IDENTITIES, **OPTIONAL,
}  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """The tables of one run, as Ibis expressions on Parquet files, or on what a warehouse keeps.

    Attributes:
        orders, order_lines, people, rejects: always there (rows may be none).
        optional: the tables of :data:`OPTIONAL` this business has.
        customers: one row per identified customer with its measures; missing until metrics have made it.
        identities: every key of every customer; missing in runs of before it was kept.
        placed: the orders with each one's place in its customer's sequence (:mod:`helpers.metrics.orders`); missing in runs of
            before it was kept, and until metrics have made it.
    """

    orders: ir.Table
    order_lines: ir.Table
    people: ir.Table
    rejects: ir.Table
    optional: dict[str, ir.Table]
    customers: ir.Table | None = None
    identities: ir.Table | None = None
    placed: ir.Table | None = None

    def get(self, name: str) -> ir.Table | None:
        """An optional table, or None when this business does not have it."""
        return self.optional.get(name)


KEPT = ".there"
"""Ends the name of a file that stands for a table: it holds the name under which a warehouse keeps it."""


def write(con: Any, table: ir.Table, folder: Path, name: str) -> Path:
    """Write one table as ``<name>.parquet``, readable by its owner alone (it may hold personal data).

    An engine away from the machine keeps it, and ``<name>.there`` says under which name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(con, Afar):
        return files.write_text(folder / f"{name}{KEPT}", con.keep(table, name) + "\n", private=True)
    path = folder / f"{name}.parquet"
    con.to_parquet(table, path)
    path.chmod(0o600)
    return path


def read(con: Any, folder: Path, name: str, called: str | None = None) -> ir.Table | None:
    """One table of a run folder's ``tables/``; None where there is none, or an engine keeps it that is not asked any more.

    Args:
        called: its name in the engine, where it reads a file; default one that tells which table it is.
    """
    path, there = folder / f"{name}.parquet", folder / f"{name}{KEPT}"
    found: ir.Table | None = None
    if path.is_file():
        found = con.read_parquet(path, table_name=called or f"t_{name}")
    elif there.is_file() and isinstance(con, Afar):
        found = con.kept(there.read_text(encoding="utf-8").strip())
    return found


def made(folder: Path) -> list[Path]:
    """The files of ``tables/`` that are tables, or stand for one."""
    return sorted(path for path in folder.glob("*") if path.suffix in (".parquet", KEPT))


def open_tables(con: Any, folder: Path) -> Tables:
    """The tables that a run folder's ``tables/`` holds."""

    def must(name: str) -> ir.Table:
        found = read(con, folder, name)
        if found is None:
            raise InputError(
                "This run keeps its tables in a warehouse that business.yml does not name any more; run again with --force."
            )
        return found

    found = {path.stem for path in made(folder)}
    return Tables(
        orders=must("orders"),
        order_lines=must("order_lines"),
        people=must("people"),
        rejects=must("rejects"),
        optional={name: must(name) for name in OPTIONAL if name in found},
        customers=must("customers") if "customers" in found else None,
        identities=must("identities") if "identities" in found else None,
        placed=must("placed") if "placed" in found else None,
    )
