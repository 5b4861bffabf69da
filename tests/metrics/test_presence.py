"""Does the business show up between orders, and ever to give?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from businesses import made, rows

from helpers.metrics.presence import first_contacts, last_contacts, presence
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


def test_days_since_the_last_word(con: Any) -> None:
    """An offer five days ago and a kind word fifty days ago; an offer only; nothing; tomorrow's message does not exist yet."""
    log = contacts(
        con, ("c0", 5, "sell"), ("c0", 50, "care"), ("c0", 70, "care"), ("c1", 30, "sell"), ("c2", -1, "care")
    )
    found = last_contacts(base(con, 1, 1, 1), log, as_of=END)
    assert rows(found, "customer_id", "days_since_contact", "days_since_care") == [
        ("c0", 5, 50), ("c1", 30, None), ("c2", None, None),
    ]  # fmt: skip


def test_medians_and_those_never_spoken_to(con: Any) -> None:
    """Of ten active customers three were ever written to, 5, 30 and 200 days ago; one of them kindly, 200 days ago."""
    log = contacts(con, ("c0", 5, "sell"), ("c1", 30, "sell"), ("c2", 200, "care"))
    found = presence(base(con, *[10] * 10), log, as_of=END)
    assert (found.days_since_contact, found.days_since_care) == (30.0, 200.0)
    assert isinstance(found.never, Rate)
    assert isinstance(found.never_care, Rate)
    assert (found.never.k, found.never_care.k, found.never.n) == (7, 9, 10)


class TestFirstContacts:
    """What a new customer hears in the first hundred days."""

    @staticmethod
    def newcomers(con: Any, *ago: int) -> Any:
        """Customers c0, c1, … by days since their first order."""
        return made(con, {
            "customer_id": [f"c{i}" for i in range(len(ago))],
            "first_order": pa.array([END - timedelta(days=d) for d in ago], pa.date32()),
        })  # fmt: skip

    def test_by_head(self, con: Any) -> None:
        """Of ten who came 150 days ago one got an offer on day 0, one a kind word on day 100, one a word on day 101."""
        log = contacts(con, ("x", 400, "sell"), ("c0", 150, "sell"), ("c1", 50, "care"), ("c2", 49, "care"))
        found = first_contacts(self.newcomers(con, *[150] * 10), log, as_of=END)
        assert isinstance(found.contacted, Rate)
        assert isinstance(found.cared_for, Rate)
        assert (found.contacted.k, found.cared_for.k, found.contacted.n) == (2, 1, 10)
        assert (found.per_customer, found.window_days) == (0.2, 100)

    def test_only_windows_that_are_over_and_were_recorded(self, con: Any) -> None:
        """Someone 99 days old has not had the chance; someone from before the first note may have been written to."""
        log = contacts(con, ("x", 300, "sell"))
        found = first_contacts(self.newcomers(con, *[100] * 5, *[300] * 6, 99, 301), log, as_of=END)
        assert isinstance(found.contacted, Rate)
        assert (found.contacted.k, found.contacted.n) == (0, 11)

    def test_nobody_wrote(self, con: Any) -> None:
        """An empty log is not enough to say anything."""
        found = first_contacts(self.newcomers(con, 150), contacts(con), as_of=END)
        assert (found.contacted, found.per_customer) == (NotEnough(0, 10), None)
