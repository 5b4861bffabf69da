"""Outcomes of service by group, waiting times and first experiences."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from test_service import END, filled, promised

from helpers.metrics import comparisons, experience, waits
from helpers.metrics.spread import Spread
from helpers.metrics.uncertainty import NotEnough, Rate

OPENED = datetime(2026, 3, 1, 9)


def tickets(con: Any, hours: list[float | None], **more: Any) -> Any:
    """Tickets opened on 1 March, answered after so many hours (None: never), solved an hour later."""
    rows = [
        {
            "ticket_id": f"t{i}",
            "opened_at": OPENED,
            "first_reply_at": None if wait is None else OPENED + timedelta(hours=wait),
            "resolved_at": None if wait is None else OPENED + timedelta(hours=wait + 1),
            **{name: value[i] for name, value in more.items()},
        }
        for i, wait in enumerate(hours)
    ]
    return filled(con, "tickets", rows)


class TestWaits:
    """How long people wait for an answer."""

    def test_by_hand(self, con: Any) -> None:
        """Answers after 1, 2, …, 20 hours: the middle one after 10, the ninth of ten after 18; each solved an hour later."""
        (whole,) = waits.waits(tickets(con, [float(h) for h in range(1, 21)]), as_of=END, promise_hours={"*": 5})
        assert isinstance(whole.reply, waits.Wait)
        assert isinstance(whole.reply_slow, waits.Wait)
        assert isinstance(whole.solved, waits.Wait)
        assert (whole.reply.hours, whole.reply_slow.hours, whole.solved.hours) == (10, 18, 11)
        assert whole.reply.low is not None
        assert whole.reply.low < 10
        assert isinstance(whole.kept, Rate)
        assert (whole.kept.k, whole.kept.n) == (5, 20)

    def test_the_forgotten_count(self, con: Any) -> None:
        """Of twenty, eight are answered within the hour and twelve never: the middle one is still waiting, not served in an hour."""
        (whole,) = waits.waits(tickets(con, [1.0] * 8 + [None] * 12), as_of=END)
        assert whole.unanswered == 12
        assert isinstance(whole.reply, waits.Wait)
        assert whole.reply.hours is None

    def test_an_answer_after_the_end_is_not_known_yet(self, con: Any) -> None:
        """On the evening of 1 March only the answers of that day are known, and nobody is late on a promise of a day."""
        (whole,) = waits.waits(tickets(con, [2.0] * 10 + [50.0] * 10), as_of=date(2026, 3, 1))
        assert whole.unanswered == 10
        assert whole.kept == NotEnough(0, 10)

    def test_each_channel_has_its_promise(self, con: Any) -> None:
        """An hour promised by phone, a day elsewhere: the same two hours keep one promise and break the other."""
        log = tickets(con, [2.0] * 30, channel=["Phone"] * 10 + ["Mail"] * 20)
        whole, mail, phone = waits.waits(log, as_of=END, promise_hours={"phone": 1})
        assert (whole.channel, mail.channel, phone.channel) == ("", "Mail", "Phone")
        assert (mail.kept.value, phone.kept.value) == (1, 0)  # type: ignore[union-attr]

    def test_few(self, con: Any) -> None:
        """Nine tickets give no waiting time."""
        (whole,) = waits.waits(tickets(con, [1.0] * 9), as_of=END)
        assert whole.reply == NotEnough(9, 10, "complaints")


class TestFirstExperience:
    """Who comes back after a bad first order?"""

    def test_by_head(self, con: Any, orders: Any) -> None:
        """Late, low-scored and complained-about first orders are bad; on time or well scored are good; the unrecorded are neither."""
        lines = [f"c{i:02d} 2026-01-01 10" for i in range(40)]
        lines += [f"c{i:02d} 2026-02-01 10" for i in (0, 1, 2, *range(15, 25))]
        sold = orders("\n".join(lines))
        log = promised(con, {f"o{i + 1}": timedelta(hours=1 if i < 5 else 0) for i in [*range(5), *range(15, 25)]})
        scores = [(i, 2.0) for i in range(5, 10)] + [(i, 5.0) for i in range(25, 30)]
        when = datetime(2026, 1, 2)
        feedback = filled(
            con, "feedback", [{"order_id": f"o{i + 1}", "given_at": when, "rating": (s - 1) / 4} for i, s in scores]
        )
        about = [f"o{i + 1}" for i in range(10, 15)]
        complained = tickets(con, [1.0] * 5, order_id=about)
        found = experience.first_experience(sold, as_of=END, deliveries=log, tickets=complained, feedback=feedback)
        assert found is not None
        assert isinstance(found.first, Rate)
        assert isinstance(found.second, Rate)
        assert (found.first.k, found.first.n, found.second.k, found.second.n) == (3, 15, 10, 15)
        assert experience.first_experience(sold, as_of=END) is None

    @pytest.mark.parametrize(("rating", "low"), [(0.25, True), (3 / 9, True), (0.4, True), (0.5, False), (1.0, False)])
    def test_low_is_told_on_the_scale(self, con: Any, rating: float, low: bool) -> None:
        """Two of five and four of ten are low, three of five is not; one low score makes the order low."""
        when = datetime(2026, 1, 2)
        given = [{"order_id": "a", "given_at": when, "rating": r} for r in (rating, 1.0)]
        found = experience.low_scores(filled(con, "feedback", given), as_of=END)
        assert found.low.to_pyarrow().to_pylist() == [low]


class TestComparisons:
    """Everything by branch, staff, channel and week."""

    def test_what_is_not_recorded_is_not_compared(self, orders: Any) -> None:
        """Orders of one branch without staff and channel: there is nothing to compare."""
        sold = orders("\n".join(f"c{i:02d} 2026-01-01 10 Sen" for i in range(30)))
        assert comparisons.comparisons(sold, as_of=END) == ()

    def test_counts_by_branch(self, con: Any, orders: Any) -> None:
        """Of 12 new customers at Sen 9 return in 90 days, of 15 at Bến 5; of their orders one in each is complained about."""
        lines = [f"a{i:02d} 2026-01-01 10 Sen" for i in range(12)] + [f"b{i:02d} 2026-01-01 10 Bến" for i in range(15)]
        lines += [f"a{i:02d} 2026-02-01 10 Sen" for i in range(9)] + [f"b{i:02d} 2026-02-01 10 Bến" for i in range(5)]
        sold = orders("\n".join(lines))
        log = tickets(con, [1.0, 1.0, 1.0], order_id=["o1", "o1", "o13"], customer_id=["a00", "a00", "b00"])
        found = {(c.outcome, c.by): c.spread for c in comparisons.comparisons(sold, as_of=END, tickets=log)}
        back, bad = found["returned", "branch"], found["complained", "branch"]
        assert isinstance(back, Spread)
        assert isinstance(bad, Spread)
        counts = [(g.group, g.rate.k, g.rate.n) for g in back.groups if isinstance(g.rate, Rate)]
        assert counts == [("Bến", 5, 15), ("Sen", 9, 12)]
        assert [(g.rate.k, g.rate.n) for g in bad.groups if isinstance(g.rate, Rate)] == [(1, 21), (1, 20)]

    def test_the_cafes_truth(self, cafe: Any) -> None:
        """The café's second branch delivers late and its staff are alike: that is what is found, weeks of trouble included."""
        log = {name: cafe.tables.optional[name] for name in ("deliveries", "tickets", "feedback")}
        found = {(c.outcome, c.by): c.spread for c in comparisons.comparisons(cafe.tables.orders, as_of=END, **log)}
        late, staff, weeks = (found["on_time", by] for by in ("branch", "staff", "week"))
        assert isinstance(late, Spread)
        assert isinstance(staff, Spread)
        assert isinstance(weeks, Spread)
        assert {g.group: g.side for g in late.apart} == {"Chi nhánh Bến Sông": "higher", "Chi nhánh Hồ Sen": "lower"}
        assert not staff.differ
        assert weeks.differ
        assert all(not s.apart for (_, by), s in found.items() if by == "staff" and isinstance(s, Spread))
