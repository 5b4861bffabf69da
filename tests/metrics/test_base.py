"""The customer base at a glance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from businesses import made

from helpers.metrics import base
from helpers.metrics.customers import summarise
from helpers.metrics.uncertainty import NotEnough, Rate

SIX = """
    An   2026-01-05 100
    An   2026-01-20  50
    Bình 2026-01-31  30
    –    2026-01-10  60
    –    2026-02-01  10
    Chi  2026-02-02  50
"""


class TestOverview:
    """Totals, strangers included."""

    def test_by_head(self, orders: Any) -> None:
        """Six receipts, 300 in all, of which 230 from three known customers."""
        found = base.overview(orders(SIX), as_of=date(2026, 2, 28))
        assert found == base.Overview(3, 6, 300.0, 4, 230.0, 50.0, date(2026, 1, 5), date(2026, 2, 2))
        assert found.anonymous_revenue_share == pytest.approx(70 / 300)

    def test_orders_after_the_end_are_invisible(self, orders: Any) -> None:
        """Read at the end of January, February has not happened."""
        found = base.overview(orders(SIX), as_of=date(2026, 1, 31))
        assert (found.customers, found.orders, found.net_revenue, found.last_day) == (2, 4, 240.0, date(2026, 1, 31))

    def test_everybody_unknown(self, orders: Any) -> None:
        """With strangers only all revenue is anonymous and there is no known receipt to take the median of."""
        found = base.overview(orders("– 2026-01-01 5"), as_of=date(2026, 1, 31))
        assert (found.customers, found.identified_revenue, found.median_order) == (0, 0.0, None)
        assert found.anonymous_revenue_share == 1.0

    def test_before_the_first_order(self, orders: Any) -> None:
        """Nothing has been sold yet: zeros, and no days."""
        found = base.overview(orders(SIX), as_of=date(2025, 12, 31))
        assert found == base.Overview(0, 0, 0.0, 0, 0.0, None, None, None)
        assert found.anonymous_revenue_share == 0.0


class TestConcentration:
    """How few bring how much."""

    def test_by_head(self, orders: Any) -> None:
        """Ten customers spending 91 and nine times 1: the top tenth brings 91 %, every other tenth 1 %."""
        text = "\n".join(["c0 2026-01-01 91", *(f"c{i} 2026-01-01 1" for i in range(1, 10))])
        found = base.concentration(summarise(orders(text), date(2026, 1, 31)))
        assert isinstance(found, base.Concentration)
        assert (found.customers, found.top_share) == (10, 0.91)
        assert found.deciles == pytest.approx((0.91, *[0.01] * 9))

    def test_nine_customers_have_no_tenths(self, orders: Any) -> None:
        """Below ten customers there is no top tenth."""
        text = "\n".join(f"c{i} 2026-01-01 1" for i in range(9))
        assert base.concentration(summarise(orders(text), date(2026, 1, 31))) == NotEnough(9, 10)

    def test_shares_add_up_on_real_data(self, retail: Any) -> None:
        """Online Retail's tenths fall from the first to the last and add up to everything."""
        found = base.concentration(summarise(retail, date(2011, 12, 9)))
        assert isinstance(found, base.Concentration)
        assert sum(found.deciles) == pytest.approx(1.0)
        assert list(found.deciles) == sorted(found.deciles, reverse=True)


class TestSixMonthsAgo:
    """Where are the customers of half a year ago now?"""

    END = date(2026, 6, 30)

    def test_by_head(self, orders: Any) -> None:
        """Of twelve customers of the window half a year ago three were here in the last sixty days; nine spent 10 each and did not return."""
        then, now = self.END - timedelta(days=200), self.END - timedelta(days=30)
        lines = (
            [f"c{i:02d} {then} 10" for i in range(12)]
            + [f"c{i:02d} {now} 99" for i in range(3)]
            + [f"new {now} 99", f"– {then} 99"]
        )
        found = base.six_months_ago(orders("\n".join(lines)), as_of=self.END)
        assert (found.then_from, found.then_to) == (date(2025, 11, 1), date(2025, 12, 30))
        assert isinstance(found.still, Rate)
        assert (found.still.k, found.still.n, found.quiet_revenue) == (3, 12, 90.0)

    @pytest.mark.parametrize(("days_ago", "inside"), [(182, 10), (241, 10), (181, 0), (242, 0)])
    def test_the_edges_of_the_earlier_window(self, orders: Any, days_ago: int, inside: int) -> None:
        """Its first and its last day belong to it, the days beside them do not."""
        text = "\n".join(f"c{i} {self.END - timedelta(days=days_ago)} 10" for i in range(10))
        still = base.six_months_ago(orders(text), as_of=self.END).still
        assert (still.n if isinstance(still, Rate) else still.have) == inside

    @pytest.mark.parametrize(("days_ago", "back"), [(0, 10), (59, 10), (60, 0), (-1, 0)])
    def test_the_edges_of_the_latest_window(self, orders: Any, days_ago: int, back: int) -> None:
        """An order today or 59 days ago is a return; one 60 days ago is not, nor one tomorrow."""
        lines = [
            f"c{i} {self.END - timedelta(days=200)} 10\nc{i} {self.END - timedelta(days=days_ago)} 10"
            for i in range(10)
        ]
        still = base.six_months_ago(orders("\n".join(lines)), as_of=self.END).still
        assert isinstance(still, Rate)
        assert still.k == back

    def test_nobody(self, orders: Any) -> None:
        """A business younger than half a year has nobody to ask about."""
        found = base.six_months_ago(orders("An 2026-06-01 5"), as_of=self.END)
        assert (found.still, found.quiet_revenue) == (NotEnough(0, 10), 0.0)


class TestWhatBecame:
    """The same customers in the words of the states."""

    END = date(2026, 6, 30)

    def test_by_head(self, con: Any, orders: Any) -> None:
        """Of twelve of half a year ago three are active, two lost, seven asleep; whoever came only later is not asked about."""
        then = self.END - timedelta(days=200)
        lines = [f"c{i:02d} {then} {10 + i}" for i in range(12)] + [f"new {self.END} 99", f"– {then} 99"]
        states = ["active"] * 3 + ["lost"] * 2 + ["lapsed"] * 7 + ["active"]
        who = made(con, {"customer_id": [*(f"c{i:02d}" for i in range(12)), "new"], "state": states})
        found = base.what_became(orders("\n".join(lines)), who, as_of=self.END)
        counted = {state: share.k for state, share in found.shares.items() if isinstance(share, Rate)}
        assert counted == {"active": 3, "late": 0, "lapsed": 7, "lost": 2, "reactivated": 0}
        assert found.customers == 12
        assert found.spent == {"active": 33.0, "late": 0.0, "lapsed": 126.0, "lost": 27.0, "reactivated": 0.0}

    def test_nobody(self, con: Any, orders: Any) -> None:
        """A business younger than half a year has nobody to ask about."""
        who = made(con, {"customer_id": ["An"], "state": ["active"]})
        found = base.what_became(orders("An 2026-06-01 5"), who, as_of=self.END)
        assert found.customers == 0
        assert set(found.shares.values()) == {NotEnough(0, 10)}


class TestWeekly:
    """Complete weeks from Monday to Sunday."""

    MONDAY = date(2026, 1, 5)

    def test_by_head(self, orders: Any) -> None:
        """Three weeks: two receipts, none, one; strangers count."""
        text = "An 2026-01-05 10\n– 2026-01-11 23:59 5\nAn 2026-01-20 7"
        found = base.weekly(orders(text), as_of=date(2026, 1, 25))
        assert [(w.monday, w.orders, w.net_revenue) for w in found] == [
            (self.MONDAY, 2, 15.0), (self.MONDAY + timedelta(7), 0, 0.0), (self.MONDAY + timedelta(14), 1, 7.0),
        ]  # fmt: skip

    def test_a_week_that_is_not_over_is_left_out(self, orders: Any) -> None:
        """Data ending on Saturday do not show that week."""
        text = "An 2026-01-05 10\nAn 2026-01-12 10"
        assert [w.monday for w in base.weekly(orders(text), as_of=date(2026, 1, 17))] == [self.MONDAY]

    def test_a_week_the_data_begin_in_is_left_out(self, orders: Any) -> None:
        """An export that starts on a Wednesday would make the first week look poor."""
        text = "An 2026-01-07 10\nAn 2026-01-12 10"
        assert [w.monday for w in base.weekly(orders(text), as_of=date(2026, 1, 18))] == [self.MONDAY + timedelta(7)]

    def test_closed_at_the_end_is_zero(self, orders: Any) -> None:
        """Two weeks without a sale at the end of the data are zeros, not an early end."""
        assert [w.orders for w in base.weekly(orders("An 2026-01-05 10"), as_of=date(2026, 1, 25))] == [1, 0, 0]

    def test_nothing(self, orders: Any) -> None:
        """Before the first order there are no weeks."""
        assert base.weekly(orders("An 2026-01-05 10"), as_of=date(2025, 12, 31)) == ()

    def test_money_of_the_cafe(self, cafe: Any) -> None:
        """The café opened on a Monday: its complete weeks and the two days after them hold all its revenue."""
        end = date(2026, 6, 30)
        weeks = base.weekly(cafe.tables.orders, as_of=end)
        assert (weeks[0].monday, weeks[-1].monday, len(weeks)) == (date(2024, 7, 1), date(2026, 6, 22), 104)
        rest = (
            cafe.tables.orders.filter(cafe.tables.orders.ordered_at >= date(2026, 6, 29))
            .net_revenue.sum()
            .to_pyarrow()
            .as_py()
        )
        assert sum(w.net_revenue for w in weeks) + rest == base.overview(cafe.tables.orders, as_of=end).net_revenue
