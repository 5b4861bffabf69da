"""One segment and its reason per customer, from one readable table of rules (`playbook/rules/segments.yml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from helpers import resources

FIELDS = ("state", "frequency", "T", "decline", "value_rank")


class Test(BaseModel):
    """What one field must satisfy: membership, or bounds that are themselves inside."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    among: tuple[str, ...] | None = Field(None, alias="in")
    min: float | None = None
    max: float | None = None


class Rule(BaseModel):
    """One row of the table; an empty `when` fits everybody."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    title: Mapping[str, str]
    means: Mapping[str, str]
    when: Mapping[str, Test]

    @model_validator(mode="after")
    def _known_fields(self) -> Rule:
        unknown = set(self.when) - set(FIELDS)
        if unknown:
            raise ValueError(f"segment {self.id} tests unknown fields {sorted(unknown)}")
        return self


@dataclass(frozen=True)
class Rules:
    """The table, in order."""

    rows: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if not self.rows or self.rows[-1].when:
            raise ValueError("the last segment must fit everybody (an empty `when`)")
        names = [row.id for row in self.rows]
        if len(set(names)) < len(names):
            raise ValueError("two segments share an id")

    @property
    def ids(self) -> tuple[str, ...]:
        """Segment ids in the order they are tested."""
        return tuple(row.id for row in self.rows)

    def title(self, segment: str, lang: str) -> str:
        """Everyday name of a segment."""
        return next(row.title[lang] for row in self.rows if row.id == segment)

    def means(self, segment: str, lang: str) -> str:
        """What being in it means, in one sentence."""
        return next(row.means[lang] for row in self.rows if row.id == segment)


def load_rules(path: Path | None = None) -> Rules:
    """Read the table of rules.

    Raises:
        ValueError: a row tests an unknown field, two rows share an id, or the last row does not fit everybody.
    """
    data = yaml.safe_load((path or resources.playbook() / "rules" / "segments.yml").read_text(encoding="utf-8"))
    return Rules(tuple(Rule.model_validate(row) for row in data["segments"]))


def _holds(table: ir.Table, rule: Rule) -> ir.BooleanValue:
    parts: list[Any] = []
    for field, test in rule.when.items():
        column: Any = table[field]
        if test.among is not None:
            parts.append(column.isin(test.among))
        if test.min is not None:
            parts.append(column >= test.min)
        if test.max is not None:
            parts.append(column <= test.max)
    # a missing value (no decline measurable) satisfies nothing
    return reduce(lambda a, b: a & b, parts, ibis.literal(True)).fill_null(False)


def assign(customers: ir.Table, rules: Rules) -> ir.Table:
    """Add `value_rank` and `segment` to the customer table.

    Args:
        customers: needs state, frequency, T, decline, net_revenue, customer_id.

    Returns:
        The table with one segment per customer: the first row of the rules that holds.
    """
    order = ibis.window(order_by=[customers.net_revenue.desc(), customers.customer_id])
    ranked = customers.mutate(value_rank=ibis.percent_rank().over(order))
    branches = [(_holds(ranked, rule), rule.id) for rule in rules.rows[:-1]]
    return ranked.mutate(segment=ibis.cases(*branches, else_=rules.rows[-1].id))


@dataclass(frozen=True)
class SegmentSize:
    """One segment in numbers. Money in the business's currency.

    Attributes:
        segment: id. customers: head-count. revenue: lifetime net revenue. revenue_year: spend in the last 365 days.
        expected_year: orders' value expected over the next 12 months at gross margin (CLV), None without a model.
    """

    segment: str
    customers: int
    revenue: float
    revenue_year: float
    expected_year: float | None


def sizes(customers: ir.Table) -> tuple[SegmentSize, ...]:
    """Head-count and money per segment, most customers first. `revenue_year` needs the column of that name."""
    table = customers.group_by("segment").agg(
        customers=customers.count(),
        revenue=customers.net_revenue.sum(),
        revenue_year=customers.revenue_year.sum(),
        expected_year=customers.clv_12m.sum(),
    )
    rows = table.order_by([ibis.desc("customers"), "segment"]).to_pyarrow().to_pylist()
    return tuple(SegmentSize(**row) for row in rows)
