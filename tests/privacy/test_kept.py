"""`retention forget` and `retention retire` where a warehouse keeps the runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shops
import yaml
from typer.testing import CliRunner, Result
from warehouses import Postgres

from helpers import business as business_file
from helpers import engine, tables, warehouse
from helpers.cli import app
from helpers.privacy import kept
from helpers.privacy.person import Person
from tests.privacy import corner_shop as shop

SCHEMA = "kept_privately"


@pytest.fixture
def schema(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A schema of ours, its address in the environment, and a connection to look into it."""
    monkeypatch.setenv("KEPT_AT", postgres.url)
    con = engine.connect(postgres.url)
    con.raw_sql(f"CREATE SCHEMA {SCHEMA}").close()
    yield con
    con.raw_sql(f"DROP SCHEMA {SCHEMA} CASCADE").close()
    con.disconnect()


@pytest.fixture
def folder(schema: Any, tmp_path: Path) -> Path:
    """The corner shop after a run whose tables PostgreSQL keeps."""
    client = shop.client(tmp_path / "clients")
    _name(client, {"url": "${KEPT_AT}", "place": SCHEMA})
    shops.run(client)
    return client


def _name(client: Path, place: dict[str, str] | None, **more: Any) -> None:
    path = client / business_file.FILE
    said = yaml.safe_load(path.read_text("utf-8")) | more
    said.pop("warehouse", None)
    path.write_text(yaml.safe_dump(said | ({"warehouse": place} if place else {}), allow_unicode=True), "utf-8")


def call(command: str, folder: Path, *words: str) -> Result:
    """A command in the folder's workspace."""
    return CliRunner().invoke(app, [command, folder.name, *words, "--workspace", str(folder.parent), "--lang", "en"])


def there(con: Any) -> dict[str, list[dict[str, Any]]]:
    """Every table of the schema with its rows."""
    asked = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"
    names = [row[0] for row in con.con.execute(asked, (SCHEMA,)).fetchall()]
    return {name: con.rows(con.table(name, database=SCHEMA)).to_pylist() for name in names}


def traces(con: Any) -> set[str]:
    """Tables of the schema in which something names the customer."""
    return {
        name.split("_", 3)[3]
        for name, rows in there(con).items()
        if any(word in json.dumps(rows, default=str, ensure_ascii=False) for word in shop.TRACES)
    }


@pytest.mark.parametrize("key", [shop.PHONE, shop.CODE, shop.MAIL])
def test_nothing_is_left_of_them_there(folder: Path, schema: Any, key: str) -> None:
    """Tables name them before and not after; everybody else's rows and every sale stay; the next run finds one customer less."""
    assert traces(schema) >= {"orders", "people", "identities", "customers", "rejects"}
    before = {name.split("_", 3)[3]: len(rows) for name, rows in there(schema).items()}
    said = call("forget", folder, key)
    assert said.exit_code == 0, said.output
    assert traces(schema) == set()
    assert shop.traces(folder) == {}
    assert not any(word in said.output for word in shop.TRACES)
    after = {name.split("_", 3)[3]: len(rows) for name, rows in there(schema).items()}
    assert after.keys() == before.keys()
    assert (after["orders"], after["placed"], after["rejects"]) == (
        before["orders"],
        before["placed"],
        before["rejects"],
    )
    assert after["people"] == before["people"] - 1
    assert after["customers"] == before["customers"] - 1
    done = shops.run(folder)
    assert traces(schema) == set()
    assert json.loads((done.folder / "metrics.json").read_text("utf-8"))["customers"] == after["customers"]


def test_a_source_there_is_named(folder: Path, schema: Any) -> None:
    """A table that is a source is nobody's to write: it is named, and left out by the next run, whose tables do not name them."""
    schema.take(schema.home.read_csv(folder / "files" / "orders.csv", all_varchar=True), "sold", lasting=False)
    schema.raw_sql('CREATE TABLE public.sold AS SELECT * FROM "sold"').close()
    try:
        _name(
            folder,
            {"url": "${KEPT_AT}", "place": SCHEMA},
            sources={"orders": [{"table": "public.sold", "url": "${KEPT_AT}"}]},
        )
        (folder / "files" / "orders.csv").unlink()
        shops.run(folder)
        assert "orders" in traces(schema)
        said = call("forget", folder, shop.PHONE)
        assert said.exit_code == 0, said.output
        assert "public.sold" in said.output
        assert traces(schema) == set()
        shops.run(folder)
        assert traces(schema) == set()
    finally:
        schema.raw_sql("DROP TABLE public.sold").close()


def test_a_call_broken_off_is_given_again(folder: Path, schema: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever table it stopped at, every run still opens, and the second call finishes what the first began."""
    sweep = warehouse.sweep
    monkeypatch.setattr(kept.warehouse, "sweep", lambda *_: (_ for _ in ()).throw(OSError("the line is cut")))
    assert call("forget", folder, shop.PHONE).exit_code == 1
    con = warehouse.opened(business_file.load(folder), folder)
    opened = tables.open_tables(con, next(folder.glob("runs/*/tables")))
    assert opened.orders.count().to_pyarrow().as_py() > 0
    con.disconnect()
    monkeypatch.setattr(kept.warehouse, "sweep", sweep)
    assert call("forget", folder, shop.PHONE).exit_code == 0
    assert traces(schema) == set()


@pytest.mark.parametrize("command", ["forget", "retire"])
def test_a_warehouse_that_is_not_named_any_more_stops_both(folder: Path, schema: Any, command: str) -> None:
    """Nobody is said to be forgotten while a warehouse keeps them: one sentence, exit code 2, nothing changed."""
    _name(folder, None)
    before = shop.contents(folder)
    said = call(command, folder, *([shop.PHONE] if command == "forget" else ["--yes"]))
    assert said.exit_code == 2
    assert "is not in the warehouse of business.yml" in said.output
    assert shop.contents(folder) == before
    assert "people" in traces(schema)


def test_a_client_who_leaves_takes_their_tables(folder: Path, schema: Any) -> None:
    """The schema is empty, and a report that holds a number of somebody in it is not kept."""
    run = next(folder.glob("runs/*"))
    (run / "report.html").write_text(f"<p>gọi {shop.PHONE}</p>", "utf-8")
    (run / "metrics.json").write_text('{"customers": 12}', "utf-8")
    assert call("retire", folder, "--yes", "--keep-reports").exit_code == 0
    assert there(schema) == {}
    assert not (run / "report.html").exists()
    assert (run / "metrics.json").exists()


def test_spark_forgets_as_well(spark: Any, con: Any, tmp_path: Path) -> None:
    """On Spark a kept table is put anew without somebody: their rows of people, their name on sales, a rejected row that tells of them."""
    client = shop.client(tmp_path / "clients")
    _name(client, {"url": "pyspark://", "place": "kept"})
    made = warehouse.opened(business_file.load(client), client)
    folder = client / "runs" / "2025-06-30" / "tables"
    rows = {
        "orders": [{"order_id": "1", "customer_id": shop.CODE}, {"order_id": "2", "customer_id": "KH0001"}, {"order_id": "3", "customer_id": None}],
        "people": [{"customer_id": shop.CODE, "phone": shop.PHONE}, {"customer_id": "KH0001", "phone": None}],
        "rejects": [{"source_row": 1, "raw": f'["HD1", "{shop.NAME.upper()}"]'}, {"source_row": 2, "raw": '["HD2", "An"]'}, {"source_row": 3, "raw": None}],
    }  # fmt: skip
    for name, given in rows.items():
        tables.write(
            made,
            con.create_table(f"given_{name}_{tmp_path.name}", pa.Table.from_pylist(given), temp=True),
            folder,
            name,
        )
    person = Person("VN", frozenset({shop.CODE}), phones=frozenset({shop.PHONE}), names=frozenset({shop.NAME}))
    changed = kept.without(made, client, person)
    assert {path.name: n for path, n in changed.items()} == {"orders.there": 1, "people.there": 1, "rejects.there": 1}
    found = {name: _read(made, folder, name) for name in rows}
    assert [row["customer_id"] for row in found["orders"]] == [None, "KH0001", None]
    assert [row["customer_id"] for row in found["people"]] == ["KH0001"]
    assert [row["raw"] for row in found["rejects"]] == [None, '["HD2", "An"]', None]
    assert len(list((client / "kept").iterdir())) == len(rows)
    shutil.rmtree(folder)
    made.disconnect()


def _read(con: Any, folder: Path, name: str) -> list[dict[str, Any]]:
    table = tables.read(con, folder, name)
    assert table is not None
    found: list[dict[str, Any]] = con.rows(table.order_by(table.columns[0])).to_pylist()
    return found
