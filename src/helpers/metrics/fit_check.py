"""How wrong was the model? Fitted on the first part of the history it predicts the rest, by week and by frequency."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np

from helpers.metrics import bg_nbd
from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.beta_geometric_fit import SPAN_FLOOR_DAYS
from helpers.metrics.customers import summarise
from helpers.metrics.histories import Degenerate, Floats, Histories, compress
from helpers.metrics.orders import purchase_days
from helpers.metrics.uncertainty import NotEnough

HOLDOUT_WEEKS = 39
"""At most this much is held out (as in the CDNOW literature), and never more than half of the history."""

TOP_CLASS = 7


@dataclass(frozen=True)
class Week:
    """Repeat orders (purchase days) of the calibration customers in the week that starts on `start` (ISO date)."""

    start: str
    actual: float
    predicted: float
    holdout: bool


@dataclass(frozen=True)
class FrequencyClass:
    """Customers by repeat days in calibration (7 stands for 7 and more), with their mean orders in the holdout."""

    frequency: int
    customers: int
    actual: float
    predicted: float


@dataclass(frozen=True)
class FitCheck:
    """Prediction against what happened.

    Attributes:
        calibrated_to: ISO date the model was fitted at. holdout_weeks: weeks predicted after it.
        customers: known by then. actual, predicted: their orders in the holdout, all together.
        error: predicted / actual − 1; None when nobody ordered.
        mean_absolute_error: per customer, in orders.
        weeks: calibration (what the model says of the average new customer) and holdout (given each one's history).
        classes: by frequency in calibration.
    """

    calibrated_to: str
    holdout_weeks: int
    customers: int
    actual: float
    predicted: float
    error: float | None
    mean_absolute_error: float
    weeks: tuple[Week, ...]
    classes: tuple[FrequencyClass, ...]


def check(
    orders: ir.Table,
    as_of: date,
    fit: Callable[[Histories], BetaGeometric | NotEnough | Degenerate] = bg_nbd.fit,
    holdout_weeks: int = HOLDOUT_WEEKS,
) -> FitCheck | NotEnough | Degenerate:
    """Fit on the first part of the history and compare with the rest.

    Args:
        orders: canonical orders.
        as_of: observation end.
        fit: which model, e.g. `mbg_nbd.fit`.
        holdout_weeks: wanted; shortened to half of the history.

    Returns:
        The comparison, or the model's own refusal on the calibration part.
    """
    days = purchase_days(orders, as_of)
    first = days.day.min().to_pyarrow().as_py()
    span = (as_of - first).days if first is not None else 0
    weeks = min(holdout_weeks, round(span / 14))
    if weeks < 1 or span - 7 * weeks < SPAN_FLOOR_DAYS:
        return NotEnough(span, 2 * SPAN_FLOOR_DAYS, "days of history")
    end = as_of - timedelta(days=7 * weeks)
    customers = summarise(orders, end).cache()  # read twice below
    model = fit(compress(customers))
    if not isinstance(model, BetaGeometric):
        return model
    days = days.mutate(offset=days.day.delta(ibis.literal(end), unit="day").cast("int64"))
    h, later = _outcomes(customers, days)
    expected = model.expected_orders(h, float(weeks))
    actual, predicted = float(h.count @ later), float(h.count @ expected)
    return FitCheck(
        calibrated_to=end.isoformat(),
        holdout_weeks=weeks,
        customers=h.n,
        actual=actual,
        predicted=predicted,
        error=predicted / actual - 1 if actual else None,
        mean_absolute_error=float(h.count @ np.abs(later - expected) / h.count.sum()),
        weeks=_weeks(model, h, days, end, weeks),
        classes=_classes(h, later, expected),
    )


def _outcomes(customers: ir.Table, days: ir.Table) -> tuple[Histories, Floats]:
    """Distinct (history, orders in the holdout) of the calibration customers: the histories and those orders."""
    later = days.filter(days.offset > 0).group_by("customer_id").agg(later=lambda t: t.count())
    joined = customers.left_join(later, "customer_id")
    joined = joined.mutate(later=joined.later.fill_null(0))
    frame = joined.group_by("frequency", "recency", "T", "later").agg(customers_in=joined.count())
    frame = frame.order_by("frequency", "recency", "T", "later").to_pyarrow()
    x, t_x, T, after, count = (
        frame[name].to_numpy().astype(np.float64) for name in ("frequency", "recency", "T", "later", "customers_in")
    )
    return Histories(x, t_x / 7, T / 7, count, 7), after


def _classes(h: Histories, later: Floats, expected: Floats) -> tuple[FrequencyClass, ...]:
    group = np.minimum(h.x, TOP_CLASS).astype(int)
    size = np.bincount(group, h.count)
    actual, predicted = np.bincount(group, h.count * later), np.bincount(group, h.count * expected)
    return tuple(
        FrequencyClass(int(k), int(size[k]), float(actual[k] / size[k]), float(predicted[k] / size[k]))
        for k in np.flatnonzero(size)
    )


def _weeks(model: BetaGeometric, h: Histories, days: ir.Table, end: date, holdout: int) -> tuple[Week, ...]:
    """Actual and predicted repeat orders by week: 0 is the last of calibration, 1 the first of the holdout."""
    repeat = days.filter((days.day > days.first_day) & (days.first_day <= ibis.literal(end)))
    counted = repeat.group_by(week=(repeat.offset / 7).ceil().cast("int64")).agg(n=repeat.count()).to_pyarrow()
    actual = dict(zip(counted["week"].to_pylist(), counted["n"].to_pylist(), strict=True))
    before = math.ceil(float(h.T.max()))  # calibration weeks
    new = _calibration(model, h, before)
    held = model.p_alive(h)[:, None] * model.orders_if_alive(h.x, h.T, np.arange(1.0, holdout + 1))
    after = np.diff(h.count @ held, prepend=0.0)
    predicted = np.concatenate([new, after])
    return tuple(
        Week((end + timedelta(days=7 * (week - 1) + 1)).isoformat(), float(actual.get(week, 0)), float(value), week > 0)
        for week, value in zip(range(1 - before, holdout + 1), predicted, strict=True)
    )


def _calibration(model: BetaGeometric, h: Histories, weeks: int) -> Floats:
    """Expected repeat orders in each of the last `weeks` weeks of calibration, from when the customers joined alone."""
    ages, where = np.unique(np.rint(h.T * 7).astype(int), return_inverse=True)
    joined = np.bincount(where, h.count)
    by_day = np.concatenate([[0.0], model.new_customer_orders(np.arange(1, ages.max() + 1) / 7.0)])
    ago = 7 * np.arange(weeks, -1, -1)  # days before the end at which weeks begin or end
    reached = by_day[np.maximum(ages[:, None] - ago[None, :], 0)]
    return np.asarray(np.diff(joined @ reached))
