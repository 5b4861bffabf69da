"""All of it at once, from the canonical tables and the intake's account of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.intake import Quality
from helpers.metrics.quality import amounts as amounts_of
from helpers.metrics.quality.amounts import Amounts, Extremes, Lines
from helpers.metrics.quality.calendar import Calendar, calendar
from helpers.metrics.quality.grade import Basis, Grade, grade
from helpers.metrics.quality.identified import Coverage, Identified, coverage, identified
from helpers.metrics.quality.possible import Held, held
from helpers.metrics.quality.suspects import Suspects, suspects, weigh
from helpers.metrics.uncertainty import NotEnough
from helpers.tables import Tables

HARMLESS = frozenset(
    {
        "blank_row",
        "total_row",
        "cancelled",
        "exported_again",
        "after_as_of",
        "no_price",
        "no_quantity",
    }
)
"""Reasons for which a row is rightly left out: nothing is wrong with the data."""


@dataclass(frozen=True)
class DataQuality:
    """How far the data can be trusted, and why.

    Attributes:
        grade: with its reasons. basis: what it rests on. identified: of all orders. by_channel, by_branch: the same of each;
            nothing where the orders are not told apart. coverage: customers with a phone, an e-mail. calendar: gaps.
        amounts, lines: extreme and odd ones. suspects: codes that are probably no single customer. duplicates: rows equal
            to an earlier row of their file in every cell (kept). exported_again: rows that a later file holds again (left
            out). held: what :func:`~helpers.metrics.quality.possible.possible` judges by what can be told.
    """

    grade: Grade
    basis: Basis
    identified: Identified | None
    by_channel: tuple[Identified, ...]
    by_branch: tuple[Identified, ...]
    coverage: Coverage
    calendar: Calendar
    amounts: Amounts
    lines: Lines | None
    suspects: Suspects | NotEnough
    duplicates: int
    exported_again: int
    held: Held


def assess(
    tables: Tables, quality: Quality, *, as_of: date, holidays: Collection[date] = (), aliases: ir.Table | None = None
) -> DataQuality:  # fmt: skip
    """Assess one load.

    Args:
        tables: the canonical tables.
        quality: the intake's account of the same load.
        as_of: last day looked at.
        holidays: days on which a silence means nothing.
        aliases: codes under which several names stood (see :func:`suspects`).
    """
    orders = tables.orders
    whole = identified(orders, as_of=as_of)
    days = calendar(orders, as_of=as_of, holidays=holidays)
    sums = amounts_of.amounts(orders, as_of=as_of)
    strange = weigh(suspects(orders, as_of=as_of, aliases=aliases))
    customers, repeaters = _customers(orders, as_of)
    span = (as_of - days.first_day).days + 1 if days.first_day else 0
    basis = Basis(
        customers=customers - (strange.customers if isinstance(strange, Suspects) else 0),
        known_share=_trusted(whole, strange), days=span, faulty_share=_faulty(quality), gap_share=days.gap_share,
        extreme_share=sums.extremes.high_revenue_share if isinstance(sums.extremes, Extremes) else 0.0,
    )  # fmt: skip
    given = {"orders": orders, "order_lines": tables.order_lines, **tables.optional}
    return DataQuality(
        grade=grade(basis), basis=basis,
        identified=whole[0] if whole else None,
        by_channel=identified(orders, as_of=as_of, by="channel"), by_branch=identified(orders, as_of=as_of, by="branch"),
        coverage=coverage(orders, tables.people), calendar=days, amounts=sums,
        lines=amounts_of.lines(tables.order_lines, as_of=as_of), suspects=strange,
        duplicates=sum(source.exact_duplicates for source in quality.sources),
        exported_again=quality.rejected_by_reason.get("exported_again", 0),
        held=held(given, as_of=as_of, customers=customers, repeaters=repeaters, days=span),
    )  # fmt: skip


def _customers(orders: ir.Table, as_of: date) -> tuple[int, int]:
    """Known customers, and those of them with orders on more than one day."""
    seen = orders.filter(orders.customer_id.notnull() & (orders.ordered_at.date() <= ibis.literal(as_of)))
    each = seen.group_by("customer_id").agg(first=seen.ordered_at.date().min(), last=seen.ordered_at.date().max())
    row = each.agg(n=each.count(), k=(each["first"] < each["last"]).sum().fill_null(0)).to_pyarrow().to_pylist()[0]
    return int(row["n"]), int(row["k"])


def _trusted(whole: tuple[Identified, ...], strange: Suspects | NotEnough) -> float:
    """Share of the revenue from customers who are known and no suspicious codes, 0–1."""
    known = (whole[0].revenue_share or 0.0) if whole else 0.0
    return min(1.0, max(0.0, known - (strange.revenue_share if isinstance(strange, Suspects) else 0.0)))


def _faulty(quality: Quality) -> float:
    faulty = sum(n for reason, n in quality.rejected_by_reason.items() if reason not in HARMLESS)
    return faulty / (faulty + quality.rows_kept) if faulty else 0.0
