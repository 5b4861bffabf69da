"""How far a load can be trusted, with what only the playbook knows: on which days a silence means nothing."""

from __future__ import annotations

from datetime import date

from helpers import playbook
from helpers.business import Business
from helpers.intake import Intake
from helpers.metrics.quality import DataQuality, assess
from helpers.tables import Tables


def assess_load(business: Business, taken: Intake, *, as_of: date) -> DataQuality:
    """Assess what intake has read.

    Args:
        as_of: last day looked at.
    """
    tables = Tables(taken.orders, taken.order_lines, taken.people, taken.rejects, taken.optional)
    closed = _closed_days(business.country, tables, as_of)
    return assess(tables, taken.quality, as_of=as_of, holidays=closed, aliases=taken.aliases)


def _closed_days(code: str, tables: Tables, as_of: date) -> frozenset[date]:
    """Holidays of the business's country during its history, and the days around them; none where no rules are known."""
    country = playbook.load().rules.countries.get(code)
    first = tables.orders.ordered_at.min().to_pyarrow().as_py()
    if country is None or first is None:
        return frozenset()
    return country.closed_days(range(first.year - 1, as_of.year + 2))
