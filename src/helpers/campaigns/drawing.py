"""The campaigns of a plan drawn: whom each contacts, whom it leaves out, and the lists of both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.campaigns.addressees import standing_of
from helpers.campaigns.holdout import ARMS, draw, fingerprint
from helpers.campaigns.lists import staff_columns, with_last_product
from helpers.campaigns.plan import Proposal
from helpers.language import Language
from helpers.playbook import Playbook
from helpers.segments import Rules

Written = dict[str, tuple[int, int, str]]
"""Campaign name → customers to contact, customers left out, SHA-256 of the list of those left out (empty without one)."""


@dataclass(frozen=True)
class Drawn:
    """Every campaign of a plan, drawn.

    Attributes:
        proposals: the campaigns, in the plan's order. arms: campaign, play, segment, seed, customer_id, stratum, arm, `place`
            (0 for the customer worth most in their campaign).
    """

    proposals: tuple[Proposal, ...]
    arms: ir.Table


def name_of(proposal: Proposal) -> str:
    """Stable name of a campaign: what is done for whom."""
    return f"{proposal.play}-{proposal.segment.replace('_', '-')}"


def draw_plan(
    con: Any, people: ir.Table, proposals: Sequence[Proposal], book: Playbook, *, share: float, seed: int,
    earlier: ir.Table | None = None, called: Collection[str] = (), ways: Mapping[str, Collection[str]] | None = None,
) -> Drawn:  # fmt: skip
    """Draw the chosen campaigns of a plan.

    The most valuable reachable customers of the segment, as many as the plan has hours and money for, are split by lot. A
    proposal without a holdout (its audience is too small to learn from) is contacted whole.

    Args:
        people: of `addressees`. share: part left out. earlier: rows of :data:`helpers.campaigns.holdout.ARMS` of the last run.
        called: segments whose customers are telephoned this week; they are not drawn, since a call to somebody left out would
            spoil the comparison. ways: of `plan.Assumed`.
    """
    taken = tuple(p for p in proposals if p.status == "chosen" and p.segment not in called)
    parts = []
    for p in taken:
        members = people.filter(people.segment == p.segment)
        reached = members.filter(
            standing_of(members, book.plays[p.play], ways[p.play] if ways is not None else None) == "yes"
        ).select("customer_id", "worth")
        first = [reached.worth.desc(), reached.customer_id]
        placed = reached.mutate(place=ibis.row_number().over(order_by=first))
        audience = placed.filter(placed.place < p.treated + p.holdout)
        drawn = draw(audience, campaign=name_of(p), share=share if p.holdout else 0.0, seed=seed, earlier=earlier)
        named = drawn.mutate(
            campaign=ibis.literal(name_of(p)), play=ibis.literal(p.play), segment=ibis.literal(p.segment)
        )
        parts.append(named.mutate(seed=ibis.literal(seed).cast("int64"), place=named.place.cast("int64")))
    columns = ("campaign", "play", "segment", "seed", "customer_id", "stratum", "arm", "place")
    if parts:
        table = reduce(lambda a, b: a.union(b), [part.select(*columns) for part in parts])
    else:
        kinds = {c: "int64" if c in ("seed", "stratum", "place") else "string" for c in columns}
        table = ibis.memtable({c: [] for c in columns}, schema=ibis.schema(kinds))
    return Drawn(taken, con.create_table(ibis.util.gen_name("arms"), table, temp=True))


def kept_arms(drawn: Drawn, earlier: ir.Table | None) -> ir.Table:
    """Everybody who was ever drawn, as the next run needs it (:data:`helpers.campaigns.holdout.ARMS`)."""
    now = drawn.arms.select(*ARMS.names).cast(dict(ARMS))
    if earlier is None:
        return now
    keys = ["campaign", "seed", "customer_id"]
    return now.union(earlier.select(*ARMS.names).anti_join(now.select(*keys), keys))


def _first_open(table: ir.Table, ways: Collection[str]) -> ir.StringValue:
    """The channel of the first way that is open to each customer."""
    found: ir.StringValue = ibis.cases(*[(table[way], way.split("_")[1]) for way in ways], else_=ibis.null("string"))
    return found


def write_campaigns(
    drawn: Drawn, people: ir.Table, lines: ir.Table, rules: Rules, say: Language, write: Callable[[str, ir.Table], Path],
    ways: Mapping[str, Collection[str]] | None = None,
) -> Written:  # fmt: skip
    """Write the two lists of every drawn campaign.

    The list of those left out names customers by id only: nobody should be tempted to ring them.

    Args:
        people: of `addressees`. lines: order lines. write: puts a table into ``lists/<name>.csv`` and returns the path.
        ways: of `plan.Assumed`; the first that is open to a customer is named on the list.
    """
    counts = drawn.arms.group_by("campaign").agg(
        treated=(drawn.arms.arm == "treated").sum(), held=(drawn.arms.arm == "holdout").sum()
    )
    sizes = {row["campaign"]: (int(row["treated"]), int(row["held"])) for row in counts.to_pyarrow().to_pylist()}
    written: Written = {}
    for p in drawn.proposals:
        name = name_of(p)
        treated, held = sizes.get(name, (0, 0))
        mine = drawn.arms.filter(drawn.arms.campaign == name)
        chosen = people.semi_join(mine.filter(mine.arm == "treated"), "customer_id")
        if ways and ways[p.play]:
            chosen = chosen.mutate(contact_by=_first_open(chosen, ways[p.play]))
            by_mail = (chosen.contact_by == "email").fill_null(False)
            nowhere = ibis.null("string")
            # only the address they agreed to: a number beside an e-mail invites a call nobody asked for
            chosen = chosen.mutate(
                phone=by_mail.ifelse(nowhere, chosen.phone), email=by_mail.ifelse(chosen.email, nowhere)
            )
        write(name, staff_columns(with_last_product(chosen, lines), rules, say))
        left_out = mine.filter(mine.arm == "holdout").select("customer_id").order_by("customer_id")
        mark = fingerprint(write(f"{name}-holdout", left_out)).sha256 if held else ""
        written[name] = (treated, held, mark)
    return written
