"""Workbooks: their sheets' first rows, and their rows as Arrow, read by a process of its own with limited memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from helpers.errors import InputError
from helpers.intake import checking, workbook_process


def heads(path: Path, most: int) -> list[tuple[str, list[list[str]]]]:
    """Name and first `most` rows of every sheet, as text.

    Raises:
        InputError: damaged, or larger than the memory allowed.
    """
    return [(one["name"], one["rows"]) for one in json.loads(_asked(path, "heads", str(most)))]


def table(
    path: Path, sheets: tuple[str, ...], header_row: int, width: int, folder: Path, carried: tuple[int, ...] = ()
) -> pa.Table:
    """All rows below the header of these sheets, columns c0…, mapped from a file in `folder`.

    Args:
        path: the workbook.
        sheets: their names.
        header_row: where the header stands in each of them, from 0.
        width: how many columns to read.
        folder: for a copy of the rows.
        carried: numbers of the columns in which the value of a merged cell stands for every row it spans.

    Raises:
        InputError: damaged, or larger than the memory allowed.
    """
    target = folder / f"{path.name}.arrow"
    lists = (json.dumps(sheets), json.dumps(carried))
    _asked(path, "rows", str(header_row + 1), str(width), *lists, str(target))
    with pa.memory_map(str(target)) as source:
        return pa.ipc.open_file(source).read_all()


def _asked(path: Path, what: str, *words: str) -> bytes:
    """What the reading process answers."""
    command = [sys.executable, "-P", workbook_process.__file__, what, str(checking.WORKBOOK_MEMORY), str(path), *words]
    done: Any = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    if done.returncode == workbook_process.DAMAGED:
        raise InputError("{file} is damaged and cannot be read; export it again.", file=path.name)
    if done.returncode == 1:
        raise RuntimeError(f"the process that reads workbooks failed: {done.stderr.decode(errors='replace')[-2000:]}")
    if done.returncode != 0:
        raise InputError(
            "{file} needs more than {limit} GB of memory; save the sheet as .csv or export a shorter period.",
            file=path.name, limit=checking.WORKBOOK_MEMORY / checking.GIGABYTE,
        )  # fmt: skip
    return bytes(done.stdout)
