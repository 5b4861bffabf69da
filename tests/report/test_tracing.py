"""Where a figure comes from: from what cells have read and the variables they hand on."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import nbformat
import pytest

from helpers import tables
from helpers.parameters import Diagnosis
from helpers.reads import ReadFacts, ReadParameters, Reads, ReadTables
from helpers.report.tracing import Trace, traces


def cell(number: int, source: str) -> nbformat.NotebookNode:
    """An executed code cell."""
    return nbformat.v4.new_code_cell(source, execution_count=number)


CELLS = [
    nbformat.v4.new_markdown_cell("# Who comes back?"),
    cell(3, "deliveries, costs = (run.tables.get(name) for name in ('deliveries', 'costs'))\nlate = punctual(deliveries, run)"),
    cell(4, "rates = repeat(run.orders, days=run.params.days)\nchart(rates, run)"),
    cell(5, "bill(costs, run)"),
    cell(6, "details(rates, late, run)"),
    cell(7, "run.record(**facts(repeat_rate=rates), on_time=late, **whatever.changed(rates))"),
]  # fmt: skip
READS = {
    "3": {"tables": ["deliveries", "costs", "orders"]},
    "4": {"tables": ["orders"], "parameters": ["days"], "facts": ["gate", "unheard_of"]},
}


@pytest.fixture
def found() -> dict[int, Trace]:
    """The traces of a small notebook, checked by eye."""
    return traces(
        "1_book", nbformat.v4.new_notebook(cells=CELLS), reads=READS, parameters={"days": (30, True), "limit": (5, False)},
        recorded={"repeat_rate", "on_time", "since"}, known={"repeat_rate", "on_time", "since", "gate"},
    )  # fmt: skip


def test_a_cell_is_named_by_its_number_with_what_it_read(found: dict[int, Trace]) -> None:
    """Tables, facts and parameters are those the cell itself asked for; facts that are no figure of the run are left out."""
    assert (found[2].cell, found[2].anchor, found[2].code) == (4, "1_book-4", CELLS[2].source)
    assert found[2].tables == ("orders",)
    assert found[2].parameters == (("days", "30", True),)
    assert found[2].names == ("gate", "repeat_rate", "since")


def test_what_a_cell_takes_over_comes_with_it(found: dict[int, Trace]) -> None:
    """A cell that only words the results of two others rests on the tables and parameters of both."""
    assert found[4].tables == ("costs", "deliveries", "orders")
    assert found[4].parameters == (("days", "30", True),)
    assert found[4].names == ("gate", "on_time", "repeat_rate", "since")


def test_a_table_handed_on_is_that_table_alone(found: dict[int, Trace]) -> None:
    """Who uses the costs does not rest on the deliveries only because one line fetched both."""
    assert found[3].tables == ("costs",)
    assert (found[3].parameters, found[3].names) == ((), ())


def test_cells_that_were_never_run_have_no_trace() -> None:
    """A notebook opened and not executed claims nothing."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("rates = 1")])
    assert traces("1_book", book, reads={}, parameters={}, recorded=set(), known=set()) == {}


def test_parameters_are_noted_by_name_and_can_be_copied() -> None:
    """A parameter that is asked for is noted, a method of all of them is not, and a copy is the same parameters."""
    asked: list[tuple[str, str]] = []
    watched = ReadParameters(Diagnosis(repeat_days=60), lambda kind, name: asked.append((kind, name)))
    assert copy.copy(watched).repeat_days == 60
    assert watched.model_dump()["repeat_days"] == 60
    assert asked == [("parameters", "repeat_days")]
    with pytest.raises(AttributeError):
        _ = watched.nothing


def test_reads_are_noted_cell_by_cell(tmp_path: Path) -> None:
    """Each cell has what was asked for since the one before, in a file that is whole after every cell; absent tables were not read."""

    class Done:
        execution_count = 3

    class Later:
        execution_count = 5

    reads = Reads(tmp_path / "reads.json")
    opened = tables.Tables("o", "l", "p", "r", {"costs": "c"})  # type: ignore[arg-type]
    watched = ReadTables.watching(opened, reads.note)
    facts = ReadFacts({"gate": 1}, reads.note)
    assert (watched.orders, watched.get("costs"), watched.get("tickets"), watched.customers) == ("o", "c", None, None)
    assert (facts["gate"], facts.get("none")) == (1, None)
    reads.cell_done(Done)
    reads.cell_done(Done)  # an empty cell
    assert watched.people == "p"
    reads.cell_done(Later)
    text = (tmp_path / "reads.json").read_text("utf-8")
    assert json.loads(text) == {
        "3": {"facts": ["gate", "none"], "tables": ["costs", "orders"]},
        "5": {"tables": ["people"]},
    }
