"""Noise is not read as a ranking, and what is real is found: worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.spread import Cell, Spread, compare, together
from helpers.metrics.uncertainty import NotEnough, Rate

WORLDS = 120


def world(rng: np.random.Generator, shares: list[float], *, weeks: int = 6, size: int = 10) -> list[Cell]:
    """Groups g00, g01, … with these true shares, so many weeks of so many observations each."""
    return [
        Cell(f"g{i:02d}", f"w{week}", int(rng.binomial(size, share)), size)
        for i, share in enumerate(shares)
        for week in range(weeks)
    ]


def spread(cells: list[Cell], by: str = "branch") -> Spread:
    """The comparison, which must be possible."""
    found = compare(cells, by)
    assert isinstance(found, Spread)
    return found


class TestEqualGroups:
    """Worlds in which all groups are alike."""

    def test_twenty_branches_are_not_ranked(self) -> None:
        """Of 120 worlds with twenty identical branches of uneven size at least 95 % name nobody, and chance explains the scatter."""
        named, ratio = 0, []
        for seed in range(WORLDS):
            rng = np.random.default_rng(seed)
            sizes = rng.integers(1, 16, 20)
            cells = [
                Cell(f"g{i:02d}", f"w{w}", int(rng.binomial(n, 0.7)), int(n))
                for i, n in enumerate(sizes)
                for w in range(4)
            ]
            found = spread(cells)
            named += bool(found.apart)
            ratio.append(found.scatter**2 / found.by_chance**2)
        assert named <= 0.05 * WORLDS
        # clumping is never taken to be below 1, so what chance gives is if anything a little overstated
        assert 0.8 < np.mean(ratio) < 1.1

    def test_a_rainy_week_is_no_bad_branch(self) -> None:
        """Where whole weeks go wrong at random, branches differ wildly by the textbook test and are still not ranked."""
        named, plain = 0, 0
        for seed in range(60):
            rng = np.random.default_rng(seed)
            cells = [
                Cell(f"g{i}", f"w{w}", int(rng.binomial(20, rng.beta(7, 3))), 20) for i in range(6) for w in range(12)
            ]
            named += spread(cells).differ
            whole = [Cell(f"g{i}", "", sum(c.k for c in cells if c.group == f"g{i}"), 240) for i in range(6)]
            plain += spread(whole).differ
        assert named <= 6
        assert plain > 3 * max(named, 1)

    def test_staff_of_a_bad_branch_are_no_bad_staff(self) -> None:
        """Five people at a branch with 80 % and five at one with 50 % are alike once each is compared with the own branch."""
        rng = np.random.default_rng(3)
        cells = [
            Cell(f"s{i}", f"w{w}", int(rng.binomial(30, 0.8 if i < 5 else 0.5)), 30, "A" if i < 5 else "B")
            for i in range(10)
            for w in range(6)
        ]
        assert not spread(cells, "staff").differ
        assert spread([Cell(c.group, c.clump, c.k, c.n) for c in cells], "staff").differ


class TestRealDifferences:
    """Worlds in which one group is worse."""

    def test_one_bad_branch_is_found(self) -> None:
        """One of twenty at 45 % instead of 70 % with 180 observations: named, alone, in nine worlds of ten, and on the right side."""
        hits = 0
        for seed in range(50):
            cells = world(np.random.default_rng(seed), [0.7] * 7 + [0.45] + [0.7] * 12, size=30)
            hits += [(g.group, g.side) for g in spread(cells).apart] == [("g07", "lower")]
        assert hits >= 42

    def test_real_scatter_is_estimated(self) -> None:
        """Shares drawn with a standard deviation of ten points: on average the estimate says ten, though they scatter by more."""
        real, seen = [], []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            found = spread(world(rng, list(rng.normal(0.6, 0.1, 30)), size=5))
            real.append(found.real)
            seen.append(found.scatter)
        assert np.mean(real) == pytest.approx(0.1, abs=0.02)
        assert np.mean(seen) > 0.12

    def test_pooled_shares_are_nearer_the_truth(self) -> None:
        """Drawn towards that of all, shares miss the true ones by less than they do as counted."""
        rng = np.random.default_rng(5)
        truth = rng.normal(0.6, 0.1, 60)
        found = spread(world(rng, list(truth), weeks=3, size=6))
        by = {f"g{i:02d}": share for i, share in enumerate(truth)}
        raw = [g.rate.value - by[g.group] for g in found.groups if isinstance(g.rate, Rate)]
        pooled = [g.pooled - by[g.group] for g in found.groups]
        assert np.square(pooled).mean() < 0.7 * np.square(raw).mean()


class TestReading:
    """What is shown, and how."""

    def test_two_groups_by_hand(self) -> None:
        """8 of 10 against 2 of 10: dealt out at random, 2 or fewer (8 or more) of one group has a chance of 2.3 %."""
        found = spread([Cell("a", "", 8, 10), Cell("b", "", 2, 10)])
        assert found.p_value == pytest.approx(0.0230, abs=0.006)
        assert found.scatter == pytest.approx(0.3)
        assert (found.overall.k, found.overall.n) == (10, 20)
        assert [(g.group, g.side) for g in found.apart] == [("a", "higher"), ("b", "lower")]

    def test_too_few(self) -> None:
        """One group of ten and one of nine cannot be compared; a small third group joins in and is never named."""
        assert compare([Cell("a", "", 1, 10), Cell("b", "", 9, 9)], "branch") == NotEnough(1, 2, "groups")
        found = spread([Cell("a", "", 30, 40), Cell("b", "", 31, 40), Cell("c", "", 0, 9)])
        assert "c" not in {g.group for g in found.apart}
        assert next(g.rate for g in found.groups if g.group == "c") == NotEnough(9, 10)

    def test_order_is_no_ranking(self) -> None:
        """Groups stand by size, weeks by time – never by their share."""
        cells = [Cell("a", "", 9, 10), Cell("b", "", 1, 30), Cell("c", "", 15, 20)]
        assert [g.group for g in spread(cells).groups] == ["b", "c", "a"]
        assert [g.group for g in spread(cells, "week").groups] == ["a", "b", "c"]

    def test_many_questions_are_judged_together(self) -> None:
        """A difference with p = 2.3 % stands alone, and falls among three questions of which the others show nothing."""
        doubtful = spread([Cell("a", "", 8, 10), Cell("b", "", 2, 10)])
        dull = spread([Cell("a", "", 5, 10), Cell("b", "", 5, 10)])
        assert together([doubtful])[0].apart
        found = together([doubtful, dull, dull])
        assert found[0].adjusted == pytest.approx(3 * doubtful.p_value)
        assert found[0].apart == ()
        assert {g.pooled for g in found[0].groups} == {0.5}

    @given(
        st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40), st.sampled_from("xy")), min_size=2, max_size=12),
        st.sampled_from(["branch", "week"]),
    )
    @settings(max_examples=40, deadline=None)
    def test_never_a_nan(self, counts: list[tuple[int, int, str]], by: str) -> None:
        """Whatever the counts – nobody, everybody, one layer or two – all figures are finite and shares lie between 0 and 1."""
        cells = [Cell(f"g{i}", "w", min(k, n), n, layer) for i, (k, n, layer) in enumerate(counts)]
        found = compare(cells, by)
        if isinstance(found, Spread):
            assert np.isfinite([found.scatter, found.by_chance, found.real, found.p_value]).all()
            assert all(0 <= group.pooled <= 1 for group in found.groups)
            assert 0 < found.p_value <= 1
