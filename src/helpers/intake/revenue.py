"""What a row earned: its line, its order's total, and what of it was paid back – before anything is added up.

Revenue is what goods and services brought. Shipping and taxes that stand in columns of their own are taken off; what a
layout's money column holds beyond that is declared by the layout (``includes``) and said in the quality report.
"""

from __future__ import annotations

from typing import Any

import ibis

from helpers.intake import parsing
from helpers.intake.formats import Format
from helpers.intake.parsing import COUNT, MONEY, PRICE

PARTS = ("shipping", "tax")
"""Roles that are part of an order's total without being the shop's revenue."""


def meaning(columns: dict[str, Any], layout: Format) -> Any:
    """What each row's status means: ``cancelled``, ``pending``, ``returned``, or missing for a sale."""
    if "status" not in columns:
        return ibis.null("string")
    return parsing.word(columns["status"], layout.statuses, keep_unknown=False)


def takes_back(columns: dict[str, Any], layout: Format) -> Any:
    """Whether each row takes money back; a plain false where the layout has no such rows."""
    if layout.returns:
        return ibis.literal(True)
    if "row_type" not in columns:
        return ibis.literal(False)
    return parsing.is_one_of(columns["row_type"], layout.refund_words)


def figures(parsed: dict[str, Any], *, status_means: Any, refund: Any) -> dict[str, Any]:
    """The figures of each row.

    Args:
        parsed: role → exact figures as they stand in the file.
        status_means: as :func:`meaning` gives it.
        refund: as :func:`takes_back` gives it.

    Returns:
        ``total`` of the order and ``amount`` of the line, net of shipping, tax and what was paid back, negative on rows
        that take money back; ``quantity``, ``unit_price``; ``back``: what came back of a line whose order has a total
        (missing where the layout does not say).
    """

    def figure(role: str, kind: str = PRICE) -> Any:
        return parsed[role] if role in parsed else ibis.null(kind)

    counted = "quantity" in parsed
    quantity = figure("quantity", COUNT) if counted else ibis.literal(1).cast(COUNT)
    price, amount = figure("unit_price"), figure("amount").cast(MONEY)
    if "amount" not in parsed and "unit_price" in parsed:
        amount = times(quantity, price)
        if "line_discount" in parsed:
            amount = (amount - figure("line_discount").fill_null(0)).cast(MONEY)
    total = figure("net_revenue").cast(MONEY)
    for part in PARTS:
        if part in parsed:
            total = lowered(total, figure(part).abs().fill_null(0))
    back = ibis.null(MONEY)
    if "returned_quantity" in parsed:
        returned = figure("returned_quantity", COUNT).abs().fill_null(0)
        back = times(returned, price) if "unit_price" in parsed else (amount * returned / quantity).cast(MONEY)
        back = ibis.least(back, amount).cast(MONEY).fill_null(0)
        amount = lowered(amount, back)
    if "refund" in parsed:
        paid_back = figure("refund").abs().fill_null(0)
        if "net_revenue" in parsed:
            total = lowered(total, paid_back)
        else:
            amount = lowered(amount, paid_back)
    nothing_left = (status_means == "returned").fill_null(False)
    total, amount = (nothing_left.ifelse(0, x).cast(MONEY) for x in (total, amount))
    total, amount = (refund.ifelse(-x.abs(), x).cast(MONEY) for x in (total, amount))
    quantity = refund.ifelse(-quantity.abs(), quantity).cast(COUNT)
    known = counted or "unit_price" in parsed
    return {
        "total": total,
        "amount": amount,
        "quantity": (quantity if known else ibis.null(COUNT)).cast("float64"),
        "unit_price": price.cast("float64"),
        "back": back,
    }


def times(quantity: Any, price: Any) -> Any:
    """A count times a price; wide before multiplying, as DuckDB multiplies two narrow decimals into a narrow one."""
    return (quantity.cast("decimal(38, 6)") * price.cast("decimal(38, 4)")).cast(MONEY)


def lowered(figure: Any, by: Any) -> Any:
    """A figure less a part of it, towards zero and never beyond: what is paid back may hold shipping besides.

    Args:
        figure: an amount of either sign.
        by: an amount of at least zero.
    """
    less = ibis.cases(
        (figure > 0, ibis.greatest(figure - by, 0)), (figure < 0, ibis.least(figure + by, 0)), else_=figure
    )
    return less.cast(MONEY)
