"""The same customers through other people's libraries: lifetimes for the models, lifelines for the curves."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worlds import cdnow

from benchmarks import agreement
from helpers.metrics import bg_nbd, fit_check, gamma_gamma, mbg_nbd
from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.customers import summarise
from helpers.metrics.fit_check import FitCheck
from helpers.metrics.gamma_gamma import GammaGamma
from helpers.metrics.histories import Histories, compress
from helpers.metrics.survival import Survival, kaplan_meier

PEERS: dict[str, Any] = json.loads((Path(__file__).parent / "peer_values.json").read_text("utf-8"))


@pytest.mark.real
class TestCdnow:
    """CDNOW 1/10 sample, 39 weeks to fit and 39 to predict, through lifetimes as well."""

    def test_conditional_expectations_by_frequency(self) -> None:
        """By number of repeat orders we expect what lifetimes expects, of every class."""
        found = fit_check.check(cdnow("sample"), date(1998, 6, 30))
        assert isinstance(found, FitCheck)
        assert sum(row.customers for row in found.classes) == 2357
        assert [row.predicted for row in found.classes] == pytest.approx(PEERS["cdnow"]["by_class"], rel=1e-4)

    def test_single_customers(self) -> None:
        """A newcomer's year, a regular's, and that of four who came ever more often before falling silent."""
        model = bg_nbd.fit(compress(summarise(cdnow("sample"), date(1997, 9, 30))))
        assert isinstance(model, BetaGeometric)
        theirs, year = PEERS["cdnow"], PEERS["cdnow"]["year"]
        x, t_x, T = (np.array(theirs["singles"][name]) for name in ("frequency", "recency", "T"))
        rows = Histories(x, t_x, T, np.ones(len(x)))
        assert float(model.new_customer_orders(year)[0]) == pytest.approx(theirs["newcomer"], rel=1e-4)
        assert model.expected_orders(rows, year) == pytest.approx(theirs["expected_orders"], rel=1e-4)
        assert model.p_alive(rows) == pytest.approx(theirs["p_alive"], rel=1e-4)


class TestLifetimes:
    """The same customers through lifetimes, which cannot be installed beside us: its answers stand in peer_values.json."""

    @staticmethod
    def cases() -> tuple[Histories, Any]:
        """Single customers to predict, and what an order of theirs was worth."""
        asked = {name: np.array(values, dtype=float) for name, values in PEERS["cases"].items()}
        rows = Histories(asked["frequency"], asked["recency"], asked["T"], np.ones(len(asked["T"])))
        return rows, asked["monetary_value"]

    @pytest.mark.parametrize(("name", "fit"), [("bg_nbd", bg_nbd.fit), ("mbg_nbd", mbg_nbd.fit)])
    def test_order_models(self, name: str, fit: Any) -> None:
        """Both models: parameters, P(alive) and expected orders of six customers agree to a few ten-thousandths."""
        made, theirs = PEERS["histories"], PEERS["lifetimes"][name]
        x, t_x, T = (np.array(made[key], dtype=float) for key in ("frequency", "recency", "T"))
        model = fit(Histories(x, t_x, T, np.ones(len(x))))
        assert isinstance(model, BetaGeometric)
        for parameter, value in theirs["parameters"].items():
            assert getattr(model, parameter) == pytest.approx(value, rel=1e-3)
        rows, _ = self.cases()
        assert model.p_alive(rows) == pytest.approx(np.array(theirs["p_alive"]), rel=3e-4)
        assert model.expected_orders(rows, PEERS["weeks"]) == pytest.approx(
            np.array(theirs["expected_orders"]), rel=3e-4
        )

    def test_value_model(self) -> None:
        """Gamma-Gamma: parameters and the value of the next order agree."""
        made, theirs = PEERS["histories"], PEERS["lifetimes"]["gamma_gamma"]
        spend = gamma_gamma.from_arrays(np.array(made["frequency"]), np.array(made["monetary_value"]))
        model = gamma_gamma.fit(spend)
        assert isinstance(model, GammaGamma)
        for parameter, value in theirs["parameters"].items():
            assert getattr(model, parameter) == pytest.approx(value, rel=1e-3)
        rows, money = self.cases()
        assert model.expected_value(rows.x, money) == pytest.approx(np.array(theirs["expected_value"]), rel=3e-4)


class TestLifelines:
    """The same waits through lifelines."""

    def test_curve_interval_and_median(self) -> None:
        """Share, log–log interval and median with its interval are the same to the last digits."""
        days, event = (np.array(PEERS["waits"][name]) for name in ("days", "event"))
        times, place = np.unique(days, return_inverse=True)
        ended = np.bincount(place, event).astype(int)
        curve = kaplan_meier(times, ended, np.bincount(place) - ended, tail=1)
        assert isinstance(curve, Survival)
        theirs = PEERS["lifelines"]
        for i, day in enumerate(PEERS["at"]):
            assert curve.at(day) == pytest.approx((theirs["survival"][i], theirs["low"][i], theirs["high"][i]))
        assert curve.quantile(0.5) == tuple(theirs["median"])


def test_the_peers_were_asked_about_these_customers() -> None:
    """The customers in the file are those the command makes, so running it again compares like with like."""
    assert {name: PEERS[name] for name in ("histories", "cases", "waits")} == json.loads(
        json.dumps(agreement.business())
    )
