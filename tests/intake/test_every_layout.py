"""Every declared layout, written from its declaration and read back to the same orders."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.intake import recognise
from helpers.intake.formats import formats

from .conftest import Load, rows
from .dialect import Expected, Writer, declared_headers, fixtures, layout_of, writer_of
from .formats_page import PAGE, page

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


@pytest.mark.parametrize("name", ORDER_FIXTURES)
def test_a_fixture_under_its_real_header_row_is_read(name: str, shop: Load, tmp_path: Path) -> None:
    """Under the header row a system really writes, the layout is found and the orders are the same."""
    writer = writer_of(name)
    text = fixtures()[name].read_text(encoding="utf-8")
    assert text == writer.text(), "the fixture is out of date: python -m tests.intake.dialect"
    found = recognise(fixtures()[name])
    assert (found.format, found.missing, found.doubtful) == (writer.layout.id, (), False)
    assert _read(shop, tmp_path, writer) == _expected(writer)


def test_every_layout_of_orders_has_a_fixture() -> None:
    """A layout that is declared without a fixture is found."""
    assert {layout_of(name).id for name in ORDER_FIXTURES} == set(ORDER_LAYOUTS)


def test_the_table_of_layouts_says_what_is_declared() -> None:
    """docs/export-formats.md is what the declarations and fixtures say; `python -m tests.intake.formats_page` renews it."""
    assert PAGE.read_text(encoding="utf-8") == page()
