"""What is wrong in a book beside the sales is counted with its reason and said in one sentence; nothing disappears."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import tables
from helpers.errors import InputError
from helpers.intake import Intake, Note
from helpers.language import language

from .conftest import Load

ORDERS = (
    "order_id,ordered_at,customer_id,phone,net_revenue\n"
    "HD1,2026-05-01 09:00,KH1,0912345678,50000\nHD2,2026-05-02 09:00,KH2,0987654321,40000\nHD3,2026-05-03,,,30000\n"
)
HEADS = {
    "contacts": "Mã khách hàng,Thời gian gửi,Kênh,Mục đích",
    "tickets": "Mã phiếu,Mã khách hàng,Mã hóa đơn,Thời gian mở,Phản hồi lần đầu,Thời gian giải quyết,Có từ chối",
    "feedback": "Mã hóa đơn,Ngày,Số sao",
    "deliveries": "Mã hóa đơn,Hẹn giao,Giao lúc",
    "subscriptions": "Mã hợp đồng,Mã khách hàng,Ngày bắt đầu,Ngày kết thúc,Phí tháng",
    "staff_notes": "Ngày,Nhân viên,Ghi chú",
    "costs": "Tháng,Khoản,Loại,Số tiền",
    "consent": "Mã khách hàng,Kênh,Mục đích,Đồng ý,Ngày",
}
Book = Callable[..., Intake]


@pytest.fixture
def book(shop: Load, tmp_path: Path) -> Book:
    """Three orders and a book of the given kind with these rows under its usual header."""

    def _book(kind: str, *lines: str, head: str | None = None) -> Intake:
        (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
        text = "\n".join([HEADS[kind] if head is None else head, *lines])
        (tmp_path / "so.csv").write_text(text, encoding="utf-8")
        return shop(sources={"orders": [{"file": "orders.csv"}], kind: [{"file": "so.csv"}]})

    return _book


def said(found: Intake, lang: str = "en") -> list[str]:
    """The remarks as the owner reads them."""
    return [language(lang).text(note.message, **note.values) for note in found.quality.notes]


GOOD = {
    "contacts": "KH1,13/05/2026,Zalo,bán hàng",
    "tickets": "P1,KH1,HD1,13/05/2026 10:00,13/05/2026 10:20,14/05/2026,có",
    "feedback": "HD1,13/05/2026,5",
    "deliveries": "HD1,01/05/2026 10:00,01/05/2026 10:30",
    "subscriptions": "S1,KH1,01/05/2026,,500000",
    "staff_notes": "13/05/2026,Thu,Khách hỏi ghế em bé",
    "costs": "05/2026,Facebook,khách mới,100000",
    "consent": "KH1,Zalo,quảng cáo,có,13/05/2026",
}
BAD = [
    ("contacts", "KH1,14/05/2026,Zalo,bói bài", "bad_value", "their “Mục đích” is not understood: 1"),
    ("contacts", "KH1,hôm qua,Zalo,bán hàng", "bad_date", "their “Thời gian gửi” is no date: 1"),
    ("contacts", ",14/05/2026,Zalo,bán hàng", "no_customer", None),
    ("contacts", "KH1,,Zalo,bán hàng", "no_date", None),
    ("contacts", "KH1,14/05/2027,Zalo,bán hàng", "future_date", None),
    ("tickets", "P2,KH1,HD1,13/05/2026 10:00,13/05/2026 09:50,,", "answer_before_question", None),
    ("tickets", "P2,KH1,HD1,13/05/2026 10:00,,12/05/2026,", "answer_before_question", None),
    ("tickets", "P2,KH1,HD1,13/05/2026,,,có lẽ", "bad_value", "Write one of: có (yes)"),
    ("feedback", "HD2,13/05/2026,6", "outside_scale", None),
    ("feedback", "HD2,13/05/2026,ngon", "bad_value", "their “Số sao” is no number: 1"),
    ("feedback", "HD2,13/05/2026,", "bad_value", None),
    ("deliveries", "HD2,02/05/2026 09:30,01/05/2026 09:00", "arrival_before_order", None),
    ("deliveries", "HD2,02/05/2026 09:30,02/05/2026 08:59", "arrival_before_order", None),
    ("deliveries", ",02/05/2026,02/05/2026", "no_order_id", None),
    ("subscriptions", "S2,KH2,01/05/2026,30/04/2026,500000", "end_before_start", None),
    ("subscriptions", "S2,KH2,01/05/2026,,nửa triệu", "bad_value", "their “Phí tháng” is no number: 1"),
    ("staff_notes", "hôm kia,Thu,Khách chê chờ lâu", "bad_date", "their “Ngày” is no date: 1"),
    ("costs", "05/2026,Nhà,linh tinh,100000", "bad_value", "Write one of: khách mới (acquisition)"),
    ("costs", "05/2026,Nhà,khác,", "bad_value", None),
    ("consent", "KH2,Zalo,quảng cáo,chắc vậy,13/05/2026", "bad_value", "their “Đồng ý” is not understood: 1"),
    ("consent", "KH2,Zalo,quảng cáo,,13/05/2026", "bad_value", None),
]


@pytest.mark.parametrize(("kind", "bad", "reason", "remark"), BAD)
def test_a_faulty_row_is_set_aside_with_its_reason(book: Book, kind: str, bad: str, reason: str, remark: str) -> None:
    """The good row stays, the bad one is among the rejects with one reason; a column to mend is named with its cure."""
    found = book(kind, GOOD[kind], bad)
    assert found.quality.rejected_by_reason == {reason: 1}
    assert found.optional[kind].count().to_pyarrow().as_py() == 1
    rejected = found.rejects.to_pyarrow().to_pylist()
    assert [(row["source_file"], row["source_row"], row["reason"]) for row in rejected] == [("so.csv", 2, reason)]
    assert found.quality.rows_read == found.quality.rows_kept + found.quality.rows_rejected == 5
    if remark is not None:
        (one,) = said(found)
        assert remark in one
        assert "so.csv" in one
    else:
        assert said(found) == []


def test_the_good_row_of_every_book_is_kept(book: Book) -> None:
    """The rows the faults are set beside are themselves without fault."""
    for kind in tables.OPTIONAL:
        found = book(kind, GOOD[kind])
        assert (found.quality.rejected_by_reason, said(found)) == ({}, []), kind


def test_without_a_clock_only_days_are_compared(book: Book) -> None:
    """Asked at ten, answered “the same day” without a time: that is no contradiction, nor is a delivery on the day ordered."""
    found = book("tickets", "P1,KH1,HD1,13/05/2026 10:00,13/05/2026,13/05/2026,")
    assert found.quality.rejected_by_reason == {}
    assert book("deliveries", "HD1,01/05/2026,01/05/2026").quality.rejected_by_reason == {}


def test_people_and_orders_nobody_knows_are_counted(book: Book) -> None:
    """Rows of codes that are in no sale are kept and counted; where they are most, the codes are probably others."""
    found = book("tickets", "P1,KH9,HD1,13/05/2026,,,", "P2,KH1,HD8,13/05/2026,,,", "P3,KH1,HD9,13/05/2026,,,")
    source = found.quality.sources[1]
    assert (source.rows_kept, source.unknown_customers, source.unknown_orders) == (3, 1, 2)
    (one,) = said(found)
    assert one.startswith("so.csv: 2 of 3 rows name an order that is not in the sales")
    stranger = book("contacts", "A1,13/05/2026,Zalo,bán hàng", "A2,13/05/2026,Zalo,bán hàng")
    assert "the same customer codes" in said(stranger)[0]


def test_a_number_nobody_has_is_no_customer(book: Book) -> None:
    """A message to a number that no buyer has is set aside as such, not as a message to nobody."""
    head = "Điện thoại,Thời gian gửi,Kênh,Mục đích"
    found = book("contacts", "0900000001,13/05/2026,Zalo,bán hàng", "0912345678,13/05/2026,Zalo,bán hàng", head=head)
    assert found.quality.rejected_by_reason == {"unknown_customer": 1}


@pytest.mark.parametrize("kind", sorted(HEADS))
def test_a_book_without_rows_is_not_measured(book: Book, kind: str) -> None:
    """A header alone is no record of nothing: the table is absent, and the file is named."""
    found = book(kind)
    assert kind not in found.optional
    (one,) = said(found)
    assert one.startswith("so.csv has a header and no rows")
    assert found.quality.sources[1].rows == 0


def test_a_book_of_which_nothing_is_left_is_not_measured(book: Book) -> None:
    """All rows set aside: the table is absent rather than empty, and the file is named."""
    found = book("contacts", "KH1,hôm qua,Zalo,bán hàng", "KH1,hôm kia,Zalo,bán hàng")
    assert "contacts" not in found.optional
    assert any("none of its 2 rows can be used" in one for one in said(found))
    assert found.quality.rejected_by_reason == {"bad_date": 2}


def test_an_empty_file_is_refused(book: Book) -> None:
    """A file without even a header is the user's to export again."""
    with pytest.raises(InputError, match="is empty; export it again"):
        book("contacts", head="")


@pytest.mark.parametrize("kind", sorted(HEADS))
def test_a_header_that_stands_twice_is_said(book: Book, kind: str) -> None:
    """The first of two columns of one name is read, and the owner hears of it."""
    first = HEADS[kind].split(",")[0]
    found = book(kind, GOOD[kind] + ",x", head=f"{HEADS[kind]},{first}")
    assert found.optional[kind].count().to_pyarrow().as_py() == 1
    assert any("more than one column" in one and first in one for one in said(found))


@pytest.mark.parametrize("kind", sorted(HEADS))
def test_a_book_of_something_else_is_refused(book: Book, kind: str) -> None:
    """A file whose headers say nothing of the kind is refused with what is missing and how to name it."""
    with pytest.raises(InputError, match="under columns in business"):
        book(kind, "a,b", head="Thời tiết,Nhiệt độ")


def test_remarks_are_worded_for_the_owner(book: Book) -> None:
    """In Vietnamese too the remark names the file, the column and what to write."""
    found = book("contacts", GOOD["contacts"], "KH1,14/05/2026,Zalo,bói bài")
    (one,) = said(found, "vi")
    assert all(part in one for part in ("so.csv", "Mục đích", "bán hàng (sell)", "chăm sóc (care)"))
    assert isinstance(found.quality.notes[0], Note)
    assert "bói bài" not in one
