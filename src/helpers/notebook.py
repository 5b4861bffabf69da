"""Opening a run from a notebook: by papermill with its folder, by hand without one."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

from IPython import get_ipython
from IPython.display import display

from helpers import business as business_file
from helpers import files, remembering, tables, warehouse
from helpers.errors import InputError
from helpers.language import Language, language
from helpers.metrics.baskets import only_goods
from helpers.parameters import NOTEBOOKS, Parameters, check
from helpers.pipeline.example import example_run
from helpers.playbook.goods import load_goods
from helpers.reads import Note, ReadFacts, ReadParameters, Reads, ReadTables
from helpers.records import plain
from helpers.run import ASKED, ENVIRONMENT, READS, SETTINGS, Run


def open_run(book: str, **given: Any) -> Run:
    """Open the run a notebook works on, after checking the notebook's parameters.

    Without a run folder – a notebook opened by hand – the folder named by the environment variable ``RETENTION_RUN`` is used,
    else the example business that travels with the project.

    Raises:
        InputError: a parameter is unknown, ill-typed or out of range, or the folder is not a run.
    """
    params: Parameters = check(NOTEBOOKS.get(book, Parameters), given)
    say = language(params.lang)
    _word_faults(say)
    folder = Path(params.run_dir or os.environ.get(ENVIRONMENT, "") or example_run())
    facts = {**_read(folder / "records" / "tables.json"), **_read(folder / "records" / "customers.json")}
    previous = folder / "records" / "previous.json"
    facts["previous"] = _read(previous) if previous.is_file() else None
    told = folder / "records" / SETTINGS
    facts["settings"] = _read(told) if told.is_file() else {}
    client = Path(facts["client"])
    business = business_file.load(client)
    con = warehouse.opened(business, client) or remembering.connect(folder, book)
    _count(con, folder / "records" / f"{book}{ASKED}")
    opened = tables.open_tables(con, folder / "tables")
    opened = replace(opened, order_lines=only_goods(opened.order_lines, load_goods().pattern))
    noted = _reads(folder / "records" / f"{book}{READS}")
    return Run(
        book=book,
        params=ReadParameters(params, noted),
        business=business,
        client=client,
        folder=folder,
        as_of=date.fromisoformat(facts["as_of"]),
        say=say,
        con=con,
        tables=ReadTables.watching(opened, noted),
        facts=ReadFacts(facts, noted),
    )


def show(*pieces: Any) -> None:
    """Show several pieces of the report from one cell: a chapter whose length depends on what the business records."""
    for piece in pieces:
        display(piece)  # type: ignore[no-untyped-call]


def _reads(path: Path) -> Note:
    """Note from now on what each cell reads; nobody counts cells outside a notebook."""
    reads, shell = Reads(path), get_ipython()
    if shell is not None:
        shell.events.register("post_run_cell", reads.cell_done)
    return reads.note


def _count(con: Any, path: Path) -> None:
    """Keep a record of how many of the notebook's queries were remembered, cell by cell."""
    shell, counted = get_ipython(), getattr(con, "counted", None)
    if shell is None or counted is None:
        return

    def cell_done(_: Any) -> None:
        files.write_text(path, json.dumps(plain(counted)))

    shell.events.register("post_run_cell", cell_done)


def _word_faults(say: Language) -> None:
    """From now on a fault of the user's input that a cell meets is told in the reader's language."""

    def worded(
        shell: Any, kind: type[InputError], fault: InputError, trace: TracebackType, tb_offset: int | None = None
    ) -> None:
        sentence = say.error(fault).replace("{", "{{").replace("}", "}}")
        shell.showtraceback((kind, kind(sentence), trace), tb_offset=tb_offset)

    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((InputError,), worded)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
