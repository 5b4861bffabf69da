"""`report-with-code.html`: the report for the analyst, each figure with what it comes from, and how the run was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from helpers import business as business_file
from helpers.language import language
from helpers.parameters import NOTEBOOKS, for_notebook
from helpers.pipeline.stages import read_manifest
from helpers.report.build import build_analysts_report
from helpers.report.tracing import Trace, traces
from helpers.run import READS

COMMON = frozenset({"run_dir", "lang"})
"""Parameters every notebook gets from the run, not from a person."""


def write_with_code(run: Path) -> Path:
    """Write the analyst's variant beside the report of a finished run; nothing is worked out again.

    Args:
        run: the run folder of a client.

    Returns:
        Path of the file.
    """
    client, manifest = run.parents[1], read_manifest(run)
    numbers = _json(run / "metrics.json")
    books = {name: _notebook(run, name) for name in NOTEBOOKS}
    recorded = {name: _json(run / "records" / f"{name}.json").keys() - {"lists"} for name in NOTEBOOKS}
    found: dict[str, dict[int, Trace]] = {
        name: traces(
            name, book, reads=_json(run / "records" / f"{name}{READS}"), parameters=_in_force(name, manifest),
            recorded=recorded[name], known=numbers.keys(),
        )
        for name, book in books.items()
    }  # fmt: skip
    return build_analysts_report(
        run, business_file.load(client), client=client, say=language(manifest["lang"]),
        as_of=date.fromisoformat(manifest["as_of"]), books=[*books.values()], traced=[*found.values()],
        before=_before(run, numbers.keys() - set().union(*recorded.values())), manifest=manifest,
    )  # fmt: skip


def _before(run: Path, names: AbstractSet[str]) -> dict[str, str]:
    """Which of the stages before the notebooks made each of the names."""
    customers = _json(run / "records" / "customers.json").keys()
    return {name: "customers" if name in customers else "tables" for name in names}


def _in_force(name: str, manifest: Mapping[str, Any]) -> dict[str, tuple[Any, bool]]:
    """A notebook's parameters with their value in this run, and whether somebody gave it."""
    given = manifest["parameters"]
    checked = for_notebook(name, given).model_dump(exclude=set(COMMON))
    return {parameter: (value, parameter in given) for parameter, value in checked.items()}


def _notebook(run: Path, name: str) -> NotebookNode:
    found: NotebookNode = nbformat.reads((run / "notebooks" / f"{name}.ipynb").read_text("utf-8"), as_version=4)
    return found


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
