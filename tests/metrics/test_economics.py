"""What keeping and winning customers is worth, on a business's own figures."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from test_service import filled

from helpers.metrics.economics import Acquisition, Economics, OnePoint, economics
from helpers.metrics.uncertainty import Estimate, NotEnough

END = date(2026, 6, 30)


def shop() -> str:
    """Two years. Twenty customers of the first year: ten come again in the second, at 100 and 300 by turns. Forty newcomers in 2026."""
    lines = ["z 2024-07-01 1"]
    lines += [f"a{i:02d} 2024-12-01 50" for i in range(20)]
    lines += [f"a{i:02d} 2025-12-01 {100 if i % 2 else 300}" for i in range(10)]
    lines += [f"n{i:02d} 2026-02-01 10" for i in range(40)]
    return "\n".join(lines)


def book(con: Any) -> Any:
    """A cost book from January 2026 on: 800 a month for new customers, 50 for keeping, 999 rent."""
    months = [date(2026, m, 1) for m in range(1, 7)]
    parts = (("acquisition", 800.0), ("retention", 50.0), ("other", 999.0))
    return filled(con, "costs", [{"month": m, "item": p, "purpose": p, "amount": a} for m in months for p, a in parts])


class TestOnePoint:
    """One more of a hundred customers kept."""

    def test_by_hand(self, orders: Any) -> None:
        """Of 21 customers ten are kept and bring 200 each, half of it profit: a point is 0.21 customers, 21 of profit a year."""
        found = economics(orders(shop()), as_of=END, margin=0.5).one_point
        assert isinstance(found, OnePoint)
        assert (found.kept.k, found.kept.n) == (10, 21)
        assert found.value.value == pytest.approx(100)
        assert found.worth.value == pytest.approx(21)
        assert found.cautious == pytest.approx(0.01 * 21 * 0.5 * 100)
        # five points: 1.05 customers at 200 of revenue, over 2,000 + 400 of the year
        assert found.five_points.value == pytest.approx(1.05 * 200 / 2400)
        # ten values with a standard deviation of 105.4: Student's interval, on the log scale where it reaches further (upwards)
        half = 2.2622 * 105.409 / 10**0.5 / 200
        assert found.worth.value - found.worth.low == pytest.approx(21 * half, rel=1e-3)
        assert found.worth.high == pytest.approx(21 * 2.718282**half, rel=1e-3)

    def test_the_margin_scales_money_and_not_shares(self, orders: Any) -> None:
        """With twice the margin a point is worth twice as much, and adds the same share to profit."""
        one, two = (economics(orders(shop()), as_of=END, margin=m).one_point for m in (0.3, 0.6))
        assert isinstance(one, OnePoint)
        assert isinstance(two, OnePoint)
        assert two.worth.value == pytest.approx(2 * one.worth.value)
        assert two.five_points == one.five_points

    def test_a_year_alone_cannot_be_compared(self, orders: Any) -> None:
        """Half a year of history has no year before it."""
        found = economics(orders("\n".join(f"c{i} 2026-01-02 10" for i in range(30))), as_of=END, margin=0.5)
        assert found.one_point == NotEnough(180, 640, "days of history")
        assert isinstance(found.newcomer, NotEnough)


class TestAcquisition:
    """What a newcomer costs and brings."""

    def test_by_hand(self, con: Any, orders: Any) -> None:
        """4,800 for forty newcomers: 120 each, between Garwood's bounds 28.6 and 54.5 of them."""
        found = economics(orders(shop()), as_of=END, margin=0.5, costs=book(con)).acquisition
        assert isinstance(found, Acquisition)
        assert (found.spend, found.new, found.months) == (4800, 40, 6)
        assert found.cac.value == 120
        assert (4800 / found.cac.high, 4800 / found.cac.low) == pytest.approx((28.577, 54.469), abs=0.01)
        # nobody came again in these six months
        assert (found.keep, found.times) == (None, None)

    def test_new_and_kept(self, con: Any, orders: Any) -> None:
        """300 for ten customers who came again is 30 each, a quarter of what a newcomer costs."""
        again = "\n".join(f"a{i:02d} 2026-03-01 10" for i in range(10))
        found = economics(orders(shop() + "\n" + again), as_of=END, margin=0.5, costs=book(con)).acquisition
        assert isinstance(found, Acquisition)
        assert (found.keep, found.times) == (30, 4)

    def test_an_unfinished_month_is_left_out(self, con: Any, orders: Any) -> None:
        """On 29 June the money and the newcomers of June do not count yet."""
        found = economics(orders(shop()), as_of=date(2026, 6, 29), margin=0.5, costs=book(con)).acquisition
        assert isinstance(found, Acquisition)
        assert (found.spend, found.months) == (4000, 5)

    def test_the_first_year_of_a_newcomer(self, con: Any, orders: Any) -> None:
        """Twenty arrived in December 2024, the settled part of the year before last; in 365 days they brought 150 each on average."""
        found = economics(orders(shop()), as_of=END, margin=0.5, costs=book(con))
        assert isinstance(found.newcomer, Estimate)
        assert found.newcomer.n == 20
        assert found.newcomer.value == pytest.approx(0.5 * (20 * 50 + 5 * 100 + 5 * 300) / 20)
        assert isinstance(found.clv_to_cac, Estimate)
        assert found.clv_to_cac.value == pytest.approx(75 / 120)
        assert found.clv_to_cac.low < 75 / 120 < found.clv_to_cac.high

    def test_without_a_cost_book(self, orders: Any) -> None:
        """No costs, no CAC and no ratio; what a point is worth needs none."""
        found = economics(orders(shop()), as_of=END, margin=0.5)
        assert (found.acquisition, found.clv_to_cac) == (None, None)

    def test_nobody_known(self, con: Any, orders: Any) -> None:
        """A till without names has no economics of keeping, and no exception either."""
        found = economics(orders("– 2026-01-02 10"), as_of=END, margin=0.5, costs=book(con))
        assert isinstance(found, Economics)
        assert isinstance(found.one_point, NotEnough)
        assert isinstance(found.acquisition, NotEnough)
