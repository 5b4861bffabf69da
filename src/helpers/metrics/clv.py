"""What each customer is expected to bring in the next months: expected orders × expected value × margin, discounted.

Expected orders = P(alive) × what someone alive would order, and the latter depends on frequency and age alone. So
Python works through the few distinct (frequency, T) and the engine does the rest: the customers table never leaves
it.
"""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir
import numpy as np

from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.gamma_gamma import GammaGamma
from helpers.metrics.histories import Degenerate, Floats, Histories
from helpers.metrics.uncertainty import Estimate, NotEnough, slopes, z

MONTH_DAYS = 365.25 / 12

_PEOPLE, _FUTURES, _SEED = 2_000, 64, 20_240_229


def score(
    customers: ir.Table,
    model: BetaGeometric | NotEnough | Degenerate | None,
    value: GammaGamma | NotEnough | Degenerate | None,
    *,
    margin: float,
    annual_discount: float = 0.10,
    months: int = 12,
) -> ir.Table:
    """Add p_alive, expected_orders_12m and clv_12m (or whatever `months` is) to the customers.

    Orders are purchase days, as in the models. The orders of a month are discounted from its middle.

    Args:
        customers: the customer summary.
        model: fitted BG/NBD or MBG/NBD, or its refusal.
        value: fitted Gamma-Gamma, or its refusal.
        margin: share of revenue that is left after the cost of goods, 0–1.
        annual_discount: e.g. 0.10.
        months: horizon.

    Returns:
        The table with three more columns: all missing without `model`, the last one missing without `value`.
    """
    orders_column, value_column = f"expected_orders_{months}m", f"clv_{months}m"
    if not isinstance(model, BetaGeometric):
        missing = ibis.null("float64")
        return customers.mutate(p_alive=missing, **{orders_column: missing, value_column: missing})
    distinct = customers.select("frequency", "T").distinct().order_by("frequency", "T").to_pyarrow()
    x, T = (distinct[name].to_numpy().astype(np.float64) for name in ("frequency", "T"))
    plain, discounted = _if_alive(model, x, T / model.unit_days, months, annual_discount)
    lookup = ibis.memtable(
        {"frequency": x.astype(np.int64), "T": T.astype(np.int64), "plain": plain, "discounted": discounted}
    )
    joined = customers.left_join(lookup, ["frequency", "T"])
    alive = model.p_alive_expression(joined)
    worth: ir.Value = ibis.null("float64")
    if isinstance(value, GammaGamma):
        worth = alive * joined.discounted * value.expected_value_expression(joined) * margin
    added = joined.mutate(p_alive=alive, **{orders_column: alive * joined.plain, value_column: worth})
    return added.select(*customers.columns, "p_alive", orders_column, value_column)


def total(
    customers: ir.Table,
    model: BetaGeometric,
    value: GammaGamma,
    *,
    margin: float,
    annual_discount: float = 0.10,
    months: int = 12,
) -> Estimate:
    """Value of the whole base over the horizon, with the range in which the realised sum most likely falls.

    The 95 % range holds what is not known about the parameters (delta method on the covariance of the fits) and the
    luck of individual customers (futures simulated from each one's posterior); it takes the models themselves as
    true.
    """
    h, spent = _with_spend(customers, model.unit_days)
    discounted = _if_alive(model, h.x, h.T, months, annual_discount)[1]
    centre = margin * float((model.p_alive(h) * discounted * _values(value, h, spent)).sum())
    uncertain = _parameter_variance(model, value, h, spent, months)
    luck = _luck(model, value, h, spent, months)
    half = z() * math.sqrt(uncertain + luck)
    return Estimate(centre, centre * math.exp(-half), centre * math.exp(half), h.n)


def _if_alive(model: BetaGeometric, x: Floats, T: Floats, months: int, annual_discount: float) -> tuple[Floats, Floats]:
    """Orders within the horizon of someone alive, plain and discounted, per (x, T) in units."""
    ends = np.arange(1, months + 1) * MONTH_DAYS / model.unit_days
    pairs, where = np.unique(np.column_stack([x, T]), axis=0, return_inverse=True)
    cumulative = model.orders_if_alive(pairs[:, 0], pairs[:, 1], ends)
    monthly = np.diff(cumulative, axis=1, prepend=0.0)
    factor = (1 + annual_discount) ** (-(np.arange(months) + 0.5) / 12)
    return cumulative[:, -1][where], (monthly * factor).sum(axis=1)[where]


def _with_spend(customers: ir.Table, unit_days: int) -> tuple[Histories, Floats]:
    """Distinct histories, and what their customers together spent on repeat days."""
    spend = ibis.greatest(customers.monetary_value.fill_null(0.0), 0.0) * customers.frequency
    grouped = customers.group_by("frequency", "recency", "T").agg(customers_in=customers.count(), spent=spend.sum())
    frame = grouped.order_by("frequency", "recency", "T").to_pyarrow()
    x, t_x, T, count, spent = (
        frame[name].to_numpy().astype(np.float64) for name in ("frequency", "recency", "T", "customers_in", "spent")
    )
    return Histories(x, t_x / unit_days, T / unit_days, count, unit_days), spent


def _values(value: GammaGamma, h: Histories, spent: Floats) -> Floats:
    """Sum over a history's customers of the expected value of an order: linear in what each spent."""
    return np.asarray(value.p * (h.count * value.gamma + spent) / (value.p * h.x + value.q - 1))


def _parameter_variance(model: BetaGeometric, value: GammaGamma, h: Histories, spent: Floats, months: int) -> float:
    """Variance of the logarithm of the total that comes from the parameters, by the delta method."""
    horizon = months * MONTH_DAYS / model.unit_days
    pairs, where = np.unique(np.column_stack([h.x, h.T]), axis=0, return_inverse=True)

    def log_total(m: BetaGeometric, v: GammaGamma) -> float:
        orders = m.p_alive(h) * m.orders_if_alive(pairs[:, 0], pairs[:, 1], horizon)[where]
        return math.log(float((orders * _values(v, h, spent)).sum()))

    by_model = slopes(lambda m: log_total(m, value), model, ("r", "alpha", "a", "b"))
    by_value = slopes(lambda v: log_total(model, v), value, ("p", "q", "gamma"))
    covariances = (np.array(model.covariance), np.array(value.covariance))
    return float(by_model @ covariances[0] @ by_model + by_value @ covariances[1] @ by_value)


def _luck(model: BetaGeometric, value: GammaGamma, h: Histories, spent: Floats, months: int) -> float:
    """Variance of the logarithm of the total that comes from what individual customers happen to do.

    Given the history someone is alive with P(alive), and then λ ~ Gamma(r+x, α+T), p ~ Beta(a, β), ν ~ Gamma(q+px,
    γ+Σz). They order min(Poisson(λt), Geometric(p)) times: up to the horizon or up to and including the order they
    leave after.
    """
    rng = np.random.default_rng(_SEED)
    who = rng.choice(len(h.x), size=(_PEOPLE, 1), p=h.count / h.count.sum())
    x, T, spend = h.x[who], h.T[who], (spent / h.count)[who]
    shape = (_PEOPLE, _FUTURES)
    alive = rng.random(shape) < model.p_alive(h)[who]
    rate = rng.gamma(model.r + x, size=shape) / (model.alpha + T)
    leave = np.maximum(rng.beta(model.a, model.b + x + model.shift, size=shape), 1e-12)
    orders = np.minimum(rng.poisson(rate * months * MONTH_DAYS / model.unit_days), rng.geometric(leave))
    spread = rng.gamma(value.q + value.p * x, size=shape) / (value.gamma + spend)
    money = rng.gamma(np.maximum(value.p * orders * alive, 1e-12)) / spread
    return float(money.var(axis=1).mean() / money.mean() ** 2 / h.count.sum())
