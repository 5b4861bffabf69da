"""How good were predicted chances, once the outcome is known: ranking (AUC), closeness (Brier), calibration."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import rankdata

from helpers.metrics.histories import Floats
from helpers.metrics.uncertainty import Estimate, z


def auc(outcome: Floats, score: Floats) -> Estimate:
    """Chance that a random customer who came back had been ranked above a random one who did not; ties count half.

    Interval by Hanley & McNeil (1982).

    Args:
        outcome: 0 or 1, both present.
        score: higher means likelier to be 1.
    """
    came = int(outcome.sum())
    stayed = len(outcome) - came
    if not came or not stayed:
        raise ValueError("need customers of both outcomes")
    ranks = rankdata(score)
    value = float((ranks[outcome == 1].sum() - came * (came + 1) / 2) / (came * stayed))
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    variance = value * (1 - value) + (came - 1) * (q1 - value**2) + (stayed - 1) * (q2 - value**2)
    half = z() * math.sqrt(max(variance, 0.0) / (came * stayed))
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), len(outcome))


def brier(outcome: Floats, probability: Floats) -> float:
    """Mean squared distance of the predicted chance from what happened."""
    return float(np.mean((outcome - probability) ** 2))


def point_log_loss(outcome: Floats, log_odds: Floats) -> Floats:
    """Negative log-likelihood of each outcome."""
    return np.asarray(np.logaddexp(0.0, log_odds) - outcome * log_odds)
