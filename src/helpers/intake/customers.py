"""A list of customers: names, numbers, addresses and birthdays beside the orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis

from helpers.intake.evidence import gather
from helpers.intake.formats import Format
from helpers.intake.identity import PEOPLE, is_total, person_columns, prepared
from helpers.intake.meanings import Settings
from helpers.intake.orders import Staged
from helpers.intake.reading import Raw

_NOW = datetime(2099, 1, 1)
"""A list without dates speaks of the present: it goes before what stands on old orders."""


def stage(
    con: Any, raw: Raw, layout: Format, mapping: dict[str, str], settings: Settings,
    *, file: str, file_no: int, day_first: bool | None,
) -> Staged:  # fmt: skip
    """Parse one list of customers.

    Returns:
        The columns of a person, `at`, file_no, source_row and reason (missing: kept).

    Raises:
        InputError: the order of day and month cannot be known.
    """
    columns = {role: raw.column(header) for role, header in mapping.items()}
    rows, columns = prepared(raw, columns, layout, settings.country)
    dates = {role: columns[role] for role in ("birthday",) if role in columns}
    evidence = gather(con, dates, {}, given=day_first, default=layout.day_first, file=file)
    rows = rows.mutate(**person_columns(columns, layout, settings.country, evidence.day_first))
    nobody = rows.customer_id.isnull()
    rules = [(nobody & rows.blank, "blank_row"), (nobody & is_total(rows.label), "total_row"), (nobody, "no_customer")]
    found = rows.select(
        *PEOPLE, "address", file_no=ibis.literal(file_no, "int32"), source_row=rows.source_row,
        at=ibis.literal(_NOW), reason=ibis.cases(*rules, else_=ibis.null("string")),
    )  # fmt: skip
    if raw.malformed is not None:
        known = {
            "file_no": ibis.literal(file_no, "int32"), "source_row": raw.malformed.source_row,
            "reason": raw.malformed.reason,
        }  # fmt: skip
        bad = raw.malformed.select(**{name: known.get(name, ibis.null(kind)) for name, kind in found.schema().items()})
        found = found.union(bad)
    return Staged(con.create_table(ibis.util.gen_name("intake_people"), found, temp=True), evidence, made_up_ids=False)
