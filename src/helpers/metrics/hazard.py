"""The first hundred days (S07): in which week of a customer's life the second order comes, and when waiting stops being worth it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.metrics.repeat import order_dates
from helpers.metrics.uncertainty import NotEnough, Rate, rate

WEEKS = 14
"""Weeks looked at: the first 98 days."""


@dataclass(frozen=True)
class LifeWeek:
    """One week of a customer's life; week 1 is the day of the first order and the six after it.

    Attributes:
        week: 1, 2, …. second: of those still waiting at its beginning and followed to its end, who placed the second order in it
            (the hazard). never: of those still waiting at its beginning, who did not return within the horizon, counted on
            customers whose first order is at least the horizon old.
    """

    week: int
    second: Rate | NotEnough
    never: Rate | NotEnough


@dataclass(frozen=True)
class FirstHundredDays:
    """Hazard of the second order by week of life.

    Attributes:
        weeks: week 1 … 14. horizon_days: what *never* means: no second order within that many days of the first.
        customers: first-time buyers on record.
    """

    weeks: tuple[LifeWeek, ...]
    horizon_days: int
    customers: int

    @property
    def turning_week(self) -> int | None:
        """First week at whose beginning at least half of those still waiting never return; None when there is none."""
        return next((w.week for w in self.weeks if isinstance(w.never, Rate) and w.never.value >= 0.5), None)


def first_hundred_days(orders: ir.Table, *, as_of: date, horizon_days: int = 180) -> FirstHundredDays:
    """Hazard of the second order, and of never returning, by week of life.

    Both count only customers who could be followed for as long as the question needs, so that nobody who is merely new counts
    as gone. One customer is at risk in every week until the second order; the rates of different weeks are of different people.
    """
    pairs = order_dates(orders, as_of)
    pairs = pairs.select(
        age=ibis.literal(as_of).delta(pairs["first"], unit="day"), wait=pairs.nth.delta(pairs["first"], unit="day")
    )
    counts = {"customers": pairs.count()}
    for week in range(1, WEEKS + 1):
        begins, ends = 7 * (week - 1), 7 * week
        waiting = pairs.wait.isnull() | (pairs.wait >= begins)
        whole, mature = waiting & (pairs.age >= ends - 1), waiting & (pairs.age >= horizon_days)
        counts[f"n{week}"], counts[f"k{week}"] = whole.sum(), (whole & (pairs.wait < ends)).sum()
        counts[f"m{week}"] = mature.sum()
        counts[f"g{week}"] = (mature & (pairs.wait.isnull() | (pairs.wait > horizon_days))).sum()
    row = pairs.agg(**counts).to_pandas().fillna(0).astype("int64").iloc[0]
    weeks = tuple(
        LifeWeek(w, rate(int(row[f"k{w}"]), int(row[f"n{w}"])), rate(int(row[f"g{w}"]), int(row[f"m{w}"])))
        for w in range(1, WEEKS + 1)
    )
    return FirstHundredDays(weeks, horizon_days, int(row["customers"]))
