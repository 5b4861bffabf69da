"""From staged rows to the canonical tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers import tables
from helpers.intake import identity, overlap, refunds
from helpers.intake.formats import formats
from helpers.intake.orders import Staged
from helpers.intake.reading import Raw
from helpers.intake.recognition import Recognition

_LINE_FIELDS = ("product_id", "product", "category", "quantity", "unit_price")


@dataclass(frozen=True)
class Loaded:
    """One file while a load lasts: its number and name, what it is, its raw and its staged rows."""

    number: int
    kind: str
    file: str
    system: str
    recognition: Recognition
    raw: Raw
    staged: Staged


def joined(con: Any, files: list[Loaded]) -> ir.Table:
    """All staged rows of orders as a table; re-exports count once, and equal numbers of different orders are told apart.

    An order that stands in several files of one system with the same number and time counts as the latest of them has
    it. The same number with another time, or in another system, is another order and gets its file's name added.
    """
    stage = files[0].staged.table
    if len(files) > 1:
        stage = _told_apart(con, ibis.union(*(one.staged.table for one in files)), files)
    if stage is files[0].staged.table:
        return stage
    return con.create_table(ibis.util.gen_name("intake_all"), stage, temp=True)


def with_refunds(con: Any, stage: ir.Table, files: list[Loaded]) -> ir.Table:
    """The rows :func:`joined` left, money paid back on the orders it belongs to; who the rows are about must be known."""
    if _may_take_back(con, stage, files):
        found = refunds.to_orders(con, stage).drop("system", "number")
        return con.create_table(ibis.util.gen_name("intake_all"), found, temp=True)
    return stage.drop("system", "number") if "number" in stage.columns else stage


def _told_apart(con: Any, rows: ir.Table, files: list[Loaded]) -> ir.Table:
    system = rows.file_no.cases(*((one.number, one.system) for one in files), else_="")
    rows = overlap.orders(con, rows.mutate(system=system), files)
    kept_in = rows.reason.isnull().ifelse(rows.file_no, ibis.null("int32"))
    rows = rows.mutate(kept_in=kept_in)
    number = ibis.window(group_by=rows.order_id)
    clash = rows.kept_in.min().over(number) != rows.kept_in.max().over(number)
    stem = rows.file_no.cases(*((one.number, f"{one.file.rsplit('.', 1)[0]}:") for one in files), else_="")
    named = (clash & rows.order_id.notnull()).fill_null(False).ifelse(stem + rows.order_id, rows.order_id)
    return rows.mutate(order_id=named, number=rows.order_id).drop("kept_in")


def _may_take_back(con: Any, stage: ir.Table, files: list[Loaded]) -> bool:
    """Whether any row takes money back: in layouts that mark such rows, or by an amount below zero."""
    marked = any("row_type" in one.recognition.mapping or formats()[one.recognition.format].returns for one in files)
    return marked or bool(con.to_pyarrow((stage["value"] < 0).any()).as_py())


def orders(con: Any, stage: ir.Table, files: list[Loaded]) -> ir.Table:
    """One row per order kept, columns of ``tables.ORDERS`` and `exact_revenue`, the same money as a decimal."""
    kept = stage.filter(stage.reason.isnull())
    found = kept.group_by("order_id").agg(
        customer_id=kept.customer_id.min(),
        ordered_at=kept.ordered_at.min(),
        exact_revenue=kept["value"].sum(),
        **{
            name: kept[name].min(where=~kept.refund)
            for name in ("currency", "channel", "branch", "staff", "file_no", "source_row")
        },
    )
    found = found.mutate(net_revenue=found.exact_revenue.cast("float64"), source_file=_file(found, files))
    return con.create_table(
        ibis.util.gen_name("orders"), found.select(*tables.ORDERS.names, "exact_revenue"), temp=True
    )


def order_lines(stage: ir.Table, files: list[Loaded]) -> ir.Table:
    """One row per row kept, columns of ``tables.ORDER_LINES``: a view of the staged rows, not another copy of them."""
    kept = stage.filter(stage.reason.isnull())
    found = kept.select(
        "order_id", "customer_id", "ordered_at", *_LINE_FIELDS, amount=kept.amount.cast("float64"),
        source_file=_file(kept, files), source_row=kept.source_row,
    )  # fmt: skip
    return found.select(*tables.ORDER_LINES.names)


def people(con: Any, stage: ir.Table, lists: list[ir.Table], identities: ir.Table | None) -> ir.Table:
    """One row per identified customer with the latest known name, phone, e-mail and birthday.

    Args:
        con: the engine.
        stage: rows of orders.
        lists: staged customer lists; what they say goes before what stands on an order.
        identities: keys that belong to nobody in particular are not shown as anybody's number; missing: there are none.
    """
    rows = stage.filter(stage.reason.isnull()).select(*identity.PEOPLE, at=stage.ordered_at)
    rows = (
        ibis.union(rows, *(t.filter(t.reason.isnull()).select(*identity.PEOPLE, "at") for t in lists))
        if lists
        else rows
    )
    if identities is not None:
        nobodys = identities.filter(identities.linked_by == "shared").key_value
        own = {name: rows[name].isin(nobodys).ifelse(ibis.null("string"), rows[name]) for name in ("phone", "email")}
        rows = rows.mutate(**own)
    found = identity.latest(rows).select(*tables.PEOPLE.names).order_by("customer_id")
    return con.create_table(ibis.util.gen_name("people"), found, temp=True)


def optional(con: Any, kind: str, parts: list[ir.Table]) -> ir.Table:
    """One optional table from its files."""
    names = tables.OPTIONAL[kind].names
    kept = [part.filter(part.reason.isnull()).select(*names) for part in parts]
    return con.create_table(ibis.util.gen_name(kind), ibis.union(*kept) if len(kept) > 1 else kept[0], temp=True)


def rejects(con: Any, files: list[Loaded], stage: ir.Table) -> ir.Table:
    """Every row left out with its file, row, reason and text, columns of ``tables.REJECTS``."""
    parts = []
    for one in files:
        rows = stage.filter(stage.file_no == one.number) if one.kind == "orders" else one.staged.table
        left_out = rows.filter(rows.reason.notnull()).select("source_row", "reason")
        parts.append(_with_text(left_out, one))
    found = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return con.create_table(ibis.util.gen_name("rejects"), found.select(*tables.REJECTS.names), temp=True)


_json = ibis.udf.scalar.builtin(lambda cells: ..., name="to_json", signature=(("map<string, string>",), "json"))


def _with_text(left_out: ir.Table, one: Loaded) -> ir.Table:
    """The rejected rows of a file with their cells as JSON text; for a row that could not be cut, as it stands."""
    if not one.raw.columns:  # a warehouse keeps the text of its rows
        rows = left_out.mutate(raw=ibis.null("string"), source_file=ibis.literal(one.file))
        return rows.select(*tables.REJECTS.names)
    raw = left_out.inner_join(one.raw.table, "source_row")
    keys = ibis.array([ibis.literal(header) for header in one.raw.columns])
    cells = ibis.map(keys, ibis.array([raw[name].cast("string") for name in one.raw.columns.values()]))
    rows = raw.select("source_row", "reason", raw=_json(cells).cast("string"))
    if one.raw.malformed is not None:
        rows = rows.union(left_out.inner_join(one.raw.malformed, "source_row").select("source_row", "reason", "raw"))
    return rows.mutate(source_file=ibis.literal(one.file)).select(*tables.REJECTS.names)


def _file(rows: ir.Table, files: list[Loaded]) -> Any:
    if len(files) == 1:
        return ibis.literal(files[0].file)
    return rows.file_no.cases(*((one.number, one.file) for one in files), else_=ibis.null("string"))


def exact_duplicates(con: Any, raw: Raw) -> tuple[int, int]:
    """Rows of a file, and how many of them equal an earlier row in every cell."""
    if raw.counts is not None:
        return raw.counts["rows"], raw.counts["exact_duplicates"]
    names = [name for name in raw.table.columns if name != "source_row"]
    row = ibis.struct({name: raw.table[name] for name in names}).hash()
    found = con.to_pyarrow(raw.table.aggregate(rows=raw.table.count(), different=row.nunique())).to_pylist()[0]
    malformed = con.to_pyarrow(raw.malformed.count()).as_py() if raw.malformed is not None else 0
    return found["rows"] + malformed, found["rows"] - found["different"]
