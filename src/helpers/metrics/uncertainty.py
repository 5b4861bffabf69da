"""Small frozen results that carry their own uncertainty, and the interval formulas behind them.

No rate leaves this package as a bare float: it comes with n and an interval, or as :class:`NotEnough`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import norm

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
    """Share k/n with the Wilson score interval (Wilson 1927).

    Raises:
        ValueError: n < 1 or k outside 0…n.
    """
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"need 0 <= k <= n and n >= 1, got k={k}, n={n}")
    p, q = k / n, z(confidence)
    centre = (p + q * q / (2 * n)) / (1 + q * q / n)
    half = q / (1 + q * q / n) * math.sqrt(p * (1 - p) / n + q * q / (4 * n * n))
    return Rate(p, 0.0 if k == 0 else max(0.0, centre - half), 1.0 if k == n else min(1.0, centre + half), n, k)


def rate(k: int, n: int, floor: int = FLOOR) -> Rate | NotEnough:
    """:func:`wilson`, or :class:`NotEnough` below the floor."""
    return wilson(k, n) if n >= floor else NotEnough(n, floor)


def newcombe(first: Rate, second: Rate) -> Estimate:
    """Difference of two independent shares, first − second (Newcombe 1998, method 10)."""
    low = math.hypot(first.value - first.low, second.high - second.value)
    high = math.hypot(first.high - first.value, second.value - second.low)
    difference = first.value - second.value
    return Estimate(difference, difference - low, difference + high, first.n + second.n)
