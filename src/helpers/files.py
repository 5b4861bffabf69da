"""Writing files so that a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

PRIVATE = 0o600


def write_text(path: Path, text: str, *, private: bool = False) -> Path:
    """Write UTF-8 text atomically: to a temporary file beside it, flushed to disk, then moved over."""
    return write_bytes(path, text.encode("utf-8"), private=private)


def write_bytes(path: Path, content: bytes, *, private: bool = False) -> Path:
    """Write bytes atomically; `private` makes the file readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(PRIVATE if private else 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def safe_cells(table: ir.Table) -> ir.Table:
    """Text that a spreadsheet would run as a formula (starting with = + - @, tab or carriage return) gets a leading apostrophe."""
    risky = {}
    for name, kind in table.schema().items():
        if kind.is_string():
            column: Any = table[name]
            risky[name] = column.re_search(r"^[=+\-@\t\r]").fill_null(False).ifelse(ibis.literal("'") + column, column)
    return table.mutate(**risky) if risky else table


def write_csv(con: Any, table: ir.Table, path: Path) -> Path:
    """Write a table as CSV a Vietnamese Excel opens with a double click (UTF-8 with byte-order mark), private to its owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".csv")
    os.close(handle)
    rough = Path(temporary)
    marked = rough.with_suffix(".part")
    try:
        con.to_csv(safe_cells(table), rough)
        # private from its first byte on
        with (
            rough.open("rb") as source,
            os.fdopen(os.open(marked, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as target,
        ):
            target.write(b"\xef\xbb\xbf")
            shutil.copyfileobj(source, target, 1 << 20)
        marked.replace(path)
    finally:
        rough.unlink(missing_ok=True)
        marked.unlink(missing_ok=True)
    return path
