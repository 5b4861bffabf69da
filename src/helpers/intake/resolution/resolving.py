"""The whole road of a load: combinations of keys, guards, components, corrections, names – and back to the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.business import Identity
from helpers.intake.reading import drop
from helpers.intake.resolution import linking, people, sharing
from helpers.intake.resolution.corrections import Corrections, understood
from helpers.intake.resolution.graph import count, kept
from helpers.intake.resolution.parting import parted
from helpers.intake.resolution.records import WRITTEN, Rows, gather, with_keys
from helpers.intake.resolution.settled import is_settled


@dataclass(frozen=True)
class Resolved:
    """What a resolution leaves.

    Attributes:
        identities: columns of ``tables.IDENTITIES``; missing where one kind of key is all there is and nothing was to be
            resolved. kind, system: that kind and whose numbering it is. unknown: lines of `identity:` in business.yml
            (name, number) with a key that is not in the data.
    """

    identities: ir.Table | None
    kind: str | None = None
    system: str | None = None
    unknown: tuple[tuple[str, int], ...] = ()

    @property
    def known(self) -> bool:
        """Whether it was looked at who is who: not while rows stay in a warehouse."""
        return self.identities is not None or self.kind is not None


def resolved(
    con: Any, parts: Sequence[Rows], settings: Identity, country: str, files: dict[int, str], roles: Iterable[str]
) -> Resolved:
    """Give every row of `parts` the customer it is about.

    The staged tables are changed in place, only where the customer differs from what the row alone says: writing them anew
    would double the memory of a load.

    Args:
        con: the engine.
        parts: staged rows of orders and of lists of customers.
        settings: `identity:` of business.yml.
        country: where telephone numbers without a country code belong.
        files: number → name of every file.
        roles: roles that any of the files has.

    Raises:
        InputError: `identity:` in business.yml contradicts itself.
    """
    systems = sorted({system for part in parts for system in part.systems.values()})
    corrections = understood(con, settings, systems, country)
    if not corrections.any and is_plain(set(roles), systems):
        return Resolved(None, one_kind(set(roles)), systems[0])
    made: list[str] = []
    try:
        records = with_keys(con, gather(con, parts, made), settings, corrections.shared, country, made)
        if settings == Identity() and is_settled(con, records):
            found, ids = _as_they_stand(con, records, settings, made)
            table = people.identities(con, found, ids, None, files, None, weak=False)
            return Resolved(table)
        found, shared = _people(con, records, settings, corrections, made)
        ids = people.called(con, found, made)
        stated = linking.stated(found, corrections.merge) if corrections.merge else None
        table = people.identities(con, found, ids, shared, files, stated, weak=True)
        _write_back(con, parts, found, ids, made)
        return Resolved(table, unknown=_unknown(con, found, corrections))
    finally:
        drop(con, *made)


def is_plain(roles: set[str], systems: Sequence[str]) -> bool:
    """Whether every row's own key already says who it is about, so that there is nothing to resolve.

    So it is where the files have one kind of key in one system, and no name by which a shared number would show.
    """
    kinds = roles & {"customer_id", "phone", "email"}
    if not kinds:
        return True
    named = "name" in roles
    by_name = named and bool(roles & {"birthday", "address"})
    return len(kinds) == 1 and len(systems) == 1 and not by_name and (kinds == {"customer_id"} or not named)


def one_kind(roles: set[str]) -> str:
    """The kind of key files with at most one kind have."""
    return next((kind for kind in ("phone", "email") if kind in roles and "customer_id" not in roles), "code")


def every_key(orders: ir.Table, who: Resolved) -> ir.Table | None:
    """The identities, also where nothing was to be resolved; missing while the rows stay in a warehouse."""
    if who.identities is not None or who.kind is None:
        return who.identities
    return people.plain(orders, who.kind, str(who.system))


def _as_they_stand(con: Any, records: ir.Table, settings: Identity, made: list[str]) -> tuple[ir.Table, ir.Table]:
    """Records and what people are called where every record keeps the customer it names."""
    ones = {half: ibis.literal(1, "int64") for half in ("code_life", "phone_half", "email_half")}
    known = records.filter(records.customer_id.notnull())
    known = known.mutate(**ones, person=known.customer_id, weak=ibis.null("string"))
    found = kept(con, linking.with_nodes(known, settings), made)
    return found, found.select("person", "customer_id").distinct()


def _people(
    con: Any, keyed: ir.Table, settings: Identity, corrections: Corrections, made: list[str]
) -> tuple[ir.Table, ir.Table | None]:
    """Records with `person`, and what was found to be shared: kind, value, orders."""
    there = _there(con, keyed)
    shared = _named_shared(keyed, corrections)
    if "code" in there and len(there & {"phone_key", "email_key", "who", "birthday"}) > 0:
        keyed, codes = sharing.own_codes(con, keyed, settings, made)
        shared += [] if codes is None else [codes]
    else:
        keyed = sharing.with_one_life(keyed)
    keyed = sharing.with_calls(con, keyed, made)
    for kind in ("phone", "email"):
        before = keyed
        if f"{kind}_key" not in there:
            keyed = keyed.mutate(**{f"{kind}_half": ibis.null("int64")})
            continue
        keyed, values = sharing.told_apart(con, keyed, kind, settings, made)
        used = before.semi_join(values, before[f"{kind}_key"] == values.value)
        shared.append(_of_nobody(used, kind, used[f"{kind}_key"], ibis.null("string")))
    nodes = kept(con, linking.with_nodes(keyed, settings), made)
    linked = linking.by_keys(con, nodes, corrections, made)
    named = "who" in there and there & {"birthday", "home"}
    linked = linking.by_name(con, linked, settings, made) if named else linked.mutate(weak=ibis.null("string"))
    linked = parted(con, linked, corrections, made)
    return kept(con, linked, made), _together(con, shared, made)


def _of_nobody(records: ir.Table, kind: str, value: Any, system: Any) -> ir.Table:
    """Keys that belong to nobody in particular: kind, system, value, orders."""
    used = records.group_by(system=system, value=value).agg(orders=records.orders.sum())
    return used.mutate(kind=ibis.literal(kind))


def _named_shared(records: ir.Table, corrections: Corrections) -> list[ir.Table]:
    """What `shared:` in business.yml names, as far as it is in the data."""
    written = {"code": records.customer_id, "phone": records.phone, "email": records.email}
    found = []
    for kind, column in written.items() if corrections.shared else ():
        named = records.filter(ibis.or_(*(key.is_in(kind, column, records.system) for key in corrections.shared)))
        system = named.system if kind == "code" else ibis.null("string")
        found.append(_of_nobody(named, kind, named[column.get_name()], system))
    return found


def _together(con: Any, shared: list[ir.Table], made: list[str]) -> ir.Table | None:
    names = ("kind", "system", "value", "orders")
    parts = [one.select(*names) for one in shared]
    return kept(con, ibis.union(*parts) if len(parts) > 1 else parts[0], made) if parts else None


def _there(con: Any, records: ir.Table) -> set[str]:
    """Which kinds of key occur at all: what does not occur costs nothing."""
    kinds = ("code", "phone_key", "email_key", "who", "birthday", "home")
    counts = con.to_pyarrow(records.aggregate(**{kind: records[kind].count() for kind in kinds})).to_pylist()[0]
    return {kind for kind, n in counts.items() if n}


def _write_back(con: Any, parts: Sequence[Rows], records: ir.Table, ids: ir.Table, made: list[str]) -> None:
    """Put the customer into the staged rows that say something else."""
    called = ids.rename(of_person="person", resolved="customer_id")
    found = records.left_join(called, records.person == called.of_person)
    other = found.filter(~found.resolved.identical_to(found.customer_id)).select("system", *WRITTEN, "resolved")
    other = kept(con, other, made)
    if not count(con, other):
        return
    several = len({system for part in parts for system in part.systems.values()}) > 1
    for part in parts:
        by = [name for name in WRITTEN if name in part.table.columns]
        mine = other if "address" in by else other.filter(other.address.isnull())
        if several:
            mine, by = mine.inner_join(_numbered(con, part.systems, made), "system"), [*by, "file_no"]
        changes = kept(con, mine.select(*by, "resolved"), made)
        same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM c.{name}" for name in by)
        con.raw_sql(
            f"UPDATE {part.table.get_name()} AS s SET customer_id = c.resolved FROM {changes.get_name()} AS c WHERE {same}"  # noqa: S608 – names of our own
        )


def _numbered(con: Any, systems: dict[int, str], made: list[str]) -> ir.Table:
    """System and file number."""
    made.append(ibis.util.gen_name("resolve"))
    rows = ibis.memtable(
        {"system": list(systems.values()), "file_no": list(systems)},
        schema=ibis.schema({"system": "string", "file_no": "int32"}),
    )
    return con.create_table(made[-1], rows, temp=True)


def _unknown(con: Any, records: ir.Table, corrections: Corrections) -> tuple[tuple[str, int], ...]:
    """Lines of business.yml that name a key nobody has."""
    if not corrections.any:
        return ()
    held = [("code", records.customer_id)]
    held += [
        ("phone", records.phone),
        ("phone", records.phone_key),
        ("email", records.email),
        ("email", records.email_key),
    ]
    asked = {
        f"k{number}": ibis.or_(*(key.is_in(kind, column, records.system) for kind, column in held)).any()
        for number, (_line, _number, key) in enumerate(corrections.named)
    }
    found = con.to_pyarrow(records.aggregate(**asked)).to_pylist()[0]
    lines = [(line, number) for line, number, _key in corrections.named]
    return tuple(dict.fromkeys(line for line, there in zip(lines, found.values(), strict=True) if not there))
