"""The one HTML file a client receives: cover, a page to read in two minutes, the chapters, the appendix.

Self-contained and still: no script, no request, a content policy that forbids both. Everything arrives worded.
"""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from nbformat import NotebookNode

from helpers.errors import InputError
from helpers.language import Language
from helpers.report.analyst import Analyst
from helpers.report.chapters import chapters as make_chapters
from helpers.report.chapters import lower_headings, unique_ids
from helpers.report.pieces import Actions, Compare, Figure, KeyNumbers, Missing, Piece, TableView, templates
from helpers.report.tracing import Trace
from helpers.report.typeface import faces

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LOGO = re.compile(r"data:image/(?:png|jpeg|svg\+xml|webp|gif);base64,[A-Za-z0-9+/=]+")
_LOGO_TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".svg": "svg+xml", ".webp": "webp", ".gif": "gif"}
_LOGO_LIMIT = 300_000
_TAG = re.compile(r"<[^>]*>")
_WITHIN_MONEY = re.compile(r"(?<=\d) (?=(?:tr|tỷ) ?[₫€£$¥฿])|(?<=\w) (?=[₫€£$¥฿])")
"""The spaces inside "4,4 tr ₫": a line that ends there tears an amount apart."""


@dataclass(frozen=True)
class Cover:
    """The first thing seen.

    Attributes:
        client: whose report it is. title: what it is, such as "Who comes back, who leaves, what to do on Monday".
        period: the months covered; with the client's name it runs along every printed page.
        data_until: a sentence saying up to which day the data go. facts: further (term, text) pairs.
    """

    client: str
    title: str
    period: str
    data_until: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Grade:
    """How far the data can be trusted: a short mark such as "B", and the one reason for it."""

    mark: str
    reason: str


@dataclass(frozen=True)
class Summary:
    """The page an owner reads in two minutes.

    Attributes:
        headline: the finding of findings. numbers: three of them. leaving, fix, policy: S19's three things, a sentence
            or two each.
        leaks: three leaks as bars (or what is missing to know them). actions: three, with owner and date.
        guesses: guess beside fact (or a word on why there is none). grade: of the data, with its reason.
    """

    headline: str
    numbers: KeyNumbers
    leaving: str
    fix: str
    policy: str
    leaks: Figure | TableView | Missing
    actions: Actions | Missing
    guesses: Compare | Missing
    grade: Grade


@dataclass(frozen=True)
class Claim:
    """A figure people pass on: the claim, what is known about it, and the business's own figure if there is one."""

    claim: str
    standing: str
    own: str = ""


@dataclass(frozen=True)
class Appendix:
    """What the report rests on: pieces on the quality of the data and on method, words, gaps, claims.

    `definitions`: (anchor, term, text).
    """

    quality: tuple[Piece, ...] = ()
    method: tuple[Piece, ...] = ()
    definitions: tuple[tuple[str, str, str], ...] = ()
    not_measured: tuple[Missing, ...] = ()
    claims: tuple[Claim, ...] = ()


def logo(file: Path) -> str:
    """The client's logo as a data address for :func:`render`.

    Raises:
        InputError: there is no such file, it is no picture a browser shows, or it is larger than 300 kB.
    """
    kind = _LOGO_TYPES.get(file.suffix.lower())
    if not file.is_file() or kind is None:
        raise InputError(
            "The logo {file} is missing or no PNG, JPEG, SVG, WebP or GIF; correct brand.logo in business.yml.",
            file=file.name,
        )
    data = file.read_bytes()
    if len(data) > _LOGO_LIMIT:
        raise InputError("The logo {file} is larger than 300 kB; save a smaller picture and run again.", file=file.name)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def render(
    chapters: Sequence[NotebookNode],
    *,
    cover: Cover,
    summary: Summary,
    appendix: Appendix | None = None,
    language: Language,
    colour: str = "#0b6e6e",
    logo: str = "",
    analyst: Analyst | None = None,
) -> str:
    """The whole report as one HTML document.

    Args:
        chapters: executed notebooks, in reading order.
        cover: the first page, worded.
        summary: the page to read in two minutes, worded.
        appendix: what comes after the chapters, worded.
        language: of headings and labels, of the markdown cells kept, and of the document.
        colour: the client's own, as ``#rrggbb``; used on the cover and on rules, never behind or as text.
        logo: a data address (:func:`logo` makes it), or nothing.
        analyst: what the analyst's variant adds; None for the client's.

    Raises:
        ValueError: a colour or logo that is not what it should be (``business.yml`` is checked before).
    """
    if not _COLOUR.fullmatch(colour):
        raise ValueError(f"colour: #rrggbb, got {colour!r}")
    if logo and not _LOGO.fullmatch(logo):
        raise ValueError("logo: a base64 data address of a picture")
    taken = {"main", "contents", "summary", "appendix", "manifest"}
    if analyst:
        chapters = [_traced(book, found) for book, found in zip(chapters, analyst.traced, strict=True)]
    made = make_chapters(chapters, language=language, show_code=analyst is not None, taken=taken)

    def show(piece: Piece) -> Markup:
        return Markup(unique_ids(lower_headings(str(piece.html())), taken))  # noqa: S704 – pieces escape

    environment = templates()
    body = environment.get_template("body.html.j2").render(
        chapters=made,
        cover=cover,
        summary=summary,
        appendix=appendix,
        logo=logo,
        show=show,
        analyst=analyst,
        t=language.text,
    )
    body = _WITHIN_MONEY.sub("\N{NO-BREAK SPACE}", body)
    return environment.get_template("report.html.j2").render(
        body=body,
        analyst=analyst,
        colour=colour,
        faces=faces(_TAG.sub("", body)),
        language=language,
        running=css_string(" · ".join(part for part in (cover.client, cover.period) if part)),
        title=f"{cover.client} – {cover.title}",
    )


def _traced(book: NotebookNode, found: Mapping[int, Trace]) -> NotebookNode:
    """A copy of a notebook in which every cell knows its trace."""
    read = copy.copy(book)
    read.cells = [copy.copy(cell) for cell in book.cells]
    for position, trace in found.items():
        read.cells[position].metadata = {**book.cells[position].metadata, "trace": trace}
    return read


def css_string(text: str) -> str:
    """`text` as a CSS string that cannot end early, neither the string nor the style element around it."""
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"'
