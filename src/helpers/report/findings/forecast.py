"""What `2_churn_metrics` says about the future: what is expected, how wrong that was before, and whether a warning can be trusted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from helpers.report import charts
from helpers.report.findings.common import by_contract, definition, lacking, not_measured, of_ten, under_contract
from helpers.report.pieces import Column, Details, Figure, Finding, Missing, Note, TableView
from helpers.run import Run

MOST_RETURNS = 6
"""Last row of the table that checks the forecast: this many returns or more."""


def forecast(run: Run) -> Finding:
    """What the customers at hand will bring in the next twelve months."""
    say, totals = run.say, run.facts["next_12_months"]
    if under_contract(run):
        return Finding(
            say.text("What members will bring is told by their contracts, not by their silence"),
            lacking(run.facts["bg_nbd"], run),
            level=3,
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


def fit_check(run: Run) -> Finding | Note:
    """How wrong the forecast would have been on the latest part of the history."""
    if under_contract(run):
        return by_contract(run)
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


def fit_check_chart(run: Run) -> Figure | Missing | None:
    """Orders of known customers by week, forecast and real."""
    if under_contract(run):
        return None
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


def fit_check_details(run: Run) -> TableView | Missing | None:
    """By how often customers had come back before: orders expected and real."""
    if under_contract(run):
        return None
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


def back_test(run: Run) -> Finding | Note:
    """Had we flagged customers 90 days ago: how many really did not return?"""
    if under_contract(run):
        return by_contract(run)
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


def back_test_chart(run: Run) -> Figure | Missing | None:
    """Predicted against actual, in tenths of customers."""
    if under_contract(run):
        return None
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
