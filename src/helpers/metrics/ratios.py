"""Ratios of two sums over customers, such as money kept / money at the start, with intervals that respect unequal customers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from helpers.metrics.uncertainty import FLOOR, Estimate, NotEnough, of_money, z


@dataclass(frozen=True)
class Sums:
    """What a ratio Σy/Σx needs to know about its customers.

    Attributes:
        n: customers. x, y: sums. xx, xy, yy: sums of products.
    """

    n: int
    x: float
    y: float
    xx: float
    xy: float
    yy: float

    @property
    def value(self) -> float:
        """Σy/Σx."""
        return self.y / self.x

    @property
    def variance(self) -> float:
        """Of the ratio, by the delta method: customers are the sampling unit."""
        r = self.value
        residual = max(self.yy - 2 * r * self.xy + r * r * self.xx, 0.0)
        return residual / self.x**2 * self.n / max(self.n - 1, 1)

    @property
    def equal_customers(self) -> float:
        """How many customers of equal size carry as much information: (Σx)²/Σx² (Kish 1965)."""
        return self.x**2 / self.xx


def share_of_sum(sums: Sums, floor: int = FLOOR) -> Estimate | NotEnough:
    """Σy/Σx where 0 ≤ y ≤ x for every customer: a share of money, weighted by what each brings.

    Wilson's interval at the effective number of customers. That number comes from the delta method; where the share is 0 or 1
    the delta method sees no variance at all, and Kish's number of equal customers stands in. It is never more than there are
    customers.
    """
    if sums.n < floor or sums.x <= 0:
        return NotEnough(sums.n, floor)
    p, kish = min(max(sums.value, 0.0), 1.0), sums.equal_customers
    seen = p * (1 - p) / sums.variance if sums.variance > 0 and 0 < p < 1 else kish
    m, q = min(seen, kish), z()
    centre = (p + q * q / (2 * m)) / (1 + q * q / m)
    half = q / (1 + q * q / m) * math.sqrt(p * (1 - p) / m + q * q / (4 * m * m))
    low = 0.0 if p == 0 else max(0.0, centre - half)
    return Estimate(p, low, 1.0 if p == 1 else min(1.0, centre + half), sums.n)


def ratio_of_sums(sums: Sums, floor: int = FLOOR) -> Estimate | NotEnough:
    """Σy/Σx with the delta method's error, customers as the sampling unit (bounds: `uncertainty.of_money`)."""
    if sums.n < floor or sums.x <= 0:
        return NotEnough(sums.n, floor)
    return of_money(sums.value, math.sqrt(sums.variance), sums.n)
