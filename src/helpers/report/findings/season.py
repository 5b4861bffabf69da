"""What `1_diagnosis` says of the season: was a dip the holiday, or did customers leave?"""

from __future__ import annotations

import pandas as pd

from helpers.metrics.growth import SameSeason
from helpers.metrics.holiday_dip import HolidayDip
from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.report.findings.common import definition, festival_names, points, too_few
from helpers.report.pieces import Details, Finding
from helpers.run import Run

LATEST = 8
"""Weeks looked at where no festival decides."""


def dip(found: HolidayDip | NotEnough, weeks: pd.DataFrame, run: Run) -> Finding:
    """The holiday or a loss; without a festival to compare, the latest weeks against the same weeks a year before."""
    if isinstance(found, NotEnough):
        return _latest(found, weeks, run)
    say, name = run.say, festival_names(run)[found.festival]
    if found.verdict == "loss":
        headline = say.text(
            "After {festival} fewer regulars came back than the year before: more than the holiday", festival=name
        )
    elif found.verdict == "holiday":
        headline = say.text(
            "The dip around {festival} was the holiday, not customers leaving"
            if found.now.dip < 0
            else "{festival} cost you no customers: as many regulars as the year before were back after it",
            festival=name,
        )
    else:
        headline = say.text("Whether {festival} cost you customers cannot be told yet", festival=name)
    now, before = found.now.back, found.before.back
    body = ""
    if isinstance(now, Rate) and isinstance(before, Rate):
        body = _level(found, run) + say.text(
            "Of {n} regulars {now} were back in the {days} days "
            "after it; the year before {before} of {n_before}. The difference is {points} points (most likely between {low} and {high}).",
            days=found.span_days, n=now.n, now=say.percent(now.value),
            before=say.percent(before.value), n_before=before.n, points=points(found.difference.value, run),
            low=points(found.difference.low, run), high=points(found.difference.high, run),
        )  # fmt: skip
    return Finding(headline, body, level=3)


def _level(found: HolidayDip, run: Run) -> str:
    """How much less, or more, was ordered a day in the holiday's weeks than before them, and a space."""
    change, say = found.now.dip, run.say
    said = say.text(
        "In its weeks known customers placed {change} fewer orders a day than in the {days} days before."
        if change < 0
        else "In its weeks known customers placed {change} more orders a day than in the {days} days before.",
        change=say.percent(abs(change)), days=found.span_days,
    )  # fmt: skip
    return said + " "


def _latest(found: NotEnough, weeks: pd.DataFrame, run: Run) -> Finding:
    """The last weeks against what their season lets expect."""
    say = run.say
    known = weeks.dropna(subset=["expected", "low"]).tail(LATEST)
    if len(known) < LATEST:
        return too_few(found, say.text("whether a dip is the season or customers leaving"), say)
    actual, expected = float(known["actual"].sum()), float(known["expected"].sum())
    below = int((known["actual"] < known["low"]).sum())
    if below >= LATEST // 2:
        headline = say.text(
            "The last 8 weeks fall out of their season: {below} of them lie below the usual range", below=below
        )
    else:
        headline = say.text("The last 8 weeks are as their season lets expect")
    body = say.text(
        "Known customers placed {actual} orders; the same weeks a year before, at this year's level, let expect {expected}.",
        actual=int(actual), expected=round(expected),
    )  # fmt: skip
    return Finding(headline, body, level=3)


def dip_details(found: HolidayDip | NotEnough, run: Run) -> Details:
    """How a dip is judged."""
    say = run.say
    facts = {
        say.text("Definition"): say.text(
            "Regulars are customers with two purchase days or more who bought in the days before the holiday's weeks; counted is who bought again in as many days after them, this year and the year before."
        ),
        say.text("The holiday's weeks"): say.text("from the country's calendar in the playbook; weeks around it are compared with the weeks around it a year before."),
        say.text("Interval"): say.text("Newcombe, 95%."),
    }  # fmt: skip
    return definition(facts, say, pages=("same-season",))


def beside(found: SameSeason | None, run: Run) -> str:
    """A sentence for the accounts of a month that a festival touches; empty where there is none."""
    if found is None:
        return ""
    say, name = run.say, festival_names(run)[found.festival]
    words = {"month": say.month(found.month), "festival": name, "now": say.percent(found.gone.value), "n": found.gone.n,
             "beside": say.month(found.beside), "then": say.percent(found.gone_beside.value), "m": found.gone_beside.n}  # fmt: skip
    if found.difference.low > 0:
        return say.text(
            "{month} is touched by {festival}: {now} of {n} customers of the month before did not come, against {then} of {m} in {beside}, the same place a year before – more than chance.", **words
        )  # fmt: skip
    if found.difference.high < 0:
        return say.text(
            "{month} is touched by {festival}: {now} of {n} customers of the month before did not come, against {then} of {m} in {beside}, the same place a year before – fewer, and not by chance.", **words
        )  # fmt: skip
    return say.text(
        "{month} is touched by {festival}: {now} of {n} customers of the month before did not come, against {then} of {m} in {beside}, the same place a year before – no more than chance.", **words
    )  # fmt: skip
