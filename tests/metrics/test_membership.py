"""Where each member stands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from businesses import made, rows

from helpers.metrics.membership import membership

TODAY = date(2026, 6, 30)


def standing(
    con: Any, *contracts: tuple[str, int, int | None, float], ordered: dict[str, int] | None = None
) -> dict[str, str]:
    """Who stands where; contracts are customer, begun and over so many days ago (negative: still to come), price per month."""
    names = [who for who, *_ in contracts]
    table = made(con, {
        "subscription_id": [f"s{i}" for i in range(len(contracts))], "customer_id": names, "plan": ["p"] * len(contracts),
        "started_on": pa.array([TODAY - timedelta(days=begun) for _, begun, _, _ in contracts], pa.date32()),
        "ended_on": pa.array([None if over is None else TODAY - timedelta(days=over) for _, _, over, _ in contracts], pa.date32()),
        "monthly_price": pa.array([price for *_, price in contracts], pa.float64()),
    })  # fmt: skip
    last = ordered or {}
    customers = made(con, {
        "customer_id": pa.array(list(last), pa.string()),
        "last_order": pa.array([TODAY - timedelta(days=ago) for ago in last.values()], pa.date32()),
    })  # fmt: skip
    return dict(rows(membership(table, customers, as_of=TODAY), "customer_id", "contract"))


def test_each_standing(con: Any) -> None:
    """Seven people, one of each kind."""
    assert standing(
        con, ("try", 5, None, 0.0), ("fresh", 20, None, 9.0), ("old", 400, None, 9.0), ("due", 80, -10, 9.0), ("late", 80, 10, 9.0),
        ("left", 200, 60, 9.0), ("gone", 400, 120, 9.0), ("less", 400, 40, 9.0), ("less", 40, None, 6.0),
    ) == {
        "try": "trial", "fresh": "member_new", "old": "member", "due": "at_renewal", "late": "at_renewal", "left": "cancelled",
        "gone": "member_lost", "less": "member_reduced",
    }  # fmt: skip


def test_edges(con: Any) -> None:
    """Fourteen days before and after the end are renewal, ninety days after it is still recent, a fifth less is less."""
    assert standing(
        con, ("a", 90, -14, 9.0), ("b", 90, -15, 9.0), ("c", 90, 14, 9.0), ("d", 90, 15, 9.0), ("e", 300, 90, 9.0),
        ("f", 300, 91, 9.0), ("g", 300, 20, 10.0), ("g", 20, None, 8.0), ("h", 300, 20, 10.0), ("h", 20, None, 8.1),
    ) == {
        "a": "at_renewal", "b": "member", "c": "at_renewal", "d": "cancelled", "e": "cancelled", "f": "member_lost",
        "g": "member_reduced", "h": "member",
    }  # fmt: skip


def test_already_renewed_is_not_up_for_renewal(con: Any) -> None:
    """Who holds an open-ended contract beside one that runs out has nothing to renew."""
    assert standing(con, ("a", 90, -5, 9.0), ("a", 10, None, 9.0)) == {"a": "member"}


def test_who_buys_on_without_a_contract_is_free(con: Any) -> None:
    """An order after the end makes a customer who comes as he likes; an order before it does not."""
    assert standing(con, ("a", 200, 60, 9.0), ("b", 200, 60, 9.0), ordered={"a": 10, "b": 70}) == {"b": "cancelled"}


def test_a_return_is_no_new_member(con: Any) -> None:
    """Who left and came back is a member, not a newcomer."""
    assert standing(con, ("a", 400, 200, 9.0), ("a", 10, None, 9.0)) == {"a": "member"}


def test_a_trial_that_is_over_says_nothing(con: Any) -> None:
    """Nobody is on trial whose free contract has ended or who has paid."""
    assert standing(con, ("a", 50, 20, 0.0), ("b", 50, None, 0.0), ("b", 40, None, 9.0)) == {"b": "member"}
