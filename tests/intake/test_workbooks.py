"""Workbooks of every kind, written by other programs than the one that reads them (tests/intake/workbooks/make.js)."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from .conftest import Load, rows

BOOKS = Path(__file__).parent / "workbooks"
HEADER = ("Mã hóa đơn", "Thời gian", "Mã khách hàng", "Điện thoại", "Mã hàng", "Số lượng", "Đơn giá", "Thành tiền")


@pytest.mark.parametrize("name", sorted(path.name for path in BOOKS.glob("*.*s*") if path.suffix != ".js"))
def test_every_kind_of_workbook_gives_the_same_orders(shop: Load, name: str) -> None:
    """Two months on two sheets below a title, serial dates, an amount kept as text; a sheet of notes is passed over."""
    found = shop((BOOKS / name).read_bytes(), name=name)
    assert rows(found.orders.order_by("order_id"), "order_id", "ordered_at", "customer_id", "net_revenue") == [
        ("HD1", datetime(2026, 5, 1, 10, 30), "KH1", 50_000.0),
        ("HD2", datetime(2026, 5, 2, 18), "KH2", 70_000.0),
        ("HD3", datetime(2026, 6, 1, 12), "KH1", 30_000.0),
    ]
    assert rows(found.people.order_by("customer_id"), "name", "phone") == [
        ("Trần Thị Ánh", "0901234567"),
        ("Đỗ Hữu Phước", "0907654321"),
    ]
    assert rows(found.rejects, "source_row", "reason") == [(4, "no_date")]
    assert "07900000" not in str(rows(found.rejects, "raw"))


def test_all_kinds_are_there() -> None:
    """None of the kinds that are said to be read is without a file of its own."""
    assert {path.suffix for path in BOOKS.iterdir()} >= {".xls", ".xlsx", ".xlsb", ".ods"}


def test_a_folder_of_months_in_different_kinds(shop: Load, tmp_path: Path) -> None:
    """The same months as .xls and as .ods in one folder are counted once."""
    (tmp_path / "months").mkdir()
    shutil.copy(BOOKS / "sheetjs.xls", tmp_path / "months" / "a.xls")
    shutil.copy(BOOKS / "gnumeric.ods", tmp_path / "months" / "b.ods")
    found = shop(sources={"orders": [{"file": "months"}]})
    assert found.quality.amount_kept == 150_000.0
    assert found.quality.rejected_by_reason == {"no_date": 2, "exported_again": 3}


def test_merged_cells_stand_for_every_row_they_span(shop: Load, tmp_path: Path) -> None:
    """Number, date and customer merged over the lines of an order belong to each of them; its amounts stay where they are."""
    with xlsxwriter.Workbook(tmp_path / "o.xlsx") as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, HEADER)
        for first, last, code in ((1, 3, "KH1"), (4, 5, "KH2")):
            sheet.merge_range(first, 0, last, 0, f"HD{code}")
            sheet.merge_range(first, 1, last, 1, "")
            sheet.write_datetime(first, 1, datetime(2026, 5, first), day)
            sheet.merge_range(first, 2, last, 2, code)
            sheet.merge_range(first, 3, last, 3, "0901234567")
        for row, amount in enumerate((10, 20, 30, 40, 50), 1):
            sheet.write_row(row, 4, (f"SP{row}", 1, amount, amount))
    found = shop(sources={"orders": [{"file": "o.xlsx"}]})
    assert rows(found.orders.order_by("order_id"), "order_id", "customer_id", "net_revenue") == [
        ("HDKH1", "KH1", 60.0),
        ("HDKH2", "KH2", 90.0),
    ]
    assert found.quality.rows_kept == 5


def test_numbers_stored_as_text_and_text_stored_as_numbers(shop: Load, tmp_path: Path) -> None:
    """Money typed as “70.000 đ”, a telephone that lost its zero, an order number that became a figure, a date typed as text."""
    with xlsxwriter.Workbook(tmp_path / "o.xlsx") as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, (1001, None, "KH1", 901234567, "SP1", 1, 50_000, 50_000))
        sheet.write_datetime(1, 1, datetime(2026, 5, 13), day)
        sheet.write_row(2, 0, ("1002", "14/05/2026", "KH2", "0907654321", "SP1", "1", "70.000 đ", "70.000 đ"))
    found = shop(sources={"orders": [{"file": "o.xlsx"}]})
    assert rows(found.orders.order_by("order_id"), "order_id", "ordered_at", "net_revenue") == [
        ("1001", datetime(2026, 5, 13), 50_000.0),
        ("1002", datetime(2026, 5, 14), 70_000.0),
    ]
    assert rows(found.people.order_by("customer_id"), "phone") == [("0901234567",), ("0907654321",)]
