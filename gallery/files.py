"""Files as an owner keeps them, and the client that reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from helpers import business as business_file
from helpers.onboarding import create

MOMENT, DAY = "%d/%m/%Y %H:%M", "%d/%m/%Y"


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """A CSV as a Vietnamese spreadsheet saves it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(rows)
    return path


def client(
    name: str, orders: Path, beside: Mapping[str, Path], workspace: Path, *, margin: float, **more: Any
) -> Path:  # fmt: skip
    """A client made as `retention new` makes it, with the other files and facts in its business.yml.

    Args:
        beside: kind of source → file. more: other lines of business.yml.

    Returns:
        The client's folder; one that is there already is used again, its business.yml written anew.
    """
    (workspace / business_file.slug(name) / business_file.FILE).unlink(missing_ok=True)
    made = create(name, [orders], workspace, lang="vi", currency="VND", margin=margin).file
    said = yaml.safe_load(made.read_text("utf-8"))
    said["sources"] |= {kind: [{"file": str(path.resolve())}] for kind, path in beside.items()}
    made.write_text(yaml.safe_dump(said | more, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return made.parent
