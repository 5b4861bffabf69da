"""What one return more is worth: six rows by eye, and the floor."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from businesses import made

from helpers.metrics import stakes
from helpers.metrics.leaks import MONTH
from helpers.metrics.uncertainty import Estimate, NotEnough

END = date(2026, 6, 30)


def test_newcomers_by_eye(orders: Any) -> None:
    """Ten first-time buyers in January came back after 30 days and spent 20, one of them another 30 on day 60; orders on the first day,
    after the horizon, and of those who never came back do not count.
    """
    rows = []
    for i in range(10):
        rows += [f"c{i} 2026-01-10 09:00 500", f"c{i} 2026-02-09 09:00 20", f"c{i} 2026-06-20 09:00 999"]
    rows += [
        "c0 2026-03-11 09:00 30",
        "gone 2026-01-10 10:00 70",
        "late 2026-01-10 10:00 70",
        "late 2026-05-10 10:00 400",
    ]
    rows += ["young 2026-06-01 10:00 70", "young 2026-06-05 10:00 800", "– 2026-01-10 10:00 5"]
    found = stakes.newcomers(orders("\n".join(rows)), as_of=END)
    assert isinstance(found.value, Estimate)
    assert found.value.value == pytest.approx((9 * 20 + 50) / 10)
    assert found.value.n == 10
    assert found.value.low < 23 < found.value.high
    # thirteen first orders in the 172 days from the first one on
    assert found.monthly == pytest.approx(13 / 172 * MONTH)


def test_nine_are_too_few(orders: Any) -> None:
    """Below the floor nothing is said about what one brings; how many come is counted all the same."""
    rows = [f"c{i} 2026-01-{10 + i} 09:00 5\nc{i} 2026-02-{10 + i} 09:00 20" for i in range(9)]
    found = stakes.newcomers(orders("\n".join(rows)), as_of=END)
    assert found.value == NotEnough(9, 10)
    assert found.monthly > 0


def test_nobody_at_all(orders: Any) -> None:
    """Only anonymous orders: no customers a month, and no value."""
    found = stakes.newcomers(orders("– 2026-01-10 09:00 5"), as_of=END)
    assert found.monthly == 0
    assert found.value == NotEnough(0, 10)


def test_complainers_by_eye(con: Any, orders: Any) -> None:
    """Twelve complain in February, ten of them buy again within 90 days for 40 each; what they bought before does not count."""
    rows = []
    for i in range(12):
        rows.append(f"c{i} 2026-01-10 09:00 500")
        if i < 10:
            rows.append(f"c{i} 2026-03-01 09:00 40")
    rows.append("c11 2026-06-20 09:00 40")
    opened = [datetime(2026, 2, 1, 8)] * 12
    tickets = made(con, {
        "ticket_id": pa.array([f"t{i}" for i in range(12)]), "customer_id": pa.array([f"c{i}" for i in range(12)]),
        "opened_at": pa.array(opened, pa.timestamp("us")),
    })  # fmt: skip
    found = stakes.complainers(tickets, orders("\n".join(rows)), as_of=END)
    assert isinstance(found.value, Estimate)
    assert (found.value.value, found.value.n) == (pytest.approx(40), 10)
    assert found.monthly == pytest.approx(12 / 172 * MONTH)
