"""Money per customer, which a few big spenders can turn either way: bootstrap beside Welch, and spending before as a yardstick."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from helpers.metrics.uncertainty import Estimate

Floats = NDArray[np.float64]
RESAMPLES = 2000
CELLS = 2000
"""Different amounts an arm is resampled from; where there are more, neighbouring amounts are taken together."""
APART = 0.25
"""Bounds further apart than this part of half Welch's interval are a disagreement."""
SPENDER = 100
"""A customer who spent this many times the median of all who spent is named."""


@dataclass(frozen=True)
class MoneyCheck:
    """Two ways to an interval for the difference in money per customer.

    Attributes:
        welch, bootstrap: treated − holdout. agree: bounds within a quarter of half the interval, and the same side of nought.
        top: share of all spending by the hundredth who spent most. largest: the largest spender as a multiple of the median
            of those who spent. payers: customers who spent anything.
    """

    welch: Estimate
    bootstrap: Estimate
    agree: bool
    top: float
    largest: float
    payers: int


@dataclass(frozen=True)
class Adjusted:
    """A difference corrected for what the groups had spent before (CUPED).

    Attributes:
        difference: treated − holdout. narrower: part by which the interval is narrower than without, below 0 when it is wider.
        correlation: of spending before and after, over everybody.
    """

    difference: Estimate
    narrower: float
    correlation: float


def amounts(table: ir.Table, column: str) -> dict[str, tuple[Floats, Floats]]:
    """Per arm the different amounts, ascending, and how many customers have each – counted by the engine.

    Where an arm has more than :data:`CELLS` different amounts, neighbours are taken together at their mean; the upper half of the
    cells is kept for the largest amounts, which decide.
    """
    counted = table.group_by("arm", amount=table[column]).agg(n=table.count())
    frame = counted.order_by("arm", "amount").to_pandas()
    found = {}
    for arm, part in frame.groupby("arm"):
        value, n = part["amount"].to_numpy(dtype=np.float64), part["n"].to_numpy(dtype=np.float64)
        found[str(arm)] = _merged(value, n) if len(value) > CELLS else (value, n)
    return found


def _merged(value: Floats, n: Floats) -> tuple[Floats, Floats]:
    kept = CELLS // 2
    low = np.linspace(0, len(value) - kept, CELLS - kept + 1).astype(int)
    starts = np.concatenate([low[:-1], np.arange(len(value) - kept, len(value))])
    sizes = np.add.reduceat(n, starts)
    return np.add.reduceat(value * n, starts) / sizes, sizes


def bootstrap(first: tuple[Floats, Floats], second: tuple[Floats, Floats], *, seed: int = 0) -> Estimate:
    """Difference of two means with the percentile bootstrap's interval (Efron & Tibshirani 1993), customers drawn anew within arms.

    Args:
        first, second: of :func:`amounts`. Drawing counts of equal amounts from a multinomial is the same as drawing customers.
    """
    generator = np.random.default_rng(seed)
    drawn = _means(first, generator) - _means(second, generator)
    low, high = np.quantile(drawn, [0.025, 0.975])
    n = int(first[1].sum() + second[1].sum())
    return Estimate(
        float(np.average(first[0], weights=first[1]) - np.average(second[0], weights=second[1])),
        float(low),
        float(high),
        n,
    )


def _means(arm: tuple[Floats, Floats], generator: np.random.Generator) -> Floats:
    value, n = arm
    total = int(n.sum())
    return np.asarray(generator.multinomial(total, n / total, size=RESAMPLES) @ value / total, dtype=np.float64)


def check(table: ir.Table, column: str, *, treated: str, holdout: str, welch: Estimate) -> MoneyCheck:
    """Bootstrap the difference in `column` and hold it against Welch's.

    Args:
        table: customer_id, arm and the column, one row per assigned customer, nothing missing.
    """
    found = amounts(table.filter(table.arm.isin([treated, holdout])), column)
    again = bootstrap(found[treated], found[holdout])
    half = (welch.high - welch.low) / 2
    far = max(abs(again.low - welch.low), abs(again.high - welch.high))
    sides = [int(e.low > 0) - int(e.high < 0) for e in (welch, again)]
    value, n = (np.concatenate([found[treated][i], found[holdout][i]]) for i in (0, 1))
    top, largest, payers = _concentration(value, n)
    return MoneyCheck(welch, again, far <= APART * half and sides[0] == sides[1], top, largest, payers)


def _concentration(value: Floats, n: Floats) -> tuple[float, float, int]:
    """Share of spending by the top hundredth of payers, the largest over the median payer, and how many paid."""
    order = np.argsort(-value)
    value, n = value[order], n[order]
    value, n = value[value > 0], n[value > 0]
    if not len(value):
        return 0.0, 0.0, 0
    many = n.sum()
    took = np.minimum(n, np.maximum(0.0, max(1.0, many / 100) - (np.cumsum(n) - n)))
    median = value[np.searchsorted(np.cumsum(n), many / 2)]
    return float((took * value).sum() / (n * value).sum()), float(value[0] / median), int(many)


def adjusted(table: ir.Table, column: str, before: str, *, treated: str, holdout: str) -> Adjusted | None:
    """The difference in `column` less what spending before explains of it (CUPED: Deng, Xu, Kohavi & Walker 2013).

    The slope is taken over both arms together; the interval is Welch's on what is left.

    Returns:
        None when nobody, or everybody alike, spent before.
    """
    both = table.filter(table.arm.isin([treated, holdout]))
    y, x = both[column], both[before]
    moments: dict[str, Any] = {
        "n": both.count(), "y": y.mean(), "x": x.mean(), "vy": y.var(), "vx": x.var(), "c": y.cov(x, how="sample"),
    }  # fmt: skip
    arms = {row.pop("arm"): row for row in both.group_by("arm").agg(**moments).to_pyarrow().to_pylist()}
    (whole,) = both.agg(**moments).to_pyarrow().to_pylist()
    if not whole["vx"] or not whole["vy"]:
        return None
    slope = whole["c"] / whole["vx"]
    one, two = arms[treated], arms[holdout]
    spread = {name: arm["vy"] - 2 * slope * arm["c"] + slope**2 * arm["vx"] for name, arm in arms.items()}
    value = one["y"] - two["y"] - slope * (one["x"] - two["x"])
    parts = spread[treated] / one["n"], spread[holdout] / two["n"]
    raw = one["vy"] / one["n"] + two["vy"] / two["n"]
    error = math.sqrt(sum(parts))
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (one["n"] - 1) + parts[1] ** 2 / (two["n"] - 1)) if error else 1.0
    half = float(student.ppf(0.975, freedom)) * error
    correlation = whole["c"] / math.sqrt(whole["vx"] * whole["vy"])
    return Adjusted(
        Estimate(value, value - half, value + half, int(whole["n"])),
        1 - error / math.sqrt(raw) if raw else 0.0,
        correlation,
    )


def filled(table: ir.Table, *columns: str) -> ir.Table:
    """The table with nothing missing in these columns: nothing happened."""
    return table.mutate(**{c: ibis.coalesce(table[c].cast("float64"), 0.0) for c in columns})
