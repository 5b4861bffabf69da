"""Every declared layout, written from its declaration and read back to the same orders."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.intake import recognise
from helpers.intake.formats import formats

from .conftest import Load, rows
from .dialect import Expected, Writer, declared_headers, fixtures, layout_of, writer_of

ORDER_LAYOUTS = sorted(layout.id for layout in formats().values() if layout.kind == "orders")
ORDER_FIXTURES = [name for name in fixtures() if layout_of(name).kind == "orders"]


def _read(shop: Load, tmp_path: Path, writer: Writer) -> Expected:
    """The orders that come out, with customers by the order they first bought in; a file of returns beside its sales."""
    (tmp_path / "a.csv").write_text(writer.text(), encoding="utf-8")
    sources = [{"file": "a.csv"}]
    if writer.layout.returns:
        sales = next(one for one in formats().values() if one.system == writer.layout.system and not one.returns)
        (tmp_path / "sales.csv").write_text(Writer(sales, declared_headers(sales)).text(), encoding="utf-8")
        sources.append({"file": "sales.csv"})
    found = shop(sources={"orders": sources})
    orders = rows(found.orders.order_by("order_id"), "order_id", "ordered_at", "customer_id", "net_revenue")
    first: dict[str, str] = {}
    for _, _, customer, _ in orders:
        if customer is not None:
            first.setdefault(customer, f"KH{len(first) + 1}")
    found_orders = {number: (at, first.get(customer), net) for number, at, customer, net in orders}
    return Expected(found_orders, found.quality.rejected_by_reason)


def _expected(writer: Writer) -> Expected:
    if not writer.layout.returns:
        return writer.expected()
    sales = next(one for one in formats().values() if one.system == writer.layout.system and not one.returns)
    told = Writer(sales, declared_headers(sales)).expected()
    at, buyer, net = told.orders["1005"]
    return Expected(told.orders | {"1005": (at, buyer, net - 30_000)}, told.rejected)


@pytest.mark.parametrize("name", ORDER_LAYOUTS)
def test_a_layout_is_read_as_it_is_declared(name: str, shop: Load, tmp_path: Path) -> None:
    """Orders written from nothing but the declaration come back: time, customer, money, and what was set aside."""
    writer = Writer(formats()[name], declared_headers(formats()[name]))
    assert {"order_id", "ordered_at"} <= set(writer.roles)
    found = _read(shop, tmp_path, writer)
    assert recognise(tmp_path / "a.csv").format == name
    assert found == _expected(writer)
