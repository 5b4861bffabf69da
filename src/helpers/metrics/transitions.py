"""From one state to another: month by month, who falls asleep and who wakes up, judged by what was known then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from helpers.metrics.customers import Rhythm, purchase_days, shrunk
from helpers.metrics.months import Covered, covered, first_of, last_of, month_index
from helpers.metrics.states import GONE, HERE, STATES, Thresholds, with_state
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
        customer_id, month (index), ordered (whether they came in that month), frequency, rhythm_days, days_since_last_order,
        last_gap, state. A row per customer and month, made by the engine without ever joining order to order.
    """
    days = purchase_days(orders, seen.last_day)
    each = {"group_by": "customer_id", "order_by": "day"}
    so_far = ibis.cumulative_window(**each)
    days = days.mutate(
        log_gap=days.gap.cast("float64").ln(),
        frequency=ibis.row_number().over(ibis.window(**each)).cast("int64"),
        later=days.day.lead().over(ibis.window(**each)),
    )
    days = days.mutate(
        log_sum=days.log_gap.sum().over(so_far), month=month_index(days.day), until=month_index(days.later)
    )
    # the last purchase day of a month describes the customer until the month of the next one
    closing = days.filter(days.until.isnull() | (days.until > days.month))
    ends = ibis.memtable(_ends(seen))
    standing = closing.join(
        ends, [ends.end_month >= closing.month, closing.until.isnull() | (ends.end_month < closing.until)]
    )
    own = ibis.null("float64") if rhythm is None else shrunk(standing.log_sum, standing.frequency, rhythm)
    standing = standing.select(
        "customer_id", "frequency",
        month=standing.end_month,
        ordered=standing.month == standing.end_month,
        rhythm_days=(standing.frequency > 0).ifelse(own, ibis.null("float64")),
        days_since_last_order=standing.end.delta(standing.day, unit="day").cast("int64"),
        last_gap=standing.gap,
    )  # fmt: skip
    return with_state(standing, limits)


def _ends(seen: Covered) -> pa.Table:
    over = [i for i in seen.months if last_of(i) <= seen.last_day]
    return pa.table({"end_month": pa.array(over, pa.int64()), "end": pa.array([last_of(i) for i in over], pa.date32())})


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
    standing = month_ends(orders, seen, rhythm=rhythm, limits=limits)
    before = standing.state.lag().over(ibis.window(group_by="customer_id", order_by="month"))
    moves = standing.mutate(before=before.fill_null(NEW))
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
    return Transitions(flows, _monthly(fell), _monthly(woke), _year(fell, flows), _year(woke, flows))


def _monthly(moves: pd.DataFrame) -> tuple[MonthRate, ...]:
    sums = moves.groupby("month")[["hit", "customers"]].sum()
    return tuple(MonthRate(month, rate(int(k), int(n))) for month, k, n in sums.itertuples())


def _year(moves: pd.DataFrame, flows: pd.DataFrame) -> Rate | NotEnough:
    last = moves[moves["month"].isin(sorted(flows["month"].unique())[-12:])]
    return rate(int(last["hit"].sum()), int(last["customers"].sum()))
