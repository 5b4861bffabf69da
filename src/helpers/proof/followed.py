"""The same customers in two runs: who went from which group to which, and who of those named then has ordered since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from helpers.campaigns.lists import CALL_SEGMENTS
from helpers.metrics.orders import identified
from helpers.metrics.uncertainty import NotEnough, Rate, rate
from helpers.segments import GONE

Group = Literal["risk", "lost", "calls", "lists", "held", "others"]
GROUPS: tuple[Group, ...] = ("risk", "calls", "lists", "held", "lost", "others")


@dataclass(frozen=True)
class Migration:
    """From where to where the same customers went between two runs.

    Attributes:
        of: column compared (`segment` or `state`). groups: its words in the order of `counts`. counts: rows then, columns now,
            customers known in both runs. same: how many those are. joined: whose first order came after the earlier data ended.
            appeared: known now only, though their first order is older. gone: known then only.
    """

    of: str
    groups: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    same: int
    joined: int
    appeared: int
    gone: int

    @property
    def stayed(self) -> int:
        """Customers in the same group as then."""
        return sum(row[i] for i, row in enumerate(self.counts))


@dataclass(frozen=True)
class Returned:
    """Customers named by the run before, and how many have ordered since.

    Attributes:
        group: ``risk`` (flagged as least likely to come back, and not given up), ``lost`` (given up for lost), ``calls`` (in the groups the call list is made of), ``lists`` (drawn
            for a campaign, to be contacted), ``held`` (drawn, deliberately left out), ``others`` (in none of these).
        back: share with an order since. missing: customers of then that today's data do not know; not in `back`.
    """

    group: Group
    back: Rate | NotEnough
    missing: int


def migration(then: ir.Table, now: ir.Table, *, of: str, order: Sequence[str], last: date) -> Migration:
    """Count customers by where they stood and where they stand.

    Args:
        then, now: customer tables of the two runs (customer_id, the column, and in `now` first_order).
        of: the column. order: its words as they are to stand; words that are not in it come last.
        last: last day of the earlier data.
    """
    before = then.select(then_id="customer_id", before=of)
    after = now.select(now_id="customer_id", after=of, young=now.first_order.cast("date") > ibis.literal(last))
    both = before.outer_join(after, before.then_id == after.now_id)
    known = both.select("before", "after", "young", was=both.then_id.notnull(), here=both.now_id.notnull())
    rows = known.group_by("was", "here", "before", "after", "young").agg(n=known.count()).to_pyarrow().to_pylist()
    same = [row for row in rows if row["was"] and row["here"]]
    cells: dict[tuple[str, str], int] = {}
    for row in same:
        pair = (str(row["before"]), str(row["after"]))
        cells[pair] = cells.get(pair, 0) + int(row["n"])
    used = {word for pair in cells for word in pair}
    groups = (*(word for word in order if word in used), *sorted(used - set(order)))
    counts = tuple(tuple(cells.get((a, b), 0) for b in groups) for a in groups)
    fresh = [row for row in rows if not row["was"]]
    return Migration(
        of, groups, counts,
        same=sum(cells.values()),
        joined=sum(int(row["n"]) for row in fresh if row["young"]),
        appeared=sum(int(row["n"]) for row in fresh if not row["young"]),
        gone=sum(int(row["n"]) for row in rows if not row["here"]),
    )  # fmt: skip


def returned(
    then: ir.Table, orders: ir.Table, risk: Mapping[str, Any] | None, arms: ir.Table | None, *,
    since: date, as_of: date, whole: bool = True,
) -> tuple[Returned, ...]:  # fmt: skip
    """Who of those the run before named has ordered since, group by group.

    One customer may stand in several groups. This is what happened, not what was brought about: who is flagged comes back less by
    the very reason of the flag, and only a group left out by lot tells what a call did.

    Args:
        then: customer table of the run before. orders: of this run. risk: `risk` of its `metrics.json`. arms: customers it drew.
        since: last day of the earlier data; orders after it count. as_of: end of this run's data.
        whole: today's data reach back over the earlier ones, so that whoever is not in them cannot be followed. Otherwise who is not
            in them has not ordered.
    """
    known = identified(orders, as_of)
    seen = known.group_by("customer_id").agg(back=(known.day > ibis.literal(since)).any())
    named = _named(then, risk, arms)
    later = seen.select(seen_id="customer_id", back="back")
    table = named.left_join(later, named.customer_id == later.seen_id)
    followed = table.seen_id.notnull() if whole else ibis.literal(True)
    counted = {}
    for name in GROUPS:
        member = table[name]
        counted[f"{name}_n"] = (member & followed).sum()
        counted[f"{name}_k"] = (member & followed & table.back.fill_null(False)).sum()
        counted[f"{name}_m"] = (member & ~followed).sum()
    row = {key: int(value or 0) for key, value in table.agg(**counted).to_pyarrow().to_pylist()[0].items()}
    return tuple(
        Returned(name, rate(row[f"{name}_k"], row[f"{name}_n"]), row[f"{name}_m"])
        for name in GROUPS
        if row[f"{name}_n"] + row[f"{name}_m"]
    )


def _named(then: ir.Table, risk: Mapping[str, Any] | None, arms: ir.Table | None) -> ir.Table:
    """customer_id of then and, per group, whether the customer is in it."""
    limit = (risk or {}).get("threshold")
    flagged = ibis.literal(False) if limit is None else (then.p_return_90d < limit).fill_null(False)
    called = then.segment.isin(CALL_SEGMENTS).fill_null(False)
    lost = then.segment.isin(GONE).fill_null(False)
    named = then.select("customer_id", risk=flagged & ~lost, calls=called, lost=lost)
    if arms is None:
        named = named.mutate(lists=ibis.literal(False), held=ibis.literal(False))
    else:
        drawn = arms.group_by(drawn_id="customer_id").agg(
            lists=(arms.arm == "treated").any(), held=(arms.arm == "holdout").any()
        )
        named = named.left_join(drawn, named.customer_id == drawn.drawn_id).drop("drawn_id")
        named = named.mutate(lists=named.lists.fill_null(False), held=named.held.fill_null(False))
    return named.mutate(others=~(named.risk | named.lost | named.calls | named.lists | named.held))
