"""What `4_campaign_design` says of the experiment behind each campaign."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.campaigns.experiment import Design
from helpers.playbook import Playbook
from helpers.report.findings.common import people
from helpers.report.pieces import Column, Note, Piece, TableView
from helpers.run import Run
from helpers.segments import Rules


def how_we_will_know(found: Sequence[Design], rules: Rules, book: Playbook, run: Run) -> tuple[Piece, ...]:
    """What the size of the drawn groups can prove, campaign by campaign."""
    say = run.say
    label = say.text("How we will know")
    if not found:
        return (Note(label, say.text("No campaign is drawn, so there is nothing to compare yet.")),)
    return (Note(label, _knowing(found[0], run)), _designs(found, rules, book, run))


def _knowing(d: Design, run: Run) -> str:
    """One campaign's experiment in words."""
    say = run.say
    if d.verdict == "nobody left out":
        text = say.plural(
            "A comparison group of this audience would have {n} customer, too few to tell anything, so everybody is contacted: it may help them, but it will prove nothing.",
            "A comparison group of this audience would have {n} customers, too few to tell anything, so everybody is contacted: it may help them, but it will prove nothing.",
            d.would_hold,
        )  # fmt: skip
        if d.rounds:
            text += " " + say.plural(
                "Pooled over {n} monthly round it could be read.",
                "Pooled over {n} monthly rounds it could be read.",
                d.rounds,
            )
        return text
    text = say.text(
        "Drawn by lot and deliberately not contacted: {holdout}; what they do is the yardstick.",
        holdout=people(d.holdout, say),
    )
    text += " " + say.text("Count again {days} days after sending.", days=d.window_days)
    if d.smallest is not None:
        text += " " + say.text(
            "A rise of {points} points or more in the return rate will show.", points=say.number(100 * d.smallest, 1)
        )
    return text + " " + _advice(d, run)


def _advice(d: Design, run: Run) -> str:
    """What to do when the groups are too small for the effect that is hoped for."""
    say = run.say
    hoped = say.number(100 * d.expected, 1)
    if d.verdict == "enough":
        return say.text("That is less than the {points} we expect, so this campaign can prove itself.", points=hoped)
    if d.verdict == "larger holdout":
        return say.text(
            "We expect {points}: leave out {share} instead and it can be seen.",
            points=hoped,
            share=say.percent(d.share or 0.0),
        )
    if d.verdict == "pool":
        return say.plural(
            "We expect {points}, less than that: pool {n} monthly round before judging.",
            "We expect {points}, less than that: pool {n} monthly rounds before judging.", d.rounds or 0, points=hoped,
        )  # fmt: skip
    if d.verdict == "no effect expected":
        return say.text("No effect is expected, so there is nothing to see.")
    return say.text(
        "We expect {points}, and even two years of monthly rounds would not show it: the business is too small for this proof.",
        points=hoped,
    )


def _designs(found: Sequence[Design], rules: Rules, book: Playbook, run: Run) -> TableView:
    say = run.say
    columns = (
        Column(say.text("Play and group"), "left"), Column(say.text("contacted")), Column(say.text("left out")), Column(say.text("expected")),
        Column(say.text("smallest to be seen")),
    )  # fmt: skip
    rows = tuple(
        (
            f"{book.plays[d.play].title[say.code]} · {rules.title(d.segment, say.code)}", say.number(d.treated), say.number(d.holdout),
            say.number(100 * d.expected, 1), say.number(100 * d.smallest, 1) if d.smallest is not None else "–",
        )
        for d in found
    )  # fmt: skip
    return TableView(columns, rows, say.text("What each campaign can show: points of the return rate"), language=say)
