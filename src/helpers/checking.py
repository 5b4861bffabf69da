"""`retention check`: intake alone, and what it says about the files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from helpers import business as business_file
from helpers import engine, intake, tables
from helpers.errors import key
from helpers.language import Language

OPTIONAL = {
    "contacts": key("messages sent to customers"),
    "tickets": key("complaints and questions"),
    "feedback": key("ratings and comments"),
    "deliveries": key("promised and actual delivery times"),
    "costs": key("marketing costs"),
    "consent": key("consent to be contacted"),
    "subscriptions": key("subscriptions"),
    "staff_notes": key("notes by the staff"),
}
"""Optional table → its everyday name (catalog keys)."""


@dataclass(frozen=True)
class Check:
    """The result of reading a client's files."""

    quality: Any
    optional: tuple[str, ...]

    def lines(self, say: Language) -> list[tuple[str, str]]:
        """The quality report as (term, text) lines."""
        q = self.quality
        lines = [
            (say.text("rows read"), say.number(q.rows_read)),
            (say.text("rows kept"), say.number(q.rows_kept)),
            (say.text("rows set aside"), say.number(q.rows_rejected)),
            *((f"  {say.text(intake.REASONS[code])}", say.number(n)) for code, n in q.rejected_by_reason.items()),
            (say.text("orders"), say.number(q.orders)),
            (say.text("known customers"), say.number(q.customers)),
        ]
        if q.anonymous_revenue_share is not None:
            lines.append((say.text("revenue without a known customer"), say.percent(q.anonymous_revenue_share, 1)))
        if q.phone_coverage is not None:
            lines.append((say.text("customers with a phone number"), say.percent(q.phone_coverage, 1)))
        for source in q.sources:
            span = f"{source.first_date or '–'} … {source.last_date or '–'}"
            lines.append((source.file, f"{source.title}; {say.plural('{n} row', '{n} rows', source.rows)}; {span}"))
        lines += [(say.text("note"), say.text(note.message, **note.values)) for note in q.notes]
        absent = [name for name in tables.OPTIONAL if name not in self.optional]
        if absent:
            lines.append((say.text("not measured yet"), ", ".join(say.text(OPTIONAL[name]) for name in absent)))
        return lines


def check_client(client: Path, *, today: date) -> Check:
    """Read every source of a client, write nothing.

    Raises:
        InputError: nothing can be used.
    """
    con = engine.connect()
    try:
        taken = intake.load(business_file.load(client), client, con, today=today)
        return Check(taken.quality, tuple(taken.optional))
    finally:
        con.disconnect()
