"""What `2_churn_metrics` says of customers on the move: week by week after the first order, month by month between states."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from helpers.errors import key
from helpers.metrics.hazard import FirstHundredDays
from helpers.metrics.season import touched_month
from helpers.metrics.states import STATES
from helpers.metrics.transitions import NEW, MonthRate, Transitions
from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.report import charts
from helpers.report.findings.churn import STATE_NAMES
from helpers.report.findings.common import (
    between,
    capital,
    definition,
    festival_names,
    from_silence,
    not_yet,
    of_ten,
    tenths,
    too_few,
)
from helpers.report.pieces import Column, Details, Figure, Finding, Missing, TableView
from helpers.run import Run

SILENT_WEEKS = 4
"""After so many weeks without a second order the headline asks who still comes."""
COLUMNS = tuple(state for state in STATES if state != "reactivated")
RARELY = 0.05
"""Below this share a month it is said that few come back by themselves."""
WEEKS_SHOWN = (1, 2, 3, 4, 6, 8, 12)
BEFORE_NAMES = {**STATE_NAMES, NEW: key("first order in the month")}
"""Where somebody stood at the end of the month before → its everyday name (catalog keys)."""


@from_silence
def first_hundred(found: FirstHundredDays, run: Run) -> Finding:
    """S07: when is waiting for a second order no longer worth it?"""
    say = run.say
    by_week = {week.week: week for week in found.weeks}
    never = by_week[SILENT_WEEKS + 1].never
    if isinstance(never, NotEnough):
        return too_few(never, say.text("when waiting for a second order stops being worth it"), say)
    headline = _still_coming(1 - never.value, run)
    body = say.text(
        "Of {n} customers who were silent for {weeks} weeks after their first order, {percent} did not come within {days} days ({range}).",
        n=never.n, weeks=SILENT_WEEKS, percent=say.percent(never.value), days=found.horizon_days,
        range=between(never.low, never.high, say),
    )  # fmt: skip
    first, later = by_week[1].second, by_week[SILENT_WEEKS + 1].second
    if isinstance(first, Rate) and isinstance(later, Rate):
        body += " " + say.text(
            "In the first week {early} place their second order, in week {week} only {late} of those still waiting: write while they remember.",
            early=say.percent(first.value), week=SILENT_WEEKS + 1, late=say.percent(later.value),
        ) if later.high < first.low else ""  # fmt: skip
    return Finding(headline, body.strip(), level=3)


def _still_coming(share: float, run: Run) -> str:
    """How many of the silent still come, worded by how few they are."""
    say = run.say
    if share == 0:
        return say.text("After {weeks} weeks without a second order nobody came any more", weeks=SILENT_WEEKS)
    if share > 0.5:
        return say.text(
            "After {weeks} weeks without a second order {share} still come",
            weeks=SILENT_WEEKS, share=of_ten(share, say),
        )  # fmt: skip
    return say.plural(
        "After {weeks} weeks without a second order only {share} still comes",
        "After {weeks} weeks without a second order only {share} still come",
        tenths(share), weeks=SILENT_WEEKS, share=of_ten(share, say),
    )  # fmt: skip


@from_silence
def first_hundred_details(found: FirstHundredDays, run: Run) -> Details:
    """Hazard by week of life, as a table to open."""
    say = run.say
    columns = (
        Column(say.text("Week after the first order"), "left"),
        Column(say.text("still waiting")),
        Column(say.text("came in this week")),
        Column(say.text("did not come within {days} days", days=found.horizon_days)),
    )
    rows = tuple(
        (say.text("week {n}", n=w.week), say.number(_n(w.second)), _share(w.second, run), _share(w.never, run))
        for w in found.weeks if w.week in WEEKS_SHOWN and _n(w.second)
    )  # fmt: skip
    facts = {
        say.text("Counted"): say.text("only customers followed for the whole week, or for the whole {days} days.", days=found.horizon_days),
        say.text("Interval"): say.text("Wilson, 95%."),
    }  # fmt: skip
    caption = say.text("The first weeks one by one")
    table = TableView(columns, rows, caption, language=say)
    return definition(facts, say, pages=("first-hundred-days",), table=table)


def _n(found: Rate | NotEnough) -> int:
    return found.n if isinstance(found, Rate) else found.have


def _share(found: Rate | NotEnough, run: Run) -> str:
    """A share with its interval, short enough for a cell."""
    if isinstance(found, NotEnough):
        return "–"
    low, high = (run.say.percent(bound).rstrip("%").rstrip() for bound in (found.low, found.high))
    return f"{run.say.percent(found.value)} ({low}–{high})"


@from_silence
def moving(found: Transitions, run: Run) -> Finding:
    """How many fall asleep in a month, and how many wake up?"""
    say, lapse, back = run.say, found.lapse_year, found.reactivation_year
    months = min(12, len(found.lapse))
    if isinstance(lapse, NotEnough):
        return too_few(lapse, say.text("how many customers fall asleep in a month"), say)
    share = say.number(100 * lapse.value) if 100 * lapse.value >= 1 else say.text("fewer than 1")
    headline = say.text("In a month {count} of 100 customers who still came fall asleep", count=share)
    body = say.plural(
        "In the last full month: {percent} a month ({range}); counted {people} customer-months.",
        "Over the last {n} full months: {percent} a month ({range}); counted {people} customer-months.", months,
        percent=say.percent(lapse.value, 1), range=between(lapse.low, lapse.high, say, digits=1), people=lapse.n,
    )  # fmt: skip
    if isinstance(back, Rate):
        words = {"percent": say.percent(back.value, 1), "range": between(back.low, back.high, say, digits=1)}
        body += " " + (
            say.text("Of those already asleep or lost, {percent} come back in a month ({range}): few wake up by themselves.", **words)
            if back.high < RARELY
            else say.text("Of those already asleep or lost, {percent} come back in a month ({range}).", **words)
        )  # fmt: skip
    return Finding(headline, body, level=3)


@from_silence
def lapse_chart(found: Transitions, run: Run) -> Figure | Missing:
    """Lapse rate by month with its interval."""
    say = run.say
    settled = [m for m in found.lapse[-24:] if found.settled_from is not None and m.month >= found.settled_from]
    shown = [(m.month, m.rate) for m in settled if isinstance(m.rate, Rate)]
    if len(shown) < 3:
        return not_yet(say.text("Falling asleep by month"), run)
    frame = pd.DataFrame(
        [(month, r.value, r.low, r.high) for month, r in shown], columns=["week", "value", "low", "high"]
    )
    title = _trend([r for _, r in shown], run)
    subtitle = say.text(
        "Share of customers who still came at a month's beginning and were asleep or lost at its end; the band is the 95% range"
    )
    caption = _touched(settled, run)
    return charts.weeks(frame, title=title, subtitle=subtitle, language=say, wording=say.percent, caption=caption)


def _trend(rates: Sequence[Rate], run: Run) -> str:
    """Is the last month outside what the months before it show?"""
    say, last = run.say, rates[-1]
    before = sorted(r.value for r in rates[:-1][-6:])
    middle = before[len(before) // 2]
    if last.low > middle:
        return say.text("More fall asleep lately: {percent} in the last month", percent=say.percent(last.value))
    if last.high < middle:
        return say.text("Fewer fall asleep lately: {percent} in the last month", percent=say.percent(last.value))
    return say.text("Lately {percent} fall asleep in a month, as in the months before", percent=say.percent(last.value))


def _touched(months: Sequence[MonthRate], run: Run) -> str:
    """Which of the months a festival touches."""
    touched = [m.month for m in months if touched_month(run.festivals, m.month)]
    if not touched:
        return ""
    names = festival_names(run)
    words = run.say.text(
        "{months}: touched by {festival}; compare them with the same months around it a year before.",
        months=[run.say.month(month) for month in touched], festival=names[touched_month(run.festivals, touched[-1]) or ""],
    )  # fmt: skip
    return capital(words)


@from_silence
def moving_details(found: Transitions, run: Run) -> Details:
    """The matrix of transitions, as a table to open."""
    say, matrix = run.say, found.matrix()
    # back after a pause is one way of being on time; a column of its own would not fit a phone
    matrix = matrix.assign(active=matrix["active"] + matrix["reactivated"])[list(COLUMNS)]
    columns = (
        Column(say.text("At the end of the month before"), "left"),
        *(Column(say.text(STATE_NAMES[s])) for s in COLUMNS),
        Column(say.text("customer-months")),
    )
    rows = tuple(
        (say.text(BEFORE_NAMES[before]), *(say.percent(n / sum(row)) for n in row), say.number(sum(row)))
        for before, row in zip(matrix.index, matrix.to_numpy().tolist(), strict=True) if sum(row)
    )  # fmt: skip
    text = say.text(
        "Each month's end is judged by what was known then: the orders and gaps of that day. The limits are today's, so that nobody changes state because the ruler did."
    )
    caption = say.text("From state to state in a month, last 12 full months")
    facts = {
        say.text("Definition"): text,
        say.text("On time"): say.text("in the columns this includes whoever is back after a long pause."),
        say.text("Interval"): say.text("Wilson, 95%."),
    }
    table = TableView(columns, rows, caption, language=say)
    return definition(facts, say, pages=("lapse-rate", "reactivation-rate", "states"), table=table)
