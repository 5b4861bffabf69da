"""Reads one workbook in a process of its own, whose memory is limited: run as a script, imports nothing of the package.

A few kilobytes of workbook can claim a grid of 17 billion cells. The library that reads workbooks then ends its
process, so it must not be ours. Answers on standard output: JSON for ``heads``, nothing for ``rows``.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import tempfile
import zipfile
import zlib
from typing import IO, Any
from xml.etree import ElementTree

DAMAGED, TOO_LARGE = 3, 4
"""Exit codes; any other than 0 stands for a process that was ended."""
_TAIL = 1024
_BLOCK = 4 * 1024 * 1024


def heads(path: str, rows: int) -> list[dict[str, Any]]:
    """Name and first rows of every sheet, as text."""
    book = _opened(path)
    found = []
    for name in book.sheet_names:
        sheet = book.load_sheet(name, header_row=None, skip_rows=0, n_rows=rows, dtypes="string")
        cells = sheet.to_arrow().to_pydict().values() if sheet.width else []
        texts = [["" if cell is None else cell for cell in row] for row in zip(*cells, strict=True)]
        found.append({"name": name, "rows": texts})
    return found


def rows(path: str, skip: int, width: int, sheets: list[str], carried: list[int], target: str) -> None:
    """The rows below the header of some sheets, one after the other, as an Arrow file.

    Columns are c0, c1, …. A column whose cells are all numbers or all dates keeps its type, any other is text. In the columns `carried` the
    value of a cell merged over several rows stands on each of them.
    """
    import pyarrow as pa

    book = _opened(path)
    merged = _merged(path) if carried else {}
    names = [f"c{i}" for i in range(width)]
    parts = []
    for sheet in sheets:
        loaded = book.load_sheet(sheet, header_row=None, skip_rows=skip, schema_sample_rows=None)
        if not loaded.width or not loaded.height:
            continue
        batch = loaded.to_arrow()
        columns = [
            batch.column(i) if i < batch.num_columns else pa.nulls(batch.num_rows, pa.string()) for i in range(width)
        ]
        part = pa.table(columns, names=names)
        for column in carried:
            spans = [(a - skip, b - skip) for a, b, c in merged.get(sheet, []) if c == column and a >= skip]
            part = _carried_down(part, column, [(a, b) for a, b in spans if b < part.num_rows])
        parts.append(part)
    table = pa.concat_tables(_same_types(parts)) if parts else pa.table({n: pa.array([], pa.string()) for n in names})
    with pa.OSFile(target, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=100_000)


def _opened(path: str) -> Any:
    import fastexcel

    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError:
        if not path.lower().endswith(".ods"):
            raise
        with tempfile.NamedTemporaryFile(suffix=".ods") as copy:
            _without_indents(path, copy)
            return fastexcel.read_excel(copy.name)


def _without_indents(path: str, copy: IO[bytes]) -> None:
    """A copy of an OpenDocument sheet without the line breaks that some programs write between cells.

    The library that reads workbooks takes them for damage.
    """
    with zipfile.ZipFile(path) as parts, zipfile.ZipFile(copy, "w") as out:
        for part in parts.infolist():
            content = parts.read(part)
            if part.filename == "content.xml":
                content = re.sub(rb">\s+<(/?(?:table:|office:|text:p\b))", rb"><\1", content)
            out.writestr(part, content)
    copy.flush()


def _carried_down(part: Any, column: int, spans: list[tuple[int, int]]) -> Any:
    """The rows with the first value of each span (first and last row) on all of it."""
    if not spans:
        return part
    import numpy as np

    first, last = np.array(spans).T
    lengths = last - first + 1
    source = np.arange(part.num_rows)
    within = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
    source[np.repeat(first, lengths) + within] = np.repeat(first, lengths)
    return part.set_column(column, part.schema.field(column), part.column(column).take(source))


def _same_types(parts: list[Any]) -> list[Any]:
    """Sheets made alike: columns typed differently become text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = []
    for i, field in enumerate(parts[0].schema):
        kinds = {part.schema.field(i).type for part in parts if part.column(i).null_count < part.num_rows}
        wanted.append(pa.field(field.name, kinds.pop() if len(kinds) == 1 else pa.string()))
    schema = pa.schema(wanted)
    return [
        pa.table([pc.cast(part.column(i), schema.field(i).type) for i in range(len(wanted))], schema=schema)
        for part in parts
    ]


def _merged(path: str) -> dict[str, list[list[int]]]:
    """Merged cells over several rows, by sheet, of a workbook in Office Open XML; of other kinds they are not known."""
    if not path.lower().endswith((".xlsx", ".xlsm")):
        return {}
    try:
        with zipfile.ZipFile(path) as parts:
            return {name: found for name, part in _parts(parts).items() if (found := _of_part(parts, part))}
    except (KeyError, ValueError, zipfile.BadZipFile, ElementTree.ParseError):
        return {}


def _parts(parts: zipfile.ZipFile) -> dict[str, str]:
    """Name of each sheet → its part."""
    book, links = (parts.read(f"xl/{name}") for name in ("workbook.xml", "_rels/workbook.xml.rels"))
    if b"<!DOCTYPE" in book or b"<!DOCTYPE" in links:
        return {}
    targets = {link.get("Id"): link.get("Target") or "" for link in ElementTree.fromstring(links)}  # noqa: S314
    sheets = [one for one in ElementTree.fromstring(book).iter() if one.tag.endswith("}sheet")]  # noqa: S314
    found = {}
    for one in sheets:
        link = next((value for key, value in one.attrib.items() if key.endswith("}id")), None)
        if target := targets.get(link):
            found[one.get("name") or ""] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


def _of_part(parts: zipfile.ZipFile, part: str) -> list[list[int]]:
    found: list[list[int]] = []
    first = None
    with parts.open(part) as stream:
        carried = b""
        while block := stream.read(_BLOCK):
            text = carried + block
            if first is None or first > 0:
                columns = [
                    _column(match[1]) for match in re.finditer(rb'<c r="([A-Z]{1,2})\d+"[^>]*[^/>]>', text[:65536])
                ]
                first = min([*columns, *([first] if first is not None else [])], default=None)
            for match in re.finditer(rb'<mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"', text):
                top, bottom = int(match[2]) - 1, int(match[4]) - 1
                if top < bottom < 1_048_576:
                    found.append([top, bottom, _column(match[1])])
            # a tag cut in two by the end of the block is looked at again with the next one
            carried = text[max(text.rfind(b"<"), len(text) - _TAIL) :]
    # the library's first column is the first one with a cell in it
    return [[top, bottom, column - (first or 0)] for top, bottom, column in found if column >= (first or 0)]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _limit(size: int) -> None:
    """Let this process have `size` bytes at most, where the system can do that."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def main(words: list[str]) -> int:
    """Run one request: ``heads LIMIT PATH ROWS`` or ``rows LIMIT PATH SKIP WIDTH SHEETS CARRIED TARGET`` (lists as JSON)."""
    what, limit, path, *rest = words
    logging.getLogger("fastexcel").setLevel(logging.ERROR)
    import fastexcel
    import pyarrow as pa

    _limit(int(limit))
    try:
        if what == "heads":
            json.dump(heads(path, int(rest[0])), sys.stdout)
        else:
            rows(path, int(rest[0]), int(rest[1]), json.loads(rest[2]), json.loads(rest[3]), rest[4])
    except (MemoryError, pa.ArrowMemoryError):
        return TOO_LARGE
    except (fastexcel.FastExcelError, pa.ArrowException, OSError, ValueError, zipfile.BadZipFile, zlib.error):
        return DAMAGED
    except BaseException as fault:
        # a panic of the library is no Exception
        if type(fault).__name__ == "PanicException":
            return DAMAGED
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
