"""Every measure there is, found by what it asks for: the public functions of `helpers.metrics` that take a table.

Used by the benchmark of the whole set and by the test that two engines agree. A new measure takes part by being written: its
arguments are matched by name with what a business has.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

import helpers.metrics as package
from helpers import run
from helpers.metrics import (
    baskets,
    bg_nbd,
    clv,
    contracts,
    contractual,
    customers,
    decline,
    gamma_gamma,
    group_fits,
    histories,
    lenses,
    months,
    replenishment,
    risk,
    sbg,
    service,
    states,
    traits,
    winback,
    windows,
)

STAGES = {
    ("baskets.next_products", "found"): "next_steps",
    ("replenishment.candidates", "found"): "ladder",
    ("replenishment.due", "found"): "uses",
    ("traits.traits", "customers"): "grouped",
    ("customers.with_rhythm", "customers"): "summary",
    ("decline.with_decline", "customers"): "stated",
    ("clv.score", "customers"): "summary",
    ("group_fits.by_place", "customers"): "summary",
    ("group_fits.fit_groups", "customers"): "summary",
    ("states.thresholds", "customers"): "paced",
    ("states.with_state", "customers"): "paced",
    ("risk.score", "customers"): "summary",
    ("sbg.score", "model"): "renewing",
}
"""Measures that add columns start from the table as it is before them."""

PARTS = {
    "orders.identified": "a part of every other measure",
    "orders.in_sequence": "a part of every other measure",
    "orders.is_placed": "asks for columns, not for numbers",
    "orders.opens_day": "a part of orders.purchase_days",
    "orders.with_day": "a part of orders.identified",
    "repeat.first_two": "a part of repeat.repeat_rates",
    "windows.features": "a part of windows.with_recent and risk.score",
    "states.limits_of": "a part of states.with_state and transitions.transitions",
    "cohorts.activity": "a part of cohorts.cohorts and lenses.grid",
    "contracts.snapshot": "a part of contractual.accounts",
    "contracts.spells": "a part of contractual.accounts",
    "service.timely": "a part of service.on_time",
    "service.earliest": "a part of service.complaints",
    "contractual.movements": "a part of contractual.accounts",
    "quality.assessment.assess": "takes a whole run; what it computes is among the measures",
    "quality.possible.held": "takes a whole run; counts columns, not rows",
    "quality.suspects.weigh": "a part of quality.assessment.assess",
    "lenses.factors.factors": "a part of lenses.one_period and lenses.two_periods",
    "lenses.factors.spending": "a part of lenses.one_period and lenses.two_periods",
}
"""Functions on tables that are steps of other measures rather than measures: they are run with those."""

STEPS = {
    "group_fits.by_first_order",
    "group_fits.fit_groups",
    "orders.purchase_days",
    "leaks.value_of_return",
    "repeat.order_dates",
    "repeat.repeat_rate",
    "repeat.return_curve",
    "repeat.waiting_times",
    "transitions.month_ends",
    "windows.look_back",
}
"""Measures in their own right that others contain: the benchmark counts their time there."""
ON_DEMAND = {"group_fits.check_groups"}
"""In no report: computed when somebody asks how one model per branch or channel would have fared. The benchmark of the whole set leaves them out."""
PREPARED = {
    "own": "customers.own_gaps",
    "rhythm": "customers.business_rhythm",
    "paced": "customers.with_rhythm",
    "limits": "states.thresholds",
    "stated": "states.with_state",
    "summary": "customers.summarise",
}
"""What others start from → the measure it is: made once in a run, so counted once by the benchmark."""


@dataclass(frozen=True)
class Measure:
    """One public function on tables, by its full name, e.g. ``cohorts.cohorts``."""

    name: str
    call: Callable[..., Any]
    needs: Mapping[str, str]
    unmet: tuple[str, ...]

    def __call__(self, business: Business) -> Any:
        """The measure of this business."""
        return self.call(**{argument: business[name] for argument, name in self.needs.items()})


class NotKept(LookupError):
    """The business keeps no such table."""


class Business(Mapping[str, Any]):
    """What a business has, by the names measures ask for: tables as given, and what is derived from them when first asked.

    Args:
        tables: orders, and what else there is (deliveries, tickets, contacts, costs, …).
        as_of: observation end.
        keep: makes a table expression a table of the engine, so that what many measures start from is computed once.
    """

    def __init__(self, tables: Mapping[str, ir.Table], as_of: date, keep: Callable[[str, ir.Table], ir.Table]) -> None:
        self._known: dict[str, Any] = {**tables, "as_of": as_of, "margin": 0.5, "horizon_days": 90}
        self._keep = keep
        self._rules: dict[str, Callable[[], Any]] = {
            name.removeprefix("_make_"): getattr(self, name) for name in dir(self) if name.startswith("_make_")
        }

    def __getitem__(self, name: str) -> Any:
        """The argument of this name.

        Raises:
            NotKept: a table it would be made from is not there.
        """
        if name not in self:
            raise NotKept(name)
        if name not in self._known:
            self._known[name] = self._rules[name]()
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        """Whether this business can offer it, without computing it."""
        return name in self._known or name in self._rules

    def __iter__(self) -> Iterator[str]:
        """Names."""
        return iter({*self._known, *self._rules})

    def __len__(self) -> int:
        """How many there are."""
        return len({*self._known, *self._rules})

    def _make_lines(self) -> ir.Table:
        return self["order_lines"]

    def _make_not_goods(self) -> str:
        return "giao hàng|phụ thu"

    def _make_bought(self) -> ir.Table:
        return self._keep("bought", baskets.baskets(self["lines"], as_of=self["as_of"]))

    def _make_next_steps(self) -> Any:
        return baskets.steps(self["bought"])

    def _make_uses(self) -> Any:
        return replenishment.uses(self["bought"])

    def _make_ladder(self) -> Any:
        return replenishment.upgrades(self["lines"], self["bought"], as_of=self["as_of"])

    def _make_marks(self) -> ir.Table:
        beside = {name: self[name] for name in ("deliveries", "tickets", "feedback") if name in self}
        return self._keep("marks", traits.first_marks(self["orders"], self["lines"], as_of=self["as_of"], **beside))

    def _make_grouped(self) -> ir.Table:
        """Customers in groups; how groups are made is not the metrics' business, so their states stand in for them."""
        return self["customers"].mutate(segment=self["customers"].state)

    def _make_lost(self) -> ir.Table:
        gone = self["customers"].filter(self["customers"].state == "lost")
        return self._keep("lost", winback.with_worth(gone, self["orders"], as_of=self["as_of"], margin=self["margin"]))

    def _make_summary(self) -> ir.Table:
        return self._keep("summary", customers.summarise(self["orders"], self["as_of"]))

    def _make_rhythm(self) -> Any:
        return customers.business_rhythm(self["orders"], self["as_of"], self["own"])

    def _make_own(self) -> ir.Table:
        return self._keep("own", customers.own_gaps(self["orders"], self["as_of"]))

    def _make_limits(self) -> Any:
        return states.thresholds(self["orders"], self["paced"], as_of=self["as_of"], rhythm=self["rhythm"])

    def _make_paced(self) -> ir.Table:
        table = customers.with_rhythm(self["summary"], self["orders"], self["as_of"], self["rhythm"], self["own"])
        return self._keep("paced", table)

    def _make_model(self) -> Any:
        return bg_nbd.fit(histories.compress(self["summary"]))

    def _make_renewing(self) -> Any:
        return sbg.ShiftedBetaGeometric(0.9, 8.0, 0.0, (0.1, 0.1), ((0.01, 0.0), (0.0, 0.01)), 400, 200, 24)

    def _make_value(self) -> Any:
        return gamma_gamma.fit(gamma_gamma.compress(self["summary"]))

    def _make_past(self) -> Any:
        return windows.look_back(self["orders"], self["as_of"])

    def _make_periods(self) -> Any:
        return contractual.months_between(self["as_of"] - timedelta(days=200), self["as_of"], contracts.PAUSE_DAYS)

    def _make_column(self) -> str:
        return "branch"

    def _make_groups(self) -> ir.Table:
        return self._keep("groups", group_fits.by_first_order(self["orders"], "branch", as_of=self["as_of"]))

    def _make_kind(self) -> str:
        return "both"

    def _make_recorded(self) -> Any:
        return {"refused": {}}

    def _make_members(self) -> Any:
        return contractual.measured(self["subscriptions"], as_of=self["as_of"])

    def _make_late(self) -> Any:
        return service.return_after_first_delivery(self["deliveries"], self["orders"], as_of=self["as_of"])

    _make_effect = _make_late

    def _make_contracts(self) -> ir.Table:
        return self._keep("contracts", contracts.paid_contracts(self["subscriptions"], as_of=self["as_of"]))

    def _make_seen(self) -> Any:
        return months.covered(self["orders"], as_of=self["as_of"])

    def _make_grid(self) -> Any:
        return lenses.grid(self["orders"], as_of=self["as_of"])

    def _make_festivals(self) -> Any:
        return run.festivals("VN")

    def _make_stated(self) -> ir.Table:
        return self._keep("stated", states.with_state(self["paced"], self["limits"]))

    def _make_spending(self) -> ir.Table:
        """States, and how spending moved."""
        orders, as_of = self["orders"], self["as_of"]
        table = decline.with_decline(self["stated"], orders, as_of=as_of)
        recent = customers.identified(orders, as_of)
        recent = recent.filter(recent.day > ibis.literal(as_of - timedelta(days=365)))
        spent = recent.group_by("customer_id").agg(revenue_year=recent.net_revenue.sum())
        table = table.left_join(spent, "customer_id").drop("customer_id_right")
        return self._keep("spending", table.mutate(revenue_year=table.revenue_year.fill_null(0.0)))

    def _make_customers(self) -> ir.Table:
        """The customers table of a run: every column later measures read."""
        table = clv.score(self["spending"], self["model"], self["value"], margin=self["margin"])
        chances = risk.score(self["orders"], self["summary"], self["as_of"], past=self["past"]).scores
        return self._keep("customers", table.left_join(chances, "customer_id").drop("customer_id_right"))


def measures(business: Business) -> list[Measure]:
    """All of them, in order of name."""
    found = []
    prefix = f"{package.__name__}."
    for module in pkgutil.walk_packages(package.__path__, prefix):
        loaded = importlib.import_module(module.name)
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            full = f"{module.name.removeprefix(prefix)}.{name}"
            if function.__module__ == loaded.__name__ and not name.startswith("_") and full not in PARTS:
                found += _measure(full, function, business)
    return found


def _measure(name: str, function: Callable[..., Any], business: Business) -> list[Measure]:
    """One measure if the function takes a table, else none."""
    parameters = inspect.signature(function).parameters
    if not any("ir.Table" in str(p.annotation) for p in parameters.values()):
        return []
    asked = [p for p, about in parameters.items() if p in business or about.default is inspect.Parameter.empty]
    needs = {p: STAGES.get((name, p), p) for p in asked}
    return [Measure(name, function, needs, tuple(p for p in asked if needs[p] not in business))]
