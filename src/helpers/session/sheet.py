"""The sheet an owner takes home: guesses beside facts, answers, leaks and promises, for the printer.

A file of its own (`session.html` in the client's folder) beside the page: it can be sent, it prints the same from every browser, and
it is there where the page is opened in JupyterLab, whose print has the editor around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from helpers import files
from helpers.language import Language
from helpers.playbook import Playbook
from helpers.resources import package_file
from helpers.session.guesses import facts, gap
from helpers.session.interview import order, progress, score_of
from helpers.session.leaks import Sized, sized
from helpers.session.promises import STATUS, spoken
from helpers.session.said import QUESTIONS, TENTHS, Session
from helpers.session.what_if import gain_words, levers

FILE = "session.html"


@dataclass(frozen=True)
class Guessed:
    """One guess beside its fact; the fact is empty until it has been shown."""

    question: str
    guess: str
    fact: str
    gap: str


@dataclass(frozen=True)
class Scored:
    """One mistake with its score of 4 and what was said."""

    title: str
    score: str
    share: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Promised:
    """One promise."""

    what: str
    owner: str
    due: str
    first_step: str
    status: str


@dataclass(frozen=True)
class Sheet:
    """Everything on the sheet, worded."""

    client: str
    day: str
    progress: str
    guesses: tuple[Guessed, ...]
    scores: tuple[Scored, ...]
    leaks: tuple[Sized, ...]
    supposed: tuple[str, ...]
    promises: tuple[Promised, ...]


def sheet(
    session: Session,
    numbers: Mapping[str, Any] | None,
    book: Playbook,
    say: Language,
    *,
    client: str,
    day: date,
    money: Callable[[float], str],
) -> Sheet:
    """Put the sheet together.

    Args:
        numbers: the last run's `metrics.json`, None before the first run. client: name as it is printed. day: of the session.
        money: words an amount.
    """
    come = progress(session, book)
    found = levers(numbers)
    margin = ((numbers or {}).get("economics") or {}).get("margin")
    return Sheet(
        client=client,
        day=say.date(day),
        progress=say.text("{answered} of {total} answered", answered=come.answered, total=come.total),
        guesses=_guesses(session, numbers, say),
        scores=_scores(session, book, say),
        leaks=sized(numbers, say, money)[:3],
        supposed=tuple(
            gain_words(found[name], points, margin, say, money)
            for name, points in session.what_if.items()
            if name in found and 0 < points <= found[name].most
        ),
        promises=tuple(
            Promised(
                spoken(p.play, p.what, book, say),
                p.owner or "–",
                say.date(p.due) if p.due else "–",
                spoken(p.play, p.first_step, book, say, "first_step"),
                say.text(STATUS[p.status]),
            )
            for p in session.commitments
        ),
    )


def _guesses(session: Session, numbers: Mapping[str, Any] | None, say: Language) -> tuple[Guessed, ...]:
    known = facts(numbers)
    made = []
    for name in QUESTIONS:
        if name not in session.guesses:
            continue
        guess, fact = session.guesses[name], known.get(name)
        shown = fact if name in session.revealed else None
        value = say.text("{count} of 10", count=say.number(TENTHS * shown.value, 1)) if shown else ""
        made.append(
            Guessed(
                say.text(QUESTIONS[name]),
                say.text("{count} of 10", count=guess),
                value,
                gap(guess, shown, say) if shown else "",
            )
        )
    return tuple(made)


def _scores(session: Session, book: Playbook, say: Language) -> tuple[Scored, ...]:
    """What was answered or noted, weakest first."""
    rows = []
    for mistake in order(book):
        score = score_of(session, mistake)
        notes = tuple(a.note for q in mistake.questions if (a := session.answers.get(q.id)) and a.note.strip())
        if score is not None or notes:
            words = "–" if score is None else say.text("{score} of 4", score=say.number(score, 1))
            rows.append(
                (5.0 if score is None else score, Scored(mistake.title[say.code], words, (score or 0.0) / 4, notes))
            )
    return tuple(row for _, row in sorted(rows, key=lambda pair: pair[0]))


def body(found: Sheet, say: Language) -> str:
    """The sheet as a piece of HTML; whatever was typed is escaped."""
    return _environment().get_template("sheet.html.j2").render(sheet=found, t=say.text)


def write(client: Path, found: Sheet, say: Language, style: str) -> Path:
    """Write ``session.html`` into the client's folder, readable by its owner alone.

    Args:
        style: a ``<style>`` element with everything the page needs, so that nothing is fetched.
    """
    page = _environment().get_template("sheet_page.html.j2")
    text = page.render(body=Markup(body(found, say)), style=Markup(style), title=found.client, lang=say.code)  # noqa: S704 – both made by us, escaped inside
    return files.write_text(client / FILE, text, private=True)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(package_file("session")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
