"""What is said of the small tables beside the sales: cells nobody understands, people and orders that are nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

from helpers.errors import key
from helpers.intake.formats import Format
from helpers.intake.quality import Note
from helpers.tables import OPTIONAL

MOSTLY = 0.5
"""From this share of rows on that name a customer or an order nobody knows, the file probably uses other codes."""
YES_OR_NO = ("có (yes)", "không (no)")
MISREAD = {
    "words": key("{file}: rows set aside because their “{header}” is not understood: {n}. Write one of: {known}."),
    "numbers": key("{file}: rows set aside because their “{header}” is no number: {n}. Write figures only."),
    "dates": key("{file}: rows set aside because their “{header}” is no date: {n}. Write dates like 31/12/2026."),
}  # fmt: skip
"""What to do about a column of which some cells are not understood (catalog keys)."""


@dataclass(frozen=True)
class Strangers:
    """Rows kept that name a customer who is nowhere else in the data, and those that name such an order."""

    customers: int = 0
    orders: int = 0


def misread(con: Any, table: ir.Table, layout: Format, mapping: Mapping[str, str], file: str) -> tuple[Note, ...]:
    """One remark for each column that made rows unusable: which one, how often, and what to write instead.

    Args:
        con: the engine.
        table: staged rows with `reason` and, for each role of `mapping`, its prepared cell ``r_<role>`` and what was made
            of it ``p_<role>``.
        layout: what the file was recognised as.
        mapping: role → header.
        file: name for the remark.
    """
    schema = OPTIONAL[layout.kind]
    set_aside = table.reason.isin(["bad_value", "bad_date"])
    asked = {
        role: (set_aside & table[f"r_{role}"].notnull() & table[f"p_{role}"].isnull()).sum()
        for role in mapping
        if role in schema and f"p_{role}" in table.columns
    }
    found = con.to_pyarrow(table.aggregate(**asked)).to_pylist()[0] if asked else {}
    return tuple(_note(role, n, mapping[role], layout, file) for role, n in found.items() if n)


def _note(role: str, n: int, header: str, layout: Format, file: str) -> Note:
    kind = OPTIONAL[layout.kind][role]
    values: dict[str, Any] = {"file": file, "n": n, "header": header}
    if kind.is_boolean():
        known = list(YES_OR_NO)
    elif role in layout.words and not kind.is_floating():
        known = [f"{words[0]} ({value})" for value, words in layout.words[role].items()]
    else:
        return Note(MISREAD["dates" if kind.is_temporal() else "numbers"], values)
    return Note(MISREAD["words"], {**values, "known": known})


def strangers(con: Any, table: ir.Table, people: ir.Table, orders: ir.Table) -> Strangers:
    """Count the rows kept of a staged file that name somebody, or an order, that nothing else in the data names."""
    kept = table.filter(table.reason.isnull())
    nobody = _unknown(con, kept, people, "customer_id")
    return Strangers(nobody, _unknown(con, kept, orders, "order_id"))


def _unknown(con: Any, kept: ir.Table, known: ir.Table, column: str) -> int:
    if column not in kept.columns:
        return 0
    named = kept.filter(kept[column].notnull())
    return int(con.to_pyarrow(named.anti_join(known, column).count()).as_py())


def on_file(file: str, rows: int, kept: int, found: Strangers) -> tuple[Note, ...]:
    """Remarks on a whole file beside the sales.

    Args:
        file: its name. rows, kept: rows read and kept.
        found: people and orders that are nowhere else.
    """
    if not rows:
        return (Note(
            "{file} has a header and no rows, so what it is about stays “not measured yet”; export it again.", {"file": file}
        ),)  # fmt: skip
    if not kept:
        return (Note(
            "{file}: none of its {rows} rows can be used, so what it is about stays “not measured yet”; the reasons say "
            "what to mend.",
            {"file": file, "rows": rows},
        ),)  # fmt: skip
    notes = []
    if found.customers >= MOSTLY * kept:
        notes.append(Note(
            "{file}: {n} of {rows} rows name a customer who is in no sale and no customer list; check that it uses the "
            "same customer codes as the sales.",
            {"file": file, "n": found.customers, "rows": kept},
        ))  # fmt: skip
    if found.orders >= MOSTLY * kept:
        notes.append(Note(
            "{file}: {n} of {rows} rows name an order that is not in the sales; check that it uses the same order numbers "
            "and covers the same months.",
            {"file": file, "n": found.orders, "rows": kept},
        ))  # fmt: skip
    return tuple(notes)
