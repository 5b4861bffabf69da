"""What the analyst's variant adds to the report: a trace per cell, where the first page comes from, and the run's manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from helpers.language import Language
from helpers.report.tracing import Trace


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
        told: (parameter, value) given for the run. settings: (name, value) the numbers depend on. libraries: (name, version). stages: (name, seconds as text, how, fingerprint).
        version, day: of the program, and when it ran.
    """

    traced: tuple[Mapping[int, Trace], ...]
    leads: tuple[Lead, ...]
    inputs: tuple[tuple[str, str, str], ...]
    told: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    libraries: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, str, str, str], ...]
    version: str
    day: str


def analyst(
    traced: Sequence[Mapping[int, Trace]], leads: Sequence[Lead], manifest: Mapping[str, Any], say: Language
) -> Analyst:
    """The additions, worded.

    Args:
        traced: per chapter, cell position → trace. leads: where the first page comes from. manifest: the run's `manifest.json`.
    """
    stages = tuple(
        (name, say.number(stage["seconds"], 1), _how(stage["reused"], say), stage["key"])
        for name, stage in manifest["stages"].items()
    )
    return Analyst(
        tuple(traced),
        tuple(leads),
        tuple((kind, name, sha) for kind, found in manifest["inputs"].items() for name, sha in found.items()),
        tuple((name, str(value)) for name, value in manifest["parameters"].items()),
        tuple(_settings(manifest["settings"])),
        tuple(manifest["libraries"].items()),
        stages,
        manifest["version"],
        say.date(date.fromisoformat(manifest["run_on"])),
    )


def _settings(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a run was told besides its files, as `manifest.json` names it; parameters among them one by one."""
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from _settings(value)
        else:
            yield name, "–" if value is None else str(value)


def _how(reused: bool, say: Language) -> str:
    return say.text("taken over from an earlier run") if reused else say.text("worked out in this run")
