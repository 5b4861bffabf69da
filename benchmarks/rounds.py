"""What the benchmarks share: alternating rounds, medians, tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
Runner = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class Measured:
    """One contestant: median and range of its times in seconds, and what it returned last."""

    name: str
    seconds: float
    low: float
    high: float
    last: Mapping[str, Any]


def alternate(contestants: Mapping[str, Runner], rounds: int) -> list[Measured]:
    """Run everybody once per round, in turn, so that what else the machine does hits all alike.

    Args:
        contestants: name → a function that returns a mapping with `seconds`.
        rounds: how often.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    last: dict[str, Mapping[str, Any]] = {}
    for _ in range(rounds):
        for name, run in contestants.items():
            last[name] = run()
            times[name].append(float(last[name]["seconds"]))
    return [Measured(name, median(t), min(t), max(t), last[name]) for name, t in times.items()]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first to the right."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "--:|" * (len(header) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def times(found: Measured) -> tuple[str, str]:
    """Median and range, as cells."""
    digits = 3 if found.seconds < 1 else 2 if found.seconds < 10 else 1
    return f"{found.seconds:.{digits}f}", f"{found.low:.{digits}f}–{found.high:.{digits}f}"


def record(part: str, text: str, command: str, document: Path | None = None) -> None:
    """Put the tables of one part between its marks in docs/benchmarks.md (or another page), with the command, the day and the machine.

    Raises:
        SystemExit: the document has no place for this part.
    """
    page = document or DOCUMENT
    begin, end = f"<!-- begin {part} -->", f"<!-- end {part} -->"
    before, found, rest = page.read_text("utf-8").partition(begin)
    _old, closed, after = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"docs/{page.name} has no place for part {part}: expected {begin} and {end}.")
    made = f"Measured with `{command}` on {date.today().isoformat()}, {os.cpu_count()} cores."
    page.write_text(f"{before}{begin}\n{text}\n\n{made}\n{end}{after}", "utf-8")
