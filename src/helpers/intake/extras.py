"""The small tables beside the sales: messages, complaints, scores, deliveries, costs, consent, contracts, notes."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake import parsing, scales
from helpers.intake.evidence import gather
from helpers.intake.formats import Format, vocabulary
from helpers.intake.identity import is_total, prepared, resolve
from helpers.intake.orders import Settings, Staged
from helpers.intake.reading import Raw, drop
from helpers.tables import OPTIONAL

SPEAKS_OF = {
    "contacts": "sent_at", "tickets": "opened_at", "feedback": "given_at", "costs": "month", "consent": "recorded_at",
    "subscriptions": "started_on", "staff_notes": "noted_at",
}  # fmt: skip
"""The moment a row speaks of: later than the day looked at, and the row is left out."""

KNOWN_LATER = {
    "tickets": ("first_reply_at", "resolved_at"), "deliveries": ("arrived_at",), "subscriptions": ("ended_on",),
}  # fmt: skip
"""What a row learns afterwards: missing as long as the day looked at has not seen it."""

_NEEDED = {
    "contacts": ("sent_at",), "tickets": ("opened_at",), "feedback": ("score",), "deliveries": ("order_id",),
    "costs": ("month", "amount"), "consent": ("purpose", "granted"), "subscriptions": ("started_on", "monthly_price"),
    "staff_notes": ("noted_at",),
}  # fmt: skip
_NEEDS_CUSTOMER = ("contacts", "consent", "subscriptions")
_PERSON = ("customer_id", "phone", "email")


def stage(
    con: Any, raw: Raw, layout: Format, mapping: dict[str, str], settings: Settings, people: ir.Table, orders: ir.Table,
    *, file: str, file_no: int, day_first: bool | None, scale: str | None = None,
) -> Staged:  # fmt: skip
    """Parse one file of an optional table; `scale` is what business.yml says about its scores.

    Returns:
        The table's columns of :data:`helpers.tables.OPTIONAL`, with file_no, source_row and reason (missing: kept).

    Raises:
        InputError: the order of day and month cannot be known.
    """
    schema = OPTIONAL[layout.kind]
    columns = {role: raw.column(header) for role, header in mapping.items()}
    rows, columns = prepared(raw, columns, layout, settings.country)
    times = {
        role: c for role, c in columns.items() if role in schema and schema[role].is_temporal() and role != "month"
    }
    figures = {role: c for role, c in columns.items() if role in schema and schema[role].is_floating()}
    evidence = gather(con, times, figures, given=day_first, default=layout.day_first, file=file)
    rows = resolve(rows, columns, layout, settings.country, people)
    columns = {role: rows[f"r_{role}"] for role in columns}
    marks: dict[str, Any] = {}
    plain = None
    if layout.kind == "feedback":
        plain = scales.scale_of(con, rows, columns["score"], mapping["score"], scale, file=file)
        own = _cell("scale", schema["scale"], columns, layout, settings, evidence)
        rows, marks = scales.scored(con, rows, own, plain, layout.words["score"])
        columns = {role: rows[f"r_{role}"] for role in columns}
    parsed = marks | {
        role: _cell(role, kind, columns, layout, settings, evidence)
        for role, kind in schema.items()
        if role not in (*_PERSON, *marks)
    }
    table = rows.mutate(
        file_no=ibis.literal(file_no, "int32"), **{f"p_{role}": value for role, value in parsed.items()}
    )
    table = table.mutate(reason=_reason(table, columns, layout.kind, settings))
    out = {role: table[f"p_{role}"] for role in parsed if role in schema}
    if settings.as_of is not None:
        out |= {role: _unseen(out[role], settings) for role in KNOWN_LATER.get(layout.kind, ())}
    if "customer_id" in schema:
        out["customer_id"] = table.customer_id
    staged = table.select(
        "file_no", "source_row", "reason", **{role: out[role].cast(kind) for role, kind in schema.items()}
    )
    if "customer_id" in schema and "order_id" in schema:
        staged = _customer_of_the_order(staged, orders)
    if raw.malformed is not None:
        staged = staged.union(_malformed(raw.malformed, staged, file_no))
    made = con.create_table(ibis.util.gen_name("intake_extra"), staged, temp=True)
    said = scales.notes(con, made, plain, file) if plain is not None else ()
    if marks:
        drop(con, rows.get_name())
    return Staged(made, evidence, made_up_ids=False, notes=said)


def _cell(role: str, kind: Any, columns: dict[str, Any], layout: Format, settings: Settings, evidence: Any) -> Any:
    """One column of the table, parsed to its type."""
    if role in layout.constants:
        return ibis.literal(layout.constants[role])
    if role not in columns:
        return ibis.null(kind)
    column = columns[role]
    if role == "month":
        return parsing.month(column, day_first=evidence.day_first)
    if kind.is_timestamp():
        return parsing.moment(column, day_first=evidence.day_first, zone=settings.zone)
    if kind.is_date():
        return parsing.day(column, day_first=evidence.day_first)
    if kind.is_boolean():
        return _yes_or_no(column)
    if kind.is_floating():
        decimal = (
            None
            if role in ("amount", "monthly_price") and not settings.currency_digits
            else evidence.decimals.get(role)
        )
        return parsing.number(column, decimal=decimal).cast("float64")
    if role in layout.words:
        return parsing.word(column, layout.words[role], keep_unknown=role in layout.open_words)
    return column


def _yes_or_no(column: Any) -> Any:
    if column.type().is_boolean():
        return column
    yes, no = parsing.is_one_of(column, vocabulary().affirmative), parsing.is_one_of(column, vocabulary().negative)
    return ibis.cases((yes, True), (no, False), else_=ibis.null("boolean"))


def _reason(table: ir.Table, columns: dict[str, Any], kind: str, settings: Settings) -> Any:
    """Why a row is left out; missing when it is kept."""
    needed = [role for role in _NEEDED[kind] if f"p_{role}" in table.columns]
    empty = ibis.or_(*(table[f"p_{role}"].isnull() for role in needed))
    rules: list[tuple[Any, str]] = [(empty & table.blank, "blank_row"), (empty & is_total(table.label), "total_row")]
    schema = OPTIONAL[kind]
    for role in columns:
        if role not in schema or role in _PERSON:
            continue
        value, written = table[f"p_{role}"], table[f"r_{role}"].notnull()
        dated = schema[role].is_temporal()
        if role in needed:
            rules.append((~written, "no_date" if dated else "no_order_id" if role == "order_id" else "bad_value"))
        if role == "score":
            rules.append((table.p_outside, "outside_scale"))
        rules.append((value.isnull() & written, "bad_date" if dated else "bad_value"))
    if kind in _NEEDS_CUSTOMER:
        rules.append((table.customer_id.isnull(), "no_customer"))
    moment = _speaks_of(table, kind)
    rules.append((moment > ibis.literal(datetime.combine(settings.today, time.max)), "future_date"))
    if settings.as_of is not None:
        rules.append((moment > ibis.literal(datetime.combine(settings.as_of, time.max)), "after_as_of"))
    return ibis.cases(*rules, else_=ibis.null("string"))


def _speaks_of(table: ir.Table, kind: str) -> Any:
    if kind == "deliveries":
        # a promise made for later belongs to an order that stands already
        return ibis.least(table.p_promised_at, table.p_arrived_at)
    return table[f"p_{SPEAKS_OF[kind]}"].cast("timestamp")


def _unseen(moment: Any, settings: Settings) -> Any:
    limit = ibis.literal(datetime.combine(settings.as_of or settings.today, time.max))
    return (moment.cast("timestamp") > limit).ifelse(ibis.null(moment.type()), moment)


def _customer_of_the_order(staged: ir.Table, orders: ir.Table) -> ir.Table:
    """A row that names an order but no customer is about the order's customer."""
    bought = orders.filter(orders.customer_id.notnull()).select(of_order="order_id", buyer="customer_id")
    joined = staged.left_join(bought, staged.order_id == bought.of_order)
    return joined.mutate(customer_id=ibis.coalesce(joined.customer_id, joined.buyer)).select(*staged.columns)


def _malformed(rows: ir.Table, like: ir.Table, file_no: int) -> ir.Table:
    known = {
        "file_no": ibis.literal(file_no, "int32"), "source_row": rows.source_row, "reason": rows.reason
    }  # fmt: skip
    return rows.select(**{name: known.get(name, ibis.null(kind)) for name, kind in like.schema().items()})
