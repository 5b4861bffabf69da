"""Where each member stands: on trial, new, paying, up for renewal, on a smaller plan, cancelled or long gone."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.contracts import PAUSE_DAYS, paid_contracts, seen_contracts, snapshot, spells
from helpers.metrics.decline import WATCH

MEMBERSHIPS = ("trial", "member_new", "at_renewal", "member_reduced", "member", "cancelled", "member_lost")
RENEWAL_DAYS = 14
"""Days before the paid time runs out from which on a member is up for renewal."""
NEW_DAYS, COMPARED_DAYS, RECENT_DAYS = 30, 90, 90


def membership(subscriptions: ir.Table, customers: ir.Table, *, as_of: date, pause_days: int = PAUSE_DAYS) -> ir.Table:
    """customer_id and `contract`, one row for everybody whose contract says where they stand.

    - trial: has had free contracts only, and one of them runs.
    - at_renewal: the paid time ends within :data:`RENEWAL_DAYS` days, or ended at most `pause_days` ago (a late renewal still
      counts as one).
    - member_new: first membership, begun within 30 days. member_reduced: pays at least 20 % less per month than 90 days ago.
      member: any other who pays.
    - cancelled: ended within 90 days. member_lost: ended longer ago.

    Whoever has ended a contract but ordered since comes as he likes now and has no row.

    Args:
        subscriptions: canonical subscriptions; an end after `as_of` is what has been paid for.
        customers: needs customer_id and last_order.
    """
    paid = paid_contracts(subscriptions, as_of=as_of, pause_days=pause_days)
    latest = _latest(paid)
    known = latest.left_join(_paid_until(subscriptions, as_of), "customer_id").drop("customer_id_right")
    known = known.left_join(_fees(paid, as_of), ["customer_id", "spell"])
    known = known.drop("customer_id_right", "spell_right")
    end = ibis.literal(as_of)
    over = known.until.notnull()
    since = end.delta(known.until, unit="day")
    due = known.paid_until.delta(end, unit="day") <= RENEWAL_DAYS
    young = (known.spell == 1) & (end.delta(known.start, unit="day") <= NEW_DAYS)
    reduced = known.fee <= known.fee_before * (1 + WATCH)
    found = known.select(
        "customer_id",
        "until",
        contract=ibis.cases(
            (over & (since <= pause_days), "at_renewal"),
            (over & (since <= RECENT_DAYS), "cancelled"),
            (over, "member_lost"),
            (due.fill_null(False), "at_renewal"),
            (young, "member_new"),
            (reduced.fill_null(False), "member_reduced"),
            else_="member",
        ),
    )
    bought = customers.select("customer_id", "last_order")
    found = found.left_join(bought, "customer_id").drop("customer_id_right")
    # the fee of the last paid month falls before the end; an order after it was bought freely
    free = (found.last_order > found.until).fill_null(False)
    found = found.filter(~free).select("customer_id", "contract")
    return found.union(_trials(subscriptions, paid, as_of))


def _latest(paid: ir.Table) -> ir.Table:
    """Each customer's latest spell."""
    every = spells(paid)
    place = ibis.row_number().over(group_by="customer_id", order_by=every.spell.desc())
    placed = every.mutate(place=place)
    return placed.filter(placed.place == 0).select("customer_id", "spell", "start", "until")


def _paid_until(subscriptions: ir.Table, as_of: date) -> ir.Table:
    """The day the paid time runs out, for those all of whose running contracts name one."""
    end = ibis.literal(as_of)
    paid = subscriptions.filter((subscriptions.started_on <= end) & (subscriptions.monthly_price > 0))
    running = paid.filter(paid.ended_on.isnull() | (paid.ended_on > end))
    each = running.group_by("customer_id").agg(open=running.ended_on.isnull().any(), paid_until=running.ended_on.max())
    return each.filter(~each.open).select("customer_id", "paid_until")


def _fees(paid: ir.Table, as_of: date) -> ir.Table:
    """customer_id, spell, fee now and fee before (per month), of memberships that ran on both days."""
    days = ibis.memtable({"day": [as_of, as_of - timedelta(days=COMPARED_DAYS)]}, schema={"day": "date"})
    seen = snapshot(paid, days)
    now = seen.day == ibis.literal(as_of)
    return seen.group_by("customer_id", "spell").agg(fee=seen.mrr.sum(where=now), fee_before=seen.mrr.sum(where=~now))


def _trials(subscriptions: ir.Table, paid: ir.Table, as_of: date) -> ir.Table:
    begun = seen_contracts(subscriptions, as_of)
    free = begun.filter((begun.monthly_price <= 0) & begun.ended_on.isnull()).select("customer_id").distinct()
    return free.anti_join(paid, "customer_id").select("customer_id", contract=ibis.literal("trial"))
