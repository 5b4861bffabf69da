"""Growth accounting: every customer and every coin has a place."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from businesses import OPENING, Sale, businesses, purchase_days, table
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.growth import growth

SIX = """
    An   2026-01-05 100
    Bình 2026-01-20  50
    An   2026-02-10 130
    Chi  2026-02-28  20
    Bình 2026-03-01  40
    An   2026-03-15 110
"""


def test_three_months_by_head(orders: Any) -> None:
    """February: An stays and spends 30 more, Bình is missing, Chi is new; March: An 20 less, Bình is back, Chi is missing."""
    months = growth(orders(SIX), as_of=date(2026, 3, 31)).months.set_index("month")
    people = ["active", "new", "retained", "resurrected", "churned"]
    money = [
        "revenue",
        "revenue_new",
        "revenue_resurrected",
        "revenue_expansion",
        "revenue_contraction",
        "revenue_churned",
    ]
    assert months[people].to_numpy().tolist() == [[2, 2, 0, 0, 0], [2, 1, 1, 0, 1], [2, 0, 1, 1, 1]]
    assert months[money].to_numpy().tolist() == [
        [150, 150, 0, 0, 0, 0],
        [150, 20, 0, 30, 0, 50],
        [150, 0, 40, 0, 20, 20],
    ]
    assert months["complete"].all()


def test_quick_ratio(orders: Any) -> None:
    """Opened in October; January and February each bring one new face, March one back; one is missing in February and one in March."""
    opened = "An 2025-10-01 10\nAn 2025-12-02 10\n"
    found = growth(orders(opened + SIX), as_of=date(2026, 3, 31))
    people = found.judged[["new", "resurrected", "churned"]].to_numpy().tolist()
    assert people == [[1, 0, 0], [1, 0, 1], [0, 1, 1]]
    assert (found.quick_ratio, found.quick_ratio_year) == (1.0, 1.5)


def test_the_first_three_months_are_not_judged(orders: Any) -> None:
    """Whoever comes while the data are young looks new, so a business of 90 days has accounts but no ratio."""
    found = growth(orders(SIX), as_of=date(2026, 3, 31))
    assert found.months["churned"].sum() == 2
    assert found.judged.empty
    assert (found.quick_ratio, found.quick_ratio_year) == (None, None)


def test_a_month_the_data_begin_in_is_a_part(con: Any) -> None:
    """Daily sales from 20 January: January is a part; from the 3rd (closed for New Year) it is a month."""

    def complete(day: int) -> list[bool]:
        start = datetime(2026, 1, day, 9)
        found = [Sale("An", start + timedelta(days=i), 5.0) for i in range(90)]
        return list(growth(table(con, found), as_of=date(2026, 3, 30)).months["complete"])

    assert complete(20) == [False, True, False]
    assert complete(3) == [True, True, False]


def test_an_unfinished_month_is_not_judged(orders: Any) -> None:
    """With the data ending on 30 March the ratio is February's, and March is marked."""
    opened = "An 2025-10-01 10\nAn 2025-12-02 10\n"
    found = growth(orders(opened + SIX), as_of=date(2026, 3, 30))
    assert found.months["complete"].tolist() == [True] * 5 + [False]
    assert (found.quick_ratio, found.quick_ratio_year) == (1.0, 2.0)


def test_nobody_left_nobody_to_divide_by(orders: Any) -> None:
    """Before anybody could leave there is no ratio."""
    found = growth(orders("An 2026-01-05 10"), as_of=date(2026, 1, 31))
    assert (found.quick_ratio, found.quick_ratio_year) == (None, None)


def test_a_month_without_activity_is_a_month(orders: Any) -> None:
    """Closed in February: everybody churns then, nobody in March, and whoever comes in March is resurrected."""
    months = growth(orders("An 2026-01-05 10\nAn 2026-03-05 15"), as_of=date(2026, 4, 30)).months
    assert months["month"].tolist() == [date(2026, m, 1) for m in (1, 2, 3, 4)]
    assert months["churned"].tolist() == [0, 1, 0, 1]
    assert months["resurrected"].tolist() == [0, 0, 1, 0]
    assert months["active"].tolist() == [1, 0, 1, 0]
    assert months["revenue_churned"].tolist() == [0, 10, 0, 15]


def test_over_new_year(orders: Any) -> None:
    """January follows December."""
    months = growth(orders("An 2025-12-31 10\nAn 2026-01-01 10"), as_of=date(2026, 1, 31)).months
    assert months["retained"].tolist() == [0, 1]


def test_nobody(orders: Any) -> None:
    """Without known customers there are no months, but all the columns, and no ratio."""
    found = growth(orders("– 2026-01-01 5"), as_of=date(2026, 1, 31))
    assert found.months.empty
    assert {"month", "active", "new", "resurrected", "churned", "revenue_churned", "complete"} <= set(
        found.months.columns
    )
    assert (found.quick_ratio, found.quick_ratio_year) == (None, None)


@given(businesses(), st.integers(0, 420))
@settings(max_examples=15, deadline=None)
def test_the_accounts_balance_every_month(con: Any, found: list[Sale], until: int) -> None:
    """Whatever the business: customers balance exactly and money to a millionth, in every month, up to any day."""
    as_of = OPENING + timedelta(days=until)
    made = growth(table(con, found), as_of=as_of).months.to_dict("records")
    for row in made:
        assert row["active"] == row["new"] + row["retained"] + row["resurrected"]
    for before, now in pairwise(made):
        assert before["active"] == now["retained"] + now["churned"]
        assert now["active"] - before["active"] == now["new"] + now["resurrected"] - now["churned"]
        assert now["revenue"] - before["revenue"] == pytest.approx(
            now["revenue_new"] + now["revenue_resurrected"] + now["revenue_expansion"]
            - now["revenue_contraction"] - now["revenue_churned"], abs=1e-6,
        )  # fmt: skip
    history = purchase_days(found, as_of)
    assert sum(row["new"] for row in made) == len(history)
    total = sum(sale.money for days in history.values() for receipts in days.values() for sale in receipts)
    assert sum(row["revenue"] for row in made) == pytest.approx(total, abs=1e-6)


def test_online_retail_balances_to_the_penny(retail: Any) -> None:
    """On 18,532 real orders the accounts add up in every month, and in all to what was sold."""
    made = growth(retail, as_of=date(2011, 12, 9)).months.to_dict("records")
    assert sum(row["new"] for row in made) == 4_338
    assert sum(row["revenue"] for row in made) == pytest.approx(8_911_407.904, abs=5e-4)
    for before, now in pairwise(made):
        assert before["active"] == now["retained"] + now["churned"]
        moved = now["revenue_new"] + now["revenue_resurrected"] + now["revenue_expansion"] - now["revenue_contraction"]
        assert now["revenue"] - before["revenue"] == pytest.approx(moved - now["revenue_churned"], abs=1e-6)
