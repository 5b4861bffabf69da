"""Read a small table as it stands, for files that are not merchants' exports (outcomes of a campaign)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.errors import InputError
from helpers.intake.checking import PACKED
from helpers.intake.reading import drop, heads, read
from helpers.intake.unpacking import unpack


def read_plain(con: Any, path: Path) -> ir.Table:
    """All rows of a CSV, workbook (first sheet) or Parquet file under its own headers; text where the file has no types.

    Raises:
        InputError: the file cannot be read, or is empty.
    """
    with tempfile.TemporaryDirectory(prefix="intake-") as folder:
        if path.suffix.lower() in PACKED and path.is_file():
            path = unpack(path, Path(folder))[0]
        head = heads(path)[0]
        if not head.rows:
            raise InputError("{file} is empty; export it again.", file=path.name)
        raw = read(con, path, head, 0, (head.sheet,) if head.sheet else (), Path(folder))
        named = raw.table.order_by("source_row").select(**{header: raw.column(header) for header in raw.headers})
        try:
            return con.create_table(ibis.util.gen_name("plain"), named, temp=True)
        finally:
            drop(con, *raw.temporary)
