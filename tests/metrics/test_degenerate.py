"""Businesses no model is made for: everywhere a sentence or finite figures, never NaN and never an exception."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from datetime import date
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import orders_table

from helpers.metrics import backtest, bg_nbd, clv, fit_check, gamma_gamma, mbg_nbd, risk, windows
from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.customers import summarise
from helpers.metrics.gamma_gamma import GammaGamma
from helpers.metrics.histories import Degenerate, compress
from helpers.metrics.uncertainty import NotEnough

END = date(2026, 6, 30)
Columns = tuple[Any, Any, Any]

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def table(who: Any, days_ago: Any, money: Any) -> ir.Table:
    """Orders from who, how many days before the end, and how much."""
    days = np.datetime64(END) - np.asarray(days_ago).astype(int)
    return orders_table(np.asarray(who).astype(int), days, np.broadcast_to(money, days.shape))


def regular(customers: int, visits: int) -> tuple[Any, Any]:
    """So many customers, each once a week."""
    who, week = np.meshgrid(np.arange(customers), np.arange(visits))
    return who.ravel(), week.ravel() * 7


def scattered(seed: int = 0, people: int = 300, orders: int = 3_000, span: int = 600) -> tuple[Any, Any]:
    """Random customers on random days."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, people, orders), rng.integers(0, span, orders)


def undying(customers: int = 1_500) -> tuple[Any, Any]:
    """Everyone at an own pace for ever: the share who leave after an order, and with it a, goes to 0."""
    rng = np.random.default_rng(4)
    age = rng.integers(200, 700, customers)
    who = np.repeat(np.arange(customers), 1 + rng.poisson(rng.gamma(2.0, 1 / 40, customers) * age))
    first = np.r_[True, who[1:] != who[:-1]]
    return who, np.where(first, age[who], np.floor(age[who] * rng.random(len(who))))


def noise(seed: int, size: int, spread: float) -> Any:
    """Heavy-tailed money."""
    return np.exp(spread * np.random.default_rng(seed).normal(size=size))


BUSINESSES: dict[str, Callable[[], Columns]] = {
    "everybody once": lambda: (np.arange(600), np.arange(600), 9.0),
    "everybody weekly": lambda: (*regular(150, 70), 9.0),
    "twelve customers": lambda: (np.arange(240) % 12, np.arange(240) * 3, 9.0),
    "two customers": lambda: (np.arange(60) % 2, np.arange(60) * 7, 9.0),
    "one customer": lambda: (np.zeros(60), np.arange(60) * 7, 9.0),
    "one order": lambda: ([0], [0], 9.0),
    "all on one day": lambda: (np.arange(900) % 300, np.zeros(900), 9.0),
    "all on two days": lambda: (np.arange(800) % 400, np.where(np.arange(800) < 400, 0, 300), noise(1, 800, 0.5)),
    "nobody ever leaves": lambda: (*undying(), 9.0 + np.arange(len(undying()[0])) % 7),
    "one price": lambda: (*scattered(), 5.0),
    "nothing is paid": lambda: (*scattered(), 0.0),
    "only refunds": lambda: (*scattered(), -5.0),
    "more refunds than sales": lambda: (*scattered(), np.random.default_rng(2).normal(-1, 10, 3_000)),
    "a few whales": lambda: (*scattered(), noise(3, 3_000, 4.0)),
    "gaps of sixteen years": lambda: (
        np.tile(np.arange(400), 2),
        np.concatenate([6_000 + np.arange(400), np.arange(400) * 2]),
        noise(4, 800, 0.5),
    ),
    "one regular among strangers": lambda: (
        np.concatenate([np.arange(400), np.zeros(700)]),
        np.concatenate([np.arange(400) + 300, np.arange(700)]),
        9.0,
    ),
}


def said(found: Any) -> str:
    """The sentence of a refusal, which must be there."""
    if isinstance(found, NotEnough):
        assert 0 <= found.have < found.need
        return found.what
    sentence = found.reason if isinstance(found, Degenerate) else found.verdict
    assert sentence.endswith(".")
    return str(sentence)


def finite(found: Any) -> bool:
    """Whether every number in a result, at any depth, is one."""
    if isinstance(found, dict | list | tuple):
        return all(finite(part) for part in (found.values() if isinstance(found, dict) else found))
    return not isinstance(found, float) or math.isfinite(found)


def columns_of(scored: ir.Table, names: tuple[str, ...], *, missing: bool) -> None:
    """All values missing, or all there and finite."""
    read = scored.select(*names).to_pyarrow()
    for column in read.columns:
        assert column.null_count == (len(column) if missing else 0)
        assert missing or pc.all(pc.is_finite(column.cast(pa.float64()))).as_py()


def through_everything(orders: ir.Table) -> dict[str, Any]:
    """Every model and what follows from it; asserts that each gives a sentence or finite figures."""
    customers = summarise(orders, END).cache()
    histories, value = compress(customers), gamma_gamma.fit(gamma_gamma.compress(customers))
    found: dict[str, Any] = {"value": value}
    for name, fit in (("bg_nbd", bg_nbd.fit), ("mbg_nbd", mbg_nbd.fit)):
        model = found[name] = fit(histories)
        known = isinstance(model, BetaGeometric)
        scored = clv.score(customers, model, value, margin=0.4)
        columns_of(scored, ("p_alive", "expected_orders_12m"), missing=not known)
        columns_of(scored, ("clv_12m",), missing=not (known and isinstance(value, GammaGamma)))
        if isinstance(model, BetaGeometric) and isinstance(value, GammaGamma):
            total = clv.total(customers, model, value, margin=0.4)
            assert 0 < total.low <= total.value <= total.high < math.inf
    past = windows.look_back(orders, END)
    found["fit check"] = fit_check.check(orders, END)
    found["back-test"] = backtest.backtest(orders, END, past=past)
    scores = risk.score(orders, customers, END, past=past)
    found["risk"] = scores.summary
    columns_of(scores.scores, ("p_return_90d",), missing=isinstance(scores.summary, NotEnough))
    for result in found.values():
        assert finite(dataclasses.asdict(result))
        assert "NaN" not in json.dumps(dataclasses.asdict(result))
        if not isinstance(result, BetaGeometric | GammaGamma | fit_check.FitCheck):
            said(result)
    return found


@pytest.mark.parametrize("name", BUSINESSES)
def test_no_model_but_a_sentence(name: str) -> None:
    """No such business gets a forecast of orders; each gets the reason, and columns that are missing rather than zero or NaN."""
    found = through_everything(table(*BUSINESSES[name]()))
    assert isinstance(found["bg_nbd"], NotEnough | Degenerate)
    assert isinstance(found["fit check"], NotEnough | Degenerate)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("one price", gamma_gamma.SAME_SPEND),
        ("nothing is paid", gamma_gamma.NO_SPEND),
        ("only refunds", gamma_gamma.NO_SPEND),
        ("a few whales", gamma_gamma.HEAVY_TAIL),
    ],
)
def test_no_value_model_but_the_right_sentence(name: str, reason: str) -> None:
    """What is wrong with the money is said in so many words."""
    customers = summarise(table(*BUSINESSES[name]()), END)
    assert gamma_gamma.fit(gamma_gamma.compress(customers)) == Degenerate(reason)


def test_an_empty_business() -> None:
    """Not a single order: refusals everywhere, and tables without rows."""
    orders = table([0], [0], 1.0)
    found = through_everything(orders.filter(orders.customer_id == "nobody"))
    assert found["bg_nbd"] == NotEnough(0, 100)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    people=st.sampled_from([1, 2, 90, 400]),
    orders=st.sampled_from([1, 150, 1_500]),
    span=st.sampled_from([1, 40, 500, 8_000]),
    money=st.sampled_from([0.0, 1e-6, 1e12, -1.0]),
    spread=st.sampled_from([0.0, 1.0, 5.0]),
)
def test_any_business(seed: int, people: int, orders: int, span: int, money: float, spread: float) -> None:
    """However many people order however often, for however much: finite figures or a sentence, and JSON takes it."""
    through_everything(table(*scattered(seed, people, orders, span), money * noise(seed, orders, spread)))
