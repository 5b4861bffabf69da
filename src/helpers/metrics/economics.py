"""What keeping customers is worth on the business's own figures (S20): one more point of retention, CAC, and what a newcomer brings.

All in gross profit: revenue times the business's own margin. Nothing here is a forecast of what a measure would achieve; it says how
much is at stake if it did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from scipy.stats import chi2

from helpers.metrics.months import SETTLING_DAYS, Covered, covered, last_of, month_index
from helpers.metrics.orders import identified, in_sequence
from helpers.metrics.uncertainty import FLOOR, Estimate, NotEnough, Rate, of_money, rate, z

YEAR = 365
HISTORY = 2 * YEAR - SETTLING_DAYS
"""Days of history from which one year can be held against the year before it."""
POINT, POINTS = 0.01, 5


@dataclass(frozen=True)
class OnePoint:
    """One more of a hundred of last year's customers kept for a year.

    Attributes:
        kept: share of the customers of the year before last who bought again in the last one. value: gross profit a kept customer
            brought in that year. worth: of one more point of retention, per year, with its range. cautious: the same if those won were
            like the lighter half of the kept, as people about to leave mostly are. five_points: five points more as a share of
            the last year's gross profit with known customers, to be held against the claim of +25 to +95 %.
    """

    kept: Rate
    value: Estimate
    worth: Estimate
    cautious: float
    five_points: Estimate


@dataclass(frozen=True)
class Acquisition:
    """What a new customer costs.

    Attributes:
        spend, new, months: money for winning customers, customers won, and in how many whole months. cac: money per new customer; the
            range treats arrivals as Poisson. keep: money for keeping per customer who came again in those months, None when none
            was spent. times: cac / keep.
    """

    spend: float
    new: int
    months: int
    cac: Estimate
    keep: float | None
    times: float | None


@dataclass(frozen=True)
class Economics:
    """Everything together; each part is :class:`~helpers.metrics.uncertainty.NotEnough` where it cannot be had.

    Attributes:
        margin: gross margin used. newcomer: gross profit of a new customer in the first year after the first order, as it was
            for those followed that long. clv_to_cac: newcomer / cac.
    """

    margin: float
    one_point: OnePoint | NotEnough
    acquisition: Acquisition | NotEnough | None
    newcomer: Estimate | NotEnough
    clv_to_cac: Estimate | None


def economics(orders: ir.Table, *, as_of: date, margin: float, costs: ir.Table | None = None) -> Economics:
    """Own economics of keeping and of winning customers.

    Args:
        margin: gross margin, a share of revenue. costs: monthly costs with their purpose; without them there is no CAC
            (`acquisition` is None).
    """
    seen = covered(orders, as_of=as_of)
    won = None if costs is None else _acquisition(orders, costs, seen, as_of)
    newcomer = _newcomer(orders, seen, as_of, margin)
    ratio = None
    if isinstance(won, Acquisition) and isinstance(newcomer, Estimate) and newcomer.low > 0:
        ratio = _ratio(newcomer, won)
    return Economics(margin, _one_point(orders, seen, as_of, margin), won, newcomer, ratio)


def _one_point(orders: ir.Table, seen: Covered, as_of: date, margin: float) -> OnePoint | NotEnough:
    history = 0 if seen.first_day is None else (as_of - seen.first_day).days + 1
    if history < HISTORY:
        return NotEnough(history, HISTORY, "days of history")
    known, year = identified(orders, as_of), ibis.literal(as_of - timedelta(days=YEAR))
    known = known.filter(known.day > ibis.literal(as_of - timedelta(days=2 * YEAR)))
    recent = known.day > year
    each = known.group_by("customer_id").agg(
        before=(~recent).any(), after=recent.any(), value=known.net_revenue.sum(where=recent).fill_null(0.0)
    )
    ranked = each.filter(each.before & each.after)
    ranked = ranked.mutate(half=ibis.ntile(2).over(ibis.window(order_by=["value", "customer_id"])))
    kept = _row(ranked.agg(**_sums(ranked.value), light=ranked.value.mean(where=ranked.half == 0)))
    whole = _row(each.agg(base=each.before.sum(), revenue=each.value.sum()))
    share, base = rate(int(kept["n"] or 0), int(whole["base"] or 0)), int(whole["base"] or 0)
    value = _mean(kept)
    if isinstance(share, NotEnough):
        return share
    if isinstance(value, NotEnough):
        return value
    if not whole["revenue"] or whole["revenue"] <= 0:
        return NotEnough(0, 1, "customers")
    return OnePoint(
        kept=share,
        value=_scaled(value, margin),
        worth=_scaled(value, margin * POINT * base),
        cautious=float(kept["light"]) * margin * POINT * base,
        five_points=_scaled(value, POINTS * POINT * base / float(whole["revenue"])),
    )


def _acquisition(orders: ir.Table, costs: ir.Table, seen: Covered, as_of: date) -> Acquisition | NotEnough:
    """Spend and newcomers of the same whole months: at most the last twelve that the cost book and the orders both cover."""
    last = max((i for i in seen.months if last_of(i) <= as_of), default=None)
    months = [] if last is None else [i for i in range(last - 11, last + 1) if seen.judged(i)]
    booked = costs.mutate(index=month_index(costs.month))
    booked = booked.filter(booked["index"].isin(months)) if months else booked.filter(ibis.literal(False))
    by = booked.group_by("index").agg(
        won=booked.amount.sum(where=booked.purpose == "acquisition").fill_null(0.0),
        kept=booked.amount.sum(where=booked.purpose == "retention").fill_null(0.0),
    )
    rows = by.to_pyarrow().to_pylist()
    spend, keeping = (sum(float(row[name]) for row in rows) for name in ("won", "kept"))
    if not rows or spend <= 0:
        return NotEnough(0, 1, "months")
    new, again = _arrivals(orders, [int(row["index"]) for row in rows], as_of)
    if new < FLOOR:
        return NotEnough(new, FLOOR)
    low, high = float(chi2.ppf(0.025, 2 * new)) / 2, float(chi2.ppf(0.975, 2 * new + 2)) / 2
    keep = keeping / again if keeping > 0 and again else None
    cac = Estimate(spend / new, spend / high, spend / low, new)
    return Acquisition(spend, new, len(rows), cac, keep, None if keep is None else cac.value / keep)


def _arrivals(orders: ir.Table, months: list[int], as_of: date) -> tuple[int, int]:
    """Customers whose first order fell into these months, and customers who came again in them."""
    known = in_sequence(orders, as_of)
    inside = known.filter(month_index(known.day).isin(months))
    returned = inside.customer_id.nunique(where=inside.day > inside.first_day)
    row = _row(inside.agg(new=(inside.nth == 1).sum(), again=returned))
    return int(row["new"] or 0), int(row["again"] or 0)


def _newcomer(orders: ir.Table, seen: Covered, as_of: date, margin: float) -> Estimate | NotEnough:
    """Mean gross profit of the first year, of customers who arrived in the year before last and can be called new."""
    if seen.first_day is None:
        return NotEnough(0, FLOOR)
    known = in_sequence(orders, as_of)
    start = max(seen.first_day + timedelta(days=SETTLING_DAYS), as_of - timedelta(days=2 * YEAR))
    arrived = known.first_day.between(ibis.literal(start), ibis.literal(as_of - timedelta(days=YEAR)))
    mature = known.filter(arrived & (known.day.delta(known.first_day, unit="day") <= YEAR))
    each = mature.group_by("customer_id").agg(value=mature.net_revenue.sum())
    found = _mean(_row(each.agg(**_sums(each.value))))
    return found if isinstance(found, NotEnough) else _scaled(found, margin)


def _ratio(newcomer: Estimate, won: Acquisition) -> Estimate:
    """Value of a newcomer over what one costs; both ranges together, on the log scale."""
    value = newcomer.value / won.cac.value
    half = z() * math.sqrt(((newcomer.high - newcomer.low) / (2 * z() * newcomer.value)) ** 2 + 1 / won.new)
    return Estimate(value, value * math.exp(-half), value * math.exp(half), newcomer.n)


def _sums(value: ir.NumericColumn) -> dict[str, ir.Scalar]:
    return {"n": value.count(), "mean": value.mean(), "sd": value.std(how="sample")}


def _row(table: ir.Table) -> Mapping[str, Any]:
    found: Mapping[str, Any] = table.to_pyarrow().to_pylist()[0]
    return found


def _mean(sums: Mapping[str, Any]) -> Estimate | NotEnough:
    """Mean of money by customer, its lower bound never below zero where the mean is not."""
    n = int(sums["n"] or 0)
    if n < FLOOR:
        return NotEnough(n, FLOOR)
    mean = float(sums["mean"])
    found = of_money(mean, float(sums["sd"]) / math.sqrt(n), n)
    return replace(found, low=max(min(mean, 0.0), found.low))


def _scaled(found: Estimate, factor: float) -> Estimate:
    return Estimate(found.value * factor, found.low * factor, found.high * factor, found.n)
