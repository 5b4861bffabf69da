"""What a warehouse keeps of a client's runs: every table without somebody, and none at all when the client leaves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import reduce
from operator import and_, or_
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers import files, warehouse
from helpers.business import Business
from helpers.errors import InputError
from helpers.privacy.person import LEAST_CODE, Person
from helpers.privacy.tables import ABOUT_AN_ORDER, LAST, OF_THE_CUSTOMER, SALES, masked
from helpers.run import EARLIER
from helpers.tables import KEPT

_KEYS = {"people": ("phone", "email"), "identities": ("key_value",)}
"""Tables and columns in which a customer's numbers and addresses stand."""


def opened(business: Business, client: Path) -> Any:
    """The warehouse that keeps this client's runs; None where no run is kept in one.

    Raises:
        InputError: it cannot be reached, or is not where the tables of every run are.
    """
    con = warehouse.opened(business, client)
    there = set(con.labels()) if con is not None else set()
    for path in _files(client):
        if _label(path) not in there:
            if con is not None:
                con.disconnect()
            raise InputError(
                "The table {table} of the run {run} is not in the warehouse of business.yml: name the warehouse that keeps it, or remove "
                "the folder of that run, then give the command again.",
                table=_label(path), run=path.parents[1].name,
            )  # fmt: skip
    return con


def without(con: Any, client: Path, person: Person) -> dict[Path, int]:
    """Put every table that names somebody anew without them, as :func:`helpers.privacy.tables.without` does with files.

    The new table is there before a run refers to it, and the old one goes when no run does: a call broken off can be given again.

    Returns:
        File that stands for a table → rows left out or changed.
    """
    changed: dict[Path, int] = {}
    done: dict[str, tuple[str, int]] = {}
    for path in sorted(_files(client), key=lambda path: (path.stem.removeprefix(EARLIER) in LAST, path)):
        label, name = _label(path), path.stem.removeprefix(EARLIER)
        if label not in done:
            found, rows = _without(con.kept(label), name, person)
            done[label] = (con.keep(found, name) if rows else label, rows)
        new, rows = done[label]
        if rows:
            files.write_text(path, f"{new}\n", private=True)
            changed[path] = rows
    warehouse.sweep(con, client)
    return changed


def forget_all(con: Any) -> None:
    """Drop every table of the client."""
    con.forget(con.labels())


def keys_among(con: Any, client: Path, words: frozenset[str]) -> Iterator[str]:
    """Those of some numbers (their last nine digits) and e-mails (in small letters) that are a customer's of some run."""
    for path in _files(client):
        for column in _KEYS.get(path.stem.removeprefix(EARLIER), ()):
            table = con.kept(_label(path))
            for said in (table[column].lower(), _digits(table[column]).right(9)):
                asked = table.select(word=said)
                found = con.to_pyarrow(asked.filter(asked.word.isin(sorted(words))).distinct())
                yield from found["word"].to_pylist()


def _files(client: Path) -> list[Path]:
    return sorted(client.glob(f"runs/*/tables/*{KEPT}"))


def _label(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _without(table: ir.Table, name: str, person: Person) -> tuple[ir.Table, int]:
    """A table without somebody, and the number of rows left out or changed."""
    found, theirs = table, _theirs(table, name, person)
    rows = _count(table, theirs)
    if rows and name in SALES:
        nobody = {c: theirs.ifelse(ibis.null(table[c].type()), table[c]) for c in OF_THE_CUSTOMER if c in table.columns}
        found = table.mutate(**nobody)
    elif rows:
        found = table.filter(~theirs)
    texts = {column: _named(found, column, person) for column, kind in found.schema().items() if kind.is_string()}
    texts = {column: named for column, named in texts.items() if named}
    if texts:
        rows += _count(found, reduce(or_, (found[column].isin(list(named)) for column, named in texts.items())))
        found = found.mutate(**{column: _put(found[column], named, name) for column, named in texts.items()})
    return found, rows


def _count(table: ir.Table, which: ir.BooleanValue) -> int:
    return int(table.filter(which).count().to_pyarrow().as_py())


def _theirs(table: ir.Table, name: str, person: Person) -> ir.BooleanValue:
    """Whether a row is one of theirs; of a table of sales, by its customer alone."""
    asked = {"customer_id": person.ids}
    if name not in SALES:
        asked |= {"phone": person.phones, "email": person.emails}
        if name in ABOUT_AN_ORDER:
            asked["order_id"] = person.orders
    told = [
        table[column].isin(sorted(values)) for column, values in asked.items() if values and column in table.columns
    ]
    return reduce(or_, (one.fill_null(False) for one in told), ibis.literal(False))


def _named(table: ir.Table, column: str, person: Person) -> dict[str, str]:
    """Different texts of a column that name them, with what is put in their place."""
    could = reduce(or_, _hints(table[column], person), ibis.literal(False))
    texts = table.filter(could).select(column).distinct().to_pyarrow()[column].to_pylist()
    return {text: new for text in texts if text and (new := masked(text, column, person)) != text}


def _hints(text: ir.StringValue, person: Person) -> Iterator[ir.BooleanValue]:
    """What is true of every text that names them, and of some that do not: those are read one by one."""
    for code in sorted(person.all_codes):
        yield from map(text.contains, _forms(code if len(code) >= LEAST_CODE else f'"{code}"'))
    for word in sorted(person.emails):
        yield text.lower().contains(word.lower())
    for number in sorted(person.phones):
        yield _digits(text).contains(re.sub(r"\D", "", number)[-8:])
    for called in sorted(person.names):
        yield reduce(and_, (reduce(or_, map(text.contains, _forms(word))) for word in called.split()))


def _forms(word: str) -> list[str]:
    """A word as it may be written: not every database knows small and capital letters beyond ASCII."""
    cases = (word, word.lower(), word.upper(), word.title(), word.capitalize())
    return sorted({unicodedata.normalize(form, one) for one in cases for form in ("NFC", "NFD")})


def _digits(text: ir.StringValue) -> ir.StringValue:
    return text.re_replace("[^0-9]", "")


def _put(column: ir.StringValue, named: dict[str, str], name: str) -> ir.Value:
    """The text of a row set aside goes as a whole, every other one without their name."""
    if name == "rejects":
        return column.isin(list(named)).ifelse(ibis.null("string"), column)
    return ibis.cases(*((column == text, new) for text, new in named.items()), else_=column)
