"""Small frozen results that carry their own uncertainty, and the interval formulas behind them.

No rate leaves this package as a bare float: it comes with n and an interval, or as :class:`NotEnough`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm, t

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FLOOR = 10
"""Below this many customers a rate is not shown: even a Wilson interval then spans more than half the scale."""


@dataclass(frozen=True)
class NotEnough:
    """A number that cannot be had yet.

    Attributes:
        have: observations at hand.
        need: observations from which on the number is shown.
        what: what is being counted, an English catalog key such as ``"customers"``.
    """

    have: int
    need: int
    what: str = "customers"


@dataclass(frozen=True)
class Rate:
    """A share of `n`, with its 95 % interval.

    Attributes:
        value: share, 0–1. low, high: interval bounds, 0–1. n: denominator. k: numerator.
    """

    value: float
    low: float
    high: float
    n: int
    k: int


@dataclass(frozen=True)
class Estimate:
    """A number that is not a share, with its 95 % interval; `n` is what it was estimated from."""

    value: float
    low: float
    high: float
    n: int


def z(confidence: float = 0.95) -> float:
    """Two-sided normal quantile."""
    return float(norm.ppf(0.5 + confidence / 2))


def wilson(k: int, n: int, confidence: float = 0.95) -> Rate:
    """Share k/n with the Wilson score interval (Wilson 1927), its ends modified after Brown, Cai & DasGupta (2001).

    Where one, two (above n = 50 three) have it, or all but so few, the score interval ends too near the edge: at ten customers
    and a true share of 1 in 56 it holds the truth in 84 of 100 samples only. There the bound is Poisson's, and at ten customers
    no share is held in fewer than 91 of 100.

    Raises:
        ValueError: n < 1 or k outside 0…n.
    """
    low, high = _score(k, n, confidence)
    few, alpha = 2 if n <= 50 else 3, 1 - confidence
    if 1 <= k <= few:
        low = min(low, float(chi2.ppf(alpha, 2 * k)) / (2 * n))
    if 1 <= n - k <= few:
        high = max(high, 1 - float(chi2.ppf(alpha, 2 * (n - k))) / (2 * n))
    return Rate(k / n, low, high, n, k)


def _score(k: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Bounds of the score interval itself."""
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"need 0 <= k <= n and n >= 1, got k={k}, n={n}")
    p, q = k / n, z(confidence)
    centre = (p + q * q / (2 * n)) / (1 + q * q / n)
    half = q / (1 + q * q / n) * math.sqrt(p * (1 - p) / n + q * q / (4 * n * n))
    return 0.0 if k == 0 else max(0.0, centre - half), 1.0 if k == n else min(1.0, centre + half)


def rate(k: int, n: int, floor: int = FLOOR) -> Rate | NotEnough:
    """:func:`wilson`, or :class:`NotEnough` below the floor."""
    return wilson(k, n) if n >= floor else NotEnough(n, floor)


def newcombe(first: Rate, second: Rate, confidence: float = 0.95) -> Estimate:
    """Difference of two independent shares, first − second (Newcombe 1998, method 10: from the unmodified score intervals)."""
    (low1, high1), (low2, high2) = (_score(share.k, share.n, confidence) for share in (first, second))
    low = math.hypot(first.value - low1, high2 - second.value)
    high = math.hypot(high1 - first.value, second.value - low2)
    difference = first.value - second.value
    return Estimate(difference, difference - low, difference + high, first.n + second.n)


def of_money(value: float, error: float, n: int) -> Estimate:
    """A mean or a ratio of money over `n` customers, given its standard error.

    Student's interval; a positive figure is bounded above by the same interval on the log scale where that reaches further.
    Money is skewed: a sample without the few who spend much looks both small and certain, so it is the upper end that falls short.
    """
    half = float(t.ppf(0.975, n - 1)) * error
    reach = value * math.exp(min(half / value, 1.0)) if value > 0 else value
    return Estimate(value, value - half, max(value + half, reach), n)


_STEP = 1e-3
Fitted = TypeVar("Fitted", bound="DataclassInstance")


def slopes(of: Callable[[Fitted], float], at: Fitted, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Derivative of a number by the logarithm of each parameter of a fitted model, by central differences; for the delta method.

    Args:
        of: the number, from a model. at: the fitted model. names: its parameters, all positive.

    Returns:
        One derivative per name.
    """
    out = []
    for name in names:
        here = getattr(at, name)
        up, down = (replace(at, **{name: here * math.exp(step)}) for step in (_STEP, -_STEP))
        out.append((of(up) - of(down)) / (2 * _STEP))
    return np.array(out)
