"""How long members stay: tenure curves by plan, and renewals counted month by month for the projection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.contracts import PAUSE_DAYS, spells
from helpers.metrics.survival import Survival, kaplan_meier
from helpers.metrics.uncertainty import NotEnough

MONTH_DAYS = 365.25 / 12
_SHORT = 3  # a month has 28 to 31 days: this many missing days still make it a full one


@dataclass(frozen=True)
class PlanCurve:
    """The tenure curve of those whose membership began with one plan."""

    plan: str
    curve: Survival | NotEnough


@dataclass(frozen=True)
class Tenure:
    """Tenure in days, first memberships only (who comes back after leaving is somebody else as far as staying goes).

    Attributes:
        everybody: the curve of all. plans: per plan, most members first. until: the day to which tenures are read.
    """

    everybody: Survival | NotEnough
    plans: tuple[PlanCurve, ...]
    until: date


@dataclass(frozen=True)
class Renewals:
    """First memberships by months, as a discrete-time model wants them.

    Attributes:
        lost: lost[t−1] members who paid exactly t months and did not renew. kept: kept[t−1] members last seen after t renewals.
    """

    lost: tuple[int, ...]
    kept: tuple[int, ...]

    @property
    def n(self) -> int:
        """Members whose first renewal has come up."""
        return sum(self.lost) + sum(self.kept)


def _first(contracts: ir.Table, as_of: date, pause_days: int) -> tuple[ir.Table, date]:
    """First spells as they stood `pause_days` before `as_of`: by then it is known whether an end was a late renewal."""
    until = as_of - timedelta(days=pause_days)
    end = ibis.literal(until)
    found = spells(contracts)
    found = found.filter((found.spell == 1) & (found.start <= end))
    over = (found.until <= end).fill_null(False)
    days = over.ifelse(found.until, end).delta(found.start, unit="day").cast("int64")
    return found.mutate(over=over, days=days), until


def tenure(contracts: ir.Table, *, as_of: date, pause_days: int = PAUSE_DAYS, plans: int = 6) -> Tenure:
    """Kaplan–Meier of the first membership, for everybody and for the `plans` largest plans.

    Args:
        contracts: from :func:`helpers.metrics.contracts.paid_contracts` with the same `pause_days`.
    """
    first, until = _first(contracts, as_of, pause_days)
    counts = first.group_by("plan", "days").agg(ended=first.over.sum(), going=(~first.over).sum())
    frame = counts.order_by("plan", "days").to_pandas()
    whole = frame.groupby("days", as_index=False)[["ended", "going"]].sum()
    sizes = frame.assign(n=frame["ended"] + frame["going"]).groupby("plan")["n"].sum()
    largest = sorted(sizes.index, key=lambda plan: (-sizes[plan], plan))[:plans]
    curves = []
    for plan in largest:
        own = frame[frame["plan"] == plan]
        curves.append(PlanCurve(str(plan), kaplan_meier(own["days"], own["ended"], own["going"])))
    return Tenure(kaplan_meier(whole["days"], whole["ended"], whole["going"]), tuple(curves), until)


def renewals(contracts: ir.Table, *, as_of: date, pause_days: int = PAUSE_DAYS) -> Renewals:
    """Members by the number of months they paid for before leaving, or have renewed so far.

    A membership of 31 or of 28 days is one month paid and not renewed; one still going after 65 days has been renewed twice.
    """
    first, _ = _first(contracts, as_of, pause_days)
    paid = ibis.greatest(((first.days - _SHORT) / MONTH_DAYS).ceil(), 1)
    renewed = (first.days / MONTH_DAYS).floor()
    months = first.over.ifelse(paid, renewed).cast("int64")
    counts = first.group_by(months=months, over=first.over).agg(n=first.count()).to_pyarrow().to_pylist()
    longest = max((row["months"] for row in counts), default=0)
    lost, kept = [0] * longest, [0] * longest
    for row in counts:
        if row["months"] > 0:
            (lost if row["over"] else kept)[row["months"] - 1] = int(row["n"])
    return Renewals(tuple(lost), tuple(kept))


@dataclass(frozen=True)
class Present:
    """Paying members of one age: they are in their `month`-th month, there are `members`, paying `mrr` together."""

    month: int
    members: int
    mrr: float
    squares: float


def paying(contracts: ir.Table, *, as_of: date) -> ir.Table:
    """Who pays on `as_of`: customer_id, month (1 in the first month of the membership), mrr (money per month)."""
    end = ibis.literal(as_of)
    running = contracts.filter((contracts.start <= end) & (contracts.until.isnull() | (contracts.until > end)))
    prices = running.group_by("customer_id", "spell").agg(mrr=running.price.sum())
    begun = spells(contracts).select("customer_id", "spell", "start")
    joined = prices.inner_join(begun, ["customer_id", "spell"])
    months = (end.delta(joined.start, unit="day") / MONTH_DAYS).floor().cast("int64")
    return joined.mutate(month=months + 1).select("customer_id", "mrr", "month")


def present(contracts: ir.Table, *, as_of: date) -> tuple[Present, ...]:
    """Who pays on `as_of`, by months of membership; `squares` is Σ(each member's monthly price)²."""
    members = paying(contracts, as_of=as_of)
    counts = members.group_by("month").agg(
        members=members.count(), mrr=members.mrr.sum(), squares=(members.mrr * members.mrr).sum()
    )
    return tuple(Present(**row) for row in counts.order_by("month").to_pyarrow().to_pylist())
