"""What is bought together, and what is bought next: pairs of products with support, lift and its interval, direction in time.

Counting is done by the engine; only the pairs that pass come over. The number of pairs is bounded before they are made: products below the
minimum support are dropped, and at most so many products are looked at, so a catalogue of ten thousand items costs no more than one of
some hundreds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
from scipy.stats import binomtest, norm

from helpers.metrics.traits import benjamini_hochberg
from helpers.metrics.uncertainty import Estimate, Rate, wilson, z

LEVEL = 0.05
FEWEST = 10
"""Baskets, or customers, a pair must have before anything is said about it."""
MOST_PRODUCTS = 400
"""Products looked at, the commonest first: at most 79,800 pairs."""
SUPPORT = 0.01


@dataclass(frozen=True)
class Pair:
    """Two products in one basket, A before B in the alphabet.

    Attributes:
        a, b: products. baskets: with both. n: all baskets. support: share with both. lift: how many times as often as if
            they were bought independently, 95 % interval on the log scale by the delta method. a_to_b: of the baskets with A, the
            share with B; b_to_a: of those with B, the share with A. adjusted: chance of a lift as far from 1 by luck alone,
            corrected for all pairs looked at (Benjamini & Hochberg).
    """

    a: str
    b: str
    baskets: int
    n: int
    support: Rate
    lift: Estimate
    a_to_b: Rate
    b_to_a: Rate
    adjusted: float

    @property
    def together(self) -> bool:
        """Whether they are bought together more often than chance explains."""
        return self.lift.value > 1 and self.adjusted < LEVEL


def only_goods(lines: ir.Table, not_goods: str) -> ir.Table:
    """Order lines, those that are no product without their name: their money stays, but nobody takes them for a purchase.

    Args:
        not_goods: regular expression that finds the names, in small letters, of lines that are no product.
    """
    name = lines["product"]
    charge = name.lower().re_search(not_goods).fill_null(False)
    return lines.mutate(product=charge.ifelse(ibis.null("string"), name))


def baskets(lines: ir.Table, *, as_of: date) -> ir.Table:
    """order_id and product, each once per order: what was in each basket up to `as_of`; returns and lines without a name are out."""
    sold = lines.filter(lines["product"].notnull() & (lines.ordered_at.date() <= ibis.literal(as_of)))
    # a line that says how many must say more than none; one that does not is a sale
    sold = sold.filter(sold.quantity.isnull() | (sold.quantity > 0))
    return sold.select("order_id", "customer_id", "product", day=sold.ordered_at.date()).distinct()


def products(bought: ir.Table) -> int:
    """How many products have a name."""
    return int(bought["product"].nunique().to_pyarrow().as_py())


def pairs(
    bought: ir.Table, *, support: float = SUPPORT, most: int = MOST_PRODUCTS, fewest: int = FEWEST
) -> tuple[Pair, ...]:
    """Every pair of products with enough baskets, highest lift first.

    Baskets of one customer are counted as independent, as in all market-basket analysis; where a few customers place most orders the
    intervals are too narrow.

    Args:
        bought: from :func:`baskets`.
        support: smallest share of baskets with both, 0–1.
        most: products looked at, the commonest first.
        fewest: smallest number of baskets with both.
    """
    items = bought.select("order_id", "product").distinct()
    n = int(items.order_id.nunique().to_pyarrow().as_py())
    if not n:
        return ()
    least = max(math.ceil(support * n - 1e-9), fewest)
    singles = _common(items, "order_id", least, most).cache()
    kept = items.semi_join(singles, "product")
    other = kept.select("order_id", b="product")
    joined = kept.inner_join(other, "order_id")
    joined = joined.filter(joined["product"] < joined.b)
    counted = joined.group_by(a="product", b="b").agg(k=joined.count())
    counted = counted.filter(counted.k >= least)
    first, second = singles.select(a="product", n_a="n"), singles.select(b="product", n_b="n")
    rows = counted.inner_join(first, "a").inner_join(second, "b").select("a", "b", "k", "n_a", "n_b")
    found = [_pair(r["a"], r["b"], int(r["k"]), int(r["n_a"]), int(r["n_b"]), n) for r in rows.to_pyarrow().to_pylist()]
    adjusted = benjamini_hochberg([pair.adjusted for pair in found])
    done = [replace(pair, adjusted=q) for pair, q in zip(found, adjusted, strict=True)]
    return tuple(sorted(done, key=lambda pair: (-pair.lift.value, pair.a, pair.b)))


def _common(items: ir.Table, unit: str, least: int, most: int) -> ir.Table:
    """product and n (orders or customers with it) of the commonest products."""
    singles = items.group_by("product").agg(n=items[unit].nunique())
    return singles.filter(singles.n >= least).order_by([ibis.desc("n"), "product"]).limit(most)


def _pair(a: str, b: str, k: int, n_a: int, n_b: int, n: int) -> Pair:
    lift = k * n / (n_a * n_b)
    # variance of log p(ab) − log p(a) − log p(b) of a multinomial sample
    variance = max((n / k - n / n_a - n / n_b + 2 * lift - 1) / n, 0.0)
    half = z() * math.sqrt(variance)
    estimate = Estimate(lift, lift * math.exp(-half), lift * math.exp(half), n)
    distance = abs(math.log(lift)) / math.sqrt(variance) if variance > 0 else 0.0
    p_value = float(2 * norm.sf(distance))
    return Pair(a, b, k, n, wilson(k, n), estimate, wilson(k, n_a), wilson(k, n_b), p_value)


@dataclass(frozen=True)
class Step:
    """From one product to another: the next thing a customer had never bought before.

    Attributes:
        first, then: products. rate: of the customers who, after first buying `first`, went on to something new within `within_days` and did
            not have `then` yet, the share whose next new product was `then`. usual: the same after any other product. lift:
            rate / usual with its interval (Katz's, on the log scale). ahead: of the customers with both, bought for the first
            time on different days, the share who had `first` first; order_p: chance of so uneven an order if none came before
            the other. adjusted: of the lift, as in :class:`Pair`.
    """

    first: str
    then: str
    rate: Rate
    usual: Rate
    lift: Estimate
    ahead: Rate | None
    order_p: float | None
    adjusted: float
    within_days: int

    @property
    def leads(self) -> bool:
        """Whether the one is followed by the other more often than chance explains, and not mostly preceded by it."""
        backwards = self.ahead is not None and self.ahead.high < 0.5
        return self.lift.value > 1 and self.adjusted < LEVEL and not backwards


def steps(bought: ir.Table, *, within_days: int = 90, most: int = 60, fewest: int = FEWEST) -> tuple[Step, ...]:
    """What customers go on to buy: every ordered pair with enough customers, highest lift first.

    Who buys much buys everything sooner; compared with everybody else, every product would seem to lead to every other. So only
    customers who did go on to something new are compared, by what that was: activity drops out, as in a choice model. What was
    first bought on one day counts as one step with several products.

    Args:
        bought: from :func:`baskets`.
        within_days: days after which the next new product no longer follows.
        most: products looked at, those of most customers first (n products make n·(n − 1) ordered pairs).
        fewest: customers who must have gone on from a product, and from others, without having the second.
    """
    known = bought.filter(bought.customer_id.notnull())
    firsts = known.group_by("customer_id", "product").agg(day=known.day.min())
    common = _common(firsts, "customer_id", fewest, most)
    own = firsts.semi_join(common, "product")
    place = ibis.dense_rank().over(group_by="customer_id", order_by="day")
    own = own.mutate(step=place.cast("int64")).cache()
    rows = [
        row
        for row in _transitions(own, within_days)
        if row["n"] >= fewest and row["m"] >= fewest and row["k"] > 0 and row["j"] > 0
    ]
    found = [_step(row, within_days) for row in rows]
    adjusted = benjamini_hochberg([step.adjusted for step in found])
    done = [replace(step, adjusted=q) for step, q in zip(found, adjusted, strict=True)]
    return tuple(sorted(done, key=lambda step: (-step.lift.value, step.first, step.then)))


def _transitions(own: ir.Table, within: int) -> list[dict[str, int]]:
    """Per ordered pair: n who went on from `first` without `then`, k of them to `then`; m and j the same from all others; who was first."""
    each = own.select("customer_id", "step", "day").distinct()
    following = each.day.lead().over(ibis.window(group_by="customer_id", order_by="step"))
    gone_on = each.mutate(wait=following.delta(each.day, unit="day"))
    gone_on = gone_on.filter(gone_on.wait.notnull() & (gone_on.wait <= within)).select("customer_id", "step").cache()
    went = own.semi_join(gone_on, ["customer_id", "step"]).select("customer_id", first="product", at="step")
    then = own.select("customer_id", then="product", then_at="step")
    both = went.inner_join(then, "customer_id")
    both = both.filter(both["first"] != both.then)
    by_pair = both.group_by("first", "then").agg(
        k=(both.then_at == both["at"] + 1).sum(), had=(both.then_at <= both["at"]).sum()
    )
    # into `then` from anything, and all steps taken while it was still to be had
    units = gone_on.select("customer_id", at="step").inner_join(then, "customer_id")
    overall = units.group_by("then").agg(
        came=(units.then_at == units["at"] + 1).sum(), had_all=(units.then_at <= units["at"]).sum()
    )
    started = went.group_by("first").agg(everybody=went.count())
    ordered = own.select("customer_id", first="product", at="step").inner_join(then, "customer_id")
    ordered = ordered.filter(ordered["first"] != ordered.then)
    order = ordered.group_by("first", "then").agg(
        before=(ordered["at"] < ordered.then_at).sum(), after=(ordered["at"] > ordered.then_at).sum()
    )
    table = by_pair.inner_join(started, "first").inner_join(overall, "then").inner_join(order, ["first", "then"])
    table = table.cross_join(gone_on.agg(units=gone_on.count()))
    n = table.everybody - table.had
    rows = table.select(
        "first", "then", "k", "before", "after", n=n, m=table.units - table.had_all - n, j=table.came - table.k
    )  # fmt: skip
    return list(rows.to_pyarrow().to_pylist())


def _step(row: dict[str, int], within: int) -> Step:
    n, k, m, j = (int(row[name]) for name in ("n", "k", "m", "j"))
    ratio = (k / n) / (j / m)
    error = math.sqrt(max(1 / k - 1 / n + 1 / j - 1 / m, 0.0))
    half = z() * error
    p_value = float(2 * norm.sf(abs(math.log(ratio)) / error)) if error > 0 else 1.0
    before, after = int(row["before"]), int(row["after"])
    ordered = before + after
    return Step(
        str(row["first"]), str(row["then"]), wilson(k, n), wilson(j, m), Estimate(ratio, ratio * math.exp(-half), ratio * math.exp(half), n),
        wilson(before, ordered) if ordered >= FEWEST else None, float(binomtest(before, ordered).pvalue) if ordered >= FEWEST else None,
        p_value, within,
    )  # fmt: skip


def next_products(bought: ir.Table, found: Sequence[Step], *, as_of: date, recent_days: int = 180) -> ir.Table:
    """The best next product of each customer: customer_id, has, next_product, chance, n.

    Only steps that lead count, from something bought within `recent_days`, to something the customer has never bought; of several the one
    most likely followed, then the one most customers show, then by name.

    Args:
        bought: from :func:`baskets`.
        found: from :func:`steps`.
    """
    leading = [step for step in found if step.leads]
    rules = ibis.memtable(
        {
            "has": [step.first for step in leading],
            "next_product": [step.then for step in leading],
            "chance": [step.rate.value for step in leading],
            "n": [step.rate.n for step in leading],
        },
        schema={"has": "string", "next_product": "string", "chance": "float64", "n": "int64"},
    )
    known = bought.filter(bought.customer_id.notnull())
    own = known.group_by("customer_id", "product").agg(day=known.day.max())
    recent = own.filter(own.day > ibis.literal(as_of - timedelta(days=recent_days))).select(
        "customer_id", has="product"
    )
    offers = recent.inner_join(rules, "has")
    offers = offers.anti_join(own.select("customer_id", next_product="product"), ["customer_id", "next_product"])
    best = [offers.chance.desc(), offers.n.desc(), offers.next_product, offers.has]
    placed = offers.mutate(place=ibis.row_number().over(group_by="customer_id", order_by=best))
    return placed.filter(placed.place == 0).select("customer_id", "has", "next_product", "chance", "n")
