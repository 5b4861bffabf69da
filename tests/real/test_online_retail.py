"""UCI Online Retail from the command line: the published counts come out of the run's own files."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from helpers.cli import app

pytestmark = pytest.mark.real
COHORT = [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
SIZES = [885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323, 41]


@pytest.fixture(scope="module")
def gifts(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder after the two commands of the README."""
    path = real_data / "online_retail" / "online_retail.parquet"
    if not path.is_file():
        pytest.skip(f"Online Retail not found in {real_data}")
    workspace = tmp_path_factory.mktemp("gifts") / "clients"
    made = ["new", "UK gifts", "--orders", str(path), "--lang", "en", "--currency", "GBP"]
    for words in (made, ["run", "uk-gifts"]):
        result = CliRunner().invoke(app, [*words, "--workspace", str(workspace)])
        assert result.exit_code == 0, result.stderr
    report = Path(result.stdout.strip())
    assert report == workspace / "uk-gifts" / "runs" / "2011-12-09" / "report.html"
    return report.parent


@pytest.fixture(scope="module")
def numbers(gifts: Path) -> dict[str, Any]:
    """Its metrics.json."""
    found: dict[str, Any] = json.loads((gifts / "metrics.json").read_text("utf-8"))
    return found


def table(gifts: Path, name: str) -> pd.DataFrame:
    """One of its tables."""
    return pd.read_parquet(gifts / "tables" / f"{name}.parquet")


def test_everything_that_was_read_is_counted(numbers: dict[str, Any]) -> None:
    """Rows, invoices, customers, nameless rows, cancellations, duplicates and the sum of all lines."""
    (source,) = numbers["quality"]["sources"]
    assert (source["format"], numbers["rows_read"]) == ("online_retail", 541_909)
    assert (source["orders"], source["customers"]) == (25_900, 4_372)
    assert (source["rows_without_customer"], source["rows_cancelled"], source["exact_duplicates"]) == (
        135_080,
        9_288,
        5_268,
    )
    assert numbers["quality"]["amount_read"] == pytest.approx(9_747_747.934, abs=1e-6)


def test_nothing_is_lost(gifts: Path, numbers: dict[str, Any]) -> None:
    """Every row read is in order_lines or in rejects, and so is every penny."""
    quality = numbers["quality"]
    lines, rejects = table(gifts, "order_lines"), table(gifts, "rejects")
    assert numbers["rows_read"] == numbers["rows_kept"] + numbers["rows_rejected"] == len(lines) + len(rejects)
    assert quality["amount_read"] == pytest.approx(quality["amount_kept"] + quality["amount_rejected"], abs=1e-6)
    assert lines["amount"].sum() == pytest.approx(quality["amount_kept"], abs=1e-3)
    assert rejects["reason"].value_counts().to_dict() == quality["rejected_by_reason"]
    rows = pd.concat([lines["source_row"], rejects["source_row"]])
    assert (rows.min(), rows.max(), rows.is_unique) == (1, 541_909, True)


def test_the_span_of_the_data(gifts: Path, numbers: dict[str, Any]) -> None:
    """First and last timestamp to the minute."""
    at = table(gifts, "order_lines")["ordered_at"]
    assert (str(at.min()), str(at.max())) == ("2010-12-01 08:26:00", "2011-12-09 12:50:00")
    assert (numbers["first_day"], numbers["as_of"]) == ("2010-12-01", "2011-12-09")


def test_the_published_base_of_known_customers(gifts: Path, numbers: dict[str, Any]) -> None:
    """397,884 lines, 18,532 invoices and 4,338 customers worth £8,911,407.904, of whom 1,493 ordered once."""
    lines, orders, customers = (table(gifts, name) for name in ("order_lines", "orders", "customers"))
    known = orders[orders["customer_id"].notna()]
    assert lines["customer_id"].notna().sum() == 397_884
    assert len(known) == numbers["identified_orders"] == customers["orders"].sum() == 18_532
    assert len(customers) == known["customer_id"].nunique() == numbers["customers"] == 4_338
    for total in (known["net_revenue"].sum(), customers["net_revenue"].sum(), numbers["identified_revenue"]):
        assert total == pytest.approx(8_911_407.904, abs=1e-3)
    assert (customers["orders"] == 1).sum() == 1_493


def test_revenue_includes_what_nobody_is_known_for(gifts: Path, numbers: dict[str, Any]) -> None:
    """Anonymous orders count in revenue and nowhere else."""
    orders = table(gifts, "orders")
    assert numbers["orders"] == len(orders)
    assert numbers["net_revenue"] == pytest.approx(orders["net_revenue"].sum(), abs=1e-3)
    assert numbers["anonymous_revenue_share"] == pytest.approx(1 - 8_911_407.904 / numbers["net_revenue"], abs=1e-9)
    assert set(orders["currency"]) == {"GBP"}


def test_the_cohort_of_december_2010(numbers: dict[str, Any]) -> None:
    """Month by month as published; the last month has nine days and is marked as not over."""
    cells = [cell for cell in numbers["cohorts"]["cells"] if cell["cohort"] == "2010-12-01"]
    cells.sort(key=lambda cell: cell["months_since"])
    assert [cell["customers"] for cell in cells] == COHORT
    assert [cell["complete"] for cell in cells] == [True] * 12 + [False]


def test_the_size_of_every_cohort(numbers: dict[str, Any]) -> None:
    """Customers by the month of their first order, all 4,338 of them."""
    sizes = numbers["cohorts"]["sizes"]
    assert [sizes[month] for month in sorted(sizes)] == SIZES
    assert sum(SIZES) == 4_338


def test_growth_accounts_balance(numbers: dict[str, Any]) -> None:
    """Active = new + kept + back, and who was active is kept or has dropped out a month later."""
    months = numbers["growth"]
    for month in months:
        assert month["active"] == month["new"] + month["retained"] + month["resurrected"]
    for before, month in pairwise(months):
        if month["complete"]:
            assert before["active"] == month["retained"] + month["churned"]
    assert [month["new"] for month in months] == SIZES


def test_the_report_speaks_english_and_pounds(gifts: Path) -> None:
    """The client's language and money reach the report; its size stays within what can be mailed."""
    text = (gifts / "report.html").read_text("utf-8")
    assert '<html lang="en"' in text
    assert "£" in text
    assert "₫" not in text
    assert (gifts / "report.html").stat().st_size < 2_000_000
