"""API dumps in JSON: whatever the envelope, one row per line item, nested fields by dotted headers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers import engine
from helpers.business import Business
from helpers.errors import InputError
from helpers.intake import load, recognise

from .conftest import TODAY, Load, rows

LINES = [{"sku": "A", "quantity": 2, "price": "15000.00"}, {"sku": "B", "quantity": 0.5, "price": "20000.00"}]


def _order(number: int, **more: Any) -> dict[str, Any]:
    customer = {"code": f"KH{number}", "phone": f"090123456{number}", "address": {"city": "Huế"}}
    return {
        "order_id": f"DH{number}",
        "ordered_at": f"2026-05-0{number}T10:00:00+07:00",
        "net_revenue": 40000.0,
        "customer": customer,
        "line_items": LINES,
        "tags": ["a", "b"],
        **more,
    }


ONE, TWO = _order(1), _order(2)
COLUMNS = {"customer_id": "customer.code", "phone": "customer.phone", "product_id": "line_items.sku"}
ENVELOPES = {
    "list": [ONE, TWO],
    "orders": {"orders": [ONE, TWO]},
    "value": {"@odata.context": "x", "value": [ONE, TWO]},
    "paged": {"total": 2, "pageSize": 20, "data": [ONE, TWO], "timestamp": "2026-05-03"},
    "deep": {"code": 1, "data": {"totalPages": 1, "orders": [ONE, TWO]}},
    "numbered": {"code": 1, "data": {"page": 1, "orders": {"11": ONE, "12": TWO}}},
    "graph": {"data": {"orders": {"edges": [{"cursor": "c", "node": ONE}, {"node": TWO}], "pageInfo": {"next": 1}}}},
    "capitals": {"Code": 200, "Data": [ONE, TWO], "Total": 2, "Success": True},
}
TEXTS = {name: json.dumps(content, ensure_ascii=False) for name, content in ENVELOPES.items()} | {
    "lines": f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n",
    "pages": json.dumps({"orders": [ONE]}) + json.dumps({"orders": [TWO]}, indent=1),
    "pages of lists": f"{json.dumps([ONE])}\n{json.dumps([TWO])}",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_envelope_holds_the_same_orders(shop: Load, text: str) -> None:
    """A list, a page, pages one after the other, numbered orders: two orders of two lines each, their total counted once."""
    found = shop(text, name="orders.json", columns=COLUMNS)
    assert (found.quality.orders, found.quality.amount_kept, found.quality.rows_read) == (2, 80000.0, 4)
    lines = rows(found.order_lines.order_by("order_id", "product_id"), "order_id", "customer_id", "product_id")
    assert lines == [("DH1", "KH1", "A"), ("DH1", "KH1", "B"), ("DH2", "KH2", "A"), ("DH2", "KH2", "B")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_any_encoding(shop: Load, encoding: str) -> None:
    """A dump saved by an editor of Windows is read as well."""
    assert shop(TEXTS["list"].encode(encoding), name="o.json", columns=COLUMNS).quality.orders == 2


def test_headers_are_the_keys_with_dots(tmp_path: Path) -> None:
    """Nested objects and line items have headers that a declaration can name; other lists of objects have none."""
    (tmp_path / "o.json").write_text(json.dumps([_order(1, refunds=[{"id": 1}])]), encoding="utf-8")
    assert recognise(tmp_path / "o.json").headers == (
        "order_id", "ordered_at", "net_revenue", "customer.code", "customer.phone", "customer.address.city", "tags",
        "line_items.sku", "line_items.quantity", "line_items.price",
    )  # fmt: skip


def test_fields_that_only_later_records_have_are_columns(shop: Load) -> None:
    """The first order has neither customer nor lines; the second's are read nevertheless."""
    bare = {"order_id": "DH9", "ordered_at": "2026-05-09", "net_revenue": 10000, "customer": None, "line_items": []}
    found = shop(json.dumps([bare, ONE, TWO]), name="o.json", columns=COLUMNS)
    assert (found.quality.orders, found.quality.rows_read, found.quality.amount_kept) == (3, 5, 90000.0)
    assert sorted(rows(found.people, "customer_id", "phone"))[0] == ("KH1", "0901234561")


def test_numbers_are_numbers(shop: Load) -> None:
    """1.234 in JSON is one and a bit, never one thousand two hundred and thirty-four."""
    text = '[{"order_id": 123456789012345678, "ordered_at": "2026-05-01", "customer_id": 1, "net_revenue": 1.234},'
    text += '{"order_id": 2, "ordered_at": "2026-05-01", "customer_id": 2, "net_revenue": 5}]'
    found = shop(text, name="o.json")
    assert sorted(rows(found.orders, "order_id", "net_revenue")) == [("123456789012345678", 1.234), ("2", 5.0)]


@pytest.mark.parametrize("text", ["[]", '{"orders": []}', "[1, 2]", '"x"', "[{}]", "null", '[{"a": 1}, 2]'])
def test_a_dump_without_records_is_said(shop: Load, text: str) -> None:
    """An empty page, bare values, or a mixture of both is one sentence."""
    with pytest.raises(InputError, match="holds no records"):
        shop(text, name="o.json")


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a":', '{"orders": [', "{'a': 1}", "not json at all"])
def test_a_dump_cut_short_is_damaged(shop: Load, text: str) -> None:
    """A download that broke off is not half read."""
    with pytest.raises(InputError, match=r"is damaged|holds no records"):
        shop(text, name="o.json")


def test_a_small_dump_needs_little_memory(tmp_path: Path) -> None:
    """An engine with 200 MB reads two orders: what one document may need at most is not taken in advance."""
    con = engine.connect(memory_limit="200MB", threads=1, spill=tmp_path / "spill")
    business = Business(name="Shop", sources={"orders": [{"file": "o.json", "columns": COLUMNS}]})
    (tmp_path / "o.json").write_text(TEXTS["list"], encoding="utf-8")
    assert load(business, tmp_path, con, today=TODAY).quality.orders == 2


def test_a_page_of_thirty_megabytes_in_one_piece(shop: Load) -> None:
    """Documents beyond the size that is looked for at first are read as well."""
    text = json.dumps({"orders": [ONE, TWO], "message": "x" * 30_000_000})
    assert shop(text, name="o.json", columns=COLUMNS).quality.orders == 2
