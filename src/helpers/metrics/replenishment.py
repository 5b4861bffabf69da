"""When a customer is about to need the same thing again, and who has grown out of the smaller one (S23)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from helpers.metrics.uncertainty import NotEnough, Rate, rate

MINIMUM_GAPS = 30
"""Repeat purchases of a product before its use is measured."""
SHORTEST = 7
"""Typical days between two purchases of a product below which a reminder is idle: who drinks it daily needs none."""
EVEN = 0.8
"""Standard deviation of a customer's log gaps up to which an interval can be foretold. Purchases at random moments have 1.28 (π/√6)."""
PRIOR_GAPS = 2.0
"""How many gaps of one's own weigh as much as the product's usual one."""
LATEST = 28
"""Days after the expected purchase until which a reminder makes sense."""
STEEPER = 1.15
"""How much dearer the next step up must be to be one."""


@dataclass(frozen=True)
class Use:
    """How long one product lasts: typical days between two purchases by one customer (geometric mean), and what that rests on.

    `spread`: standard deviation of log gaps within customers; 0 is like clockwork.
    """

    product: str
    typical_days: float
    spread: float
    gaps: int
    customers: int


def uses(bought: ir.Table, *, most: int = 200) -> tuple[Use, ...]:
    """Products people buy again at intervals that can be foretold, most repeat purchases first.

    Args:
        bought: from :func:`helpers.metrics.baskets.baskets`.
        most: products at most.
    """
    gaps = _gaps(bought)
    each = gaps.group_by("product", "customer_id").agg(
        n=gaps.count(), total=gaps.log_gap.sum(), squares=(gaps.log_gap**2).sum()
    )
    within = each.squares - each.total**2 / each.n
    found = each.group_by("product").agg(
        gaps=each.n.sum(),
        customers=each.count(),
        typical_days=(each.total.sum() / each.n.sum()).exp(),
        within=within.sum(),
    )
    freedom = (found.gaps - found.customers).nullif(0)
    found = found.mutate(spread=ibis.greatest(found.within / freedom, 0.0).sqrt())
    found = found.filter(
        (found.gaps >= MINIMUM_GAPS) & (found.typical_days >= SHORTEST) & (found.spread <= EVEN).fill_null(False)
    )
    rows = found.order_by([ibis.desc("gaps"), "product"]).limit(most).to_pyarrow().to_pylist()
    return tuple(
        Use(r["product"], float(r["typical_days"]), float(r["spread"]), int(r["gaps"]), int(r["customers"]))
        for r in rows
    )


def _gaps(bought: ir.Table) -> ir.Table:
    """customer_id, product and the logarithm of the days between two purchases of it."""
    known = bought.filter(bought.customer_id.notnull()).select("customer_id", "product", "day").distinct()
    previous = known.day.lag().over(ibis.window(group_by=["customer_id", "product"], order_by="day"))
    gaps = known.mutate(gap=known.day.delta(previous, unit="day").cast("int64"))
    gaps = gaps.filter(gaps.gap.notnull())
    return gaps.select("customer_id", "product", log_gap=gaps.gap.cast("float64").ln())


def due(bought: ir.Table, found: tuple[Use, ...], *, as_of: date, ahead_days: int = 7) -> ir.Table:
    """Who is about to run out of what: customer_id, product, every_days, last_bought, due_on; one product per customer.

    A customer's own interval is the geometric mean of the own gaps, drawn towards the product's as if it had :data:`PRIOR_GAPS` more;
    who has bought a product once has no interval of the own and is not reminded. Due are those whose date lies within the next
    `ahead_days`, or back by at most half an interval and :data:`LATEST` days; later it is silence, not an empty shelf. Of several
    products the one due first.
    """
    table = ibis.memtable(
        {"product": [u.product for u in found], "typical": [u.typical_days for u in found]},
        schema={"product": "string", "typical": "float64"},
    )
    gaps = _gaps(bought)
    own = gaps.group_by("customer_id", "product").agg(n=gaps.count(), log_sum=gaps.log_gap.sum())
    own = own.inner_join(table, "product")
    every = ((own.log_sum + PRIOR_GAPS * own.typical.ln()) / (own.n + PRIOR_GAPS)).exp()
    own = own.select("customer_id", "product", every_days=every.round(0).cast("int64"))
    last = bought.group_by("customer_id", "product").agg(last_bought=bought.day.max())
    joined = own.inner_join(last, ["customer_id", "product"])
    since = ibis.literal(as_of).delta(joined.last_bought, unit="day").cast("int64")
    joined = joined.mutate(left=joined.every_days - since)
    joined = joined.filter((joined.left <= ahead_days) & (joined.left >= -ibis.least(joined.every_days / 2, LATEST)))
    joined = joined.mutate(due_on=joined.last_bought + joined.every_days.as_interval("D"))
    placed = joined.mutate(
        place=ibis.row_number().over(group_by="customer_id", order_by=[joined.due_on, joined["product"]])
    )
    return placed.filter(placed.place == 0).select("customer_id", "product", "every_days", "last_bought", "due_on")


@dataclass(frozen=True)
class Upgrade:
    """The step from one product to the next dearer one of its category.

    Attributes:
        category, product, upgrade: names. price, upgrade_price: mean unit price in the business's currency. rate: of those who bought
            `product` and could be followed, the share who bought `upgrade` for the first time within `within_days` after it.
    """

    category: str
    product: str
    upgrade: str
    price: float
    upgrade_price: float
    rate: Rate | NotEnough
    within_days: int


def upgrades(lines: ir.Table, bought: ir.Table, *, as_of: date, within_days: int = 180) -> tuple[Upgrade, ...]:
    """The next step up of each product that has one, likeliest first; nothing where lines name no categories.

    The next step up is the cheapest product of the category that costs at least 15 % more.
    """
    sold = lines.filter(
        lines["product"].notnull() & lines.category.notnull() & (lines.unit_price > 0)
        & (lines.ordered_at.date() <= ibis.literal(as_of))
    )  # fmt: skip
    prices = sold.group_by("category", "product").agg(price=sold.unit_price.mean(), n=sold.count())
    prices = prices.filter(prices.n >= MINIMUM_GAPS)
    dearer = prices.select("category", upgrade="product", upgrade_price="price")
    ladder = prices.inner_join(dearer, "category")
    ladder = ladder.filter(ladder.upgrade_price >= STEEPER * ladder.price)
    nearest = ibis.row_number().over(group_by=["category", "product"], order_by=["upgrade_price", "upgrade"])
    ladder = ladder.mutate(place=nearest)
    ladder = ladder.filter(ladder.place == 0).select("category", "product", "upgrade", "price", "upgrade_price")
    known = bought.filter(bought.customer_id.notnull())
    firsts = known.group_by("customer_id", "product").agg(day=known.day.min())
    last = ibis.literal(as_of - timedelta(days=within_days))
    began = firsts.filter(firsts.day <= last)
    followed = began.inner_join(ladder, "product")
    up = firsts.select("customer_id", upgrade="product", up="day")
    followed = followed.left_join(up, ["customer_id", "upgrade"])
    wait = followed.up.delta(followed.day, unit="day")
    counted = followed.group_by("category", "product", "upgrade", "price", "upgrade_price").agg(
        n=(followed.up.isnull() | (wait > 0)).sum(), k=((wait > 0) & (wait <= within_days)).fill_null(False).sum()
    )
    rows = counted.to_pyarrow().to_pylist()
    found = [
        Upgrade(r["category"], r["product"], r["upgrade"], float(r["price"]), float(r["upgrade_price"]), rate(int(r["k"]), int(r["n"])), within_days)
        for r in rows
    ]  # fmt: skip
    return tuple(
        sorted(found, key=lambda u: (-(u.rate.value if isinstance(u.rate, Rate) else -1.0), u.category, u.product))
    )


def candidates(
    bought: ir.Table, found: tuple[Upgrade, ...], *, as_of: date, times: int = 3, recent_days: int = 180
) -> ir.Table:
    """Who is ready for the next step: customer_id, product, upgrade, bought_times; one step per customer.

    Ready is who has bought a product on at least `times` days within `recent_days`, and the next step up never; of several the product
    bought oftenest.
    """
    measured = [u for u in found if isinstance(u.rate, Rate) and u.rate.k > 0]
    ladder = ibis.memtable(
        {"product": [u.product for u in measured], "upgrade": [u.upgrade for u in measured]},
        schema={"product": "string", "upgrade": "string"},
    )
    known = bought.filter(bought.customer_id.notnull())
    recent = known.filter(known.day > ibis.literal(as_of - timedelta(days=recent_days)))
    own = recent.group_by("customer_id", "product").agg(bought_times=recent.day.nunique())
    ready = own.filter(own.bought_times >= times).inner_join(ladder, "product")
    has = known.select("customer_id", upgrade="product").distinct()
    ready = ready.anti_join(has, ["customer_id", "upgrade"])
    order = [ready.bought_times.desc(), ready["product"], ready.upgrade]
    placed = ready.mutate(place=ibis.row_number().over(group_by="customer_id", order_by=order))
    return placed.filter(placed.place == 0).select("customer_id", "product", "upgrade", "bought_times")
