"""The list of the lost worth winning back, best prospects first (S14). Its first call asks why they left; it offers nothing."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from helpers.campaigns.audience import may_use, with_answers
from helpers.campaigns.groups import channels_in_use
from helpers.campaigns.lists import channel_words, plain_phone, titled
from helpers.campaigns.talking import talking_point
from helpers.language import Language
from helpers.metrics.winback import with_worth
from helpers.segments import Rules
from helpers.tables import Tables

LOST = ("lost", "lapsed", "one_time_overdue", "cancelled", "member_lost")
"""Groups of customers who have left or are as good as gone."""
LIKELY = 0.5
"""Chance of an order within 90 days from which on somebody is merely late and needs no winning back."""
HEARD = ("phone", "oa", "zns", "email")
"""How people are asked why they left, best first."""


def lost_customers(tables: Tables, *, margin: float, as_of: object) -> ir.Table:
    """The customers of :data:`LOST` who will rather not return by themselves, with what a year with them brought and what may come of asking
    them back.
    """
    if tables.customers is None:
        raise ValueError("the run has no customers table")
    gone = tables.customers.filter(tables.customers.segment.isin(LOST))
    gone = gone.filter((gone.p_return_90d < LIKELY).fill_null(True))
    return with_worth(gone, tables.orders, as_of=as_of, margin=margin)  # type: ignore[arg-type]


def lost_list(tables: Tables, lost: ir.Table, rules: Rules, *, limit: int, say: Language) -> ir.Table:
    """Whom to ask first: expected return falling, then what a year brought. Asking is care: who refused care is not on it.

    Args:
        lost: from :func:`lost_customers`. limit: rows at most.
    """
    table = with_answers(lost, tables.people, tables.get("consent"))
    used = channels_in_use(tables.get("consent"))
    ways = [(may_use(table, channel, advertising=False), channel) for channel in HEARD if channel in used]
    table = table.mutate(contact_by=ibis.cases(*ways, else_=ibis.null("string")))
    table = table.filter(table.contact_by.notnull())
    first = [ibis.desc("expected_return"), ibis.desc("last_year_margin"), "customer_id"]
    # who is on it is the same in every language; sorted again, since what is kept on the way has no order on every engine
    table = table.order_by(first).limit(limit).cache().order_by(first)
    chance = (table.p_return_90d * 100).round(0).cast("int64")
    columns = {
        say.text("customer code"): table.customer_id,
        say.text("name"): table.name,
        say.text("phone"): plain_phone(table.phone),
        say.text("e-mail"): table.email,
        say.text("contact by"): channel_words(table.contact_by, say),
        say.text("group"): titled(table, rules, say),
        say.text("last order"): table.last_order,
        say.text("gross profit of their last year"): table.last_year_margin.round(0).cast("int64"),
        say.text("of 100 like this, how many return within 90 days"): chance,
        say.text("say first"): talking_point(table.segment, ibis.null("string"), say),
    }
    return table.select(**columns)
