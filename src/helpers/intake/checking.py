"""What is read and up to which size: the limits, and the refusal of everything beyond them before anything tries to read it."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from helpers.errors import InputError

TEXT = (".csv", ".tsv", ".txt")
BOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
JSON = (".json", ".jsonl", ".ndjson")
PACKED = (".zip", ".gz")
READABLE = (*TEXT, *BOOKS, ".parquet", *JSON)
KNOWN = (*READABLE, *PACKED)

GIGABYTE = 1000**3
LARGEST_UNPACKED = 4 * GIGABYTE
"""Bytes that all files of one archive may unpack to."""
HIGHEST_RATIO = 100
"""Times its packed size that a file may unpack to, from :data:`RATIO_FROM` bytes on; sales exports stay below 50."""
RATIO_FROM = 100_000_000
LARGEST_WORKBOOK = 2 * GIGABYTE
"""Bytes the parts of a workbook may unfold to; a small file that unfolds to more is refused."""
WORKBOOK_MEMORY = 4 * GIGABYTE
"""Bytes of memory the reading of one workbook may take."""
LARGEST_JSON = GIGABYTE
"""Bytes of one JSON document; files of one record per line may be longer."""
JSON_MEMORY = 4 * GIGABYTE
"""Bytes of memory that finding out the structure of a JSON file may take; beyond it the engine spills to disk."""
ENGINE_MEMORY = GIGABYTE
"""Bytes the engine holds of the rows it reads, the rest waits on disk; of files beyond it :data:`TIMES_THE_FILES`."""
TIMES_THE_FILES = 3
"""Times the size of all files: grouping by order needs room for a part of each group, so a fixed amount ends somewhere."""
MOST_COLUMNS = 1_000
MOST_FILES = 1_000
"""Files in one archive."""
LONGEST_LINE = 16 * 1024**2
"""Bytes of one row of a text file; a longer one is set aside as malformed."""
MOST_ROWS = 1_000_000_000
"""Rows a Parquet file may claim: a few bytes of it can stand for any number of equal rows."""

_ZIP, _OLE, _PARQUET, _GZIP = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", b"\x1f\x8b"


def check(path: Path) -> None:
    """Refuse what cannot be read before anything tries to.

    Raises:
        InputError: missing, a folder, empty, of an unknown kind, or not what its name says.
    """
    name, kind = path.name, path.suffix.lower()
    if path.is_dir():
        raise InputError("{file} is a folder; name the file inside it.", file=name)
    if not path.is_file():
        raise InputError(
            "There is no file {file}; check the name in business.yml and that the file is in the client's folder.",
            file=name,
        )
    if kind not in KNOWN:
        raise InputError(
            "{file} is not a kind of file that can be read; export it as one of: {known}.", file=name, known=list(KNOWN)
        )
    with path.open("rb") as file:
        start = file.read(512)
    if not start.strip(b" \t\r\n\xef\xbb\xbf") or (len(start) < 4 and start[:2] in (b"\xff\xfe", b"\xfe\xff")):
        raise InputError("{file} is empty; export it again.", file=name)
    if kind == ".parquet" and start[:4] != _PARQUET:
        raise InputError("{file} is not a Parquet file although its name says so; export it again.", file=name)
    if kind in BOOKS:
        _check_workbook(path, start)
    elif kind in (*TEXT, *JSON) and start.startswith((_ZIP, _PARQUET, _OLE, _GZIP)):
        raise InputError("{file} is not a text file; export it again as .csv or .xlsx.", file=name)


def check_parquet(path: Path, meta: pq.FileMetaData) -> None:
    """Refuse a Parquet file that stands for more than can be read.

    Raises:
        InputError: more rows than :data:`MOST_ROWS`.
    """
    if meta.num_rows > MOST_ROWS:
        raise InputError("{file} has more than {most} rows; export a shorter period.", file=path.name, most=MOST_ROWS)


def check_width(file: str, rows: Sequence[Sequence[object]]) -> None:
    """Refuse a table wider than any export.

    Raises:
        InputError: a row of the head has more cells than :data:`MOST_COLUMNS`.
    """
    if max((len(row) for row in rows), default=0) > MOST_COLUMNS:
        raise InputError(
            "{file} has more than {most} columns; export only the columns that are needed.",
            file=file, most=MOST_COLUMNS,
        )  # fmt: skip


def _check_workbook(path: Path, start: bytes) -> None:
    kind = path.suffix.lower()
    if kind == ".xls" and start.startswith(_OLE):
        return
    if kind != ".xls" and start.startswith(_OLE):
        raise InputError(
            "{file} is protected with a password, or an old .xls under another name; save it in Excel as .xlsx "
            "without a password.",
            file=path.name,
        )
    try:
        with zipfile.ZipFile(path) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as broken:
        raise InputError(
            "{file} is not a workbook although its name says so; open it in Excel and save it again as .xlsx.",
            file=path.name,
        ) from broken
    if size > LARGEST_WORKBOOK:
        raise too_large(path.name, LARGEST_WORKBOOK)


def too_large(file: str, limit: int) -> InputError:
    """The sentence for a file that unfolds to more than `limit` bytes."""
    return InputError(
        "{file} unfolds to more than {limit} GB; export a shorter period.", file=file, limit=limit / GIGABYTE
    )
