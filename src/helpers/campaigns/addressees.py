"""Everybody a plan could speak to, looked up once: addresses, answers, pressure of earlier contacts, open complaints, worth."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.campaigns.audience import CONSENT_CHANNEL, may_use, reach_of, with_answers
from helpers.playbook import Play
from helpers.tables import Tables

COMPLAINT_DAYS = 90
"""A complaint that nobody has closed counts as open for so long; older ones were forgotten in the books."""
SUPPRESSED = ("opted_out", "no_consent", "no_address", "contacted_lately", "complaint_open", "no_message")
"""Why a customer is on no list, the first that holds."""


def addressees(con: Any, tables: Tables, *, start: date, gap_days: int) -> ir.Table:
    """One row per customer with all that decides whether, how and when they may be contacted.

    Args:
        con: the engine; the result is kept there, since every play asks it again.
        tables: of the run, with customers. start: first day of the plan. gap_days: least days between two offers.

    Returns:
        The customers table with the columns of :func:`helpers.campaigns.audience.with_answers`, `worth` (what they spent in
        the last year, by which people are ranked and drawn), `contacted_lately`, `complaint_open`, and :func:`may_column` of
        every channel and purpose.

    Raises:
        ValueError: the run has no customers table.
    """
    if tables.customers is None:
        raise ValueError("the run has no customers table")
    table = with_answers(tables.customers, tables.people, tables.get("consent"))
    worth = table.revenue_year.fill_null(0.0) if "revenue_year" in table.columns else table.net_revenue.fill_null(0.0)
    table = table.mutate(worth=worth)
    contacts, tickets = tables.get("contacts"), tables.get("tickets")
    if contacts is not None:
        offers = contacts.filter(
            (contacts.purpose == "sell")
            & (contacts.sent_at.date() > ibis.literal(start - timedelta(days=gap_days)))
            & (contacts.sent_at.date() < ibis.literal(start))
        )
        table = _marked(table, offers, "contacted_lately")
    else:
        table = table.mutate(contacted_lately=ibis.literal(False))
    if tickets is not None:
        since = ibis.literal(start - timedelta(days=COMPLAINT_DAYS))
        unsolved = tickets.filter(tickets.resolved_at.isnull() & (tickets.opened_at.date() > since))
        table = _marked(table, unsolved, "complaint_open")
    else:
        table = table.mutate(complaint_open=ibis.literal(False))
    ways = {
        may_column(c, advertising=sells): may_use(table, c, advertising=sells)
        for c in CONSENT_CHANNEL
        for sells in (True, False)
    }
    return con.create_table(ibis.util.gen_name("addressees"), table.mutate(**ways), temp=True)


def may_column(channel: str, *, advertising: bool) -> str:
    """The column that says whether a channel may be used for a customer of :func:`addressees`."""
    return f"may_{channel}_{'advertising' if advertising else 'care'}"


def _marked(table: ir.Table, events: ir.Table, name: str) -> ir.Table:
    """Add a truth value: whether the customer is among the events."""
    there = events.filter(events.customer_id.notnull()).select("customer_id").distinct().mutate(there=True)
    joined = table.left_join(there, "customer_id").drop("customer_id_right")
    return joined.mutate(**{name: joined.there.fill_null(False)}).drop("there")


def standing_of(table: ir.Table, play: Play, ways: Collection[str] | None = None) -> ir.StringValue:
    """``yes`` or why not (:data:`SUPPRESSED`), for one play and customers of :func:`addressees`.

    Beside the answers: nobody gets an offer within the agreed days of the last, and nobody whose complaint is open gets
    anything but an answer to it.

    Args:
        ways: columns of :func:`may_column` on which a message of the play can be sent; None for any of its channels.
    """
    reach = reach_of(table, play)
    rested = ~table.contacted_lately | ibis.literal(play.purpose != "sell")
    open_ = ibis.literal(ways is None)
    for way in ways or ():
        open_ = open_ | table[way]
    return ibis.cases(
        (reach != "yes", reach),
        (table.complaint_open, "complaint_open"),
        (~rested, "contacted_lately"),
        (~open_, "no_message"),
        else_="yes",
    )


@dataclass(frozen=True)
class Obstacles:
    """Why nobody may be reached at all: customers, those of them who refused everything, those without phone and e-mail, and
    whether there would be a plan if the shop had worded its messages.
    """

    customers: int
    refused: int
    no_address: int
    unworded: bool = False


def obstacles(people: ir.Table) -> Obstacles:
    """Count them among customers of :func:`addressees`."""
    nowhere = people.phone.isnull() & people.email.isnull()
    row = (
        people.agg(n=people.count(), refused=people.refused_all.sum(), nowhere=nowhere.sum())
        .to_pyarrow()
        .to_pylist()[0]
    )
    return Obstacles(int(row["n"] or 0), int(row["refused"] or 0), int(row["nowhere"] or 0))
