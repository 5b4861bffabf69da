"""The prioritised plan: for each play and segment what it may add, what it costs, and how it will be known to have worked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import ibis.expr.types as ir

from helpers.business import Business
from helpers.campaigns.addressees import SUPPRESSED, standing_of
from helpers.campaigns.audience import Reach
from helpers.campaigns.holdout import MINIMUM
from helpers.campaigns.limits import Candidate, Limits, choose
from helpers.campaigns.power import smallest_lift
from helpers.metrics.uncertainty import Estimate
from helpers.playbook import Play, Playbook

Basis = Literal["own campaign", "back-test", "playbook prior"]
Confidence = Literal["high", "medium", "low"]
Status = Literal["chosen", "no money left", "no hours left", "would lose"]
BACKTEST_DAYS = 90


@dataclass(frozen=True)
class Proposal:
    """One play for one segment.

    Attributes:
        play, segment: ids. owner: marketing, sales or care. reach: who can be reached and who not. treated, holdout: head-counts
            within the limits; an audience too small for a holdout that could prove anything is contacted whole.
        lift: absolute extra chance to return within `window_days`, with its range. order_value: typical order of the segment.
        margin: expected incremental margin of the treated, with range. cost: contact, minutes and offer; None when the business
            has stated no costs. break_even: lift at which the margin pays the cost. smallest_lift: what this size can prove.
        base: chance to return within `window_days` without the play. effort: 1–3. basis: what the lift rests on; with
            ``back-test`` the lift is the playbook's, but how many return without it was checked on the business's last 90 days.
        confidence: ``high`` for an own campaign whose interval lies above nought, ``medium`` for any other own campaign and for a
            back-test, else ``low``. minutes: staff time of the treated. cash: messages and offers, None when not stated.
        status: ``chosen``, or why it is not. waiting: customers who could be reached and for whom hours or money do not suffice.
    """

    play: str
    segment: str
    owner: str
    purpose: str
    reach: Reach
    treated: int
    holdout: int
    lift: Estimate
    window_days: int
    order_value: float
    base: float
    margin: Estimate
    cost: float | None
    break_even: float | None
    smallest_lift: float | None
    effort: int
    basis: Basis
    confidence: Confidence = "low"
    minutes: float = 0.0
    cash: float | None = None
    status: Status = "chosen"
    waiting: int = 0

    @property
    def gain(self) -> float:
        """Expected margin less cost (cost 0 when not stated): what the plan is ranked by."""
        return self.margin.value - (self.cost or 0.0)


@dataclass(frozen=True)
class OwnResult:
    """What a play did in the business's own campaign: lift of the return rate, and cost per contacted customer."""

    lift: Estimate
    cost: float


Proven = Mapping[tuple[str, str], OwnResult]
"""(play, segment) → own result."""


@dataclass(frozen=True)
class Assumed:
    """What a plan takes for granted.

    Attributes:
        holdout_share: part of each audience left out; nobody is left out of audiences too small to learn from. proven: what
            the business's own campaigns brought; where there is one it replaces the playbook's prior. backtested: whether the
            chance to return was checked on the last 90 days. lift_factor: priors times this, to ask “what if”.
        only: plays that may be proposed; None for all. ways: play → columns of `addressees.may_column` on which one of its messages
            can be sent; None where any of a play's channels will do.
    """

    holdout_share: float = 0.2
    proven: Proven | None = None
    backtested: bool = False
    lift_factor: float = 1.0
    only: Collection[str] | None = None
    ways: Mapping[str, Collection[str]] | None = None

    def ways_of(self, play: Play) -> Collection[str] | None:
        """The open ways of one play."""
        return None if self.ways is None else self.ways[play.id]


def plan(
    people: ir.Table, book: Playbook, business: Business, limits: Limits, assumed: Assumed | None = None
) -> tuple[Proposal, ...]:
    """The best set of plays within the limits, at most one per segment, ranked by expected margin less cost.

    Segments are exclusive and each gets one play, so no customer gets two offers at once. Which play, and for how many of
    the segment's most valuable customers, is the exact optimum under hours and money (`campaigns.limits.choose`). Segments that
    get nothing are listed last, with the reason.

    Args:
        people: of :func:`helpers.campaigns.addressees.addressees`. book: the playbook. business: margin and unit costs.
        limits: hours and money. assumed: what the numbers rest on.
    """
    assumed = assumed or Assumed()
    plays = [
        p for p in book.plays.values() if p.prior and p.segments and (assumed.only is None or p.id in assumed.only)
    ]
    found = [
        made
        for row in _facts(people, plays, assumed)
        for play in plays
        if row["segment"] in play.segments and (made := _propose(play, row, business, limits, assumed))
    ]
    candidates = [
        Candidate(p.segment, p.owner, p.treated, p.gain / p.treated, p.minutes / p.treated, (p.cash or 0.0) / p.treated)
        for p in found
    ]
    sizes = choose(candidates, limits)
    chosen = [_sized(p, n, limits, assumed) for p, n in zip(found, sizes, strict=True) if n]
    taken = {p.segment for p in chosen}
    best: dict[str, Proposal] = {}
    for p in sorted(found, key=lambda p: (-p.gain, p.play)):
        if p.segment not in taken:
            best.setdefault(p.segment, p)
    left = [replace(p, status=_why_not(p, limits)) for p in best.values()]
    by_gain = lambda p: (-p.gain, p.segment)  # noqa: E731 - the key of both orders
    return (*sorted(chosen, key=by_gain), *sorted(left, key=by_gain))


def worthwhile(proposals: Sequence[Proposal], most: int = 3) -> tuple[Proposal, ...]:
    """The first few proposals that pay for themselves; when none does, the best one, to be tried small.

    Where hours or money forbid everything there is nothing to try either.
    """
    paying = [p for p in proposals if p.gain > 0 and p.status == "chosen"]
    if paying or any(p.status in ("no money left", "no hours left") for p in proposals):
        return tuple(paying[:most])
    return tuple(proposals[:1])


def _facts(people: ir.Table, plays: Sequence[Play], assumed: Assumed) -> list[dict[str, Any]]:
    """Per segment: typical order, chance to return without a campaign, and per play how many are reached or why not."""
    counts = {
        f"{play.id}|{verdict}": (standing_of(people, play, assumed.ways_of(play)) == verdict).sum()
        for play in plays
        for verdict in ("yes", *SUPPRESSED)
    }
    table = people.group_by("segment").agg(
        n=people.count(),
        order_value=people.net_revenue.sum() / people.orders.sum(),
        base=people.p_return_90d.mean(),
        **counts,
    )
    found: list[dict[str, Any]] = table.order_by("segment").to_pyarrow().to_pylist()
    return found


def _propose(
    play: Play, row: Mapping[str, Any], business: Business, limits: Limits, assumed: Assumed
) -> Proposal | None:
    """A play for everybody of a segment it reaches."""
    assert play.prior is not None
    reached, *suppressed = (int(row[f"{play.id}|{verdict}"]) for verdict in ("yes", *SUPPRESSED))
    if not reached:
        return None
    segment, prior = str(row["segment"]), play.prior
    own = (assumed.proven or {}).get((play.id, segment))
    value, days = float(row["order_value"] or 0.0), prior.window_days
    base = 1 - (1 - min(1.0, float(row["base"] or 0.0))) ** (days / BACKTEST_DAYS)
    lift = own.lift if own else _assumed_lift(play, assumed.lift_factor, 1 - base)
    held = round(reached * assumed.holdout_share)
    treated = reached - (held if held >= MINIMUM else 0)
    basis: Basis = "own campaign" if own else "back-test" if assumed.backtested else "playbook prior"
    sure: Confidence = "high" if own and own.lift.low > 0 else "low" if basis == "playbook prior" else "medium"
    cash = contact_cash(play, business, value, base + lift.value)
    if own:  # what a campaign cost in all holds the staff's time, which is no money out of the till
        cash = own.cost if cash is None else min(cash, own.cost)
    whole = own.cost if own else contact_cost(play, business, value, base + lift.value)
    unit = value * business.margin
    return Proposal(
        play.id, segment, play.owner, play.purpose, Reach(int(row["n"]), reached, *suppressed), treated, reached - treated, lift,
        days, value, base, _times(lift, treated * unit, treated), whole * treated if whole is not None else None,
        whole / unit if whole is not None and unit > 0 else None,
        smallest_lift(min(base, 0.99), treated, reached - treated), play.effort, basis, sure,
        play.minutes_per_customer * treated, cash * treated if cash is not None else None,
    )  # fmt: skip


def _assumed_lift(play: Play, factor: float, room: float) -> Estimate:
    """The playbook's prior; nobody can return twice, so never more than those who would have stayed away."""
    assert play.prior is not None
    low, value, high = (min(room, factor * part) for part in (play.prior.low, play.prior.value, play.prior.high))
    return Estimate(value, low, high, 0)


def _times(lift: Estimate, money: float, n: int) -> Estimate:
    return Estimate(money * lift.value, money * lift.low, money * lift.high, n)


def _sized(p: Proposal, most: int, limits: Limits, assumed: Assumed) -> Proposal:
    """A proposal cut to the customers there are hours and money for; the audience is drawn so that the split stays as agreed."""
    if most >= p.treated:
        return p
    held = round(most * assumed.holdout_share / (1 - assumed.holdout_share))
    held = held if held >= MINIMUM and held + most <= p.reach.reachable else 0
    part = most / p.treated
    return replace(
        p, treated=most, holdout=held, waiting=p.reach.reachable - most - held,
        margin=_times(p.margin, part, most), cost=p.cost * part if p.cost is not None else None,
        cash=p.cash * part if p.cash is not None else None, minutes=p.minutes * part,
        smallest_lift=smallest_lift(min(p.base, 0.99), most, held),
    )  # fmt: skip


def _why_not(p: Proposal, limits: Limits) -> Status:
    if p.gain <= 0:
        return "would lose"
    hours = limits.minutes.get(p.owner)
    if hours is not None and hours < p.minutes / p.treated:
        return "no hours left"
    if limits.budget is not None and limits.budget < (p.cash or 0.0) / p.treated:
        return "no money left"
    return "no hours left" if hours is not None and p.minutes else "no money left"


def contact_cash(play: Play, business: Business, order_value: float, returning: float) -> float | None:
    """Money that leaves the till per contacted customer: a message, and the offer given to whoever returns.

    None when the business states no unit costs.
    """
    if business.message_cost is None and business.minute_cost is None:
        return None
    written = bool({"zns", "oa", "sms", "email"} & set(play.channels))
    offer = play.offer_share_of_order * order_value * min(1.0, max(0.0, returning))
    return (business.message_cost or 0.0) * written + offer


def contact_cost(play: Play, business: Business, order_value: float, returning: float) -> float | None:
    """The same with the staff's time, per contacted customer."""
    cash = contact_cash(play, business, order_value, returning)
    return None if cash is None else cash + (business.minute_cost or 0.0) * play.minutes_per_customer
