"""Leaks and better rates in money: only where the numbers allow, always with a range and what it takes for granted."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.language import language
from helpers.session.leaks import sized, unsized
from helpers.session.what_if import MISTAKES, MOST, QUESTIONS, Lever, assumed, gain_words, levers

EN, VI = language("en"), language("vi")


def money(amount: float) -> str:
    """Whole amounts."""
    return f"{amount:.0f}đ"


NUMBERS: dict[str, Any] = {
    "repeat_rate": {"90": {"value": 0.3, "low": 0.25, "high": 0.35, "n": 300}},
    "stakes": {
        "newcomers": {"monthly": 50.0, "value": {"value": 200.0, "low": 150.0, "high": 260.0, "n": 90}, "horizon_days": 90},
        "complainers": {"monthly": 10.0, "value": {"value": 300.0, "low": 210.0, "high": 400.0, "n": 40}, "horizon_days": 90},
    },
    "complaints": {
        "by_speed": {
            "first": {"value": 0.6, "n": 60}, "second": {"value": 0.2, "n": 40},
            "difference": {"value": 0.4, "low": 0.2, "high": 0.5, "n": 100},
        }
    },
    "late_first_delivery": {
        "first": {"value": 0.3, "n": 25}, "second": {"value": 0.5, "n": 75},
        "difference": {"value": -0.2, "low": -0.3, "high": -0.1, "n": 100},
    },
    "leaks": [
        {"leak": "silent_regulars", "monthly": 900.0, "low": 700.0, "high": 1100.0, "customers": 30},
        {"leak": "late_deliveries", "monthly": 500.0, "low": 250.0, "high": 750.0, "customers": 25},
    ],
    "optional_tables": ["deliveries", "tickets"],
}  # fmt: skip


class TestLevers:
    """By hand."""

    def test_more_first_time_buyers_come_back(self) -> None:
        """Four more of 100, of 50 new customers a month, at 200 each: 400 a month; the range is that of the 200."""
        lever = levers(NUMBERS)["repeat"]
        assert (lever.now, lever.most) == (0.3, MOST)
        assert lever.gain(4) == pytest.approx((400, 300, 520))
        assert lever.gain(0) == (0, 0, 0)

    def test_more_complaints_answered_within_a_day(self) -> None:
        """60 of 100 are; ten more, of 10 a month, bring back 40 in 100 more at 300 each: 120, its range by squared distances."""
        lever = levers(NUMBERS)["response"]
        assert lever.now == 0.6
        value, low, high = lever.gain(10)
        assert value == pytest.approx(10 * 0.1 * 0.4 * 300)
        assert low == pytest.approx(120 - math.hypot(0.2 * 300, 0.4 * 90))
        assert high == pytest.approx(120 + math.hypot(0.1 * 300, 0.4 * 100))

    def test_more_first_deliveries_on_time(self) -> None:
        """25 of 100 are late and cost 500; five of them on time are a fifth of that."""
        lever = levers(NUMBERS)["on_time"]
        assert (lever.now, lever.most) == (0.75, 20)
        assert lever.gain(5) == pytest.approx((100, 50, 150))

    def test_no_more_than_there_is_room_for(self) -> None:
        """A rate of 93 % has seven points left, and one of all has none."""
        high = {**NUMBERS, "repeat_rate": {"90": {"value": 0.93, "low": 0.9, "high": 0.95, "n": 300}}}
        assert levers(high)["repeat"].most == 7
        for points in (-1, 8):
            with pytest.raises(ValueError, match="between 0 and 7"):
                levers(high)["repeat"].gain(points)
        assert "repeat" not in levers(
            {**NUMBERS, "repeat_rate": {"90": {"value": 1.0, "low": 0.9, "high": 1.0, "n": 300}}}
        )

    def test_a_difference_that_may_be_nothing_starts_at_nothing(self) -> None:
        """A range never promises a loss for answering sooner."""
        speed = {**NUMBERS["complaints"]["by_speed"], "difference": {"value": 0.1, "low": -0.2, "high": 0.4, "n": 100}}
        assert levers({**NUMBERS, "complaints": {"by_speed": speed}})["response"].gain(10)[1] == 0

    @pytest.mark.parametrize(
        ("name", "without"),
        [
            ("repeat", {"repeat_rate": {"90": {"have": 3, "need": 10}}}),
            (
                "repeat",
                {"stakes": {"newcomers": {"monthly": 50.0, "value": {"have": 1, "need": 10}, "horizon_days": 90}}},
            ),
            ("repeat", {"stakes": None}),
            ("response", {"complaints": None}),
            (
                "response",
                {"complaints": {"by_speed": {"first": {"have": 2}, "second": {"have": 1}, "difference": None}}},
            ),
            ("response", {"stakes": {"newcomers": None, "complainers": None}}),
            ("on_time", {"late_first_delivery": None}),
            ("on_time", {"leaks": []}),
        ],
    )
    def test_only_where_the_data_allow(self, name: str, without: dict[str, Any]) -> None:
        """Without one of its parts there is no lever, and the others stay."""
        found = levers({**NUMBERS, **without})
        assert name not in found
        assert levers(None) == {}

    @given(st.floats(0.01, 5.0), st.floats(0, 1), st.floats(0, 1), st.integers(1, MOST), st.integers(1, MOST))
    def test_more_is_more(self, value: float, down: float, up: float, first: int, second: int) -> None:
        """The gain grows with the points, and lies within its range, whatever the unit."""
        lever = Lever("repeat", 0.1, MOST, (value, value * (1 - down), value * (1 + up)), {})
        least, most = sorted((first, second))
        assert lever.gain(least)[0] <= lever.gain(most)[0]
        assert lever.gain(most)[1] <= lever.gain(most)[0] <= lever.gain(most)[2]


class TestWords:
    """What is said beside a slider."""

    def test_gain_and_gross_profit(self) -> None:
        """From, to, money, range; gross profit only with a margin."""
        lever = levers(NUMBERS)["repeat"]
        words = gain_words(lever, 4, 0.5, EN, money)
        assert (
            words
            == "30 of 100 become 34: 400đ more a month, most likely between 300đ and 520đ. Of that 200đ is gross profit (50%)."
        )
        assert "gross profit" not in gain_words(lever, 4, None, EN, money)

    def test_what_is_taken_for_granted_names_its_numbers(self) -> None:
        """Each assumption says on how many it rests, in both languages, with nothing left to fill in."""
        for lever in levers(NUMBERS).values():
            for say in (EN, VI):
                words = assumed(lever, say, money)
                assert "{" not in words
        assert "200đ, 150đ–260đ; 90 counted" in assumed(levers(NUMBERS)["repeat"], EN, money)
        assert "(40 of 100, 20–50; 100 counted), and each brings 300đ" in assumed(
            levers(NUMBERS)["response"], EN, money
        )
        assert "(20 of 100, 10–30; 100 counted)" in assumed(levers(NUMBERS)["on_time"], EN, money)

    def test_every_lever_has_a_way_to_begin(self) -> None:
        """What the numbers do not hold can be recorded."""
        assert set(MISTAKES) == set(QUESTIONS)


class TestLeaks:
    """As the last run sized them."""

    def test_range_and_customers(self) -> None:
        """Largest first, each in one line with its range."""
        first, second = sized(NUMBERS, EN, money)
        assert (first.name, first.amount) == ("Regulars who have gone quiet", "900đ a month")
        assert first.size == "Most likely between 700đ and 1100đ; it concerns 30 customers."
        assert second.leak == "late_deliveries"

    def test_what_is_not_recorded(self) -> None:
        """Deliveries that nobody writes down cannot leak; before a run nothing is said."""
        assert unsized(NUMBERS) == ()
        assert unsized({"optional_tables": []}) == ("late_deliveries",)
        assert unsized(None) == ()
        assert sized(None, EN, money) == ()


def test_on_the_example(example_metrics: Path) -> None:
    """All three levers can be moved on the example's numbers, and no gain is more than what customers spend in all."""
    numbers = json.loads(example_metrics.read_text("utf-8"))
    found = levers(numbers)
    assert set(found) == set(QUESTIONS)
    for lever in found.values():
        value, low, high = lever.gain(lever.most)
        assert 0 < low < value < high < numbers["identified_revenue"] / 24
