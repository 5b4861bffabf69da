"""The customer summary and each customer's rhythm."""

from __future__ import annotations

import math
from datetime import date, timedelta
from statistics import mean
from typing import Any

import pytest
from businesses import OPENING, Sale, businesses, purchase_days, rows, sales, table
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.cohorts import cohorts
from helpers.metrics.customers import Rhythm, business_rhythm, summarise, with_rhythm
from helpers.metrics.orders import identified, placed
from helpers.metrics.orders import purchase_days as days_of

SIX = """
    An   2026-01-01 09:00 100
    An   2026-01-01 17:30  20
    An   2026-01-11 09:00  60
    An   2026-01-31 23:59  40
    Bình 2026-01-05 09:00  70
    –    2026-01-06 09:00 999
"""
END = date(2026, 1, 31)


class TestSummarise:
    """Six receipts of two people and a stranger."""

    def test_every_column_can_be_counted_by_head(self, orders: Any) -> None:
        """Two receipts on one day are one purchase day; the repeat days' mean value leaves the first day out."""
        found = {r.pop("customer_id"): r for r in summarise(orders(SIX), END).to_pyarrow().to_pylist()}
        assert found["An"] == {
            "first_order": date(2026, 1, 1), "last_order": date(2026, 1, 31), "orders": 4, "net_revenue": 220.0,
            "frequency": 2, "recency": 30, "T": 30, "monetary_value": 50.0, "days_since_last_order": 0,
        }  # fmt: skip
        assert found["Bình"] == {
            "first_order": date(2026, 1, 5), "last_order": date(2026, 1, 5), "orders": 1, "net_revenue": 70.0,
            "frequency": 0, "recency": 0, "T": 26, "monetary_value": None, "days_since_last_order": 26,
        }  # fmt: skip

    def test_strangers_are_nobody(self, orders: Any) -> None:
        """An order without a customer makes no row."""
        assert [r[0] for r in rows(summarise(orders(SIX), END), "customer_id")] == ["An", "Bình"]

    def test_the_future_is_invisible(self, orders: Any) -> None:
        """An order on the last day counts to its last minute, one of the next day not at all."""
        found = rows(summarise(orders(SIX), date(2026, 1, 30)), "customer_id", "orders", "days_since_last_order")
        assert found == [("An", 3, 19), ("Bình", 1, 25)]

    def test_nobody(self, orders: Any) -> None:
        """A business whose customers are all unknown has an empty summary, not a fault."""
        assert rows(summarise(orders("– 2026-01-01 5"), END)) == []

    @given(businesses(), st.integers(-5, 420))
    @settings(max_examples=25, deadline=None)
    def test_pure_python_comes_to_the_same(self, con: Any, found: list[Sale], until: int) -> None:
        """For any business and any day the engine's summary equals one worked out receipt by receipt."""
        as_of = OPENING + timedelta(days=until)
        expected = []
        for who, history in purchase_days(found, as_of).items():
            days = list(history)
            value = [sum(sale.money for sale in history[day]) for day in days]
            expected.append((
                who, days[0], days[-1], sum(map(len, history.values())), sum(value), len(days) - 1, (days[-1] - days[0]).days,
                (as_of - days[0]).days, pytest.approx(mean(value[1:])) if days[1:] else None, (as_of - days[-1]).days,
            ))  # fmt: skip
        made = rows(summarise(table(con, found), as_of))
        assert made == sorted(expected, key=lambda row: row[0])

    def test_free_repeat_days_are_worth_exactly_nothing(self, con: Any) -> None:
        """Days that come to 0 are worth 0, whatever fractions the first day had: the value model leaves them out."""
        start = sales("X 2025-01-01 10")[0].at
        found = [Sale("An", start + timedelta(days=i), money) for i, money in enumerate((0.1, 0.0, 0.2, -0.2))]
        made = rows(summarise(table(con, found), date(2026, 1, 1)), "monetary_value")
        assert made == [(0.0,)]


def test_purchase_days_know_the_gap_before_them(orders: Any) -> None:
    """Each purchase day has its value, its receipts and the days since the one before."""
    made = rows(days_of(orders(SIX), END), "customer_id", "day", "first_day", "previous", "gap")
    assert made == [
        ("An", date(2026, 1, 1), date(2026, 1, 1), None, None),
        ("An", date(2026, 1, 11), date(2026, 1, 1), date(2026, 1, 1), 10),
        ("An", date(2026, 1, 31), date(2026, 1, 1), date(2026, 1, 11), 20),
        ("Bình", date(2026, 1, 5), date(2026, 1, 5), None, None),
    ]


def test_every_order_knows_its_place(orders: Any) -> None:
    """Two receipts of one day are first and second order; who is unknown has a day and no place."""
    made = rows(placed(orders(SIX)), "customer_id", "day", "nth", "first_day", "previous_day")
    assert sorted(made, key=str) == sorted(
        [
            ("An", date(2026, 1, 1), 1, date(2026, 1, 1), None),
            ("An", date(2026, 1, 1), 2, date(2026, 1, 1), date(2026, 1, 1)),
            ("An", date(2026, 1, 11), 3, date(2026, 1, 1), date(2026, 1, 1)),
            ("An", date(2026, 1, 31), 4, date(2026, 1, 1), date(2026, 1, 11)),
            ("Bình", date(2026, 1, 5), 1, date(2026, 1, 5), None),
            (None, date(2026, 1, 6), None, None, None),
        ],
        key=str,
    )


@settings(max_examples=25, deadline=None)
@given(found=businesses(), days=st.integers(0, 120))
def test_a_place_holds_for_every_end_of_the_data(con: Any, found: list[Sale], days: int) -> None:
    """Orders placed once give the same summary and cohorts at any earlier day as orders that are not."""
    end = OPENING + timedelta(days=days)
    plain, known = table(con, found), placed(table(con, found))
    for one, other in zip(rows(summarise(known, end)), rows(summarise(plain, end)), strict=True):
        assert all(a == b or a == pytest.approx(b) for a, b in zip(one, other, strict=True))
    assert cohorts(known, as_of=end).cells.equals(cohorts(plain, as_of=end).cells)


def test_identified_orders_keep_their_columns(orders: Any) -> None:
    """Known customers' receipts up to the day, with the calendar day beside the time."""
    found = identified(orders(SIX), date(2026, 1, 5))
    assert rows(found, "customer_id", "day") == [
        ("An", date(2026, 1, 1)),
        ("An", date(2026, 1, 1)),
        ("Bình", date(2026, 1, 5)),
    ]


def _regulars(gaps: dict[str, tuple[int, int]]) -> list[Sale]:
    """Customers who come `times` times every `gap` days from 1 January 2025."""
    start = sales("X 2025-01-01 10")[0]
    return [
        start._replace(customer=who, at=start.at + timedelta(days=gap * i))
        for who, (gap, times) in gaps.items()
        for i in range(times)
    ]


class TestRhythm:
    """How often people usually come."""

    def test_two_kinds_of_customers(self, con: Any) -> None:
        """One customer every 4 days, one every 9: typical is their geometric mean, 6 days, weighted by gaps."""
        rhythm = business_rhythm(table(con, _regulars({"An": (4, 21), "Bình": (9, 21)})), date(2026, 1, 1))
        assert rhythm is not None
        assert (rhythm.gaps, rhythm.customers) == (40, 2)
        assert rhythm.typical_days == pytest.approx(6.0)
        assert rhythm.prior_gaps < 0.01  # everybody is perfectly regular, so their own gaps say everything

    def test_variance_components_are_those_of_the_textbook(self, con: Any) -> None:
        """Within and between variances equal one-way analysis of variance worked out in plain Python."""
        logs = {"An": [3, 5, 4, 8] * 4, "Bình": [20, 31, 12] * 4, "Chi": [7, 9] * 3}
        found, at = [], sales("X 2025-01-01 10")[0].at
        for who, gaps in logs.items():
            days = [0, *(sum(gaps[: i + 1]) for i in range(len(gaps)))]
            found += [Sale(who, at + timedelta(days=d), 10.0) for d in days]
        rhythm = business_rhythm(table(con, found), date(2026, 6, 1))
        groups = [[math.log(g) for g in gaps] for gaps in logs.values()]
        n, k = sum(map(len, groups)), len(groups)
        grand = sum(map(sum, groups)) / n
        within = sum((x - mean(g)) ** 2 for g in groups for x in g) / (n - k)
        between = sum(len(g) * (mean(g) - grand) ** 2 for g in groups) / (k - 1)
        spread = (between - within) / ((n - sum(len(g) ** 2 for g in groups) / n) / (k - 1))
        assert rhythm is not None
        assert rhythm.typical_days == pytest.approx(math.exp(grand))
        assert rhythm.spread == pytest.approx(math.sqrt(within))
        assert rhythm.prior_gaps == pytest.approx(within / spread)

    @pytest.mark.parametrize(
        "gaps", [{"An": (7, 30)}, {"An": (7, 31)}, {"An": (7, 15), "Bình": (7, 15)}, {}, {"An": (7, 1)}],
        ids=["29 gaps", "one customer", "28 gaps", "nobody", "one order"],
    )  # fmt: skip
    def test_too_little_to_know(self, con: Any, gaps: dict[str, tuple[int, int]]) -> None:
        """Below 30 gaps, and with a single customer, no rhythm is claimed."""
        assert business_rhythm(table(con, _regulars(gaps)), date(2026, 1, 1)) is None

    def test_few_gaps_lean_on_the_business(self, con: Any) -> None:
        """With κ = 2 a single gap of 8 days against a typical 27 counts a third: exp((ln 8 + 2 ln 27)/3) = 18."""
        found = table(con, _regulars({"An": (8, 2), "Bình": (5, 1)}))
        end = date(2026, 1, 1)
        rhythm = Rhythm(typical_days=27.0, spread=1.0, prior_gaps=2.0, gaps=100, customers=50)
        made = dict(rows(with_rhythm(summarise(found, end), found, end, rhythm), "customer_id", "rhythm_days"))
        assert made == {"An": pytest.approx(18.0), "Bình": None}

    def test_last_gap_is_the_one_between_the_last_two_days(self, orders: Any) -> None:
        """Twenty days between the last two purchase days, ten as seen a day before the last; none after a single day."""
        made = {
            end: rows(with_rhythm(summarise(orders(SIX), end), orders(SIX), end, None), "customer_id", "last_gap")
            for end in (END, END - timedelta(days=1))
        }
        assert made == {
            END: [("An", 20), ("Bình", None)],
            END - timedelta(days=1): [("An", 10), ("Bình", None)],
        }

    def test_no_rhythm_without_the_business_rhythm(self, con: Any) -> None:
        """Where the business has too few gaps nobody is given a rhythm, and nobody is lost from the table."""
        found = table(con, _regulars({"An": (8, 2)}))
        end = date(2026, 1, 1)
        assert rows(with_rhythm(summarise(found, end), found, end, None), "customer_id", "rhythm_days") == [
            ("An", None)
        ]


def test_online_retail_has_its_published_customers(retail: Any) -> None:
    """4,338 customers, 18,532 orders, £8,911,407.904 and 1,493 customers with one order."""
    found = summarise(retail, date(2011, 12, 9))
    totals = found.agg(
        n=found.count(), orders=found.orders.sum(), money=found.net_revenue.sum(), once=(found.orders == 1).sum()
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    assert (totals["n"], totals["orders"], totals["once"]) == (4_338, 18_532, 1_493)
    assert totals["money"] == pytest.approx(8_911_407.904, abs=5e-4)
