"""A month later: what `retention run` says beside the last report, on real run folders."""

from __future__ import annotations

import json
import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import shops
import yaml

from helpers.business import FILE
from helpers.pipeline.run import Done

ROWS = sorted(shops.histories(60, 400, every=21, leave=0.1))
THEN = date(2025, 4, 30)
OLD = [row for row in ROWS if row[0] <= THEN]
CANCELLED = (40, 90, 140)
"""Numbers of three orders of then, all of them long before its end."""


def metrics(done: Done) -> dict[str, Any]:
    """A run's metrics.json."""
    found: dict[str, Any] = json.loads((done.folder / "metrics.json").read_text("utf-8"))
    return found


class Shop:
    """A client with a first report of then; each test exports again and runs."""

    def __init__(self, base: Path) -> None:
        self.client = shops.client(base / "clients", OLD, lang="en")
        self.source = base / "clients-files" / "orders.csv"
        self.first = shops.run(self.client)

    def again(self, rows: list[shops.Row], cancelled: tuple[int, ...] = (), **more: Any) -> Done:
        """Export again, and run."""
        shops.write(self.source, rows, cancelled=cancelled)
        path = self.client / FILE
        settings = {**yaml.safe_load(path.read_text("utf-8")), **more}
        path.write_text(yaml.safe_dump(settings, allow_unicode=True), "utf-8")
        return shops.run(self.client)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """One client, in the order of the tests."""
    return Shop(tmp_path_factory.mktemp("since"))


def test_a_first_run_has_nothing_beside_it(shop: Shop) -> None:
    """Nothing is claimed where there is no report before."""
    assert metrics(shop.first)["since"] is None
    assert metrics(shop.first)["changes"] == []


def test_three_cancelled_orders_are_three_revisions(shop: Shop) -> None:
    """Two months later three old orders are cancelled: exactly three revisions, and the change is counted without them."""
    done = shop.again(ROWS, CANCELLED)
    found = metrics(done)
    since, by_name = found["since"], {one["metric"]: one for one in found["changes"]}
    money = sum(ROWS[number - 1][2] for number in CANCELLED)
    assert since["revisions"]["found"] == [{"kind": "gone", "orders": 3, "revenue": -money}]
    assert since["revisions"]["orders"] == len(OLD)
    assert since["limits"] == []
    orders = by_name["orders"]
    assert (orders["before"], orders["restated"]) == (len(OLD), len(OLD) - 3)
    assert orders["difference"] == len(ROWS) - len(OLD)
    same, joined, gone = (since["states"][name] for name in ("same", "joined", "gone"))
    assert (same + gone, gone) == (metrics(shop.first)["customers"], 1)  # one of the three was a customer's only order
    assert same + joined == found["customers"]
    assert sum(map(sum, since["segments"]["counts"])) == same
    report = done.report.read_text("utf-8")
    assert "3 old orders read differently than in the last report" in report
    assert "Where the customers of then stand now" in report


def test_tables_of_then_are_kept_for_their_owner_alone(shop: Shop) -> None:
    """What is laid beside a run names people, so nobody else may read it."""
    folder = shop.client / "runs" / shops.END.isoformat() / "tables"
    kept = [folder / f"earlier_{name}.parquet" for name in ("orders", "customers")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_a_changed_parameter_is_named(shop: Shop) -> None:
    """What a parameter decides is said not to be comparable, with its two values; the rest is compared."""
    found = metrics(shop.again(ROWS, parameters={"quiet_days": 60}))
    assert found["since"]["limits"] == [{"kind": "parameter", "values": {"name": "quiet_days", "then": 90, "now": 60}}]
    assert found["since"]["revisions"]["found"] == []
    assert found["changes"]


def test_a_look_back_says_so(shop: Shop) -> None:
    """A run that ends before the last report is not held against it."""
    found = shops.run(shop.client, as_of=date(2025, 3, 31))
    assert metrics(found)["since"] is None
    assert "is a report of a later day" in found.report.read_text("utf-8")


def test_an_export_of_the_new_months_alone(shop: Shop) -> None:
    """Where the new export leaves out what the last report covered, rates and totals are not compared and nobody is called gone."""
    done = shop.again([row for row in ROWS if row[0] > THEN + timedelta(days=10)])
    since = metrics(done)["since"]
    assert since["limits"][0]["kind"] == "apart"
    assert metrics(done)["changes"] == []
    assert (since["revisions"], since["segments"], since["pace"], since["returned"]) == (None, None, [], [])
    assert "put both exports into business.yml" in done.report.read_text("utf-8")
