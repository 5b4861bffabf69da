"""`split:` of business.yml: keys that are not one person, whatever chain of evidence joined them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from helpers.intake.resolution.corrections import Corrections, Key
from helpers.intake.resolution.graph import count, kept
from helpers.intake.resolution.linking import KINDS, STRONG, keys_of, stated


def parted(con: Any, records: ir.Table, corrections: Corrections, made: list[str]) -> ir.Table:
    """Records with `person` taken apart so that the keys of each line of `split` are different people.

    Every other key of the person goes to the side it is nearest to, counted in records; a record that holds keys of two
    sides goes with the stronger kind and the other key no longer counts as its own.
    """
    for keys in corrections.split:
        records = _one(con, records, keys, corrections, made)
    return records


def _one(con: Any, records: ir.Table, sides: Sequence[Key], corrections: Corrections, made: list[str]) -> ir.Table:
    keys = keys_of(records)
    side: Any = ibis.cases(
        *(
            (ibis.or_(*((keys.kind == kind) & key.is_in(kind, keys.value, keys.system) for kind in STRONG)), number)
            for number, key in enumerate(sides)
        ),
        else_=ibis.null("int64"),
    )
    seeds = keys.mutate(side=side).filter(_.side.notnull() & _.person.notnull())
    seeds = kept(con, seeds.group_by("node", "person").agg(side=seeds.side.min()), made)
    torn = kept(con, seeds.group_by("person").agg(sides=seeds.side.nunique()).filter(_.sides > 1), made)
    if not count(con, torn):
        return records
    held = _held(records.semi_join(torn, "person"), corrections)
    held = kept(con, held, made)
    owned = kept(con, seeds.semi_join(torn, "person").group_by("node").agg(side=seeds.side.min()), made)
    while True:
        near = _sided(held, owned)
        reached = held.inner_join(near, "record").anti_join(owned, "node")
        votes = reached.group_by("node", "side").agg(orders=reached.orders.sum())
        best = ibis.window(group_by="node", order_by=[votes.orders.desc(), votes.side])
        new = kept(con, votes.filter(ibis.row_number().over(best) == 0).select("node", "side"), made)
        if not count(con, new):
            break
        owned = kept(con, owned.union(new), made)
    return kept(con, _renamed(records, _sided(held, owned), owned), made)


def _held(records: ir.Table, corrections: Corrections) -> ir.Table:
    """Record, node, strength and orders of every key inside the torn people; lines of `merge` are records as well."""
    strength = {kind: number for number, kind in enumerate(KINDS)}
    keys = keys_of(records, KINDS)
    held = keys.select("record", "node", "orders", strength=keys.kind.cases(*strength.items(), else_=9))
    if not corrections.merge:
        return held
    merges = stated(records, corrections.merge)
    ends = merges.select(a="one", node="one").union(merges.select(a="one", node="other")).distinct()
    return held.union(ends.select(record=-ends.a.abs() - 1, node="node", orders=ibis.literal(0, "int64"), strength=9))


def _sided(held: ir.Table, owned: ir.Table) -> ir.Table:
    """Record, side: where its strongest owned key belongs."""
    met = held.inner_join(owned, "node")
    first = ibis.window(group_by="record", order_by=[met.strength, met.side])
    return met.filter(ibis.row_number().over(first) == 0).select("record", "side")


def _renamed(records: ir.Table, near: ir.Table, owned: ir.Table) -> ir.Table:
    near = near.rename(near_record="record")
    joined = records.left_join(near, records.record == near.near_record)
    apart = joined.side.fill_null(0)
    person = (apart > 0).ifelse((joined.person.cast("string") + "\x1f" + apart.cast("string")).hash(), joined.person)
    joined = joined.mutate(person=person)
    for kind, column in (("code", "code"), ("phone", "phone_key"), ("email", "email_key")):
        of_key = owned.select(owner=owned.side, owned_node="node")
        joined = joined.left_join(of_key, joined[f"at_{kind}"] == of_key.owned_node)
        foreign = (joined.owner != joined.side).fill_null(False)
        joined = joined.mutate(**{
            column: foreign.ifelse(ibis.null("string"), joined[column]),
            f"at_{kind}": foreign.ifelse(ibis.null("int64"), joined[f"at_{kind}"]),
        }).drop("owner", "owned_node")  # fmt: skip
    return joined.drop("near_record", "side")
