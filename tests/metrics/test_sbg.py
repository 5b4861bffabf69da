"""The shifted-beta-geometric model against its paper, its own definition, and simulated members."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics import sbg
from helpers.metrics.histories import Degenerate
from helpers.metrics.sbg import ShiftedBetaGeometric
from helpers.metrics.tenure import Present, Renewals
from helpers.metrics.uncertainty import NotEnough

HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)


def cohort(survivors: tuple[int, ...]) -> Renewals:
    """Renewals of one cohort from its survivors year by year."""
    lost = tuple(a - b for a, b in pairwise(survivors))
    return Renewals(lost, (*(0,) * (len(lost) - 1), survivors[-1]))


def fitted(found: Renewals) -> ShiftedBetaGeometric:
    """The model, which must exist."""
    model = sbg.fit(found)
    assert isinstance(model, ShiftedBetaGeometric), model
    return model


class TestPublished:
    """Fader & Hardie 2007, seven years of two segments."""

    @pytest.mark.parametrize(
        ("survivors", "gamma", "delta", "likelihood"),
        [(HIGH_END, 0.668, 3.806, -1611.16), (REGULAR, 0.704, 1.182, -1680.27)],
        ids=["high end", "regular"],
    )
    def test_parameters(self, survivors: tuple[int, ...], gamma: float, delta: float, likelihood: float) -> None:
        """Both segments give the parameters and the log-likelihood of the paper."""
        model = fitted(cohort(survivors))
        assert (model.gamma, model.delta) == pytest.approx((gamma, delta), abs=5e-4)
        assert model.log_likelihood == pytest.approx(likelihood, abs=5e-3)

    def test_projection(self, real_data: Path) -> None:
        """Fitted on years 0 to 7, the projection of years 8 to 12 is within 1.5 points of what the file has there."""
        path = real_data / "sbg" / "sbg_fader_hardie_2007.csv"
        if not path.is_file():
            pytest.skip(f"sBG data not found in {real_data}")
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for name, survivors in (("high_end", HIGH_END), ("regular", REGULAR)):
            assert tuple(int(row[name]) for row in rows[:8]) == survivors
            projected = fitted(cohort(survivors)).survival(np.arange(8, 13))
            actual = [int(row[name]) / 1000 for row in rows[8:13]]
            assert np.abs(projected - actual).max() < 0.04
            assert np.abs(projected - actual).mean() < 0.02


class TestLikelihood:
    """The function that is maximised."""

    @given(st.floats(-2, 3), st.floats(-2, 3), st.lists(st.integers(0, 30), min_size=2, max_size=12))
    @settings(max_examples=50, deadline=None)
    def test_gradient(self, log_g: float, log_d: float, counts: list[int]) -> None:
        """The analytic gradient is the slope of the function."""
        found = Renewals(tuple(counts), tuple(reversed(counts)))
        theta, step = np.array([log_g, log_d]), 1e-6
        _, gradient = sbg.log_likelihood(theta, found)
        for i in range(2):
            e = np.eye(2)[i] * step
            slope = (sbg.log_likelihood(theta + e, found)[0] - sbg.log_likelihood(theta - e, found)[0]) / (2 * step)
            assert gradient[i] == pytest.approx(slope, rel=1e-4, abs=1e-3)

    def test_probabilities_add_up(self) -> None:
        """Who has not left by renewal t has survived it: the lost of every month and the survivors make a whole."""
        one_lost = [
            sbg.log_likelihood(np.log([0.7, 1.2]), Renewals((0,) * t + (1,), (0,) * (t + 1)))[0] for t in range(9)
        ]
        kept = sbg.log_likelihood(np.log([0.7, 1.2]), Renewals((0,) * 9, (0,) * 8 + (1,)))[0]
        assert np.exp(one_lost).sum() + np.exp(kept) == pytest.approx(1)


class TestSimulated:
    """Members with known chances of leaving."""

    @staticmethod
    def members(rng: np.random.Generator, n: int, gamma: float, delta: float, months: int) -> Renewals:
        """Members who joined over `months` months; each leaves with an own chance at every renewal."""
        theta = rng.beta(gamma, delta, n)
        life, seen = rng.geometric(theta), rng.integers(1, months + 1, n)
        gone = life <= seen
        lost = np.bincount(life[gone], minlength=months + 1)[1:]
        kept = np.bincount(seen[~gone], minlength=months + 1)[1:]
        return Renewals(tuple(int(x) for x in lost), tuple(int(x) for x in kept))

    def test_the_truth_is_found_and_the_range_holds_it(self) -> None:
        """In 200 seeded gyms of 400 members the 95 % band of survival at a year and at two holds the truth in 90 to 99 %."""
        rng, truth = np.random.default_rng(11), (0.8, 6.0)
        expected = sbg.survival(*truth, np.array([12.0, 24.0]))
        inside = np.zeros(2)
        for _ in range(200):
            low, high = fitted(self.members(rng, 400, *truth, 24)).band([12, 24])
            inside += (low <= expected) & (expected <= high)
        assert (inside / 200 >= 0.9).all()
        assert (inside / 200 <= 0.99).all()

    def test_members_all_alike(self) -> None:
        """Where everybody leaves with the same chance no difference is invented: the model says so instead."""
        rng = np.random.default_rng(2)
        refusals = [sbg.fit(self.members(rng, 300, 4e5, 36e5, 12)) for _ in range(20)]
        alike = sum(isinstance(found, Degenerate) for found in refusals)
        assert alike >= 8
        for found in refusals:
            if isinstance(found, ShiftedBetaGeometric):
                assert float(found.survival(12)) == pytest.approx(0.9**12, abs=0.09)


class TestWorth:
    """What members will still pay."""

    @given(st.floats(0.2, 5), st.floats(0.2, 10), st.integers(1, 30), st.floats(0.02, 0.3))
    @settings(max_examples=60, deadline=None)
    def test_derl_is_the_sum_of_what_it_stands_for(
        self, gamma: float, delta: float, month: int, discount: float
    ) -> None:
        """The closed form equals the payments added up one by one, each discounted."""
        ahead = np.arange(4000)
        stays = sbg.survival(gamma, delta, month + ahead) / sbg.survival(gamma, delta, np.array(month - 1.0))
        assert sbg.derl(gamma, delta, month, discount) == pytest.approx(
            (stays * (1 + discount) ** -ahead).sum(), rel=1e-6
        )

    def test_long_standing_members_are_worth_more(self) -> None:
        """Whoever has renewed often is expected to go on for longer."""
        model = fitted(cohort(REGULAR))
        assert model.derl(1, 0.1) < model.derl(3, 0.1) < model.derl(10, 0.1)

    def test_a_discount_of_nothing_is_refused(self) -> None:
        """Without a discount the sum may have no end."""
        with pytest.raises(ValueError, match="discount"):
            fitted(cohort(REGULAR)).derl(1, 0.0)

    def test_a_year_worked_out_by_hand(self) -> None:
        """Two months ahead without discount: 100 · (r₂ + r₂·r₃) at a margin of one half."""
        model = fitted(cohort(REGULAR))
        r2, r3 = model.retention([2, 3])
        found = sbg.worth(model, (Present(2, 1, 100.0, 1e4),), margin=0.5, months=2, annual_discount=0.0)
        assert found.value == pytest.approx(50 * (r2 + r2 * r3))

    def test_the_range_of_the_worth_holds_what_happens(self) -> None:
        """In 150 seeded gyms what 300 members really pay in the next year lies in the range in at least 90 of 100."""
        rng, truth, inside = np.random.default_rng(4), (1.0, 9.0), 0
        for _ in range(150):
            model = fitted(TestSimulated.members(rng, 300, *truth, 20))
            theta = rng.beta(*truth, 300)
            paid = np.minimum(rng.geometric(theta) - 1, 12).sum() * 10.0
            found = sbg.worth(model, (Present(1, 300, 3000.0, 30000.0),), margin=1.0, annual_discount=0.0)
            inside += found.low <= paid <= found.high
        assert inside / 150 >= 0.9


class TestRefusals:
    """When there is nothing to fit."""

    def test_floors(self) -> None:
        """Few members, few who left, or two months of history give no model, and say what is lacking."""
        assert sbg.fit(Renewals((5,), (6,))) == NotEnough(11, 100, "memberships")
        assert sbg.fit(Renewals((3, 2, 1, 1), (50, 50, 50, 50))) == NotEnough(7, 30, "memberships that ended")
        assert sbg.fit(Renewals((40, 20), (50, 50))) == NotEnough(2, 4, "months")
        assert sbg.fit(Renewals((0, 0, 0, 0), (50, 50, 50, 50))) == Degenerate(sbg.NOBODY_ENDED)
