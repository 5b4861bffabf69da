"""The run before: what of it is laid beside a new run, and the settings by which the two can be told to be alike."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from pyarrow.parquet import read_table, write_table

import helpers
from helpers import files, resources, tables
from helpers.business import Business
from helpers.errors import InputError
from helpers.parameters import NOTEBOOKS, for_notebook, names
from helpers.pipeline import stages
from helpers.run import BEFORE, COMPARED, EARLIER, KEPT, SETTINGS


def lay_beside(runs: Path, out: Path, as_of: date, now: Mapping[str, Any]) -> None:
    """Lay the last earlier run's numbers and tables beside a new run's.

    Its orders and customers to compare with, who was in which segment, and who was drawn in it: nobody is drawn twice.

    Args:
        runs: the client's finished runs. out: the new run's folder. as_of: end of its data. now: its :func:`settings`.
    """
    finished = stages.earlier_runs(runs)
    newest = finished[0].name if finished else ""
    noted: dict[str, Any] = {"now": now, "then": None, "later": newest if newest > as_of.isoformat() else None}
    for run in finished:
        if run.name < as_of.isoformat():
            cut = stages.damaged(run)  # what a crash has cut is as if it were missing
            for name in KEPT:
                _beside(run, out, name, f"{EARLIER}{name}", cut)
            with suppress(OSError, ValueError):  # one that cannot be read is no run to compare with
                numbers = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
                files.write_text(out / "records" / "previous.json", json.dumps(numbers, ensure_ascii=False))
                noted["then"] = _settings_of(run)
                _tables_of(run, out, cut)
                break
    if noted["then"] is not None or noted["later"]:
        files.write_text(out / "records" / SETTINGS, json.dumps(noted, ensure_ascii=False))


def settings(business: Business, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run is told that its numbers depend on, besides its files: plain values, and fingerprints of what names people.

    Args:
        given: parameters of `business.yml` and of the command line.
    """
    rules = stages.file_hash(resources.playbook() / "rules" / "segments.yml")
    plain = business.model_dump(include={"timezone", "margin", "model", "pause_days"}, mode="json")
    return {
        **plain,
        "identity": stages.fingerprint(business.identity.model_dump(mode="json")),
        "segments": stages.fingerprint(business.segments, rules),
        "version": helpers.__version__,
        "parameters": _effective(given),
    }


def _effective(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter with the value the notebooks see; of an earlier run, those there still are."""
    found: dict[str, Any] = {}
    known = {name: value for name, value in given.items() if name in names()}
    for book in NOTEBOOKS:
        with suppress(InputError):  # a value that was in range once
            found |= for_notebook(book, known).model_dump(exclude={"run_dir", "lang"}, mode="json")
    return found


def _settings_of(run: Path) -> dict[str, Any]:
    """An earlier run's settings; of one that noted none, its parameters."""
    manifest = stages.read_manifest(run)
    noted = manifest.get("settings")
    return dict(noted) if isinstance(noted, dict) else {"parameters": _effective(manifest.get("parameters") or {})}


def _tables_of(run: Path, out: Path, cut: AbstractSet[str]) -> None:
    for name in COMPARED:
        _beside(run, out, name, f"{EARLIER}{name}", cut)
    if (run / "tables" / f"customers{tables.KEPT}").is_file():
        _beside(run, out, "customers", BEFORE, cut)
        return
    # a run of before segments were kept has none; ArrowInvalid is a ValueError
    with suppress(OSError, ValueError):
        path = out / "tables" / f"{BEFORE}.parquet"
        write_table(read_table(run / "tables" / "customers.parquet", columns=["customer_id", "segment"]), path)
        path.chmod(files.PRIVATE)


def _beside(run: Path, out: Path, name: str, called: str, cut: AbstractSet[str]) -> None:
    """A table of an earlier run under another name, or what stands for it: the same file where the file system can do that."""
    for end in (".parquet", tables.KEPT):
        if f"tables/{name}{end}" in cut:
            continue
        source, target = run / "tables" / f"{name}{end}", out / "tables" / f"{called}{end}"
        with suppress(OSError):
            try:
                os.link(source, target)  # nothing ever changes a finished file in place
            except OSError:
                shutil.copy2(source, target)
