"""What `3_segment_plans` says: which customers need what, from whom, first."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.errors import key
from helpers.playbook import Playbook
from helpers.report import charts
from helpers.report.findings.common import not_measured, people
from helpers.report.pieces import Action, Actions, Column, Details, Figure, Finding, Missing, TableView
from helpers.run import Run
from helpers.segments import Rules, SegmentSize

AT_RISK = ("overdue_regular", "declining_call", "declining_watch", "lapsed", "one_time_overdue")
"""Segments in which something can still be saved, most urgent first."""
OWNERS = {"marketing": key("marketing"), "sales": key("sales"), "care": key("customer care")}


def segments(sizes: Sequence[SegmentSize], rules: Rules, run: Run) -> Finding:
    """How many customers can still be kept, and what they spent last year."""
    say = run.say
    if not sizes:
        return Finding(
            say.text("No groups of customers yet: nobody can be recognised"),
            say.text("Start by recording a customer on every order."),
        )
    risky = [s for s in sizes if s.segment in AT_RISK]
    if not risky:
        return Finding(say.text("Nobody who is slipping away can be named yet."))
    count, money = sum(s.customers for s in risky), sum(s.revenue_year for s in risky)
    headline = say.plural(
        "{n} customer who is slipping away spent {money} in the last year",
        "{n} customers who are slipping away spent {money} in the last year", count, money=run.money(money),
    )  # fmt: skip
    first = next((s for name in AT_RISK for s in sizes if s.segment == name), None)
    body = ""
    if first is not None:
        body = say.text(
            "First to call: {customers} in “{segment}” – {means}.",
            customers=people(first.customers, say), segment=rules.title(first.segment, say.code), means=_lower(rules.means(first.segment, say.code)),
        )  # fmt: skip
    return Finding(headline, body)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def segments_chart(sizes: Sequence[SegmentSize], rules: Rules, run: Run) -> Figure | Missing:
    """Segments by what they spent in the last year."""
    say = run.say
    shown = sorted((s for s in sizes if s.revenue_year > 0), key=lambda s: -s.revenue_year)[:8]
    if not shown:
        return not_measured(say.text("Groups of customers"), say.text("recording a customer on every order."), say)
    items = [(rules.title(s.segment, say.code), s.revenue_year, None, None, people(s.customers, say)) for s in shown]
    title = say.text(
        "“{segment}” brought most in the last year: {money}",
        segment=rules.title(shown[0].segment, say.code),
        money=run.money(shown[0].revenue_year),
    )
    subtitle = say.text("Revenue of the last 365 days by group, {currency}", currency=run.business.currency)
    return charts.bars(items, title=title, subtitle=subtitle, wording=run.money, language=say, tone="now")


def what_to_do(sizes: Sequence[SegmentSize], rules: Rules, book: Playbook, run: Run) -> TableView:
    """Per segment: how many, who looks after it, and the play to begin with."""
    say = run.say
    columns = (
        Column(say.text("Group"), "left"),
        Column(say.text("customers")),
        Column(say.text("first play"), "left"),
        Column(say.text("who"), "left"),
    )
    by_name = {s.segment: s for s in sizes}
    order = [s for s in (*AT_RISK, *rules.ids) if s in by_name]
    rows = []
    for name in dict.fromkeys(order):
        play = next(iter(book.plays_for(name)), None)
        if play is not None:
            rows.append(
                (
                    rules.title(name, say.code),
                    say.number(by_name[name].customers),
                    play.title[say.code],
                    say.text(OWNERS[play.owner]),
                )
            )
    return TableView(columns, tuple(rows), say.text("What each group needs"), language=say)


def first_steps(sizes: Sequence[SegmentSize], rules: Rules, book: Playbook, run: Run) -> Actions:
    """The first step of the three most urgent segments, doable on Monday."""
    say = run.say
    steps: list[Action] = []
    by_name = {s.segment: s for s in sizes}
    for name in AT_RISK:
        play = next(iter(book.plays_for(name)), None)
        if name in by_name and play is not None and len(steps) < 3:
            what = say.text("{play}: {customers} in “{segment}”", play=play.title[say.code],
                            customers=people(by_name[name].customers, say), segment=rules.title(name, say.code))  # fmt: skip
            steps.append(Action(what, say.text(OWNERS[play.owner]), say.text("next Monday"), play.first_step[say.code]))
    return Actions(tuple(steps), language=say)


def call_list(written: int, name: str, run: Run) -> Finding:
    """That a list was written, how long it is and where."""
    say = run.say
    if not written:
        return Finding(
            say.text("Nobody to call this week"),
            say.text("Nobody is late against their own rhythm, or nobody may be contacted."),
            level=3,
        )
    headline = say.plural("{n} customer to call this week", "{n} customers to call this week", written)
    body = say.text(
        "The list is in lists/{file}.csv: who, since when they have been silent, what they last bought, ranked by what they usually "
        "spend. It holds personal data and is not part of this report.", file=name,
    )  # fmt: skip
    return Finding(headline, body, level=3)


def rules_table(rules: Rules, run: Run) -> Details:
    """What being in each group means."""
    facts = tuple((rules.title(r.id, run.say.code), rules.means(r.id, run.say.code)) for r in rules.rows)
    return Details(
        run.say.text("What the groups mean"), facts, run.say.text("Read from top to bottom; the first that fits wins.")
    )
