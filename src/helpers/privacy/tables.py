"""Parquet without somebody: the tables of finished runs, and exports of that kind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from helpers import files
from helpers.privacy.person import Person
from helpers.privacy.rows import OF_THE_PERSON, Columns, judged
from helpers.run import EARLIER

SALES = ("orders", "order_lines", "placed")
OF_THE_CUSTOMER = ("customer_id", "nth", "first_day", "previous_day")
ABOUT_AN_ORDER = ("feedback", "tickets")
LAST = ("identities", "people")
"""Tables by which somebody is found again if the call is broken off: written again when everything else is done."""


def without(path: Path, person: Person) -> int:
    """Write a run's table again without somebody; the number of rows left out or changed.

    Sales stay, as those of nobody. The file is put in place whole, so one that shares its content with it by a hard link is not
    touched: it has its own turn.
    """
    table = parquet.read_table(path)
    name = path.stem.removeprefix(EARLIER)
    found = _without_their_rows(table, name, person)
    changed = table.num_rows - found.num_rows
    if name in SALES:
        theirs = _in(found, "customer_id", person.ids)
        changed += pc.sum(theirs).as_py() or 0
        for column in (one for one in OF_THE_CUSTOMER if one in found.column_names):
            found = _replaced(found, column, pc.if_else(theirs, None, found[column]))
    found, rows = _without_words(found, name, person)
    if changed + rows:
        write(path, found)
    return int(changed + rows)


def _without_their_rows(table: pa.Table, name: str, person: Person) -> pa.Table:
    if name in SALES:
        return table
    if name in ABOUT_AN_ORDER and "order_id" in table.column_names:
        table = table.filter(pc.invert(_in(table, "order_id", person.orders)))
    for column, values in (("customer_id", person.ids), ("phone", person.phones), ("email", person.emails)):
        if column in table.column_names:
            table = table.filter(pc.invert(_in(table, column, values)))
    return table


def _without_words(table: pa.Table, name: str, person: Person) -> tuple[pa.Table, int]:
    """Texts in which they are named: gone where it is the text of a row set aside, else without the words."""
    hit: Any = pa.array([False] * table.num_rows)
    for column in table.column_names:
        if not pa.types.is_string(table[column].type) and not pa.types.is_large_string(table[column].type):
            continue
        different = [text for text in pc.unique(table[column]).to_pylist() if text]
        bad = {text: new for text in different if (new := masked(text, column, person)) != text}
        if not bad:
            continue
        keys, news = pa.array(list(bad), table[column].type), pa.array(list(bad.values()), table[column].type)
        at = pc.index_in(table[column], value_set=keys)
        there = pc.is_valid(at)
        new = pa.nulls(table.num_rows, table[column].type) if name == "rejects" else pc.take(news, at)
        table = _replaced(table, column, pc.if_else(there, new, table[column]))
        hit = pc.or_(hit, there)
    return table, pc.sum(hit).as_py() or 0


def masked(text: str, column: str, person: Person) -> str:
    """A text of a column without them. A reject's text holds cells as JSON, among which a short code stands by itself."""
    if column == "raw" and any(f'"{code}"' in text for code in person.all_codes):
        return ""
    return person.masked(text, everybody=column in ("raw", "comment", "note"))


def without_in_export(path: Path, columns: Columns, person: Person) -> int:
    """Write an export again without somebody; the number of rows left out or changed."""
    table = parquet.read_table(path)
    texts = [_texts(table[name]) for name in table.column_names]
    asked = [at for at, cells in enumerate(zip(*texts, strict=True)) if judged(cells, columns, person)]
    rows = table.take(asked).to_pylist() if asked else []
    gone: set[int] = set()
    for at in asked:
        change = judged([column[at] for column in texts], columns, person)
        assert change is not None
        if change.leave_out:
            gone.add(at)
        for place, new in (change.cells or {}).items():
            role = columns.roles.get(place)
            kept = role is not None and role not in OF_THE_PERSON
            rows[asked.index(at)][table.column_names[place]] = new if kept and new else None
    if not asked:
        return 0
    found = table
    if rows:
        changed = pa.Table.from_pylist(rows, schema=table.schema)
        whole = pa.concat_tables([table, changed])
        moved = {at: table.num_rows + n for n, at in enumerate(asked)}
        found = whole.take([moved.get(at, at) for at in range(table.num_rows) if at not in gone])
    write(path, found)
    return len(asked)


def _texts(column: pa.ChunkedArray) -> list[str]:
    return ["" if value is None else re.sub(r"\.0$", "", str(value)) for value in column.to_pylist()]


def _in(table: pa.Table, column: str, values: frozenset[str]) -> Any:
    if column not in table.column_names:
        return pa.array([False] * table.num_rows)
    return pc.is_in(table[column], value_set=pa.array(sorted(values), table[column].type))


def _replaced(table: pa.Table, column: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(column), table.schema.field(column).with_nullable(True), values)


def write(path: Path, table: pa.Table) -> None:
    """A table in place of the file, whole or not at all, readable by its owner alone."""
    out = pa.BufferOutputStream()
    parquet.write_table(table, out)
    files.write_bytes(path, out.getvalue().to_pybytes(), private=True)
