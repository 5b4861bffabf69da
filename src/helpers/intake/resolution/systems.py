"""Whose numbering a customer code belongs to: KH001 of the till is not KH001 of the web shop."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir

from helpers.intake.resolution.records import Rows


def of_lists(con: Any, orders: Rows, lists: list[tuple[int, str, bool, ir.Table]]) -> dict[int, str]:
    """The system of every list of customers, by file number.

    Args:
        con: the engine.
        orders: the staged orders.
        lists: number, system, whether business.yml said so, and staged table of every list.

    Returns:
        What business.yml says; else the list's own where orders come from it; else that of the orders – of several, the one
        whose codes the list has most of. A list that shares no code keeps its own.
    """
    systems = set(orders.systems.values())
    found = {number: system for number, system, _said, _table in lists}
    open_ones = [one for one in lists if not one[2] and one[1] not in systems]
    if not open_ones or not systems:
        return found
    if len(systems) == 1:
        return found | {number: next(iter(systems)) for number, _system, _said, _table in open_ones}
    rows = orders.table
    sold = rows.mutate(system=rows.file_no.cases(*orders.systems.items(), else_="")).filter(rows.customer_id.notnull())
    sold = sold.select("system", "customer_id").distinct()
    for number, _system, _said, table in open_ones:
        common = sold.semi_join(table.filter(table.file_no == number), "customer_id").group_by("system")
        counts = con.to_pyarrow(common.agg(codes=lambda t: t.count())).to_pylist()
        if counts:
            found[number] = max(counts, key=lambda row: (row["codes"], row["system"]))["system"]
    return found
