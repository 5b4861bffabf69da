"""What a notebook cell ends with: small frozen pieces of the report, worded and formatted already.

In a notebook each shows itself; in the client's file the same output stands in the chapter. Templates escape
everything, so a customer called ``<script>`` stays a name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from helpers.language import SOURCE, Language
from helpers.resources import package_file

ROWS_SHOWN = 7
"""Rows of a table on the page; the rest belongs in a list."""
_ENGLISH = Language(SOURCE)

Bundle = tuple[dict[str, Any], dict[str, Any]]


@cache
def templates() -> Environment:
    """The Jinja environment of the report floor: everything escaped, an unknown name is an error."""
    loader = FileSystemLoader(package_file("report", "templates"))
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["paragraphs"] = paragraphs
    return environment


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text: what blank lines separate."""
    return [part.strip() for part in text.split("\n\n") if part.strip()]


class Piece(ABC):
    """Something a cell can end with: knows itself as HTML and as plain text."""

    template: ClassVar[str]

    def html(self) -> Markup:
        """This piece as a fragment of HTML."""
        return Markup(templates().get_template(f"pieces/{self.template}.html.j2").render(piece=self))  # noqa: S704 – autoescaped

    @abstractmethod
    def plain(self) -> str:
        """This piece as text, for a terminal and for who reads the notebook's JSON."""

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> Bundle:
        """Jupyter's question for every form at once (`include` and `exclude` are advice; both are ignored)."""
        return {"text/html": str(self.html()), "text/plain": self.plain()}, {}


@dataclass(frozen=True)
class Finding(Piece):
    """Opens a section with what was found.

    Attributes:
        headline: one sentence with people or money in it. body: what it means; blank lines part paragraphs.
        level: heading level in the notebook, 2–5 (the report, where the client's name is the only first level, sets it
            one lower).
        anchor: name for links to it. leads: whether a chapter may open with it; not when it says how to count, not what.
    """

    headline: str
    body: str = ""
    level: int = 2
    anchor: str = ""
    leads: bool = True
    template: ClassVar[str] = "finding"

    def __post_init__(self) -> None:
        if not 2 <= self.level <= 5:
            raise ValueError(f"level: 2–5, got {self.level}")

    def plain(self) -> str:
        """Headline and body."""
        return "\n\n".join((self.headline, *paragraphs(self.body)))


@dataclass(frozen=True)
class Note(Piece):
    """A short labelled paragraph, such as *What it means in money* or *How sure we are*."""

    label: str
    text: str
    template: ClassVar[str] = "note"

    def plain(self) -> str:
        """Label and text."""
        return f"{self.label}: {self.text}"


@dataclass(frozen=True)
class Figure(Piece):
    """A chart.

    Attributes:
        svg: one clean ``<svg>`` element (:func:`helpers.report.style.to_figure` makes it). alt: the finding it shows.
        caption: how to read it.
    """

    svg: str
    alt: str
    caption: str = ""
    template: ClassVar[str] = "figure"

    def plain(self) -> str:
        """What the chart says."""
        return f"[{self.alt}]" + (f" {self.caption}" if self.caption else "")

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> Bundle:
        """The drawing, with alt text and caption beside it as metadata."""
        return (
            {"image/svg+xml": self.svg, "text/plain": self.plain()},
            {"image/svg+xml": {"alt": self.alt, "caption": self.caption}},
        )


class Column(NamedTuple):
    """Heading of a table's column; figures stand to the right."""

    label: str
    align: Literal["left", "right"] = "right"


@dataclass(frozen=True)
class TableView(Piece):
    """A small table of ready-made cells; the first column names each row.

    Attributes:
        columns, rows: cells are strings, one per column. caption: what the table shows.
        more: where the rows are that do not fit; when empty the table says how many are missing.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    more: str = ""
    language: Language = field(default=_ENGLISH, repr=False)
    template: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells, the table {len(self.columns)} columns")

    @property
    def shown(self) -> tuple[tuple[str, ...], ...]:
        """The rows on the page."""
        return self.rows[:ROWS_SHOWN]

    @property
    def rest(self) -> str:
        """Said under the table about the rows not on the page."""
        hidden = len(self.rows) - ROWS_SHOWN
        if self.more or hidden <= 0:
            return self.more
        return self.language.plural("{n} more row is not shown here.", "{n} more rows are not shown here.", hidden)

    def plain(self) -> str:
        """Caption, then one line per row."""
        lines = (
            self.caption,
            " | ".join(column.label for column in self.columns),
            *(" | ".join(row) for row in self.shown),
        )
        return "\n".join((*lines, self.rest) if self.rest else lines)


@dataclass(frozen=True)
class Details(Piece):
    """What a reader may open: definition, n, interval, method, source table.

    Attributes:
        title: the line that opens it. facts: (term, text) pairs. body: further paragraphs. table: second-rank figures.
        more: (text, address) pairs to read on, such as the definition in the appendix.
    """

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    body: str = ""
    table: TableView | None = None
    more: tuple[tuple[str, str], ...] = ()
    template: ClassVar[str] = "details"

    def plain(self) -> str:
        """Title, table, facts and body."""
        table = () if self.table is None else (self.table.plain(),)
        facts = (f"{term}: {text}" for term, text in self.facts)
        return "\n".join((self.title, *table, *facts, *paragraphs(self.body)))


@dataclass(frozen=True)
class Missing(Piece):
    """Said instead of an empty chart: what is not known yet, and the least effort that starts recording it.

    Attributes:
        what: the thing, as a noun phrase. how: completes “Start by …”, with its full stop.
    """

    what: str
    how: str
    language: Language = field(default=_ENGLISH, repr=False)
    template: ClassVar[str] = "missing"

    @property
    def sentence(self) -> str:
        """What to begin with."""
        return self.language.text("Start by {how}", how=self.how)

    def plain(self) -> str:
        """One line."""
        return f"{self.what}: {self.language.text('Not measured yet')}. {self.sentence}"


class KeyNumber(NamedTuple):
    """One number an owner remembers: `value` large, `label` what it is, `note` how sure or compared with what."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class KeyNumbers(Piece):
    """Two to four numbers side by side."""

    items: tuple[KeyNumber, ...]
    template: ClassVar[str] = "key_numbers"

    def plain(self) -> str:
        """One line per number."""
        return "\n".join(" – ".join(part for part in item if part) for item in self.items)


class Action(NamedTuple):
    """Something to do, who does it, by when, and the step that takes ten minutes."""

    what: str
    owner: str
    when: str
    first_step: str = ""


@dataclass(frozen=True)
class Actions(Piece):
    """What to do, in order."""

    items: tuple[Action, ...]
    language: Language = field(default=_ENGLISH, repr=False)
    template: ClassVar[str] = "actions"

    def plain(self) -> str:
        """One numbered line per action."""
        lines = (" · ".join(part for part in item if part) for item in self.items)
        return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


class Guess(NamedTuple):
    """What the owner guessed and what the data say; an empty guess means nobody asked."""

    question: str
    guess: str
    fact: str
    remark: str = ""


@dataclass(frozen=True)
class Compare(Piece):
    """Guess beside fact."""

    items: tuple[Guess, ...]
    language: Language = field(default=_ENGLISH, repr=False)
    template: ClassVar[str] = "compare"

    def plain(self) -> str:
        """One line per question."""
        guessed, data = self.language.text("You guessed"), self.language.text("Your data")
        not_asked = self.language.text("not asked")
        return "\n".join(
            f"{question} {guessed}: {guess or not_asked}. {data}: {fact}." + (f" {remark}" if remark else "")
            for question, guess, fact, remark in self.items
        )
