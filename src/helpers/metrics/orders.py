"""Orders of known customers, each in its place: the how-many-th of its customer, and when the one before was.

A place is known on the day of the order and never changes with what comes later, so it is worked out once for all ends of
observation. A run keeps it (:func:`placed`); an orders table without it is put in sequence where a measure needs it.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

PLACE = {"day": "date", "nth": "int64", "first_day": "date", "previous_day": "date"}
"""Columns that give an order its place, and their types: calendar day; 1 for the customer's first order, 2 for the second, …; day of
the customer's first order; day of the order before (missing for the first). All but `day` are missing for unknown customers."""


def is_placed(orders: ir.Table) -> bool:
    """Whether these orders carry their place already."""
    return set(PLACE) <= set(orders.columns)


def placed(orders: ir.Table) -> ir.Table:
    """All orders, those of unknown customers included, with the columns of :data:`PLACE`.

    Orders of the same moment are told apart by their number. Whoever leaves out some of a customer's orders afterwards must drop
    the columns with them; leaving out customers is harmless.
    """
    if is_placed(orders):
        return orders
    known = _sequence(with_day(orders.filter(orders.customer_id.notnull())))
    unknown = with_day(orders.filter(orders.customer_id.isnull()))
    missing = {name: ibis.null(kind) for name, kind in PLACE.items() if name != "day"}
    return ibis.union(known, unknown.mutate(**missing).select(*known.columns))


def with_day(orders: ir.Table) -> ir.Table:
    """Orders with their calendar day as `day`."""
    return orders if is_placed(orders) else orders.mutate(day=orders.ordered_at.date())


def identified(orders: ir.Table, as_of: date) -> ir.Table:
    """Orders of known customers up to and including `as_of`, with the calendar day as `day`."""
    known = with_day(orders.filter(orders.customer_id.notnull()))
    return known.filter(known.day <= ibis.literal(as_of))


def in_sequence(orders: ir.Table, as_of: date) -> ir.Table:
    """:func:`identified` with the columns of :data:`PLACE`."""
    known = identified(orders, as_of)
    return known if is_placed(orders) else _sequence(known)


def _sequence(known: ir.Table) -> ir.Table:
    each = ibis.window(group_by="customer_id", order_by=["ordered_at", "order_id"])
    return known.mutate(
        nth=(ibis.row_number().over(each) + 1).cast("int64"),
        first_day=known.day.first().over(each),
        previous_day=known.day.lag().over(each),
    )


def opens_day(known: ir.Table) -> ir.BooleanValue:
    """Whether an order in sequence is its customer's first of the day: several receipts on one day are one purchase day."""
    found: ir.BooleanValue = known.previous_day.isnull() | (known.previous_day < known.day)
    return found


def purchase_days(orders: ir.Table, as_of: date) -> ir.Table:
    """One row per customer and day with an order.

    Returns:
        customer_id, day, first_day, previous (the customer's purchase day before, missing for the first), gap (days since it).
    """
    known = in_sequence(orders, as_of)
    days = known.filter(opens_day(known))
    gap = days.day.delta(days.previous_day, unit="day").cast("int64")
    return days.select("customer_id", "day", "first_day", previous="previous_day", gap=gap)
