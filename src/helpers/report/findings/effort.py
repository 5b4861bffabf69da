"""What the whole effort brought, and what a change of service did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from helpers.business import ServiceChange
from helpers.errors import key
from helpers.metrics.uncertainty import NotEnough
from helpers.proof.interrupted import Interruption
from helpers.proof.programme import Generations, Programme
from helpers.report.findings.common import between_money, holidays, not_measured
from helpers.report.pieces import Column, Finding, Missing, Note, Piece, TableView
from helpers.run import Run

MEASURES: Mapping[str, str] = {
    "on_time": key("deliveries on time"),
    "answered": key("messages answered within the promise"),
    "return": key("customers who order again within 30 days"),
}
TURNS: Mapping[str, str] = {
    "better": key("{change}: better since"),
    "not shown": key("{change}: no change shown yet"),
    "worse": key("{change}: worse since"),
}
RIVALS_DAYS = 28
"""Days around a change in which whatever else happened is named."""


def programme(found: Programme | None, run: Run) -> tuple[Piece, ...]:
    """All campaigns together: what they brought and cost."""
    say = run.say
    if found is None or found.campaigns < 2:
        how = say.text(
            "sending a second campaign with some customers left out: small ones only tell something together."
        )
        return (not_measured(say.text("What all campaigns brought together"), how, say),)
    headlines = {
        "worked": say.text("All campaigns together brought customers back"),
        "did harm": say.text("All campaigns together kept customers away"),
    }
    headline = headlines.get(found.verdict, say.text("All campaigns together: nothing shown yet"))
    parts = [
        say.text(
            "{campaigns} campaigns with {treated} contacted and {held} left out: {returns} extra returns (most likely between {low} and {high}).",
            campaigns=found.campaigns, treated=found.treated, held=found.holdout, returns=round(found.returns.value),
            low=round(found.returns.low), high=round(found.returns.high),
        )
    ]  # fmt: skip
    if found.gain is not None:
        parts.append(
            say.text(
                "Extra gross profit {money}, {range}; cost {cost}.",
                money=run.money(found.gain.value),
                range=between_money(found.gain.low, found.gain.high, run),
                cost=run.money(found.cost),
            )
        )
    if found.roi is not None:
        parts.append(
            say.text(
                "Left over from every 100 spent, once the 100 are paid back: {value} (most likely between {low} and {high}).",
                value=say.number(100 * found.roi.value),
                low=say.number(100 * found.roi.low),
                high=say.number(100 * found.roi.high),
            )
        )
    if found.unlike:
        parts.append(say.text("The campaigns differ by more than chance: look at each before repeating any."))
    if found.set_aside:
        parts.append(say.text("Not counted, because they have no verdict: {n}.", n=found.set_aside))
    return (Finding(headline, " ".join(parts)),)


def generations(found: Generations | NotEnough | None, run: Run) -> TableView | Missing:
    """Newcomers since the first campaign beside those of the same days a year before."""
    say = run.say
    title = say.text("New customers since the first campaign, and a year before")
    if not isinstance(found, Generations):
        how = say.text(
            "waiting: customers who came since the first campaign need their first 90 days, and a year before to compare with."
        )
        return not_measured(title, how, say)
    columns = (
        Column(say.text("First order"), "left"),
        Column(say.text("customers")),
        Column(say.text("back within {days} days", days=found.horizon), "left"),
        Column(say.text("gross profit each"), "left"),
    )
    rows = [
        (
            say.text("{first} to {last}", first=one.first, last=one.last),
            say.number(one.back.n),
            say.percent(one.back.value, 1),
            run.money(one.worth.value),
        )
        for one in (found.before, found.since)
    ]
    number = say.number
    rows.append(
        (
            say.text("difference"),
            "",
            say.text("{low} to {high}", low=number(100 * found.back.low, 1), high=number(100 * found.back.high, 1)),
            say.text("{low} to {high}", low=run.money(found.worth.low), high=run.money(found.worth.high)),
        )
    )
    more = say.text(
        "Weak evidence: between the two years other things changed as well. Differences are ranges, shares in points."
    )
    return TableView(columns, tuple(rows), title, more, language=say)


def changes_of_service(
    found: Sequence[tuple[ServiceChange, Interruption | NotEnough | None]], run: Run
) -> tuple[Piece, ...]:
    """Each change of service with what followed it."""
    if not found:
        how = run.say.text("noting the day something was changed for everybody under “changes” in business.yml.")
        return (not_measured(run.say.text("What a change of service did"), how, run.say),)
    return tuple(piece for change, reading in found for piece in _change(change, reading, run))


def _change(change: ServiceChange, found: Interruption | NotEnough | None, run: Run) -> tuple[Piece, ...]:
    say, name = run.say, change.name or change.id
    if found is None:
        how = say.text("recording {measure}.", measure=say.text(MEASURES[change.measure]))
        return (not_measured(name, how, say),)
    if isinstance(found, NotEnough):
        body = say.text(
            "{have} whole weeks on one side of {day}; at least {need} are needed on either.",
            have=found.have, need=found.need, day=change.on,
        )  # fmt: skip
        return (Finding(say.text("{change}: too early to say", change=name), body),)
    body = say.text(
        "{measure}: {before} in the {weeks} weeks before {day}, {after} in the {later} weeks since. The trend before would have led to {expected}: a "
        "difference of {points} points (most likely between {low} and {high}).",
        measure=say.text(MEASURES[change.measure]), before=say.percent(found.before, 1), after=say.percent(found.after, 1),
        expected=say.percent(min(max(found.expected, 0.0), 1.0), 1), weeks=found.weeks[0], later=found.weeks[1], day=change.on,
        points=say.number(100 * found.effect.value, 1), low=say.number(100 * found.effect.low, 1), high=say.number(100 * found.effect.high, 1),
    )  # fmt: skip
    finding = Finding(say.text(TURNS[found.turn], change=name), body[:1].upper() + body[1:])
    return (
        finding,
        Note(say.text("How sure we are"), " ".join((*_unsteady(found, run), _weak(run), *_rivals(change, run)))),
    )


def _unsteady(found: Interruption, run: Run) -> list[str]:
    if found.steady:
        return []
    return [
        run.say.text(
            "Before that day the weeks did not follow a steady line: the same reading finds a change on days on which nothing was changed. So none "
            "is claimed here."
        )
    ]


def _weak(run: Run) -> str:
    return run.say.text(
        "This is weak evidence: everybody got the new way on the same day, so whatever else changed then is in it. Begin the next change in "
        "one branch only, and the other is the comparison."
    )


def _rivals(change: ServiceChange, run: Run) -> list[str]:
    """What else happened around the day: holidays, campaigns."""
    say, reach = run.say, timedelta(days=RIVALS_DAYS)
    others = [name for day, name in holidays(run, change.on - reach) if day <= change.on + reach]
    others += [c.name or c.id for c in run.business.campaigns if c.sent_at and abs(c.sent_at - change.on) <= reach]
    return [say.text("Within four weeks of it: {others}.", others=others)] if others else []
