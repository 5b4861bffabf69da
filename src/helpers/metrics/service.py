"""Service as customers meet it: on time or late, answered or not, good or bad – and who comes back after it (S03, S04, S13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.orders import identified
from helpers.metrics.repeat import first_orders
from helpers.metrics.uncertainty import Estimate, NotEnough, Rate, newcombe, rate

GRACE_MINUTES = 5
"""A delivery this many minutes after the promise still counts as on time."""


@dataclass(frozen=True)
class GroupRate:
    """A rate for one branch, channel or month."""

    group: str
    rate: Rate | NotEnough


@dataclass(frozen=True)
class Difference:
    """Two rates beside each other: `first` − `second` with Newcombe's interval, or None when either is too small to show."""

    first: Rate | NotEnough
    second: Rate | NotEnough
    difference: Estimate | None


def compare(first: Rate | NotEnough, second: Rate | NotEnough) -> Difference:
    """Two rates beside each other."""
    both = isinstance(first, Rate) and isinstance(second, Rate)
    return Difference(first, second, newcombe(first, second) if both else None)  # type: ignore[arg-type]


def timely(deliveries: ir.Table, orders: ir.Table, as_of: date) -> ir.Table:
    """Orders with both times known: order_id, late, customer_id, ordered_at, branch, staff, channel."""
    measured = deliveries.filter(deliveries.promised_at.notnull() & deliveries.arrived_at.notnull())
    # in seconds: the engine counts minutes by the full minutes that pass on the clock
    late = measured.arrived_at.delta(measured.promised_at, unit="second") > 60 * GRACE_MINUTES
    seen = orders.filter(orders.ordered_at.date() <= ibis.literal(as_of))
    columns = seen.select("order_id", "customer_id", "ordered_at", "branch", "staff", "channel")
    return measured.select("order_id", late=late).inner_join(columns, "order_id")


def on_time(deliveries: ir.Table, orders: ir.Table, *, as_of: date, by: str = "branch") -> tuple[GroupRate, ...]:
    """On-time rate per branch (`by="branch"`) or per calendar month (`by="month"`), largest group first or in time order."""
    table = timely(deliveries, orders, as_of)
    group = table.ordered_at.strftime("%Y-%m") if by == "month" else table[by].fill_null("–")
    counts = table.group_by(group=group).agg(n=table.count(), on_time=(~table.late).sum())
    counts = counts.order_by("group" if by == "month" else [ibis.desc("n"), "group"])
    return tuple(GroupRate(r["group"], rate(int(r["on_time"]), int(r["n"]))) for r in counts.to_pyarrow().to_pylist())


def earliest(rows: ir.Table, *by: str) -> ir.Table:
    """The first row of each customer in the order of the columns `by`."""
    placed = rows.mutate(place=ibis.row_number().over(ibis.window(group_by="customer_id", order_by=by)))
    return placed.filter(placed.place == 0).drop("place")


def return_after_first_delivery(
    deliveries: ir.Table, orders: ir.Table, *, as_of: date, horizon_days: int = 90
) -> Difference:
    """Return rate within the horizon after a late against an on-time first order, mature customers only.

    The difference describes; it does not prove that lateness caused it.
    """
    first = first_orders(orders, as_of)
    first = first.filter(first.day <= ibis.literal(as_of - timedelta(days=horizon_days)))
    table = timely(deliveries, orders, as_of).select("order_id", "late")
    joined = table.inner_join(first.select("order_id", "day", "nth"), "order_id")
    back = joined.nth.notnull() & (joined.nth.delta(joined.day, unit="day") <= horizon_days)
    counts = joined.group_by("late").agg(n=joined.count(), k=back.sum()).to_pyarrow().to_pylist()
    by = {bool(r["late"]): rate(int(r["k"]), int(r["n"])) for r in counts}
    return compare(by.get(True, NotEnough(0, 10)), by.get(False, NotEnough(0, 10)))


@dataclass(frozen=True)
class Complaints:
    """What happens when things go wrong.

    Attributes:
        complaints: how many tickets. per_100_orders: complaints per 100 kept orders. open: without a resolution at `as_of`.
        median_first_reply_hours: None when no reply time is recorded. recovered: share of complainers who ordered again
            within the horizon. by_speed: the same after a first reply within a day, against later or never.
        alternative: share of logged refusals that came with an alternative.
    """

    complaints: int
    per_100_orders: float
    open: int
    median_first_reply_hours: float | None
    recovered: Rate | NotEnough
    by_speed: Difference
    alternative: Rate | NotEnough


def complaints(
    tickets: ir.Table, orders: ir.Table, *, as_of: date, horizon_days: int = 90, quick_hours: int = 24
) -> Complaints:
    """Complaints, answers and recovery; recovery is read on tickets opened at least `horizon_days` before `as_of`."""
    end = ibis.literal(as_of)
    seen = tickets.filter(tickets.opened_at.date() <= end)
    # what happened to a ticket after the data end is not known yet
    seen = seen.mutate(
        first_reply_at=(seen.first_reply_at.date() <= end).ifelse(seen.first_reply_at, ibis.null("timestamp")),
        resolved_at=(seen.resolved_at.date() <= end).ifelse(seen.resolved_at, ibis.null("timestamp")),
    )
    n_orders = int(orders.filter(orders.ordered_at.date() <= ibis.literal(as_of)).count().to_pyarrow().as_py())
    hours = seen.first_reply_at.delta(seen.opened_at, unit="minute").cast("float64") / 60.0
    totals = (
        seen.agg(
            n=seen.count(),
            open=seen.resolved_at.isnull().sum(),
            median=hours.median(),
            refused=seen.refused.fill_null(False).sum(),
            offered=(seen.refused.fill_null(False) & seen.alternative_offered.fill_null(False)).sum(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    n = int(totals["n"])
    recovered, by_speed = _recovery(seen, orders, as_of, horizon_days, quick_hours)
    return Complaints(
        complaints=n,
        per_100_orders=100 * n / n_orders if n_orders else 0.0,
        open=int(totals["open"] or 0),
        median_first_reply_hours=totals["median"],
        recovered=recovered,
        by_speed=by_speed,
        alternative=rate(int(totals["offered"] or 0), int(totals["refused"] or 0)),
    )


def _recovery(
    seen: ir.Table, orders: ir.Table, as_of: date, horizon_days: int, quick_hours: int
) -> tuple[Rate | NotEnough, Difference]:
    """Per complaining customer (first ticket): did an order follow within the horizon, and was the first reply quick?"""
    mature = seen.filter(
        seen.customer_id.notnull() & (seen.opened_at.date() <= ibis.literal(as_of - timedelta(days=horizon_days)))
    )
    first = earliest(mature, "opened_at", "ticket_id").select("customer_id", opened="opened_at", reply="first_reply_at")
    known = identified(orders, as_of).select("customer_id", "ordered_at")
    joined = first.left_join(known, "customer_id").drop("customer_id_right")
    days = joined.ordered_at.date().delta(joined.opened.date(), unit="day")
    each = joined.group_by("customer_id", "opened", "reply").agg(
        back=((joined.ordered_at > joined.opened) & (days <= horizon_days)).any()
    )
    quick = (each.reply.delta(each.opened, unit="minute") <= quick_hours * 60).fill_null(False)
    rows = each.group_by(quick=quick).agg(n=each.count(), k=each.back.fill_null(False).sum()).to_pyarrow().to_pylist()
    counts = {bool(r["quick"]): (int(r["k"]), int(r["n"])) for r in rows}
    fast, slow = counts.get(True, (0, 0)), counts.get(False, (0, 0))
    return rate(fast[0] + slow[0], fast[1] + slow[1]), compare(rate(*fast), rate(*slow))


@dataclass(frozen=True)
class Spending:
    """Where the marketing money goes (S09): acquisition against retention, over the last `months` months in the data."""

    acquisition: float
    retention: float
    months: int


def acquisition_retention(costs: ir.Table, *, as_of: date, months: int = 12) -> Spending | NotEnough:
    """Spend on winning and on keeping customers in the last `months` calendar months, that of `as_of` included."""
    first = as_of.year * 12 + as_of.month - months
    start = ibis.literal(date(first // 12, first % 12 + 1, 1))
    recent = costs.filter((costs.month >= start) & (costs.month <= ibis.literal(as_of)))
    row = (
        recent.agg(
            n=recent.month.nunique(),
            acquisition=recent.amount.sum(where=recent.purpose == "acquisition").fill_null(0.0),
            retention=recent.amount.sum(where=recent.purpose == "retention").fill_null(0.0),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    if not row["n"]:
        return NotEnough(0, 1, "months")
    return Spending(float(row["acquisition"]), float(row["retention"]), int(row["n"]))
