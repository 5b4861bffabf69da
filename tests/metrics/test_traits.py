"""What a group has in common."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from businesses import Sale, made, rows, table

from helpers.metrics.traits import benjamini_hochberg, first_marks, traits

TODAY = date(2026, 6, 30)


def grouped(con: Any, **members: list[str]) -> Any:
    """Customers with their segment."""
    pairs = [(who, segment) for segment, people in members.items() for who in people]
    return made(con, {"customer_id": [who for who, _ in pairs], "segment": [segment for _, segment in pairs]})


def marked(con: Any, found: dict[str, str | None], by: str = "channel") -> Any:
    """Marks of one kind: customer → value; known of everybody named."""
    people = list(found)
    return made(con, {
        "customer_id": pa.array([*people, *people], pa.string()), "by": [by] * (2 * len(people)),
        "value": pa.array([*found.values(), *[None] * len(people)], pa.string()),
    })  # fmt: skip


LOST, HERE = [f"l{i}" for i in range(40)], [f"h{i}" for i in range(60)]


def test_a_trait_by_eye(con: Any) -> None:
    """30 of 40 lost and 12 of 60 others came by delivery: 75 % against 20 %, surely more than chance."""
    found = {who: "delivery" if i < 30 else "till" for i, who in enumerate(LOST)}
    found |= {who: "delivery" if i < 12 else "till" for i, who in enumerate(HERE)}
    seen = traits(grouped(con, lost=LOST, regular=HERE), marked(con, found))
    trait = next(t for t in seen if (t.segment, t.value) == ("lost", "delivery"))
    assert (trait.inside.k, trait.inside.n, trait.others.k, trait.others.n) == (30, 40, 12, 60)
    assert abs(trait.difference.value - 0.55) < 1e-9
    assert trait.difference.low > 0.3
    assert trait.stands_out
    assert {(t.segment, t.value) for t in seen} == {(s, v) for s in ("lost", "regular") for v in ("delivery", "till")}


def test_a_small_group_is_not_compared(con: Any) -> None:
    """Nineteen customers are too few, and a value of nine customers says nothing."""
    found = {who: "rare" if i < 9 else "till" for i, who in enumerate([*LOST, *HERE])}
    seen = traits(grouped(con, lost=LOST[:19], regular=[*LOST[19:], *HERE]), marked(con, found))
    assert seen == ()  # the others of the large group are the nineteen


def test_who_is_not_known_is_in_no_share(con: Any) -> None:
    """A share is of those of whom it is recorded."""
    found: dict[str, str | None] = dict.fromkeys(LOST[:25], "delivery") | dict.fromkeys(HERE[:30], "till")
    seen = traits(grouped(con, lost=LOST, regular=HERE), marked(con, found))
    assert {t.inside.n for t in seen if t.segment == "lost"} == {25}


def test_noise_is_not_named(con: Any) -> None:
    """With 200 traits dealt out at random among six groups, in a hundred shops hardly one names anything wrongly."""
    rng, shops_with_a_finding = np.random.default_rng(1), 0
    people = [f"p{i}" for i in range(300)]
    groups = {f"g{k}": people[k::6] for k in range(6)}
    customers = grouped(con, **groups)
    for _ in range(12):
        marks = [
            (who, f"kind{kind}", f"v{rng.integers(5)}") for kind in range(4) for who in people
        ]  # fmt: skip
        known = [(who, f"kind{kind}", None) for kind in range(4) for who in people]
        whole = made(con, {
            "customer_id": [m[0] for m in (*marks, *known)], "by": [m[1] for m in (*marks, *known)],
            "value": pa.array([m[2] for m in (*marks, *known)], pa.string()),
        })  # fmt: skip
        seen = traits(customers, whole)
        assert len(seen) == 120
        shops_with_a_finding += any(t.stands_out for t in seen)
    assert shops_with_a_finding <= 2


def test_benjamini_hochberg_published() -> None:
    """The fifteen p-values of Benjamini & Hochberg (1995, table 3): at 5 % the first four stand."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
    q = benjamini_hochberg(p)
    assert [value < 0.05 for value in q] == [True] * 4 + [False] * 11
    assert abs(q[3] - 0.0095 * 15 / 4) < 1e-12
    assert benjamini_hochberg([]) == []


def test_marks_of_the_first_order(con: Any) -> None:
    """Branch, products, a late delivery, a low score and a complaint of the first order; later orders leave no mark."""
    first = datetime(2026, 1, 5, 9)
    orders = table(
        con,
        [
            Sale("An", first, 10.0, "Hồ Sen"),
            Sale("An", first + timedelta(days=9), 10.0, "Mây"),
            Sale("Bình", first, 10.0),
        ],
    )
    lines = made(con, {"order_id": ["o1", "o1", "o2", "o3"], "product": ["Trà", "Bánh", "Latte", None]})
    deliveries = made(con, {
        "order_id": ["o1", "o3"], "promised_at": [first, first], "arrived_at": [first + timedelta(minutes=30), first],
    })  # fmt: skip
    feedback = made(con, {"order_id": ["o1"], "rating": [0.2], "given_at": [first + timedelta(hours=3)]})
    tickets = made(con, {
        "customer_id": ["Bình"], "order_id": pa.array([None], pa.string()), "opened_at": [first + timedelta(days=20)],
    })  # fmt: skip
    seen = rows(
        first_marks(orders, lines, as_of=TODAY, deliveries=deliveries, feedback=feedback, tickets=tickets).distinct()
    )
    assert [row for row in seen if row[2] is not None] == [
        ("An", "branch", "Hồ Sen"), ("An", "experience_late", "late"), ("An", "experience_low_score", "low_score"),
        ("An", "product", "Bánh"), ("An", "product", "Trà"), ("Bình", "experience_complaint", "complaint"),
    ]  # fmt: skip
    assert {(who, by) for who, by, value in seen if value is None} == {
        ("An", "branch"), ("An", "product"), ("An", "experience_late"), ("Bình", "experience_late"), ("An", "experience_low_score"),
        ("An", "experience_complaint"), ("Bình", "experience_complaint"),
    }  # fmt: skip
