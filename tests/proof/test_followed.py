"""The same customers in two runs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from businesses import made

from helpers.metrics.uncertainty import NotEnough, rate, wilson
from helpers.proof.followed import Migration, Returned, migration, returned

ORDER = ("regular", "quiet", "lost")
LAST = date(2026, 1, 31)


def people(con: Any, *rows: tuple[str, str, str]) -> Any:
    """Customers as (id, segment, first order)."""
    ids, groups, days = (list(column) for column in zip(*rows, strict=True))
    first = pa.array([date.fromisoformat(day) for day in days], pa.date32())
    return made(con, {"customer_id": pa.array(ids), "segment": pa.array(groups), "first_order": first})


def test_six_customers_by_eye(con: Any) -> None:
    """Two stay, two move, one is gone; of two not known then one is new and one came before, by a late order."""
    day = "2026-01-02"
    then = people(
        con, ("a", "regular", day), ("b", "regular", day), ("c", "quiet", day), ("d", "quiet", day), ("e", "lost", day)
    )
    now = people(
        con, ("a", "regular", day), ("b", "quiet", day), ("c", "regular", day), ("d", "quiet", day),
        ("new", "regular", "2026-02-01"), ("late", "quiet", "2026-01-05"),
    )  # fmt: skip
    found = migration(then, now, of="segment", order=ORDER, last=LAST)
    assert found == Migration("segment", ("regular", "quiet"), ((1, 1), (1, 1)), same=4, joined=1, appeared=1, gone=1)
    assert found.stayed == 2


def test_nobody_is_in_both(con: Any) -> None:
    """Without common customers there is no matrix."""
    found = migration(
        people(con, ("a", "lost", "2026-01-02")), people(con, ("b", "lost", "2026-02-02")), of="segment", order=ORDER, last=LAST
    )  # fmt: skip
    assert (found.groups, found.counts, found.same, found.joined, found.gone) == ((), (), 0, 1, 1)


def flagged(con: Any, *rows: tuple[str, str, float | None]) -> Any:
    """Customers of then as (id, segment, chance of returning)."""
    ids, groups, chances = (list(column) for column in zip(*rows, strict=True))
    columns = {
        "customer_id": pa.array(ids),
        "segment": pa.array(groups),
        "p_return_90d": pa.array(chances, pa.float64()),
    }
    return made(con, columns)


def arms(con: Any, *rows: tuple[str, str]) -> Any:
    """Who was drawn, as (id, arm)."""
    ids, names = (list(column) for column in zip(*rows, strict=True))
    return made(con, {"customer_id": pa.array(ids), "arm": pa.array(names), "campaign": pa.array(["c"] * len(ids))})


def test_who_came_back(con: Any, orders: Any) -> None:
    """Only an order after the earlier data ended counts; who is in no list is everybody else."""
    then = flagged(
        con, ("a", "regular", 0.1), ("b", "regular", 0.1), ("c", "overdue_regular", 0.9), ("d", "regular", None),
        ("e", "regular", 0.9), ("f", "regular", 0.9),
    )  # fmt: skip
    sold = orders(
        "a 2026-01-10 1\na 2026-02-01 1\nb 2026-01-31 1\nc 2026-01-02 1\nc 2026-03-01 1\nd 2026-01-03 1\nd 2026-02-02 1\ne 2026-01-04 1\n"
        "f 2026-01-05 1\nf 2026-02-09 1"
    )
    drawn = arms(con, ("e", "holdout"), ("f", "treated"), ("a", "treated"))
    found = returned(then, sold, {"threshold": 0.3}, drawn, since=LAST, as_of=date(2026, 2, 28))
    few = {one.group: (one.back.have if isinstance(one.back, NotEnough) else one.back.n) for one in found}
    assert few == {"risk": 2, "calls": 1, "lists": 2, "held": 1, "others": 1}
    assert all(isinstance(one.back, NotEnough) and one.missing == 0 for one in found)


def test_shares_have_n_and_an_interval(con: Any, orders: Any) -> None:
    """Of twenty flagged five ordered since; two the data no longer know are counted apart."""
    then = flagged(con, *((f"c{i}", "regular", 0.1) for i in range(22)))
    sold = "\n".join(f"c{i} 2026-01-10 1" for i in range(20)) + "\n" + "\n".join(f"c{i} 2026-02-10 1" for i in range(5))
    found = returned(then, orders(sold), {"threshold": 0.3}, None, since=LAST, as_of=date(2026, 2, 28))
    assert found == (Returned("risk", wilson(5, 20), 2),)
    # where the data do not reach back, who is not in them has not ordered
    fresh = orders("\n".join(f"c{i} 2026-02-10 1" for i in range(5)))
    (partly,) = returned(then, fresh, {"threshold": 0.3}, None, since=LAST, as_of=date(2026, 2, 28), whole=False)
    assert partly == Returned("risk", rate(5, 22), 0)


@pytest.mark.parametrize("risk", [None, {}, {"threshold": None}, {"have": 3, "need": 10, "what": "customers"}])
def test_nobody_was_flagged(con: Any, orders: Any, risk: Any) -> None:
    """Where the run before could flag nobody, there is no such group."""
    then = flagged(con, *((f"c{i}", "regular", 0.1) for i in range(12)))
    sold = orders("\n".join(f"c{i} 2026-02-10 1" for i in range(12)))
    found = returned(then, sold, risk, None, since=LAST, as_of=date(2026, 2, 28))
    assert [(one.group, one.back) for one in found] == [("others", wilson(12, 12))]
