"""Shifted-beta-geometric: how long members stay when each has an own chance of not renewing (Fader & Hardie 2007).

At every renewal a member leaves with an own, constant probability θ ~ Beta(γ, δ). Those with a high θ leave early, so the
retention rate of a cohort rises although nobody changes:

    P(T = t) = B(γ+1, δ+t−1)/B(γ, δ),    S(t) = B(γ, δ+t)/B(γ, δ),    r(t) = (δ+t−1)/(γ+δ+t−1).

Fader & Hardie, "How to Project Customer Retention", *Journal of Interactive Marketing* 21 (2007); they call γ, δ there α, β.
Discounted expected residual lifetime: Fader & Hardie, "Customer-Base Valuation in a Contractual Setting", *Marketing Science* 29 (2010).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, digamma, hyp2f1

from helpers.errors import key
from helpers.metrics.histories import Degenerate
from helpers.metrics.tenure import Present, Renewals, paying
from helpers.metrics.uncertainty import Estimate, NotEnough, z

MEMBERS_FLOOR, LOST_FLOOR, MONTHS_FLOOR = 100, 30, 4
"""Below these nothing is projected: a curve through two or three months can go anywhere."""

NOBODY_ENDED = key("No membership has ended yet, so nothing tells how long they last.")
MEMBERS_ALIKE = key(
    "New and old members leave equally often in this history, so the differences between members cannot be measured; the monthly rate says all there is to say."
)

_LOW, _HIGH = math.log(1e-4), math.log(1e4)
_ALIKE = 300.0  # γ+δ beyond this: chances of leaving differ by less than a few tenths of themselves
_STEP = 1e-4

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """A fitted model; make it with :func:`fit`.

    Attributes:
        gamma, delta: Beta of the chance of leaving at a renewal. log_likelihood: at the optimum. se: standard errors of gamma and
            delta. covariance: of their logarithms. n: members. lost: memberships that ended. months: longest tenure seen.
    """

    gamma: float
    delta: float
    log_likelihood: float
    se: tuple[float, float]
    covariance: tuple[tuple[float, float], tuple[float, float]]
    n: int
    lost: int
    months: int

    def survival(self, t: npt.ArrayLike) -> Floats:
        """Share still members after t renewals."""
        return survival(self.gamma, self.delta, np.asarray(t, dtype=np.float64))

    def retention(self, t: npt.ArrayLike) -> Floats:
        """Share of those who came to the t-th renewal who renew."""
        t = np.asarray(t, dtype=np.float64)
        return np.asarray((self.delta + t - 1) / (self.gamma + self.delta + t - 1))

    def band(self, t: npt.ArrayLike) -> tuple[Floats, Floats]:
        """95 % interval of :meth:`survival`, from the uncertainty of the parameters (delta method on log(−log S))."""
        t = np.asarray(t, dtype=np.float64)
        s = self.survival(t)
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = self._slopes(lambda g, d: np.log(-np.log(survival(g, d, t))))
            width = z() * np.sqrt(np.einsum("ik,ij,jk->k", slopes, np.array(self.covariance), slopes))
            low, high = s ** np.exp(width), s ** np.exp(-width)
        return np.where(t == 0, 1.0, low), np.where(t == 0, 1.0, high)

    def derl(self, month: float, discount: float) -> float:
        """Discounted expected residual lifetime, in months, of a member in their `month`-th month, just before its renewal.

        ((δ+n−1)/(γ+δ+n−1)) · ₂F₁(1, δ+n; γ+δ+n; 1/(1+d)), with d the discount per month, above zero.
        """
        return derl(self.gamma, self.delta, month, discount)

    def _slopes(self, of: Callable[[float, float], Floats]) -> Floats:
        """Derivatives by log γ and log δ, by central differences; shape (2, …)."""
        up, down = math.exp(_STEP), math.exp(-_STEP)
        g, d = self.gamma, self.delta
        return np.array([of(g * up, d) - of(g * down, d), of(g, d * up) - of(g, d * down)]) / (2 * _STEP)


def survival(gamma: float, delta: float, t: Floats) -> Floats:
    """S(t) = B(γ, δ+t)/B(γ, δ)."""
    return np.asarray(np.exp(betaln(gamma, delta + t) - betaln(gamma, delta)))


def derl(gamma: float, delta: float, month: float, discount: float) -> float:
    """See :meth:`ShiftedBetaGeometric.derl`."""
    if discount <= 0:
        raise ValueError(f"discount: above zero, got {discount}")
    first = (delta + month - 1) / (gamma + delta + month - 1)
    return float(first * hyp2f1(1, delta + month, gamma + delta + month, 1 / (1 + discount)))


def log_likelihood(theta: Floats, found: Renewals) -> tuple[float, Floats]:
    """Log-likelihood and its gradient by (log γ, log δ)."""
    g, d = np.exp(theta)
    t = np.arange(1, len(found.lost) + 1, dtype=np.float64)
    lost, kept = np.array(found.lost, dtype=np.float64), np.array(found.kept, dtype=np.float64)
    n = lost.sum() + kept.sum()
    value = lost @ betaln(g + 1, d + t - 1) + kept @ betaln(g, d + t) - n * betaln(g, d)
    all_t = (lost + kept) @ digamma(g + d + t)
    by_g = lost.sum() * digamma(g + 1) + kept.sum() * digamma(g) - all_t - n * (digamma(g) - digamma(g + d))
    by_d = lost @ digamma(d + t - 1) + kept @ digamma(d + t) - all_t - n * (digamma(d) - digamma(g + d))
    return float(value), np.array([by_g * g, by_d * d])


def fit(found: Renewals) -> ShiftedBetaGeometric | NotEnough | Degenerate:
    """Maximum likelihood, several starts, standard errors from the observed information.

    Args:
        found: from :func:`helpers.metrics.tenure.renewals`; members may have joined at different times.

    Returns:
        The model; :class:`NotEnough` below the floors; :class:`Degenerate` when members cannot be told apart.
    """
    lost, months = sum(found.lost), sum(1 for a, b in zip(found.lost, found.kept, strict=True) if a + b)
    if found.n < MEMBERS_FLOOR:
        return NotEnough(found.n, MEMBERS_FLOOR, key("memberships"))
    if not lost:
        return Degenerate(NOBODY_ENDED)
    if lost < LOST_FLOOR:
        return NotEnough(lost, LOST_FLOOR, key("memberships that ended"))
    if months < MONTHS_FLOOR:
        return NotEnough(months, MONTHS_FLOOR, "months")

    def loss(theta: Floats) -> tuple[float, Floats]:
        value, gradient = log_likelihood(theta, found)
        return -value / found.n, -gradient / found.n

    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000}
    bounds = [(_LOW, _HIGH)] * 2
    starts = [np.log(start) for start in ((1.0, 1.0), (0.5, 4.0), (3.0, 30.0))]
    tries = [minimize(loss, s, jac=True, method="L-BFGS-B", bounds=bounds, options=options) for s in starts]
    theta = np.asarray(min(tries, key=lambda attempt: attempt.fun).x, dtype=np.float64)
    information = _information(theta, found)
    gamma, delta = (float(v) for v in np.exp(theta))
    if gamma + delta > _ALIKE or np.linalg.eigvalsh(information)[0] <= 0:
        return Degenerate(MEMBERS_ALIKE)
    covariance = np.linalg.inv(information)
    se = np.exp(theta) * np.sqrt(np.diag(covariance))
    return ShiftedBetaGeometric(
        gamma=gamma,
        delta=delta,
        log_likelihood=log_likelihood(theta, found)[0],
        se=(float(se[0]), float(se[1])),
        covariance=((float(covariance[0, 0]), float(covariance[0, 1])), (float(covariance[1, 0]), float(covariance[1, 1]))),
        n=found.n,
        lost=lost,
        months=len(found.lost),
    )  # fmt: skip


def _information(theta: Floats, found: Renewals) -> Floats:
    """Observed information by central differences of the analytic gradient."""
    rows = [
        (log_likelihood(theta + e, found)[1] - log_likelihood(theta - e, found)[1]) / (2 * _STEP)
        for e in np.eye(2) * _STEP
    ]
    hessian = np.array(rows)
    return np.asarray(-(hessian + hessian.T) / 2)


def monthly_discount(annual: float) -> float:
    """The rate per month that compounds to `annual`."""
    return float((1 + annual) ** (1 / 12) - 1)


def worth(
    model: ShiftedBetaGeometric,
    members: Sequence[Present],
    *,
    margin: float,
    months: int = 12,
    annual_discount: float = 0.10,
) -> Estimate:
    """Gross profit the paying members of today bring over the next `months`, with its range.

    A member in their n-th month pays again after the renewals n, n+1, …: with probability S(n+j)/S(n−1) for j = 0, 1, ….

    Returns:
        Σ price · margin · Σⱼ S(n+j)/S(n−1) · (1+d)^−j. The range counts the uncertainty of the parameters (delta method) and the
        luck of individual members, on the log scale.
    """
    n = np.array([m.month for m in members], dtype=np.float64)[:, None]
    mrr, squares = (np.array([getattr(m, name) for m in members]) for name in ("mrr", "squares"))
    j = np.arange(months, dtype=np.float64)
    factor = (1 + monthly_discount(annual_discount)) ** -j

    def stays(gamma: float, delta: float) -> Floats:
        return np.asarray(survival(gamma, delta, n + j) / survival(gamma, delta, n - 1))

    def total(gamma: float, delta: float) -> Floats:
        return np.asarray(np.log(mrr @ (stays(gamma, delta) @ factor)))

    share = stays(model.gamma, model.delta)
    value = float(mrr @ (share @ factor))
    if not value:
        return Estimate(0.0, 0.0, 0.0, 0)
    # the j-th payment is made by whoever makes a later one too: E[paymentᵢ·paymentⱼ] = share of the later of the two
    later = np.maximum.outer(np.arange(months), np.arange(months))
    second = np.einsum("i,j,kij->k", factor, factor, share[:, later])
    luck = float(squares @ (second - (share @ factor) ** 2)) / value**2
    slopes = model._slopes(total)
    half = z() * math.sqrt(float(slopes @ np.array(model.covariance) @ slopes) + luck)
    people = sum(m.members for m in members)
    return Estimate(margin * value, margin * value * math.exp(-half), margin * value * math.exp(half), people)


def score(
    contracts: ir.Table,
    model: ShiftedBetaGeometric,
    *,
    as_of: date,
    margin: float,
    months: int = 12,
    annual_discount: float = 0.10,
) -> ir.Table:
    """The same per paying member.

    Args:
        contracts: from :func:`helpers.metrics.contracts.paid_contracts`.

    Returns:
        customer_id and clv_12m (or whatever `months` is): gross profit expected over the horizon. Only those who pay on `as_of`.
    """
    members = paying(contracts, as_of=as_of)
    ages = members.select("month").distinct().order_by("month").to_pyarrow()["month"].to_numpy().astype(np.float64)
    j = np.arange(months, dtype=np.float64)
    stays = survival(model.gamma, model.delta, ages[:, None] + j) / model.survival(ages - 1)[:, None]
    payments = stays @ (1 + monthly_discount(annual_discount)) ** -j
    lookup = ibis.memtable(
        {"month": ages.astype(np.int64), "payments": payments}, schema={"month": "int64", "payments": "float64"}
    )
    joined = members.inner_join(lookup, "month")
    return joined.select("customer_id", **{f"clv_{months}m": joined.mrr * joined.payments * margin})
