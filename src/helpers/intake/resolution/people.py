"""What a person is called, and the table that shows by which evidence each key became theirs."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from helpers import tables
from helpers.intake.resolution.graph import kept
from helpers.intake.resolution.linking import KINDS, STRONG, keys_of


def called(con: Any, records: ir.Table, made: list[str]) -> ir.Table:
    """Person → customer_id: the key seen first as it stands; of those on one order the code, else the telephone number.

    The oldest key counts, so that next month's file renames nobody. The same code in two systems, or given anew to somebody else, keeps its plain form for the first owner; the others are told apart by the
    system's name or a number. People without any of the three keys have no id: nobody could be reached or asked for.
    """
    keys = keys_of(records.filter(records.person.notnull()))
    each = keys.group_by("person", "kind", "system", "value", "variant").agg(
        first=keys["first"].min(), file_no=keys.file_no.min()
    )
    strength = each.kind.cases(*((kind, number) for number, kind in enumerate(STRONG)), else_=9)
    age = [each["first"].isnull(), each["first"], each.file_no, each.value, each.variant]
    best = ibis.window(group_by="person", order_by=[*age[:2], strength, *age[2:]])
    chosen = kept(con, each.filter(ibis.row_number().over(best) == 0), made)
    plain = (chosen.variant == 1).ifelse(chosen.value, chosen.value + _number(chosen.variant))
    named = _told_apart(chosen.mutate(name=plain), lambda t: t.system.notnull().ifelse(t.system + ":" + t.name, t.name))
    return kept(
        con, _told_apart(named, lambda t: t.name + _number(t.turn + 1)).select("person", customer_id="name"), made
    )


def _number(number: Any) -> Any:
    return ibis.literal(" (") + (number == 0).ifelse("?", number.cast("string")) + ")"


def _told_apart(chosen: ir.Table, other_name: Any) -> ir.Table:
    """All but the first of equal names get the other one."""
    age = [chosen.variant != 1, chosen["first"].isnull(), chosen["first"], chosen.file_no, chosen.kind, chosen.system]
    turn = ibis.row_number().over(ibis.window(group_by=chosen.name, order_by=age))
    counted = chosen.mutate(turn=turn)
    return counted.mutate(name=(counted.turn == 0).ifelse(counted.name, other_name(counted))).drop("turn")


def identities(
    con: Any,
    records: ir.Table,
    ids: ir.Table,
    shared: ir.Table | None,
    files: dict[int, str],
    stated: ir.Table | None,
    *,
    weak: bool,
) -> ir.Table:
    """Every key of every customer with what made it theirs, columns of ``tables.IDENTITIES``.

    Args:
        records: resolved. ids: person → customer_id. shared: kind and value of what belongs to nobody, if anything does.
        files: number → name. stated: nodes that business.yml joins by name. weak: whether names joined anybody.
    """
    known = records.drop("customer_id").inner_join(ids, "person")
    beside = {
        kind: ibis.cases(*((known[f"at_{k}"].notnull(), k) for k in STRONG if k != kind), else_=known.weak)
        if kind in STRONG
        else (known.weak == kind).ifelse(kind, ibis.null("string"))
        for kind in KINDS
    }
    first = ibis.coalesce(
        *(known[f"at_{kind}"].notnull().ifelse(kind, ibis.null("string")) for kind in STRONG), known.weak
    )
    also = {kind: {"customer_id": known.customer_id, "by": beside[kind], "own": first == kind} for kind in KINDS}
    keys = keys_of(known, KINDS if weak else STRONG, also)
    rows = keys.filter(keys.kind.isin(list(STRONG)) | keys.by.notnull()) if weak else keys
    order = {kind: number for number, kind in enumerate(KINDS)}
    rows = rows.mutate(strength=rows.by.cases(*order.items(), else_=ibis.null("int64")))
    found = rows.group_by("customer_id", "kind", "value", "system", "node").agg(
        orders=rows.orders.sum(), orders_together=rows.orders.sum(where=rows.by.notnull()).fill_null(0),
        first_seen=rows["first"].min(), last_seen=rows["last"].max(), file_no=rows.file_no.min(), strength=rows.strength.min(),
        names_rows=rows.own.any().fill_null(False),
    )  # fmt: skip
    linked = found.strength.cases(*((number, kind) for kind, number in order.items()), else_=ibis.null("string"))
    if stated is not None:
        said = found.node.isin(stated.other) | found.node.isin(stated.one)
        linked = ibis.coalesce(linked, said.ifelse("business.yml", ibis.null("string")))
    found = found.mutate(linked_by=linked, key_kind="kind", key_value="value", source_file=_file(found, files))
    found = found.mutate(
        confidence=ibis.cases(
            (found.linked_by.isin(list(STRONG)), "strong"), (found.linked_by == "business.yml", "stated"),
            (found.linked_by.notnull(), "weak"), else_=ibis.null("string"),
        )
    )  # fmt: skip
    found = found.select(**{name: found[name].cast(kind) for name, kind in tables.IDENTITIES.items()})
    both = found if shared is None else found.union(_nobodys(shared))
    made = both.order_by(_.customer_id, _.key_kind, _.key_value, _.system)
    return con.create_table(ibis.util.gen_name("identities"), made, temp=True)


def _nobodys(shared: ir.Table) -> ir.Table:
    """Rows for the keys that belong to nobody in particular."""
    said = {
        "key_kind": shared.kind,
        "key_value": shared["value"],
        "system": shared.system,
        "linked_by": ibis.literal("shared"),
        "orders": shared.orders,
    }
    return shared.select(
        **{name: said.get(name, ibis.null(kind)).cast(kind) for name, kind in tables.IDENTITIES.items()}
    )


def plain(orders: ir.Table, kind: str, system: str) -> ir.Table:
    """The same where every order's one key is the customer and nothing was linked; an expression, computed when asked.

    Args:
        orders: the finished orders. kind: code, phone or email. system: of the codes.
    """
    known = orders.filter(orders.customer_id.notnull())
    found = known.group_by("customer_id").agg(
        orders=known.count(), first_seen=known.ordered_at.min(), last_seen=known.ordered_at.max(),
        source_file=known.source_file.min(),
    )  # fmt: skip
    said = {
        "key_kind": ibis.literal(kind), "key_value": found.customer_id,
        "system": ibis.literal(system) if kind == "code" else ibis.null("string"), "orders_together": ibis.literal(0),
        "names_rows": ibis.literal(True),
    }  # fmt: skip
    rows = {
        name: said.get(name, found[name] if name in found.columns else ibis.null(dtype)).cast(dtype)
        for name, dtype in tables.IDENTITIES.items()
    }
    return found.select(**rows).order_by("customer_id")


def _file(rows: ir.Table, files: dict[int, str]) -> Any:
    return rows.file_no.cases(*files.items(), else_=ibis.null("string"))
