"""A run kept in a warehouse beside the same run on this machine: seconds per stage, rows that came over, and how both grow.

    python -m benchmarks.warehouses --warehouse postgres://…  retention --warehouse pyspark:// /data/kept --write
    python -m benchmarks.warehouses --warehouse postgres://… retention --runs "" --sizes 0.3,1,3

Each `--warehouse` is an address and a place, as under `warehouse:` in business.yml. `--runs` names businesses: the example café, and Online
Retail (RETENTION_REAL_DATA), which a PostgreSQL holds as a table and reads where it is. `--sizes` are millions of orders of `benchmarks.orders`: carried
over, placed, and made into the customers table. Numbers and lists must be the same on every engine, or this one fails.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import uuid
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import ibis
import yaml

from benchmarks import orders, rounds
from helpers import business as business_file
from helpers import engine, tables, warehouse
from helpers.business import Business
from helpers.parameters import NOTEBOOKS
from helpers.pipeline import build, example
from helpers.pipeline.run import Order, run
from helpers.run import ASKED

CACHE = Path(__file__).resolve().parent / ".cache"
FOLDER = CACHE / "warehouses"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "warehouse.md"
COMMAND = "python -m benchmarks.warehouses --warehouse URL PLACE"
HERE = ("duckdb", "", "")
"""Name, address and place of this machine."""
CLOSE = 1e-7
"""Share by which sums may differ that are added in another order."""


def client(name: str, there: tuple[str, str, str]) -> Path:
    """A client's folder, whose runs are kept where `there` says."""
    kind, url, place = there
    folder = FOLDER / f"{name}-{kind}"
    shutil.rmtree(folder, ignore_errors=True)
    if name == "cafe":
        example.install(folder)
    else:
        folder.mkdir(parents=True)
        said = {"name": "Gifts", "currency": "GBP", "country": "GB", "timezone": "Europe/London", "lang": "en"}
        sources = {"orders": [_retail(kind, url, place)]}
        (folder / business_file.FILE).write_text(yaml.safe_dump({**said, "sources": sources}), "utf-8")
    if url:
        path = folder / business_file.FILE
        said = yaml.safe_load(path.read_text("utf-8"))
        path.write_text(
            yaml.safe_dump({**said, "warehouse": {"url": url, "place": place}}, allow_unicode=True), "utf-8"
        )
    return folder


def _retail(kind: str, url: str, place: str) -> dict[str, str]:
    """Online Retail as a source: a table where the runs are kept if that is a PostgreSQL, else the file."""
    path = Path(os.environ["RETENTION_REAL_DATA"]) / "online_retail" / "online_retail.parquet"
    if kind != "postgres":
        return {"file": str(path)}
    con = engine.connect(url)
    con.place = place
    con.forget(["benchmark_online_retail"])
    con.take(con.home.read_parquet(path).mutate(id=ibis.row_number()), "benchmark_online_retail", lasting=True)
    con.disconnect()
    return {"table": f"{place}.benchmark_online_retail", "url": url, "row": "id"}


def whole(name: str, there: tuple[str, str, str]) -> tuple[dict[str, Any], dict[str, bytes], tuple[str, ...]]:
    """One run from nothing: its numbers, its lists as they are, and a row of the table."""
    folder = client(name, there)
    begun = perf_counter()
    done = run(
        Order(folder, example.TODAY if name == "cafe" else date(2026, 7, 1), lang="en"), lambda *_: None, lambda _: None
    )
    seconds = perf_counter() - begun
    asked = [json.loads((done.folder / "records" / f"{book}{ASKED}").read_text("utf-8")) for book in NOTEBOOKS]
    numbers = json.loads((done.folder / "metrics.json").read_text("utf-8"))
    for part in ("timings", "quality", "data_quality"):
        numbers.pop(part)
    stages = [done.stages[part].seconds for part in ("tables", "customers", *NOTEBOOKS)]
    row = (f"{name}, {there[0]}", *(f"{part:.1f}" for part in stages), f"{seconds:.0f}")
    more = (
        str(max(one["longest"] for one in asked)),
        str(sum(one.get("brought", 0) for one in asked)) if there[1] else "–",
    )
    lists = {path.name: path.read_bytes() for path in (done.folder / "lists").glob("*.csv")}
    return numbers, lists, (*row, *more)


def same(one: Any, other: Any) -> bool:
    """Whether two results differ by no more than the order of additions explains."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= CLOSE * max(abs(one), abs(other), 1e-2)
    return bool(one == other)


def runs(names: list[str], places: list[tuple[str, str, str]]) -> list[tuple[str, ...]]:
    """A row for each business on each engine."""
    rows = []
    for name in names:
        first: tuple[dict[str, Any], dict[str, bytes]] | None = None
        for there in places:
            numbers, lists, row = whole(name, there)
            first = first or (numbers, lists)
            assert same(first[0], numbers), f"{name}: the numbers of {there[0]} are not those of {places[0][0]}"
            assert first[1] == lists, f"{name}: the lists of {there[0]} are not those of {places[0][0]}"
            rows.append(row)
            print(row, flush=True)
    return rows


def grown(millions: float, there: tuple[str, str, str]) -> tuple[str, ...]:
    """Seconds to carry orders over, and from there to the customers table."""
    kind, url, place = there
    path = orders.write(CACHE / f"orders_{round(millions * 1e6)}.parquet", round(millions * 1e6))
    out = FOLDER / f"grown-{uuid.uuid4().hex[:8]}"
    con = engine.connect()
    shop = Business(name="Shop", sources={"orders": []}, warehouse={"url": url, "place": place} if url else None)
    out.mkdir(parents=True)
    there_con = warehouse.opened(shop, out) if url else con
    bought = orders.read(con, path)
    lines = ibis.memtable([], schema=tables.ORDER_LINES)
    begun = perf_counter()
    tables.write(there_con, bought, out / "tables", "orders")
    carried = perf_counter() - begun
    for name, empty in (
        ("order_lines", lines),
        ("people", ibis.memtable([], schema=tables.PEOPLE)),
        ("rejects", ibis.memtable([], schema=tables.REJECTS)),
    ):
        tables.write(there_con, con.create_table(ibis.util.gen_name(name), empty, temp=True), out / "tables", name)
    (out / "records").mkdir()
    begun = perf_counter()
    build.build_customers(shop, out, out, there_con, as_of=orders.AS_OF)
    measured = perf_counter() - begun
    if url:
        there_con.forget(there_con.labels())
        there_con.disconnect()
    shutil.rmtree(out)
    return (f"{millions:g} M, {kind}", f"{carried:.1f}", f"{measured:.1f}")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--warehouse", nargs=2, action="append", default=[], metavar=("URL", "PLACE"))
    parser.add_argument("--runs", default="cafe,retail", help="businesses, with commas between")
    parser.add_argument("--sizes", default="", help="millions of orders, with commas between")
    parser.add_argument("--write", action="store_true", help="into docs/warehouse.md")
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    places = [
        HERE,
        *((url.partition("://")[0].replace("postgresql", "postgres"), url, place) for url, place in given.warehouse),
    ]
    if given.runs:
        heads = (
            "run",
            "tables",
            "customers",
            *(book[0] for book in NOTEBOOKS),
            "whole",
            "longest answer",
            "rows brought",
        )
        text = rounds.table(heads, runs(given.runs.split(","), places))
        print(text)
        if given.write:
            rounds.record("runs", text, f"{COMMAND} --runs {given.runs} --write", PAGE)
    if given.sizes:
        rows = [grown(float(size), there) for size in given.sizes.split(",") for there in places]
        text = rounds.table(("orders, engine", "carried over, s", "customers table, s"), rows)
        print(text)
        if given.write:
            rounds.record("growth", text, f"{COMMAND} --runs '' --sizes {given.sizes} --write", PAGE)


if __name__ == "__main__":
    main()
