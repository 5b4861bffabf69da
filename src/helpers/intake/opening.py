"""Open one file: recognise it, put it into the engine, and clear up afterwards."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from helpers.errors import InputError
from helpers.intake.checking import KNOWN, PACKED
from helpers.intake.formats import Format, formats
from helpers.intake.parquetfile import is_damaged
from helpers.intake.reading import Raw, drop, read
from helpers.intake.recognition import Recognition, recognise, require
from helpers.intake.unpacking import unpack

_OF_THE_LINE = ("amount", "line_discount", "quantity", "unit_price", "product_id", "product", "category")


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
    with tempfile.TemporaryDirectory(prefix="intake-") as folder:
        if path.suffix.lower() in PACKED and path.is_file():
            path = _only(path, Path(folder))
        recognition = recognise(path, columns, format, kind=kind, sheet=sheet)
        require(recognition, path.name)
        layout = formats()[recognition.format]
        raw = None
        try:
            raw = read(
                con,
                path,
                recognition.head,
                recognition.header_row,
                recognition.sheets,
                Path(folder),
                skip_first=layout.description_row,
                carried=_carried(layout, recognition.mapping),
            )
            yield raw, recognition
        except duckdb.Error as fault:
            # Parquet is read where it stands, so that damage inside it shows only now
            if is_damaged(con, path):
                raise InputError("{file} is damaged and cannot be read; export it again.", file=path.name) from fault
            raise
        finally:
            if raw is not None:
                drop(con, *raw.temporary)


def _only(path: Path, folder: Path) -> Path:
    """The one export in an archive."""
    found = unpack(path, folder)
    if len(found) > 1:
        raise InputError("{file} holds several files; unpack it and name one of them.", file=path.name)
    return found[0]


def _carried(layout: Format, mapping: Mapping[str, str]) -> frozenset[str]:
    """Headers under which a merged cell stands for the whole order: all but a line's own, whose figures would be counted again."""
    lines = set(_OF_THE_LINE)
    if "order_id" not in mapping or layout.totals == "lines":
        lines.add("net_revenue")
    if layout.kind != "orders":
        return frozenset()
    return frozenset(header for role, header in mapping.items() if role not in lines)


def files(folder: Path, name: str, scratch: Path) -> list[Path]:
    """The file of a source, all files of a folder of exports, or all files in an archive, in the order of their names.

    Args:
        folder: against which the name resolves.
        name: of the source, as in business.yml.
        scratch: a folder of ours; what is unpacked is written under it.

    Raises:
        InputError: it is a folder or an archive without any file that can be read, or an archive beyond the limits.
    """
    path = folder / Path(name).expanduser()
    if not path.is_dir():
        return _unpacked(path, scratch)
    found = sorted((p for p in path.iterdir() if _is_export(p)), key=_by_name)
    if not found:
        raise InputError(
            "The folder {file} holds no export; put .csv, .xlsx or .parquet files into it.", file=path.name
        )
    return [one for inner in found for one in _unpacked(inner, scratch)]


def _is_export(path: Path) -> bool:
    return path.suffix.lower() in KNOWN and path.is_file() and not path.name.startswith((".", "~$"))


def _unpacked(path: Path, scratch: Path) -> list[Path]:
    if path.suffix.lower() not in PACKED or not path.is_file():
        return [path]
    return sorted(unpack(path, Path(tempfile.mkdtemp(dir=scratch))), key=_by_name)


def _by_name(path: Path) -> tuple[tuple[int, int | str], ...]:
    """The order people expect of names: “T2” before “T10”, “orders” before “orders (1)”."""
    parts = re.split(r"(\d+)", path.stem.casefold())
    return tuple((0, int(part)) if part.isdigit() and part.isascii() else (1, part) for part in parts if part)
