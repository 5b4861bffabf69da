"""The one place that opens a database. Everything else takes an Ibis backend or table as an argument."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.afar import Afar

AFAR = {"postgres": "postgres", "postgresql": "postgres", "pyspark": "spark"}
"""Scheme of a URL → the module that opens an engine away from the machine."""

MEMORY = "RETENTION_ENGINE_MEMORY"
"""Environment: bytes DuckDB may hold in each process where several clients are run side by side; what does not fit goes to disk."""

OF_A_RUN = 1 / 3
"""Share of the machine's memory that a run takes with everything it starts; the rest is for those who work beside it."""
OF_A_PROCESS = 0.65
"""Share of a process's memory that its engine may hold; Python, libraries and what the engine does not count have the rest."""
LEAST = 1_000_000_000
"""Bytes below which an engine is not asked to go: with less it writes to disk what any machine has room for."""


def share(processes: int) -> int | None:
    """Bytes DuckDB may hold in each of the processes of a run that work side by side; None where the system does not say what it has."""
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
    return max(LEAST, int(whole * OF_A_RUN / processes * OF_A_PROCESS))


def alone() -> int | None:
    """Bytes DuckDB may hold where no other process of the run works: what the environment says, else a run's share."""
    asked = os.environ.get(MEMORY, "")
    return int(asked) if asked.isdigit() else share(1)


def connect(
    url: str = "duckdb://", *, memory_limit: str | None = None, threads: int | None = None, spill: Path | None = None
) -> Any:
    """An Ibis backend; DuckDB in process unless the URL says otherwise.

    Args:
        url: anything `ibis.connect` takes (``duckdb://``, ``postgres://…``, ``pyspark://…``).
        memory_limit: DuckDB only, e.g. ``"6GB"``; beyond it DuckDB spills to disk. Default what :data:`MEMORY` says, else DuckDB's own.
        threads: DuckDB only; default all cores.
        spill: DuckDB only; folder for what does not fit in memory; default one that only this user can read and that goes
            with the connection.
    """
    scheme = url.partition("://")[0]
    if scheme in AFAR:
        driver: Any = importlib.import_module(f"helpers.{AFAR[scheme]}")  # it needs what is an extra
        made = driver.connect(url)
        made.open_home = connect
        return made
    con: Any = ibis.connect(url)
    asked = os.environ.get(MEMORY, "")
    if memory_limit is None and asked.isdigit():
        memory_limit = f"{asked}B"
    if con.name == "duckdb":
        settings = {"memory_limit": memory_limit, "threads": threads, "temp_directory": spill or _own_folder(con)}
        for name, value in settings.items():
            if value is not None:
                con.raw_sql(f"SET {name} = '{value}'")
        # progress bars of the engine would otherwise land in notebooks' outputs
        con.raw_sql("SET enable_progress_bar = false")
    return con


def at_hand(con: Any, table: ir.Table) -> tuple[Any, ir.Table]:
    """An engine and a table of it from which files are written here: an engine away from the machine hands its rows over first."""
    return (con.home, con.bring(table)) if isinstance(con, Afar) else (con, table)


def _own_folder(con: Any) -> str:
    """DuckDB would otherwise leave people's data in a folder `.tmp` wherever the user happens to be."""
    folder = tempfile.mkdtemp(prefix="retention-")
    weakref.finalize(con, shutil.rmtree, folder, ignore_errors=True)
    return folder


@contextmanager
def within(con: Any, memory: int) -> Iterator[None]:
    """Let DuckDB hold at most so many bytes while the block lasts; what does not fit goes to disk."""
    before = con.raw_sql("SELECT current_setting('memory_limit')").fetchone()[0]
    con.raw_sql(f"SET memory_limit = '{memory}B'")
    try:
        yield
    finally:
        con.raw_sql(f"SET memory_limit = '{before}'")
