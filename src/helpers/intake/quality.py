"""What the intake can say about the data it was given: counts, sums and shares, never a customer's data."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

ORDER_REASONS = {
    "blank_row": "The row is empty.",
    "total_row": "The row is a total, not a sale.",
    "description_row": "The row describes the columns.",
    "malformed": "The row has more or fewer cells than the header, or a quotation mark that is never closed.",
    "header_again": "The row repeats the header.",
    "cancelled": "The order was cancelled.",
    "pending": "The order is a draft or not paid yet, so it is no sale.",
    "test_order": "The order was made to try the system out.",
    "no_order_id": "The row has no order number.",
    "no_date": "The row has no date.",
    "bad_date": "The date cannot be read.",
    "future_date": "The date lies in the future.",
    "after_as_of": "The date lies after the day up to which the data are looked at.",
    "bad_amount": "The amount is missing or cannot be read.",
    "no_price": "The price is zero or less: a correction, not a sale.",
    "no_quantity": "The quantity is zero or less.",
    "exported_again": "The same entry stands in a later file, which counts.",
    "refund_without_order": "Money was paid back, but the order it belongs to is not in the data.",
    "no_customer": "The row names no customer.",
    "bad_value": "A word or number in the row is not understood.",
}
REASONS = ORDER_REASONS | {
    "forgotten": "Its customer asked to be forgotten.",
    "unknown_customer": "The customer named in the row is not in the sales or the customer list.",
    "outside_scale": "The score lies outside its scale.",
    "answer_before_question": "The answer is dated before the complaint was made.",
    "arrival_before_order": "The delivery is dated before the order was placed.",
    "end_before_start": "The end is dated before the beginning.",
}
"""Why a row is left out: stable code → the sentence that says so. :data:`ORDER_REASONS` are those a sale may have."""


@dataclass(frozen=True)
class Note:
    """A remark on the data: an English sentence (a catalog key) and the values it is worded with."""

    message: str
    values: dict[str, str | int | float | list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceReport:
    """One file.

    Attributes:
        kind, file, format, title: what it feeds, its name without folder, the layout's id and name.
        rows, rows_kept, rows_rejected: data rows. first_date, last_date: of the rows kept, ISO, or missing.
        orders, customers: different order numbers and customers among all rows read.
        rows_without_customer, rows_cancelled: among all rows read. exact_duplicates: rows equal to an earlier row
            in every cell (kept, but counted).
        amount_read, amount_kept, amount_rejected: money of the orders; zero for other kinds.
        day_first: how its dates were read; missing where there was nothing to decide.
        mapping: role → header. unmapped: headers that play no role.
        unknown_customers, unknown_orders: rows kept that name a customer, an order, that is nowhere else in the data.
    """

    kind: str
    file: str
    format: str
    title: str
    rows: int
    rows_kept: int
    rows_rejected: int
    first_date: str | None
    last_date: str | None
    orders: int
    customers: int
    rows_without_customer: int
    rows_cancelled: int
    exact_duplicates: int
    amount_read: float
    amount_kept: float
    amount_rejected: float
    day_first: bool | None
    mapping: dict[str, str]
    unmapped: tuple[str, ...]
    unknown_customers: int = 0
    unknown_orders: int = 0


@dataclass(frozen=True)
class Identified:
    """How people were recognised across files and systems.

    Attributes:
        people: customers who stand under several keys; known_as: the customers they would have been without.
        through: kind of evidence – ``code``, ``phone``, ``email``, ``name_birthday``, ``name_address``, ``stated`` – → how many
            of them it joined; somebody joined by two kinds counts under both.
        shared: kind of key → keys that belong to nobody in particular and join nobody.
        told_apart: kind of key → keys that several people use, each known by their name or time.
    """

    people: int
    known_as: int
    through: dict[str, int] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)
    told_apart: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Quality:
    """The whole intake; ``dataclasses.asdict`` of it can be written as JSON.

    Attributes:
        rows_read = rows_kept + rows_rejected, over every file; amount_read = amount_kept + amount_rejected, over the
            files of orders. rejected_by_reason: code of :data:`REASONS` → rows, most frequent first.
        sources: one report per file. orders, customers: kept. anonymous_order_share, anonymous_revenue_share: 0–1, of
            orders and of revenue without a customer; missing where there is nothing to divide by.
        phone_coverage, email_coverage: share of identified customers with one; missing without customers.
        currencies: codes among the orders kept. day_first: file → how its dates were read. notes: remarks to show.
        identity: how people were recognised; missing while the rows stay in a warehouse.
    """

    rows_read: int
    rows_kept: int
    rows_rejected: int
    amount_read: float
    amount_kept: float
    amount_rejected: float
    rejected_by_reason: dict[str, int]
    sources: tuple[SourceReport, ...]
    orders: int
    customers: int
    anonymous_order_share: float | None
    anonymous_revenue_share: float | None
    phone_coverage: float | None
    email_coverage: float | None
    currencies: tuple[str, ...]
    day_first: dict[str, bool | None]
    notes: tuple[Note, ...] = ()
    identity: Identified | None = None


def share(part: Any, whole: Any) -> float | None:
    """Part of a whole as a plain number; missing when the whole is zero."""
    return float(part / whole) if whole else None


def prove(what: str, read: int | Decimal, kept: int | Decimal, rejected: int | Decimal) -> None:
    """The identity of every load. Its failure is a fault of this package, hence not an InputError."""
    if read != kept + rejected:
        raise AssertionError(f"intake lost {what}: read {read}, kept {kept}, rejected {rejected}")
