"""What a run leaves behind: the files, columns and keys that outside scripts rely on."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from shops import END, Ran, small

from helpers.parameters import NOTEBOOKS

ORDERS = "order_id customer_id ordered_at net_revenue currency channel branch staff source_file source_row"
CUSTOMERS = (
    "customer_id first_order last_order orders net_revenue frequency recency T monetary_value days_since_last_order "
    "rhythm_days state segment p_return_90d p_alive expected_orders_12m clv_12m"
)
REJECTS = "source_file source_row reason raw"
METRICS = (
    "rows_read rows_kept rows_rejected customers orders net_revenue anonymous_revenue_share repeat_rate bg_nbd gamma_gamma "
    "backtest quick_ratio timings campaigns"
)


def _table(shop: Ran, name: str) -> pd.DataFrame:
    return pd.read_parquet(shop.folder / "tables" / f"{name}.parquet")


def test_a_run_is_named_after_the_last_day_of_its_data(shop: Ran) -> None:
    """The run folder and the report's path are where the contract says."""
    assert shop.folder == shop.client / "runs" / END.isoformat()
    assert shop.done.report == shop.folder / "report.html"
    assert sorted(p.name for p in (shop.client / "runs").iterdir()) == [END.isoformat()]


def test_everything_of_the_contract_is_there(shop: Ran) -> None:
    """Report, numbers, manifest, executed notebooks, tables, lists and charts."""
    for name in ("report.html", "metrics.json", "manifest.json"):
        assert (shop.folder / name).stat().st_size > 500
    assert {p.stem for p in (shop.folder / "notebooks").iterdir()} == set(NOTEBOOKS)
    assert {p.name for p in (shop.folder / "tables").iterdir()} >= {
        "orders.parquet",
        "customers.parquet",
        "rejects.parquet",
    }
    assert list((shop.folder / "lists").glob("*.csv"))
    assert list((shop.folder / "charts").glob("*.svg"))


@pytest.mark.parametrize(("table", "columns"), [("orders", ORDERS), ("rejects", REJECTS)])
def test_columns_of_tables_are_the_contract(shop: Ran, table: str, columns: str) -> None:
    """A script that reads a table by column names keeps working."""
    assert list(_table(shop, table).columns) == columns.split()


def test_customers_begin_with_the_columns_of_the_contract(shop: Ran) -> None:
    """Further columns come after those of the contract."""
    assert list(_table(shop, "customers").columns)[: len(CUSTOMERS.split())] == CUSTOMERS.split()


def test_tables_hold_what_the_file_holds(shop: Ran) -> None:
    """Orders, customers and money come out as they went in."""
    rows = small()
    orders, customers = _table(shop, "orders"), _table(shop, "customers")
    assert (len(orders), orders["net_revenue"].sum()) == (len(rows), sum(money for _, _, money in rows))
    assert len(customers) == len({who for _, who, _ in rows})
    assert customers["net_revenue"].sum() == orders["net_revenue"].sum()
    assert set(orders["source_row"]) == set(range(1, len(rows) + 1))


def test_personal_data_is_readable_by_its_owner_alone(shop: Ran) -> None:
    """Tables and lists name people; nobody else on the machine may read them."""
    private = [*(shop.folder / "tables").iterdir(), *(shop.folder / "lists").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_lists_open_in_a_spreadsheet(shop: Ran) -> None:
    """Byte-order mark, one header, and a phone number that keeps its zero or its country code."""
    for path in (shop.folder / "lists").glob("*.csv"):
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            head, *rows = csv.reader(file)
        assert len(set(head)) == len(head)
        assert all(len(row) == len(head) for row in rows)


def test_metrics_have_the_keys_of_the_contract(shop: Ran) -> None:
    """The keys scripts ask for exist, and the counts agree with the tables."""
    numbers = shop.read("metrics.json")
    assert set(METRICS.split()) <= set(numbers)
    assert numbers["rows_read"] == numbers["rows_kept"] + numbers["rows_rejected"]
    assert numbers["orders"] == len(small())
    assert set(numbers["repeat_rate"]) == {"30", "60", "90", "180", "365"}
    assert all({"value", "low", "high", "n"} <= set(rate) for rate in numbers["repeat_rate"].values())


def test_metrics_are_plain_json(shop: Ran) -> None:
    """No NaN or Infinity, which other languages cannot read."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads((shop.folder / "metrics.json").read_text(encoding="utf-8"), parse_constant=refuse)


def test_the_manifest_says_what_was_run_on_what(shop: Ran) -> None:
    """Input hashes, versions, parameters and one entry per stage with its time."""
    manifest = shop.read("manifest.json")
    assert set(manifest["stages"]) == {"tables", "customers", *NOTEBOOKS, "report"}
    assert all(stage["seconds"] > 0 and not stage["reused"] for stage in manifest["stages"].values())
    assert list(manifest["inputs"]["sources"]) == ["orders.csv"]
    assert {"duckdb", "pandas", "papermill"} <= set(manifest["libraries"])
    assert (manifest["lang"], manifest["parameters"], manifest["as_of"]) == ("vi", {}, END.isoformat())


def test_stages_list_every_file_they_left(shop: Ran) -> None:
    """A later run can take over a stage because the manifest knows all of its files."""
    listed = {name for stage in shop.read("manifest.json")["stages"].values() for name in stage["files"]}
    there = {p.relative_to(shop.folder).as_posix() for p in shop.folder.rglob("*") if p.is_file()}
    assert there - listed == {"manifest.json"}
    assert listed <= there


def test_executed_notebooks_name_the_run_they_belong_to(shop: Ran) -> None:
    """Opened again, an executed notebook finds its run, not the folder it was made in."""
    for path in (shop.folder / "notebooks").iterdir():
        text = path.read_text(encoding="utf-8")
        assert ".staging" not in text
        injected = [
            c for c in nbformat.reads(text, as_version=4).cells if "injected-parameters" in c.metadata.get("tags", [])
        ]
        assert json.dumps(str(shop.folder)) in injected[0].source


def test_nothing_that_is_handed_out_holds_a_phone_number(shop: Ran) -> None:
    """The report, the charts and the notebooks can be passed on."""
    handed = [shop.folder / "report.html", *(shop.folder / "charts").iterdir(), *(shop.folder / "notebooks").iterdir()]
    numbers = {who for _, who, _ in small()}
    for path in handed:
        text = path.read_text(encoding="utf-8")
        assert not [number for number in numbers if number[1:] in text], path.name


def test_the_report_does_not_tell_where_it_was_made(shop: Ran) -> None:
    """No path of this machine is in the client's file."""
    text = (shop.folder / "report.html").read_text(encoding="utf-8")
    assert str(Path(shop.workspace).parent) not in text
