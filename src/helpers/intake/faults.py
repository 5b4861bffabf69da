"""What makes a whole load unusable: said in one sentence each, never with a customer's data in it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.errors import InputError
from helpers.intake.assembly import Loaded
from helpers.intake.quality import ORDER_REASONS

FUTURE_SHARE = 0.05
"""From this share of future dates on, the dates of a file are misread rather than mistyped."""
_NONE_LEFT = "No orders: none of the {rows} rows can be used. The most frequent reason ({n} rows): "
NO_ORDERS = {reason: _NONE_LEFT + sentence for reason, sentence in ORDER_REASONS.items()} | {
    "cancelled": "No orders: all {rows} rows belong to cancelled orders; check the column “status” and the export.",
    "after_as_of": "No orders: the data begin only after the day asked for; choose a later day or add older exports.",
}
"""Why nothing is left, by the most frequent reason; catalog keys."""


def check_dates(con: Any, stage: ir.Table, files: list[Loaded], today: date) -> None:
    """Refuse a file whose dates lie in the future for good.

    Raises:
        InputError: at least 5 % of the dates of one file are later than `today`.
    """
    later = stage.ordered_at > ibis.literal(datetime.combine(today, time.max))
    counts = stage.group_by("file_no").agg(dated=stage.ordered_at.count(), later=later.sum())
    for row in con.to_pyarrow(counts.order_by("file_no")).to_pylist():
        if row["dated"] and row["later"] and row["later"] >= FUTURE_SHARE * row["dated"]:
            file = next(one.file for one in files if one.number == row["file_no"])
            raise InputError(
                "{file} has {n} of {rows} dates in the future; check the computer's date and whether the day stands "
                "first (`day_first:` in business.yml).",
                file=file, n=row["later"], rows=row["dated"],
            )  # fmt: skip


def check_usable(con: Any, stage: ir.Table) -> None:
    """Refuse a load that leaves no order.

    Raises:
        InputError: how many rows there were and the most frequent reason.
    """
    counts = stage.group_by("reason").agg(n=stage.count())
    found = {row["reason"]: row["n"] for row in con.to_pyarrow(counts).to_pylist()}
    if None in found:
        return
    if not found:
        raise InputError("No orders: the file has a header but no rows; export it again for a longer period.")
    rows = sum(found.values())
    reason = max(found, key=lambda code: (found[code], code))
    if reason in ("cancelled", "after_as_of") and found[reason] < rows:
        raise InputError(_NONE_LEFT + ORDER_REASONS[reason], rows=rows, n=found[reason])
    raise InputError(NO_ORDERS[reason], rows=rows, n=found[reason])


def check_currency(con: Any, stage: ir.Table, currency: str) -> None:
    """Refuse amounts that cannot be added.

    Raises:
        InputError: more than one currency, or one that is not the business's.
    """
    kept = stage.filter(stage.reason.isnull())
    found = sorted(con.to_pyarrow(kept.select("currency").distinct())["currency"].to_pylist())
    if len(found) > 1:
        raise InputError(
            "The orders are in several currencies ({found}), which are never added together; give each its own client.",
            found=found,
        )
    if found != [currency]:
        raise InputError(
            "The orders are in {found}, business.yml says {currency}; correct `currency:` in business.yml.",
            found=found, currency=currency,
        )  # fmt: skip


def check_customers(con: Any, orders: ir.Table) -> None:
    """Refuse a base of one: there is nothing to compare. None at all is an anonymous till and allowed.

    Raises:
        InputError: exactly one customer is identified.
    """
    if con.to_pyarrow(orders.customer_id.nunique()).as_py() == 1:
        raise InputError(
            "Only one customer could be told apart in {n} orders, so there is nothing to compare; "
            "check the column “customer_id” (business.yml, columns).",
            n=con.to_pyarrow(orders.count()).as_py(),
        )
