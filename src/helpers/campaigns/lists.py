"""Lists for staff: who, why, and what to say first, worded in the engine so that a list may be of any length."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.campaigns.audience import with_reach
from helpers.campaigns.talking import talking_point
from helpers.language import Language
from helpers.metrics.membership import MEMBERSHIPS
from helpers.playbook import Playbook
from helpers.segments import Rules
from helpers.tables import Tables

CALL_SEGMENTS = ("overdue_regular", "declining_call")
"""Segments a person should ring (S16, S17)."""
CALL_PLAY = "overdue-regulars-call"

COUNTRY_CODES = r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}"
"""Calling codes of the world: those of one and two digits; all others have three (ITU-T E.164)."""

Writer = Callable[[str, ir.Table], Path]
"""Puts a table into ``lists/<name>`` and returns the path."""


def sentence(template: str, **columns: Any) -> ir.StringValue:
    """A sentence per row: the template's ``{names}`` replaced by columns, in the engine."""
    parts = re.split(r"\{(\w+)\}", template)
    pieces = [
        columns[part].cast("string").fill_null("–") if i % 2 else ibis.literal(part) for i, part in enumerate(parts)
    ]
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    return whole


def of_the_newest(rows: ir.Table, column: str, first_by: str) -> ir.Table:
    """The value of a column in each known customer's newest row that has one; of rows of one moment, in the first by another column."""
    said = rows.filter(rows.customer_id.notnull() & rows[column].notnull())
    newest = said.group_by("customer_id").agg(newest=said.ordered_at.max())
    last = said.inner_join(newest, ["customer_id", said.ordered_at == newest.newest])
    value = last[column].min() if column == first_by else last[column].argmin(last[first_by])
    return last.group_by("customer_id").agg(**{column: value})


def with_last_product(customers: ir.Table, lines: ir.Table) -> ir.Table:
    """Add `last_product`: something from each customer's latest order (missing when lines name no products)."""
    latest = of_the_newest(lines, "product", "product").rename(last_product="product")
    # every list needs it, and no line of an order need be read again for the same lists in another language
    return customers.left_join(latest.cache(), "customer_id").drop("customer_id_right")


def plain_phone(phone: ir.StringValue) -> ir.StringValue:
    """A number in groups of digits, ``0912 345 678``: with spaces in it no spreadsheet takes it for a figure and drops its zero.

    A foreign one has its country in brackets, ``(+44) 7700900123``, because what begins with a plus is a formula to a spreadsheet.
    """
    # put together from parts: engines write what a pattern has found in different ways
    grouped = phone.substr(0, 4) + " " + phone.substr(4, 3) + " " + phone.substr(7)
    country = phone.re_extract(rf"^\+({COUNTRY_CODES})\d+$", 1)
    foreign = ibis.literal("(+") + country + ") " + phone.substr(country.length() + 1)
    return ibis.cases(
        (phone.re_search(r"^0\d{8,10}$"), grouped),
        (phone.re_search(rf"^\+({COUNTRY_CODES})\d+$"), foreign),
        else_=phone,
    )


def reason(table: ir.Table, rules: Rules, say: Language) -> ir.StringValue:
    """Why a customer is on a list, in one line with the own figures: "usually every 12 days, now 31; last order: Latte"."""
    fall = table.decline_week if "decline_week" in table.columns else table.decline
    known = {
        "usual": table.rhythm_days.round(0).cast("int64"),
        "silent": table.days_since_last_order,
        "drop": (fall * -100).round(0).cast("int64"),
    }
    declining = table.segment.isin(["declining_call", "declining_watch"])
    contract = [
        (table.segment == row.id, ibis.literal(row.means[say.code])) for row in rules.rows if row.id in MEMBERSHIPS
    ]
    # a business with few returns knows nobody's rhythm, but still who came more than once
    why = ibis.cases(
        *contract,
        (declining & fall.notnull(), sentence(say.template("spends {drop} % less than before"), **known)),
        (table.rhythm_days.notnull(), sentence(say.template("usually every {usual} days, now {silent}"), **known)),
        (table.frequency > 0, sentence(say.template("last came {silent} days ago"), **known)),
        else_=sentence(say.template("bought once, {silent} days ago"), **known),
    )
    bought = sentence(say.template("; last order: {product}"), product=table.last_product)
    found: ir.StringValue = table.last_product.notnull().ifelse(why + bought, why)
    return found


def titled(table: ir.Table, rules: Rules, say: Language) -> ir.StringValue:
    """The everyday name of each customer's group."""
    found: ir.StringValue = ibis.cases(*[(table.segment == row.id, row.title[say.code]) for row in rules.rows])
    return found


def most_valuable(table: ir.Table) -> list[Any]:
    """The order of lists: who spent most in the last year first."""
    return [table.revenue_year.desc(), table.customer_id]


def staff_columns(table: ir.Table, rules: Rules, say: Language, keep: Sequence[str] = ()) -> ir.Table:
    """The columns a person needs, with headings in their language; most valuable first unless each has a `place` already.

    Args:
        table: customers with their addresses and `last_product`; `contact_by` (a channel of the playbook) is
            shown where it is given. keep: columns of the table that stay as they are, in front.
    """
    point = talking_point(table.segment, table.last_product, say)
    table = table.mutate(why=reason(table, rules, say), group=titled(table, rules, say), point=point)
    if "place" not in keep:
        table = table.order_by(most_valuable(table))
    headings: Mapping[str, str] = {
        "customer_id": say.text("customer code"), "name": say.text("name"), "phone": say.text("phone"), "email": say.text("e-mail"),
        "contact_by": say.text("contact by"), "group": say.text("group"), "why": say.text("why"), "point": say.text("say first"),
        "last_order": say.text("last order"), "revenue_year": say.text("spent in the last year"),
    }  # fmt: skip
    table = table.mutate(revenue_year=table.revenue_year.round(0).cast("int64"), phone=plain_phone(table.phone))
    if "contact_by" in table.columns:
        table = table.mutate(contact_by=channel_words(table.contact_by, say))
    shown = {heading: table[name] for name, heading in headings.items() if name in table.columns}
    return table.select(*keep, **shown)


def channel_words(channel: ir.StringValue, say: Language) -> ir.StringValue:
    """A channel of the playbook as staff call it."""
    names = {
        "zns": "Zalo (ZNS)",
        "oa": "Zalo OA",
        "sms": "SMS",
        "email": say.text("e-mail"),
        "phone": say.text("phone call"),
    }
    found: ir.StringValue = ibis.cases(*[(channel == name, words) for name, words in names.items()])
    return found


def call_list(tables: Tables, book: Playbook, rules: Rules, *, limit: int, say: Language) -> ir.Table:
    """Regulars later than their own rhythm or spending half of before, who may be phoned; ranked by what they spend.

    Args:
        tables: of the run, with customers. limit: rows at most.
    """
    if tables.customers is None:
        raise ValueError("the run has no customers table")
    people = tables.customers.filter(tables.customers.segment.isin(CALL_SEGMENTS))
    reached = with_reach(people, tables.people, tables.get("consent"), book.plays[CALL_PLAY])
    chosen = with_last_product(reached.filter(reached.reach == "yes"), tables.order_lines)
    chosen = chosen.order_by(most_valuable(chosen)).limit(limit)
    return staff_columns(chosen.cache(), rules, say)  # who is on it is the same in every language


def length(table: ir.Table) -> int:
    """Rows of a list."""
    return int(table.count().to_pyarrow().as_py())
