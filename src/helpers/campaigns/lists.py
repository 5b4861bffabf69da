"""Lists for staff: who, why, and what to say first, worded in the engine so that a list may be of any length."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.campaigns.audience import with_reach
from helpers.campaigns.holdout import draw, fingerprint
from helpers.campaigns.plan import Proposal, worthwhile
from helpers.language import Language
from helpers.playbook import Playbook
from helpers.segments import Rules
from helpers.tables import Tables

CALL_SEGMENTS = ("overdue_regular", "declining_call")
"""Segments a person should ring (S16, S17)."""
CALL_PLAY = "overdue-regulars-call"


def sentence(template: str, **columns: Any) -> ir.StringValue:
    """A sentence per row: the template's ``{names}`` replaced by columns, in the engine."""
    parts = re.split(r"\{(\w+)\}", template)
    pieces = [
        columns[part].cast("string").fill_null("–") if i % 2 else ibis.literal(part) for i, part in enumerate(parts)
    ]
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole + piece
    return whole


def with_last_product(customers: ir.Table, lines: ir.Table) -> ir.Table:
    """Add `last_product`: something from each customer's latest order (missing when lines name no products)."""
    named = lines.filter(lines.customer_id.notnull() & lines["product"].notnull())
    newest = [named.ordered_at.desc(), named["product"]]
    latest = named.group_by("customer_id").agg(last_product=named["product"].first(order_by=newest))
    return customers.left_join(latest, "customer_id").drop("customer_id_right")


def _reasons(table: ir.Table, say: Language) -> dict[str, Any]:
    known = {
        "usual": table.rhythm_days.round(0).cast("int64"),
        "silent": table.days_since_last_order,
        "drop": (table.decline * -100).round(0).cast("int64"),
    }
    declining = table.segment.isin(["declining_call", "declining_watch"])
    # a business with few returns knows nobody's rhythm, but still who came more than once
    reason = ibis.cases(
        (declining, sentence(say.template("spends {drop} % less than before"), **known)),
        (table.rhythm_days.notnull(), sentence(say.template("usually every {usual} days, now {silent}"), **known)),
        (table.frequency > 0, sentence(say.template("last came {silent} days ago"), **known)),
        else_=sentence(say.template("bought once, {silent} days ago"), **known),
    )
    bought = sentence(say.template("; last order: {product}"), product=table.last_product)
    return {"reason": table.last_product.notnull().ifelse(reason + bought, reason)}


def _titled(table: ir.Table, rules: Rules, say: Language) -> Any:
    return ibis.cases(*[(table.segment == row.id, row.title[say.code]) for row in rules.rows])


def staff_columns(table: ir.Table, rules: Rules, say: Language) -> ir.Table:
    """The columns a person needs, with headings in their language; most valuable first."""
    table = table.mutate(**_reasons(table, say), group=_titled(table, rules, say))
    table = table.order_by([table.revenue_year.desc(), table.customer_id])
    headings: Mapping[str, str] = {
        "customer_id": say.text("customer code"), "name": say.text("name"), "phone": say.text("phone"), "email": say.text("e-mail"),
        "group": say.text("group"), "reason": say.text("why"), "last_order": say.text("last order"), "revenue_year": say.text("spent in the last year"),
    }  # fmt: skip
    table = table.mutate(revenue_year=table.revenue_year.round(0).cast("int64"))
    return table.select(**{heading: table[column] for column, heading in headings.items()})


def call_list(tables: Tables, book: Playbook, rules: Rules, *, limit: int, say: Language) -> ir.Table:
    """Regulars later than their own rhythm or spending half of before, who may be phoned; ranked by what they spend.

    Args:
        tables: of the run, with customers. limit: rows at most.
    """
    if tables.customers is None:
        raise ValueError("the run has no customers table")
    people = tables.customers.filter(tables.customers.segment.isin(CALL_SEGMENTS))
    reached = with_reach(people, tables.people, tables.get("consent"), book.plays[CALL_PLAY])
    chosen = with_last_product(reached.filter(reached.reach == "yes"), tables.order_lines)
    return staff_columns(chosen, rules, say).limit(limit)


def campaign_lists(
    tables: Tables, proposal: Proposal, book: Playbook, rules: Rules, *, share: float, seed: int, say: Language
) -> tuple[ir.Table, ir.Table]:
    """The two lists of a campaign: to contact, and deliberately left out (drawn before anything is sent).

    The second list names customers by id only: nobody should be tempted to ring them.
    """
    if tables.customers is None:
        raise ValueError("the run has no customers table")
    members = tables.customers.filter(tables.customers.segment == proposal.segment)
    reached = with_reach(members, tables.people, tables.get("consent"), book.plays[proposal.play])
    drawn = draw(reached.filter(reached.reach == "yes"), campaign=name_of(proposal), share=share, seed=seed)
    treated = with_last_product(drawn.filter(drawn.arm == "treated"), tables.order_lines)
    held = drawn.filter(drawn.arm == "holdout")
    return staff_columns(treated, rules, say), held.select("customer_id").order_by("customer_id")


def name_of(proposal: Proposal) -> str:
    """Stable name of a campaign: what is done for whom."""
    return f"{proposal.play}-{proposal.segment.replace('_', '-')}"


def length(table: ir.Table) -> int:
    """Rows of a list."""
    return int(table.count().to_pyarrow().as_py())


def write_campaigns(
    tables: Tables, plan: Sequence[Proposal], book: Playbook, rules: Rules, *, share: float, seed: int, say: Language,
    write: Callable[[str, ir.Table], Path], most: int = 3, called: Collection[str] = (),
) -> dict[str, tuple[int, int, str]]:  # fmt: skip
    """Draw and write the lists of the first few campaigns of a plan.

    A proposal without a holdout (its audience is too small to learn from) is contacted whole and no holdout is written.

    Args:
        called: segments whose customers are telephoned this week; they are not drawn, since a call to somebody left out would spoil
            the comparison.
        write: puts a table into ``lists/<name>.csv`` and returns the path. most: campaigns that get lists.

    Returns:
        Campaign name → customers to contact, customers left out, and the SHA-256 of the holdout list (empty without one).
    """
    written = {}
    for proposal in worthwhile([p for p in plan if p.segment not in called], most):
        name = name_of(proposal)
        drawn = share if proposal.holdout else 0.0
        treated, held = campaign_lists(tables, proposal, book, rules, share=drawn, seed=seed, say=say)
        write(name, treated)
        mark = fingerprint(write(f"{name}-holdout", held)).sha256 if drawn else ""
        written[name] = (length(treated), length(held) if drawn else 0, mark)
    return written
