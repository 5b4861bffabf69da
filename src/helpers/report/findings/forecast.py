"""What `2_churn_metrics` says about the future: what is expected, how wrong that was before, and whether a warning can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from helpers.errors import key
from helpers.metrics.beta_geometric_fit import CUSTOMERS_FLOOR
from helpers.metrics.group_fits import GroupFit, GroupFits, told_apart
from helpers.metrics.histories import Degenerate
from helpers.metrics.uncertainty import Estimate, NotEnough
from helpers.report import charts
from helpers.report.findings.common import definition, from_silence, lacking, not_measured, of_ten, under_contract
from helpers.report.pieces import Column, Details, Figure, Finding, Missing, TableView
from helpers.run import Run

MOST_RETURNS = 6
"""Last row of the table that checks the forecast: this many returns or more."""
PLACES: Mapping[str, str] = {
    "branch": key("Returns by branch of the first order"),
    "channel": key("Returns by channel of the first order"),
}
"""Column of the orders → title of its table (catalog keys)."""


def forecast(run: Run) -> Finding:
    """What the customers at hand will bring in the next twelve months."""
    say, totals = run.say, run.facts["next_12_months"]
    if under_contract(run):
        return Finding(
            say.text("What members will bring is told by their contracts, not by their silence"),
            lacking(run.facts["bg_nbd"], run),
            level=3,
            leads=False,
        )
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


@from_silence
def by_place(found: Mapping[str, GroupFits], run: Run) -> Finding:
    """Whether customers who came first to another branch or by another channel return otherwise."""
    say, apart = run.say, told_apart(found)
    sure = {place: _certain(found[place]) for place in apart}
    if not found or not any(_certain(fits) for fits in found.values()):
        return Finding(
            say.text("Branches and channels cannot be compared by how often their new customers return"),
            say.text(
                "Not measured yet: it takes two branches or two channels on the receipts, each with {n} customers who came there first.",
                n=CUSTOMERS_FLOOR,
            ),
            level=3,
        )
    caution = say.text(
        "By the branch or channel of the first order. Whom a place attracts differs too, so it need not be its doing."
    )
    if not apart:
        headline = say.text("New customers return alike, wherever they came first")
        return Finding(headline, say.text("What differences there are, chance explains.") + " " + caution, level=3)
    ends = max(((max(groups, key=_year), min(groups, key=_year)) for groups in sure.values()), key=_gap)
    headline = say.text(
        "Whoever came first to {best} orders {many} times more in a year, whoever came to {worst} {few} times",
        best=ends[0].group, many=say.number(_year(ends[0]), 1), worst=ends[1].group, few=say.number(_year(ends[1]), 1),
    )  # fmt: skip
    return Finding(headline, say.text("The difference goes beyond chance.") + " " + caution, level=3)


@from_silence
def by_place_details(found: Mapping[str, GroupFits], run: Run) -> tuple[TableView, ...]:
    """Every group: customers, and orders to expect in the year after the first one; none where nothing is compared."""
    say = run.say
    columns = (
        Column(say.text("First came to"), "left"), Column(say.text("customers")),
        Column(say.text("orders in the year after")), Column(say.text("range")),
    )  # fmt: skip
    tables = []
    for place, fits in found.items():
        rows = tuple((one.group, say.number(one.customers), *_year_words(one.first_year, run)) for one in fits.groups)
        small = any(isinstance(one.first_year, NotEnough) for one in fits.groups)
        more = say.text("Those with too few customers are in the list without a number.") if small else ""
        tables.append(TableView(columns, rows, say.text(PLACES[place]), more, language=say))
    return tuple(tables)


def _certain(fits: GroupFits) -> list[GroupFit]:
    return [one for one in fits.groups if isinstance(one.first_year, Estimate)]


def _year(one: GroupFit) -> float:
    return one.first_year.value if isinstance(one.first_year, Estimate) else 0.0


def _gap(ends: tuple[GroupFit, GroupFit]) -> float:
    return _year(ends[0]) - _year(ends[1])


def _year_words(found: Estimate | NotEnough | Degenerate, run: Run) -> tuple[str, str]:
    say = run.say
    if isinstance(found, Estimate):
        return say.number(found.value, 1), f"{say.number(found.low, 1)}–{say.number(found.high, 1)}"
    return say.text("not enough data"), lacking({"reason": found.reason}, run) if isinstance(found, Degenerate) else ""


@from_silence
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


@from_silence
def fit_check_chart(run: Run) -> Figure | None:
    """Orders of known customers by week, forecast and real."""
    say, found = run.say, run.facts["fit_check"]
    if not found or found.get("error") is None:
        return None  # the finding above says why
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


@from_silence
def fit_check_details(run: Run) -> TableView | None:
    """By how often customers had come back before: orders expected and real."""
    say, found = run.say, run.facts["fit_check"]
    if not found or found.get("error") is None:
        return None
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


@from_silence
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
        "Told to pick the one who returns out of two, the score is right in {auc} of cases (a coin: 50%).",
        flagged=found["flagged"], n=found["n"], recall=say.percent(found["recall"]["value"]), auc=say.percent(found["auc"]["value"]),
    )  # fmt: skip
    body += " " + say.text(found["verdict"])
    return Finding(headline, body, level=3)


@from_silence
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
