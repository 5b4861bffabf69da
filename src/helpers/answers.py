"""What the engine answered a chapter, kept in the run folder so that the same question need not be worked out again.

``answers/<notebook>/<key>`` holds one table: SHA-256 of what follows, then Arrow's file format. A file that is not what it was
when it was written counts as not there. Answers may name customers: like tables they are readable by their owner alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from helpers import files

FOLDER = "answers"
MOST_ROWS = 100_000
"""Of a step on the way that is kept; longer ones are cheaper to lay out again."""
MOST_BYTES = 16 << 20
"""Of one answer in memory."""
MOST_IN_ALL = 256 << 20
"""Bytes of all answers a notebook keeps."""
_BEFORE, _MARKS = ".before", "tables.json"
_DIGEST = 32


@dataclass
class Answers:
    """The answers of one notebook while it runs: what it was told before, and what it has asked this time.

    An answer of before that is asked for again moves on; the others end with the run that kept them.
    """

    run: Path
    book: str
    _written: int = field(default=0, init=False)

    def get(self, key: str) -> pa.Table | None:
        """The answer known by this key; None where there is none or its file is damaged."""
        here = self.run / FOLDER / self.book / key
        for path in (here, self.run / FOLDER / _BEFORE / self.book / key):
            found = _read(path)
            if found is not None:
                if path != here:
                    _link(path, here)
                return found
        return None

    def put(self, key: str, table: pa.Table) -> None:
        """Keep an answer, unless it is too long or the notebook has kept enough."""
        if table.nbytes > MOST_BYTES:
            return
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as file:
            file.write_table(table)
        body = sink.getvalue().to_pybytes()
        if self._written + len(body) > MOST_IN_ALL:
            return
        self._written += len(body)
        path = self.run / FOLDER / self.book / key
        files.write_bytes(path, hashlib.sha256(body).digest() + body, private=True)


def prepare(run: Path, marks: Mapping[str, str], earlier: Iterable[Path], books: Iterable[str]) -> None:
    """Let the notebooks of a run that begins keep answers, and lay those of earlier runs beside it.

    Args:
        run: the folder of the run. marks: file in its ``tables/`` → fingerprint of its content.
        earlier: run folders with the very same tables. books: notebooks about to run.
    """
    for book in books:
        for old in earlier:
            for path in (old / FOLDER / book).glob("[0-9a-f]*"):
                _link(path, run / FOLDER / _BEFORE / book / path.name)
    files.write_text(run / FOLDER / _MARKS, json.dumps(marks, indent=1))


def close(run: Path) -> None:
    """End what :func:`prepare` began: a finished run keeps what its notebooks asked and takes nothing more."""
    shutil.rmtree(run / FOLDER / _BEFORE, ignore_errors=True)
    (run / FOLDER / _MARKS).unlink(missing_ok=True)


def kept(run: Path, book: str) -> list[Path]:
    """The files of a notebook's answers."""
    return sorted((run / FOLDER / book).glob("[0-9a-f]*"))


def marks(run: Path) -> Mapping[str, str] | None:
    """File in ``tables/`` → fingerprint, while the run goes on; None when the folder is a finished run or another's."""
    path = run / FOLDER / _MARKS
    found: Mapping[str, str] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found


def _read(path: Path) -> pa.Table | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    body = memoryview(content)[_DIGEST:]
    if hashlib.sha256(body).digest() != content[:_DIGEST]:
        return None
    with pa.ipc.open_file(pa.py_buffer(body)) as file:
        return file.read_all()


def _link(source: Path, target: Path) -> None:
    """Hard links where the file system has them (no answer is ever changed in place), copies elsewhere."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        with suppress(OSError):
            shutil.copy2(source, target)
