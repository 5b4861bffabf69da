"""Old orders that read differently now, told apart from new business."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from businesses import Sale, businesses, table
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.proof.revisions import Revised, Revisions, revisions

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)
SIX = "An 2026-01-01 10\nBo 2026-01-05 20\nAn 2026-01-09 30\n– 2026-01-12 40\nCu 2026-01-20 50\nBo 2026-01-31 60"


def compared(then: Any, now: Any, **more: Any) -> Revisions:
    """January, as it stood and as it stands."""
    return revisions(then, now, first=FIRST, last=LAST, **more)


def without(table_: Any, *numbers: str) -> Any:
    """The orders but some."""
    return table_.filter(table_.order_id.notin(list(numbers)))


def test_nothing_has_changed(orders: Any) -> None:
    """The same orders, and new ones since, are no revision."""
    now = orders(SIX + "\nAn 2026-02-02 70\nDu 2026-02-03 80")
    assert compared(orders(SIX), now) == Revisions(FIRST, LAST, 6, (), 0, 0)


def test_a_cancelled_order_is_gone(orders: Any) -> None:
    """Two orders taken out are two, with the money they take along."""
    found = compared(orders(SIX), without(orders(SIX), "o2", "o4"))
    assert found.found == (Revised("gone", 2, -60.0),)
    assert (found.orders, found.total, found.gone) == (6, 2, 2)


def test_an_order_added_late(orders: Any) -> None:
    """An order of a day long over is late; one of the last day is not, because that day was still going on."""
    now = orders(SIX + "\nDu 2026-01-15 70\nDu 2026-01-31 80")
    assert compared(orders(SIX), now).found == (Revised("late", 1, 70.0),)


def test_another_amount_another_day_another_customer(orders: Any) -> None:
    """A partial refund and a corrected day are changes, a corrected customer moves the order; cents of rounding are nothing."""
    now = orders(
        SIX.replace("05 20", "05 15").replace("09 30", "08 30").replace("Cu", "Bo").replace("01 10", "01 10.001")
    )
    assert compared(orders(SIX), now).found == (Revised("changed", 2, -5.0), Revised("moved", 1, 0.0))


def test_a_day_moved_out_of_the_time(orders: Any) -> None:
    """An order corrected to a day after the time has changed, and its money is not of the time any more."""
    assert compared(orders(SIX), orders(SIX.replace("01-20", "02-02"))).found == (Revised("changed", 1, -50.0),)


def test_new_numbers_are_no_revision(orders: Any) -> None:
    """A till that numbers anew has the same customers, moments and amounts; two equal sales stay two."""
    twice = SIX + "\n– 2026-01-12 40"
    then, now = orders(twice), orders(twice)
    now = now.mutate(order_id=now.order_id + "-new")
    found = compared(then, now)
    assert (found.found, found.renumbered) == ((), 7)
    found = compared(then, without(now, "o7-new", "o3-new"))
    assert (found.found, found.renumbered) == ((Revised("gone", 2, -70.0),), 5)


def test_a_hole_in_todays_data_is_no_cancellation(orders: Any) -> None:
    """Orders of days of which the new export knows nothing are counted apart from those that are gone."""
    found = compared(orders(SIX), without(orders(SIX), "o2", "o3", "o5"), holes=[(date(2026, 1, 4), date(2026, 1, 12))])
    assert (found.found, found.holes) == ((Revised("gone", 1, -50.0),), 2)


@pytest.mark.parametrize("sides", [("", SIX), (SIX, "")])
def test_one_side_is_empty(orders: Any, sides: tuple[str, str]) -> None:
    """Nothing then or nothing now is not an error."""
    found = compared(*(orders(side) for side in sides))
    assert found.total == (5 if sides[0] == "" else 6)


@settings(max_examples=30)
@given(businesses(days=60, largest=25), st.sets(st.integers(1, 25)), st.integers(0, 40))
def test_revisions_account_for_the_money(con: Any, sold: list[Sale], taken: set[int], days: int) -> None:
    """Whatever is taken out: as many are gone as were taken, and their money is what the time has lost."""
    last = min((sale.at for sale in sold), default=datetime(2025, 1, 15)).date() + timedelta(days=days)
    first = date(2025, 1, 1)
    then = table(con, [sale for sale in sold if sale.at.date() <= last] or [Sale(None, datetime(2025, 1, 1, 9), 1.0)])
    numbers = [f"o{i}" for i in taken]
    now = without(then, *numbers)
    lost = then.filter(then.order_id.isin(numbers)).to_pandas()
    found = revisions(then, now, first=first, last=last)
    assert found.gone == len(lost)
    assert sum(one.revenue for one in found.found) == pytest.approx(-lost["net_revenue"].sum())
