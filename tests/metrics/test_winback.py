"""What there is to win back, and why they left."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
from businesses import made, rows

from helpers.metrics.uncertainty import NotEnough
from helpers.metrics.winback import exit_interviews, lost_worth, with_worth

TODAY = date(2026, 6, 30)


def shop(orders: Any) -> Any:
    """An spent 100 in the last year before the last order and 50 earlier; Bình gave back more than was bought."""
    return orders("""
        An 2023-01-01 50
        An 2024-06-01 60
        An 2025-01-01 40
        Bình 2025-01-01 10
        Bình 2025-02-01 -30
        Chi 2025-03-01 20
    """)


def people(con: Any, **chance: float | None) -> Any:
    """Customers with the day of their last order and their chance of returning."""
    last = {"An": date(2025, 1, 1), "Bình": date(2025, 2, 1), "Chi": date(2025, 3, 1)}
    return made(con, {
        "customer_id": pa.array(list(chance), pa.string()), "last_order": pa.array([last[who] for who in chance], pa.date32()),
        "p_return_90d": pa.array(list(chance.values()), pa.float64()),
    })  # fmt: skip


def test_worth_by_eye(con: Any, orders: Any) -> None:
    """Half of the money of the customer's own last year, weighed by the chance; nothing below nought; no chance, no expectation."""
    found = with_worth(people(con, An=0.1, Bình=0.5, Chi=None), shop(orders), as_of=TODAY, margin=0.5)
    assert rows(found, "customer_id", "last_year_margin", "expected_return") == [
        ("An", 50.0, 5.0), ("Bình", 0.0, 0.0), ("Chi", 10.0, None),
    ]  # fmt: skip
    total = lost_worth(found)
    assert (total.customers, total.worth, total.expected) == (3, 60.0, 5.0)


def test_nobody_lost(con: Any, orders: Any) -> None:
    """Of nobody nothing can be expected."""
    total = lost_worth(with_worth(people(con), shop(orders), as_of=TODAY, margin=0.5))
    assert (total.customers, total.worth, total.expected) == (0, 0.0, None)


def notes(con: Any, *found: tuple[str | None, date, str | None]) -> Any:
    """Contacts with the reason noted beside them."""
    return made(con, {
        "customer_id": pa.array([who for who, _, _ in found], pa.string()),
        "sent_at": pa.array([datetime.combine(day, datetime.min.time()) for _, day, _ in found], pa.timestamp("us")),
        "exit_reason": pa.array([why for *_, why in found], pa.string()),
    })  # fmt: skip


def test_reasons_by_money(con: Any, orders: Any) -> None:
    """Each customer's latest answer counts, money decides the order, and what nobody can mend is marked."""
    day = date(2026, 6, 1)
    contacts = notes(
        con, ("Chi", date(2026, 1, 1), "price"), ("Chi", day, "moved"), ("An", day, "delay"), ("An", date(2026, 7, 9), "price"),
        ("nobody", day, "price"), ("Bình", day, None),
    )  # fmt: skip
    found = exit_interviews(contacts, people(con, An=0.1, Bình=0.5, Chi=0.1), shop(orders), as_of=TODAY, margin=0.5)
    assert found.asked == 2
    assert [(r.reason, r.customers, r.at_stake, r.ours) for r in found.reasons] == [
        ("delay", 1, 50.0, True),
        ("moved", 1, 10.0, False),
    ]
    assert isinstance(found.reasons[0].share, NotEnough)


def test_nobody_asked(con: Any, orders: Any) -> None:
    """No contact log, or one without reasons, is no answer."""
    customers = people(con, An=0.1)
    without = made(con, {"customer_id": ["An"], "sent_at": [datetime(2026, 1, 1)]})
    for contacts in (None, without, notes(con)):
        assert exit_interviews(contacts, customers, shop(orders), as_of=TODAY, margin=0.5).asked == 0
