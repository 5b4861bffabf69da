"""What `2_churn_metrics` says: who comes back, who is leaving, when, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from helpers.errors import key
from helpers.metrics.base import Concentration
from helpers.metrics.cohorts import Cohorts
from helpers.metrics.customers import MINIMUM_GAPS
from helpers.metrics.repeat import ReturnCurve, Rung
from helpers.metrics.states import STATES
from helpers.metrics.uncertainty import NotEnough
from helpers.report import charts
from helpers.report.findings.common import between, capital, definition, not_measured, not_yet, of_ten, too_few
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
MOST_RETURNS = 6
"""Last row of the table that checks the forecast: this many returns or more."""
HUNDRED = 100
"""The first hundred days decide (S07)."""


def lacking(found: Mapping[str, Any] | None, run: Run) -> str:
    """What a number still needs, in the words of its own refusal."""
    say = run.say
    if found and "need" in found:
        return say.text(
            "This number is shown from {need} {unit} on; so far: {have}.",
            need=found["need"],
            unit=say.text(found["what"]),
            have=found["have"],
        )
    return say.text(found["reason"]) if found and "reason" in found else ""


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
        say.text("{share} first-time buyers are back within their first 100 days", share=of_ten(share, say))
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


def second_order_details(curve: ReturnCurve | NotEnough, run: Run) -> Details:
    """Definition of the curve."""
    say = run.say
    facts = {
        say.text("Definition"): say.text("Kaplan–Meier estimate of the time from first to second order; customers still waiting when the data end count as long as they were followed."),
        say.text("Interval"): say.text("Greenwood, log–log, 95 %."),
        say.text("Shown up to"): say.text("the day on which fewer than 10 customers are still followed."),
    }  # fmt: skip
    if isinstance(curve, ReturnCurve):
        facts[say.text("Second orders seen")] = say.number(curve.events)
    return definition(facts, say)


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
    weights = found.sizes.loc[second.index]
    average = float((second * weights).sum() / weights.sum())
    title = say.text(
        "Of those who first bought in a month, {percent} bought again in the next", percent=say.percent(average)
    )
    subtitle = say.text("Share active in each month since the first order; hatched months are not over yet")
    caption = say.text(
        "Read a row from left to right: one group of customers over time. Read a column downwards: are newer customers more loyal?"
    )
    return charts.cohorts(
        recent, found.sizes.loc[recent.index], title=title, subtitle=subtitle, language=say, caption=caption
    )


def concentrated(found: Concentration | NotEnough, run: Run) -> Finding:
    """How much hangs on how few."""
    say = run.say
    if isinstance(found, NotEnough):
        return too_few(found, say.text("how much hangs on your best customers"), say)
    headline = say.text("One customer in ten brings {percent} of the money", percent=say.percent(found.top_share))
    half = next(i for i in range(1, 11) if sum(found.deciles[:i]) >= 0.5 - 1e-12)
    body = say.text(
        "Half of the revenue of known customers comes from at most {percent} of them.", percent=say.percent(half / 10)
    )
    return Finding(headline, body, level=3)


def forecast(run: Run) -> Finding:
    """What the customers at hand will bring in the next twelve months."""
    say, totals = run.say, run.facts["next_12_months"]
    if totals["orders"] is None:
        return Finding(
            say.text("The next 12 months cannot be forecast from this file yet"),
            lacking(run.facts["bg_nbd"], run),
            level=3,
        )
    headline = say.text(
        "The customers you already have should place about {orders} orders in the next 12 months",
        orders=round(totals["orders"]),
    )
    parts = []
    if totals["clv"]:
        worth = totals["clv"]
        parts.append(
            say.text(
                "At your margin that is {money} of gross profit (most likely between {low} and {high}).",
                money=run.money(worth["value"]), low=run.money(worth["low"]), high=run.money(worth["high"]),
            )
        )  # fmt: skip
    if not run.business.margin_known:
        parts.append(
            say.text(
                "The margin of {percent} is an assumption; put your own into business.yml.",
                percent=say.percent(run.business.margin),
            )
        )
    return Finding(headline, " ".join(parts), level=3)


def model_details(run: Run) -> Details:
    """The fitted model, for who wants to check it."""
    say, model, value = run.say, run.facts["bg_nbd"] or {}, run.facts["gamma_gamma"] or {}
    facts: dict[str, Any] = {}
    if "r" in model:
        facts["BG/NBD"] = ", ".join(f"{k} = {say.number(model[k], 3)}" for k in ("r", "alpha", "a", "b"))
        facts[say.text("Log-likelihood, unit of time")] = (
            f"{say.number(model['log_likelihood'], 1)}, {say.text(model['unit'])}"
        )
    if "p" in value:
        facts["Gamma-Gamma"] = ", ".join(f"{k} = {say.number(value[k], 3)}" for k in ("p", "q", "gamma"))
    facts[say.text("Sources")] = "Fader, Hardie & Lee 2005; Fader & Hardie 2013"
    return definition(
        facts,
        say,
        say.text("The chance of being still a customer is not used to rank risk: for one-time buyers it is always 1."),
    )


def fit_check(run: Run) -> Finding:
    """How wrong the forecast would have been on the latest part of the history."""
    say, found = run.say, run.facts["fit_check"]
    if not found or found.get("error") is None:
        return Finding(say.text("The forecast cannot be checked against the past yet"), lacking(found, run), level=3)
    off, weeks = found["error"], found["holdout_weeks"]
    key = (
        "Checked on the last {weeks} weeks, the forecast was {percent} too high"
        if off > 0
        else "Checked on the last {weeks} weeks, the forecast was {percent} too low"
    )
    headline = say.text(key, weeks=weeks, percent=say.percent(abs(off)))
    body = say.text(
        "Made with what was known on {day}, for {n} customers: {predicted} orders expected, {actual} came. Per customer it was off by "
        "{each} orders on average.",
        day=date.fromisoformat(found["calibrated_to"]), n=found["customers"], predicted=round(found["predicted"]),
        actual=round(found["actual"]), each=say.number(found["mean_absolute_error"], 2),
    )  # fmt: skip
    return Finding(headline, body, level=3)


def fit_check_chart(run: Run) -> Figure | Missing:
    """Orders of known customers by week, forecast and real."""
    say, found = run.say, run.facts["fit_check"]
    if not found or found.get("error") is None:
        return not_measured(
            say.text("Forecast against what came"), say.text("keeping the orders of a longer time."), say
        )
    rows = found["weeks"]
    frame = pd.DataFrame({"week": [date.fromisoformat(w["start"]) for w in rows], "value": [w["actual"] for w in rows],
                          "forecast": [w["predicted"] for w in rows]})  # fmt: skip
    begins = date.fromisoformat(found["calibrated_to"])
    title = say.text(
        "Expected {predicted} repeat orders, {actual} came",
        predicted=round(found["predicted"]),
        actual=round(found["actual"]),
    )
    subtitle = say.text("Repeat orders per week of the customers known on {day}", day=begins)
    caption = say.text(
        "Solid: what happened. Dashed: what the model said. Right of the mark it had not seen the orders."
    )
    return charts.weeks(
        frame, [(begins, say.text("forecast from here"))], title=title, subtitle=subtitle, language=say, caption=caption
    )


def fit_check_details(run: Run) -> TableView | Missing:
    """By how often customers had come back before: orders expected and real."""
    say, found = run.say, run.facts["fit_check"]
    if not found or found.get("error") is None:
        return not_measured(
            say.text("Forecast by earlier returns"), say.text("keeping the orders of a longer time."), say
        )
    columns = (
        Column(say.text("Returns before"), "left"),
        Column(say.text("customers")),
        Column(say.text("expected each")),
        Column(say.text("came each")),
    )
    classes = [c for c in found["classes"] if c["frequency"] < MOST_RETURNS]
    rest = [c for c in found["classes"] if c["frequency"] >= MOST_RETURNS]
    n = sum(c["customers"] for c in rest)
    if n:
        means = {name: sum(c["customers"] * c[name] for c in rest) / n for name in ("predicted", "actual")}
        classes.append({"frequency": MOST_RETURNS, "customers": n, **means})
    rows = tuple(
        (f"{c['frequency']}{'+' if c['frequency'] == MOST_RETURNS else ''}", say.number(c["customers"]),
         say.number(c["predicted"], 2), say.number(c["actual"], 2))
        for c in classes
    )  # fmt: skip
    more = say.text("The last row counts everybody with as many returns or more.") if n else ""
    return TableView(columns, rows, say.text("Forecast by earlier returns"), more, language=say)


def back_test(run: Run) -> Finding:
    """Had we flagged customers 90 days ago: how many really did not return?"""
    say, found = run.say, run.facts["backtest"]
    if not found or "auc" not in found:
        return Finding(say.text("The warning list cannot be tested on the past yet"), lacking(found, run), level=3)
    if not found["flagged"] or "value" not in found["precision"]:
        headline = say.text("Nobody can be singled out: in this data the past does not tell who returns")
        return Finding(
            headline, say.text("Flagging customers at random would do as well, so this report flags nobody."), level=3
        )
    headline = say.text(
        "Had we warned you 90 days ago, {share} flagged customers really did not come back",
        share=of_ten(found["precision"]["value"], say),
    )
    body = say.text(
        "{flagged} of {n} customers would have been flagged; that catches {recall} of those who stayed away. "
        "Told to pick the one who returns out of two, the score is right in {auc} of cases (a coin: 50 %).",
        flagged=found["flagged"], n=found["n"], recall=say.percent(found["recall"]["value"]), auc=say.percent(found["auc"]["value"]),
    )  # fmt: skip
    body += " " + say.text(found["verdict"])
    return Finding(headline, body, level=3)


def back_test_chart(run: Run) -> Figure | Missing:
    """Predicted against actual, in tenths of customers."""
    say, found = run.say, run.facts["backtest"]
    table = (found or {}).get("calibration")
    if not table:
        return not_measured(
            say.text("Predicted and actual returns"),
            say.text("keeping half a year of orders with known customers."),
            say,
        )
    frame = pd.DataFrame(table)[["predicted", "actual", "n"]]
    off = float((frame["predicted"] - frame["actual"]).abs().max())
    title = say.plural(
        "Forecast and reality differ by at most {n} point",
        "Forecast and reality differ by at most {n} points",
        round(100 * off),
    )
    subtitle = say.text("Share who ordered within 90 days, in ten groups by forecast; n = {n}", n=int(frame["n"].sum()))
    caption = say.text("On the diagonal the forecast was right; below it we were too hopeful.")
    return charts.calibration(frame, title=title, subtitle=subtitle, language=say, caption=caption)
