"""Each different cell is parsed once: sales repeat the same days, amounts, goods, people and words on most of their rows.

Columns that are understood together form a group. The different combinations of a group's cells are taken out of the file,
prepared and parsed on their own, and joined back to the rows as they stand there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake.reading import drop


@dataclass(frozen=True)
class Cells:
    """The different combinations of a group's cells.

    Attributes:
        table: one row per combination, materialised: ``c_<role>`` as in the file, ``r_<role>`` prepared.
        columns: role → its prepared column of `table`.
    """

    table: ir.Table
    columns: dict[str, Any]


def different(con: Any, rows: ir.Table, roles: Iterable[str], prepare: Callable[[str, Any], Any]) -> Cells:
    """The different combinations of the cells of some roles.

    Args:
        con: the engine.
        rows: the file's rows with a column ``c_<role>`` for each role.
        roles: a group.
        prepare: the first half of parsing of a role's column.
    """
    roles = tuple(roles)
    found = rows.select(*(f"c_{role}" for role in roles)).distinct()
    found = found.mutate(**{f"r_{role}": prepare(role, found[f"c_{role}"]) for role in roles})
    table = con.create_table(ibis.util.gen_name("intake_cells"), found, temp=True)
    return Cells(table, {role: table[f"r_{role}"] for role in roles})


def looked_up(con: Any, rows: ir.Table, parsed: Iterable[tuple[Cells, Mapping[str, Any]]]) -> ir.Table:
    """`rows` with what the cells of each group mean.

    Args:
        con: the engine.
        rows: as :func:`different` takes them.
        parsed: for each group the columns it is parsed to, as expressions on its table.

    Returns:
        All columns of `rows`, and those of every group.
    """
    for cells, meant in parsed:
        keys = [name for name in cells.table.columns if name.startswith("c_")]
        found = cells.table.select(**{f"k_{name}": cells.table[name] for name in keys}, **meant)
        found = con.create_table(ibis.util.gen_name("intake_meant"), found, temp=True)
        # a blank cell is a cell like any other here, so missing equals missing
        rows = rows.inner_join(found, [rows[name].identical_to(found[f"k_{name}"]) for name in keys])
        rows = rows.drop(*(f"k_{name}" for name in keys))
    return rows


def forget(con: Any, groups: Iterable[Cells]) -> None:
    """Drop the tables of groups that are parsed."""
    drop(con, *(cells.table.get_name() for cells in groups))
