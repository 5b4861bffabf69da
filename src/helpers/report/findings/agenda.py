"""What `4_campaign_design` says of the calendar: what is done on which day, with which words, and who is not written to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import chain

from helpers.campaigns.desk import Agenda, Desk
from helpers.campaigns.exports import Entry, first_week
from helpers.campaigns.messages import preview
from helpers.campaigns.schedule import FACE_TO_FACE, LENGTH
from helpers.errors import key
from helpers.playbook import load
from helpers.report.findings.common import capital, people
from helpers.report.pieces import Column, Details, Finding, Note, Piece, TableView
from helpers.run import Run

REASONS = {
    "no_channel": key("no channel they agreed to for this message"),
    "channel_closed": key("the law closes this channel"),
    "same_day": key("already hear from us that day"),
    "too_close": key("too soon after another message"),
    "no_name": key("no usable name"),
    "no_product": key("no product known"),
    "no_branch": key("no branch known"),
    "nothing_new": key("nothing new to say to them: add another “tip” to business.yml"),
    "no_value": key("something in the message is unknown for them"),
    "too_long": key("the filled message would be too long"),
    "link": key("a link would stand in the message"),
    "bad_number": key("the number does not fit the channel"),
}
PREVIEWS = 3
"""Messages shown with an invented person."""


def calendar(agenda: Agenda, desk: Desk, run: Run) -> tuple[Piece, ...]:
    """The first week, and where the whole calendar is."""
    say = run.say
    if not agenda.entries:
        why = (
            say.text("No message can be sent yet; which words are missing stands below.")
            if agenda.schedule.messages.unworded
            else say.text("Nobody may be contacted or can be reached, so there is nothing to send.")
        )
        return (Note(say.text("The calendar is empty"), why),)
    week = first_week(agenda.entries, desk.start)
    contacts = sum(e.customers for e in week if e.channel_id != FACE_TO_FACE)
    headline = say.plural(
        "{n} message or call in the week from {start}",
        "{n} messages and calls in the week from {start}",
        contacts,
        start=desk.start,
    )
    body = say.text(
        "The next {days} days stand in lists/calendar.csv and, for the phone, in lists/calendar.ics: the first hundred days of newcomers, "
        "the calendar of care, and the campaigns. Nothing falls on weekends and days off; every line says from when to when it may be sent.",
        days=LENGTH,
    )  # fmt: skip
    pieces: list[Piece] = [Finding(headline, body, level=3), _week(week, run)]
    if agenda.unknown:
        text = say.text(
            "The rules do not know the day of every moving holiday of these years; check those weeks by hand before sending."
        )
        pieces.append(Note(say.text("Check by hand"), text))
    return tuple(pieces)


def _week(week: tuple[Entry, ...], run: Run) -> TableView:
    """The first days by day, thing to do and owner; groups and channels together."""
    say = run.say
    together: Counter[tuple[date, str, str]] = Counter()
    for e in week:
        together[e.day, e.what, e.owner] += e.customers
    columns = (
        Column(capital(say.text("day")), "left"),
        Column(say.text("What"), "left"),
        Column(capital(say.text("who")), "left"),
        Column(say.text("customers")),
    )
    rows = tuple(
        (say.date(day).replace(str(day.year), "").strip(" /-,"), what, owner, say.number(n))
        for (day, what, owner), n in sorted(together.items())
    )
    more = say.text("The rest is in lists/calendar.csv.") if len(rows) > 7 else ""
    return TableView(columns, rows, say.text("The first week"), more, language=say)


def not_sent(agenda: Agenda, run: Run) -> Details:
    """Who is left out of a message, by reason."""
    say = run.say
    facts = tuple((say.text(REASONS[reason]), people(n, say)) for reason, n in agenda.aside.items())
    facts += tuple(_unworded(agenda, run))
    facts += tuple(
        (say.text("message {name} is not used", name=name), say.text("it breaks a rule of its channel"))
        for name in agenda.schedule.messages.faulty
    )
    body = say.text(
        "Customers who refused, never agreed, cannot be reached or have an open complaint are counted above and appear in no file. "
        "A message with anything missing is never sent."
    )
    return Details(say.text("Messages that are not sent, and why"), facts, body)


def _unworded(agenda: Agenda, run: Run) -> Iterator[tuple[str, str]]:
    """Words the business has still to give, the most wanted first: what each is, its name in business.yml, how many messages wait for it."""
    say, meant = run.say, load().rules.placeholders
    for name, n in Counter(chain.from_iterable(agenda.schedule.messages.unworded.values())).most_common():
        yield (
            meant[name].meaning[say.code] if name in meant else name,
            say.plural(
                "“{name}” is missing in business.yml; {n} message waits for it",
                "“{name}” is missing in business.yml; {n} messages wait for it", n, name=name,
            ),
        )  # fmt: skip


def files(agenda: Agenda, run: Run) -> Details | None:
    """The uploads, one per channel and message."""
    say = run.say
    if not agenda.entries:
        return None
    facts = tuple((name, message) for (_, message), name in agenda.uploads.items())
    body = (
        say.text(
            "Each holds the filled messages of the coming weeks in the form its channel takes, with the day to send; "
            "they hold personal data and are for the people who send. Later contacts are listed when the plan is made anew."
        )
        if facts
        else say.text("No message can be sent, so no upload was written.")
    )
    return Details(say.text("Files to upload or to ring from"), facts, body)


def previews(agenda: Agenda, desk: Desk, run: Run) -> Details | None:
    """The messages used most, filled for an invented person."""
    say, book = run.say, desk.book
    if not agenda.entries:
        return None
    used: Counter[str] = Counter()
    for e in agenda.entries:
        if e.message:
            used[e.message] += e.customers
    facts = tuple(
        (
            f"{book.rules.channels.channels[book.messages[name].channel].title[say.code]} · {book.plays[book.messages[name].play].title[say.code]}",
            preview(book.messages[name], book, desk.business, say),
        )
        for name, _ in used.most_common(PREVIEWS)
    )
    body = say.text("Name and purchase are invented; the real ones stand in the files for staff only.")
    return Details(say.text("What customers will read"), facts, body) if facts else None


def rules(desk: Desk, run: Run) -> Details:
    """Hours, limits and consent that the calendar obeys."""
    say, book, country = run.say, desk.book, desk.country
    if country is None:
        body = say.text(
            "The playbook has no rules for this country: weekends are kept free, and holidays and the law are yours to check."
        )
        return Details(say.text("The rules it obeys"), (), body)
    hours = {
        c: say.text("only from {start} to {end}", start=fact.value.start, end=fact.value.end)
        for c, fact in country.hours.items()
    }
    limits = {
        c: say.plural("at most {n} a day to one person", "at most {n} a day to one person", fact.value)
        for c, fact in country.daily_limits.items()
    }
    channels = book.rules.channels.channels
    facts = tuple(
        (channels[c].title[say.code], "; ".join(filter(None, (hours.get(c), limits.get(c)))))
        for c in dict.fromkeys((*hours, *limits))
    )
    return Details(say.text("The rules it obeys"), facts, country.disclaimer[say.code])
