"""Who is asked for, with every key of theirs in today's files and in every run that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from helpers import engine, intake, tables
from helpers.business import Business
from helpers.errors import InputError
from helpers.intake import resolution
from helpers.intake.resolution.corrections import parsed
from helpers.intake.resolution.linking import STRONG
from helpers.intake.text import fold
from helpers.pipeline import stages
from helpers.privacy.person import Person
from helpers.run import EARLIER


@dataclass(frozen=True)
class _Place:
    """What today's files or one run say of customers."""

    con: Any
    identities: ir.Table
    people: ir.Table
    orders: ir.Table


def find(client: Path, business: Business, there: Any, asked: str, *, today: date) -> Person:
    """Everything by which somebody is known; a person of whom nothing is found when no customer has the key.

    Keys somebody else has as well – a family's number – are not theirs alone and are left to the other.

    Args:
        there: the warehouse that keeps the client's runs, where there is one. asked: customer code, SYSTEM:CODE, telephone number or e-mail.
    """
    con = engine.connect()
    person = Person(business.country)
    try:
        for place in _places(con, client, business, there, today):
            person = _with(place.con, person, place, asked)
        return person
    finally:
        con.disconnect()


def as_key(asked: str, country: str) -> Person:
    """The person of whom nothing but the key asked for is known."""
    con = engine.connect()
    try:
        key = parsed(con, asked, [], country)
    finally:
        con.disconnect()
    system, colon, code = key.text.partition(":")
    codes = {(None, key.text), *([(system.strip(), code.strip())] if colon else [])}
    kept = frozenset() if key.phone or key.email else frozenset(codes)
    return Person(
        country,
        codes=kept,
        phones=frozenset({key.phone} if key.phone else ()),
        emails=frozenset({key.email} if key.email else ()),
    )


def _places(con: Any, client: Path, business: Business, there: Any, today: date) -> Iterator[_Place]:
    """Today's files, then every run, newest first; a place that cannot be read tells nothing."""
    with suppress(InputError):  # a file that is gone must not keep somebody in the runs
        taken = intake.load(business, client, con, today=today)
        if taken.identities is not None:
            yield _Place(con, taken.identities, taken.people, taken.orders)
    for run in stages.earlier_runs(client / "runs"):
        folder = run / "tables"
        if (folder / f"people{tables.KEPT}").is_file():
            yield _of_run(there, folder)
        else:
            with suppress(OSError, duckdb.Error, LookupError):
                yield _of_run(con, folder)


def _of_run(con: Any, folder: Path) -> _Place:
    """What a run says of customers.

    Raises:
        LookupError: it has no table of them.
    """
    named = {path.stem for path in tables.made(folder)}
    asked = ("people", "identities", "orders", f"{EARLIER}orders")
    read = {name: tables.read(con, folder, name, ibis.util.gen_name("kept")) for name in asked if name in named}
    found = {name: table for name, table in read.items() if table is not None}
    people = found["people"]
    sold = [found[name].select("order_id", "customer_id") for name in asked[2:] if name in found]
    return _Place(
        con, found.get("identities", _by_people(people)), people, ibis.union(*sold) if len(sold) > 1 else sold[0]
    )


def _by_people(people: ir.Table) -> ir.Table:
    """Keys of a run that kept no identities: one of before they were kept, or one whose orders stayed in a warehouse."""
    keys = {"code": people.customer_id, "phone": people.phone, "email": people.email}
    told = [
        {"customer_id": people.customer_id, "key_kind": ibis.literal(kind), "key_value": key}
        for kind, key in keys.items()
    ]
    schema = tables.IDENTITIES.items()
    rows = [
        people.filter(one["key_value"].notnull()).select(
            **{name: one.get(name, ibis.null(kind)).cast(kind) for name, kind in schema}
        )
        for one in told
    ]
    return ibis.union(*rows)


def _with(con: Any, person: Person, place: _Place, asked: str) -> Person:
    """The person with what a place knows of them."""
    everybody = place.identities.filter(place.identities.customer_id.notnull())
    ids = set(_column(con, resolution.owners(con, place.identities, asked, person.country), "customer_id"))
    strong = everybody.filter(everybody.key_kind.isin(list(STRONG)))
    for kind, values in (("phone", person.phones), ("email", person.emails)):
        if values:
            same = strong.filter((strong.key_kind == kind) & strong.key_value.isin(sorted(values)))
            ids |= set(_column(con, same, "customer_id"))
    if person.ids:
        ids |= set(_column(con, strong.filter(strong.customer_id.isin(sorted(person.ids))), "customer_id"))
    if not ids:
        return person
    own = everybody.group_by("key_kind", "key_value", "system").agg(
        who=everybody.customer_id.max(), owners=everybody.customer_id.nunique()
    )
    mine = con.to_pyarrow(own.filter((own.owners == 1) & own.who.isin(sorted(ids)))).to_pylist()
    contact = place.people.filter(place.people.customer_id.isin(sorted(ids)))
    names = set(_column(con, contact.filter(contact.name.notnull()), "name"))
    others = place.people.filter(~place.people.customer_id.isin(sorted(ids)) & place.people.name.notnull())
    return replace(
        person,
        ids=person.ids | ids,
        codes=person.codes | {(row["system"], row["key_value"]) for row in mine if row["key_kind"] == "code"},
        phones=person.phones | {row["key_value"] for row in mine if row["key_kind"] == "phone"},
        emails=person.emails | {row["key_value"] for row in mine if row["key_kind"] == "email"},
        weak=person.weak | {(row["key_kind"], row["key_value"]) for row in mine if row["key_kind"] not in STRONG},
        names=person.names | names,
        common=person.common | _shared_names(con, others, names),
        orders=person.orders
        | set(_column(con, place.orders.filter(place.orders.customer_id.isin(sorted(ids))), "order_id")),
    )


def _shared_names(con: Any, others: ir.Table, names: set[str]) -> set[str]:
    wanted = {fold(name) for name in names}
    return {fold(name) for name in _column(con, others, "name")} & wanted


def _column(con: Any, table: ir.Table, name: str) -> list[str]:
    found: list[str] = con.to_pyarrow(table.select(name).distinct())[name].to_pylist()
    return found
