"""Numbers of identity cards and passports are dropped on reading, whichever way a file brings them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from helpers.intake import Intake, recognise

from .conftest import Load, rows

CARD = "079204012345"
HEADER = ("order_id", "ordered_at", "customer_id", "net_revenue")
GOOD = (("1", "2026-05-01", "A", "5"), ("2", "2026-05-02", "B", "7"))
BAD = ("3", "", "C", "9")
NAMES = [
    "Số CCCD", "CMND", "so_cmnd", "CMT/CCCD", "Căn cước công dân", "CĂN CƯỚC", "Chứng minh nhân dân", "Hộ chiếu", "Số định danh cá nhân",
    "identificationNumber", "ID card number", "id_card", "National ID", "Passport No.", "Identity Card",
]  # fmt: skip


def _nothing_of_it(found: Intake, con: Any) -> None:
    """Neither in a table nor among the rejects, nor left in the engine."""
    for table in (found.orders, found.order_lines, found.people, found.rejects, found.aliases):
        assert CARD not in str(rows(table))
    held = con.raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()
    for (name,) in held:
        assert CARD not in str(con.raw_sql(f'SELECT * FROM "{name}"').fetchall())
    assert found.quality.rejected_by_reason.get("no_date") == 1


def _csv(name: str, more: str = "") -> str:
    lines = [",".join([*HEADER, name]), *(",".join([*row, CARD]) for row in (*GOOD, BAD))]
    return "\n".join(lines) + "\n" + more


@pytest.mark.parametrize("name", NAMES)
def test_under_every_name_a_column_of_them_has(shop: Load, con: Any, name: str) -> None:
    """Vietnamese and English, with and without accents, in one word or several."""
    _nothing_of_it(shop(_csv(name)), con)


def test_in_rows_that_cannot_be_cut(shop: Load, con: Any) -> None:
    """A row with a cell too many is counted, but its text is not kept where it may hold such a number."""
    found = shop(_csv("CCCD", f"4,2026-05-03,D,5,{CARD},{CARD}\n"))
    _nothing_of_it(found, con)
    assert found.quality.rejected_by_reason["malformed"] == 1


def test_behind_a_quotation_mark_that_never_closes(shop: Load, con: Any) -> None:
    """Reading line by line drops the column as well."""
    _nothing_of_it(shop(_csv("CCCD", f'4,2026-05-03,D,5,"{CARD}\n5,2026-05-03,E,5,{CARD}\n')), con)


def test_in_a_workbook(shop: Load, con: Any) -> None:
    """As text and as a number, on every sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for month, bad in (("5", BAD), ("6", None)):
            sheet = book.add_worksheet(month)
            sheet.write_row(0, 0, (*HEADER, "Số CCCD"))
            for i, row in enumerate([*GOOD, *([bad] if bad else [])], 1):
                sheet.write_row(i, 0, (f"{month}-{row[0]}", *row[1:], CARD if i == 1 else int(CARD)))
    found = shop(out.getvalue(), name="o.xlsx")
    assert found.quality.rows_read == 5
    _nothing_of_it(found, con)


def test_in_parquet(shop: Load, con: Any) -> None:
    """In a column, in a field of a structure, in a list of structures."""
    n = 3
    columns: dict[str, Any] = {name: [row[i] for row in (*GOOD, BAD)] for i, name in enumerate(HEADER)}
    columns |= {"cccd": [CARD] * n, "buyer": [{"cmnd": CARD, "city": "Huế"}] * n, "papers": [[{"passport": CARD}]] * n}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    _nothing_of_it(shop(out.getvalue(), name="o.parquet"), con)


def test_in_json(shop: Load, con: Any, tmp_path: Path) -> None:
    """As a key of the order, of the customer inside it, of a line, or inside what has another shape in every record."""
    records = [
        dict(zip(HEADER, row, strict=True))
        | {
            "cccd": CARD,
            "customer": {"identificationNumber": CARD, "name": "An"},
            "line_items": [{"quantity": 1, "id_card": CARD}],
            "extra": {"cmnd": CARD} if i else "none",
            "documents": [{"passport": CARD}],
        }
        for i, row in enumerate((*GOOD, BAD))
    ]
    found = shop(json.dumps(records), name="o.json")
    _nothing_of_it(found, con)
    assert "customer.name" in recognise(tmp_path / "o.json").headers


def test_what_is_no_identity_card_stays(shop: Load) -> None:
    """Order and product numbers of twelve digits are what they are."""
    found = shop(_csv("product_id"))
    assert rows(found.order_lines, "product_id") == [(CARD,)] * 2
