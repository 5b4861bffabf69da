"""A loyalty programme designed from the business's own figures: tiers, what they cost, what they owe, and when they pay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from helpers.metrics.uncertainty import Estimate, NotEnough

Kind = Literal["b2c", "b2b"]
FLOOR = 50
"""Customers with an order in the last year from which on tiers are cut; fewer are known by name."""
BUSINESSES = ("b2b", "distributor", "wholesale", "wholesaler", "nhà phân phối", "bán sỉ")
"""Sectors whose customers are businesses."""
CUTS: dict[Kind, tuple[float, float]] = {"b2c": (0.80, 0.95), "b2b": (0.70, 0.90)}
"""Part of the customers below the second and the third tier; shops that sell to businesses have fewer, more even customers."""
SHARES: dict[Kind, tuple[float, float, float]] = {"b2c": (1.0, 1.0, 1.0), "b2b": (0.0, 0.5, 1.0)}
"""Reward of each tier as part of the full one: points are equal for all (the top is thanked with service, since heavy buyers
do not buy more for money: Liu 2007); businesses get rebates that grow with volume."""
RESPONSIVE = ("light", "moderate")
"""Tiers that a programme moves (Liu 2007); the heavy buyers' reward is cost alone."""
NEAR = 0.2
"""Who is at most so much below a threshold is told."""
HELD_DAYS = 90
"""Days points are kept before they are used; what was earned in them is what the programme owes."""
YEAR = 365
ALIKE = 0.8
"""Share of orders with a name the year before, of today's, from which on two years are compared customer by customer."""


@dataclass(frozen=True)
class Tier:
    """One tier, by the spend of the last 365 days. Money in the business's currency.

    Attributes:
        id: light, moderate or heavy. from_spend: least spend. customers, revenue, orders: of the last year. reward_share: of each
            sale given back. cost: rewards used in a year. break_even: part by which its spend has to grow to pay for that, None when
            the reward eats the margin. near: customers at most :data:`NEAR` below its threshold. rose, fell: customers who came
            into it from below, and from above, against the year before; None without two years in which orders bear names alike.
    """

    id: Literal["light", "moderate", "heavy"]
    from_spend: float
    customers: int
    revenue: float
    orders: int
    reward_share: float
    cost: float
    break_even: float | None
    near: int
    rose: int | None
    fell: int | None


@dataclass(frozen=True)
class StampCard:
    """A card for those who come a few times: full after `stamps`, `given` of them already there (Kivetz, Urminsky & Zheng 2006).

    Attributes:
        stamps: fields. given: stamped at the start. full_in_a_quarter: customers whose last 90 days would fill it.
        reward: what a full card costs. one_short: customers to whom one visit is lacking.
    """

    stamps: int
    given: int
    full_in_a_quarter: int
    one_short: int
    reward: float


@dataclass(frozen=True)
class Swing:
    """What the yearly result becomes when one assumption is at its low or its high end."""

    what: Literal["lift", "redemption", "reward_share"]
    low_at: float
    high_at: float
    low: float
    high: float


@dataclass(frozen=True)
class Programme:
    """The design.

    Attributes:
        kind: for people or for businesses. tiers: light first. redemption: part of the rewards that is used. cost: of a year.
        owed: rewards earned in the last 90 days; expected: what of it will be used by those who come back. extra: margin
            expected from light and moderate buyers in a year, with range. net: extra less cost. break_even: part by which all spend has
            to grow. card: stamp card, for people only. swings: what the result hangs on, most first.
    """

    kind: Kind
    tiers: tuple[Tier, ...]
    reward_share: float
    redemption: float
    cost: float
    owed: float
    expected: float
    extra: Estimate
    net: float
    break_even: float | None
    card: StampCard | None
    swings: tuple[Swing, ...]


def kind_of(sector: str, asked: str = "auto") -> Kind:
    """For people or for businesses: as asked, else by the sector."""
    if asked in ("b2c", "b2b"):
        return "b2b" if asked == "b2b" else "b2c"
    return "b2b" if sector.strip().casefold() in BUSINESSES else "b2c"


def with_spend(customers: ir.Table, orders: ir.Table, *, as_of: date) -> ir.Table:
    """Add what each customer spent and ordered in the last year (`spend`, `visits`), the year before (`spend_before`) and the last
    90 days (`spend_90`, `visits_90`).

    Args:
        customers: needs customer_id. orders: canonical.
    """
    own = orders.filter(orders.customer_id.notnull() & (orders.ordered_at.date() <= ibis.literal(as_of)))
    day, net = own.ordered_at.date(), own.net_revenue

    def since(days: int, until: int = 0) -> ir.BooleanValue:
        start, end = as_of - timedelta(days=days), as_of - timedelta(days=until)
        return (day > ibis.literal(start)) & (day <= ibis.literal(end))

    sums = own.group_by("customer_id").agg(
        spend=net.sum(where=since(YEAR)), visits=since(YEAR).sum(), spend_before=net.sum(where=since(2 * YEAR, YEAR)),
        spend_90=net.sum(where=since(HELD_DAYS)), visits_90=since(HELD_DAYS).sum(),
    )  # fmt: skip
    columns = ("spend", "visits", "spend_before", "spend_90", "visits_90")
    joined = customers.left_join(sums, "customer_id").drop("customer_id_right")
    return joined.mutate(**{c: joined[c].fill_null(0) for c in columns})


def with_tier(table: ir.Table, cuts: Sequence[float]) -> ir.Table:
    """Add `tier` (0 light, 1 moderate, 2 heavy) of the last year and `tier_before` of the year before; missing without a purchase."""

    def place(spend: Any) -> ir.IntegerValue:
        return ibis.cases((spend <= 0, ibis.null("int64")), (spend >= cuts[1], 2), (spend >= cuts[0], 1), else_=0)

    return table.mutate(tier=place(table.spend), tier_before=place(table.spend_before))


def design(
    customers: ir.Table, orders: ir.Table, *, as_of: date, margin: float, lift: Estimate, window_days: int, order_value: float,
    kind: Kind = "b2c", reward_share: float = 0.05, redemption: float = 0.7,
) -> tuple[Programme | NotEnough, ir.Table]:  # fmt: skip
    """Design a programme.

    Args:
        customers: needs customer_id, first_order, p_return_90d. orders: canonical. margin: gross margin, 0–1.
        lift: extra chance of one more order within `window_days` for who is moved by it. order_value: typical order.
        reward_share: of each sale given back in full. redemption: part of rewards used by those who come back.

    Returns:
        The programme, or how many customers it lacks; and the customers with spend and tier.
    """
    spent = with_spend(customers, orders, as_of=as_of)
    first = spent.agg(n=(spent.spend > 0).sum(), first=spent.first_order.min()).to_pyarrow().to_pylist()[0]
    if int(first["n"] or 0) < FLOOR:
        return NotEnough(int(first["n"] or 0), FLOOR), with_tier(spent, (math.inf, math.inf))
    active = spent.filter(spent.spend > 0)
    low, high = CUTS[kind]
    found = active.agg(low=active.spend.quantile(low), high=active.spend.quantile(high)).to_pyarrow().to_pylist()[0]
    cuts = (nice(found["low"]), max(nice(found["high"]), 2 * nice(found["low"])))
    tiered = with_tier(spent, cuts)
    long_enough = first["first"] is not None and (as_of - first["first"]).days >= 2 * YEAR - 31
    two_years = long_enough and _known_alike(orders, as_of)
    tiers = _tiers(tiered, cuts, kind, margin=margin, reward=reward_share, redemption=redemption, two_years=two_years)
    times = YEAR / window_days * order_value * margin * sum(t.customers for t in tiers if t.id in RESPONSIVE)
    extra = Estimate(lift.value * times, lift.low * times, lift.high * times, sum(t.customers for t in tiers))
    cost = sum(t.cost for t in tiers)
    owed, expected = _owed(tiered, kind, reward_share, redemption)
    revenue = sum(t.revenue for t in tiers)
    swings = _swings(extra, cost, redemption, reward_share)
    card = _card(active, order_value, reward_share) if kind == "b2c" else None
    whole = cost / revenue if revenue > 0 else 0.0
    programme = Programme(
        kind, tiers, reward_share, redemption, cost, owed, expected, extra, extra.value - cost, _pays(whole, margin), card, swings
    )  # fmt: skip
    return programme, tiered


def _known_alike(orders: ir.Table, as_of: date) -> bool:
    """Whether about as many orders bore a name the year before: where few did, everybody seems to have risen since."""
    day = orders.ordered_at.date()
    now, then = ibis.literal(as_of - timedelta(days=YEAR)), ibis.literal(as_of - timedelta(days=2 * YEAR))
    named = orders.customer_id.notnull().cast("float64")
    row = orders.agg(
        now=named.mean(where=(day > now) & (day <= ibis.literal(as_of))),
        then=named.mean(where=(day > then) & (day <= now)),
    )
    found = row.to_pyarrow().to_pylist()[0]
    return bool(found["then"] is not None and found["then"] >= ALIKE * found["now"])


def nice(amount: float) -> float:
    """An amount people remember: one of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten, the nearest.

    >>> nice(437_000.0), nice(1_880.0)
    (400000.0, 2000.0)
    """
    if amount <= 0:
        return 0.0
    unit = 10.0 ** math.floor(math.log10(amount))
    steps = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
    return min((step * unit for step in steps), key=lambda rounded: abs(rounded - amount))


def _pays(cost_share: float, margin: float) -> float | None:
    """Part by which spend has to grow so that the margin of the growth pays rewards on all of it."""
    return cost_share / (margin - cost_share) if margin > cost_share else None


def _tiers(
    table: ir.Table,
    cuts: tuple[float, float],
    kind: Kind,
    *,
    margin: float,
    reward: float,
    redemption: float,
    two_years: bool,
) -> tuple[Tier, ...]:
    rose = table.tier > table.tier_before.fill_null(-1)
    fell = table.tier < table.tier_before
    known = table.tier_before.notnull()
    grouped = table.filter(table.tier.notnull()).group_by("tier").agg(
        customers=table.tier.count(), revenue=table.spend.sum(), orders=table.visits.sum(),
        rose=(rose & known).sum(), fell=fell.sum(),
    )  # fmt: skip
    rows = {row["tier"]: row for row in grouped.to_pyarrow().to_pylist()}
    near = {
        level: ((table.spend < cut) & (table.spend >= (1 - NEAR) * cut)).sum()
        for level, cut in enumerate(cuts, start=1)
    }
    close = table.agg(**{f"t{level}": count for level, count in near.items()}).to_pyarrow().to_pylist()[0]
    names: tuple[Literal["light", "moderate", "heavy"], ...] = ("light", "moderate", "heavy")
    made = []
    for level, name in enumerate(names):
        row = rows.get(level, {"customers": 0, "revenue": 0.0, "orders": 0, "rose": 0, "fell": 0})
        given = reward * SHARES[kind][level]
        made.append(
            Tier(
                name, 0.0 if level == 0 else cuts[level - 1], int(row["customers"]), float(row["revenue"]), int(row["orders"]), given,
                float(row["revenue"]) * given * redemption, _pays(given * redemption, margin), int(close.get(f"t{level}") or 0),
                int(row["rose"] or 0) if two_years else None, int(row["fell"] or 0) if two_years else None,
            )
        )  # fmt: skip
    return tuple(made)


def _owed(table: ir.Table, kind: Kind, reward: float, redemption: float) -> tuple[float, float]:
    """Rewards earned in the last 90 days, and the part that will be used: by those who come back, as far as they do."""
    share = ibis.cases(*[(table.tier == level, reward * part) for level, part in enumerate(SHARES[kind])], else_=0.0)
    earned = ibis.greatest(table.spend_90, 0) * share
    row = (
        table.agg(owed=earned.sum(), used=(earned * table.p_return_90d.fill_null(1.0) * redemption).sum())
        .to_pyarrow()
        .to_pylist()[0]
    )
    return float(row["owed"] or 0.0), float(row["used"] or 0.0)


def _card(active: ir.Table, order_value: float, reward: float) -> StampCard:
    """Fields for two quarters of a customer who comes at least twice a quarter."""
    few = active.filter(active.visits_90 >= 2)
    middle = few.visits_90.median().to_pyarrow().as_py()
    stamps = int(min(10, max(5, round(2 * float(middle or 3)))))
    count = (
        active.agg(full=(active.visits_90 >= stamps).sum(), short=(active.visits_90 == stamps - 1).sum())
        .to_pyarrow()
        .to_pylist()[0]
    )
    return StampCard(stamps + 2, 2, int(count["full"] or 0), int(count["short"] or 0), stamps * order_value * reward)


def _swings(extra: Estimate, cost: float, redemption: float, reward: float) -> tuple[Swing, ...]:
    """Each assumption alone at its ends, the widest swing first."""
    full = cost / redemption if redemption else 0.0
    found = (
        Swing("lift", 0.0, 1.0, extra.low - cost, extra.high - cost),
        Swing("redemption", 0.9, 0.5, extra.value - 0.9 * full, extra.value - 0.5 * full),
        Swing("reward_share", 1.5 * reward, 0.5 * reward, extra.value - 1.5 * cost, extra.value - 0.5 * cost),
    )
    return tuple(sorted(found, key=lambda swing: -abs(swing.high - swing.low)))


def sheet(tiered: ir.Table, cuts: Sequence[float], names: Sequence[str], headings: Sequence[str]) -> ir.Table:
    """The list for the till: who is in which tier and what is lacking to the next. Only for people who may be told.

    Args:
        tiered: of :func:`design`, with name and phone. cuts: the two thresholds. names: of the tiers, light first.
        headings: seven column headings.
    """
    table = tiered.filter(tiered.tier.notnull())
    tier = ibis.cases(*[(table.tier == level, name) for level, name in enumerate(names)], else_="")
    following = ibis.cases(
        (table.tier == 0, float(cuts[0])), (table.tier == 1, float(cuts[1])), else_=ibis.null("float64")
    )
    table = table.mutate(
        tier_name=tier,
        lacking=(following - table.spend).round(0).cast("int64"),
        spent=table.spend.round(0).cast("int64"),
    )
    table = table.order_by([table.spend.desc(), table.customer_id])
    columns = ("customer_id", "name", "phone", "tier_name", "spent", "visits", "lacking")
    return table.select(**{heading: table[column] for heading, column in zip(headings, columns, strict=True)})
