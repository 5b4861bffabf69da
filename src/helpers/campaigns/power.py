"""How many customers a campaign needs before its effect can be seen."""

from __future__ import annotations

import math

from scipy.optimize import brentq

from helpers.metrics.uncertainty import z

POWER = 0.80


def needed_per_arm(base: float, lift: float, *, power: float = POWER, confidence: float = 0.95) -> int:
    """Customers per arm to see a return rate move from `base` to `base + lift`.

    Two-sided test of two proportions, normal approximation with unpooled variance plus the pooled critical value
    (Fleiss, Levin & Paik 2003, without continuity correction).

    Args:
        base: return rate without the campaign, 0–1. lift: absolute difference, not 0.

    Raises:
        ValueError: rates outside 0–1 or no difference.
    """
    other = base + lift
    if not 0 <= base <= 1 or not 0 <= other <= 1 or lift == 0:
        raise ValueError(f"need rates within 0-1 that differ, got {base} and {other}")
    mean = (base + other) / 2
    critical, reach = z(confidence), z(2 * power - 1)
    top = critical * math.sqrt(2 * mean * (1 - mean)) + reach * math.sqrt(base * (1 - base) + other * (1 - other))
    return math.ceil((top / lift) ** 2)


def smallest_lift(
    base: float, treated: int, holdout: int, *, power: float = POWER, confidence: float = 0.95
) -> float | None:
    """Minimum detectable rise in the return rate with these arm sizes; None when even a rise to 100 % would not show.

    Same approximation as :func:`needed_per_arm`, for unequal arms.
    """
    if treated < 2 or holdout < 2:
        return None
    critical, reach = z(confidence), z(2 * power - 1)

    def surplus(lift: float) -> float:
        other = base + lift
        pooled = (treated * other + holdout * base) / (treated + holdout)
        error = critical * math.sqrt(pooled * (1 - pooled) * (1 / treated + 1 / holdout))
        spread = reach * math.sqrt(other * (1 - other) / treated + base * (1 - base) / holdout)
        return lift - error - spread

    top = 1 - base
    if top <= 0 or surplus(top) < 0:
        return None
    return float(brentq(surplus, 1e-9, top))
