"""What `5_proof` says: did it work, and what changed since the last run."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.business import Campaign
from helpers.errors import key
from helpers.metrics.uncertainty import NotEnough
from helpers.proof.before_after import BeforeAfter
from helpers.proof.campaigns import Reading, title
from helpers.proof.matched import Matched
from helpers.proof.readout import Outcome, Readout, Refused
from helpers.report import charts
from helpers.report.findings.behind import behind, doubts, no_comparison, refused, undermined
from helpers.report.findings.common import between_money, capital, not_measured, people
from helpers.report.pieces import Column, Details, Figure, Finding, Missing, Piece, TableView
from helpers.run import Run

VERDICTS = {
    "worked": key("It worked"),
    "not shown yet": key("Not shown yet"),
    "did harm": key("It did harm"),
    "no verdict": key("No verdict"),
}
OUTCOMES = {"returned": key("came back"), "orders": key("orders"), "revenue": key("revenue")}
"""Outcomes we compute ourselves; those of a client's own file keep its headers."""


def verdicts(readouts: Sequence[tuple[Campaign, Reading]], run: Run) -> tuple[Piece, ...]:
    """Everything there is to say about each campaign, one after the other."""
    if not readouts:
        return (no_campaign(run),)
    pieces: list[Piece] = []
    for campaign, found in readouts:
        if isinstance(found, BeforeAfter):
            pieces.append(weak(found, run))
            continue
        if isinstance(found, Refused):
            pieces.append(refused(found, run))
            continue
        if isinstance(found, Readout):
            pieces += doubts(found, run)
            if undermined(found):
                pieces.append(no_comparison(found, run))
                continue
        pieces += [
            verdict(found, title(campaign), run),
            arms_chart(found, run),
            money(found, run),
            outcomes(found, run),
        ]
        if isinstance(found, Readout):
            pieces += behind(found, run)
    return tuple(pieces)


def weak(found: BeforeAfter, run: Run) -> Finding:
    """Before and after, said to be no more than that."""
    say = run.say
    headline = say.text("{campaign}: nobody was left out, so nobody can tell what it did", campaign=found.name)
    if isinstance(found.before, NotEnough) or isinstance(found.after, NotEnough):
        return Finding(headline, say.text("The list names only {people} we know.", people=people(found.n, say)))
    body = say.text(
        "Of {n} contacted customers {before} ordered in the {days} days before and {after} in the {days} days from then on.",
        n=found.n, before=say.percent(found.before.value, 1), after=say.percent(found.after.value, 1), days=found.days,
    )  # fmt: skip
    parts = [body, *_alike(found, run)]
    parts.append(say.text("All of this is weak evidence. Next time leave some out by lot."))
    return Finding(headline, "\n\n".join(parts))


def _alike(found: BeforeAfter, run: Run) -> list[str]:
    """The contacted beside others who looked alike, and in which direction either comparison is likely to err."""
    say, alike = run.say, found.matched
    drift = say.text(
        "People who have just gone quiet come back a little on their own, so the rise flatters the campaign."
    )
    if not isinstance(alike, Matched):
        return [drift]
    if alike.quiet[0] < alike.quiet[1]:
        drift = say.text(
            "Those contacted had ordered more lately than others ({own} days ago against {others}); such customers slow down by themselves, "
            "so before and after makes the campaign look worse than it was.",
            own=round(alike.quiet[0]), others=round(alike.quiet[1]),
        )  # fmt: skip
    beside = say.text(
        "Of {n} of them {contacted} ordered afterwards; of {others} customers who had bought alike and were not contacted, {alike}: a difference "
        "of {points} points (most likely between {low} and {high}). Why these were chosen is not in the data: likelier buyers are usually "
        "chosen, and then this flatters the campaign too.",
        n=alike.n, contacted=say.percent(alike.contacted.value, 1), others=alike.others, alike=say.percent(alike.alike, 1),
        points=say.number(100 * alike.difference.value, 1), low=say.number(100 * alike.difference.low, 1),
        high=say.number(100 * alike.difference.high, 1),
    )  # fmt: skip
    return [drift, beside]


def verdict(found: Readout | NotEnough, name: str, run: Run) -> Finding:
    """The verdict on one campaign in words."""
    say = run.say
    if isinstance(found, NotEnough):
        body = say.text(
            "One of the groups has {have} customers; at least {need} are needed.", have=found.have, need=found.need
        )
        return Finding(say.text("{campaign}: the groups are too small to read", campaign=name), body)
    headline = say.text("{campaign}: {verdict}", campaign=name, verdict=say.text(VERDICTS[found.verdict]).lower())
    return Finding(headline, " ".join([*(_sentence(found, run)), *(say.text(w) for w in found.warnings)]))


def _sentence(found: Readout, run: Run) -> list[str]:
    say, control = run.say, found.arms[-1]
    parts = []
    for arm in found.arms[:-1]:
        main, base = arm.outcomes[0], control.outcomes[0]
        gap = next(c.difference for c in found.comparisons if c.arm == arm.name and c.outcome == main.name)
        if main.rate and base.rate:
            parts.append(say.text(
                "Of {n} contacted customers {treated} came back, of {m} deliberately left out {held}: a difference of {points} points "
                "(most likely between {low} and {high}).",
                n=arm.n, treated=say.percent(main.rate.value, 1), m=control.n, held=say.percent(base.rate.value, 1),
                points=say.number(100 * gap.value, 1), low=say.number(100 * gap.low, 1), high=say.number(100 * gap.high, 1),
            ))  # fmt: skip
    if found.verdict == "not shown yet" and found.needed_per_arm:
        parts.append(
            say.text(
                "A difference of this size would show with about {n} customers in each group.", n=found.needed_per_arm
            )
        )
    return parts


def arms_chart(found: Readout | NotEnough, run: Run) -> Figure | Missing:
    """Treated beside holdout, with intervals."""
    say = run.say
    if isinstance(found, NotEnough):
        return not_measured(say.text("Contacted and left out"), say.text("drawing larger groups next time."), say)
    names = {"treated": say.text("contacted"), "holdout": say.text("left out")}
    items = [
        (names.get(arm.name, arm.name), o.rate.value, o.rate.low, o.rate.high, arm.n)
        for arm in found.arms
        for o in arm.outcomes[:1]
        if o.rate
    ]
    if not items:
        return not_measured(say.text("Contacted and left out"), say.text("recording who came back."), say)
    gap = found.comparisons[0].difference
    heading = say.text("The campaign changed the return rate by {points} points", points=say.number(100 * gap.value, 1))
    subtitle = say.text("Share who came back; bars are 95% ranges")
    return charts.arms(items, title=heading, subtitle=subtitle, language=say)


def money(found: Readout | NotEnough, run: Run) -> Finding | Missing:
    """What the campaign brought and cost."""
    say = run.say
    if isinstance(found, Readout) and any(doubt.kind == "one spender" for doubt in found.doubts):
        return Finding(
            say.text("No figure in money"),
            say.text("One customer spent so much that the money would be about them and not about the campaign."),
            level=3,
        )
    if isinstance(found, NotEnough) or found.incremental_margin is None:
        return not_measured(
            say.text("What the campaign brought"), say.text("recording what each customer spent afterwards."), say
        )
    gain = found.incremental_margin
    headline = say.text("Extra gross profit: {money}", money=run.money(gain.value))
    body = say.text("{range}.", range=capital(between_money(gain.low, gain.high, run)))
    if found.roi is not None:
        body += " " + say.text(
            "Left over from every 100 spent, once the 100 are paid back: {value} (most likely between {low} and {high}).",
            value=say.number(100 * found.roi.value), low=say.number(100 * found.roi.low), high=say.number(100 * found.roi.high),
        )  # fmt: skip
    else:
        body += " " + say.text("No cost is given for this campaign, so there is no return on it.")
    return Finding(headline, body, level=3)


def outcomes(found: Readout | NotEnough, run: Run) -> TableView | Missing:
    """Every outcome, treated minus holdout."""
    say = run.say
    if isinstance(found, NotEnough):
        return not_measured(say.text("Outcomes by group"), say.text("drawing larger groups next time."), say)
    columns = (
        Column(say.text("Per customer"), "left"),
        *(Column(_arm(a.name, run)) for a in found.arms),
        Column(say.text("difference")),
    )
    rows = []
    for i, outcome in enumerate(found.arms[0].outcomes):
        cells = [_amount(arm.outcomes[i].mean.value, arm.outcomes[i], run) for arm in found.arms]
        gap = next(c.difference for c in found.comparisons if c.outcome == outcome.name and c.arm == found.arms[0].name)
        rows.append(
            (
                say.text(OUTCOMES[outcome.name]) if outcome.name in OUTCOMES else outcome.name,
                *cells,
                _amount(gap.value, outcome, run),
            )
        )
    return TableView(columns, tuple(rows), say.text("What each group did"), language=say)


def _arm(name: str, run: Run) -> str:
    return {"treated": run.say.text("contacted"), "holdout": run.say.text("left out")}.get(name, name)


def _amount(value: float, outcome: Outcome, run: Run) -> str:
    if outcome.rate is not None:
        return run.say.percent(value, 2)
    return run.money(value) if outcome.name == "revenue" else run.say.number(value, 2 if abs(value) < 1000 else 0)


def no_campaign(run: Run) -> Missing:
    """Said when there is nothing to read out yet."""
    how = run.say.text(
        "sending one of the planned campaigns, keeping both lists, and naming them under “campaigns” in business.yml."
    )
    return not_measured(run.say.text("Whether a campaign worked"), how, run.say)


def method(run: Run) -> Details:
    """How a campaign is read."""
    say = run.say
    facts = (
        (say.text("Who is compared"), say.text("Everybody on the two lists, contacted or not (intention to treat).")),
        (say.text("Interval"), say.text("Rates: Newcombe. Money: Welch. 95%.")),
        (
            say.text("Checked first"),
            say.text(
                "Sizes of the groups, what they did before sending, changed lists, people left out who were contacted, other campaigns at "
                "the same time, one big spender."
            ),
        ),
        (say.text("Verdict"), say.text("“Worked” only when the whole range of the difference lies above zero.")),
    )
    return Details(say.text("How this is counted"), facts)
