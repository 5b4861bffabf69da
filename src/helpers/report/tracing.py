"""Where a figure of the report comes from: notebook, cell, tables, parameters, and its names in `metrics.json`.

What a cell read itself was noted while it ran (:mod:`helpers.reads`). What it took over from the cells before it follows from the
variables it names, and the names its results have in `metrics.json` from the cell that records them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from helpers.reads import FACTS, PARAMETERS, TABLES

RECORD = "record"
"""The method of a run that leaves results for `metrics.json`."""


@dataclass(frozen=True)
class Trace:
    """Where what one cell shows comes from.

    Attributes:
        book, cell: the notebook and the cell's number in its executed copy. anchor: its place in the analyst's report.
        tables: read by it or by the cells whose results it uses. parameters: of the notebook, (name, value as text, given), those
            in force there. names: under which its figures stand in `metrics.json`. code: the cell.
    """

    book: str
    cell: int
    anchor: str
    tables: tuple[str, ...]
    parameters: tuple[tuple[str, str, bool], ...]
    names: tuple[str, ...]
    code: str


@dataclass(frozen=True)
class Origin:
    """What a cell, or a variable made by one, rests on."""

    tables: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()

    def __or__(self, other: Origin) -> Origin:
        """Both together."""
        return Origin(self.tables | other.tables, self.parameters | other.parameters, self.facts | other.facts)


def traces(
    book: str,
    notebook: NotebookNode,
    *,
    reads: Mapping[str, Mapping[str, Sequence[str]]],
    parameters: Mapping[str, tuple[Any, bool]],
    recorded: AbstractSet[str],
    known: AbstractSet[str],
) -> dict[int, Trace]:
    """The trace of every executed code cell, by its position in the notebook.

    Args:
        reads: what each cell read, by its number. parameters: name → value and whether it was given. recorded: the names this
            notebook has left. known: all names of `metrics.json`.
    """
    cells = [(i, c) for i, c in enumerate(notebook.cells) if c.cell_type == "code" and c.get("execution_count")]
    trees = {i: ast.parse(cell.source) for i, cell in cells}
    names = _names(trees.values(), recorded)
    made: dict[str, Origin] = {}
    found = {}
    for i, cell in cells:
        used, stored = _variables(trees[i])
        own = _origin(reads.get(str(cell.execution_count), {}))
        for name in used & made.keys():
            own |= made[name]
        # a variable called like a table that was read holds that table, whatever else its cell has worked out
        made |= {name: Origin(frozenset({name})) if name in own.tables else own for name in stored}
        shown = {n for name in used | stored for n in names.get(name, ())} | (own.facts & known)
        in_force = tuple(
            (name, str(parameters[name][0]), parameters[name][1]) for name in sorted(own.parameters & parameters.keys())
        )
        found[i] = Trace(
            book, cell.execution_count, f"{book}-{cell.execution_count}", tuple(sorted(own.tables)), in_force,
            tuple(sorted(shown & known)), cell.source,
        )  # fmt: skip
    return found


def _origin(read: Mapping[str, Sequence[str]]) -> Origin:
    return Origin(*(frozenset(read.get(kind, ())) for kind in (TABLES, PARAMETERS, FACTS)))


def _variables(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Names a cell uses, and names it gives a value; the run itself is everybody's and says nothing."""
    used, stored = set[str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (stored if isinstance(node.ctx, ast.Store) else used).add(node.id)
    return used - {"run"}, stored - {"run"}


def _names(trees: Iterable[ast.AST], recorded: AbstractSet[str]) -> dict[str, set[str]]:
    """Variable → the names in `metrics.json` that are made from it."""
    calls = [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == RECORD
    ]
    keywords = [word for call in calls for word in _keywords(call)]
    named = {word.arg for word in keywords if word.arg is not None}
    found: dict[str, set[str]] = {}
    for word in keywords:
        # a call that returns several results under names of its own: whatever else the notebook has left
        under = {word.arg} if word.arg is not None else set(recorded) - named
        for variable in _variables(word.value)[0]:
            found.setdefault(variable, set()).update(under)
    return found


def _keywords(call: ast.Call) -> Iterator[ast.keyword]:
    """The results a call to `record` is given, by name; one that hands on named results counts as those."""
    for word in call.keywords:
        if word.arg is None and isinstance(word.value, ast.Call) and word.value.keywords:
            yield from _keywords(word.value)
        else:
            yield word
