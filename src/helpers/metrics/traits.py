"""What a group of customers has in common: where they came first, what they bought first, how it went – against everybody else.

Hundreds of shares are compared at once, so some look different by chance alone. Each is tested exactly (Fisher, two-sided) and the whole
search is corrected after Benjamini & Hochberg (1995): of the traits named, one in twenty is expected to be chance. What is named describes a group;
it proves no cause, since customers of one year may share a branch merely because it had opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy.stats import fisher_exact

from helpers.metrics.experience import low_scores
from helpers.metrics.repeat import first_orders
from helpers.metrics.service import timely
from helpers.metrics.uncertainty import Estimate, Rate, newcombe, wilson

SMALLEST = 20
"""Customers a group, and everybody else, must have before their shares are compared."""
FEWEST = 10
"""Customers who must have a trait before it is looked at."""
MOST_VALUES = 20
"""Values per kind of trait that are compared, the commonest first."""
LEVEL = 0.05
EXPERIENCE_DAYS = 30


@dataclass(frozen=True)
class Trait:
    """One trait of one group.

    Attributes:
        segment: the group. by: kind of trait: channel, branch, product or experience (of the first order). value: which one;
            of experience: late, low_score, complaint. inside, others: share of the group and of all other customers who have
            it, of those of whom it is known. difference: inside − others. p_value: Fisher's. adjusted: corrected for the search.
    """

    segment: str
    by: str
    value: str
    inside: Rate
    others: Rate
    difference: Estimate
    p_value: float
    adjusted: float

    @property
    def stands_out(self) -> bool:
        """Whether it is named: chance is an unlikely explanation even after so many comparisons."""
        return self.adjusted < LEVEL


def traits(customers: ir.Table, marks: ir.Table) -> tuple[Trait, ...]:
    """Every comparison that could be made, those least likely to be chance first.

    Args:
        customers: customer_id and segment.
        marks: from :func:`first_marks`.
    """
    joined = marks.inner_join(customers.select("customer_id", "segment"), "customer_id")
    counted = joined.group_by("by", "value", "segment").agg(n=joined.customer_id.nunique())
    rows = counted.order_by("by", "value", "segment").to_pyarrow().to_pylist()
    known: dict[str, dict[str, int]] = {}
    having: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        if row["value"] is None:
            known.setdefault(row["by"], {})[row["segment"]] = int(row["n"])
        else:
            having.setdefault((row["by"], row["value"]), {})[row["segment"]] = int(row["n"])
    found = [
        trait for (by, value), k in _commonest(having) for segment in known[by] for trait in _compared(segment, by, value, k, known[by])
    ]  # fmt: skip
    adjusted = benjamini_hochberg([trait.p_value for trait in found])
    corrected = [
        Trait(t.segment, t.by, t.value, t.inside, t.others, t.difference, t.p_value, q)
        for t, q in zip(found, adjusted, strict=True)
    ]
    return tuple(sorted(corrected, key=lambda t: (t.adjusted, t.p_value, t.segment, t.by, t.value)))


def _commonest(having: dict[tuple[str, str], dict[str, int]]) -> list[tuple[tuple[str, str], dict[str, int]]]:
    """Of each kind the values most customers have; what everybody or hardly anybody has tells no group from another."""
    largest = sorted(having.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    taken: dict[str, int] = {}
    kept = []
    for (by, value), k in largest:
        taken[by] = taken.get(by, 0) + 1
        if taken[by] <= MOST_VALUES and sum(k.values()) >= FEWEST:
            kept.append(((by, value), k))
    return kept


def _compared(segment: str, by: str, value: str, having: dict[str, int], known: dict[str, int]) -> list[Trait]:
    """The group against all others; nothing when either is too small."""
    n, everybody = known[segment], sum(known.values())
    k, all_having = having.get(segment, 0), sum(having.values())
    if n < SMALLEST or everybody - n < SMALLEST:
        return []
    inside, others = wilson(k, n), wilson(all_having - k, everybody - n)
    table = [[k, n - k], [all_having - k, everybody - n - (all_having - k)]]
    p_value = float(fisher_exact(table).pvalue)
    return [Trait(segment, by, value, inside, others, newcombe(inside, others), p_value, p_value)]


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values: q(i) = min over j ≥ i of p(j)·m/j, in the order given (Benjamini & Hochberg 1995)."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return [float(q) for q in adjusted]


def first_marks(
    orders: ir.Table,
    lines: ir.Table,
    *,
    as_of: date,
    deliveries: ir.Table | None = None,
    tickets: ir.Table | None = None,
    feedback: ir.Table | None = None,
) -> ir.Table:
    """customer_id, by, value: what is on record about each customer's first order.

    For every kind a customer also has a row without a value, which says that it is known of this customer: a share is one of
    those. Products need lines, lateness both times of a delivery, a low score a score; a complaint is one about the first
    order, or within 30 days of it.
    """
    first = first_orders(orders, as_of).select("customer_id", "order_id", "day", "channel", "branch")
    parts = []
    for by in ("channel", "branch"):
        named = first.filter(first[by].notnull())
        parts += [named.select("customer_id", by=ibis.literal(by), value=named[by]), _known(named, by)]
    bought = lines.filter(lines["product"].notnull()).select("order_id", "product")
    bought = first.inner_join(bought, "order_id")
    parts += [
        bought.select("customer_id", by=ibis.literal("product"), value=bought["product"]),
        _known(bought, "product"),
    ]
    if deliveries is not None:
        late = first.inner_join(timely(deliveries, orders, as_of).select("order_id", "late"), "order_id")
        parts += _experience(late, late.late, "late")
    if feedback is not None:
        scored = first.inner_join(low_scores(feedback, as_of=as_of), "order_id")
        parts += _experience(scored, scored.low, "low_score")
    if tickets is not None:
        parts += _experience(*_complained(first, tickets, as_of), "complaint")
    return ibis.union(*parts)


def _known(table: ir.Table, by: str) -> ir.Table:
    return table.select("customer_id", by=ibis.literal(by), value=ibis.null("string"))


def _experience(table: ir.Table, had: ir.BooleanValue, value: str) -> list[ir.Table]:
    """Rows of one kind of experience; each kind is known of other customers, so each is a `by` of its own."""
    by = f"experience_{value}"
    return [
        table.filter(had).select("customer_id", by=ibis.literal(by), value=ibis.literal(value)),
        _known(table, by),
    ]


def _complained(first: ir.Table, tickets: ir.Table, as_of: date) -> tuple[ir.Table, ir.BooleanValue]:
    seen = tickets.filter(tickets.customer_id.notnull() & (tickets.opened_at.date() <= ibis.literal(as_of)))
    about = seen.select("customer_id", about="order_id", opened=seen.opened_at.date())
    old = first.filter(first.day <= ibis.literal(as_of - timedelta(days=EXPERIENCE_DAYS)))
    joined = old.left_join(about, "customer_id")
    since = joined.opened.delta(joined.day, unit="day")
    soon = (joined.about == joined.order_id) | ((since >= 0) & (since <= EXPERIENCE_DAYS))
    each = joined.group_by("customer_id").agg(had=soon.fill_null(False).any())
    return each, each.had
