"""Where the first page comes from: the names in `metrics.json` each part asks for while it is written, and who made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from helpers.errors import key
from helpers.language import Language
from helpers.reads import ReadFacts
from helpers.report.analyst import Lead
from helpers.report.summary import PARTS, Facts
from helpers.report.tracing import Trace

TITLES: Mapping[str, str] = {
    "cover": key("Cover"),
    "headline": key("Headline and first number"),
    "leaks": key("Money leaving"),
    "calls": key("Customers to call"),
    "leaving": key("Who left or is leaving"),
    "fix": key("What to fix for them"),
    "policy": key("What to make a rule"),
    "guesses": key("What you guessed, what the data say"),
    "actions": key("What to do next"),
    "grade": key("How far to trust these data"),
}
"""Part of the first page → what it is called (catalog keys)."""
SESSION = "session.yml"
"""Stands for what was said in the session, which is in no `metrics.json`."""


class _Told:
    """A session that notes whether anything of it was used."""

    def __init__(self, session: Any, asked: dict[str, None]) -> None:
        self._session, self._asked = session, asked

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._session, name)
        if found:
            self._asked[SESSION] = None
        return found


def read_by(part: str, facts: Facts) -> tuple[str, ...]:
    """The names in `metrics.json` a part of the first page asks for, as it asks; those without a value are left out."""
    asked: dict[str, None] = {}
    numbers = ReadFacts(facts.numbers, lambda _, name: asked.setdefault(name))
    told: Any = _Told(facts.session, asked)
    for write in PARTS[part]:
        write(replace(facts, numbers=numbers, session=told))
    return tuple(name for name in asked if name == SESSION or facts.numbers.get(name) is not None)


def leads(facts: Facts, traced: Sequence[Mapping[int, Trace]], before: Mapping[str, str]) -> tuple[Lead, ...]:
    """Every part of the first page with its names, each with the first cell whose result it is, or the stage.

    Args:
        traced: per chapter, cell position → trace. before: name → the stage that made it before any notebook ran.
    """
    cells = {
        name: trace for traces in reversed(traced) for trace in reversed([*traces.values()]) for name in trace.names
    }
    return tuple(
        Lead(
            facts.say.text(TITLES[part]), tuple(_lead(name, cells, before, facts.say) for name in read_by(part, facts))
        )
        for part in TITLES
    )


def _lead(name: str, cells: Mapping[str, Trace], before: Mapping[str, str], say: Language) -> tuple[str, str, str]:
    if name == SESSION:
        return name, say.text("answers of the guided session"), "manifest"
    if name in before or name not in cells:
        stage = before.get(name, "report")
        return name, say.text("stage {name}", name=stage), f"stage-{stage}"
    trace = cells[name]
    return name, say.text("{book}, cell {cell}", book=trace.book, cell=trace.cell), trace.anchor
