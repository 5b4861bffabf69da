"""The committed notebooks: built the same way, in both languages, with outputs and without traces of a machine."""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
from pathlib import Path

import nbformat
import pytest

from helpers import resources
from helpers.language import available
from helpers.page import guided_session
from helpers.parameters import NOTEBOOKS, Parameters

PATHS = sorted(resources.notebooks().glob("*.ipynb"))
LONGEST_CELL = 8
SILENT = {"parameters", "no-report"}
every = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
of_a_run = pytest.mark.parametrize("name", list(NOTEBOOKS))


def read(path: Path) -> nbformat.NotebookNode:
    """A committed notebook."""
    return nbformat.read(path, as_version=4)


def code(path: Path) -> list[nbformat.NotebookNode]:
    """Its code cells."""
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tagged(path: Path, tag: str) -> list[nbformat.NotebookNode]:
    """Its cells with a tag."""
    return [cell for cell in read(path).cells if tag in cell.metadata.get("tags", [])]


def declared(source: str) -> dict[str, tuple[str, object]]:
    """Name → (type, default) of a parameters cell."""
    found = {}
    for node in ast.parse(source).body:
        assert isinstance(node, ast.AnnAssign)
        assert isinstance(node.target, ast.Name)
        assert node.value is not None
        found[node.target.id] = (ast.unparse(node.annotation), ast.literal_eval(node.value))
    return found


def explained(source: str) -> dict[str, str]:
    """Name → the comment on its line."""
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    names = {t.start[0]: t.string for t in reversed(tokens) if t.type == tokenize.NAME}
    return {names[t.start[0]]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def test_the_six_notebooks_are_there() -> None:
    """The session and the five chapters, in reading order."""
    assert [path.stem for path in PATHS] == ["0_guided_session", *NOTEBOOKS]


@every
def test_a_notebook_is_valid_and_runs_anywhere(path: Path) -> None:
    """It names the kernel every Jupyter has, and no version of Python or of a tool."""
    book = read(path)
    nbformat.validate(book)
    assert book.metadata.kernelspec.name == "python3"
    assert set(book.metadata) == {"kernelspec", "language_info"}
    assert set(book.metadata.language_info) == {"name"}


@every
def test_there_is_one_parameters_cell_before_all_other_code(path: Path) -> None:
    """papermill finds it, and a reader sees at once what can be changed."""
    assert len(tagged(path, "parameters")) == 1
    assert "parameters" in code(path)[0].metadata.tags


@of_a_run
def test_parameters_are_those_of_the_model(name: str) -> None:
    """What the notebook says it takes – names, order, types, defaults – is what the command line checks."""
    model = NOTEBOOKS[name]
    source = tagged(resources.notebooks() / f"{name}.ipynb", "parameters")[0].source
    wanted = {
        field: (info.annotation.__name__, info.default) for field, info in model.model_fields.items() if info.annotation
    }
    assert declared(source) == wanted
    assert list(declared(source))[:2] == list(Parameters.model_fields)


@of_a_run
def test_parameters_are_explained_as_in_the_model(name: str) -> None:
    """Each has a sentence on its line, the one the documentation prints."""
    told = explained(tagged(resources.notebooks() / f"{name}.ipynb", "parameters")[0].source)
    described = {field: info.description for field, info in NOTEBOOKS[name].model_fields.items() if info.description}
    assert {field: told[field] for field in described} == described
    assert set(told) == set(NOTEBOOKS[name].model_fields)


@of_a_run
def test_every_parameter_reaches_the_run(name: str) -> None:
    """The second cell hands all of them to `open_run`, which checks them also when the notebook is opened by hand."""
    source = code(resources.notebooks() / f"{name}.ipynb")[1].source
    calls = [
        n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "open_run"
    ]
    assert len(calls) == 1
    assert [ast.literal_eval(argument) for argument in calls[0].args] == [name]
    assert {k.arg: ast.unparse(k.value) for k in calls[0].keywords} == {
        field: field for field in NOTEBOOKS[name].model_fields
    }


def test_parameters_of_the_session_are_those_of_its_page() -> None:
    """`0_guided_session` takes what the page takes."""
    page = {name: p.default for name, p in inspect.signature(guided_session).parameters.items()}
    source = tagged(PATHS[0], "parameters")[0].source
    assert {name: default for name, (_, default) in declared(source).items()} == page


@every
def test_prose_stands_in_every_language(path: Path) -> None:
    """Each paragraph is a pair of cells, Vietnamese first, with as many headings of the same rank in both."""
    cells = read(path).cells
    prose = [(i, cell) for i, cell in enumerate(cells) if cell.cell_type == "markdown"]
    assert prose
    assert {cell.metadata.lang for _, cell in prose} == set(available())
    for (i, first), (j, second) in zip(prose[::2], prose[1::2], strict=True):
        assert (first.metadata.lang, second.metadata.lang, j) == ("vi", "en", i + 1)
        ranks = [re.findall(r"^#+(?= )", cell.source, re.MULTILINE) for cell in (first, second)]
        assert ranks[0] == ranks[1]
        assert first.source != second.source


@every
def test_the_title_is_the_first_thing(path: Path) -> None:
    """One heading of the first rank, at the top."""
    titles = [
        re.findall(r"^# .+", cell.source, re.MULTILINE) for cell in read(path).cells if cell.cell_type == "markdown"
    ]
    assert [len(found) for found in titles] == [1, 1] + [0] * (len(titles) - 2)


@every
def test_cells_call_and_do_not_compute(path: Path) -> None:
    """No cell is longer than eight lines, and none defines a function, a class or a loop: that belongs in the package."""
    for cell in code(path):
        assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.source
        built = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.With, ast.Try, ast.Lambda)
        assert not [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, built)], cell.source


@of_a_run
def test_a_chapter_ends_by_leaving_its_numbers(name: str) -> None:
    """The last cell records for metrics.json what the chapter has shown."""
    assert code(resources.notebooks() / f"{name}.ipynb")[-1].source.startswith("run.record(")


@every
def test_committed_outputs_are_there(path: Path) -> None:
    """Read on the web, a notebook shows the example; every cell that speaks has spoken, and none has failed."""
    for cell in code(path):
        if not SILENT & set(cell.metadata.get("tags", [])):
            assert cell.outputs, cell.source
        assert not [output for output in cell.outputs if output.output_type in ("error", "stream")], cell.source


@every
def test_outputs_were_made_in_order(path: Path) -> None:
    """Executed once from top to bottom in a fresh kernel."""
    assert [cell.execution_count for cell in code(path)] == list(range(1, len(code(path)) + 1))


@every
def test_outputs_hold_no_trace_of_the_machine(path: Path) -> None:
    """No path, no time of execution, no address: a second execution elsewhere gives the same file."""
    text = path.read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert re.search(r"(?:/(?:home|Users|tmp|root|work)/|[A-Z]:\\\\)", text) is None
    assert re.search(r"at 0x[0-9a-f]{6,}", text) is None
    assert not [cell for cell in code(path) if "execution" in cell.metadata]
