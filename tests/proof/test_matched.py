"""Contacted customers beside others who looked alike before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from businesses import Sale, made, table

from helpers.metrics.uncertainty import NotEnough
from helpers.proof.matched import FLOOR, Matched, matched

SENT = date(2026, 3, 16)


def world(con: Any, seed: int, *, effect: float, n: int = 3000, chosen_quiet: bool = True) -> Matched:
    """Customers of two kinds, lively and quiet, of whom the quiet are contacted more often; `effect` is added to the chance of coming."""
    rng = np.random.default_rng(seed)
    quiet = rng.random(n) < 0.5
    contacted = rng.random(n) < np.where(quiet == chosen_quiet, 0.6, 0.2)
    came = rng.random(n) < np.where(quiet, 0.10, 0.35) + effect * contacted
    sold = []
    for i in range(n):
        last = SENT - timedelta(days=int(rng.integers(130, 230) if quiet[i] else rng.integers(5, 25)))
        sold.append(Sale(f"c{i}", datetime.combine(last, datetime.min.time()), 100.0))
        if came[i]:
            sold.append(
                Sale(
                    f"c{i}",
                    datetime.combine(SENT + timedelta(days=int(rng.integers(0, 30))), datetime.min.time()),
                    50.0,
                )
            )
    people = made(con, {"customer_id": [f"c{i}" for i in range(n) if contacted[i]]})
    found = matched(people, table(con, sold), sent_at=SENT, days=30)
    assert isinstance(found, Matched)
    return found


def test_what_is_alike_is_compared(con: Any, orders: Any) -> None:
    """Thirty contacted regulars against thirty quiet one-time buyers and ten alike: only the ten count, weighted to the thirty."""
    lively = [
        f"{who} 2026-03-0{day} 100"
        for who in [*(f"a{i}" for i in range(30)), *(f"b{i}" for i in range(10))]
        for day in (1, 5)
    ]
    still = [f"q{i} 2025-04-01 100" for i in range(30)]
    came = [f"{who} {SENT} 10" for who in [*(f"a{i}" for i in range(15)), "b0", "b1", *(f"q{i}" for i in range(30))]]
    people = made(con, {"customer_id": [*(f"a{i}" for i in range(30)), "new"]})
    found = matched(people, orders("\n".join([*lively, *still, *came])), sent_at=SENT, days=30)
    assert isinstance(found, Matched)
    assert (found.n, found.left, found.others) == (30, 0, 10)
    assert (found.contacted.k, found.alike) == (15, pytest.approx(0.2))
    p, q = 15.5 / 31, 2.5 / 11
    half = 1.959964 * (p * (1 - p) / 30 + q * (1 - q) / 10) ** 0.5
    assert (found.difference.low, found.difference.high) == pytest.approx((0.3 - half, 0.3 + half))
    assert found.quiet == (11.0, 349.0)


def test_the_difference_between_kinds_is_taken_out(con: Any) -> None:
    """Quiet customers chosen more often come less by nature: matching gives the true nought and the true ten points, raw shares do not."""
    none, ten = world(con, 1, effect=0.0), world(con, 2, effect=0.10)
    assert none.difference.low < 0 < none.difference.high
    assert none.difference.high - none.difference.low < 0.08
    assert ten.difference.low < 0.10 < ten.difference.high
    assert ten.quiet[0] > ten.quiet[1]


def test_coverage(con: Any) -> None:
    """Over 60 worlds of 600 customers the truth of five points lies inside in at least nine of ten."""
    inside = [world(con, seed, effect=0.05, n=600).difference for seed in range(10, 70)]
    assert sum(gap.low <= 0.05 <= gap.high for gap in inside) >= 54


def test_nobody_alike(con: Any, orders: Any) -> None:
    """Where everybody was contacted there is nobody to look alike."""
    sold = orders("\n".join(f"c{i} 2026-03-01 100" for i in range(30)))
    people = made(con, {"customer_id": [f"c{i}" for i in range(30)]})
    assert matched(people, sold, sent_at=SENT, days=30) == NotEnough(0, FLOOR)
