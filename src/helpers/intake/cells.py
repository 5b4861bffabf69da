"""Each different cell is parsed once: sales repeat the same days, amounts, goods, people and words on most of their rows.

Columns that are understood together form a group. The different combinations of a group's cells are taken out of the file,
prepared and parsed on their own, and joined back to the rows as they stand there.

A warehouse parses row by row instead (``once=False``): its engine may join on cells that can be missing row by row against
row, which takes far longer than parsing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake.reading import drop


@dataclass(frozen=True)
class Cells:
    """What stands in the columns of a group.

    Attributes:
        table: ``c_<role>`` as in the file, ``r_<role>`` prepared; one row per combination of cells, materialised, or every
            row as it stands.
        columns: role → its prepared column of `table`.
    """

    table: ir.Table
    columns: dict[str, Any]


def prepared(
    con: Any, rows: ir.Table, groups: Mapping[str, Sequence[str]], prepare: Callable[[str, Any], Any], *, once: bool
) -> dict[str, Cells]:
    """The cells of each group, ready to be parsed.

    Args:
        con: the engine.
        rows: the file's rows with a column ``c_<role>`` for each role.
        groups: name → its roles.
        prepare: the first half of parsing of a role's column.
        once: take the different combinations of each group's cells out, rather than all rows.
    """
    if once:
        return {name: _different(con, rows, roles, prepare) for name, roles in groups.items()}
    every = [role for roles in groups.values() for role in roles]
    table = rows.mutate(**{f"r_{role}": prepare(role, rows[f"c_{role}"]) for role in every})
    return {name: Cells(table, {role: table[f"r_{role}"] for role in roles}) for name, roles in groups.items()}


def _different(con: Any, rows: ir.Table, roles: Sequence[str], prepare: Callable[[str, Any], Any]) -> Cells:
    found = rows.select(*(f"c_{role}" for role in roles)).distinct()
    found = found.mutate(**{f"r_{role}": prepare(role, found[f"c_{role}"]) for role in roles})
    table = con.create_table(ibis.util.gen_name("intake_cells"), found, temp=True)
    return Cells(table, {role: table[f"r_{role}"] for role in roles})


def looked_up(con: Any, rows: ir.Table, parsed: Iterable[tuple[Cells, Mapping[str, Any]]], *, once: bool) -> ir.Table:
    """`rows` with what the cells of each group mean.

    Args:
        con: the engine.
        rows: as :func:`prepared` takes them.
        parsed: for each group the columns it is parsed to, as expressions on its table.
        once: as there.

    Returns:
        All columns of `rows`, and those of every group.
    """
    parsed = list(parsed)
    if not once:
        table = parsed[0][0].table if parsed else rows
        return table.mutate(**{name: column for _, meant in parsed for name, column in meant.items()})
    for cells, meant in parsed:
        keys = [name for name in cells.table.columns if name.startswith("c_")]
        found = cells.table.select(**{f"k_{name}": cells.table[name] for name in keys}, **meant)
        found = con.create_table(ibis.util.gen_name("intake_meant"), found, temp=True)
        # a blank cell is a cell like any other here, so missing equals missing
        rows = rows.inner_join(found, [rows[name].identical_to(found[f"k_{name}"]) for name in keys])
        rows = rows.drop(*(f"k_{name}" for name in keys))
    return rows


def forget(con: Any, groups: Iterable[Cells]) -> None:
    """Drop the tables of the different cells of groups that are parsed."""
    drop(con, *(cells.table.get_name() for cells in groups))
