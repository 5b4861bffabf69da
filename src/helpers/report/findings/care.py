"""What `1_diagnosis` says about how customers are treated: presence, punctuality, trouble, and where the money goes."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.language import Language
from helpers.metrics.comparisons import Comparison
from helpers.metrics.presence import FirstContacts, Presence
from helpers.metrics.service import Complaints, Difference, GroupRate, Spending
from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.report import charts
from helpers.report.findings.common import (
    between,
    capital,
    definition,
    not_measured,
    of_ten,
    points,
    rate_items,
    spread_of,
    tenths,
    too_few,
)
from helpers.report.pieces import Details, Figure, Finding, Missing
from helpers.run import Run


def in_touch(found: Presence | None, run: Run) -> Finding | Missing:
    """S06: do we show up between two purchases?"""
    say = run.say
    if found is None:
        how = say.text("noting every message sent: customer, day, channel, and whether it sells or cares.")
        return not_measured(say.text("How often customers hear from you"), how, say)
    if isinstance(found.untouched, NotEnough):
        return too_few(found.untouched, say.text("how often customers hear from you"), say)
    care = found.without_care
    headline = _unheard(found.untouched.value, found.quiet_days, say)
    body = say.text("{percent} of {n} active customers ({range}).", percent=say.percent(found.untouched.value), n=found.untouched.n,
                    range=between(found.untouched.low, found.untouched.high, say))  # fmt: skip
    if isinstance(care, Rate):
        body += " " + say.text(
            "{percent} have had no message that was not selling something.", percent=say.percent(care.value)
        )
    if found.sell_to_care:  # without one that sells there is nothing to set against care
        body += " " + say.text("For every message that cares, {count} sell.", count=say.number(found.sell_to_care, 1))
    elif found.sells:
        body += " " + say.text("{count} messages sold, none cared.", count=found.sells)
    return Finding(headline, body, level=3)


def _unheard(share: float, days: int, say: Language) -> str:
    """Who has heard nothing, in a sentence that also reads well for nobody and for everybody."""
    if share == 0:
        return say.text("Every active customer has heard from you in the last {days} days", days=days)
    if share == 1:
        return say.text("No active customer has heard from you in the last {days} days", days=days)
    return capital(
        say.plural(
            "{share} active customers has not heard from you in {days} days",
            "{share} active customers have not heard from you in {days} days",
            tenths(share), share=of_ten(share, say), days=days,
        )
    )  # fmt: skip


def in_touch_details(found: Presence | None, run: Run) -> Details | None:
    """How long ago the last word was, and how it is counted."""
    say = run.say
    if found is None:  # the finding above says how to begin
        return None
    facts = {
        say.text("Last message of any kind"): _silence(found.days_since_contact, found.never, run),
        say.text("Last message that was not selling"): _silence(found.days_since_care, found.never_care, run),
        say.text("Messages counted"): say.text(
            "{sells} selling, {cares} caring, in the last {days} days", sells=found.sells, cares=found.cares, days=found.quiet_days
        ),
        say.text("Active"): say.text("customers with an order in the last 180 days."),
    }  # fmt: skip
    return definition(facts, say, pages=("contact-gap", "sell-care-ratio", "first-contacts"))


def _silence(days: float | None, never: Rate | NotEnough, run: Run) -> str:
    say = run.say
    text = say.text("nobody has had one") if days is None else say.text("half of those who had one: {days} days ago or longer", days=round(days))  # fmt: skip
    if isinstance(never, Rate):
        text += "; " + say.text("never: {percent} of {n}", percent=say.percent(never.value), n=never.n)
    return text


def welcomed(found: FirstContacts | None, run: Run) -> Finding | Missing:
    """S07: what does a new customer hear in the first hundred days?"""
    say, what = run.say, run.say.text("what new customers hear from you")
    if found is None:
        how = say.text("noting every message sent: customer, day, channel, and whether it sells or cares.")
        return not_measured(capital(what), how, say)
    if isinstance(found.contacted, NotEnough):
        return too_few(found.contacted, what, say)
    headline = capital(
        say.plural(
            "{share} new customers hears from you in the first {days} days",
            "{share} new customers hear from you in their first {days} days",
            tenths(found.contacted.value), share=of_ten(found.contacted.value, say), days=found.window_days,
        )
    )  # fmt: skip
    body = say.text(
        "{percent} of {n} new customers ({range}).",
        percent=say.percent(found.contacted.value), n=found.contacted.n,
        range=between(found.contacted.low, found.contacted.high, say),
    )  # fmt: skip
    if isinstance(found.cared_for, Rate):
        body += " " + say.text("{percent} had a message that was not selling something.", percent=say.percent(found.cared_for.value))  # fmt: skip
    if found.per_customer is not None:
        body += " " + say.text("Messages per new customer: {count}.", count=say.number(found.per_customer, 1))
    return Finding(headline, body, level=3)


def punctual(
    groups: Sequence[GroupRate] | None, effect: Difference | None, found: Sequence[Comparison], run: Run
) -> Finding | Missing:
    """S03: on time, and what a late first delivery does; a branch is named only where it can be told apart."""
    say = run.say
    if groups is None or effect is None:
        how = say.text("writing two times on each delivery: promised and arrived.")
        return not_measured(say.text("Deliveries on time"), how, say)
    if not any(isinstance(g.rate, Rate) for g in groups):
        return too_few(NotEnough(0, 10, "deliveries"), say.text("deliveries on time"), say)
    spread = spread_of(found, "on_time", "branch")
    late = [group for group in spread.apart if group.side == "lower"] if spread else []
    worst = min(late, key=lambda group: group.pooled, default=None)
    if worst is not None and isinstance(worst.rate, Rate):
        share = say.percent(worst.rate.value)
        headline = say.text("{branch}: {percent} of deliveries arrive on time", branch=worst.group, percent=share)
    else:
        kept = sum(g.rate.k for g in groups if isinstance(g.rate, Rate))
        counted = sum(g.rate.n for g in groups if isinstance(g.rate, Rate))
        headline = say.text("{percent} of deliveries arrive on time", percent=say.percent(kept / counted))
    body = ""
    if effect.difference is not None and isinstance(effect.first, Rate) and isinstance(effect.second, Rate):
        body = say.text(
            "After a late first delivery {late} come back within 90 days, after one on time {timely} (n {n_late} and {n_timely}).",
            late=say.percent(effect.first.value), timely=say.percent(effect.second.value), n_late=effect.first.n, n_timely=effect.second.n,
        )  # fmt: skip
        clear = effect.difference.high < 0
        body += " " + (
            say.text("The gap is larger than chance explains.") if clear else say.text("The gap may still be chance.")
        )
    return Finding(headline, body, level=3)


def punctual_chart(
    groups: Sequence[GroupRate] | None, found: Sequence[Comparison], run: Run
) -> Figure | Missing | None:
    """On-time rate per branch with intervals; nothing where no delivery is known, or one branch makes them all."""
    say = run.say
    if groups is None or len(groups) == 1:
        return None
    items = rate_items((g.group, g.rate) for g in groups or ())
    if not items:
        return not_measured(say.text("Deliveries by branch"), say.text("keeping the branch on each delivery."), say)
    spread = spread_of(found, "on_time", "branch")
    title = (
        say.text("The branches are not equally punctual")
        if spread and spread.apart
        else say.text("The branches cannot be told apart by punctuality")
    )
    subtitle = say.text("Share of deliveries at most 5 minutes after the promise")
    caption = say.text("Where two bars overlap, do not rank the branches.")
    return charts.rates(items, title=title, subtitle=subtitle, language=say, caption=caption)


def when_things_go_wrong(found: Complaints | None, run: Run) -> Finding | Missing:
    """S04, S12, S13: complaints, answers and what becomes of those who complained."""
    say = run.say
    if found is None:
        how = say.text("keeping one shared notebook: who complained, when, when answered, how it ended.")
        return not_measured(say.text("Complaints and answers"), how, say)
    speed = found.by_speed
    if isinstance(found.recovered, NotEnough):
        return too_few(found.recovered, say.text("who returns after a complaint"), say)
    headline = say.plural(
        "After a complaint, {share} buys again within 90 days",
        "After a complaint, {share} buy again within 90 days",
        tenths(found.recovered.value), share=of_ten(found.recovered.value, say),
    )  # fmt: skip
    body = say.plural("{n} complaint", "{n} complaints", found.complaints) + say.text(
        "; that is {rate} per 100 orders.", rate=say.number(found.per_100_orders, 1 if found.per_100_orders >= 1 else 2)
    )
    if isinstance(speed.first, Rate) and isinstance(speed.second, Rate) and speed.difference is not None:
        body += " " + say.text(
            "Answered within a day {quick} came back, later {slow}; the difference is {points} points ({low} to {high}).",
            quick=say.percent(speed.first.value), slow=say.percent(speed.second.value),
            points=say.number(100 * speed.difference.value), low=points(speed.difference.low, run), high=points(speed.difference.high, run),
        )  # fmt: skip
    if isinstance(found.alternative, Rate):
        body += " " + say.text(
            "When you had to say no, {percent} of the time you offered something else.",
            percent=say.percent(found.alternative.value),
        )
    return Finding(headline, body, level=3)


def spending(found: Spending | NotEnough | None, run: Run) -> Finding | Missing:
    """S09: money for hunting against money for keeping."""
    say = run.say
    if found is None or isinstance(found, NotEnough) or found.acquisition + found.retention <= 0:
        how = say.text("splitting each month's marketing bill in two: winning new customers, keeping old ones.")
        return not_measured(say.text("Spending on new and on existing customers"), how, say)
    total = found.acquisition + found.retention
    headline = say.text(
        "Of every 100 spent on marketing, {count} go to people who already bought",
        count=round(100 * found.retention / total),
    )
    body = say.text(
        "Months counted: {months}; {new} for winning customers, {old} for keeping them.",
        months=found.months, new=run.money(found.acquisition), old=run.money(found.retention),
    )  # fmt: skip
    return Finding(headline, body, level=3)
