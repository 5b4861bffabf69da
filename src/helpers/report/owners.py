"""One printable page per owner: what they answer for, to whom they hand over, and their days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from helpers.campaigns.desk import Agenda, Desk
from helpers.campaigns.drawing import Written, name_of
from helpers.campaigns.exports import OWNERS
from helpers.campaigns.plan import Proposal
from helpers.report.document import css_string
from helpers.report.findings.common import capital, people
from helpers.report.pieces import Column, Details, Finding, Piece, TableView, templates
from helpers.report.typeface import faces
from helpers.run import Run

ROWS = 18
"""Days on the page: with three tasks it fills one sheet of A4."""
TASKS = 3


@dataclass(frozen=True)
class Task:
    """One campaign somebody answers for."""

    what: str
    first_step: str
    hand_over: str
    kpi: str
    file: str


@dataclass(frozen=True)
class OwnerPage:
    """The page of one owner, worded; `days` are (day, what, channel, hours, customers)."""

    client: str
    period: str
    title: str
    tasks: tuple[Task, ...]
    days: tuple[tuple[str, ...], ...]
    more: str
    rule: str


def page(owner: str, agenda: Agenda, desk: Desk, written: Written) -> OwnerPage:
    """What the page of one owner (marketing, sales or care) says."""
    say = desk.say
    mine = [p for p in desk.proposals if p.owner == owner and p.status == "chosen"]
    tasks = tuple(_task(p, desk, written) for p in mine[:TASKS])
    days: Counter[tuple[str, ...]] = Counter()
    order: dict[tuple[str, ...], int] = {}
    for e in agenda.entries:
        if e.owner_id == owner and e.day < desk.until:
            line = (say.date(e.day), e.what, e.channel.split(" (")[0], f"{e.start}–{e.end}" if e.start else "–")
            days[line] += e.customers
            order.setdefault(line, len(order))
    rows = tuple((*line, say.number(days[line])) for line in sorted(days, key=lambda line: order[line]))
    rest = len(rows) - ROWS
    more = (
        say.plural("{n} more line is in lists/calendar.csv.", "{n} more lines are in lists/calendar.csv.", rest)
        if rest > 0
        else ""
    )
    period = say.text("{start} to {end}", start=desk.start, end=desk.until - timedelta(days=1))
    return OwnerPage(
        desk.business.name, period, say.text("Plan for {owner}", owner=say.text(OWNERS[owner])), tasks, rows[:ROWS], more,
        say.text("The list of those left out is nobody's to ring. Whoever refuses is written down the same day and never asked again."),
    )  # fmt: skip


def _task(p: Proposal, desk: Desk, written: Written) -> Task:
    say, play, name = desk.say, desk.book.plays[p.play], name_of(p)
    count = written[name][0] if name in written else p.treated
    what = say.text(
        "{play}: {customers} in “{segment}”",
        play=play.title[say.code],
        customers=people(count, say),
        segment=desk.rules.title(p.segment, say.code),
    )
    file = f"lists/{name}.csv" if name in written else ("lists/call-this-week.csv" if p.segment in desk.called else "")
    return Task(what, play.first_step[say.code], play.hand_over[say.code], play.kpi[say.code], file)


def html(found: OwnerPage, desk: Desk) -> str:
    """The page as a document of its own, self-contained as the report is."""
    environment = templates()
    body = environment.get_template("owner.html.j2").render(page=found, t=desk.say.text)
    body += "<style>" + environment.get_template("owner.css").render() + "</style>"
    return environment.get_template("report.html.j2").render(
        body=body, colour=desk.business.brand.colour, faces=faces(" ".join((body, "☐"))), language=desk.say,
        running=css_string(found.client), title=f"{found.client} – {found.title}",
    )  # fmt: skip


def write(agenda: Agenda, desk: Desk, written: Written, write_text: Callable[[str, str], Path]) -> tuple[str, ...]:
    """Write the page of every owner who has something to do; returns the files' names."""
    made = []
    for owner in OWNERS:
        found = page(owner, agenda, desk, written)
        if found.tasks or found.days:
            made.append(write_text(f"plan-{owner}.html", html(found, desk)).name)
    return tuple(made)


def who_does_what(agenda: Agenda, desk: Desk, names: tuple[str, ...], run: Run) -> tuple[Piece, ...]:
    """Who does, decides and hears of each campaign, and to whom it is handed over."""
    say, book = run.say, desk.book
    plays = list(dict.fromkeys(p.play for p in desk.proposals if p.status == "chosen"))
    plays += [
        s.play
        for s in book.rules.sequences.sequences
        if any(e.owner_id == book.plays[s.play].owner for e in agenda.entries)
    ]
    plays = list(dict.fromkeys(plays))
    if not plays:
        return (
            Finding(
                say.text("No campaign work to share out yet"), say.text("Who does what follows from the plan."), level=3
            ),
        )
    everybody = [say.text(OWNERS[owner]) for owner in OWNERS]
    rows = tuple(
        (
            book.plays[name].title[say.code], say.text(OWNERS[book.plays[name].owner]), say.text("owner of the business"),
            ", ".join(word for word in everybody if word != say.text(OWNERS[book.plays[name].owner])),
        )
        for name in plays
    )  # fmt: skip
    columns = (
        Column(say.text("What"), "left"),
        Column(say.text("does it"), "left"),
        Column(say.text("decides"), "left"),
        Column(say.text("is told"), "left"),
    )
    facts = tuple((book.plays[name].title[say.code], book.plays[name].hand_over[say.code]) for name in plays)
    listed = (
        say.text("One page for each to print: {files}.", files=[f"lists/{name}" for name in names]) if names else ""
    )
    return (
        TableView(columns, rows, say.text("Who does what"), listed, language=say),
        Details(
            capital(say.text("hand-overs")),
            facts,
            say.text(
                "Marketing, sales and care act as one: every task has one owner, and one sentence says what the next one needs."
            ),
        ),
    )
