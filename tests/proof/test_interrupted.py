"""A change of service on a day."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from businesses import made, rows

from helpers.business import Business, ServiceChange
from helpers.metrics.uncertainty import NotEnough
from helpers.proof.interrupted import (
    Interruption,
    answers,
    deliveries,
    interrupted,
    read_change,
    read_changes,
    recorded,
    returns,
    weekly,
)
from helpers.records import plain

ON = date(2026, 3, 2)
CHANGE = ServiceChange(id="carrier", on=ON, measure="on_time")


def series(
    rng: Any, *, jump: float, slope: float = 0.0, weeks: int = 16, n: int = 80, sticky: float = 0.0
) -> list[tuple[int, int, int]]:
    """Weeks of events whose share follows a line, with a jump in week 0; `sticky` weeks resemble the one before."""
    found, drift = [], 0.0
    for week in range(-weeks, weeks):
        drift = sticky * drift + rng.normal(0, 0.03) * (sticky > 0)
        share = float(np.clip(0.6 + slope * week + jump * (week >= 0) + drift, 0, 1))
        found.append((week, n, int(rng.binomial(n, share))))
    return found


def read(weeks: list[tuple[int, int, int]]) -> Interruption:
    """The reading, which must be one."""
    found = interrupted(weeks)
    assert isinstance(found, Interruption)
    return found


def test_an_exact_line() -> None:
    """Sixty per cent before, falling a point a week, 20 points more from the day on: 20 points, whatever the fall."""
    weeks = [(week, 100, 60 - week + 20 * (week >= 0)) for week in range(-10, 10)]
    found = read(weeks)
    assert found.effect.value == pytest.approx(0.20)
    assert (found.turn, found.weeks, found.events) == ("better", (10, 10), 2000)
    assert found.after == pytest.approx((60 + 20 - 4.5) / 100)
    assert found.expected == pytest.approx(found.after - 0.20)


def test_a_trend_is_no_effect() -> None:
    """A share that had been rising all along looks better after any day; the trend is taken out."""
    found = read(series(np.random.default_rng(1), jump=0.0, slope=0.012))
    assert found.after - found.before > 0.15
    assert found.turn == "not shown"


def test_worse() -> None:
    """A loss is called one."""
    assert read(series(np.random.default_rng(2), jump=-0.25)).turn == "worse"


@pytest.mark.parametrize("sticky", [0.0, 0.4])
def test_coverage_and_false_alarms(sticky: float) -> None:
    """Over 500 worlds of forty weeks the truth lies inside in at least 91 %, in 88 % where weeks resemble the one before (a known limit); 15 points are found in 8 of 10."""
    rng = np.random.default_rng(3)
    none = [read(series(rng, jump=0.0, sticky=sticky, weeks=20)) for _ in range(500)]
    inside = np.mean([found.effect.low <= 0 <= found.effect.high for found in none])
    assert (0.91 if not sticky else 0.88) <= inside <= 0.98
    assert np.mean([found.turn == "better" for found in none]) <= (0.04 if not sticky else 0.065)
    some = [read(series(rng, jump=0.15, sticky=0.0, weeks=20)) for _ in range(200)]
    assert np.mean([found.turn == "better" for found in some]) >= 0.8


def test_a_season_is_no_effect() -> None:
    """A share that swings with the year looks changed on many days; the weeks before give it away and nothing is claimed."""
    rng = np.random.default_rng(5)
    claimed = 0
    for day in range(0, 52, 4):
        share = [0.7 + 0.2 * np.sin(2 * np.pi * (week + day) / 52) for week in range(-52, 20)]
        found = read([(week, 80, int(rng.binomial(80, p))) for week, p in zip(range(-52, 20), share, strict=True)])
        claimed += found.turn != "not shown"
    assert claimed == 0


def test_too_few_weeks() -> None:
    """Seven weeks after the change are too few to tell a trend from noise."""
    assert interrupted([(week, 50, 30) for week in range(-20, 7)]) == NotEnough(7, 8, "weeks")
    assert interrupted([]) == NotEnough(0, 8, "weeks")


def test_whole_weeks_only(con: Any) -> None:
    """Weeks begin on the day of the change; the first of the data and the unfinished last one are left out."""
    days = [ON + timedelta(days=d) for d in (-20, -14, -8, -7, -1, 0, 6, 7, 14)]
    events = made(con, {"day": days, "good": [True, True, False, True, False, True, False, True, True]})
    assert weekly(events, on=ON, end=ON + timedelta(days=19)) == [(-2, 2, 1), (-1, 2, 1), (0, 2, 1), (1, 1, 1)]


def test_what_is_counted_on_time(con: Any) -> None:
    """On the minute is on time; a delivery without one of its times is not counted."""
    at = datetime(2026, 3, 3, 12)
    table = made(con, {
        "promised_at": [at, at, at, None], "arrived_at": [at, at + timedelta(minutes=1), None, at],
    })  # fmt: skip
    assert rows(deliveries(table)) == [(at.date(), False), (at.date(), True)]


def test_what_is_counted_answered(con: Any) -> None:
    """Within two hours is kept, later or never is not."""
    at = datetime(2026, 3, 3, 12)
    replies = [at + timedelta(hours=2), at + timedelta(hours=2, minutes=1), None]
    found = answers(made(con, {"opened_at": [at] * 3, "first_reply_at": replies}), hours=2)
    assert rows(found) == [(at.date(), False), (at.date(), False), (at.date(), True)]


def test_what_is_counted_as_return(orders: Any) -> None:
    """Thirty days later is a return, thirty-one is not, twice on a day is one day, nobody's orders are nobody's."""
    found = returns(
        orders("""
        A 2026-01-01 10
        A 2026-01-01 10
        A 2026-01-31 10
        A 2026-03-03 10
        – 2026-01-01 10
    """)
    )
    assert rows(found, "day", "good") == [
        (date(2026, 1, 1), True), (date(2026, 1, 31), False), (date(2026, 3, 3), False),
    ]  # fmt: skip


def test_a_measure_nobody_records(orders: Any) -> None:
    """A promise about deliveries in a shop that records none cannot be read, which is None and not nought."""
    sold = orders("A 2026-01-01 10")
    assert read_change(CHANGE, sold, lambda _: None, as_of=date(2026, 6, 30), hours=24) is None
    back = read_change(ServiceChange(id="x", on=ON), sold, lambda _: None, as_of=date(2026, 6, 30), hours=24)
    assert isinstance(back, NotEnough)


def test_in_metrics_json(orders: Any) -> None:
    """Every change of business.yml stands there as plain JSON, with its reading or null."""
    business = Business(name="x", sources={}, changes=[CHANGE, ServiceChange(id="card", on=ON)])
    found = read_changes(business, orders("A 2026-01-01 10"), lambda _: None, as_of=date(2026, 6, 30))
    told = json.loads(json.dumps(plain(recorded(found))))
    assert [(one["id"], one["on"], one["measure"]) for one in told] == [
        ("carrier", "2026-03-02", "on_time"), ("card", "2026-03-02", "return"),
    ]  # fmt: skip
    assert (told[0]["reading"], told[1]["reading"]["need"]) == (None, 8)
    line = [(week, 100, 60 + 20 * (week >= 0)) for week in range(-10, 10)]
    assert json.loads(json.dumps(plain(recorded([(CHANGE, read(line))]))))[0]["reading"]["turn"] == "better"
