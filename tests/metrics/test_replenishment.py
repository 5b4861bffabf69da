"""When the same is needed again, and who has grown out of the smaller one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from businesses import made, rows

from helpers.metrics.baskets import baskets
from helpers.metrics.replenishment import candidates, due, upgrades, uses

TODAY = date(2026, 6, 30)


def sold(
    con: Any, found: list[tuple[str, int, str]], price: dict[str, float] | None = None, category: bool = True
) -> Any:
    """Order lines given as customer, days ago, product."""
    return made(con, {
        "order_id": [f"o{i}" for i in range(len(found))], "customer_id": pa.array([who for who, _, _ in found], pa.string()),
        "ordered_at": pa.array([datetime.combine(TODAY - timedelta(days=ago), datetime.min.time()) for _, ago, _ in found], pa.timestamp("us")),
        "product": pa.array([what for *_, what in found], pa.string()), "quantity": pa.array([1.0] * len(found), pa.float64()),
        "category": pa.array(["bag" if category else None] * len(found), pa.string()),
        "unit_price": pa.array([(price or {}).get(what, 10.0) for *_, what in found], pa.float64()),
    })  # fmt: skip


REGULAR = [(f"k{i}", 28 * step + 5, "bean") for i in range(12) for step in range(4)]
"""Twelve people who buy beans every 28 days, 36 repeat purchases, the last five days ago."""


def bought(con: Any, found: list[tuple[str, int, str]]) -> Any:
    """Their baskets."""
    return baskets(sold(con, found), as_of=TODAY)


def test_how_long_it_lasts(con: Any) -> None:
    """Beans last 28 days, from 36 gaps of 12 customers."""
    (use,) = uses(bought(con, REGULAR))
    assert (use.product, round(use.typical_days, 6), use.gaps, use.customers) == ("bean", 28.0, 36, 12)


def test_daily_things_need_no_reminder(con: Any) -> None:
    """What is bought every other day is left alone, and so is what hardly anybody buys twice."""
    daily = [(f"k{i}", 2 * step, "latte") for i in range(12) for step in range(5)]
    rare = [("x", 90, "cup"), ("x", 30, "cup")]
    assert uses(bought(con, daily + rare)) == ()


def test_random_moments_cannot_be_foretold(con: Any) -> None:
    """What is bought at random moments, some twenty days apart, gets no reminder; the same at even intervals does."""
    rng = np.random.default_rng(4)
    chance = [(f"r{i}", int(day), "cake") for i in range(40) for day in np.unique(rng.integers(1, 200, 9))]
    assert [use.product for use in uses(bought(con, chance + REGULAR))] == ["bean"]


def test_due_by_the_customers_own_interval(con: Any) -> None:
    """Who takes 14 days is due sooner than who takes 28; the own gaps are drawn a little towards everybody's."""
    quick = [("quick", 14 * step + 10, "bean") for step in range(7)]
    table = bought(con, REGULAR + quick)
    found = {
        row[0]: row[1:]
        for row in rows(due(table, uses(table), as_of=TODAY), "customer_id", "every_days", "last_bought", "due_on")
    }
    every, last, on = found["quick"]
    assert 14 < every < 18
    assert last == TODAY - timedelta(days=10)
    assert on == last + timedelta(days=every)
    assert not set(found) & {f"k{i}" for i in range(12)}  # due in 23 days


def test_once_is_no_interval_and_long_ago_is_silence(con: Any) -> None:
    """Nobody is reminded who bought once, or who should have come back more than a whole interval ago."""
    once, gone = [("once", 25, "bean")], [("gone", 28 * step + 70, "bean") for step in range(4)]
    soon = [("soon", 28 * step + 25, "bean") for step in range(4)]
    table = bought(con, REGULAR + once + gone + soon)
    assert [who for (who,) in rows(due(table, uses(table), as_of=TODAY), "customer_id")] == ["soon"]


PRICES = {"small": 10.0, "medium": 13.0, "large": 20.0, "twin": 10.5}
LADDER = [
    *((f"s{i}", 300, "small") for i in range(40)), *((f"s{i}", 200, "medium") for i in range(10)),
    *((f"m{i}", 100, "medium") for i in range(25)), *((f"l{i}", 10, "large") for i in range(30)), *((f"t{i}", 10, "twin") for i in range(30)),
]  # fmt: skip


def test_the_next_step_up(con: Any) -> None:
    """From small to medium (not to the twin at about the same price): 10 of 40 took it within half a year."""
    lines = sold(con, LADDER, PRICES)
    found = {u.product: u for u in upgrades(lines, baskets(lines, as_of=TODAY), as_of=TODAY)}
    step = found["small"]
    assert (step.upgrade, step.price, step.upgrade_price) == ("medium", 10.0, 13.0)
    assert (step.rate.k, step.rate.n) == (10, 40)  # type: ignore[union-attr]
    assert "large" not in found


def test_no_categories_no_ladder(con: Any) -> None:
    """Where lines name no categories nothing is claimed."""
    lines = sold(con, LADDER, PRICES, category=False)
    assert upgrades(lines, baskets(lines, as_of=TODAY), as_of=TODAY) == ()


def test_who_is_ready(con: Any) -> None:
    """Three times the small one in half a year and never the next: ready; twice, or already up, is not."""
    lines = sold(con, LADDER, PRICES)
    ladder = upgrades(lines, baskets(lines, as_of=TODAY), as_of=TODAY)
    now = bought(con, [
        *(("ready", ago, "small") for ago in (10, 20, 30)), *(("twice", ago, "small") for ago in (10, 20)),
        *(("up", ago, "small") for ago in (10, 20, 30)), ("up", 400, "medium"),
    ])  # fmt: skip
    assert rows(candidates(now, ladder, as_of=TODAY)) == [("ready", "small", "medium", 3)]
