"""BG/NBD and MBG/NBD: published values, brute force, gradient, truth recovered, and businesses that have no model."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln, gammaln, hyp2f1
from scipy.stats import beta as beta_law
from scipy.stats import gamma as gamma_law
from worlds import as_histories, bg_nbd_world, cdnow, customers_table, days_world

from benchmarks import orders
from helpers import engine
from helpers.metrics import bg_nbd, histories, mbg_nbd
from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.beta_geometric_fit import ALL_ALIKE, NOBODY_LEAVES, NOBODY_RETURNED, log_likelihood
from helpers.metrics.customers import summarise
from helpers.metrics.histories import Degenerate, Histories, compress, from_days
from helpers.metrics.quadrature import beta_nodes
from helpers.metrics.uncertainty import NotEnough

CDNOW = (0.2426, 4.4136, 0.7929, 2.4259)
SIX = Histories(
    x=np.array([0.0, 0.0, 1.0, 2.0, 5.0, 12.0]),
    t_x=np.array([0.0, 0.0, 3.0, 30.4, 20.0, 38.0]),
    T=np.array([38.9, 5.0, 38.9, 38.9, 30.0, 39.0]),
    count=np.ones(6),
)


def model(parameters: tuple[float, ...] = CDNOW, kind: type[BetaGeometric] = bg_nbd.BgNbd) -> Any:
    """A model with given parameters."""
    r, alpha, a, b = parameters
    zeros = tuple((0.0,) * 4 for _ in range(4))
    return kind(r, alpha, a, b, 0.0, "week", 7, 6, 4, (0.0,) * 4, zeros)


@pytest.mark.real
class TestPublished:
    """CDNOW 1/10 sample up to 1997-09-30 (Fader, Hardie & Lee 2005)."""

    def fitted(self) -> bg_nbd.BgNbd:
        """The model of the paper."""
        found = bg_nbd.fit(compress(summarise(cdnow("sample"), date(1997, 9, 30))))
        assert isinstance(found, bg_nbd.BgNbd)
        return found

    def test_parameters_and_likelihood(self) -> None:
        """The parameters and the log-likelihood are those of the paper."""
        found = self.fitted()
        assert (found.n, found.repeaters, found.unit) == (2357, 946, "week")
        assert (found.r, found.alpha, found.a, found.b) == pytest.approx(CDNOW, abs=6e-4)
        assert found.log_likelihood == pytest.approx(-9582.43, abs=0.005)

    def test_conditional_expectation_of_the_papers_example(self) -> None:
        """Customer 0001 (x = 2, t_x = 30.43, T = 38.86) is expected to order 1.226 times in the next 39 weeks."""
        one = Histories(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.ones(1))
        assert self.fitted().expected_orders(one, 39.0)[0] == pytest.approx(1.226, abs=0.001)

    def test_unconditional_expectation_of_the_published_sheet(self) -> None:
        """Expected repeat orders of a new customer within a day, 1, 3, 31.9 and 32 weeks are those of Hardie's worksheet."""
        weeks = np.array([0.1429, 1.0, 3.0, 31.8571, 32.0])
        published = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437]
        assert self.fitted().new_customer_orders(weeks) == pytest.approx(published, abs=1e-4)

    def test_unconditional_expectation_far_out(self) -> None:
        """At 78 weeks ours is the exact value; the worksheet's 1.8576 is its series cut off after 150 terms, which we reproduce."""
        found = self.fitted()
        r, a, b, z = found.r, found.a, found.b, 78 / (found.alpha + 78)
        term = np.cumprod([(r + j) * (b + j) / ((a + b - 1 + j) * (j + 1)) * z for j in range(150)])
        scale, rest = (a + b - 1) / (a - 1), (found.alpha / (found.alpha + 78)) ** r
        assert scale * (1 - rest * (1 + term.sum())) == pytest.approx(1.8576, abs=1e-4)
        exact = scale * (1 - rest * hyp2f1(r, b, a + b - 1, z))
        assert found.new_customer_orders(78.0)[0] == pytest.approx(exact, rel=1e-9)

    def test_no_other_start_finds_more(self) -> None:
        """The modified model explains the same history at least as well, and no NaN is anywhere in its result."""
        found = mbg_nbd.fit(compress(summarise(cdnow("sample"), date(1997, 9, 30))))
        assert isinstance(found, mbg_nbd.MbgNbd)
        assert found.log_likelihood > -9582.43
        assert "NaN" not in json.dumps(dataclasses.asdict(found))


class TestSixCustomers:
    """Everything by brute force: integrals over λ and p instead of closed forms."""

    @staticmethod
    def over_everything(found: BetaGeometric, i: int, what: Any) -> float:
        """∫∫ what(λ, alive, gone) · prior, `alive` and `gone` being the two parts of the likelihood of history i.

        A midpoint sum over 1,500 × 1,500 equally likely pairs of order rate and probability of leaving.
        """
        x, t_x, T, s = SIX.x[i], SIX.t_x[i], SIX.T[i], found.shift
        middle = (np.arange(1_500) + 0.5) / 1_500
        lam = gamma_law.ppf(middle, found.r, scale=1 / found.alpha)[:, None]
        p = beta_law.ppf(middle, found.a, found.b)[None, :]
        alive = (1 - p) ** (x + s) * lam**x * np.exp(-lam * T)
        gone = p * (1 - p) ** (x + s - 1) * lam**x * np.exp(-lam * t_x) if x + s > 0 else 0.0 * alive
        return float(np.mean(what(lam, alive, gone)))

    @pytest.mark.parametrize("kind", [bg_nbd.BgNbd, mbg_nbd.MbgNbd])
    @pytest.mark.parametrize("i", [0, 2, 4])
    def test_likelihood_alive_and_return_are_integrals(self, kind: type[BetaGeometric], i: int) -> None:
        """Likelihood, P(alive) and P(return in 12 weeks) equal the integrals they stand for."""
        found = model((1.3, 6.0, 1.4, 2.6), kind)
        row = Histories(SIX.x[[i]], SIX.t_x[[i]], SIX.T[[i]], np.ones(1))
        whole = self.over_everything(found, i, lambda lam, alive, gone: alive + gone)
        alive = self.over_everything(found, i, lambda lam, alive, gone: alive)
        back = self.over_everything(found, i, lambda lam, alive, gone: alive * -np.expm1(-lam * 12))
        theta = np.log([found.r, found.alpha, found.a, found.b])
        assert log_likelihood(theta, row, found.shift)[0] == pytest.approx(math.log(whole), abs=1e-3)
        assert found.p_alive(row)[0] == pytest.approx(alive / whole, rel=1e-3)
        assert found.p_return(row, 12.0)[0] == pytest.approx(back / whole, rel=1e-3)

    @pytest.mark.parametrize("kind", [bg_nbd.BgNbd, mbg_nbd.MbgNbd])
    def test_simulated_futures_agree(self, kind: type[BetaGeometric]) -> None:
        """A hundred thousand simulated futures of each customer give the expected orders and the chance of returning."""
        found, rng, weeks, draws = model((0.9, 5.0, 0.8, 2.5), kind), np.random.default_rng(1), 26.0, 100_000
        for i in range(6):
            x, T = SIX.x[i], SIX.T[i]
            row = Histories(SIX.x[[i]], SIX.t_x[[i]], SIX.T[[i]], np.ones(1))
            rate = rng.gamma(found.r + x, size=draws) / (found.alpha + T)
            leave = rng.geometric(np.maximum(rng.beta(found.a, found.b + x + found.shift, draws), 1e-12))
            orders = np.minimum(rng.poisson(rate * weeks), leave) * (rng.random(draws) < found.p_alive(row)[0])
            error = 4 * orders.std() / math.sqrt(draws)
            assert found.expected_orders(row, weeks)[0] == pytest.approx(orders.mean(), abs=error)
            assert found.p_return(row, weeks)[0] == pytest.approx((orders > 0).mean(), abs=0.007)

    def test_expected_orders_equal_the_papers_formula(self) -> None:
        """The quadrature gives what the ₂F₁ expression of the paper gives where that one is stable."""
        found = model((0.6, 5.0, 1.7, 2.2))
        r, alpha, a, b = found.r, found.alpha, found.a, found.b
        x, t_x, T, t = SIX.x, SIX.t_x, SIX.T, 39.0
        d = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x), 0.0)
        curve = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + T + t))
        formula = (a + b + x - 1) / (a - 1) * (1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * curve) / (1 + d)
        assert found.expected_orders(SIX, t) == pytest.approx(formula, rel=1e-6)

    def test_likelihood_equals_the_papers_formula(self) -> None:
        """The sum over six customers equals the formula written out."""
        r, alpha, a, b = CDNOW
        x, t_x, T = SIX.x, SIX.t_x, SIX.T
        d = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x), 0.0)
        rates = gammaln(r + x) - gammaln(r) + r * math.log(alpha) - (r + x) * np.log(alpha + T)
        written = betaln(a, b + x) - betaln(a, b) + rates + np.log1p(d)
        assert log_likelihood(np.log(CDNOW), SIX, 0)[0] == pytest.approx(written.sum(), rel=1e-12)


class TestNumbers:
    """Gradient, quadrature, extremes."""

    @pytest.mark.parametrize("shift", [0, 1])
    def test_gradient_is_the_slope(self, shift: int) -> None:
        """The analytic gradient equals finite differences."""
        h = days_world(400, seed=3)
        for theta in (np.log(CDNOW), np.array([0.4, 2.5, -1.0, 1.2])):
            numeric = [
                (log_likelihood(theta + e, h, shift)[0] - log_likelihood(theta - e, h, shift)[0]) / 2e-5
                for e in np.eye(4) * 1e-5
            ]
            assert log_likelihood(theta, h, shift)[1] == pytest.approx(numeric, rel=1e-5, abs=1e-4)

    @pytest.mark.parametrize(("a", "b"), [(0.8, 2.4), (1.0, 1.0), (0.001, 5.0), (3.0, 900.0)])
    def test_quadrature_averages_over_a_beta(self, a: float, b: float) -> None:
        """Mean and variance of the Beta distribution come out exactly."""
        p, w = beta_nodes(np.array([a]), np.array([b]))
        law = beta_law(a, b)
        assert (w * p).sum() == pytest.approx(law.mean(), rel=1e-12)
        assert (w * p**2).sum() == pytest.approx(law.var() + law.mean() ** 2, rel=1e-12)

    def test_nothing_breaks_at_a_equal_one_or_thousands_of_orders(self) -> None:
        """a = 1, where the paper's formula is 0/0, and customers with 5,000 orders get finite, ordered figures."""
        h = Histories(np.array([0.0, 3.0, 5_000.0, 5_000.0]), np.array([0, 10, 99, 1.0]), np.full(4, 100.0), np.ones(4))
        for a in (1 - 1e-9, 1.0, 1 + 1e-9):
            found = model((0.3, 4.0, a, 2.5))
            figures = np.array([found.p_alive(h), found.p_return(h, 12.0), found.expected_orders(h, 52.0)])
            assert np.isfinite(figures).all()
            assert ((figures[:2] >= 0) & (figures[:2] <= 1)).all()
            assert figures[0, 3] == pytest.approx(0.0, abs=1e-9)
        near, at = (model((0.3, 4.0, a, 2.5)).expected_orders(h, 52.0) for a in (1 + 1e-7, 1.0))
        assert near == pytest.approx(at, rel=1e-4)

    def test_long_horizons_stay_exact(self) -> None:
        """Ten years for a customer seen for a week: quadrature and adaptive integration agree."""
        found = model((0.3, 4.0, 0.6, 2.0))

        def integrand(p: float) -> float:
            return float((1 - (1 + p * 520 / 5.0) ** -2.3) / p * beta_law.pdf(p, 0.6, 4.0))

        exact = quad(integrand, 0, 1e-3)[0] + quad(integrand, 1e-3, 1)[0]
        assert found.orders_if_alive(np.array([2.0]), np.array([1.0]), 520.0)[0] == pytest.approx(exact, rel=1e-4)

    @settings(max_examples=40, deadline=None)
    @given(
        st.tuples(*[st.floats(0.05, 20.0)] * 4),
        st.floats(1.0, 100.0),
        st.sampled_from([bg_nbd.BgNbd, mbg_nbd.MbgNbd]),
    )
    def test_identities(self, parameters: tuple[float, ...], weeks: float, kind: type[BetaGeometric]) -> None:
        """P(return) never exceeds P(alive) nor the expected orders, and both grow with the horizon."""
        found = model(parameters, kind)
        chance, orders = found.p_return(SIX, weeks), found.expected_orders(SIX, weeks)
        assert (chance <= found.p_alive(SIX) + 1e-12).all()
        assert (chance <= orders + 1e-9).all()
        assert (found.p_return(SIX, 2 * weeks) >= chance - 1e-12).all()
        assert (found.expected_orders(SIX, 2 * weeks) >= orders - 1e-9).all()

    @pytest.mark.parametrize("kind", [bg_nbd.BgNbd, mbg_nbd.MbgNbd])
    def test_engine_and_python_agree(self, kind: type[BetaGeometric]) -> None:
        """The expressions that run in the engine give the numbers of the arrays."""
        h = days_world(300, seed=5)
        found = model(kind=kind)
        table = customers_table(h.x, np.rint(h.t_x * 7), np.rint(h.T * 7))
        table = table.mutate(
            alive=found.p_alive_expression(table),
            back=found.p_return_expression(table, 90),
            row=table.customer_id.cast("int64"),
        )
        frame = table.order_by("row").to_pandas()
        assert frame["alive"].to_numpy() == pytest.approx(found.p_alive(h), rel=1e-9)
        assert frame["back"].to_numpy() == pytest.approx(found.p_return(h, 90 / 7), rel=1e-9)


class TestTruth:
    """A business that is exactly as the model says."""

    @pytest.mark.parametrize(("fit", "shift"), [(bg_nbd.fit, 0), (mbg_nbd.fit, 1)])
    @pytest.mark.parametrize("truth", [CDNOW, (1.5, 6.0, 0.6, 3.0)])
    def test_parameters_are_found_within_three_standard_errors(
        self, fit: Any, shift: int, truth: tuple[float, ...]
    ) -> None:
        """Every parameter of 8,000 simulated customers comes back within three standard errors (on the log scale)."""
        found = fit(as_histories(*bg_nbd_world(8_000, *truth, weeks=78, seed=11, shift=shift)))
        assert isinstance(found, BetaGeometric)
        errors = np.log([found.r, found.alpha, found.a, found.b]) - np.log(truth)
        assert (np.abs(errors) < 3 * np.sqrt(np.diag(found.covariance))).all()

    def test_leaving_alike_is_a_model_too_at_any_size(self, tmp_path: Path) -> None:
        """A million orders of customers whose readiness to leave hardly differs: a and b grow together, the forecast is settled."""
        con = engine.connect()
        made = orders.read(con, orders.write(tmp_path / "orders.parquet", 1_000_000))
        found = bg_nbd.fit(compress(summarise(made, orders.AS_OF)))
        assert isinstance(found, BetaGeometric)
        assert found.a > 400
        assert found.a / (found.a + found.b) == pytest.approx(0.0406, abs=0.0005)

    def test_compressed_and_uncompressed_are_one(self) -> None:
        """Grouping equal histories changes nothing but the time it takes."""
        h = days_world(2_000, seed=2)
        long = Histories(*(np.repeat(v, h.count.astype(int)) for v in (h.x, h.t_x, h.T)), np.ones(h.n))
        first, second = bg_nbd.fit(h), bg_nbd.fit(long)
        assert isinstance(first, bg_nbd.BgNbd)
        assert isinstance(second, bg_nbd.BgNbd)
        assert len(h.x) < len(long.x)
        assert first.log_likelihood == pytest.approx(second.log_likelihood, abs=1e-6)

    def test_engine_compresses_like_numpy(self) -> None:
        """The group-by in the engine and in numpy find the same histories."""
        x, t_x, T = np.array([0, 0, 3, 3, 1]), np.array([0, 0, 20, 20, 7]), np.array([30, 30, 40, 40, 30])
        ours, other = compress(customers_table(x, t_x, T)), from_days(x, t_x, T)
        for name in ("x", "t_x", "T", "count"):
            assert getattr(ours, name) == pytest.approx(getattr(other, name))
        assert (ours.n, len(ours.x), ours.repeaters) == (5, 3, 3)

    def test_more_histories_than_fit_are_brought_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With room for four fifths of the histories nobody is lost and every parameter moves by less than a fifth of its standard error."""
        h = days_world(8_000, seed=2)
        days = (np.repeat(v * by, h.count.astype(int)).round() for v, by in ((h.x, 1), (h.t_x, 7), (h.T, 7)))
        table = customers_table(*days)
        exact = bg_nbd.fit(compress(table))
        most = len(h.x) * 4 // 5
        monkeypatch.setattr(histories, "MOST", most)
        short = compress(table)
        assert 1 < len(short.x) <= most
        assert short.n == h.n
        found = bg_nbd.fit(short)
        assert isinstance(exact, BetaGeometric)
        assert isinstance(found, BetaGeometric)
        moved = np.log([found.r, found.alpha, found.a, found.b]) - np.log([exact.r, exact.alpha, exact.a, exact.b])
        assert (np.abs(moved) < np.sqrt(np.diag(exact.covariance)) / 5).all()


class TestNoModel:
    """Businesses that get a sentence."""

    def test_twelve_customers(self) -> None:
        """Twelve customers are too few, and the result says how many it takes."""
        found = bg_nbd.fit(from_days(np.arange(12), np.arange(12) * 7, np.full(12, 200)))
        assert found == NotEnough(12, 100)

    def test_everybody_once(self) -> None:
        """Nobody returned: no rhythm to learn."""
        T = np.arange(500) % 300
        assert bg_nbd.fit(from_days(T * 0, T * 0, T)) == Degenerate(NOBODY_RETURNED)

    def test_everybody_weekly(self) -> None:
        """Everybody every week: nobody leaves, or all alike; said, not computed."""
        T = 100 + np.arange(500) % 200
        found = bg_nbd.fit(from_days(T // 7, T // 7 * 7, T))
        assert isinstance(found, Degenerate)
        assert found.reason in {NOBODY_LEAVES, ALL_ALIKE}

    def test_nobody_ever_leaves(self) -> None:
        """Customers who order at their own pace for ever: the model says that nobody leaves."""
        rng = np.random.default_rng(4)
        T = rng.integers(300, 600, 2_000)
        x = rng.poisson(rng.gamma(2.0, 1 / 40.0, 2_000) * T)
        t_x = np.where(x > 0, np.floor(T * rng.random(2_000) ** (1 / np.maximum(x, 1))), 0)
        assert bg_nbd.fit(from_days(x, t_x, T)) == Degenerate(NOBODY_LEAVES)

    def test_impossible_histories_are_refused(self) -> None:
        """A last order after the end of observation is a fault of the caller."""
        with pytest.raises(ValueError, match="recency"):
            from_days(np.array([1]), np.array([9]), np.array([8]))

    @settings(max_examples=30, deadline=None)
    @given(st.data())
    def test_any_business_gets_a_model_or_a_sentence(self, data: st.DataObject) -> None:
        """Whatever the history, the answer is a model with finite figures or a typed refusal."""
        n = data.draw(st.sampled_from([100, 130, 400]))
        rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
        T = rng.integers(0, data.draw(st.sampled_from([1, 120, 400, 3_000])) + 1, n)
        x = np.minimum(rng.poisson(data.draw(st.sampled_from([0.0, 0.3, 3.0, 60.0])), n), T)
        t_x = np.where(x > 0, np.maximum(x, np.floor(T * data.draw(st.sampled_from([0.0, 0.5, 1.0])))), 0)
        for fit in (bg_nbd.fit, mbg_nbd.fit):
            h = from_days(x, t_x, T)
            found = fit(h)
            assert isinstance(found, BetaGeometric | NotEnough | Degenerate)
            if isinstance(found, BetaGeometric):
                assert np.isfinite([found.r, found.alpha, found.a, found.b, found.log_likelihood, *found.se]).all()
                figures = [found.p_alive(h), found.p_return(h, 13.0), found.expected_orders(h, 52.0)]
                assert np.isfinite(figures).all()
