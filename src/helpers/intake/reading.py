"""Files into raw tables: every cell kept, columns named c0, c1, …, and each row under its number in the file.

CSV goes through DuckDB as text, workbooks through fastexcel into Arrow, Parquet is left where it is. Nothing is
interpreted here; `parsing` does that.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import fastexcel
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from helpers.errors import InputError
from helpers.intake.checking import TEXT, check
from helpers.intake.formats import is_private
from helpers.intake.text import header_key, nfc
from helpers.intake.textfile import HEAD_ROWS, as_utf8, read_head


@dataclass(frozen=True)
class Head:
    """The first rows of one sheet (or of the file).

    Attributes:
        sheet: name of the sheet; missing for files without sheets.
        rows: the first rows as text cells, title rows included. typed: columns come with types (Parquet).
        encoding, delimiter: of a text file.
    """

    sheet: str | None
    rows: list[list[str]]
    typed: bool = False
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True)
class Raw:
    """A file's rows in the engine.

    Attributes:
        table: columns c0… of text or of the file's own types, and source_row. columns: header → its column; those
            that hold identity-card numbers are not among them.
        malformed: rows the text reader could not cut into cells (source_row, raw). temporary: tables to drop after use.
    """

    table: ir.Table
    columns: dict[str, str]
    malformed: ir.Table | None = None
    temporary: tuple[str, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers, from left to right."""
        return tuple(self.columns)

    def column(self, header: str) -> Any:
        """The column under exactly this header."""
        return self.table[self.columns[header]]


def heads(path: Path) -> list[Head]:
    """The first rows of every sheet; one for files without sheets.

    Raises:
        InputError: as :func:`check`, or the file is damaged.
    """
    check(path)
    kind = path.suffix.lower()
    if kind == ".parquet":
        return [Head(None, [_parquet_schema(path).names], typed=True)]
    if kind in TEXT:
        head = read_head(path)
        return [Head(None, head.rows, encoding=head.encoding, delimiter=head.delimiter)]
    book = _open(path)
    found = []
    with _reading(path):
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, n_rows=HEAD_ROWS, dtypes="string")
            cells = sheet.to_arrow() if sheet.width else pa.table({})
            found.append(
                Head(name, [["" if cell is None else cell for cell in row.values()] for row in cells.to_pylist()])
            )
    return found


def read(
    con: Any,
    path: Path,
    head: Head,
    header_row: int,
    sheets: tuple[str, ...],
    folder: Path,
    *,
    skip_first: bool = False,
) -> Raw:
    """Put a file's rows into the engine.

    Args:
        con: the engine.
        path: the file.
        head: of the sheet that was recognised.
        header_row: where its header stands, from 0.
        sheets: all sheets to read.
        folder: for temporary copies.
        skip_first: the first row of data describes the columns.
    """
    headers = unique([nfc(cell) for cell in head.rows[header_row]])
    if head.typed:
        raw = _read_parquet(con, path, headers)
    elif head.delimiter:
        raw = _read_text(con, path, head, header_row, headers, folder)
    else:
        raw = _read_book(con, path, header_row, headers, sheets)
    if skip_first:
        table = raw.table.filter(raw.table.source_row > 1)
        raw = replace(raw, table=table.mutate(source_row=table.source_row - 1))
    return raw


def _readable(headers: tuple[str, ...]) -> dict[str, str]:
    """Header → column, without the columns that are never read; a column without header goes by its number."""
    return {header or f"[{i + 1}]": f"c{i}" for i, header in enumerate(headers) if not is_private(header)}


def unique(headers: list[str]) -> tuple[str, ...]:
    """Headers with repeated ones numbered: a, b, a → a, b, a (2)."""
    seen: dict[str, int] = {}
    out = []
    for header in headers:
        seen[header] = seen.get(header, 0) + 1
        out.append(header if seen[header] == 1 else f"{header} ({seen[header]})")
    return tuple(out)


def _read_parquet(con: Any, path: Path, headers: tuple[str, ...]) -> Raw:
    name = ibis.util.gen_name("intake_parquet")
    with _reading(path):
        table = con.read_parquet(_literal(path), table_name=name, file_row_number=True)
    names = [column for column in table.columns if column != "file_row_number"]
    columns = {f"c{i}": table[column] for i, column in enumerate(names) if not is_private(column)}
    return Raw(table.select(**columns, source_row=table.file_row_number + 1), _readable(headers))


def _read_text(con: Any, path: Path, head: Head, header_row: int, headers: tuple[str, ...], folder: Path) -> Raw:
    name = ibis.util.gen_name("intake_text")
    source = as_utf8(path, head.encoding, folder)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(headers)))
    kept = ", ".join(f"c{i}" for i, header in enumerate(headers) if not is_private(header))
    # the options name every choice, so that DuckDB guesses nothing; rows it cannot cut are kept aside
    con.raw_sql(
        f"""CREATE TEMP TABLE {name} AS SELECT {kept} FROM read_csv('{_quoted(source)}', auto_detect=false, header=true,
        skip={header_row}, delim='{head.delimiter}', quote='"', escape='"', columns={{{columns}}},
        max_line_size=16777216, buffer_size=67108864, store_rejects=true, rejects_table='{name}_bad', rejects_scan='{name}_scan')"""  # noqa: S608
    )
    private = any(is_private(header) for header in headers)
    malformed = _malformed(con, name, header_row, private=private)
    return _numbered(con, name, headers, malformed)


def _malformed(con: Any, name: str, header_row: int, *, private: bool) -> str:
    """Rows that could not be cut, once each; without their text where that may hold identity-card numbers."""
    raw = "NULL::VARCHAR" if private else "any_value(csv_line)"
    con.raw_sql(
        f"""CREATE TEMP TABLE {name}_rows AS SELECT (min(line) - {header_row + 1})::BIGINT AS source_row, {raw} AS raw
        FROM {name}_bad GROUP BY line_byte_position"""  # noqa: S608
    )
    con.raw_sql(f"DROP TABLE {name}_bad; DROP TABLE {name}_scan")
    return f"{name}_rows"


def _numbered(con: Any, name: str, headers: tuple[str, ...], malformed: str) -> Raw:
    """Row numbers of the good rows: their rank, moved down by the bad rows that stood above."""
    table, bad = con.table(name), con.table(malformed)
    ranked = table.mutate(source_row=table.rowid() + 1)
    if con.execute(bad.count()):
        # the i-th bad row (from 0) stands above every good row of rank > place - i - 1
        steps = bad.order_by("source_row").mutate(i=ibis.row_number().over(order_by=bad.source_row))
        steps = steps.select(after=steps.source_row - steps.i, moved=steps.i + 1)
        steps = steps.group_by("after").agg(moved=steps.moved.max())
        joined = ranked.asof_join(steps, on=ranked.source_row >= steps.after)
        ranked = joined.mutate(source_row=joined.source_row + joined.moved.fill_null(0)).drop("after", "moved")
    return Raw(ranked, _readable(headers), bad, (name, malformed))


def _read_book(con: Any, path: Path, header_row: int, headers: tuple[str, ...], sheets: tuple[str, ...]) -> Raw:
    name = ibis.util.gen_name("intake_book")
    book = _open(path)
    names = [f"c{i}" for i in range(len(headers))]
    with _reading(path):
        parts = [_sheet(book, sheet, header_row, names) for sheet in sheets]
    rows = pa.concat_tables(_same_types(parts))
    rows = rows.select([c for c, header in zip(names, headers, strict=True) if not is_private(header)])
    rows = rows.append_column("source_row", pa.array(np.arange(1, rows.num_rows + 1)))
    # straight through the DuckDB connection: Ibis's own way over a memtable copies the rows once more
    con.con.register(f"{name}_rows", rows)
    con.raw_sql(f"CREATE TEMP TABLE {name} AS SELECT * FROM {name}_rows")  # noqa: S608
    con.con.unregister(f"{name}_rows")
    return Raw(con.table(name), _readable(headers), None, (name,))


def _sheet(book: Any, sheet: str, header_row: int, names: list[str]) -> pa.Table:
    """One sheet; a column whose cells are all numbers or all dates keeps its type, any other is text."""
    options = {"header_row": None, "skip_rows": header_row + 1, "schema_sample_rows": None}
    batch = book.load_sheet(sheet, **options).to_arrow()
    columns = [
        batch.column(i) if i < batch.num_columns else pa.nulls(batch.num_rows, pa.string()) for i in range(len(names))
    ]
    return pa.table(columns, names=names)


def _same_types(parts: list[pa.Table]) -> list[pa.Table]:
    """Sheets made alike: columns typed differently become text."""
    wanted = []
    for i, field in enumerate(parts[0].schema):
        kinds = {part.schema.field(i).type for part in parts if part.column(i).null_count < part.num_rows}
        wanted.append(pa.field(field.name, kinds.pop() if len(kinds) == 1 else pa.string()))
    schema = pa.schema(wanted)
    return [
        pa.table([pc.cast(part.column(i), schema.field(i).type) for i in range(len(wanted))], schema=schema)
        for part in parts
    ]


def same_header(one: list[str], other: list[str]) -> bool:
    """Whether two header rows are the same, cells compared as headers are."""
    return [header_key(cell) for cell in one] == [header_key(cell) for cell in other]


def _parquet_schema(path: Path) -> pa.Schema:
    with _reading(path):
        return pq.read_schema(path)


def _open(path: Path) -> Any:
    with _reading(path):
        return fastexcel.read_excel(str(path))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Damage found while reading becomes the user's sentence; fastexcel's remarks on empty columns are not shown."""
    log = logging.getLogger("fastexcel")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    except (fastexcel.FastExcelError, pa.ArrowException, OSError) as fault:
        raise InputError("{file} is damaged and cannot be read; export it again.", file=path.name) from fault
    finally:
        log.setLevel(level)


def _literal(path: Path) -> str:
    """A path in which DuckDB sees no pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))


def _quoted(path: Path) -> str:
    return _literal(path).replace("'", "''")


def drop(con: Any, *names: str) -> None:
    """Forget working tables (spelt out: Ibis 12 writes this statement without the name for newer sqlglot)."""
    for name in names:
        con.raw_sql(f"DROP TABLE IF EXISTS {name}")
