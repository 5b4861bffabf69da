"""Read-outs as numbers, for `metrics.json` and for the next plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from helpers.business import Campaign
from helpers.campaigns.plan import OwnResult
from helpers.metrics.uncertainty import NotEnough
from helpers.proof.before_after import BeforeAfter
from helpers.proof.readout import Arm, Readout, Refused, Verdict

Reading = Readout | NotEnough | BeforeAfter | Refused
"""What can be said about one campaign."""
NO_VERDICT: Verdict = "no verdict"


def title(campaign: Campaign) -> str:
    """A campaign's name, or its id."""
    return campaign.name or campaign.id


def summary(found: Reading, campaign: Campaign) -> dict[str, Any]:
    """One campaign as `metrics.json` documents it."""
    known: dict[str, Any] = {"id": campaign.id, "name": title(campaign), "verdict": NO_VERDICT, "arms": {}}
    if isinstance(found, BeforeAfter):
        return {**asdict(found), **known}
    if isinstance(found, Refused):
        return {**known, "warnings": [str(found.why)]}
    if isinstance(found, NotEnough):
        return {**known, "have": found.have, "need": found.need}
    differences = [
        {"arm": c.arm, "outcome": c.outcome, "difference": c.difference.value, "low": c.difference.low, "high": c.difference.high}
        for c in found.comparisons
    ]  # fmt: skip
    main = differences[0] if differences else {}
    return {
        **known,
        "arms": {arm.name: _arm(arm) for arm in found.arms},
        "difference": main.get("difference"),
        "low": main.get("low"),
        "high": main.get("high"),
        "differences": differences,
        "incremental_margin": found.incremental_margin,
        "roi": found.roi,
        "cost": found.cost,
        "verdict": found.verdict,
        "warnings": [*found.warnings, *(str(doubt.said) for doubt in found.doubts)],
        "unknown_people": found.unknown,
        "files": dict(found.files),
        "depth": found.depth,
    }


def _arm(arm: Arm) -> dict[str, Any]:
    rates = {o.name: {"value": o.rate.value, "low": o.rate.low, "high": o.rate.high} for o in arm.outcomes if o.rate}
    return {"n": arm.n, "rates": rates, "means": {o.name: o.mean.value for o in arm.outcomes}}


def summaries(readouts: Sequence[tuple[Campaign, Reading]]) -> list[dict[str, Any]]:
    """All read-outs as `metrics.json` documents them."""
    return [summary(found, campaign) for campaign, found in readouts]


def proven(readouts: Sequence[tuple[Campaign, Reading]]) -> dict[tuple[str, str], OwnResult]:
    """(play, segment) → what the business's own latest campaign of that play brought there and cost.

    A campaign that names no segments teaches nothing about any: a lift is not carried over to people it was not measured on.
    """
    return {
        (campaign.play, segment): OwnResult(found.comparisons[0].difference, campaign.cost / found.arms[0].n)
        for campaign, found in readouts
        if campaign.play and isinstance(found, Readout) and found.verdict != NO_VERDICT and len(found.arms) == 2
        # a plan counts returns, so a campaign judged by money alone has no lift to plan with
        if found.arms[0].outcomes[0].rate
        for segment in campaign.segments
    }
