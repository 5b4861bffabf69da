"""Lens 2: two periods compared – who was lost, who is new, who spends more and who less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from helpers.metrics.lenses.factors import Factors, Period, effects, factors, spending, two_latest
from helpers.metrics.uncertainty import NotEnough, Rate, rate

GROUPS = ("high", "middle", "low", "none")
"""Thirds of a period's customers by what they spent, and those who did not buy in it."""


@dataclass(frozen=True)
class Bridge:
    """One group of customers and what it did to revenue.

    Attributes:
        group: lost (only in the earlier period), down, level, up (in both), returned (only in the later one, but known before the
            earlier one), new. customers: how many. change: revenue of the later period − that of the earlier one.
    """

    group: str
    customers: int
    change: float


@dataclass(frozen=True)
class TwoPeriods:
    """Two adjacent periods of equal length.

    Attributes:
        before, after: the periods. factors_before, factors_after: their totals.
        bridge: the changes by group; they add up to the change in revenue.
        kept: of the earlier period's customers, who bought again in the later one.
        migration: group before × group after (:data:`GROUPS`): customers.
        effects: the same change by factor of the identity, None when a period has no revenue.
    """

    before: Period
    after: Period
    factors_before: Factors
    factors_after: Factors
    bridge: tuple[Bridge, ...]
    kept: Rate | NotEnough
    migration: pd.DataFrame
    effects: dict[str, float] | None


def two_periods(orders: ir.Table, *, as_of: date) -> TwoPeriods | NotEnough:
    """The latest period against the one before it, each at most 52 weeks.

    Returns:
        :class:`NotEnough` when the data hold less than twice four weeks.
    """
    periods = two_latest(orders, as_of=as_of)
    if periods is None:
        return NotEnough(0, 2, "periods")
    before, after = periods
    spend = spending(orders, before, after, as_of=as_of)
    was, now = spend.orders_0 > 0, spend.orders_1 > 0
    change = spend.revenue_1 - spend.revenue_0
    spend = spend.mutate(change=change, before=_third(spend, 0), after=_third(spend, 1))
    group = ibis.cases(
        (was & ~now, "lost"),
        (was & now & (change < 0), "down"),
        (was & now & (change > 0), "up"),
        (was & now, "level"),
        (now & (spend["first"] < ibis.literal(before.start)), "returned"),
        (now, "new"),
        else_="none",
    )
    moved = spend.mutate(group=group)
    moved = moved.filter(moved.group != "none")
    sums = (
        moved.group_by("group").agg(customers=moved.count(), change=moved.change.sum()).to_pandas().set_index("group")
    )
    bridge = tuple(
        Bridge(g, int(sums["customers"].get(g, 0)), float(sums["change"].get(g, 0.0)))
        for g in ("lost", "down", "level", "up", "returned", "new")
    )
    counts = {b.group: b.customers for b in bridge}
    stayed = counts["down"] + counts["level"] + counts["up"]
    first, second = factors(spend, before, 0), factors(spend, after, 1)
    flows = moved.group_by("before", "after").agg(customers=moved.count()).to_pandas()
    migration = flows.pivot_table(index="before", columns="after", values="customers", aggfunc="sum")
    migration = migration.reindex(index=list(GROUPS), columns=list(GROUPS)).fillna(0).astype("int64")
    return TwoPeriods(
        before, after, first, second, bridge, rate(stayed, stayed + counts["lost"]), migration, effects(first, second)
    )


def _third(spend: ir.Table, i: int) -> ir.StringValue:
    """Third of the customers of period `i` by revenue, or none."""
    bought = spend[f"orders_{i}"] > 0
    window = ibis.window(group_by=bought, order_by=[spend[f"revenue_{i}"].desc(), spend.customer_id])
    third = ibis.ntile(3).over(window)
    found: ir.StringValue = ibis.cases((~bought, "none"), (third == 0, "high"), (third == 1, "middle"), else_="low")
    return found
