"""Where customers stand among all."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from businesses import made, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.rfm import with_rfm


def scored(con: Any, found: list[tuple[int, int, float]]) -> list[tuple[Any, ...]]:
    """R, F, M and value rank of customers given as (days since last order, frequency, revenue)."""
    since, times, money = ([row[i] for row in found] for i in range(3))
    table = made(con, {
        "customer_id": [f"c{i:03d}" for i in range(len(found))], "days_since_last_order": pa.array(since, pa.int64()),
        "frequency": pa.array(times, pa.int64()), "net_revenue": pa.array(money, pa.float64()),
    })  # fmt: skip
    return [row[1:] for row in rows(with_rfm(table), "customer_id", "r_score", "f_score", "m_score", "value_rank")]


def test_ten_customers_by_eye(con: Any) -> None:
    """Two customers per fifth: who came last and spent most has 5-5-5 and stands at the middle of the first tenth."""
    found = scored(con, [(i, 9 - i, float(100 - i)) for i in range(10)])
    assert [row[:3] for row in found] == [(s, s, s) for s in (5, 5, 4, 4, 3, 3, 2, 2, 1, 1)]
    assert [round(row[3], 2) for row in found[:2]] == [0.05, 0.15]


def test_everybody_bought_once(con: Any) -> None:
    """With nothing to tell them apart by, all have a 3 for frequency; what differs is still told apart."""
    found = scored(con, [(i, 0, 10.0) for i in range(5)])
    assert [row[:3] for row in found] == [(s, 3, 3) for s in (5, 4, 3, 2, 1)]
    assert {row[3] for row in found} == {0.5}


def test_a_single_customer_is_in_the_middle(con: Any) -> None:
    """Alone one is neither best nor worst."""
    assert scored(con, [(3, 2, 5.0)]) == [(3, 3, 3, 0.5)]


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 3), st.sampled_from([-1.0, 0.0, 5.0, 9.0])), min_size=1, max_size=30
    )
)
@settings(max_examples=25, deadline=None)
def test_ties_and_order(con: Any, found: list[tuple[int, int, float]]) -> None:
    """Equal customers have equal scores, better ones never worse, and the scores are the formula in plain Python."""
    n = len(found)

    def by_hand(values: list[float], mine: float) -> tuple[int, float]:
        middle = (sum(v < mine for v in values) + sum(v == mine for v in values) / 2) / n
        return min(int(middle * 5 + 1e-12) + 1, 5), middle

    seen = scored(con, found)
    for row, (since, times, money) in zip(seen, found, strict=True):
        assert row[0] == by_hand([-s for s, _, _ in found], -since)[0]
        assert row[1] == by_hand([float(f) for _, f, _ in found], times)[0]
        score, middle = by_hand([m for _, _, m in found], money)
        assert row[2] == score
        assert abs(row[3] - (1 - middle)) < 1e-9
