"""From keys to people: what stands in one record belongs to one person; then, only then, name with birthday or address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from helpers.business import Identity
from helpers.intake.resolution import names
from helpers.intake.resolution.corrections import Corrections
from helpers.intake.resolution.graph import components, count, kept

STRONG = ("code", "phone", "email")
WEAK = ("name_birthday", "name_address")
KINDS = (*STRONG, *WEAK)
"""Kinds of evidence, strongest first."""

COMMON_BIRTHDAY = 0.005
COMMON_BIRTHDAY_PEOPLE = 20
"""A birthday shared by this share of people, and this many, is what a clerk types when it is not known."""


def with_nodes(records: ir.Table, settings: Identity) -> ir.Table:
    """Records with `at_<kind>`: a number for each key they hold.

    Keys are numbered by a 64-bit hash, which saves a sort and three joins: among a million keys the chance that any two
    share a number is one in forty million.
    """
    absent = ibis.null("int64")

    def node(kind: str, *parts: Any) -> Any:
        text = ibis.literal(f"{kind}\x1f")
        for part in parts:
            text = text + part.cast("string") + "\x1f"
        # the engine has a hash for what is missing, too
        return text.notnull().ifelse(text.hash(), absent) if kind not in settings.ignore else absent

    person = names.in_order(records.who)
    code = node("code", records.system, records.code, records.code_life)
    # a household's number says nothing beside a key of somebody's own, when no name stands there
    own_email = (records.email_half > 0).fill_null(False)
    theirs = (records.phone_half > 0).fill_null(False) | (code.isnull() & ~own_email)
    phone = theirs.ifelse(node("phone", records.phone_key, records.phone_half), absent)
    mail = (own_email | (code.isnull() & phone.isnull())).ifelse(
        node("email", records.email_key, records.email_half), absent
    )
    return records.mutate(
        at_code=code,
        at_phone=phone,
        at_email=mail,
        at_name_birthday=records.full.ifelse(node("name_birthday", person, records.birthday), absent),
        at_name_address=records.full.ifelse(node("name_address", person, records.home), absent),
    )


def keys_of(
    records: ir.Table, kinds: tuple[str, ...] = STRONG, also: Mapping[str, Mapping[str, Any]] | None = None
) -> ir.Table:
    """One row per record and key: record, person, kind, system, value, variant, node, orders, first, last, file_no.

    Args:
        also: further columns, by kind.
    """
    shown = {
        "code": (records.system, records.code, records.code_life),
        "phone": (ibis.null("string"), records.phone_key, records.phone_half),
        "email": (ibis.null("string"), records.email_key, records.email_half),
        "name_birthday": (ibis.null("string"), records.who + ", " + records.birthday.cast("string"), ibis.literal(1, "int64")),
        "name_address": (ibis.null("string"), records.who + ", " + records.home, ibis.literal(1, "int64")),
    }  # fmt: skip
    parts = []
    for kind in kinds:
        system, value, variant = shown[kind]
        parts.append(
            records.select(
                "record", "person", kind=ibis.literal(kind), system=system, value=value, variant=variant.cast("int64"),
                node=records[f"at_{kind}"], orders=records.orders, first=records["first"], last=records["last"],
                file_no=records.file_no,
                **(also or {}).get(kind, {}),
            ).filter(_.node.notnull())
        )  # fmt: skip
    return ibis.union(*parts)


def by_keys(con: Any, records: ir.Table, corrections: Corrections, made: list[str]) -> ir.Table:
    """Records with `person`: connected by code, telephone and e-mail, and by what business.yml says."""
    anchor = ibis.coalesce(records.at_code, records.at_phone)
    pairs = records.select(one="at_code", other="at_phone").union(records.select(one=anchor, other=records.at_email))
    links = pairs.filter(pairs.one.notnull() & pairs.other.notnull())
    if corrections.merge:
        links = links.union(stated(records.mutate(person=ibis.null("int64")), corrections.merge))
    found = components(con, links)
    made.append(found.get_name())
    records = records.mutate(alone=ibis.coalesce(records.at_code, records.at_phone, records.at_email))
    joined = records.left_join(found, records.alone == found.node)
    return kept(
        con,
        joined.mutate(person=ibis.coalesce(joined.component, joined.alone)).drop("alone", "node", "component"),
        made,
    )


def stated(records: ir.Table, groups: Any) -> ir.Table:
    """Links between the keys of each group of business.yml."""
    keys = keys_of(records)
    parts = []
    for keys_named in groups:
        chosen = keys.filter(ibis.or_(*(_of(keys, key) for key in keys_named)))
        parts.append(chosen.select(one=chosen.node.min().over(ibis.window()), other="node").distinct())
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _of(keys: ir.Table, key: Any) -> Any:
    return ibis.or_(*((keys.kind == kind) & key.is_in(kind, keys.value, keys.system) for kind in STRONG))


def by_name(con: Any, records: ir.Table, settings: Identity, made: list[str]) -> ir.Table:
    """Records with `person` joined further by the same full name with the same birthday or the same address.

    Nobody is joined to somebody with another birthday; a birthday too many people have is none; a name at an address (or
    with a birthday) that more than `max_codes` people share says nothing. Records that hold no key at all join the person
    of their name. `weak` tells which kind joined a record, missing where none did.
    """
    holder = ibis.coalesce(records.person, records.at_name_birthday, records.at_name_address)
    claims = records.mutate(holder=holder).filter(
        _.holder.notnull() & (_.at_name_birthday.notnull() | _.at_name_address.notnull())
    )
    untouched = records.mutate(weak=ibis.null("string"))
    if not count(con, claims):
        return untouched
    claims = kept(con, claims.select("holder", "birthday", *(f"at_{kind}" for kind in WEAK)).distinct(), made)
    links = kept(con, _trusted(con, claims, settings, made), made)
    if not count(con, links):
        return untouched
    found = components(con, links.select(one="holder", other="hub"))
    made.append(found.get_name())
    born = claims.left_join(found, claims.holder == found.node)
    born = born.group_by(group=ibis.coalesce(born.component, born.holder)).agg(
        earliest=born.birthday.min(), latest=born.birthday.max()
    )
    one_birthday = born.filter(born.earliest.isnull() | (born.earliest == born.latest))
    found = found.semi_join(one_birthday, found.component == one_birthday.group)
    return _joined(con, records.mutate(holder=holder), found, links, made)


def _trusted(con: Any, claims: ir.Table, settings: Identity, made: list[str]) -> ir.Table:
    """Holder, hub and kind of the names that can be evidence."""
    births = claims.group_by("birthday").agg(people=claims.holder.nunique()).filter(_.birthday.notnull())
    share = births.people / births.people.sum().over(ibis.window())
    common = births.filter((births.people > COMMON_BIRTHDAY_PEOPLE) & (share > COMMON_BIRTHDAY))
    known = claims.group_by("holder").agg(earliest=claims.birthday.min(), latest=claims.birthday.max())
    known = known.filter(known.earliest.isnull() | (known.earliest == known.latest))
    usual = claims.anti_join(common, "birthday")
    parts = [
        table.select("holder", hub=table[f"at_{kind}"], kind=ibis.literal(kind))
        for kind, table in zip(WEAK, (usual, claims), strict=True)
    ]
    hubs = ibis.union(*parts).filter(_.hub.notnull()).distinct()
    hubs = hubs.inner_join(known, "holder")
    whole = ibis.window(group_by="hub")
    hubs = hubs.mutate(
        people=hubs.holder.count().over(whole),
        oldest=hubs.earliest.min().over(whole),
        youngest=hubs.latest.max().over(whole),
    )
    sound = hubs.oldest.isnull() | (hubs.oldest == hubs.youngest)
    return hubs.filter(sound & (hubs.people > 1) & (hubs.people <= settings.max_codes)).select("holder", "hub", "kind")


def _joined(con: Any, records: ir.Table, found: ir.Table, links: ir.Table, made: list[str]) -> ir.Table:
    by = links.group_by("holder").agg(kind=links.kind.min()).rename(linked="holder")
    joined = records.left_join(found, records.holder == found.node)
    joined = joined.left_join(by, joined.holder == by.linked)
    moved = joined.component.notnull()
    return kept(
        con,
        joined.mutate(
            person=ibis.coalesce(joined.component, joined.person), weak=moved.ifelse(joined.kind, ibis.null("string"))
        ).drop("holder", "node", "component", "linked", "kind"),
        made,
    )
