"""A table in a warehouse gives the same canonical tables as the same rows in a file, and its rows stay where they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
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
from helpers.errors import InputError
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


@pytest.fixture
def put_postgres(postgres: Postgres) -> Iterator[Put]:
    """Puts tables into PostgreSQL, whatever else the test may need."""
    con = postgres.connect()
    made: list[str] = []

    def into(table: pa.Table, name: str = "orders") -> str:
        made.append(name)
        con.create_table(name, table, overwrite=True)
        return postgres.url

    yield into
    for name in made:
        con.drop_table(name, force=True)
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
    """Two loads found the same, except for names: of the file, and of a column that only numbers the rows.

    Who is one person is not asked of rows that stay where they are.
    """
    found = []
    for quality in (one, other):
        plain = asdict(quality)
        if one.identity is None or other.identity is None:
            del plain["identity"]
        for source in plain["sources"]:
            for name in ("file", "unmapped"):
                source.pop(name)
        for note in plain["notes"]:
            note["values"].pop("file", None)
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


LAYOUTS = {
    "only an order's first row is filled": (
        "Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Cancelled at,Refunded Amount,Phone",
        "#1,a@x.vn,paid,VND,33.00,2026-01-31 12:34:56,1,Tea,10.00,,3.00,",
        "#1,,,,,2026-01-31 12:34:56,2,Cup,10.00,,,",
        "#2,,paid,VND,5.00,2026-02-01 10:00:00,1,Tea,5.00,,0.00,0912345678",
        "#3,a@x.vn,voided,VND,5.00,2026-02-02 10:00:00,1,Tea,5.00,2026-02-02 11:00:00,0.00,",
    ),
    "rows that take money back": (
        "Date,Receipt number,Receipt type,Gross sales,Discounts,Net sales,Taxes,Total collected,Store,Customer name,Customer contacts,Status",
        "2026-05-13 10:00,1-1,Sale,50000,0,50000,0,50000,S,Lan,0912345678,Closed",
        "2026-05-13 11:00,1-2,Sale,20000,0,20000,0,20000,S,Tú,0987654321,Closed",
        "2026-05-14 10:00,1-3,Refund,10000,0,10000,0,10000,S,Lan,0912345678,Closed",
        "2026-05-14 10:00,1-4,Sale,9000,0,9000,0,9000,S,Lan,0912345678,Cancelled",
    ),
    "totals that repeat": (
        "Order ID,Order Status,Order Substatus,SKU ID,Seller SKU,Product Name,Quantity,SKU Unit Original Price,SKU Subtotal After Discount,Order Amount,Order Refund Amount,Created Time,Buyer Username",
        "7,Đã hoàn tất,,1,A,Áo,1,100000,90000,150000,30000,2026-05-13 08:00:00,lan99",
        "7,Đã hoàn tất,,2,M,Mũ,1,60000,60000,150000,30000,2026-05-13 08:00:00,lan99",
        "8,Đã hủy,,2,M,Mũ,1,60000,60000,60000,0,2026-05-13 09:00:00,tu88",
        "9,Đang vận chuyển,,2,M,Mũ,1,60000,60000,60000,,2026-05-14 09:00:00,tu88",
    ),
    "no order number": (
        "ordered_at,phone,amount,product",
        "2026-05-13 08:00,0912345678,50000,Trà",
        "2026-05-13 08:00,0912345678,20000,Bánh",
        "2026-05-14 08:00:00,+84 987 654 321,30000,Trà",
        "2026-05-14 09:00,,40000,Trà",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("put", "layout"),
    [
        *(("duckdb", layout) for layout in LAYOUTS),
        *(pytest.param("postgres", layout, marks=pytest.mark.postgres) for layout in LAYOUTS),
        # one is enough: Spark plans for seconds however few the rows
        pytest.param("spark", "rows that take money back", marks=pytest.mark.spark),
    ],
    indirect=["put"],
)
def test_what_is_particular_to_a_layout_holds_there(put: Put, con: Any, tmp_path: Path, layout: str) -> None:
    """Filled-down fields, refunds, repeated totals and orders without a number give what they give in a file."""
    head, *lines = [line.split(",") for line in LAYOUTS[layout]]
    (tmp_path / "orders.csv").write_text("\n".join(LAYOUTS[layout]) + "\n", "utf-8")
    cells = zip(*([cell or None for cell in line] for line in lines), strict=True)
    columns = dict(zip(head, cells, strict=True))
    url = put(pa.table({"id": range(1, len(lines) + 1)} | {k: pa.array(v, pa.string()) for k, v in columns.items()}))
    file = intake.load(business(Source(file="orders.csv")), tmp_path, con, today=TODAY)
    table = intake.load(business(Source(table="orders", url=url, row="id")), tmp_path, con, today=TODAY)
    for name in ("orders", "order_lines", "people", "rejects"):
        same(getattr(file, name), getattr(table, name))
    same_quality(file.quality, table.quality)


def test_a_file_and_a_table_of_one_business(con: Any, tmp_path: Path) -> None:
    """Last year's file and this year's table become one history; what stands in both counts once, from the table."""
    made = [row | {"Mã đơn": row["Mã đơn"] and f"D{i}"} for i, row in enumerate(sales_table.rows()[:200])]
    file = ibis.duckdb.connect(tmp_path / "sales.duckdb")
    file.create_table("till", sales_table.table(made[100:]))
    file.disconnect()
    sales_table.write(tmp_path / "all.csv", made)
    sales_table.write(tmp_path / "old.csv", made[:120])
    table = Source(table="till", url="duckdb://sales.duckdb", row="id")
    whole = intake.load(business(Source(file="all.csv")), tmp_path, con, today=TODAY)
    both = intake.load(business(Source(file="old.csv"), table), tmp_path, con, today=TODAY)
    assert both.quality.rows_read == len(made) + 20
    assert both.quality.rejected_by_reason["exported_again"] > 10
    assert (both.quality.orders, both.quality.customers) == (whole.quality.orders, whole.quality.customers)
    assert both.quality.amount_kept == whole.quality.amount_kept


@pytest.mark.postgres
def test_instants_are_told_by_the_clock_of_the_shop(put_postgres: Put, con: Any, tmp_path: Path) -> None:
    """A timestamp with time zone becomes the local time of the business, a day and a whole number stay what they are."""
    at = datetime(2026, 5, 13, 18, 30, tzinfo=UTC)
    url = put_postgres(pa.table({
        "order_id": [1, 2], "ordered_at": pa.array([at, at], pa.timestamp("us", "UTC")),
        "phone": ["0912345678", "0987654321"], "net_revenue": pa.array([Decimal("10.50"), Decimal("20.25")]),
    }))  # fmt: skip
    found = intake.load(business(Source(table="orders", url=url)), tmp_path, con, today=TODAY)
    assert found.orders.order_by("order_id").select("order_id", "ordered_at", "net_revenue").to_pyarrow().to_pylist() == [
        {"order_id": "1", "ordered_at": datetime(2026, 5, 14, 1, 30), "net_revenue": 10.5},
        {"order_id": "2", "ordered_at": datetime(2026, 5, 14, 1, 30), "net_revenue": 20.25},
    ]  # fmt: skip


@pytest.mark.parametrize("put", ENGINES, indirect=True)
def test_a_changed_cell_changes_the_fingerprint(put: Put, tmp_path: Path) -> None:
    """Two amounts that change places are noticed; the order of the rows and columns nobody reads are not."""
    columns = {"order_id": ["1", "2"], "ordered_at": ["2026-05-13"] * 2, "phone": ["0912345678", "0987654321"]}
    first = {**columns, "net_revenue": ["10", "20"], "note": ["a", "b"]}
    asked = [
        first,
        {name: cells[::-1] for name, cells in first.items()},
        {**first, "note": ["c", "d"]},
        {**first, "net_revenue": ["20", "10"]},
    ]
    found = []
    for number, cells in enumerate(asked):
        name = f"orders_{number}"
        source = Source(table=name, url=put(pa.table(cells), name))
        found.append(intake.fingerprint(source, "orders", "Asia/Ho_Chi_Minh", tmp_path))
    assert found[0] == found[1] == found[2] != found[3]


@pytest.mark.postgres
def test_rows_come_in_batches_without_what_is_not_read(
    put_postgres: Put, con: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a row left out only its number, order, time, value and reason come over; of any row, no column without a role."""
    made = sales_table.rows()
    table = sales_table.table(made).append_column("Ghi chú riêng", pa.array(["bí mật"] * len(made)))
    url = put_postgres(table)
    brought: list[pa.RecordBatch] = []
    cast = arrival._cast
    monkeypatch.setattr(arrival, "_cast", lambda *given: [brought.append(b) or b for b in cast(*given)])
    monkeypatch.setattr(arrival, "BATCH", 50)
    found = intake.load(business(Source(table="orders", url=url, row="id")), tmp_path, con, today=TODAY)
    assert len(brought) > 3
    came = pa.Table.from_batches(brought).to_pylist()
    assert len(came) == len(made) == found.quality.rows_read
    assert "bí mật" not in json.dumps(came, default=str, ensure_ascii=False)
    left_out = [row for row in came if row["reason"]]
    assert left_out
    assert {name for row in left_out for name, cell in row.items() if cell is not None} <= {
        "file_no", "source_row", "order_id", "ordered_at", "value", "currency", "refund", "reason"
    }  # fmt: skip
    assert found.rejects.raw.count().to_pyarrow().as_py() == 0


@pytest.mark.postgres
def test_a_user_who_may_only_read_is_enough(
    put_postgres: Put, postgres: Postgres, con: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no temporary table is allowed the questions are asked without one; where reading is not, one sentence says so."""
    made = sales_table.rows()
    whole = put_postgres(sales_table.table(made))
    server = postgres.connect()
    try:
        for statement in (
            "REVOKE TEMP ON DATABASE sales FROM PUBLIC", f"CREATE ROLE reader LOGIN PASSWORD '{postgres.password}'",
        ):  # fmt: skip
            server.raw_sql(statement)
        source = Source(table="orders", url=postgres.url.replace("shop:", "reader:"), row="id")
        with pytest.raises(InputError, match="may not read the table orders"):
            intake.load(business(source), tmp_path, con, today=TODAY)
        server.raw_sql("GRANT SELECT ON orders TO reader")
        held: list[object] = []
        monkeypatch.setattr(Warehouse, "hold", _noted(held))
        came = intake.load(business(source), tmp_path, con, today=TODAY).quality
        assert not any(held)
        owner = intake.load(business(source.model_copy(update={"url": whole})), tmp_path, con, today=TODAY).quality
        assert any(held)
        assert came == owner
    finally:
        server.raw_sql("DROP OWNED BY reader")
        server.raw_sql("DROP ROLE reader")
        server.raw_sql("GRANT TEMP ON DATABASE sales TO PUBLIC")
        server.disconnect()


def _noted(held: list[object]) -> Callable[..., Any]:
    """`Warehouse.hold`, noting whether a result was really kept there."""
    hold = Warehouse.hold

    def noted(self: Warehouse, expr: Any) -> Any:
        found = hold(self, expr)
        held.append(found is not expr)
        return found

    return noted


@pytest.mark.postgres
def test_customers_may_be_a_table_too(put_postgres: Put, con: Any, tmp_path: Path) -> None:
    """A list of customers in the warehouse names the people whom orders know by code."""
    url = put_postgres(pa.table({
        "order_id": ["1", "2"], "ordered_at": ["2026-05-13", "2026-05-14"], "customer_id": ["A", "B"], "net_revenue": [10, 20],
    }))  # fmt: skip
    put_postgres(pa.table({"customer_id": ["A", "B"], "name": ["Lan", "Tú"], "phone": ["0912345678", None]}), "people")
    shop = business(Source(table="orders", url=url))
    shop.sources["customers"] = [Source(table="people", url=url)]
    found = intake.load(shop, tmp_path, con, today=TODAY)
    names = found.people.order_by("customer_id").select("customer_id", "name", "phone").to_pyarrow().to_pylist()
    assert [tuple(row.values()) for row in names] == [("A", "Lan", "0912345678"), ("B", "Tú", None)]


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
