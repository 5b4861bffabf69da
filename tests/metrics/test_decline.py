"""Spending less than before, while the rest of the business does not."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import ibis.expr.types as ir
import pytest
from businesses import Sale, rows, table

from helpers.metrics.customers import business_rhythm, summarise, with_rhythm
from helpers.metrics.decline import CALL, WATCH, with_decline
from helpers.metrics.states import thresholds, with_state

END = date(2026, 6, 30)


def visits(who: str, money: list[float], *, opened: int = 300) -> list[Sale]:
    """One first order long ago, then one per 28-day step of the last 224 days, the latest last (0: no visit)."""
    at = [(END - timedelta(days=opened), 1.0)]
    at += [(END - timedelta(days=28 * (len(money) - 1 - i) + 14), value) for i, value in enumerate(money) if value]
    return [Sale(who, datetime.combine(day, time(9)), value) for day, value in at]


def stated(orders: ir.Table) -> ir.Table:
    """The customer summary with everybody's state."""
    rhythm = business_rhythm(orders, END)
    customers = with_rhythm(summarise(orders, END), orders, END, rhythm)
    return with_state(customers, thresholds(orders, customers, as_of=END, rhythm=rhythm))


def declines(con: Any, found: list[Sale], **options: Any) -> dict[str, Any]:
    """Customer → decline."""
    orders = table(con, found)
    made = with_decline(stated(orders), orders, as_of=END, **options)
    return dict(rows(made, "customer_id", "decline"))


STEADY = [v for i in range(40) for v in visits(f"steady{i:02d}", [100.0] * 8)]


def test_half_of_before_while_others_stay(con: Any) -> None:
    """Forty steady customers and one who spends a third: the base moves hardly, the one is down by two thirds."""
    found = declines(con, [*STEADY, *visits("An", [90.0] * 6 + [30.0] * 2)])
    assert found["An"] == pytest.approx(-2 / 3, abs=0.01)
    assert found["An"] < CALL
    assert found["steady00"] == pytest.approx(0.0, abs=0.02)


def test_by_head(con: Any) -> None:
    """Two customers: 600 → 150 and 600 → 450 a window; the base halves, so they are at one half and one and a half of it."""
    orders = table(con, [*visits("An", [300.0] * 6 + [75.0] * 2), *visits("Bình", [300.0] * 6 + [225.0] * 2)])
    made = with_decline(stated(orders), orders, as_of=END)
    found = {who: values for who, *values in rows(made, "customer_id", "spend_recent", "spend_before", "decline")}
    assert found == {"An": [150.0, 600.0, pytest.approx(-0.5)], "Bình": [450.0, 600.0, pytest.approx(0.5)]}


def test_a_dip_everybody_shares_is_nobodys_decline(con: Any) -> None:
    """After Tết all spend 60 % less: nobody is watched, nobody is called."""
    found = [v for i in range(30) for v in visits(f"c{i:02d}", [50.0 + i] * 6 + [0.4 * (50.0 + i)] * 2)]
    made = declines(con, found)
    assert len(made) == 30
    assert all(value == pytest.approx(0.0, abs=1e-9) for value in made.values())


def test_those_who_left_excuse_nobody(con: Any) -> None:
    """Half of the customers leave for good before the last window; the one who halves spending is still down by half."""
    every = {"opened": 238}  # 28 days before the first of the eight visits
    left = [v for i in range(40) for v in visits(f"left{i:02d}", [100.0] * 6 + [0.0] * 2, **every)]
    steady = [v for i in range(40) for v in visits(f"steady{i:02d}", [100.0] * 8, **every)]
    found = declines(con, [*steady, *left, *visits("An", [90.0] * 6 + [45.0] * 2, **every)])
    assert found["An"] == pytest.approx(-0.5, abs=0.01)
    assert found["steady00"] == pytest.approx(0.0, abs=0.02)
    assert found["left00"] == -1.0


def test_staying_level_while_all_others_rise_is_a_decline(con: Any) -> None:
    """Where everybody doubles, the one who does not is at half of what the season explains."""
    found = [v for i in range(60) for v in visits(f"c{i:02d}", [50.0] * 6 + [100.0] * 2)]
    assert declines(con, [*found, *visits("An", [50.0] * 8)])["An"] == pytest.approx(-0.5, abs=0.01)


def test_silence_is_minus_one(con: Any) -> None:
    """Nothing spent in the last window is a decline of 100 %."""
    assert declines(con, [*STEADY, *visits("An", [90.0] * 6 + [0.0] * 2)])["An"] == -1.0


def test_customers_nothing_can_be_said_of(con: Any) -> None:
    """Three receipts before, or younger than the windows compared: missing, not zero."""
    rare = visits("Rare", [0, 0, 0, 90.0, 90.0, 90.0, 10.0, 10.0])
    young = visits("Young", [0.0, 0.0] + [90.0] * 4 + [10.0] * 2, opened=200)
    found = declines(con, [*STEADY, *rare, *young])
    assert (found["Rare"], found["Young"]) == (None, None)


def test_the_edges_of_the_windows(con: Any) -> None:
    """The last day belongs to the recent window, the day 56 days before it to the earlier one, and tomorrow to none."""

    def sale(days_ago: int, money: float) -> Sale:
        return Sale("An", datetime.combine(END - timedelta(days=days_ago), time(12)), money)

    days = [(300, 1), (224, 1000), (223, 8), (56, 1), (55, 4), (0, 16), (-1, 500), (150, 0), (151, 0)]
    orders = table(con, [sale(ago, money) for ago, money in days])
    made = with_decline(stated(orders), orders, as_of=END)
    assert rows(made, "spend_recent", "spend_before") == [(20.0, pytest.approx(9 / 3))]


def test_the_limits_are_those_of_the_article() -> None:
    """A fifth less is a shrug, half is a phone call."""
    assert (WATCH, CALL) == (-0.2, -0.5)


def test_nobody(con: Any) -> None:
    """A business without known customers has no decline and no fault."""
    assert declines(con, [Sale(None, datetime(2026, 1, 1), 5.0)]) == {}
