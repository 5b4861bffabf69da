"""The prioritised plan."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from businesses import made

from helpers.business import Business
from helpers.campaigns.audience import Reach
from helpers.campaigns.plan import OwnResult, Proposal, contact_cost, plan, worthwhile
from helpers.campaigns.power import smallest_lift
from helpers.metrics.uncertainty import Estimate
from helpers.playbook import Play, load

BOOK = load()


def shop(**more: Any) -> Business:
    """A business with half of every sale as margin."""
    return Business(name="Shop", margin=0.5, sources={}, **more)


def base(con: Any, **segments: int) -> tuple[Any, Any, Any]:
    """Customers, addresses and consents: per segment so many people, all with a phone and a yes to everything on Zalo."""
    ids = [(f"{segment}{i:04d}", segment) for segment, n in segments.items() for i in range(n)]
    n = len(ids)
    customers = made(con, {
        "customer_id": pa.array([who for who, _ in ids], pa.string()), "segment": pa.array([s for _, s in ids], pa.string()),
        "net_revenue": pa.array([300.0] * n), "orders": pa.array([3] * n, pa.int64()), "p_return_90d": pa.array([0.1] * n),
    })  # fmt: skip
    people = made(con, {
        "customer_id": pa.array([who for who, _ in ids], pa.string()), "name": pa.array(["x"] * n, pa.string()),
        "phone": pa.array(["0900000001"] * n, pa.string()), "email": pa.array([None] * n, pa.string()),
    })  # fmt: skip
    consent = made(con, {
        "customer_id": pa.array([who for who, _ in ids] * 2, pa.string()), "channel": pa.array(["zalo"] * 2 * n, pa.string()),
        "purpose": pa.array(["advertising"] * n + ["care"] * n, pa.string()), "granted": pa.array([True] * 2 * n, pa.bool_()),
        "recorded_at": pa.array([date(2026, 1, 1)] * 2 * n, pa.date32()),
    })  # fmt: skip
    return customers, people, consent


class TestPlan:
    """One play per segment, best first."""

    def test_by_head(self, con: Any) -> None:
        """1,000 lost customers with orders of 100: 200 left out, 800 × 100 × 50 % × the play's lift expected, at no stated cost."""
        customers, people, consent = base(con, lost=1000)
        found = plan(customers, people, consent, BOOK, shop(), holdout_share=0.2)
        assert [p.segment for p in found] == ["lost"]
        only = found[0]
        assert (only.reach, only.treated, only.holdout) == (Reach(1000, 1000, 0, 0, 0), 800, 200)
        assert (only.order_value, only.base, only.cost, only.break_even) == (100.0, pytest.approx(0.1), None, None)
        assert only.margin.value == pytest.approx(800 * 100 * 0.5 * only.lift.value)
        assert only.margin.low == pytest.approx(800 * 50 * only.lift.low)
        assert only.smallest_lift == pytest.approx(smallest_lift(0.1, 800, 200))
        assert only.basis == "playbook prior"
        best = max((p.prior.value for p in BOOK.plays.values() if p.prior and "lost" in p.segments), default=None)
        assert only.lift.value == best  # without costs the largest lift wins

    def test_each_segment_gets_one_play(self, con: Any) -> None:
        """Several segments are ranked by what they bring less what they cost, and nobody gets two offers."""
        customers, people, consent = base(con, lost=500, overdue_regular=400, one_time_overdue=300, regular=200)
        found = plan(customers, people, consent, BOOK, shop(message_cost=0.1, minute_cost=0.1), holdout_share=0.2)
        assert len({p.segment for p in found}) == len(found)
        assert [p.gain for p in found] == sorted((p.gain for p in found), reverse=True)
        assert all(p.break_even == pytest.approx(p.cost / (p.treated * p.order_value * 0.5)) for p in found if p.cost)
        for p in found:
            play = BOOK.plays[p.play]
            assert p.segment in play.segments
            assert play.prior is not None

    def test_a_small_audience_is_contacted_whole(self, con: Any) -> None:
        """A fifth of 97 is 19, too few to prove anything: nobody is left out; of 98 it is 20."""
        customers, people, consent = base(con, lost=97)
        found = plan(customers, people, consent, BOOK, shop(), holdout_share=0.2)[0]
        assert (found.treated, found.holdout, found.smallest_lift) == (97, 0, None)
        customers, people, consent = base(con, lost=98)
        found = plan(customers, people, consent, BOOK, shop(), holdout_share=0.2)[0]
        assert (found.treated, found.holdout) == (78, 20)

    def test_orders_worth_nothing_pay_for_nothing(self, con: Any) -> None:
        """Where orders bring no revenue there is no lift at which a campaign pays."""
        customers, people, consent = base(con, lost=200)
        found = plan(
            customers.mutate(net_revenue=0.0), people, consent, BOOK, shop(message_cost=1.0), holdout_share=0.2
        )
        assert {(p.margin.value, p.break_even) for p in found} == {(0.0, None)}

    def test_nobody_to_reach_no_proposal(self, con: Any) -> None:
        """Without consent data only care plays remain; without addresses nothing does."""
        customers, people, _ = base(con, lost=200, overdue_regular=200)
        assert {p.purpose for p in plan(customers, people, None, BOOK, shop(), holdout_share=0.2)} <= {"care"}
        nobody = people.mutate(phone=people.email)
        assert plan(customers, nobody, None, BOOK, shop(), holdout_share=0.2) == ()

    def test_own_results_replace_assumptions(self, con: Any) -> None:
        """A play that worked here before is planned with its own lift and cost, for the group it was measured on only."""
        customers, people, consent = base(con, lost=1000, lapsed=1000)
        name = next(p.id for p in BOOK.plays.values() if p.prior and {"lost", "lapsed"} <= set(p.segments))
        own = {(name, "lost"): OwnResult(Estimate(0.3, 0.2, 0.4, 500), cost=2.0)}
        found = {p.segment: p for p in plan(customers, people, consent, BOOK, shop(), holdout_share=0.2, proven=own)}
        assert (found["lost"].play, found["lost"].lift.value, found["lost"].basis) == (name, 0.3, "own campaign")
        assert found["lost"].cost == pytest.approx(800 * 2.0)
        assert found["lapsed"].basis == "playbook prior"


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
    """Messages, minutes and the offer."""

    def play(self, *channels: str, minutes: float = 2.0, offer: float = 0.1) -> Play:
        """A play with these costs."""
        return Play.model_construct(channels=channels, minutes_per_customer=minutes, offer_share_of_order=offer)

    def test_by_head(self) -> None:
        """100 messages at 350 with 2 minutes at 700 each, and a tenth of 50,000 for the 20 % who return."""
        found = contact_cost(self.play("zns"), shop(message_cost=350, minute_cost=700), 100, 50_000, 0.2)
        assert found == pytest.approx(100 * (350 + 1400 + 0.1 * 50_000 * 0.2))

    def test_a_call_sends_no_message(self) -> None:
        """Ringing costs minutes only."""
        assert (
            contact_cost(self.play("phone", offer=0.0), shop(message_cost=350, minute_cost=700), 10, 1.0, 0.2) == 14_000
        )

    def test_unknown_costs_are_not_nought(self) -> None:
        """A business that stated no unit costs has no cost, rather than a cost of 0."""
        assert contact_cost(self.play("zns"), shop(), 10, 1.0, 0.2) is None

    def test_more_than_everybody_cannot_return(self) -> None:
        """The offer is paid at most once per customer."""
        assert contact_cost(self.play("zns", minutes=0.0, offer=0.5), shop(message_cost=0.0), 10, 100.0, 1.7) == 500.0
