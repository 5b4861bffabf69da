"""Contractual retention: monthly recurring revenue (MRR), logo churn, gross and net revenue retention, reactivation apart.

Between two days a membership is kept, left, new or reactivated, and for every period

    closing = opening + new + reactivated + expansion − contraction − churned,
    GRR = (opening − churned − contraction) / opening,    NRR = GRR + expansion / opening

(definitions as in the SaaS literature, e.g. Skok, *SaaS Metrics*). Days are month ends. What counts as a contract and as a pause
stands in :mod:`helpers.metrics.contracts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir

from helpers.metrics.contracts import PAUSE_DAYS, SetAside, paid_contracts, set_aside, snapshot, spells
from helpers.metrics.ratios import Sums, ratio_of_sums, share_of_sum
from helpers.metrics.tenure import Tenure, tenure
from helpers.metrics.uncertainty import Estimate, NotEnough, Rate, rate

YEAR = 12
"""Months of the annual figures."""


class Period(NamedTuple):
    """Two days between which memberships are compared; complete when nothing about it can change any more."""

    start: date
    opening: date
    closing: date
    complete: bool


@dataclass(frozen=True)
class Movement:
    """What happened to paying members between the ends of two days.

    Attributes:
        start: first day of the period. complete: no late renewal can change it any more. members: paying at the opening.
        churned, new, reactivated: memberships that ended, began, and began again after a pause. came_and_went: began and ended
            inside the period, which no opening or closing sees. opening, closing, churned_mrr, contraction, expansion, new_mrr,
            reactivated_mrr: money per month. logo_churn: churned / members. grr, nrr: shares of the opening MRR.
    """

    start: date
    complete: bool
    members: int
    churned: int
    new: int
    reactivated: int
    came_and_went: int
    opening: float
    closing: float
    churned_mrr: float
    contraction: float
    expansion: float
    new_mrr: float
    reactivated_mrr: float
    logo_churn: Rate | NotEnough
    grr: Estimate | NotEnough
    nrr: Estimate | NotEnough


@dataclass(frozen=True)
class Contractual:
    """The accounts of a business with contracts.

    Attributes:
        months: every calendar month since the first contract. monthly_churn: churned / member-months over the last complete
            months, at most twelve of them (`months_counted`). year: the members of twelve months before the last complete month's
            end; who left and came back in between has not been kept. members, mrr: paying on `as_of`. pause_days: tolerance.
        set_aside: trials and contracts that never ran.
    """

    months: tuple[Movement, ...]
    monthly_churn: Rate | NotEnough
    months_counted: int
    year: Movement | NotEnough
    members: int
    mrr: float
    pause_days: int
    set_aside: SetAside


def accounts(subscriptions: ir.Table, *, as_of: date, pause_days: int = PAUSE_DAYS) -> Contractual | NotEnough:
    """Month by month and over the last twelve complete months.

    Args:
        subscriptions: canonical subscriptions.
        as_of: observation end. A month is complete once `pause_days` have passed after its last day: until then somebody whose
            contract has run out may still renew.

    Returns:
        :class:`NotEnough` when no paid contract has begun.
    """
    contracts = paid_contracts(subscriptions, as_of=as_of, pause_days=pause_days)
    first = contracts.start.min().to_pyarrow().as_py()
    if first is None:
        return NotEnough(0, 1, "contracts")
    months = movements(contracts, months_between(first, as_of, pause_days))
    full = [month for month in months if month.complete]
    recent = full[-YEAR:]
    now = snapshot(contracts, ibis.memtable({"day": [as_of]}, schema={"day": "date"}))
    held = now.agg(members=now.customer_id.nunique(), mrr=now.mrr.sum().fill_null(0.0)).to_pyarrow().to_pylist()[0]
    return Contractual(
        months=months,
        monthly_churn=rate(sum(m.churned for m in recent), sum(m.members for m in recent)),
        months_counted=len(recent),
        year=_year(contracts, full),
        members=int(held["members"]),
        mrr=float(held["mrr"]),
        pause_days=pause_days,
        set_aside=set_aside(subscriptions, as_of=as_of),
    )


@dataclass(frozen=True)
class Membership:
    """Everything a table of contracts says: the accounts, and how long members stay."""

    accounts: Contractual | NotEnough
    tenure: Tenure


def measured(subscriptions: ir.Table | None, *, as_of: date, pause_days: int = PAUSE_DAYS) -> Membership | None:
    """Accounts and tenure in one; None when there are no contracts, or the gate does not let them be measured."""
    if subscriptions is None:
        return None
    contracts = paid_contracts(subscriptions, as_of=as_of, pause_days=pause_days)
    return Membership(
        accounts(subscriptions, as_of=as_of, pause_days=pause_days),
        tenure(contracts, as_of=as_of, pause_days=pause_days),
    )


def months_between(first: date, as_of: date, pause_days: int) -> list[Period]:
    """Calendar months from that of `first` to that of `as_of`."""
    found, start = [], first.replace(day=1)
    while start <= as_of:
        following = _next_month(start)
        end = following - timedelta(days=1)
        complete = end + timedelta(days=pause_days) <= as_of
        found.append(Period(start, start - timedelta(days=1), min(end, as_of), complete))
        start = following
    return found


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _year(contracts: ir.Table, full: Sequence[Movement]) -> Movement | NotEnough:
    if len(full) <= YEAR:
        return NotEnough(max(len(full) - 1, 0), YEAR, "months")
    opening = full[-YEAR].start - timedelta(days=1)
    closing = _next_month(full[-1].start) - timedelta(days=1)
    return movements(contracts, [Period(full[-YEAR].start, opening, closing, True)])[0]


def movements(contracts: ir.Table, periods: Sequence[Period]) -> tuple[Movement, ...]:
    """What happened in each period, in their order.

    Args:
        contracts: from :func:`helpers.metrics.contracts.paid_contracts`.
    """
    asked = ibis.memtable(
        [{"start": p.start, "opening": p.opening, "closing": p.closing} for p in periods],
        schema={"start": "date", "opening": "date", "closing": "date"},
    )
    days = asked.select(day="opening").union(asked.select(day="closing"), distinct=True)
    held = snapshot(contracts, days)

    def side(name: str, other: str) -> ir.Table:
        joined = held.inner_join(asked.select("start", day=name), "day")
        return joined.select("start", "customer_id", "spell", **{name: joined.mrr, other: ibis.literal(0.0)})

    before, after = side("opening", "closing"), side("closing", "opening")
    columns = ("start", "customer_id", "spell", "opening", "closing")
    both = before.select(*columns).union(after.select(*columns))
    each = both.group_by("start", "customer_id", "spell").agg(opening=both.opening.sum(), closing=both.closing.sum())
    rows = {row["start"]: row for row in _totals(each).to_pyarrow().to_pylist()}
    brief = {row["start"]: row["n"] for row in _inside(contracts, asked).to_pyarrow().to_pylist()}
    return tuple(_movement(p, rows.get(p.start), int(brief.get(p.start, 0))) for p in periods)


def _totals(each: ir.Table) -> ir.Table:
    x, y = each.opening, each.closing
    here, there = x > 0, y > 0
    kept = ibis.least(x, y)
    return each.group_by("start").agg(
        members=here.sum(),
        churned=(here & ~there).sum(),
        new=(~here & there & (each.spell == 1)).sum(),
        reactivated=(~here & there & (each.spell > 1)).sum(),
        opening=x.sum(),
        closing=y.sum(),
        churned_mrr=x.sum(where=~there).fill_null(0.0),
        contraction=(x - y).sum(where=here & there & (y < x)).fill_null(0.0),
        expansion=(y - x).sum(where=here & there & (y > x)).fill_null(0.0),
        new_mrr=y.sum(where=~here & (each.spell == 1)).fill_null(0.0),
        reactivated_mrr=y.sum(where=~here & (each.spell > 1)).fill_null(0.0),
        xx=(x * x).sum(),
        kept=kept.sum(),
        x_kept=(x * kept).sum(),
        kept_kept=(kept * kept).sum(),
        stayed=y.sum(where=here).fill_null(0.0),
        x_stayed=(x * y).sum(),
        stayed_stayed=(y * y).sum(where=here).fill_null(0.0),
    )


def _inside(contracts: ir.Table, asked: ir.Table) -> ir.Table:
    """Spells that began and ended between an opening and the closing after it."""
    found = spells(contracts)
    joined = found.join(asked, [found.start > asked.opening, found.until.notnull(), found.until <= asked.closing])
    return joined.group_by(start="start_right").agg(n=joined.count())


def _movement(period: Period, row: dict[str, Any] | None, brief: int) -> Movement:
    row = row or dict.fromkeys(_TOTALS, 0)
    n = int(row["members"])
    gross = share_of_sum(Sums(n, row["opening"], row["kept"], row["xx"], row["x_kept"], row["kept_kept"]))
    net = ratio_of_sums(Sums(n, row["opening"], row["stayed"], row["xx"], row["x_stayed"], row["stayed_stayed"]))
    money: dict[str, Any] = {name: float(row[name]) for name in _MONEY}
    return Movement(
        start=period.start, complete=period.complete, members=n, churned=int(row["churned"]), new=int(row["new"]),
        reactivated=int(row["reactivated"]), came_and_went=brief, logo_churn=rate(int(row["churned"]), n),
        grr=gross, nrr=_at_least_as_wide(net, gross), **money,
    )  # fmt: skip


_MONEY = ("opening", "closing", "churned_mrr", "contraction", "expansion", "new_mrr", "reactivated_mrr")
_TOTALS = (
    "members", "churned", "new", "reactivated", *_MONEY, "xx", "kept", "x_kept", "kept_kept", "stayed", "x_stayed", "stayed_stayed",
)  # fmt: skip


def _at_least_as_wide(net: Estimate | NotEnough, gross: Estimate | NotEnough) -> Estimate | NotEnough:
    """NRR is GRR plus expansion, so it is never surer than GRR: a month in which nobody happened to leave proves little."""
    if isinstance(net, NotEnough) or isinstance(gross, NotEnough):
        return net
    low = min(net.low, net.value - (gross.value - gross.low))
    return Estimate(net.value, max(0.0, low), max(net.high, net.value + (gross.high - gross.value)), net.n)
