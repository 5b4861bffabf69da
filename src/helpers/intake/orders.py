"""One file of orders into the staging table: parsed, each row with its value and, where it is left out, the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake import cells, parsing, revenue
from helpers.intake.cells import Cells
from helpers.intake.evidence import Evidence, gather
from helpers.intake.formats import Format
from helpers.intake.identity import first_half, first_text, is_blank, is_total
from helpers.intake.meanings import FIGURES, UNDERSTOOD_TOGETHER, Reading, Settings, meaning, nothing_said
from helpers.intake.parsing import MONEY
from helpers.intake.quality import Note
from helpers.intake.reading import Raw
from helpers.intake.recognition import spares
from helpers.intake.text import trimmed

_OF_THE_ORDER = (
    "ordered_at", "ordered_time", "customer_id", "name", "last_name", "phone", "email", "birthday", "address", "net_revenue",
    "shipping", "tax", "refund", "currency", "channel", "branch", "staff", "status", "cancelled_at", "test", "row_type",
    "refund_of",
)  # fmt: skip
"""Roles that stand once per order where a layout fills only the order's first row."""

STAGE = ibis.schema(
    {
        "file_no": "int32", "source_row": "int64", "order_id": "string", "customer_id": "string", "name": "string",
        "phone": "string", "email": "string", "birthday": "date", "address": "string", "ordered_at": "timestamp",
        "value": MONEY, "amount": MONEY, "quantity": "float64", "unit_price": "float64",
        "product_id": "string", "product": "string", "category": "string",
        "currency": "string", "channel": "string", "branch": "string", "staff": "string", "refund": "boolean",
        "refund_of": "string", "reason": "string",
    }
)  # fmt: skip
"""`value` is the row's share of its order's net revenue: the line's amount, or the order's total on one of its rows.

`refund` rows take money back, from the order with the number `refund_of` where they name one.
"""


@dataclass(frozen=True)
class Staged:
    """A staged file: its table (columns of :data:`STAGE`) and what was found out on the way."""

    table: ir.Table
    evidence: Evidence
    made_up_ids: bool
    notes: tuple[Note, ...] = ()


def stage(
    con: Any, raw: Raw, layout: Format, mapping: dict[str, str], settings: Settings,
    *, file: str, file_no: int, day_first: bool | None, once: bool = True,
) -> Staged:  # fmt: skip
    """Parse one file of orders.

    Args:
        con: the engine.
        raw: the file's rows.
        layout: what it was recognised as.
        mapping: role → header.
        settings: what holds for every file.
        file: name for messages.
        file_no: number of the file in this load.
        day_first: what business.yml says about its dates.
        once: parse each different cell once, rather than row by row.

    Raises:
        InputError: the order of day and month cannot be known.
    """
    further = spares(layout, raw.headers, mapping)
    raw = _filled(raw, mapping, layout, further)
    columns = _columns(raw, mapping, further)
    rows = raw.table.mutate(**{f"c_{role}": column for role, column in columns.items()})
    groups = _groups(con, rows, set(columns), layout, settings, once=once)
    different = {role: column for group in groups.values() for role, column in group.columns.items()}
    dates, figures = ({r: different[r] for r in roles if r in different} for roles in (("ordered_at",), FIGURES))
    evidence = gather(con, dates, figures, given=day_first, default=layout.day_first, file=file)
    reading = Reading(layout, settings, evidence)
    meant = [(group, meaning(name, group, reading)) for name, group in groups.items()]
    table = cells.looked_up(con, rows, meant, once=once)
    made_up = "order_id" not in columns
    parsed = _rows(table, set(columns), reading, file_no)
    reason = _reason(parsed, is_blank(parsed, raw), first_text(parsed, raw, columns), reading, made_up=made_up)
    valued = _value(parsed.mutate(reason=reason), set(columns), once=_total_once(con, rows, columns, layout))
    found = valued.select(**{name: valued[name].cast(kind) for name, kind in STAGE.items()})
    if raw.malformed is not None:
        found = found.union(_malformed(raw.malformed, file_no))
    staged = con.create_table(ibis.util.gen_name("intake_stage"), found, temp=True)
    if once:
        cells.forget(con, groups.values())
    return Staged(staged, evidence, made_up)


def _columns(raw: Raw, mapping: dict[str, str], further: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """Role → its raw column, or the first filled of several."""
    columns = {role: raw.column(header) for role, header in mapping.items()}
    for role, headers in further.items():
        filled = [trimmed(column) for column in (columns[role], *(raw.column(header) for header in headers))]
        columns[role] = ibis.coalesce(*filled)
    return columns


def _filled(raw: Raw, mapping: dict[str, str], layout: Format, further: dict[str, tuple[str, ...]]) -> Raw:
    """The rows with fields of the order carried to all its rows, where the layout fills only the first."""
    if layout.fill == "none" or "order_id" not in mapping:
        return raw
    roles = [role for role in (*_OF_THE_ORDER, "order_id") if role in mapping]
    table = raw.table
    if layout.fill == "rows":
        # an order begins where its number stands and goes on until the next one
        so_far = ibis.window(order_by=table.source_row, preceding=None, following=0)
        table = table.mutate(block=raw.column(mapping["order_id"]).nullif("").count().over(so_far).cast("string"))
    else:
        table = table.mutate(block=raw.column(mapping["order_id"]).cast("string"))
    headers = [mapping[role] for role in roles] + [h for role in roles for h in further.get(role, ())]
    names = [raw.columns[header] for header in headers]
    whole = ibis.window(group_by=table.block)
    table = table.mutate(**{name: ibis.coalesce(table[name], table[name].max().over(whole)) for name in names})
    return replace(raw, table=table.drop("block"))


def _groups(
    con: Any, rows: ir.Table, roles: set[str], layout: Format, settings: Settings, *, once: bool
) -> dict[str, Cells]:
    """The cells of each group of roles that the file has."""

    def prepare(role: str, column: Any) -> Any:
        return first_half(role, column, layout, settings.country)

    found = {name: [role for role in group if role in roles] for name, group in UNDERSTOOD_TOGETHER.items()}
    return cells.prepared(con, rows, {name: group for name, group in found.items() if group}, prepare, once=once)


def _rows(table: ir.Table, roles: set[str], reading: Reading, file_no: int) -> ir.Table:
    """Every row with all it means: what its cells say, and what the layout says where the file does not."""
    layout = reading.layout
    absent = nothing_said(roles, reading)
    numbers = {
        role: first_half(role, table[f"c_{role}"], layout, reading.settings.country)
        if role in roles
        else ibis.null("string")
        for role in ("order_id", "refund_of")
    }
    table = table.mutate(file_no=ibis.literal(file_no, "int32"), **absent, **numbers)
    if "order_id" not in roles:
        table = table.mutate(order_id=_made_up_id(table))
    figures = {role: table[f"f_{role}"] for role in FIGURES if role in roles}
    return table.mutate(
        cancelled=_cancelled(table, layout),
        **revenue.figures(figures, status_means=table.status_means, refund=table.refund),
    )


def _cancelled(table: ir.Table, layout: Format) -> Any:
    """Whether the status or something beside it says that the order was cancelled."""
    found = table.voided | (table.status_means == "cancelled").fill_null(False)
    if layout.cancelled_order_id:
        found = found | table.order_id.re_search(layout.cancelled_order_id).fill_null(False)
    return found


def _made_up_id(parsed: ir.Table) -> Any:
    """No order number in the file: one order per customer and moment; a row without customer is an order of its own."""
    known = parsed.customer_id + " " + parsed.ordered_at.cast("string")
    alone = parsed.file_no.cast("string") + " " + parsed.source_row.cast("string")
    return ibis.literal("auto-") + ibis.coalesce(known, alone).hexdigest("md5").substr(0, 16)


def _reason(parsed: ir.Table, blank: Any, label: Any, reading: Reading, *, made_up: bool) -> Any:
    """The first reason for which a row is left out, missing when it is kept; amounts are judged by :func:`_value`."""
    settings, undated = reading.settings, parsed.ordered_at.isnull()
    tomorrow = datetime.combine(settings.today, time.max)
    rules = [
        (undated & blank, "blank_row"),
        (undated & is_total(label), "total_row"),
        (undated & (parsed.source_row == 1) if reading.layout.may_describe else ibis.literal(False), "description_row"),
        (parsed.trial, "test_order"),
        (parsed.cancelled, "cancelled"),
        (parsed.status_means == "pending", "pending"),
        (ibis.literal(False) if made_up else parsed.order_id.isnull(), "no_order_id"),
        (undated & ~parsed.has_date, "no_date"),
        (undated, "bad_date"),
        (parsed.ordered_at > ibis.literal(tomorrow), "future_date"),
    ]
    if settings.as_of is not None:
        rules.append((parsed.ordered_at > ibis.literal(datetime.combine(settings.as_of, time.max)), "after_as_of"))
    for rule in reading.layout.reject:
        figure = parsed.total if rule.role == "net_revenue" else parsed[rule.role]
        rules.append((figure <= rule.at_most, rule.reason))
    return ibis.cases(*rules, else_=ibis.null("string"))


def _total_once(con: Any, rows: ir.Table, columns: dict[str, Any], layout: Format) -> bool:
    """Whether an order's figure is its one total rather than the sum of its rows."""
    if "net_revenue" not in columns or "order_id" not in columns:
        return False
    if layout.totals != "auto":
        return layout.totals != "lines"
    # in the file itself: no order whose rows differ in their total
    figures = rows.select(order=parsing.text(rows.c_order_id), figure=parsing.text(rows.c_net_revenue))
    orders = figures.filter(figures.order.notnull()).group_by("order")
    differing = orders.agg(low=figures.figure.min(), high=figures.figure.max()).filter(ibis._.low != ibis._.high)
    return bool(con.execute(differing.count()) == 0)


def _value(rows: ir.Table, roles: set[str], *, once: bool) -> ir.Table:
    """Each row's share of its order's net revenue, and `bad_amount` where there is none."""
    if not once:
        figure = ibis.coalesce(rows.amount, rows.total)
        reason = ibis.coalesce(rows.reason, figure.isnull().ifelse("bad_amount", ibis.null("string")))
        return rows.mutate(amount=figure, value=figure.fill_null(0).cast(MONEY), reason=reason)
    rows = rows.mutate(key=ibis.coalesce(rows.order_id, ibis.literal("row ") + rows.source_row.cast("string")))
    orders = rows.group_by(whole=rows.key).agg(
        order_total=rows.total.max(),
        came_back=rows.back.sum(),
        # the total goes to a row that is kept, if the order has one
        bearer=ibis.coalesce(rows.source_row.min(where=rows.reason.isnull()), rows.source_row.min()),
    )
    if "returned_quantity" in roles:
        orders = orders.mutate(order_total=revenue.lowered(orders.order_total, orders.came_back))
    found = rows.inner_join(orders, rows.key == orders.whole)
    missing = found.order_total.isnull().ifelse("bad_amount", ibis.null("string"))
    bears = found.source_row == found.bearer
    found = found.mutate(
        reason=ibis.coalesce(found.reason, missing),
        value=bears.ifelse(found.order_total.fill_null(0), 0).cast(MONEY),
    )
    return found if roles & {"amount", "unit_price"} else found.mutate(amount=found["value"])


def _malformed(rows: ir.Table, file_no: int) -> ir.Table:
    known = {
        "file_no": ibis.literal(file_no, "int32"), "source_row": rows.source_row, "value": ibis.literal(0).cast(MONEY),
        "refund": ibis.literal(False), "reason": rows.reason,
    }  # fmt: skip
    return rows.select(**{name: known.get(name, ibis.null(kind)) for name, kind in STAGE.items()})
