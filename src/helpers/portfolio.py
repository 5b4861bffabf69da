"""A coach's clients and how each stands after its last run: a table for `retention list`, and one page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from helpers import business as business_file
from helpers.errors import InputError
from helpers.files import write_text
from helpers.language import Language
from helpers.pipeline.stages import earlier_runs, read_manifest
from helpers.pipeline.workspace import clients
from helpers.report.findings.proof import VERDICTS
from helpers.report.pieces import templates
from helpers.report.typeface import faces

PAGE = "portfolio.html"
"""The page's name in the folder that holds the clients."""


@dataclass(frozen=True)
class Client:
    """One line of the list.

    Attributes:
        slug, name: folder and business. numbers: of the last run, missing before the first. run_on: day of that run. report: its page,
            relative to the workspace.
    """

    slug: str
    name: str
    numbers: dict[str, Any] | None
    run_on: date | None = None
    report: str = ""

    def figures(self, say: Language) -> tuple[str, str, str]:
        """Data until, customers, share back within 90 days – worded, a dash for what is not known."""
        if self.numbers is None:
            return (say.text("no run yet"), "–", "–")
        rate = (self.numbers.get("repeat_rate") or {}).get("90") or {}
        share = say.percent(rate["value"]) if rate.get("value") is not None else "–"
        return (str(self.numbers["as_of"]), say.number(self.numbers["customers"]), share)

    def standing(self, say: Language) -> tuple[str, str, str, str]:
        """Grade of the data, verdicts on campaigns, promises overdue, day of the last run; empty for what is not known."""
        numbers = self.numbers or {}
        counted = Counter(str(one.get("verdict")) for one in _listed(numbers, "campaigns"))
        verdicts = ", ".join(
            say.text("{n} × {verdict}", n=counted[verdict], verdict=say.text(VERDICTS[verdict]).lower())
            for verdict in VERDICTS
            if counted[verdict]
        )
        overdue = sum(one.get("became") == "overdue" for one in _listed(numbers, "promises"))
        quality = numbers.get("data_quality")
        judged = quality.get("grade") if isinstance(quality, dict) else None
        grade = str(judged.get("mark") or "") if isinstance(judged, dict) else ""
        return (grade, verdicts, say.number(overdue) if overdue else "", self.run_on.isoformat() if self.run_on else "")

    def range(self, say: Language) -> str:
        """The range of the share back within 90 days, and of how many customers it is; empty where there is none."""
        rate = ((self.numbers or {}).get("repeat_rate") or {}).get("90") or {}
        if rate.get("value") is None:
            return ""
        return say.text(
            "{low} to {high}, n = {n}", low=say.percent(rate["low"]), high=say.percent(rate["high"]), n=int(rate["n"])
        )


def _listed(numbers: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = numbers.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


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
        return Client(folder.name, name, None)
    run_on = None
    with suppress(TypeError, ValueError):
        run_on = date.fromisoformat(str(read_manifest(runs[0]).get("run_on")))
    report = runs[0] / "report.html"
    where = quote(report.relative_to(folder.parent).as_posix()) if report.is_file() else ""
    return Client(folder.name, name, numbers, run_on, where)


def headings(say: Language) -> tuple[str, ...]:
    """What the columns of the table are called, in the order of `Client.figures` and `Client.standing`."""
    return (
        say.text("client"),
        say.text("name"),
        say.text("data until"),
        say.text("customers"),
        say.text("come back within 90 days"),
        say.text("grade of the data"),
        say.text("campaigns"),
        say.text("promises overdue"),
        say.text("last run"),
    )


def write_page(rows: Sequence[Client], file: Path, say: Language) -> Path:
    """Write the clients as one self-contained page, readable by its owner alone; names lead to the last reports.

    Args:
        file: where to; links are relative to the folder that holds the clients.
    """
    page = templates().get_template("portfolio.html.j2")
    lines = [(row, row.figures(say), row.range(say), row.standing(say)) for row in rows]
    body = page.render(title=say.text("Clients"), heads=headings(say)[1:], lines=lines, language=say)
    return write_text(file, body.replace("/* faces */", faces(body), 1), private=True)
