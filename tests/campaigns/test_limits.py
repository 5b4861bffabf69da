"""Hours and money: the exact best choice within them."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.business import Planning
from helpers.campaigns.limits import Candidate, Limits, choose, limits_of


def test_by_hand() -> None:
    """Two plays for one group and one for another, an hour of sales: the better use of the minutes wins, and one play per group."""
    candidates = [
        Candidate("a", "sales", 10, gain=5.0, minutes=10.0, cash=0.0),
        Candidate("a", "care", 10, gain=4.0, minutes=10.0, cash=0.0),
        Candidate("b", "sales", 10, gain=3.0, minutes=6.0, cash=0.0),
    ]
    assert choose(candidates, Limits()) == (10, 0, 10)
    # an hour of sales is 6 of “a” (30) or 10 of “b” (30); leaving “a” to care brings 40 more
    assert choose(candidates, Limits(minutes={"sales": 60.0})) == (0, 10, 10)
    assert choose(candidates, Limits(minutes={"sales": 0.0, "care": 0.0})) == (0, 0, 0)


def test_what_brings_nothing_is_left_out() -> None:
    """Candidates that lose money, or have nobody, get nobody."""
    assert choose([Candidate("a", "care", 5, -1.0, 1.0, 0.0), Candidate("b", "care", 0, 9.0, 1.0, 0.0)], Limits()) == (
        0,
        0,
    )
    assert choose([], Limits()) == ()


CANDIDATES = st.lists(
    st.builds(
        Candidate, st.sampled_from(["a", "b", "c"]), st.sampled_from(["sales", "care"]), st.integers(1, 6), st.integers(-2, 9).map(float),
        st.integers(0, 5).map(float), st.integers(0, 5).map(float),
    ), max_size=5,
)  # fmt: skip


@given(CANDIDATES, st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_as_good_as_trying_everything(candidates: list[Candidate], sales: int, care: int, money: int) -> None:
    """No limit is broken, each group gets one play, and no whole-number choice is better by more than the last customer."""
    limits = Limits(budget=float(money), minutes={"sales": float(sales), "care": float(care)})

    def allowed(sizes: tuple[int, ...]) -> bool:
        used = [(c, n) for c, n in zip(candidates, sizes, strict=True) if n]
        hours = all(sum(n * c.minutes for c, n in used if c.owner == o) <= m + 1e-6 for o, m in limits.minutes.items())
        return (
            hours
            and sum(n * c.cash for c, n in used) <= money + 1e-6
            and len({c.segment for c, _ in used}) == len(used)
        )

    def worth(sizes: tuple[int, ...]) -> float:
        return sum(n * c.gain for c, n in zip(candidates, sizes, strict=True))

    found = choose(candidates, limits)
    assert allowed(found)
    best = max((worth(s) for s in product(*[range(c.most + 1) for c in candidates]) if allowed(s)), default=0.0)
    used = sum(n > 0 for n in found) + 3
    assert worth(found) >= best - used * max([0.0, *(c.gain for c in candidates)]) - 1e-6


def test_limits_of_the_business_and_of_a_what_if() -> None:
    """Minutes a week count over all weeks; a “what if” takes the place of what business.yml says, nought included."""
    planning = Planning(weeks=3, budget=100.0, minutes={"care": 60.0}, contact_gap_days=5)
    assert limits_of(planning) == Limits(3, 100.0, {"care": 180.0}, 5)
    asked = limits_of(planning, budget=0.0, minutes=10.0)
    assert (asked.budget, asked.minutes) == (0.0, {"marketing": 30.0, "sales": 30.0, "care": 30.0})
    assert limits_of(Planning()).budget is None


def test_ties_go_to_the_first() -> None:
    """Of two plays that bring the same the one that stands first is chosen, so that a re-run plans the same."""
    same = [Candidate("a", "care", 8, 2.0, 1.0, 0.0), Candidate("a", "care", 8, 2.0, 1.0, 0.0)]
    assert choose(same, Limits()) == pytest.approx((8, 0))
