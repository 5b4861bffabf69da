"""Maximum likelihood for BG/NBD and MBG/NBD: gradient, several starts, standard errors, and when there is no answer."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln

from helpers.errors import key
from helpers.metrics.beta_geometric import BetaGeometric, log_odds_gone
from helpers.metrics.histories import Degenerate, Floats, Histories
from helpers.metrics.uncertainty import NotEnough

CUSTOMERS_FLOOR = 100
REPEATERS_FLOOR = 50
SPAN_FLOOR_DAYS = 90
"""Below these no model is fitted. In simulated businesses like CDNOW a year's forecast had a relative standard error of
20 % at 50 repeaters and of 40 % at a dozen, when one in twenty was off by 70 %; and 90 days must be seen to tell a
pause from an end."""

_LOW, _HIGH = math.log(1e-4), math.log(1e4)
_START_ROWS = 2_000
_LOOSE = {"ftol": 1e-9}
_TIGHT = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500}
_NEWTON_STEPS = 12
_ENOUGH = 1e-8
_FLAT = 0.05  # information below this is a standard error above 4.5 on the log scale: the data say nothing
_ALIKE = 1_000.0  # r beyond this: order rates of customers differ by less than 3 %
_SAME = 400.0  # a beyond this: chances of leaving differ by less than 5 % between customers, whatever a is
_STARTS = ((1.0, 1.0, 2.0), (0.3, 0.5, 2.0), (2.0, 0.2, 1.0))

NOBODY_RETURNED = key("No customer has come back on another day yet, so there is no rhythm to learn from.")
NOBODY_LEAVES = key(
    "In this history nobody can be seen to leave for good: customers who pause come back. "
    "A forecast that tells the living from the lost is not possible here, nor needed."
)
ALL_ALIKE = key(
    "Customers come at so nearly the same pace that the differences between them cannot be measured; "
    "counts and curves say all there is to say."
)
NO_OPTIMUM = key("The model does not settle on one answer for this history, so no forecast is shown.")

Model = TypeVar("Model", bound=BetaGeometric)


def _dot(weights: Floats, values: Floats) -> float:
    """Weighted sum; not `@`, whose threads cost more than the sum itself on vectors of this length."""
    return float(np.einsum("i,i", weights, values))


def log_likelihood(theta: Floats, h: Histories, shift: int) -> tuple[float, Floats]:
    """Log-likelihood of all customers and its gradient.

    Args:
        theta: log r, log α, log a, log b.
        h: histories.
        shift: 0 for BG/NBD, 1 for MBG/NBD.

    Returns:
        Value and gradient by theta, shape (4,).
    """
    r, alpha, a, b = np.exp(theta)
    x, by_x = h.by_frequency  # special functions are evaluated once per distinct x
    n = h.count.sum()
    beta = b + x + shift
    per_x = gammaln(beta) - gammaln(a + beta) + gammaln(r + x)
    constant = gammaln(a + b) - gammaln(b) - gammaln(r) + r * math.log(alpha)
    # ln B(a, β) − ln B(a, b): the Γ(a) of both cancels
    log_end, log_last = np.log(alpha + h.T), np.log(alpha + h.t_x)
    rx, waited = r + h.x, log_end - log_last
    # log D as in `log_odds_gone`; −∞ and 1/∞ where nobody could have left yet
    before = np.where(x + shift > 0, b + x + shift - 1, np.inf)
    log_d = math.log(a) - np.log(before)[h.frequency_index] + rx * waited
    value = _dot(by_x, per_x) + n * constant + _dot(h.count, np.logaddexp(0.0, log_d) - rx * log_end)

    gone = h.count * expit(log_d)  # count × (1 − P(alive))
    gone_by_x = np.bincount(h.frequency_index, gone)
    end, last = rx / (alpha + h.T), rx / (alpha + h.t_x)
    d_r = _dot(by_x, digamma(r + x)) + n * (math.log(alpha) - digamma(r)) - _dot(h.count, log_end)
    d_r += _dot(gone, waited)
    d_alpha = n * r / alpha - _dot(h.count, end) + _dot(gone, end - last)
    d_a = n * digamma(a + b) - _dot(by_x, digamma(a + beta)) + gone.sum() / a
    d_b = n * (digamma(a + b) - digamma(b)) + _dot(by_x, digamma(beta) - digamma(a + beta)) - (gone_by_x / before).sum()
    return float(value), np.array([d_r * r, d_alpha * alpha, d_a * a, d_b * b])


def fit(model: type[Model], h: Histories) -> Model | NotEnough | Degenerate:
    """Maximum likelihood in log parameters: several starts on a subset of rows, L-BFGS-B and Newton steps on all.

    Args:
        model: which of the two to fit.
        h: compressed histories.

    Returns:
        The model with standard errors, :class:`NotEnough` below the floor, or :class:`Degenerate` with the reason.
    """
    if (refusal := _floor(h)) is not None:
        return refusal
    found = _climb(h, model.shift)
    if isinstance(found, Degenerate):
        return found
    theta, covariance = found
    parameters = np.exp(theta)
    r, alpha, a, b = (float(v) for v in parameters)
    se = parameters * np.sqrt(np.diag(covariance))
    return model(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        log_likelihood=log_likelihood(theta, h, model.shift)[0],
        unit=h.unit,
        unit_days=h.unit_days,
        n=h.n,
        repeaters=h.repeaters,
        se=(float(se[0]), float(se[1]), float(se[2]), float(se[3])),
        covariance=tuple(tuple(float(v) for v in row) for row in covariance),
    )


def _floor(h: Histories) -> NotEnough | Degenerate | None:
    """The refusal that needs no fit, if any."""
    if h.n < CUSTOMERS_FLOOR:
        return NotEnough(h.n, CUSTOMERS_FLOOR)
    if h.repeaters == 0:
        return Degenerate(NOBODY_RETURNED)
    if h.repeaters < REPEATERS_FLOOR:
        return NotEnough(h.repeaters, REPEATERS_FLOOR, "customers who came back")
    span = float(h.T.max()) * h.unit_days
    return NotEnough(int(span), SPAN_FLOOR_DAYS, "days of history") if span < SPAN_FLOOR_DAYS else None


def _climb(h: Histories, shift: int) -> tuple[Floats, Floats] | Degenerate:
    """Optimum and covariance in log parameters, or why there is none inside the range."""
    pace = _dot(h.count, h.x) / max(_dot(h.count, h.T), 1e-9)
    scale = -math.log(pace)  # alpha is r divided by the typical pace
    bounds = [(_LOW, _HIGH), (_LOW + scale - 3, _HIGH + scale + 3), (_LOW, _HIGH), (_LOW, _HIGH)]

    def loss(theta: Floats, rows: Histories) -> tuple[float, Floats]:
        value, gradient = log_likelihood(theta, rows, shift)
        total = rows.count.sum()
        return -value / total, -gradient / total

    # the starts only have to find the right hill, for which a subset of the histories is enough
    part = _subset(h)
    starts = [np.log([r, r / pace, a, b]) for r, a, b in _STARTS]
    tries = [minimize(loss, start, args=(part,), jac=True, method="L-BFGS-B", bounds=bounds) for start in starts]
    best = min(tries, key=lambda attempt: attempt.fun)
    best = minimize(loss, best.x, args=(h,), jac=True, method="L-BFGS-B", bounds=bounds, options=_LOOSE)
    if np.linalg.eigvalsh(_information(best.x, h, shift))[0] <= 2 * _FLAT:
        # Newton will not move along a nearly flat direction, so go to its end here
        best = minimize(loss, best.x, args=(h,), jac=True, method="L-BFGS-B", bounds=bounds, options=_TIGHT)
    return _polish(np.asarray(best.x, dtype=float), h, shift)


def _polish(theta: Floats, h: Histories, shift: int) -> tuple[Floats, Floats] | Degenerate:
    """Newton steps from the end of L-BFGS-B, and the covariance there."""
    for _ in range(_NEWTON_STEPS):
        if (refusal := _degenerate(theta, h, shift)) is not None:
            return refusal
        _, gradient = log_likelihood(theta, h, shift)
        values, vectors = np.linalg.eigh(_information(theta, h, shift, gradient))
        if values[-1] <= 0 or values[1] <= _FLAT:
            return Degenerate(NO_OPTIMUM)
        # Along a flat direction (a and b growing together when everyone leaves with the same probability) forecasts do
        # not change either: stay there and count that direction as known.
        known = values <= _FLAT
        known[0] |= (
            theta[2] > math.log(_SAME) and (vectors[:, 0] @ gradient) ** 2 < values[0]
        )  # within a standard error
        covariance = (vectors * np.where(known, 0.0, 1 / np.maximum(values, _FLAT))) @ vectors.T
        step = covariance @ gradient
        if gradient @ step < _ENOUGH:  # twice the log-likelihood still to be had; one more step squares what is left
            return theta + step, covariance
        theta = theta + step * min(1.0, 1.0 / float(np.abs(step).max()))
    return Degenerate(NO_OPTIMUM)


def _degenerate(theta: Floats, h: Histories, shift: int) -> Degenerate | None:
    """The reason why parameters at this point describe no real difference between customers, if so."""
    gone = h.count @ expit(log_odds_gone(theta, h.x, h.t_x, h.T, shift))
    if gone < 1:
        return Degenerate(NOBODY_LEAVES)
    return Degenerate(ALL_ALIKE) if theta[0] > math.log(_ALIKE) else None


def _subset(h: Histories) -> Histories:
    """Evenly spaced rows of a long list of histories, or all of a short one."""
    if len(h.x) <= _START_ROWS:
        return h
    take = np.linspace(0, len(h.x) - 1, _START_ROWS).astype(int)
    return Histories(h.x[take], h.t_x[take], h.T[take], h.count[take], h.unit_days)


def _information(theta: Floats, h: Histories, shift: int, gradient: Floats | None = None) -> Floats:
    """Observed information: minus the Hessian, by differences of the analytic gradient."""
    step = 1e-5
    here = log_likelihood(theta, h, shift)[1] if gradient is None else gradient
    rows = [(log_likelihood(theta + e, h, shift)[1] - here) / step for e in np.eye(4) * step]
    hessian = np.array(rows)
    return np.asarray(-(hessian + hessian.T) / 2)
