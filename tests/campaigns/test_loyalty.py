"""A loyalty programme: tiers from the spending, its cost, what it owes, and when it pays."""

from __future__ import annotations

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from businesses import made
from campaign_shop import END, business, desk, no, tables, yes

from helpers import files
from helpers.campaigns import desk as desks
from helpers.campaigns.loyalty import Programme, design, kind_of, nice
from helpers.metrics.uncertainty import Estimate, NotEnough

LIFT = Estimate(0.01, 0.0, 0.04, 0)


def shop(con: Any, sales: list[tuple[str, int, float]], p_return: float = 1.0) -> tuple[Any, Any]:
    """Customers and orders from customer, days before the data end, money."""
    ids = sorted({who for who, *_ in sales})
    first = {who: END - timedelta(days=max(d for w, d, _ in sales if w == who)) for who in ids}
    customers = made(con, {
        "customer_id": pa.array(ids, pa.string()), "first_order": pa.array([first[w] for w in ids], pa.date32()),
        "p_return_90d": pa.array([p_return] * len(ids), pa.float64()),
    })  # fmt: skip
    orders = made(con, {
        "customer_id": pa.array([w for w, *_ in sales], pa.string()), "net_revenue": pa.array([m for *_, m in sales], pa.float64()),
        "ordered_at": pa.array([datetime.combine(END - timedelta(days=d), time(9)) for _, d, _ in sales], pa.timestamp("us")),
    })  # fmt: skip
    return customers, orders


def designed(con: Any, sales: list[tuple[str, int, float]], **how: Any) -> Programme:
    """The programme for these orders; margin one half, orders of 100."""
    customers, orders = shop(con, sales, how.pop("p_return", 1.0))
    options = {"margin": 0.5, "lift": LIFT, "window_days": 180, "order_value": 100.0, **how}
    found, _ = design(customers, orders, as_of=END, **options)
    assert isinstance(found, Programme)
    return found


HUNDRED = [(f"c{i:03d}", 10, 10.0 * (i + 1)) for i in range(100)]
"""A hundred customers who spent 10, 20, … 1,000 ten days ago."""


def test_by_hand(con: Any) -> None:
    """The fifth tenths cut at 800 and 950, said as 800 and 1,600: the second threshold is at least twice the first."""
    found = designed(con, HUNDRED, reward_share=0.1, redemption=0.5)
    assert [(t.from_spend, t.customers, t.revenue) for t in found.tiers] == [
        (0.0, 79, 31_600.0),
        (800.0, 21, 18_900.0),
        (1600.0, 0, 0.0),
    ]
    assert found.cost == pytest.approx(0.1 * 0.5 * 50_500)
    assert found.tiers[1].near == 16
    assert found.break_even == pytest.approx(0.05 / 0.45)
    assert (found.owed, found.expected) == (pytest.approx(5050.0), pytest.approx(2525.0))


def test_it_pays_exactly_at_the_break_even(con: Any) -> None:
    """If all spend so much more, the margin of the growth is the rewards on everything."""
    found = designed(con, HUNDRED, reward_share=0.08, redemption=0.9)
    assert found.break_even is not None
    revenue = 50_500.0
    assert 0.5 * found.break_even * revenue == pytest.approx(0.08 * 0.9 * revenue * (1 + found.break_even))


def test_a_reward_that_eats_the_margin_never_pays(con: Any) -> None:
    """Half of every sale given back at a margin of one half has no break-even."""
    assert designed(con, HUNDRED, reward_share=0.5, redemption=1.0).break_even is None


def test_heavy_buyers_are_expected_to_buy_no_more(con: Any) -> None:
    """The extra profit counts light and moderate buyers only."""
    sales = [*HUNDRED, *[(f"h{i}", 10, 50_000.0) for i in range(6)]]
    found = designed(con, sales)
    light, moderate, heavy = found.tiers
    assert heavy.customers == 6
    assert found.extra.value == pytest.approx(0.01 * 365 / 180 * 100 * 0.5 * (light.customers + moderate.customers))
    assert heavy.cost > 0
    assert found.net == pytest.approx(found.extra.value - found.cost)


def test_what_is_owed_lapses_with_those_who_stay_away(con: Any) -> None:
    """Where nobody comes back nothing will be used, although it is owed; orders before the last 90 days are settled."""
    away = designed(con, HUNDRED, p_return=0.0)
    assert (away.owed > 0, away.expected) == (True, 0.0)
    assert designed(con, [(who, 120, money) for who, _, money in HUNDRED]).owed == 0.0


def test_who_moved_tier(con: Any) -> None:
    """Two who spent 2,000 the year before and 100 now fell; one the other way round rose; one year of data tells nothing."""
    moved = [
        ("x1", 500, 2000.0),
        ("x1", 20, 100.0),
        ("x2", 500, 2000.0),
        ("x2", 20, 100.0),
        ("x3", 729, 100.0),
        ("x3", 20, 5000.0),
    ]
    tiers = designed(con, [*HUNDRED, *moved]).tiers
    assert sum(t.fell or 0 for t in tiers) == 2
    assert sum(t.rose or 0 for t in tiers) == 1
    assert {t.rose for t in designed(con, HUNDRED).tiers} == {None}


def test_a_year_with_few_names_tells_of_nobody_who_rose(con: Any) -> None:
    """Where most orders of the year before were nobody's, customers only seem to have spent more since."""
    moved = [("x3", 729, 100.0), ("x3", 20, 5000.0)]
    customers, orders = shop(con, [*HUNDRED, *moved])
    nobody = made(con, {
        "customer_id": pa.array([None] * 9, pa.string()), "net_revenue": pa.array([100.0] * 9, pa.float64()),
        "ordered_at": pa.array([datetime.combine(END - timedelta(days=500), time(9))] * 9, pa.timestamp("us")),
    })  # fmt: skip
    found, _ = design(
        customers, orders.union(nobody), as_of=END, margin=0.5, lift=LIFT, window_days=180, order_value=100.0
    )
    assert isinstance(found, Programme)
    assert {(t.rose, t.fell) for t in found.tiers} == {(None, None)}


def test_businesses_get_a_rebate_that_grows_with_volume(con: Any) -> None:
    """The lowest tier gets nothing, the highest the whole rate, and there is no stamp card."""
    found = designed(con, [*HUNDRED, ("h", 10, 9000.0)], kind="b2b", reward_share=0.04)
    assert [t.reward_share for t in found.tiers] == [0.0, 0.02, 0.04]
    assert found.card is None


def test_a_card_begins_with_stamps(con: Any) -> None:
    """Customers who come three times a quarter get a card of six to fill, with eight fields and two stamped."""
    sales = [(f"c{i:02d}", 10 * n, 50.0) for i in range(60) for n in (1, 2, 3)]
    card = designed(con, sales, reward_share=0.1).card
    assert card is not None
    assert (card.stamps, card.given, card.full_in_a_quarter, card.reward) == (8, 2, 0, pytest.approx(60.0))


def test_each_swing_holds_the_result(con: Any) -> None:
    """The result as assumed lies between the ends of every swing, and the widest stands first."""
    found = designed(con, HUNDRED)
    widths = [s.high - s.low for s in found.swings]
    assert widths == sorted(widths, reverse=True)
    assert all(s.low <= found.net <= s.high for s in found.swings)


def test_few_customers_are_known_by_name(con: Any) -> None:
    """49 customers of the last year are too few for tiers, and so are a hundred of the year before."""
    customers, orders = shop(con, HUNDRED[:49])
    found, _ = design(customers, orders, as_of=END, margin=0.5, lift=LIFT, window_days=180, order_value=100.0)
    assert found == NotEnough(49, 50)
    customers, orders = shop(con, [(who, 400, money) for who, _, money in HUNDRED])
    found, _ = design(customers, orders, as_of=END, margin=0.5, lift=LIFT, window_days=180, order_value=100.0)
    assert found == NotEnough(0, 50)


def test_kind() -> None:
    """By the sector, unless asked otherwise."""
    assert (kind_of("cafe"), kind_of("Distributor"), kind_of("cafe", "b2b"), kind_of("b2b", "b2c")) == (
        "b2c",
        "b2b",
        "b2b",
        "b2c",
    )


@pytest.mark.parametrize(
    ("amount", "said"), [(437_000.0, 400_000.0), (1_880.0, 2_000.0), (0.0, 0.0), (9_700.0, 10_000.0)]
)
def test_thresholds_people_remember(amount: float, said: float) -> None:
    """Rounded to an amount that can be said at the till."""
    assert nice(amount) == said


def test_the_list_names_only_who_may_be_told(con: Any, tmp_path: Path) -> None:
    """Of 60 regulars the one who refused and the one who was never asked are counted in the tiers and absent from the list."""
    people = [
        {"segment": "regular", "last_order": date(2026, 6, 20), "revenue_year": 10_000.0 * (i + 1)} for i in range(60)
    ]
    answers = [yes(f"KH{i}") for i in range(58)] + [no("KH57")]
    made = desk(con, tables(con, people, answers), business())
    found, tiered = desks.programme(made)
    assert isinstance(found, Programme)
    assert sum(t.customers for t in found.tiers) == 60
    count = desks.write_loyalty(
        made, found, tiered, lambda n, t: files.write_csv(con, t, tmp_path / f"{n}.csv"), ("một", "hai", "ba")
    )
    lines = list(csv.reader((tmp_path / "loyalty.csv").open(encoding="utf-8-sig", newline="")))
    assert count == len(lines) - 1 == 57
    assert {row[0] for row in lines[1:]} == {f"KH{i}" for i in range(57)}
    assert {row[3] for row in lines[1:]} <= {"một", "hai", "ba"}
