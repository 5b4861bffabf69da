"""What a file is taken for, from its head."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from pydantic import ValidationError

from helpers.errors import InputError
from helpers.intake import formats, recognise
from helpers.intake.formats import ROLES, Format

from .conftest import REAL


def _csv(path: Path, *headers: str, delimiter: str = ",") -> Path:
    path.write_text(delimiter.join(headers) + "\n" + delimiter.join("x" for _ in headers) + "\n", encoding="utf-8")
    return path


def test_every_declared_format_is_recognised_by_its_own_headers(tmp_path: Path) -> None:
    """A file that has the headers a layout declares is taken for that layout, with nothing required missing."""
    for layout in formats.formats().values():
        # a fallback lives by synonyms: its later ones, as the first may be a real layout's own headers
        place = 0 if layout.signature else -1
        headers = dict.fromkeys([*layout.signature, *(aliases[place] for aliases in layout.roles.values())])
        found = recognise(_csv(tmp_path / "a.csv", *headers), kind=layout.kind)
        assert (found.format, found.missing) == (layout.id, ()), layout.id


@pytest.mark.real
def test_real_header_rows_are_recognised(tmp_path: Path) -> None:
    """The header rows gathered from real handlers of exports lead to the layout they come from."""
    path = REAL / "export_headers" / "headers.json"
    if not path.is_file():
        pytest.skip(f"header rows not found in {path.parent}; set RETENTION_REAL_DATA")
    known = json.loads(path.read_text(encoding="utf-8"))
    for name, kind in {"kiotviet_invoice_detail": "orders", "kiotviet_customers": "customers"}.items():
        found = recognise(_csv(tmp_path / "a.csv", *known[name]["columns"]), kind=kind)
        assert (found.format, found.score, found.missing) == (name, 1.0, ())


@pytest.mark.parametrize(
    "spell", [str.upper, str.lower, lambda h: f"  {h.replace(' ', '  ')} ", lambda h: h.replace("ó", "o")]
)
def test_headers_match_whatever_their_case_accents_and_spaces(tmp_path: Path, spell: object) -> None:
    """A till that shouts, a clerk who types without accents: the same columns."""
    headers = ["Mã hóa đơn", "Ngày bán", "Mã khách hàng", "Thành tiền"]
    found = recognise(_csv(tmp_path / "a.csv", *(spell(h) for h in headers)))  # type: ignore[operator]
    assert set(found.mapping) == {"order_id", "ordered_at", "customer_id", "amount"}


def test_two_spellings_of_online_retail_are_two_formats(tmp_path: Path) -> None:
    """InvoiceNo/UnitPrice and Invoice/Price are told apart."""
    one = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
    two = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")
    assert recognise(_csv(tmp_path / "a.csv", *one)).format == "online_retail"
    assert recognise(_csv(tmp_path / "a.csv", *two)).format == "online_retail_ii"


def test_headers_without_a_role_are_listed(tmp_path: Path) -> None:
    """A file with unknown columns still loads, and the mapping shows what was not used."""
    found = recognise(_csv(tmp_path / "a.csv", "Ngày", "Tổng tiền", "Thời tiết"))
    assert found.mapping == {"ordered_at": "Ngày", "net_revenue": "Tổng tiền"}
    assert found.unmapped == ("Thời tiết",)


def test_one_header_plays_one_role(tmp_path: Path) -> None:
    """“Email” named as the customer's id is not read as e-mail a second time."""
    found = recognise(_csv(tmp_path / "a.csv", "Date", "Total", "Email"), {"customer_id": "Email"})
    assert found.mapping == {"customer_id": "Email", "ordered_at": "Date", "net_revenue": "Total"}


def test_missing_roles_are_listed_not_raised(tmp_path: Path) -> None:
    """Recognising alone never fails on a missing column: the mapping is there to be completed."""
    assert recognise(_csv(tmp_path / "a.csv", "Ngày", "Ghi chú")).missing == ("net_revenue",)


@pytest.mark.parametrize(
    ("cells", "day_first"),
    [(("13/04/2026", "01/05/2026"), True), (("04/13/2026",), False), (("03/04/2026",), None), (("2026-04-03",), None)],
)
def test_the_head_shows_the_order_of_day_and_month(
    tmp_path: Path, cells: tuple[str, ...], day_first: bool | None
) -> None:
    """A part above twelve is a day; without one nothing is claimed."""
    path = tmp_path / "a.csv"
    path.write_text("Date,Total\n" + "".join(f"{cell},1\n" for cell in cells))
    assert recognise(path).day_first is day_first


def test_sheets_with_the_same_header_belong_together(tmp_path: Path) -> None:
    """All sheets with the recognised header are read; another one is named as passed over."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("Ghi chú").write_row(0, 0, ["Đọc tôi"])
        for name in ("Tháng 1", "Tháng 2"):
            book.add_worksheet(name).write_row(0, 0, ["Ngày", "Tổng tiền", "Mã khách hàng"])
    found = recognise(tmp_path / "a.xlsx")
    assert (found.sheets, found.skipped_sheets) == (("Tháng 1", "Tháng 2"), ("Ghi chú",))
    assert recognise(tmp_path / "a.xlsx", sheet="Tháng 2").sheets == ("Tháng 2",)
    with pytest.raises(InputError, match="has no sheet “Tháng 3”"):
        recognise(tmp_path / "a.xlsx", sheet="Tháng 3")


def test_parquet_is_recognised_by_its_schema(tmp_path: Path) -> None:
    """Our own tables are read back by name."""
    pq.write_table(
        pa.table({"order_id": ["1"], "ordered_at": ["2026-01-01"], "net_revenue": [1.0], "customer_id": ["A"]}),
        tmp_path / "o.parquet",
    )
    assert recognise(tmp_path / "o.parquet").format == "canonical"


def test_a_declaration_with_an_unknown_role_is_refused() -> None:
    """A misspelt role in a format file is an error, not silence."""
    with pytest.raises(ValidationError, match="unknown roles"):
        Format(id="x", title="X", roles={"oder_id": ("Order",)})
    assert "order_id" in ROLES["orders"]
