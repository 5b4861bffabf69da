"""Lens 5: the whole base – which generations of customers today's revenue stands on."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from helpers.metrics.lenses.factors import Factors
from helpers.metrics.lenses.grid import Grid


@dataclass(frozen=True)
class WholeBase:
    """The base in every complete period.

    Attributes:
        step: months per period. layers: index period (first days), one column per cohort (first days, oldest first), revenue.
            The rows add up to the revenue of known customers in the period.
        factors: per period the identity over the whole base: customers known by its end, active in it, orders, revenue.
    """

    step: int
    layers: pd.DataFrame
    factors: tuple[Factors, ...]

    @property
    def from_new(self) -> float | None:
        """Share of the last complete period's revenue from customers who first bought in it, 0–1."""
        if self.layers.empty:
            return None
        last = self.layers.iloc[-1]
        total = float(last.sum())
        return float(last.get(self.layers.index[-1], 0.0)) / total if total > 0 else None


def whole_base(found: Grid) -> WholeBase:
    """Cohort stack of revenue, with the identity per period."""
    full = found.cells[found.cells["complete"].astype(bool)]
    layers = full.pivot(index="period", columns="cohort", values="revenue").fillna(0.0).sort_index()
    totals = full.groupby("period")[["customers", "orders", "revenue"]].sum().sort_index()
    totals["known"] = [int(found.sizes[found.sizes.index <= period].sum()) for period in totals.index]
    factors = tuple(
        Factors(int(row["known"]), int(row["customers"]), int(row["orders"]), float(row["revenue"]))
        for row in totals.to_dict("records")
    )
    return WholeBase(found.step, layers, factors)
