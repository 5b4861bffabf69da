"""When people come: one clock that runs fast in busy hours and stands still when the café is closed.

Visits are Poisson in *clock load*, not in days: drawing a gap in load and reading the clock backwards gives visit
times that follow Tết, the rains, the weekday and the hour at once, for any number of customers in one call.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np

from helpers.example.process import Floats, Process

TET = (date(2025, 1, 29), date(2026, 2, 17))
"""First day of the lunar year, for the two Tết observed."""
CLOSED = range(-1, 4)
"""Days around Tết on which both branches are shut (0 is Tết day)."""
QUIET = {**dict.fromkeys(range(-8, -1), 0.55), **dict.fromkeys(range(4, 11), 0.60)}
RAINY_MONTHS = (7, 8, 9)
RAINY_FACTOR = 0.93
WEEKDAYS = (0.92, 0.92, 0.95, 0.97, 1.05, 1.15, 1.04)
"""Monday … Sunday."""
OPENS = 6
HOURS = (4.0, 9.0, 10.0, 8.0, 6.0, 5.0, 6.0, 6.0, 6.0, 7.0, 6.0, 5.0, 6.0, 8.0, 6.0, 2.0)
"""Weight of each opening hour, from `OPENS` on; closed outside."""


class Clock(NamedTuple):
    """Cumulative busyness by hour.

    Attributes:
        days: hour edges, in days from the first day, ascending.
        load: load run up at each edge; one per day on average.
    """

    days: Floats
    load: Floats

    def load_at(self, days: Floats | float) -> Floats:
        """Load run up by these moments (days)."""
        return np.interp(np.asarray(days, dtype=np.float64), self.days, self.load)

    def when(self, load: Floats) -> Floats:
        """Moments (days) at which these loads are reached; beyond the end they stick to the end."""
        return np.interp(load, self.load, self.days)


def visit_clock(process: Process) -> Clock:
    """Clock of the café over the whole period."""
    first = np.datetime64(process.first_day, "D")
    dates = first + np.arange(process.days)
    weekday = (dates.astype(np.int64) + 3) % 7
    month = dates.astype("M8[M]").astype(np.int64) % 12 + 1
    by_day = np.asarray(WEEKDAYS)[weekday] * np.where(np.isin(month, RAINY_MONTHS), RAINY_FACTOR, 1.0)
    for tet in TET:
        offset = (dates - np.datetime64(tet, "D")).astype(np.int64)
        by_day[np.isin(offset, list(CLOSED))] = 0.0
        for day, factor in QUIET.items():
            by_day[offset == day] *= factor
    by_hour = np.zeros(24)
    by_hour[OPENS : OPENS + len(HOURS)] = HOURS
    busyness = np.outer(by_day / by_day.mean(), by_hour / by_hour.sum()).ravel()
    return Clock(np.arange(len(busyness) + 1) / 24.0, np.concatenate(([0.0], np.cumsum(busyness))))
