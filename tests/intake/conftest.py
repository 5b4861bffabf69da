"""Small files written by the tests themselves, loaded into a fresh engine."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers import engine
from helpers.business import Business
from helpers.intake import Intake, load

TODAY = date(2026, 7, 1)
REAL = Path(os.environ.get("RETENTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))

Load = Callable[..., Intake]


@pytest.fixture
def con() -> Any:
    """An empty engine."""
    return engine.connect()


@pytest.fixture
def real() -> Path:
    """Folder of the real data sets."""
    if not REAL.is_dir():
        pytest.skip(f"real data not found in {REAL}; set RETENTION_REAL_DATA")
    return REAL


@pytest.fixture
def shop(tmp_path: Path, con: Any) -> Load:
    """Write the given text as a file of orders (or take sources as they are) and load it."""

    def _load(
        text: str | bytes | None = None,
        *,
        name: str = "orders.csv",
        sources: dict[str, Any] | None = None,
        today: date = TODAY,
        as_of: date | None = None,
        **source: Any,
    ) -> Intake:
        currency = source.pop("currency", "VND")
        country = source.pop("country", "VN")
        if text is not None:
            content = text.encode("utf-8") if isinstance(text, str) else text
            (tmp_path / name).write_bytes(content)
        if sources is None:
            sources = {"orders": [{"file": name, **source}]}
        business = Business(name="Shop", currency=currency, country=country, sources=sources)
        return load(business, tmp_path, con, today=today, as_of=as_of)

    return _load


def rows(table: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a small table as tuples, with None for what is missing."""
    chosen = table.select(*columns) if columns else table
    return [tuple(row.values()) for row in chosen.to_pyarrow().to_pylist()]
