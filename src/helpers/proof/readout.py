"""Read-out of a campaign with a holdout: intention to treat, difference with interval, money, verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
from scipy.stats import chisquare
from scipy.stats import t as student

from helpers.campaigns.power import needed_per_arm
from helpers.errors import InputError, key
from helpers.metrics.uncertainty import Estimate, NotEnough, Rate, newcombe, wilson
from helpers.proof.depth import Depth
from helpers.proof.validity import Doubt

Verdict = Literal["worked", "not shown yet", "did harm", "no verdict"]
ARM_FLOOR = 20
"""Customers an arm needs before its rate is read at all."""


@dataclass(frozen=True)
class Outcome:
    """One outcome of one arm.

    Attributes:
        name: outcome column (``returned``, ``visit``, …). rate: share with it, when it is yes/no.
        mean: mean per customer with its interval (money, counts).
    """

    name: str
    rate: Rate | None
    mean: Estimate


@dataclass(frozen=True)
class Arm:
    """Everybody assigned to an arm, contacted or not (intention to treat)."""

    name: str
    n: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Comparison:
    """One treated arm against the holdout for one outcome: difference per customer with 95 % interval (rates: Newcombe; money:
    Welch).
    """

    arm: str
    outcome: str
    difference: Estimate


@dataclass(frozen=True)
class Readout:
    """What a campaign brought.

    Attributes:
        campaign, name: id and title. arms: holdout last; in each the main outcome first. comparisons: treated − holdout per
            outcome, in the same order.
        incremental_margin: extra margin of the whole treated arm over the window. cost: as given.
        roi: (incremental margin − cost) / cost, None when no cost is given. verdict: on the main outcome.
        warnings: English catalog sentences on what is wrong with the experiment; any that undermines it forces "no verdict".
        needed_per_arm: customers per arm that would have shown a difference of the size seen, for "not shown yet".
        window_days, sent_at: what was read. unknown: listed people who are not customers in the data.
        doubts: what is wrong or worth knowing, found before the verdict. depth: what stands behind it. files: role of a list → SHA-256.
    """

    campaign: str
    name: str
    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    incremental_margin: Estimate | None
    cost: float
    roi: Estimate | None
    verdict: Verdict
    warnings: tuple[str, ...] = ()
    needed_per_arm: int | None = None
    window_days: int | None = None
    sent_at: date | None = None
    unknown: int = 0
    doubts: tuple[Doubt, ...] = ()
    depth: Depth | None = None
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A campaign that cannot be read out: id, title, and the sentence why not."""

    campaign: str
    name: str
    why: InputError


def welch(
    mean_1: float, var_1: float, n_1: int, mean_2: float, var_2: float, n_2: int, confidence: float = 0.95
) -> Estimate:
    """Difference of two means, first − second, with Welch's interval (Welch 1947)."""
    se_1, se_2 = var_1 / n_1, var_2 / n_2
    error = math.sqrt(se_1 + se_2)
    difference = mean_1 - mean_2
    if error == 0:
        return Estimate(difference, difference, difference, n_1 + n_2)
    freedom = (se_1 + se_2) ** 2 / (se_1**2 / (n_1 - 1) + se_2**2 / (n_2 - 1))
    half = float(student.ppf(0.5 + confidence / 2, freedom)) * error
    return Estimate(difference, difference - half, difference + half, n_1 + n_2)


def outcomes_from_orders(people: ir.Table, orders: ir.Table, *, sent_at: date, window_days: int) -> ir.Table:
    """One row per assigned customer: customer_id, arm, returned (0/1), orders, revenue within the window after sending.

    Args:
        people: customer_id, arm; one row per assigned customer.
        sent_at: day of sending; the window is the `window_days` days from that day on.
    """
    start, end = ibis.literal(sent_at), ibis.literal(sent_at + timedelta(days=window_days))
    day = orders.ordered_at.date()
    inside = orders.filter((day >= start) & (day < end) & orders.customer_id.notnull())
    spent = inside.group_by("customer_id").agg(orders=inside.count(), revenue=inside.net_revenue.sum())
    joined = people.left_join(spent, "customer_id").drop("customer_id_right")
    return joined.mutate(
        orders=joined.orders.fill_null(0).cast("float64"),
        revenue=joined.revenue.fill_null(0.0),
        returned=joined.orders.notnull().cast("float64"),
    )


def _mean(mean: float, variance: float, n: int) -> Estimate:
    half = float(student.ppf(0.975, n - 1)) * math.sqrt(variance / n) if n > 1 else math.inf
    return Estimate(mean, mean - half, mean + half, n)


def _arms(
    table: ir.Table, columns: tuple[str, ...], binary: frozenset[str]
) -> tuple[dict[str, Arm], dict[tuple[str, str], float]]:
    """Means, variances and counts per arm in one pass of the engine."""
    aggregates = {"n": table.count()}
    for column in columns:
        value = table[column]
        aggregates |= {f"m_{column}": value.mean(), f"v_{column}": value.var(), f"s_{column}": value.sum()}
    arms, variances = {}, {}
    for row in table.group_by("arm").agg(**aggregates).to_pyarrow().to_pylist():
        n = int(row["n"])
        outcomes = []
        for column in columns:
            variance = float(row[f"v_{column}"] or 0.0)
            variances[row["arm"], column] = variance
            share = wilson(round(row[f"s_{column}"]), n) if column in binary else None
            outcomes.append(Outcome(column, share, _mean(float(row[f"m_{column}"]), variance, n)))
        arms[row["arm"]] = Arm(row["arm"], n, tuple(outcomes))
    return arms, variances


def read_out(
    table: ir.Table,
    *,
    campaign: str,
    name: str = "",
    main: str,
    money: str | None,
    margin: float,
    cost: float,
    holdout: str = "holdout",
    planned_holdout_share: float | None = None,
) -> Readout | NotEnough:
    """Compare every treated arm with the holdout on every numeric outcome.

    Args:
        table: one row per assigned customer: customer_id, arm, and numeric outcome columns. Rows without an arm are left out;
            a missing outcome means that nothing happened and counts as 0 (intention to treat).
        main: the outcome the verdict is on. money: revenue column that pays for the campaign, if any.
        margin: gross margin, 0–1. cost: of the whole campaign. holdout: name of the arm that was left out.
        planned_holdout_share: to check the split against.

    Returns:
        The read-out, or :class:`NotEnough` when an arm is below the floor.

    Raises:
        ValueError: the main outcome is not among the columns.
    """
    columns = tuple(c for c, kind in table.schema().items() if kind.is_numeric() or kind.is_boolean())
    columns = tuple(sorted((c for c in columns if c not in {"arm", "customer_id", "id"}), key=lambda c: c != main))
    if main not in columns:
        raise ValueError(f"there is no outcome {main} among {columns}")
    table = table.filter(table.arm.notnull()).mutate(**{c: table[c].cast("float64").fill_null(0.0) for c in columns})
    spread = table.agg(**{c: ((table[c] != 0) & (table[c] != 1)).sum() for c in columns})
    binary = frozenset(c for c, other in spread.to_pyarrow().to_pylist()[0].items() if not other and c != money)
    arms, variances = _arms(table, columns, binary)
    control = arms.get(holdout)
    treated = [arm for arm_name, arm in sorted(arms.items()) if arm_name != holdout]
    smallest = min([control.n if control else 0, *(arm.n for arm in treated)] if treated else [0])
    if control is None or smallest < ARM_FLOOR:
        return NotEnough(smallest, ARM_FLOOR)
    comparisons = tuple(_compare(arm, control, i, variances) for arm in treated for i in range(len(columns)))
    verdict, needed = _verdict([c for c in comparisons if c.outcome == main], treated, control, main)
    result = Readout(campaign, name, (*treated, control), comparisons, None, cost, None, verdict, needed_per_arm=needed)
    result = _with_money(result, treated, money, margin, cost)
    total = sum(arm.n for arm in treated) + control.n
    if planned_holdout_share is not None and _mismatch(control.n, total, planned_holdout_share):
        warning = key(
            "The groups do not have the sizes the draw should give, so something removed people from one of them."
        )
        result = replace(result, warnings=(warning,), verdict="no verdict")
    return result


def _compare(arm: Arm, control: Arm, i: int, variances: dict[tuple[str, str], float]) -> Comparison:
    first, second = arm.outcomes[i], control.outcomes[i]
    if first.rate and second.rate:
        return Comparison(arm.name, first.name, newcombe(first.rate, second.rate))
    difference = welch(
        first.mean.value, variances[arm.name, first.name], arm.n,
        second.mean.value, variances[control.name, first.name], control.n,
    )  # fmt: skip
    return Comparison(arm.name, first.name, difference)


def _verdict(main: list[Comparison], treated: list[Arm], control: Arm, name: str) -> tuple[Verdict, int | None]:
    """Worked when every treated arm's interval on the main outcome lies above zero, harm when one lies below."""
    if main and all(c.difference.low > 0 for c in main):
        return "worked", None
    if any(c.difference.high < 0 for c in main):
        return "did harm", None
    base = next(o for o in control.outcomes if o.name == name)
    lift = max((c.difference.value for c in main), default=0.0)
    if not base.rate or lift <= 0 or base.rate.value + lift > 1:
        return "not shown yet", None
    return "not shown yet", needed_per_arm(base.rate.value, lift)


def _with_money(result: Readout, treated: list[Arm], money: str | None, margin: float, cost: float) -> Readout:
    """Extra margin of all treated customers and the return on the campaign's cost."""
    parts = [
        (c.difference, arm.n) for arm in treated for c in result.comparisons if c.arm == arm.name and c.outcome == money
    ]
    if not parts:
        return result
    value = sum(d.value * n for d, n in parts) * margin
    # several treated arms share one holdout, so their errors add rather than cancel: the bounds are summed
    low, high = (
        sum(bound * n for bound, n in pairs) * margin
        for pairs in ([(d.low, n) for d, n in parts], [(d.high, n) for d, n in parts])
    )
    n = sum(n for _, n in parts)
    gain = Estimate(value, low, high, n)
    roi = Estimate((value - cost) / cost, (low - cost) / cost, (high - cost) / cost, n) if cost > 0 else None
    return replace(result, incremental_margin=gain, roi=roi)


def _mismatch(holdout: int, total: int, share: float) -> bool:
    """Sample-ratio mismatch: the split is so far from the plan that chance gives it less than once in a thousand draws."""
    expected = [total * share, total * (1 - share)]
    return bool(chisquare([holdout, total - holdout], expected).pvalue < 0.001)
