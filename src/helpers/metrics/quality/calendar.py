"""Days and weeks without any order, against the business's own opening pattern."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

CHANCE = 0.01
"""How likely it may be, over all silences of the data together, that one of them is called a gap by mere chance."""
STEADY = 0.98
"""A business with orders on at least this share of its other days has promised to be there: a single silent day counts."""
NEIGHBOURS = 13
"""Weeks before and after a silence whose days say how busy the business was around it."""
CLOSED = 0.1
"""A weekday with orders in fewer of its weeks than this is the business's day off."""
_WEEK = 7

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Gap:
    """A silence that the business's own pattern does not explain.

    Attributes:
        first, last: its first and last day on which orders were to be expected. days: how many such days it has.
    """

    first: date
    last: date
    days: int


@dataclass(frozen=True)
class Calendar:
    """The days from the first order to the day looked at.

    Attributes:
        first_day, last_day: the span. expected: its days that are neither a holiday nor a usual day off.
        gaps: longest first. gap_days: their days together. days_off: ISO weekdays (1 = Monday) the business is usually
            closed on.
    """

    first_day: date | None
    last_day: date
    expected: int
    gaps: tuple[Gap, ...]
    gap_days: int
    days_off: tuple[int, ...]

    @property
    def gap_share(self) -> float:
        """Days in gaps as a share of the days orders were expected on, 0–1."""
        return self.gap_days / self.expected if self.expected else 0.0


def calendar(orders: ir.Table, *, as_of: date, holidays: Collection[date] = ()) -> Calendar:
    """Find the silences too long to be chance.

    For each weekday the share of weeks with an order is taken, over the whole history and over the weeks around the
    silence, whichever is lower, so that a slow first year or a day off is no gap. A run of days without orders is a gap
    when the chance of such a run on these days is below :data:`CHANCE`, shared out over all days it could have begun on
    (Bonferroni), or when the business is otherwise there on nearly all its days (:data:`STEADY`).

    Args:
        orders: canonical orders.
        as_of: last day looked at; days between the last order and it count as silent.
        holidays: days the shop may well be closed on; they never count as silent, nor towards the pattern.
    """
    seen = orders.filter(orders.ordered_at.date() <= ibis.literal(as_of))
    found = seen.select(day=seen.ordered_at.date()).distinct().to_pyarrow()["day"].to_pylist()
    if not found:
        return Calendar(None, as_of, 0, (), 0, ())
    first = min(found)
    days = np.arange((as_of - first).days + 1)
    silent = np.ones(len(days), dtype=bool)
    silent[[(day - first).days for day in found]] = False
    special = {(day - first).days for day in holidays}
    usual = np.array([int(day) not in special for day in days])
    weekday = (days + first.weekday()) % _WEEK
    closed = tuple(
        w for w in range(_WEEK) if (here := usual & (weekday == w)).sum() > 1 and 1 - silent[here].mean() < CLOSED
    )
    expected = usual & ~np.isin(weekday, closed)
    runs = [run for run in _runs(silent) if expected[run].any()]
    gaps = []
    for run in runs:
        rest = expected.copy()
        rest[run] = False
        steady = rest.any() and (~silent[rest]).mean() >= STEADY
        if steady or np.prod(1 - _open_shares(run, silent, usual, weekday)) < CHANCE / expected.sum():
            inside = run[expected[run]]
            gaps.append(Gap(first + timedelta(int(inside[0])), first + timedelta(int(inside[-1])), len(inside)))
    gaps.sort(key=lambda gap: (-gap.days, gap.first))
    total = sum(gap.days for gap in gaps)
    return Calendar(first, as_of, int(expected.sum()), tuple(gaps), total, tuple(w + 1 for w in closed))


def _runs(silent: Flags) -> list[Days]:
    """The days of each unbroken silence."""
    days = np.flatnonzero(silent)
    return [run for run in np.split(days, np.flatnonzero(np.diff(days) > 1) + 1) if len(run)]


def _open_shares(run: Days, silent: Flags, usual: Flags, weekday: Days) -> NDArray[np.float64]:
    """For each ordinary day of a silence, the share of its weekday's other days with orders.

    The run itself is left out; half a day is added on either side (Jeffreys), so that no share is 0 or 1.
    """
    others = usual.copy()
    others[run] = False
    around = np.zeros_like(usual)
    around[max(0, run[0] - _WEEK * NEIGHBOURS) : run[-1] + _WEEK * NEIGHBOURS + 1] = True
    shares = np.zeros(_WEEK)
    for day in range(_WEEK):
        same = others & (weekday == day)
        shares[day] = ((~silent[same]).sum() + 0.5) / (same.sum() + 1)
        near = same & around
        if near.any():
            shares[day] = min(shares[day], (~silent[near]).mean())
    found: NDArray[np.float64] = shares[weekday[run[usual[run]]]]
    return found
