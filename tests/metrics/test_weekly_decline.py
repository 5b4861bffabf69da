"""Decline as judged at the end of weeks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import ibis
from businesses import Sale, rows, table

from helpers.metrics.customers import summarise
from helpers.metrics.decline import with_decline, with_weekly_decline

SUNDAY = date(2026, 6, 28)


def weekly(spends: dict[str, list[float]]) -> list[Sale]:
    """Orders on Thursdays, the last in the week of :data:`SUNDAY`; each list is money per week, latest first."""
    return [
        Sale(who, datetime.combine(SUNDAY - timedelta(days=3 + 7 * i), datetime.min.time()), money)
        for who, weeks in spends.items()
        for i, money in enumerate(weeks)
        if money
    ]


def judged(con: Any, sales: list[Sale], as_of: date) -> dict[str, tuple[float | None, float | None]]:
    """Customer → decline of the last Sunday and the lowest of the four before, to a thousandth."""
    orders = table(con, sales)
    people = summarise(orders, as_of).mutate(state=ibis.literal("active"))
    found = with_weekly_decline(people, orders, as_of=as_of)
    return {
        who: tuple(None if v is None else round(v, 3) for v in values)  # type: ignore[misc]
        for who, *values in rows(found, "customer_id", "decline_week", "decline_lowest")
    }


STEADY = [10.0] * 40
HALVED = [3.0] * 8 + [10.0] * 32
"""Eight weeks at 3 after 32 at 10, beside a steady customer of the same size: the base falls to 65 %."""


def test_halved_beside_a_steady_one(con: Any) -> None:
    """0.3 against a base of 0.65 is 54 % less; each Sunday before saw one week less of it, the last of them five of eight."""
    found = judged(con, weekly({"a": HALVED, "b": STEADY}), SUNDAY)
    assert found["a"][0] == round(0.3 / 0.65 - 1, 3)
    # a week earlier seven low weeks and one full one stood against 24 full ones: (7·3 + 10)/80 = 0.3875, base (0.3875 + 1)/2
    assert found["a"][1] == round(0.3875 / 0.69375 - 1, 3)


def test_the_same_all_week(con: Any) -> None:
    """Orders after a Sunday change nothing until the next one, so that a list holds for a week."""
    later = [*weekly({"a": HALVED, "b": STEADY}), Sale("a", datetime(2026, 6, 30, 9), 500.0)]
    assert judged(con, later, SUNDAY + timedelta(days=5)) == judged(con, weekly({"a": HALVED, "b": STEADY}), SUNDAY)


def test_on_a_sunday_it_is_the_plain_decline(con: Any) -> None:
    """Read on a Sunday both measures agree."""
    orders = table(con, weekly({"a": HALVED, "b": STEADY, "c": [0.0, 10.0] * 20}))
    people = summarise(orders, SUNDAY).mutate(state=ibis.literal("active"))
    both = with_weekly_decline(with_decline(people, orders, as_of=SUNDAY), orders, as_of=SUNDAY)
    for _, plain, week in rows(both, "customer_id", "decline", "decline_week"):
        assert abs(plain - week) < 1e-9


def test_too_young_or_too_rare_to_judge(con: Any) -> None:
    """With fewer than four orders in the comparison, or a first order within it, nothing is said."""
    found = judged(
        con, weekly({"rare": [10.0, *[0.0] * 19, 10.0, *[0.0] * 19], "young": [10.0] * 20, "b": STEADY}), SUNDAY
    )
    assert found["rare"] == (None, None)
    assert found["young"] == (None, None)
