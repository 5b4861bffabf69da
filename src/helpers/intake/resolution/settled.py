"""The usual case: every row already says who it is about, and nothing any two rows say speaks for or against another reading.

One question to the engine then replaces the whole resolution; a shop whose till asks for the code or the number on every
receipt pays for no more than that.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir


def is_settled(con: Any, records: ir.Table) -> bool:
    """Whether the customer each record names by itself is the customer it would be resolved to.

    So it is where no telephone number and no e-mail stands under two customers, no code in two systems, no customer under
    two names or birthdays, and no name with a birthday or an address under two customers or without any.

    Args:
        records: as :func:`helpers.intake.resolution.records.with_keys` leaves them, nothing corrected.
    """
    somebody = ibis.coalesce(records.customer_id, ibis.literal("record ") + records.record.cast("string"))
    named = records.full.ifelse(records.who, ibis.null("string"))
    facts = records.select(
        "code",
        "system",
        "phone_key",
        "email_key",
        "birthday",
        "home",
        customer="customer_id",
        somebody=somebody,
        named=named,
    )
    at_most_one = [
        (facts.filter(facts.phone_key.notnull()), ["phone_key"], ["somebody"]),
        (facts.filter(facts.email_key.notnull()), ["email_key"], ["somebody"]),
        (facts.filter(facts.code.notnull()), ["code"], ["system"]),
        (facts.filter(facts.customer.notnull()), ["customer"], ["named", "birthday"]),
        (facts.filter(facts.named.notnull() & facts.birthday.notnull()), ["named", "birthday"], ["somebody"]),
        (facts.filter(facts.named.notnull() & facts.home.notnull()), ["named", "home"], ["somebody"]),
    ]
    several = [_most(rows, by, of) for rows, by, of in at_most_one]
    nobody = facts.customer.isnull() & facts.named.notnull() & (facts.birthday.notnull() | facts.home.notnull())
    several.append(facts.aggregate(most=ibis.literal(1, "int64") + nobody.sum().fill_null(0)))
    most = con.to_pyarrow(ibis.union(*several).most.max()).as_py()
    return most is None or most <= 1


def _most(rows: ir.Table, by: list[str], of: list[str]) -> ir.Table:
    """The largest number of different values of any of `of` within a group."""
    counts = rows.group_by(by).agg(**{f"n_{name}": rows[name].nunique() for name in of})
    largest = ibis.greatest(*(counts[f"n_{name}"].max() for name in of)) if len(of) > 1 else counts[f"n_{of[0]}"].max()
    return counts.aggregate(most=largest)
