"""What the analyst's variant adds to the report: a trace per cell, where the first page comes from, and the run's manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from helpers.errors import key
from helpers.language import Language
from helpers.report.tracing import Trace

PARTS: Mapping[str, str] = {
    "cover": key("Cover"),
    "headline": key("Headline and first number"),
    "leaks": key("Money leaving"),
    "calls": key("Customers to call"),
    "leaving": key("Who left or is leaving"),
    "guesses": key("What you guessed, what the data say"),
    "actions": key("What to do next"),
    "grade": key("How far to trust these data"),
}
"""Part of the first page → what it is called."""
WRITTEN_FROM: Mapping[str, tuple[str, ...]] = {
    "cover": ("orders", "customers", "net_revenue", "first_day", "as_of"),
    "headline": ("repeat_rate", "contracts"),
    "leaks": ("leaks",),
    "calls": ("calls_this_week",),
    "leaving": ("segments",),
    "guesses": ("interview",),
    "actions": ("promises", "calls_this_week", "plan", "campaign_lists"),
    "grade": ("data_quality",),
}
"""Part of the first page → the names in `metrics.json` it is written from."""


@dataclass(frozen=True)
class Lead:
    """Where one part of the first page comes from: its title, and per name in `metrics.json` the (words, anchor) of who made it."""

    part: str
    names: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Analyst:
    """Everything the variant adds.

    Attributes:
        traced: per chapter, cell position → trace. leads: where the first page comes from. inputs: (kind, file, SHA-256).
        told: (parameter, value) given for the run. libraries: (name, version). stages: (name, seconds as text, how, fingerprint).
        version, day: of the program, and when it ran.
    """

    traced: tuple[Mapping[int, Trace], ...]
    leads: tuple[Lead, ...]
    inputs: tuple[tuple[str, str, str], ...]
    told: tuple[tuple[str, str], ...]
    libraries: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, str, str, str], ...]
    version: str
    day: str


def analyst(
    traced: Sequence[Mapping[int, Trace]], manifest: Mapping[str, Any], numbers: Mapping[str, Any], say: Language
) -> Analyst:
    """The additions, worded.

    Args:
        traced: per chapter, cell position → trace. manifest: the run's `manifest.json`. numbers: its `metrics.json`.
    """
    origin = {
        name: trace for traces in reversed(traced) for trace in reversed([*traces.values()]) for name in trace.names
    }
    leads = tuple(
        Lead(say.text(PARTS[part]), tuple(_lead(name, origin, say) for name in names if numbers.get(name) is not None))
        for part, names in WRITTEN_FROM.items()
    )
    stages = tuple(
        (name, say.number(stage["seconds"], 1), _how(stage["reused"], say), stage["key"])
        for name, stage in manifest["stages"].items()
    )
    return Analyst(
        tuple(traced),
        tuple(lead for lead in leads if lead.names),
        tuple((kind, name, sha) for kind, found in manifest["inputs"].items() for name, sha in found.items()),
        tuple((name, str(value)) for name, value in manifest["parameters"].items()),
        tuple(manifest["libraries"].items()),
        stages,
        manifest["version"],
        say.date(date.fromisoformat(manifest["run_on"])),
    )


def _lead(name: str, origin: Mapping[str, Trace], say: Language) -> tuple[str, str, str]:
    """A name in `metrics.json` with who made it: a cell, or a stage before the notebooks."""
    trace = origin.get(name)
    if trace is None:
        return name, say.text("the stages before the notebooks"), "manifest"
    return name, say.text("{book}, cell {cell}", book=trace.book, cell=trace.cell), trace.anchor


def _how(reused: bool, say: Language) -> str:
    return say.text("taken over from an earlier run") if reused else say.text("worked out in this run")
