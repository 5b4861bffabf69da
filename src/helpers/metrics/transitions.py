"""From one state to another: month by month, who falls asleep and who wakes up, judged by what was known then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from helpers.metrics.customers import Rhythm, shrunk
from helpers.metrics.months import Covered, covered, first_of, last_of, month_index
from helpers.metrics.orders import purchase_days
from helpers.metrics.states import GONE, HERE, STATES, Limits, Thresholds, limits_of
from helpers.metrics.uncertainty import NotEnough, Rate, rate

NEW = "new"
"""What somebody comes from who had never bought before the month."""


def month_ends(orders: ir.Table, seen: Covered, *, rhythm: Rhythm | None, limits: Thresholds) -> ir.Table:
    """Every customer's state at the end of every month since their first, from what was on record by then.

    The customer's orders, own gaps and silence are those of that day. The ruler – the business's typical gap and the limits of
    silence – is today's throughout: with a ruler that changes every month people would change state without doing anything.

    Args:
        seen: which months there are; months that are not over have no end yet.

    Returns:
        customer_id, month (index), ordered (whether they came in that month), before (state at the end of the month before, or
        ``new``), state. A row per customer and month, each read off the customer's last purchase day by then: the engine makes
        them one by one and never has to hold them together.
    """
    last = max((index for index in seen.months if last_of(index) <= seen.last_day), default=-1)
    closing = _closing_days(orders, seen, rhythm, limits)
    stop = ibis.least(closing.until.fill_null(last + 1), last + 1)
    each = closing.mutate(end_month=ibis.range(closing.month, stop).unnest())
    each = each.inner_join(ibis.memtable(_ends(seen)), "end_month")
    own = Limits(each.late, each.lapsed, each.lost, each.returned)
    ordered = each.month == each.end_month
    return each.select(
        "customer_id",
        month=each.end_month,
        ordered=ordered,
        before=ordered.ifelse(each.was.fill_null(NEW), own.state(each.begun.delta(each.day, unit="day"))),
        state=own.state(each.end.delta(each.day, unit="day")),
    )


def _closing_days(orders: ir.Table, seen: Covered, rhythm: Rhythm | None, limits: Thresholds) -> ir.Table:
    """The last purchase day of each month: it describes the customer until the month of the next one.

    Returns:
        customer_id, day, month, until (month of the next purchase day after the month, missing for the last), late, lapsed, lost,
        returned (:class:`~helpers.metrics.states.Limits` of that day), was (state at the end of the month before, missing for
        the first).
    """
    days = purchase_days(orders, seen.last_day)
    each = {"group_by": "customer_id", "order_by": "day"}
    window, so_far = ibis.window(**each), ibis.cumulative_window(**each)
    days = days.select(
        "customer_id", "day",
        last_gap=days.gap,
        log_sum=days.gap.cast("float64").ln().sum().over(so_far),
        frequency=ibis.row_number().over(window).cast("int64"),
        month=month_index(days.day).cast("int64"),
        until=month_index(days.day.lead().over(window)).cast("int64"),
    )  # fmt: skip
    closing = days.filter(days.until.isnull() | (days.until > days.month))
    own = ibis.null("float64") if rhythm is None else shrunk(closing.log_sum, closing.frequency, rhythm)
    closing = closing.mutate(rhythm_days=own)
    limit = limits_of(closing, limits)
    closing = closing.select(
        "customer_id", "day", "month", "until",
        late=limit.late, lapsed=limit.lapsed, lost=limit.lost, returned=limit.returned,
    )  # fmt: skip
    own_limits = Limits(closing.late, closing.lapsed, closing.lost, closing.returned)
    next_month = ibis.date((closing.until // 12).cast("int32"), (closing.until % 12 + 1).cast("int32"), 1)
    closing = closing.mutate(left=own_limits.state(next_month.delta(closing.day, unit="day") - 1))
    return closing.mutate(was=closing.left.lag().over(window)).drop("left")


def _ends(seen: Covered) -> pa.Table:
    over = [i for i in seen.months if last_of(i) <= seen.last_day]
    return pa.table(
        {
            "end_month": pa.array(over, pa.int64()),
            "begun": pa.array([last_of(i - 1) for i in over], pa.date32()),
            "end": pa.array([last_of(i) for i in over], pa.date32()),
        }
    )


@dataclass(frozen=True)
class MonthRate:
    """A rate of one month, named by its first day."""

    month: date
    rate: Rate | NotEnough


@dataclass(frozen=True)
class Transitions:
    """How customers moved between the states, complete months only.

    Attributes:
        flows: month (first day), before (state at the end of the month before, or ``new``), after (state at its end),
            customers, ordered (how many of them came in the month).
        lapse: per month, of those who still came at its beginning, who had lapsed or was lost at its end.
        reactivation: per month, of those lapsed or lost at its beginning, who ordered in it.
        lapse_year, reactivation_year: the same over the last twelve months; `n` then counts customer-months, a customer being
            at risk anew every month.
    """

    flows: pd.DataFrame
    lapse: tuple[MonthRate, ...]
    reactivation: tuple[MonthRate, ...]
    lapse_year: Rate | NotEnough
    reactivation_year: Rate | NotEnough
    settled_from: date | None = None

    def matrix(self, months: int = 12) -> pd.DataFrame:
        """State before × state after: customer-months of the last `months` months, every state present."""
        last = sorted(self.flows["month"].unique())[-months:]
        recent = self.flows[self.flows["month"].isin(last)]
        table = recent.pivot_table(index="before", columns="after", values="customers", aggfunc="sum")
        return table.reindex(index=[*STATES, NEW], columns=list(STATES)).fillna(0).astype("int64")


def transitions(orders: ir.Table, *, as_of: date, rhythm: Rhythm | None, limits: Thresholds) -> Transitions:
    """Transitions between the states per month, with lapse and reactivation rates.

    A month is shown when the data hold all of it. Whoever had not bought before is ``new`` and in neither rate.

    Args:
        rhythm, limits: of the business, as the customers' states of today rest on.
    """
    seen = covered(orders, as_of=as_of)
    moves = month_ends(orders, seen, rhythm=rhythm, limits=limits)
    counted = moves.group_by("month", "before", after=moves.state).agg(
        customers=moves.count(), ordered=moves.ordered.cast("int64").sum()
    )
    flows = counted.order_by("month", "before", "after").to_pandas()
    flows = flows[flows["month"].isin([i for i in seen.months if seen.complete(i)])].reset_index(drop=True)
    flows = flows.astype({"customers": "int64", "ordered": "int64"})
    flows["month"] = flows["month"].map(first_of)
    here, gone = flows[flows["before"].isin(HERE)], flows[flows["before"].isin(GONE)]
    fell = here.assign(hit=here["customers"].where(here["after"].isin(GONE), 0))
    woke = gone.assign(hit=gone["ordered"])
    return Transitions(flows, _monthly(fell), _monthly(woke), _year(fell, flows), _year(woke, flows), seen.settled_from)


def _monthly(moves: pd.DataFrame) -> tuple[MonthRate, ...]:
    sums = moves.groupby("month")[["hit", "customers"]].sum()
    return tuple(MonthRate(month, rate(int(k), int(n))) for month, k, n in sums.itertuples())


def _year(moves: pd.DataFrame, flows: pd.DataFrame) -> Rate | NotEnough:
    last = moves[moves["month"].isin(sorted(flows["month"].unique())[-12:])]
    return rate(int(last["hit"].sum()), int(last["customers"].sum()))
