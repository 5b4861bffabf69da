"""Open one file: recognise it, put it into the engine, and clear up afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.intake.checking import KNOWN
from helpers.intake.formats import formats
from helpers.intake.reading import Raw, drop, read
from helpers.intake.recognition import Recognition, recognise, require


@contextmanager
def opened(
    con: Any,
    path: Path,
    *,
    kind: str,
    columns: Mapping[str, str] | None = None,
    format: str | None = None,
    sheet: str | None = None,
) -> Iterator[tuple[Raw, Recognition]]:
    """The raw rows of a file and what it was recognised as; temporary tables and copies go when the block ends.

    Raises:
        InputError: the file cannot be read or lacks a column nothing can be done without.
    """
    recognition = recognise(path, columns, format, kind=kind, sheet=sheet)
    require(recognition, path.name)
    skip = formats()[recognition.format].description_row
    with tempfile.TemporaryDirectory(prefix="intake-") as folder:
        raw = read(
            con, path, recognition.head, recognition.header_row, recognition.sheets, Path(folder), skip_first=skip
        )
        try:
            yield raw, recognition
        finally:
            drop(con, *raw.temporary)


def files(folder: Path, name: str) -> list[Path]:
    """The file of a source, or all files of a folder of exports in the order of their names.

    Raises:
        InputError: it is a folder without any file that can be read.
    """
    path = folder / Path(name).expanduser()
    if not path.is_dir():
        return [path]
    found = sorted(
        p for p in path.iterdir() if p.suffix.lower() in KNOWN and p.is_file() and not p.name.startswith((".", "~$"))
    )
    if not found:
        raise InputError(
            "The folder {file} holds no export; put .csv, .xlsx or .parquet files into it.", file=path.name
        )
    return found
