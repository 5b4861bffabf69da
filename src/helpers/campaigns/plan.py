"""The prioritised plan: for each play and segment what it may add, what it costs, and how it will be known to have worked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ibis.expr.types as ir

from helpers.business import Business
from helpers.campaigns.audience import Reach, reach_counts, with_reach
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


def own_lift(campaigns: dict[str, Estimate], play: Play) -> tuple[Estimate, Basis]:
    """The lift a play is planned with: the business's own proven campaign of that play, else the playbook's prior."""
    if play.id in campaigns:
        return campaigns[play.id], "own campaign"
    if play.prior is None:
        raise ValueError(f"play {play.id} has no prior: it changes a process and is not a campaign")
    return Estimate(play.prior.value, play.prior.low, play.prior.high, 0), "playbook prior"


def plan(
    customers: ir.Table, people: ir.Table, consent: ir.Table | None, book: Playbook, business: Business,
    *, holdout_share: float, proven: dict[str, Estimate] | None = None,
) -> tuple[Proposal, ...]:  # fmt: skip
    """The best play for every segment that has one, ranked by expected margin less cost.

    Segments are exclusive and each gets one play, so no customer gets two offers at once.

    Args:
        customers: customer table with segments and scores. holdout_share: part of each audience left out.
        proven: play id → lift measured in the business's own campaigns.
    """
    facts = customers.group_by("segment").agg(
        n=customers.count(),
        order_value=(customers.net_revenue.sum() / customers.orders.sum()),
        base=customers.p_return_90d.mean(),
    )
    best: dict[str, Proposal] = {}
    for row in facts.to_pyarrow().to_pylist():
        members = customers.filter(customers.segment == row["segment"])
        for play in book.plays_for(row["segment"]):
            if play.prior is None:
                continue
            found = _propose(play, row, members, people, consent, business, holdout_share, proven or {})
            if found and (row["segment"] not in best or found.gain > best[row["segment"]].gain):
                best[row["segment"]] = found
    return tuple(sorted(best.values(), key=lambda p: (-p.gain, p.segment)))


def _propose(
    play: Play, row: dict[str, float], members: ir.Table, people: ir.Table, consent: ir.Table | None, business: Business,
    holdout_share: float, proven: dict[str, Estimate],
) -> Proposal | None:  # fmt: skip
    reach = reach_counts(with_reach(members.select("customer_id"), people, consent, play))
    if reach.reachable == 0:
        return None
    lift, basis = own_lift(proven, play)
    base, value = float(row["base"] or 0.0), float(row["order_value"] or 0.0)
    held = round(reach.reachable * holdout_share)
    held = held if held >= MINIMUM else 0
    treated = reach.reachable - held
    unit = treated * value * business.margin
    cost = contact_cost(play, business, treated, value, base + lift.value)
    window = play.prior.window_days if play.prior else 30
    return Proposal(
        play.id, str(row["segment"]), play.owner, play.purpose, reach, treated, held, lift, window, value, base,
        Estimate(unit * lift.value, unit * lift.low, unit * lift.high, treated), cost,
        cost / unit if cost is not None and unit > 0 else None,
        smallest_lift(min(base, 0.99), treated, held), play.effort, basis,
    )  # fmt: skip


def contact_cost(play: Play, business: Business, treated: int, order_value: float, returning: float) -> float | None:
    """Messages, staff minutes, and the offer given to everybody who returns; None when the business states no unit costs."""
    if business.message_cost is None and business.minute_cost is None:
        return None
    written = bool({"zns", "oa", "sms", "email"} & set(play.channels))
    each = (business.message_cost or 0.0) * written + (business.minute_cost or 0.0) * play.minutes_per_customer
    return treated * (each + play.offer_share_of_order * order_value * min(1.0, max(0.0, returning)))
