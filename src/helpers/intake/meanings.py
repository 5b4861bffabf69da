"""What the cells of a file of orders mean: its moment, its person, its words, its state – once per different cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from helpers.intake import parsing, revenue
from helpers.intake.cells import Cells
from helpers.intake.evidence import Evidence
from helpers.intake.formats import Format, vocabulary
from helpers.intake.identity import person_columns, with_whole_name
from helpers.intake.parsing import COUNT, PRICE
from helpers.intake.text import folded

MONEY_ROLES = ("net_revenue", "shipping", "tax", "refund", "amount", "line_discount", "unit_price")
FIGURES = (*MONEY_ROLES, "quantity", "returned_quantity")

UNDERSTOOD_TOGETHER: dict[str, tuple[str, ...]] = {
    "moment": ("ordered_at", "ordered_time"),
    "person": ("customer_id", "name", "last_name", "phone", "email", "birthday", "address"),
    "goods": ("product_id", "product", "category"),
    "place": ("currency", "channel", "branch", "staff"),
    "state": ("status", "cancelled_at", "test", "row_type"),
    **{role: (role,) for role in FIGURES},
}
"""Groups of roles whose cells are parsed once for all rows that hold the same ones; an order's number hardly repeats."""


@dataclass(frozen=True)
class Settings:
    """What holds for every file of a load."""

    currency: str
    currency_digits: int
    zone: str
    country: str
    today: date
    as_of: date | None


@dataclass(frozen=True)
class Reading:
    """How one file is read: its layout, what holds for every file, and what its own cells show."""

    layout: Format
    settings: Settings
    evidence: Evidence


def meaning(name: str, group: Cells, reading: Reading) -> dict[str, Any]:
    """What the cells of one group mean: columns of the staged rows, figures as ``f_<role>``."""
    if name in _MEANINGS:
        return _MEANINGS[name](group.columns, reading)
    kind = COUNT if name in ("quantity", "returned_quantity") else PRICE
    return {f"f_{name}": parsing.number(group.columns[name], kind, _decimal(name, reading))}


def _decimal(role: str, reading: Reading) -> str | None:
    """The column's decimal sign; not for money without minor unit, where three digits are always thousands."""
    if reading.layout.decimal is not None:
        return reading.layout.decimal
    whole = role in MONEY_ROLES and reading.settings.currency_digits == 0
    return None if whole else reading.evidence.decimals.get(role)


def _moment(columns: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """The order's time; date and clock may stand in two columns."""
    if "ordered_at" not in columns:
        return {}
    on, clock, day_first = columns["ordered_at"], columns.get("ordered_time"), reading.evidence.day_first
    if reading.layout.utc:
        found = parsing.from_utc(parsing.moment(on, day_first=day_first, zone="UTC"), reading.settings.zone)
    else:
        found = parsing.moment(on, day_first=day_first, zone=reading.settings.zone)
        if clock is not None and clock.type().is_string():
            day = on if on.type().is_string() else found.strftime("%Y-%m-%d")
            found = ibis.coalesce(
                parsing.moment(day + " " + clock, day_first=day_first, zone=reading.settings.zone), found
            )
    return {"ordered_at": found, "has_date": on.notnull()}


def _person(columns: dict[str, Any], reading: Reading) -> dict[str, Any]:
    return person_columns(
        with_whole_name(columns), reading.layout, reading.settings.country, reading.evidence.day_first
    )


def _words(columns: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Texts as they stand, or as the layout's words translate them."""
    found = {}
    for role, column in columns.items():
        meanings = reading.layout.words.get(role)
        open_word = role in reading.layout.open_words
        found[role] = column if meanings is None else parsing.word(column, meanings, keep_unknown=open_word)
    if "currency" in found:
        found["currency"] = _currency(found["currency"], reading.settings.currency)
    return found


def _currency(value: Any, default: str) -> Any:
    """ISO code of a currency however it is written; the business's own where the file says nothing."""
    signs = {sign: code for code, signs in vocabulary().currencies.items() for sign in signs}
    return folded(value).cases(*signs.items(), else_=value.upper()).fill_null(default)


def _state(columns: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """What the marks on a row say: the status, a time of cancellation, a trial, money paid back."""
    layout = reading.layout
    voided = columns["cancelled_at"].notnull() if "cancelled_at" in columns else ibis.literal(False)
    return {
        "status_means": revenue.meaning(columns, layout),
        "voided": voided,
        "trial": _trial(columns, layout),
        "refund": revenue.takes_back(columns, layout),
    }


def _trial(columns: dict[str, Any], layout: Format) -> Any:
    """Whether a mark or one of several tags says that the order was made to try the system out."""
    if "test" not in columns:
        return ibis.literal(False)
    words = "|".join(re.escape(word) for word in layout.test_words)
    return folded(columns["test"]).re_search(rf"(^|[,;|]) *({words}) *($|[,;|])").fill_null(False)


_MEANINGS: dict[str, Callable[[dict[str, Any], Reading], dict[str, Any]]] = {
    "moment": _moment, "person": _person, "goods": _words, "place": _words, "state": _state,
}  # fmt: skip


def nothing_said(roles: set[str], reading: Reading) -> dict[str, Any]:
    """What rows say of the roles their file has no column for: the layout's constants, else nothing."""
    layout = reading.layout
    absent: dict[str, Any] = {}
    if not roles & set(UNDERSTOOD_TOGETHER["person"]):
        absent |= _person({}, reading)
    if not roles & set(UNDERSTOOD_TOGETHER["state"]):
        absent |= _state({}, reading)
    for role in (*UNDERSTOOD_TOGETHER["goods"], *UNDERSTOOD_TOGETHER["place"]):
        if role in layout.constants or role not in roles:
            word = ibis.literal(layout.constants[role]) if role in layout.constants else ibis.null("string")
            absent[role] = _currency(word, reading.settings.currency) if role == "currency" else word
    return absent
