"""Parquet files: which columns they have, nested ones by a dot, and their rows as a view on the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.errors import InputError
from helpers.intake.checking import check_parquet
from helpers.intake.formats import is_private


def view(con: Any, path: Path) -> ir.Table:
    """The rows as columns c0, c1, … and source_row: a view, the file stays where it is; identity-card numbers left out."""
    name = ibis.util.gen_name("intake_parquet")
    with _reading(path):
        found = fields(path)
        places = "".join(f"n{i}, " for i in range(len(pq.read_schema(path).names)))
    kept = [f"{column} AS c{i}" for i, (header, column) in enumerate(found.items()) if not is_private(header)]
    # columns by place, as the engine renames those that differ in case only
    con.raw_sql(
        f"""CREATE TEMP VIEW {name} AS SELECT {", ".join([*kept, "n_row + 1 AS source_row"])}
        FROM read_parquet('{inside_quotes(path)}', file_row_number = true) AS t({places}n_row)"""  # noqa: S608
    )
    return con.table(name)


def is_damaged(con: Any, path: Path) -> bool:
    """Whether a Parquet file cannot be read to its end."""
    if path.suffix.lower() != ".parquet":
        return False
    try:
        con.raw_sql(f"SELECT sum(hash(COLUMNS(*))) FROM read_parquet('{inside_quotes(path)}')").fetchall()  # noqa: S608
    except duckdb.Error:
        return True
    return False


def fields(path: Path) -> dict[str, str]:
    """Header → SQL of its column; fields of a structure by a dot, lists of structures and maps not at all."""
    with _reading(path), pq.ParquetFile(path) as file:
        check_parquet(path, file.metadata)
        found: dict[str, str] = {}
        for i, field in enumerate(file.schema_arrow):
            found |= {_free(header, found): column for header, column in _fields(field, "", f"n{i}").items()}
        return found


def _fields(field: pa.Field, prefix: str, column: str) -> dict[str, str]:
    header, kind = f"{prefix}{field.name}", field.type
    if pa.types.is_struct(kind):
        found: dict[str, str] = {}
        for inner in kind:
            name = inner.name.replace('"', '""')
            found |= _fields(inner, f"{header}.", f'{column}."{name}"')
        return found
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return {} if pa.types.is_nested(kind.value_type) else {header: f"CAST({column} AS VARCHAR)"}
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        # texts that some programs write without saying so; what is none is shown byte by byte
        return {header: f"coalesce(TRY(decode({column})), CAST({column} AS VARCHAR))"}
    return {} if pa.types.is_nested(kind) else {header: column}


def _free(header: str, taken: dict[str, str]) -> str:
    n = 1
    while (found := header if n == 1 else f"{header} ({n})") in taken:
        n += 1
    return found


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Damage found while reading becomes the user's sentence."""
    try:
        yield
    except (pa.ArrowException, OSError) as fault:
        raise InputError("{file} is damaged and cannot be read; export it again.", file=path.name) from fault


def _literal(path: Path) -> str:
    """A path in which DuckDB sees no pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))


def inside_quotes(path: Path) -> str:
    """The same within the quotation marks of a statement."""
    return _literal(path).replace("'", "''")
