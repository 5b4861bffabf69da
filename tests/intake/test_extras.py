"""The small tables a Vietnamese café keeps beside its till."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from helpers import tables
from helpers.errors import InputError
from helpers.intake import Intake, people_keys

from .conftest import Load, rows

ORDERS = (
    "order_id,ordered_at,customer_id,phone,email,net_revenue\n"
    "HD1,2026-05-01,KH1,0912345678,lan@x.vn,50000\nHD2,2026-05-02,KH2,0987654321,,40000\nHD3,2026-05-03,,,,30000\n"
)
Cafe = Callable[..., Intake]


@pytest.fixture
def cafe(shop: Load, tmp_path: Path) -> Cafe:
    """Three orders and the given text as a file of one optional table."""

    def _load(kind: str, text: str, *, as_of: date | None = None) -> Intake:
        (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
        (tmp_path / "extra.csv").write_text(text, encoding="utf-8-sig")
        return shop(sources={"orders": [{"file": "orders.csv"}], kind: [{"file": "extra.csv"}]}, as_of=as_of)

    return _load


def test_messages_are_about_a_customer_by_code_or_phone(cafe: Cafe) -> None:
    """tin-nhan-da-gui.csv: purpose and channel in our words, a phone finds its customer, an unknown one is rejected."""
    found = cafe(
        "contacts",
        "Mã khách hàng,Điện thoại,Thời gian gửi,Kênh,Mục đích,Chiến dịch\n"
        "KH1,,13/05/2026 09:00,Zalo,bán hàng,Hè\n,+84 987 654 321,14/05/2026 09:00,SMS,chăm sóc,\n"
        ",0900000001,14/05/2026,Zalo,bán hàng,\nKH1,,14/05/2026,Loa phường,hỏi thăm,\nKH1,,14/05/2026,Zalo,linh tinh,\n",
    )
    shown = ("customer_id", "sent_at", "channel", "purpose", "campaign")
    assert rows(found.optional["contacts"].order_by("sent_at", "customer_id"), *shown) == [
        ("KH1", datetime(2026, 5, 13, 9), "zalo", "sell", "Hè"),
        ("KH1", datetime(2026, 5, 14), "Loa phường", "care", None),
        ("KH2", datetime(2026, 5, 14, 9), "sms", "care", None),
    ]
    assert found.quality.rejected_by_reason == {"bad_value": 1, "unknown_customer": 1}


def test_why_customers_left_stands_beside_the_call(cafe: Cafe) -> None:
    """The reason noted beside a call becomes a code, in Vietnamese or English; other words are kept as they were written."""
    found = cafe(
        "contacts",
        "Mã khách hàng,Thời gian gửi,Kênh,Mục đích,Lý do\nKH1,13/05/2026,Gọi,hỏi thăm,giá cao\n"
        "KH1,14/05/2026,Gọi,hỏi thăm,Too far\nKH2,15/05/2026,Gọi,hỏi thăm,Nhạc to quá\nKH2,16/05/2026,Gọi,hỏi thăm,\n",
    )
    told = rows(found.optional["contacts"].order_by("sent_at"), "exit_reason")
    assert told == [("price",), ("moved",), ("Nhạc to quá",), (None,)]


def test_complaints_find_their_customer_by_the_order(cafe: Cafe) -> None:
    """phan-nan.csv: có/không become true and false, blank stays unknown, an order's customer is the complaint's."""
    found = cafe(
        "tickets",
        "Mã phiếu,Mã khách hàng,Mã hóa đơn,Thời gian mở,Phản hồi lần đầu,Thời gian giải quyết,Kênh,Loại,Chi nhánh,Kết quả,"
        "Có từ chối,Có phương án thay thế\n"
        "P1,,HD2,13/05/2026 10:00,13/05/2026 10:30,,Zalo,Chờ lâu,Q1,Đã xin lỗi,có,không\n"
        "P2,KH1,,14/05/2026 10:00,,,Facebook,Sai món,Q1,,không,\n",
    )
    table = found.optional["tickets"].order_by("ticket_id")
    assert rows(table, "ticket_id", "customer_id", "refused", "alternative_offered") == [
        ("P1", "KH2", True, False), ("P2", "KH1", False, None),
    ]  # fmt: skip
    assert rows(table, "first_reply_at", "resolved_at")[0] == (datetime(2026, 5, 13, 10, 30), None)


def test_answers_given_later_are_not_known_before(cafe: Cafe) -> None:
    """Looked at from the evening of 13 May, a complaint solved on the 20th is still open."""
    text = "Mã phiếu,Mã khách hàng,Thời gian mở,Thời gian giải quyết\nP1,KH1,13/05/2026 10:00,20/05/2026 10:00\nP2,KH1,21/05/2026,\n"
    found = cafe("tickets", text, as_of=date(2026, 5, 13))
    assert rows(found.optional["tickets"], "ticket_id", "resolved_at") == [("P1", None)]
    assert found.quality.rejected_by_reason == {"after_as_of": 1}


def test_scores_are_numbers_of_an_order(cafe: Cafe) -> None:
    """danh-gia.csv: one score per invoice, its customer found through the order; a word that is no score is set aside."""
    found = cafe(
        "feedback",
        "Mã hóa đơn,Thời gian,Điểm,Nhận xét\nHD1,13/05/2026 10:00,5,Ngon\nHD3,13/05/2026,4,\nHD2,13/05/2026,chưa chấm,\n",
    )
    assert rows(found.optional["feedback"].order_by("order_id"), "order_id", "customer_id", "score", "comment") == [
        ("HD1", "KH1", 5.0, "Ngon"), ("HD3", None, 4.0, None),
    ]  # fmt: skip
    assert found.quality.rejected_by_reason == {"bad_value": 1}


def test_deliveries_keep_both_times(cafe: Cafe) -> None:
    """giao-hang.csv: promised and arrived; not yet arrived is missing, not rejected."""
    found = cafe(
        "deliveries", "Mã hóa đơn,Hẹn giao,Giao lúc\nHD1,13/05/2026 10:00,13/05/2026 10:20\nHD2,13/05/2026 11:00,\n"
    )
    assert rows(found.optional["deliveries"].order_by("order_id"), "arrived_at") == [
        (datetime(2026, 5, 13, 10, 20),),
        (None,),
    ]


def test_costs_are_per_month_and_purpose(cafe: Cafe) -> None:
    """chi-phi.csv: months, money with dots, and the three purposes; the total row is left out."""
    found = cafe(
        "costs",
        "Tháng,Khoản,Loại,Số tiền\n05/2026,Facebook,khách mới,1.800.000\n05/2026,Thẻ,giữ khách,450.000\n05/2026,Nhà,Khác,6tr\nTổng,,,8tr\n",
    )
    assert rows(found.optional["costs"].order_by("amount")) == [
        (date(2026, 5, 1), "Thẻ", "retention", 450_000.0),
        (date(2026, 5, 1), "Facebook", "acquisition", 1_800_000.0),
        (date(2026, 5, 1), "Nhà", "other", 6_000_000.0),
    ]
    assert found.quality.rejected_by_reason == {"total_row": 1}


def test_consent_is_never_assumed(cafe: Cafe) -> None:
    """dong-y.csv: yes is true, no is false, and a blank is rejected rather than taken for either."""
    found = cafe(
        "consent",
        "Mã khách hàng,Kênh,Mục đích,Đồng ý,Ngày,Nguồn\nKH1,Zalo,bán hàng,có,13/05/2026,phiếu\nKH2,SMS,chăm sóc,không,13/05/2026,phiếu\nKH2,Zalo,bán hàng,,13/05/2026,\n",
    )
    assert rows(found.optional["consent"].order_by("customer_id"), "customer_id", "channel", "purpose", "granted") == [
        ("KH1", "zalo", "advertising", True), ("KH2", "sms", "care", False),
    ]  # fmt: skip
    assert found.quality.rejected_by_reason == {"bad_value": 1}


def test_no_refusal_is_lost(cafe: Cafe) -> None:
    """A no without purpose, with an unreadable or future day, or for a number that is nobody's is kept; such a yes is rejected."""
    found = cafe(
        "consent",
        "Mã khách hàng,Điện thoại,Kênh,Mục đích,Đồng ý,Ngày\nKH1,,Zalo,,không,13/05/2026\nKH2,,SMS,linh tinh,từ chối,hôm qua\n"
        ",0900000009,,,STOP,01/01/2031\n,0900000008,Zalo,bán hàng,có,13/05/2026\nKH1,,Zalo,,có,13/05/2026\n",
    )
    table = found.optional["consent"]
    assert sorted(rows(table, "customer_id", "phone", "channel", "purpose", "granted"), key=str) == [
        ("KH1", None, "zalo", None, False), ("KH2", None, "sms", None, False), (None, "0900000009", None, None, False),
    ]  # fmt: skip
    assert found.quality.rejected_by_reason == {"bad_value": 1, "unknown_customer": 1}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (
            "subscriptions",
            "Mã hợp đồng,Mã khách hàng,Gói,Ngày bắt đầu,Ngày kết thúc,Phí tháng\nS1,KH1,Vàng,13/01/2026,,500.000\n",
        ),
        ("staff_notes", "Ngày,Nhân viên,Chi nhánh,Ghi chú\n13/05/2026,Thu,Q1,Khách hỏi ghế em bé\n"),
    ],
)
def test_every_optional_table_has_the_contract_columns(cafe: Cafe, kind: str, text: str) -> None:
    """Contracts and staff notes too come with the columns every later step relies on."""
    found = cafe(kind, text).optional[kind]
    assert found.columns == tables.OPTIONAL[kind].names
    assert found.count().to_pyarrow().as_py() == 1


def test_an_optional_table_lacking_a_column_is_named(cafe: Cafe) -> None:
    """A score file without a score is the user's to mend."""
    with pytest.raises(InputError, match="no column for “score”"):
        cafe("feedback", "Mã hóa đơn,Ngày\nHD1,13/05/2026\n")


def test_an_absent_table_is_absent(shop: Load) -> None:
    """No file of messages means not measured, not a table of zeros."""
    assert shop(ORDERS).optional == {}


def test_a_list_names_people_by_code_phone_or_email(cafe: Cafe, con: Any, tmp_path: Path) -> None:
    """A campaign's list leads to customers however it names them; who is unknown is missing and can be counted."""
    people = cafe("staff_notes", "Ngày,Ghi chú\n13/05/2026,x\n").people
    path = tmp_path / "gui.csv"
    path.write_text(
        "Mã khách hàng,SĐT,Email\nKH2,,\n,84912345678,\n,,LAN@x.vn\nKH9,,\n,0900000009,\n", encoding="utf-8"
    )
    keys = people_keys(con, path, people)
    assert rows(keys.order_by("source_row")) == [(1, "KH2"), (2, "KH1"), (3, "KH1"), (4, None), (5, None)]


def test_a_list_that_names_nobody_is_refused(cafe: Cafe, con: Any, tmp_path: Path) -> None:
    """A list of addresses is no list of customers."""
    people = cafe("staff_notes", "Ngày,Ghi chú\n13/05/2026,x\n").people
    (tmp_path / "gui.csv").write_text("Địa chỉ\nQuận 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="who the customer is"):
        people_keys(con, tmp_path / "gui.csv", people)


def test_a_country_without_rules_of_its_own_numbers(shop: Load, tmp_path: Path) -> None:
    """In a country whose numbers a library reads, an answer by code or by number finds its customer all the same."""
    (tmp_path / "orders.csv").write_text(
        "order_id,ordered_at,customer_id,phone,net_revenue\nA1,2026-05-01,C1,07700 900123,50\nA2,2026-05-02,C2,07700 900456,40\n",
        encoding="utf-8",
    )
    (tmp_path / "consent.csv").write_text(
        "customer_id,channel,purpose,granted,recorded_at\nC1,email,advertising,true,2026-05-03\n+44 7700 900456,sms,advertising,false,2026-05-03\n",
        encoding="utf-8",
    )
    found = shop(
        sources={"orders": [{"file": "orders.csv"}], "consent": [{"file": "consent.csv"}]}, country="GB", currency="GBP"
    )
    assert rows(found.optional["consent"].order_by("customer_id"), "customer_id", "channel", "granted") == [
        ("C1", "email", True), ("C2", "sms", False),
    ]  # fmt: skip
