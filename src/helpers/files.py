"""Writing files so that a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import xlsxwriter

from helpers import engine

PRIVATE = 0o600
MOST_SHEET_ROWS = 1_048_575
LONGEST_CELL = 32_767
"""Characters of one cell of a workbook."""
_FORMULA = r"^[\x00-\x08\x0B\x0C\x0E-\x1F]*[=+\-@\t\r\n＝＋－＠]"
"""What spreadsheets take for the beginning of a formula: the full-width signs of East Asian keyboards among it, and any of
them behind control characters, which some programs pass over."""


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
    settle_folder(path.parent)
    return path


def settle_folder(folder: Path) -> None:
    """Have a folder's names on the disk, so that a power cut does not bring an old one back; a system without that is let be."""
    with suppress(OSError):  # Windows opens no folders, some network drives sync none
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def settle(folder: Path) -> None:
    """Have everything below a folder on the disk: contents first, then the names of every folder."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            settle_folder(path)
        elif path.stat().st_nlink == 1:  # what is shared with an earlier run was settled with it
            with path.open("rb") as file, suppress(OSError):
                os.fsync(file.fileno())
    settle_folder(folder)


def safe_cells(table: ir.Table) -> ir.Table:
    """Text that a spreadsheet would run as a formula (starting with = + - @, tab or line end) gets a leading apostrophe.

    So do headers.
    """
    risky = {}
    for name, kind in table.schema().items():
        if kind.is_string():
            column: Any = table[name]
            risky[name] = column.re_search(_FORMULA).fill_null(False).ifelse(ibis.literal("'") + column, column)
    safe = table.mutate(**risky) if risky else table
    return safe.rename({f"'{name}": name for name in table.columns if re.match(_FORMULA, name)})


def write_csv(con: Any, table: ir.Table, path: Path) -> Path:
    """Write a table as CSV a Vietnamese Excel opens with a double click (UTF-8 with byte-order mark), private to its owner."""
    con, table = engine.at_hand(con, table)
    with _replacing(path, ".csv") as rough, _replacing(path, ".part") as marked:
        con.to_csv(safe_cells(table), rough)
        with rough.open("rb") as source, marked.open("wb") as target:
            target.write(b"\xef\xbb\xbf")
            shutil.copyfileobj(source, target, 1 << 20)
        marked.replace(path)
    return path


def write_xlsx(con: Any, table: ir.Table, path: Path, *, sheet: str = "Sheet1") -> Path:
    """Write a table as a workbook of one sheet, private to its owner.

    Text is written as text: telephone numbers keep their zeros, nothing runs as a formula or becomes a link. What
    begins like a formula is marked as in :func:`write_csv`, since the sheet may be saved as CSV one day.

    Args:
        con: the backend the table lives in.
        table: text, numbers, truth values, dates and times; at most :data:`MOST_SHEET_ROWS` rows.
        path: of the workbook.
        sheet: name on its tab.

    Raises:
        ValueError: more rows than a sheet can hold.
    """
    con, table = engine.at_hand(con, table)
    rows = con.to_pyarrow(_storable(safe_cells(table)))
    if rows.num_rows > MOST_SHEET_ROWS:
        raise ValueError(f"a sheet holds {MOST_SHEET_ROWS:,} rows below its header, not {rows.num_rows:,}")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with _replacing(path, ".xlsx") as rough:
        with xlsxwriter.Workbook(rough, {**options, "nan_inf_to_errors": True}) as book:
            page = book.add_worksheet(sheet)
            head = book.add_format({"bold": True})
            page.freeze_panes(1, 0)
            for i, name in enumerate(rows.column_names):
                shown = book.add_format({"num_format": _number_format(rows.schema.field(i).type)})
                page.set_column(i, i, 16, shown)
                page.write_string(0, i, name, head)
                page.write_column(1, i, rows.column(i).to_pylist(), shown)
        rough.replace(path)
    return path


def _storable(table: ir.Table) -> ir.Table:
    """The table as a sheet can hold it: no character that XML has not, texts of its longest length, decimals as doubles."""
    cells: dict[str, Any] = {}
    for name, kind in table.schema().items():
        column: Any = table[name]
        if kind.is_string():
            cells[name] = column.re_replace(r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]", "").left(LONGEST_CELL)
        elif kind.is_decimal():
            cells[name] = column.cast("float64")
        elif kind.is_timestamp() and kind.timezone:
            cells[name] = column.cast("timestamp")
        elif kind.is_nested():
            cells[name] = column.cast("string").left(LONGEST_CELL)
    return table.mutate(**cells) if cells else table


def _number_format(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "yyyy-mm-dd hh:mm"
    if pa.types.is_date(kind):
        return "yyyy-mm-dd"
    return "@" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "General"


@contextmanager
def _replacing(path: Path, suffix: str) -> Iterator[Path]:
    """An empty private file beside `path` to write to and move over it; gone afterwards unless it was moved."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=suffix)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
