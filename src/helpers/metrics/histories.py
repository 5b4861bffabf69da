"""Customers with the same purchase history are one row: what BG/NBD and its kin are fitted on.

The likelihood of these models sees a customer only through (x, t_x, T), so a million customers are a few hundred thousand
rows with a count. The group-by runs in the engine; what leaves it has at most :data:`MOST` rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from helpers.errors import key

Floats = NDArray[np.float64]

MOST = 500_000
"""Histories a model is fitted on: sixteen megabytes, whatever the number of customers."""

UNITS = {1: key("day"), 7: key("week"), 30: key("month")}
"""Name of a time unit by its length in days."""


@dataclass(frozen=True)
class Degenerate:
    """A model that this business's history cannot pin down, however many customers there are.

    Attributes:
        reason: English sentence (a catalog key) for the reader.
    """

    reason: str


@dataclass(frozen=True)
class Histories:
    """Distinct purchase histories with the number of customers behind each.

    Attributes:
        x: repeat purchase days. t_x: first → last purchase. T: first purchase → observation end; both in units.
        count: customers who share this history.
        unit_days: days in one unit.
    """

    x: Floats
    t_x: Floats
    T: Floats
    count: Floats
    unit_days: int = 7

    @property
    def n(self) -> int:
        """Customers."""
        return int(self.count.sum())

    @cached_property
    def frequency_index(self) -> NDArray[np.intp]:
        """Position of each history's x among the distinct ones."""
        return np.unique(self.x, return_inverse=True)[1]

    @cached_property
    def by_frequency(self) -> tuple[Floats, Floats]:
        """Distinct x, and how many customers have each."""
        return np.unique(self.x), np.bincount(self.frequency_index, self.count).astype(np.float64)

    @property
    def repeaters(self) -> int:
        """Customers who came back on another day at least once."""
        return int(self.count[self.x > 0].sum())

    @property
    def unit(self) -> str:
        """Name of the unit: day, week, month, or "n days"."""
        return UNITS.get(self.unit_days, f"{self.unit_days} days")


def from_days(
    frequency: NDArray[np.generic], recency: NDArray[np.generic], T: NDArray[np.generic], unit_days: int = 7
) -> Histories:
    """Compress arrays of whole days, one entry per customer.

    Raises:
        ValueError: lengths differ, or a customer with 0 ≤ recency ≤ T violated.
    """
    rows = np.column_stack([np.asarray(v, dtype=np.int64) for v in (frequency, recency, T)])
    if len(rows) and ((rows < 0).any() or (rows[:, 1] > rows[:, 2]).any()):
        raise ValueError("need frequency >= 0 and 0 <= recency <= T for every customer")
    base = int(rows[:, 2].max()) + 1 if len(rows) else 1
    # one integer per history sorts several times faster than rows do
    key = (rows[:, 0] * base + rows[:, 1]) * base + rows[:, 2]
    distinct, count = np.unique(key, return_counts=True)
    rest, last = np.divmod(distinct, base)
    x, t_x = np.divmod(rest, base)
    return Histories(x.astype(float), t_x / unit_days, last / unit_days, count.astype(float), unit_days)


def compress(customers: ir.Table, unit_days: int = 7) -> Histories:
    """Group the customer summary to its distinct histories, in the engine.

    Beyond :data:`MOST` of them, customers with the same x whose other days lie close together become one history with their
    mean: what the likelihood loses by that is of second order in the width, and it is what keeps the size bounded.

    Args:
        customers: frequency, recency and T in days.
        unit_days: days in the unit of the result; the literature works in weeks.
    """
    width = 1
    distinct = _cells(customers, width)
    while int(distinct.count().to_pyarrow().as_py()) > MOST:
        width *= 2
        distinct = _cells(customers, width)
    frame = (
        distinct.select("frequency", "recency", "T", "customers_in").order_by("frequency", "recency", "T").to_pyarrow()
    )
    x, t_x, T, count = (
        frame[name].to_numpy().astype(np.float64) for name in ("frequency", "recency", "T", "customers_in")
    )
    return Histories(x, t_x / unit_days, T / unit_days, count, unit_days)


def _cells(customers: ir.Table, width: int) -> ir.Table:
    """One row per x, and per `width` days of recency and T."""
    if width == 1:
        return customers.group_by("frequency", "recency", "T").agg(customers_in=lambda t: t.count())
    cell = {"last": customers.recency // width, "age": customers["T"] // width}
    return customers.group_by("frequency", **cell).agg(
        recency=customers.recency.mean(), T=customers["T"].mean(), customers_in=customers.count()
    )
