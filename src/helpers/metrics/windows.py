"""The business's own past as training material: what was known of customers at earlier days, and who came back after.

A *window* is a day in the past: customers as they stood then, and whether they ordered in the `horizon_days` after it.
Counting and features are expressions and run in the engine, with the same definitions for learning and for scoring.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np

from helpers.metrics.histories import Floats, Histories, from_days
from helpers.metrics.orders import purchase_days
from helpers.metrics.uncertainty import NotEnough

LOOK_BACK = (30, 90, 180)
HALF_LIFE = 180
FORGOTTEN = 3 * HALF_LIFE
"""Days from which on a purchase day no longer counts for momentum (it would be worth an eighth)."""

SAMPLE = 50_000
"""Customers the past is learned from: twenty coefficients and four parameters hardly get better from more."""

WINDOWS = 6
FOLDS = 4
_HEX = "0123456789abcdef"

_TIMES = ("log_age", "log_since", "late", "one_time")
_HINGES_SINCE = (14, 30, 60)
_HINGES_LATE = (-1.0, 0.0, 0.7, 1.4)
_HINGES_ORDERS = (1, 3, 7)


@dataclass(frozen=True)
class Window:
    """Customers as known on one past day.

    Attributes:
        origin: that day.
        features: shape (n, k), columns as :func:`features` names them.
        frequency, recency, T: purchase history up to that day, in days. returned: 1 if they ordered in the horizon
        after.
        fold: 0…:data:`FOLDS`−1, the same for one customer in every window.
    """

    origin: date
    features: Floats
    frequency: Floats
    recency: Floats
    T: Floats
    returned: Floats
    fold: Floats

    @property
    def n(self) -> int:
        """Customers."""
        return len(self.returned)

    @property
    def rarer(self) -> int:
        """Customers with the rarer of the two outcomes."""
        came = int(self.returned.sum())
        return min(came, self.n - came)

    @property
    def since(self) -> Floats:
        """Days since the last order."""
        return self.T - self.recency

    def histories(self) -> Histories:
        """Compressed, for fitting BG/NBD on what was known then."""
        return from_days(self.frequency, self.recency, self.T)

    def each(self, unit_days: int = 7) -> Histories:
        """One row per customer, for predicting."""
        return Histories(self.frequency, self.recency / unit_days, self.T / unit_days, np.ones(self.n), unit_days)


@dataclass(frozen=True)
class Past:
    """Windows, latest first, and the typical gap their features are measured against.

    Attributes:
        horizon_days: days after each origin in which a return counts.
        typical_gap: mean days between two purchase days of one customer, the latest window left out.
        now: customers as they stand on the day in question; `returned` means nothing there unless that day is past.
        windows: the first lies `horizon_days` before that day, each other one horizon earlier.
    """

    horizon_days: int
    typical_gap: float
    now: Window
    windows: tuple[Window, ...]

    def earlier(self) -> Past:
        """The same seen from the latest window: what a score made on that day could have learned from."""
        return Past(self.horizon_days, self.typical_gap, self.windows[0], self.windows[1:])


def features(t: ir.Table, typical_gap: float) -> dict[str, ir.FloatingValue]:
    """What the logistic regression sees of a customer, by name.

    Logarithms of counts and times with a few kinks, so that straight lines can bend: orders, days since the last,
    age, orders in the last 30/90/180 days, momentum (orders, each worth half after 180 days), and lateness = log of
    days since the last order over the customer's own gap (shrunk toward the typical one by one observation).

    Args:
        t: frequency, recency, T (days), n30, n90, n180 (purchase days in the last …) and momentum.
        typical_gap: days.
    """
    x, T = t.frequency.cast("float64"), t["T"].cast("float64")
    recency = t.recency.cast("float64")
    since = T - recency
    log_x, log_since = (x + 1).ln(), (since + 1).ln()
    late = (since + 1).ln() - ((recency + typical_gap) / (x + 1) + 1).ln()
    found = {"log_orders": log_x, "log_since": log_since, "log_age": (T + 1).ln(), "late": late}
    found |= {f"log_last_{days}": (t[f"n{days}"].cast("float64") + 1).ln() for days in LOOK_BACK}
    found["log_momentum"] = (t.momentum + 0.05).ln()
    found |= {f"late_over_{k}": _over(late, k) for k in _HINGES_LATE}
    found |= {f"log_since_over_{k}": _over(log_since, math.log1p(k)) for k in _HINGES_SINCE}
    found |= {f"log_orders_over_{k}": _over(log_x, math.log1p(k)) for k in _HINGES_ORDERS}
    found |= {"orders_x_late": log_x * late, "orders_x_since": log_x * log_since}
    found["one_time"] = (x == 0).cast("float64")
    return found


def bounded(name: str) -> bool:
    """Whether a feature is held to the range seen in training: counts are; times are not, for time moves on."""
    return not name.startswith(_TIMES)


def _over(value: ir.FloatingValue, knot: float) -> ir.FloatingValue:
    """0 up to the knot, the excess beyond."""
    return ibis.greatest(value - knot, 0.0)


def _recent(age: ir.IntegerValue, seen: ir.BooleanValue) -> dict[str, ir.NumericValue]:
    """What a customer's purchase days of the last one and a half years come to; `age` in days, counted where `seen`."""
    counts = {f"n{k}": (seen & (age < k)).sum().cast("int64") for k in LOOK_BACK}
    worth = (age.cast("float64") * (-math.log(2) / HALF_LIFE)).exp()
    # rounded, because a sum of fractions depends on the order in which the engine's threads add them
    return {**counts, "momentum": worth.sum(where=seen & (age < FORGOTTEN)).fill_null(0.0).round(9)}


def with_recent(customers: ir.Table, orders: ir.Table, as_of: date) -> ir.Table:
    """customer_id, frequency, recency, T, and n30, n90, n180, momentum of every customer, 0 where nothing is recent."""
    days = purchase_days(orders, as_of)
    days = days.filter(days.day > ibis.literal(as_of - timedelta(days=FORGOTTEN)))
    age = ibis.literal(as_of).delta(days.day, unit="day").cast("int64")
    recent = days.group_by("customer_id").agg(**_recent(age, age >= 0))
    base = customers.select("customer_id", "frequency", "recency", "T")
    joined = base.left_join(recent, "customer_id").drop("customer_id_right")
    filled = {f"n{k}": joined[f"n{k}"].fill_null(0) for k in LOOK_BACK}
    return joined.mutate(**filled, momentum=joined.momentum.fill_null(0.0))


def look_back(orders: ir.Table, as_of: date, horizon_days: int = 90, count: int = WINDOWS) -> Past | NotEnough:
    """The business now and at earlier days, one query for all of them.

    A window counts when the business had been open for a horizon before it; customers beyond :data:`SAMPLE` are a
    sample by hashed id, the same ones in every window.

    Args:
        orders: canonical orders.
        as_of: observation end. The latest window lies `horizon_days` before it, so its outcome is fully seen.
        horizon_days: days in which a return counts.
        count: how many windows at most.
    """
    known = purchase_days(orders, as_of)
    newcomers = known.filter(known.gap.isnull())
    whole = newcomers.agg(n=newcomers.count(), first=newcomers.day.min()).to_pyarrow().to_pylist()[0]
    if not whole["n"]:
        return NotEnough(0, 1)
    days = _sampled(known, newcomers, int(whole["n"]))
    typical = _typical_gap(days, as_of - timedelta(days=horizon_days)) or float(horizon_days)
    origins = [as_of - timedelta(days=horizon_days * i) for i in range(count + 1)]
    origins = [day for day in origins if day == as_of or (day - whole["first"]).days >= horizon_days]
    now, *windows = _read(_snapshots(days, origins, horizon_days), origins, typical)
    return Past(horizon_days, typical, now, tuple(windows))


def _read(table: ir.Table, origins: list[date], typical_gap: float) -> list[Window]:
    """Fetch the snapshots with their features, one :class:`Window` per origin."""
    columns = features(table, typical_gap)
    frame = table.mutate(**columns).to_pyarrow()
    data = {name: frame[name].to_numpy().astype(np.float64) for name in frame.column_names}
    matrix = np.column_stack([data[name] for name in columns])
    found = []
    for i, origin in enumerate(origins):
        at = data["window"] == i
        kept = {name: data[name][at] for name in ("frequency", "recency", "T", "returned", "fold")}
        found.append(Window(origin=origin, features=matrix[at], **kept))
    return found


def names() -> tuple[str, ...]:
    """Names of the features, in the order of the matrix."""
    counts = {f"n{days}": "int64" for days in LOOK_BACK}
    table = ibis.table(
        {"frequency": "int64", "recency": "int64", "T": "int64", "momentum": "float64", **counts}, name="names"
    )
    return tuple(features(table, 1.0))


def _sampled(known: ir.Table, newcomers: ir.Table, n: int) -> ir.Table:
    """Purchase days of at most about :data:`SAMPLE` customers, with the customer's fold.

    Both follow from a digest of the id, which is the same on every engine. It is taken once per customer, and who is not
    in the sample drops out before anything is sorted.
    """
    people = newcomers.select("customer_id")
    digits = people.customer_id.hexdigest("md5")
    fold = ibis.literal(_HEX).find(digits.substr(0, 1)) % FOLDS
    people = people.mutate(fold=fold.cast("int64"), lot=digits.substr(1, 6))
    if n > SAMPLE:
        people = people.filter(people.lot < f"{int(16**6 * SAMPLE / n):06x}")
    return known.inner_join(people.drop("lot"), "customer_id").select("customer_id", "day", "fold")


def _typical_gap(days: ir.Table, until: date) -> float | None:
    """Mean days between two purchase days of one customer; what happened after `until` must not be known to a back-test."""
    seen = days.filter(days.day <= ibis.literal(until))
    each = seen.group_by("customer_id").agg(
        span=seen.day.max().delta(seen.day.min(), unit="day").cast("int64"), gaps=seen.count() - 1
    )
    row = each.agg(span=each.span.sum(), gaps=each.gaps.sum()).to_pyarrow().to_pylist()[0]
    return max(float(row["span"]) / int(row["gaps"]), 1.0) if row["gaps"] else None


def _snapshots(days: ir.Table, origins: list[date], horizon_days: int) -> ir.Table:
    """One row per window and customer known by then: history, recent counts, and whether they came back."""
    lots = ibis.memtable(
        {"window": list(range(len(origins))), "origin": origins}, schema={"window": "int64", "origin": "date"}
    )
    pairs = days.cross_join(lots)
    pairs = pairs.mutate(age=pairs.origin.delta(pairs.day, unit="day").cast("int64"))
    pairs = pairs.filter(pairs.age >= -horizon_days)
    seen = pairs.age >= 0
    grouped = pairs.group_by("window", "customer_id", "fold").agg(
        T=pairs.age.max(),
        since=pairs.age.min(where=seen),
        frequency=seen.sum() - 1,
        returned=(~seen).any().cast("float64"),
        **_recent(pairs.age, seen),
    )
    grouped = grouped.filter(grouped["T"] >= 0)
    found = grouped.mutate(recency=grouped["T"] - grouped.since)
    # in a fixed order, so that ties among customers are broken the same way on every run
    return found.order_by("window", "customer_id").drop("since", "customer_id")
