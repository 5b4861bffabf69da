"""The experiment behind a campaign: what its size can show, in how long, and what to do when the business is too small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from helpers.campaigns.holdout import MINIMUM
from helpers.campaigns.plan import Proposal
from helpers.campaigns.power import needed_per_arm, smallest_lift

MOST_ROUNDS = 24
"""Rounds, one a month, that are pooled at most: beyond two years a business is no longer the same."""
LARGER_SHARES = (0.3, 0.4, 0.5)
Verdict = Literal["enough", "larger holdout", "pool", "too small", "nobody left out", "no effect expected"]


@dataclass(frozen=True)
class Design:
    """How one campaign is judged.

    Attributes:
        play, segment: ids. treated, holdout: head-counts. base: chance to return within `window_days` without the campaign.
        expected: lift that is hoped for. smallest: lift these groups can show at 80 % power, None when none.
        needed: customers per group that would show the expected lift. window_days: days after sending until it is read.
        verdict: ``enough``; ``larger holdout`` (then `share` shows the expected lift); ``pool`` (then `rounds` monthly rounds do);
            ``too small`` (not even two years of rounds); ``nobody left out``: of so few a holdout would be `would_hold` people.
    """

    play: str
    segment: str
    treated: int
    holdout: int
    base: float
    expected: float
    smallest: float | None
    needed: int | None
    window_days: int
    verdict: Verdict
    share: float | None = None
    rounds: int | None = None
    would_hold: int = 0


def design(proposal: Proposal, *, treated: int, holdout: int, share: float) -> Design:
    """Judge one campaign with the groups that were drawn.

    Args:
        proposal: of the plan. treated, holdout: as drawn. share: part that was to be left out.
    """
    base, lift = min(max(proposal.base, 0.0), 0.999), proposal.lift.value
    smallest = smallest_lift(base, treated, holdout)
    reachable = lift > 0 and base + lift <= 1
    needed = needed_per_arm(base, lift) if reachable else None
    verdict, better, rounds = _verdict(base, lift, treated, holdout, smallest)
    return Design(
        proposal.play, proposal.segment, treated, holdout, base, lift, smallest, needed, proposal.window_days, verdict, better,
        rounds, round(share * (treated + holdout)),
    )  # fmt: skip


def _verdict(
    base: float, lift: float, treated: int, holdout: int, smallest: float | None
) -> tuple[Verdict, float | None, int | None]:
    n = treated + holdout
    if holdout < MINIMUM:
        rounds = _rounds(base, lift, treated, max(holdout, round(0.2 * n)))
        return "nobody left out", None, rounds
    if lift <= 0:
        return "no effect expected", None, None
    if smallest is not None and smallest <= lift:
        return "enough", None, None
    for share in LARGER_SHARES:
        held = round(share * n)
        found = smallest_lift(base, n - held, held)
        if held > holdout and found is not None and found <= lift:
            return "larger holdout", share, None
    rounds = _rounds(base, lift, treated, holdout)
    return ("pool", None, rounds) if rounds else ("too small", None, None)


def _rounds(base: float, lift: float, treated: int, holdout: int) -> int | None:
    """Equal rounds after which the expected lift would show; None when :data:`MOST_ROUNDS` do not suffice."""
    for rounds in range(1, MOST_ROUNDS + 1):
        found = smallest_lift(base, rounds * treated, rounds * holdout)
        if found is not None and found <= lift:
            return rounds
    return None
