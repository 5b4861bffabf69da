"""A campaign somebody read out elsewhere: one file with a row per customer, their group and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.errors import InputError

RETURNED = (
    "returned",
    "return",
    "visit",
    "ordered",
    "bought",
    "purchased",
    "conversion",
    "converted",
    "quay lại",
    "mua",
)
MONEY = ("spend", "revenue", "net_revenue", "doanh thu", "chi tiêu")
"""What people call the outcome a campaign is judged by, and the money it brought; first come, first chosen."""
BEFORE = ("spend_before", "history", "chi tiêu trước", "doanh thu trước")
"""What people call spending before sending: no outcome, but a yardstick for it."""
CONTROLS = ("holdout", "control", "no e-mail", "no email", "none", "doi chung", "đối chứng", "nhóm đối chứng")
"""What people call the group that was left out."""


def named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The column that bears the first of the names found."""
    known = {c.strip().casefold(): c for c in columns}
    return next((known[name] for name in names if name in known), None)


def control(table: ir.Table) -> str:
    """The group that was left out, by its name.

    Raises:
        InputError: none or several of the names say so.
    """
    names = [str(n) for n in table.select("arm").distinct().to_pyarrow()["arm"].to_pylist() if n is not None]
    found = [n for n in names if n.strip().casefold() in CONTROLS]
    if len(found) != 1:
        raise InputError(
            "The outcome file's groups are {groups}; call exactly one of them “holdout” so that it is clear who was left out.",
            groups=sorted(names),
        )
    return found[0]


def outcomes_table(raw: ir.Table) -> ir.Table:
    """A file of outcomes (id, group, outcome columns as text) → customer_id, arm and numeric columns.

    Raises:
        InputError: there is no group column.
    """
    named = {c.strip().casefold(): c for c in raw.columns}
    group = next((named[k] for k in ("group", "arm", "segment", "nhóm", "nhom") if k in named), None)
    if group is None:
        raise InputError("The outcome file has no column “group”. Found: {found}.", found=list(raw.columns))
    identity = next((named[k] for k in ("id", "customer_id", "mã khách hàng") if k in named), None)
    rest = [c for c in raw.columns if c not in {group, identity}]
    numbers = {
        c: raw[c].try_cast("float64") if raw[c].type().is_string() else raw[c].cast("float64")
        for c in rest
        if _is_number(raw, c)
    }
    return raw.select(
        customer_id=raw[identity].cast("string") if identity else ibis.row_number().cast("string"),
        arm=raw[group].cast("string"),
        **numbers,
    )


def _is_number(raw: ir.Table, column: str) -> bool:
    """A column whose every filled cell is a number."""
    value: Any = raw[column]
    if value.type().is_numeric() or value.type().is_boolean():
        return True
    if not value.type().is_string():
        return False
    row = (
        raw.agg(filled=value.notnull().sum(), numbers=value.try_cast("float64").notnull().sum())
        .to_pyarrow()
        .to_pylist()[0]
    )
    return bool(row["filled"]) and row["filled"] == row["numbers"]
