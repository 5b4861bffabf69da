"""What two runs may be compared on: the time both know, and everything that has changed besides the business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

Kind = Literal[
    "later", "apart", "shorter", "longer", "gap", "hole", "mapping", "currency", "identity", "clock", "segments", "model", "margin",
    "version", "parameter", "shrunk",
]  # fmt: skip
WINDOW = 10
"""From so many orders of then before the first one of now on, the export begins later; fewer are orders that were taken out."""
TORN_DAYS = 7
"""Silences shorter than this are the business's own; from here on days are taken to be missing from the data."""
SHRUNK = 0.1
"""A larger share of old orders gone than this is another export (a branch, a status left out), not cancellations."""
GROUPS: Mapping[Kind, tuple[str, ...]] = {
    "identity": ("identity",),
    "clock": ("timezone",),
    "segments": ("segments",),
    "model": ("model", "pause_days"),
    "margin": ("margin",),
    "version": ("version",),
}
"""Kind of limit → the settings of a run that lead to it."""


@dataclass(frozen=True)
class Limit:
    """One reason why part of two runs cannot be compared.

    Attributes:
        kind: the reason. values: days, counts and names it is worded with.
    """

    kind: Kind
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """The time both runs know.

    Attributes:
        first, last: of then's orders within today's data; None where the two do not overlap.
        ended: last day of the orders of then. missed: days between the two that neither knows. holes: silences of today's data in that time.
        limits: what hinders a comparison, by the data themselves.
    """

    first: date | None
    last: date | None
    ended: date
    missed: int
    holes: tuple[tuple[date, date], ...]
    limits: tuple[Limit, ...]


def span(then: ir.Table, now: ir.Table, gaps: Sequence[Mapping[str, Any]]) -> Span:
    """Find the time both runs know.

    Args:
        then, now: canonical orders of the run before and of this one, neither of them empty.
        gaps: `data_quality.calendar.gaps` of this run: silences its own pattern does not explain, with ISO days.
    """
    (start, ended), (begins, ends) = _days(then), _days(now)
    lost = int(then.filter(then.ordered_at.date() < ibis.literal(begins)).count().to_pyarrow().as_py())
    old = int(now.filter(now.ordered_at.date() < ibis.literal(start)).count().to_pyarrow().as_py())
    limits = []
    silent = [(date.fromisoformat(str(gap["first"])[:10]), date.fromisoformat(str(gap["last"])[:10])) for gap in gaps]
    after = [(max(a, ended), b) for a, b in silent if b > ended and (b - max(a, ended)).days + 1 >= TORN_DAYS]
    if begins > ended:
        days = (begins - ended).days - 1
        limits.append(Limit("apart", {"ended": ended, "begins": begins, "days": days}))
        return Span(None, None, ended, days, (), (*limits, *_gaps(after)))
    first = min(start, begins)
    if lost >= WINDOW:
        first = begins
        limits.append(Limit("shorter", {"begins": begins, "start": start, "orders": lost}))
    elif old >= WINDOW:
        first = start
        limits.append(Limit("longer", {"begins": begins, "start": start, "orders": old}))
    holes = []
    for a, b in ((a, b) for a, b in silent if a <= ended and b >= first):
        day = then.ordered_at.date()
        known = int(then.filter(day.between(ibis.literal(a), ibis.literal(b))).count().to_pyarrow().as_py())
        if known >= WINDOW:
            holes.append((a, b))
            limits.append(Limit("hole", {"first": a, "last": b, "orders": known}))
    return Span(first, min(ended, ends), ended, 0, tuple(holes), (*limits, *_gaps(after)))


def _gaps(after: Sequence[tuple[date, date]]) -> list[Limit]:
    return [Limit("gap", {"first": a, "last": b}) for a, b in sorted(after)]


def _days(orders: ir.Table) -> tuple[date, date]:
    day = orders.ordered_at.date()
    row = orders.agg(first=day.min(), last=day.max()).to_pyarrow().to_pylist()[0]
    return row["first"], row["last"]


def changed_settings(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Limit, ...]:
    """What the two runs were told differently; a setting that one of them did not note is not called changed.

    Args:
        then, now: settings as a run notes them in its manifest: fingerprints and plain values, and `parameters`.
    """
    found = [
        Limit(kind) for kind, names in GROUPS.items()
        if any(name in then and name in now and then[name] != now[name] for name in names)
    ]  # fmt: skip
    before, after = then.get("parameters") or {}, now.get("parameters") or {}
    names = sorted(name for name in before if name in after and before[name] != after[name])
    found += [Limit("parameter", {"name": name, "then": before[name], "now": after[name]}) for name in names]
    return tuple(found)


def changed_reading(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Limit, ...]:
    """Whether the files are read differently: another mapping of their columns, or another currency.

    Args:
        then, now: `quality` and `currency` of the two runs.
    """
    found = []
    before, after = (_mappings(one.get("quality") or {}) for one in (then, now))
    gone = {kind for kind, _, _ in before - after} & {"orders"}
    if gone and before and after:
        found.append(Limit("mapping"))
    if then.get("currency") and now.get("currency") and then["currency"] != now["currency"]:
        found.append(Limit("currency", {"then": then["currency"], "now": now["currency"]}))
    return tuple(found)


def _mappings(quality: Mapping[str, Any]) -> set[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Every way files of a kind are read: layout and role → header."""
    return {
        (str(one.get("kind")), str(one.get("format")), tuple(sorted((one.get("mapping") or {}).items())))
        for one in quality.get("sources") or ()
    }
