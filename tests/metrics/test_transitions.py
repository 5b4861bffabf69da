"""Who falls asleep and who wakes up, month by month."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from businesses import OPENING, Sale, businesses, purchase_days, rows, table
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics.customers import Rhythm, business_rhythm, summarise, with_rhythm
from helpers.metrics.months import covered, last_of
from helpers.metrics.states import GONE, HERE, STATES, Thresholds, counts, thresholds, with_state
from helpers.metrics.transitions import NEW, month_ends, transitions
from helpers.metrics.uncertainty import NotEnough, Rate

LIMITS = Thresholds(ratio=(2.0, 4.0, 8.0), first_days=(30, 60, 120), returns=0)
RULER = Rhythm(typical_days=10.0, spread=1.0, prior_gaps=2.0, gaps=100, customers=10)
SIX = """
    An   2026-01-01 10
    An   2026-01-11 10
    An   2026-01-21 10
    Bình 2026-01-02 10
    Chi  2026-02-03 10
    Bình 2026-04-20 10
"""


def states_at(orders: Any, end: date, rhythm: Rhythm | None, limits: Thresholds) -> dict[str, str]:
    """Everybody's state on a day, computed as if that day were today."""
    return dict(
        rows(
            with_state(with_rhythm(summarise(orders, end), orders, end, rhythm), limits),
            "customer_id",
            "state",
        )
    )


def test_four_months_by_head(orders: Any) -> None:
    """An comes every ten days and stops; Bình returns after 108 days; Chi comes once."""
    found = transitions(orders(SIX), as_of=date(2026, 4, 30), rhythm=RULER, limits=LIMITS)
    moves = [(row.month.month, row.before, row.after, row.customers, row.ordered) for row in found.flows.itertuples()]
    assert moves == [
        (1, "new", "active", 2, 2),
        (2, "active", "late", 2, 0),  # An silent 38 days of a 10-day rhythm, Bình 57 days after the first order
        (2, "new", "active", 1, 1),
        (3, "active", "late", 1, 0),
        (3, "late", "lapsed", 2, 0),
        (4, "lapsed", "lost", 1, 0),
        (4, "lapsed", "reactivated", 1, 1),  # Bình, back after a gap of 108 days of a rhythm of 22
        (4, "late", "lapsed", 1, 0),
    ]


@given(businesses(days=200, largest=60), st.integers(30, 260))
@settings(max_examples=12, deadline=None)
def test_every_month_end_is_what_that_day_would_have_said(con: Any, found: list[Sale], until: int) -> None:
    """Whatever the business: the state in the table equals the state computed with the data cut on that day."""
    end, orders = OPENING + timedelta(days=until), table(con, found)
    rhythm = business_rhythm(orders, end)
    limits = thresholds(orders, with_rhythm(summarise(orders, end), orders, end, rhythm), as_of=end, rhythm=rhythm)
    seen = covered(orders, as_of=end)
    made = rows(month_ends(orders, seen, rhythm=rhythm, limits=limits), "month", "customer_id", "state")
    for month in seen.months:
        if last_of(month) <= end:
            now = states_at(orders, last_of(month), rhythm, limits)
            assert {who: state for index, who, state in made if index == month} == now
    assert {index for index, _, _ in made} <= set(seen.months)


@given(businesses(days=300, largest=60))
@settings(max_examples=10, deadline=None)
def test_nobody_is_lost_between_two_months(con: Any, found: list[Sale]) -> None:
    """Who stood in a state at a month's end stands somewhere at the next; newcomers are those of the growth accounts."""
    end, orders = OPENING + timedelta(days=320), table(con, found)
    flows = transitions(orders, as_of=end, rhythm=RULER, limits=LIMITS).flows
    history = purchase_days(found, end)
    months = sorted(flows["month"].unique())
    for before, now in pairwise(months):
        stood = flows[flows["month"] == before].groupby("after")["customers"].sum().to_dict()
        moved = flows[(flows["month"] == now) & (flows["before"] != NEW)].groupby("before")["customers"].sum().to_dict()
        assert stood == moved
        fresh = flows[(flows["month"] == now) & (flows["before"] == NEW)]["customers"].sum()
        assert fresh == sum(1 for days in history.values() if min(days).replace(day=1) == now)
    came = Counter(m for days in history.values() for m in {day.replace(day=1) for day in days})
    assert flows.groupby("month")["ordered"].sum().to_dict() == {m: came.get(m, 0) for m in months}


def test_rates_of_lapsing_and_waking(orders: Any) -> None:
    """Thirteen come in January only, one in February: all late or on time by February, 13 of 14 asleep by March; three wake in April."""
    text = "\n".join(
        [f"c{i:02d} 2026-01-05 10" for i in range(12)]
        + [f"c{i:02d} 2026-04-10 10" for i in range(3)]
        + [f"x{m} 2026-0{m}-01 1" for m in range(1, 5)]
    )
    found = transitions(orders(text), as_of=date(2026, 4, 30), rhythm=None, limits=LIMITS)
    lapse = {m.month.month: m.rate for m in found.lapse}
    assert isinstance(lapse[2], Rate)
    assert isinstance(lapse[3], Rate)
    assert (lapse[2].k, lapse[2].n) == (0, 13)
    assert (lapse[3].k, lapse[3].n) == (13, 14)
    back = {m.month.month: m.rate for m in found.reactivation}
    assert isinstance(back[4], Rate)
    assert (back[4].k, back[4].n) == (3, 13)
    assert isinstance(found.lapse_year, Rate)
    assert (found.lapse_year.k, found.lapse_year.n) == (14, 29)  # with the two at risk in April, too few for a rate


def test_months_the_data_do_not_hold_are_not_shown(con: Any) -> None:
    """Daily sales from 20 January to 10 April: only February and March are whole months."""
    start = datetime(2025, 1, 20, 9)
    found = [Sale(f"c{i % 9}", start + timedelta(days=i), 5.0) for i in range(81)]
    flows = transitions(table(con, found), as_of=date(2025, 4, 10), rhythm=RULER, limits=LIMITS).flows
    assert sorted(flows["month"].unique()) == [date(2025, 2, 1), date(2025, 3, 1)]


def test_nobody(orders: Any) -> None:
    """Without known customers nothing moves: no months, every state in the matrix, not enough to say."""
    found = transitions(orders("– 2026-01-01 5"), as_of=date(2026, 3, 31), rhythm=None, limits=LIMITS)
    assert (found.lapse, found.reactivation, found.lapse_year) == ((), (), NotEnough(0, 10))
    assert found.matrix().to_numpy().sum() == 0
    assert list(found.matrix().columns) == list(STATES)


def test_the_last_month_end_is_today_on_real_data(retail: Any) -> None:
    """On Online Retail the states at the end of November are those a run on that day shows, and here and gone are all there is."""
    end = date(2011, 11, 30)
    rhythm = business_rhythm(retail, end)
    base = with_rhythm(summarise(retail, end), retail, end, rhythm)
    limits = thresholds(retail, base, as_of=end, rhythm=rhythm)
    found = transitions(retail, as_of=end, rhythm=rhythm, limits=limits)
    last = found.flows[found.flows["month"] == date(2011, 11, 1)].groupby("after")["customers"].sum()
    assert last.to_dict() == {k: v for k, v in counts(with_state(base, limits)).items() if v}
    assert set(HERE) | set(GONE) == set(STATES)
    assert found.matrix().to_numpy().sum() == found.flows["customers"].sum()
    assert found.lapse[0].month == date(2011, 1, 1)
    assert found.matrix(11).loc[NEW].sum() == sum([417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323])
