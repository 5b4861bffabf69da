"""Gamma-Gamma: published values, brute force, gradient, and businesses without a value model."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma as gamma_law
from worlds import cdnow, customers_table

from helpers.metrics import gamma_gamma
from helpers.metrics.customers import summarise
from helpers.metrics.gamma_gamma import GammaGamma, Spend
from helpers.metrics.histories import Degenerate
from helpers.metrics.uncertainty import NotEnough


def world(n: int, p: float, q: float, gamma: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequency and mean spend of customers who behave exactly as the model says."""
    rng = np.random.default_rng(seed)
    x = rng.geometric(0.3, n).astype(float)
    nu = rng.gamma(q, size=n) / gamma
    return x, rng.gamma(p * x) / (nu * x)


class TestPublished:
    """CDNOW 1/10 sample (Hardie's note 025)."""

    @pytest.mark.real
    def test_parameters(self) -> None:
        """p, q and γ are the published ones, from the same 946 customers; spend hardly goes with frequency."""
        found = gamma_gamma.fit(gamma_gamma.compress(summarise(cdnow("sample"), date(1997, 9, 30))))
        assert isinstance(found, GammaGamma)
        assert found.n == 946
        assert (found.p, found.q, found.gamma) == pytest.approx((6.250, 3.744, 15.444), abs=2e-3)
        assert found.correlation == pytest.approx(0.114, abs=1e-3)
        assert found.note is None


class TestValues:
    """What the model says of one customer."""

    def fitted(self, scale: float = 1.0) -> GammaGamma:
        """A model of 3,000 simulated customers."""
        x, z = world(3_000, 6.25, 3.74, 15.44, seed=1)
        found = gamma_gamma.fit(gamma_gamma.from_arrays(x, z * scale))
        assert isinstance(found, GammaGamma)
        return found

    def test_truth_is_found_within_three_standard_errors(self) -> None:
        """Simulated customers give their parameters back."""
        found = self.fitted()
        errors = np.log([found.p, found.q, found.gamma]) - np.log([6.25, 3.74, 15.44])
        assert (np.abs(errors) < 3 * np.sqrt(np.diag(found.covariance))).all()

    def test_dong_and_dollars_give_the_same_model(self) -> None:
        """Another currency scales γ and leaves p and q alone."""
        dollars, dong = self.fitted(), self.fitted(25_000)
        assert (dong.p, dong.q) == pytest.approx((dollars.p, dollars.q), rel=1e-4)
        assert dong.gamma == pytest.approx(dollars.gamma * 25_000, rel=1e-4)

    def test_expected_value_is_the_posterior_mean(self) -> None:
        """Integrating over the customer's own ν gives the closed form; without a repeat day it is the business's mean."""
        found = self.fitted()
        x, z = 3.0, 52.0

        def weight(nu: float) -> float:
            prior = gamma_law.pdf(nu, found.q, scale=1 / found.gamma)
            return float(prior * gamma_law.pdf(z, found.p * x, scale=1 / (nu * x)))

        mean = quad(lambda nu: weight(nu) * found.p / nu, 0, 5)[0] / quad(weight, 0, 5)[0]
        assert found.expected_value(np.array([x]), np.array([z]))[0] == pytest.approx(mean, rel=1e-6)
        newcomer = found.expected_value(np.array([0.0]), np.array([np.nan]))[0]
        assert newcomer == pytest.approx(found.p * found.gamma / (found.q - 1))

    def test_engine_and_python_agree(self) -> None:
        """The expression gives the numbers of the arrays, also for one-time buyers without a value."""
        found, x, z = self.fitted(), np.array([0, 1, 4]), np.array([0.0, 20.0, 75.5])
        table = customers_table(x, x * 7, x * 7 + 9, z)
        frame = table.mutate(value=found.expected_value_expression(table)).order_by("customer_id").to_pandas()
        assert frame["value"].to_numpy() == pytest.approx(found.expected_value(x, z))

    def test_grouping_money_changes_nothing_visible(self) -> None:
        """Cells of 0.1 % give the parameters of the ungrouped fit."""
        x, z = world(3_000, 2.0, 3.0, 100.0, seed=2)
        grouped = gamma_gamma.fit(gamma_gamma.compress(customers_table(x, x * 7, x * 7 + 9, z)))
        single = gamma_gamma.fit(gamma_gamma.from_arrays(x, z))
        assert isinstance(grouped, GammaGamma)
        assert isinstance(single, GammaGamma)
        assert (grouped.p, grouped.q, grouped.gamma) == pytest.approx((single.p, single.q, single.gamma), rel=1e-4)

    def test_gradient_is_the_slope(self) -> None:
        """The analytic gradient equals finite differences."""
        spend, theta = gamma_gamma.from_arrays(*world(500, 2.0, 3.0, 100.0, seed=3)), np.log([1.7, 2.4, 80.0])
        numeric = [
            (gamma_gamma.log_likelihood(theta + e, spend)[0] - gamma_gamma.log_likelihood(theta - e, spend)[0]) / 2e-5
            for e in np.eye(3) * 1e-5
        ]
        assert gamma_gamma.log_likelihood(theta, spend)[1] == pytest.approx(numeric, rel=1e-5, abs=1e-4)

    def test_reader_is_warned_when_frequency_and_spend_go_together(self) -> None:
        """A correlation of 0.3 or more comes with a sentence."""
        x, z = world(2_000, 6.0, 4.0, 30.0, seed=4)
        found = gamma_gamma.fit(gamma_gamma.from_arrays(x, z * (1 + x)))
        assert isinstance(found, GammaGamma)
        assert found.correlation > 0.3
        assert found.note == gamma_gamma.NOTE_CORRELATED


class TestNoModel:
    """Businesses that get a sentence."""

    def test_too_few(self) -> None:
        """Forty-nine buyers are one too few."""
        found = gamma_gamma.fit(gamma_gamma.from_arrays(np.ones(49), np.arange(1.0, 50.0)))
        assert found == NotEnough(49, 50, "customers who came back")

    def test_nobody_spends(self) -> None:
        """Nothing but free returns: nothing to learn."""
        assert gamma_gamma.fit(gamma_gamma.from_arrays(np.ones(90), np.zeros(90))) == Degenerate(gamma_gamma.NO_SPEND)

    def test_one_price_for_all(self) -> None:
        """A gym with a single price needs no model of value."""
        found = gamma_gamma.fit(gamma_gamma.from_arrays(np.arange(200) % 9 + 1.0, np.full(200, 50_000.0)))
        assert found == Degenerate(gamma_gamma.SAME_SPEND)

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 10_000), st.sampled_from([0.0, 0.4, 2.0, 6.0]), st.sampled_from([1e-3, 1.0, 1e6]))
    def test_any_spend_gets_a_model_or_a_sentence(self, seed: int, spread: float, unit: float) -> None:
        """Whatever people spend, the answer is finite or a typed refusal, and the mean exists (q > 1)."""
        rng = np.random.default_rng(seed)
        x = rng.geometric(0.4, 80).astype(float)
        found = gamma_gamma.fit(gamma_gamma.from_arrays(x, unit * np.exp(spread * rng.normal(size=80))))
        assert isinstance(found, GammaGamma | Degenerate)
        if isinstance(found, GammaGamma):
            assert found.q > 1
            assert all(math.isfinite(v) for v in (found.p, found.q, found.gamma, found.log_likelihood, *found.se))

    def test_correlation_of_constants_is_zero(self) -> None:
        """No variation, no correlation, no division by zero."""
        assert Spend(np.ones(3), np.ones(3), np.zeros(3), np.ones(3)).correlation == 0.0
