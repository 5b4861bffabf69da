"""Money that was paid back, to the orders it belongs to.

A refund is no visit: it lowers an order. Which one: the order it names; else the customer's last order before it that was
worth at least as much. Without either it is left out with its reason – as is one that names an order not in the data.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake.parsing import MONEY


def to_orders(con: Any, rows: ir.Table) -> ir.Table:
    """Staged rows with every refund on the order it lowers.

    Args:
        con: the engine.
        rows: staged rows; where there are several files also `system` and `number`, the order number within its system.

    Returns:
        The same rows. Refunds carry the number of their order and together take at most what it brought; those
        without an order have the reason ``refund_without_order``.
    """
    if "number" not in rows.columns:
        rows = rows.mutate(system=ibis.literal(""), number=rows.order_id)
    taking = rows.refund | rows.order_id.isin(_below_zero(rows.filter(rows.reason.isnull())).order_id)
    rows = _kept(con, rows.mutate(refund=taking.fill_null(False)))
    concerned = rows.reason.isnull() & rows.refund
    sales = _kept(con, _sales(rows.filter(rows.reason.isnull() & ~rows.refund)))
    targets = _kept(con, _targets(_documents(rows.filter(concerned)), sales))
    back = rows.filter(concerned).left_join(targets, ["system", "order_id"]).select(rows, "sale", "worth")
    return ibis.union(rows.filter(~concerned), _at_most(back).select(*rows.columns))


def _kept(con: Any, table: ir.Table) -> ir.Table:
    """The table computed once, as several steps look at it."""
    return con.create_table(ibis.util.gen_name("intake_refunds"), table, temp=True)


def _below_zero(rows: ir.Table) -> ir.Table:
    """Numbers of orders that as a whole take money back."""
    negative = rows.filter(rows["value"] < 0).select("order_id").distinct()
    sums = rows.semi_join(negative, "order_id").group_by("order_id").agg(whole=rows["value"].sum())
    return sums.filter(sums.whole < 0)


def _sales(rows: ir.Table) -> ir.Table:
    """One row per order: its number within its system, buyer, time and worth."""
    return rows.group_by(sale=rows.order_id).agg(
        sale_system=rows.system.min(), sale_number=rows.number.min(), buyer=rows.customer_id.min(),
        sold_at=rows.ordered_at.min(), worth=rows["value"].sum(),
    )  # fmt: skip


def _documents(rows: ir.Table) -> ir.Table:
    """One row per refund – a receipt, a return note – however many lines it has."""
    return rows.group_by("system", "order_id").agg(
        number=rows.number.min(), names=rows.refund_of.max(), customer=rows.customer_id.min(),
        paid_at=rows.ordered_at.min(), asked=-rows["value"].sum(),
    )  # fmt: skip


def _targets(documents: ir.Table, sales: ir.Table) -> ir.Table:
    """system, order_id of a refund → `sale`, the order it lowers, and what that one was worth."""
    # a number that was used twice means the later order
    numbered = sales.group_by("sale_system", "sale_number").agg(sale=sales.sale.argmax(sales.sold_at))
    wanted = documents.mutate(wanted=ibis.coalesce(documents.names, documents.number))
    named = wanted.left_join(numbered, [wanted.system == numbered.sale_system, wanted.wanted == numbered.sale_number])
    loose = named.filter(named.sale.isnull() & named.names.isnull() & named.customer.notnull()).drop("sale")
    bought = [loose.customer == sales.buyer, sales.sold_at <= loose.paid_at, sales.worth >= loose.asked]
    before = loose.inner_join(sales.select("sale", "buyer", "sold_at", "worth"), bought)
    before = before.group_by("system", "order_id").agg(sale=before.sale.argmax(before.sold_at))
    found = named.filter(named.sale.notnull()).select("system", "order_id", "sale").union(before)
    return found.inner_join(sales.select("sale", "worth"), "sale")


def _at_most(back: ir.Table) -> ir.Table:
    """Refunds of an order take at most what it brought; the first ones first."""
    order = [back.file_no, back.source_row]
    so_far = ibis.window(group_by=back.sale, order_by=order, preceding=None, following=0)
    left = ibis.greatest(back.worth + back["value"].sum().over(so_far) - back["value"], 0)
    taken = -ibis.least(-back["value"], left)
    lost = back.sale.isnull()
    return back.mutate(
        value=lost.ifelse(back["value"], taken).cast(MONEY),
        order_id=ibis.coalesce(back.sale, back.order_id),
        reason=lost.ifelse("refund_without_order", back.reason),
    )
