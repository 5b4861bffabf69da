"""Leaks in money: each with a range, never below nothing."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from businesses import OPENING, Sale, businesses, made, table
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics import leaks, service
from helpers.metrics.leaks import MONTH, Leak
from helpers.metrics.service import Difference
from helpers.metrics.uncertainty import NotEnough, newcombe, wilson

END = date(2026, 6, 30)
KINDS = {
    "customer_id": pa.string(), "state": pa.string(), "frequency": pa.int64(), "revenue_year": pa.float64(),
    "p_return_90d": pa.float64(), "decline": pa.float64(), "spend_recent": pa.float64(), "spend_before": pa.float64(),
}  # fmt: skip


def people(con: Any, found: list[dict[str, Any]]) -> Any:
    """Customers with the given measures; what is not given is missing."""
    rows = [{"customer_id": f"c{i}", **row} for i, row in enumerate(found)]
    return made(con, {name: pa.array([row.get(name) for row in rows], kind) for name, kind in KINDS.items()})


LATE = {"state": "late", "frequency": 5, "revenue_year": 1200.0, "p_return_90d": 0.25}


class TestSilentRegulars:
    """What late and lapsed regulars used to spend."""

    def test_by_head(self, con: Any) -> None:
        """Ten regulars who spent 100 a month and stay away with 75 %: 750 a month, give or take 1.96·√(10·100²·¾·¼)."""
        found = leaks.silent_regulars(people(con, [LATE] * 10))
        half = 1.959964 * math.sqrt(10 * 100**2 * 0.75 * 0.25)
        assert found == Leak(
            "silent_regulars", pytest.approx(750), pytest.approx(750 - half), pytest.approx(750 + half), 10
        )

    def test_who_is_not_in_it(self, con: Any) -> None:
        """Active and lost customers, and people who came once, are not counted."""
        others = [{**LATE, "state": "active"}, {**LATE, "state": "lost"}, {**LATE, "frequency": 0}]
        found = leaks.silent_regulars(people(con, [*[LATE] * 9, {**LATE, "state": "lapsed"}, *others]))
        assert isinstance(found, Leak)
        assert found.customers == 10

    def test_without_a_forecast_half_stay_away(self, con: Any) -> None:
        """Where no chance of return is known it is one half."""
        found = leaks.silent_regulars(people(con, [{**LATE, "p_return_90d": None}] * 10))
        assert isinstance(found, Leak)
        assert found.monthly == pytest.approx(10 * 100 / 2)

    def test_nine_are_too_few(self, con: Any) -> None:
        """Below ten customers no money is named."""
        assert leaks.silent_regulars(people(con, [LATE] * 9)) == NotEnough(9, 10)

    @given(st.lists(st.tuples(st.floats(-100, 1e7), st.floats(0, 1)), min_size=10, max_size=30))
    @settings(max_examples=15, deadline=None)
    def test_never_below_nothing(self, con: Any, found: list[tuple[float, float]]) -> None:
        """Whatever people spent, refunds included: a range around the amount that does not go below 0, or nothing said."""
        made_up = [{**LATE, "revenue_year": money, "p_return_90d": p} for money, p in found]
        leak = leaks.silent_regulars(people(con, made_up))
        if isinstance(leak, Leak):
            assert 0 <= leak.low <= leak.monthly <= leak.high


DOWN = {"state": "active", "decline": -0.5, "spend_recent": 30.0, "spend_before": 80.0}


class TestDeclining:
    """What regulars who still come no longer spend."""

    def test_by_head(self, con: Any) -> None:
        """Down by half to 30 in 56 days means 30 missing, 16.31 a month; five people lose 81.54."""
        found = leaks.declining(people(con, [DOWN] * 5))
        assert isinstance(found, Leak)
        assert found.monthly == pytest.approx(5 * 30 * MONTH / 56)
        assert (found.low, found.high) == (pytest.approx(found.monthly), pytest.approx(found.monthly))

    def test_who_is_not_in_it(self, con: Any) -> None:
        """Down by less than a fifth, late, or not measurable: not counted; exactly a fifth is."""
        others = [{**DOWN, "decline": -0.19}, {**DOWN, "state": "late"}, {**DOWN, "decline": None}]
        found = leaks.declining(people(con, [*[DOWN] * 4, {**DOWN, "decline": -0.2}, *others]))
        assert isinstance(found, Leak)
        assert found.customers == 5

    def test_stopped_altogether(self, con: Any) -> None:
        """Who spent nothing in the last window misses all of what they spent before."""
        found = leaks.declining(people(con, [{**DOWN, "decline": -1.0, "spend_recent": 0.0}] * 5))
        assert isinstance(found, Leak)
        assert found.monthly == pytest.approx(5 * 80 * MONTH / 56)

    def test_unequal_shortfalls_widen_the_range(self, con: Any) -> None:
        """One large shortfall among small ones makes the sum less sure."""
        found = leaks.declining(people(con, [*[DOWN] * 5, {**DOWN, "spend_recent": 900.0}]))
        assert isinstance(found, Leak)
        assert 0 <= found.low < found.monthly < found.high

    def test_four_are_too_few(self, con: Any) -> None:
        """Below five customers no money is named."""
        assert leaks.declining(people(con, [DOWN] * 4)) == NotEnough(4, 5)


class TestFirstTimers:
    """Against the business's own best quarter."""

    def shop(self, orders: Any) -> Any:
        """Forty newcomers in January, of whom 20 return to spend 50, and forty in April, of whom 10 do."""
        lines = []
        for quarter, day, back in (("q1", date(2025, 1, 10), 20), ("q2", date(2025, 4, 10), 10)):
            for i in range(40):
                lines.append(f"{quarter}{i:02d} {day} 10")
                if i < back:
                    lines.append(f"{quarter}{i:02d} {day + timedelta(days=20)} 50")
        return orders("\n".join(lines))

    def test_by_head(self, orders: Any) -> None:
        """50 % against 25 % of newcomers, worth 50 each, on the 80 newcomers since 10 January: 25 % × 50 × 80 a span."""
        end = date(2025, 12, 31)
        found = leaks.first_timers(self.shop(orders), as_of=end)
        gap = newcombe(wilson(20, 40), wilson(10, 40))
        monthly = 80 / 356 * MONTH * 50
        assert isinstance(found, Leak)
        assert found.monthly == pytest.approx(0.25 * monthly)
        assert (found.low, found.high) == (pytest.approx(gap.low * monthly), pytest.approx(gap.high * monthly))
        assert found.customers == 80

    def test_one_quarter_has_nothing_to_be_held_against(self, orders: Any) -> None:
        """Before a second quarter is old enough there is no yardstick."""
        assert leaks.first_timers(self.shop(orders), as_of=date(2025, 4, 30)) == NotEnough(1, 2, "quarters")

    def test_what_a_return_is_worth(self, orders: Any) -> None:
        """Revenue after the first day and within the horizon, per returning customer: (50 + 0)/2 when one only split the bill."""
        text = "An 2025-01-01 10\nAn 2025-01-31 50\nAn 2025-06-30 99\nBình 2025-01-01 10\nBình 2025-01-01 20 \nChi 2025-01-01 10"
        assert leaks.value_of_return(orders(text), as_of=END) == 25.0

    def test_the_edges_of_a_return(self, orders: Any) -> None:
        """Money of day 90 counts, of day 91 not; who first returned on day 91 has not returned in time."""
        text = "An 2025-01-01 10\nAn 2025-04-01 50\nAn 2025-04-02 99\nBình 2025-01-01 10\nBình 2025-04-02 99"
        assert leaks.value_of_return(orders(text), as_of=END) == 50.0

    def test_refunds_eat_up_a_return(self, orders: Any) -> None:
        """Where returns brought nothing after refunds their worth is unknown, and no leak is made of it."""
        assert leaks.value_of_return(orders("An 2025-01-01 10\nAn 2025-01-31 50\nAn 2025-02-01 -60"), as_of=END) is None

    def test_nobody_returned(self, orders: Any) -> None:
        """Without a return, its worth is unknown rather than zero."""
        assert leaks.value_of_return(orders("An 2025-01-01 10"), as_of=END) is None


class TestLateDeliveries:
    """Customers lost to a late first delivery."""

    def test_by_head(self, orders: Any) -> None:
        """30 of 100 against 60 of 100 over ten months, a return being worth 50: 0.3 × 10 a month × 50."""
        opened = date(2025, 1, 1)
        end = opened + timedelta(days=round(10 * MONTH) + 90)
        sold = orders(f"An {opened} 10\nAn {opened + timedelta(days=9)} 50\nAn {end + timedelta(days=300)} 10")
        late, fine = wilson(30, 100), wilson(60, 100)
        gap = newcombe(late, fine)
        found = leaks.late_deliveries(Difference(late, fine, gap), sold, as_of=end)
        assert isinstance(found, Leak)
        assert found.monthly == pytest.approx(150.0, rel=2e-3)
        assert (found.low, found.high) == (
            pytest.approx(-gap.high * 500, rel=2e-3),
            pytest.approx(-gap.low * 500, rel=2e-3),
        )
        assert found.customers == 100

    def test_no_harm_no_leak(self, orders: Any) -> None:
        """Where the late ones return as often, nothing is lost."""
        same = wilson(30, 100)
        sold = orders("An 2025-01-01 10\nAn 2025-01-09 50")
        assert leaks.late_deliveries(Difference(same, same, newcombe(same, same)), sold, as_of=END) == NotEnough(
            100, 10
        )
        few = Difference(NotEnough(3, 10), same, None)
        assert leaks.late_deliveries(few, sold, as_of=END) == NotEnough(0, 10)

    def test_the_cafe(self, cafe: Any) -> None:
        """The café's late first deliveries cost money every month, by a range above zero."""
        effect = service.return_after_first_delivery(cafe.tables.optional["deliveries"], cafe.tables.orders, as_of=END)
        found = leaks.late_deliveries(effect, cafe.tables.orders, as_of=END)
        assert isinstance(found, Leak)
        assert 0 < found.low < found.monthly < found.high


class TestSized:
    """All leaks of a business."""

    def test_largest_first(self, con: Any, orders: Any) -> None:
        """Leaks that cannot be sized are left out, the others come largest first."""
        found = leaks.sized(
            people(con, [*[LATE] * 10, *[{**DOWN, "frequency": 3}] * 5]), orders("An 2025-01-01 10"), None, as_of=END
        )
        assert [leak.leak for leak in found] == ["silent_regulars", "declining"]
        assert found[0].monthly > found[1].monthly

    @given(businesses(largest=60, people=20))
    @settings(max_examples=8, deadline=None)
    def test_ranges_hold_their_amounts(self, con: Any, found: list[Sale]) -> None:
        """Whatever was sold, no leak is negative and every amount lies in its range."""
        end = OPENING + timedelta(days=500)
        for leak in leaks.sized(people(con, [LATE] * 10), table(con, found), None, as_of=end):
            assert 0 <= leak.low <= leak.monthly <= leak.high
