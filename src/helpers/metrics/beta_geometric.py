"""What BG/NBD and MBG/NBD share: the model, and what follows for one customer.

Both say: while active a customer orders at random with an own rate λ ~ Gamma(r, α); after an order they leave for
good with an own probability p ~ Beta(a, b). BG/NBD (Fader, Hardie & Lee 2005) lets nobody leave at the first order;
MBG/NBD (Batislam, Denizel & Filiztekin 2007) does. With s = 0 for the former and 1 for the latter, β = b + x + s and

    D = a/(β−1) · ((α+T)/(α+t_x))^(r+x)  where x + s > 0, else 0

    L = B(a, β)/B(a, b) · Γ(r+x) α^r / (Γ(r) (α+T)^(r+x)) · (1 + D),    P(alive) = 1/(1+D),

and for someone alive λ ~ Gamma(r+x, α+T) and p ~ Beta(a, β), independently. Everything below follows from that
posterior.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy.special import expit

from helpers.metrics.histories import Floats, Histories
from helpers.metrics.quadrature import beta_nodes


@dataclass(frozen=True)
class BetaGeometric:
    """A fitted model; make it with `bg_nbd.fit` or `mbg_nbd.fit`.

    Attributes:
        r, alpha: Gamma of the order rate (alpha in units). a, b: Beta of the probability of leaving after an order.
        log_likelihood: at the optimum, over all customers.
        unit: name of the time unit. unit_days: its length.
        n: customers. repeaters: customers with at least one repeat purchase day.
        se: standard errors of r, alpha, a, b.
        covariance: of log r, log alpha, log a, log b (inverse of the observed information).
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    unit: str
    unit_days: int
    n: int
    repeaters: int
    se: tuple[float, float, float, float]
    covariance: tuple[tuple[float, ...], ...]

    shift: ClassVar[int] = 0

    def _log_odds_gone(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Log D; −∞ where leaving was not possible yet."""
        return log_odds_gone(np.log([self.r, self.alpha, self.a, self.b]), x, t_x, T, self.shift)

    def p_alive(self, h: Histories) -> Floats:
        """Probability that the customer has not left for good, one per history.

        1 for every one-time buyer under BG/NBD by construction: not a risk score.
        """
        return np.asarray(expit(-self._log_odds_gone(h.x, h.t_x, h.T)))

    def p_return(self, h: Histories, horizon: float) -> Floats:
        """Probability of at least one order within `horizon` units, one per history.

        Nobody leaves between two orders, so whoever is alive stays away for t with probability e^(−λt). Averaged over
        λ ~ Gamma(r+x, α+T): P(alive) · (1 − ((α+T)/(α+T+t))^(r+x)). No term in it can overflow or cancel at a ≈ 1.
        """
        stay_away = (self.r + h.x) * -np.log1p(horizon / (self.alpha + h.T))
        return np.asarray(self.p_alive(h) * -np.expm1(stay_away))

    def orders_if_alive(self, x: Floats, T: Floats, horizon: float | Floats) -> Floats:
        """Expected orders within `horizon` of a customer known to be alive; depends on x and T alone.

        Given λ and p a customer places (1 − e^(−λpt))/p orders. Over λ in closed form, over p ~ Beta(a, β) by
        Gauss–Jacobi
        quadrature: equal to the ₂F₁ expression of the paper, without its 1/(a−1) and its overflow at large x.

        Args:
            x: repeat purchase days, shape (k,).
            T: age in units, shape (k,).
            horizon: a number, or shape (m,) for several at once.

        Returns:
            Shape (k,), or (k, m) for several horizons.
        """
        horizons = np.atleast_1d(np.asarray(horizon, dtype=float))
        distinct, where = np.unique(x, return_inverse=True)
        nodes, weights = beta_nodes(np.full(len(distinct), self.a), self.b + distinct + self.shift)
        p, w = nodes[where], weights[where]
        power = -(self.r + x)[:, None]
        out = np.empty((len(x), len(horizons)))
        for j, t in enumerate(horizons):
            reach = (t / (self.alpha + T))[:, None]
            out[:, j] = (w * -np.expm1(power * np.log1p(p * reach)) / p).sum(axis=1)
        return out[:, 0] if np.ndim(horizon) == 0 else out

    def expected_orders(self, h: Histories, horizon: float) -> Floats:
        """Expected orders within `horizon` units, one per history."""
        return np.asarray(self.p_alive(h) * self.orders_if_alive(h.x, h.T, horizon))

    def new_customer_orders(self, horizon: float | Floats) -> Floats:
        """Expected repeat orders of a customer who has just placed the first one."""
        zero = np.zeros(1)
        alive = expit(-self._log_odds_gone(zero, zero, zero))
        return np.asarray(alive * self.orders_if_alive(zero, zero, np.atleast_1d(np.asarray(horizon, dtype=float)))[0])

    def p_alive_expression(self, customers: ir.Table) -> ir.FloatingValue:
        """:meth:`p_alive` as an expression on frequency, recency and T in days, so that it runs where the table is."""
        x, t_x, T = (customers[c].cast("float64") for c in ("frequency", "recency", "T"))
        alpha = self.alpha * self.unit_days
        log_d = (
            math.log(self.a)
            - ibis.greatest(x + (self.b + self.shift - 1), 1e-12).ln()
            + (x + self.r) * ((T + alpha).ln() - (t_x + alpha).ln())
        )
        # past ±700 exp() leaves the double range on every engine
        alive = 1 / (1 + ibis.greatest(ibis.least(log_d, 700.0), -700.0).exp())
        return alive if self.shift else (x > 0).ifelse(alive, ibis.literal(1.0))

    def p_return_expression(self, customers: ir.Table, horizon_days: int) -> ir.FloatingValue:
        """:meth:`p_return` as an expression on frequency, recency and T in days."""
        x, T = customers.frequency.cast("float64"), customers["T"].cast("float64")
        alpha = self.alpha * self.unit_days
        stay_away = ((x + self.r) * ((T + alpha).ln() - (T + (alpha + horizon_days)).ln())).exp()
        return self.p_alive_expression(customers) * (1 - stay_away)


def log_odds_gone(theta: Floats, x: Floats, t_x: Floats, T: Floats, shift: int) -> Floats:
    """Log D at parameters `theta` (their logarithms); −∞ where nobody could have left yet."""
    r, alpha, a, b = np.exp(theta)
    possible = x + shift > 0
    before = np.where(possible, b + x + shift - 1, 1.0)
    return np.asarray(
        np.where(possible, math.log(a) - np.log(before) + (r + x) * (np.log(alpha + T) - np.log(alpha + t_x)), -np.inf)
    )
