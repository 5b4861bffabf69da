"""No package comes in without somebody having looked at it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-warehouse.lock")
TAKEN = {"MIT", "MIT-0", "MIT-CMU", "BSD", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Apache-2.0", "ISC", "PSF-2.0", "MPL-2.0", "Zlib", "CC0-1.0"}  # fmt: skip


def plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(file: str) -> set[str]:
    """The packages of a lock."""
    return {plain(name) for name in re.findall(r"^([\w.-]+)==", (ROOT / file).read_text("utf-8"), re.MULTILINE)}


def reviewed() -> dict[str, tuple[str, str, str]]:
    """Package → licence, why, day, from docs/dependencies.md."""
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w.-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    assert len(rows) == len({name for name, *_ in rows})
    return {name: (licence, why, day) for name, licence, why, day in rows}


def test_every_locked_package_was_looked_at() -> None:
    """A package of either lock without a row in docs/dependencies.md is found, and so is a row whose package has gone."""
    here = set.union(*map(locked, LOCKS))
    assert len(here) > 100
    assert sorted(here - set(reviewed())) == []
    assert sorted(set(reviewed()) - here) == []


def test_every_row_says_something() -> None:
    """Each has a licence that may be used here, a day, and a reason; who is named as needing it is itself on the list."""
    rows = reviewed()
    for name, (licence, why, day) in rows.items():
        date.fromisoformat(day)
        allowed = TAKEN | ({"LGPL-3.0-only"} if name.startswith("psycopg") else set())
        assert set(re.split(r" (?:AND|OR|or) ", licence)) <= allowed, f"{name}: {licence}"
        by = why.removeprefix("needed by ").split(", ") if why.startswith("needed by ") else []
        assert set(by) <= set(rows), f"{name}: {why}"
        assert len(why) > 8


def test_the_locks_take_nothing_unchecked() -> None:
    """Every package is pinned with hashes, and no lock names an index or an address to take packages from."""
    for file in LOCKS:
        text = (ROOT / file).read_text("utf-8")
        blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
        assert all("--hash=sha256:" in block for block in blocks), file
        assert not re.search(r"--(extra-)?index-url|--find-links|^-e |://|@ ", text, re.MULTILINE), file
