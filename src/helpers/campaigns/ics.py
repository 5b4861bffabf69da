"""A calendar file that every calendar program opens (RFC 5545): only what a list of appointments needs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LINE = 75
"""Octets of one line; longer ones are folded (RFC 5545, 3.1)."""


@dataclass(frozen=True)
class Event:
    """One appointment.

    Attributes:
        day: on which it is. start, end: local time, both empty for a whole day. title, text: what it says. category: whose it is.
    """

    day: date
    start: str
    end: str
    title: str
    text: str
    category: str


def calendar(events: Sequence[Event], *, name: str, zone: str, made_on: date) -> str:
    """The text of a calendar file; the same events give the same text.

    Times are written in UTC, so that no definition of a time zone has to travel with them.

    Args:
        name: of the calendar. zone: IANA time zone of the appointments' times. made_on: day the plan was made on.
    """
    stamp = datetime.combine(made_on, time(), tzinfo=UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Retention Playbook//Plan//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{escape(name)}",
    ]
    for number, event in enumerate(events):
        told = f"{number}|{event.day}|{event.title}|{event.category}"
        mark = hashlib.sha256(told.encode()).hexdigest()[:24]
        lines += [
            "BEGIN:VEVENT", f"UID:{mark}@retention-playbook", f"DTSTAMP:{stamp}", *_times(event, ZoneInfo(zone)),
            f"SUMMARY:{escape(event.title)}", f"DESCRIPTION:{escape(event.text)}", f"CATEGORIES:{escape(event.category)}",
            "TRANSP:TRANSPARENT", "END:VEVENT",
        ]  # fmt: skip
    return "\r\n".join(fold(line) for line in [*lines, "END:VCALENDAR"]) + "\r\n"


def _times(event: Event, zone: ZoneInfo) -> list[str]:
    if not event.start:
        return [f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}", f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}"]
    moments = [
        datetime.combine(event.day, time.fromisoformat(clock), tzinfo=zone).astimezone(UTC)
        for clock in (event.start, event.end)
    ]
    return [f"{name}:{moment:%Y%m%dT%H%M%SZ}" for name, moment in zip(("DTSTART", "DTEND"), moments, strict=True)]


def escape(text: str) -> str:
    """Text as a value of a calendar file (RFC 5545, 3.3.11)."""
    plain = "".join(letter for letter in text.replace("\r\n", "\n") if letter == "\n" or ord(letter) >= 32)
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> str:
    """A line broken before it has more than :data:`LINE` octets, never inside a letter."""
    parts, current, size = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LINE:
            parts.append(current)
            current, size = " ", 1
        current, size = current + letter, size + octets
    return "\r\n".join([*parts, current])
