"""Which stage needs redoing: fingerprints of everything a stage depends on, and what an earlier run left of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from helpers import resources

MANIFEST = "manifest.json"
ENGINES = ("duckdb", "ibis-framework", "pandas", "numpy", "scipy", "matplotlib", "papermill", "nbconvert")


@dataclass(frozen=True)
class Stage:
    """One stage as the manifest records it.

    Attributes:
        key: fingerprint of all it depends on. seconds: time it took when it last ran. reused: taken from an earlier run.
        files: what it left, relative to the run folder. sums: SHA-256 of each, so that one damaged since is made again.
    """

    key: str
    seconds: float
    reused: bool
    files: tuple[str, ...] = field(default=())
    sums: Mapping[str, str] = field(default_factory=dict)


def fingerprint(*parts: Any) -> str:
    """SHA-256 of JSON-able parts."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content; of all files' names and contents for a folder."""
    if path.is_dir():
        return fingerprint(
            [(p.relative_to(path).as_posix(), file_hash(p)) for p in sorted(path.rglob("*")) if p.is_file()]
        )
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_hash() -> str:
    """Fingerprint of the package and of the libraries numbers depend on: new code never reuses old results."""
    package = resources.package_file()
    kinds = {".py", ".yml", ".po", ".j2", ".css"}
    sources = [p for p in sorted(package.rglob("*")) if p.suffix in kinds and "_bundle" not in p.parts]
    return fingerprint(versions(), [(p.relative_to(package).as_posix(), file_hash(p)) for p in sources])


def versions() -> dict[str, str]:
    """Versions of the libraries a number may depend on."""
    return {name: version(name) for name in ENGINES}


def earlier_runs(runs: Path) -> list[Path]:
    """Finished run folders, newest data first."""
    return sorted((p for p in runs.glob("[0-9]*") if (p / MANIFEST).is_file()), key=lambda p: p.name, reverse=True)


def read_manifest(run: Path) -> Mapping[str, Any]:
    """A run's manifest; empty when it cannot be read, so that a damaged one costs time, never correctness."""
    try:
        found = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def key_of(run: Path, name: str) -> str | None:
    """The fingerprint by which a finished run made or took over a stage."""
    noted = read_manifest(run).get("stages")
    entry = noted.get(name) if isinstance(noted, dict) else None
    found = entry.get("key") if isinstance(entry, dict) else None
    return found if isinstance(found, str) else None


def take_over(name: str, key: str, runs: Sequence[Path], target: Path) -> Stage | None:
    """Bring a stage's files over from an earlier run that made them from the very same inputs.

    Returns:
        The stage, or None when no run has it (or its files are no longer all there as they were left).
    """
    for run in runs:
        noted = read_manifest(run).get("stages")
        entry = noted.get(name) if isinstance(noted, dict) else None
        if not isinstance(entry, dict):
            continue
        names = entry.get("files") or ()
        if entry.get("key") == key and names and all(whole(run, n, entry) for n in names):
            _link(run, names, target)
            sums = entry.get("sums") or {}
            return Stage(key, float(entry.get("seconds", 0.0)), reused=True, files=tuple(names), sums=sums)
    return None


def whole(run: Path, name: str, entry: Mapping[str, Any]) -> bool:
    """Whether a stage's file is there as the stage left it: a crash of the machine or a bad disk may have cut it since."""
    sums = entry.get("sums")
    noted = sums.get(name) if isinstance(sums, dict) else None
    try:
        return (run / name).is_file() and (noted is None or file_hash(run / name) == noted)
    except OSError:  # a sector that cannot be read
        return False


def damaged(run: Path) -> frozenset[str]:
    """Files of a finished run that are no longer as its stages left them."""
    noted = read_manifest(run).get("stages")
    entries = [entry for entry in noted.values() if isinstance(entry, dict)] if isinstance(noted, dict) else []
    return frozenset(n for entry in entries for n in entry.get("files") or () if not whole(run, n, entry))


def _link(source: Path, names: Iterable[str], target: Path) -> None:
    """Hard links where the file system has them (nothing ever changes a finished file in place), copies elsewhere."""
    for name in names:
        to = target / name
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source / name, to)
        except OSError:
            shutil.copy2(source / name, to)
