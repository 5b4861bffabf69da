"""Logo churn, GRR and NRR from contracts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from contracts import OPENING, Contract, random_contracts, subscriptions, written
from hypothesis import given, settings

from helpers.metrics import contractual
from helpers.metrics.ratios import Sums, ratio_of_sums, share_of_sum
from helpers.metrics.uncertainty import Estimate, NotEnough, Rate

TEN = "\n".join(f"k{i} 2025-01-01 – 100" for i in range(8))


def month(found: Any, start: date) -> contractual.Movement:
    """The accounts of the month that begins on `start`."""
    return next(m for m in found.months if m.start == start)


class TestMonths:
    """One month after the other."""

    def test_a_month_worked_out_by_head(self, con: Any) -> None:
        """Ten pay 1,000; one leaves, one goes down to 60, one up to 130, one is new, one comes back: GRR 86 %, NRR 89 %."""
        text = TEN.replace("k0 2025-01-01 – 100", "k0 2025-01-01 2026-02-10 100\nk0 2026-02-10 – 130")
        text += "\ngone 2025-01-01 2026-02-20 100\ndown 2025-01-01 2026-02-05 100\ndown 2026-02-05 – 60"
        text += "\nnew 2026-02-03 – 70\nback 2025-01-01 2025-10-01 90\nback 2026-02-15 – 90"
        found = contractual.accounts(written(con, text), as_of=date(2026, 3, 31))
        assert isinstance(found, contractual.Contractual)
        m = month(found, date(2026, 2, 1))
        assert (m.members, m.churned, m.new, m.reactivated, m.came_and_went) == (10, 1, 1, 1, 0)
        assert (m.opening, m.churned_mrr, m.contraction, m.expansion) == (1000.0, 100.0, 40.0, 30.0)
        assert (m.new_mrr, m.reactivated_mrr, m.closing) == (70.0, 90.0, 1050.0)
        assert isinstance(m.logo_churn, Rate)
        assert isinstance(m.grr, Estimate)
        assert isinstance(m.nrr, Estimate)
        assert (m.logo_churn.k, m.logo_churn.n) == (1, 10)
        assert (m.grr.value, m.nrr.value) == pytest.approx((0.86, 0.89))
        assert m.nrr.low <= m.nrr.value - (m.grr.value - m.grr.low) + 1e-12

    def test_a_month_is_complete_when_late_renewals_can_no_longer_change_it(self, con: Any) -> None:
        """January may be judged on 14 February, not on the 13th."""
        on = {day: contractual.accounts(written(con, TEN), as_of=date(2026, 2, day)) for day in (13, 14)}
        for day, found in on.items():
            assert isinstance(found, contractual.Contractual)
            assert month(found, date(2026, 1, 1)).complete is (day == 14)

    def test_a_loss_that_may_still_be_a_late_renewal_is_not_in_the_rate(self, con: Any) -> None:
        """Everybody's card ran out yesterday: the month is shown, but the churn rate does not count it yet."""
        text = "\n".join(f"k{i} 2025-06-01 2026-01-31 100" for i in range(20))
        found = contractual.accounts(written(con, text), as_of=date(2026, 1, 31))
        assert isinstance(found, contractual.Contractual)
        assert month(found, date(2026, 1, 1)).churned == 20
        assert isinstance(found.monthly_churn, Rate)
        assert found.monthly_churn.k == 0

    def test_members_who_came_and_went_within_the_month_are_named(self, con: Any) -> None:
        """A card from the 3rd to the 20th is in no month end; it is counted beside."""
        found = contractual.accounts(written(con, TEN + "\nx 2025-03-03 2025-03-20 50"), as_of=date(2025, 6, 30))
        assert isinstance(found, contractual.Contractual)
        assert [m.came_and_went for m in found.months] == [0, 0, 1, 0, 0, 0]

    def test_nothing_to_account_for(self, con: Any) -> None:
        """A table of trials alone is not a business with members."""
        assert contractual.accounts(written(con, "An 2026-01-01 – 0"), as_of=date(2026, 6, 30)) == NotEnough(
            0, 1, "contracts"
        )

    @given(found=random_contracts())
    @settings(max_examples=15, deadline=None)
    def test_money_and_members_add_up(self, con: Any, found: list[Contract]) -> None:
        """Opening + new + reactivated + expansion − contraction − churned is the closing, and the next month opens with it."""
        as_of = OPENING + timedelta(days=230)
        made = contractual.accounts(subscriptions(con, found), as_of=as_of)
        if isinstance(made, NotEnough):
            return
        last = None
        for m in made.months:
            flow = m.new_mrr + m.reactivated_mrr + m.expansion - m.contraction - m.churned_mrr
            assert m.closing == pytest.approx(m.opening + flow)
            if last is not None:
                assert m.opening == last.closing
                assert m.members == last.members + last.new + last.reactivated - last.churned
            last = m
        assert last is not None
        assert (last.closing, last.members + last.new + last.reactivated - last.churned) == (made.mrr, made.members)


class TestYear:
    """The members of a year ago, today."""

    def test_who_left_and_came_back_has_not_been_kept(self, con: Any) -> None:
        """Of ten members of a year ago eight stayed, one left, one paused for a season: 20 % lost, one reactivated."""
        text = TEN + "\ngone 2025-01-01 2025-09-01 100\npause 2025-01-01 2025-07-01 100\npause 2025-10-01 – 100"
        found = contractual.accounts(written(con, text), as_of=date(2026, 2, 20))
        assert isinstance(found, contractual.Contractual)
        year = found.year
        assert isinstance(year, contractual.Movement)
        assert (year.start, year.members, year.churned, year.reactivated) == (date(2025, 2, 1), 10, 2, 1)
        assert isinstance(year.grr, Estimate)
        assert year.grr.value == pytest.approx(0.8)

    def test_a_short_history_has_no_year(self, con: Any) -> None:
        """Twelve complete months need a month before them to start from."""
        found = contractual.accounts(written(con, TEN), as_of=date(2025, 6, 30))
        assert isinstance(found, contractual.Contractual)
        assert found.year == NotEnough(4, 12, "months")

    def test_the_monthly_rate_pools_the_last_twelve_months(self, con: Any) -> None:
        """Two of twenty leave in different months: 2 of the 12 months' member-months."""
        text = "\n".join(f"k{i} 2024-01-01 – 9" for i in range(18))
        text += "\na 2024-01-01 2025-08-10 9\nb 2024-01-01 2025-11-10 9"
        found = contractual.accounts(written(con, text), as_of=date(2026, 1, 14))
        assert isinstance(found, contractual.Contractual)
        assert found.months_counted == 12
        assert isinstance(found.monthly_churn, Rate)
        # January to August count a, January to November b, all months the eighteen
        assert (found.monthly_churn.k, found.monthly_churn.n) == (2, 18 * 12 + 8 + 11)


class TestIntervals:
    """Money retention with unequal customers: the interval holds what it says."""

    @pytest.mark.parametrize("keep", [0.7, 0.9])
    @pytest.mark.parametrize("n", [40, 300])
    def test_coverage(self, n: int, keep: float) -> None:
        """In 3,000 seeded businesses whose prices differ tenfold the truth lies inside in 92 to 98.5 of 100."""
        rng = np.random.default_rng(3)
        prices, inside = np.array([100.0, 200.0, 1000.0]), 0
        for _ in range(3000):
            x = rng.choice(prices, size=n)
            y = x * (rng.random(n) < keep)
            found = share_of_sum(Sums(n, x.sum(), y.sum(), (x * x).sum(), (x * y).sum(), (y * y).sum()))
            assert isinstance(found, Estimate)
            inside += found.low <= keep <= found.high
        assert 0.92 <= inside / 3000 <= 0.985

    def test_nobody_lost_is_not_certainty(self) -> None:
        """Twelve equal members all kept: 100 %, but a quarter may go next time."""
        found = share_of_sum(Sums(12, 12.0, 12.0, 12.0, 12.0, 12.0))
        assert isinstance(found, Estimate)
        assert found.high == 1.0
        assert found.low == pytest.approx(0.757, abs=0.001)

    def test_one_large_member_counts_as_one(self) -> None:
        """Eleven members of whom one pays nearly everything are worth little more than one observation."""
        x = np.array([1000.0, *[1.0] * 10])
        found = share_of_sum(Sums(11, x.sum(), x.sum(), (x * x).sum(), (x * x).sum(), (x * x).sum()))
        assert isinstance(found, Estimate)
        assert found.low < 0.25

    def test_the_ratio_covers(self) -> None:
        """The delta method's interval for revenue per visit covers the truth in 92 to 97 of 100 seeded worlds of 80 customers."""
        rng = np.random.default_rng(5)
        inside = 0
        for _ in range(2000):
            x = rng.poisson(3, 80) + 1.0
            y = x * rng.gamma(4, 5, 80)
            found = ratio_of_sums(Sums(80, x.sum(), y.sum(), (x * x).sum(), (x * y).sum(), (y * y).sum()))
            assert isinstance(found, Estimate)
            inside += found.low <= 20 <= found.high
        assert 0.92 <= inside / 2000 <= 0.97

    def test_below_the_floor(self) -> None:
        """Nine members are too few for a rate."""
        nine = Sums(9, 9.0, 9.0, 9.0, 9.0, 9.0)
        assert share_of_sum(nine) == ratio_of_sums(nine) == NotEnough(9, 10)
