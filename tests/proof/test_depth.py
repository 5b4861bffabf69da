"""Behind the verdict: groups, time, money from every side."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from businesses import made, rows
from scipy.stats import bootstrap as scipy_bootstrap

from helpers.metrics.uncertainty import newcombe, wilson
from helpers.proof import depth, money
from helpers.proof.history import with_history
from helpers.proof.readout import welch

SENT = date(2026, 3, 16)


def spending(con: Any, treated: Any, holdout: Any, **more: Any) -> Any:
    """Customers of two arms with what each spent."""
    arms = ["treated"] * len(treated) + ["holdout"] * len(holdout)
    return made(con, {"arm": arms, "revenue": np.concatenate([treated, holdout]).astype(float), **more})


class TestHistory:
    """What was known on the eve of sending."""

    def test_before_and_after(self, con: Any, orders: Any) -> None:
        """The day of sending counts as after; spending is of the last year, orders of all time; who never came has nothing."""
        sold = orders("""
            old   2024-01-01 100
            old   2026-03-15  50
            old   2026-03-16   7
            new   2026-03-20   9
            late  2026-01-15   5
            –     2026-03-20  99
        """)
        people = made(con, {"customer_id": ["old", "new", "late", "never"], "arm": ["treated"] * 4})
        found = with_history(people, sold, sent_at=SENT)
        assert rows(found, "customer_id", "orders_before", "spend_before", "quiet_days", "first_day", "group") == [
            ("late", 1.0, 5.0, 60.0, None, "bought once"),
            ("never", 0.0, 0.0, None, None, "new to us"),
            ("new", 0.0, 0.0, None, 4, "new to us"),
            ("old", 2.0, 50.0, 1.0, 0, "bought two to four times"),
        ]


class TestLooks:
    """Returns by week since sending."""

    def test_by_week_and_at_the_end(self, con: Any) -> None:
        """Of ten a side two contacted came on day 0, one on day 7, one after the window; of those left out one on day 6."""
        first = [0, 0, 7, 10, *[None] * 6, 6, *[None] * 9]
        table = made(con, {"arm": ["treated"] * 10 + ["holdout"] * 10, "first_day": first})
        found = depth.looks(table, sent_at=SENT, window_days=10, as_of=date(2026, 12, 31))
        assert [(look.days, look.treated.k, look.holdout.k) for look in found] == [(7, 2, 1), (10, 3, 1)]
        assert found[-1].difference == newcombe(wilson(3, 10), wilson(1, 10))
        assert found[-1].always is None  # four returns are too few for an interval at any moment

    def test_the_future_is_not_seen(self, con: Any) -> None:
        """Nine days after sending the table ends with nine days, not with the month agreed."""
        table = made(con, {"arm": ["treated"] * 10 + ["holdout"] * 10, "first_day": [8, 9, *[None] * 18]})
        found = depth.looks(table, sent_at=SENT, window_days=30, as_of=date(2026, 3, 24))
        assert [(look.days, look.treated.k) for look in found] == [(7, 0), (9, 1)]


def grouped(con: Any, **counts: tuple[int, int, int, int]) -> Any:
    """Per group: contacted, of them returned, left out, of them returned."""
    said = [
        (name.replace("_", " "), arm, float(i < k))
        for name, (n, k, m, held) in counts.items()
        for arm, size, k in (("treated", n, k), ("holdout", m, held))
        for i in range(size)
    ]
    group, arm, returned = zip(*said, strict=True)
    return made(con, {"group": list(group), "arm": list(arm), "returned": list(returned)})


class TestGroups:
    """For whom it worked."""

    def test_holm(self, con: Any) -> None:
        """p = 0.0002, 0.03 and 0.6 become 0.0006, 0.06 and 0.6: the second no longer stands when three are looked at."""
        table = grouped(
            con,
            new_to_us=(100, 30, 100, 10),
            bought_once=(100, 22, 100, 11),
            bought_two_to_four_times=(100, 12, 100, 10),
        )
        found, _ = depth.group_effects(table)
        assert [effect.stands for effect in found] == [True, False, False]
        alone = [depth.group_effects(grouped(con, **{name: n}))[0][0].p_value for name, n in {
            "new_to_us": (100, 30, 100, 10), "bought_once": (100, 22, 100, 11), "bought_two_to_four_times": (100, 12, 100, 10),
        }.items()]  # fmt: skip
        assert alone[1] < 0.05
        assert [e.p_value for e in found] == pytest.approx([3 * alone[0], 2 * alone[1], alone[2]])

    def test_unlike_groups(self, con: Any) -> None:
        """+30 points in one group and −20 in another is more than chance; +10 and +12 is not; one group cannot differ."""
        unlike = grouped(con, new_to_us=(200, 80, 200, 20), bought_once=(200, 20, 200, 60))
        alike = grouped(con, new_to_us=(200, 40, 200, 20), bought_once=(200, 44, 200, 20))
        single = grouped(con, new_to_us=(200, 40, 200, 20))
        assert [depth.group_effects(table)[1] for table in (unlike, alike, single)] == [True, False, None]

    def test_small_groups_are_left_out(self, con: Any) -> None:
        """Nine people on one side are too few to be shown."""
        found, _ = depth.group_effects(grouped(con, new_to_us=(50, 5, 9, 1), bought_once=(50, 5, 10, 1)))
        assert [effect.group for effect in found] == ["bought once"]

    def test_nobody_returned(self, con: Any) -> None:
        """Nothing happened on either side: no difference, and certainly none that stands."""
        ((effect,), _) = depth.group_effects(grouped(con, new_to_us=(50, 0, 50, 0)))
        assert (effect.p_value, effect.stands) == (1.0, False)


class TestMoney:
    """Bootstrap beside Welch."""

    def test_bootstrap_agrees_with_scipy(self, con: Any) -> None:
        """Drawing counts of equal amounts gives scipy's percentile interval, to a few hundredths of its width."""
        rng = np.random.default_rng(5)
        a, b = (np.round(rng.gamma(2, 50, n) * (rng.random(n) < 0.3)) for n in (400, 150))
        found = money.amounts(spending(con, a, b), "revenue")
        mine = money.bootstrap(found["treated"], found["holdout"])
        theirs = scipy_bootstrap(
            (a, b),
            lambda x, y, axis: x.mean(axis) - y.mean(axis),
            method="percentile",
            n_resamples=4000,
            random_state=1,
        ).confidence_interval
        width = theirs.high - theirs.low
        assert mine.value == pytest.approx(a.mean() - b.mean())
        assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=0.05 * width)

    def test_usual_spending_agrees(self, con: Any) -> None:
        """Many customers who spend alike: both ways give the same range."""
        rng = np.random.default_rng(6)
        a, b = rng.gamma(2, 50, 500), rng.gamma(2, 40, 500)
        gap = welch(a.mean(), a.var(ddof=1), 500, b.mean(), b.var(ddof=1), 500)
        found = money.check(spending(con, a, b), "revenue", treated="treated", holdout="holdout", welch=gap)
        assert found.agree
        assert found.payers == 1000
        assert found.largest < 10

    def test_few_large_sums_disagree(self, con: Any) -> None:
        """Two of 60 who spent a thousand times what others did: Welch's symmetric range reaches below nought, drawing cannot."""
        a, b = np.array([100.0] * 58 + [90_000.0, 110_000.0]), np.array([100.0] * 60)
        gap = welch(a.mean(), a.var(ddof=1), 60, b.mean(), b.var(ddof=1), 60)
        found = money.check(spending(con, a, b), "revenue", treated="treated", holdout="holdout", welch=gap)
        assert gap.low < 0 <= found.bootstrap.low
        assert not found.agree
        assert found.largest == pytest.approx(1100)
        # the top hundredth of 120 payers is 1.2 of them: 110,000 and a fifth of 90,000, of 211,800 in all
        assert found.top == pytest.approx((110_000 + 0.2 * 90_000) / 211_800)

    def test_many_different_amounts(self, con: Any) -> None:
        """Five thousand different amounts are taken together without moving the mean, the number of customers or the largest."""
        rng = np.random.default_rng(7)
        a = rng.gamma(1, 100, 5000)
        value, n = money.amounts(spending(con, a, a[:50]), "revenue")["treated"]
        assert (len(value), n.sum(), value[-1]) == (money.CELLS, 5000, a.max())
        assert np.average(value, weights=n) == pytest.approx(a.mean())


class TestCuped:
    """What they had spent before as a yardstick."""

    def world(self, con: Any, seed: int, effect: float = 0.0) -> Any:
        """Two hundred a side whose spending follows what they spent before."""
        rng = np.random.default_rng(seed)
        before = rng.gamma(2, 50, 400)
        after = 0.8 * before + rng.normal(0, 20, 400) + effect * (np.arange(400) < 200)
        return spending(con, after[:200], after[200:], spend_before=before)

    def test_agrees_with_tea_tasting(self, con: Any) -> None:
        """Difference and interval are those of tea-tasting's CUPED on the same customers."""
        tea = pytest.importorskip("tea_tasting")
        table = self.world(con, 1, effect=5.0)
        mine = money.adjusted(table, "revenue", "spend_before", treated="treated", holdout="holdout")
        frame = table.to_pandas().rename(columns={"arm": "variant"})
        theirs = tea.Experiment(m=tea.Mean("revenue", "spend_before")).analyze(frame, control="holdout")["m"]
        assert mine is not None
        assert mine.difference.value == pytest.approx(theirs.effect_size)
        assert (mine.difference.low, mine.difference.high) == pytest.approx(
            (theirs.effect_size_ci_lower, theirs.effect_size_ci_upper)
        )

    def test_it_helps_where_the_past_tells(self, con: Any) -> None:
        """Where spending repeats itself the range is much narrower; where it does not, it is hardly changed."""
        tells = money.adjusted(self.world(con, 2), "revenue", "spend_before", treated="treated", holdout="holdout")
        rng = np.random.default_rng(3)
        noise = spending(con, rng.gamma(2, 50, 200), rng.gamma(2, 50, 200), spend_before=rng.gamma(2, 50, 400))
        silent = money.adjusted(noise, "revenue", "spend_before", treated="treated", holdout="holdout")
        assert tells is not None
        assert silent is not None
        assert tells.narrower > 0.5 > 0.05 > abs(silent.narrower)

    def test_nobody_had_spent(self, con: Any) -> None:
        """Without a past there is nothing to correct by."""
        table = spending(con, np.arange(30), np.arange(30), spend_before=np.zeros(60))
        assert money.adjusted(table, "revenue", "spend_before", treated="treated", holdout="holdout") is None
