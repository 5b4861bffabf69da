"""DuckDB, Spark and PostgreSQL run the same expressions and find the same numbers, measure by measure, on every table of the example café."""

from __future__ import annotations

import dataclasses
import json
import math
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest

from benchmarks.measures import Business, Measure, measures
from helpers import engine, tables
from helpers.metrics.orders import placed
from helpers.records import plain
from tests.metrics.downstream import downstream

AS_OF = date(2026, 6, 30)
TABLES = ("orders", "order_lines", "people")
QUICK = {
    # compiling code costs more than running it on some thousand rows
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}


def flat(found: Any) -> Any:
    """A result as plain data: tables become rows in the order of everything in them that is no fraction."""
    if isinstance(found, ir.Table):
        rows = [plain(row) for row in found.to_pyarrow().to_pylist()]
        return sorted(
            rows, key=lambda row: json.dumps([v for v in row.values() if not isinstance(v, float)], sort_keys=True)
        )
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        return {part.name: flat(getattr(found, part.name)) for part in dataclasses.fields(found)}
    if isinstance(found, dict):
        return {str(name): flat(part) for name, part in found.items()}
    return plain(found)


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two plain results differ by more than the order of additions explains."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from differences(one.get(name), other.get(name), f"{path}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from differences(a, b, f"{path}[{i}]")
    elif isinstance(one, float) or isinstance(other, float):
        if one is None or other is None or not math.isclose(one, other, rel_tol=1e-7, abs_tol=1e-9):
            yield f"{path}: {one} and {other}"
    elif one != other:
        yield f"{path}: {str(one)[:80]} and {str(other)[:80]}"


@pytest.fixture(scope="module")
def cafe_files(cafe: SimpleNamespace, con: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The café's tables with a quarter of its customers as Parquet files, which both engines read."""
    folder: Path = tmp_path_factory.mktemp("cafe-tables")
    for name in TABLES:
        table = getattr(cafe.tables, name)
        whom = table.customer_id.fill_null(table.order_id) if "order_id" in table.columns else table.customer_id
        tables.write(con, table.filter(whom.hexdigest("md5").substr(0, 1) < "4"), folder, name)
    for name, table in cafe.tables.optional.items():
        tables.write(con, table, folder, name)
    tables.write(con, subscriptions(con, folder), folder, "subscriptions")
    return folder


def subscriptions(con: Any, folder: Path) -> ir.Table:
    """The café has none, so one in five customers subscribes to coffee here, and some give it up."""
    orders = con.read_parquet(folder / "orders.parquet")
    known = orders.filter(orders.customer_id.notnull())
    each = known.group_by("customer_id").agg(
        started_on=known.ordered_at.date().min(), ended_on=known.ordered_at.date().max()
    )
    number = each.customer_id.hexdigest("md5").substr(1, 1)
    chosen = each.filter(number > "c").mutate(
        subscription_id=ibis.literal("s-") + each.customer_id,
        plan=(number > "d").ifelse("small", "large"),
        ended_on=(each.ended_on < ibis.date("2026-04-01")).ifelse(each.ended_on, ibis.null("date")),
        monthly_price=(number > "d").ifelse(300_000.0, 600_000.0),
    )
    return chosen.select(*tables.OPTIONAL["subscriptions"].names)


@pytest.fixture(scope="module")
def on_duckdb(cafe_files: Path, con: Any) -> Business:
    """The café on DuckDB, its orders placed once as in a run; on Spark every measure places them itself."""

    def keep(name: str, table: ir.Table) -> ir.Table:
        made: ir.Table = con.create_table(ibis.util.gen_name(name), table, temp=True)
        return made

    read = {path.stem: con.read_parquet(path) for path in cafe_files.glob("*.parquet")}
    return Business({**read, "orders": keep("placed", placed(read["orders"]))}, AS_OF, keep)


@pytest.fixture(scope="module")
def on_spark(cafe_files: Path, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Business]:
    """The café on Spark in local mode."""
    folder = tmp_path_factory.mktemp("spark-tables")
    before = {name: spark._session.conf.get(name) for name in QUICK}
    for name, value in QUICK.items():
        spark._session.conf.set(name, value)

    def keep(name: str, table: ir.Table) -> ir.Table:
        path = str(folder / name)
        spark.to_parquet(table, path)
        made: ir.Table = spark.read_parquet(path)
        return made

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Business({path.stem: spark.read_parquet(str(path)) for path in cafe_files.glob("*.parquet")}, AS_OF, keep)
    for name, value in before.items():
        spark._session.conf.set(name, value)


@pytest.fixture(scope="module")
def on_postgres(cafe_files: Path, con: Any, postgres: Any) -> Iterator[Business]:
    """The café on a PostgreSQL server, steps on the way in temporary tables."""
    server = engine.connect(postgres.url)
    server.raw_sql("CREATE SCHEMA cafe; SET search_path = cafe").close()
    read = {}
    for path in cafe_files.glob("*.parquet"):
        table = con.read_parquet(path)
        read[path.stem] = server.create_table(path.stem, table.to_pyarrow(), schema=table.schema())

    def keep(name: str, table: ir.Table) -> ir.Table:
        made: ir.Table = server.create_table(ibis.util.gen_name(name), table, temp=True)
        return made

    yield Business(read, AS_OF, keep)
    server.raw_sql("DROP SCHEMA cafe CASCADE").close()
    server.disconnect()


OFFERED = Business(dict.fromkeys((*TABLES, *tables.OPTIONAL)), AS_OF, lambda _, table: table)
MEASURES = measures(OFFERED)
EVERYTHING = [*MEASURES, *downstream()]


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_every_argument_of_a_measure_is_known(measure: Measure) -> None:
    """A new measure either asks for what a business has or is added to `benchmarks.measures`."""
    assert not measure.unmet, f"{measure.name} asks for {measure.unmet}: teach benchmarks/measures.py to make it"


def test_no_measure_is_missed() -> None:
    """The main measures of every room are among those found."""
    names = {measure.name for measure in MEASURES}
    assert {
        "customers.summarise",
        "cohorts.cohorts",
        "growth.growth",
        "risk.score",
        "clv.total",
        "leaks.sized",
    } <= names


def _different(measure: Measure, one: Business, other: Business) -> list[str]:
    """Where a measure differs between two engines."""
    ours, theirs = measure(one), measure(other)
    if measure.name == "gate.free_orders":  # orders go in and orders come out, with what place they had
        ours = ours.select(*theirs.columns)
    return list(differences(flat(ours), flat(theirs)))


@pytest.mark.parametrize("measure", EVERYTHING, ids=lambda measure: measure.name)
def test_two_engines_one_number(measure: Measure, on_duckdb: Business, on_spark: Business) -> None:
    """DuckDB and Spark agree on every number of the measure, of a segment, a list, a draw and a proof."""
    found = _different(measure, on_duckdb, on_spark)
    assert not found, found[:5]


@pytest.mark.parametrize("measure", EVERYTHING, ids=lambda measure: measure.name)
def test_the_same_number_on_postgres(measure: Measure, on_duckdb: Business, on_postgres: Business) -> None:
    """DuckDB and PostgreSQL agree on every number of the measure, of a segment, a list, a draw and a proof."""
    found = _different(measure, on_duckdb, on_postgres)
    assert not found, found[:5]
