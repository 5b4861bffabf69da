"""The lists of a campaign: who was contacted, who was left out, and whether they are two groups at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import ibis
import ibis.expr.types as ir

from helpers.business import Campaign
from helpers.errors import InputError
from helpers.intake import people_keys
from helpers.tables import Tables


class NoVerdict(InputError):
    """A campaign that cannot be read at all; the report says why instead of reading it, and goes on with the others."""


def refuse(fault: InputError) -> NoReturn:
    """Raise the sentence as :class:`NoVerdict`."""
    raise NoVerdict(fault.message, **fault.values)


@dataclass(frozen=True)
class Lists:
    """A campaign's two lists looked up.

    Attributes:
        people: customer_id × arm, one row per known customer. rows, unknown: per arm, rows of the list and those that name nobody.
    """

    people: ir.Table
    rows: Mapping[str, int]
    unknown: Mapping[str, int]


def assigned(con: Any, client: Path, campaign: Campaign, tables: Tables, country: str) -> Lists:
    """Look up a campaign's two lists.

    Raises:
        InputError: a list is missing. NoVerdict: the lists are no two groups.
    """
    files = {"treated": str(campaign.treated), "holdout": str(campaign.holdout)}
    listed = {arm: members(con, client / name, tables, country) for arm, name in files.items()}
    treated, held = listed["treated"].people, listed["holdout"].people
    sizes = {arm: int(one.people.count().to_pyarrow().as_py()) for arm, one in listed.items()}
    for arm, name in files.items():
        if not sizes[arm]:
            refuse(InputError(
                "Campaign “{campaign}”: the list {file} names no customer in the data, so there is no group to compare; export it again "
                "with customer codes or telephone numbers.",
                campaign=campaign.id, file=Path(name).name,
            ))  # fmt: skip
    both = int(treated.inner_join(held, "customer_id").count().to_pyarrow().as_py())
    if both == sizes["treated"] == sizes["holdout"]:
        refuse(InputError(
            "Campaign “{campaign}”: both lists name the same {count} people, so nobody was left out; give the list of those who were.",
            campaign=campaign.id, count=both,
        ))  # fmt: skip
    if both:
        refuse(InputError(
            "Campaign “{campaign}”: {count} people are on both lists, so the groups cannot be compared; remove them from one.",
            campaign=campaign.id, count=both,
        ))  # fmt: skip
    table = treated.mutate(arm=ibis.literal("treated")).union(held.mutate(arm=ibis.literal("holdout")))
    return Lists(
        table.distinct(),
        {arm: one.rows for arm, one in listed.items()},
        {arm: one.unknown for arm, one in listed.items()},
    )


@dataclass(frozen=True)
class Listed:
    """Distinct customers one list names, its rows, and how many of them name nobody we know."""

    people: ir.Table
    rows: int
    unknown: int


def members(con: Any, path: Path, tables: Tables, country: str) -> Listed:
    """Look up one list."""
    keys = people_keys(con, path, tables.people, identities=tables.identities, country=country)
    (row,) = keys.agg(rows=keys.count(), unknown=keys.customer_id.isnull().sum()).to_pyarrow().to_pylist()
    known = keys.filter(keys.customer_id.notnull()).select("customer_id").distinct()
    return Listed(known, int(row["rows"]), int(row["unknown"] or 0))


def meet(one: Campaign, other: Campaign) -> bool:
    """Whether the windows of two campaigns share a day; not where a day of sending is unknown."""
    if one.sent_at is None or other.sent_at is None:
        return False
    return one.sent_at < other.sent_at + timedelta(days=other.window_days) and other.sent_at < one.sent_at + timedelta(
        days=one.window_days
    )
