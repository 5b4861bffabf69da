"""What `1_diagnosis` says of the customers of six months ago: where they are now."""

from __future__ import annotations

from helpers.language import Language
from helpers.metrics.base import Became, WhereNow
from helpers.metrics.states import GONE
from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.report import charts
from helpers.report.findings.churn import STATE_NAMES
from helpers.report.findings.common import (
    between,
    capital,
    definition,
    from_silence,
    not_yet,
    of_ten,
    rate_items,
    tenths,
    too_few,
)
from helpers.report.pieces import Details, Figure, Finding, Missing
from helpers.run import Run


@from_silence
def where_now(found: WhereNow, run: Run) -> Finding:
    """S27: the customers of six months ago, where are they now?"""
    say = run.say
    if isinstance(found.still, NotEnough):
        return too_few(found.still, say.text("what became of the customers of six months ago"), say)
    headline = _gone(1 - found.still.value, say)
    body = say.text(
        "Between {start} and {end} {n} customers bought. {percent} of them ordered again in the latest 60 days ({range}). "
        "Those who did not had spent {money} in those 60 days.",
        start=found.then_from, end=found.then_to, n=found.still.n, percent=say.percent(found.still.value),
        range=between(found.still.low, found.still.high, say), money=run.money(found.quiet_revenue),
    )  # fmt: skip
    return Finding(headline, body, level=3)


def _gone(share: float, say: Language) -> str:
    """Who has stayed away, in a sentence that also reads well for nobody and for everybody."""
    if share == 0:
        return say.text("Every customer of six months ago has been back in the last two months")
    if share == 1:
        return say.text("Nobody who bought six months ago has been back in the last two months")
    return capital(
        say.plural(
            "{share} customers of six months ago has not been back in the last two months",
            "{share} customers of six months ago have not been back in the last two months",
            tenths(share), share=of_ten(share, say),
        )
    )  # fmt: skip


@from_silence
def became(found: Became, run: Run) -> Figure | Missing:
    """The same customers in the words of the states."""
    say = run.say
    items = rate_items((say.text(STATE_NAMES[state]), share) for state, share in found.shares.items())
    if not items:
        return not_yet(say.text("What became of the customers of six months ago"), run)
    gone = sum(share.k for state, share in found.shares.items() if state in GONE and isinstance(share, Rate))
    title = (
        say.text(
            "Of {n} customers of six months ago {count} are asleep or lost by their own rhythm",
            n=found.customers,
            count=gone,
        )
        if gone
        else say.text("All {n} customers of six months ago still come by their own rhythm", n=found.customers)
    )
    subtitle = say.text(
        "State on {day} of those who bought between {start} and {end}",
        day=run.as_of,
        start=found.then_from,
        end=found.then_to,
    )
    spent = sum(found.spent[state] for state in GONE)
    caption = (
        say.text("In those 60 days the ones asleep or lost today had spent {money}.", money=run.money(spent))
        if gone
        else ""
    )
    return charts.rates(items, title=title, subtitle=subtitle, language=say, caption=caption)


@from_silence
def became_details(found: Became, run: Run) -> Details:
    """Which customers, and how their state is told."""
    say = run.say
    facts = {
        say.text("Definition"): say.text(
            "Customers with an order in 60 days that ended 26 weeks before the last day of the data, by their state on that last day."
        ),
        say.text("Customers counted"): say.number(found.customers),
        say.text("Interval"): say.text("Wilson, 95%."),
    }
    return definition(facts, say, pages=("six-months-ago", "states"))
