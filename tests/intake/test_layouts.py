"""Layouts of other systems: what is particular to each, on a few rows in its own headers."""

from __future__ import annotations

import json

import pytest

from helpers.intake import recognise
from helpers.intake.formats import formats

from .conftest import REAL, Load, rows


def _table(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def test_shopify_fills_only_the_first_row_of_an_order(shop: Load) -> None:
    """Totals, dates and e-mails of the first row hold for all; refunds lower the total; cancelled orders are out."""
    found = shop(
        _table(
            "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Total,Created at,Lineitem quantity,"
            "Lineitem name,Lineitem price,Cancelled at,Refunded Amount,Phone",
            "#1,a@x.vn,paid,,fulfilled,GBP,30.00,33.00,2026-01-31 12:34:56 +0000,1,Tea,10.00,,3.00,",
            "#1,,,,,,,,2026-01-31 12:34:56 +0000,2,Cup,10.00,,,",
            "#2,,paid,,fulfilled,GBP,5.00,5.00,2026-02-01 10:00:00 +0000,1,Tea,5.00,,0.00,07911123456",
            "#3,a@x.vn,voided,,,GBP,5.00,5.00,2026-02-02 10:00:00 +0000,1,Tea,5.00,2026-02-02 11:00:00 +0000,0.00,",
        ),
        currency="GBP",
        country="GB",
    )
    assert found.quality.sources[0].format == "shopify_orders"
    assert rows(found.orders.order_by("order_id"), "order_id", "customer_id", "net_revenue") == [
        ("#1", "a@x.vn", 30.0), ("#2", "+447911123456", 5.0),
    ]  # fmt: skip
    assert rows(found.order_lines.order_by("source_row"), "order_id", "product", "amount") == [
        ("#1", "Tea", 10.0), ("#1", "Cup", 20.0), ("#2", "Tea", 5.0),
    ]  # fmt: skip


def test_pancake_leaves_even_the_order_number_blank(shop: Load) -> None:
    """Rows without a number belong to the order above them."""
    found = shop(
        _table(
            "Mã đơn hàng,Thời điểm tạo đơn,Khách hàng,Số điện thoại,Doanh thu đơn hàng,Sản phẩm,Mã sản phẩm,Mã mẫu mã,Số lượng,Đơn giá",
            "101,13/05/2026 08:00,Lan,0912345678,150.000,Áo,A,A1,1,100.000",
            ",,,,,Mũ,M,M1,1,50.000",
            "102,13/05/2026 09:00,Tú,0987654321,80.000,Mũ,M,M1,1,80.000",
        )
    )
    assert found.quality.sources[0].format == "pancake_orders"
    assert rows(found.order_lines.order_by("source_row"), "order_id", "customer_id", "product", "amount") == [
        ("101", "0912345678", "Áo", 100_000.0), ("101", "0912345678", "Mũ", 50_000.0), ("102", "0987654321", "Mũ", 80_000.0),
    ]  # fmt: skip
    assert found.quality.amount_kept == 230_000.0


def test_a_refund_is_no_visit(shop: Load) -> None:
    """Square writes a refund as a transaction of its own: it lowers the customer's last order, and adds none."""
    head = (
        "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,"
        "Payment ID,Event Type,Customer ID"
    )
    row = "{0},10:00:00,Hanoi,Tea,Tea,1,,T,${1},$0.00,{1},$0.00,{2},P,{3},{4}".format
    found = shop(
        _table(
            head,
            row("2026-01-31", '"$1,240.00"', "t1", "Payment", "A").replace('$"$', '"$'),
            row("2026-02-01", "$20.00", "t2", "Payment", "B"),
            row("2026-02-03", "-$40.00", "t3", "Refund", "A"),
            row("2026-02-03", "-$5.00", "t4", "Refund", "Z"),
        ),
        currency="USD",
        country="US",
    )
    assert rows(found.orders.order_by("order_id"), "order_id", "customer_id", "net_revenue") == [
        ("t1", "A", 1_200.0), ("t2", "B", 20.0),
    ]  # fmt: skip
    assert found.quality.rejected_by_reason == {"refund_without_order": 1}
    assert rows(found.orders, "ordered_at")[0][0].hour == 10


def test_loyverse_refunds_with_positive_sums_lower_revenue(shop: Load) -> None:
    """A refund receipt takes money back whichever sign it carries."""
    found = shop(
        _table(
            "Date,Receipt number,Receipt type,Gross sales,Discounts,Net sales,Taxes,Total collected,Payment type,POS,Store,"
            "Cashier name,Customer name,Customer contacts,Status",
            "13/05/2026 10:00,1-1,Sale,50000,0,50000,0,50000,Cash,P,S,Thu,Lan,0912345678,Closed",
            "13/05/2026 11:00,1-2,Sale,20000,0,20000,0,20000,Cash,P,S,Thu,Tú,0987654321,Closed",
            "14/05/2026 10:00,1-3,Refund,10000,0,10000,0,10000,Cash,P,S,Thu,Lan,0912345678,Closed",
            "14/05/2026 10:00,1-4,Sale,9000,0,9000,0,9000,Cash,P,S,Thu,Lan,0912345678,Cancelled",
        )
    )
    assert found.quality.sources[0].format == "loyverse_receipts"
    assert rows(found.orders.order_by("order_id"), "order_id", "net_revenue") == [("1-1", 40_000.0), ("1-2", 20_000.0)]


def test_shopee_knows_its_buyers_by_user_name(shop: Load) -> None:
    """The order's total stands on each line and counts once; masked phones identify nobody."""
    found = shop(
        _table(
            "Mã đơn hàng,Mã Kiện Hàng,Ngày đặt hàng,Trạng Thái Đơn Hàng,SKU sản phẩm,Tên sản phẩm,SKU phân loại hàng,Giá ưu đãi,"
            "Số lượng,Tổng số tiền Người mua thanh toán,Tổng số tiền người mua thanh toán,Người Mua,Số điện thoại",
            "S1,K,2026-05-13 08:00,Hoàn thành,A,Áo,A1,17000.00,2,34000.00,50000.00,lan_99,******78",
            "S1,K,2026-05-13 08:00,Hoàn thành,M,Mũ,M1,21000.00,1,21000.00,50000.00,lan_99,******78",
            "S2,K,2026-05-14 08:00,Đã hủy,M,Mũ,M1,21000.00,1,21000.00,21000.00,tu.hn,******79",
            "S3,K,2026-05-15 08:00,Đang giao,M,Mũ,M1,21000.00,1,21000.00,21000.00,tu.hn,******79",
        )
    )
    assert found.quality.sources[0].format == "shopee_vn_orders"
    assert rows(found.orders.order_by("order_id"), "order_id", "customer_id", "net_revenue", "channel") == [
        ("S1", "lan_99", 50_000.0, "Shopee"), ("S3", "tu.hn", 21_000.0, "Shopee"),
    ]  # fmt: skip


def test_tiktok_totals_count_once_less_what_was_paid_back(shop: Load) -> None:
    """Order IDs with a trailing tab are the same order; the refund lowers the order's amount."""
    found = shop(
        _table(
            "Order ID,Order Status,Order Substatus,SKU ID,Seller SKU,Product Name,Quantity,SKU Unit Original Price,"
            "SKU Subtotal After Discount,Order Amount,Order Refund Amount,Created Time,Buyer Username",
            "7\t,Đã hoàn tất,,1,A,Áo,1,100000,90000,150000,30000,13/05/2026 08:00:00,lan99",
            "7\t,Đã hoàn tất,,2,M,Mũ,1,60000,60000,150000,30000,13/05/2026 08:00:00,lan99",
            "8\t,Đã hủy,,2,M,Mũ,1,60000,60000,60000,0,13/05/2026 09:00:00,tu88",
            "9\t,Đang vận chuyển,,2,M,Mũ,1,60000,60000,60000,,14/05/2026 09:00:00,tu88",
        )
    )
    assert rows(found.orders.order_by("order_id"), "order_id", "customer_id", "net_revenue") == [
        ("7", "lan99", 120_000.0), ("9", "tu88", 60_000.0),
    ]  # fmt: skip


@pytest.mark.real
def test_gathered_header_rows_lead_to_their_layout(tmp_path: object) -> None:
    """Every layout declared under the name of a gathered header row recognises that row."""
    path = REAL / "export_headers" / "headers.json"
    if not path.is_file():
        pytest.skip(f"header rows not found in {path.parent}; set RETENTION_REAL_DATA")
    known = json.loads(path.read_text(encoding="utf-8"))
    same = {"shopify_orders_older": "shopify_orders", "shopee_vn_toship_2025": "shopee_vn_orders"}
    for name, layout in known.items():
        declared = formats().get(same.get(name, name))
        if declared is None or name == "kiotviet_invoice_list":  # only a minimum of that layout's columns was gathered
            continue
        file = tmp_path / "a.csv"  # type: ignore[operator]
        file.write_text(",".join(f'"{column}"' for column in layout["columns"]) + "\n", encoding="utf-8")
        found = recognise(file, kind=declared.kind)
        assert (found.format, found.missing) == (declared.id, ()), name
        assert found.score >= 0.9, name
