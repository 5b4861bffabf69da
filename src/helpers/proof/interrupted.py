"""A change of service on a day – a new promise, a new delivery partner – read as an interrupted time series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from helpers.business import Business, ServiceChange
from helpers.metrics.uncertainty import Estimate, NotEnough

Floats = NDArray[np.float64]
WEEKS = 8
"""Weeks on either side below which a trend cannot be told from noise (Bernal, Cummins & Gasparrini 2017 ask for at least as many)."""
LONGEST = 52
"""Weeks before the change that are used at most: further back the business was another one."""
AFTER = 26
"""Weeks after the change that are used at most: a line is not drawn further than half a year."""
PLACEBOS = 0.25
RETURN_DAYS = 30
Turn = Literal["better", "not shown", "worse"]


@dataclass(frozen=True)
class Interruption:
    """A weekly share before and after a change.

    Attributes:
        before, after: shares over the weeks used. expected: share the trend before lets expect afterwards.
        effect: after − expected, a mean over the weeks after, with 95 % interval. weeks: used before and after. events: deliveries,
            messages or orders in them. steady: the weeks before follow their
            line; where they do not, nothing is shown whatever the interval. turn: by the interval of the effect.
    """

    before: float
    after: float
    expected: float
    effect: Estimate
    weeks: tuple[int, int]
    events: int
    steady: bool
    turn: Turn


def weekly(events: ir.Table, *, on: date, end: date) -> list[tuple[int, int, int]]:
    """Events by whole week from the day of the change: (week, events, good ones), week 0 beginning on that day.

    Args:
        events: day, good. end: last day whose events are complete; a week that is not over by then is left out.
    """
    days = events.day.delta(ibis.literal(on), unit="day")
    numbered = events.mutate(week=(days / 7).floor().cast("int64"))
    last = ((end - on).days + 1) // 7 - 1
    inside = numbered.filter(numbered.good.notnull() & numbered.week.between(-LONGEST, min(last, AFTER - 1)))
    counted = inside.group_by("week").agg(n=inside.count(), k=inside.good.cast("int64").sum()).order_by("week")
    found = [(int(r["week"]), int(r["n"]), int(r["k"])) for r in counted.to_pyarrow().to_pylist()]
    # the first week of the data is usually begun in its middle
    return found[1:] if found and found[0][0] > -LONGEST else found


def interrupted(weeks: list[tuple[int, int, int]]) -> Interruption | NotEnough:
    """Segmented regression of the weekly share (Wagner et al. 2002): level and slope before, change of both afterwards.

    Weeks weigh by their events; standard errors are the larger of the usual ones and Newey & West's (1987), which allow for weeks
    that resemble the one before.

    Args:
        weeks: of :func:`weekly`.
    """
    sides = sum(week < 0 for week, _, _ in weeks), sum(week >= 0 for week, _, _ in weeks)
    if min(sides) < WEEKS:
        return NotEnough(min(sides), WEEKS, "weeks")
    week, n, k = (np.array(column, dtype=np.float64) for column in zip(*weeks, strict=True))
    effect = _effect(week, n, k)
    steady = _steady(week[week < 0], n[week < 0], k[week < 0])
    turn: Turn = "not shown"
    if steady and not effect.low <= 0 <= effect.high:
        turn = "better" if effect.low > 0 else "worse"
    before, after = (float(k[side].sum() / n[side].sum()) for side in (week < 0, week >= 0))
    return Interruption(before, after, after - effect.value, effect, sides, int(n.sum()), steady, turn)


def _effect(week: Floats, n: Floats, k: Floats) -> Estimate:
    """Mean over the weeks from 0 on of what the change added; they weigh as they do in the share after it."""
    late = (week >= 0).astype(np.float64)
    design = np.column_stack([np.ones_like(week), week, late, late * week])
    root = np.sqrt(n / n.mean())
    slopes, covariance, freedom = _fit(design * root[:, None], k / n * root)
    weight = n * late / (n * late).sum()
    added = np.array([0.0, 0.0, 1.0, float(weight @ week)])
    value = float(added @ slopes)
    half = float(student.ppf(0.975, freedom)) * float(np.sqrt(added @ covariance @ added))
    return Estimate(value, value - half, value + half, len(week))


def _steady(week: Floats, n: Floats, k: Floats) -> bool:
    """Whether the weeks before follow their own line: the same reading on days on which nothing was changed finds little.

    A season or a slow bend passes for a change on any day near it (in-time placebo). One reading in twenty errs by chance, and readings on
    neighbouring days err together, so a quarter of them is let pass.
    """
    cuts = week[WEEKS : len(week) - WEEKS + 1]
    placebos = [_effect(week - cut, n, k) for cut in cuts]
    return sum(not e.low <= 0 <= e.high for e in placebos) <= PLACEBOS * len(placebos)


def _fit(x: Floats, y: Floats) -> tuple[Floats, Floats, int]:
    """Least squares with the wider of the ordinary and Newey–West's covariance."""
    inverse = np.linalg.inv(x.T @ x)
    slopes = inverse @ x.T @ y
    rest = y - x @ slopes
    n, p = x.shape
    plain = inverse * float(rest @ rest) / (n - p)
    score = x * rest[:, None]
    middle = score.T @ score
    lags = int(4 * (n / 100) ** (2 / 9))
    for lag in range(1, lags + 1):
        shared = score[lag:].T @ score[:-lag]
        middle += (1 - lag / (lags + 1)) * (shared + shared.T)
    robust = inverse @ middle @ inverse * n / (n - p)
    wider = robust if np.trace(robust @ (x.T @ x)) > np.trace(plain @ (x.T @ x)) else plain
    return slopes, wider, n - p


def deliveries(table: ir.Table) -> ir.Table:
    """day and good (arrived by the promised time) of every delivery with both times."""
    promised = table.filter(table.promised_at.notnull() & table.arrived_at.notnull())
    return promised.select(day=promised.promised_at.date(), good=promised.arrived_at <= promised.promised_at)


def answers(tickets: ir.Table, *, hours: float) -> ir.Table:
    """day and good (a first answer within the promised hours) of every message; one never answered is not good."""
    waited = tickets.first_reply_at.delta(tickets.opened_at, unit="minute")
    opened = tickets.mutate(good=(waited <= hours * 60).fill_null(False)).filter(tickets.opened_at.notnull())
    return opened.select(day=opened.opened_at.date(), good="good")


def returns(orders: ir.Table) -> ir.Table:
    """day and good (the same customer ordered again within thirty days) of every day on which a known customer ordered."""
    known = orders.filter(orders.customer_id.notnull())
    days = known.select("customer_id", day=known.ordered_at.date()).distinct()
    following = days.day.lead().over(group_by="customer_id", order_by="day")
    again = following.delta(days.day, unit="day") <= RETURN_DAYS
    return days.select("day", good=again.fill_null(False))


def read_change(
    change: ServiceChange, orders: ir.Table, optional: Callable[[str], ir.Table | None], *, as_of: date, hours: float
) -> Interruption | NotEnough | None:
    """One change of service of business.yml.

    Args:
        optional: name of an optional table → the table or None. hours: to the first answer that is promised.

    Returns:
        None when the data lack what it is measured by.
    """
    table = {"on_time": "deliveries", "answered": "tickets"}.get(change.measure)
    found = optional(table) if table else None
    if table and found is None:
        return None
    if change.measure == "on_time":
        events, end = deliveries(found), as_of
    elif change.measure == "answered":
        events, end = answers(found, hours=hours), as_of - timedelta(days=int(hours // 24) + 1)
    else:
        events, end = returns(orders), as_of - timedelta(days=RETURN_DAYS)
    return interrupted(weekly(events, on=change.on, end=end))


def read_changes(
    business: Business, orders: ir.Table, optional: Callable[[str], ir.Table | None], *, as_of: date
) -> tuple[tuple[ServiceChange, Interruption | NotEnough | None], ...]:
    """Every change of service of `business.yml`, in the order given there (arguments as in :func:`read_change`)."""
    hours = business.usual_reply_hours
    return tuple((c, read_change(c, orders, optional, as_of=as_of, hours=hours)) for c in business.changes)


def recorded(found: Sequence[tuple[ServiceChange, Interruption | NotEnough | None]]) -> list[dict[str, Any]]:
    """The same as `metrics.json` documents it: the change, and its reading (null where nothing is recorded to read it by)."""
    return [{**change.model_dump(mode="json"), "reading": reading} for change, reading in found]
