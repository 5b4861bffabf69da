"""Rules as data: channels, countries, placeholders and the source articles, each fact with where it comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from helpers.errors import InputError
from helpers.playbook.models import Row, Slug, Strict, Text, WrittenChannel
from helpers.playbook.recording import Recording
from helpers.playbook.sequences import Sequences

T = TypeVar("T")
Confidence = Literal["high", "medium", "low"]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Source(Strict):
    """Where facts come from; `date` is the document's own, or for undated pages the day as of which we state it."""

    title: Text
    date: dt.date


class Fact(Strict, Generic[T]):
    """A value with the id of its source and how sure we are of it."""

    value: T
    source: Slug
    confidence: Confidence
    note: Text | None = None


class Upload(Strict):
    """What a list must look like to be uploaded to the channel."""

    max_rows: Annotated[int, Field(gt=0)]
    phone_formats: tuple[str, ...]
    date_format: str


class Hours(Strict):
    """From–to on the recipient's clock."""

    start: Clock
    end: Clock


class ChannelRule(Strict):
    """How a message may look on one channel, and when it is sent where the country's law does not say.

    Attributes:
        max_characters: longest text, placeholders filled. max_segments: for SMS, parts of one message that are billed.
        max_subject: longest subject line, placeholders filled; a channel without it has no subject line.
        address: per language the forms of which one must address the reader; None where the text speaks to everybody.
        title_allowed: a placeholder such as {title} may stand for the form of address. avoid: words the channel refuses.
        identifying: a placeholder that identifies the reader must be in the text. ad_marker, opt_out: advertising must
            start with the country's marker and end with a way to refuse.
    """

    title: Text
    max_characters: Fact[int]
    max_segments: Fact[int] | None = None
    link_allowed: Fact[bool]
    phone_allowed: Fact[bool]
    identifying: Fact[bool]
    ad_marker: Fact[bool]
    opt_out: Fact[bool]
    hours: Fact[Hours] | None = None
    max_subject: Fact[int] | None = None
    address: Fact[dict[str, tuple[str, ...]]] | None = None
    title_allowed: Fact[bool]
    avoid: Fact[tuple[str, ...]] | None = None
    upload: Fact[Upload] | None = None
    tags: dict[int, Text] | None = None
    frequency: Fact[Text] | None = None


class Channels(Strict):
    """``rules/channels.yml``."""

    disclaimer: Text
    sources: dict[Slug, Source]
    channels: dict[WrittenChannel, ChannelRule]


class Placeholder(Strict):
    """A name that may stand in braces in a message.

    Attributes:
        longest: its longest likely value, in characters. identifies: it names the reader or their order.
        addresses: it is the form of address (anh/chị, Ms).
    """

    meaning: Text
    example: Text
    longest: Annotated[int, Field(gt=0)]
    kind: Literal["text", "link", "phone"] = "text"
    identifies: bool = False
    addresses: bool = False
    filled_from: Literal["customer", "business", "campaign"]


class Placeholders(Strict):
    """``rules/placeholders.yml``."""

    placeholders: dict[str, Placeholder]


class Holiday(Strict):
    """Days that make a week unlike an ordinary one; either listed or the same every year (``MM-DD``).

    Attributes:
        compare_relative: it moves through the calendar, so weeks around it are compared with the weeks around it a year before.
        days_before, days_after: how far such a holiday reaches; needed with `compare_relative`, meaningless without.
        closed_before, closed_after: on how many days around it shops may be closed, beside the day itself.
        day_off: people are off work, so nobody is written to or rung on it and on the days closed around it.
    """

    id: Slug
    title: Text
    source: Slug
    confidence: Confidence
    days: tuple[dt.date, ...] = ()
    every_year: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-([0-2]\d|3[01])$")] | None = None
    compare_relative: bool = False
    days_before: Annotated[int, Field(ge=0, le=60)] = 0
    days_after: Annotated[int, Field(ge=0, le=60)] = 0
    closed_before: Annotated[int, Field(ge=0, le=30)] = 0
    closed_after: Annotated[int, Field(ge=0, le=30)] = 0
    day_off: bool = False

    @model_validator(mode="after")
    def _reach_goes_with_comparison(self) -> Holiday:
        if self.compare_relative != (self.days_before + self.days_after > 0):
            raise ValueError("days_before and days_after belong to compare_relative, and it needs them")
        return self

    @field_validator("days")
    @classmethod
    def _ascending(cls, days: tuple[dt.date, ...]) -> tuple[dt.date, ...]:
        if list(days) != sorted(set(days)):
            raise ValueError("the days must be listed once each, earliest first")
        return days

    def in_year(self, year: int) -> tuple[dt.date, ...]:
        """The days of this holiday in one year; none when the file does not know that year."""
        if self.every_year is not None:
            return (dt.date(year, int(self.every_year[:2]), int(self.every_year[3:])),)
        return tuple(day for day in self.days if day.year == year)

    def closed_in_year(self, year: int) -> tuple[dt.date, ...]:
        """The days around this holiday in one year on which a shop without orders is no surprise."""
        around = range(-self.closed_before, self.closed_after + 1)
        return tuple(day + dt.timedelta(days=n) for day in self.in_year(year) for n in around)


class Duty(Strict):
    """Something the law asks of the sender, in words."""

    id: Slug
    text: Text
    source: Slug
    confidence: Confidence


class Phone(Strict):
    """How telephone numbers are written."""

    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    international_prefix: Annotated[str, Field(pattern=r"^\+\d{1,3}$")]
    trunk_prefix: str
    example: str


class Country(Strict):
    """``rules/countries/<code>.yml``: law, hours, limits, formats and holidays. Not legal advice.

    Attributes:
        consent: per purpose what the law asks for before a message: ``opt_in``; ``soft_opt_in`` (own customers may be
            written to about similar goods as long as they can refuse); ``none``.
        hours, daily_limits: per channel; a channel that is not there has no rule we know of.
        ad_markers: texts one of which must come first in advertising; none where the country has no such rule.
        name_order: where the name stands that people are called by.
        weekend: days of the week (1 Monday … 7 Sunday) on which nobody is written to or rung.
    """

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    title: Text
    disclaimer: Text
    checked_on: dt.date
    sources: dict[Slug, Source]
    phone: Fact[Phone]
    date_format: Fact[str]
    consent: dict[Literal["advertising", "care"], Fact[Literal["opt_in", "soft_opt_in", "none"]]]
    hours: dict[WrittenChannel, Fact[Hours]]
    daily_limits: dict[WrittenChannel, Fact[int]]
    ad_markers: Fact[tuple[str, ...]]
    opt_out: Fact[bool]
    duties: tuple[Duty, ...]
    holidays: tuple[Holiday, ...]
    name_order: Fact[Literal["given_last", "given_first"]]
    weekend: Fact[tuple[Annotated[int, Field(ge=1, le=7)], ...]]

    def closed_days(self, years: Iterable[int]) -> frozenset[dt.date]:
        """Every day of these years on which, because of a holiday, a shop without orders is no surprise."""
        return frozenset(day for year in years for holiday in self.holidays for day in holiday.closed_in_year(year))

    def days_off(self, years: Iterable[int]) -> frozenset[dt.date]:
        """Every day of these years on which people are off work or shops closed for it."""
        off = [holiday for holiday in self.holidays if holiday.day_off]
        return frozenset(day for year in years for holiday in off for day in holiday.closed_in_year(year))


class Article(Strict):
    """One of the source articles and the rows it gave rise to."""

    id: Slug
    title: str
    author: Text
    rows: tuple[Row, ...]


class Work(Strict):
    """A publication (or our own reasoning) that evidence rests on.

    Attributes:
        cite: authors, year, title and place, as printed under a play. year: of publication.
        kind: what sort of knowledge it is; only an experiment or a review of several can speak of cause and effect.
        seen: what our claims were checked against: the text (or data) itself, its abstract, others' summary, or nothing.
        confidence: that the work says what we say it does. limits: what it does not tell a small shop.
    """

    cite: str
    year: Annotated[int, Field(ge=1900, le=2100)]
    kind: Literal["experiment", "review", "study", "survey", "practice", "standard", "claim", "own"]
    seen: Literal["text", "abstract", "summary", "nothing"]
    confidence: Confidence
    limits: Text

    @model_validator(mode="after")
    def _unseen_is_unsure(self) -> Work:
        if self.seen == "nothing" and self.confidence != "low":
            raise ValueError("what was checked against nothing has low confidence")
        return self


class Sources(Strict):
    """``rules/sources.yml``: the articles, every idea S01–S27 in one line of our own, and the works evidence rests on."""

    articles: tuple[Article, ...]
    ideas: dict[Row, Text]
    checked_on: dt.date
    works: dict[Slug, Work]


class Hearsay(Strict):
    """A figure that is passed on: the claim, what is known about it, and where it comes from."""

    id: Slug
    rows: tuple[Row, ...]
    claim: Text
    standing: Text
    source: str


class Folklore(Strict):
    """``rules/folklore.yml``: claims a report shows as hearsay, beside the business's own figure."""

    claims: tuple[Hearsay, ...]


class Rules(Strict):
    """Everything under ``rules/`` that this floor owns."""

    channels: Channels
    placeholders: dict[str, Placeholder]
    countries: dict[str, Country]
    sources: Sources
    recording: Recording
    folklore: Folklore
    sequences: Sequences

    def moving_holidays(self, code: str) -> tuple[Holiday, ...]:
        """Holidays of a country that move through the calendar; none for a country without a file."""
        holidays = self.countries[code].holidays if code in self.countries else ()
        return tuple(h for h in holidays if h.compare_relative and h.days)

    def country(self, code: str) -> Country:
        """The rules of one country.

        Raises:
            InputError: the playbook has no file for it.
        """
        if code not in self.countries:
            file, known = f"rules/countries/{code}.yml", list(self.countries)
            raise InputError(
                "There are no channel rules for the country {code}; add {file} to the playbook, like one of: {known}.",
                code=code, file=file, known=known,
            )  # fmt: skip
        return self.countries[code]
