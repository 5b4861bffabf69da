"""Leaks in money: what leaving customers are worth per month, each with a range and from the business's own numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
from scipy.stats import t

from helpers.metrics.contractual import Contractual, Membership
from helpers.metrics.orders import identified, in_sequence
from helpers.metrics.repeat import first_two
from helpers.metrics.service import Difference
from helpers.metrics.uncertainty import NotEnough, Rate, newcombe, rate, z

MONTH = 30.44
"""Days of an average month."""


@dataclass(frozen=True)
class Leak:
    """Money lost per month.

    Attributes:
        leak: id (``ended_contracts``, ``silent_regulars``, ``declining``, ``first_timers``, ``late_deliveries``). monthly, low, high: revenue per
            month in the business's currency with its 95 % range. customers: whom it concerns.
    """

    leak: str
    monthly: float
    low: float
    high: float
    customers: int


def silent_regulars(customers: ir.Table) -> Leak | NotEnough:
    """Monthly spend that stops with late and lapsed regulars, each weighted by the chance that they do not return.

    What stops is what they really spent in the last 365 days, by month: a rate read from a few orders close together would
    promise money that was never there. Each customer either returns or not with their own probability, so the sum's variance
    is Σ spend²·p·(1−p). Lost customers are not in it: that money has stopped already.
    """
    quiet = customers.filter(customers.state.isin(["late", "lapsed"]) & (customers.frequency > 0))
    if quiet.p_return_90d.count().to_pyarrow().as_py():
        # beside those who come as they like there are members, whose leaving is seen and not inferred
        quiet = quiet.filter(quiet.p_return_90d.notnull())
    stays_away = 1 - quiet.p_return_90d.fill_null(0.5)
    usual = quiet.revenue_year / 12
    row = (
        quiet.agg(
            n=quiet.count(),
            mean=(usual * stays_away).sum(),
            variance=(usual * usual * stays_away * (1 - stays_away)).sum(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    return _leak("silent_regulars", row, 10)


def declining(customers: ir.Table, *, window_days: int = 56) -> Leak | NotEnough:
    """Monthly spend missing from customers who still come but spend at least a fifth less than the base's movement explains.

    The range treats customers as independent and reflects how unequal their shortfalls are.
    """
    down = customers.filter((customers.decline <= -0.2) & customers.state.isin(["active", "reactivated"]))
    # decline d = recent / (before·base) − 1, so the shortfall before·base − recent is recent·(−d)/(1+d), or before when d = −1
    missing = (down.decline > -0.999).ifelse(
        down.spend_recent * -down.decline / (1 + down.decline), down.spend_before
    ) * (MONTH / window_days)
    row = (
        down.agg(n=down.count(), mean=missing.sum(), variance=missing.count() * missing.var())
        .to_pyarrow()
        .to_pylist()[0]
    )
    return _leak("declining", row, 5)


def _leak(name: str, row: dict[str, float | None], floor: int) -> Leak | NotEnough:
    n, total = int(row["n"] or 0), float(row["mean"] or 0.0)
    if n < floor or total <= 0:
        return NotEnough(n, floor)
    half = z() * math.sqrt(float(row["variance"] or 0.0))
    return Leak(name, total, max(0.0, total - half), total + half, n)


def value_of_return(orders: ir.Table, *, as_of: date, horizon_days: int = 90) -> float | None:
    """Mean revenue a returning first-time buyer brings within the horizon, beyond the first day.

    Returns:
        None when nobody has returned, or refunds have eaten up what they brought.
    """
    known = in_sequence(orders, as_of)
    age = known.day.delta(known.first_day, unit="day")
    counted = (known.first_day <= ibis.literal(as_of - timedelta(days=horizon_days))) & (age <= horizon_days)
    row = known.agg(
        total=known.net_revenue.sum(where=counted & (age > 0)), returned=(counted & (known.nth == 2)).sum()
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    total, returned = float(row["total"] or 0.0), int(row["returned"] or 0)
    return total / returned if returned and total > 0 else None


def first_timers(orders: ir.Table, *, as_of: date, horizon_days: int = 90) -> Leak | NotEnough:
    """Revenue missed because first-time buyers return less often than in the business's own best quarter.

    The yardstick is a quarter this business has lived through, not somebody else's benchmark: (best quarter's
    repeat-purchase rate − that of the other quarters) × first-time buyers per month × what a returning buyer brings within
    the horizon.
    The range is Newcombe's for the difference of the two rates; picking the best of several quarters flatters it, which is
    why it is an upper yardstick, not a forecast.
    """
    pairs, second, wait = first_two(orders, as_of)
    mature = pairs.first_day <= ibis.literal(as_of - timedelta(days=horizon_days))
    by_quarter = pairs.group_by(quarter=pairs.first_day.truncate("Q")).agg(
        n=(mature & ~second).sum(), k=(mature & (wait <= horizon_days)).sum()
    )
    quarters = [q for q in by_quarter.to_pyarrow().to_pylist() if q["n"]]
    usable = [q for q in quarters if q["n"] >= 30]
    worth = value_of_return(orders, as_of=as_of, horizon_days=horizon_days)
    if len(usable) < 2 or worth is None:
        return NotEnough(len(usable), 2, "quarters")
    best = max(usable, key=lambda q: q["k"] / q["n"])
    rest_n, rest_k = sum(q["n"] for q in quarters) - best["n"], sum(q["k"] for q in quarters) - best["k"]
    gap = newcombe(_rate(best["k"], best["n"]), _rate(rest_k, rest_n))
    year = pairs.filter(~second & (pairs.first_day > ibis.literal(as_of - timedelta(days=365))))
    newcomers, first_day = year.agg(n=year.count(), day=year.first_day.min()).to_pyarrow().to_pylist()[0].values()
    monthly = newcomers / max((as_of - first_day).days + 1, 30) * MONTH if newcomers else 0.0
    if gap.value <= 0 or not monthly:
        return NotEnough(0, 1, "quarters")
    return Leak(
        "first_timers",
        gap.value * monthly * worth,
        max(0.0, gap.low) * monthly * worth,
        gap.high * monthly * worth,
        int(newcomers),
    )


def _rate(k: int, n: int) -> Rate:
    found = rate(int(k), int(n), floor=1)
    if isinstance(found, NotEnough):
        raise ValueError("a rate needs at least one customer")
    return found


def late_deliveries(effect: Difference, orders: ir.Table, *, as_of: date, horizon_days: int = 90) -> Leak | NotEnough:
    """Revenue missed because customers whose first delivery was late return less often than those served on time.

    Args:
        effect: return rates after a late and an on-time first delivery. horizon_days: the horizon they were read at.

    Returns:
        :class:`NotEnough` as well when the late ones return at least as often.
    """
    worth = value_of_return(orders, as_of=as_of, horizon_days=horizon_days)
    if effect.difference is None or not isinstance(effect.first, Rate) or worth is None or effect.difference.value >= 0:
        return NotEnough(effect.first.n if isinstance(effect.first, Rate) else 0, 10)
    opened = identified(orders, as_of).day.min().to_pyarrow().as_py()
    # the rates count customers whose first order is at least a horizon old
    months = max((as_of - timedelta(days=horizon_days) - opened).days / MONTH, 1.0)
    per_month = effect.first.n / months * worth
    gap = effect.difference
    return Leak(
        "late_deliveries", -gap.value * per_month, max(0.0, -gap.high) * per_month, -gap.low * per_month, effect.first.n
    )


def ended_contracts(found: Contractual) -> Leak | NotEnough:
    """Monthly fees of the memberships that end, on average over the last complete months (twelve at most).

    The range is Student's for the mean of months; it says how far the average of such months may be off.
    """
    lost = [month for month in found.months if month.complete and month.members][-12:]
    if len(lost) < 3:
        return NotEnough(len(lost), 3, "months")
    fees, people = [month.churned_mrr for month in lost], sum(month.churned for month in lost)
    mean = sum(fees) / len(fees)
    if mean <= 0:
        return NotEnough(0, 1, "contracts")
    spread = math.sqrt(sum((fee - mean) ** 2 for fee in fees) / (len(fees) - 1) / len(fees))
    half = float(t.ppf(0.975, len(fees) - 1)) * spread
    return Leak("ended_contracts", mean, max(0.0, mean - half), mean + half, people)


def sized(
    customers: ir.Table,
    orders: ir.Table,
    late: Difference | None,
    *,
    as_of: date,
    members: Membership | None = None,
    silence: bool = True,
) -> tuple[Leak, ...]:
    """Every leak this business's tables allow to size, largest first.

    Args:
        orders: of customers who come as they like. late: return after a late and an on-time first delivery, None when deliveries
            are not recorded. members: what the contracts say, if there are any.
        silence: whether leaving may be inferred from silence; False where everybody holds contracts.
    """
    found: list[Leak | NotEnough] = []
    if silence:
        found += [silent_regulars(customers), declining(customers), first_timers(orders, as_of=as_of)]
    if members is not None and isinstance(members.accounts, Contractual):
        found.append(ended_contracts(members.accounts))
    if late is not None:
        found.append(late_deliveries(late, orders, as_of=as_of))
    return tuple(sorted((leak for leak in found if isinstance(leak, Leak)), key=lambda leak: -leak.monthly))
