"""Every outcome of service compared by branch, staff, channel and week, with the guard of :mod:`helpers.metrics.spread`.

All comparisons of a business are read together, so the adjustment for many questions covers them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.experience import low_scores
from helpers.metrics.orders import identified
from helpers.metrics.repeat import first_orders
from helpers.metrics.service import earliest, timely
from helpers.metrics.spread import Cell, Spread, compare, together
from helpers.metrics.uncertainty import NotEnough

DIMENSIONS = {
    "on_time": ("branch", "staff", "channel", "week"),
    "returned": ("branch", "staff", "channel"),
    "complained": ("branch", "staff", "channel", "week"),
    "recovered": ("branch", "channel"),
    "answered": ("branch", "channel"),
    "alternative": ("branch", "channel"),
    "low_score": ("branch", "staff", "week"),
}
"""Outcome → what it is compared by. Staff are compared within their branch."""
WORSE_WHEN_HIGHER = frozenset({"complained", "low_score"})


@dataclass(frozen=True)
class Comparison:
    """One outcome by one kind of group; `spread` is missing where fewer than two groups are large enough."""

    outcome: str
    by: str
    spread: Spread | NotEnough


def comparisons(
    orders: ir.Table,
    *,
    as_of: date,
    deliveries: ir.Table | None = None,
    tickets: ir.Table | None = None,
    feedback: ir.Table | None = None,
    horizon_days: int = 90,
    quick_hours: float = 24,
) -> tuple[Comparison, ...]:
    """Everything that can be compared with the tables at hand, in the order of :data:`DIMENSIONS`.

    Outcomes: order delivered on time; first-time buyer back within the horizon (branch, staff and channel of the first order);
    order complained about; complainer back within the horizon; ticket answered within `quick_hours`; refusal that came with an
    alternative; order with a low score. Groups are left out where the data do not name them.
    """
    tables = {
        "on_time": None if deliveries is None else _on_time(deliveries, orders, as_of),
        "returned": _returned(orders, as_of, horizon_days),
        "low_score": None if feedback is None else _low_score(feedback, orders, as_of),
    }
    if tickets is not None:
        seen = tickets.filter(tickets.opened_at.date() <= ibis.literal(as_of))
        tables["complained"] = _complained(seen, orders, as_of)
        tables["recovered"] = _recovered(seen, orders, as_of, horizon_days)
        tables["answered"] = _answered(seen, as_of, quick_hours)
        tables["alternative"] = _alternative(seen)
    found = [
        Comparison(outcome, by, spread)
        for outcome, dimensions in DIMENSIONS.items()
        if (table := tables.get(outcome)) is not None
        for counted in (_counted(table).cache(),)
        for by in dimensions
        for spread in _compared(counted, by)
    ]
    return _together(found)


def _together(found: list[Comparison]) -> tuple[Comparison, ...]:
    adjusted = iter(together([each.spread for each in found if isinstance(each.spread, Spread)]))
    return tuple(
        Comparison(each.outcome, each.by, next(adjusted) if isinstance(each.spread, Spread) else each.spread)
        for each in found
    )


def _counted(table: ir.Table) -> ir.Table:
    """Events (n) and hits (k) by everything they may be compared by: read once, however many comparisons follow."""
    table = table.mutate(week=table.at.truncate("W").date().cast("string"))
    kept = [name for name in ("branch", "staff", "channel", "week") if name in table.columns]
    return table.group_by(kept).agg(n=table.count(), k=table.hit.sum())


def _compared(counted: ir.Table, by: str) -> Iterator[Spread | NotEnough]:
    """The comparison, if there are at least two groups by that name."""
    if by not in counted.columns:
        return
    table = counted.filter(counted[by].notnull())
    layer = table.branch.fill_null("") if by == "staff" and "branch" in table.columns else ibis.literal("")
    summed = table.group_by(group=table[by], clump=table.week, layer=layer).agg(n=table.n.sum(), k=table.k.sum())
    rows = summed.order_by("group", "clump", "layer").to_pyarrow().to_pylist()
    # one week is one group then, and nothing is left to clump
    cells = [Cell(r["group"], "" if by == "week" else r["clump"], int(r["k"]), int(r["n"]), r["layer"]) for r in rows]
    if len({cell.group for cell in cells}) > 1:
        yield compare(cells, by)


def _on_time(deliveries: ir.Table, orders: ir.Table, as_of: date) -> ir.Table:
    table = timely(deliveries, orders, as_of)
    return table.select("branch", "staff", "channel", at=table.ordered_at, hit=(~table.late).cast("int64"))


def _returned(orders: ir.Table, as_of: date, horizon_days: int) -> ir.Table:
    first = first_orders(orders, as_of)
    first = first.filter(first.day <= ibis.literal(as_of - timedelta(days=horizon_days)))
    back = first.nth.notnull() & (first.nth.delta(first.day, unit="day") <= horizon_days)
    return first.select("branch", "staff", "channel", at=first.ordered_at, hit=back.cast("int64"))


def _complained(tickets: ir.Table, orders: ir.Table, as_of: date) -> ir.Table | None:
    """None when tickets do not say which order they are about."""
    about = tickets.filter(tickets.order_id.notnull()).select("order_id").distinct().mutate(named=True)
    if not about.count().to_pyarrow().as_py():
        return None
    # an order of the last days may still be complained about, but so few are that it makes no difference
    seen = orders.filter(orders.ordered_at.date() <= ibis.literal(as_of))
    joined = seen.left_join(about, "order_id")
    return joined.select(
        "branch", "staff", "channel", at=joined.ordered_at, hit=joined.named.fill_null(False).cast("int64")
    )


def _recovered(tickets: ir.Table, orders: ir.Table, as_of: date, horizon_days: int) -> ir.Table:
    """Per complaining customer (first ticket old enough): an order within the horizon after it."""
    old = tickets.opened_at.date() <= ibis.literal(as_of - timedelta(days=horizon_days))
    first = earliest(tickets.filter(tickets.customer_id.notnull() & old), "opened_at", "ticket_id")
    first = first.select("customer_id", "branch", "channel", at=first.opened_at)
    known = identified(orders, as_of).select("customer_id", "ordered_at", "day")
    joined = first.left_join(known, "customer_id").drop("customer_id_right")
    back = (joined.ordered_at > joined.at) & (joined.day.delta(joined.at.date(), unit="day") <= horizon_days)
    each = joined.group_by("customer_id", "branch", "channel", "at").agg(hit=back.any())
    return each.mutate(hit=each.hit.fill_null(False).cast("int64")).drop("customer_id")


def _answered(tickets: ir.Table, as_of: date, quick_hours: float) -> ir.Table:
    old = tickets.filter(tickets.opened_at.date() <= ibis.literal(as_of - timedelta(hours=quick_hours)))
    quick = old.first_reply_at.delta(old.opened_at, unit="second") <= 3600 * quick_hours
    return old.select("branch", "channel", at=old.opened_at, hit=quick.fill_null(False).cast("int64"))


def _alternative(tickets: ir.Table) -> ir.Table:
    refused = tickets.filter(tickets.refused.fill_null(False))
    offered = refused.alternative_offered.fill_null(False)
    return refused.select("branch", "channel", at=refused.opened_at, hit=offered.cast("int64"))


def _low_score(feedback: ir.Table, orders: ir.Table, as_of: date) -> ir.Table:
    scored = low_scores(feedback, as_of=as_of)
    joined = scored.inner_join(orders.select("order_id", "ordered_at", "branch", "staff"), "order_id")
    return joined.select("branch", "staff", at=joined.ordered_at, hit=joined.low.cast("int64"))
