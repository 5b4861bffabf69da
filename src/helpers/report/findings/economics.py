"""What `1_diagnosis` says about the economics of keeping: own figures first, hearsay beside them as hearsay (S20)."""

from __future__ import annotations

from typing import Any

from helpers.metrics.economics import Acquisition, Economics, OnePoint
from helpers.metrics.uncertainty import Estimate, NotEnough
from helpers.records import plain
from helpers.report.findings.common import (
    assumed_margin,
    between,
    between_money,
    capital,
    definition,
    estimate_text,
    not_measured,
    too_few,
)
from helpers.report.folklore import claims
from helpers.report.pieces import Details, Finding, Missing
from helpers.run import Run


def one_point(found: Economics, run: Run) -> Finding:
    """What one more of a hundred customers kept is worth in a year."""
    say, point = run.say, found.one_point
    if isinstance(point, NotEnough):
        return too_few(point, say.text("what keeping one more customer in a hundred is worth"), say)
    headline = say.text(
        "Keeping one more of 100 of last year's customers is worth {money} of gross profit a year",
        money=run.money(point.worth.value),
    )
    parts = [
        say.text("{range}.", range=capital(between_money(point.worth.low, point.worth.high, run))),
        say.text(
            "Of the {n} customers of the year before {share} bought again in the last year ({range}); each of them brought {money} of gross profit.",
            n=point.kept.n, share=say.percent(point.kept.value), range=between(point.kept.low, point.kept.high, say),
            money=run.money(point.value.value),
        ),
        say.text(
            "Who is about to leave mostly buys less than that: if those won are like the lighter half, it is {money}.",
            money=run.money(point.cautious),
        ),
        _margin(found, run),
    ]  # fmt: skip
    return Finding(headline, " ".join(parts), level=3)


def _margin(found: Economics, run: Run) -> str:
    say = run.say
    if run.business.margin_known:
        return say.text("Counted with your gross margin of {share}.", share=say.percent(found.margin))
    return assumed_margin(run)


def newcomers(found: Economics, run: Run) -> Finding | Missing:
    """What a new customer costs, and brings in the first year."""
    say, won = run.say, found.acquisition
    if won is None:
        how = say.text("splitting each month's marketing bill in two: winning new customers, keeping old ones.")
        return not_measured(say.text("What a new customer costs"), how, say)
    if isinstance(won, NotEnough):
        return too_few(won, say.text("what a new customer costs"), say)
    brings = found.newcomer
    if isinstance(brings, Estimate):
        headline = say.text(
            "A new customer costs {cost} and brings {value} of gross profit in the first year",
            cost=run.money(won.cac.value), value=run.money(brings.value),
        )  # fmt: skip
    else:
        headline = say.text("A new customer costs {cost}", cost=run.money(won.cac.value))
    return Finding(headline, " ".join(_cost(won, run) + _ratio(found, run)), level=3)


def _cost(won: Acquisition, run: Run) -> list[str]:
    say = run.say
    parts = [
        say.text(
            "{spend} spent on {n} new customers in {months} months ({range} each).",
            spend=run.money(won.spend), n=won.new, months=won.months, range=between_money(won.cac.low, won.cac.high, run),
        )
    ]  # fmt: skip
    if won.keep is not None:
        parts.append(say.text("For each customer who came again {money} was spent.", money=run.money(won.keep)))
    return parts


def _ratio(found: Economics, run: Run) -> list[str]:
    say, ratio = run.say, found.clv_to_cac
    if ratio is None:
        return []
    text = say.text(
        "For each unit of money it costs {ratio} come back within the year ({low} to {high}).",
        ratio=say.number(ratio.value, 1), low=say.number(ratio.low, 1), high=say.number(ratio.high, 1),
    )  # fmt: skip
    if ratio.high < 1:
        return [
            text,
            say.text("A newcomer does not earn the cost back in the first year: only those who stay longer do."),
        ]
    return [text, say.text("The newcomers cost less than they bring within a year.")] if ratio.low > 1 else [text]


def heard(found: Economics, run: Run) -> Details:
    """Claims that are passed on, beside own figures."""
    say = run.say
    facts: dict[str, Any] = {}
    for claim in claims({"economics": plain(found)}, say, run.money):
        own = say.text("Your own figure: {figure}.", figure=claim.own) if claim.own else ""
        facts[say.text("“{claim}”", claim=claim.claim)] = f"{claim.standing} {own}".strip()
    return Details(say.text("What people say, and what your own figures say"), tuple(facts.items()))


def details(found: Economics, run: Run) -> Details:
    """Definitions."""
    say, point = run.say, found.one_point
    facts = {}
    if isinstance(point, OnePoint):
        facts[say.text("One more point")] = say.text(
            "1% of the customers of the year before × gross profit of a kept one in the last year; range: Student's, by customer."
        )
        facts[say.text("A kept customer")] = estimate_text(point.value, run)
    if isinstance(found.newcomer, Estimate):
        facts[say.text("A newcomer's first year")] = estimate_text(found.newcomer, run)
    facts[say.text("Cost of a newcomer (CAC)")] = say.text(
        "money spent on winning customers / customers whose first order fell into the same whole months, twelve at most; range: arrivals as Poisson."
    )
    return definition(facts, say, pages=("one-more-point", "acquisition-cost"))
