"""The small tables beside the sales: messages, complaints, scores, deliveries, costs, consent, contracts, notes."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake import parsing, remarks, scales
from helpers.intake.evidence import Evidence, gather
from helpers.intake.forgotten import REASON, Gone
from helpers.intake.formats import Format, vocabulary
from helpers.intake.identity import is_total, prepared
from helpers.intake.meanings import Settings
from helpers.intake.orders import Staged
from helpers.intake.reading import Raw
from helpers.intake.resolution import resolve
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
    "costs": ("month", "amount"), "consent": ("granted",), "subscriptions": ("started_on", "monthly_price"),
    "staff_notes": ("noted_at",),
}  # fmt: skip
_IN_TURN = {
    "tickets": (
        ("p_first_reply_at", "p_opened_at", "answer_before_question"), ("p_resolved_at", "p_opened_at", "answer_before_question"),
    ),
    "deliveries": (("p_arrived_at", "p_ordered_at", "arrival_before_order"),),
    "subscriptions": (("p_ended_on", "p_started_on", "end_before_start"),),
}  # fmt: skip
"""What cannot come before what, and the reason of a row in which it does."""

_NEEDS_CUSTOMER = ("contacts", "consent", "subscriptions")
_NAMES_NOBODY = ("deliveries", "costs", "staff_notes")
_PERSON = ("customer_id", "phone", "email")


def stage(
    con: Any, raw: Raw, layout: Format, mapping: dict[str, str], settings: Settings, book: ir.Table, orders: ir.Table,
    gone: Gone | None = None, *, file: str, file_no: int, day_first: bool | None, scale: str | None = None,
) -> Staged:  # fmt: skip
    """Parse one file of an optional table; `scale` is what business.yml says about its scores, `gone` who is forgotten.

    Returns:
        The table's columns of :data:`helpers.tables.OPTIONAL`, with file_no, source_row and reason (missing: kept).

    Raises:
        InputError: the order of day and month cannot be known.
    """
    kind = layout.kind
    table, evidence, said = _parsed(con, raw, layout, mapping, settings, book, file, day_first, scale)
    if kind == "deliveries":
        placed = orders.select(of_order="order_id", p_ordered_at="ordered_at")
        table = table.left_join(placed, table.p_order_id == placed.of_order)
    reason = _reason(table, mapping, kind, settings)
    if gone is not None and kind not in _NAMES_NOBODY:
        reason = gone.speaks_of(table, book, settings.country).ifelse(REASON, reason)
    table = table.mutate(reason=reason)
    schema = OPTIONAL[kind]
    out = {role: table[f"p_{role}"] for role in schema if role not in _PERSON}
    out |= {role: table[f"of_{role}"] for role in ("phone", "email") if role in schema}
    if settings.as_of is not None:
        out |= {role: _unseen(out[role], settings) for role in KNOWN_LATER.get(kind, ())}
    if "customer_id" in schema:
        out["customer_id"] = table.customer_id
    staged = table.select(
        file_no=ibis.literal(file_no, "int32"), source_row=table.source_row, reason=table.reason,
        **{role: out[role].cast(of_type) for role, of_type in schema.items()},
    )  # fmt: skip
    if "customer_id" in schema and "order_id" in schema:
        staged = _customer_of_the_order(staged, orders)
    if raw.malformed is not None:
        staged = staged.union(_malformed(raw.malformed, staged, file_no))
    made = con.create_table(ibis.util.gen_name("intake_extra"), staged, temp=True)
    found = remarks.misread(con, table, layout, mapping, file)
    if said is not None:
        found = (*found, *scales.notes(con, made, said, file))
    return Staged(made, evidence, made_up_ids=False, notes=found)


def _parsed(
    con: Any, raw: Raw, layout: Format, mapping: dict[str, str], settings: Settings, book: ir.Table,
    file: str, day_first: bool | None, scale: str | None,
) -> tuple[ir.Table, Evidence, scales.Scale | None]:  # fmt: skip
    """Each role's prepared cell ``r_<role>`` and what was made of it ``p_<role>``, how it was read, the scale of scores."""
    schema = OPTIONAL[layout.kind]
    columns = {role: raw.column(header) for role, header in mapping.items()}
    rows, columns = prepared(raw, columns, layout, settings.country)
    times = {
        role: c for role, c in columns.items() if role in schema and schema[role].is_temporal() and role != "month"
    }
    figures = {role: c for role, c in columns.items() if role in schema and schema[role].is_floating()}
    evidence = gather(con, times, figures, given=day_first, default=layout.day_first, file=file)
    rows = resolve(con, rows, columns, layout, settings.country, book)
    columns = {role: rows[f"r_{role}"] for role in columns}
    marks: dict[str, Any] = {}
    plain = None
    if layout.kind == "feedback":
        plain = scales.scale_of(con, rows, columns["score"], mapping["score"], scale, file=file)
        own = _cell("scale", schema["scale"], columns, layout, settings, evidence)
        rows, marks = scales.scored(con, rows, own, plain, layout.words["score"])
        columns = {role: rows[f"r_{role}"] for role in columns}
    found = marks | {
        role: _cell(role, kind, columns, layout, settings, evidence)
        for role, kind in schema.items()
        if role not in (*_PERSON, *marks)
    }
    parsed = rows.mutate(**{f"p_{role}": value for role, value in found.items()})
    # a table of its own: its columns are asked for many times below, and each takes long to work out
    return con.create_table(ibis.util.gen_name("intake_parsed"), parsed, temp=True), evidence, plain


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


def _reason(table: ir.Table, mapping: dict[str, str], kind: str, settings: Settings) -> Any:
    """Why a row is left out; missing when it is kept."""
    needed = [role for role in _NEEDED[kind] if f"p_{role}" in table.columns]
    empty = ibis.or_(*(table[f"p_{role}"].isnull() for role in needed))
    rules: list[tuple[Any, str]] = [(empty & table.blank, "blank_row"), (empty & is_total(table.label), "total_row")]
    schema = OPTIONAL[kind]
    no = _refusal(table, kind)
    if kind == "consent":
        rules.append(((table.p_granted == True) & table.p_purpose.isnull(), "bad_value"))  # noqa: E712 - an answer may be missing
    for role in mapping:
        if role not in schema or role in _PERSON:
            continue
        value, written = table[f"p_{role}"], table[f"r_{role}"].notnull()
        dated = schema[role].is_temporal()
        if role in needed:
            rules.append((~written, "no_date" if dated else "no_order_id" if role == "order_id" else "bad_value"))
        if role == "score":
            rules.append((table.p_outside, "outside_scale"))
        rules.append((value.isnull() & written & ~no, "bad_date" if dated else "bad_value"))
    if kind in _NEEDS_CUSTOMER:
        named = [table[f"r_{role}"].notnull() for role in _PERSON if role in mapping]
        addressed = no & (table.of_phone.notnull() | table.of_email.notnull())
        rules.append((table.customer_id.isnull() & ibis.or_(*named) & ~addressed, "unknown_customer"))
        rules.append((table.customer_id.isnull() & ~addressed, "no_customer"))
    rules.extend((_before(table[later], table[earlier]), why) for later, earlier, why in _IN_TURN.get(kind, ()))
    moment = _speaks_of(table, kind)
    rules.append(((moment > ibis.literal(datetime.combine(settings.today, time.max))) & ~no, "future_date"))
    if settings.as_of is not None:
        rules.append(((moment > ibis.literal(datetime.combine(settings.as_of, time.max))) & ~no, "after_as_of"))
    return ibis.cases(*rules, else_=ibis.null("string"))


def _refusal(table: ir.Table, kind: str) -> Any:
    """Rows on which somebody says no to being contacted: kept whatever else on them cannot be read, or came after the day looked at."""
    return (table.p_granted == False).fill_null(False) if kind == "consent" else ibis.literal(False)  # noqa: E712


def _before(later: Any, earlier: Any) -> Any:
    """Whether what must come later is dated before; where one of the two has no clock only days are compared."""
    later, earlier = later.cast("timestamp"), earlier.cast("timestamp")
    exact = (later != later.truncate("D")) & (earlier != earlier.truncate("D"))
    return (later.date() < earlier.date()) | (exact & (later < earlier))


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
