"""Calendar months as whole numbers, and which of them the data cover well enough to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis.expr.types as ir

from helpers.metrics.orders import identified

SETTLING_DAYS = 90
"""Until this many days after the data begin old customers still look new, because nobody has seen them before."""


def month_index(day: ir.DateValue) -> ir.IntegerValue:
    """Months since year 0: differences are whole calendar months."""
    return day.year() * 12 + day.month() - 1


def index_of(day: date) -> int:
    """:func:`month_index` of a plain date."""
    return day.year * 12 + day.month - 1


def first_of(index: int) -> date:
    """First day of a month."""
    return date(index // 12, index % 12 + 1, 1)


def last_of(index: int) -> date:
    """Last day of a month."""
    return first_of(index + 1) - timedelta(days=1)


@dataclass(frozen=True)
class Covered:
    """The days on which known customers could have been seen.

    Attributes:
        first_day: first day with an order of a known customer, None when there is none. last_day: the observation end.
        pause_days: mean number of days from one day with such an order to the next, 0 when there is only one.
    """

    first_day: date | None
    last_day: date
    pause_days: float = 0.0

    @property
    def months(self) -> range:
        """Every month the data touch, as month indices."""
        return range(0) if self.first_day is None else range(index_of(self.first_day), index_of(self.last_day) + 1)

    def complete(self, index: int) -> bool:
        """Do the data hold the whole month?

        Its last day must have been reached, and the first order must not come later in the month than three of the
        business's usual pauses explain (with orders at random a longer wait has a chance of 1 in 20): data that begin on the
        20th hold a part of that month, which must not count as a whole.
        """
        if self.first_day is None or last_of(index) > self.last_day:
            return False
        return (self.first_day - first_of(index)).days <= 3 * self.pause_days

    @property
    def settled_from(self) -> date | None:
        """From here on "new" means more than "not seen before"."""
        return None if self.first_day is None else self.first_day + timedelta(days=SETTLING_DAYS)

    def judged(self, index: int) -> bool:
        """Complete, and begun at least :data:`SETTLING_DAYS` after the data."""
        settled = self.settled_from
        return settled is not None and self.complete(index) and first_of(index) >= settled


def covered(orders: ir.Table, *, as_of: date) -> Covered:
    """The span in which known customers are on record."""
    known = identified(orders, as_of)
    row = known.agg(first=known.day.min(), last=known.day.max(), days=known.day.nunique()).to_pyarrow().to_pylist()[0]
    pause = (row["last"] - row["first"]).days / (row["days"] - 1) if row["days"] > 1 else 0.0
    return Covered(row["first"], as_of, pause)
