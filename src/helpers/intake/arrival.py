"""Rows on their way from a warehouse to our own engine: in Arrow batches, so that memory does not grow with the table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv

from helpers.intake.warehouse import Warehouse, answering

BATCH = 200_000
"""Rows of a batch."""


def table(con: Any, warehouse: Warehouse, rows: ir.Table, schema: ibis.Schema) -> ir.Table:
    """Bring rows over into a temporary table of `con`.

    Args:
        con: our own DuckDB backend.
        warehouse: where they are.
        rows: an expression of the warehouse, with the columns of `schema`.
        schema: the types wanted; text arrives composed (NFC).
    """
    name = ibis.util.gen_name("intake_arrived")
    wanted = schema.to_pyarrow()
    columns = ", ".join(
        f'nfc_normalize("{column}") AS "{column}"' if kind.is_string() else f'"{column}"'
        for column, kind in schema.items()
    )
    broken: list[Exception] = []

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for found in _batches(warehouse, rows, wanted):
                yield from _cast(found, wanted)
        except Exception as fault:
            broken.append(fault)
            raise

    con.con.register(f"{name}_rows", pa.RecordBatchReader.from_batches(wanted, batches()))
    with answering(warehouse.label):
        try:
            con.raw_sql(f"CREATE TEMP TABLE {name} AS SELECT {columns} FROM {name}_rows")  # noqa: S608
        except duckdb.Error as fault:
            # our engine wraps what went wrong over there in words of its own
            raise broken[0] if broken else fault from None
        finally:
            con.con.unregister(f"{name}_rows")
    found: ir.Table = con.table(name)
    return found


def _cast(found: pa.Table | pa.RecordBatch, wanted: pa.Schema) -> list[pa.RecordBatch]:
    """Times of UTC become naive, decimals get their width."""
    whole = pa.Table.from_batches([found]) if isinstance(found, pa.RecordBatch) else found
    batches: list[pa.RecordBatch] = whole.cast(wanted).to_batches(max_chunksize=BATCH)
    return batches


def _batches(warehouse: Warehouse, rows: ir.Table, wanted: pa.Schema) -> Iterator[Any]:
    ways = {"postgres": _copied, "pyspark": _sliced}
    yield from ways.get(warehouse.con.name, _fetched)(warehouse.con, rows, wanted)


def _fetched(con: Any, rows: ir.Table, _: pa.Schema) -> Iterator[Any]:
    yield from con.con.sql(con.compile(rows)).to_arrow_reader(BATCH)


def _copied(con: Any, rows: ir.Table, wanted: pa.Schema) -> Iterator[Any]:
    """PostgreSQL: COPY streams, where a plain query would be held in memory whole."""
    with con.con.cursor() as cursor, cursor.copy(f"COPY ({con.compile(rows)}) TO STDOUT (FORMAT csv)") as copy:
        stream = _Stream(copy)
        if stream.at_end:
            return
        yield from pyarrow.csv.open_csv(
            stream,
            read_options=pyarrow.csv.ReadOptions(column_names=wanted.names, use_threads=False, block_size=1 << 24),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=wanted, null_values=[""], strings_can_be_null=True, true_values=["t"], false_values=["f"]
            ),
        )


class _Stream(io.RawIOBase):
    """What COPY sends, as a file to read from."""

    def __init__(self, copy: Any) -> None:
        super().__init__()
        self.copy, self.left = copy, bytes(copy.read())
        self.at_end = not self.left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        parts, room = [self.left], len(buffer) - len(self.left)
        while room > 0 and not self.at_end:
            part = bytes(self.copy.read())
            self.at_end = not part
            parts.append(part)
            room -= len(part)
        data = b"".join(parts)
        buffer[: min(len(data), len(buffer))] = data[: len(buffer)]
        self.left = data[len(buffer) :]
        return min(len(data), len(buffer))


def _sliced(con: Any, rows: ir.Table, _: pa.Schema) -> Iterator[Any]:
    """Spark hands over whole results only, so a large one is fetched slice by slice."""
    frame = con.raw_sql(con.compile(rows))
    slices = frame.count() // BATCH + 1
    for i in range(slices):
        part = frame if slices == 1 else frame.where(f"pmod(source_row, {slices}) = {i}")
        yield part.toArrow()
