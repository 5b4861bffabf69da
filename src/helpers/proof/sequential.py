"""An interval that may be looked at every day: the price of looking early, paid once and for all."""

from __future__ import annotations

import math

from scipy.stats import norm

from helpers.metrics.uncertainty import Estimate, newcombe, wilson

USUAL_RETURN = 0.10
"""Share of returns at which the interval is narrowest; fixed beforehand, because choosing it by the data would be peeking."""
FEWEST = 10
"""Returns in both groups together before there is an interval: with fewer the normal approximation says nothing."""


def critical_value(returned: int, size_1: int, size_2: int, *, alpha: float = 0.05) -> float:
    """Standard errors on either side of a difference in returns that hold at every look at once.

    Between two groups that return alike, the difference of the shares returned by day d is a Brownian bridge in the share
    returned F, so divided by its standard error it is a Brownian motion over its root at the time F/(1 − F) × n₁n₂/(n₁ + n₂). Over
    a Brownian motion Robbins' normal mixture (1970; Howard et al. 2021, Annals of Statistics 49) is crossed with a chance of
    at most `alpha` over all time.

    Args:
        returned: customers of both groups who have returned so far. size_1, size_2: customers per group.
    """
    together = size_1 + size_2
    share = min(returned / together, 1 - 1 / together)
    scale = size_1 * size_2 / together
    time = scale * share / (1 - share)
    # the mixture is narrowest where time is about eight times its own parameter (α = 0.05)
    mixing = scale * USUAL_RETURN / (1 - USUAL_RETURN) / (math.log(1 / alpha**2) + math.log(1 + math.log(1 / alpha**2)))
    return math.sqrt((1 + mixing / time) * (math.log((time + mixing) / mixing) + math.log(1 / alpha**2)))


def always_valid(k_1: int, n_1: int, k_2: int, n_2: int, *, alpha: float = 0.05) -> Estimate | None:
    """Difference of two shares, first − second, with an interval that holds however often one looks.

    Newcombe's interval at the confidence of :func:`critical_value`, so that it stays within the scale at few returns.

    Returns:
        None below :data:`FEWEST` returns.
    """
    if k_1 + k_2 < FEWEST:
        return None
    confidence = 1 - 2 * float(norm.sf(critical_value(k_1 + k_2, n_1, n_2, alpha=alpha)))
    return newcombe(wilson(k_1, n_1), wilson(k_2, n_2), confidence)
