"""Does the business show up between orders, and ever to give?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from businesses import made

from helpers.metrics.presence import presence
from helpers.metrics.uncertainty import NotEnough, Rate

END = date(2026, 6, 30)


def base(con: Any, *silence: int) -> Any:
    """Customers c0, c1, … by days since their last order."""
    return made(con, {"customer_id": [f"c{i}" for i in range(len(silence))], "days_since_last_order": list(silence)})


def contacts(con: Any, *sent: tuple[str | None, int, str | None]) -> Any:
    """Contacts as (customer, days ago, purpose)."""
    who, ago, purpose = zip(*sent, strict=True) if sent else ((), (), ())
    at = [datetime.combine(END - timedelta(days=d), datetime.min.time()).replace(hour=20) for d in ago]
    return made(con, {
        "customer_id": pa.array(who, pa.string()), "sent_at": pa.array(at, pa.timestamp("us")), "purpose": pa.array(purpose, pa.string()),
    })  # fmt: skip


def shares(found: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Counts of the two rates."""
    assert isinstance(found.untouched, Rate)
    assert isinstance(found.without_care, Rate)
    return (found.untouched.k, found.untouched.n), (found.without_care.k, found.without_care.n)


def test_by_head(con: Any) -> None:
    """Ten active customers: two got offers, one an offer and two kind words, seven nothing; 3 offers to 2 kind words."""
    log = contacts(con, ("c0", 5, "sell"), ("c1", 9, "sell"), ("c2", 9, "sell"), ("c2", 8, "care"), ("c2", 7, "care"))
    found = presence(base(con, *[10] * 10), log, as_of=END)
    assert shares(found) == ((7, 10), (9, 10))
    assert (found.sells, found.cares, found.sell_to_care, found.quiet_days) == (3, 2, 1.5, 90)


def test_only_customers_who_still_come_are_asked_about(con: Any) -> None:
    """Someone who bought 180 days ago is active, 181 days ago is not."""
    found = presence(base(con, *[180] * 10, 181, 400), contacts(con, ("c0", 5, "care")), as_of=END)
    assert shares(found) == ((9, 10), (9, 10))


def test_the_edges_of_the_quiet_days(con: Any) -> None:
    """A word today or 89 days ago counts, one 90 days ago or tomorrow does not."""
    log = contacts(con, ("c0", 0, "care"), ("c1", 89, "care"), ("c2", 90, "care"), ("c3", -1, "care"))
    found = presence(base(con, *[1] * 10), log, as_of=END)
    assert shares(found) == ((8, 10), (8, 10))
    assert found.cares == 2


def test_contacts_without_a_purpose_are_contacts(con: Any) -> None:
    """A message nobody classified is no silence, and no care either."""
    found = presence(base(con, *[1] * 10), contacts(con, ("c0", 1, None)), as_of=END)
    assert shares(found) == ((9, 10), (10, 10))
    assert found.sell_to_care is None


def test_messages_to_strangers_touch_nobody(con: Any) -> None:
    """A message to somebody unknown is counted as sent and leaves every customer untouched."""
    found = presence(base(con, *[1] * 10), contacts(con, (None, 1, "sell")), as_of=END)
    assert shares(found) == ((10, 10), (10, 10))
    assert found.sells == 1


def test_nobody_wrote_to_nobody(con: Any) -> None:
    """An empty contact log and no active customer: not enough, no ratio, no fault."""
    found = presence(base(con, 500), contacts(con), as_of=END)
    assert (found.untouched, found.without_care, found.sell_to_care) == (NotEnough(0, 10), NotEnough(0, 10), None)
