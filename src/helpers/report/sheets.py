"""Pages of the playbook to print: scripts on one sheet each, plays with their steps, evidence and texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from helpers.errors import InputError, key
from helpers.files import write_text
from helpers.language import Language
from helpers.playbook import Message, Play, Playbook, Script, load
from helpers.playbook.models import Evidence
from helpers.playbook.references import PLACEHOLDER
from helpers.report.chapters import lower_headings, markdown
from helpers.report.pieces import templates
from helpers.report.typeface import faces
from helpers.segments import Rules as SegmentRules
from helpers.segments import load_rules

OWNERS = {"marketing": key("Marketing"), "sales": key("Sales"), "care": key("Customer care")}
STANCES = {"for": key("For:"), "against": key("Against:")}
CONFIDENCE = {"high": key("well documented"), "medium": key("partly checked"), "low": key("not checked")}
IN_PERSON = key("Face to face")
WORDS = {
    "first": key("On Monday"),
    "steps": key("Then"),
    "avoid": key("Better not"),
    "evidence": key("What speaks for it, and what against"),
    "texts": key("Texts"),
    "examples": key("Underlined words are examples; put in the customer's own."),
}
_BLANK = re.compile(r"_{4,}")


@dataclass(frozen=True)
class Told:
    """A claim for or against a play: the stance and its word, the claim, and whose it is with how sure we are and its limits."""

    stance: Literal["for", "against"]
    word: str
    claim: str
    source: str


@dataclass(frozen=True)
class Wording:
    """One text ready to send, say or print: its channel in words, subject if it has one, and the text with examples filled in."""

    channel: str
    subject: Markup | None
    text: Markup


@dataclass(frozen=True)
class Sheet:
    """Something to print.

    Attributes:
        title: its heading. body: the page's own prose. lead: one sentence on what it is; empty for a script.
        first: the step for Monday. steps: in order. facts: (term, text). avoid: what not to do. evidence, texts: of a play.
    """

    title: str
    body: Markup
    lead: str = ""
    first: str = ""
    steps: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    avoid: str = ""
    evidence: tuple[Told, ...] = ()
    texts: tuple[Wording, ...] = ()


def sheets(
    names: Sequence[str], book: Playbook, groups: SegmentRules, say: Language, shop: str | None = None
) -> tuple[Sheet, ...]:
    """The scripts and plays with these ids, in this order; all scripts when none is named.

    Args:
        groups: the rules that name the groups of customers. shop: the business's name, written into texts where they name it.

    Raises:
        InputError: there is no script and no play of that name.
    """
    known: Mapping[str, Script | Play] = {**book.scripts, **book.plays}
    for name in names:
        if name not in known:
            raise InputError("There is no page “{name}” to print; choose from: {known}.", name=name, known=list(known))
    pages = [known[name] for name in names or book.scripts]
    return tuple(_play(p, book, groups, say, shop) if isinstance(p, Play) else _script(p, say) for p in pages)


def render(pages: Sequence[Sheet], say: Language) -> str:
    """One self-contained HTML file that prints each sheet on A4, a script on one page."""
    words = {name: say.text(WORDS[name]) for name in WORDS}
    body = templates().get_template("sheets.html.j2").render(pages=pages, words=words, language=say, faces="")
    return body.replace("/* faces */", faces(body), 1)


def write_sheets(names: Sequence[str], file: Path, say: Language, shop: str | None = None) -> int:
    """Write scripts and plays of the playbook as one file to print, and say how many there are.

    Raises:
        InputError: there is no script and no play of that name.
    """
    pages = sheets(names, load(), load_rules(), say, shop)
    write_text(file, render(pages, say))
    return len(pages)


def _script(page: Script, say: Language) -> Sheet:
    return Sheet(page.title[say.code], _prose(page.body[say.code]))


def _play(page: Play, book: Playbook, groups: SegmentRules, say: Language, shop: str | None) -> Sheet:
    code, channels = say.code, book.rules.channels.channels
    used = [say.text(IN_PERSON) if name == "in_person" else channels[name].title[code] for name in page.channels]
    for_whom = ", ".join(groups.title(name, code) for name in page.segments)
    facts = (
        (say.text("For whom"), for_whom or say.text("everybody")),
        (say.text("Cures"), "; ".join(book.mistakes[name].title[code] for name in page.mistakes)),
        (say.text("Who does it"), f"{say.text(OWNERS[page.owner])}. {page.hand_over[code]}"),
        (say.text("Where"), ", ".join(used)),
        (say.text("How often"), page.cadence[code]),
        (say.text("What it costs"), page.cost_drivers[code]),
        (say.text("How to see it"), page.kpi[code]),
        (say.text("How to be sure"), page.comparison[code]),
    )
    return Sheet(
        title=page.title[code],
        body=_prose(page.body[code]),
        lead=page.summary[code],
        first=page.first_step[code],
        steps=tuple(step[code] for step in page.steps),
        facts=facts,
        avoid=page.not_to_do[code],
        evidence=tuple(_told(item, book, say) for item in page.evidence),
        texts=tuple(_wording(text, book, say, shop) for text in book.messages_of(page.id)),
    )


def _told(evidence: Evidence, book: Playbook, say: Language) -> Told:
    work = book.rules.sources.works[evidence.source]
    whose = f"{work.cite} · {say.text(CONFIDENCE[work.confidence])}. {work.limits[say.code]}"
    return Told(evidence.stance, say.text(STANCES[evidence.stance]), evidence.claim[say.code], whose)


def _wording(message: Message, book: Playbook, say: Language, shop: str | None) -> Wording:
    channel = book.rules.channels.channels[message.channel].title[say.code]
    tags = book.rules.channels.channels[message.channel].tags
    if message.zns_tag is not None and tags is not None:
        channel = f"{channel} – {tags[message.zns_tag][say.code]}"
    subject = None if message.subject is None else _filled(message.subject[say.code], book, say.code, shop)
    return Wording(channel, subject, _filled(message.body[say.code], book, say.code, shop))


def _filled(text: str, book: Playbook, code: str, shop: str | None) -> Markup:
    """The text with examples in place of its placeholders, underlined; the shop's own name where it is known."""

    def value(match: re.Match[str]) -> str:
        if match[1] == "shop" and shop:
            return escape(shop)
        return f"<u>{escape(book.rules.placeholders[match[1]].example[code])}</u>"

    return Markup(PLACEHOLDER.sub(value, escape(text)))  # noqa: S704 – every part is escaped above


def _prose(source: str) -> Markup:
    """Prose with its headings below the sheet's title, and lines to write on where the source has a row of underscores."""
    html = lower_headings(markdown(_BLANK.sub(lambda blank: f"⟦{len(blank[0])}⟧", source)))
    return Markup(re.sub(r"⟦(\d+)⟧", r'<span class="line l\1"></span>', html))  # noqa: S704 – markdown() escapes HTML
