"""Exports that overlap: what stands in an earlier and in a later one counts once, as the later one has it.

The later of two exports is the one whose rows reach further in time; where they end alike, the one that comes later by
position (files of a folder stand in the order of their names, numbers in names as numbers).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from helpers.intake.extras import SPEAKS_OF
from helpers.tables import OPTIONAL

if TYPE_CHECKING:
    from helpers.intake.assembly import Loaded

AGAIN = "exported_again"
_KEYS = {
    "tickets": ("ticket_id", "opened_at"), "subscriptions": ("subscription_id", "started_on"), "deliveries": ("order_id",),
}  # fmt: skip
"""Kinds whose rows have a number of their own; of other kinds only rows that are equal in every column are the same."""
_NOT_TOLD = ("costs",)
"""Two branches may well have paid the same rent."""
_ROW = (
    "system", "customer_id", "name", "ordered_at", "value", "amount", "quantity", "product_id", "product", "branch",
    "channel", "staff", "currency",
)  # fmt: skip
_MOSTLY = 0.5
"""Share of the rows on common days that must stand in both files before any of them is taken for the same sale."""


def orders(con: Any, rows: ir.Table, files: list[Loaded]) -> ir.Table:
    """Mark what a later export has as well.

    By the system's order number and time, the whole order with all its lines; in files without order numbers, day by
    day: a day counts once where every row of it stands in the later file too.

    Args:
        con: the engine.
        rows: staged rows of all files of orders, and `system`, whatever gave each file its order numbers.
        files: those files.

    Returns:
        `rows` with the reason of those that stand in a later file.
    """
    rank = _ranks(con, rows, rows.ordered_at, [one.number for one in files])
    made_up = [one.number for one in files if one.staged.made_up_ids]
    rows = rows.mutate(rank=rank, dated=rows.ordered_at.notnull())
    numbered = rows.dated & rows.order_id.notnull() & rows.file_no.notin(made_up)
    same = ibis.window(group_by=[rows.system, rows.order_id, rows.ordered_at])
    again = numbered & (rows["rank"] < rows["rank"].max().over(same))
    if _may_repeat(files):
        rows = _unnumbered(rows, made_up)
        again = again | rows.repeated
    marked = rows.mutate(reason=again.ifelse(AGAIN, rows.reason))
    return marked.drop("rank", "dated", *(("repeated",) if "repeated" in marked.columns else ()))


def _may_repeat(files: list[Loaded]) -> bool:
    systems = [one.system for one in files if one.staged.made_up_ids]
    return len(systems) > len(set(systems))


def _unnumbered(rows: ir.Table, files: list[int]) -> ir.Table:
    """`rows` with `repeated`: a sale without number that stands in a later file, on a day that stands there whole."""
    rows = rows.mutate(looked_at=rows.dated & rows.file_no.isin(files), day=rows.ordered_at.date())
    key = ibis.struct({name: rows[name] for name in _ROW}).hash()
    rows = rows.mutate(row_key=rows.looked_at.ifelse(key, rows.source_row))
    within = ibis.window(group_by=[rows.looked_at, rows.file_no, rows.row_key], order_by=rows.source_row)
    # the second of two equal rows is the same sale as the second of two in the other file
    rows = rows.mutate(copy=ibis.row_number().over(within))
    twins = ibis.window(group_by=[rows.looked_at, rows.row_key, rows["copy"]])
    common = ibis.window(group_by=[rows.looked_at, rows.system, rows.day])
    rows = rows.mutate(
        twin=rows.looked_at & (rows["rank"] < rows["rank"].max().over(twins)),
        shared=rows.looked_at & (rows["rank"] < rows["rank"].max().over(common)),
    )
    days = ibis.window(group_by=[rows.looked_at, rows.file_no, rows.day])
    rows = rows.mutate(whole=rows.twin & rows.twin.all().over(days))
    file = ibis.window(group_by=rows.file_no)
    mostly = rows.whole.sum().over(file) >= _MOSTLY * rows.shared.sum().over(file)
    rows = rows.mutate(repeated=(rows.whole & mostly).fill_null(False))
    return rows.drop("looked_at", "day", "row_key", "copy", "twin", "shared", "whole")


def optional(con: Any, files: list[Loaded]) -> list[Loaded]:
    """Files of optional tables with the rows marked that stand in a later file of the same kind."""
    by_kind: dict[str, list[Loaded]] = {}
    for one in files:
        by_kind.setdefault(one.kind, []).append(one)
    return [
        one
        for kind, group in by_kind.items()
        for one in (group if len(group) == 1 or kind in _NOT_TOLD else _told(con, kind, group))
    ]


def _told(con: Any, kind: str, files: list[Loaded]) -> list[Loaded]:
    names = OPTIONAL[kind].names
    rows = ibis.union(*(one.staged.table for one in files))
    moment = rows[SPEAKS_OF.get(kind, "promised_at")]
    rows = rows.mutate(rank=_ranks(con, rows, moment, [one.number for one in files]))
    if kind in _KEYS:
        key = [rows[name] for name in _KEYS[kind]]
        again = key[0].notnull() & (rows["rank"] < rows["rank"].max().over(ibis.window(group_by=key)))
    else:
        keyed = rows.mutate(row_key=ibis.struct({name: rows[name] for name in names}).hash())
        within = ibis.window(group_by=[keyed.file_no, keyed.row_key], order_by=keyed.source_row)
        rows = keyed.mutate(copy=ibis.row_number().over(within))
        again = rows["rank"] < rows["rank"].max().over(ibis.window(group_by=[rows.row_key, rows["copy"]]))
    marked = rows.mutate(reason=(again & rows.reason.isnull()).ifelse(AGAIN, rows.reason))
    told = con.create_table(ibis.util.gen_name("intake_told"), marked.select(*files[0].staged.table.columns), temp=True)
    parts = []
    for one in files:
        own = con.create_table(ibis.util.gen_name("intake_extra"), told.filter(told.file_no == one.number), temp=True)
        con.raw_sql(f"DROP TABLE {one.staged.table.get_name()}")
        parts.append(replace(one, staged=replace(one.staged, table=own)))
    con.raw_sql(f"DROP TABLE {told.get_name()}")
    return parts


def _ranks(con: Any, rows: ir.Table, moment: Any, numbers: list[int]) -> Any:
    """Each row's place among the exports, the latest the highest."""
    ends = con.to_pyarrow(rows.group_by("file_no").agg(last=moment.max(where=~_too_late(rows)))).to_pylist()
    last = {row["file_no"]: row["last"] for row in ends}
    in_turn = sorted(numbers, key=lambda number: (last.get(number) is not None, last.get(number) or 0, number))
    return rows.file_no.cases(*((number, place) for place, number in enumerate(in_turn)), else_=-1)


def _too_late(rows: ir.Table) -> Any:
    return rows.reason.isin(["future_date"]).fill_null(False)
