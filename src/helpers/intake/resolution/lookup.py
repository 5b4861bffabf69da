"""Finding a customer by any of their keys: code, telephone number, e-mail, or what they are called in our own lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from helpers.afar import Afar
from helpers.intake import phones
from helpers.intake.formats import Format, named
from helpers.intake.identity import email, person_columns, prepared
from helpers.intake.opening import opened
from helpers.intake.reading import drop
from helpers.intake.resolution.corrections import parsed
from helpers.intake.resolution.graph import kept
from helpers.intake.resolution.linking import STRONG

_NAMING = ("customer_id", "phone", "email")
"""Roles of columns that say who is meant."""


@dataclass(frozen=True)
class Known:
    """Whom a load knows.

    Attributes:
        people: customer_id, phone, email; one row per customer. identities: every key of every customer; missing where
            their own three columns say it all.
    """

    people: ir.Table
    identities: ir.Table | None = None


def directory(con: Any, whom: Known) -> ir.Table:
    """Kind, value, customer_id: every key that exactly one customer has.

    Returns:
        A temporary table. `kind` is ``id`` (what the customer is called), ``code``, ``phone`` or ``email``.
    """
    people, identities = whom.people, whom.identities
    known = people.filter(people.customer_id.notnull())
    keys = known.select(kind=ibis.literal("id"), value="customer_id", customer_id="customer_id")
    for kind in ("phone", "email"):
        keys = keys.union(known.select(kind=ibis.literal(kind), value=known[kind], customer_id="customer_id"))
    if identities is not None:
        theirs = identities.filter(identities.customer_id.notnull() & identities.key_kind.isin(list(STRONG)))
        keys = keys.union(theirs.select(kind="key_kind", value="key_value", customer_id="customer_id"))
    keys = keys.filter(keys.value.notnull())
    owners = keys.group_by("kind", "value").agg(customer_id=keys.customer_id.max(), owners=keys.customer_id.nunique())
    return con.create_table(
        ibis.util.gen_name("directory"), owners.filter(owners.owners == 1).drop("owners"), temp=True
    )


def owners(con: Any, identities: ir.Table, asked: str, country: str) -> ir.Table:
    """The customers who have a key, written as in business.yml: one column `customer_id`."""
    systems = con.to_pyarrow(identities.filter(identities.system.notnull()).select("system").distinct())["system"]
    key = parsed(con.home if isinstance(con, Afar) else con, asked, systems.to_pylist(), country)
    theirs = [
        (identities.key_kind == kind) & key.is_in(kind, identities.key_value, identities.system) for kind in STRONG
    ]
    found = identities.filter(ibis.or_(*theirs) | (identities.customer_id == asked.strip()))
    return found.filter(found.customer_id.notnull()).select("customer_id").distinct()


def resolve(
    con: Any, rows: ir.Table, columns: dict[str, Any], layout: Format, country: str, book: ir.Table
) -> ir.Table:
    """`rows` with the customer each one is about, by any key of theirs.

    Args:
        con: the engine.
        rows: as :func:`helpers.intake.identity.prepared` leaves them.
        columns: role → prepared column of `rows`.
        layout: what the file was recognised as.
        country: where telephone numbers without a country code belong.
        book: as :func:`directory` leaves it.

    Returns:
        `rows` with `of_phone` and `of_email`, the addresses written on them, and `customer_id`: the first of code, telephone and e-mail that is somebody's; a code nobody has is taken as
        it stands, and it is missing where nobody known is named. They live until the connection ends.
    """
    if not any(role in columns for role in _NAMING):
        nothing = ibis.null("string")
        return rows.mutate(customer_id=nothing, of_phone=nothing, of_email=nothing)
    made: list[str] = []
    said, found, kinds_of = _asked(con, rows, columns, layout, country, made)
    for number, kinds in enumerate(kinds_of):
        page = _page(book, kinds).rename({f"v_{number}": "value", f"of_{number}": "customer_id"})
        found = found.left_join(page, found[f"k_{number}"] == page[f"v_{number}"])
    theirs = ibis.coalesce(*(found[f"of_{number}"] for number in range(len(kinds_of))), found.k_code)
    written = said.select(written_row="of_row", of_phone="phone", of_email="email")
    found = found.left_join(written, found.of_row == written.written_row)
    result = kept(con, found.select("of_row", "of_phone", "of_email", customer_id=theirs), [])
    drop(con, *made)
    return rows.left_join(result, rows.source_row == result.of_row).drop("of_row")


def _asked(
    con: Any, rows: ir.Table, columns: dict[str, Any], layout: Format, country: str, made: list[str]
) -> tuple[ir.Table, ir.Table, list[tuple[str, ...]]]:
    """What each row says, the keys to look up for it (`k_0`, `k_1`, …, first come first served), and their kinds.

    Args:
        made: names of the temporary tables, to be dropped after use.
    """
    about: dict[str, Any] = {role: columns[role] for role in _NAMING if role in columns}
    code = {role: column for role, column in about.items() if role == "customer_id"}
    alone = person_columns(code, layout, country, None)["customer_id"]
    person = person_columns(about, layout, country, None)
    # step by step: put into one another, the expressions that clean a number would grow beyond what an engine plans
    said = rows.select(of_row="source_row", alone=alone, phone=person["phone"], email=person["email"])
    said = kept(con, said, made)
    said = kept(con, said.mutate(digits=phones.digits(said.alone, country)), made)
    asked: list[tuple[tuple[str, ...], Any]] = []
    if "customer_id" in about:
        number = phones.normalised(said.digits, country)
        asked = [
            (("id",), said.alone),
            (("code",), said.alone),
            (("id", "phone"), number),
            (("email",), email(said.alone)),
        ]
    asked += [(("id", kind), said[kind]) for kind in ("phone", "email") if kind in about]
    keys = {f"k_{number}": value for number, (_kinds, value) in enumerate(asked)}
    found = kept(con, said.select("of_row", k_code=said.alone, **keys), made)
    return said, found, [kinds for kinds, _value in asked]


def _page(book: ir.Table, kinds: tuple[str, ...]) -> ir.Table:
    """Value → customer; where a value stands under several kinds, the first kind counts."""
    page = book.filter(book.kind.isin(list(kinds)))
    if len(kinds) == 1:
        return page.select("value", "customer_id")
    rank = page.kind.cases(*((kind, number) for number, kind in enumerate(kinds)), else_=len(kinds))
    first = ibis.row_number().over(ibis.window(group_by=page.value, order_by=rank))
    return page.mutate(turn=first).filter(_.turn == 0).select("value", "customer_id")


def people_keys(
    con: Any, path: Path, people: ir.Table, *, identities: ir.Table | None = None, country: str = "VN"
) -> ir.Table:
    """Read a list that names people by customer code, telephone or e-mail – any they ever had.

    Args:
        con: the engine.
        path: CSV, workbook or Parquet with at least one of these columns.
        people: the people table of the run.
        identities: the identities table of the run; without it only the keys in `people` are known.
        country: where telephone numbers without a country code belong.

    Returns:
        One row per row of the list: source_row, customer_id (missing: nobody in `people` is meant). Count the unknown
        with ``keys.customer_id.isnull().sum()``.

    Raises:
        InputError: the file cannot be read or names no such column.
    """
    if isinstance(con, Afar):
        return _of_people_afar(con, path, people, identities, country)
    with opened(con, path, kind="people_list") as (raw, recognition):
        layout = named("people_list", "people_list")
        columns = {role: raw.column(header) for role, header in recognition.mapping.items()}
        book = directory(con, Known(people, identities))
        rows = resolve(con, *prepared(raw, columns, layout, country), layout, country, book)
        known = people.select(known_id="customer_id")
        found = rows.left_join(known, rows.customer_id == known.known_id).select("source_row", customer_id="known_id")
        made = con.create_table(ibis.util.gen_name("people_keys"), found.order_by("source_row"), temp=True)
        drop(con, book.get_name())
        return made


def _of_people_afar(con: Afar, path: Path, people: ir.Table, identities: ir.Table | None, country: str) -> ir.Table:
    """:func:`people_keys` where people are kept in a warehouse: only those the list could mean come over, and what was found goes back."""
    home = con.home
    with opened(home, path, kind="people_list") as (raw, recognition):
        layout = named("people_list", "people_list")
        columns = {role: raw.column(header) for role, header in recognition.mapping.items()}
        rows, named_in = prepared(raw, columns, layout, country)
        steps: list[str] = []
        _said, found, kinds_of = _asked(home, rows, named_in, layout, country, steps)
        keys = [found.select(value=found[f"k_{number}"]) for number in range(len(kinds_of))]
        values = con.carry(ibis.union(found.select(value="k_code"), *keys, distinct=True).filter(_.value.notnull()))
        drop(home, *steps)
        book = directory(con, Known(people, identities)).semi_join(values, "value")
        theirs = book.select("customer_id").union(values.select(customer_id="value"), distinct=True)
        whom = con.bring(people.select("customer_id").semi_join(theirs, "customer_id"))
        rows = resolve(home, rows, named_in, layout, country, con.bring(book))
        known = whom.select(known_id="customer_id")
        listed = rows.left_join(known, rows.customer_id == known.known_id)
        return con.carry(listed.select("source_row", customer_id="known_id").order_by("source_row"))
