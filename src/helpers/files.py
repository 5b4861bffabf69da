"""Writing files so that a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import os
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
        os.chmod(temporary, PRIVATE if private else 0o644)
        os.replace(temporary, path)
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
    try:
        con.to_csv(safe_cells(table), rough)
        with rough.open("rb") as source, path.with_suffix(".part").open("wb") as target:
            target.write(b"\xef\xbb\xbf")
            while block := source.read(1 << 20):
                target.write(block)
        os.chmod(path.with_suffix(".part"), PRIVATE)
        os.replace(path.with_suffix(".part"), path)
    finally:
        rough.unlink(missing_ok=True)
    return path
