"""What changed since the last run."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from helpers.metrics.uncertainty import Estimate, newcombe, wilson
from helpers.proof.since import changes, headline
from helpers.records import plain

RATE = plain(wilson(30, 100))
LONG_BEFORE = "\nold 2025-09-01 10"
"""One order that makes the data begin early enough for later months to be judged."""


def test_totals_change_without_a_claim() -> None:
    """Customers, orders and revenue are set beside each other; whether noise explains them is not claimed."""
    (found,) = changes({"customers": 100}, {"customers": 130})
    assert (found.metric, found.before, found.now, found.difference, found.real) == (
        "customers",
        100.0,
        130.0,
        30.0,
        None,
    )


@pytest.mark.parametrize(("k", "real"), [(60, True), (10, True), (33, False)])
def test_a_change_of_a_rate_is_real_or_noise(k: int, real: bool) -> None:
    """30 → 60 of 100 and 30 → 10 are more than chance, 30 → 33 is not."""
    (found,) = changes({"repeat_rate": {"90": RATE}}, {"repeat_rate": {"90": plain(wilson(k, 100))}})
    assert (found.metric, found.real) == ("repeat_rate.90", real)
    assert found.difference == newcombe(wilson(k, 100), wilson(30, 100))


@pytest.mark.parametrize("then", [None, {}, {"have": 3, "need": 10, "what": "customers"}, 0.3, {**RATE, "value": None}])
def test_what_was_not_measured_then_is_not_compared(then: Any) -> None:
    """A horizon that was too young, or an older file without intervals, makes no row."""
    assert changes({"repeat_rate": {"90": then}}, {"repeat_rate": {"90": RATE}}) == ()


def test_no_run_before() -> None:
    """The first run has nothing to be held against; neither do numbers that are missing now."""
    assert changes({}, {"customers": 3, "repeat_rate": {"90": RATE}}) == ()
    assert changes({"quick_ratio": 1.5, "customers": 3}, {"quick_ratio": None}) == ()
    assert changes({"repeat_rate": None}, {"repeat_rate": None}) == ()


def test_headline(orders: Any) -> None:
    """The numbers of this run carry the names of metrics.json; rates nobody can know yet are not in it."""
    text = "\n".join(f"c{i} 2026-01-01 10" + (f"\nc{i} 2026-02-10 10" if i < 6 else "") for i in range(12))
    text += LONG_BEFORE
    found = headline(orders(text), {"overview": {"customers": 12}}, as_of=date(2026, 2, 28))
    assert found["customers"] == 12
    assert found["quick_ratio"] == 0.0  # six of January's twelve are missing in February, nobody is new
    assert set(found["repeat_rate"]) == {"30"}
    assert found["repeat_rate"]["30"]["n"] == 13


def test_the_same_run_twice(orders: Any) -> None:
    """Compared with itself nothing has changed, and no rate's change is called real."""
    text = "\n".join(f"c{i} 2026-01-01 10" + (f"\nc{i} 2026-01-10 10" if i < 6 else "") for i in range(12))
    text += LONG_BEFORE
    now = plain(headline(orders(text), {"overview": {"customers": 12, "orders": 18}}, as_of=date(2026, 2, 28)))
    found = changes(now, now)
    assert {c.metric for c in found} >= {"customers", "orders", "quick_ratio", "repeat_rate.30"}
    for change in found:
        value = change.difference.value if isinstance(change.difference, Estimate) else change.difference
        assert value == 0
        assert not change.real


def entry(k: int, n: int) -> dict[str, Any]:
    """A return rate at one horizon, as `metrics.json` has it."""
    return {"repeat_rate": {"90": plain(wilson(k, n))}}


def test_a_late_cancellation_is_no_change() -> None:
    """Reported 50 of 100, today's data say 48 of 97 for the same day and 48 of 97 now: nothing has happened since."""
    (found,) = changes(entry(50, 100), entry(48, 97), entry(48, 97))
    assert (found.before, found.restated, found.now) == (0.5, 48 / 97, 48 / 97)
    assert found.difference == Estimate(0.0, 0.0, 0.0, 97)
    assert found.real is False


def test_the_change_is_what_newcomers_moved() -> None:
    """100 customers then and 100 more since: the newcomers' difference from them by their share of all, and so its interval."""
    (found,) = changes(entry(30, 100), entry(80, 200), entry(30, 100))
    fresh = newcombe(wilson(50, 100), wilson(30, 100))
    assert isinstance(found.difference, Estimate)
    assert found.difference.value == pytest.approx(0.4 - 0.3) == pytest.approx(fresh.value / 2)
    assert (found.difference.low, found.difference.high) == (fresh.low / 2, fresh.high / 2)
    assert found.real


def test_few_newcomers_among_many_are_not_told_from_chance() -> None:
    """Two of two newcomers returned: that is no change of a thousand customers' rate."""
    assert [one.real for one in changes(entry(300, 1000), entry(302, 1002), entry(300, 1000))] == [False]


def test_nothing_changed_raises_few_false_alarms() -> None:
    """Over 400 worlds in which newcomers return as all others did, at most one in twenty is called changed at any of three horizons."""
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(400):
        old, new = rng.binomial(400, [0.3, 0.4, 0.5]), rng.binomial(150, [0.3, 0.4, 0.5])
        then = {"repeat_rate": {str(i): plain(wilson(int(k), 400)) for i, k in enumerate(old)}}
        now = {"repeat_rate": {str(i): plain(wilson(int(k), 550)) for i, k in enumerate(old + new)}}
        alarms += any(one.real for one in changes(then, now, then))
    assert alarms <= 28  # 400 × 5 % and two standard errors


def test_a_ratio_of_few_customers_is_noise() -> None:
    """Twelve came for ten who left, then nine for ten: chance; 300 for 100 after 100 for 100: more than that."""

    def ratio(came: int, left: int) -> dict[str, Any]:
        return {"quick_ratio": came / left, "quick_ratio_flow": (came, left)}

    assert [one.real for one in changes(ratio(12, 10), ratio(9, 10), ratio(12, 10))] == [False]
    assert [one.real for one in changes(ratio(100, 100), ratio(300, 100), ratio(100, 100))] == [True]
