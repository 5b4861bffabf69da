"""Days and hours on which people may be contacted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from campaign_shop import BOOK

from helpers.campaigns.days import daily_limit, hours_of, next_monday, open_days

VN, GB = BOOK.rules.country("VN"), BOOK.rules.country("GB")


def test_no_weekend_and_no_day_off() -> None:
    """Of the days around 1 May 2026 (a Friday) none of 30 April, 1 May, and the weekend is free; Women's Day is an ordinary day."""
    found = open_days(VN, date(2026, 4, 27), 10).days
    assert [d.day for d in found if d <= date(2026, 5, 5)] == [27, 28, 29, 4, 5]
    assert date(2026, 10, 20) in open_days(VN, date(2026, 10, 1), 30).days


def test_the_days_around_tet() -> None:
    """From four days before the first of the year to seven after it nobody is written to."""
    found = set(open_days(VN, date(2027, 1, 25), 30).days)
    closed = [date(2027, 2, 6) + timedelta(days=n) for n in range(-4, 8)]
    assert not found & set(closed)
    assert {date(2027, 2, 1), date(2027, 2, 15)} <= found


def test_the_next_free_day() -> None:
    """A contact due on Tết is made on the first Monday after it."""
    assert open_days(VN, date(2027, 1, 25), 30).from_day(date(2027, 2, 6)) == date(2027, 2, 15)


def test_years_the_rules_do_not_know_are_named() -> None:
    """Tết 2031 is not in the file: the plan says that these weeks are to be checked by hand; 2026 is known."""
    assert "tet" in open_days(VN, date(2031, 1, 6), 100).unknown
    assert open_days(VN, date(2026, 7, 6), 100).unknown == ()
    assert open_days(GB, date(2031, 1, 6), 100).unknown == ()


def test_a_country_without_rules() -> None:
    """Saturday and Sunday are kept free, and nothing else is known."""
    found = open_days(None, date(2026, 12, 21), 10).days
    assert date(2026, 12, 25) in found
    assert all(d.isoweekday() < 6 for d in found)


@pytest.mark.parametrize(
    ("channel", "hours"), [("phone", ("09:00", "17:00")), ("sms", ("08:00", "20:00")), ("zns", ("08:00", "20:00"))]
)
def test_the_narrower_of_law_and_habit(channel: str, hours: tuple[str, str]) -> None:
    """Calls by law from 8 to 17 and by habit from 9; SMS by law from 7 to 22 and by habit from 8 to 20."""
    found = hours_of(channel, BOOK.rules, VN)
    assert found is not None
    assert (found.start, found.end) == hours


def test_face_to_face_has_no_hours() -> None:
    """Who stands at the till may be spoken to; a channel without a limit has none."""
    assert hours_of("in_person", BOOK.rules, VN) is None
    assert daily_limit("sms", VN) == 3
    assert daily_limit("oa", VN) is None
    assert daily_limit("sms", None) is None


def test_plans_begin_on_the_monday_after() -> None:
    """Data up to Tuesday, Sunday or Monday: the plan begins on the Monday after."""
    assert [next_monday(date(2026, 6, d)) for d in (30, 28, 29)] == [
        date(2026, 7, 6),
        date(2026, 6, 29),
        date(2026, 7, 6),
    ]
