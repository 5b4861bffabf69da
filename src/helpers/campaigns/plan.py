"""The prioritised plan: for each play and segment what it may add, what it costs, and how it will be known to have worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import ibis.expr.types as ir

from helpers.business import Business
from helpers.campaigns.audience import Reach, reach_by_segment, with_reach
from helpers.campaigns.holdout import MINIMUM
from helpers.campaigns.power import smallest_lift
from helpers.metrics.uncertainty import Estimate
from helpers.playbook import Play, Playbook

Basis = Literal["own campaign", "playbook prior"]


@dataclass(frozen=True)
class Proposal:
    """One play for one segment.

    Attributes:
        play, segment: ids. owner: marketing, sales or care. reach: who can be reached and who not. treated, holdout: head-counts;
            an audience too small for a holdout that could prove anything is contacted whole.
        lift: absolute extra chance to return within `window_days`, with its range. order_value: typical order of the segment.
        margin: expected incremental margin of the treated, with range. cost: contact, minutes and offer; None when the business
            has stated no costs. break_even: lift at which the margin pays the cost. smallest_lift: what this size can prove.
        base: chance to return within 90 days without the play. effort: 1–3. basis: what the lift rests on.
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


def plan(
    customers: ir.Table, people: ir.Table, consent: ir.Table | None, book: Playbook, business: Business,
    *, holdout_share: float, proven: Proven | None = None,
) -> tuple[Proposal, ...]:  # fmt: skip
    """The best play for every segment that has one, ranked by expected margin less cost.

    Segments are exclusive and each gets one play, so no customer gets two offers at once.

    Args:
        customers: customer table with segments and scores.
        people: addresses.
        consent: who may be written to, or None.
        book: the playbook.
        business: margin and unit costs.
        holdout_share: part of each audience left out; nobody is left out of audiences too small to learn from.
        proven: what the business's own campaigns brought; where there is one it replaces the playbook's prior.
    """
    facts = {row["segment"]: row for row in _facts(customers).to_pyarrow().to_pylist()}
    best: dict[str, Proposal] = {}
    for play in book.plays.values():
        if play.prior is None:
            continue
        members = customers.filter(customers.segment.isin(play.segments)).select("customer_id", "segment")
        for segment, reach in reach_by_segment(with_reach(members, people, consent, play)).items():
            found = _propose(play, facts[segment], reach, business, holdout_share, proven or {})
            if found and (segment not in best or found.gain > best[segment].gain):
                best[segment] = found
    return tuple(sorted(best.values(), key=lambda p: (-p.gain, p.segment)))


def worthwhile(proposals: Sequence[Proposal], most: int = 3) -> tuple[Proposal, ...]:
    """The first few proposals that pay for themselves; when none does, the best one, to be tried small."""
    paying = [p for p in proposals if p.gain > 0]
    return tuple(paying[:most] or proposals[:1])


def _facts(customers: ir.Table) -> ir.Table:
    """Per segment: typical order and chance to return without a campaign."""
    return customers.group_by("segment").agg(
        order_value=customers.net_revenue.sum() / customers.orders.sum(), base=customers.p_return_90d.mean()
    )


def _propose(
    play: Play, row: Mapping[str, Any], reach: Reach, business: Business, holdout_share: float, proven: Proven
) -> Proposal | None:
    if reach.reachable == 0 or play.prior is None:
        return None
    segment, prior = str(row["segment"]), play.prior
    own = proven.get((play.id, segment))
    lift = own.lift if own else Estimate(prior.value, prior.low, prior.high, 0)
    base, value = float(row["base"] or 0.0), float(row["order_value"] or 0.0)
    held = round(reach.reachable * holdout_share)
    held = held if held >= MINIMUM else 0
    treated = reach.reachable - held
    unit = treated * value * business.margin
    cost = own.cost * treated if own else contact_cost(play, business, treated, value, base + lift.value)
    return Proposal(
        play.id, segment, play.owner, play.purpose, reach, treated, held, lift, prior.window_days, value, base,
        Estimate(unit * lift.value, unit * lift.low, unit * lift.high, treated), cost,
        cost / unit if cost is not None and unit > 0 else None,
        smallest_lift(min(base, 0.99), treated, held), play.effort, "own campaign" if own else "playbook prior",
    )  # fmt: skip


def contact_cost(play: Play, business: Business, treated: int, order_value: float, returning: float) -> float | None:
    """Messages, staff minutes, and the offer given to everybody who returns; None when the business states no unit costs."""
    if business.message_cost is None and business.minute_cost is None:
        return None
    written = bool({"zns", "oa", "sms", "email"} & set(play.channels))
    each = (business.message_cost or 0.0) * written + (business.minute_cost or 0.0) * play.minutes_per_customer
    return treated * (each + play.offer_share_of_order * order_value * min(1.0, max(0.0, returning)))
