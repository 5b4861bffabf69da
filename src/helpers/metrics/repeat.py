"""Do first-time buyers come back? Repeat-purchase rate on mature cohorts, and the whole curve by Kaplan–Meier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from helpers.metrics.orders import in_sequence
from helpers.metrics.survival import kaplan_meier
from helpers.metrics.uncertainty import NotEnough, Rate, rate, wilson

HORIZONS = (30, 60, 90, 180, 365)
"""Days after the first order at which the repeat-purchase rate is read."""


def horizons(asked: int) -> tuple[int, ...]:
    """The usual horizons with the one asked for among them, shortest first."""
    return tuple(sorted({*HORIZONS, asked}))


@dataclass(frozen=True)
class RepeatRate:
    """Repeat-purchase rate at one horizon.

    Attributes:
        horizon_days: the horizon. rate: share of mature first-time buyers whose second order came within it.
        same_day: how many of those placed the second order on the day of the first (a split bill rather than a return).
    """

    horizon_days: int
    rate: Rate | NotEnough
    same_day: int


def order_dates(orders: ir.Table, as_of: date, nth: int = 2) -> ir.Table:
    """customer_id, first (date of the first order), nth (date of the n-th order, missing when there is none yet)."""
    known = in_sequence(orders, as_of)
    known = known.filter(known.nth.isin([1, nth]))
    return known.group_by("customer_id").agg(first=known.first_day.min(), nth=known.day.max(where=known.nth == nth))


def first_orders(orders: ir.Table, as_of: date, nth: int = 2) -> ir.Table:
    """Each known customer's first order with all its columns, its day, and nth (date of the n-th order, missing when none yet)."""
    known = in_sequence(orders, as_of)
    firsts = known.filter(known.nth == 1).drop("nth", "first_day", "previous_day")
    later = known.filter(known.nth == nth).select("customer_id", nth="day")
    return firsts.left_join(later, "customer_id").drop("customer_id_right")


def first_two(orders: ir.Table, as_of: date) -> tuple[ir.Table, ir.BooleanValue, ir.IntegerValue]:
    """First and second orders of known customers; which rows are second orders, and their days since the first (else missing)."""
    rows = in_sequence(orders, as_of)
    rows = rows.filter(rows.nth <= 2)
    second = rows.nth == 2
    return rows, second, second.ifelse(rows.day.delta(rows.first_day, unit="day"), ibis.null("int64"))


def repeat_rates(orders: ir.Table, *, as_of: date, horizons: Sequence[int] = HORIZONS) -> tuple[RepeatRate, ...]:
    """Repeat-purchase rate at each horizon, mature cohorts only, Wilson interval.

    A horizon of H days counts customers whose second order came within H days of the first, among customers whose first
    order lies at least H days before `as_of`.

    Returns:
        One result per horizon, in the order given.
    """
    rows, second, wait = first_two(orders, as_of)
    counts = {}
    for h in horizons:
        mature = rows.first_day <= ibis.literal(as_of - timedelta(days=h))
        counts[f"n{h}"] = (mature & ~second).sum()
        counts[f"k{h}"] = (mature & (wait <= h)).sum()
        counts[f"s{h}"] = (mature & (wait == 0)).sum()
    row = rows.agg(**counts).to_pandas().fillna(0).iloc[0]
    return tuple(RepeatRate(h, rate(int(row[f"k{h}"]), int(row[f"n{h}"])), int(row[f"s{h}"])) for h in horizons)


def repeat_rate(orders: ir.Table, *, as_of: date, horizon_days: int) -> RepeatRate:
    """:func:`repeat_rates` at a single horizon."""
    return repeat_rates(orders, as_of=as_of, horizons=(horizon_days,))[0]


def waiting_times(orders: ir.Table, *, as_of: date, nths: Sequence[int] = (2,)) -> pd.DataFrame:
    """Counts behind the Kaplan–Meier curves: one row per order number and number of days.

    Waiting for the n-th order starts with the (n−1)-th. Counted are those who began to wait on each day, those whose wait then
    ended, and how long it took: three small tables, whatever the number of customers.

    Returns:
        nth, days, events (n-th orders after that many days), censored (still waiting when the data end). At most one row per
        order number and day of history.
    """
    known = in_sequence(orders, as_of)
    began, came = known.filter((known.nth + 1).isin(list(nths))), known.filter(known.nth.isin(list(nths)))
    end = ibis.literal(as_of)

    def counted(rows: ir.Table, nth: ir.IntegerValue, days: ir.IntegerValue, name: str) -> pd.Series:
        found = rows.group_by(nth=nth, days=days.cast("int64")).agg(**{name: rows.count()}).to_pandas()
        indexed: pd.DataFrame = found.astype("int64").set_index(["nth", "days"])
        return indexed[name]

    events = counted(came, came.nth, came.day.delta(came.previous_day, unit="day"), "events")
    waiting = counted(began, began.nth + 1, end.delta(began.day, unit="day"), "waiting")
    ended = counted(came, came.nth, end.delta(came.previous_day, unit="day"), "ended")
    frame = pd.concat([events, waiting, ended], axis=1).fillna(0).sort_index().astype("int64")
    frame["censored"] = frame["waiting"] - frame["ended"]
    frame = frame[(frame["events"] > 0) | (frame["censored"] > 0)]
    return frame[["events", "censored"]].reset_index()


@dataclass(frozen=True)
class ReturnCurve:
    """Kaplan–Meier curve of the time to the n-th order.

    Attributes:
        days: days since the order before (increasing). returned: share who placed the n-th order by then, 1 − Ŝ.
        low, high: log–log Greenwood interval; Wilson's for those still followed where nobody or everybody has returned, for
            which Greenwood's variance is zero. at_risk: customers still waiting just before that day.
        n: customers followed. events: n-th orders seen. nth: which order.
    """

    days: tuple[int, ...]
    returned: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]
    n: int
    events: int
    nth: int

    def at(self, day: int) -> tuple[float, float, float] | None:
        """(share, low, high) by `day`; None when nobody has been followed that long."""
        if not self.days or day > self.days[-1]:
            return None
        i = int(np.searchsorted(self.days, day, side="right")) - 1
        return (self.returned[i], self.low[i], self.high[i]) if i >= 0 else (0.0, 0.0, wilson(0, self.n).high)


def return_curve(orders: ir.Table, *, as_of: date, nth: int = 2) -> ReturnCurve | NotEnough:
    """Time to the n-th order, right-censored at `as_of` (Kaplan & Meier 1958; interval: Kalbfleisch & Prentice log–log).

    Returns:
        The curve, cut where fewer than 10 customers are still followed: beyond it the tail is one or two people.
    """
    return _curve(waiting_times(orders, as_of=as_of, nths=(nth,)), nth)


def return_curves(orders: ir.Table, *, as_of: date, rungs: int = 4) -> tuple[ReturnCurve | NotEnough, ...]:
    """:func:`return_curve` for the 2nd, 3rd, … order, from one pass over the orders."""
    nths = range(2, rungs + 2)
    waits = waiting_times(orders, as_of=as_of, nths=nths)
    return tuple(_curve(waits[waits["nth"] == nth], nth) for nth in nths)


def _curve(waits: pd.DataFrame, nth: int) -> ReturnCurve | NotEnough:
    found = kaplan_meier(waits["days"], waits["events"], waits["censored"])
    if isinstance(found, NotEnough):
        return found
    return ReturnCurve(
        days=found.times,
        returned=tuple(1 - s for s in found.share),
        low=tuple(1 - s for s in found.high),
        high=tuple(1 - s for s in found.low),
        at_risk=found.at_risk,
        n=found.n,
        events=found.events,
        nth=nth,
    )


@dataclass(frozen=True)
class Rung:
    """One step of the purchase ladder: of those who placed order n−1, the share who placed order n within the horizon."""

    nth: int
    horizon_days: int
    value: float
    low: float
    high: float
    n: int


def purchase_ladder(orders: ir.Table, *, as_of: date, horizon_days: int = 180, rungs: int = 4) -> tuple[Rung, ...]:
    """1 − Ŝ at the horizon for the 2nd, 3rd, … order; stops where too few customers have come that far."""
    ladder = []
    for curve in return_curves(orders, as_of=as_of, rungs=rungs):
        reading = None if isinstance(curve, NotEnough) else curve.at(horizon_days)
        if isinstance(curve, NotEnough) or reading is None:
            break
        ladder.append(Rung(curve.nth, horizon_days, *reading, curve.n))
    return tuple(ladder)
