"""The prioritised plan."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from campaign_shop import BOOK, business, desk, tables, yes

from helpers.business import Business
from helpers.campaigns.addressees import addressees
from helpers.campaigns.audience import Reach
from helpers.campaigns.days import next_monday
from helpers.campaigns.limits import Limits
from helpers.campaigns.plan import Assumed, OwnResult, Proposal, contact_cash, contact_cost, plan, worthwhile
from helpers.campaigns.power import smallest_lift
from helpers.errors import InputError
from helpers.metrics.uncertainty import Estimate
from helpers.playbook import Play

START = next_monday(date(2026, 6, 30))
FREE = Limits()


def shop(**more: Any) -> Business:
    """A business with half of every sale as margin."""
    return Business(name="Shop", margin=0.5, sources={}, **more)


def people(con: Any, consent: bool = True, **segments: int) -> Any:
    """Customers, per segment so many, with orders of 100, all with a phone and a yes to everything on Zalo."""
    found = [
        {"segment": s, "net_revenue": 300.0, "orders": 3, "revenue_year": 100.0 + i}
        for s, n in segments.items()
        for i in range(n)
    ]
    answers = [yes(f"KH{i}", purpose=p) for i in range(len(found)) for p in ("advertising", "care")]
    return addressees(con, tables(con, found, answers if consent else None), start=START, gap_days=7)


class TestPlan:
    """One play per segment, best first."""

    def test_by_head(self, con: Any) -> None:
        """1,000 lost customers with orders of 100: 200 left out, 800 × 100 × 50 % × the play's lift expected, at no stated cost."""
        found = plan(people(con, lost=1000), BOOK, shop(), FREE)
        assert [p.segment for p in found] == ["lost"]
        only = found[0]
        assert (only.reach, only.treated, only.holdout) == (Reach(1000, 1000, 0, 0, 0), 800, 200)
        assert (only.order_value, only.cost, only.break_even, only.status) == (100.0, None, None, "chosen")
        assert only.base == pytest.approx(1 - 0.9 ** (only.window_days / 90))
        assert only.margin.value == pytest.approx(800 * 100 * 0.5 * only.lift.value)
        assert only.margin.low == pytest.approx(800 * 50 * only.lift.low)
        assert only.smallest_lift == pytest.approx(smallest_lift(only.base, 800, 200))
        assert (only.basis, only.confidence) == ("playbook prior", "low")
        best = max((p.prior.value for p in BOOK.plays.values() if p.prior and "lost" in p.segments), default=None)
        assert only.lift.value == best  # without costs the largest lift wins

    def test_each_segment_gets_one_play(self, con: Any) -> None:
        """Several segments are ranked by what they bring less what they cost, and nobody gets two offers."""
        everybody = people(con, lost=500, overdue_regular=400, one_time_overdue=300, regular=200)
        found = plan(everybody, BOOK, shop(message_cost=0.01, minute_cost=0.01), FREE)
        assert len({p.segment for p in found}) == len(found) == 4
        chosen = [p for p in found if p.status == "chosen"]
        assert [p.gain for p in chosen] == sorted((p.gain for p in chosen), reverse=True)
        assert all(p.break_even == pytest.approx(p.cost / (p.treated * p.order_value * 0.5)) for p in found if p.cost)
        for p in found:
            assert p.segment in BOOK.plays[p.play].segments
            assert BOOK.plays[p.play].prior is not None

    def test_a_small_audience_is_contacted_whole(self, con: Any) -> None:
        """A fifth of 97 is 19, too few to prove anything: nobody is left out; of 98 it is 20."""
        found = plan(people(con, lost=97), BOOK, shop(), FREE)[0]
        assert (found.treated, found.holdout, found.smallest_lift) == (97, 0, None)
        found = plan(people(con, lost=98), BOOK, shop(), FREE)[0]
        assert (found.treated, found.holdout) == (78, 20)

    def test_orders_worth_nothing_pay_for_nothing(self, con: Any) -> None:
        """Where orders bring no revenue there is no lift at which a campaign pays, and it is not in the plan."""
        found = plan(people(con, lost=200).mutate(net_revenue=0.0), BOOK, shop(message_cost=1.0), FREE)
        assert {(p.margin.value, p.break_even, p.status) for p in found} == {(0.0, None, "would lose")}

    def test_returns_beyond_all_orders_lose(self, con: Any) -> None:
        """Customers whose returns exceed what they bought bring a negative margin, which no plan chooses."""
        found = plan(people(con, lost=200).mutate(net_revenue=-300.0), BOOK, shop(), FREE)
        assert {p.status for p in found} == {"would lose"}
        assert all(p.margin.value < 0 for p in found)

    def test_nobody_to_reach_no_proposal(self, con: Any) -> None:
        """Without consent data only care plays by telephone remain; without addresses nothing does."""
        silent = people(con, False, lost=200, overdue_regular=200)
        found = plan(silent, BOOK, shop(), FREE)
        assert {p.purpose for p in found} == {"care"}
        assert all("phone" in BOOK.plays[p.play].channels for p in found)
        assert plan(silent.mutate(phone=silent.email), BOOK, shop(), FREE) == ()

    def test_what_a_proposal_rests_on(self, con: Any) -> None:
        """Own results come before a back-test, that before the prior; own ones count for the group they were measured on only."""
        everybody = people(con, lost=1000, lapsed=1000)
        name = next(p.id for p in BOOK.plays.values() if p.prior and {"lost", "lapsed"} <= set(p.segments))
        own = {(name, "lost"): OwnResult(Estimate(0.3, 0.2, 0.4, 500), cost=2.0)}
        found = {p.segment: p for p in plan(everybody, BOOK, shop(), FREE, Assumed(proven=own, backtested=True))}
        lost, lapsed = found["lost"], found["lapsed"]
        assert (lost.play, lost.lift.value, lost.basis, lost.confidence) == (name, 0.3, "own campaign", "high")
        assert lost.cost == pytest.approx(800 * 2.0)
        assert (lapsed.basis, lapsed.confidence) == ("back-test", "medium")

    def test_an_own_result_that_shows_nothing_is_less_sure(self, con: Any) -> None:
        """An interval around nought makes no high confidence."""
        own = {("win-back", "lost"): OwnResult(Estimate(0.3, -0.1, 0.7, 50), cost=0.0)}
        assert plan(people(con, lost=1000), BOOK, shop(), FREE, Assumed(proven=own))[0].confidence == "medium"

    def test_nobody_returns_twice(self, con: Any) -> None:
        """Where 99 of 100 come back anyway, no play is assumed to bring more than the one who does not."""
        certain = people(con, regular=500).mutate(p_return_90d=0.99)
        for p in plan(certain, BOOK, shop(), FREE, Assumed(lift_factor=5.0)):
            assert p.lift.high <= 1 - p.base + 1e-12


class TestWithinLimits:
    """Hours and money."""

    def test_hours_cut_the_audience_to_the_most_valuable(self, con: Any) -> None:
        """One play, 6 minutes a head, 600 minutes: 100 are contacted, 25 more are left out, the rest wait."""
        found = plan(
            people(con, lost=1000), BOOK, shop(), Limits(minutes={"sales": 600.0}), Assumed(only=["win-back"])
        )[0]
        minutes = BOOK.plays["win-back"].minutes_per_customer
        assert found.treated == int(600 / minutes)
        assert found.holdout == round(found.treated / 4)
        assert found.waiting == 1000 - found.treated - found.holdout
        assert found.minutes == pytest.approx(found.treated * minutes)

    def test_no_money_at_all(self, con: Any) -> None:
        """With a budget of nought and messages that cost something nothing is planned, and the reason is the budget."""
        found = plan(people(con, lost=1000), BOOK, shop(message_cost=0.01), Limits(budget=0.0))
        assert [p.status for p in found] == ["no money left"]
        assert worthwhile(found) == ()

    def test_no_hours_at_all(self, con: Any) -> None:
        """With no minutes for anybody nothing is planned."""
        nobody = Limits(minutes=dict.fromkeys(("marketing", "sales", "care"), 0.0))
        assert {p.status for p in plan(people(con, lost=500, regular=300), BOOK, shop(), nobody)} == {"no hours left"}

    def test_more_of_anything_never_brings_less(self, con: Any) -> None:
        """The expected gain of the whole plan rises with the budget until it is no longer the limit."""
        everybody = people(con, lost=500, overdue_regular=400, one_time_overdue=300, regular=200)
        gains = []
        for budget in (0.0, 5.0, 20.0, 100.0, 1e9):
            found = plan(everybody, BOOK, shop(message_cost=0.05), Limits(budget=budget))
            gains.append(sum(p.gain for p in found if p.status == "chosen"))
            assert sum(p.cash or 0.0 for p in found if p.status == "chosen") <= budget + 1e-9
        assert gains == sorted(gains)
        assert gains[0] < gains[-1]


def proposal(gain: float) -> Proposal:
    """A proposal that brings so much."""
    nothing = Estimate(0, 0, 0, 0)
    return Proposal(
        "p", f"s{gain}", "care", "care", Reach(0, 0, 0, 0, 0), 1, 0, nothing, 30, 1.0, 0.1, Estimate(gain, gain, gain, 1), 0.0, None,
        None, 1, "playbook prior",
    )  # fmt: skip


def test_worthwhile() -> None:
    """The first few that pay; when none pays the best one, to be tried small; of nothing nothing."""
    assert [p.gain for p in worthwhile([proposal(g) for g in (9, 5, 3, 1)])] == [9, 5, 3]
    assert [p.gain for p in worthwhile([proposal(g) for g in (9, -1)])] == [9]
    assert [p.gain for p in worthwhile([proposal(g) for g in (-1, -2)])] == [-1]
    assert worthwhile([]) == ()


class TestCost:
    """Messages, minutes and the offer, per customer."""

    def play(self, *channels: str, minutes: float = 2.0, offer: float = 0.1) -> Play:
        """A play with these costs."""
        return Play.model_construct(channels=channels, minutes_per_customer=minutes, offer_share_of_order=offer)

    def test_by_head(self) -> None:
        """A message at 350 with 2 minutes at 700, and a tenth of 50,000 for the 20 % who return; the minutes are no cash."""
        costs = shop(message_cost=350, minute_cost=700)
        assert contact_cost(self.play("zns"), costs, 50_000, 0.2) == pytest.approx(350 + 1400 + 0.1 * 50_000 * 0.2)
        assert contact_cash(self.play("zns"), costs, 50_000, 0.2) == pytest.approx(350 + 0.1 * 50_000 * 0.2)

    def test_a_call_sends_no_message(self) -> None:
        """Ringing costs minutes only."""
        assert contact_cost(self.play("phone", offer=0.0), shop(message_cost=350, minute_cost=700), 1.0, 0.2) == 1400

    def test_unknown_costs_are_not_nought(self) -> None:
        """A business that stated no unit costs has no cost, rather than a cost of 0."""
        assert contact_cost(self.play("zns"), shop(), 1.0, 0.2) is None

    def test_more_than_everybody_cannot_return(self) -> None:
        """The offer is paid at most once per customer."""
        assert contact_cost(self.play("zns", minutes=0.0, offer=0.5), shop(message_cost=0.0), 100.0, 1.7) == 50.0


def test_a_plan_cannot_begin_before_the_data_end(con: Any) -> None:
    """A start within the data, or one that is no day, is refused in a sentence."""
    run = tables(con, [{}], None)
    with pytest.raises(InputError, match="would start on"):
        desk(con, run, business(), start="2026-06-30")
    with pytest.raises(InputError, match="cannot start on"):
        desk(con, run, business(), start="2026-02-31")
