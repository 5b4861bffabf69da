"""Several small campaigns together, and newcomers since they began."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from helpers.business import Campaign
from helpers.errors import InputError
from helpers.metrics.uncertainty import Estimate, NotEnough, newcombe, wilson
from helpers.proof.programme import Generations, generations, pool, together
from helpers.proof.readout import Arm, Comparison, Outcome, Readout, Refused, Verdict

CAMPAIGN = Campaign(id="x")


def campaign(
    k: int,
    n: int,
    held: int,
    m: int,
    *,
    gain: float | None = None,
    cost: float = 0.0,
    verdict: Verdict = "not shown yet",
) -> Readout:
    """A read-out with these counts."""
    one, two = wilson(k, n), wilson(held, m)
    gap = newcombe(one, two)
    mean = Estimate(0.0, 0.0, 0.0, n)
    money = Estimate(gain, gain - 100, gain + 200, n) if gain is not None else None
    arms = (Arm("treated", n, (Outcome("returned", one, mean),)), Arm("holdout", m, (Outcome("returned", two, mean),)))
    return Readout("x", "", arms, (Comparison("treated", "returned", gap),), money, cost, None, verdict)


def pooled(*found: Any) -> Any:
    """The programme of these read-outs."""
    return pool([(CAMPAIGN, one) for one in found])


def test_sums_by_hand() -> None:
    """Two campaigns: extra returns, gains and costs add up; half-widths add like the sides of a right angle."""
    one, two = campaign(30, 200, 10, 100, gain=500, cost=300), campaign(60, 400, 20, 200, gain=700, cost=300)
    found = pooled(one, two)
    assert (found.campaigns, found.set_aside, found.treated, found.holdout, found.cost) == (2, 0, 600, 300, 600)
    gap, gap_2 = one.comparisons[0].difference, two.comparisons[0].difference
    assert found.returns.value == pytest.approx(200 * 0.05 + 400 * 0.05)
    low = math.hypot(200 * (gap.value - gap.low), 400 * (gap_2.value - gap_2.low))
    assert found.lift.low == pytest.approx((30 - low) / 600)
    assert found.gain.value == 1200
    assert (1200 - found.gain.low, found.gain.high - 1200) == pytest.approx((100 * 2**0.5, 200 * 2**0.5))
    assert found.roi.value == pytest.approx(1.0)


def test_alone_not_shown_together_shown() -> None:
    """Six campaigns of which none shows anything by itself show it together."""
    small = campaign(18, 120, 3, 40)
    assert small.comparisons[0].difference.low < 0
    assert pooled(*[small] * 6).verdict == "worked"
    assert pooled(small).verdict == "not shown yet"


def test_what_cannot_be_read_is_set_aside() -> None:
    """Refused, too small and doubtful ones are counted and do not count; with nothing left there is no programme."""
    bad = (Refused("x", "", InputError("x")), NotEnough(3, 20), campaign(9, 100, 1, 50, verdict="no verdict"))
    found = pooled(campaign(30, 200, 10, 100), *bad)
    assert (found.campaigns, found.set_aside) == (1, 3)
    assert pooled(*bad) is None
    assert pool([]) is None


def test_money_unknown_in_one_is_unknown_in_all() -> None:
    """A sum over some of the campaigns would be no sum."""
    found = pooled(campaign(30, 200, 10, 100, gain=500, cost=10), campaign(30, 200, 10, 100, cost=10))
    assert (found.gain, found.roi) == (None, None)


def test_unlike_campaigns() -> None:
    """One that helped and one that harmed differ more than chance; twice the same do not; one alone cannot."""
    helped, harmed = campaign(90, 300, 30, 300), campaign(30, 300, 90, 300)
    assert [pooled(helped, harmed).unlike, pooled(helped, helped).unlike, pooled(helped).unlike] == [True, False, None]


def test_coverage_and_false_alarms() -> None:
    """Over 1,000 worlds of five campaigns the true mean effect lies inside in 93–97 %, a false “worked” in 2.5 % and chance."""
    rng = np.random.default_rng(11)
    sizes, held = np.array([100, 150, 200, 250, 300]), np.array([50, 50, 80, 80, 100])
    bases = np.array([0.05, 0.08, 0.1, 0.15, 0.2])
    worlds = 1000
    seen: dict[tuple[int, ...], Estimate] = {}

    def looked(lifts: Any) -> tuple[float, float]:
        truth, inside, shown = float(sizes @ lifts), 0, 0
        for _ in range(worlds):
            counts = zip(
                rng.binomial(sizes, bases + lifts).tolist(),
                sizes.tolist(),
                rng.binomial(held, bases).tolist(),
                held.tolist(),
                strict=True,
            )
            gaps = [seen.setdefault(c, newcombe(wilson(c[0], c[1]), wilson(c[2], c[3]))) for c in counts]
            total = together(gaps, sizes.tolist())
            inside += total.low <= truth <= total.high
            shown += total.low > 0
        return inside / worlds, shown / worlds

    inside, false = looked(np.zeros(5))
    assert 0.93 <= inside <= 0.975
    assert false <= 0.025 + float(norm.ppf(0.99)) * (0.025 * 0.975 / worlds) ** 0.5
    inside, _ = looked(np.array([0.0, 0.05, 0.1, 0.02, 0.08]))
    assert 0.93 <= inside <= 0.975


class TestGenerations:
    """Newcomers since the effort began beside those of the same days a year before."""

    def shop(self, orders: Any, this_year: int, last_year: int) -> Any:
        """Twenty newcomers each January; so many of them return after ten days, one more after a hundred."""
        text = []
        for year, back in ((2025, last_year), (2026, this_year)):
            for i in range(20):
                text.append(f"c{year}-{i} {year}-01-{1 + i:02d} 100")
                if i < back:
                    text.append(f"c{year}-{i} {year}-01-{11 + i:02d} 50")
            text.append(f"c{year}-19 {year}-05-01 500")
        return orders("\n".join(text))

    def test_by_hand(self, orders: Any) -> None:
        """Ten of twenty this year and four last year; (100 + 25) and (100 + 10) a head at half margin; the hundredth day is not seen."""
        found = generations(self.shop(orders, 10, 4), begun=date(2026, 1, 1), as_of=date(2026, 6, 30), margin=0.5)
        assert isinstance(found, Generations)
        assert [(g.back.k, g.back.n, g.worth.value) for g in (found.before, found.since)] == [
            (4, 20, 55.0),
            (10, 20, 62.5),
        ]
        assert found.back == newcombe(wilson(10, 20), wilson(4, 20))
        assert found.worth.value == pytest.approx(7.5)
        assert found.worth.low < 7.5 < found.worth.high

    def test_unfinished_newcomers_are_not_counted(self, orders: Any) -> None:
        """On 5 April only those of up to 5 January have had their ninety days: too few to compare."""
        shop = self.shop(orders, 10, 4)
        assert generations(shop, begun=date(2026, 1, 1), as_of=date(2026, 4, 5), margin=0.5) == NotEnough(5, 10)
        assert generations(shop, begun=date(2026, 4, 1), as_of=date(2026, 4, 5), margin=0.5) == NotEnough(0, 10)
