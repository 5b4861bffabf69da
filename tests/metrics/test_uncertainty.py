"""The intervals behind every rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from helpers.metrics.uncertainty import NotEnough, Rate, newcombe, rate, wilson, z


class TestWilson:
    """A share with its interval."""

    @given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_agrees_with_scipy(self, counts: tuple[int, int]) -> None:
        """For any k of n the interval is scipy's, but for the ends where it is modified; there it is wider. It holds the share."""
        k, n = counts
        found, expected = wilson(k, n), binomtest(k, n).proportion_ci(method="wilson")
        few = 2 if n <= 50 else 3
        assert found.low <= expected.low + 1e-9
        assert found.high >= expected.high - 1e-9
        if not 1 <= k <= few:
            assert found.low == pytest.approx(expected.low, abs=1e-9)
        if not 1 <= n - k <= few:
            assert found.high == pytest.approx(expected.high, abs=1e-9)
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert (found.value, found.k, found.n) == (k / n, k, n)

    def test_published_example(self) -> None:
        """81 of 263 is 0.308 (0.2553 to 0.3662), as in Newcombe's comparison of seven methods (1998)."""
        found = wilson(81, 263)
        assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)

    def test_nothing_and_everything(self) -> None:
        """Nought of 20 begins at exactly 0 and is no certainty; 20 of 20 mirrors it."""
        none, every = wilson(0, 20), wilson(20, 20)
        assert (none.low, every.high) == (0.0, 1.0)
        assert none.high == pytest.approx(1 - every.low)
        assert round(none.high, 4) == 0.1611

    @pytest.mark.parametrize(("k", "n"), [(1, 0), (-1, 10), (11, 10)])
    def test_impossible_counts(self, k: int, n: int) -> None:
        """More heads than people is a fault of ours and says so."""
        with pytest.raises(ValueError, match=f"k={k}, n={n}"):
            wilson(k, n)

    @pytest.mark.parametrize("n", [30, 50, 100, 400])
    def test_simulated_coverage(self, n: int) -> None:
        """In 20,000 simulated samples of n ≥ 30 the 95 % interval holds the true share 93–97 times of 100."""
        rng = np.random.default_rng(7)
        truth = rng.uniform(0.05, 0.95, 20_000)
        seen = rng.binomial(n, truth)
        bounds = np.array([(w.low, w.high) for w in (wilson(k, n) for k in range(n + 1))])
        held = (bounds[seen, 0] <= truth) & (truth <= bounds[seen, 1])
        assert 0.93 <= held.mean() <= 0.97

    @pytest.mark.parametrize(("k", "n", "low"), [(1, 10, 0.0051), (2, 10, 0.0355), (3, 100, 0.0082)])
    def test_modified_ends(self, k: int, n: int, low: float) -> None:
        """One in ten begins at half the 5 % point of χ² with 2 degrees of freedom over ten (0.0051), not at Wilson's 0.0179; all but one mirrors it."""
        assert (round(wilson(k, n).low, 4), round(1 - wilson(n - k, n).high, 4)) == (low, low)

    def test_other_levels(self) -> None:
        """A higher confidence is a wider interval."""
        assert wilson(3, 10, 0.99).low < wilson(3, 10, 0.95).low < wilson(3, 10, 0.80).low
        assert (round(z(), 4), round(z(0.6), 4)) == (1.96, 0.8416)


class TestFloor:
    """Too few to say."""

    def test_nine_and_ten(self) -> None:
        """Nine customers make no rate, ten do."""
        assert rate(3, 9) == NotEnough(have=9, need=10, what="customers")
        assert isinstance(rate(3, 10), Rate)


class TestNewcombe:
    """The difference of two shares."""

    @pytest.mark.parametrize(
        ("a", "b", "low", "high"),
        [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((5, 56), (0, 29), -0.0381, 0.1926),
        ],
    )
    def test_published_examples(self, a: tuple[int, int], b: tuple[int, int], low: float, high: float) -> None:
        """Method 10 on the examples of Newcombe's paper on differences (1998, table II)."""
        found = newcombe(wilson(*a), wilson(*b))
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
        assert found.n == a[1] + b[1]

    @given(st.integers(0, 40), st.integers(0, 60))
    def test_signs_mirror(self, k: int, m: int) -> None:
        """Swapping the groups swaps sign and bounds, and the bounds hold the difference."""
        one, two = wilson(k, 40), wilson(m, 60)
        there, back = newcombe(one, two), newcombe(two, one)
        assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
        assert -1 <= there.low <= there.value <= there.high <= 1

    def test_simulated_coverage(self) -> None:
        """For 20 % against 10 % with 200 and 50 people the interval holds the true 10 points 93–97 times of 100."""
        rng = np.random.default_rng(11)
        first, second = rng.binomial(200, 0.2, 4000), rng.binomial(50, 0.1, 4000)
        pairs = {
            pair: newcombe(wilson(pair[0], 200), wilson(pair[1], 50))
            for pair in set(zip(first.tolist(), second.tolist(), strict=True))
        }
        held = [
            pairs[a, b].low <= 0.1 <= pairs[a, b].high for a, b in zip(first.tolist(), second.tolist(), strict=True)
        ]
        assert 0.93 <= np.mean(held) <= 0.97

    def test_infinitely_many_agree_with_the_normal(self) -> None:
        """With very large groups the interval is the textbook's ±1.96 standard errors."""
        found = newcombe(wilson(200_000, 1_000_000), wilson(100_000, 1_000_000))
        half = z() * math.sqrt(0.2 * 0.8 / 1e6 + 0.1 * 0.9 / 1e6)
        assert (found.low, found.high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-5)
