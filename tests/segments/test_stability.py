"""A run with one more day of data must not reshuffle customers."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

from benchmarks.stability import steadiness


def test_the_cafe_is_steady(con: Any, cafe: SimpleNamespace) -> None:
    """Over a week of the example at most one customer in fifty changes segment per day, hardly any without a reason of
    their own, and next to nobody goes there and back.
    """
    found = steadiness(con, cafe.tables.orders, end=date(2026, 6, 30), days=7)
    assert 0 < found.changed < 0.02
    assert abs(found.changed - found.ordered - found.silent - found.otherwise) < 1e-9
    assert found.otherwise < 0.002
    assert found.back < 0.0005
