"""Contracts as customers live them: paid contracts, chained into spells of membership across plan changes and short pauses.

What counts as what:

- A contract is active from `started_on` up to, not including, `ended_on`; one that starts and ends the same day (or ends before
  it starts) never ran and is set aside.
- A price of zero is a trial: whoever has only that pays nothing and is no paying customer yet.
- Contracts that overlap add up in money and are one customer. A new one that starts when (or before) the old one ends is a
  change of plan, not a loss.
- A gap of at most `pause_days` between two contracts is a late renewal: the customer is counted through at the old price. A
  longer gap ends the membership; who comes back afterwards is reactivated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.uncertainty import NotEnough, Rate, rate

PAUSE_DAYS = 14
"""A renewal up to this many days late is still a renewal."""

_NEVER = date(9999, 12, 31)


@dataclass(frozen=True)
class SetAside:
    """Contracts that are no paid membership.

    Attributes:
        never_ran: contracts that end on the day they start, or before. free: contracts at a price of zero. converted: of the
            customers who began with a free one at least `trial_days` ago, the share who began to pay within as many days.
    """

    never_ran: int
    free: int
    converted: Rate | NotEnough


def seen_contracts(subscriptions: ir.Table, as_of: date) -> ir.Table:
    """Contracts begun by `as_of`; an end after it is not known yet."""
    end = ibis.literal(as_of)
    begun = subscriptions.filter(subscriptions.started_on <= end)
    return begun.mutate(ended_on=(begun.ended_on <= end).ifelse(begun.ended_on, ibis.null("date")))


def _ran(contracts: ir.Table) -> ir.BooleanValue:
    return contracts.ended_on.isnull() | (contracts.ended_on > contracts.started_on)


def paid_contracts(subscriptions: ir.Table, *, as_of: date, pause_days: int = PAUSE_DAYS) -> ir.Table:
    """Paid contracts with the spell of membership each belongs to.

    Returns:
        customer_id, spell (1, 2, … per customer), plan, price (money per month), start, until (first day not counted; missing
        while it runs). Within a spell every day is covered by at least one contract.
    """
    seen = seen_contracts(subscriptions, as_of)
    paid = seen.filter(_ran(seen) & (seen.monthly_price > 0))
    paid = paid.select(
        "customer_id",
        "subscription_id",
        plan=paid.plan.fill_null("–"),
        price=paid.monthly_price.cast("float64"),
        start=paid.started_on,
        stop=paid.ended_on.fill_null(ibis.literal(_NEVER)),
    )
    islands = _islands(paid)
    chained = _spells(islands, pause_days)
    joined = islands.inner_join(chained, ["customer_id", "island"])
    last = (joined.stop == joined.island_stop) & joined.bridge.notnull()
    joined = joined.mutate(last_day=last.ifelse(joined.bridge, joined.stop))
    running = joined.last_day == ibis.literal(_NEVER)
    joined = joined.mutate(until=running.ifelse(ibis.null("date"), joined.last_day))
    return joined.select("customer_id", "spell", "plan", "price", "start", "until")


def _islands(paid: ir.Table) -> ir.Table:
    """Number each customer's runs of contracts without a day between them."""
    by_start = {"group_by": "customer_id", "order_by": ["start", "stop", "subscription_id"]}
    reach = paid.mutate(reach=paid.stop.max().over(ibis.cumulative_window(**by_start)))
    before = reach.mutate(before=reach.reach.lag().over(ibis.window(**by_start)))
    fresh = (before.before.isnull() | (before.start > before.before)).cast("int64")
    numbered = before.mutate(fresh=fresh)
    return numbered.mutate(island=numbered.fresh.sum().over(ibis.cumulative_window(**by_start))).drop(
        "reach", "before", "fresh"
    )


def _spells(islands: ir.Table, pause_days: int) -> ir.Table:
    """Per run its spell, where it stops, and the start of the next run when the gap is only a late renewal."""
    runs = islands.group_by("customer_id", "island").agg(
        island_start=islands.start.min(), island_stop=islands.stop.max()
    )
    order = {"group_by": "customer_id", "order_by": "island"}
    runs = runs.mutate(
        following=runs.island_start.lead().over(ibis.window(**order)),
        previous=runs.island_stop.lag().over(ibis.window(**order)),
    )
    late = runs.following.notnull() & (runs.following.delta(runs.island_stop, unit="day") <= pause_days)
    begins = runs.previous.isnull() | (runs.island_start.delta(runs.previous, unit="day") > pause_days)
    runs = runs.mutate(begins=begins.cast("int64"), bridge=late.ifelse(runs.following, ibis.null("date")))
    runs = runs.mutate(spell=runs.begins.sum().over(ibis.cumulative_window(**order)).cast("int64"))
    return runs.select("customer_id", "island", "island_stop", "bridge", "spell")


def spells(contracts: ir.Table) -> ir.Table:
    """One row per spell of membership: customer_id, spell, start, until (missing while it runs), plan and price it began with."""
    found = contracts.group_by("customer_id", "spell").agg(
        start=contracts.start.min(),
        until=contracts.until.max(),
        running=contracts.until.isnull().any(),
        plan=contracts.plan.argmin(contracts.start),
        price=contracts.price.argmin(contracts.start),
    )
    return found.mutate(until=found.running.ifelse(ibis.null("date"), found.until)).drop("running")


def snapshot(contracts: ir.Table, days: ir.Table) -> ir.Table:
    """What each spell pays per month on given days.

    Args:
        days: a table with one column `day` (dates).

    Returns:
        day, customer_id, spell, mrr; only spells that run on that day.
    """
    joined = contracts.cross_join(days)
    joined = joined.filter((joined.start <= joined.day) & (joined.until.isnull() | (joined.until > joined.day)))
    return joined.group_by("day", "customer_id", "spell").agg(mrr=joined.price.sum())


def set_aside(subscriptions: ir.Table, *, as_of: date, trial_days: int = 60) -> SetAside:
    """How many contracts are not counted as paid membership, and what became of trials."""
    seen = seen_contracts(subscriptions, as_of)
    ran, free = _ran(seen), seen.monthly_price <= 0
    counts = seen.agg(never_ran=(~ran).sum(), free=(ran & free).sum()).to_pyarrow().to_pylist()[0]
    usable = seen.filter(ran)
    each = usable.group_by("customer_id").agg(
        free=usable.started_on.min(where=usable.monthly_price <= 0),
        paid=usable.started_on.min(where=usable.monthly_price > 0),
    )
    tried = each.filter(
        each.free.notnull()
        & (each.paid.isnull() | (each.paid >= each.free))
        & (each.free <= ibis.literal(as_of - timedelta(days=trial_days)))
    )
    stayed = (tried.paid.delta(tried.free, unit="day") <= trial_days).fill_null(False)
    row = tried.agg(n=tried.count(), k=stayed.sum()).to_pyarrow().to_pylist()[0]
    return SetAside(int(counts["never_ran"] or 0), int(counts["free"] or 0), rate(int(row["k"] or 0), int(row["n"])))
