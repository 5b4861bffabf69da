"""What an engine away from the machine can do beside answering: keep a run's tables, and take and hand over small ones.

Everything a run reads twice stays where it is. To the machine come answers, counted, and lists of people to contact, which are files
by nature; to the engine go the rows of files, once.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.errors import InputError

NAME = re.compile(r"[a-z0-9_]{1,40}")
"""What the last part of a kept table's name may be made of."""


@dataclass
class Handed:
    """What came to the machine.

    Attributes:
        longest: rows of the longest answer that was handed to Python. brought: rows of all lists and tables brought over into files.
    """

    longest: int = 0
    brought: int = 0


class Afar:
    """Beside one of Ibis's backends: a place that keeps tables. Opened by :func:`helpers.engine.connect`.

    Attributes:
        place: schema or folder the user has named. mark: begins the name of every table of this client there.
    """

    place: str = ""
    mark: str = ""
    open_home: Callable[[], Any]
    _home: Any = None

    @property
    def counted(self) -> Handed:
        """What came to the machine so far."""
        if self._counted is None:
            self._counted = Handed()
        return self._counted

    _counted: Handed | None = None

    @property
    def home(self) -> Any:
        """A DuckDB on the machine, for files: opened when it is first asked for."""
        if self._home is None:
            self._home = self.open_home()
        return self._home

    def bring(self, table: ir.Table) -> ir.Table:
        """A list of people, or another table bounded by what a person can work through, as a table of :attr:`home`; one of its own as it is."""
        if table.get_backend() is self.home:
            return table
        rows = self.rows(table)
        self.counted.brought += rows.num_rows
        made: ir.Table = self.home.create_table(ibis.util.gen_name("brought"), rows, schema=table.schema(), temp=True)
        return made

    def carry(self, table: ir.Table) -> ir.Table:
        """The rows of a file, read by :attr:`home`, as a temporary table of the engine."""
        name = ibis.util.gen_name("carried")
        return self.take(table, name, lasting=False)

    def keep(self, table: ir.Table, name: str) -> str:
        """Keep a table until :meth:`forget`, under a name nobody else has.

        Args:
            table: an expression of this engine, or of a DuckDB on the machine, whose rows are then carried over.

        Returns:
            Its name in :attr:`place`.
        """
        if NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} cannot name a table")
        label = f"{self.mark}_{ibis.util.gen_name('')[-8:].lower()}_{name}"
        if table.get_backend().name == "duckdb":
            self.take(table, label, lasting=True)
        else:
            self.lay_down(table, label)
        return label

    def read_csv(self, path: Any, /, *, table_name: str | None = None, **kwargs: Any) -> ir.Table:
        """A CSV file of the machine as a table here."""
        return self.carry(self.home.read_csv(path, **kwargs))

    def read_parquet(self, path: Any, /, *, table_name: str | None = None, **kwargs: Any) -> ir.Table:
        """A Parquet file of the machine as a table here."""
        return self.carry(self.home.read_parquet(path, **kwargs))

    def to_pyarrow(self, expr: ir.Expr, /, **kwargs: Any) -> Any:
        """An answer as Arrow, its rows counted."""
        return self._handed(super().to_pyarrow(expr, **kwargs))  # type: ignore[misc]

    def execute(self, expr: ir.Expr, /, **kwargs: Any) -> Any:
        """An answer as pandas has it, its rows counted."""
        return self._handed(super().execute(expr, **kwargs))  # type: ignore[misc]

    def _handed(self, found: Any) -> Any:
        rows = len(found) if hasattr(found, "__len__") else 1
        self.counted.longest = max(self.counted.longest, rows)
        return found

    @abstractmethod
    def rows(self, table: ir.Table) -> Any:
        """The rows of an expression as Arrow, in its order."""

    @abstractmethod
    def take(self, table: ir.Table, name: str, *, lasting: bool) -> ir.Table:
        """Carry rows of a DuckDB over into a table here, temporary or in :attr:`place`."""

    @abstractmethod
    def lay_down(self, table: ir.Table, label: str) -> None:
        """Work an expression out into a lasting table."""

    @abstractmethod
    def kept(self, label: str) -> ir.Table:
        """A table of :attr:`place`.

        Raises:
            InputError: it is not there any more.
        """

    @abstractmethod
    def labels(self) -> list[str]:
        """Names of all tables of this client in :attr:`place`."""

    @abstractmethod
    def forget(self, labels: Iterable[str]) -> None:
        """Drop tables of :attr:`place`; one that is gone already is no fault."""


def gone(label: str) -> InputError:
    """A table of an earlier run was dropped from outside, or business.yml names another place now."""
    return InputError(
        "The table {table} of this run is not in the warehouse of business.yml any more; run again with --force.",
        table=label,
    )
