"""Active, late, lapsed, lost, reactivated: read from each customer's own rhythm."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from businesses import OPENING, Sale, businesses, made, purchase_days, rows, table
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.customers import business_rhythm, summarise, with_rhythm
from helpers.metrics.orders import purchase_days as gaps_of
from helpers.metrics.states import FALLBACK, STATES, Thresholds, counts, thresholds, with_state

LIMITS = Thresholds(ratio=(2.0, 4.0, 8.0), first_days=(30, 90, 200), returns=100)


def people(con: Any, *found: tuple[str, int, float | None, int, int | None]) -> Any:
    """Customers as (id, frequency, rhythm_days, days_since_last_order, last_gap)."""
    names = ("customer_id", "frequency", "rhythm_days", "days_since_last_order", "last_gap")
    kinds = (pa.string(), pa.int64(), pa.float64(), pa.int64(), pa.int64())
    columns = {
        name: pa.array(values, kind) for name, kind, values in zip(names, kinds, zip(*found, strict=True), strict=True)
    }
    return made(con, columns)


class TestWithState:
    """One function owns the limits."""

    def test_regulars_are_judged_by_their_own_rhythm(self, con: Any) -> None:
        """A ten-day customer is late after more than 20 days, lapsed after 40, lost after 80: on the limit still the state before."""
        silence = {"a": 20, "b": 21, "c": 40, "d": 41, "e": 80, "f": 81}
        found = with_state(people(con, *[(k, 3, 10.0, days, 10) for k, days in silence.items()]), LIMITS)
        expected = {"a": "active", "b": "late", "c": "late", "d": "lapsed", "e": "lapsed", "f": "lost"}
        assert dict(rows(found, "customer_id", "state")) == expected

    def test_first_timers_are_judged_in_days(self, con: Any) -> None:
        """Someone who bought once is late after 30 days, lapsed after 90, lost after 200."""
        silence = {"a": 30, "b": 31, "c": 90, "d": 91, "e": 200, "f": 201}
        found = with_state(people(con, *[(k, 0, None, days, None) for k, days in silence.items()]), LIMITS)
        expected = {"a": "active", "b": "late", "c": "late", "d": "lapsed", "e": "lapsed", "f": "lost"}
        assert dict(rows(found, "customer_id", "state")) == expected

    def test_back_after_a_long_gap(self, con: Any) -> None:
        """Reactivated while on time again after a gap beyond the lapsed limit; not any more when late once more."""
        found = with_state(people(con, ("a", 3, 10.0, 5, 41), ("b", 3, 10.0, 5, 40), ("c", 3, 10.0, 21, 41)), LIMITS)
        assert dict(rows(found, "customer_id", "state")) == {"a": "reactivated", "b": "active", "c": "late"}

    def test_regulars_of_a_business_without_rhythm_are_judged_in_days(self, con: Any) -> None:
        """With too few returns for anybody's rhythm, days hold for all."""
        found = with_state(people(con, ("a", 3, None, 61, 5), ("b", 0, None, 60, None)), FALLBACK)
        assert dict(rows(found, "customer_id", "state")) == {"a": "late", "b": "active"}

    def test_counts_name_every_state(self, con: Any) -> None:
        """States nobody is in are counted as 0."""
        found = with_state(people(con, ("a", 3, 10.0, 5, 10), ("b", 3, 10.0, 99, 10)), LIMITS)
        assert counts(found) == {"active": 1, "late": 0, "lapsed": 0, "lost": 1, "reactivated": 0}


class TestThresholds:
    """Limits from the business's own returns."""

    def test_too_few_returns_fall_back(self, orders: Any) -> None:
        """Without a rhythm the stated fallback holds, resting on no returns."""
        found = orders("An 2026-01-01 5")
        end = date(2026, 2, 1)
        limits = thresholds(found, with_rhythm(summarise(found, end), found, end, None), as_of=end, rhythm=None)
        assert limits == FALLBACK
        assert limits.returns == 0

    def test_quantiles_of_the_returns_seen(self, con: Any) -> None:
        """100 customers whose second order took 1, 2, … 100 days: late after about 90, lapsed 1.5 times, lost 2.25 times that."""
        start = Sale("x", datetime(2025, 1, 1, 9), 10.0)
        found = []
        for i in range(1, 101):
            found += [
                start._replace(customer=f"c{i}"),
                start._replace(customer=f"c{i}", at=start.at + timedelta(days=i)),
            ]
        end = date(2025, 12, 31)
        orders = table(con, [*found, start._replace(customer="c1", at=start.at + timedelta(days=3))])
        rhythm = business_rhythm(orders, end)
        limits = thresholds(orders, with_rhythm(summarise(orders, end), orders, end, rhythm), as_of=end, rhythm=rhythm)
        assert limits.returns == 101
        assert limits.first_days == (90, 135, 203)

    def test_even_gaps_still_give_distinct_states(self, con: Any) -> None:
        """Customers who come exactly every seven days: limits stay apart, and above the rhythm itself."""
        start = Sale("x", datetime(2025, 1, 1, 9), 10.0)
        found = [
            start._replace(customer=f"c{i}", at=start.at + timedelta(days=7 * j)) for i in range(5) for j in range(10)
        ]
        end, orders = date(2025, 12, 31), table(con, found)
        rhythm = business_rhythm(orders, end)
        limits = thresholds(orders, with_rhythm(summarise(orders, end), orders, end, rhythm), as_of=end, rhythm=rhythm)
        assert limits.ratio == (1.2, 1.8, 2.7)
        assert limits.first_days == (7, 10, 16)

    @given(businesses(days=120, largest=80), st.integers(0, 300))
    @settings(max_examples=10, deadline=None)
    def test_everybody_has_exactly_one_state(self, con: Any, found: list[Sale], until: int) -> None:
        """Whatever the business and the day: one of five states per customer, and limits that rise."""
        end, orders = OPENING + timedelta(days=until), table(con, found)
        rhythm = business_rhythm(orders, end)
        base = with_rhythm(summarise(orders, end), orders, end, rhythm)
        limits = thresholds(orders, base, as_of=end, rhythm=rhythm)
        assert limits.ratio[0] < limits.ratio[1] < limits.ratio[2]
        assert limits.first_days[0] < limits.first_days[1] < limits.first_days[2]
        made = rows(with_state(base, limits), "customer_id", "state")
        assert [who for who, _ in made] == sorted(purchase_days(found, end))
        assert {state for _, state in made} <= set(STATES)


def test_nine_of_ten_returns_on_real_data_came_before_late(retail: Any) -> None:
    """On Online Retail the late limit really splits the returns seen at 90 %, lapsed at 97 %."""
    end = date(2011, 12, 9)
    rhythm = business_rhythm(retail, end)
    base = with_rhythm(summarise(retail, end), retail, end, rhythm)
    limits = thresholds(retail, base, as_of=end, rhythm=rhythm)
    gaps = gaps_of(retail, end)
    gaps = gaps.filter(gaps.gap.notnull()).inner_join(base.select("customer_id", "rhythm_days"), "customer_id")
    share = (gaps.gap <= limits.ratio[0] * gaps.rhythm_days).mean().to_pyarrow().as_py()
    assert share == pytest.approx(0.90, abs=0.01)
