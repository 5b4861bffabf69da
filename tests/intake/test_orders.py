"""What becomes of a file of orders, on tables that can be checked by eye."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import engine, tables
from helpers.business import Business
from helpers.intake import REASONS, load

from .conftest import TODAY, Load, rows

SHEET = """Mã hóa đơn,Ngày bán,Mã khách hàng,Tên khách hàng,Tên hàng,Số lượng,Đơn giá,Thành tiền
HD1,13/05/2026,KH1,Chị Lan,Cà phê,2,25.000,50.000
HD1,13/05/2026,KH1,Chị Lan,Bánh,1,30.000,30.000
HD2,14/05/2026,KH2,Anh Tú,Trà,1,40.000,40.000
HD3,14/05/2026,,Khách lẻ,Cà phê,1,25.000,25.000
HD4,15/05/2026,KH1,Chị Lan,Quà tặng,1,0,0
Tổng cộng,,,,,6,,145.000
"""
KIOTVIET = (
    "Chi nhánh", "Mã hóa đơn", "Thời gian", "Mã khách hàng", "Tên khách hàng", "Email", "Điện thoại", "Ngày sinh", "Người bán",
    "Kênh bán", "Khách cần trả", "Khách đã trả", "Trạng thái", "Mã hàng", "Tên hàng", "Số lượng", "Đơn giá", "Giá bán", "Thành tiền",
)  # fmt: skip


def kiotviet(path: Path, lines: list[tuple[object, ...]], *, title: str | None = None) -> None:
    """A workbook in KiotViet's layout; dates given as datetime become Excel dates."""
    with xlsxwriter.Workbook(path) as book:
        sheet, clock = book.add_worksheet("Hóa đơn"), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        top = 0
        if title:
            sheet.write(0, 0, title)
            top = 2
        sheet.write_row(top, 0, KIOTVIET)
        for number, line in enumerate(lines, top + 1):
            for place, cell in enumerate(line):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, place, cell, clock)
                elif cell is not None:
                    sheet.write(number, place, cell)


def line(
    order: str, when: object, code: str | None, total: object, amount: object, *, name: str = "Chị Lan",
    phone: object = None, status: str = "Hoàn thành",
) -> tuple[object, ...]:  # fmt: skip
    """One row of the layout."""
    return (
        "Quận 1",
        order,
        when,
        code,
        name,
        None,
        phone,
        None,
        "Thu",
        "Tại quán",
        total,
        total,
        status,
        "CF",
        "Cà phê",
        1,
        amount,
        amount,
        amount,
    )


def test_a_hand_kept_sheet_is_read_by_its_vietnamese_headers(shop: Load) -> None:
    """A CSV with everyday headers becomes orders: lines added up, walk-ins anonymous, gifts kept, the total row left out."""
    found = shop(SHEET)
    assert rows(found.orders.order_by("order_id"), "order_id", "customer_id", "net_revenue") == [
        ("HD1", "KH1", 80_000.0),
        ("HD2", "KH2", 40_000.0),
        ("HD3", None, 25_000.0),
        ("HD4", "KH1", 0.0),
    ]
    assert rows(found.rejects)[0][:3] == ("orders.csv", 6, "total_row")
    assert json.loads(rows(found.rejects)[0][3])["Thành tiền"] == "145.000"
    assert found.quality.sources[0].format == "generic"
    assert (found.quality.anonymous_order_share, found.quality.anonymous_revenue_share) == (
        0.25,
        pytest.approx(25 / 145),
    )


def test_tables_have_exactly_the_contract_columns(shop: Load) -> None:
    """Orders, lines, people and rejects have the columns and types every later step relies on."""
    found = shop(SHEET)
    for name in ("orders", "order_lines", "people", "rejects"):
        table, wanted = getattr(found, name), tables.SCHEMAS[name]
        assert table.columns == wanted.names, name
        assert [str(t) for t in table.schema().types] == [
            str(t).replace("timestamp", "timestamp(6)") for t in wanted.types
        ], name


def test_source_rows_point_into_the_file(shop: Load) -> None:
    """Row 1 is the first row of data, and every kept line carries its own."""
    found = shop(SHEET)
    assert [row[0] for row in rows(found.order_lines.order_by("source_row"), "source_row")] == [1, 2, 3, 4, 5]


def test_kiotviet_totals_count_once_per_invoice(shop: Load, tmp_path: Path) -> None:
    """“Khách cần trả” stands on every line of an invoice and is taken once; invoice discounts are thereby respected."""
    when = datetime(2026, 5, 3, 9, 30)
    kiotviet(tmp_path / "kv.xlsx", [
        line("HD1", when, "KH1", 90_000, 60_000), line("HD1", when, "KH1", 90_000, 40_000),
        line("HD2", "04/05/2026 10:00", "KH2{DEL}", 30_000, 30_000, phone=912345678),
        line("HD3", when, "KH1", 70_000, 70_000, status="Đã hủy"),
        line("HD4", when, None, 20_000, 20_000, name="Khách lẻ"),
        line("HD5", when, None, 10_000, 10_000, name="Anh Ba", phone="01681234567"),
    ])  # fmt: skip
    found = shop(name="kv.xlsx", sources={"orders": [{"file": "kv.xlsx"}]})
    assert rows(found.orders.order_by("order_id"), "order_id", "customer_id", "net_revenue") == [
        ("HD1", "KH1", 90_000.0),
        ("HD2", "KH2", 30_000.0),
        ("HD4", None, 20_000.0),
        ("HD5", "0381234567", 10_000.0),
    ]
    assert rows(found.orders.order_by("order_id"), "ordered_at")[1] == (datetime(2026, 5, 4, 10, 0),)
    assert rows(found.people.filter(found.people.customer_id == "KH2"), "phone") == [("0912345678",)]
    assert (found.quality.amount_read, found.quality.amount_kept, found.quality.amount_rejected) == (220e3, 150e3, 70e3)
    assert found.quality.sources[0].format == "kiotviet_invoice_detail"
    assert found.quality.rejected_by_reason == {"cancelled": 1}


def test_a_total_is_kept_when_one_line_of_its_invoice_is_not(shop: Load, tmp_path: Path) -> None:
    """When the first line of an invoice is unreadable, the invoice keeps its whole total."""
    when = datetime(2026, 5, 3, 9, 30)
    kiotviet(tmp_path / "kv.xlsx", [
        line("HD1", "mai", "KH1", 90_000, 60_000), line("HD1", when, "KH1", 90_000, 40_000), line("HD2", when, "KH2", 5_000, 5_000),
    ])  # fmt: skip
    found = shop(sources={"orders": [{"file": "kv.xlsx"}]})
    assert rows(found.orders.order_by("order_id"), "order_id", "net_revenue") == [("HD1", 90_000.0), ("HD2", 5_000.0)]
    assert found.quality.rejected_by_reason == {"bad_date": 1}


def test_title_rows_above_the_header_are_passed_over(shop: Load, tmp_path: Path) -> None:
    """A workbook that begins with the shop's name and an empty row reads like one that does not."""
    when = datetime(2026, 5, 3)
    lines = [line("HD1", when, "KH1", 1_000, 1_000), line("HD2", when, "KH2", 2_000, 2_000)]
    kiotviet(tmp_path / "kv.xlsx", lines, title="BÁO CÁO BÁN HÀNG")
    assert shop(sources={"orders": [{"file": "kv.xlsx"}]}).quality.rows_read == 2


def test_one_row_per_order_is_enough(shop: Load) -> None:
    """A plain list of bills works: each has one line, without product."""
    found = shop(
        "order_id,customer_id,ordered_at,net_revenue\n1,A,2026-01-01,10\n2,B,2026-01-02,20\n3,A,2026-01-03,30\n"
    )
    assert found.quality.sources[0].format == "canonical"
    assert rows(found.order_lines.order_by("order_id"), "order_id", "product", "amount") == [
        ("1", None, 10.0), ("2", None, 20.0), ("3", None, 30.0),
    ]  # fmt: skip


def test_without_order_numbers_a_customer_and_a_time_are_an_order(shop: Load) -> None:
    """A file without order numbers gives one order per customer and time, and the quality report says so."""
    found = shop(
        "Date,Customer ID,Amount\n2026-01-01,A,10\n2026-01-01,A,5\n2026-01-01,B,7\n2026-01-02,,1\n2026-01-02,,1\n"
    )
    assert sorted(row for row in rows(found.orders, "net_revenue")) == [(1.0,), (1.0,), (7.0,), (15.0,)]
    assert any("order number" in note.message for note in found.quality.notes)


def test_a_repeated_total_beside_lines_is_found_out(shop: Load) -> None:
    """Where the same total stands on all rows of an order it counts once, without anybody saying so."""
    found = shop(
        "Order ID,Date,Customer ID,Item,Order total\n1,2026-01-01,A,x,30\n1,2026-01-01,A,y,30\n2,2026-01-02,B,x,5\n"
    )
    assert rows(found.orders.order_by("order_id"), "net_revenue") == [(30.0,), (5.0,)]


def test_columns_of_business_yml_go_before_every_alias(shop: Load) -> None:
    """A header nobody could guess is read once `columns:` names it."""
    text = "Số,Lúc,Ai,Bao nhiêu\n1,2026-01-01,A,10\n2,2026-01-02,B,20\n"
    named = {"order_id": "Số", "ordered_at": "Lúc", "customer_id": "ai", "net_revenue": "BAO NHIEU"}
    assert shop(text, columns=named).quality.amount_kept == 30.0


def test_a_customer_is_known_by_code_then_phone_then_email(shop: Load) -> None:
    """The code wins; without it the phone in its modern form; without it the e-mail; a masked one is nobody."""
    found = shop(
        "order_id,ordered_at,customer_id,phone,email,net_revenue\n"
        "1,2026-01-01,KH1,0912345678,,1\n2,2026-01-01,,+84 168 123 4567,A@B.VN,1\n3,2026-01-01,,,Lan@Shop.vn,1\n"
        "4,2026-01-01,,******78,n***n@shop.vn,1\n5,2026-01-01,17850.0,,,1\n"
    )
    assert [row[0] for row in rows(found.orders.order_by("order_id"), "customer_id")] == [
        "KH1", "0381234567", "lan@shop.vn", None, "17850",
    ]  # fmt: skip


def test_people_hold_the_latest_known_of_each(shop: Load) -> None:
    """A person's name and phone are the latest that are not blank."""
    found = shop(
        "order_id,ordered_at,customer_id,name,phone,net_revenue\n"
        "1,2026-01-01,A,Lan,0912345678,1\n2,2026-03-01,A,Nguyễn Lan,,1\n3,2026-02-01,B,,,1\n"
    )
    assert rows(found.people, "customer_id", "name", "phone") == [("A", "Nguyễn Lan", "0912345678"), ("B", None, None)]
    assert found.quality.phone_coverage == 0.5


def test_a_customer_list_adds_what_the_till_does_not_know(shop: Load, tmp_path: Path) -> None:
    """Birthdays and e-mails come from the list of customers; identity-card numbers are not read at all."""
    (tmp_path / "khach.csv").write_text(
        "Mã khách hàng,Tên khách hàng,Số CMND/CCCD,Ngày sinh,Email\nKH1,Lan,079123456789,13/05/1990,lan@x.vn\n",
        encoding="utf-8",
    )
    (tmp_path / "orders.csv").write_text(SHEET, encoding="utf-8")
    found = shop(sources={"orders": [{"file": "orders.csv"}], "customers": [{"file": "khach.csv"}]})
    assert rows(found.people.filter(found.people.customer_id == "KH1"), "birthday", "email") == [
        (date(1990, 5, 13), "lan@x.vn")
    ]
    assert found.quality.rows_read == 7


def test_identity_cards_never_reach_a_table(shop: Load) -> None:
    """Not even the text of a rejected row holds an identity-card number."""
    found = shop(
        "order_id,ordered_at,customer_id,CCCD,net_revenue\n1,2026-01-01,A,079123456789,1\n2,2026-01-01,B,079123456789,1\n"
        "3,,A,079123456789,1\n4,2026-01-01,B,079123456789,1,too,many\n"
    )
    assert found.quality.rejected_by_reason == {"malformed": 1, "no_date": 1}
    assert "079123456789" not in str(rows(found.rejects))


def test_a_later_export_replaces_what_an_earlier_one_said(shop: Load, tmp_path: Path) -> None:
    """Overlapping monthly exports count each order once, as the later file has it."""
    head = "order_id,ordered_at,customer_id,net_revenue\n"
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "1.csv").write_text(head + "1,2026-01-01,A,10\n2,2026-01-31,B,20\n")
    (tmp_path / "exports" / "2.csv").write_text(head + "2,2026-01-31,B,15\n3,2026-02-01,A,30\n")
    found = shop(sources={"orders": [{"file": "exports"}]})
    assert rows(found.orders.order_by("order_id"), "order_id", "net_revenue", "source_file") == [
        ("1", 10.0, "1.csv"), ("2", 15.0, "2.csv"), ("3", 30.0, "2.csv"),
    ]  # fmt: skip
    assert found.quality.rejected_by_reason == {"exported_again": 1}


def test_equal_numbers_of_different_systems_are_different_orders(shop: Load, tmp_path: Path) -> None:
    """Order 1 of the till and order 1 of the web shop stay two orders."""
    (tmp_path / "till.csv").write_text(
        "order_id,ordered_at,customer_id,net_revenue\n1,2026-01-01,A,10\n2,2026-01-01,B,1\n"
    )
    (tmp_path / "web.csv").write_text("Order number,Date,Customer ID,Total\n1,2026-01-05,A,20\n")
    found = shop(sources={"orders": [{"file": "till.csv"}, {"file": "web.csv"}]})
    assert [row[0] for row in rows(found.orders.order_by("order_id"), "order_id")] == ["2", "till:1", "web:1"]


def test_rows_after_the_day_asked_for_are_not_yet_known(shop: Load) -> None:
    """With an earlier as-of day, later orders are left out with that reason."""
    found = shop(SHEET, as_of=date(2026, 5, 14))
    assert found.quality.rejected_by_reason == {"after_as_of": 1, "total_row": 1}


def test_rows_that_cannot_be_used_say_why(shop: Load) -> None:
    """Blank rows, missing numbers, missing, unreadable and future dates and amounts each have their reason."""
    good = "".join(f"{i},2026-01-{i % 28 + 1:02d},K{i},5\n" for i in range(100, 140))
    found = shop(
        "order_id,ordered_at,customer_id,net_revenue\n" + good +
        ",2026-01-01,A,1\n2,,A,1\n3,hôm qua,A,1\n4,2026-08-01,A,1\n5,2026-01-01,A,nhiều\n6,2026-01-01,A,\n,,,\n7,2026-01-01\n"
    )  # fmt: skip
    assert found.quality.rejected_by_reason == {
        "bad_amount": 2, "bad_date": 1, "blank_row": 1, "future_date": 1, "malformed": 1, "no_date": 1, "no_order_id": 1,
    }  # fmt: skip
    assert set(found.quality.rejected_by_reason) <= set(REASONS)
    assert [row[0] for row in rows(found.rejects.order_by("source_row"), "source_row")] == list(range(41, 49))


def test_repeated_rows_are_kept_but_counted(shop: Load) -> None:
    """The same line twice on one bill is two items; the report says how often that happens."""
    found = shop("Order ID,Date,Customer ID,Amount\n1,2026-01-01,A,10\n1,2026-01-01,A,10\n2,2026-01-01,B,5\n")
    assert (found.quality.amount_kept, found.quality.sources[0].exact_duplicates) == (25.0, 1)


def test_quality_can_be_written_as_json(shop: Load) -> None:
    """The quality report goes into a run's records as it is, and holds no customer's data."""
    text = json.dumps(asdict(shop(SHEET).quality), ensure_ascii=False)
    assert '"rows_read": 6' in text
    assert "Lan" not in text


_CELLS = st.sampled_from(
    [
        "",
        "1",
        "A",
        "2026-01-05",
        "05/13/2026",
        "13/05/2026",
        "1.000",
        "12,5",
        "x;y",
        '"',
        "Tổng",
        "=1+1",
        "💐",
        "\u202eabc",
    ]
)


@given(lines=st.lists(st.lists(_CELLS, min_size=1, max_size=6), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_and_no_money_is_ever_lost(tmp_path: Path, lines: list[list[str]]) -> None:
    """Whatever stands in the cells, rows and amounts read are exactly those kept plus those left out."""
    head = "order_id,ordered_at,customer_id,net_revenue\n0,2026-01-01,A,1\n00,2026-01-02,B,1\n"
    (tmp_path / "orders.csv").write_text(head + "".join(",".join(cells) + "\n" for cells in lines), encoding="utf-8")
    business = Business(name="Shop", sources={"orders": [{"file": "orders.csv", "day_first": True}]})
    con = engine.connect()
    found = load(business, tmp_path, con, today=TODAY)
    kept = found.order_lines.count().to_pyarrow().as_py()
    assert found.quality.rows_read == kept + found.rejects.count().to_pyarrow().as_py()
    money = found.orders.net_revenue.sum().to_pyarrow().as_py()
    assert found.quality.amount_read == pytest.approx(money + found.quality.amount_rejected)
