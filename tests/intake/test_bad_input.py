"""Every fault of a file ends in one sentence that says what, where and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from helpers.errors import InputError
from helpers.intake import recognise

from .conftest import Load

HEAD = "order_id,ordered_at,customer_id,net_revenue\n"
TWO = HEAD + "1,2026-01-01,A,10\n2,2026-01-02,B,20\n"


def _message(shop: Load, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(InputError) as fault:
        shop(*args, **kwargs)
    text = str(fault.value)
    assert "\n" not in text
    return text


def test_a_missing_file_is_named(shop: Load) -> None:
    """The name as business.yml has it, and where it was looked for."""
    assert "There is no file june.csv" in _message(shop, sources={"orders": [{"file": "june.csv"}]})


def test_a_folder_without_exports_is_said(shop: Load, tmp_path: Path) -> None:
    """A folder is read file by file; an empty one is a fault."""
    (tmp_path / "exports").mkdir()
    assert "holds no export" in _message(shop, sources={"orders": [{"file": "exports"}]})


def test_recognise_does_not_take_a_folder(tmp_path: Path) -> None:
    """Recognition looks at one file."""
    with pytest.raises(InputError, match="is a folder"):
        recognise(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("o.xlsx", b"order_id,ordered_at\n1,2\n", "not a workbook although its name says so"),
        ("o.xlsx", b"PK\x03\x04 broken", "not a workbook although its name says so"),
        ("o.parquet", b"order_id,ordered_at\n1,2\n", "not a Parquet file although its name says so"),
        ("o.parquet", b"PAR1 and nothing behind it", "is damaged and cannot be read"),
        ("o.csv", bytes(range(256)) * 20, "is not a text file"),
        ("o.csv", b"PK\x03\x04 a workbook called csv", "is not a text file"),
        ("o.csv", b"", "is empty"),
        ("o.csv", b"\n\n  \n", "is empty"),
        ("o.pdf", b"%PDF-1.4", "not a kind of file that can be read"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(shop: Load, name: str, content: bytes, words: str) -> None:
    """Renamed, damaged, binary and empty files are told apart and refused."""
    assert words in _message(shop, content, name=name)


def test_a_workbook_that_unfolds_beyond_the_limit_is_refused(shop: Load, tmp_path: Path, monkeypatch: Any) -> None:
    """A small file that unfolds into gigabytes is not opened."""
    with xlsxwriter.Workbook(tmp_path / "o.xlsx") as book:
        book.add_worksheet().write(0, 0, "x" * 1000)
    monkeypatch.setattr("helpers.intake.checking.LARGEST_WORKBOOK", 500)
    assert "unfolds to more than" in _message(shop, sources={"orders": [{"file": "o.xlsx"}]})


def test_a_missing_column_is_named_with_what_was_found(shop: Load) -> None:
    """No column for the date: the sentence lists the headers and the line to add."""
    text = _message(shop, "Hôm,Tổng\n2026-01-01,5\n")
    assert text == (
        "orders.csv has no column for the order date. Found: ['Hôm', 'Tổng']. "
        "Add `ordered_at: <header>` under columns in business.yml."
    )


def test_a_missing_amount_is_named(shop: Load) -> None:
    """No column for the money either by line or by order."""
    assert "no column for the amount" in _message(shop, "Ngày,Mã khách hàng\n2026-01-01,A\n")


def test_a_file_without_header_shows_no_customer(shop: Load) -> None:
    """Rows of data where names of columns should be are not quoted back."""
    text = _message(
        shop, "HD001,2026-01-01 10:00,0912345678,lan@x.vn,50000\nHD002,2026-01-02 10:00,0912345679,an@x.vn,50000\n"
    )
    assert "does not name the columns" in text
    assert "0912345678" not in text


def test_columns_of_business_yml_must_exist(shop: Load) -> None:
    """A header or a role that is not there is named."""
    assert "no column “Ngay”" in _message(shop, TWO, columns={"ordered_at": "Ngay"})
    assert "“date” is not known" in _message(shop, TWO, columns={"date": "ordered_at"})


def test_a_format_must_exist(shop: Load) -> None:
    """An unknown format id lists the known ones."""
    assert "no export format “kiotvit”" in _message(shop, TWO, format="kiotvit")


def test_ambiguous_dates_are_asked(shop: Load) -> None:
    """03/04 can be March or April: nothing is guessed."""
    text = "order_id,ordered_at,customer_id,net_revenue\n1,03/04/2026,A,10\n2,05/06/2026,B,20\n"
    assert "`day_first: true`" in _message(shop, text)
    assert shop(text, day_first=False).quality.sources[0].first_date == "2026-03-04"


def test_contradicting_dates_are_asked(shop: Load) -> None:
    """Days first and months first in one file cannot both be right."""
    assert "day first and dates with the month first" in _message(shop, HEAD + "1,13/04/2026,A,10\n2,04/13/2026,B,20\n")


def test_a_date_that_is_none_decides_nothing(shop: Load) -> None:
    """One 31/31/2026 among dates with the day first is one row set aside, not a file that cannot be read."""
    found = shop(HEAD + "1,13/04/2026,A,10\n2,31/31/2026,A,20\n3,14/04/2026,B,30\n")
    assert found.quality.rejected_by_reason == {"bad_date": 1}
    assert found.quality.sources[0].day_first is True


def test_no_orders_says_how_many_rows_and_why(shop: Load) -> None:
    """When nothing is left the most frequent reason is given."""
    text = _message(shop, HEAD + "1,,A,10\n2,,B,20\n3,x,B,20\n")
    assert text == "No orders: none of the 3 rows can be used. The most frequent reason (2 rows): The row has no date."


def test_only_cancelled_orders_are_said(shop: Load) -> None:
    """A file of cancellations alone has a sentence of its own."""
    text = "order_id,ordered_at,customer_id,net_revenue,status\n1,2026-01-01,A,1,Đã hủy\n2,2026-01-01,B,1,CANCELLED\n"
    assert "all 2 rows belong to cancelled orders" in _message(shop, text)


def test_a_header_without_rows_is_said(shop: Load) -> None:
    """An export of an empty period."""
    assert "header but no rows" in _message(shop, HEAD)


def test_dates_in_the_future_stop_the_load(shop: Load) -> None:
    """From one date in twenty on, the dates are misread rather than mistyped."""
    lines = "".join(f"{i},2026-01-01,K{i},1\n" for i in range(19))
    assert "1 of 20 dates in the future" in _message(shop, HEAD + lines + "x,2027-01-01,A,1\n")
    assert shop(HEAD + lines + "y,2026-01-01,B,1\nx,2027-01-01,A,1\n").quality.rejected_by_reason == {"future_date": 1}


def test_two_currencies_are_never_added(shop: Load) -> None:
    """Đồng and dollars in one file stop the load; so does another currency than the business's."""
    head = "order_id,ordered_at,customer_id,net_revenue,currency\n"
    assert "several currencies" in _message(shop, head + "1,2026-01-01,A,10,₫\n2,2026-01-01,B,1,USD\n")
    assert "business.yml says VND" in _message(shop, head + "1,2026-01-01,A,10,usd\n2,2026-01-01,B,1,USD\n")


def test_a_single_customer_cannot_be_compared(shop: Load) -> None:
    """One identified customer stops the load; none at all is an anonymous till and allowed."""
    assert "Only one customer" in _message(shop, HEAD + "1,2026-01-01,A,10\n2,2026-01-02,A,20\n3,2026-01-02,,20\n")
    found = shop(HEAD + "1,2026-01-01,,10\n2,2026-01-02,,20\n")
    assert (found.quality.customers, found.quality.anonymous_order_share) == (0, 1.0)
    assert any("No order names a customer" in note.message for note in found.quality.notes)


def test_an_unknown_source_is_named(shop: Load, tmp_path: Path) -> None:
    """A misspelt kind of source is not passed over in silence."""
    (tmp_path / "orders.csv").write_text(TWO)
    sources = {"orders": [{"file": "orders.csv"}], "contact": [{"file": "x.csv"}]}
    assert "“contact” is not known" in _message(shop, sources=sources)
    assert "names no file of orders" in _message(shop, sources={"orders": []})


def test_messages_hold_no_customer(shop: Load) -> None:
    """Whatever goes wrong with rows, no name, phone or address is quoted."""
    text = _message(shop, "order_id,ordered_at,phone,email,net_revenue\n1,mai,0912345678,lan@x.vn,5\n")
    assert "0912345678" not in text
    assert "lan@x.vn" not in text
