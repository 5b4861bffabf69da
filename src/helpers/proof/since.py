"""What changed since the last run: headline numbers like for like, revisions of old data apart, customers followed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import ibis.expr.types as ir

from helpers.metrics.base import overview
from helpers.metrics.growth import growth
from helpers.metrics.repeat import repeat_rates
from helpers.metrics.states import STATES
from helpers.metrics.uncertainty import FLOOR, Estimate, Rate, newcombe, wilson, z
from helpers.proof.comparable import SHRUNK, TORN_DAYS, Limit, Span, changed_reading, changed_settings, span
from helpers.proof.followed import Migration, Returned, migration, returned
from helpers.proof.pace import Pace, pace
from helpers.proof.revisions import Revisions, revisions

TOTALS = ("customers", "orders", "net_revenue", "anonymous_revenue_share", "quick_ratio")


@dataclass(frozen=True)
class Change:
    """One headline metric, then and now.

    Attributes:
        metric: key in `metrics.json`. before, now: values as the two runs report them. difference: now − before, from `restated`
            where there is one; with an interval where both are rates. real: True when chance does not explain it, None when noise cannot
            be judged (totals); rates are judged together (Bonferroni), so that five horizons raise no more false alarms than one,
            and fewer than ten newcomers change nothing. restated: the value of then worked out again from today's data and settings; what it differs
            from `before` by is revision, not change. None where today's data do not reach back.
    """

    metric: str
    before: float
    now: float
    difference: Estimate | float
    real: bool | None
    restated: float | None = None


@dataclass(frozen=True)
class Comparison:
    """A run beside the run before.

    Attributes:
        then, now: last days of the data of the two. limits: what cannot be compared and why; what they touch is missing below.
        changes: headline metrics. pace: weeks since then beside as many before. revisions: old orders that read differently.
        segments, states: where the customers known in both went. returned: who of those named then has ordered since.
    """

    then: date
    now: date
    limits: tuple[Limit, ...]
    changes: tuple[Change, ...] = ()
    pace: tuple[Pace, ...] = ()
    revisions: Revisions | None = None
    segments: Migration | None = None
    states: Migration | None = None
    returned: tuple[Returned, ...] = field(default=())


def compare(
    orders: ir.Table, customers: ir.Table, kept: Callable[[str], ir.Table | None], facts: Mapping[str, Any], *,
    as_of: date, segments: Sequence[str] = (),
) -> Comparison | None:  # fmt: skip
    """Compare this run with the last one of an earlier day.

    Args:
        orders, customers: of this run. kept: name → table of the run before, None where it has none.
        facts: this run's records, with `previous` (its `metrics.json`) and `settings` of both.
        as_of: end of this run's data. segments: ids in the order they are to stand.

    Returns:
        None where there is no run before. Only what may be compared; the rest is said in `limits`.
    """
    previous, settings = facts.get("previous"), facts.get("settings") or {}
    if not previous:
        return None
    then = date.fromisoformat(previous["as_of"])
    limits = [*later(settings), *changed_reading(previous, facts)]
    limits += changed_settings(settings.get("then") or {}, settings.get("now") or {})
    old, people = kept("orders"), kept("customers")
    if old is None or people is None or not previous.get("first_day"):
        told = headline(orders, facts, as_of=as_of)
        return Comparison(then, as_of, tuple(limits), changes(previous, told))
    both = span(old, orders, facts["data_quality"]["calendar"]["gaps"])
    return _compared(
        _Sides(old, orders, people, customers), both, [*both.limits, *limits], previous, facts, kept("arms"),
        then=then, as_of=as_of, segments=segments,
    )  # fmt: skip


def recorded(found: Comparison | None) -> dict[str, Any]:
    """What `metrics.json` keeps of it: `changes`, and everything else under `since`."""
    if found is None:
        return {"changes": (), "since": None}
    return {"changes": found.changes, "since": {k: v for k, v in vars(found).items() if k != "changes"}}


@dataclass(frozen=True)
class _Sides:
    """Orders and customers of then and of now."""

    old: ir.Table
    orders: ir.Table
    people: ir.Table
    customers: ir.Table


def _compared(
    sides: _Sides, both: Span, limits: list[Limit], previous: Mapping[str, Any], facts: Mapping[str, Any], arms: ir.Table | None, *,
    then: date, as_of: date, segments: Sequence[str],
) -> Comparison:  # fmt: skip
    """Every part that none of the limits stands in the way of."""
    revised = None
    if both.first is not None and both.last is not None and not _any(limits, "mapping", "currency", "clock"):
        revised = revisions(sides.old, sides.orders, first=both.first, last=both.last, holes=both.holes)
        if revised.gone > SHRUNK * revised.orders:
            limits.append(Limit("shrunk", {"gone": revised.gone, "orders": revised.orders}))
    torn = _any(limits, "apart", "gap", "hole")
    found: tuple[Change, ...] = ()
    if not torn and not _any(limits, "shorter"):
        told = headline(sides.orders, facts, as_of=as_of)
        found = changes(previous, told, headline(sides.orders, {}, as_of=then))
    weeks = (
        () if torn else pace(sides.orders, since=both.ended, as_of=as_of, first=_day(facts["overview"]["first_day"]))
    )
    strangers = _any(limits, "mapping", "identity", "shrunk", "gap", "hole")
    followed = None if strangers or _any(limits, "apart", "shorter", "model") else (sides.people, sides.customers)
    moved, state = None, None
    if followed:
        state = migration(*followed, of="state", order=STATES, last=both.ended)
        if not _any(limits, "segments"):
            moved = migration(*followed, of="segment", order=segments, last=both.ended)
    back: tuple[Returned, ...] = ()
    if not strangers and both.missed < TORN_DAYS:
        back = returned(
            sides.people, sides.orders, previous.get("risk"), arms,
            since=both.ended, as_of=as_of, whole=not _any(limits, "apart", "shorter"),
        )  # fmt: skip
    return Comparison(then, as_of, tuple(limits), found, weeks, revised, moved, state, back)


def _any(limits: Sequence[Limit], *kinds: str) -> bool:
    return any(limit.kind in kinds for limit in limits)


def later(settings: Mapping[str, Any]) -> list[Limit]:
    """The limit that there is a report of a later day, so that this run looks further back than the last one did."""
    return [Limit("later", {"day": _day(settings["later"])})] if settings.get("later") else []


def _day(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])


def headline(orders: ir.Table, facts: Mapping[str, Any], *, as_of: date) -> dict[str, Any]:
    """The headline numbers at the end of a day, keyed like `metrics.json`.

    Args:
        facts: this run's records; without `overview` the totals are counted from the orders.
    """
    rates = repeat_rates(orders, as_of=as_of)
    repeat = {str(r.horizon_days): asdict(r.rate) for r in rates if isinstance(r.rate, Rate)}
    accounts = growth(orders, as_of=as_of)
    judged = accounts.judged.tail(1)
    flow = (int(judged["new"].sum() + judged["resurrected"].sum()), int(judged["churned"].sum()))
    totals = facts.get("overview") or _totals(orders, as_of)
    return {**totals, "quick_ratio": accounts.quick_ratio, "quick_ratio_flow": flow, "repeat_rate": repeat}


def _totals(orders: ir.Table, as_of: date) -> dict[str, Any]:
    found = overview(orders, as_of=as_of)
    return {**asdict(found), "anonymous_revenue_share": found.anonymous_revenue_share}


def _rate(entry: Any) -> Rate | None:
    if not isinstance(entry, Mapping) or not entry.get("n") or entry.get("value") is None:
        return None
    n = int(entry["n"])
    return Rate(float(entry["value"]), float(entry["low"]), float(entry["high"]), n, round(float(entry["value"]) * n))


def changes(
    before: Mapping[str, Any], now: Mapping[str, Any], restated: Mapping[str, Any] | None = None
) -> tuple[Change, ...]:
    """Headline changes between two runs.

    Without `restated` the two repeat rates are taken for independent groups, though they share customers: then a change called real
    is real, one called noise may still be true. With it the customers of then are among those of now with the same answer, so that
    the change is the newcomers' difference from them by the newcomers' share, and so is its interval.

    Args:
        before: `metrics.json` of the run before. now: :func:`headline` of this one. restated: :func:`headline` of today's data at the
            end of the earlier data.
    """
    again = restated or {}
    found: list[Change] = []
    for key in TOTALS:
        then, current, anew = before.get(key), now.get(key), again.get(key)
        if isinstance(then, int | float) and isinstance(current, int | float):
            base = float(anew) if isinstance(anew, int | float) else None
            gap = float(current) - (float(then) if base is None else base)
            real = _flows_differ(again, now) if key == "quick_ratio" and base is not None else None
            found.append(Change(key, float(then), float(current), gap, real, base))
    rates = _comparable_rates(before, now, restated)
    together = 1 - 0.05 / max(1, len(rates))
    for horizon, (reported, anew_rate, share) in rates.items():
        value = anew_rate.value if anew_rate else None
        difference, wide = (
            _grown(anew_rate, share, level) if anew_rate else newcombe(share, reported, level)
            for level in (0.95, together)
        )
        few = anew_rate is not None and share.n - anew_rate.n < FLOOR
        real = (wide.low > 0 or wide.high < 0) and not few
        found.append(Change(f"repeat_rate.{horizon}", reported.value, share.value, difference, real, value))
    return tuple(found)


def _comparable_rates(
    before: Mapping[str, Any], now: Mapping[str, Any], restated: Mapping[str, Any] | None
) -> dict[str, tuple[Rate, Rate | None, Rate]]:
    """Horizon → the rate as reported then, worked out again, and now; horizons that all of them know."""
    found = {}
    for horizon, entry in (now.get("repeat_rate") or {}).items():
        share, reported = _rate(entry), _rate((before.get("repeat_rate") or {}).get(horizon))
        anew = _rate(((restated or {}).get("repeat_rate") or {}).get(horizon))
        if share and reported and (anew or restated is None):
            found[horizon] = (reported, anew, share)
    return found


def _grown(then: Rate, now: Rate, confidence: float) -> Estimate:
    """now − then where the customers of then are among those of now: what the newcomers moved it by."""
    n, k = now.n - then.n, now.k - then.k
    if n == 0 and k == 0:
        return Estimate(0.0, 0.0, 0.0, now.n)
    if not 0 <= k <= n:
        return newcombe(now, then, confidence)
    fresh, weight = newcombe(wilson(k, n), then, confidence), n / now.n
    return Estimate(weight * fresh.value, weight * fresh.low, weight * fresh.high, now.n)


def _flows_differ(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool | None:
    """Whether two ratios of head-counts differ by more than chance: normal interval on the log scale, counts taken for Poisson's."""
    counts = [*then.get("quick_ratio_flow", ()), *now.get("quick_ratio_flow", ())]
    if len(counts) < 4 or min(counts) < 1:
        return None
    gap = math.log(counts[2] / counts[3]) - math.log(counts[0] / counts[1])
    return abs(gap) > z() * math.sqrt(sum(1 / count for count in counts))
