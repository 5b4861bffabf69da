"""On which days and at which hours people may be written to or rung, from the rules of a country and its channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from helpers.playbook.models import WrittenChannel
from helpers.playbook.rules import Country, Hours, Rules

SPARE = 60
"""Days looked at beyond the last one asked for, so that a long holiday at the end still finds its next free day."""


@dataclass(frozen=True)
class OpenDays:
    """The days of a plan on which somebody may be contacted.

    Attributes:
        start: first day of the plan. days: the free days, in order, some of them after the plan's last.
        unknown: ids of moving holidays whose day is not in the rules for a year the plan touches; that year is to be checked by hand.
    """

    start: date
    days: tuple[date, ...]
    unknown: tuple[str, ...] = ()

    def from_day(self, day: date) -> date:
        """The day itself, or the next on which somebody may be contacted."""
        return next(free for free in self.days if free >= day)


def open_days(country: Country | None, start: date, length: int) -> OpenDays:
    """Every day from `start` on that is neither weekend nor a day off, for `length` days and a little longer.

    Args:
        country: its rules; None where the playbook has none, then Saturday and Sunday are free of messages and no holiday is known.
        start: first day of the plan. length: days the plan looks ahead.
    """
    span = [start + timedelta(days=n) for n in range(length + SPARE + 1)]
    years = range(start.year - 1, span[-1].year + 2)
    off = country.days_off(years) if country else frozenset()
    weekend = country.weekend.value if country else (6, 7)
    free = tuple(day for day in span if day not in off and day.isoweekday() not in weekend)
    touched = {day.year for day in span[: length + 1]}
    unknown = tuple(
        holiday.id
        for holiday in (country.holidays if country else ())
        if holiday.day_off and holiday.days and any(not holiday.in_year(year) for year in sorted(touched))
    )
    return OpenDays(start, free, unknown)


def next_monday(day: date) -> date:
    """The first Monday after a day: when a plan made on data up to that day begins."""
    return day + timedelta(days=7 - day.weekday())


def hours_of(channel: str, rules: Rules, country: Country | None) -> Hours | None:
    """When a channel may be used on the recipient's clock: the law's hours within ours; None where people meet face to face."""
    rule = rules.channels.channels.get(cast(WrittenChannel, channel))
    house = rule.hours if rule else None
    law = country.hours.get(cast(WrittenChannel, channel)) if country else None
    known = [fact.value for fact in (law, house) if fact is not None]
    if not known:
        return None
    return Hours(start=max(h.start for h in known), end=min(h.end for h in known))


def daily_limit(channel: str, country: Country | None) -> int | None:
    """Messages to one person a day that the law of the country allows; None where it sets no limit."""
    fact = country.daily_limits.get(cast(WrittenChannel, channel)) if country else None
    return None if fact is None else fact.value
