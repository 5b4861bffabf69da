"""What counts as a membership: plan changes, pauses, overlaps, trials, contracts that never ran."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
from businesses import rows
from contracts import OPENING, Contract, random_contracts, subscriptions, written
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics import contracts
from helpers.metrics.uncertainty import NotEnough, Rate

END = date(2026, 6, 30)


def spells_of(con: Any, text: str, **options: int) -> list[tuple[Any, ...]]:
    """customer, spell, start, until of every membership."""
    paid = contracts.paid_contracts(written(con, text), as_of=END, **options)
    return rows(contracts.spells(paid), "customer_id", "spell", "start", "until")


class TestSpells:
    """Contracts chained into memberships."""

    def test_a_change_of_plan_is_one_membership(self, con: Any) -> None:
        """Gold until 15 February and silver from that day on is one membership, begun with gold."""
        text = "An 2026-01-10 2026-02-15 100 gold\nAn 2026-02-15 – 60 silver"
        paid = contracts.paid_contracts(written(con, text), as_of=END)
        assert rows(contracts.spells(paid), "customer_id", "spell", "start", "until", "plan", "price") == [
            ("An", 1, date(2026, 1, 10), None, "gold", 100.0)
        ]

    def test_a_late_renewal_is_no_loss_and_a_long_pause_is(self, con: Any) -> None:
        """Fourteen days late is the same membership; fifteen days later begins a second one."""
        late = "An 2026-01-01 2026-02-01 9\nAn 2026-02-15 – 9"
        pause = "An 2026-01-01 2026-02-01 9\nAn 2026-02-16 – 9"
        assert spells_of(con, late) == [("An", 1, date(2026, 1, 1), None)]
        assert spells_of(con, pause) == [
            ("An", 1, date(2026, 1, 1), date(2026, 2, 1)),
            ("An", 2, date(2026, 2, 16), None),
        ]
        assert spells_of(con, pause, pause_days=15) == [("An", 1, date(2026, 1, 1), None)]

    def test_a_late_renewal_is_counted_through_at_the_old_price(self, con: Any) -> None:
        """On a day between the two contracts the customer still pays what they paid before."""
        found = written(con, "An 2026-01-01 2026-02-01 9\nAn 2026-02-10 – 7")
        paid = contracts.paid_contracts(found, as_of=END)
        days = ibis.memtable({"day": [date(2026, 2, 5), date(2026, 2, 10)]}, schema={"day": "date"})
        assert sorted(rows(contracts.snapshot(paid, days), "day", "mrr")) == [
            (date(2026, 2, 5), 9.0),
            (date(2026, 2, 10), 7.0),
        ]

    def test_an_overlap_adds_up_and_a_longer_contract_holds_the_membership(self, con: Any) -> None:
        """Personal training for a month beside a yearly card neither ends nor splits the membership."""
        text = "An 2026-01-01 2026-06-01 100 year\nAn 2026-02-01 2026-03-01 50 trainer"
        assert spells_of(con, text) == [("An", 1, date(2026, 1, 1), date(2026, 6, 1))]

    def test_trials_and_same_day_contracts_are_set_aside(self, con: Any) -> None:
        """A free month and a card cancelled on its first day are no paid membership; both are counted as such."""
        text = "An 2026-01-01 2026-02-01 0 trial\nAn 2026-02-01 – 9\nBo 2026-01-05 2026-01-05 9\nCi 2026-01-05 2026-01-02 9"
        assert spells_of(con, text) == [("An", 1, date(2026, 2, 1), None)]
        aside = contracts.set_aside(written(con, text), as_of=END)
        assert (aside.never_ran, aside.free, aside.converted) == (2, 1, NotEnough(1, 10))

    def test_trials_that_were_paid_for_afterwards(self, con: Any) -> None:
        """Of twelve trials old enough to judge three were followed by a paid contract in time, one too late; a young one waits."""
        text = "\n".join(f"c{i} 2026-01-01 2026-01-15 0" for i in range(12))
        text += "\nc0 2026-01-15 – 9\nc1 2026-01-20 – 9\nc2 2026-03-02 – 9\nc3 2026-03-03 – 9\nyoung 2026-06-01 – 0"
        found = contracts.set_aside(written(con, text), as_of=END).converted
        assert isinstance(found, Rate)
        assert (found.k, found.n) == (3, 12)

    def test_what_lies_after_the_end_of_the_data_is_not_known(self, con: Any) -> None:
        """A contract that ends next month is running; one that starts next month is not there."""
        text = "An 2026-06-01 2026-07-15 9\nBo 2026-07-01 – 9"
        assert spells_of(con, text) == [("An", 1, date(2026, 6, 1), None)]

    @given(found=random_contracts(), pause=st.integers(0, 20))
    @settings(max_examples=25, deadline=None)
    def test_equals_a_walk_through_the_calendar(self, con: Any, found: list[Contract], pause: int) -> None:
        """Memberships and the money of every day equal those found by walking day by day through each customer's life."""
        as_of = OPENING + timedelta(days=230)
        paid = contracts.paid_contracts(subscriptions(con, found), as_of=as_of, pause_days=pause)
        expected_spells, expected_money = walked(found, as_of, pause)
        assert rows(contracts.spells(paid), "customer_id", "spell", "start", "until") == sorted(
            expected_spells, key=str
        )
        asked = [OPENING + timedelta(days=d) for d in range(0, 231, 7)]
        days = ibis.memtable({"day": asked}, schema={"day": "date"})
        wanted = sorted(((day, who, money) for (who, day), money in expected_money.items() if day in asked), key=str)
        assert rows(contracts.snapshot(paid, days), "day", "customer_id", "mrr") == wanted


def walked(
    found: list[Contract], as_of: date, pause: int
) -> tuple[list[tuple[str, int, date, date | None]], dict[tuple[str, date], float]]:
    """Memberships and each day's money, one day after the other."""
    one = timedelta(days=1)
    spells, money = [], {}
    for who in sorted({c.customer for c in found}):
        mine = [c for c in found if c.customer == who and c.price > 0 and (c.end is None or c.end > c.start)]
        mine = [c for c in mine if c.start <= as_of]
        if not mine:
            continue
        days = [min(c.start for c in mine) + one * i for i in range((as_of - min(c.start for c in mine)).days + 1)]
        paid = {d: sum(c.price for c in mine if c.start <= d and (c.end is None or c.end > d)) for d in days}
        active = [d for d in days if paid[d]]
        runs: list[list[date]] = []
        for day in active:
            if runs and (day - runs[-1][1]).days - 1 <= pause:
                last = runs[-1][1]
                stopping = {c.end for c in mine if c.start <= last and c.end == last + one}
                if day > last + one:
                    # the gap is paid for as on its last day, by the contracts that ran out then
                    price = sum(c.price for c in mine if c.start <= last and c.end in stopping)
                    for gap in range(1, (day - last).days):
                        money[(who, last + one * gap)] = price
                runs[-1][1] = day
            else:
                runs.append([day, day])
            money[(who, day)] = paid[day]
        for number, (start, last) in enumerate(runs, start=1):
            spells.append((who, number, start, None if last == as_of else last + one))
    return spells, money
