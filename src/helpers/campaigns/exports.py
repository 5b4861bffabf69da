"""The calendar and the contacts as files: CSV and iCalendar for staff, one upload per channel in the form it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.campaigns.days import hours_of
from helpers.campaigns.ics import Event
from helpers.campaigns.messages import sms_parts, upload_phone
from helpers.campaigns.schedule import FACE_TO_FACE, Schedule, Setting
from helpers.errors import key
from helpers.playbook.rules import Upload
from helpers.segments import Rules

Write = Callable[[str, ir.Table], Path]
OWNERS = {"marketing": key("marketing"), "sales": key("sales"), "care": key("customer care")}
WORDS = {FACE_TO_FACE: key("face to face")}


@dataclass(frozen=True)
class Entry:
    """One line of the calendar, worded: a day, who does what for how many, on which channel, within which hours.

    Attributes:
        start, end: permitted hours on the customer's clock, empty where people meet face to face. file: the list it is sent from.
    """

    day: date
    owner: str
    what: str
    group: str
    channel: str
    customers: int
    start: str
    end: str
    file: str
    owner_id: str
    channel_id: str
    message: str | None


def entries(
    counted: Sequence[Mapping[str, Any]], setting: Setting, rules: Rules, names: Mapping[tuple[str, str], str]
) -> tuple[Entry, ...]:
    """The rows of :func:`helpers.campaigns.schedule.counts`, worded.

    Args:
        counted: the rows. names: (channel, message) → file of the upload.
    """
    say, book = setting.say, setting.book
    steps = {(s.play, step.id): step for s in book.rules.sequences.sequences for step in s.steps}
    found = []
    for row in counted:
        step = steps.get((row["play"], row["step"]))
        channel = row["channel"]
        hours = hours_of(channel, book.rules, setting.country)
        found.append(
            Entry(
                row["day"], say.text(OWNERS[row["owner"]]), (step.title if step else book.plays[row["play"]].title)[say.code],
                rules.title(row["segment"], say.code), _channel(channel, setting), int(row["customers"]),
                hours.start if hours else "", hours.end if hours else "", names.get((channel, row["message"] or ""), ""),
                row["owner"], channel, row["message"],
            )
        )  # fmt: skip
    return tuple(found)


def _channel(channel: str, setting: Setting) -> str:
    if channel in WORDS:
        return setting.say.text(WORDS[channel])
    return setting.book.rules.channels.channels[channel].title[setting.say.code]  # type: ignore[index]


def calendar_table(found: Sequence[Entry], setting: Setting) -> ir.Table:
    """The calendar as a table for a spreadsheet; no names in it."""
    say = setting.say
    columns: dict[str, list[Any]] = {
        say.text("day"): [e.day for e in found],
        say.text("from what time"): [e.start for e in found],
        say.text("until what time"): [e.end for e in found],
        say.text("who"): [e.owner for e in found],
        say.text("What"): [e.what for e in found],
        say.text("group"): [e.group for e in found],
        say.text("contact channel"): [e.channel for e in found],
        say.text("customers"): [e.customers for e in found],
        say.text("file"): [e.file for e in found],
    }
    kinds = ["date", "string", "string", "string", "string", "string", "string", "int64", "string"]
    return ibis.memtable(columns, schema=ibis.schema(dict(zip(columns, kinds, strict=True))))


def upload_tables(found: Schedule, setting: Setting, *, until: date) -> dict[tuple[str, str], tuple[ir.Table, int]]:
    """(channel, message) → what is uploaded or rung, and its rows, for the contacts before `until`.

    Later contacts are in the calendar only: by then the plan is made anew, on that day's consents.
    """
    made = found.contacts.filter(
        found.contacts.aside.isnull() & found.contacts.text.notnull() & (found.contacts.day < ibis.literal(until))
    )
    sizes = (
        made.group_by(["channel", "message"])
        .agg(n=made.count())
        .order_by(["channel", "message"])
        .to_pyarrow()
        .to_pylist()
    )
    return {
        (row["channel"], row["message"]): (
            _columns(made.filter(made.message == row["message"]), row["channel"], setting),
            int(row["n"]),
        )
        for row in sizes
    }


def _upload(channel: str, setting: Setting) -> Upload | None:
    rule = setting.book.rules.channels.channels[channel]  # type: ignore[index]
    return rule.upload.value if rule.upload else None


def _columns(contacts: ir.Table, channel: str, setting: Setting) -> ir.Table:
    """The columns a channel's upload takes, with headings in the staff's language; earliest day first."""
    say, upload = setting.say, _upload(channel, setting)
    table = contacts.order_by([contacts.day, contacts.customer_id])
    day_first = "%d/%m/%Y" if upload is None or upload.date_format == "dd/mm/yyyy" else "%Y-%m-%d"
    day = table.day.strftime(day_first)
    phone = upload_phone(table.phone, upload, setting.country) if upload else table.phone
    if channel == "email":
        cells = {
            say.text("e-mail"): table.email,
            say.text("name"): table.name,
            say.text("subject"): table.subject,
            say.text("text"): table.text,
        }
    elif channel == "sms":
        cells = {say.text("phone"): phone, say.text("text"): table.text, say.text("SMS parts"): sms_parts(table.text)}
    elif channel == "phone":
        cells = {
            say.text("customer code"): table.customer_id,
            say.text("name"): table.name,
            say.text("phone"): phone,
            say.text("what to say"): table.text,
        }
    else:
        cells = {say.text("phone"): phone, say.text("name"): table.name, say.text("text"): table.text}
    return table.select(**{say.text("day"): day}, **cells)


def write_uploads(
    tables: Mapping[tuple[str, str], tuple[ir.Table, int]], setting: Setting, write: Write
) -> dict[tuple[str, str], str]:
    """Write every upload, split where the channel takes fewer rows.

    Args:
        write: puts a table into ``lists/<name>.csv`` and returns the path.

    Returns:
        (channel, message) → name of the file, or of the first of several.
    """
    written = {}
    for (channel, message), (table, rows) in tables.items():
        upload = _upload(channel, setting)
        most = upload.max_rows if upload else rows
        parts = -(-rows // most) if rows else 0
        name = f"send-{channel}-{message.removesuffix(f'.{channel}').replace(f'.{channel}.', '-').replace('.', '-')}"
        paths = [
            write(name if parts == 1 else f"{name}-{part + 1}", table.limit(most, offset=part * most))
            for part in range(parts)
        ]
        if paths:
            written[channel, message] = f"lists/{paths[0].name}"
    return written


def first_week(found: Sequence[Entry], start: date) -> tuple[Entry, ...]:
    """The entries of the plan's first seven days."""
    return tuple(e for e in found if e.day < start + timedelta(days=7))


def events(found: Sequence[Entry], setting: Setting) -> tuple[Event, ...]:
    """The calendar as appointments: one per day, owner, thing to do and channel, over the hours in which it may be done."""
    say, together = setting.say, dict[tuple[Any, ...], int]()
    for e in found:
        key_ = (e.day, e.owner, e.what, e.channel, e.start, e.end, e.file)
        together[key_] = together.get(key_, 0) + e.customers
    made = []
    for (day, owner, what, channel, start, end, file), customers in together.items():
        title = say.plural("{what}: {n} customer", "{what}: {n} customers", customers, what=what)
        told = [f"{say.text('who')}: {owner}", f"{say.text('contact channel')}: {channel}"]
        told += [say.text("only from {start} to {end}", start=start, end=end)] if start else []
        told += [f"{say.text('file')}: {file}"] if file else []
        made.append(Event(day, start, end, title, "\n".join(told), owner))
    return tuple(made)
