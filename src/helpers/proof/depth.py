"""Behind a verdict: for whom it worked, since when, and whether the money holds from every side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy.stats import chi2, chi2_contingency

from helpers.metrics.uncertainty import FLOOR, Estimate, Rate, newcombe, wilson
from helpers.proof.history import GROUPS
from helpers.proof.money import Adjusted, MoneyCheck
from helpers.proof.sequential import always_valid

WEEK = 7
LEVEL = 0.05


@dataclass(frozen=True)
class GroupEffect:
    """The campaign among customers who had bought alike before.

    Attributes:
        group: of :data:`helpers.proof.history.GROUPS`. treated, holdout: shares who returned. difference: Newcombe, 95 %.
        p_value: of the difference, after Holm over the groups. stands: it stands after that correction.
    """

    group: str
    treated: Rate
    holdout: Rate
    difference: Estimate
    p_value: float
    stands: bool


@dataclass(frozen=True)
class Look:
    """Returns up to and with a day since sending (0 is the day of sending).

    Attributes:
        days: days seen. treated, holdout: shares returned by then. difference: Newcombe, right for one look planned beforehand.
        always: right however often one looks; None while there are too few returns.
    """

    days: int
    treated: Rate
    holdout: Rate
    difference: Estimate
    always: Estimate | None


@dataclass(frozen=True)
class Depth:
    """What stands behind a read-out.

    Attributes:
        looks: by week since sending, the last at the end of the window or of the data. groups: by purchases before; `unlike`: whether
            the groups' effects differ more than chance (Cochran's Q), None with fewer than two. money, adjusted: of revenue.
    """

    looks: tuple[Look, ...] = ()
    groups: tuple[GroupEffect, ...] = ()
    unlike: bool | None = None
    money: MoneyCheck | None = None
    adjusted: Adjusted | None = None


def looks(table: ir.Table, *, sent_at: date, window_days: int, as_of: date) -> tuple[Look, ...]:
    """Returns by week since sending.

    Args:
        table: arm and first_day (of :func:`helpers.proof.history.with_history`); arms ``treated`` and ``holdout``.
    """
    seen = min(window_days, (as_of - sent_at).days + 1)
    inside = (table.first_day < seen).fill_null(False)
    counted = table.group_by("arm", day=inside.ifelse(table.first_day, ibis.null("int64"))).agg(n=table.count())
    frame = counted.to_pandas()
    sizes = frame.groupby("arm")["n"].sum()
    if not {"treated", "holdout"} <= set(sizes.index) or seen < 1:
        return ()
    daily = {arm: np.zeros(seen, dtype=int) for arm in ("treated", "holdout")}
    came = frame.dropna(subset=["day"])
    for arm, total in daily.items():
        mine = came[came["arm"] == arm]
        total[mine["day"].to_numpy(dtype=int)] = mine["n"].to_numpy()
    returned = {arm: np.cumsum(total) for arm, total in daily.items()}
    ends = sorted({*range(WEEK, seen + 1, WEEK), seen})
    return tuple(
        _look(
            end,
            int(returned["treated"][end - 1]),
            int(sizes["treated"]),
            int(returned["holdout"][end - 1]),
            int(sizes["holdout"]),
        )
        for end in ends
    )


def _look(days: int, k: int, n: int, held: int, m: int) -> Look:
    one, two = wilson(k, n), wilson(held, m)
    return Look(days, one, two, newcombe(one, two), always_valid(k, n, held, m))


def group_effects(table: ir.Table) -> tuple[tuple[GroupEffect, ...], bool | None]:
    """Effects by what customers had bought before sending, corrected for looking at several (Holm 1979), and whether they differ.

    Groups are by what was known on the eve of sending: today's segment may be the campaign's own doing. A group with fewer than
    :data:`helpers.metrics.uncertainty.FLOOR` customers on either side is left out.

    Args:
        table: arm, group and returned (0/1).
    """
    counted = table.group_by("group", "arm").agg(n=table.count(), k=table.returned.sum()).to_pyarrow().to_pylist()
    seen = {(row["group"], row["arm"]): (round(row["k"]), int(row["n"])) for row in counted}
    found = []
    for _, name in GROUPS:
        (k, n), (held, m) = seen.get((name, "treated"), (0, 0)), seen.get((name, "holdout"), (0, 0))
        if min(n, m) >= FLOOR:
            one, two = wilson(k, n), wilson(held, m)
            p = (
                float(chi2_contingency([[k, n - k], [held, m - held]], correction=False).pvalue)
                if 0 < k + held < n + m
                else 1.0
            )
            found.append(GroupEffect(name, one, two, newcombe(one, two), p, False))
    corrected = _holm([effect.p_value for effect in found])
    effects = tuple(
        GroupEffect(e.group, e.treated, e.holdout, e.difference, p, p < LEVEL)
        for e, p in zip(found, corrected, strict=True)
    )
    return effects, _unlike(effects)


def _holm(values: list[float]) -> list[float]:
    adjusted, running = [1.0] * len(values), 0.0
    for rank, i in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        running = max(running, min(1.0, (len(values) - rank) * values[i]))
        adjusted[i] = running
    return adjusted


def _unlike(effects: tuple[GroupEffect, ...]) -> bool | None:
    """Cochran's Q over the groups' differences, with standard errors read off Newcombe's intervals."""
    if len(effects) < 2:
        return None
    value = np.array([e.difference.value for e in effects])
    weight = np.array([(2 * 1.959964 / (e.difference.high - e.difference.low)) ** 2 for e in effects])
    q = float((weight * (value - np.average(value, weights=weight)) ** 2).sum())
    return bool(chi2.sf(q, len(effects) - 1) < LEVEL)
