"""Runs whose tables are kept and measured in a warehouse: the same numbers, small results, and nothing left behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest
import shops
import yaml
from warehouses import Postgres

from helpers import business as business_file
from helpers import engine, segments, tables, warehouse
from helpers.afar import Afar
from helpers.errors import InputError
from helpers.intake import arrival
from helpers.intake.warehouse import Warehouse
from helpers.language import Language
from helpers.metrics import histories, windows
from helpers.parameters import NOTEBOOKS
from helpers.pipeline import build, example
from helpers.pipeline.run import Order, run
from helpers.records import plain
from helpers.run import ASKED, Run
from tests.metrics.test_engines import differences

CUSTOMERS = 20_000
A_SHARE = CUSTOMERS // 2
"""Rows: more than this is customer by customer."""


@pytest.fixture
def schema(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A schema of ours, its address in the environment, and a connection to look into it."""
    monkeypatch.setenv("KEPT_AT", postgres.url)
    con = engine.connect(postgres.url)
    con.raw_sql("CREATE SCHEMA kept").close()
    yield con
    con.raw_sql("DROP SCHEMA kept CASCADE").close()
    con.disconnect()


def keep_at(client: Path, url: str = "${KEPT_AT}", place: str = "kept", **more: Any) -> None:
    """Name the warehouse in a client's business.yml."""
    path = client / business_file.FILE
    said = yaml.safe_load(path.read_text("utf-8"))
    path.write_text(
        yaml.safe_dump({**said, "warehouse": {"url": url, "place": place}, **more}, allow_unicode=True), "utf-8"
    )


def there(con: Any, schema: str = "kept") -> list[str]:
    """Names of the tables in a schema."""
    asked = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"
    return [row[0] for row in con.con.execute(asked, (schema,)).fetchall()]


def numbers(folder: Path) -> dict[str, Any]:
    """A run's metrics without how long they took."""
    found: dict[str, Any] = json.loads((folder / "metrics.json").read_text("utf-8"))
    del found["timings"]
    return found


def test_the_cafe_on_postgres_is_the_cafe(example_folder: Path, schema: Any, tmp_path: Path) -> None:
    """Every number and every list of a run kept in PostgreSQL is DuckDB's; its tables are there, named by files here, and go with the run."""
    client = example.install(tmp_path / "cafe")
    keep_at(client)
    done = run(Order(client, example.TODAY, lang="en"), lambda *_: None, lambda _: None)
    assert list(differences(numbers(example_folder), numbers(done.folder))) == []
    for path in sorted((example_folder / "lists").glob("*.[ci][sc][vs]")):
        assert (done.folder / "lists" / path.name).read_bytes() == path.read_bytes(), path.name
    kept = tables.made(done.folder / "tables")
    assert {path.suffix for path in kept} == {tables.KEPT}
    assert sorted(path.read_text("utf-8").strip() for path in kept) == there(schema)
    assert there(schema, "public") == []
    again = run(Order(client, example.TODAY, lang="en"), lambda *_: None, lambda _: None)
    assert all(stage.reused for stage in again.stages.values())
    assert len(there(schema)) == len(kept)
    shutil.rmtree(again.folder)
    con = warehouse.opened(business_file.load(client), client)
    warehouse.sweep(con, client)
    con.disconnect()
    assert there(schema) == []


def test_orders_of_a_warehouse_stay_there(
    schema: Any, con: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty thousand customers, thirty thousand orders: no row of theirs comes over, and no answer has half as many rows as there are customers."""
    client = shops.client(tmp_path / "clients", shops.histories(CUSTOMERS, 90, every=25, leave=0.5))
    file = next(iter(business_file.load(client).sources["orders"])).file
    schema.take(con.read_csv(client / str(file)), "sales", lasting=False)
    schema.raw_sql("CREATE TABLE kept.sales AS SELECT * FROM sales").close()
    keep_at(client, sources={"orders": [{"table": "kept.sales", "url": "${KEPT_AT}"}]})
    longest: dict[str, int] = {}

    def counting(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(self: Any, *given: Any, **named: Any) -> Any:
            found = ask(self, *given, **named)
            longest[ask.__qualname__] = max(
                longest.get(ask.__qualname__, 0), len(found) if hasattr(found, "__len__") else 1
            )
            return found

        return asked

    for kind, name in ((Afar, "to_pyarrow"), (Afar, "execute"), (Warehouse, "rows")):
        monkeypatch.setattr(kind, name, counting(getattr(kind, name)))
    monkeypatch.setattr(arrival, "table", lambda *_: pytest.fail("rows came over"))
    monkeypatch.setattr(windows, "SAMPLE", 300)
    monkeypatch.setattr(histories, "MOST", 2_000)
    done = shops.run(client)
    assert numbers(done.folder)["customers"] == CUSTOMERS
    assert 1 < longest["Afar.to_pyarrow"] < A_SHARE
    assert max(longest.values()) < A_SHARE
    asked = {book: json.loads((done.folder / "records" / f"{book}{ASKED}").read_text("utf-8")) for book in NOTEBOOKS}
    assert {book: one["longest"] for book, one in asked.items() if one["longest"] >= A_SHARE} == {}
    assert all(one["longest"] for book, one in asked.items() if book != "5_proof"), asked
    # what does come over is lists of people to contact: in the two chapters that write them
    assert {book for book, one in asked.items() if one["brought"]} <= {"3_segment_plans", "4_campaign_design"}
    assert list((done.folder / "tables").glob("*.parquet")) == []


def test_a_run_that_fails_leaves_nothing_there(schema: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of a run that ends in a fault are dropped; those of the last good run stay."""
    client = shops.client(tmp_path / "clients", shops.small())
    keep_at(client)
    good = shops.run(client)
    before = there(schema)
    monkeypatch.setattr(segments, "assign", lambda *_: (_ for _ in ()).throw(InputError("Something is at fault.")))
    monkeypatch.setattr(build, "segments", segments)
    with pytest.raises(InputError, match="Something is at fault"):
        shops.run(client, force=True)
    assert there(schema) == before
    assert len(before) == len(tables.made(good.folder / "tables"))


def test_the_run_before_is_compared_with_there(schema: Any, tmp_path: Path) -> None:
    """A second run on later data finds the first one's customers in the warehouse and says how many moved."""
    client = shops.client(tmp_path / "clients", shops.small())
    keep_at(client)
    shops.run(client, as_of=shops.END.replace(day=1))
    later = numbers(shops.run(client).folder)
    local = shops.client(tmp_path / "local", shops.small())
    shops.run(local, as_of=shops.END.replace(day=1))
    at_home = numbers(shops.run(local).folder)
    assert later["segment_moves"]
    for told in ("segment_moves", "changes", "since"):
        assert list(differences(later[told], at_home[told])) == [], told


@pytest.mark.parametrize(
    ("url", "place", "said"),
    [
        ("${KEPT_AT}", "not_there", "in “not_there” no tables can be made"),
        ("mysql://somebody@somewhere/sales", "kept", "its `url:` begins with one of"),
        ("postgres://shop:wrong@127.0.0.1:1/sales", "kept", "does not answer"),
        ("${NOT_SET_ANYWHERE}", "kept", "NOT_SET_ANYWHERE"),
    ],
)
def test_a_warehouse_that_cannot_be_used_is_one_sentence(
    schema: Any, tmp_path: Path, url: str, place: str, said: str
) -> None:
    """The sentence says what to mend and holds no password; nothing is left of the run."""
    client = shops.client(tmp_path / "clients", shops.twelve())
    keep_at(client, url, place)
    with pytest.raises(InputError) as fault:
        shops.run(client)
    assert said in str(fault.value)
    assert "wrong" not in str(fault.value)
    assert not (client / "runs").exists()


def test_a_run_kept_elsewhere_is_not_read_without_its_warehouse(schema: Any, tmp_path: Path) -> None:
    """When business.yml names no warehouse any more, a run is made anew on this machine and says nothing of what it cannot look up."""
    client = shops.client(tmp_path / "clients", shops.small())
    keep_at(client)
    shops.run(client, as_of=shops.END.replace(day=1))
    path = client / business_file.FILE
    said = yaml.safe_load(path.read_text("utf-8"))
    del said["warehouse"]
    path.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    done = shops.run(client)
    assert {path.suffix for path in tables.made(done.folder / "tables")} >= {".parquet"}
    assert numbers(done.folder)["segment_moves"] is None


def test_spark_keeps_and_measures_the_same_customers(spark: Any, con: Any, tmp_path: Path) -> None:
    """The first two stages on Spark give DuckDB's customers and records; the tables are Parquet in the folder named, and a sweep takes them away."""
    client = shops.client(tmp_path / "clients", shops.small())
    keep_at(client, "pyspark://", "kept")
    business = business_file.load(client)
    there_con = warehouse.opened(business, client)
    found, records = {}, {}
    for name, keeper in (("here", con), ("there", there_con)):
        out = client / "runs" / name
        built = build.build_tables(business, client, out, con, today=shops.TODAY, keeper=keeper)
        build.describe(business, client, out, keeper, built)
        build.build_customers(business, client, out, keeper, as_of=built.as_of)
        rows = keeper.to_pyarrow(tables.open_tables(keeper, out / "tables").customers.order_by("customer_id"))
        found[name] = rows.to_pylist()
        records[name] = [
            json.loads((out / "records" / f"{part}.json").read_text("utf-8")) for part in ("tables", "customers")
        ]
    assert len(found["here"]) > 50
    assert list(differences(plain(found["here"]), plain(found["there"]))) == []
    assert list(differences(records["here"], records["there"])) == []
    kept = {path.name for path in (client / "kept").iterdir()}
    named = {path.read_text("utf-8").strip() for path in tables.made(client / "runs" / "there" / "tables")}
    assert named <= kept
    shutil.rmtree(client / "runs" / "there")
    warehouse.sweep(there_con, client)
    there_con.disconnect()
    assert list((client / "kept").iterdir()) == []
    assert spark.raw_sql("SELECT 1").collect()[0][0] == 1  # a session that was running goes on


def test_a_list_keeps_its_order_on_spark(spark: Any, tmp_path: Path) -> None:
    """Best first in the warehouse is best first in the file, also where Spark works in several parts, the second of which takes more room."""
    client = shops.client(tmp_path / "clients", shops.twelve())
    keep_at(client, "pyspark://", "kept")
    business = business_file.load(client)
    con = warehouse.opened(business, client)
    nobody: Any = None
    here = Run("4", None, business, client, client / "runs", shops.END, Language("en"), con, nobody, {})
    products = [f"{number:03d}" + " and ever so much more" * (number > 120) for number in range(241)]
    path = here.write_workbook("products", ibis.memtable({"product": products}))
    con.disconnect()
    assert path.read_text("utf-8-sig").split("\n")[1:-1] == products
    assert path.with_suffix(".xlsx").is_file()


QUICK = "spark.driver.memory=1g&spark.sql.codegen.wholeStage=false&spark.sql.codegen.factoryMode=NO_CODEGEN"
"""Of Spark, for some thousand orders: compiling code takes longer than running it."""


def test_the_cafe_on_spark_is_the_cafe(spark: Any, example_folder: Path, tmp_path: Path) -> None:
    """A whole run kept on Spark: every number and every list is DuckDB's, and of its steps on the way nothing is left in the folder."""
    client = example.install(tmp_path / "cafe")
    keep_at(client, f"pyspark://?{QUICK}", "kept")
    done = run(Order(client, example.TODAY, lang="en"), lambda *_: None, lambda _: None)
    assert list(differences(numbers(example_folder), numbers(done.folder))) == []
    for path in sorted((example_folder / "lists").glob("*.[ci][sc][vs]")):
        assert (done.folder / "lists" / path.name).read_bytes() == path.read_bytes(), path.name
    named = {path.read_text("utf-8").strip() for path in tables.made(done.folder / "tables")}
    assert {path.name for path in (client / "kept").iterdir()} == named


def test_a_list_of_a_campaign_is_looked_up_in_the_warehouse(schema: Any, con: Any, tmp_path: Path) -> None:
    """People named by any of their keys are found among those a warehouse keeps, and only those come over."""
    from helpers.intake import people_keys

    client = shops.client(tmp_path / "clients", shops.small())
    keep_at(client)
    done = shops.run(client)
    there_con = warehouse.opened(business_file.load(client), client)
    laid = tables.open_tables(there_con, done.folder / "tables")
    known = there_con.to_pyarrow(
        laid.people.filter(laid.people.phone.notnull()).order_by("customer_id").limit(3)
    ).to_pylist()
    path = tmp_path / "list.csv"
    path.write_text("phone\n" + "\n".join([row["phone"] for row in known] + ["0900000001"]) + "\n", "utf-8")
    before = there_con.counted.brought
    keys = people_keys(there_con, path, laid.people, identities=laid.identities)
    rows = there_con.to_pyarrow(keys.order_by("source_row")).to_pylist()
    assert [row["customer_id"] for row in rows] == [*(row["customer_id"] for row in known), None]
    assert there_con.counted.brought - before <= 4 * len(rows)
    there_con.disconnect()
