"""Counts and sums of a finished load, and the proof that every row and every amount is accounted for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake.assembly import Loaded, exact_duplicates
from helpers.intake.quality import Note, Quality, SourceReport, prove, share
from helpers.intake.remarks import Strangers, on_file, strangers
from helpers.intake.text import folded
from helpers.tables import OPTIONAL

_ZERO = Decimal(0)


def quality(
    con: Any,
    files: list[Loaded],
    stage: ir.Table,
    orders: ir.Table,
    people: ir.Table,
    rejects: ir.Table,
    kept: list[ir.Table],
) -> Quality:
    """Count, prove and report.

    Args:
        con: the engine.
        files: every file of the load.
        stage: rows of orders.
        orders: the finished orders, with `exact_revenue`.
        people: the finished people.
        rejects: the finished rejects.
        kept: the finished tables that hold one row per row kept.

    Raises:
        AssertionError: rows or money are not accounted for.
    """
    by_file = _of_orders(con, stage) | {one.number: _of_extra(con, one) for one in files if one.kind != "orders"}
    beside = {one.number: strangers(con, one.staged.table, people, orders) for one in files if one.kind in OPTIONAL}
    sources = tuple(
        _report(con, one, by_file.get(one.number, {}), beside.get(one.number, Strangers())) for one in files
    )
    rows_read = sum(one.rows for one in sources)
    rows_kept = sum(_count(con, table) for table in kept)
    rows_rejected = _count(con, rejects)
    prove("rows", rows_read, rows_kept, rows_rejected)
    money = con.to_pyarrow(stage.aggregate(
        read=stage["value"].sum(), left_out=stage["value"].sum(where=stage.reason.notnull())
    )).to_pylist()[0]  # fmt: skip
    totals = _totals(con, orders)
    amounts = [amount or _ZERO for amount in (money["read"], totals["revenue"], money["left_out"])]
    prove("money", *amounts)
    reasons = con.to_pyarrow(rejects.group_by("reason").agg(n=rejects.count())).to_pylist()
    coverage = _coverage(con, orders, people)
    return Quality(
        rows_read=rows_read, rows_kept=rows_kept, rows_rejected=rows_rejected,
        amount_read=float(amounts[0]), amount_kept=float(amounts[1]), amount_rejected=float(amounts[2]),
        rejected_by_reason={r["reason"]: r["n"] for r in sorted(reasons, key=lambda r: (-r["n"], r["reason"]))},
        sources=sources,
        orders=totals["orders"], customers=totals["customers"],
        anonymous_order_share=share(totals["nobody"], totals["orders"]),
        anonymous_revenue_share=share(totals["nobody_revenue"] or _ZERO, totals["revenue"]),
        phone_coverage=share(coverage["phones"], coverage["customers"]),
        email_coverage=share(coverage["emails"], coverage["customers"]),
        currencies=tuple(sorted(con.to_pyarrow(orders.select("currency").distinct())["currency"].to_pylist())),
        day_first={one.file: one.day_first for one in sources if one.day_first is not None},
        notes=tuple(_notes(files, sources, beside, totals)),
    )  # fmt: skip


def _of_orders(con: Any, stage: ir.Table) -> dict[int, dict[str, Any]]:
    """Per file of orders: the figures of a :class:`SourceReport`."""
    kept = stage.reason.isnull()
    found = stage.group_by("file_no").agg(
        rows_kept=kept.sum(),
        first=stage.ordered_at.min(where=kept),
        last=stage.ordered_at.max(where=kept),
        orders=stage.order_id.nunique(),
        customers=stage.customer_id.nunique(),
        rows_without_customer=stage.customer_id.isnull().sum(),
        rows_cancelled=(stage.reason == "cancelled").sum(),
        amount_read=stage["value"].sum(),
        amount_kept=stage["value"].sum(where=kept),
    )
    return {row["file_no"]: row for row in con.to_pyarrow(found).to_pylist()}


def _of_extra(con: Any, one: Loaded) -> dict[str, Any]:
    """The same of a file of another kind, which has neither orders nor money."""
    table = one.staged.table
    asked: dict[str, Any] = {"rows_kept": table.reason.isnull().sum()}
    if "customer_id" in table.columns:
        asked |= {"customers": table.customer_id.nunique(), "rows_without_customer": table.customer_id.isnull().sum()}
    return dict(con.to_pyarrow(table.aggregate(**asked)).to_pylist()[0])


def _report(con: Any, one: Loaded, found: dict[str, Any], unknown: Strangers) -> SourceReport:
    rows, duplicates = exact_duplicates(con, one.raw)
    found = found | (one.raw.counts or {})
    read, kept = found.get("amount_read") or _ZERO, found.get("amount_kept") or _ZERO
    first, last = found.get("first"), found.get("last")
    kept_rows = found.get("rows_kept") or 0
    return SourceReport(
        kind=one.kind, file=one.file, format=one.recognition.format, title=one.recognition.title,
        rows=rows, rows_kept=kept_rows, rows_rejected=rows - kept_rows,
        first_date=first.date().isoformat() if first else None, last_date=last.date().isoformat() if last else None,
        orders=found.get("orders") or 0, customers=found.get("customers") or 0,
        rows_without_customer=found.get("rows_without_customer") or 0, rows_cancelled=found.get("rows_cancelled") or 0,
        exact_duplicates=duplicates,
        amount_read=float(read), amount_kept=float(kept), amount_rejected=float(read - kept),
        day_first=one.staged.evidence.day_first, mapping=one.recognition.mapping, unmapped=one.recognition.unmapped,
        unknown_customers=unknown.customers, unknown_orders=unknown.orders,
    )  # fmt: skip


def _totals(con: Any, orders: ir.Table) -> dict[str, Any]:
    nobody = orders.customer_id.isnull()
    asked = orders.aggregate(
        orders=orders.count(),
        customers=orders.customer_id.nunique(),
        nobody=nobody.sum(),
        revenue=orders.exact_revenue.sum(),
        nobody_revenue=orders.exact_revenue.sum(where=nobody),
    )
    return dict(con.to_pyarrow(asked).to_pylist()[0])


def _coverage(con: Any, orders: ir.Table, people: ir.Table) -> dict[str, Any]:
    """Customers with orders, and how many of them have a phone and an e-mail."""
    buyers = people.semi_join(orders, "customer_id")
    asked = buyers.aggregate(customers=buyers.count(), phones=buyers.phone.count(), emails=buyers.email.count())
    return dict(con.to_pyarrow(asked).to_pylist()[0])


def _notes(
    files: list[Loaded], sources: tuple[SourceReport, ...], beside: dict[int, Strangers], totals: dict[str, Any]
) -> list[Note]:
    notes: list[Note] = []
    for one, source in zip(files, sources, strict=True):
        notes.extend(one.staged.notes)
        if one.number in beside:
            notes.extend(on_file(one.file, source.rows, source.rows_kept, beside[one.number]))
        twice = [header for header in one.recognition.mapping.values() if f"{header} (2)" in one.raw.columns]
        if twice:
            notes.append(Note(
                "{file} has more than one column of these names, of which the first was read: {headers}.",
                {"file": one.file, "headers": twice},
            ))  # fmt: skip
        if one.staged.made_up_ids:
            notes.append(Note(
                "{file} has no order number: one order was counted per customer and time.", {"file": one.file}
            ))  # fmt: skip
        if one.recognition.skipped_sheets:
            notes.append(Note(
                "{file}: these sheets have other columns and were not read: {sheets}.",
                {"file": one.file, "sheets": list(one.recognition.skipped_sheets)},
            ))  # fmt: skip
    if not totals["customers"]:
        notes.append(Note(
            "No order names a customer, so who comes back cannot be measured yet; "
                "write down a phone number with each sale."
        ))  # fmt: skip
    return notes


def aliases(con: Any, stage: ir.Table) -> ir.Table:
    """Customers under whose code several names or telephone numbers stand: customer_id, names, phones (how many)."""
    known = stage.filter(stage.reason.isnull() & stage.customer_id.notnull())
    # a name is folded once, not once for every row it stands on
    known = known.select("customer_id", "name", "phone").distinct()
    found = known.group_by("customer_id").agg(names=folded(known.name).nunique(), phones=known.phone.nunique())
    found = found.filter((found.names > 1) | (found.phones > 1))
    return con.create_table(ibis.util.gen_name("aliases"), found, temp=True)


def _count(con: Any, table: ir.Table) -> int:
    return int(con.to_pyarrow(table.count()).as_py())
