"""Customers by the month of their first order, followed month by month."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from businesses import OPENING, Sale, businesses, purchase_days, table
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.cohorts import cohorts

SIX = """
    An   2026-01-05 100
    An   2026-01-20  50
    An   2026-03-02  30
    Bình 2026-01-31  70
    Chi  2026-03-10  20
    –    2026-02-10 999
"""
"""January: An and Bình; February: nobody known; March: An again and Chi for the first time."""
JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def numbers(frame: pd.DataFrame) -> list[list[float | None]]:
    """A matrix as lists, None for what is missing."""
    return [[None if pd.isna(x) else float(x) for x in row] for row in frame.to_numpy()]


def test_a_matrix_filled_in_by_head(orders: Any) -> None:
    """A month without activity is a true zero; a month that has not come is missing."""
    found = cohorts(orders(SIX), as_of=date(2026, 3, 31))
    assert list(found.matrix().index) == [JAN, MAR]
    assert numbers(found.matrix()) == [[2, 0, 1], [1, None, None]]
    assert numbers(found.matrix("orders")) == [[3, 0, 1], [1, None, None]]
    assert numbers(found.matrix("net_revenue")) == [[220, 0, 30], [20, None, None]]
    assert numbers(found.retention()) == [[1, 0, 0.5], [1, None, None]]
    assert found.sizes.to_dict() == {JAN: 2, MAR: 1}


def test_by_calendar_month(orders: Any) -> None:
    """Aligned by calendar, a cohort has nothing before its first month."""
    matrix = cohorts(orders(SIX), as_of=date(2026, 3, 31)).matrix(align="calendar")
    assert list(matrix.columns) == [JAN, FEB, MAR]
    assert numbers(matrix) == [[2, 0, 1], [None, None, 1]]


def test_a_month_that_is_not_over_is_missing(orders: Any) -> None:
    """With the data ending on 30 March, March is shown in the cells as incomplete and in no matrix."""
    found = cohorts(orders(SIX), as_of=date(2026, 3, 30))
    assert numbers(found.matrix()) == [[2, 0]]
    last = found.cells[found.cells["month"] == MAR]
    assert (last["customers"].tolist(), last["complete"].tolist()) == ([1, 1], [False, False])
    assert numbers(found.retention().loc[[JAN]]) == [[1, 0]]


def test_months_after_the_last_order_are_zeros(orders: Any) -> None:
    """Nobody came in April and May although the data reach there: zeros, not gaps."""
    assert numbers(cohorts(orders(SIX), as_of=date(2026, 5, 31)).matrix())[0] == [2, 0, 1, 0, 0]


def test_orders_after_the_end_are_invisible(orders: Any) -> None:
    """Read at the end of January the business has one cohort and one month."""
    found = cohorts(orders(SIX), as_of=date(2026, 1, 31))
    assert numbers(found.matrix("orders")) == [[3]]


def test_nobody(orders: Any) -> None:
    """Without known customers the table is empty and every view of it too."""
    found = cohorts(orders("– 2026-01-01 5"), as_of=date(2026, 1, 31))
    assert found.cells.empty
    assert found.sizes.empty
    assert found.matrix().empty
    assert found.matrix("net_revenue", "calendar").empty
    assert found.retention().empty


@given(businesses(), st.integers(0, 420))
@settings(max_examples=15, deadline=None)
def test_no_customer_order_or_coin_is_lost(con: Any, found: list[Sale], until: int) -> None:
    """For any business the cells of one month add up to that month: customers, orders and money; cohort by cohort too."""
    as_of = OPENING + timedelta(days=until)
    months: dict[date, dict[str, Any]] = defaultdict(lambda: {"customers": set(), "orders": 0, "net_revenue": 0.0})
    newcomers: dict[date, int] = defaultdict(int)
    history = purchase_days(found, as_of)
    for who, days in history.items():
        newcomers[min(days).replace(day=1)] += 1
        for day, receipts in days.items():
            month = months[day.replace(day=1)]
            month["customers"].add(who)
            month["orders"] += len(receipts)
            month["net_revenue"] += sum(sale.money for sale in receipts)
    made = cohorts(table(con, found), as_of=as_of)
    assert made.sizes.to_dict() == newcomers
    sums = made.cells.groupby("month")[["customers", "orders", "net_revenue"]].sum()
    for month, row in sums.iterrows():
        expected = months[month]
        assert (row["customers"], row["orders"]) == (len(expected["customers"]), expected["orders"])
        assert row["net_revenue"] == pytest.approx(expected["net_revenue"], abs=1e-6)
    assert set(months) <= set(sums.index)
    rows = made.cells.groupby("cohort")["orders"].sum()
    for cohort, n in rows.items():
        born = [days for days in history.values() if min(days).replace(day=1) == cohort]
        assert n == sum(len(receipts) for days in born for receipts in days.values())


class TestOnlineRetail:
    """The published cohort of December 2010."""

    def test_first_cohort(self, retail: Any) -> None:
        """885 customers, of whom 324, 286, 340 … 445 came back in the months after, and 235 in a month of nine days."""
        cells = cohorts(retail, as_of=date(2011, 12, 9)).cells
        first = cells[cells["cohort"] == date(2010, 12, 1)].sort_values("months_since")
        assert first["customers"].tolist() == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
        assert first["complete"].tolist() == [True] * 12 + [False]

    def test_cohort_sizes(self, retail: Any) -> None:
        """The thirteen months' new customers are the published ones."""
        sizes = cohorts(retail, as_of=date(2011, 12, 9)).sizes
        assert sizes.tolist() == [885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323, 41]
