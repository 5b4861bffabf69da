"""Gamma-Gamma: what a customer's next order day is worth (Fader, Hardie & Lee 2005; Hardie's note 025).

A customer's order days vary around an own mean; own means vary over customers, independently of how often they come:
z_ij ~ Gamma(p, ν_i), ν_i ~ Gamma(q, γ). Given x repeat days of mean value z̄ the expected value of the next one is
p(γ + x z̄)/(px + q − 1): the customer's own mean, shrunk toward the business's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from helpers.errors import key
from helpers.metrics.histories import Degenerate, Floats
from helpers.metrics.uncertainty import NotEnough

BUYERS_FLOOR = 50
"""Customers with a repeat day of positive value: the spread between customers (q) needs about as many as BG/NBD."""

CORRELATED = 0.3
"""From this |correlation| of frequency and spend on, the model's independence is in doubt and the reader is told."""

NOTE_CORRELATED = key(
    "Customers who come more often also spend differently per visit (correlation {correlation}), which this model "
    "ignores; read the value of a customer as rough."
)
NO_SPEND = key("No customer has spent anything on a return visit, so there is no value per order to learn from.")
SAME_SPEND = key(
    "Every customer spends so nearly the same per visit that the average alone says what an order is worth."
)
HEAVY_TAIL = key(
    "A few very large customers dominate so much that an average customer's value cannot be stated (q ≤ 1)."
)
NO_OPTIMUM = key("The value model does not settle on one answer for this history, so no customer value is shown.")

_CELLS = 1_000  # money is grouped to cells of 0.1 %
_LOW, _HIGH = math.log(1e-3), math.log(1e4)
_SAME = 3_000.0
_NEWTON_STEPS = 20
_ENOUGH = 1e-8  # twice the log-likelihood still to be had


@dataclass(frozen=True)
class Spend:
    """Customers with equal frequency and (to 0.1 %) equal spend, grouped.

    Attributes:
        x: repeat purchase days. z: mean value of one. log_z: mean of its logarithm. count: customers.
    """

    x: Floats
    z: Floats
    log_z: Floats
    count: Floats

    @property
    def correlation(self) -> float:
        """Correlation of frequency and spend over customers; 0 where either does not vary."""
        n = self.count.sum()
        if n == 0:
            return 0.0
        dx, dz = self.x - self.count @ self.x / n, self.z - self.count @ self.z / n
        product = math.sqrt(float(self.count @ dx**2) * float(self.count @ dz**2))
        return float(self.count @ (dx * dz)) / product if product > 1e-12 * n else 0.0


@dataclass(frozen=True)
class GammaGamma:
    """The fitted model; make it with :func:`fit`.

    Attributes:
        p, q, gamma: parameters (gamma in the currency). log_likelihood: at the optimum.
        n: customers with a repeat day of positive value.
        correlation: of frequency and spend.
        note: English sentence when that correlation puts the model in doubt, else None; takes ``{correlation}``.
        se: standard errors. covariance: of log p, log q, log gamma.
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float
    n: int
    correlation: float
    note: str | None
    se: tuple[float, float, float]
    covariance: tuple[tuple[float, ...], ...]

    def expected_value(self, x: Floats, z: Floats) -> Floats:
        """Expected value of the next order day, given x repeat days of mean value z (ignored at x = 0)."""
        x = np.asarray(x, dtype=float)
        total = np.where(x > 0, x * np.maximum(z, 0.0), 0.0)
        return np.asarray(self.p * (self.gamma + total) / (self.p * x + self.q - 1))

    def expected_value_expression(self, customers: ir.Table) -> ir.FloatingValue:
        """:meth:`expected_value` as an expression on frequency and monetary_value."""
        x = customers.frequency.cast("float64")
        total = x * ibis.greatest(customers.monetary_value.fill_null(0.0), 0.0)
        return self.p * (self.gamma + total) / (self.p * x + (self.q - 1))


def compress(customers: ir.Table) -> Spend:
    """Group the customer summary to cells of equal frequency and nearly equal spend, in the engine.

    Customers without a repeat day, or whose repeat days came to nothing, have no spend to learn from and are left out.
    """
    buyers = customers.filter((customers.frequency > 0) & (customers.monetary_value > 0))
    log_z = buyers.monetary_value.ln()
    cells = buyers.group_by(x=buyers.frequency, cell=(log_z * _CELLS).floor()).agg(
        z=buyers.monetary_value.mean(), log_z=log_z.mean(), customers_in=buyers.count()
    )
    frame = cells.order_by("x", "cell").to_pyarrow()
    x, z, log, count = (frame[name].to_numpy().astype(np.float64) for name in ("x", "z", "log_z", "customers_in"))
    return Spend(x, z, log, count)


def from_arrays(frequency: Floats, monetary: Floats) -> Spend:
    """The same from arrays, one entry per customer, ungrouped."""
    x, z = np.asarray(frequency, dtype=float), np.asarray(monetary, dtype=float)
    keep = (x > 0) & (z > 0)
    x, z = x[keep], z[keep]
    return Spend(x, z, np.log(z), np.ones(len(x)))


def log_likelihood(theta: Floats, s: Spend) -> tuple[float, Floats]:
    """Log-likelihood of all customers and its gradient.

    Args:
        theta: log p, log q, log γ.
        s: compressed spend.

    Returns:
        Value and gradient by theta, shape (3,).
    """
    p, q, gamma = np.exp(theta)
    px, log_total = p * s.x, np.log(gamma + s.x * s.z)
    each = (
        gammaln(px + q) - gammaln(px) - gammaln(q) + q * math.log(gamma)
        + (px - 1) * s.log_z + px * np.log(s.x) - (px + q) * log_total
    )  # fmt: skip
    both = digamma(px + q)
    d_p = s.x * (both - digamma(px) + s.log_z + np.log(s.x) - log_total)
    d_q = both - digamma(q) + math.log(gamma) - log_total
    d_gamma = q / gamma - (px + q) / (gamma + s.x * s.z)
    gradient = np.array([(s.count * d_p).sum() * p, (s.count * d_q).sum() * q, (s.count * d_gamma).sum() * gamma])
    return float((s.count * each).sum()), gradient


def fit(spend: Spend) -> GammaGamma | NotEnough | Degenerate:
    """Maximum likelihood in log parameters.

    Published check, CDNOW 1/10 sample: p 6.25, q 3.74, γ 15.44 (946 customers).

    Args:
        spend: from :func:`compress` or :func:`from_arrays`.

    Returns:
        The model, or why there is none: too few customers, no spend, everyone alike, or q ≤ 1 (no finite mean).
    """
    n = int(spend.count.sum())
    if n == 0:
        return Degenerate(NO_SPEND)
    if n < BUYERS_FLOOR:
        return NotEnough(n, BUYERS_FLOOR, "customers who came back")
    # in units of the mean spend, so that dong and dollars start from the same point
    unit = float(spend.count @ spend.z) / n
    scaled = Spend(spend.x, spend.z / unit, spend.log_z - math.log(unit), spend.count)
    found = _climb(scaled)
    if isinstance(found, Degenerate):
        return found
    theta, covariance = found
    p, q, gamma = (float(v) for v in np.exp(theta))
    if q <= 1:
        return Degenerate(HEAVY_TAIL)
    se = np.sqrt(np.diag(covariance)) * np.array([p, q, gamma * unit])
    correlation = spend.correlation
    return GammaGamma(
        p=p,
        q=q,
        gamma=gamma * unit,
        log_likelihood=log_likelihood(theta + np.array([0.0, 0.0, math.log(unit)]), spend)[0],
        n=n,
        correlation=correlation,
        note=NOTE_CORRELATED if abs(correlation) >= CORRELATED else None,
        se=(float(se[0]), float(se[1]), float(se[2])),
        covariance=tuple(tuple(float(v) for v in row) for row in covariance),
    )


def _climb(s: Spend) -> tuple[Floats, Floats] | Degenerate:
    """Optimum and covariance in log parameters, or why there is none inside the range."""
    n = s.count.sum()

    def loss(theta: Floats) -> tuple[float, Floats]:
        value, gradient = log_likelihood(theta, s)
        return -value / n, -gradient / n

    starts = [np.log([p, q, g]) for p, q, g in ((1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (50.0, 10.0, 0.2))]
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500}
    tries = [
        minimize(loss, t, jac=True, method="L-BFGS-B", bounds=[(_LOW, _HIGH)] * 3, options=options) for t in starts
    ]
    theta = np.asarray(min(tries, key=lambda attempt: attempt.fun).x, dtype=float)
    if theta[0] > math.log(_SAME) or theta[1] > math.log(_SAME):
        return Degenerate(SAME_SPEND)
    return _polish(theta, s)


def _polish(theta: Floats, s: Spend) -> tuple[Floats, Floats] | Degenerate:
    """Newton steps from the end of L-BFGS-B, and the covariance there.

    Where L-BFGS-B stops depends on the last digit of a sum, which differs from engine to engine; the optimum does not.
    """
    for _ in range(_NEWTON_STEPS):
        gradient = log_likelihood(theta, s)[1]
        values, vectors = np.linalg.eigh(_information(theta, s))
        if values[0] <= 0:
            return Degenerate(NO_OPTIMUM)
        covariance = (vectors / values) @ vectors.T
        step = covariance @ gradient
        if gradient @ step < _ENOUGH:
            # one more step squares what is left, and the covariance is taken where it ends
            values, vectors = np.linalg.eigh(_information(theta + step, s))
            return (theta + step, (vectors / values) @ vectors.T) if values[0] > 0 else Degenerate(NO_OPTIMUM)
        theta = theta + step * min(1.0, 1.0 / float(np.abs(step).max()))
    return Degenerate(NO_OPTIMUM)


def _information(theta: Floats, s: Spend) -> Floats:
    """Observed information: minus the Hessian, by central differences of the analytic gradient."""
    step = np.eye(3) * 1e-4
    rows = [(log_likelihood(theta + e, s)[1] - log_likelihood(theta - e, s)[1]) / 2e-4 for e in step]
    return np.asarray(-(np.array(rows) + np.array(rows).T) / 2)
