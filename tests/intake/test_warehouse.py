"""A table in a warehouse gives the same canonical tables as the same rows in a file, and its rows stay where they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from warehouses import Postgres

from helpers import intake
from helpers.business import Business, Source, dump
from helpers.checking import check_client
from helpers.intake import arrival
from helpers.intake.warehouse import Warehouse
from helpers.language import language
from intake import sales_table

TODAY = date(2026, 7, 1)
ENGINES = (
    "duckdb",
    pytest.param("postgres", marks=pytest.mark.postgres),
    pytest.param("spark", marks=pytest.mark.spark),
)

Put = Callable[..., str]
"""Puts a table into the warehouse under a name and gives the address to read it by."""


@pytest.fixture
def put(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Put]:
    """The warehouse named by the test's parameter; its tables go with the test."""
    engine = request.param
    made: list[str] = []
    shared: Any = None if engine == "duckdb" else request.getfixturevalue(engine)
    con = shared.connect() if isinstance(shared, Postgres) else shared

    def into(table: pa.Table, name: str = "orders") -> str:
        made.append(name)
        if engine == "spark":
            _into_spark(con, name, table)
        if engine == "postgres":
            con.create_table(name, table, overwrite=True)
        if engine != "duckdb":
            return shared.url if isinstance(shared, Postgres) else "pyspark://"
        file = ibis.duckdb.connect(tmp_path / "sales.duckdb")
        file.create_table(name, table, overwrite=True)
        file.disconnect()
        return "duckdb://sales.duckdb"

    yield into
    for name in made:
        if engine == "postgres":
            con.drop_table(name, force=True)
        if engine == "spark":
            con.drop_view(name, force=True)
            con.drop_table(f"{name}_as_made", force=True)
    if isinstance(shared, Postgres):
        con.disconnect()


def _into_spark(con: Any, name: str, table: pa.Table) -> None:
    """Ibis makes every time of Spark an instant; here a time without a zone stays one."""
    local = [field.name for field in table.schema if pa.types.is_timestamp(field.type) and field.type.tz is None]
    casts = "".join(f", CAST(`{column}` AS TIMESTAMP_NTZ) AS `{column}`" for column in local)
    con.create_table(f"{name}_as_made", table, overwrite=True)
    without = f"* EXCEPT ({', '.join(f'`{column}`' for column in local)})" if local else "*"
    con.raw_sql(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {without}{casts} FROM {name}_as_made")


def business(*sources: Source, **others: list[Source]) -> Business:
    """A Vietnamese shop with these sources of orders."""
    return Business(name="Tiệm Nhỏ", sources={"orders": list(sources), **others})


def same(one: Any, other: Any) -> None:
    """Two tables hold the same rows, whatever their order and whatever they call their source."""
    frames = []
    for table in (one, other):
        frame = table.to_pandas().drop(columns=["source_file", "raw"], errors="ignore")
        frames.append(frame.sort_values(list(frame.columns)).reset_index(drop=True))
    pd.testing.assert_frame_equal(*frames)


def same_quality(one: intake.Quality, other: intake.Quality) -> None:
    """Two loads found the same, except for names: of the file, and of a column that only numbers the rows."""
    found = []
    for quality in (one, other):
        plain = asdict(quality)
        for source in plain["sources"]:
            for name in ("file", "unmapped"):
                source.pop(name)
        found.append(plain)
    assert found[0] == found[1]


@pytest.mark.parametrize("put", ENGINES, indirect=True)
def test_a_table_of_text_is_read_like_the_file(put: Put, con: Any, tmp_path: Path) -> None:
    """Orders, lines, people, rejects and every count are equal when the same cells stand in a warehouse as text."""
    made = sales_table.rows()
    sales_table.write(tmp_path / "orders.csv", made)
    url = put(sales_table.table(made))
    file = intake.load(business(Source(file="orders.csv")), tmp_path, con, today=TODAY)
    table = intake.load(business(Source(table="orders", url=url, row="id")), tmp_path, con, today=TODAY)
    for name in ("orders", "order_lines", "people", "rejects"):
        same(getattr(file, name), getattr(table, name))
    same_quality(file.quality, table.quality)
    reasons = {"cancelled", "no_date", "bad_date", "future_date", "bad_amount", "no_order_id"}
    assert set(table.quality.rejected_by_reason) == reasons
    assert table.quality.rows_read == table.quality.rows_kept + table.quality.rows_rejected == len(made)
    assert table.quality.sources[0].exact_duplicates == 6


@pytest.mark.parametrize("put", ENGINES, indirect=True)
def test_typed_columns_are_taken_as_they_are(put: Put, con: Any, tmp_path: Path) -> None:
    """Times and figures that have a type in the warehouse give the same orders as their text in a file."""
    made = [row for row in sales_table.rows() if row["Thời gian"] not in ("2026-02-30", "không rõ")]
    for row in made:
        for name in ("Tổng tiền", "Thành tiền"):
            row[name] = None if row[name] == "abc" else row[name]
    sales_table.write(tmp_path / "orders.csv", made)
    url = put(sales_table.table(made, typed=True))
    file = intake.load(business(Source(file="orders.csv")), tmp_path, con, today=TODAY)
    table = intake.load(business(Source(table="orders", url=url, row="id")), tmp_path, con, today=TODAY)
    for name in ("orders", "order_lines", "people", "rejects"):
        same(getattr(file, name), getattr(table, name))
    same_quality(file.quality, table.quality)


@pytest.mark.parametrize("put", ENGINES, indirect=True)
def test_a_check_brings_only_counts(put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`retention check` says the same of a table as of the file, although no row of the table comes to the machine."""
    made = sales_table.rows()
    url = put(sales_table.table(made))
    for name, source in (("file", Source(file="orders.csv")), ("table", Source(table="orders", url=url, row="id"))):
        (tmp_path / name).mkdir()
        sales_table.write(tmp_path / name / "orders.csv", made)
        text = dump(business(source)).replace("duckdb://", "duckdb://../")
        (tmp_path / name / "business.yml").write_text(text, "utf-8")
    file = check_client(tmp_path / "file", today=TODAY)
    monkeypatch.setattr(arrival, "table", lambda *_: pytest.fail("rows came over"))
    brought: list[int] = []
    rows = Warehouse.rows
    monkeypatch.setattr(
        Warehouse, "rows", lambda self, asked: brought.append(len(rows(self, asked))) or rows(self, asked)
    )
    table = check_client(tmp_path / "table", today=TODAY)
    same_quality(file.quality, table.quality)
    assert table.data is None
    assert any("stayed in the warehouse" in text for _, text in table.lines(language("en")))
    assert max(brought) < 10
    assert "0912345" not in json.dumps(table.record(), ensure_ascii=False)


def test_online_retail_in_a_duckdb_file_keeps_its_published_counts(real_data: Path, con: Any, tmp_path: Path) -> None:
    """541,909 rows, 18,532 invoices of 4,338 customers and their revenue, counted where the rows are."""
    path = real_data / "online_retail" / "online_retail.parquet"
    file = ibis.duckdb.connect(tmp_path / "retail.duckdb")
    file.create_table("lines", file.read_parquet(path))
    file.disconnect()
    shop = Business(
        name="Gifts", currency="GBP", country="GB", timezone="Europe/London",
        sources={"orders": [Source(table="lines", url="duckdb://retail.duckdb")]},
    )  # fmt: skip
    found = intake.load(shop, tmp_path, con, today=TODAY)
    assert found.quality.rows_read == 541_909
    assert found.quality.sources[0].exact_duplicates == 5_268
    assert found.quality.sources[0].format == "online_retail"
    assert found.quality.rejected_by_reason["cancelled"] == 9_288
    known = found.orders.filter(found.orders.customer_id.notnull())
    counted = known.aggregate(orders=known.count(), customers=known.customer_id.nunique(), sum=known.net_revenue.sum())
    (row,) = counted.to_pyarrow().to_pylist()
    assert (row["orders"], row["customers"]) == (18_532, 4_338)
    assert row["sum"] == pytest.approx(8_911_407.904, abs=0.001)
