"""How many people were recognised through what: the evidence of a whole load, counted."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from helpers.intake.quality import Identified
from helpers.intake.resolution.linking import KINDS, STRONG

STATED = "business.yml"
"""Evidence that somebody has written down."""


def joined_people(identities: ir.Table) -> ir.Table:
    """Customers who stand under several keys and would have been several customers without resolution.

    Returns:
        customer_id, keys (≥ 2) and a boolean ``by_<kind>`` for each kind of evidence and for ``stated``.
    """
    own = identities.filter(identities.customer_id.notnull() & identities.names_rows)
    evidence = {f"by_{kind}": (own.linked_by == kind).any() for kind in KINDS}
    people = own.group_by("customer_id").agg(keys=own.count(), by_stated=(own.linked_by == STATED).any(), **evidence)
    people = people.filter(people["keys"] > 1)
    other = ibis.or_(*(people[f"by_{kind}"] for kind in KINDS if kind != "code"), people.by_stated)
    # a number seen with a code joins both by the number; only numbers that share nothing else are joined by the code
    return people.mutate(by_code=people.by_code & ~other)


def identified(con: Any, identities: ir.Table | None) -> Identified:
    """The account of a load; nothing was joined where there are no identities to look at."""
    if identities is None:
        return Identified(0, 0)
    people = joined_people(identities)
    counts = people.aggregate(
        people=people.count(), keys=people["keys"].sum().fill_null(0),
        **{kind: people[f"by_{kind}"].sum().fill_null(0) for kind in (*KINDS, "stated")},
    )  # fmt: skip
    (found,) = con.to_pyarrow(counts).to_pylist()
    shared = identities.filter(identities.linked_by == "shared").group_by(kind="key_kind").agg(n=_.count())
    owned = identities.filter(identities.customer_id.notnull() & identities.key_kind.isin(list(STRONG)))
    owners = owned.group_by("key_kind", "system", "key_value").agg(people=owned.customer_id.nunique())
    apart = owners.filter(owners.people > 1).group_by(kind="key_kind").agg(n=_.count())
    both = shared.mutate(what=ibis.literal("shared")).union(apart.mutate(what=ibis.literal("apart")))
    rows = con.to_pyarrow(both).to_pylist()
    kinds = {what: {row["kind"]: row["n"] for row in rows if row["what"] == what} for what in ("shared", "apart")}
    return Identified(
        people=found["people"],
        known_as=found["keys"],
        through={kind: found[kind] for kind in (*KINDS, "stated") if found[kind]},
        shared={kind: kinds["shared"][kind] for kind in STRONG if kind in kinds["shared"]},
        told_apart={kind: kinds["apart"][kind] for kind in STRONG if kind in kinds["apart"]},
    )
