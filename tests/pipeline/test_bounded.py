"""What reaches Python of a business is small by construction: the guard against a table of customers or orders in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shops
from ibis.backends.duckdb import Backend

from helpers.metrics import histories, windows
from helpers.parameters import NOTEBOOKS
from helpers.run import ASKED

CUSTOMERS = 20_000
A_SHARE = CUSTOMERS // 2
"""Rows: more than this is customer by customer. What may be handed over follows from days, weeks, groups and the length of a workbook."""


def test_no_stage_and_no_notebook_is_handed_customers_or_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty thousand customers, thirty thousand orders: the longest answer that any stage or notebook gets has not half as many rows."""
    longest: dict[str, int] = {"": 0}

    def counting(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(con: Any, expr: Any, /, **kwargs: Any) -> Any:
            found = ask(con, expr, **kwargs)
            if hasattr(found, "__len__"):
                longest[str(list(expr.as_table().columns)[:4])] = len(found)
            return found

        return asked

    for name in ("to_pyarrow", "execute"):
        monkeypatch.setattr(Backend, name, counting(getattr(Backend, name)))
    # the score learns from a sample and the models from histories, both bounded; here the bounds are lower than the business is large
    monkeypatch.setattr(windows, "SAMPLE", 300)
    monkeypatch.setattr(histories, "MOST", 2_000)
    client = shops.client(tmp_path / "clients", shops.histories(CUSTOMERS, 90, every=25, leave=0.5))
    done = shops.run(client)
    numbers = json.loads((done.folder / "metrics.json").read_text("utf-8"))
    assert numbers["customers"] == CUSTOMERS
    asked = {book: json.loads((done.folder / "records" / f"{book}{ASKED}").read_text("utf-8")) for book in NOTEBOOKS}
    assert {book for book, one in asked.items() if one["longest"] > 1} >= {
        "1_diagnosis",
        "2_churn_metrics",
        "3_segment_plans",
    }
    assert {what: n for what, n in longest.items() if n > A_SHARE} == {}
    assert {book: one["longest"] for book, one in asked.items() if one["longest"] > A_SHARE} == {}
    in_words = sum(path.stat().st_size for path in (done.folder / "notebooks").glob("*.ipynb"))
    assert in_words < 4_000_000


def test_a_notebook_notes_its_longest_answer(tmp_path: Path) -> None:
    """The guard sees a table that is handed over whole, as Arrow or as pandas: it can fail."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from helpers import answers, remembering

    (tmp_path / "tables").mkdir()
    pq.write_table(pa.table({"customer_id": [f"c{i}" for i in range(7)]}), tmp_path / "tables" / "orders.parquet")
    answers.prepare(tmp_path, {"orders.parquet": "a"}, [], [])
    con = remembering.connect(tmp_path, "1_diagnosis")
    orders = con.read_parquet(tmp_path / "tables" / "orders.parquet", table_name="t_orders")
    orders.limit(3).to_pandas()
    assert con.counted.longest == 3
    orders.to_pyarrow()
    assert con.counted.longest == 7
