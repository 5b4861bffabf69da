"""Everybody into exactly one segment: the first row of the table that holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.segments.rules import Rules, Test


def assign(customers: ir.Table, rules: Rules) -> ir.Table:
    """Add `segment` to the customer table.

    Args:
        customers: needs the columns the rules test. `decline` is tested as judged at the end of the week where the table has
            it so (`decline_week`, `decline_lowest`); a column that is not there counts as missing.

    Returns:
        The table with one segment per customer: the first row of the rules that holds. A missing value satisfies nothing.
    """
    branches = [(_holds(customers, rule.when), rule.id) for rule in rules.rows[:-1]]
    last = rules.rows[-1].id
    return customers.mutate(segment=ibis.cases(*branches, else_=last) if branches else ibis.literal(last))


def _holds(table: ir.Table, when: tuple[Mapping[str, Test], ...]) -> ir.BooleanValue:
    """Whether one of the alternatives holds whole."""
    alternatives = [
        reduce(lambda a, b: a & b, [_passes(table, field, test) for field, test in tests.items()]) for tests in when
    ]
    found: ir.BooleanValue = reduce(lambda a, b: a | b, alternatives)
    return found


def _passes(table: ir.Table, field: str, test: Test) -> ir.BooleanValue:
    name = "decline_week" if field == "decline" and "decline_week" in table.columns else field
    if name not in table.columns:
        return ibis.literal(False)
    column: Any = table[name]
    parts: list[Any] = []
    if test.among is not None:
        parts.append(column.isin(test.among))
    if test.min is not None:
        parts.append(column >= test.min)
    if test.max is not None:
        inside = column <= test.max
        if test.stays is not None and "decline_lowest" in table.columns:
            inside = inside | ((column <= test.stays) & (table.decline_lowest <= test.max)).fill_null(False)
        parts.append(inside)
    passed: ir.BooleanValue = reduce(lambda a, b: a & b, parts).fill_null(False)
    return passed
