"""Notebooks through papermill, in process, side by side where there are cores, with every cell reported as it starts."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from helpers import files
from helpers.errors import InputError
from helpers.parameters import Parameters
from helpers.pipeline import kernels

Progress = Callable[[str, int, int], None]
"""Called with notebook, cell started (1-based) and number of code cells."""


class NotebookFailed(Exception):
    """A cell raised something that is our fault: notebook, cell and cause, with the kernel's traceback.

    Cells are counted as Jupyter numbers them, code cells only, with the parameters a run adds as a cell of its own.
    """

    def __init__(self, book: str, cell: int, cause: str, traceback: str) -> None:
        super().__init__(f"{book}, cell {cell}: {cause}")
        self.book, self.cell, self.cause, self.traceback = book, cell, cause, traceback


class _ReportingEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's own engine, telling a callback which cell has started and running in a kernel of our making."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        report: Callable[[int, int], None] = kwargs.pop("report")
        code = [i for i, cell in enumerate(nb_man.nb.cells) if cell.cell_type == "code"]
        start = nb_man.cell_start

        def cell_start(cell: Any, cell_index: int | None = None, **more: Any) -> None:
            if cell_index in code:
                report(code.index(cell_index) + 1, len(code))
            start(cell, cell_index, **more)

        nb_man.cell_start = cell_start
        # the class, not a manager: nbclient ends only kernels of managers it has made itself
        made = kernels.ForkedKernelManager
        return super().execute_managed_notebook(
            nb_man, kernel_name, kernel_manager_class=made, shutdown_kernel="immediate", **kwargs
        )


ENGINE = "retention"
papermill_engines.register(ENGINE, _ReportingEngine)


@dataclass(frozen=True)
class Executed:
    """One executed notebook and the seconds it took."""

    book: str
    path: Path
    seconds: float


def execute(book: str, source: Path, target: Path, parameters: Parameters, progress: Progress) -> Executed:
    """Run one notebook with checked parameters.

    Raises:
        InputError: a cell found the user's input at fault. NotebookFailed: anything else a cell raised.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)
    started, reached = monotonic(), 0

    def report(cell: int, of: int) -> None:
        nonlocal reached
        reached = cell
        progress(book, cell, of)

    try:
        node = papermill.execute_notebook(
            str(source),
            None,
            parameters=parameters.model_dump(),
            engine_name=ENGINE,
            progress_bar=False,
            report=report,
        )
    except PapermillExecutionError as fault:
        cause = f"{fault.ename}: {fault.evalue}"
        if fault.ename == InputError.__name__:
            raise InputError(
                "{problem} (notebook {book}, cell {cell})", problem=fault.evalue, book=book, cell=str(reached)
            ) from fault
        raise NotebookFailed(book, reached, cause, re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(fault.traceback))) from fault
    except (DeadKernelError, RuntimeError) as fault:
        # while a kernel is starting, its end is no more than a RuntimeError to jupyter_client
        if not isinstance(fault, DeadKernelError) and "Kernel died" not in str(fault):
            raise
        raise NotebookFailed(
            book, reached, "its process ended before the cell did (out of memory, or ended from outside)", ""
        ) from fault
    # papermill notes where the files were; that is this machine's business, not the client's
    node.metadata.pop("papermill", None)
    files.write_text(target, nbformat.writes(node))
    return Executed(book, target, monotonic() - started)


def execute_all(
    books: Sequence[str],
    folder: Path,
    out: Path,
    parameters: Mapping[str, Parameters],
    progress: Progress,
    workers: int | None = None,
) -> tuple[Executed, ...]:
    """Run independent notebooks side by side, one per core; the first failure is raised after the running ones have ended."""
    with ThreadPoolExecutor(max_workers=workers or max(1, min(len(books) or 1, os.cpu_count() or 1))) as pool:
        running = [
            pool.submit(execute, book, folder / f"{book}.ipynb", out / f"{book}.ipynb", parameters[book], progress)
            for book in books
        ]
        try:
            done, _ = wait(running, return_when=FIRST_EXCEPTION)
        except BaseException:  # somebody pressed Ctrl-C: what has not begun never does, what runs ends now
            pool.shutdown(wait=False, cancel_futures=True)
            kernels.end_all()
            raise
        for future in running:
            if future not in done:
                future.cancel()
        return tuple(
            future.result() for future in sorted(running, key=lambda f: f.cancelled() or f.exception() is None)
        )
