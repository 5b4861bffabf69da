"""The published counts of UCI Online Retail, to the last row and penny."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers import engine
from helpers.business import Business
from helpers.intake import Intake, load

from .conftest import TODAY

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def retail() -> Intake:
    """Online Retail from Parquet."""
    from .conftest import REAL

    path = REAL / "online_retail" / "online_retail.parquet"
    if not path.is_file():
        pytest.skip(f"Online Retail not found in {REAL}; set RETENTION_REAL_DATA")
    business = Business(name="Gifts", currency="GBP", sources={"orders": [{"file": str(path)}]})
    return load(business, path.parent, engine.connect(), today=TODAY)


def test_everything_that_was_read_is_counted(retail: Intake) -> None:
    """The quality report gives the published numbers of rows, invoices, customers, cancellations and duplicates."""
    source = retail.quality.sources[0]
    assert source.format == "online_retail"
    assert (retail.quality.rows_read, source.orders, source.customers) == (541_909, 25_900, 4_372)
    assert (source.rows_without_customer, source.rows_cancelled, source.exact_duplicates) == (135_080, 9_288, 5_268)
    assert retail.quality.amount_read == 9_747_747.934
    assert (source.first_date, source.last_date) == ("2010-12-01", "2011-12-09")


def test_orders_with_a_customer_match_the_published_base(retail: Intake) -> None:
    """Without cancellations and zero prices, 4,338 customers placed 18,532 orders worth £8,911,407.904."""
    orders = retail.orders.filter(retail.orders.customer_id.notnull())
    lines = retail.order_lines
    assert lines.filter(lines.customer_id.notnull()).count().to_pyarrow().as_py() == 397_884
    assert orders.count().to_pyarrow().as_py() == 18_532
    assert orders.customer_id.nunique().to_pyarrow().as_py() == 4_338
    assert orders.net_revenue.sum().to_pyarrow().as_py() == pytest.approx(8_911_407.904, abs=1e-6)


def test_every_row_is_in_a_table_or_in_the_rejects(retail: Intake) -> None:
    """Rows and money read equal rows and money kept plus rows and money left out, each with file, row and reason."""
    quality = retail.quality
    assert quality.rows_read == quality.rows_kept + quality.rows_rejected
    assert quality.amount_read == pytest.approx(quality.amount_kept + quality.amount_rejected, abs=1e-6)
    assert retail.rejects.count().to_pyarrow().as_py() == quality.rows_rejected
    assert quality.rejected_by_reason == {"cancelled": 9_288, "no_price": 2_517}


def test_csv_gives_the_same_orders_as_parquet(retail: Intake, tmp_path: Path, real: Path) -> None:
    """The same data as text – day first, customers as 17850.0, prices such as 2.125 – lead to the same money."""
    con: Any = engine.connect()
    source = real / "online_retail" / "online_retail.parquet"
    con.raw_sql(
        f"""COPY (SELECT * REPLACE (strftime(InvoiceDate, '%d/%m/%Y %H:%M') AS InvoiceDate, CustomerID::DOUBLE AS CustomerID)
        FROM '{source}') TO '{tmp_path / "retail.csv"}' (HEADER, DELIMITER ',')"""
    )
    business = Business(name="Gifts", currency="GBP", sources={"orders": [{"file": "retail.csv"}]})
    text = load(business, tmp_path, con, today=TODAY)
    assert text.quality.rows_read == 541_909
    assert text.quality.amount_read == 9_747_747.934
    assert text.quality.sources[0].day_first is True
    assert (text.quality.orders, text.quality.customers) == (retail.quality.orders, retail.quality.customers)
    assert "17850" in text.people.customer_id.to_pyarrow().to_pylist()


def test_both_sheets_of_a_workbook_are_read(real: Path) -> None:
    """The two-sheet workbook of Online Retail II, spelt with other headers, reads 998 rows."""
    path = real / "online_retail" / "online_retail_II_first500_each_sheet.xlsx"
    business = Business(name="Gifts", currency="GBP", sources={"orders": [{"file": str(path)}]})
    found = load(business, path.parent, engine.connect(), today=TODAY)
    assert found.quality.sources[0].format == "online_retail_ii"
    assert found.quality.rows_read == 998
