"""One file of orders into the staging table: parsed, each row with its value and, where it is left out, the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake import parsing, revenue
from helpers.intake.evidence import Evidence, gather
from helpers.intake.formats import Format, vocabulary
from helpers.intake.identity import is_total, person_columns, prepared
from helpers.intake.parsing import MONEY
from helpers.intake.reading import Raw
from helpers.intake.recognition import spares
from helpers.intake.text import folded, trimmed

_MONEY_ROLES = ("net_revenue", "shipping", "tax", "refund", "amount", "line_discount", "unit_price")
_FIGURES = (*_MONEY_ROLES, "quantity", "returned_quantity")
_OF_THE_ORDER = (
    "ordered_at", "ordered_time", "customer_id", "name", "last_name", "phone", "email", "birthday", "net_revenue",
    "shipping", "tax", "refund", "currency", "channel", "branch", "staff", "status", "cancelled_at", "test", "row_type",
    "refund_of",
)  # fmt: skip
"""Roles that stand once per order where a layout fills only the order's first row."""

STAGE = ibis.schema(
    {
        "file_no": "int32", "source_row": "int64", "order_id": "string", "customer_id": "string", "name": "string",
        "phone": "string", "email": "string", "birthday": "date", "ordered_at": "timestamp",
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
class Settings:
    """What holds for every file of a load."""

    currency: str
    currency_digits: int
    zone: str
    country: str
    today: date
    as_of: date | None


@dataclass(frozen=True)
class Staged:
    """A staged file: its table (columns of :data:`STAGE`) and what was found out on the way."""

    table: ir.Table
    evidence: Evidence
    made_up_ids: bool


def stage(
    con: Any, raw: Raw, layout: Format, mapping: dict[str, str], settings: Settings,
    *, file: str, file_no: int, day_first: bool | None,
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

    Raises:
        InputError: the order of day and month cannot be known.
    """
    further = spares(layout, raw.headers, mapping)
    raw = _filled(raw, mapping, layout, further)
    columns = _columns(raw, mapping, further)
    table, columns = prepared(raw, columns, layout, settings.country)
    figures = {role: columns[role] for role in _FIGURES if role in columns}
    dates = {"ordered_at": columns["ordered_at"]}
    evidence = gather(con, table, dates, figures, given=day_first, default=layout.day_first, file=file)
    decimals = {role: layout.decimal or _decimal(evidence, role, settings) for role in figures}
    parsed = _parse(table, columns, layout, settings, evidence, decimals, file_no)
    made_up = "order_id" not in columns
    if made_up:
        parsed = parsed.mutate(order_id=_made_up_id(parsed))
    reasoned = parsed.mutate(reason=_reason(parsed, layout, settings, made_up=made_up))
    valued = _value(reasoned, once=_total_once(con, table, columns, layout))
    rows = valued.select(*STAGE.names)
    if raw.malformed is not None:
        rows = rows.union(_malformed(raw.malformed, file_no))
    return Staged(con.create_table(ibis.util.gen_name("intake_stage"), rows, temp=True), evidence, made_up)


def _decimal(evidence: Evidence, role: str, settings: Settings) -> str | None:
    """The column's own decimal sign; not for money without minor unit, where three digits are always thousands."""
    return None if role in _MONEY_ROLES and settings.currency_digits == 0 else evidence.decimals.get(role)


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


def _parse(
    table: ir.Table, columns: dict[str, Any], layout: Format, settings: Settings, evidence: Evidence,
    decimals: dict[str, str | None], file_no: int,
) -> ir.Table:  # fmt: skip
    def text(role: str) -> Any:
        if role in layout.constants:
            return ibis.literal(layout.constants[role])
        if role not in columns:
            return ibis.null("string")
        if role in layout.words:
            return parsing.word(columns[role], layout.words[role], keep_unknown=role in layout.open_words)
        return columns[role]

    return table.mutate(
        file_no=ibis.literal(file_no, "int32"),
        order_id=columns.get("order_id", ibis.null("string")),
        ordered_at=_moment(columns, layout, settings, evidence),
        has_date=columns["ordered_at"].notnull(),
        **person_columns(columns, layout, settings.country, evidence.day_first),
        refund=revenue.takes_back(columns, layout),
        refund_of=columns.get("refund_of", ibis.null("string")),
        **revenue.figures(columns, decimals, layout),
        currency=_currency(text("currency"), settings.currency),
        status_means=revenue.meaning(columns, layout),
        cancelled=_cancelled(columns, layout),
        trial=_trial(columns, layout),
        **{role: text(role) for role in ("product_id", "product", "category", "channel", "branch", "staff")},
    )


def _moment(columns: dict[str, Any], layout: Format, settings: Settings, evidence: Evidence) -> Any:
    """The order's time; date and clock may stand in two columns."""
    options: dict[str, Any] = {"day_first": evidence.day_first, "zone": settings.zone}
    on = columns["ordered_at"]
    if layout.utc:
        return parsing.from_utc(parsing.moment(on, day_first=evidence.day_first, zone="UTC"), settings.zone)
    alone = parsing.moment(on, **options)
    clock = columns.get("ordered_time")
    if clock is None or not clock.type().is_string():
        return alone
    day = on if on.type().is_string() else alone.strftime("%Y-%m-%d")
    both = parsing.moment(day + " " + clock, **options)
    return ibis.coalesce(both, alone)


def _currency(value: Any, default: str) -> Any:
    """ISO code of a currency however it is written; the business's own where the file says nothing."""
    signs = {sign: code for code, signs in vocabulary().currencies.items() for sign in signs}
    return folded(value).cases(*signs.items(), else_=value.upper()).fill_null(default)


def _cancelled(columns: dict[str, Any], layout: Format) -> Any:
    """Whether something beside the status says that the order was cancelled."""
    found: Any = ibis.literal(False)
    if "cancelled_at" in columns:
        found = found | columns["cancelled_at"].notnull()
    if layout.cancelled_order_id and "order_id" in columns:
        found = found | columns["order_id"].re_search(layout.cancelled_order_id).fill_null(False)
    return found


def _trial(columns: dict[str, Any], layout: Format) -> Any:
    """Whether a mark or one of several tags says that the order was made to try the system out."""
    if "test" not in columns:
        return ibis.literal(False)
    words = "|".join(re.escape(word) for word in layout.test_words)
    return folded(columns["test"]).re_search(rf"(^|[,;|]) *({words}) *($|[,;|])").fill_null(False)


def _made_up_id(parsed: ir.Table) -> Any:
    """No order number in the file: one order per customer and moment; a row without customer is an order of its own."""
    known = parsed.customer_id + " " + parsed.ordered_at.cast("string")
    alone = parsed.file_no.cast("string") + " " + parsed.source_row.cast("string")
    return ibis.literal("auto-") + ibis.coalesce(known, alone).hexdigest("md5").substr(0, 16)


def _reason(parsed: ir.Table, layout: Format, settings: Settings, *, made_up: bool) -> Any:
    """The first reason for which a row is left out, missing when it is kept; amounts are judged by :func:`_value`."""
    undated = parsed.ordered_at.isnull()
    tomorrow = datetime.combine(settings.today, time.max)
    rules = [
        (undated & parsed.blank, "blank_row"),
        (undated & is_total(parsed.label), "total_row"),
        (parsed.trial, "test_order"),
        (parsed.cancelled | (parsed.status_means == "cancelled").fill_null(False), "cancelled"),
        (parsed.status_means == "pending", "pending"),
        (ibis.literal(False) if made_up else parsed.order_id.isnull(), "no_order_id"),
        (undated & ~parsed.has_date, "no_date"),
        (undated, "bad_date"),
        (parsed.ordered_at > ibis.literal(tomorrow), "future_date"),
    ]
    if settings.as_of is not None:
        rules.append((parsed.ordered_at > ibis.literal(datetime.combine(settings.as_of, time.max)), "after_as_of"))
    for rule in layout.reject:
        figure = parsed.total if rule.role == "net_revenue" else parsed[rule.role]
        rules.append((figure <= rule.at_most, rule.reason))
    return ibis.cases(*rules, else_=ibis.null("string"))


def _total_once(con: Any, table: ir.Table, columns: dict[str, Any], layout: Format) -> bool:
    """Whether an order's figure is its one total rather than the sum of its rows."""
    if "net_revenue" not in columns or "order_id" not in columns:
        return False
    if layout.totals != "auto":
        return layout.totals != "lines"
    # in the file itself: no order whose rows differ in their total
    orders = table.filter(columns["order_id"].notnull()).group_by("r_order_id")
    differing = orders.agg(kinds=table.r_net_revenue.nunique()).filter(ibis._.kinds > 1)
    return bool(con.execute(differing.count()) == 0)


def _value(rows: ir.Table, *, once: bool) -> ir.Table:
    """Each row's share of its order's net revenue, and `bad_amount` where there is none."""
    if not once:
        figure = ibis.coalesce(rows.amount, rows.total)
        reason = ibis.coalesce(rows.reason, figure.isnull().ifelse("bad_amount", ibis.null("string")))
        return rows.mutate(amount=figure, value=figure.fill_null(0).cast(MONEY), reason=reason)
    key = ibis.coalesce(rows.order_id, ibis.literal("row ") + rows.source_row.cast("string"))
    whole = rows.mutate(key=key).mutate(order_total=lambda t: t.total.max().over(ibis.window(group_by=t.key)))
    if "r_returned_quantity" in rows.columns:
        came_back = whole.back.sum().over(ibis.window(group_by=whole.key))
        whole = whole.mutate(order_total=revenue.lowered(whole.order_total, came_back))
    missing = whole.order_total.isnull().ifelse("bad_amount", ibis.null("string"))
    whole = whole.mutate(reason=ibis.coalesce(whole.reason, missing))
    # the total goes to a row that is kept, if the order has one
    turn = ibis.row_number().over(ibis.window(group_by=whole.key, order_by=[whole.reason.notnull(), whole.source_row]))
    whole = whole.mutate(value=(turn == 0).ifelse(whole.order_total.fill_null(0), 0).cast(MONEY))
    return whole.mutate(amount=whole.amount if _has_lines(rows) else whole.value)


def _has_lines(rows: ir.Table) -> bool:
    return "r_amount" in rows.columns or "r_unit_price" in rows.columns


def _malformed(rows: ir.Table, file_no: int) -> ir.Table:
    known = {
        "file_no": ibis.literal(file_no, "int32"), "source_row": rows.source_row, "value": ibis.literal(0).cast(MONEY),
        "refund": ibis.literal(False), "reason": rows.reason,
    }  # fmt: skip
    return rows.select(**{name: known.get(name, ibis.null(kind)) for name, kind in STAGE.items()})
