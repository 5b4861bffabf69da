"""Customer value and the fit check."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, timedelta
from itertools import pairwise

import ibis.expr.types as ir
import numpy as np
import pytest
from worlds import bg_nbd_world, cdnow, customers_table, orders_table

from helpers.metrics import bg_nbd, clv, fit_check, gamma_gamma, mbg_nbd
from helpers.metrics.bg_nbd import BgNbd
from helpers.metrics.fit_check import FitCheck
from helpers.metrics.gamma_gamma import GammaGamma
from helpers.metrics.histories import Degenerate, Histories, compress
from helpers.metrics.uncertainty import NotEnough

REFUSED = Degenerate("No customer has come back on another day yet, so there is no rhythm to learn from.")


def world(n: int, seed: int) -> ir.Table:
    """Customers of a business that is as BG/NBD and Gamma-Gamma say."""
    x, t_x, T = bg_nbd_world(n, 0.6, 5.0, 0.8, 2.5, 80, seed)
    rng = np.random.default_rng(seed)
    nu = rng.gamma(4.0, size=n) / 15.0
    z = rng.gamma(6.0 * np.maximum(x, 1)) / (nu * np.maximum(x, 1))
    return customers_table(x, np.floor(t_x * 7), np.floor(T * 7), z)


@pytest.fixture(scope="module")
def fitted() -> tuple[ir.Table, BgNbd, GammaGamma]:
    """A base of 1,500 customers with its two models."""
    customers = world(1_500, seed=1)
    model, value = bg_nbd.fit(compress(customers)), gamma_gamma.fit(gamma_gamma.compress(customers))
    assert isinstance(model, BgNbd)
    assert isinstance(value, GammaGamma)
    return customers, model, value


class TestScore:
    """Columns added to the customers."""

    def test_columns_are_the_models_figures(self, fitted: tuple[ir.Table, BgNbd, GammaGamma]) -> None:
        """P(alive) and expected orders of each customer are the model's; the value is orders × worth × margin, discounted."""
        customers, model, value = fitted
        frame = clv.score(customers, model, value, margin=0.4).to_pandas()
        h = Histories(
            *(frame[c].to_numpy() / k for c, k in (("frequency", 1), ("recency", 7), ("T", 7))), np.ones(1_500)
        )
        orders = model.expected_orders(h, 12 * clv.MONTH_DAYS / 7)
        worth = value.expected_value(h.x, frame["monetary_value"].fillna(0).to_numpy())
        assert frame["p_alive"].to_numpy() == pytest.approx(model.p_alive(h), rel=1e-6)
        assert frame["expected_orders_12m"].to_numpy() == pytest.approx(orders, rel=1e-6)
        ratio = frame["clv_12m"].to_numpy() / (orders * worth * 0.4)
        assert ((ratio > 1.10**-0.7) & (ratio < 1.10**-0.3)).all()

    def test_without_discount_it_is_the_plain_product(self, fitted: tuple[ir.Table, BgNbd, GammaGamma]) -> None:
        """At 0 % discount the value is expected orders × expected worth × margin, and it doubles with the margin."""
        customers, model, value = fitted
        free = clv.score(customers, model, value, margin=0.2, annual_discount=0.0).order_by("customer_id").to_pandas()
        double = clv.score(customers, model, value, margin=0.4, annual_discount=0.0).order_by("customer_id").to_pandas()
        worth = value.expected_value(free["frequency"].to_numpy(), free["monetary_value"].fillna(0).to_numpy())
        assert free["clv_12m"].to_numpy() == pytest.approx(free["expected_orders_12m"] * worth * 0.2, rel=1e-9)
        assert double["clv_12m"].to_numpy() == pytest.approx(2 * free["clv_12m"].to_numpy(), rel=1e-9)

    def test_other_columns_and_rows_are_untouched(self, fitted: tuple[ir.Table, BgNbd, GammaGamma]) -> None:
        """Three columns more, the same customers, the input as it was."""
        customers, model, value = fitted
        found = clv.score(customers, model, value, margin=0.4, months=6)
        assert found.columns == (*customers.columns, "p_alive", "expected_orders_6m", "clv_6m")
        assert found.customer_id.nunique().to_pyarrow().as_py() == found.count().to_pyarrow().as_py() == 1_500

    def test_no_model_means_missing_columns(self, fitted: tuple[ir.Table, BgNbd, GammaGamma]) -> None:
        """Where a model refuses, its columns are there and missing, never zero."""
        customers, model, value = fitted
        nothing = clv.score(customers, REFUSED, value, margin=0.4).to_pandas()
        assert nothing[["p_alive", "expected_orders_12m", "clv_12m"]].isna().all().all()
        orders_only = clv.score(customers, model, NotEnough(3, 50), margin=0.4).to_pandas()
        assert orders_only["clv_12m"].isna().all()
        assert orders_only["expected_orders_12m"].notna().all()


class TestTotal:
    """The value of the whole base."""

    def test_total_is_the_sum_of_the_customers(self, fitted: tuple[ir.Table, BgNbd, GammaGamma]) -> None:
        """The centre of the interval is the sum of the column, and the interval holds it."""
        customers, model, value = fitted
        found = clv.total(customers, model, value, margin=0.4)
        column = clv.score(customers, model, value, margin=0.4).clv_12m.sum().to_pyarrow().as_py()
        assert found.value == pytest.approx(column, rel=1e-9)
        assert found.low < found.value < found.high
        assert found.n == 1_500

    def test_interval_covers_what_happens(self) -> None:
        """In 40 simulated businesses of 300 customers the realised year lies in the 95 % range at least 35 times."""
        hits = 0
        for seed in range(40):
            rng = np.random.default_rng(1_000 + seed)
            n, weeks, year = 300, 80.0, 365.25 / 7
            T = rng.uniform(weeks / 3, weeks, n)
            pace = np.maximum(rng.gamma(0.6, size=n) / 5.0, 1e-9)
            last = rng.geometric(np.maximum(rng.beta(0.8, 2.5, n), 1e-12))
            times = np.cumsum(rng.exponential(size=(n, 400)) / pace[:, None], axis=1)
            placed = np.arange(1, 401)[None, :] <= last[:, None]
            known = placed & (times <= T[:, None])
            x = known.sum(axis=1)
            t_x = np.where(known, times, 0.0).max(axis=1)
            later = (placed & (times > T[:, None]) & (times <= T[:, None] + year)).sum(axis=1)
            nu = rng.gamma(4.0, size=n) / 15.0
            z = rng.gamma(6.0 * np.maximum(x, 1)) / (nu * np.maximum(x, 1))
            customers = customers_table(x, np.floor(t_x * 7), np.floor(T * 7), z)
            model, value = bg_nbd.fit(compress(customers)), gamma_gamma.fit(gamma_gamma.compress(customers))
            assert isinstance(model, BgNbd)
            assert isinstance(value, GammaGamma)
            found = clv.total(customers, model, value, margin=1.0, annual_discount=0.0)
            happened = (rng.gamma(np.maximum(6.0 * later, 1e-12)) / nu).sum()
            hits += found.low <= happened <= found.high
        assert hits >= 35


class TestFitCheck:
    """Prediction against what happened."""

    @pytest.mark.real
    def test_cdnow_holdout(self) -> None:
        """The last 39 weeks of the CDNOW sample, predicted from the first 39."""
        found = fit_check.check(cdnow("sample"), date(1998, 6, 30))
        assert isinstance(found, FitCheck)
        assert (found.calibrated_to, found.holdout_weeks, found.customers) == ("1997-09-30", 39, 2357)
        assert found.error == pytest.approx(-0.12, abs=0.02)
        assert found.mean_absolute_error < 0.8
        assert sum(row.customers for row in found.classes) == 2357
        assert [row.frequency for row in found.classes] == list(range(8))

    def simulated(self, days: int = 700) -> ir.Table:
        """A business that is exactly as BG/NBD says, as orders."""
        rng = np.random.default_rng(3)
        n = 4_000
        start = rng.integers(0, 250, n)
        pace = np.maximum(rng.gamma(0.8, size=n) / 40.0, 1e-9)
        last = rng.geometric(np.maximum(rng.beta(0.8, 2.5, n), 1e-12))
        times = np.cumsum(np.column_stack([np.zeros(n), rng.exponential(size=(n, 200)) / pace[:, None]]), axis=1)
        day = start[:, None] + np.ceil(times)
        kept = (np.arange(201)[None, :] <= last[:, None]) & (day < days)
        who, _ = np.nonzero(kept)
        return orders_table(who, np.datetime64("2024-01-01") + day[kept].astype(int), np.ones(len(who)))

    def test_a_business_true_to_the_model_is_predicted(self) -> None:
        """Predicted and actual holdout orders agree in sum and by week before it; JSON takes the result."""
        found = fit_check.check(self.simulated(), date(2025, 11, 30))
        assert isinstance(found, FitCheck)
        assert found.error == pytest.approx(0.0, abs=0.08)
        weeks = [week for week in found.weeks if week.holdout]
        assert len(weeks) == found.holdout_weeks == 39
        assert sum(week.actual for week in weeks) == pytest.approx(found.actual)
        assert sum(week.predicted for week in weeks) == pytest.approx(found.predicted, rel=1e-9)
        before = [week for week in found.weeks if not week.holdout]
        assert sum(w.predicted for w in before) == pytest.approx(sum(w.actual for w in before), rel=0.06)
        starts = [date.fromisoformat(week.start) for week in found.weeks]
        assert all(b - a == timedelta(days=7) for a, b in pairwise(starts))
        json.dumps(dataclasses.asdict(found))

    def test_another_model_can_be_checked(self) -> None:
        """The modified model predicts the same customers differently, by less than a seventh."""
        found = fit_check.check(self.simulated(), date(2025, 11, 30), mbg_nbd.fit)
        assert isinstance(found, FitCheck)
        assert 0 < abs(found.error or 0.0) < 1 / 7

    def test_too_short_a_history(self) -> None:
        """Four months are not enough to hold half of them out."""
        orders = orders_table(np.arange(300) % 150, np.datetime64("2026-01-01") + np.arange(300) // 3, np.ones(300))
        assert isinstance(fit_check.check(orders, date(2026, 4, 30)), NotEnough)

    def test_no_customers_at_all(self) -> None:
        """An empty table is too short a history as well."""
        empty = orders_table(["a"], ["2026-01-01"], [1.0])
        assert fit_check.check(empty.filter(empty.customer_id == "b"), date(2026, 4, 30)) == NotEnough(
            0, 180, "days of history"
        )
