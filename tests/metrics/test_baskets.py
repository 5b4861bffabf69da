"""What is bought together, and what is bought next."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from businesses import made, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.baskets import Step, baskets, next_products, only_goods, pairs, products, steps
from helpers.playbook.goods import load_goods

TODAY = date(2026, 6, 30)
Line = tuple[str, str | None, date, str | None]


def lines(con: Any, found: list[Line], quantity: list[float | None] | None = None) -> Any:
    """Order lines given as order, customer, day, product."""
    return made(con, {
        "order_id": pa.array([row[0] for row in found], pa.string()), "customer_id": pa.array([row[1] for row in found], pa.string()),
        "ordered_at": pa.array([datetime.combine(row[2], datetime.min.time()) for row in found], pa.timestamp("us")),
        "product": pa.array([row[3] for row in found], pa.string()), "quantity": pa.array(quantity or [1.0] * len(found), pa.float64()),
    })  # fmt: skip


def receipts(con: Any, *contents: str, customer: str | None = None) -> Any:
    """Baskets from words: each letter a product, each word a receipt."""
    found = [(f"o{i}", customer, TODAY, letter) for i, word in enumerate(contents) for letter in word]
    return baskets(lines(con, found), as_of=TODAY)


def test_postage_is_no_product(con: Any) -> None:
    """Postage and fees are in no basket, in small letters or capitals; goods that merely begin like them are."""
    names = [
        "POSTAGE",
        "Phí giao hàng Q1",
        "Ship",
        "phụ thu: cuối tuần",
        "Bank Charges",
        "Manual",
        "Shipwreck lamp",
        "Manual coffee mill",
        "Phở",
    ]
    found = lines(con, [(f"o{i}", None, TODAY, name) for i, name in enumerate(names)])
    kept = only_goods(found, load_goods().pattern)
    assert sorted(name for (name,) in rows(kept, "product") if name) == ["Manual coffee mill", "Phở", "Shipwreck lamp"]
    assert kept.count().to_pyarrow().as_py() == len(names)


class TestPairs:
    """Two products on one receipt."""

    def test_by_eye(self, con: Any) -> None:
        """A on 20 receipts, B on 20, together on 15 of 40: 1.5 times as often as by chance (10)."""
        (pair,) = pairs(receipts(con, *["ab"] * 15, *["a"] * 5, *["b"] * 5, *["c"] * 15))
        assert (pair.a, pair.b, pair.baskets, pair.n) == ("a", "b", 15, 40)
        assert pair.lift.value == 15 * 40 / (20 * 20)
        assert (pair.a_to_b.value, pair.b_to_a.value) == (0.75, 0.75)
        error = math.sqrt((40 / 15 - 2 - 2 + 2 * 1.5 - 1) / 40)
        assert math.isclose(pair.lift.low, 1.5 * math.exp(-1.959964 * error), rel_tol=1e-6)
        assert pair.together

    def test_independent_products_are_no_pair(self, con: Any) -> None:
        """Bought together exactly as often as chance has it, the lift is 1 and nothing is claimed."""
        (pair,) = pairs(receipts(con, *["ab"] * 20, *["a"] * 20, *["b"] * 20, *["c"] * 20))
        assert pair.lift.value == 1.0
        assert not pair.together

    def test_twice_on_a_receipt_is_once_in_the_basket(self, con: Any) -> None:
        """Two lattes are one product in the basket; what was given back or has no name is not in it."""
        day = TODAY
        found: list[Line] = [
            ("o1", None, day, "a"),
            ("o1", None, day, "a"),
            ("o1", None, day, "b"),
            ("o1", None, day, None),
        ]
        table = baskets(lines(con, found, [1.0, 2.0, -1.0, 1.0]), as_of=day)
        assert [product for _, _, product, _ in rows(table)] == ["a"]
        assert products(table) == 1

    def test_nothing_after_the_day_looked_at(self, con: Any) -> None:
        """A later receipt is not seen."""
        found: list[Line] = [("o1", None, TODAY, "a"), ("o2", None, TODAY + timedelta(days=1), "b")]
        assert products(baskets(lines(con, found), as_of=TODAY)) == 1

    def test_the_guard_against_too_many_pairs(self, con: Any) -> None:
        """Only the commonest products are looked at, so that their number bounds the work."""
        letters = "abcdefgh"
        found = receipts(con, *[letters] * 12, *["ab"] * 5, *["z"] * 30)
        assert len(pairs(found)) == 28
        assert {(p.a, p.b) for p in pairs(found, most=3)} == {("a", "b")}  # z is the commonest and stands with nobody

    def test_no_lines(self, con: Any) -> None:
        """Without lines there are no pairs, no steps, no products."""
        nothing = baskets(lines(con, []), as_of=TODAY)
        assert (pairs(nothing), steps(nothing), products(nothing)) == ((), (), 0)

    @given(st.lists(st.sets(st.sampled_from("abcde"), min_size=1), min_size=1, max_size=60))
    @settings(max_examples=20, deadline=None)
    def test_counts_are_those_of_plain_python(self, con: Any, contents: list[set[str]]) -> None:
        """Whatever is in the baskets, pairs, counts and lifts are those counted by hand."""
        single = Counter(letter for basket in contents for letter in basket)
        both = Counter(pair for basket in contents for pair in itertools.combinations(sorted(basket), 2))
        found = pairs(receipts(con, *["".join(sorted(b)) for b in contents]), support=0.05, fewest=2)
        least = max(math.ceil(0.05 * len(contents) - 1e-9), 2)
        assert {(p.a, p.b): p.baskets for p in found} == {pair: k for pair, k in both.items() if k >= least}
        for p in found:
            assert math.isclose(p.lift.value, p.baskets * len(contents) / (single[p.a] * single[p.b]))

    def test_the_interval_holds_the_truth(self) -> None:
        """Of 400 simulated shops with a true lift of 1.5, about 95 of 100 intervals hold it."""
        from helpers.metrics.baskets import _pair

        rng, held = np.random.default_rng(3), 0
        for _ in range(400):
            ab, a, b, _neither = rng.multinomial(1000, [0.06, 0.14, 0.14, 0.66])
            lift = _pair("a", "b", int(ab), int(ab + a), int(ab + b), 1000).lift
            held += lift.low <= 1.5 <= lift.high
        assert 0.92 <= held / 400 <= 0.98


def buys(con: Any, found: dict[str, list[tuple[int, str]]]) -> Any:
    """Baskets of customers given as (days ago, products by letter)."""
    rows_: list[Line] = [
        (f"{who}-{i}", who, TODAY - timedelta(days=ago), letter)
        for who, orders in found.items()
        for i, (ago, word) in enumerate(orders)
        for letter in word
    ]
    return baskets(lines(con, rows_), as_of=TODAY)


class TestSteps:
    """First one, later the other."""

    def people(self) -> dict[str, list[tuple[int, str]]]:
        """After a month thirty of forty go on from a to b and ten to d; of forty who began with c four go on to b and the rest to d."""
        first = {f"a{i}": [(200, "a"), (170, "b" if i < 30 else "d")] for i in range(40)}
        return first | {f"c{i}": [(200, "c"), (170, "b" if i < 4 else "d")] for i in range(40)}

    def test_direction_and_time(self, con: Any) -> None:
        """a leads to b for 30 of 40 against 4 of 40, always in this order; b leads to nothing, and c leads away from b."""
        found = {(s.first, s.then): s for s in steps(buys(con, self.people()))}
        step = found["a", "b"]
        assert (step.rate.k, step.rate.n, step.usual.k, step.usual.n) == (30, 40, 4, 40)
        assert math.isclose(step.lift.value, 7.5)
        assert step.leads
        assert step.ahead is not None
        assert step.ahead.value == 1.0
        assert step.order_p is not None
        assert step.order_p < 0.001
        assert not found["c", "b"].leads
        assert not any(first == "b" for first, _ in found)

    def test_what_mostly_came_before_does_not_follow(self, con: Any) -> None:
        """Where nearly all who have both had b first, a does not lead to b, however many of the others take it next."""
        before = {f"z{i}": [(700, "b"), (400, "a")] for i in range(300)}
        found = {(s.first, s.then): s for s in steps(buys(con, self.people() | before))}
        assert found["a", "b"].lift.value > 1
        assert found["a", "b"].ahead is not None
        assert found["a", "b"].ahead.value < 0.5
        assert not found["a", "b"].leads

    def test_who_did_not_go_on_says_nothing(self, con: Any) -> None:
        """Forty more who stayed with a, and forty who went on after half a year, change no share."""
        more = {f"y{i}": [(7, "a")] for i in range(40)} | {f"l{i}": [(400, "a"), (200, "b")] for i in range(40)}
        old, new = (steps(buys(con, who)) for who in (self.people(), self.people() | more))
        assert {(s.first, s.then): (s.rate.n, s.usual.n) for s in old} == {
            (s.first, s.then): (s.rate.n, s.usual.n) for s in new
        }

    def test_who_had_it_before_is_out(self, con: Any) -> None:
        """Ten who had b long before their first a, and ten on the same day, are not among those who could have taken it."""
        had = {f"h{i}": [(300, "b"), (200, "a"), (170, "d")] for i in range(10)} | {
            f"s{i}": [(200, "ab"), (170, "d")] for i in range(10)
        }
        found = {(s.first, s.then): s for s in steps(buys(con, self.people() | had))}
        step = found["a", "b"]
        assert (step.rate.k, step.rate.n) == (30, 40)
        assert step.ahead is not None
        assert (step.ahead.k, step.ahead.n) == (30, 40)

    def test_heavy_buyers_do_not_make_everything_lead_to_everything(self, con: Any) -> None:
        """Where some buy six times as much as others, but everybody at random, hardly a step is claimed (of 30, at most one)."""
        rng = np.random.default_rng(12)
        people = {
            f"r{i}": [(int(d), "abcdef"[int(rng.integers(6))]) for d in rng.integers(1, 700, 2 if i % 2 else 12)] for i in range(400)
        }  # fmt: skip
        found = steps(buys(con, people))
        assert len(found) == 30
        assert sum(s.leads for s in found) <= 1

    def test_next_product_is_one_they_do_not_have(self, con: Any) -> None:
        """Who had a lately is offered b, unless they have it, and who had c is offered d; what was bought long ago leads nowhere."""
        step = steps(buys(con, self.people()))
        now = buys(
            con, {"has": [(20, "a"), (400, "b")], "wants": [(20, "a")], "long-ago": [(300, "a")], "other": [(20, "c")]}
        )
        assert rows(next_products(now, step, as_of=TODAY), "customer_id", "has", "next_product") == [
            ("other", "c", "d"),
            ("wants", "a", "b"),
        ]

    def test_no_step_that_is_chance_is_offered(self, con: Any) -> None:
        """Without a step that leads nobody is offered anything."""
        now = buys(con, {"wants": [(20, "a")]})
        assert rows(next_products(now, (), as_of=TODAY)) == []

    def test_random_purchases_lead_nowhere(self, con: Any) -> None:
        """In a shop where everybody buys at random, hardly a step is claimed (of 30, at most one)."""
        rng = np.random.default_rng(11)
        people = {
            f"r{i}": [(int(d), "abcdef"[int(rng.integers(6))]) for d in sorted(rng.integers(1, 700, 8))[::-1]] for i in range(300)
        }  # fmt: skip
        found = steps(buys(con, people))
        assert len(found) == 30
        assert sum(s.leads for s in found) <= 1

    def test_counts_are_those_of_plain_python(self, con: Any) -> None:
        """For random histories every step has the counts a slow loop gives."""
        rng = np.random.default_rng(5)
        people = {
            f"p{i}": [(int(d), "abc"[int(rng.integers(3))]) for d in rng.integers(1, 300, int(rng.integers(1, 6)))] for i in range(120)
        }  # fmt: skip
        expected = by_hand(people)
        found = steps(buys(con, people), fewest=1)
        assert len(found) >= 4
        for s in found:
            assert (s.rate.k, s.rate.n, s.usual.k, s.usual.n) == expected[s.first, s.then], (s.first, s.then)


def by_hand(people: dict[str, list[tuple[int, str]]]) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """k of n after `first`, j of m after others, customer by customer and step by step."""
    found: dict[tuple[str, str], list[int]] = {pair: [0, 0, 0, 0] for pair in itertools.permutations("abc", 2)}
    for orders in people.values():
        began: dict[str, int] = {}
        for ago, letter in orders:
            began[letter] = max(began.get(letter, 0), ago)
        days = sorted(set(began.values()), reverse=True)
        for day, following in itertools.pairwise(days):
            if day - following > 90:
                continue
            owned = {letter for letter, ago in began.items() if ago >= day}
            now = {letter for letter, ago in began.items() if ago == day}
            new = {letter for letter, ago in began.items() if ago == following}
            for (first, then), counts in found.items():
                if then not in owned:
                    side = 0 if first in now else 2
                    counts[side] += then in new
                    counts[side + 1] += 1
    return {pair: (k, n, j, m) for pair, (k, n, j, m) in found.items()}


def test_a_step_is_a_frozen_result() -> None:
    """Results cannot be changed behind one's back."""
    assert Step.__dataclass_params__.frozen  # type: ignore[attr-defined]
