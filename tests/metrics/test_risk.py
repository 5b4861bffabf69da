"""The chance of returning and its back-test: on real businesses, on pure chance, on businesses too small or too regular."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import cdnow, online_retail, orders_table, random_dates

from helpers.metrics import backtest, logistic, return_score, risk, windows
from helpers.metrics.backtest import BackTest, calibrate
from helpers.metrics.customers import summarise
from helpers.metrics.risk import RiskSummary
from helpers.metrics.scores import auc, brier
from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.metrics.windows import Past

END = date(2026, 6, 30)


def spa(n: int, seed: int, days: int = 700) -> ir.Table:
    """Customers with an own rhythm of about five weeks who one day stop coming."""
    rng = np.random.default_rng(seed)
    start, gap, leave = rng.integers(0, days, n), rng.lognormal(3.5, 0.4, n), rng.beta(0.8, 2.5, n)
    visits = np.cumsum(np.column_stack([start, rng.gamma(6, 1 / 6, (n, 40)) * gap[:, None]]), axis=1).astype(int)
    comes = np.cumsum(rng.random(visits.shape) < leave[:, None], axis=1) == 0
    comes = np.column_stack([np.ones(n, dtype=bool), comes[:, :-1]]) & (visits < days)
    who, _ = np.nonzero(comes)
    day = np.datetime64(END) - (days - 1 - visits[comes])
    return orders_table(who, day, np.full(len(who), 300.0))


def scored(orders: ir.Table, as_of: date, **options: Any) -> risk.Risk:
    """Score everybody."""
    return risk.score(orders, summarise(orders, as_of), as_of, **options)


@pytest.fixture(scope="module")
def spa_orders() -> ir.Table:
    """Two thousand customers of a spa."""
    return spa(2_000, seed=1)


@pytest.mark.real
class TestRealBusinesses:
    """Ninety days ahead, judged on what was known ninety days before the end."""

    def judged(self, orders: ir.Table, as_of: date) -> BackTest:
        """The back-test, which must exist."""
        found = backtest.backtest(orders, as_of)
        assert isinstance(found, BackTest)
        return found

    def best_peer(self, found: BackTest) -> float:
        """AUC of the best single method."""
        return max(method.auc.value for method in found.methods if method.name != "score")

    def test_cdnow(self) -> None:
        """CDNOW master: AUC at least 0.84 and Brier at most 0.0885, and well calibrated by tenths."""
        found = self.judged(cdnow("master"), date(1998, 6, 30))
        assert (found.n, found.made_on, found.returned) == (23_570, "1998-04-01", 3_301)
        assert found.auc.value >= 0.84
        assert found.brier <= 0.0885
        assert all(abs(bin.predicted - bin.actual) < 0.04 for bin in found.calibration)

    def test_online_retail(self) -> None:
        """Online Retail: not worse than the best single method, clearly better than days since the last order."""
        found = self.judged(online_retail(), date(2011, 12, 9))
        peers = {method.name: method.auc.value for method in found.methods}
        assert found.auc.value >= self.best_peer(found) - 0.002
        assert found.auc.value > peers["days_since_last_order"] + 0.03
        assert isinstance(found.precision, Rate)

    def test_every_customer_is_scored(self) -> None:
        """Each of the 4,338 customers has one chance, strictly between 0 and 1."""
        orders = online_retail()
        result = scored(orders, date(2011, 12, 9))
        frame = result.scores.to_pandas()
        assert len(frame) == frame["customer_id"].nunique() == 4_338
        assert frame["p_return_90d"].between(0, 1, inclusive="neither").all()
        assert isinstance(result.summary, RiskSummary)
        assert result.summary.flagged == (frame["p_return_90d"] < result.summary.threshold).sum() > 0


class TestPureChance:
    """Order dates drawn at random."""

    @pytest.mark.parametrize("seed", range(6))
    def test_nobody_is_flagged(self, seed: int) -> None:
        """No ranking is better than a coin, the report says so, and nobody is flagged then or now."""
        orders, as_of = random_dates(seed)
        judged, now = backtest.backtest(orders, as_of), scored(orders, as_of)
        assert isinstance(judged, BackTest)
        assert isinstance(now.summary, RiskSummary)
        assert judged.auc.value == pytest.approx(0.5, abs=0.055)
        assert (judged.flagged, judged.lift, judged.verdict) == (0, None, backtest.NOBODY)
        assert (now.summary.signal, now.summary.flagged, now.summary.threshold) == (False, 0, None)
        assert now.summary.verdict == risk.NO_SIGNAL
        assert now.scores["p_return_90d"].nunique().to_pyarrow().as_py() == 1


class TestSpa:
    """A business with rhythm and leaving."""

    def test_score_beats_the_plain_rule(self, spa_orders: ir.Table) -> None:
        """The score ranks better than days since the last order and is at least as good as either view alone."""
        found = backtest.backtest(spa_orders, END)
        assert isinstance(found, BackTest)
        peers = {method.name: method for method in found.methods}
        assert set(peers) == {"score", "days_since_last_order", "bg_nbd", "logistic"}
        assert found.auc.value > peers["days_since_last_order"].auc.value
        assert found.auc.value >= max(peers["bg_nbd"].auc.value, peers["logistic"].auc.value) - 0.003
        assert found.flagged > 100
        assert isinstance(found.precision, Rate)
        assert found.precision.value > 0.9

    def test_the_future_is_not_seen(self, spa_orders: ir.Table) -> None:
        """Orders after `as_of` change neither the score nor the back-test."""
        early = END - timedelta(days=100)
        day = spa_orders.ordered_at.date()
        cut = spa_orders.filter(day <= early)
        assert backtest.backtest(spa_orders, early) == backtest.backtest(cut, early)
        one, other = (scored(t, early).scores.order_by("customer_id").to_pandas() for t in (spa_orders, cut))
        assert one["p_return_90d"].to_numpy() == pytest.approx(other["p_return_90d"].to_numpy(), rel=1e-9)

    def test_back_test_knows_only_what_was_known(self, spa_orders: ir.Table) -> None:
        """Scores made one horizon ago with the orders of that time are the scores the back-test judges."""
        made = END - timedelta(days=90)
        past = windows.look_back(spa_orders, END)
        assert isinstance(past, Past)
        scorer = return_score.learn(past.earlier())
        assert isinstance(scorer, return_score.Scorer)
        then = windows.look_back(spa_orders.filter(spa_orders.ordered_at.date() <= made), made)
        assert isinstance(then, Past)
        again = return_score.learn(then)
        assert isinstance(again, return_score.Scorer)
        assert np.sort(scorer.probability(past.windows[0])) == pytest.approx(
            np.sort(again.probability(then.now)), abs=2e-3
        )

    def test_engine_and_python_agree(self, spa_orders: ir.Table) -> None:
        """The expression that scores the table gives the chances of the arrays."""
        past = windows.look_back(spa_orders, END)
        assert isinstance(past, Past)
        scorer = return_score.learn(past)
        assert isinstance(scorer, return_score.Scorer)
        frame = scored(spa_orders, END, past=past).scores.to_pandas()
        ours = np.sort(scorer.probability(past.now))
        assert np.sort(frame["p_return_90d"].to_numpy()) == pytest.approx(ours, rel=1e-6)

    def test_someone_gone_for_a_year_is_less_likely_to_return(self, spa_orders: ir.Table) -> None:
        """Customers who came last week have a higher chance than those who last came a year ago."""
        customers = summarise(spa_orders, END)
        frame = risk.score(spa_orders, customers, END).scores.join(customers, "customer_id").to_pandas()
        recent = frame[frame["days_since_last_order"] < 8]["p_return_90d"].mean()
        gone = frame[frame["days_since_last_order"] > 365]["p_return_90d"].mean()
        assert recent > 0.6 > 0.1 > gone

    def test_result_is_plain_data(self, spa_orders: ir.Table) -> None:
        """Summary and back-test turn into JSON as they are."""
        past = windows.look_back(spa_orders, END)
        assert isinstance(past, Past)
        found = backtest.backtest(spa_orders, END, past=past)
        summary = scored(spa_orders, END, past=past).summary
        for result in (found, summary):
            assert "NaN" not in json.dumps(dataclasses.asdict(result))


class TestTooLittle:
    """Businesses that get a sentence."""

    def check(self, orders: ir.Table, as_of: date = END) -> risk.Risk:
        """Score, and make sure that nothing is back-tested and nobody is lost."""
        result = scored(orders, as_of)
        assert isinstance(backtest.backtest(orders, as_of), NotEnough)
        assert result.scores.count().to_pyarrow().as_py() == summarise(orders, as_of).count().to_pyarrow().as_py()
        return result

    def test_twelve_customers(self) -> None:
        """Twelve customers: no chance is named for anybody."""
        days = np.datetime64(END) - np.arange(120) * 3
        result = self.check(orders_table(np.arange(120) % 12, days, np.ones(120)))
        assert isinstance(result.summary, NotEnough)
        assert result.scores["p_return_90d"].count().to_pyarrow().as_py() == 0

    def test_everybody_once(self) -> None:
        """Nobody ever came back: nothing to learn from."""
        result = self.check(orders_table(np.arange(600), np.datetime64(END) - np.arange(600), np.ones(600)))
        assert isinstance(result.summary, NotEnough)

    def test_everybody_weekly(self) -> None:
        """Everybody comes every week: nobody stays away, so there is nothing to learn either."""
        who, week = np.meshgrid(np.arange(150), np.arange(70))
        result = self.check(orders_table(who.ravel(), np.datetime64(END) - week.ravel() * 7, np.ones(who.size)))
        assert result.summary == NotEnough(0, return_score.OUTCOMES_FLOOR, return_score.BOTH_OUTCOMES)

    def test_no_identified_customer(self) -> None:
        """Walk-ins only: an empty answer, not an error."""
        orders = orders_table([0, 1], [np.datetime64(END)] * 2, [1.0, 1.0])
        orders = orders.mutate(customer_id=orders.customer_id.nullif("0").nullif("1"))
        result = self.check(orders)
        assert result.summary == NotEnough(0, 1)

    @settings(max_examples=15, deadline=None)
    @given(st.integers(0, 10_000), st.sampled_from([1, 30, 400]), st.sampled_from([1, 50, 900]))
    def test_any_business_gets_an_answer(self, seed: int, people: int, orders: int) -> None:
        """Whatever the orders, there is one row per customer, chances lie between 0 and 1, and JSON takes the summary."""
        rng = np.random.default_rng(seed)
        days = np.datetime64(END) - rng.integers(0, rng.choice([1, 100, 1_000]), orders)
        table = orders_table(rng.integers(0, people, orders), days, np.zeros(orders))
        result = scored(table, END)
        frame = result.scores.to_pandas()
        assert len(frame) == table.customer_id.nunique().to_pyarrow().as_py()
        assert frame["p_return_90d"].dropna().between(0, 1).all()
        assert "NaN" not in json.dumps(dataclasses.asdict(result.summary))
        assert isinstance(backtest.backtest(table, END), BackTest | NotEnough)

    def test_young_business_is_scored_but_nobody_is_flagged(self) -> None:
        """Four months of history: a chance from BG/NBD, untested, and therefore no flags."""
        orders = spa(3_000, seed=5, days=125)
        result = scored(orders, END)
        assert isinstance(result.summary, RiskSummary)
        assert (result.summary.method, result.summary.signal, result.summary.flagged) == ("bg_nbd", None, 0)
        assert result.summary.verdict == risk.UNTESTED
        assert isinstance(backtest.backtest(orders, END), NotEnough)


class TestWindows:
    """What was known at earlier days."""

    def past(self) -> Past:
        """Two customers, counted by hand."""
        days = ["2026-01-01", "2026-01-01", "2026-01-11", "2026-03-02", "2026-02-20", "2026-06-29"]
        found = windows.look_back(orders_table(list("aaaabb"), days, np.ones(6)), END, horizon_days=60)
        assert isinstance(found, Past)
        return found

    def test_counts_at_earlier_days(self) -> None:
        """History, and who came back in the sixty days after, are right at every origin."""
        past = self.past()
        assert [window.origin for window in past.windows] == [date(2026, 5, 1), date(2026, 3, 2)]
        seen = {
            window.origin: sorted(zip(window.frequency, window.recency, window.T, window.returned, strict=True))
            for window in past.windows
        }
        assert seen[date(2026, 3, 2)] == [(0, 0, 10, 0), (2, 60, 60, 0)]
        assert seen[date(2026, 5, 1)] == [(0, 0, 70, 1), (2, 60, 120, 0)]
        assert sorted(past.now.frequency) == [1, 2]

    def test_typical_gap_is_the_mean_one(self) -> None:
        """Gaps of 10 and 50 days; the one of 129 days ends in the latest window and is not known yet on its first day."""
        assert self.past().typical_gap == pytest.approx((10 + 50) / 2)


class TestSmallParts:
    """Scores and regression, by hand."""

    def test_auc_by_counting_pairs(self) -> None:
        """Of six pairs four are ordered right and one is tied."""
        found = auc(np.array([1.0, 0, 1, 0, 0]), np.array([0.9, 0.5, 0.5, 0.2, 0.6]))
        assert found.value == pytest.approx((3 + 1 + 0.5) / 6)

    def test_auc_needs_both_outcomes(self) -> None:
        """Without a customer of each kind there is nothing to rank."""
        with pytest.raises(ValueError, match="both outcomes"):
            auc(np.ones(4), np.arange(4.0))

    def test_brier_by_hand(self) -> None:
        """Mean of 0.01 and 0.36."""
        assert brier(np.array([1.0, 0.0]), np.array([0.9, 0.6])) == pytest.approx(0.185)

    def test_auc_interval_covers(self) -> None:
        """Over 400 simulated tests the 95 % interval holds the true value in at least nine of ten."""
        rng = np.random.default_rng(0)
        truth, hits = 0.760, 0
        for _ in range(400):
            outcome = (rng.random(200) < 0.3).astype(float)
            found = auc(outcome, rng.normal(outcome, 1.0))
            hits += found.low <= truth <= found.high
        assert hits / 400 > 0.9

    def test_regression_recovers_the_truth(self) -> None:
        """Coefficients of simulated outcomes come back, and repeating a row is the same as weighting it."""
        rng = np.random.default_rng(1)
        features = rng.normal(size=(20_000, 2))
        outcome = (rng.random(20_000) < 1 / (1 + np.exp(-(0.5 + features @ [1.0, -2.0])))).astype(float)
        held = np.zeros(2, dtype=bool)
        found = logistic.fit(features, outcome, np.ones(20_000), held, ridge=1e-6)
        assert (found.intercept, *found.coefficients) == pytest.approx((0.5, 1.0, -2.0), abs=0.08)
        twice = logistic.fit(np.vstack([features] * 2), np.tile(outcome, 2), np.ones(40_000), held, ridge=2e-6)
        double = logistic.fit(features, outcome, np.full(20_000, 2.0), held, ridge=2e-6)
        assert twice.coefficients == pytest.approx(double.coefficients, rel=1e-6)

    def test_perfectly_separable_outcomes_stay_finite(self) -> None:
        """A feature that decides everything does not send the coefficients to infinity."""
        features = np.linspace(-1, 1, 200)[:, None]
        found = logistic.fit(features, (features[:, 0] > 0).astype(float), np.ones(200), np.zeros(1, dtype=bool))
        assert np.isfinite(found.coefficients).all()

    def test_calibration_groups_are_equal_and_ordered(self) -> None:
        """Tenths of 100 customers, lowest chance first."""
        p = np.linspace(0.01, 1, 100)
        found = calibrate(p, (p > 0.5).astype(float))
        assert [bin.n for bin in found] == [10] * 10
        assert (found[0].actual, found[-1].actual) == (0.0, 1.0)
        assert found[0].predicted == pytest.approx(p[:10].mean())
