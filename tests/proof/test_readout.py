"""Did the campaign work?"""

from __future__ import annotations

import gzip
import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from businesses import made, rows
from pyarrow import csv
from scipy.stats import binomtest, ttest_ind

from helpers.campaigns.power import needed_per_arm
from helpers.metrics.uncertainty import NotEnough, newcombe, wilson
from helpers.proof.readout import Readout, outcomes_from_orders, read_out, welch

PLAIN = {"campaign": "c1", "main": "returned", "money": "revenue", "margin": 0.5, "cost": 0.0}


def arms(con: Any, **counts: tuple[int, int]) -> Any:
    """Per arm (how many, how many of them returned); each who returned spent 10."""
    people = [(f"{arm}{i}", arm, float(i < k)) for arm, (n, k) in counts.items() for i in range(n)]
    return made(con, {
        "customer_id": [who for who, _, _ in people], "arm": [arm for _, arm, _ in people], "returned": [r for _, _, r in people],
        "revenue": [10 * r for _, _, r in people],
    })  # fmt: skip


def shown(con: Any, table: Any, **more: Any) -> Readout:
    """The read-out, which must be one."""
    found = read_out(table, **{**PLAIN, **more})
    assert isinstance(found, Readout)
    return found


class TestWelch:
    """Differences of means."""

    def test_agrees_with_scipy(self) -> None:
        """Difference and interval are those of scipy's Welch test on the same two samples."""
        rng = np.random.default_rng(3)
        a, b = rng.gamma(2, 50, 80), rng.gamma(1, 60, 25)
        found = welch(a.mean(), a.var(ddof=1), 80, b.mean(), b.var(ddof=1), 25)
        expected = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
        assert found.value == pytest.approx(a.mean() - b.mean())

    def test_nothing_varies(self) -> None:
        """Where nobody spent anything the difference is plainly nought."""
        found = welch(0.0, 0.0, 30, 0.0, 0.0, 30)
        assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


class TestOutcomes:
    """What each assigned customer did in the window."""

    def test_edges_of_the_window(self, con: Any, orders: Any) -> None:
        """Sent on the 16th with 30 days: the 16th and the 14th of the next month count, the 15th before and the 15th after do not."""
        found = orders("""
            first  2026-03-16 00:00 10
            last   2026-04-14 23:59 20
            early  2026-03-15 23:59 40
            late   2026-04-15 00:00 80
            first  2026-03-20 09:00  5
            –      2026-03-20 09:00 99
        """)
        people = made(con, {"customer_id": ["first", "last", "early", "late", "never"], "arm": ["treated"] * 5})
        outcomes = outcomes_from_orders(people, found, sent_at=date(2026, 3, 16), window_days=30)
        assert rows(outcomes, "customer_id", "returned", "orders", "revenue") == [
            ("early", 0.0, 0.0, 0.0), ("first", 1.0, 2.0, 15.0), ("last", 1.0, 1.0, 20.0), ("late", 0.0, 0.0, 0.0), ("never", 0.0, 0.0, 0.0),
        ]  # fmt: skip


class TestVerdict:
    """Worked, not shown yet, did harm, no verdict."""

    def test_worked(self, con: Any) -> None:
        """30 of 100 against 10 of 100: Newcombe's interval lies above nought."""
        found = shown(con, arms(con, treated=(100, 30), holdout=(100, 10)))
        gap = newcombe(wilson(30, 100), wilson(10, 100))
        assert found.verdict == "worked"
        assert found.comparisons[0].difference == gap
        assert gap.low > 0

    def test_harm(self, con: Any) -> None:
        """Fewer of the contacted returned, beyond chance."""
        assert shown(con, arms(con, treated=(100, 10), holdout=(100, 30))).verdict == "did harm"

    def test_identical_arms(self, con: Any) -> None:
        """The same in both groups shows nothing, and no number of customers would have."""
        found = shown(con, arms(con, treated=(200, 20), holdout=(200, 20)))
        assert (found.verdict, found.needed_per_arm) == ("not shown yet", None)
        assert found.comparisons[0].difference.value == 0

    def test_how_many_it_would_have_taken(self, con: Any) -> None:
        """5 points more on 100 each is not shown; 686 per group would have shown 10 → 15 %, as everywhere else in the product."""
        found = shown(con, arms(con, treated=(100, 15), holdout=(100, 10)))
        assert (found.verdict, found.needed_per_arm) == ("not shown yet", 686)
        assert needed_per_arm(0.10, 0.05) == 686

    @pytest.mark.parametrize(
        ("treated", "holdout", "smallest"), [(19, 100, 19), (100, 19, 19), (100, 0, 0), (0, 100, 0)]
    )
    def test_too_small_to_read(self, con: Any, treated: int, holdout: int, smallest: int) -> None:
        """With fewer than twenty in a group, or no group to compare with, there is no read-out."""
        counts = {"treated": (treated, 0), "holdout": (holdout, 0)}
        assert read_out(arms(con, **{arm: n for arm, n in counts.items() if n[0]}), **PLAIN) == NotEnough(smallest, 20)

    def test_two_messages_must_both_work(self, con: Any) -> None:
        """With two treated groups the campaign worked only when both did better than those left out."""
        both = shown(con, arms(con, a=(200, 60), b=(200, 70), holdout=(200, 20)))
        assert (both.verdict, [arm.name for arm in both.arms]) == ("worked", ["a", "b", "holdout"])
        assert shown(con, arms(con, a=(200, 60), b=(200, 21), holdout=(200, 20))).verdict == "not shown yet"

    def test_a_draw_that_went_wrong(self, con: Any) -> None:
        """A fifth was to be left out and half is: something removed people, so there is a warning and no verdict."""
        table = arms(con, treated=(100, 30), holdout=(100, 10))
        found = shown(con, table, planned_holdout_share=0.2)
        assert (found.verdict, len(found.warnings)) == ("no verdict", 1)
        assert shown(con, table, planned_holdout_share=0.5).verdict == "worked"


class TestMoney:
    """What it brought and cost."""

    def test_by_head(self, con: Any) -> None:
        """2 more per head on 100 contacted at half margin is 100; at a cost of 40 that is 1.5 on top of every 1."""
        found = shown(con, arms(con, treated=(100, 30), holdout=(100, 10)), cost=40.0)
        assert found.incremental_margin is not None
        assert found.roi is not None
        assert found.incremental_margin.value == pytest.approx(100.0)
        assert found.roi.value == pytest.approx(1.5)
        spread = (0.3 * 0.7 + 0.1 * 0.9) * 100 / 99  # unbiased variances of two shares, times 10²
        half = found.incremental_margin.high - 100.0
        assert half == pytest.approx(100 * 0.5 * 10 * 1.975 * math.sqrt(spread / 100), rel=2e-3)
        assert found.roi.low == pytest.approx((found.incremental_margin.low - 40) / 40)

    def test_without_a_cost_there_is_no_return_on_it(self, con: Any) -> None:
        """The extra margin is still shown."""
        found = shown(con, arms(con, treated=(100, 30), holdout=(100, 10)))
        assert found.roi is None
        assert found.incremental_margin is not None

    def test_without_money_there_is_none(self, con: Any) -> None:
        """Outcomes without revenue give a verdict and no margin."""
        found = shown(con, arms(con, treated=(100, 30), holdout=(100, 10)).drop("revenue"), money=None)
        assert (found.verdict, found.incremental_margin, found.roi) == ("worked", None, None)

    def test_money_is_never_read_as_a_share(self, con: Any) -> None:
        """Where everybody spent 0 or 1, spending is still money, not a rate."""
        table = arms(con, treated=(50, 10), holdout=(50, 10)).mutate(revenue=lambda t: t.returned)
        outcome = {o.name: o for o in shown(con, table).arms[0].outcomes}
        assert outcome["returned"].rate is not None
        assert outcome["revenue"].rate is None


class TestTable:
    """What a table of outcomes may look like."""

    def test_the_main_outcome_comes_first(self, con: Any) -> None:
        """Whatever the order of the columns, arms and comparisons begin with what the verdict is on."""
        table = arms(con, treated=(50, 10), holdout=(50, 5)).select("revenue", "arm", "returned", "customer_id")
        found = shown(con, table)
        assert (
            [o.name for o in found.arms[0].outcomes]
            == [c.outcome for c in found.comparisons]
            == ["returned", "revenue"]
        )

    def test_blanks(self, con: Any) -> None:
        """A blank outcome means nothing happened; a row without a group belongs to none."""
        people = (
            [("treated", 1.0, 10.0)] * 20
            + [("treated", None, None)] * 20
            + [("holdout", 0.0, None)] * 40
            + [(None, 1.0, 5.0)] * 9
        )
        table = made(con, {
            "arm": pa.array([a for a, _, _ in people], pa.string()), "returned": pa.array([r for _, r, _ in people], pa.float64()),
            "revenue": pa.array([m for _, _, m in people], pa.float64()),
        })  # fmt: skip
        found = shown(con, table)
        assert [(arm.name, arm.n, arm.outcomes[0].mean.value, arm.outcomes[1].mean.value) for arm in found.arms] == [
            ("treated", 40, 0.5, 5.0), ("holdout", 40, 0.0, 0.0),
        ]  # fmt: skip

    def test_yes_and_no_may_be_true_and_false(self, con: Any) -> None:
        """An outcome written as true/false is a share."""
        table = arms(con, treated=(50, 10), holdout=(50, 5)).mutate(returned=lambda t: t.returned == 1)
        rate = shown(con, table).arms[0].outcomes[0].rate
        assert rate is not None
        assert (rate.k, rate.n) == (10, 50)

    def test_an_unknown_main_outcome(self, con: Any) -> None:
        """Asking for an outcome that is not there says so."""
        with pytest.raises(ValueError, match="no outcome visits"):
            read_out(arms(con, treated=(50, 10), holdout=(50, 5)), **{**PLAIN, "main": "visits"})


@pytest.fixture(scope="module")
def hillstrom(con: Any, real_data: Any) -> Readout:
    """The published test read out with a tenth as margin and a cost of 1,000."""
    path = real_data / "hillstrom" / "hillstrom.csv.gz"
    if not path.is_file():
        pytest.skip(f"Hillstrom not found in {real_data}")
    with gzip.open(path) as file:
        raw = csv.read_csv(file)
    columns = {"arm": raw["segment"], **{name: raw[name] for name in ("visit", "conversion", "spend")}}
    result = read_out(
        made(con, columns), campaign="h", main="visit", money="spend", margin=0.1, cost=1000.0, holdout="No E-Mail"
    )
    assert isinstance(result, Readout)
    return result


class TestHillstrom:
    """The published e-mail test with 64,000 customers."""

    def test_published_rates(self, hillstrom: Readout) -> None:
        """Visits, conversions and spend per head of the three groups are those published."""
        shares = {
            arm.name: (
                arm.n,
                *(round(100 * o.rate.value, 4) for o in arm.outcomes if o.rate),
                round(arm.outcomes[2].mean.value, 6),
            )
            for arm in hillstrom.arms
        }
        assert shares == {
            "Mens E-Mail": (21_307, 18.2757, 1.2531, 1.422617), "Womens E-Mail": (21_387, 15.14, 0.8837, 1.077202),
            "No E-Mail": (21_306, 10.6167, 0.5726, 0.652789),
        }  # fmt: skip

    def test_differences(self, hillstrom: Readout) -> None:
        """Men's e-mail: 7.66 points more visits (7.00 to 8.32) and 0.77 more spent (0.49 to 1.05), to scipy's and Newcombe's formulas."""
        gaps = {c.outcome: c.difference for c in hillstrom.comparisons if c.arm == "Mens E-Mail"}
        assert round(100 * gaps["visit"].value, 3) == 7.659
        assert (round(100 * gaps["visit"].low, 2), round(100 * gaps["visit"].high, 2)) == (7.00, 8.32)
        assert (round(gaps["spend"].value, 4), round(gaps["spend"].low, 2), round(gaps["spend"].high, 2)) == (
            0.7698,
            0.49,
            1.05,
        )
        assert hillstrom.verdict == "worked"

    def test_agrees_with_tea_tasting(self, hillstrom: Readout, real_data: Any) -> None:
        """Both e-mails against none: differences in spend and their intervals are tea-tasting's, to nine digits."""
        tea = pytest.importorskip("tea_tasting")
        frame = pd.read_csv(real_data / "hillstrom" / "hillstrom.csv.gz").rename(columns={"segment": "variant"})
        for arm in ("Mens E-Mail", "Womens E-Mail"):
            pair = frame[frame.variant.isin([arm, "No E-Mail"])]
            theirs = tea.Experiment(spend=tea.Mean("spend")).analyze(pair, control="No E-Mail")["spend"]
            (mine,) = (c.difference for c in hillstrom.comparisons if (c.arm, c.outcome) == (arm, "spend"))
            assert (mine.value, mine.low, mine.high) == pytest.approx(
                (theirs.effect_size, theirs.effect_size_ci_lower, theirs.effect_size_ci_upper), rel=1e-9
            )

    def test_rates_agree_with_scipy(self, hillstrom: Readout) -> None:
        """Newcombe's interval put together from scipy's Wilson limits, for visits and conversions of both e-mails."""
        arms = {arm.name: arm for arm in hillstrom.arms}
        control = arms["No E-Mail"]
        for c in hillstrom.comparisons:
            if c.outcome == "spend":
                continue
            one, two = (next(o.rate for o in arm.outcomes if o.name == c.outcome) for arm in (arms[c.arm], control))
            assert one is not None
            assert two is not None
            a, b = (binomtest(rate.k, rate.n).proportion_ci(method="wilson") for rate in (one, two))
            low = math.hypot(one.value - a.low, b.high - two.value)
            high = math.hypot(a.high - one.value, two.value - b.low)
            gap = one.value - two.value
            assert (c.difference.value, c.difference.low, c.difference.high) == pytest.approx(
                (gap, gap - low, gap + high), rel=1e-9
            )

    def test_money(self, hillstrom: Readout) -> None:
        """Extra spend of both groups, 0.7698 × 21,307 + 0.4244 × 21,387, at a tenth: 2,548; less 1,000: 1.55 on top of every 1."""
        assert hillstrom.incremental_margin is not None
        assert hillstrom.roi is not None
        assert hillstrom.incremental_margin.value == pytest.approx(2_548, abs=1)
        assert hillstrom.roi.value == pytest.approx(1.548, abs=0.001)
