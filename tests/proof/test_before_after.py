"""A campaign without a comparison group."""

from __future__ import annotations

from datetime import date

import ibis

from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.proof.before_after import before_after


def _orders(rows: list[tuple[str, str]]) -> ibis.expr.types.Table:
    table = ibis.memtable({"customer_id": [r[0] for r in rows], "ordered_at": [f"{r[1]} 10:00:00" for r in rows]})
    return table.mutate(ordered_at=table.ordered_at.cast("timestamp"))


def test_before_and_after_count_people_in_equally_long_times() -> None:
    """The day of sending belongs to "after", and an order outside both times counts in neither."""
    ids = [f"k{i}" for i in range(12)]
    rows = [
        ("k0", "2026-03-09"),
        ("k1", "2026-03-15"),
        ("k1", "2026-03-16"),
        ("k2", "2026-03-22"),
        ("k3", "2026-03-23"),
        ("k4", "2026-03-08"),
    ]
    found = before_after(
        ibis.memtable({"customer_id": ids}),
        _orders(rows),
        campaign="c",
        name="C",
        sent_at=date(2026, 3, 16),
        days=7,
        unknown=0,
    )
    assert isinstance(found.before, Rate)
    assert isinstance(found.after, Rate)
    assert (found.before.k, found.after.k, found.n) == (2, 2, 12)


def test_a_short_list_gives_no_rate() -> None:
    """With fewer than ten known people on the list no share is shown."""
    found = before_after(
        ibis.memtable({"customer_id": ["a", "b"]}), _orders([("a", "2026-03-20")]), campaign="c", name="C",
        sent_at=date(2026, 3, 16), days=7, unknown=1,
    )  # fmt: skip
    assert isinstance(found.before, NotEnough)
    assert found.unknown == 1
