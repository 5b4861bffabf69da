"""The engine of a notebook: DuckDB that answers from the run's answers what has been asked of the same tables before.

Two things differ from Ibis's own backend. A query whose SQL and tables are unchanged is answered from a file. A temporary table
is only described when it is created, under a name that follows from its description, and laid out when a query that is not
remembered reads it. Whatever rests on chance, on the clock or on files nobody vouches for goes to the engine at once, as ever.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.schema as sch
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from helpers import answers, engine
from helpers.answers import Answers

_UNSAFE = (ops.Impure, ops.ScalarUDF, ops.AggUDF, ops.SQLQueryResult, ops.SQLStringView, ops.Sample)
"""Operations whose answer need not be the same tomorrow, or that we cannot see into."""

_NAME = re.compile(r'"(?:[^"]|"")*"')
_DESCRIBED = re.compile(r"\bkept_[0-9a-f]{40}\b")
_EXCLUDED = re.compile(rf"EXCLUDE \(({_NAME.pattern}(?:, {_NAME.pattern})*)\)")
"""Columns a query leaves out: Ibis names them in an order that changes from process to process and means nothing."""


@dataclass
class Counted:
    """What became of a notebook's queries.

    Attributes:
        remembered: answered from a file. computed: worked out by the engine, steps on the way and files written among them.
        longest: rows of the longest answer the notebook was handed.
        read: files of ``tables/`` that the engine read for the latter.
    """

    remembered: int = 0
    computed: int = 0
    longest: int = 0
    read: set[str] = field(default_factory=set)


@dataclass
class _Described:
    """A temporary table: its key, SQL, columns, what it reads, and whether it is laid out."""

    key: str
    sql: str
    schema: sch.Schema
    tables: tuple[str, ...]
    literal: tuple[ops.InMemoryTable, ...]
    there: bool = False


def connect(run: Path, book: str) -> Any:
    """The engine for a notebook of a run that goes on; the plain one for notebooks opened by hand."""
    known = answers.marks(run)
    con = engine.connect()
    return con if known is None else Remembering.over(con, Answers(run, book), run / "tables", known)


class Remembering(Backend):  # type: ignore[misc]
    """Ibis's DuckDB backend with a memory. Made by :func:`connect`."""

    @classmethod
    def over(cls, opened: Any, kept: Answers, folder: Path, marks: Mapping[str, str]) -> Remembering:
        """Take over an opened engine.

        Args:
            opened: as :func:`helpers.engine.connect` gives it. kept: where answers are.
            folder: of the tables that answers may rest on. marks: file name there → fingerprint of its content.
        """
        made: Remembering = cls.from_connection(opened.con)
        made._opened = opened  # its folder for what does not fit in memory goes with it
        made._answers, made._folder, made._of_files = kept, folder, marks
        made._marks, made._files, made._described, made._literal = {}, {}, {}, {}
        made.counted = Counted()
        return made

    _opened: Any
    _answers: Answers
    _folder: Path
    _of_files: Mapping[str, str]
    _marks: dict[str, str]
    _files: dict[str, str]
    _described: dict[str, _Described]
    _literal: dict[str, str | None]
    counted: Counted

    def read_parquet(self, paths: Any, /, *, table_name: str | None = None, **kwargs: Any) -> ir.Table:
        """A Parquet file as a table; one of the run's own is known by the fingerprint of its content."""
        table = super().read_parquet(paths, table_name=table_name, **kwargs)
        path = Path(paths) if isinstance(paths, str | Path) and not kwargs else None
        if path is not None and path.parent == self._folder and path.name in self._of_files:
            self._marks[table.get_name()], self._files[table.get_name()] = self._of_files[path.name], path.stem
        return table

    def create_table(
        self, name: str, /, obj: Any = None, *, schema: Any = None, database: Any = None, temp: bool = False, overwrite: bool = False,
    ) -> ir.Table:  # fmt: skip
        """A table; a temporary one made by a query is only described."""
        if temp and database is None and isinstance(obj, ir.Table):
            shape = obj.schema() if schema is None else ibis.schema(schema)
            sql = self.compile(obj)
            key = self._key(obj, sql)
            if key is not None and not shape.null_fields and shape.names == obj.schema().names:
                return self._describe(obj, shape, sql, key)
        return super().create_table(name, obj, schema=schema, database=database, temp=temp, overwrite=overwrite)

    def _describe(self, obj: ir.Table, shape: sch.Schema, sql: str, key: str) -> ir.Table:
        key = _hashed(key, repr(shape))
        name = f"kept_{key[:40]}"  # _DESCRIBED
        if name not in self._described:
            tables = tuple(op.name for op in obj.op().find(ops.DatabaseTable))
            literal = tuple(obj.op().find(ops.InMemoryTable))
            self._described[name] = _Described(key, sql, shape, tables, literal)
        place = ops.Namespace(catalog="temp", database="main")
        found: ir.Table = ops.DatabaseTable(name, schema=shape, source=self, namespace=place).to_expr()
        return found

    def drop_table(self, name: str, /, **kwargs: Any) -> None:
        """Drop a table; the description of a temporary one stays, should a query ask for it again."""
        described = self._described.get(name)
        if described is None or described.there:
            super().drop_table(name, **kwargs)

    def to_pyarrow(self, expr: ir.Expr, /, **kwargs: Any) -> Any:
        """An answer as Arrow, its rows counted."""
        return self._handed(super().to_pyarrow(expr, **kwargs))

    def execute(self, expr: ir.Expr, /, **kwargs: Any) -> Any:
        """An answer as pandas has it, its rows counted."""
        return self._handed(super().execute(expr, **kwargs))

    def _handed(self, found: Any) -> Any:
        self.counted.longest = max(self.counted.longest, len(found) if hasattr(found, "__len__") else 1)
        return found

    def _to_duckdb_relation(self, expr: ir.Expr, *, params: Any = None, limit: Any = None, **kwargs: Any) -> Any:
        """Where every query whose rows are wanted comes through: from memory, or from the engine and then into memory."""
        if params:
            return super()._to_duckdb_relation(expr, params=params, limit=limit, **kwargs)
        sql = self.compile(expr.as_table(), limit=limit, **kwargs)
        key = self._key(expr, sql)
        found = None if key is None else self._answers.get(key)
        if found is not None:
            self.counted.remembered += 1
            return self.con.from_arrow(found)
        self._run_pre_execute_hooks(expr)
        relation = self.con.sql(sql)
        if key is None:
            return relation
        rows = relation.to_arrow_table()
        self._answers.put(key, rows)
        return self.con.from_arrow(rows)

    def _run_pre_execute_hooks(self, expr: ir.Expr) -> None:
        """Ibis's word that a query is about to reach the engine, whatever becomes of its rows."""
        self._about_to_read(op.name for op in expr.op().find(ops.DatabaseTable))
        super()._run_pre_execute_hooks(expr)

    def raw_sql(self, query: Any, **kwargs: Any) -> Any:
        """A statement that was written or compiled elsewhere: the described tables it reads are laid out first, and gone if it drops them."""
        text = query if isinstance(query, str) else query.sql(self.dialect)
        drops = text.lstrip()[:10].upper() == "DROP TABLE"
        for name in sorted(set(_DESCRIBED.findall(text)) & self._described.keys()):
            if drops:
                self._described[name].there = False
            else:
                self._lay_out(name, self._described[name])
        return super().raw_sql(query, **kwargs)

    def _about_to_read(self, names: Any) -> None:
        self.counted.computed += 1
        for name in names:
            if name in self._files:
                self.counted.read.add(self._files[name])
            elif name in self._described:
                self._lay_out(name, self._described[name])

    def _lay_out(self, name: str, described: _Described) -> None:
        """Make a described table, from what is remembered of it if it is short."""
        if described.there:
            return
        described.there = True  # said first: the statements below name the table themselves
        try:
            self._fill(name, described)
        except BaseException:
            described.there = False
            raise

    def _fill(self, name: str, described: _Described) -> None:
        known = self._answers.get(described.key)
        self.con.execute(f'DROP TABLE IF EXISTS temp.main."{name}"')
        if known is None:
            self._about_to_read(described.tables)
            for table in described.literal:
                self._register_in_memory_tables(table.to_expr())
        super().create_table(name, schema=described.schema, temp=True)
        if known is None:
            self.con.execute(f'INSERT INTO temp.main."{name}" {described.sql}')
            rows = self.con.sql(f'FROM temp.main."{name}" LIMIT {answers.MOST_ROWS + 1}').to_arrow_table()
            if rows.num_rows <= answers.MOST_ROWS:
                self._answers.put(described.key, rows)
        else:
            self.counted.remembered += 1
            self.con.from_arrow(known).insert_into(f'temp.main."{name}"')

    def _key(self, expr: ir.Expr, sql: str) -> str | None:
        """Fingerprint of a query and of every table it reads; None when its answer may not be kept."""
        op = expr.op()
        if op.find(_UNSAFE):
            return None
        for table in op.find(ops.PhysicalTable):
            mark = self._mark(table)
            if mark is None:
                return None
            sql = sql.replace(f'"{table.name}"', f'"{mark}"')
        return _hashed(_EXCLUDED.sub(_in_order, sql))

    def _mark(self, table: Any) -> str | None:
        """What a table is known by: its content, or how it is made."""
        if isinstance(table, ops.InMemoryTable):
            if table.name not in self._literal:
                self._literal[table.name] = _content(table)
            return self._literal[table.name]
        if table.name in self._described:
            return str(table.name)
        return self._marks.get(table.name)


def _content(table: ops.InMemoryTable) -> str | None:
    """Fingerprint of a table written in the code; None for a stream, which can be read only once."""
    rows = getattr(table.data, "to_pyarrow", lambda _: None)(table.schema)
    if not isinstance(rows, pa.Table):
        return None
    rows = rows.combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _in_order(found: re.Match[str]) -> str:
    return f"EXCLUDE ({', '.join(sorted(_NAME.findall(found[1])))})"


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
