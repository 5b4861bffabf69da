"""How many customers a campaign needs before its effect can be seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers.campaigns.power import needed_per_arm, smallest_lift


class TestNeeded:
    """Customers per arm."""

    @pytest.mark.parametrize(("base", "to", "n"), [(0.05, 0.08, 1059), (0.10, 0.15, 686), (0.10, 0.20, 199)])
    def test_published_sizes(self, base: float, to: float, n: int) -> None:
        """5 → 8 % needs 1,059, 10 → 15 % 686 and 10 → 20 % 199 per arm at 80 % power and 5 % error."""
        assert needed_per_arm(base, to - base) == n

    def test_a_fall_needs_as_many_as_a_rise(self) -> None:
        """10 → 15 % and 15 → 10 % are the same comparison."""
        assert needed_per_arm(0.15, -0.05) == needed_per_arm(0.10, 0.05)

    @pytest.mark.parametrize(("base", "lift"), [(0.1, 0.0), (0.9, 0.2), (0.1, -0.2), (-0.1, 0.2), (1.2, -0.3)])
    def test_impossible_rates(self, base: float, lift: float) -> None:
        """No difference, or a rate outside 0–1, is refused."""
        with pytest.raises(ValueError, match="within 0-1"):
            needed_per_arm(base, lift)

    def test_simulated_power(self) -> None:
        """With the number it asks for, a pooled z test finds 10 → 20 % in 78–83 of 100 simulated campaigns."""
        rng = np.random.default_rng(5)
        n = needed_per_arm(0.1, 0.1)
        a, b = rng.binomial(n, 0.2, 20_000) / n, rng.binomial(n, 0.1, 20_000) / n
        pooled = (a + b) / 2
        score = (a - b) / np.sqrt(2 * pooled * (1 - pooled) / n)
        assert 0.78 <= np.mean(np.abs(score) > 1.959964) <= 0.83


class TestSmallest:
    """What a size can prove."""

    @given(st.floats(0.01, 0.8), st.integers(30, 20_000))
    def test_is_the_inverse(self, base: float, n: int) -> None:
        """For equal arms the smallest lift needs exactly that many, for any base and size."""
        lift = smallest_lift(base, n, n)
        assume(lift is not None)
        assert lift is not None
        assert needed_per_arm(base, lift) in {n, n + 1}

    def test_a_small_holdout_hides_more(self) -> None:
        """800 with 80 left out can prove less than 440 with 440."""
        even, lean = smallest_lift(0.1, 440, 440), smallest_lift(0.1, 800, 80)
        assert even is not None
        assert lean is not None
        assert lean > even

    def test_either_arm_alone_proves_nothing(self) -> None:
        """Without two people on each side nothing can be seen."""
        assert smallest_lift(0.1, 1000, 1) is None
        assert smallest_lift(0.1, 1, 1000) is None

    def test_too_few_for_any_lift(self) -> None:
        """With three against three even everybody returning would not show; nor can more than all return."""
        assert smallest_lift(0.5, 3, 3) is None
        assert smallest_lift(1.0, 500, 500) is None

    def test_from_nothing(self) -> None:
        """A base of nought is possible and gives a small, positive lift."""
        lift = smallest_lift(0.0, 500, 500)
        assert lift is not None
        assert 0 < lift < 0.03
        assert not math.isnan(lift)
