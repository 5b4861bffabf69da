"""Files into raw tables: every cell kept, columns named c0, c1, …, and each row under its number in the file.

CSV goes through DuckDB as text, JSON through DuckDB as well, workbooks through fastexcel into Arrow, Parquet is left
where it is. Nothing is interpreted here; `parsing` does that.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from helpers.errors import InputError
from helpers.intake import jsonfile, parquetfile, workbook
from helpers.intake.checking import BOOKS, JSON, LONGEST_LINE, PACKED, TEXT, check, check_width
from helpers.intake.formats import is_private
from helpers.intake.parquetfile import inside_quotes
from helpers.intake.text import header_key, nfc
from helpers.intake.textfile import HEAD_ROWS, as_utf8, read_head
from helpers.intake.vietnamese import refuse_legacy

_COMPARED = 3
"""Columns looked at to tell a repeated header from a sale."""


@dataclass(frozen=True)
class Head:
    """The first rows of one sheet (or of the file).

    Attributes:
        sheet: name of the sheet; missing for files without sheets.
        rows: the first rows as text cells, title rows included. typed: the rows are the headers only, and columns come
            with types (Parquet, JSON).
        encoding, delimiter: of a text file. cut: how to cut a JSON file.
    """

    sheet: str | None
    rows: list[list[str]]
    typed: bool = False
    encoding: str = ""
    delimiter: str = ""
    cut: jsonfile.Layout | None = None


@dataclass(frozen=True)
class Raw:
    """A file's rows in the engine.

    Attributes:
        table: columns c0… of text or of the file's own types, and source_row. columns: header → its column; those
            that hold identity-card numbers are not among them.
        malformed: rows that are none, with their reason: the text reader could not cut them into cells, or they repeat
            the header (source_row, raw, reason). temporary: tables to drop after use.
        counts: what a warehouse counted of rows that stayed there.
    """

    table: ir.Table
    columns: dict[str, str]
    malformed: ir.Table | None = None
    temporary: tuple[str, ...] = ()
    counts: dict[str, int] | None = None

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
        InputError: as :func:`check`, or the file is damaged, or wider than any export, or in a Vietnamese encoding of old.
    """
    check(path)
    kind = path.suffix.lower()
    if kind in PACKED:
        raise InputError("{file} is an archive; unpack it and name the file inside it.", file=path.name)
    if kind == ".parquet":
        found = [Head(None, [list(parquetfile.fields(path))], typed=True)]
    elif kind in JSON:
        found = [_json_head(path)]
    elif kind in TEXT:
        head = read_head(path)
        found = [Head(None, head.rows, encoding=head.encoding, delimiter=head.delimiter)]
    else:
        found = [Head(name, rows) for name, rows in workbook.heads(path, HEAD_ROWS)]
    for one in found:
        check_width(path.name, one.rows)
        refuse_legacy(path.name, one.rows)
    return found


def _json_head(path: Path) -> Head:
    with tempfile.TemporaryDirectory(prefix="intake-") as folder:
        encoding = read_head(path).encoding
        cut = jsonfile.layout(as_utf8(path, encoding, Path(folder)), path.name)
    return Head(None, [cut.headers], typed=True, encoding=encoding, cut=cut)


def read(
    con: Any,
    path: Path,
    head: Head,
    header_row: int,
    sheets: tuple[str, ...],
    folder: Path,
    *,
    skip_first: bool = False,
    carried: frozenset[str] = frozenset(),
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
        carried: headers under which the value of a merged cell stands for every row it spans.
    """
    headers = unique([nfc(cell) for cell in head.rows[header_row]])
    if all(is_private(header) for header in headers):
        raise InputError("{file} is empty; export it again.", file=path.name)
    if head.cut:
        raw = _read_json(con, path, head, headers, folder)
    elif head.typed:
        raw = Raw(parquetfile.view(con, path), _readable(headers))
    elif path.suffix.lower() in BOOKS:
        places = tuple(i for i, header in enumerate(headers) if header in carried)
        raw = _read_book(con, path, header_row, headers, sheets, folder, places)
    else:
        raw = _read_text(con, path, head, header_row, headers, folder)
    raw = without_repeated_headers(con, raw)
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


def _read_json(con: Any, path: Path, head: Head, headers: tuple[str, ...], folder: Path) -> Raw:
    name = ibis.util.gen_name("intake_json")
    source = as_utf8(path, head.encoding, folder)
    assert head.cut is not None
    try:
        con.raw_sql(f"CREATE TEMP TABLE {name} AS {jsonfile.rows(source, head.cut)}")
    except duckdb.Error as fault:
        raise jsonfile.fault_of(path.name, fault) from fault
    table = con.table(name)
    return Raw(table.mutate(source_row=table.rowid() + 1), _readable(headers), None, (name,))


def _read_text(con: Any, path: Path, head: Head, header_row: int, headers: tuple[str, ...], folder: Path) -> Raw:
    name = ibis.util.gen_name("intake_text")
    source = as_utf8(path, head.encoding, folder)
    _cut(con, name, source, head, header_row, headers)
    if _unclosed(con, name):
        # the lines below would be swallowed: read again line by line, quotation marks as the characters they are
        drop(con, name, f"{name}_bad", f"{name}_scan")
        _cut(con, name, source, head, header_row, headers, quoted=False)
    private = any(is_private(header) for header in headers)
    malformed = _malformed(con, name, header_row, private=private)
    return _numbered(con, name, headers, malformed)


def _cut(
    con: Any, name: str, source: Path, head: Head, header_row: int, headers: tuple[str, ...], *, quoted: bool = True
) -> None:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(headers)))
    kept = [f"c{i}" for i, header in enumerate(headers) if not is_private(header)]
    if not quoted:
        kept = [rf"""regexp_replace({c}, '^\s*"(.*)"\s*$', '\1') AS {c}""" for c in kept]
    quote = '"' if quoted else ""
    # the options name every choice, so that DuckDB guesses nothing; rows it cannot cut are kept aside
    con.raw_sql(
        f"""CREATE TEMP TABLE {name} AS SELECT {", ".join(kept)} FROM read_csv('{inside_quotes(source)}', auto_detect=false,
        header=true, skip={header_row}, delim='{head.delimiter.replace("'", "''")}', quote='{quote}', escape='{quote}',
        columns={{{columns}}}, max_line_size={LONGEST_LINE}, buffer_size=67108864, store_rejects=true,
        rejects_table='{name}_bad', rejects_scan='{name}_scan')"""  # noqa: S608
    )


def _unclosed(con: Any, name: str) -> bool:
    """Whether a quotation mark opened a cell that goes on over lines of other rows."""
    found = con.raw_sql(
        f"""SELECT count(*) FROM {name}_bad WHERE error_type IN ('UNQUOTED VALUE', 'LINE SIZE OVER MAXIMUM')
        AND (length(csv_line) >= 10000 OR regexp_matches(rtrim(csv_line, chr(10) || chr(13)), '[\r\n]'))"""  # noqa: S608
    )
    return bool(found.fetchone()[0])


def _malformed(con: Any, name: str, header_row: int, *, private: bool) -> str:
    """Rows that could not be cut, once each; without their text where that may hold identity-card numbers."""
    raw = "NULL::VARCHAR" if private else "any_value(csv_line)"
    con.raw_sql(
        f"""CREATE TEMP TABLE {name}_rows AS SELECT (min(line) - {header_row + 1})::BIGINT AS source_row, {raw} AS raw,
        'malformed' AS reason FROM {name}_bad GROUP BY line_byte_position"""  # noqa: S608
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


def _read_book(
    con: Any,
    path: Path,
    header_row: int,
    headers: tuple[str, ...],
    sheets: tuple[str, ...],
    folder: Path,
    carried: tuple[int, ...],
) -> Raw:
    name = ibis.util.gen_name("intake_book")
    rows = workbook.table(path, sheets, header_row, len(headers), folder, carried)
    rows = rows.select([f"c{i}" for i, header in enumerate(headers) if not is_private(header)])
    rows = rows.append_column("source_row", pa.array(np.arange(1, rows.num_rows + 1)))
    # straight through the DuckDB connection: Ibis's own way over a memtable copies the rows once more
    con.con.register(f"{name}_rows", rows)
    con.raw_sql(f"CREATE TEMP TABLE {name} AS SELECT * FROM {name}_rows")  # noqa: S608
    con.con.unregister(f"{name}_rows")
    return Raw(con.table(name), _readable(headers), None, (name,))


def without_repeated_headers(con: Any, raw: Raw) -> Raw:
    """Rows that only repeat the header, as where several exports were copied into one file, are set aside."""
    texts = [(header, name) for header, name in raw.columns.items() if raw.table[name].type().is_string()][:_COMPARED]
    if len(texts) < min(_COMPARED, len(raw.columns)):
        return raw
    same = [raw.table[name].strip() == header for header, name in texts]
    # as a filter on its own, a row is done with at its first cell that differs
    repeats = raw.table.filter(*same).select("source_row", raw=ibis.null("string"), reason=ibis.literal("header_again"))
    if not con.to_pyarrow(repeats.count()).as_py():
        return raw
    again: Any = ibis.and_(*same).fill_null(False)
    name = ibis.util.gen_name("intake_headers")
    aside = con.create_table(name, repeats, temp=True)
    if raw.malformed is not None:
        aside = aside.union(raw.malformed)
    return replace(raw, table=raw.table.filter(~again), malformed=aside, temporary=(*raw.temporary, name))


def same_header(one: list[str], other: list[str]) -> bool:
    """Whether two header rows are the same, cells compared as headers are."""
    return [header_key(cell) for cell in one] == [header_key(cell) for cell in other]


def drop(con: Any, *names: str) -> None:
    """Forget working tables (spelt out: Ibis 12 writes this statement without the name for newer sqlglot)."""
    for name in names:
        con.raw_sql(f"DROP TABLE IF EXISTS {name}")
