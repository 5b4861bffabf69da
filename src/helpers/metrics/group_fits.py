"""The same models for parts of the base: one fit per branch, channel or whatever customers can be told apart by.

No covariates: every group has its own parameters, and its own data floor. A group must be known when a customer comes for the first
time (:func:`by_first_order`); told apart by what they did later, the busy ones would look busy because they were chosen so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np
from scipy.stats import chi2

from helpers.metrics import bg_nbd, fit_check, gamma_gamma
from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.fit_check import FitCheck
from helpers.metrics.gamma_gamma import GammaGamma
from helpers.metrics.histories import Degenerate, Histories, compress
from helpers.metrics.repeat import first_orders
from helpers.metrics.uncertainty import Estimate, NotEnough, slopes, z

LARGEST = 20
"""Groups fitted at most, the largest first: a list of a hundred branches is no reading."""

PLACES = ("branch", "channel")
"""What stands on an order and is known when a customer comes for the first time."""
LEVEL = 0.05
"""Below this p-value groups count as different."""
READ = ("frequency", "recency", "T", "monetary_value")
"""What the models want of the customer summary."""

_PARAMETERS = ("r", "alpha", "a", "b")
_YEAR_DAYS = 365.25

Fit = Callable[[Histories], BetaGeometric | NotEnough | Degenerate]


@dataclass(frozen=True)
class GroupFit:
    """One group.

    Attributes:
        group: its name. customers: in it. model: of orders, or why there is none. value: of money, or why there is none.
    """

    group: str
    customers: int
    model: BetaGeometric | NotEnough | Degenerate
    value: GammaGamma | NotEnough | Degenerate

    @property
    def first_year(self) -> Estimate | NotEnough | Degenerate:
        """Orders to expect in the year after the first one, by :func:`year_after_first`; or why there is no model."""
        return year_after_first(self.model) if isinstance(self.model, BetaGeometric) else self.model


@dataclass(frozen=True)
class GroupFits:
    """All groups, the largest first.

    Attributes:
        groups: at most :data:`LARGEST`. p_value: how often groups that are alike would look at least this different, by the
            likelihood ratio of own parameters against common ones (four more per group); None with fewer than two models.
    """

    groups: tuple[GroupFit, ...]
    p_value: float | None

    @property
    def differ(self) -> bool:
        """Whether own parameters explain more than chance does; if not, one model for all is the better forecast."""
        return self.p_value is not None and self.p_value < LEVEL


def year_after_first(model: BetaGeometric) -> Estimate:
    """Repeat purchase days to expect of a customer within a year of the first one, with what the parameters leave open.

    The interval is the delta method's on the logarithm, from the covariance of the fit; it takes the model itself as true.
    """

    def expected(m: BetaGeometric) -> float:
        return math.log(float(m.new_customer_orders(_YEAR_DAYS / m.unit_days)[0]))

    by_parameter, centre = slopes(expected, model, _PARAMETERS), math.exp(expected(model))
    half = z() * math.sqrt(float(by_parameter @ np.array(model.covariance) @ by_parameter))
    return Estimate(centre, centre * math.exp(-half), centre * math.exp(half), model.n)


def by_place(
    orders: ir.Table, customers: ir.Table, *, as_of: date, places: Sequence[str] = PLACES
) -> Mapping[str, GroupFits]:
    """Fit by everything that stands on the first order and has two groups or more.

    Args:
        orders: canonical orders. customers: the customer summary. as_of: observation end.
        places: columns to look at; those the orders lack, or that have one group, are left out.
    """
    there = [place for place in places if place in orders.columns]
    found = {place: fit_groups(customers, by_first_order(orders, place, as_of=as_of)) for place in there}
    return {place: fits for place, fits in found.items() if len(fits.groups) > 1}


def told_apart(found: Mapping[str, GroupFits]) -> tuple[str, ...]:
    """Places whose groups differ beyond chance, also counting that several places were looked at (Bonferroni)."""
    return tuple(
        place for place, fits in found.items() if fits.p_value is not None and fits.p_value * len(found) < LEVEL
    )


def by_first_order(orders: ir.Table, column: str, *, as_of: date) -> ir.Table:
    """customer_id and group: what stands in `column` (branch, channel, …) of the customer's first order; without it no row.

    Raises:
        ValueError: no such column.
    """
    if column not in orders.columns:
        raise ValueError(f"orders have no column {column!r}")
    firsts = first_orders(orders, as_of)
    firsts = firsts.filter(firsts[column].notnull())
    return firsts.select("customer_id", group=firsts[column].cast("string"))


def fit_groups(customers: ir.Table, groups: ir.Table, fit: Fit = bg_nbd.fit) -> GroupFits:
    """Fit every group on its own.

    Args:
        customers: the customer summary.
        groups: customer_id and group, one row per customer, e.g. from :func:`by_first_order`.
        fit: which model, e.g. `mbg_nbd.fit`.

    Returns:
        Groups below the floor carry their :class:`NotEnough`; they are in the list, so that nobody is silently left out.
    """
    known = _joined(customers, groups).select(*READ, "group").cache()  # read three times for every group
    found = []
    for name, n in _largest(known):
        part = known.filter(known.group == name)
        found.append(GroupFit(name, n, fit(compress(part)), gamma_gamma.fit(gamma_gamma.compress(part))))
    fitted = {g.group: g.model.log_likelihood for g in found if isinstance(g.model, BetaGeometric)}
    if len(fitted) < 2:
        return GroupFits(tuple(found), None)
    together = fit(compress(known.filter(known.group.isin(list(fitted)))))
    if not isinstance(together, BetaGeometric):
        return GroupFits(tuple(found), None)
    ratio = 2 * max(sum(fitted.values()) - together.log_likelihood, 0.0)
    return GroupFits(tuple(found), float(chi2.sf(ratio, len(_PARAMETERS) * (len(fitted) - 1))))


def check_groups(
    orders: ir.Table, groups: ir.Table, as_of: date, fit: Fit = bg_nbd.fit
) -> dict[str, FitCheck | NotEnough | Degenerate]:
    """The fit check of every group: its own model made on the first part of the history, against its own customers since.

    Args:
        orders: canonical orders.
        groups: as in :func:`fit_groups`.
        as_of: observation end.
        fit: which model.

    Returns:
        By name of the group, the largest first; a group too small or too young has its refusal.
    """
    known = _joined(orders, groups)
    largest = _largest(known.select("customer_id", "group").distinct())
    return {name: fit_check.check(known.filter(known.group == name), as_of, fit) for name, _ in largest}


def _joined(table: ir.Table, groups: ir.Table) -> ir.Table:
    """Rows of customers who have a group, with it."""
    named = groups.select("customer_id", "group")
    joined = table.drop("group") if "group" in table.columns else table
    return joined.inner_join(named, "customer_id").select(*joined.columns, "group")


def _largest(known: ir.Table) -> list[tuple[str, int]]:
    """Names and sizes of the largest groups; ties by name."""
    sizes = known.group_by("group").agg(n=known.count())
    found = sizes.order_by(sizes.n.desc(), sizes.group).limit(LARGEST).to_pyarrow().to_pylist()
    return [(str(row["group"]), int(row["n"])) for row in found]
