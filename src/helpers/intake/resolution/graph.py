"""Connected components in the engine: who belongs together when some are known to be the same.

Each round every node takes the smallest neighbour as its parent, parents are followed to the root by pointer jumping
(doubling, so ⌈log₂ depth⌉ steps), and the links are drawn between roots only; what lies within one tree is gone. The links
left shrink geometrically, as in Borůvka's rounds; the work is joins and group-bys over what is left, never a walk over nodes.

Source: Shiloach & Vishkin, “An O(log n) parallel connectivity algorithm”, J. Algorithms 3 (1982); Kiveris et al.,
“Connected components in MapReduce and beyond”, SoCC 2014.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from helpers.intake.reading import drop


def kept(con: Any, table: ir.Table, made: list[str]) -> ir.Table:
    """`table` computed now and noted in `made`, so that it can be dropped.

    In one statement: `create_table` asks the engine five things each time, which a small shop would wait for. Only functions of our own
    (numbers of countries without rules) have to be made known to the engine first, which it does.
    """
    name = ibis.util.gen_name("resolve")
    made.append(name)
    if table.op().find(ops.ScalarUDF):
        of_ours: ir.Table = con.create_table(name, table, temp=True)
        return of_ours
    con.raw_sql(f"CREATE TEMP TABLE {name} AS {con.compile(table)}")
    held: ir.Table = ops.DatabaseTable(name=name, schema=table.schema(), source=con).to_expr()
    return held


def count(con: Any, table: ir.Table) -> int:
    """Rows of a table."""
    return int(con.to_pyarrow(table.count()).as_py())


def components(con: Any, links: ir.Table) -> ir.Table:
    """The component of every node that has a link.

    Args:
        con: the engine.
        links: `one` and `other`, integers of any kind; direction and repetition do not matter.

    Returns:
        A temporary table: node, component (its smallest node). The caller drops it.
    """
    made: list[str] = []
    rounds: list[ir.Table] = []
    left = kept(con, links.filter(links.one != links.other).select("one", "other").distinct(), made)
    while count(con, left):
        parents = _roots(con, _hooked(con, left, made), made)
        rounds.append(parents)
        left = kept(con, _between_roots(left, parents), made)
    found = rounds[0] if rounds else left.select(node="one", parent="other")
    for parents in rounds[1:]:
        later = parents.rename(root="node", above="parent")
        joined = found.left_join(later, found.parent == later.root)
        found = kept(con, joined.select("node", parent=ibis.coalesce(joined.above, joined.parent)), made)
    result = con.create_table(ibis.util.gen_name("components"), found.rename(component="parent"), temp=True)
    drop(con, *made)
    return result


def _hooked(con: Any, links: ir.Table, made: list[str]) -> ir.Table:
    """Every node with its smallest neighbour, or itself where that is smaller still."""
    both = links.union(links.select(one="other", other="one"))
    return kept(con, both.group_by(node=both.one).agg(parent=ibis.least(both.one.min(), both.other.min())), made)


def _roots(con: Any, parents: ir.Table, made: list[str]) -> ir.Table:
    """Every node with the root of its tree. A parent is smaller than its child, so there is no circle."""
    while True:
        above = parents.select(at="node", grandparent="parent")
        jumped = kept(
            con,
            parents.inner_join(above, parents.parent == above.at).select("node", "parent", "grandparent"),
            made,
        )
        if not count(con, jumped.filter(jumped.parent != jumped.grandparent)):
            return parents
        parents = jumped.select("node", parent="grandparent")


def _between_roots(links: ir.Table, parents: ir.Table) -> ir.Table:
    one = parents.select(a="node", one_root="parent")
    other = parents.select(b="node", other_root="parent")
    joined = links.inner_join(one, links.one == one.a).inner_join(other, links.other == other.b)
    ends = joined.select(one="one_root", other="other_root")
    return ends.filter(ends.one != ends.other).distinct()
