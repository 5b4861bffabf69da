"""Do first-time buyers come back?"""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from businesses import OPENING, Sale, businesses, purchase_days, rows, table
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from helpers.metrics import repeat
from helpers.metrics.repeat import ReturnCurve
from helpers.metrics.uncertainty import NotEnough, Rate

EDGES = """
    An    2026-01-01 09:00 10
    An    2026-01-01 18:00 10
    Bình  2026-01-01 09:00 10
    Bình  2026-01-31 23:59 10
    Chi   2026-01-01 09:00 10
    Chi   2026-02-01 00:00 10
    –     2026-01-01 09:00 10
    –     2026-01-02 09:00 10
"""
"""Second order on the first day (An), exactly on day 30 (Bình), a minute after it (Chi), and two strangers."""


def many(pattern: list[tuple[int, int | None]], first: date = date(2026, 1, 1)) -> str:
    """Orders of customers given as (day of the first order, days until the second or None)."""
    lines = []
    for i, (start, wait) in enumerate(pattern):
        day = first + timedelta(days=start)
        lines.append(f"c{i:03d} {day} 10")
        if wait is not None:
            lines.append(f"c{i:03d} {day + timedelta(days=wait)} 10")
    return "\n".join(lines)


class TestOrderDates:
    """First and n-th order of each customer."""

    def test_receipts_are_orders(self, orders: Any) -> None:
        """A second receipt on the first day is the second order; strangers have none."""
        found = rows(repeat.order_dates(orders(EDGES), date(2026, 3, 1)))
        day = date(2026, 1, 1)
        assert found == [("An", day, day), ("Bình", day, date(2026, 1, 31)), ("Chi", day, date(2026, 2, 1))]

    def test_not_yet(self, orders: Any) -> None:
        """A second order after the end of the data has not happened."""
        found = rows(repeat.order_dates(orders(EDGES), date(2026, 1, 31)), "customer_id", "nth")
        assert found == [("An", date(2026, 1, 1)), ("Bình", date(2026, 1, 31)), ("Chi", None)]


class TestRepeatRate:
    """Of first-time buyers followed long enough, the share who came back in time."""

    def test_on_the_horizon_counts_and_the_day_after_does_not(self, orders: Any) -> None:
        """Of ten first-time buyers, back on days 0, 30 and 31 and seven never: 2 of 10 within 30 days, one the same day."""
        text = many([(0, 0), (0, 30), (0, 31), *[(0, None)] * 7])
        found = repeat.repeat_rate(orders(text), as_of=date(2026, 6, 1), horizon_days=30)
        assert isinstance(found.rate, Rate)
        assert (found.rate.k, found.rate.n, found.rate.value, found.same_day) == (2, 10, 0.2, 1)

    def test_customers_too_young_are_left_out(self, orders: Any) -> None:
        """A first order exactly the horizon before the end counts; one a day younger does not, returned or not."""
        text = many([*[(0, 5)] * 4, *[(0, None)] * 6, (1, 3), (1, None)])
        end = date(2026, 1, 1) + timedelta(days=30)
        found = repeat.repeat_rate(orders(text), as_of=end, horizon_days=30)
        assert isinstance(found.rate, Rate)
        assert (found.rate.k, found.rate.n) == (4, 10)
        later = repeat.repeat_rate(orders(text), as_of=end + timedelta(days=1), horizon_days=30)
        assert isinstance(later.rate, Rate)
        assert (later.rate.k, later.rate.n) == (5, 12)

    def test_strangers_are_in_no_denominator(self, orders: Any) -> None:
        """Adding a thousand orders without a customer changes no rate."""
        text = many([(0, 9), *[(0, None)] * 9])
        strangers = "\n– 2026-01-01 10" * 1000
        end = date(2026, 6, 1)
        assert repeat.repeat_rates(orders(text + strangers), as_of=end) == repeat.repeat_rates(orders(text), as_of=end)

    def test_nine_customers_are_too_few(self, orders: Any) -> None:
        """Nine first-time buyers give "not enough", with how many there are."""
        found = repeat.repeat_rate(orders(many([(0, 1)] * 9)), as_of=date(2026, 6, 1), horizon_days=30)
        assert found.rate == NotEnough(9, 10)

    def test_nobody(self, orders: Any) -> None:
        """Without a known customer every horizon says "not enough"."""
        found = repeat.repeat_rates(orders("– 2026-01-01 5"), as_of=date(2026, 6, 1))
        assert [r.horizon_days for r in found] == [30, 60, 90, 180, 365]
        assert {r.rate for r in found} == {NotEnough(0, 10)}

    @given(businesses(largest=60, people=16))
    @settings(max_examples=15, deadline=None)
    def test_counts_are_those_of_plain_python(self, con: Any, found: list[Sale]) -> None:
        """For any business k and n equal a count by hand, and over the same customers k never falls with the horizon."""
        as_of = OPENING + timedelta(days=800)  # everybody is old enough for every horizon
        histories = [
            [sale.at for receipts in days.values() for sale in receipts]
            for days in purchase_days(found, as_of).values()
        ]
        waits = [(sorted(times)[1].date() - min(times).date()).days for times in histories if times[1:]]
        horizons = (0, 30, 180, 365)
        made = repeat.repeat_rates(table(con, found), as_of=as_of, horizons=horizons)
        back = [sum(wait <= h for wait in waits) for h in horizons]
        if len(histories) < 10:
            assert {r.rate for r in made} == {NotEnough(len(histories), 10)}
        else:
            assert [(r.rate.k, r.rate.n) for r in made if isinstance(r.rate, Rate)] == [
                (k, len(histories)) for k in back
            ]
        assert all(a <= b for a, b in pairwise(back))

    def test_the_rate_never_falls_with_the_horizon(self, retail: Any) -> None:
        """Among Online Retail's customers old enough for every horizon, more have returned at each longer one."""
        early = retail.filter(retail.ordered_at < date(2011, 12, 9) - timedelta(days=180))
        made = [repeat.repeat_rate(early, as_of=date(2011, 12, 9), horizon_days=h).rate for h in (10, 30, 60, 120, 180)]
        assert all(isinstance(r, Rate) for r in made)
        assert len({r.n for r in made}) == 1
        assert all(a.value < b.value for a, b in pairwise(made))


def brute_force(waits: list[tuple[int, bool]], day: int) -> tuple[float, float, float]:
    """1 − Ŝ and its log–log interval by the textbook product, customer by customer, in plain Python."""
    survival, greenwood = 1.0, 0.0
    for t in sorted({wait for wait, event in waits if event and wait <= day}):
        risk = sum(wait >= t for wait, _ in waits)
        d = sum(wait == t and event for wait, event in waits)
        survival *= 1 - d / risk
        greenwood += d / (risk * (risk - d)) if risk > d else 0.0
    if survival in (0.0, 1.0):
        return 1 - survival, 1 - survival, 1 - survival
    width = norm.ppf(0.975) * math.sqrt(greenwood) / abs(math.log(survival))
    return 1 - survival, 1 - survival ** math.exp(-width), 1 - survival ** math.exp(width)


class TestReturnCurve:
    """Kaplan–Meier, right-censored at the end of the data."""

    def test_a_curve_worked_out_by_head(self, orders: Any) -> None:
        """20 customers: 5 back after 10 days, 5 gone from view after 20 days, 5 of the 10 left back after 30: 1 − ¾·½ = ⅝."""
        pattern: list[tuple[int, int | None]] = [*[(0, 10)] * 5, *[(70, None)] * 5, *[(0, 30)] * 5, *[(0, None)] * 5]
        found = repeat.return_curve(orders(many(pattern)), as_of=date(2026, 1, 1) + timedelta(days=90))
        assert isinstance(found, ReturnCurve)
        assert (found.n, found.events, found.nth) == (20, 10, 2)
        assert found.days == (10, 20, 30)
        assert found.returned == pytest.approx((0.25, 0.25, 0.625))
        assert found.at_risk == (20, 15, 10)

    def test_reading_between_the_steps(self, orders: Any) -> None:
        """Between two steps the curve keeps its height; beyond the followed days nothing is claimed."""
        pattern: list[tuple[int, int | None]] = [*[(0, 10)] * 5, *[(0, 30)] * 5, *[(0, None)] * 20]
        found = repeat.return_curve(orders(many(pattern)), as_of=date(2026, 4, 1))
        assert isinstance(found, ReturnCurve)
        assert found.at(9) == (0.0, 0.0, pytest.approx(binomtest(0, 30).proportion_ci(method="wilson").high))
        assert found.at(10) == found.at(29) == (found.returned[0], found.low[0], found.high[0])
        assert found.at(90) is not None
        assert found.at(91) is None

    @pytest.mark.parametrize("nth", [2, 3])
    @given(data=st.data())
    @settings(max_examples=12, deadline=None)
    def test_equals_the_textbook_product(self, con: Any, nth: int, data: st.DataObject) -> None:
        """At every step curve and interval equal the product worked out customer by customer, for the 2nd and 3rd order."""
        found = data.draw(businesses(days=60, largest=60, people=20))
        as_of = OPENING + timedelta(days=70)
        waits = []
        for history in purchase_days(found, as_of).values():
            days = [day for day, receipts in history.items() for _ in receipts]
            if len(days) >= nth - 1:
                end = days[nth - 1] if len(days) >= nth else as_of
                waits.append(((end - days[nth - 2]).days, len(days) >= nth))
        curve = repeat.return_curve(table(con, found), as_of=as_of, nth=nth)
        if len(waits) < 10:
            assert curve == NotEnough(len(waits), 10)
            return
        assert isinstance(curve, ReturnCurve)
        assert (curve.n, curve.events) == (len(waits), sum(event for _, event in waits))
        for day, share, low, high in zip(curve.days, curve.returned, curve.low, curve.high, strict=True):
            expected = brute_force(waits, day)
            assert share == pytest.approx(expected[0], abs=1e-12)
            assert low <= share <= high
            if 0 < share < 1:
                assert (low, high) == pytest.approx(expected[1:])

    def test_without_censoring_it_is_the_plain_share(self, orders: Any) -> None:
        """Where everybody has come back by the end, the curve is the share counted by each day."""
        pattern: list[tuple[int, int | None]] = [(0, wait) for wait in range(1, 41)]
        curve = repeat.return_curve(orders(many(pattern)), as_of=date(2026, 6, 1))
        assert isinstance(curve, ReturnCurve)
        assert curve.days == tuple(range(1, 32))  # then fewer than ten are still followed
        assert curve.returned == pytest.approx([day / 40 for day in curve.days])

    def test_nobody_came_back_is_not_certainty(self, orders: Any) -> None:
        """Twelve customers and no return: 0 so far, but as many as a quarter may still do so."""
        curve = repeat.return_curve(orders(many([(0, None)] * 12)), as_of=date(2026, 3, 1))
        assert isinstance(curve, ReturnCurve)
        wilson = binomtest(0, 12).proportion_ci(method="wilson")
        assert curve.at(59) == (0.0, 0.0, pytest.approx(wilson.high))

    def test_everybody_came_back_is_not_certainty(self, orders: Any) -> None:
        """Twelve customers, all back on day 5: the share is 1, the interval is Wilson's."""
        curve = repeat.return_curve(orders(many([(0, 5)] * 12)), as_of=date(2026, 3, 1))
        assert isinstance(curve, ReturnCurve)
        assert curve.at(5) == (1.0, pytest.approx(binomtest(12, 12).proportion_ci(method="wilson").low), 1.0)

    def test_the_second_order_on_the_first_day_is_a_return_on_day_nought(self, orders: Any) -> None:
        """The curve begins above zero when bills are split."""
        curve = repeat.return_curve(orders(many([*[(0, 0)] * 5, *[(0, None)] * 15])), as_of=date(2026, 3, 1))
        assert isinstance(curve, ReturnCurve)
        assert (curve.days[0], curve.returned[0]) == (0, 0.25)

    def test_nobody(self, orders: Any) -> None:
        """Without customers there is no curve."""
        assert repeat.return_curve(orders("– 2026-01-01 5"), as_of=date(2026, 3, 1)) == NotEnough(0, 10)


class TestLadder:
    """From the first order to the second, the third and on."""

    def test_each_rung_starts_from_the_one_before(self, orders: Any) -> None:
        """Of 40, 20 place a second order after 10 days; of these 20, 10 a third after 20 more; ten are followed no further."""
        lines = [f"c{i:02d} 2026-01-01 10" for i in range(40)]
        lines += [f"c{i:02d} 2026-01-11 10" for i in range(20)] + [f"c{i:02d} 2026-01-31 10" for i in range(10)]
        rungs = repeat.purchase_ladder(orders("\n".join(lines)), as_of=date(2026, 4, 30), horizon_days=60, rungs=4)
        assert [(rung.nth, rung.n, round(rung.value, 6)) for rung in rungs] == [
            (2, 40, 0.5),
            (3, 20, 0.5),
            (4, 10, 0.0),
        ]
        assert all(rung.low < rung.value < rung.high for rung in rungs[:2])
        assert rungs[2].high > 0.2  # ten people of whom none has: not a certain nought

    def test_stops_where_nobody_has_been_followed_that_long(self, orders: Any) -> None:
        """A horizon longer than the history gives no rung rather than a guess."""
        text = many([(0, 5)] * 15 + [(0, None)] * 15)
        assert repeat.purchase_ladder(orders(text), as_of=date(2026, 3, 1), horizon_days=180) == ()
