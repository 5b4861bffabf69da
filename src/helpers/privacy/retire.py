"""`retention retire`: a client leaves, and with them everything that names a person."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from helpers import business as business_file
from helpers import files
from helpers.errors import InputError
from helpers.language import Language
from helpers.pipeline import background, workspace
from helpers.privacy import kept as kept_tables
from helpers.privacy import places
from helpers.tables import KEPT

RECORD = "retired.json"
"""What is left in the folder: when, how many files went, which reports were kept."""
REPORTS = ("report.html", "metrics.json")
_MAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_NUMBER = re.compile(r"\+?\d(?:[\s.\-]?\d){7,14}")


@dataclass(frozen=True)
class Retired:
    """What was done; no personal data.

    Attributes:
        files: how many went. kept: reports left, relative to the client's folder. named: reports that were to be kept and went all
            the same, since they name a customer. elsewhere: sources outside the folder, which nobody has touched.
    """

    files: int
    kept: tuple[str, ...]
    named: tuple[str, ...]
    elsewhere: tuple[str, ...]

    def lines(self, say: Language) -> list[tuple[str, str]]:
        """What a person reads, as (term, text)."""
        count = say.plural("Removed: {n} file.", "Removed: {n} files.", self.files)
        told = [(count, ""), *((f"  {name}", say.text("left in place")) for name in self.kept)]
        if self.named:
            text = say.text("These reports named a customer and went as well: {files}.", files=list(self.named))
            told.append((say.text("note"), text))
        if self.elsewhere:
            text = say.text(
                "These files lie outside the client's folder and are as they were: {files}.", files=list(self.elsewhere)
            )
            told.append((say.text("note"), text))
        return told


def retire(client: Path, *, keep_reports: bool, today: date) -> Retired:
    """Remove a client's folder but for the record that it was done.

    `business.yml` goes last, so that a call broken off can be given again. Links are removed, never followed.

    Args:
        keep_reports: leave every run's :data:`REPORTS`, unless one of them names a customer.

    Raises:
        InputError: a run goes on, the folder is a link to another one, or the warehouse that keeps its runs does not answer.
    """
    if client.is_symlink():
        raise InputError(
            "The folder of “{client}” is a link to another place; give the command on the folder itself.",
            client=client.name,
        )
    background.refuse_while_running(client)
    with workspace.only_one(client):
        elsewhere = _elsewhere(client)
        there = _warehouse(client)
        kept, named = _reports(client, there) if keep_reports else ((), ())
        if there is not None:
            kept_tables.forget_all(there)
            there.disconnect()
        before = _removed_before(client)
        _note(client, before, kept, on=today, finished=False)
        gone = before + _remove(client, {client / name for name in kept})
        (client / business_file.FILE).unlink(missing_ok=True)
        _note(client, gone + 1, kept, on=today, finished=True)
    with suppress(OSError):
        (client / ".lock").unlink(missing_ok=True)
    return Retired(gone + 1, kept, named, elsewhere)


def _warehouse(client: Path) -> Any:
    """The warehouse that keeps runs of this client; without any, a business.yml that cannot be read keeps nobody from leaving."""
    try:
        business = business_file.load(client)
    except InputError:
        if any(client.glob(f"runs/*/tables/*{KEPT}")):
            raise
        return None
    return kept_tables.opened(business, client)


def _elsewhere(client: Path) -> tuple[str, ...]:
    try:
        business = business_file.load(client)
    except InputError:  # what cannot be read must not keep a client from leaving
        return ()
    inside = client.resolve()
    return tuple(path.name for path in places.named(client, business) if not path.is_relative_to(inside))


def _reports(client: Path, there: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The reports to keep, and those that cannot be because a customer's key stands in them."""
    words: dict[str, frozenset[str]] = {}
    for run in sorted(client.glob("runs/[0-9]*")):
        for path in (run / name for name in REPORTS):
            if path.is_file() and not path.is_symlink() and not run.is_symlink():
                text = path.read_text(encoding="utf-8", errors="replace")
                words[path.relative_to(client).as_posix()] = _words(text)
    keys = frozenset(_keys(client))
    if there is not None:
        keys |= frozenset(kept_tables.keys_among(there, client, frozenset().union(*words.values())))
    named = tuple(name for name, said in words.items() if said & keys)
    return tuple(name for name in words if name not in named), named


def _keys(client: Path) -> Iterator[str]:
    """Every number and e-mail the runs know, as :func:`_words` writes them."""
    for path in client.glob("runs/*/tables/*.parquet"):
        with suppress(OSError, pa.ArrowException):
            table = parquet.read_table(path)
            for name in {"phone", "email", "key_value"} & set(table.column_names):
                for value in table[name].unique().to_pylist():
                    yield from _words(str(value or ""))


def _words(text: str) -> frozenset[str]:
    # whatever the country code and the zero, the last nine digits are the number's own
    numbers = (re.sub(r"\D", "", found)[-9:] for found in _NUMBER.findall(text))
    return frozenset(found.lower() for found in _MAIL.findall(text)) | frozenset(numbers)


def _remove(client: Path, kept: set[Path]) -> int:
    """Everything but what is kept, `business.yml`, the record and the lock; the number of files."""
    last = {client / name for name in (business_file.FILE, RECORD, ".lock")}
    gone = 0
    for path in sorted(client.rglob("*"), key=lambda found: len(found.parts), reverse=True):
        if path in kept or path in last or not _is_inside(path, client):
            continue
        if path.is_dir() and not path.is_symlink():
            if not any(one.is_relative_to(path) for one in kept):
                shutil.rmtree(path)
            continue
        path.unlink(missing_ok=True)
        gone += 1
    return gone


def _is_inside(path: Path, client: Path) -> bool:
    """Whether no folder between the client's and this is a link to somewhere else."""
    return path.parent.resolve().is_relative_to(client.resolve())


def _removed_before(client: Path) -> int:
    try:
        return int(json.loads((client / RECORD).read_text(encoding="utf-8"))["files_removed"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _note(client: Path, gone: int, kept: tuple[str, ...], *, on: date, finished: bool) -> None:
    told = {"schema_version": 1, "on": on.isoformat(), "finished": finished, "files_removed": gone, "kept": list(kept)}
    files.write_text(client / RECORD, json.dumps(told, indent=1), private=True)
