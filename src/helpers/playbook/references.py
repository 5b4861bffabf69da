"""Do the pages agree with each other? Every id that one page gives must exist, and what two pages say must match."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from helpers.playbook.book import Playbook
from helpers.playbook.models import LANGUAGES, ROWS, Play
from helpers.playbook.pages import Document, Fault

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
Pages = Mapping[str, Document]
Files = Mapping[str, Container[str]]


def check(book: Playbook, documents: Mapping[str, Pages], files: Files) -> list[Fault]:
    """All disagreements between pages, each at the line that says it.

    Args:
        book: the pages that could be read.
        documents: kind → name → where each fact of theirs stands.
        files: kind → names of all pages on disk; one that could not be read is not reported a second time as missing.
    """
    return [
        *_mistakes(book, documents["mistakes"], files),
        *_plays(book, documents["plays"], files),
        *_messages(book, documents["messages"], files),
        *_rows(book),
    ]


def _fault(page: Document, place: Sequence[int | str], message: str) -> Fault:
    return Fault(page.file, page.line(place), message)


def _missing(page: Document, key: str, names: Iterable[str], known: Container[str], kind: str) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name not in known:
            yield _fault(page, (key, index), f"there is no {kind} “{name}”")


def _mistakes(book: Playbook, pages: Pages, files: Files) -> Iterator[Fault]:
    asked: dict[str, str] = {}
    for name, mistake in book.mistakes.items():
        page = pages[name]
        yield from _missing(page, "plays", mistake.plays, files["plays"], "play")
        if mistake.metric is not None and mistake.metric not in files["metrics"]:
            yield _fault(page, ("metric",), f"there is no metric “{mistake.metric}”")
        key = (mistake.metric or "").replace("-", "_")
        if mistake.thresholds is not None and mistake.thresholds.metric_key != key:
            yield _fault(page, ("thresholds", "metric_key"), f"the key must be that of the mistake's metric, “{key}”")
        for index, play in enumerate(mistake.plays):
            if play in book.plays and name not in book.plays[play].mistakes:
                yield _fault(page, ("plays", index), f"the play “{play}” does not name this mistake")
        for index, question in enumerate(mistake.questions):
            if question.id in asked:
                place = ("questions", index, "id")
                yield _fault(page, place, f"the question “{question.id}” is already in {asked[question.id]}")
            asked[question.id] = page.file


def _plays(book: Playbook, pages: Pages, files: Files) -> Iterator[Fault]:
    for name, play in book.plays.items():
        page = pages[name]
        yield from _missing(page, "mistakes", play.mistakes, files["mistakes"], "mistake")
        yield from _missing(page, "messages", play.messages, files["messages"], "message")
        yield from _missing(page, "scripts", play.scripts, files["scripts"], "script")
        for index, evidence in enumerate(play.evidence):
            if evidence.source not in book.rules.sources.works:
                place = ("evidence", index, "source")
                yield _fault(page, place, f"there is no work “{evidence.source}” in rules/sources.yml")
        yield from _consistent(play, page)
        yield from _channels(book, play, page)
        for index, mistake in enumerate(play.mistakes):
            if mistake in book.mistakes and name not in book.mistakes[mistake].plays:
                yield _fault(page, ("mistakes", index), f"the mistake “{mistake}” does not name this play")
        for index, text in enumerate(play.messages):
            if text in book.messages and book.messages[text].play != name:
                yield _fault(page, ("messages", index), f"the message “{text}” belongs to another play")


def _consistent(play: Play, page: Document) -> Iterator[Fault]:
    """A process concerns the shop, any other play groups of customers; what may have an effect is tried against a group left out."""
    if (play.purpose == "process") != (not play.segments):
        yield _fault(page, ("segments",), "a process has no segments, and any other play names the groups it is for")
    if (play.prior is None) != (play.holdout_share == 0):
        yield _fault(page, ("holdout_share",), "a play with a “prior” leaves a group out, and one without it does not")


def _channels(book: Playbook, play: Play, page: Document) -> Iterator[Fault]:
    """A play has something to say on each channel it names, and asks for consent when that is advertising."""
    texts = [book.messages[text] for text in play.messages if text in book.messages]
    if len(texts) < len(play.messages):  # reported elsewhere; what they would have said is not known
        return
    for index, channel in enumerate(play.channels):
        if channel != "in_person" and all(text.channel != channel for text in texts):
            yield _fault(page, ("channels", index), f"there is no message for the channel “{channel}”")
    if play.purpose != "sell" and any(text.purpose == "advertising" for text in texts):
        yield _fault(
            page, ("purpose",), "a play whose messages advertise must have the purpose “sell”: it needs consent"
        )


def _messages(book: Playbook, pages: Pages, files: Files) -> Iterator[Fault]:
    for file, message in book.messages.items():
        page, play = pages[file], book.plays.get(message.play)
        if play is None:
            yield from _missing(page, "play", [message.play], files["plays"], "play")
        elif file not in play.messages:
            yield _fault(page, ("play",), f"the play “{play.id}” does not list this message")
        elif message.channel not in play.channels:
            yield _fault(page, ("channel",), f"the play “{play.id}” does not use the channel “{message.channel}”")
        if not re.fullmatch(rf"{re.escape(message.play)}\.{message.channel}(\.\d+)?", message.id):
            yield _fault(page, ("id",), "the id must be play, channel and perhaps a number: “play.channel.2”")
        yield from _missing(page, "placeholders", message.placeholders, book.rules.placeholders, "placeholder")
        listed = set(message.placeholders)
        for code in LANGUAGES:
            subject = message.subject[code] if message.subject is not None else ""
            used, line = set(PLACEHOLDER.findall(subject + message.body[code])), message.body_lines[code]
            for name in sorted(used - listed):
                yield Fault(page.file, line, f"the {code} text uses {{{name}}}, which “placeholders” does not list")
            for name in sorted(listed - used):
                yield Fault(page.file, line, f"the {code} text does not use {{{name}}}, which “placeholders” lists")


def _rows(book: Playbook) -> Iterator[Fault]:
    ideas = book.rules.sources.ideas
    from_articles = {row for article in book.rules.sources.articles for row in article.rows}
    for row in ROWS:
        if row not in ideas:
            yield Fault("rules/sources.yml", 1, f"“ideas” does not say what {row} is")
        if row not in from_articles:
            yield Fault("rules/sources.yml", 1, f"no article is given for {row}")
