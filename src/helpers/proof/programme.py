"""The whole effort: several small campaigns together, and newcomers since it began beside those of a year before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy.stats import chi2

from helpers.business import Business, Campaign
from helpers.metrics.uncertainty import FLOOR, Estimate, NotEnough, Rate, newcombe, of_money, wilson
from helpers.proof.readout import Readout, Verdict, welch
from helpers.proof.summaries import NO_VERDICT, Reading

LEVEL = 0.05


@dataclass(frozen=True)
class Programme:
    """Several campaigns taken together.

    Attributes:
        campaigns: how many could be read. set_aside: how many could not. treated, holdout: customers in them; somebody in two campaigns
            counts twice. lift: difference in returns per contacted customer over all of them. returns: extra returns. unlike: whether
            the campaigns' effects differ more than chance, None with one. gain: extra gross profit, None where any is unknown.
            cost: of all. roi: (gain − cost) / cost, None without a cost. verdict: on the lift.
    """

    campaigns: int
    set_aside: int
    treated: int
    holdout: int
    lift: Estimate
    returns: Estimate
    unlike: bool | None
    gain: Estimate | None
    cost: float
    roi: Estimate | None
    verdict: Verdict


def together(found: Sequence[Estimate], weights: Sequence[float]) -> Estimate:
    """Weighted sum of independent estimates with an interval recovered from theirs (MOVER: Zou & Donner 2008), which need not be
    symmetric.
    """
    value = sum(w * e.value for e, w in zip(found, weights, strict=True))
    low = math.hypot(*(w * (e.value - e.low) for e, w in zip(found, weights, strict=True)))
    high = math.hypot(*(w * (e.high - e.value) for e, w in zip(found, weights, strict=True)))
    return Estimate(value, value - low, value + high, sum(e.n for e in found))


def pool(readouts: Sequence[tuple[Campaign, Reading]]) -> Programme | None:
    """Pool every campaign with a holdout and a verdict on returns: what they brought to those who were contacted.

    It is the mean of these campaigns, each weighing by its contacted customers, not a forecast of the next. Campaigns whose windows
    end later than the data, or which are in doubt, are set aside and counted.

    Returns:
        None when no campaign can be read.
    """
    read = [r for _, r in readouts if isinstance(r, Readout) and r.verdict != NO_VERDICT and _on_returns(r)]
    if not read:
        return None
    gaps, sizes = [r.comparisons[0].difference for r in read], [r.arms[0].n for r in read]
    returns = together(gaps, sizes)
    treated = sum(sizes)
    lift = Estimate(returns.value / treated, returns.low / treated, returns.high / treated, returns.n)
    gains = [r.incremental_margin for r in read if r.incremental_margin is not None]
    gain = together(gains, [1.0] * len(gains)) if len(gains) == len(read) else None
    cost = sum(r.cost for r in read)
    roi = (
        Estimate((gain.value - cost) / cost, (gain.low - cost) / cost, (gain.high - cost) / cost, treated)
        if gain and cost
        else None
    )
    verdict: Verdict = "worked" if lift.low > 0 else "did harm" if lift.high < 0 else "not shown yet"
    held = sum(r.arms[-1].n for r in read)
    return Programme(
        len(read), len(readouts) - len(read), treated, held, lift, returns, _unlike(gaps), gain, cost, roi, verdict
    )


def _on_returns(found: Readout) -> bool:
    return len(found.arms) == 2 and found.arms[0].outcomes[0].rate is not None


def _unlike(gaps: Sequence[Estimate]) -> bool | None:
    """Cochran's Q, with standard errors read off the intervals."""
    if len(gaps) < 2:
        return None
    value = np.array([gap.value for gap in gaps])
    weight = np.array([(2 * 1.959964 / (gap.high - gap.low)) ** 2 for gap in gaps])
    q = float((weight * (value - np.average(value, weights=weight)) ** 2).sum())
    return bool(chi2.sf(q, len(gaps) - 1) < LEVEL)


@dataclass(frozen=True)
class Newcomers:
    """Customers whose first order fell within some days, and what became of them in their first `horizon` days.

    Attributes:
        first, last: days of their first orders. back: share with a second order within the horizon. worth: gross profit per
            customer within it, the first order included.
    """

    first: date
    last: date
    back: Rate
    worth: Estimate


@dataclass(frozen=True)
class Generations:
    """Newcomers since the effort began beside those of the same days a year before: a before and after, so weak evidence.

    Attributes:
        before, since: both generations. back, worth: since − before, with 95 % interval (Newcombe, Welch). horizon: days.
    """

    before: Newcomers
    since: Newcomers
    back: Estimate
    worth: Estimate
    horizon: int


def generations(
    orders: ir.Table, *, begun: date, as_of: date, margin: float, horizon: int = 90
) -> Generations | NotEnough:
    """Compare newcomers since `begun` with those of the same days of the year before, so that the season is the same.

    Only customers whose first `horizon` days are over are counted.

    Args:
        orders: canonical orders. begun: day of the first campaign. margin: gross margin, 0–1.

    Returns:
        NotEnough where either generation has fewer than :data:`helpers.metrics.uncertainty.FLOOR` customers.
    """
    last = as_of - timedelta(days=horizon)
    found = []
    for back in (365, 0):
        start, end = begun - timedelta(days=back), last - timedelta(days=back)
        row = _newcomers(orders, start, end, as_of, horizon) if end >= start else {"n": 0}
        if int(row["n"] or 0) < FLOOR:
            return NotEnough(int(row["n"] or 0), FLOOR)
        found.append((start, end, row))
    (_, _, one), (_, _, two) = found
    rates = [wilson(int(row["k"]), int(row["n"])) for row in (one, two)]
    worths = [_worth(row, margin) for row in (one, two)]
    gap = welch(
        margin * two["mean"], margin**2 * (two["variance"] or 0.0), int(two["n"]),
        margin * one["mean"], margin**2 * (one["variance"] or 0.0), int(one["n"]),
    )  # fmt: skip
    before, since = (
        Newcomers(start, end, rate, worth) for (start, end, _), rate, worth in zip(found, rates, worths, strict=True)
    )
    return Generations(before, since, newcombe(rates[1], rates[0]), gap, horizon)


def _worth(row: dict[str, Any], margin: float) -> Estimate:
    n = int(row["n"])
    return of_money(margin * row["mean"], margin * math.sqrt((row["variance"] or 0.0) / n), n)


def _newcomers(orders: ir.Table, start: date, end: date, as_of: date, horizon: int) -> dict[str, Any]:
    known = orders.filter(orders.customer_id.notnull() & (orders.ordered_at.date() <= ibis.literal(as_of)))
    known = known.mutate(day=known.ordered_at.date())
    first = known.mutate(first=known.day.min().over(group_by="customer_id"))
    mine = first.filter(first.first.between(ibis.literal(start), ibis.literal(end)))
    early = mine.filter(mine.day.delta(mine.first, unit="day") <= horizon)
    each = early.group_by("customer_id").agg(orders=early.count(), money=early.net_revenue.sum())
    (row,) = (
        each.agg(n=each.count(), k=(each.orders > 1).sum(), mean=each.money.mean(), variance=each.money.var())
        .to_pyarrow()
        .to_pylist()
    )
    return dict(row)


def since_begun(orders: ir.Table, business: Business, *, as_of: date) -> Generations | NotEnough | None:
    """:func:`generations` from the first campaign of `business.yml` on; None where no campaign has a day."""
    begun = min((c.sent_at for c in business.campaigns if c.sent_at), default=None)
    return generations(orders, begun=begun, as_of=as_of, margin=business.margin) if begun else None
