"""Results → plain JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.metrics.uncertainty import NotEnough, wilson
from helpers.records import plain


@dataclass(frozen=True)
class Both:
    """A result that holds others."""

    rate: Any
    frame: Any


def test_results_within_results() -> None:
    """Frozen results become objects all the way down, frames lists of rows."""
    found = plain(Both(wilson(1, 10), pd.DataFrame({"month": [date(2026, 1, 1)], "n": np.array([3], "int64")})))
    assert found["rate"]["n"] == 10
    assert found["frame"] == [{"month": "2026-01-01", "n": 3}]
    assert plain((NotEnough(3, 10),)) == [{"have": 3, "need": 10, "what": "customers"}]


@pytest.mark.parametrize(
    "nothing", [None, float("nan"), np.nan, float("inf"), -np.inf, pd.NaT, pd.NA, np.datetime64("NaT")]
)
def test_what_is_not_there_is_null(nothing: Any) -> None:
    """Missing values of every kind, and infinities, are null: JSON knows no others."""
    assert plain({"x": nothing}) == {"x": None}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), True), (True, True), ("x", "x"), (Decimal("1.25"), 1.25),
        (date(2026, 1, 2), "2026-01-02"), (datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"), (pd.Timestamp("2026-01-02"), "2026-01-02T00:00:00"),
        (np.datetime64("2026-01-02T00:00:00", "ns"), "2026-01-02T00:00:00"),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]), ({"b", "a"}, ["a", "b"]), ({1: (2,)}, {"1": [2]}), (pd.Series([1.0], index=["a"]), {"a": 1.0}),
        ({date(2026, 1, 1): 1}, {"2026-01-01": 1}),
    ],
)  # fmt: skip
def test_values(value: Any, expected: Any) -> None:
    """Numbers, dates and containers of every library become JSON's own, always in the same order."""
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)
    assert json.loads(json.dumps(found)) == expected


def test_paths_give_away_nothing(tmp_path: Path) -> None:
    """A path is recorded by its name alone, not with the folders of the machine."""
    assert plain(tmp_path / "orders.csv") == "orders.csv"


def test_a_named_index_is_not_lost() -> None:
    """A frame that names its rows – layers by period, flows by state – keeps the names as a column."""
    layers = pd.DataFrame({"2026-01-01": [5.0]}, index=pd.Index([date(2026, 1, 1)], name="period"))
    assert plain(layers) == [{"period": "2026-01-01", "2026-01-01": 5.0}]
