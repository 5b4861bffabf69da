"""Old orders that read differently now: gone, added late or changed since the run before, told apart from new business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

Kind = Literal["gone", "late", "changed", "moved"]
KINDS: tuple[Kind, ...] = ("gone", "late", "changed", "moved")
SAME_MONEY = 0.005
"""Amounts that differ by less are the same: files round."""


@dataclass(frozen=True)
class Revised:
    """Orders revised in one way.

    Attributes:
        kind: ``gone`` (cancelled, or no longer exported), ``late`` (of a day that had ended, but not in the data then), ``changed``
            (another amount or day), ``moved`` (same sale, another customer). orders: how many. revenue: what net revenue of that
            time has gained by it, in the business's currency.
    """

    kind: Kind
    orders: int
    revenue: float


@dataclass(frozen=True)
class Revisions:
    """All revisions of the time both runs cover.

    Attributes:
        first, last: that time; orders added on its last day are none, because that day was still going on. orders: of then in it.
        found: per kind, those that occurred only. renumbered: orders with another number but the same customer, moment and amount,
            which are no revision. holes: orders of then on days of which today's data know nothing, which are none either.
    """

    first: date
    last: date
    orders: int
    found: tuple[Revised, ...]
    renumbered: int
    holes: int

    @property
    def total(self) -> int:
        """Orders revised in any way."""
        return sum(one.orders for one in self.found)

    @property
    def gone(self) -> int:
        """Orders no longer there."""
        return sum(one.orders for one in self.found if one.kind == "gone")


def revisions(
    then: ir.Table, now: ir.Table, *, first: date, last: date, holes: Sequence[tuple[date, date]] = ()
) -> Revisions:
    """Compare the orders of a time as they stood in the run before with how they stand today.

    An order is the same by its number. What has no counterpart by number is the same where customer, moment and amount are: numbers
    change with a new till, and orders without a number have one made up by intake.

    Args:
        then, now: canonical orders of the run before and of this one.
        first, last: the time both cover.
        holes: first and last days of silences in today's data, in which the orders of then are not called gone.
    """
    pairs = _pairs(_sides(then, "then"), _sides(now, "now"), first=first, last=last)
    counted = pairs.group_by("kind").agg(orders=pairs.count(), revenue=pairs.gain.sum())
    rows = {row["kind"]: row for row in counted.to_pyarrow().to_pylist()}
    left = _unpaired(pairs, holes, last)
    found = [
        *(Revised(kind, left[f"{kind}_orders"], left[f"{kind}_revenue"]) for kind in ("gone", "late")),
        *(Revised(kind, rows[kind]["orders"], rows[kind]["revenue"] or 0.0) for kind in ("changed", "moved") if kind in rows),
    ]  # fmt: skip
    orders = sum(row["orders"] for kind, row in rows.items() if kind != "only now")
    return Revisions(first, last, orders, tuple(one for one in found if one.orders), left["renumbered"], left["holes"])


def _sides(orders: ir.Table, name: str) -> ir.Table:
    columns = {"order_id": "order_id", "customer_id": "customer_id", "ordered_at": "ordered_at", "money": "net_revenue"}
    side = orders.select(**{f"{name}_{new}": old for new, old in columns.items()})
    return side.mutate(**{f"{name}_day": side[f"{name}_ordered_at"].date()})


def _pairs(then: ir.Table, now: ir.Table, *, first: date, last: date) -> ir.Table:
    """Every order of then and of now within the time, beside its counterpart by number; `kind` and `gain` in money."""
    start, end = ibis.literal(first), ibis.literal(last)
    then = then.filter((then.then_day >= start) & (then.then_day <= end))
    both = then.outer_join(now, then.then_order_id == now.now_order_id)
    both = both.filter(both.then_order_id.notnull() | ((both.now_day >= start) & (both.now_day <= end)))
    other = (both.now_money - both.then_money).abs() >= SAME_MONEY
    kind = ibis.cases(
        (both.now_order_id.isnull(), "only then"),
        (both.then_order_id.isnull(), "only now"),
        (other | (both.now_day != both.then_day), "changed"),
        (~both.now_customer_id.identical_to(both.then_customer_id), "moved"),
        else_="same",
    )
    within = (both.now_day >= start) & (both.now_day <= end)
    gain = within.ifelse(both.now_money, 0.0).fill_null(0.0) - both.then_money.fill_null(0.0)
    return both.mutate(kind=kind, gain=gain)


def _unpaired(pairs: ir.Table, holes: Sequence[tuple[date, date]], last: date) -> dict[str, Any]:
    """Counts of what has no counterpart by number: gone, late, renumbered, in a hole of today's data."""
    alone = pairs.filter(pairs.kind.isin(["only then", "only now"]))
    was = alone.kind == "only then"
    day = ibis.coalesce(alone.then_day, alone.now_day)
    hole = ibis.or_(ibis.literal(False), *(day.between(ibis.literal(a), ibis.literal(b)) for a, b in holes))
    alone = alone.select(
        customer=ibis.coalesce(alone.then_customer_id, alone.now_customer_id),
        at=ibis.coalesce(alone.then_ordered_at, alone.now_ordered_at),
        money=ibis.coalesce(alone.then_money, alone.now_money).round(2),
        was=was,
        hole=was & hole,
        open=~was & (day == ibis.literal(last)),
    )
    # as many of then as of now with one customer, moment and amount are the same sales under other numbers
    sales = alone.group_by("customer", "at", "money").agg(
        then=alone.was.sum(), now=(~alone.was).sum(), hole=alone.hole.any(), open=alone.open.any()
    )
    same = ibis.least(sales.then, sales.now)
    sales = sales.mutate(same=same, gone=sales.then - same, late=sales.open.ifelse(0, sales.now - same))
    gone = sales.hole.ifelse(0, sales.gone)
    total = sales.agg(
        renumbered=sales.same.sum(),
        gone_orders=gone.sum(),
        gone_revenue=-(gone * sales.money).sum(),
        late_orders=sales.late.sum(),
        late_revenue=(sales.late * sales.money).sum(),
        holes=sales.hole.ifelse(sales.gone, 0).sum(),
    )
    row = total.to_pyarrow().to_pylist()[0]
    return {name: float(value or 0) if name.endswith("revenue") else int(value or 0) for name, value in row.items()}
