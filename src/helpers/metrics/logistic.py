"""Ridge logistic regression by Newton's method: small enough to be read, and to become an expression."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from helpers.metrics.histories import Floats

RIDGE = 3.0
"""Penalty on squared standardised coefficients: as if a few more customers had shown no difference."""

_EDGE = 0.002
_STEPS = 40
_BLOCK = 256


@dataclass(frozen=True)
class Logistic:
    """Log-odds = intercept + Σ coefficient · feature, features held to [low, high].

    Attributes:
        intercept, coefficients: on the features' own scale. low, high: range per feature (infinite where not held).
    """

    intercept: float
    coefficients: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def log_odds(self, features: Floats) -> Floats:
        """Log-odds for a matrix of features, shape (n, k)."""
        return np.asarray(
            self.intercept + np.einsum("ij,j", np.clip(features, self.low, self.high), np.array(self.coefficients))
        )

    def expression(self, features: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        """The same as an expression on feature columns, in the same order."""
        total = features[0] * 0 + self.intercept
        for value, c, low, high in zip(features, self.coefficients, self.low, self.high, strict=True):
            held = value if math.isinf(low) else ibis.least(ibis.greatest(value, low), high)
            total = total + held * c
        return total


def fit(
    features: Floats,
    outcome: Floats,
    weights: Floats,
    bounded: NDArray[np.bool_],
    ridge: float = RIDGE,
) -> Logistic:
    """Penalised maximum likelihood.

    Args:
        features: shape (n, k).
        outcome: 0 or 1, shape (n,).
        weights: shape (n,).
        bounded: which features are held to the middle 99.6 % of their range here, shape (k,).
        ridge: penalty on squared standardised coefficients; the intercept is free.
    """
    low, high = np.full(len(bounded), -np.inf), np.full(len(bounded), np.inf)
    low[bounded], high[bounded] = np.quantile(features[:, bounded], [_EDGE, 1 - _EDGE], axis=0)
    held = np.clip(features, low, high)
    mean, spread = held.mean(axis=0), held.std(axis=0)
    varies = spread > 1e-9
    scale = np.where(varies, spread, 1.0)
    design = np.column_stack([np.ones(len(held)), np.where(varies, (held - mean) / scale, 0.0)])
    beta = _newton(design, outcome, weights, ridge)
    coefficients = beta[1:] / scale
    return Logistic(
        intercept=float(beta[0] - coefficients @ mean),
        coefficients=tuple(float(v) for v in coefficients),
        low=tuple(float(v) for v in low),
        high=tuple(float(v) for v in high),
    )


def _newton(design: Floats, outcome: Floats, weights: Floats, ridge: float) -> Floats:
    """Coefficients of the penalised fit: strictly convex thanks to the penalty, and safe thanks to halved steps."""
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1e-6
    beta = np.zeros(design.shape[1])

    def loss(at: Floats) -> float:
        z = np.einsum("ij,j", design, at)
        return float((weights * (np.logaddexp(0.0, z) - outcome * z)).sum() + 0.5 * (penalty * at**2).sum())

    value = loss(beta)
    for _ in range(_STEPS):
        p = expit(np.einsum("ij,j", design, beta))
        gradient = np.einsum("ij,i", design, weights * (outcome - p)) - penalty * beta
        curvature = _gram(design, weights * p * (1 - p)) + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while (lower := loss(beta + size * step)) > value and size > 1e-6:
            size /= 2
        beta = beta + size * step
        if value - lower < 1e-6 * max(1.0, abs(value)):
            break
        value = lower
    return np.asarray(beta)


def _gram(design: Floats, weights: Floats) -> Floats:
    """X'WX, summed over blocks of rows.

    Blocks this small are multiplied on one thread. On a machine that is busy with other things the threads of the
    linear algebra library wait for each other ten times longer than the product takes; for the same reason sums over
    rows are einsum.
    """
    n, k = design.shape
    whole = n - n % _BLOCK
    blocks = design[:whole].reshape(-1, _BLOCK, k)
    weighted = blocks * weights[:whole].reshape(-1, _BLOCK, 1)
    rest = design[whole:]
    return np.asarray(np.matmul(blocks.transpose(0, 2, 1), weighted).sum(axis=0) + (rest.T * weights[whole:]) @ rest)


def shift_to_mean(log_odds: Floats, mean: float) -> float:
    """The constant that makes the average probability equal `mean` (0 < mean < 1)."""
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(log_odds + middle).mean() < mean else (low, middle)
    return (low + high) / 2
