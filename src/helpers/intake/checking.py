"""Refuse what cannot be read before anything tries to."""

from __future__ import annotations

import zipfile
from pathlib import Path

from helpers.errors import InputError

TEXT = (".csv", ".tsv", ".txt")
BOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
KNOWN = (*TEXT, *BOOKS, ".parquet")
LARGEST_WORKBOOK = 4 * 1024**3
"""Bytes a workbook may unfold to; a small file that unfolds to more is refused."""


def check(path: Path) -> None:
    """Refuse what cannot be read before anything tries to.

    Raises:
        InputError: missing, a folder, empty, of an unknown kind, or not what its name says.
    """
    name = path.name
    if path.is_dir():
        raise InputError("{file} is a folder; name the file inside it.", file=name)
    if not path.is_file():
        raise InputError(
            "There is no file {file}; check the name in business.yml and that the file is in the client's folder.",
            file=name,
        )
    if path.suffix.lower() not in KNOWN:
        raise InputError(
            "{file} is not a kind of file that can be read; export it as one of: {known}.", file=name, known=list(KNOWN)
        )
    with path.open("rb") as file:
        start = file.read(8)
    if not start.strip():
        raise InputError("{file} is empty; export it again.", file=name)
    kind = path.suffix.lower()
    if kind == ".parquet" and start[:4] != b"PAR1":
        raise InputError("{file} is not a Parquet file although its name says so; export it again.", file=name)
    if kind in BOOKS:
        _check_workbook(path, start)
    elif kind in TEXT and start[:4] in (b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0"):
        raise InputError("{file} is not a text file; export it again as .csv or .xlsx.", file=name)


def _check_workbook(path: Path, start: bytes) -> None:
    fault = InputError(
        "{file} is not a workbook although its name says so; open it in Excel and save it again as .xlsx.",
        file=path.name,
    )
    if path.suffix.lower() == ".xls":
        if start[:4] not in (b"\xd0\xcf\x11\xe0", b"PK\x03\x04"):
            raise fault
        return
    try:
        with zipfile.ZipFile(path) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except zipfile.BadZipFile as broken:
        raise fault from broken
    if size > LARGEST_WORKBOOK:
        raise InputError(
            "{file} unfolds to more than {limit} GB; export a shorter period.",
            file=path.name,
            limit=LARGEST_WORKBOOK // 1024**3,
        )
