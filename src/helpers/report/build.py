"""From a finished run folder to `report.html`: the executed notebooks between a first page and an appendix."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import nbformat

from helpers import files, session
from helpers.business import Business
from helpers.errors import InputError
from helpers.language import Language
from helpers.parameters import NOTEBOOKS
from helpers.playbook import load
from helpers.playbook.diagnosis import diagnose, measured
from helpers.report.analyst import Analyst, analyst
from helpers.report.data_words import not_recorded
from helpers.report.document import Appendix, logo, render
from helpers.report.findings.common import capital, word_anchor
from helpers.report.folklore import claims
from helpers.report.leads import leads
from helpers.report.pieces import Details, Missing, Note
from helpers.report.summary import Facts, cover, grade, summary
from helpers.report.tracing import Trace
from helpers.segments import rules_for

REPORT, WITH_CODE = "report.html", "report-with-code.html"
"""The client's file, and the analyst's beside it."""


def build_report(out: Path, business: Business, *, client: Path, say: Language, as_of: date) -> Path:
    """Write ``report.html`` and ``charts/*.svg`` into a run folder.

    Args:
        out: holds ``metrics.json`` and ``notebooks/``. client: where the session's answers and the logo are.

    Returns:
        Path of the report.
    """
    books = [
        nbformat.reads((out / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"), as_version=4)
        for name in NOTEBOOKS
    ]
    page = _page(_facts(out, business, client, say), books, client, as_of, None)
    _write_charts(books, out / "charts")
    return files.write_text(out / REPORT, page)


def build_analysts_report(
    out: Path, business: Business, *, client: Path, say: Language, as_of: date,
    books: Sequence[nbformat.NotebookNode], traced: Sequence[Mapping[int, Trace]], before: Mapping[str, str],
    manifest: Mapping[str, Any],
) -> Path:  # fmt: skip
    """Write ``report-with-code.html``, the analyst's variant, into a finished run folder.

    Args:
        books: the executed notebooks, as chapters. traced: for each, cell position → where it comes from. before: name in
            `metrics.json` → the stage that made it before any notebook ran. manifest: the run's.
    """
    facts = _facts(out, business, client, say)
    page = _page(facts, books, client, as_of, analyst(traced, leads(facts, traced, before), manifest, say))
    return files.write_text(out / WITH_CODE, page)


def _facts(out: Path, business: Business, client: Path, say: Language) -> Facts:
    numbers = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    return Facts(numbers, session.load(client), business, say, load(), rules_for(business, client))


def _page(facts: Facts, books: Sequence[nbformat.NotebookNode], client: Path, as_of: date, more: Analyst | None) -> str:
    brand = facts.business.brand
    return render(
        books,
        cover=cover(facts, as_of),
        summary=summary(facts),
        appendix=appendix(facts),
        language=facts.say,
        colour=brand.colour,
        logo=logo(_inside(client, brand.logo)) if brand.logo else "",
        analyst=more,
    )


def _inside(client: Path, name: str) -> Path:
    """A file of the client's own folder.

    Raises:
        InputError: the name leads out of it.
    """
    path = (client / name).resolve()
    if not path.is_relative_to(client.resolve()):
        raise InputError("The logo “{file}” lies outside the client's folder; copy it there.", file=name)
    return path


def _write_charts(books: list[nbformat.NotebookNode], folder: Path) -> None:
    """Every chart as a file of its own, named after its notebook and place in it."""
    for name, book in zip(NOTEBOOKS, books, strict=True):
        drawn = (
            o["data"]["image/svg+xml"]
            for c in book.cells
            for o in c.get("outputs", ())
            if "image/svg+xml" in o.get("data", {})
        )
        for number, svg in enumerate(drawn, start=1):
            files.write_text(folder / f"{name}-{number}.svg", "".join(svg))


def appendix(facts: Facts) -> Appendix:
    """What the report rests on: data, definitions, what was not measured, claims and evidence."""
    return Appendix(
        quality=_quality(facts),
        method=(_read_from(facts),),
        definitions=tuple(
            (word_anchor(m.id), m.title[facts.say.code], _first_paragraph(m.body[facts.say.code]))
            for m in facts.book.metrics.values()
        ),
        not_measured=_not_measured(facts),
        claims=claims(facts.numbers, facts.say, facts.money),
    )


def _first_paragraph(text: str) -> str:
    """The opening of a definition page, without its headings."""
    lines = [line for line in text.strip().split("\n\n") if line.strip() and not line.lstrip().startswith("#")]
    return " ".join(lines[0].split()) if lines else ""


def _quality(facts: Facts) -> tuple[Note | Details, ...]:
    say, quality, found = facts.say, facts.numbers["quality"], grade(facts)
    pieces: list[Note | Details] = [Note(say.text("Grade {mark}", mark=found.mark), found.reason)]
    held = [
        (say.text("rows read"), say.number(quality["rows_read"])),
        (say.text("rows kept"), say.number(quality["rows_kept"])),
        (say.text("rows set aside"), say.number(quality["rows_rejected"])),
    ]
    if quality["phone_coverage"] is not None:
        held.append((say.text("customers with a phone number"), say.percent(quality["phone_coverage"])))
    pieces.append(Details(say.text("What the files hold"), tuple(held)))
    notes = tuple((say.text("note"), say.text(n["message"], **n["values"])) for n in quality.get("notes") or ())
    if notes:
        pieces.append(Details(say.text("Remarks on the files"), notes))
    return tuple(pieces)


def _read_from(facts: Facts) -> Note:
    say = facts.say
    text = say.text(
        "All rates carry a 95% range and the number of customers counted; orders without a known customer count in revenue only; a month "
        "the data do not fully cover is left blank, never zero. Nothing in this report left the computer it was made on."
    )
    return Note(say.text("Method"), text)


def _not_measured(facts: Facts) -> tuple[Missing, ...]:
    """Every mistake and every record this run's files say nothing about, with the least effort that starts recording it."""
    say, optional = facts.say, facts.numbers["optional_tables"]
    there = {*optional, "order_lines", "people"}
    found = (
        d.mistake
        for d in diagnose(measured(facts.numbers), facts.book)
        if d.level == "unmeasured" or (d.level == "asked" and d.mistake.tables and not there & set(d.mistake.tables))
    )
    missing = [(m.title[say.code], m.not_measured[say.code]) for m in found]
    missing += [(capital(what), how) for what, how in not_recorded(optional, facts.book, facts.business.sector, say)]
    return tuple(Missing(what, say.text("doing this: {step}", step=_lower(how)), language=say) for what, how in missing)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
