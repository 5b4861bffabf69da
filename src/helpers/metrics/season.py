"""The season: which days are like which days of the year before, so that a holiday's dip is not read as churn.

A festival such as Tết moves through the calendar, so the weeks around it are compared with the weeks around it a year earlier,
all others with the same weekday 52 weeks earlier. Which festivals move, and how far they reach, is data of the country
(``playbook/rules/countries``), never code; without any the comparison is the calendar's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from helpers.metrics.months import first_of, index_of, last_of
from helpers.metrics.orders import identified
from helpers.metrics.uncertainty import z

YEAR = 364
"""52 weeks: the same weekday of the year before."""
LEVEL_WEEKS = 8
"""Ordinary weeks before a week from which this year's level against last year's is read; half of them must be there."""


@dataclass(frozen=True)
class Festival:
    """A holiday around which business is unlike itself, on another day every year.

    Attributes:
        id: its name in the country's rules. days: its first days, earliest first. days_before, days_after: how far it reaches.
    """

    id: str
    days: tuple[date, ...]
    days_before: int
    days_after: int

    def window(self, day: date) -> tuple[date, date]:
        """First and last day of the weeks it touches when it begins on `day`."""
        return day - timedelta(days=self.days_before), day + timedelta(days=self.days_after)

    def occurrence(self, day: date) -> int | None:
        """Which of `days` has this day in its window."""
        found = (i for i, first in enumerate(self.days) if self.window(first)[0] <= day <= self.window(first)[1])
        return next(found, None)

    def last_year(self, i: int) -> date | None:
        """The occurrence before the i-th, if the rules know it and it is the year before's."""
        if i == 0 or (self.days[i] - self.days[i - 1]).days > 400:
            return None
        return self.days[i - 1]


def touched(festivals: Sequence[Festival], start: date, end: date) -> str | None:
    """Id of a festival whose weeks reach into these days."""
    for festival in festivals:
        for day in festival.days:
            begins, ends = festival.window(day)
            if begins <= end and start <= ends:
                return festival.id
    return None


def touched_month(festivals: Sequence[Festival], month: date) -> str | None:
    """Festival with at least a week in this month or in the one before: both decide who seems to have come and gone in it."""
    index = index_of(month)
    return _week_in(festivals, index) or _week_in(festivals, index - 1)


def _week_in(festivals: Sequence[Festival], index: int) -> str | None:
    for festival in festivals:
        for day in festival.days:
            begins, ends = festival.window(day)
            if (min(ends, last_of(index)) - max(begins, first_of(index))).days + 1 >= 7:
                return festival.id
    return None


def same_month_last_year(festivals: Sequence[Festival], month: date) -> date:
    """The month with the same place relative to the festival that touches it, else the same month, of the year before."""
    index = index_of(month)
    for festival in festivals:
        if touched_month((festival,), month):
            i = min(range(len(festival.days)), key=lambda i: abs(index_of(festival.days[i]) - index))
            before = festival.last_year(i)
            if before is not None:
                return first_of(index_of(before) + index - index_of(festival.days[i]))
    return first_of(index - 12)


def counterpart(day: date, festivals: Sequence[Festival]) -> date | None:
    """The day of the year before that this one is fairly compared with.

    Inside a festival's weeks: the day as far from its day. Elsewhere: the same weekday 52 weeks earlier; where that day lay in
    the festival's weeks, the last such weekday before them.

    Returns:
        None when the rules do not know the festival's day of the year before.
    """
    for festival in festivals:
        i = festival.occurrence(day)
        if i is not None:
            before = festival.last_year(i)
            return None if before is None else before + (day - festival.days[i])
    found = day - timedelta(days=YEAR)
    for festival in festivals:
        i = festival.occurrence(found)
        if i is not None:
            weeks = math.ceil(((found - festival.window(festival.days[i])[0]).days + 1) / 7)
            found -= timedelta(weeks=weeks)
    return found


def daily(orders: ir.Table, *, as_of: date, known_only: bool = True) -> pd.DataFrame:
    """Orders and net revenue per day, from the first day with an order to `as_of`; a day without any is a true zero."""
    seen = identified(orders, as_of) if known_only else orders.mutate(day=orders.ordered_at.date())
    seen = seen.filter(seen.day <= ibis.literal(as_of))
    sums = seen.group_by("day").agg(orders=seen.count(), net_revenue=seen.net_revenue.sum()).to_pandas()
    if sums.empty:
        return pd.DataFrame({"orders": pd.Series(dtype="float64"), "net_revenue": pd.Series(dtype="float64")})
    days = pd.Index(pd.to_datetime(sums["day"]), name="day")
    every = pd.date_range(days.min(), pd.Timestamp(as_of), name="day")
    filled: pd.DataFrame = sums.drop(columns="day").set_index(days).reindex(every, fill_value=0.0)
    return filled.astype("float64")


def expected_weeks(
    orders: ir.Table,
    festivals: Sequence[Festival],
    *,
    as_of: date,
    measure: Literal["orders", "net_revenue"] = "orders",
    known_only: bool = True,
) -> pd.DataFrame:
    """What each complete week should have brought, given the year before.

    expected = (the days a year before with the same place relative to the festival) × (this year's level / last year's), the
    level read from the last :data:`LEVEL_WEEKS` ordinary weeks before the week and their counterparts. A slow change moves the
    level along; what the comparison shows is a week that falls out of its own season.

    Returns:
        week (its Monday), actual, year_before, expected, low, high (95 % of ordinary weeks lie inside), festival (id or None).
        Missing where the data do not hold the counterparts or too few weeks to read the level from. All weeks of the data
        that are complete; empty when there are none.
    """
    by_day = daily(orders, as_of=as_of, known_only=known_only)[measure]
    columns = ["week", "actual", "year_before", "expected", "low", "high", "festival"]
    if by_day.empty:
        return pd.DataFrame(columns=columns)
    days = pd.DatetimeIndex(by_day.index)
    before = pd.DatetimeIndex([counterpart(day.date(), festivals) for day in days])
    frame = pd.DataFrame({"actual": by_day, "year_before": by_day.reindex(before).to_numpy()})
    grouped = frame.groupby(days - pd.to_timedelta(days.day_of_week, unit="D"))
    weeks = grouped.sum(min_count=7)[grouped.size() == 7].reset_index(names="week")
    weeks["week"] = weeks["week"].dt.date
    weeks["festival"] = [touched(festivals, monday, monday + timedelta(days=6)) for monday in weeks["week"]]
    weeks["expected"] = weeks["year_before"] * _level(weeks)
    spread = _spread(weeks)
    weeks["low"], weeks["high"] = weeks["expected"] * np.exp(-z() * spread), weeks["expected"] * np.exp(z() * spread)
    return weeks[columns]


def _level(weeks: pd.DataFrame) -> pd.Series:
    """This year's level against last year's, from the ordinary weeks just before each week."""
    ordinary = weeks["festival"].isna() & weeks["year_before"].notna()
    sums = weeks[["actual", "year_before"]].where(ordinary).shift()
    # a festival's own weeks are skipped, not counted as level: look back over them
    rolled = sums.dropna().rolling(LEVEL_WEEKS, min_periods=LEVEL_WEEKS // 2).sum()
    level = (rolled["actual"] / rolled["year_before"].where(rolled["year_before"] > 0)).reindex(weeks.index)
    return level.ffill()


def _spread(weeks: pd.DataFrame) -> float:
    """Spread of ordinary weeks around what was expected, on the log scale; missing while there are too few of them.

    The median absolute deviation, so that the weeks of a real loss do not widen the range they are judged by.
    """
    good = weeks[weeks["festival"].isna() & (weeks["expected"] > 0) & (weeks["actual"] > 0)]
    if len(good) < LEVEL_WEEKS:
        return math.nan
    residual = np.log(good["actual"].astype(float) / good["expected"].astype(float))
    return 1.4826 * float(np.median(np.abs(residual - np.median(residual))))
