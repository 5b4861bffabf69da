"""Tables that stay where they are: the address of a warehouse, its secrets, and what is said when it does not answer.

A source with `table` and `url` is opened through `ibis.connect`. Passwords come from the environment (``${NAME}``) and
stand in no message, log, manifest or report: messages name the table and at most the server.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.exceptions import TableNotFound

from helpers.business import Source
from helpers.errors import InputError

KNOWN = {"postgres": "postgres", "postgresql": "postgres", "duckdb": "duckdb", "pyspark": "pyspark"}
"""Scheme of a URL → the engine behind it."""
_EXTRAS = {"postgres": "postgres", "pyspark": "spark"}
_SHOWN = 12
_PATIENCE = 10
"""Seconds until a server that does not answer counts as out of reach."""


@dataclass(frozen=True)
class Warehouse:
    """One table of a warehouse that answers.

    Attributes:
        con: its Ibis backend. table: the table. label: how the user calls it. instants: columns that hold instants
            rather than local times. zone: the business's time zone. held: what is kept on its side for now.
    """

    con: Any
    table: ir.Table
    label: str
    instants: frozenset[str]
    zone: str
    held: list[Any] = field(default_factory=list)

    def beside(self, name: str) -> Warehouse:
        """Another table of the same warehouse, through the same connection."""
        table = _table(self.con, name)
        return replace(self, table=table, label=name, instants=_instants(self.con, table, name))

    def localised(self, column: Any) -> Any:
        """A timestamp as the business's own clock showed it; one that is local already stays as it is."""
        if column.type().timezone is None and column.get_name() not in self.instants:
            return column.cast("timestamp")
        if self.con.name == "pyspark":
            return _from_utc(column, self.zone).cast("timestamp")
        return _at_zone(self.zone, column.cast("timestamp('UTC')"))

    def rows(self, asked: ir.Table) -> list[dict[str, Any]]:
        """The rows of a small result: counts and sums."""
        whole = {name for name, kind in asked.schema().items() if kind.is_integer()}
        with answering(self.label):
            if self.con.name == "pyspark":
                rows = [row.asDict() for row in self.con.raw_sql(self.con.compile(asked)).collect()]
            else:
                with self.con._safe_raw_sql(self.con.compile(asked)) as cursor:
                    rows = [dict(zip(asked.columns, row, strict=True)) for row in cursor.fetchall()]
        # PostgreSQL gives the sum of whole numbers as a decimal
        return [{k: int(v) if k in whole and v is not None else v for k, v in row.items()} for row in rows]

    def hold(self, expr: ir.Table) -> ir.Table:
        """A result worked out once and kept there for this connection only; where that is not allowed, the expression.

        A temporary table that no other connection sees, in Spark a cached view.
        """
        name = ibis.util.gen_name("retention")
        with answering(self.label):
            if not _HOLD.get(self.con.name, _hold_temporary)(self, name, self.con.compile(expr)):
                return expr
        kept = ops.DatabaseTable(name=name, schema=expr.schema(), source=self.con, namespace=ops.Namespace())
        return kept.to_expr()

    def release(self) -> None:
        """Forget what is held in a session that goes on."""
        for frame, name in self.held:
            frame.unpersist()
            frame.sparkSession.catalog.dropTempView(name)
        self.held.clear()


def _hold_temporary(warehouse: Warehouse, name: str, query: str) -> bool:
    warehouse.con.raw_sql(f'CREATE TEMP TABLE "{name}" AS {query}')
    return True


def _hold_in_postgres(warehouse: Warehouse, name: str, query: str) -> bool:
    """Everything else runs read-only; a copy of a server, or a user without the right, keeps no temporary tables."""
    con = warehouse.con.con
    may = "SELECT has_database_privilege(current_database(), 'TEMP') AND NOT pg_is_in_recovery()"
    if not con.execute(may).fetchone()[0]:
        return False
    with con.transaction(), con.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ WRITE")
        cursor.execute(f'CREATE TEMP TABLE "{name}" AS {query}')
        cursor.execute(f'ANALYZE "{name}"')
    return True


def _hold_in_spark(warehouse: Warehouse, name: str, query: str) -> bool:
    frame = warehouse.con.raw_sql(query).persist()
    frame.createOrReplaceTempView(name)
    warehouse.held.append((frame, name))
    return True


_HOLD: dict[str, Callable[[Warehouse, str, str], bool]] = {
    "postgres": _hold_in_postgres,
    "pyspark": _hold_in_spark,
}


_at_zone = ibis.udf.scalar.builtin(
    lambda zone, moment: ..., name="timezone", signature=(("string", "timestamp('UTC')"), "timestamp")
)
_from_utc = ibis.udf.scalar.builtin(
    lambda moment, zone: ..., name="from_utc_timestamp", signature=(("timestamp", "string"), "timestamp")
)


@contextmanager
def opened(source: Source, zone: str, folder: Path, con: Any = None) -> Iterator[Warehouse]:
    """The table of a source, for as long as the block lasts. Nothing is written there that outlasts it.

    Args:
        source: with `table` and `url`.
        zone: the business's time zone.
        folder: against which the name of a DuckDB file resolves.
        con: a connection to it that stays open; default one of its own.

    Raises:
        InputError: the address, the server, the password or the table is at fault.
    """
    label = str(source.table)
    con, ours = (con, False) if con is not None else _connected(expanded(str(source.url)), label, folder)
    try:
        table = _table(con, label)
        warehouse = Warehouse(con, table, label, _instants(con, table, label), zone)
        try:
            with answering(label):
                yield warehouse
        finally:
            warehouse.release()
    finally:
        if ours:
            con.disconnect()


def expanded(url: str) -> str:
    """The address with ``${NAME}`` taken from the environment.

    Raises:
        InputError: such a variable is not set.
    """
    whole = re.fullmatch(r"\s*\$\{(\w+)\}\s*", url) is not None
    server = urlsplit(url).scheme in ("postgres", "postgresql")

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in os.environ:
            raise InputError(
                "business.yml: the address of the warehouse needs the environment variable {name}, which is not set; set it and run again.",
                name=name,
            )
        return os.environ[name] if whole or not server else quote(os.environ[name], safe="")

    return re.sub(r"\$\{(\w+)\}", value, url).strip()


def _connected(url: str, label: str, folder: Path) -> tuple[Any, bool]:
    """A backend, and whether it is ours to close."""
    scheme = url.partition("://")[0] if "://" in url else ""
    engine = KNOWN.get(scheme)
    if engine is None:
        raise InputError(
            "The table {table} lies in a kind of warehouse that is not known (“{scheme}”); the address in business.yml begins with one of: {known}.",
            table=label, scheme=scheme[:20], known=[f"{name}://" for name in KNOWN],
        )  # fmt: skip
    try:
        return _DRIVERS[engine](url, label, folder)
    except (ImportError, ModuleNotFoundError) as fault:
        raise InputError(
            "The table {table} needs a driver that is not installed; run: pip install 'retention-playbook[{extra}]'.",
            table=label, extra=_EXTRAS.get(engine, engine),
        ) from fault  # fmt: skip


def _postgres(url: str, label: str, folder: Path) -> tuple[Any, bool]:
    import psycopg

    try:
        # the server itself refuses whatever would change it; compiling expressions this long takes longer than running them
        options = "-c default_transaction_read_only=on -c jit=off"
        return ibis.connect(url, connect_timeout=_PATIENCE, options=options), True
    except psycopg.OperationalError as fault:
        said = str(fault)
        if "password" in said or "authentication" in said or "role " in said:
            raise InputError(
                "The warehouse with the table {table} refuses the user name or the password; check `url:` in business.yml.",
                table=label,
            ) from None
        if "database" in said and "does not exist" in said:
            raise InputError(
                "The server has no such database (table {table}); check `url:` in business.yml.", table=label
            ) from None
        raise _out_of_reach(url, label) from None
    except (psycopg.Error, ValueError):
        raise _out_of_reach(url, label) from None


def _out_of_reach(url: str, label: str) -> InputError:
    try:
        parts = urlsplit(url)
        place = parts.hostname or "localhost"
        place = f"{place}:{parts.port}" if parts.port else place
    except ValueError:
        place = "?"
    return InputError(
        "The warehouse with the table {table} cannot be reached at {place}; check `url:` in business.yml and that the server is running.",
        table=label, place=place,
    )  # fmt: skip


def _duckdb(url: str, label: str, folder: Path) -> tuple[Any, bool]:
    import duckdb

    path = folder / Path(url.partition("://")[2].partition("?")[0]).expanduser()
    if not path.is_file():
        raise InputError("There is no DuckDB file {file}; check `url:` in business.yml.", file=path.name)
    try:
        return ibis.duckdb.connect(path, read_only=True), True
    except duckdb.Error:
        raise InputError(
            "{file} cannot be opened as a DuckDB file, or another program is writing to it; check `url:` in business.yml.",
            file=path.name,
        ) from None


def _pyspark(url: str, label: str, folder: Path) -> tuple[Any, bool]:
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession() is not None
    try:
        return ibis.connect(url), not running
    except PySparkException:
        raise InputError(
            "Spark cannot be started for the table {table}; check that Java 17 or 21 is installed and JAVA_HOME names it.",
            table=label,
        ) from None


_DRIVERS: dict[str, Callable[[str, str, Path], tuple[Any, bool]]] = {
    "postgres": _postgres,
    "duckdb": _duckdb,
    "pyspark": _pyspark,
}


def _table(con: Any, label: str) -> ir.Table:
    *places, name = label.split(".")
    database: Any = tuple(places) if len(places) > 1 else (places[0] if places else None)
    try:
        with answering(label):
            found: ir.Table = con.table(name, database=database)
            return found
    except TableNotFound as fault:
        with answering(label):
            known = sorted(_names(con))[:_SHOWN]
        raise InputError(
            "There is no table {table} in the warehouse; found: {found}. Write a table of another schema as schema.table.",
            table=label, found=known or ["–"],
        ) from fault  # fmt: skip


def _names(con: Any) -> list[str]:
    if con.name == "pyspark":
        return list(con.list_tables())
    with con._safe_raw_sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    ) as cursor:
        return [row[0] for row in cursor.fetchall()]


def _instants(con: Any, table: ir.Table, label: str) -> frozenset[str]:
    """Spark's TIMESTAMP is an instant, although Ibis gives it no zone; its TIMESTAMP_NTZ is a local time."""
    if con.name != "pyspark":
        return frozenset()
    from pyspark.sql.types import TimestampType

    with answering(label):
        fields = con.raw_sql(con.compile(table.limit(0))).schema.fields
    return frozenset(field.name for field in fields if isinstance(field.dataType, TimestampType))


@contextmanager
def answering(label: str) -> Iterator[None]:
    """What a warehouse refuses or breaks off becomes the user's sentence; the driver's own words may hold data."""
    try:
        yield
    except Exception as fault:
        kind = type(fault).__name__
        # the drivers are optional, so their exceptions go by name
        if kind == "InsufficientPrivilege":
            raise InputError(
                "The user in `url:` may not read the table {table}; ask for the right to read it.", table=label
            ) from None
        if kind in _UNTRANSLATED:
            raise InputError(FROM_A_FILE_ONLY, table=label) from None
        if kind in _BROKEN_OFF:
            raise InputError(
                "The warehouse broke off while it worked on the table {table}; try again, or ask who runs it.",
                table=label,
            ) from None
        if type(fault).__module__.partition(".")[0] in _FOREIGN:
            raise InputError(
                "The warehouse could not work out the table {table} ({kind}); name a view whose columns have their types.",
                table=label, kind=kind,
            ) from None  # fmt: skip
        raise


_BROKEN_OFF = ("OperationalError", "AdminShutdown", "Py4JNetworkError", "QueryCanceled", "DiskFull")
_UNTRANSLATED = ("OperationNotDefinedError", "UnsupportedOperationError", "UnsupportedBackendType")
_FOREIGN = ("psycopg", "duckdb", "pyspark", "py4j")
FROM_A_FILE_ONLY = (
    "The table {table} is laid out in a way that can only be read from a file; make a view with plain columns "
    "(order_id, ordered_at, customer_id, net_revenue) and name the view."
)
