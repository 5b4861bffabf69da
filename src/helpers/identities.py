"""`retention identities`: who was recognised as one person across files and systems, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from helpers import business as business_file
from helpers import engine, files, intake
from helpers.errors import InputError
from helpers.intake import resolution
from helpers.intake.quality import Identified
from helpers.language import Language
from helpers.report import data_words

Line = tuple[str, str]
SHARED_SHOWN = 20


@dataclass(frozen=True)
class Key:
    """One key and what made it somebody's; personal data.

    Attributes:
        kind, value, system: as in ``tables.IDENTITIES``. evidence: its `linked_by`. orders: it stands on.
        together: of those, beside another key.
    """

    kind: str
    value: str
    system: str | None
    evidence: str | None
    orders: int
    together: int


@dataclass(frozen=True)
class Person:
    """One customer with every key of theirs; personal data."""

    customer_id: str
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Listing:
    """What `retention identities` shows.

    Attributes:
        account: counts over all customers. people: those looked at, most orders first. shared: keys that are nobody's own.
        notes: remarks of the intake, such as a key in business.yml that is not in the data.
    """

    account: Identified
    people: tuple[Person, ...]
    shared: tuple[Key, ...]
    notes: tuple[intake.Note, ...]

    def lines(self, say: Language, *, show_personal_data: bool) -> list[Line]:
        """The listing as (term, text) lines; keys are masked unless they may be shown."""
        return list(self._lines(say, show_personal_data))

    def _lines(self, say: Language, show: bool) -> Iterator[Line]:
        yield say.text("Who is one person").upper(), ""
        yield from data_words.recognised(self.account, say)
        for note in self.notes:
            yield say.text("note"), say.text(note.message, **note.values)
        for number, person in enumerate(self.people, 1):
            yield "", ""
            name = person.customer_id if show else say.text("customer {n}", n=number)
            for place, key in enumerate(person.keys):
                yield name if not place else "", _worded(key, say, show)
        if self.shared:
            yield "", ""
            yield say.text("Nobody's own").upper(), ""
        for key in self.shared:
            orders = say.plural("{n} order", "{n} orders", key.orders)
            yield say.text(data_words.KEY_KINDS[key.kind]), f"{_shown(key, show)} – {orders}"
        yield "", ""
        yield (
            say.text("note"),
            say.text(
                "Whoever is joined or separated wrongly is put right under “identity” in business.yml; see docs/identity.md."
            ),
        )


def _worded(key: Key, say: Language, show: bool) -> str:
    what = f"{say.text(data_words.KEY_KINDS[key.kind])} {_shown(key, show)}"
    if key.evidence is None:
        return what
    if key.evidence == resolution.STATED:
        return f"{what} – {say.text('joined in business.yml')}"
    beside = say.text(data_words.KEY_KINDS[key.evidence])
    if key.evidence.startswith("name_"):
        return f"{what} – {say.text('same {evidence}', evidence=beside)}"
    evidence = say.plural(
        "beside a {evidence} on {n} order", "beside a {evidence} on {n} orders", key.together, evidence=beside
    )
    return f"{what} – {evidence}"


def _shown(key: Key, show: bool) -> str:
    value = key.value if show else masked(key.value)
    return f"{value} ({key.system})" if key.system else value


def masked(value: str) -> str:
    """A key of which only the end – of an e-mail only where it is kept – can be read."""
    name, at, place = value.rpartition("@")
    if at:
        return f"{name[:1]}•••@{place}"
    return f"•••{value[-3:]}" if len(value) > 5 else "•••"


def list_identities(
    client: Path, *, today: date, asked: str | None = None, limit: int = 20, write_to: Path | None = None
) -> Listing:
    """Read every source of a client and say who is one person; nothing else is worked out.

    Args:
        asked: list only the customer who has this key, as business.yml would write it.
        limit: of all joined customers, show so many. write_to: write every key with its evidence to this CSV file as well.

    Raises:
        InputError: nothing can be used, or no customer has the key asked for.
    """
    con = engine.connect()
    try:
        business = business_file.load(client)
        taken = intake.load(business, client, con, today=today)
        identities, account = taken.identities, taken.quality.identity
        if identities is None or account is None:
            raise RuntimeError("the intake left no identities although all rows came over")
        if write_to is not None:
            files.write_csv(con, identities, write_to)
        if asked is None:
            chosen = _most_bought(identities, limit)
        else:
            chosen = resolution.owners(con, identities, asked, business.country)
            if not chosen.count().to_pyarrow().as_py():
                raise InputError(
                    "No customer has the key asked for; write a customer code, SYSTEM:CODE, a phone number or an e-mail "
                    "as it stands in the data."
                )
        people = _people(identities.semi_join(chosen, "customer_id"))
        return Listing(account, people, _shared(identities), taken.quality.notes)
    finally:
        con.disconnect()


def _most_bought(identities: ir.Table, limit: int) -> ir.Table:
    joined = resolution.joined_people(identities)
    bought = identities.semi_join(joined, "customer_id").group_by("customer_id").agg(orders=identities.orders.max())
    return bought.order_by(bought.orders.desc(), bought.customer_id).limit(limit).select("customer_id")


def _people(identities: ir.Table) -> tuple[Person, ...]:
    rows = identities.order_by(identities.orders.desc(), "key_kind", "key_value", "system").to_pyarrow().to_pylist()
    found: dict[str, list[Key]] = {}
    for row in rows:
        found.setdefault(row["customer_id"], []).append(_key(row))
    return tuple(Person(customer, tuple(keys)) for customer, keys in found.items())


def _shared(identities: ir.Table) -> tuple[Key, ...]:
    rows = identities.filter(identities.linked_by == "shared").order_by(identities.orders.desc(), "key_value")
    return tuple(_key(row) for row in rows.limit(SHARED_SHOWN).to_pyarrow().to_pylist())


def _key(row: dict[str, Any]) -> Key:
    return Key(
        row["key_kind"],
        row["key_value"],
        row["system"],
        row["linked_by"],
        row["orders"] or 0,
        row["orders_together"] or 0,
    )
