"""What stands behind a campaign's verdict: doubts before it, and for whom, since when and how surely after it."""

from __future__ import annotations

from collections.abc import Mapping

from helpers.errors import key
from helpers.metrics.uncertainty import Estimate
from helpers.proof.campaigns import INTERIM
from helpers.proof.depth import Depth, Look
from helpers.proof.readout import Readout, Refused
from helpers.proof.validity import ALL
from helpers.report.findings.common import capital
from helpers.report.pieces import Column, Details, Finding, Note, Piece, TableView
from helpers.run import Run

GROUPS: Mapping[str, str] = {
    "new to us": key("new to us"),
    "bought once": key("bought once before"),
    "bought two to four times": key("bought two to four times"),
    "bought five times or more": key("bought five times or more"),
}


def refused(found: Refused, run: Run) -> Finding:
    """A campaign that cannot be read, and why."""
    headline = run.say.text("{campaign}: no verdict", campaign=found.name)
    return Finding(headline, run.say.error(found.why))


def undermined(found: Readout) -> bool:
    """Whether the groups cannot be compared at all, so that any figure of theirs would be read as an effect."""
    return any(doubt.forbids == ALL for doubt in found.doubts) or any(warning != INTERIM for warning in found.warnings)


def no_comparison(found: Readout, run: Run) -> Finding:
    """No verdict, and no figures either."""
    say = run.say
    told = [say.text(w) for w in found.warnings]
    told.append(
        say.text("The two groups cannot be compared, so no figures are shown: whoever sees them believes them.")
    )
    return Finding(say.text("{campaign}: no verdict", campaign=found.name or found.campaign), " ".join(told))


def doubts(found: Readout, run: Run) -> tuple[Note, ...]:
    """What is wrong with the comparison or worth knowing, said before anybody reads a verdict."""
    if not found.doubts:
        return ()
    label = run.say.text("Before you read on")
    return (Note(label, " ".join(run.say.error(doubt.said) for doubt in found.doubts)),)


def behind(found: Readout, run: Run) -> tuple[Piece, ...]:
    """Everything second-rank, opened on demand."""
    depth = found.depth
    if depth is None:
        return ()
    made = (_by_group(depth, run), _over_time(depth, run), _money_twice(depth, run))
    return tuple(piece for piece in made if piece is not None)


def _gap(gap: Estimate, run: Run) -> str:
    """A difference of shares in points with its range."""
    number = run.say.number
    return run.say.text(
        "{points} ({low} to {high})",
        points=number(100 * gap.value, 1),
        low=number(100 * gap.low, 1),
        high=number(100 * gap.high, 1),
    )


def _by_group(depth: Depth, run: Run) -> Details | None:
    say = run.say
    if not depth.groups:
        return None
    columns = (
        Column(say.text("Before sending"), "left"),
        Column(say.text("contacted")),
        Column(say.text("left out")),
        Column(say.text("points between")),
        Column(say.text("more than chance?"), "left"),
    )
    rows = tuple(
        (
            say.text(GROUPS[e.group]),
            _share(e.treated.value, e.treated.n, run),
            _share(e.holdout.value, e.holdout.n, run),
            _gap(e.difference, run),
            say.text("yes") if e.stands else say.text("no, may be chance"),
        )
        for e in depth.groups
    )
    body = say.text(
        "Customers are grouped by what they had bought before sending, and looking at several groups is paid for (Holm)."
    )
    if depth.unlike is not None:
        body += " " + (
            say.text("The groups differ by more than chance, so next time write to those it worked for.")
            if depth.unlike
            else say.text("The groups differ no more than chance lets them, so do not choose among them by this table.")
        )
    title = say.text("For whom it worked")
    return Details(title, (), body, TableView(columns, rows, title, language=say))


def _share(value: float, n: int, run: Run) -> str:
    return run.say.text("{share} of {n}", share=run.say.percent(value, 1), n=n)


def _over_time(depth: Depth, run: Run) -> Details | None:
    say = run.say
    if not depth.looks:
        return None
    columns = (
        Column(say.text("Days since sending")),
        Column(say.text("contacted")),
        Column(say.text("left out")),
        Column(say.text("points between")),
        Column(say.text("if one looks every day")),
    )
    # the first weeks and the end: more than the page's rows would hide the end, which counts
    shown = (*depth.looks[:5], depth.looks[-1]) if len(depth.looks) > 6 else depth.looks
    rows = tuple(
        (
            say.number(look.days),
            say.percent(look.treated.value, 1),
            say.percent(look.holdout.value, 1),
            _gap(look.difference, run),
            _always(look, run),
        )
        for look in shown
    )
    title = say.text("Since sending")
    body = say.text(
        "The range holds for the one look agreed beforehand. Who looks every day and stops at a good moment needs the wider range in the "
        "last column, which holds however often one looks."
    )
    return Details(
        title, (), " ".join((body, _early(depth, run))).strip(), TableView(columns, rows, title, language=say)
    )


def _always(look: Look, run: Run) -> str:
    if look.always is None:
        return run.say.text("too few yet")
    number = run.say.number
    return run.say.text("{low} to {high}", low=number(100 * look.always.low, 1), high=number(100 * look.always.high, 1))


def _early(depth: Depth, run: Run) -> str:
    """Since when even the wider range has lain on one side."""
    sides = [(look.days, (look.always.low > 0) - (look.always.high < 0)) for look in depth.looks if look.always]
    first = next((days for days, side in sides if side), None)
    if first is None:
        return run.say.text("By that range nothing is shown yet.")
    return run.say.text("By that range the difference shows from day {days} on.", days=first)


def _money_twice(depth: Depth, run: Run) -> Details | None:
    say, money = run.say, depth.money
    if money is None:
        return None

    def told(found: Estimate) -> str:
        return say.text(
            "{value} ({low} to {high})",
            value=run.money(found.value),
            low=run.money(found.low),
            high=run.money(found.high),
        )

    facts = [
        (say.text("By formula (Welch)"), told(money.welch)),
        (say.text("By drawing again (bootstrap)"), told(money.bootstrap)),
    ]
    if depth.adjusted is not None:
        facts.append((say.text("Corrected for spending before (CUPED)"), told(depth.adjusted.difference)))
    title = say.text("Extra revenue per contacted customer, counted in several ways")
    return Details(title, tuple(facts), " ".join(_reasons(depth, run)))


def _reasons(depth: Depth, run: Run) -> list[str]:
    say, money = run.say, depth.money
    parts = []
    if money is not None and money.agree:
        parts.append(say.text("Formula and drawing agree, so the range does not hang on a few big spenders."))
    elif money is not None:
        parts.append(
            say.text(
                "Formula and drawing disagree: {payers} customers spent anything, the largest {times} times the median, and the top hundredth "
                "brought {share} of the money. Trust the wider of the two ranges.",
                payers=money.payers,
                times=round(money.largest),
                share=say.percent(money.top),
            )
        )
    if depth.adjusted is not None:
        share = depth.adjusted.narrower
        parts.append(
            say.text("Knowing what they had spent before makes the range {share} narrower.", share=say.percent(share))
            if share >= 0.01
            else say.text(
                "What they had spent before says little about what they spend now, so the correction does not help here."
            )
        )
    return [capital(part) for part in parts]
