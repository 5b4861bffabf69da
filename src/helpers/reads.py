"""What each cell of a notebook has read – tables, facts of earlier stages, parameters – noted while it runs, for whoever asks later."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from helpers import files, tables

TABLES, FACTS, PARAMETERS = "tables", "facts", "parameters"
ALWAYS = ("orders", "order_lines", "people", "rejects", "customers", "identities", "placed")
"""Fields of :class:`helpers.tables.Tables` that are tables themselves."""
Note = Callable[[str, str], None]
"""Called with the kind and the name of what was read."""


class Reads:
    """The reads of one notebook, cell by cell, kept in a file as it goes on.

    Args:
        path: the JSON file, cell number as Jupyter shows it → kind → names.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._now: dict[str, set[str]] = {}
        self._cells: dict[str, dict[str, list[str]]] = {}

    def note(self, kind: str, name: str) -> None:
        """Something was read by the cell that runs."""
        self._now.setdefault(kind, set()).add(name)

    def cell_done(self, result: Any) -> None:
        """IPython's word that a cell has ended: what was read since the last one is its."""
        read, self._now = self._now, {}
        if read:
            self._cells[str(result.execution_count)] = {kind: sorted(names) for kind, names in sorted(read.items())}
            files.write_text(self._path, json.dumps(self._cells, ensure_ascii=False, indent=1))


def _unheard(kind: str, name: str) -> None:
    """Nobody asked to be told."""


class ReadTables(tables.Tables):
    """Tables that note which of them is asked for; a changed copy of them is no longer watched."""

    _note = staticmethod(_unheard)

    @classmethod
    def watching(cls, opened: tables.Tables, note: Note) -> ReadTables:
        """The same tables, watched."""
        made = cls(opened.orders, opened.order_lines, opened.people, opened.rejects, opened.optional,
                   opened.customers, opened.identities, opened.placed)  # fmt: skip
        object.__setattr__(made, "_note", note)  # the base is frozen
        return made

    def __getattribute__(self, name: str) -> Any:
        """A field; a table among them is noted."""
        found = super().__getattribute__(name)
        if name in ALWAYS and found is not None:
            super().__getattribute__("_note")(TABLES, name)
        return found

    def get(self, name: str) -> Any:
        """An optional table, noted if there is one."""
        found = super().get(name)
        if found is not None:
            self._note(TABLES, name)
        return found


class ReadFacts(dict[str, Any]):
    """Facts that note which of them is asked for."""

    def __init__(self, facts: Mapping[str, Any], note: Note) -> None:
        super().__init__(facts)
        self._note = note

    def __getitem__(self, name: str) -> Any:
        """One fact."""
        self._note(FACTS, name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """One fact, or what to take where there is none."""
        self._note(FACTS, name)
        return super().get(name, default)


class ReadParameters:
    """Checked parameters that note which of them is asked for."""

    def __init__(self, parameters: Any, note: Note) -> None:
        self._parameters, self._note = parameters, note

    def __getattr__(self, name: str) -> Any:
        """A parameter, or a method of all of them."""
        if name.startswith("_"):  # a copy in the making asks before there is anything to ask
            raise AttributeError(name)
        if name in type(self._parameters).model_fields:
            self._note(PARAMETERS, name)
        return getattr(self._parameters, name)
