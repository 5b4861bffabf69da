"""CDNOW in two exports months apart: the comparison finds what truly changed, and nothing else."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shops
import yaml
from scipy.stats import chi2_contingency

from helpers.business import FILE
from helpers.onboarding import create
from helpers.pipeline.run import Done
from helpers.proof.since import changes, headline

THEN, NOW = pd.Timestamp("1997-12-31"), pd.Timestamp("1998-06-30")


@pytest.fixture(scope="module")
def sales(real_data: Path) -> pd.DataFrame:
    """The 2,357 customers of the published sample: code, day, dollars."""
    path = real_data / "cdnow" / "CDNOW_sample.txt"
    if not path.is_file():
        pytest.skip(f"CDNOW not found in {real_data}")
    names = ["of_all", "customer_id", "ordered_at", "items", "net_revenue"]
    found = pd.read_csv(path, sep=r"\s+", header=None, names=names, dtype={"customer_id": str})
    return found.assign(ordered_at=pd.to_datetime(found["ordered_at"].astype(str)))[
        ["customer_id", "ordered_at", "net_revenue"]
    ]


def export(sales: pd.DataFrame, path: Path) -> Path:
    """Sales as a shop's till would write them, without order numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sales.assign(ordered_at=sales["ordered_at"].dt.strftime("%Y-%m-%d")).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def both(sales: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Done]:
    """A run on the sales of 1997, and one half a year later with the second export beside the first."""
    base = tmp_path_factory.mktemp("cdnow")
    first = export(sales[sales["ordered_at"] <= THEN], base / "files" / "1997.csv")
    folder = create("CDs", [first], base / "clients", lang="en", currency="USD", margin=None).file.parent
    before = shops.run(folder)
    export(sales[sales["ordered_at"] > THEN], base / "files" / "1998.csv")
    settings = yaml.safe_load((folder / FILE).read_text("utf-8"))
    (source,) = settings["sources"]["orders"]
    settings["sources"]["orders"].append({**source, "file": source["file"].replace("1997.csv", "1998.csv")})
    (folder / FILE).write_text(yaml.safe_dump(settings, allow_unicode=True), "utf-8")
    return before, shops.run(folder)


def numbers(done: Done) -> dict[str, Any]:
    """A run's metrics.json."""
    found: dict[str, Any] = json.loads((done.folder / "metrics.json").read_text("utf-8"))
    return found


def test_nothing_is_revised(both: tuple[Done, Done]) -> None:
    """The second export repeats nothing and takes nothing back, so no old order reads differently."""
    revised = numbers(both[1])["since"]["revisions"]
    assert (revised["found"], revised["renumbered"], revised["holes"]) == ([], 0, 0)
    assert revised["orders"] == numbers(both[0])["orders"]
    assert numbers(both[1])["since"]["limits"] == []


def test_the_same_customers_and_nobody_new(both: tuple[Done, Done], sales: pd.DataFrame) -> None:
    """All customers of the sample came first before April 1997: none has joined, none is gone."""
    states = numbers(both[1])["since"]["states"]
    assert (states["same"], states["joined"], states["appeared"], states["gone"]) == (
        sales["customer_id"].nunique(),
        0,
        0,
        0,
    )
    assert sum(map(sum, states["counts"])) == states["same"]


def test_totals_change_by_what_was_sold_since(both: tuple[Done, Done], sales: pd.DataFrame) -> None:
    """Orders and revenue have grown by the second export, to the last order."""
    later = sales[sales["ordered_at"] > THEN]
    found = {one["metric"]: one for one in numbers(both[1])["changes"]}
    assert found["orders"]["difference"] == len(later.drop_duplicates(["customer_id", "ordered_at"]))
    assert found["net_revenue"]["difference"] == pytest.approx(later["net_revenue"].sum())
    assert found["customers"]["difference"] == 0


def test_no_return_rate_has_changed(both: tuple[Done, Done]) -> None:
    """Nobody is new, so the same people answer for the same days: every rate is what it was, and none is called changed."""
    rates = [one for one in numbers(both[1])["changes"] if one["metric"].startswith("repeat_rate.")]
    assert [one["metric"] for one in rates] == [f"repeat_rate.{days}" for days in (30, 60, 90, 180)]
    assert {(one["difference"]["value"], one["real"]) for one in rates} == {(0.0, False)}
    assert all(one["before"] == one["restated"] == one["now"] for one in rates)


def test_who_came_back_is_who_did(both: tuple[Done, Done], sales: pd.DataFrame) -> None:
    """The customers the first report named and those with a sale since, counted by hand."""
    later = set(sales.loc[sales["ordered_at"] > THEN, "customer_id"])
    then = pd.read_parquet(both[0].folder / "tables" / "customers.parquet")
    lost = then[then["segment"] == "lost"]
    found = {one["group"]: one["back"] for one in numbers(both[1])["since"]["returned"]}
    assert (found["lost"]["n"], found["lost"]["k"]) == (len(lost), lost["customer_id"].isin(later).sum())
    limit = numbers(both[0])["risk"]["threshold"]
    if limit is not None:
        flagged = then[(then["p_return_90d"] < limit) & (then["segment"] != "lost")]
        assert found.get("risk", {"n": 0, "k": 0})["n"] == len(flagged)


def test_fewer_orders_a_week(both: tuple[Done, Done], sales: pd.DataFrame) -> None:
    """A group of customers that nobody joins buys less and less: that is real, and found."""
    found = {one["measure"]: one for one in numbers(both[1])["since"]["pace"]}
    one = sales.drop_duplicates(["customer_id", "ordered_at"])
    days = (one["ordered_at"] - THEN).dt.days
    weeks = found["orders"]["difference"]["n"] // 2
    assert weeks == 25
    assert found["orders"]["now"] == pytest.approx(days.between(1, 7 * weeks).sum() / weeks)
    assert found["orders"]["before"] == pytest.approx(days.between(1 - 7 * weeks, 0).sum() / weeks)
    assert found["new_customers"]["now"] == 0


def test_a_change_is_real_where_the_newcomers_differ(sales: pd.DataFrame, orders: Any) -> None:
    """From February to June customers join: a rate is called changed where a test of newcomers against the others says so."""
    rows = "\n".join(f"{who} {day:%Y-%m-%d} {money}" for who, day, money in sales.itertuples(index=False))
    table, (then, now) = orders(rows), (date(1997, 3, 15), date(1997, 6, 30))
    told = [headline(table, {}, as_of=day) for day in (then, now)]
    found = changes(told[0], told[1], told[0])
    rates = [one for one in found if one.metric.startswith("repeat_rate.")]
    assert len(rates) == 2
    for one in rates:
        before, after = (side["repeat_rate"][one.metric.split(".")[1]] for side in told)
        n, k = after["n"] - before["n"], after["k"] - before["k"]
        chance = chi2_contingency(
            np.array([[k, n - k], [before["k"], before["n"] - before["k"]]]), correction=False
        ).pvalue
        assert n > 500
        assert one.real == (chance < 0.05 / len(rates))
