"""`retention list`: a coach's clients and how each stands after its last run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers import business as business_file
from helpers.errors import InputError
from helpers.language import Language
from helpers.pipeline.stages import earlier_runs
from helpers.pipeline.workspace import clients


@dataclass(frozen=True)
class Client:
    """One line of the list: slug, name, and the numbers of the last run (missing before the first)."""

    slug: str
    name: str
    numbers: dict[str, Any] | None

    def figures(self, say: Language) -> tuple[str, str, str]:
        """Data until, customers, share back within 90 days – worded, a dash for what is not known."""
        if self.numbers is None:
            return (say.text("no run yet"), "–", "–")
        rate = (self.numbers.get("repeat_rate") or {}).get("90") or {}
        share = say.percent(rate["value"]) if rate.get("value") is not None else "–"
        return (str(self.numbers["as_of"]), say.number(self.numbers["customers"]), share)


def portfolio(workspace: Path) -> tuple[Client, ...]:
    """All clients of a workspace, by slug; one whose files are damaged is listed without numbers."""
    return tuple(_client(folder) for folder in clients(workspace))


def _client(folder: Path) -> Client:
    try:
        name = business_file.load(folder).name
    except InputError:
        name = folder.name
    runs = earlier_runs(folder / "runs")
    try:
        numbers = json.loads((runs[0] / "metrics.json").read_text(encoding="utf-8")) if runs else None
    except (OSError, ValueError):
        numbers = None
    if not isinstance(numbers, dict) or not {"as_of", "customers"} <= set(numbers):
        numbers = None
    return Client(folder.name, name, numbers)
