"""The first hundred days: in which week the second order comes, and when waiting stops being worth it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from businesses import OPENING, Sale, businesses, purchase_days, table
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.hazard import WEEKS, first_hundred_days
from helpers.metrics.uncertainty import NotEnough, Rate

START = date(2025, 1, 1)


def counted(found: Rate | NotEnough) -> tuple[int, int]:
    """Numerator and denominator; −1 for a numerator that is not shown."""
    return (found.k, found.n) if isinstance(found, Rate) else (-1, found.have)


def test_by_head(orders: Any) -> None:
    """Twenty first-time buyers: four return on day 6, four on day 7, one on day 200, eleven never."""
    waits = [6] * 4 + [7] * 4 + [200]
    lines = [f"c{i:02d} {START} 10" for i in range(20)]
    lines += [f"c{i:02d} {START + timedelta(days=wait)} 10" for i, wait in enumerate(waits)]
    found = first_hundred_days(orders("\n".join(lines)), as_of=START + timedelta(days=365))
    assert found.customers == 20
    assert [counted(week.second) for week in found.weeks[:3]] == [(4, 20), (4, 16), (0, 12)]
    # day 200 lies beyond the 180 days
    assert [counted(week.never) for week in found.weeks[:3]] == [(12, 20), (12, 16), (12, 12)]
    assert found.turning_week == 1


def test_who_is_merely_new_is_not_gone(orders: Any) -> None:
    """Ten days after the first order only week 1 has been seen whole, and nobody can be called gone."""
    lines = [f"c{i:02d} {START} 10" for i in range(12)] + [f"c00 {START + timedelta(days=9)} 10"]
    found = first_hundred_days(orders("\n".join(lines)), as_of=START + timedelta(days=10))
    assert counted(found.weeks[0].second) == (0, 12)
    assert found.weeks[1].second == NotEnough(0, 10)
    assert {week.never for week in found.weeks} == {NotEnough(0, 10)}
    assert found.turning_week is None


def test_the_last_day_of_a_week_is_its_seventh(orders: Any) -> None:
    """Data ending six days after the first order hold week 1; data ending five days after do not."""
    lines = "\n".join(f"c{i:02d} {START} 10" for i in range(10))
    assert counted(first_hundred_days(orders(lines), as_of=START + timedelta(days=6)).weeks[0].second) == (0, 10)
    assert first_hundred_days(orders(lines), as_of=START + timedelta(days=5)).weeks[0].second == NotEnough(0, 10)


@given(businesses(days=300, largest=60, people=25), st.integers(0, 400), st.sampled_from([90, 180]))
@settings(max_examples=12, deadline=None)
def test_against_counting_one_by_one(con: Any, found: list[Sale], until: int, horizon: int) -> None:
    """Whatever the business: every count equals that of a loop over customers."""
    end = OPENING + timedelta(days=until)
    made = first_hundred_days(table(con, found), as_of=end, horizon_days=horizon)
    people = []
    for days in purchase_days(found, end).values():
        receipts = sorted(sale.at.date() for sales in days.values() for sale in sales)
        people.append(((end - receipts[0]).days, (receipts[1] - receipts[0]).days if receipts[1:] else 10_000))
    assert made.customers == len(people)
    assert len(made.weeks) == WEEKS
    for week in made.weeks:
        start, stop = 7 * (week.week - 1), 7 * week.week
        risk = [wait for age, wait in people if wait >= start and age >= stop - 1]
        old = [wait for age, wait in people if wait >= start and age >= horizon]
        for shown, k, n in (
            (week.second, sum(w < stop for w in risk), len(risk)),
            (week.never, sum(w > horizon for w in old), len(old)),
        ):
            assert counted(shown) == ((k, n) if n >= 10 else (-1, n))
