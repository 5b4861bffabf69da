"""What `1_diagnosis` says: where the bucket leaks, and how sure we are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from helpers.metrics.base import Week
from helpers.metrics.growth import Growth, same_season
from helpers.metrics.leaks import Leak
from helpers.metrics.repeat import RepeatRate
from helpers.metrics.uncertainty import FLOOR, NotEnough, Rate
from helpers.report import charts
from helpers.report.findings.common import (
    between,
    between_money,
    capital,
    definition,
    from_silence,
    holidays,
    not_measured,
    not_yet,
    of_ten,
    people,
    rate_items,
    tenths,
    too_few,
    under_contract,
)
from helpers.report.findings.season import beside
from helpers.report.pieces import Details, Figure, Finding, Missing, Note
from helpers.run import Run
from helpers.session.leaks import LEAKS

SHARED = 180
"""Longest horizon the title of the repeat-purchase chart speaks of, days."""


def come_back(rates: Sequence[RepeatRate], run: Run) -> Finding | Note:
    """S01: of 10 first-time buyers, how many came back? Where customers hold contracts, why payments do not answer that."""
    if under_contract(run):
        return Note(
            run.say.text("Members are not counted by their payments"),
            run.say.text(
                "The next payment falls due anyway, so neither a payment nor the silence until the next one tells who comes back, where the customers "
                "of six months ago are, or whether more come than go. Their contracts tell it: see “Do we see customers leave?” in the next chapter."
            ),
        )
    days = run.params.repeat_days
    found = next(r.rate for r in rates if r.horizon_days == days)
    if isinstance(found, NotEnough):
        return too_few(found, run.say.text("how many first-time buyers come back"), run.say)
    say = run.say
    headline = capital(
        say.plural(
            "{share} first-time buyers comes back within {days} days",
            "{share} first-time buyers come back within {days} days",
            tenths(found.value), share=of_ten(found.value, say), days=days,
        )
    )  # fmt: skip
    body = say.text(
        "Counted on {n} customers whose first order is at least {days} days old: {percent} came back ({range}).",
        n=found.n, days=days, percent=say.percent(found.value), range=between(found.low, found.high, say),
    )  # fmt: skip
    return Finding(headline, body)


@from_silence
def come_back_chart(rates: Sequence[RepeatRate], run: Run) -> Figure | Missing:
    """The repeat-purchase rate at every horizon, with intervals."""
    say = run.say
    items = rate_items((say.text("within {days} days", days=r.horizon_days), r.rate) for r in rates)
    if not items:
        return not_yet(say.text("Coming back by horizon"), run)
    shown = [(r.horizon_days, r.rate) for r in rates if isinstance(r.rate, Rate)]
    if len(shown) > 1:
        # the longest horizons rest on the oldest customers only, so the title compares two that share most of theirs
        early, late = (
            shown[0],
            max((pair for pair in shown if pair[0] <= SHARED), key=lambda pair: pair[0], default=shown[-1]),
        )
        title = say.text(
            "After {short} days {early} have come back, after {long} days {late}",
            short=early[0], early=say.percent(early[1].value), long=late[0], late=say.percent(late[1].value),
        )  # fmt: skip
    else:
        title = say.text("So far only one horizon can be read")
    subtitle = say.text(
        "Share of first-time buyers with a second order; only those followed long enough; data until {day}",
        day=run.as_of,
    )
    caption = say.text(
        "The dot is what was counted, the bar how far it may be off. Longer horizons count fewer customers."
    )
    return charts.rates(items, title=title, subtitle=subtitle, language=say, caption=caption)


@from_silence
def come_back_details(rates: Sequence[RepeatRate], run: Run) -> Details:
    """Definition, n and interval of the repeat-purchase rate."""
    say = run.say
    facts = {
        say.text("Definition"): say.text(
            "Customers whose second order came within the stated days of the first, out of customers whose first order is at least that old."
        ),
        say.text("Interval"): say.text("Wilson, 95%."),
        say.text("Second order on the very same day"): ", ".join(
            say.text("{count} (within {days} days)", count=r.same_day, days=r.horizon_days) for r in rates
        ),
        say.text("Not in it"): say.text(
            "Orders without a known customer, and customers too new to have had the chance."
        ),
    }
    return definition(facts, say, pages=("repeat-rate",))


@from_silence
def bucket(accounts: Growth, run: Run) -> Finding:
    """S09: does the bucket fill faster than it leaks?"""
    say = run.say
    full = accounts.judged
    if not run.facts["overview"]["customers"]:
        return too_few(NotEnough(0, 10, "customers"), say.text("how customers come and go"), say)
    if len(full) < 2:
        return too_few(NotEnough(len(full), 2, "months"), say.text("how customers come and go"), say)
    if accounts.quick_ratio_year is None:
        return Finding(say.text("So far no customer has dropped out from one month to the next"), level=3)
    year = full.tail(12)
    if int(year["churned"].sum()) < FLOOR:
        return too_few(
            NotEnough(int(year["churned"].sum()), FLOOR, "customers"), say.text("how customers come and go"), say
        )
    joined, left = int(year["new"].sum() + year["resurrected"].sum()), int(year["churned"].sum())
    ratio = say.number(accounts.quick_ratio_year, 2)
    if accounts.quick_ratio_year >= 1:
        headline = say.text(
            "For every 100 customers who dropped out of a month, {count} came in", count=round(100 * joined / left)
        )
    else:
        headline = say.text(
            "The bucket leaks: for every 100 customers who dropped out, only {count} came in",
            count=round(100 * joined / left),
        )
    body = say.text(
        "Over the last {months} full months {new} customers came for the first time, {back} came back after a pause and {gone} did "
        "not return the following month (in against out: {ratio}).",
        months=len(year), new=int(year["new"].sum()), back=int(year["resurrected"].sum()), gone=left, ratio=ratio,
    )  # fmt: skip
    season = beside(same_season(accounts, run.festivals), run)
    return Finding(headline, f"{body} {season}".strip(), level=3)


@from_silence
def bucket_chart(accounts: Growth, run: Run) -> Figure | Missing:
    """Growth accounting in customers, month by month."""
    say = run.say
    full = accounts.judged
    if not run.facts["overview"]["customers"]:
        return not_yet(say.text("Coming and going by month"), run)
    if len(full) < 2:
        return not_measured(
            say.text("Coming and going by month"), say.text("letting two full months of orders pass."), say
        )
    last = full.iloc[-1]
    title = say.text(
        "In {month}: {new} new, {back} back after a pause, {gone} not seen again that month",
        month=say.month(last["month"]), new=int(last["new"]), back=int(last["resurrected"]), gone=int(last["churned"]),
    )  # fmt: skip
    subtitle = say.text("Customers per month; the last {months} full months", months=min(len(full), 24))
    caption = say.text("Above the line who came, below it who had bought the month before and did not this month.")
    frame = full.tail(24)[["month", "new", "resurrected", "churned"]]
    return charts.growth(frame, title=title, subtitle=subtitle, language=say, caption=caption)


def revenue_weeks(weeks: Sequence[Week], expected: pd.DataFrame, run: Run) -> Figure | Missing:
    """Revenue by week with the country's holidays marked, and what the year before lets expect.

    `expected`: of :func:`helpers.metrics.season.expected_weeks` for all revenue.
    """
    say = run.say
    if len(weeks) < 8:
        return not_measured(say.text("Revenue by week"), say.text("letting eight full weeks of orders pass."), say)
    frame = pd.DataFrame({"week": [w.monday for w in weeks], "value": [w.net_revenue for w in weeks]})
    recent, before = frame["value"].tail(8).mean(), frame["value"].iloc[-16:-8].mean() if len(frame) >= 16 else None
    if before:
        change = recent / before - 1
        title = say.text(
            "The last 8 weeks brought {percent} more than the 8 before"
            if change >= 0
            else "The last 8 weeks brought {percent} less than the 8 before",
            percent=say.percent(abs(change)),
        )
    else:
        title = say.text("{money} a week in the last 8 weeks", money=run.money(recent))
    if expected["expected"].notna().any():
        frame["forecast"] = frame["week"].map(expected.set_index("week")["expected"])
    events = holidays(run, weeks[0].monday)
    subtitle = say.text(
        "Revenue per week, all orders, known and anonymous; {start} – {end}", start=weeks[0].monday, end=run.as_of
    )
    if "forecast" in frame:
        caption = say.text(
            "The dashed line is what the same weeks around the holidays brought a year before, at this year's level."
        )
    else:
        caption = (
            say.text("Compare a week with the same holiday a year earlier, not with the week before.") if events else ""
        )
    return charts.weeks(frame, events, title=title, subtitle=subtitle, language=say, wording=run.money, caption=caption)


def leaks(found: Sequence[Leak], run: Run) -> Finding:
    """The leaks in money, largest first."""
    say = run.say
    if not found:
        return Finding(
            say.text("No leak can be sized from this file yet"),
            say.text("It needs customers with several orders each."),
            level=2,
        )
    worst = found[0]
    headline = say.text(
        "{money} a month: {leak}", money=run.money(worst.monthly), leak=say.text(LEAKS[worst.leak]).lower()
    )
    body = say.text(
        "The largest leak concerns {customers} and is {range} a month. The leaks overlap in places, so they are not added up.",
        customers=people(worst.customers, say), range=between_money(worst.low, worst.high, run),
    )  # fmt: skip
    return Finding(headline, body)


def leaks_chart(found: Sequence[Leak], run: Run) -> Figure | Missing:
    """Leaks as bars with their ranges."""
    say = run.say
    if not found:
        return not_yet(say.text("Leaks in money"), run)
    items = [
        (say.text(LEAKS[leak.leak]), leak.monthly, leak.low, leak.high, people(leak.customers, say))
        for leak in found[:3]
    ]
    title = say.text("Where money leaves every month")
    subtitle = say.text(
        "Revenue per month at stake, {currency}; the thin line is the range", currency=run.business.currency
    )
    caption = say.text("Each leak is sized from your own customers, not from other firms' averages.")
    return charts.bars(items, title=title, subtitle=subtitle, wording=run.money, language=say, caption=caption)


def leaks_details(found: Sequence[Leak], run: Run) -> Details:
    """How each leak is sized."""
    say = run.say
    texts = {
        "ended_contracts": say.text(
            "Monthly fees of the memberships that ended in a month, on average over the last months that can be judged."
        ),
        "silent_regulars": say.text(
            "What regulars who are later than usual spent per month in the last year, each weighted by the chance of not coming back within 90 days."
        ),
        "declining": say.text(
            "What regulars spend less than before in the last 8 weeks, after taking out how those who still come moved in the same weeks, holidays included."
        ),
        "first_timers": say.text(
            "If every quarter's first-time buyers came back as often as in your best quarter: an upper yardstick, not a forecast."
        ),
        "late_deliveries": say.text(
            "Difference in return between late and on-time first deliveries; it describes and does not prove the cause."
        ),
    }
    facts = tuple((say.text(LEAKS[leak.leak]), texts[leak.leak]) for leak in found)
    return Details(say.text("How this is counted"), facts)


def headline_facts(**results: Any) -> dict[str, Any]:
    """The results the first page needs, keyed as `metrics.json` documents them."""
    rates: Sequence[RepeatRate] = results.pop("repeat_rate")
    repeat = {
        str(r.horizon_days): (
            {"value": r.rate.value, "low": r.rate.low, "high": r.rate.high, "n": r.rate.n, "same_day": r.same_day}
            if isinstance(r.rate, Rate)
            else {"value": None, "low": None, "high": None, "n": r.rate.have, "same_day": r.same_day}
        )
        for r in rates
    }
    return {"repeat_rate": repeat, **results}
