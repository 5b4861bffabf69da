"""What the customers at hand will do next, each group by the model that fits it: silence for those who come as they like, contracts
for members. The gate decides; the wrong model is not fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.business import Business
from helpers.metrics import (
    backtest,
    bg_nbd,
    clv,
    contracts,
    fit_check,
    gamma_gamma,
    gate,
    histories,
    risk,
    sbg,
    tenure,
    windows,
)
from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.gate import Gate
from helpers.metrics.histories import Degenerate
from helpers.metrics.uncertainty import NotEnough

RETURN_DAYS = 90
"""Horizon of the chance of returning and of its back-test; it names the column ``p_return_90d``."""

SCORES = ("p_return_90d", "p_alive", "expected_orders_12m", "clv_12m")
"""What is said about each customer's future."""


@dataclass(frozen=True)
class Outlook:
    """Scores per customer and the models behind them.

    Attributes:
        customers: the customer table with the columns of :data:`SCORES`, missing where nothing can be said.
        facts: models, back-test, fit check, totals and the gate, as the run records them.
    """

    customers: ir.Table
    facts: dict[str, Any]


def look_ahead(
    business: Business, con: Any, table: ir.Table, orders: ir.Table, subscriptions: ir.Table | None, *, as_of: date
) -> Outlook:
    """Decide how this business is to be measured, fit what may be fitted, and put the scores on the customers."""
    decided = gate.decide(subscriptions, orders, as_of=as_of, override=business.model, pause_days=business.pause_days)
    found = _by_silence(
        business, con, table, gate.free_orders(orders, subscriptions, decided.kind, as_of=as_of), decided, as_of
    )
    measured = None if decided.refusal("contracts") else subscriptions
    members = _by_contract(business, measured, decided, as_of)
    scored = found.customers
    if members.worth is not None:
        own = con.create_table("c_members", members.worth, temp=True)
        joined = scored.left_join(own, "customer_id").drop("customer_id_right")
        scored = joined.mutate(clv_12m=ibis.coalesce(joined.member_clv, joined.clv_12m)).drop("member_clv")
    totals = {**found.facts["next_12_months"], "members": members.facts.pop("total")}
    return Outlook(scored, {**found.facts, **members.facts, "next_12_months": totals, "gate": decided})


def _by_silence(business: Business, con: Any, table: ir.Table, orders: ir.Table, decided: Gate, as_of: date) -> Outlook:
    """BG/NBD, Gamma-Gamma and the chance of returning, for whoever comes as they like."""
    refusal = decided.refusal("silence")
    if refusal is not None:
        blank = table.mutate(**{name: ibis.null("float64") for name in SCORES})
        names = ("bg_nbd", "gamma_gamma", "risk", "backtest", "fit_check")
        return Outlook(blank, {**dict.fromkeys(names, refusal), "next_12_months": {"orders": None, "clv": None}})
    free = table
    if decided.kind == "both":
        buyers = orders.filter(orders.customer_id.notnull()).select("customer_id").distinct()
        free = con.create_table("c_free", table.semi_join(buyers, "customer_id"), temp=True)
    frequency = bg_nbd.fit(histories.compress(free))
    value = gamma_gamma.fit(gamma_gamma.compress(free))
    looked_back = windows.look_back(orders, as_of, RETURN_DAYS)
    past = None if isinstance(looked_back, NotEnough) else looked_back
    chances = risk.score(orders, free, as_of, RETURN_DAYS, past=past)
    valued = clv.score(free, frequency, value, margin=business.margin).select("customer_id", *SCORES[1:])
    scores = valued.left_join(chances.scores.select("customer_id", SCORES[0]), "customer_id").drop("customer_id_right")
    scores = con.create_table("c_scores", scores, temp=True)
    worth = None
    if isinstance(frequency, BetaGeometric) and isinstance(value, gamma_gamma.GammaGamma):
        worth = clv.total(free, frequency, value, margin=business.margin)
    facts = {
        "bg_nbd": frequency,
        "gamma_gamma": value,
        "risk": chances.summary,
        "backtest": backtest.backtest(orders, as_of, RETURN_DAYS, past=past),
        "fit_check": fit_check.check(orders, as_of),
        "next_12_months": {"orders": scores.expected_orders_12m.sum().to_pyarrow().as_py(), "clv": worth},
    }
    return Outlook(table.left_join(scores, "customer_id").drop("customer_id_right"), facts)


@dataclass(frozen=True)
class _Members:
    worth: ir.Table | None
    facts: dict[str, Any]


def _by_contract(business: Business, subscriptions: ir.Table | None, decided: Gate, as_of: date) -> _Members:
    """Shifted-beta-geometric of the memberships, and what those who pay today will bring."""
    if subscriptions is None:
        return _Members(None, {"sbg": decided.refusal("contracts"), "total": None})
    paid = contracts.paid_contracts(subscriptions, as_of=as_of, pause_days=business.pause_days)
    found = tenure.renewals(paid, as_of=as_of, pause_days=business.pause_days)
    model: sbg.ShiftedBetaGeometric | NotEnough | Degenerate = sbg.fit(found)
    if not isinstance(model, sbg.ShiftedBetaGeometric):
        return _Members(None, {"sbg": model, "total": None})
    total = sbg.worth(model, tenure.present(paid, as_of=as_of), margin=business.margin)
    worth = sbg.score(paid, model, as_of=as_of, margin=business.margin).rename(member_clv="clv_12m")
    return _Members(worth, {"sbg": model, "total": total})
