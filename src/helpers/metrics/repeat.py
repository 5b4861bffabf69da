"""Do first-time buyers come back? Repeat-purchase rate on mature cohorts, and the whole curve by Kaplan–Meier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from helpers.metrics.customers import identified
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
    firsts = first_orders(orders, as_of, nth)
    return firsts.select("customer_id", first=firsts.day, nth=firsts.nth)


def first_orders(orders: ir.Table, as_of: date, nth: int = 2) -> ir.Table:
    """Each known customer's first order with all its columns, its day, and nth (date of the n-th order, missing when none yet)."""
    known = identified(orders, as_of)
    window = ibis.window(group_by="customer_id", order_by=["ordered_at", "order_id"])
    ranked = known.mutate(position=ibis.row_number().over(window), nth=known.day.lead(nth - 1).over(window))
    return ranked.filter(ranked.position == 0).drop("position")


def repeat_rates(orders: ir.Table, *, as_of: date, horizons: Sequence[int] = HORIZONS) -> tuple[RepeatRate, ...]:
    """Repeat-purchase rate at each horizon, mature cohorts only, Wilson interval.

    A horizon of H days counts customers whose second order came within H days of the first, among customers whose first
    order lies at least H days before `as_of`.

    Returns:
        One result per horizon, in the order given.
    """
    pairs = order_dates(orders, as_of)
    pairs = pairs.mutate(wait=pairs.nth.delta(pairs["first"], unit="day"))
    counts = {}
    for h in horizons:
        mature = pairs["first"] <= ibis.literal(as_of - timedelta(days=h))
        counts[f"n{h}"] = mature.sum()
        counts[f"k{h}"] = (mature & (pairs.wait <= h)).sum()
        counts[f"s{h}"] = (mature & (pairs.wait == 0)).sum()
    row = pairs.agg(**counts).to_pandas().fillna(0).iloc[0]
    return tuple(RepeatRate(h, rate(int(row[f"k{h}"]), int(row[f"n{h}"])), int(row[f"s{h}"])) for h in horizons)


def repeat_rate(orders: ir.Table, *, as_of: date, horizon_days: int) -> RepeatRate:
    """:func:`repeat_rates` at a single horizon."""
    return repeat_rates(orders, as_of=as_of, horizons=(horizon_days,))[0]


def waiting_times(orders: ir.Table, *, as_of: date, nths: Sequence[int] = (2,)) -> pd.DataFrame:
    """Counts behind the Kaplan–Meier curves: one row per order number and number of days.

    Waiting for the n-th order starts with the (n−1)-th. One pass over the orders, however many order numbers are asked for.

    Returns:
        nth, days, events (n-th orders after that many days), censored (still waiting when the data end). At most one row per
        order number and day of history, whatever the number of customers.
    """
    known = identified(orders, as_of)
    window = ibis.window(group_by="customer_id", order_by=["ordered_at", "order_id"])
    waits = known.select(
        nth=(ibis.row_number().over(window) + 2).cast("int64"), start=known.day, end=known.day.lead().over(window)
    )
    waits = waits.filter(waits.nth.isin(list(nths)))
    waits = waits.mutate(days=waits.end.fill_null(ibis.literal(as_of)).delta(waits.start, unit="day"))
    counts = waits.group_by("nth", "days").agg(events=waits.end.notnull().sum(), censored=waits.end.isnull().sum())
    frame: pd.DataFrame = counts.order_by("nth", "days").to_pandas()
    return frame.astype("int64")


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
