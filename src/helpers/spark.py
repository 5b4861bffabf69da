"""Spark as a run needs it: Ibis's backend with steps on the way, which it lacks, and a folder that keeps a run's tables as Parquet.

Imported only where Spark is used; pyspark is the extra `spark`.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.pyspark import Backend
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from helpers.afar import Afar, gone


class Spark(Afar, Backend):  # type: ignore[misc]
    """Ibis's backend on a session; opened by :func:`helpers.engine.connect`."""

    _ours = False
    _steps: dict[str, Callable[[], Any]]
    """Name of a table that goes with the connection → what gives back its rows' room."""

    def create_table(
        self, name: str, /, obj: Any = None, *, schema: Any = None, temp: bool | None = None, **kwargs: Any
    ) -> ir.Table:
        """A table; a temporary one is worked out at once and kept as Parquet in the folder until the connection ends.

        A view on a plan would be planned anew, with all the steps below it, in every statement that reads it: some steps later
        planning takes more memory than the rows. Files also tell the planner how large a step is.
        """
        if not temp:
            return super().create_table(name, obj, schema=schema, temp=temp, **kwargs)
        table = obj if isinstance(obj, ir.Table) else ibis.memtable(obj, schema=schema)
        if schema is not None:
            table = table.cast(ibis.schema(schema))
        # Parquet has no column without a type
        untyped = {column: "string" for column, kind in table.schema().items() if kind.is_null()}
        table = table.cast(untyped) if untyped else table
        if not self.place:
            self._run_pre_execute_hooks(table)
            frame = self._session.sql(self.compile(table)).persist()
            frame.createOrReplaceTempView(name)
            self._steps[name] = frame.unpersist
            return self._described(name, table.schema())
        label = f"{self.mark}_{ibis.util.gen_name('step')}".lower()
        self._steps[name] = partial(self.forget, [label])
        self.lay_down(table, label)
        return self._read(label, name, table.schema())

    def _create_cached_table(self, name: str, expr: ir.Table) -> ir.Table:
        return self.create_table(name, expr, temp=True)

    def _drop_cached_table(self, name: str) -> None:
        if (give_back := self._steps.pop(name, None)) is not None:
            self._session.catalog.dropTempView(name)
            give_back()

    def rows(self, table: ir.Table) -> pa.Table:
        """The rows of an expression as Arrow, in its order."""
        self._run_pre_execute_hooks(table)
        found = self._session.sql(self.compile(table)).toArrow()
        return found.cast(table.schema().to_pyarrow())

    def take(self, table: ir.Table, name: str, *, lasting: bool) -> ir.Table:
        """Carry rows of a DuckDB over as one Parquet file in the folder; a temporary table goes with the session."""
        label = name if lasting else f"{self.mark}_{name}".lower()
        source = table.get_backend()
        with tempfile.TemporaryDirectory(prefix="retention-") as folder:
            path = Path(folder) / "part-0.parquet"
            source.to_parquet(table, path)
            there = self._path(self._address(label))
            files = self._files(there)
            files.mkdirs(there)
            files.copyFromLocalFile(self._path(path.as_uri()), there)
        if not lasting:
            self._steps[name] = partial(self.forget, [label])
        return self._read(label, name, table.schema())

    def lay_down(self, table: ir.Table, label: str) -> None:
        """Work an expression out into a folder of Parquet files."""
        self._run_pre_execute_hooks(table)
        self._session.sql(self.compile(table)).write.parquet(self._address(label))

    def kept(self, label: str) -> ir.Table:
        """A table of the folder.

        Raises:
            InputError: it is not there any more.
        """
        try:
            return self._read(label, label, None)
        except AnalysisException:
            raise gone(label) from None

    def labels(self) -> list[str]:
        """Names of all tables of this client in the folder."""
        there = self._path(self.place)
        files = self._files(there)
        if not files.exists(there):
            return []
        names = [found.getPath().getName() for found in files.listStatus(there)]
        return [name for name in names if name.startswith(f"{self.mark}_")]

    def forget(self, labels: Iterable[str]) -> None:
        """Delete tables of the folder."""
        for label in labels:
            there = self._path(self._address(label))
            self._files(there).delete(there, True)

    def has_place(self) -> bool:
        """Whether the folder can be written to; it is made where it is missing."""
        there = self._path(self.place)
        try:
            return bool(self._files(there).mkdirs(there))
        except Exception as fault:
            if type(fault).__module__.partition(".")[0] != "py4j":
                raise
            return False

    def disconnect(self) -> None:
        """Forget the steps on the way; a session that was running before goes on."""
        for name in list(self._steps):
            self._drop_cached_table(name)
        if self._ours:
            super().disconnect()

    def _read(self, label: str, view: str, schema: ibis.Schema | None) -> ir.Table:
        frame = self._session.read.parquet(self._address(label))
        frame.createOrReplaceTempView(view)
        return self._described(view, schema) if schema else self.table(view)

    def _described(self, name: str, schema: ibis.Schema) -> ir.Table:
        found: ir.Table = ops.DatabaseTable(name, schema=schema, source=self, namespace=ops.Namespace()).to_expr()
        return found

    def _address(self, label: str) -> str:
        return f"{self.place.rstrip('/')}/{label}"

    def _path(self, address: str) -> Any:
        return self._session._jvm.org.apache.hadoop.fs.Path(address)

    def _files(self, path: Any) -> Any:
        return path.getFileSystem(self._session._jsc.hadoopConfiguration())


def connect(url: str) -> Spark:
    """The session that is running, or a new one.

    Args:
        url: ``pyspark://``, with settings of Spark as its query: ``pyspark://?spark.master=spark://host:7077``. Settings stand in
            `spark-defaults.conf` as well.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is not sure of pandas 3, and says so on every step
        running = SparkSession.getActiveSession()
        session = running or _started(dict(parse_qsl(urlsplit(url).query)))
        _ = ibis.pyspark  # makes Ibis's options for it known
        made: Spark = Spark()
        made.do_connect(session)
    made._ours, made._steps = running is None, {}
    return made


def _started(settings: dict[str, str]) -> Any:
    """A session; without a word about them no progress bars, no page of its own and no more partitions than a small machine has use for."""
    usual = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": "4",
    }
    builder = SparkSession.builder.appName("retention")
    for name, value in {**usual, **settings}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
