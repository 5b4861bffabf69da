"""What two runs may be compared on, and what is said where they may not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from helpers.proof.comparable import changed_reading, changed_settings, span
from helpers.proof.pace import pace

START = date(2026, 1, 1)


def daily(orders: Any, first: int, last: int, *, without: tuple[int, int] = (0, -1)) -> Any:
    """One order a day from the first to the last day after New Year's, without some days."""
    days = [i for i in range(first, last + 1) if not without[0] <= i <= without[1]]
    return orders("\n".join(f"c{i % 7} {START + timedelta(days=i)} 10" for i in days))


def gap(first: int, last: int) -> dict[str, Any]:
    """A silence as `metrics.json` has it."""
    days = [(START + timedelta(days=i)).isoformat() for i in (first, last)]
    return {"first": days[0], "last": days[1], "days": last - first + 1}


def kinds(found: Any) -> list[str]:
    """Kinds of limits."""
    return [limit.kind for limit in found]


def test_a_whole_export_has_no_limits(orders: Any) -> None:
    """The usual month: today's data begin where the earlier ones did and go on."""
    found = span(daily(orders, 0, 59), daily(orders, 0, 89), [])
    assert (found.first, found.last, found.limits) == (START, START + timedelta(days=59), ())


def test_today_begins_later(orders: Any) -> None:
    """An export of the last months only is shorter; three cancelled orders at the beginning are not."""
    assert kinds(span(daily(orders, 0, 59), daily(orders, 30, 89), []).limits) == ["shorter"]
    found = span(daily(orders, 0, 59), daily(orders, 3, 89), [])
    assert (found.first, found.limits) == (START, ())


def test_today_reaches_further_back(orders: Any) -> None:
    """Years that were added are said to be, and are not orders added late."""
    found = span(daily(orders, 0, 59), daily(orders, -60, 89), [])
    assert (kinds(found.limits), found.first) == (["longer"], START)


def test_the_two_share_no_day(orders: Any) -> None:
    """The new months alone: no common time, and how many days neither knows."""
    found = span(daily(orders, 0, 59), daily(orders, 65, 89), [])
    assert (kinds(found.limits), found.first, found.missed) == (["apart"], None, 5)


@pytest.mark.parametrize(("days", "kind"), [((62, 75), ["gap"]), ((61, 64), []), ((20, 33), ["hole"])])
def test_days_nobody_exported(orders: Any, days: tuple[int, int], kind: list[str]) -> None:
    """A fortnight after the earlier data is a gap, four days are the shop's own, and days that were there then are a hole."""
    found = span(daily(orders, 0, 59), daily(orders, 0, 89, without=days), [gap(*days)])
    assert kinds(found.limits) == kind
    assert len(found.holes) == (kind == ["hole"])


def test_changed_settings_are_named() -> None:
    """Each setting has its own consequence; one that was not noted then is not called changed."""
    then = {"timezone": "Asia/Ho_Chi_Minh", "segments": "a", "parameters": {"quiet_days": 90, "seed": 1}}
    now = {
        "timezone": "Asia/Ho_Chi_Minh",
        "segments": "b",
        "identity": "c",
        "parameters": {"quiet_days": 60, "seed": 1, "new": 3},
    }
    found = changed_settings(then, now)
    assert kinds(found) == ["segments", "parameter"]
    assert found[1].values == {"name": "quiet_days", "then": 90, "now": 60}
    assert changed_settings({}, now) == ()


def reading(*mappings: dict[str, str], kind: str = "orders", currency: str = "VND") -> dict[str, Any]:
    """How a run read its files."""
    sources = [{"kind": kind, "format": "generic", "mapping": mapping} for mapping in mappings]
    return {"quality": {"sources": sources}, "currency": currency}


def test_a_changed_mapping_is_noticed() -> None:
    """Revenue from another column is another mapping; one more file read the same or another way is not."""
    one, other = {"net_revenue": "Total"}, {"net_revenue": "Paid"}
    assert kinds(changed_reading(reading(one), reading(other))) == ["mapping"]
    assert changed_reading(reading(one), reading(one, one, other)) == ()
    assert changed_reading(reading(one, kind="costs"), reading(other, kind="costs")) == ()
    assert kinds(changed_reading(reading(one), reading(one, currency="USD"))) == ["currency"]


def test_weeks_beside_weeks(orders: Any) -> None:
    """Seven orders a week, then fourteen: twice as many, and not by chance; weeks of no order count as nought."""
    before = "\n".join(f"c{i % 7} {START + timedelta(days=i)} 10" for i in range(70))
    after = "\n".join(f"d{i % 9} {START + timedelta(days=70 + i // 2)} 5" for i in range(70))
    ends = START + timedelta(days=69)
    found = {
        one.measure: one
        for one in pace(orders(before + "\n" + after), since=ends, as_of=ends + timedelta(days=38), first=START)
    }
    assert (found["orders"].before, found["orders"].now, found["orders"].real) == (7.0, 14.0, True)
    assert (found["net_revenue"].now - found["net_revenue"].before, found["net_revenue"].real) == (0.0, False)
    assert found["new_customers"].now * 5 == 9
    assert pace(orders(before), since=ends, as_of=ends + timedelta(days=20), first=START) == ()
