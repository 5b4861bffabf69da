"""What `2_churn_metrics` says: who comes back, who is leaving, when, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from helpers.errors import key
from helpers.language import Language
from helpers.metrics.cohorts import Cohorts, Measure
from helpers.metrics.customers import MINIMUM_GAPS
from helpers.metrics.repeat import ReturnCurve, Rung
from helpers.metrics.states import STATES
from helpers.metrics.uncertainty import NotEnough
from helpers.report import charts
from helpers.report.findings.common import (
    between,
    capital,
    definition,
    from_silence,
    not_measured,
    not_yet,
    of_ten,
    tenths,
    too_few,
)
from helpers.report.pieces import Column, Details, Figure, Finding, Missing, TableView
from helpers.run import Run

STATE_NAMES = {
    "active": key("on time"),
    "late": key("later than usual"),
    "lapsed": key("asleep"),
    "lost": key("lost"),
    "reactivated": key("back after a long pause"),
}
"""State → its everyday name (catalog keys)."""
HUNDRED = 100
"""The first hundred days decide (S07)."""


@from_silence
def second_order(curve: ReturnCurve | NotEnough, run: Run) -> Finding:
    """When do first-time buyers come back, and when have those who will done so?"""
    say = run.say
    if isinstance(curve, NotEnough):
        return too_few(curve, say.text("when first-time buyers come back"), say)
    reading, end = curve.at(HUNDRED), curve.returned[-1]
    if reading is None:
        return too_few(NotEnough(curve.days[-1], HUNDRED, "days"), say.text("the first 100 days of a customer"), say)
    share, low, high = reading
    headline = capital(
        say.plural(
            "{share} first-time buyers is back within the first 100 days",
            "{share} first-time buyers are back within their first 100 days",
            tenths(share),
            share=of_ten(share, say),
        )
    )
    body = say.text(
        "{percent}, {range}, from {n} customers followed.",
        percent=say.percent(share),
        range=between(low, high, say),
        n=curve.n,
    )
    if end > 0:
        early = min(share / end, 1.0)
        body += " " + say.text(
            "Of all returns seen up to day {day}, {part} fall into these 100 days: that is the time to act.",
            day=curve.days[-1], part=say.percent(early),
        )  # fmt: skip
    return Finding(headline, body)


@from_silence
def second_order_chart(curve: ReturnCurve | NotEnough, run: Run) -> Figure | Missing:
    """Kaplan–Meier curve of the time to the second order."""
    say = run.say
    if isinstance(curve, NotEnough):
        return not_yet(say.text("Time to the second order"), run)
    frame = pd.DataFrame({"days": curve.days, "share": curve.returned, "low": curve.low, "high": curve.high})
    half = next(
        (d for d, s in zip(curve.days, curve.returned, strict=True) if s >= curve.returned[-1] / 2), curve.days[-1]
    )
    if not curve.events:
        title = say.text("Nobody has come back yet")
    elif curve.days[-1] >= HUNDRED:
        title = say.text("Half of those who come back do so within {days} days", days=half)
    else:  # a curve cut short has not seen the late returns, so its half would come too early
        title = say.text(
            "{percent} have come back within {days} days", percent=say.percent(curve.returned[-1]), days=curve.days[-1]
        )
    subtitle = say.text("Share of first-time buyers with a second order, by days since the first; n = {n}", n=curve.n)
    caption = say.text("The line climbs as customers return; where it goes flat, hardly anybody returns any more.")
    return charts.return_curve(frame, title=title, subtitle=subtitle, language=say, mark_days=HUNDRED, caption=caption)


@from_silence
def second_order_details(curve: ReturnCurve | NotEnough, run: Run) -> Details:
    """Definition of the curve."""
    say = run.say
    facts = {
        say.text("Definition"): say.text("Kaplan–Meier estimate of the time from first to second order; customers still waiting when the data end count as long as they were followed."),
        say.text("Interval"): say.text("Greenwood, log–log, 95%."),
        say.text("Shown up to"): say.text("the day on which fewer than 10 customers are still followed."),
    }  # fmt: skip
    if isinstance(curve, ReturnCurve):
        facts[say.text("Second orders seen")] = say.number(curve.events)
    return definition(facts, say, pages=("time-to-second-order",))


@from_silence
def ladder(rungs: Sequence[Rung], run: Run) -> Figure | Missing:
    """The purchase ladder: each order makes the next likelier."""
    say = run.say
    if len(rungs) < 2:
        return not_yet(say.text("The purchase ladder"), run)
    items = [(say.text("order {a} → {b}", a=r.nth - 1, b=r.nth), r.value, r.low, r.high, r.n) for r in rungs]
    first, second = rungs[0], rungs[1]
    title = say.text(
        "After the first order {one} return, after the second {two}",
        one=say.percent(first.value),
        two=say.percent(second.value),
    )
    subtitle = say.text("Share who place the next order within {days} days of the one before", days=first.horizon_days)
    caption = say.text("The lowest step is where most customers are lost.")
    return charts.ladder(items, title=title, subtitle=subtitle, language=say, caption=caption)


@from_silence
def rhythm(run: Run) -> Finding:
    """How often customers usually come, and from when on silence means something."""
    say, found, limits = run.say, run.facts["rhythm"], run.facts["thresholds"]
    if found is None:
        return _no_rhythm(run)
    headline = say.text("A returning customer usually comes every {days} days", days=round(found["typical_days"]))
    body = say.text(
        "Everybody is measured against their own rhythm. Later than usual means silent for more than {late} times it, asleep {lapsed} "
        "times, lost {lost} times; 9 of 10 returns so far came before the first limit. With a single purchase the limits are {a}, {b} and {c} days.",
        late=say.number(limits["ratio"][0], 1), lapsed=say.number(limits["ratio"][1], 1), lost=say.number(limits["ratio"][2], 1),
        a=limits["first_days"][0], b=limits["first_days"][1], c=limits["first_days"][2],
    )  # fmt: skip
    return Finding(headline, body, level=3)


def _no_rhythm(run: Run) -> Finding:
    say, what = run.say, run.say.text("how often customers usually come")
    gaps = int(run.customers.frequency.sum().fill_null(0).to_pyarrow().as_py())
    if gaps < MINIMUM_GAPS:
        return too_few(NotEnough(gaps, MINIMUM_GAPS, key("gaps between two purchases")), what, say)
    body = say.text("It takes at least two customers who came on three different days.")
    return Finding(say.text("Too few to conclude: {what}", what=what), body)


@from_silence
def states(counts: Mapping[str, int], run: Run) -> Figure | Missing:
    """How many customers are in each state today."""
    say, total = run.say, sum(counts.values())
    if total == 0:
        return not_measured(
            say.text("Where your customers stand"), say.text("recording a customer on every order."), say
        )
    items = [
        (say.text(STATE_NAMES[s]), float(counts.get(s, 0)), None, None, say.percent(counts.get(s, 0) / total))
        for s in STATES
        if counts.get(s, 0)
    ]
    quiet = sum(counts.get(s, 0) for s in ("late", "lapsed"))
    if quiet:
        title = say.plural(
            "{n} customer is quieter than usual but not lost yet",
            "{n} customers are quieter than usual but not lost yet",
            quiet,
        )
    else:
        title = say.text("Nobody is quieter than usual without being lost already")
    subtitle = say.text("Customers by state on {day}", day=run.as_of)
    return charts.bars(items, title=title, subtitle=subtitle, wording=lambda v: say.number(v), language=say, tone="now")


FEW_IN_A_ROW = 20
"""People per cohort below which one of them moves its row by more than five points in a hundred."""


@from_silence
def cohorts(found: Cohorts, run: Run) -> Figure | Missing:
    """Cohort heat map."""
    say = run.say
    if not run.facts["overview"]["customers"]:
        return not_yet(say.text("Customers by the month they first bought"), run)
    shares = found.retention()
    if len(shares) < 3 or shares.shape[1] < 2:
        return not_measured(
            say.text("Customers by the month they first bought"), say.text("letting three full months pass."), say
        )
    recent = shares.tail(run.params.cohort_months)
    recent = recent[[c for c in recent.columns if c < run.params.cohort_months]]
    second = shares[1].dropna()
    # the first cohorts of an export hold old customers who would flatter the average
    settled = [cohort for cohort in second.index if cohort in found.newcomers]
    second = second[settled] if settled else second
    weights = found.sizes.loc[second.index]
    average = float((second * weights).sum() / weights.sum())
    title = say.text(
        "Of those who first bought in a month, {percent} bought again in the next", percent=say.percent(average)
    )
    subtitle = say.text("Share active in each month since the first order; hatched months are not over yet")
    caption = say.text(
        "Read a row from left to right: one group of customers over time. Read a column downwards: are newer customers more loyal?"
    )
    typical = float(found.sizes.loc[recent.index].median())
    if typical < FEW_IN_A_ROW:
        caption += " " + say.text(
            "One person more or less moves a row here by about {percent}: look at whole columns, not at single cells.",
            percent=say.percent(1 / typical),
        )
    return charts.cohorts(
        recent, found.sizes.loc[recent.index], title=title, subtitle=subtitle, language=say, caption=caption
    )


MATRICES = {
    "orders": key("Orders, by months since the first"),
    "net_revenue": key("Revenue, by months since the first"),
    "customers": key("Customers who came, by calendar month"),
}
"""Measure → what its second-rank matrix shows; customers by calendar, their ages being the chart (catalog keys)."""
AGES = (0, 1, 3, 6)
"""Months since the first that fit a phone."""


def _later(months: int, say: Language) -> str:
    return say.plural("{n} month later", "{n} months later", months) if months else say.text("the same month")


@from_silence
def cohorts_details(found: Cohorts, measure: Measure, run: Run) -> Details:
    """A second-rank matrix of the newest cohorts; what was not observed is a dash, never 0."""
    say = run.say
    if measure == "customers":
        frame = found.matrix(measure, align="calendar").iloc[:, -4:]
        names = [say.month(month) for month in pd.to_datetime(frame.columns)]
    else:
        frame = found.matrix(measure)
        frame = frame[[age for age in AGES if age in frame.columns]]
        names = [_later(int(age), say) for age in frame.columns]
    wording = run.money if measure == "net_revenue" else say.number
    cells = frame.tail(7)
    rows = tuple(
        (say.month(cohort), *("–" if pd.isna(cell) else wording(cell) for cell in row))
        for cohort, row in zip(pd.to_datetime(cells.index), cells.to_numpy(dtype=float).tolist(), strict=True)
    )
    columns = (Column(say.text("First bought in"), "left"), *(Column(name) for name in names))
    table = TableView(columns, rows, say.text(MATRICES[measure]), language=say)
    facts = {say.text("Missing cells"): say.text("a dash: the month is not over, or lies before the group's first.")}
    return definition(facts, say, pages=("cohorts",), table=table)
