"""PostgreSQL as the measures need it: Ibis's backend with the two things it lacks, a digest of text and counting what is true,
and a schema that keeps a run's tables.

Imported only where a PostgreSQL is used; the driver is the extra `postgres`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.postgres import Backend
from ibis.backends.sql.compilers.postgres import PostgresCompiler
from ibis.common.exceptions import TableNotFound, UnsupportedOperationError
from psycopg import sql

from helpers.afar import Afar, gone

_SETTINGS = "-c jit=off -c work_mem=64MB"
"""Compiling expressions as long as ours to machine code takes longer than running them; 4 MB a sort is a setting of the nineties."""
_BATCH = 50_000
_BYTES = 1 << 20


class Compiler(PostgresCompiler):  # type: ignore[misc]
    """Ibis's compiler, to which the server's own functions are added."""

    UNSUPPORTED_OPS = tuple(op for op in PostgresCompiler.UNSUPPORTED_OPS if op.__name__ != "HexDigest")

    def visit_HexDigest(self, op: Any, *, arg: Any, how: str) -> Any:  # noqa: N802 – Ibis finds rules by the operation's name
        """Hexadecimal digits of a digest of the text in UTF-8, as the other engines give them."""
        if how == "md5":
            return self.f.md5(arg)
        if how == "sha256":
            return self.f.encode(self.f.anon.sha256(self.f.anon.convert_to(arg, "UTF8")), "hex")
        raise UnsupportedOperationError(f"PostgreSQL has no {how} of its own.")

    def visit_First(self, op: Any, *, arg: Any, where: Any, order_by: Any, include_null: bool) -> Any:  # noqa: N802
        """The first of a group: of an array put together in that order, since the server has no such aggregate."""
        if not include_null:
            there = sg.not_(arg.is_(sge.Null()))
            where = there if where is None else sg.and_(where, there)
        return sge.paren(self.agg.array_agg(arg, where=where, order_by=order_by))[0]

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:  # noqa: N802
        """True as 1 and false as 0 in every kind of number; the server itself turns them into its `integer` alone."""
        if op.arg.dtype.is_boolean() and to.is_numeric() and to != dt.int32:
            return self.cast(self.cast(arg, dt.int32), to)
        return super().visit_Cast(op, arg=arg, to=to)


class Postgres(Afar, Backend):  # type: ignore[misc]
    """Ibis's backend with our compiler; opened by :func:`helpers.engine.connect`."""

    compiler = Compiler()

    def create_table(self, name: str, /, obj: Any = None, *, database: Any = None, **kwargs: Any) -> ir.Table:
        """A table, whose contents the planner is told about: nobody else analyses temporary ones."""
        made: ir.Table = super().create_table(name, obj, database=database, **kwargs)
        if obj is not None:
            self._run(sql.SQL("ANALYZE {}").format(self._named(name, database)))
        return made

    def rows(self, table: ir.Table) -> pa.Table:
        """The rows of an expression as Arrow, in its order."""
        return self.to_pyarrow_batches(table).read_all()

    def to_pyarrow_batches(
        self, expr: ir.Expr, /, *, params: Any = None, limit: Any = None, chunk_size: int = _BATCH, **_: Any
    ) -> Any:
        """Rows in batches. Sums of whole numbers are decimals here, so an outer query gives every column its type."""
        self._run_pre_execute_hooks(expr)
        schema = expr.as_table().schema()
        kind = self.compiler.type_mapper.to_string
        columns = ", ".join(f"CAST({_quoted(name)} AS {kind(type_)})" for name, type_ in schema.items())
        query = f"SELECT {columns} FROM ({self.compile(expr, params=params, limit=limit)}) AS found"  # noqa: S608
        wanted = schema.as_struct().to_pyarrow()

        def batches() -> Iterator[pa.RecordBatch]:
            with self.con.transaction(), self.con.cursor(name=ibis.util.gen_name("rows")) as cursor:
                cursor.execute(query)
                while batch := cursor.fetchmany(chunk_size):
                    yield pa.RecordBatch.from_struct_array(pa.array(batch, type=wanted))

        return pa.RecordBatchReader.from_batches(schema.to_pyarrow(), batches())

    def take(self, table: ir.Table, name: str, *, lasting: bool) -> ir.Table:
        """Carry rows of a DuckDB over as CSV, text in quotation marks and missing cells without."""
        source, schema = table.get_backend(), table.schema()
        place = self.place if lasting else None
        made: ir.Table = super().create_table(name, schema=_nullable(schema), database=place, temp=not lasting)
        texts = [column for column, kind in schema.items() if kind.is_string()]
        bare = table.mutate(**{column: table[column].replace("\x00", "") for column in texts}) if texts else table
        with tempfile.TemporaryDirectory(prefix="retention-") as folder:
            path = Path(folder) / "rows.csv"
            settings = "FORMAT csv, HEADER false, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR ''"
            if texts:
                settings += f", FORCE_QUOTE ({', '.join(map(_quoted, texts))})"
            source._run_pre_execute_hooks(bare)
            source.raw_sql(f"COPY ({source.compile(bare)}) TO '{path}' ({settings})")
            order = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(self._named(name, place))
            with path.open("rb") as file, self.con.cursor() as cursor, cursor.copy(order) as copy:
                while part := file.read(_BYTES):
                    copy.write(part)
        self._run(sql.SQL("ANALYZE {}").format(self._named(name, place)))
        return made

    def lay_down(self, table: ir.Table, label: str) -> None:
        """Work an expression out into a lasting table of the schema."""
        self.create_table(label, table, schema=_nullable(table.schema()), database=self.place)

    def kept(self, label: str) -> ir.Table:
        """A table of the schema.

        Raises:
            InputError: it is not there any more.
        """
        try:
            found: ir.Table = self.table(label, database=self.place)
        except TableNotFound:
            raise gone(label) from None
        return found

    def labels(self) -> list[str]:
        """Names of all tables of this client in the schema."""
        asked = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s AND starts_with(tablename, %s)"
        with self.con.cursor() as cursor:
            return [row[0] for row in cursor.execute(asked, (self.place, f"{self.mark}_")).fetchall()]

    def forget(self, labels: Iterable[str]) -> None:
        """Drop tables of the schema."""
        for label in labels:
            self._run(sql.SQL("DROP TABLE IF EXISTS {}").format(self._named(label, self.place)))

    def has_place(self) -> bool:
        """Whether the schema is there and we may make tables in it."""
        asked = "SELECT has_schema_privilege(oid, 'CREATE') FROM pg_catalog.pg_namespace WHERE nspname = %s"
        with self.con.cursor() as cursor:
            row = cursor.execute(asked, (self.place,)).fetchone()
        return bool(row and row[0])

    def _named(self, name: str, place: Any) -> sql.Identifier:
        return sql.Identifier(place, name) if place else sql.Identifier(name)

    def _run(self, order: sql.Composed) -> None:
        with self.con.cursor() as cursor, self.con.transaction():
            cursor.execute(order)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _nullable(schema: ibis.Schema) -> ibis.Schema:
    """Columns without NOT NULL: what an expression promises is not worth a table that refuses to be filled."""
    return ibis.schema({name: kind.copy(nullable=True) for name, kind in schema.items()})


def connect(url: str, **settings: Any) -> Postgres:
    """A connection.

    Args:
        url: ``postgres://…``. settings: further ones of the driver, such as `connect_timeout`.
    """
    made: Postgres = Postgres()._from_url(urlparse(url), options=_SETTINGS, **settings)
    return made
