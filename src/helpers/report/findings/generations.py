"""Lenses three to five of the customer-base audit in words: one cohort over time, cohorts compared, the whole base."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.errors import key
from helpers.metrics.lenses import OneCohort, SecondPurchase, WholeBase
from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.report import charts
from helpers.report.findings.common import (
    between,
    capital,
    definition,
    from_silence,
    not_measured,
    not_yet,
    points,
    too_few,
)
from helpers.report.pieces import Column, Details, Figure, Finding, Missing, TableView
from helpers.run import Run

LAYERS = 6
"""Most layers of the stack; beyond, cohorts are put together by half-year, then by year."""


def _named(day: date, step: int, run: Run) -> str:
    """A month or quarter by name."""
    if step == 1:
        return run.say.month(day)
    return run.say.text("Q{quarter}/{year}", quarter=(day.month + 2) // 3, year=str(day.year))


def one_cohort(found: OneCohort | NotEnough, run: Run) -> Finding:
    """Lens 3: what became of the customers of one period?"""
    say = run.say
    if isinstance(found, NotEnough) or isinstance(found.still, NotEnough):
        few = found if isinstance(found, NotEnough) else NotEnough(0, 1)
        return too_few(few, say.text("what becomes of a group of new customers"), say)
    since = int(found.periods["since"].iloc[-1])
    headline = say.text(
        "Of {n} customers who came first in {period}, {count} still bought {since} quarters later"
        if found.step == 3
        else "Of {n} customers who came first in {period}, {count} still bought {since} months later",
        n=found.customers, period=_named(found.cohort, found.step, run), count=found.still.k, since=since,
    )  # fmt: skip
    first, last = found.factors(int(found.periods["since"].iloc[0])), found.factors(since)
    body = say.text(
        "That is {percent} ({range}). ",
        percent=say.percent(found.still.value), range=between(found.still.low, found.still.high, say),
    )  # fmt: skip
    if last.active:
        body += say.text(
            "Those who stay order {now} times in a period, at first it was {then}; each order is worth {money}.",
            now=say.number(last.orders_per_active, 1), then=say.number(first.orders_per_active, 1),
            money=run.money(last.revenue_per_order),
        )  # fmt: skip
    return Finding(headline, body.strip(), level=3)


def one_cohort_details(found: OneCohort | NotEnough, run: Run) -> Details | Missing:
    """The cohort period by period."""
    say = run.say
    title = say.text("The same customers, period by period")
    if isinstance(found, NotEnough):
        return not_yet(title, run)
    columns = (
        Column(say.text("Period"), "left"),
        Column(say.text("still buying")),
        Column(say.text("orders each")),
        Column(say.text("per order")),
        Column(say.text("revenue")),
    )
    rows = tuple(
        (
            _named(row["period"], found.step, run),
            say.percent(f.active_share),
            say.number(f.orders_per_active, 1),
            run.money(f.revenue_per_order),
            run.money(f.revenue),
        )
        for row in found.periods.tail(7).to_dict("records")
        for f in (found.factors(int(row["since"])),)
    )
    table = TableView(columns, rows, title, language=say)
    return definition({}, say, pages=("one-cohort",), table=table)


@from_silence
def newer_against_older(found: SecondPurchase, run: Run) -> Finding:
    """Lens 4: do newer customers come back as older ones did?"""
    say, change = run.say, found.change
    if change is None:
        return too_few(
            NotEnough(len(found.readable), 2, key("groups")), say.text("whether newer customers are more loyal"), say
        )
    newest, share = found.readable[-1]
    if change.low > 0:
        headline = say.text("Newer customers come back more often than older ones did")
    elif change.high < 0:
        headline = say.text("Newer customers come back less often than older ones did")
    else:
        headline = say.text("Newer customers come back about as often as older ones did")
    body = say.text(
        "Of {n} who came first in {period}, {percent} had a second order within {days} days. Against all groups before, that is {points} points (most likely between {low} and {high}).",
        n=newest.customers, period=_cohort(found, newest.cohort, run),
        percent=say.percent(share.value), days=found.days, points=points(change.value, run), low=points(change.low, run),
        high=points(change.high, run),
    )  # fmt: skip
    return Finding(headline, body, level=3)


def _cohort(found: SecondPurchase, day: date, run: Run) -> str:
    """A cohort by name: a quarter when all of them begin quarters."""
    return _named(day, 3 if all(c.cohort.month % 3 == 1 for c in found.cohorts) else 1, run)


@from_silence
def newer_against_older_chart(found: SecondPurchase, run: Run) -> Figure | Missing:
    """Second orders by cohort."""
    say = run.say
    items = [(_cohort(found, c.cohort, run), r.value, r.low, r.high, r.n) for c, r in found.readable[-8:]]
    if len(items) < 2:
        return not_yet(say.text("Second orders, group by group"), run)
    low, high = min(items, key=lambda item: item[1]), max(items, key=lambda item: item[1])
    if low[3] < high[2]:
        title = capital(
            say.text("{period} stands out: only {percent} came back", period=low[0], percent=say.percent(low[1]))
        )
    else:
        title = say.text("From group to group the differences are within chance")
    subtitle = say.text(
        "Share with a second order within {days} days, by when they came first; only groups followed that long",
        days=found.days,
    )
    return charts.rates(items, title=title, subtitle=subtitle, language=say)


@from_silence
def newer_against_older_details(found: SecondPurchase, run: Run) -> Details:
    """Second orders by days since the first, cohort by cohort."""
    say = run.say
    days = sorted({day for c in found.cohorts for day in c.by_day})
    columns = (
        Column(say.text("Came first in"), "left"),
        Column(say.text("customers")),
        *(Column(say.text("{days} days", days=day)) for day in days),
    )
    rows = tuple(
        (_cohort(found, c.cohort, run), say.number(c.customers), *(_reading(c.by_day.get(day), run) for day in days))
        for c in found.cohorts[-7:]
    )
    title = say.text("Second orders, group by group")
    fact = say.text("a share is shown once the youngest of the group has been followed that long.")
    table = TableView(columns, rows, title, language=say)
    return definition({say.text("Counted"): fact}, say, pages=("second-purchase",), table=table)


def _reading(found: Rate | NotEnough | None, run: Run) -> str:
    return run.say.percent(found.value) if isinstance(found, Rate) else "–"


def whole_base(found: WholeBase, run: Run) -> Finding:
    """Lens 5: which generations does revenue stand on?"""
    say, fresh = run.say, found.from_new
    if fresh is None or len(found.layers) < 2:
        return too_few(NotEnough(len(found.layers), 2, "months"), say.text("which customers revenue stands on"), say)
    last = found.layers.index[-1]
    text = say.text(
        "In {period} customers from earlier periods brought {percent} of the money",
        period=_named(last, found.step, run), percent=say.percent(1 - fresh),
    )  # fmt: skip
    body = say.text(
        "The rest, {percent}, came from customers whose first order fell into the same period. Where the old layers thin out quickly, next year's revenue has to be bought again.",
        percent=say.percent(fresh),
    )  # fmt: skip
    return Finding(capital(text), body, level=3)


def whole_base_chart(found: WholeBase, run: Run) -> Figure | Missing:
    """Revenue layered by when its customers came."""
    say = run.say
    if len(found.layers) < 3:
        return not_measured(
            say.text("Revenue by when its customers came"), say.text("letting three full months pass."), say
        )
    layers = _layers(found.layers, found.step, run)
    last, last_period = found.layers.iloc[-1], found.layers.index[-1]
    oldest = float(layers.iloc[-1].iloc[0])
    total = float(last.sum())
    title = say.text(
        "Customers who came in {layer} still bring {percent} of the money",
        layer=layers.columns[0], percent=say.percent(max(0.0, oldest) / total if total > 0 else 0.0),
    )  # fmt: skip
    subtitle = say.text(
        "Revenue of known customers per quarter, layered by when they came first; {start} – {end}"
        if found.step == 3
        else "Revenue of known customers per month, layered by when they came first; {start} – {end}",
        start=_named(found.layers.index[0], found.step, run), end=_named(last_period, found.step, run),
    )  # fmt: skip
    caption = say.text("A layer that keeps its thickness is a group of customers that stays.")
    return charts.stack(layers, title=title, subtitle=subtitle, language=say, wording=run.money, caption=caption)


def whole_base_details(found: WholeBase, run: Run) -> Details:
    """The identity over the whole base, period by period."""
    say = run.say
    columns = (
        Column(say.text("Period"), "left"),
        Column(say.text("customers known")),
        Column(say.text("bought")),
        Column(say.text("orders each")),
        Column(say.text("per order")),
        Column(say.text("revenue")),
    )
    rows = tuple(
        (
            _named(period, found.step, run),
            say.number(f.customers),
            say.percent(f.active_share),
            say.number(f.orders_per_active, 1),
            run.money(f.revenue_per_order),
            run.money(f.revenue),
        )
        for period, f in list(zip(found.layers.index, found.factors, strict=True))[-7:]
    )
    title = say.text("Customers × share who bought × orders each × money per order = revenue")
    return definition({}, say, pages=("whole-base",), table=TableView(columns, rows, title, language=say))


def _layers(revenue: pd.DataFrame, step: int, run: Run) -> pd.DataFrame:
    """Few enough layers to be told apart: the periods themselves, else half-years, else years. Refunds beyond sales are drawn as nothing."""
    days = [pd.Timestamp(column).date() for column in revenue.columns]
    say = run.say
    named = [
        [_named(day, step, run) for day in days],
        [say.text("H1 {year}" if day.month < 7 else "H2 {year}", year=str(day.year)) for day in days],
        [str(day.year) for day in days],
    ]
    names = next((n for n in named if len(set(n)) <= LAYERS), named[-1])
    grouped: pd.DataFrame = revenue.T.groupby(names, sort=False).sum().T
    return grouped.clip(lower=0.0)
