"""Contracts for tests: written out by hand, drawn at random by hypothesis, or of a seeded gym."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import ibis.expr.types as ir
import pyarrow as pa
from businesses import made
from hypothesis import strategies as st

from helpers import tables


class Contract(NamedTuple):
    """One row of the subscriptions table."""

    customer: str
    start: date
    end: date | None
    price: float
    plan: str = "basic"


def subscriptions(con: Any, found: list[Contract]) -> ir.Table:
    """The subscriptions table of :mod:`helpers.tables` with these rows."""
    schema = tables.OPTIONAL["subscriptions"].to_pyarrow()
    columns: dict[str, list[Any]] = {
        "subscription_id": [f"s{i}" for i in range(len(found))],
        "customer_id": [c.customer for c in found],
        "plan": [c.plan for c in found],
        "started_on": [c.start for c in found],
        "ended_on": [c.end for c in found],
        "monthly_price": [c.price for c in found],
    }
    return made(con, {field.name: pa.array(columns[field.name], field.type) for field in schema})


def written(con: Any, text: str) -> ir.Table:
    """Contracts from lines of customer, start, end (a dash: still running), price, perhaps a plan."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        customer, start, end, price, *plan = line.split()
        over = None if end == "–" else date.fromisoformat(end)
        found.append(Contract(customer, date.fromisoformat(start), over, float(price), *plan))
    return subscriptions(con, found)


OPENING = date(2025, 1, 20)
"""First day of the random contracts."""


def random_contracts(days: int = 200, people: int = 4, largest: int = 14) -> st.SearchStrategy[list[Contract]]:
    """Overlaps, pauses, trials and contracts that never ran, of a handful of customers."""
    contract = st.builds(
        lambda who, start, length, price: Contract(
            f"c{who}",
            OPENING + timedelta(days=start),
            None if length is None else OPENING + timedelta(days=start + length),
            float(price),
        ),
        st.integers(0, people - 1),
        st.integers(0, days),
        st.one_of(st.none(), st.integers(-2, 90)),
        st.sampled_from([0, 5, 10, 20]),
    )
    return st.lists(contract, max_size=largest)
