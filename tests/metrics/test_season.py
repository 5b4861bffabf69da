"""A holiday's dip is not churn, and churn in a holiday's weeks is not the holiday's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest
from businesses import OPENING, Sale, businesses, table
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import orders_table

from helpers.metrics.holiday_dip import HolidayDip, holiday_dip
from helpers.metrics.season import (
    Festival,
    counterpart,
    daily,
    expected_weeks,
    same_month_last_year,
    touched,
    touched_month,
)
from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.run import festivals

TET = Festival("tet", (date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17)), 21, 14)
ONE = (TET,)
END = date(2026, 6, 30)


class TestCalendar:
    """Which day is like which."""

    @pytest.mark.parametrize(
        ("day", "like"),
        [
            (date(2026, 2, 17), date(2025, 1, 29)),  # the day itself
            (date(2026, 1, 27), date(2025, 1, 8)),  # first day of its weeks
            (date(2026, 3, 3), date(2025, 2, 12)),  # last day of its weeks
            (date(2026, 3, 4), date(2025, 3, 5)),  # the day after: the same weekday, 52 weeks before
            (
                date(2026, 1, 26),
                date(2025, 1, 6),
            ),  # 52 weeks before lay in Tết's weeks: the last such weekday before them
            (date(2025, 10, 20), date(2024, 10, 21)),
        ],
    )
    def test_fair_days(self, day: date, like: date) -> None:
        """Tết with Tết, ordinary days with ordinary days of the same weekday."""
        assert counterpart(day, ONE) == like

    def test_a_year_the_rules_do_not_know(self) -> None:
        """Without last year's date there is nothing fair to compare Tết with; without festivals the calendar decides."""
        assert counterpart(date(2024, 2, 10), ONE) is None
        assert counterpart(date(2024, 2, 10), ()) == date(2023, 2, 11)

    @given(st.dates(date(2025, 1, 1), date(2026, 12, 31)))
    def test_ordinary_days_are_never_compared_with_tet(self, day: date) -> None:
        """Whatever the day: either both lie in Tết's weeks or neither does."""
        like = counterpart(day, ONE)
        assert like is not None
        assert (touched(ONE, day, day) is None) == (touched(ONE, like, like) is None)
        assert like < day

    def test_months(self) -> None:
        """Tết 2026 lies in February: it decides February and March, not April; both are compared with January and February 2025."""
        assert [touched_month(ONE, date(2026, m, 1)) for m in (1, 2, 3, 4)] == [None, "tet", "tet", None]
        assert same_month_last_year(ONE, date(2026, 2, 1)) == date(2025, 1, 1)
        assert same_month_last_year(ONE, date(2026, 3, 1)) == date(2025, 2, 1)
        assert same_month_last_year(ONE, date(2026, 5, 1)) == date(2025, 5, 1)
        assert same_month_last_year((), date(2026, 2, 1)) == date(2025, 2, 1)

    def test_tet_is_in_the_rules_of_vietnam(self) -> None:
        """The calendar is data: Vietnam's file has Tết with its reach, a country without a file has nothing that moves."""
        (tet,) = festivals("VN")
        assert date(2026, 2, 17) in tet.days
        assert min(tet.days_before, tet.days_after) > 0
        assert festivals("GB") == ()
        assert festivals("XX") == ()


class TestExpectedWeeks:
    """What a week should have brought."""

    @staticmethod
    def flat(now: int, before: int, skip: tuple[date, ...] = ()) -> list[Sale]:
        """So many orders a day, one count per year, none on the days skipped."""
        start = date(2024, 1, 1)
        days = [start + timedelta(days=i) for i in range(910)]
        return [
            Sale("An", datetime.combine(day, datetime.min.time()), 10.0)
            for day in days if day not in skip for _ in range(now if day >= date(2025, 1, 1) else before)
        ]  # fmt: skip

    def test_growth_is_taken_along(self, con: Any) -> None:
        """Twice last year's orders everywhere: every week brings what was expected."""
        weeks = expected_weeks(table(con, self.flat(2, 1)), ONE, as_of=date(2025, 12, 28))
        settled = weeks[weeks["week"] > date(2025, 4, 7)]
        assert len(settled) == 37
        assert (settled["actual"] == 14).all()
        assert settled["expected"].tolist() == pytest.approx([14.0] * len(settled))

    def test_closed_for_tet_both_years(self, con: Any) -> None:
        """Closed five days from Tết: that week brings two days, and two days were expected – the calendar would expect seven."""
        closed = tuple(day + timedelta(days=i) for day in TET.days for i in range(5))
        found = table(con, self.flat(1, 1, closed))
        fair = expected_weeks(found, ONE, as_of=date(2026, 6, 21)).set_index("week")
        naive = expected_weeks(found, (), as_of=date(2026, 6, 21)).set_index("week")
        week = date(2026, 2, 16)
        assert (fair.loc[week, "actual"], fair.loc[week, "festival"]) == (2.0, "tet")
        assert fair.loc[week, "expected"] == pytest.approx(2.0)
        assert naive.loc[week, "expected"] > 6

    def test_a_first_year_has_nothing_to_expect(self, con: Any) -> None:
        """Where last year is not in the data nothing is made up."""
        weeks = expected_weeks(table(con, self.flat(1, 1)), ONE, as_of=date(2024, 12, 29))
        assert weeks["expected"].isna().all()
        assert weeks["low"].isna().all()

    def test_nobody(self, con: Any) -> None:
        """Without known customers there are no weeks."""
        assert expected_weeks(table(con, [Sale(None, datetime(2025, 1, 1), 5.0)]), ONE, as_of=END).empty

    @given(businesses(days=300, largest=40), st.integers(0, 330))
    @settings(max_examples=8, deadline=None)
    def test_days_hold_everything(self, con: Any, found: list[Sale], until: int) -> None:
        """Whatever the business: the daily figures add up to all known receipts and their money."""
        end = OPENING + timedelta(days=until)
        known = [s for s in found if s.customer is not None and s.at.date() <= end]
        by_day = daily(table(con, found), as_of=end)
        assert by_day["orders"].sum() == len(known)
        assert by_day["net_revenue"].sum() == sum(s.money for s in known)


def world(seed: int, leave: float = 0.0, dip: float = 0.5, people: int = 700) -> ir.Table:
    """Two years of a shop whose regulars stay away around Tết; of those there at Tết 2026 a share never comes back.

    People arrive all the time, come about every nine days, and stop after 400 days on average, so ordinary leaving goes on too.
    """
    rng = np.random.default_rng(seed)
    start = np.datetime64("2024-06-01")
    arrive = rng.uniform(-300, 760, people)
    stop = arrive + rng.exponential(400, people)
    tet = (np.datetime64("2026-02-17") - start).astype(int)
    gone = (arrive < tet) & (stop > tet) & (rng.random(people) < leave)
    stop = np.where(gone, tet - 5, stop)
    pace = rng.gamma(3.0, 1 / 27.0, people)
    who = np.repeat(np.arange(people), rng.poisson(pace * 1060))
    day = np.floor(rng.uniform(-300, 760, len(who)))
    keep = (day >= np.maximum(arrive[who], 0)) & (day < stop[who])
    for first in TET.days[1:]:
        offset = day - (np.datetime64(first) - start).astype(int)
        closed, quiet = (offset >= -2) & (offset <= 4), (offset >= -14) & (offset <= 10)
        keep &= ~closed & (~quiet | (rng.random(len(who)) < dip))
    who, day = who[keep], day[keep]
    return orders_table(who, start + day.astype("timedelta64[D]"), np.full(len(who), 10.0))


class TestHolidayDip:
    """The holiday, or customers leaving?"""

    @pytest.mark.parametrize("seed", [4, 5, 6])
    def test_a_dip_without_loss_is_the_holiday(self, seed: int) -> None:
        """Visits halve around Tết in both years and nobody leaves because of it: not reported as losing customers."""
        found = holiday_dip(world(seed, people=2_000), ONE, as_of=END)
        assert isinstance(found, HolidayDip)
        assert found.now.dip < -0.3
        assert found.verdict == "holiday"

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_a_loss_in_the_same_weeks_is_a_loss(self, seed: int) -> None:
        """The same dip, but three in ten do not come back after it: reported, with a range that excludes chance."""
        found = holiday_dip(world(seed, leave=0.3), ONE, as_of=END)
        assert isinstance(found, HolidayDip)
        assert found.verdict == "loss"
        assert found.difference.low < -0.3 * 0.9 < found.difference.high + 0.1

    def test_how_often_it_cries_wolf(self) -> None:
        """On thirty businesses without a loss it reports one at most twice (1 in 40 by chance)."""
        found = [holiday_dip(world(seed, people=350), ONE, as_of=END) for seed in range(30)]
        assert sum(isinstance(f, HolidayDip) and f.verdict == "loss" for f in found) <= 2

    def test_by_head(self, con: Any) -> None:
        """Twelve regulars before each Tết; nine are back after the first, six after the second."""
        found = []
        for tet, back in ((TET.days[1], 9), (TET.days[2], 6)):
            for i in range(12):
                name = f"{tet.year}-{i}"
                days = [-60, -30] + ([30] if i < back else [])
                found += [Sale(name, datetime.combine(tet + timedelta(days=d), datetime.min.time()), 5.0) for d in days]
            found.append(Sale(f"once-{tet.year}", datetime.combine(tet - timedelta(days=30), datetime.min.time()), 5.0))
        first = Sale("old", datetime(2024, 9, 1), 1.0)
        made = holiday_dip(table(con, [first, *found]), ONE, as_of=END)
        assert isinstance(made, HolidayDip)
        assert isinstance(made.now.back, Rate)
        assert isinstance(made.before.back, Rate)
        assert (made.before.back.k, made.before.back.n, made.now.back.k, made.now.back.n) == (9, 12, 6, 12)
        assert made.verdict == "unclear"
        assert (made.now.dip, made.span_days) == (-1.0, 56)

    def test_one_tet_is_not_two(self, con: Any) -> None:
        """With one Tết in the data there is no year before to compare with; without a festival there is nothing to ask."""
        orders = orders_table(["a"], ["2025-06-01"], [1.0])
        assert holiday_dip(orders, ONE, as_of=END) == NotEnough(1, 2, "years")
        assert isinstance(holiday_dip(world(1, people=50), (), as_of=END), NotEnough)

    def test_too_soon_after(self) -> None:
        """Three weeks after the festival's weeks its returners cannot be counted yet."""
        assert isinstance(holiday_dip(world(1, people=200), ONE, as_of=date(2026, 3, 24)), NotEnough)
        assert isinstance(holiday_dip(world(1), ONE, as_of=date(2026, 4, 1)), HolidayDip)


def test_pandas_is_given_dates(con: Any) -> None:
    """The weeks are named by plain dates, like every other table of the report."""
    weeks = expected_weeks(table(con, TestExpectedWeeks.flat(1, 1)), ONE, as_of=date(2025, 6, 29))
    assert isinstance(weeks["week"].iloc[0], date)
    assert not isinstance(weeks["week"].iloc[0], pd.Timestamp)
