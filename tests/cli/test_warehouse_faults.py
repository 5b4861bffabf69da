"""A warehouse that cannot be used: one sentence, exit code 2, nothing written, and no word of the password."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
import shops
import yaml
from warehouses import Postgres

Retention = Callable[..., Any]
Client = Callable[..., Path]
WRONG = "Mật-khẩu/9@:%"
ORDERS = {
    "order_id": ["1", "2"],
    "ordered_at": ["2025-01-01 10:00", "2025-02-01 11:30"],
    "phone": ["0912000001", "0912000002"],
    "net_revenue": ["100", "200.5"],
}


@pytest.fixture
def client(workspace: Path) -> Client:
    """Write a client whose one source of orders is described by the words given."""

    def make(**source: object) -> Path:
        folder = workspace / "shop"
        folder.mkdir()
        described = {"schema_version": 1, "name": "Shop", "lang": "en", "sources": {"orders": [source]}}
        (folder / "business.yml").write_text(yaml.safe_dump(described), "utf-8")
        return folder

    return make


def lake(folder: Path, **columns: list[Any]) -> str:
    """A DuckDB file with a table `sales`; its address."""
    con = ibis.duckdb.connect(folder / "lake.duckdb")
    con.create_table("sales", pa.table(columns))
    con.disconnect()
    return "duckdb://../../lake.duckdb"


def refused(retention: Retention, workspace: Path, begins: str) -> None:
    """Both commands say one sentence and leave everything as it was."""
    before = shops.tree(workspace)
    for command in ("check", "run"):
        said = retention(command, "shop", "--lang", "en")
        assert said.code == 2, said
        assert said.err.removeprefix("Reading the files").strip().startswith(begins), said.err
        assert said.err.endswith(".")
        for words in (said.err, said.out):
            assert "Traceback" not in words
            assert "Mật" not in words
            assert "secret" not in words
    assert shops.tree(workspace) == before


ADDRESSES = {
    "unknown scheme": ("mysql://me:secret@host/db", "The table sales lies in a kind of warehouse that is not known (“mysql”)"),
    "no scheme": ("secret", "The table sales lies in a kind of warehouse that is not known (“”)"),
    "no such file": ("duckdb://nothing.duckdb", "There is no DuckDB file nothing.duckdb"),
    "unset variable": ("postgres://me:${NOT_SET_HERE}@host/db", "business.yml: the address of the warehouse needs the environment variable NOT_SET_HERE"),
}  # fmt: skip


@pytest.mark.parametrize("fault", list(ADDRESSES))
def test_addresses_that_lead_nowhere(retention: Retention, workspace: Path, client: Client, fault: str) -> None:
    """The sentence names the table or the file, never the rest of the address."""
    url, begins = ADDRESSES[fault]
    client(table="sales", url=url)
    refused(retention, workspace, begins)


HALVES: dict[str, tuple[dict[str, str], str]] = {
    "no table": ({"url": "postgres://me:secret@host/db"}, "business.yml, sources, orders: there is a `url:` but no `table:`"),
    "no url": ({"table": "sales"}, "business.yml, sources, orders: the table sales has no `url:`"),
    "a file too": ({"file": "a.csv", "table": "sales", "url": "postgres://me:secret@host/db"}, "business.yml, sources, orders: a source is a file or a table, not both"),
    "nothing": ({"sheet": "1"}, "business.yml, sources, orders: name a `file:`, or a `table:` and its `url:`"),
    "not text": ({"table": "sales", "url": ["postgres://me:secret@host/db"]}, "business.yml: “sources.orders.0.url” cannot be used (“…” is not text)"),  # type: ignore[dict-item]
}  # fmt: skip


@pytest.mark.parametrize("fault", list(HALVES))
def test_sources_that_are_half_described(retention: Retention, workspace: Path, client: Client, fault: str) -> None:
    """A source is a file, or a table and its address."""
    source, begins = HALVES[fault]
    client(**source)
    refused(retention, workspace, begins)


TABLES: dict[str, tuple[dict[str, Any], str]] = {
    "no such table": ({}, "There is no table orders in the warehouse; found: sales."),
    "no rows": ({name: pa.array([], pa.string()) for name in ORDERS}, "No orders: the file has a header but no rows"),
    "a missing column": ({k: v for k, v in ORDERS.items() if k != "ordered_at"}, "sales has no column for the order date"),
    "dates as people write them": (ORDERS | {"ordered_at": ["31/12/2025", "2025-01-01"]}, "The column “ordered_at” of sales holds dates in 1 rows"),
    "money as people write it": (ORDERS | {"net_revenue": ["1.234.567 đ", "100"]}, "The column “net_revenue” of sales holds amounts in 1 rows"),
    "numbers for dates": (ORDERS | {"ordered_at": [45000, 45001]}, "The column “ordered_at” of sales holds dates in 2 rows"),
}  # fmt: skip


@pytest.mark.parametrize("fault", list(TABLES))
def test_tables_that_cannot_be_read(
    retention: Retention, workspace: Path, tmp_path: Path, client: Client, fault: str
) -> None:
    """What is missing, or which column has to be cast in a view first, and how many rows are at fault."""
    columns, begins = TABLES[fault]
    url = lake(tmp_path, **(columns or ORDERS))
    client(table="sales" if columns else "orders", url=url)
    refused(retention, workspace, begins)


def test_a_column_that_was_named_and_is_not_there(
    retention: Retention, workspace: Path, tmp_path: Path, client: Client
) -> None:
    """`columns:` and `row:` are checked against the table."""
    url = lake(tmp_path, **ORDERS)
    folder = client(table="sales", url=url, columns={"phone": "mobile"})
    refused(retention, workspace, "sales has no column “mobile” (business.yml, columns)")
    text = (folder / "business.yml").read_text("utf-8").replace("phone: mobile", "phone: phone")
    (folder / "business.yml").write_text(text.replace("table: sales", "table: sales\n    row: nr"), "utf-8")
    refused(retention, workspace, "The table sales has no column “nr” of whole numbers")


@pytest.mark.postgres
def test_servers_that_refuse(
    retention: Retention, workspace: Path, client: Client, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password, an unknown database, a missing table and a server that is not there are told apart."""
    monkeypatch.setenv("WRONG", WRONG)
    monkeypatch.setenv("RIGHT", postgres.password)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        unused = free.getsockname()[1]
    at = f"127.0.0.1:{postgres.port}"
    cases = {
        f"postgres://shop:${{WRONG}}@{at}/sales": "The warehouse with the table orders refuses the user name or the password",
        f"postgres://shop:${{RIGHT}}@{at}/other": "The server has no such database (table orders)",
        f"postgres://shop:${{RIGHT}}@{at}/sales": "There is no table orders in the warehouse",
        f"postgres://shop:${{WRONG}}@127.0.0.1:{unused}/sales": f"The warehouse with the table orders cannot be reached at 127.0.0.1:{unused}",
    }  # fmt: skip
    folder = client(table="orders", url="")
    for url, begins in cases.items():
        described = {
            "schema_version": 1,
            "name": "Shop",
            "lang": "en",
            "sources": {"orders": [{"table": "orders", "url": url}]},
        }
        (folder / "business.yml").write_text(yaml.safe_dump(described), "utf-8")
        refused(retention, workspace, begins)


@pytest.mark.postgres
def test_the_password_stays_out_of_everything_a_run_leaves(
    retention: Retention, workspace: Path, client: Client, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run from PostgreSQL writes its report and notes which table it read, without address or password."""
    monkeypatch.setenv("SHOP_PASSWORD", postgres.password)
    rows = shops.small()
    con = postgres.connect()
    try:
        con.create_table("till", pa.table({
            "order_id": [str(n) for n in range(len(rows))], "ordered_at": [day for day, _, _ in rows],
            "phone": [who for _, who, _ in rows], "net_revenue": [money for _, _, money in rows],
        }))  # fmt: skip
        url = f"postgres://shop:${{SHOP_PASSWORD}}@127.0.0.1:{postgres.port}/sales"
        folder = client(table="till", url=url)
        said = retention("run", "shop")
        assert said.code == 0, said.err
        again = retention("run", "shop")
        assert again.code == 0, again.err
    finally:
        con.drop_table("till")
        con.disconnect()
    (run,) = (folder / "runs").iterdir()
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    assert all(stage["reused"] for stage in manifest["stages"].values())
    (checked,) = manifest["inputs"]["sources"].items()
    assert checked[0] == "orders 1: till"
    assert checked[1].startswith(f"{len(rows)}:")
    assert (run / "report.html").is_file()
    for path in run.rglob("*"):
        if path.is_file():
            assert postgres.password.encode() not in path.read_bytes(), path.name
    assert postgres.password not in said.out + said.err + again.out + again.err
