"""What a campaign can show, and what to do when it cannot."""

from __future__ import annotations

import pytest

from helpers.campaigns.audience import Reach
from helpers.campaigns.experiment import MOST_ROUNDS, design
from helpers.campaigns.plan import Proposal
from helpers.campaigns.power import needed_per_arm, smallest_lift
from helpers.metrics.uncertainty import Estimate


def proposal(lift: float, base: float = 0.05) -> Proposal:
    """A proposal with this hope."""
    nothing = Estimate(0, 0, 0, 0)
    return Proposal(
        "win-back", "lost", "sales", "sell", Reach(0, 0, 0, 0, 0), 0, 0, Estimate(lift, 0.0, lift, 0), 60, 1.0, base, nothing, None, None,
        None, 3, "playbook prior",
    )  # fmt: skip


def test_large_enough() -> None:
    """From 5 % to 8 % takes 1,059 in each group (published): with 1,100 each it will show, with 1,000 it will not."""
    found = design(proposal(0.03), treated=1100, holdout=1100, share=0.5)
    assert (found.needed, found.verdict, found.window_days) == (1059, "enough", 60)
    assert found.needed == needed_per_arm(0.05, 0.03)
    assert design(proposal(0.03), treated=1000, holdout=1000, share=0.5).verdict != "enough"


def test_a_larger_holdout_is_proposed_where_it_suffices() -> None:
    """2,400 with a fifth left out cannot show three points, nor with three tenths; with four tenths they can."""
    found = design(proposal(0.03), treated=1920, holdout=480, share=0.2)
    assert (found.verdict, found.share) == ("larger holdout", 0.4)
    less, enough = (smallest_lift(0.05, 2400 - held, held) for held in (720, 960))
    assert less is not None
    assert enough is not None
    assert enough <= 0.03 < less


def test_small_groups_are_pooled() -> None:
    """The rounds named suffice, and one less does not."""
    found = design(proposal(0.05), treated=160, holdout=40, share=0.2)
    assert found.verdict == "pool"
    assert found.rounds is not None
    enough, less = (smallest_lift(0.05, 160 * n, 40 * n) for n in (found.rounds, found.rounds - 1))
    assert enough is not None
    assert enough <= 0.05
    assert less is None or less > 0.05


def test_too_small_even_for_two_years() -> None:
    """Half a point cannot be shown with 200 customers a month within two years, and the plan says so."""
    found = design(proposal(0.005), treated=160, holdout=40, share=0.2)
    assert (found.verdict, found.rounds) == ("too small", None)
    assert MOST_ROUNDS == 24


@pytest.mark.parametrize("n", [3, 15, 97])
def test_nobody_is_left_out_of_few(n: int) -> None:
    """A holdout of 3 people proves nothing: the number that would be left out is told, and nobody is."""
    found = design(proposal(0.05), treated=n, holdout=0, share=0.2)
    assert (found.verdict, found.would_hold, found.smallest) == ("nobody left out", round(0.2 * n), None)


def test_no_effect_is_expected() -> None:
    """Where the lift hoped for is nought there is nothing to see."""
    assert design(proposal(0.0), treated=800, holdout=200, share=0.2).verdict == "no effect expected"


def test_everybody_comes_anyway() -> None:
    """A base of 100 % leaves nothing to show and is no fault."""
    found = design(proposal(0.02, base=1.0), treated=800, holdout=200, share=0.2)
    assert found.needed is None
    assert found.verdict in ("too small", "larger holdout", "pool")
