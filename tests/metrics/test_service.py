"""Service as customers meet it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from businesses import made

from helpers import tables
from helpers.metrics import service
from helpers.metrics.uncertainty import NotEnough, Rate

END = date(2026, 6, 30)


def filled(con: Any, name: str, found: list[dict[str, Any]]) -> Any:
    """An optional table of :mod:`helpers.tables` with these rows; columns not given are missing."""
    schema = tables.OPTIONAL[name].to_pyarrow()
    return made(con, {field.name: pa.array([row.get(field.name) for row in found], field.type) for field in schema})


def promised(con: Any, late: dict[str, timedelta | None]) -> Any:
    """Deliveries promised for noon on 1 January 2026, by order id and lateness (None: arrival unknown)."""
    noon = datetime(2026, 1, 1, 12)
    return filled(con, "deliveries", [
        {"order_id": order, "promised_at": noon, "arrived_at": None if by is None else noon + by} for order, by in late.items()
    ])  # fmt: skip


class TestOnTime:
    """Promises of a time that were kept."""

    def test_five_minutes_of_grace(self, con: Any, orders: Any) -> None:
        """Early, punctual and five minutes late are on time; five minutes and a second is late; unknown is not counted."""
        minute = timedelta(minutes=1)
        times = {
            "o1": -9 * minute,
            "o2": 0 * minute,
            "o3": 5 * minute,
            "o4": 5 * minute + timedelta(seconds=1),
            "o5": 9 * minute,
            "o6": None,
        }
        times |= {f"o{i}": 0 * minute for i in range(7, 13)}
        sold = orders("\n".join(f"c{i} 2026-01-01 11:00 10 Sen" for i in range(1, 13)))
        found = service.on_time(promised(con, times), sold, as_of=END)
        assert [(g.group, g.rate.k, g.rate.n) for g in found if isinstance(g.rate, Rate)] == [("Sen", 9, 11)]

    def test_seconds_are_not_minutes_on_the_clock(self, con: Any, orders: Any) -> None:
        """Promised 12:00:30, arrived 12:05:59 is 5 minutes 29 late, although the clock shows five minutes later."""
        sold = orders("\n".join(f"c{i} 2026-01-01 11:00 10 Sen" for i in range(1, 11)))
        when = datetime(2026, 1, 1, 12, 0, 30)
        log = filled(con, "deliveries", [
            {"order_id": f"o{i}", "promised_at": when, "arrived_at": when + timedelta(minutes=5, seconds=29)} for i in range(1, 11)
        ])  # fmt: skip
        rate = service.on_time(log, sold, as_of=END)[0].rate
        assert isinstance(rate, Rate)
        assert rate.k == 0

    def test_by_branch_and_month(self, con: Any, orders: Any) -> None:
        """Branches come largest first, months in order of time, and a group under ten shows no figure."""
        lines = ["c 2026-02-01 10 Sen"] * 12 + ["c 2026-01-31 10 Bến"] * 10 + ["c 2026-03-01 10"] * 3
        sold = orders("\n".join(lines))
        log = promised(con, {f"o{i}": timedelta(hours=i % 2) for i in range(1, 26)})
        branches = service.on_time(log, sold, as_of=END)
        assert [(g.group, g.rate.n if isinstance(g.rate, Rate) else g.rate) for g in branches] == [
            ("Sen", 12),
            ("Bến", 10),
            ("–", NotEnough(3, 10)),
        ]
        months = service.on_time(log, sold, as_of=date(2026, 2, 28), by="month")
        assert [g.group for g in months] == ["2026-01", "2026-02"]

    def test_the_cafes_bad_branch(self, cafe: Any) -> None:
        """The café's truth: 11.5 % late at Bến Sông, 27.2 % at Hồ Sen, to the delivery."""
        found = {
            g.group: g.rate for g in service.on_time(cafe.tables.optional["deliveries"], cafe.tables.orders, as_of=END)
        }
        assert {name: (rate.n, round(1 - rate.value, 6)) for name, rate in found.items() if isinstance(rate, Rate)} == {
            "Chi nhánh Bến Sông": (2280, 0.114912), "Chi nhánh Hồ Sen": (1661, 0.271523),
        }  # fmt: skip


class TestFirstDelivery:
    """Who comes back after a late first delivery?"""

    def test_by_head(self, con: Any, orders: Any) -> None:
        """Of 12 with a late first order 3 return in 90 days, of 10 served on time 6; later deliveries and returns do not count."""
        lines, late = [], {}
        for i in range(22):
            lines.append(f"c{i:02d} 2026-01-01 10")
            late[f"o{len(lines)}"] = timedelta(hours=1) if i < 12 else timedelta(0)
            if i in (0, 1, 2, *range(12, 18)):
                lines.append(f"c{i:02d} 2026-04-01 10")  # day 90
                late[f"o{len(lines)}"] = timedelta(hours=1)
            if i == 3:
                lines.append(f"c{i:02d} 2026-04-02 10")  # day 91
        found = service.return_after_first_delivery(promised(con, late), orders("\n".join(lines)), as_of=END)
        assert isinstance(found.first, Rate)
        assert isinstance(found.second, Rate)
        assert (found.first.k, found.first.n, found.second.k, found.second.n) == (3, 12, 6, 10)
        assert found.difference is not None
        assert found.difference.value == pytest.approx(0.25 - 0.6)

    def test_only_customers_followed_long_enough(self, con: Any, orders: Any) -> None:
        """First orders younger than the horizon are left out of both groups."""
        sold = orders("\n".join(f"c{i} 2026-04-02 10" for i in range(20)))
        log = promised(con, {f"o{i}": timedelta(0) for i in range(1, 21)})
        young = service.return_after_first_delivery(log, sold, as_of=END)
        assert (young.first, young.second, young.difference) == (NotEnough(0, 10), NotEnough(0, 10), None)
        on_the_day = service.return_after_first_delivery(log, sold, as_of=END + timedelta(days=1))
        assert isinstance(on_the_day.second, Rate)

    def test_the_cafe(self, cafe: Any) -> None:
        """The café lost customers after late first deliveries: truth 24.4 % of 131 against 53.8 % of 420 in 180 days."""
        found = service.return_after_first_delivery(
            cafe.tables.optional["deliveries"], cafe.tables.orders, as_of=END, horizon_days=180
        )
        assert isinstance(found.first, Rate)
        assert isinstance(found.second, Rate)
        assert found.difference is not None
        assert (found.first.n, found.second.n) == (131, 420)
        assert found.first.low < 0.244275 < found.first.high
        assert found.second.low < 0.538095 < found.second.high
        assert found.difference.low < 0.244275 - 0.538095 < found.difference.high < 0


def ticket(number: int, who: str | None, opened: datetime, reply: float | None = None, **more: Any) -> dict[str, Any]:
    """A complaint answered after `reply` hours (None: never)."""
    answered = None if reply is None else opened + timedelta(hours=reply)
    return {"ticket_id": f"t{number}", "customer_id": who, "opened_at": opened, "first_reply_at": answered, **more}


class TestComplaints:
    """When things go wrong."""

    NOON = datetime(2026, 1, 10, 12)

    def test_by_head(self, con: Any, orders: Any) -> None:
        """Three complaints on 6 orders are 50 per 100; one is open; the median reply took 4 hours; 1 of 2 refusals had an alternative."""
        sold = orders(
            "An 2026-01-01 5\nAn 2026-01-02 5\n– 2026-01-03 5\n– 2026-01-04 5\nBình 2026-01-05 5\nBình 2026-01-06 5"
        )
        log = filled(con, "tickets", [
            ticket(1, "An", self.NOON, 2, resolved_at=self.NOON + timedelta(days=1), refused=True, alternative_offered=True),
            ticket(2, "Bình", self.NOON, 6, resolved_at=self.NOON + timedelta(days=1), refused=True),
            ticket(3, None, self.NOON),
        ])  # fmt: skip
        found = service.complaints(log, sold, as_of=END)
        assert (found.complaints, found.per_100_orders, found.open, found.median_first_reply_hours) == (3, 50.0, 1, 4.0)
        assert (found.recovered, found.alternative) == (NotEnough(2, 10), NotEnough(2, 10))

    def test_what_is_not_known_yet(self, con: Any, orders: Any) -> None:
        """Read two days after the complaint, a reply and a solution of the next week have not happened; nor has a later ticket."""
        week = self.NOON + timedelta(days=7)
        log = filled(con, "tickets", [ticket(1, "An", self.NOON, 24 * 7, resolved_at=week), ticket(2, "An", week)])
        found = service.complaints(log, orders("An 2026-01-01 5"), as_of=date(2026, 1, 12))
        assert (found.complaints, found.open, found.median_first_reply_hours) == (1, 1, None)

    def test_on_the_last_day(self, con: Any, orders: Any) -> None:
        """A ticket solved on the last day is solved, and one opened exactly a horizon ago is old enough to be judged."""
        log = [ticket(i, f"c{i}", self.NOON, 1, resolved_at=self.NOON + timedelta(hours=2)) for i in range(10)]
        sold = orders("\n".join(f"c{i} 2026-01-01 5" for i in range(10)))
        table = filled(con, "tickets", log)
        assert service.complaints(table, sold, as_of=date(2026, 1, 10)).open == 0
        assert service.complaints(table, sold, as_of=date(2026, 4, 9)).recovered == NotEnough(0, 10)
        judged = service.complaints(table, sold, as_of=date(2026, 4, 10)).recovered
        assert isinstance(judged, Rate)
        assert (judged.k, judged.n) == (0, 10)

    def test_recovery_by_speed(self, con: Any, orders: Any) -> None:
        """Ten answered within a day, of whom eight return; ten later or never, of whom three return: 11 of 20."""
        lines, log = [], []
        for i in range(20):
            lines.append(f"c{i:02d} 2026-01-01 5")
            log.append(ticket(i, f"c{i:02d}", self.NOON, 24 if i < 10 else (25 if i < 15 else None)))
            if i < 8 or 10 <= i < 13:
                lines.append(f"c{i:02d} 2026-04-10 5")  # day 90 after the complaint
        lines.append("c13 2026-04-11 5")  # day 91: too late
        lines.append("c14 2026-01-10 11:59 5")  # a minute before complaining
        found = service.complaints(filled(con, "tickets", log), orders("\n".join(lines)), as_of=END)
        assert isinstance(found.recovered, Rate)
        assert (found.recovered.k, found.recovered.n) == (11, 20)
        fast, slow = found.by_speed.first, found.by_speed.second
        assert isinstance(fast, Rate)
        assert isinstance(slow, Rate)
        assert (fast.k, fast.n, slow.k, slow.n) == (8, 10, 3, 10)

    def test_the_first_complaint_is_the_one_that_counts(self, con: Any, orders: Any) -> None:
        """Never answered the first time and quickly the second is not a quick answer."""
        log = []
        for i in range(10):
            log += [ticket(i, f"c{i}", self.NOON), ticket(50 + i, f"c{i}", self.NOON + timedelta(hours=3), 1)]
        found = service.complaints(
            filled(con, "tickets", log), orders("\n".join(f"c{i} 2026-01-01 5" for i in range(10))), as_of=END
        )
        assert found.by_speed.first == NotEnough(0, 10)
        assert isinstance(found.by_speed.second, Rate)
        assert (found.by_speed.second.k, found.by_speed.second.n) == (0, 10)

    def test_nobody_complained(self, con: Any, orders: Any) -> None:
        """An empty complaint log is zero complaints, and no rate is claimed."""
        found = service.complaints(filled(con, "tickets", []), orders("An 2026-01-01 5"), as_of=END)
        assert (found.complaints, found.per_100_orders, found.open, found.median_first_reply_hours) == (0, 0.0, 0, None)
        assert (found.recovered, found.by_speed.difference) == (NotEnough(0, 10), None)

    def test_the_cafe(self, cafe: Any) -> None:
        """The café's quick answers keep more customers than its slow ones, as its truth says."""
        found = service.complaints(
            cafe.tables.optional["tickets"], cafe.tables.orders, as_of=END, horizon_days=60, quick_hours=1
        )
        assert found.complaints == 247
        assert found.by_speed.difference is not None
        assert found.by_speed.difference.low > 0


class TestSpending:
    """Money for winning and for keeping customers."""

    def costs(self, con: Any, *found: tuple[date, str, float]) -> Any:
        """Costs as (month, purpose, amount)."""
        return filled(con, "costs", [{"month": m, "item": "x", "purpose": p, "amount": a} for m, p, a in found])

    def test_by_head(self, con: Any) -> None:
        """Twelve calendar months with that of the last day: the thirteenth and the future are not in it, other costs neither."""
        log = self.costs(
            con, (date(2025, 6, 1), "acquisition", 1000), (date(2025, 7, 1), "acquisition", 5), (date(2026, 6, 1), "retention", 3),
            (date(2026, 6, 1), "other", 500), (date(2026, 7, 1), "acquisition", 1000),
        )  # fmt: skip
        assert service.acquisition_retention(log, as_of=date(2026, 6, 15)) == service.Spending(5.0, 3.0, 2)

    @pytest.mark.parametrize("day", [date(2024, 12, 31), date(2025, 12, 31), date(2024, 1, 1), date(2024, 2, 29)])
    def test_always_twelve_months(self, con: Any, day: date) -> None:
        """On the last day of a leap year, too, a year has twelve months."""
        months = [date(y, m, 1) for y in (2022, 2023, 2024, 2025) for m in range(1, 13)]
        log = self.costs(con, *[(month, "acquisition", 1.0) for month in months])
        assert service.acquisition_retention(log, as_of=day) == service.Spending(12.0, 0.0, 12)

    def test_nothing_recorded(self, con: Any) -> None:
        """Without a month of costs nothing is said."""
        assert service.acquisition_retention(self.costs(con), as_of=END) == NotEnough(0, 1, "months")
