"""Small businesses for tests: written out by hand, or drawn at random by hypothesis."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from hypothesis import strategies as st


class Sale(NamedTuple):
    """One order: customer (None: nobody known), time, money, branch."""

    customer: str | None
    at: datetime
    money: float
    branch: str | None = None


def sales(text: str) -> list[Sale]:
    """Orders from lines of customer, day, perhaps a time, money, perhaps a branch."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        customer, day, *rest = line.split()
        clock = time.fromisoformat(rest.pop(0)) if ":" in rest[0] else time(9)
        moment = datetime.combine(date.fromisoformat(day), clock)
        found.append(Sale(None if customer == "–" else customer, moment, float(rest[0]), rest[1] if rest[1:] else None))
    return found


def table(con: Any, rows: list[Sale]) -> ir.Table:
    """The orders table of :mod:`helpers.tables` with these rows, numbered o1, o2, … in the order given."""
    columns = {
        "order_id": pa.array([f"o{i}" for i in range(1, len(rows) + 1)], pa.string()),
        "customer_id": pa.array([row.customer for row in rows], pa.string()),
        "ordered_at": pa.array([row.at for row in rows], pa.timestamp("us")),
        "net_revenue": pa.array([row.money for row in rows], pa.float64()),
        "currency": pa.array(["VND"] * len(rows), pa.string()),
        "channel": pa.array([None] * len(rows), pa.string()),
        "branch": pa.array([row.branch for row in rows], pa.string()),
        "staff": pa.array([None] * len(rows), pa.string()),
        "source_file": pa.array(["sales.csv"] * len(rows), pa.string()),
        "source_row": pa.array(range(1, len(rows) + 1), pa.int64()),
    }
    return made(con, columns)


def made(con: Any, columns: dict[str, Any]) -> ir.Table:
    """A table of the engine from columns in memory."""
    name = ibis.util.gen_name("made")
    con.con.register(name, pa.table(columns))
    return con.table(name)


def rows(found: ir.Table, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a small table as tuples, None for what is missing, in order."""
    chosen = found.select(*columns) if columns else found
    return sorted((tuple(row.values()) for row in chosen.to_pyarrow().to_pylist()), key=str)


OPENING = date(2025, 1, 15)
"""First day of the random businesses."""


def businesses(days: int = 400, largest: int = 40, people: int = 5) -> st.SearchStrategy[list[Sale]]:
    """Random businesses: a handful of customers (and nobody), whole amounts, now and then a refunded receipt."""
    sale = st.builds(
        Sale,
        st.sampled_from([*(f"c{i}" for i in range(people)), None]),
        st.builds(
            lambda day, hour: datetime.combine(OPENING + timedelta(days=day), time(hour)),
            st.integers(0, days),
            st.sampled_from([8, 12, 20]),
        ),
        st.integers(-3, 50).map(float),
    )
    return st.lists(sale, max_size=largest)


def purchase_days(found: list[Sale], as_of: date) -> dict[str, dict[date, list[Sale]]]:
    """Customer → day → receipts of that day, up to `as_of`: the pure Python the engine is compared with."""
    history: dict[str, dict[date, list[Sale]]] = defaultdict(lambda: defaultdict(list))
    for row in found:
        if row.customer is not None and row.at.date() <= as_of:
            history[row.customer][row.at.date()].append(row)
    return {who: dict(sorted(days.items())) for who, days in history.items()}
