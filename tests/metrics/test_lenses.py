"""The five lenses of the customer-base audit, and the identity that holds them together."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from businesses import OPENING, Sale, businesses, purchase_days, table
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.metrics import lenses
from helpers.metrics.lenses.factors import two_latest
from helpers.metrics.uncertainty import NotEnough, Rate

END = date(2025, 12, 31)
ANY_DAY = st.integers(60, 420)


def regulars(count: int, days: list[int], money: float = 10.0, name: str = "c") -> list[Sale]:
    """Customers who all come on the same days before the end."""
    at = [datetime.combine(END - timedelta(days=d), datetime.min.time()) for d in days]
    return [Sale(f"{name}{i:03d}", moment, money) for i in range(count) for moment in at]


def revenue_between(found: list[Sale], start: date, end: date) -> float:
    """What known customers spent from one day to another."""
    return sum(s.money for s in found if s.customer is not None and start <= s.at.date() <= end)


class TestFactors:
    """revenue = customers × share active × orders per active × revenue per order."""

    @given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**7), st.floats(-1e12, 1e15))
    def test_the_identity_is_exact(self, customers: int, active: int, orders: int, revenue: float) -> None:
        """In exact arithmetic the product of the ratios is the revenue itself, not nearly the revenue."""
        made = lenses.Factors(customers, min(active, customers), orders, revenue)
        assert made.reconciled() == Fraction(revenue)

    def test_nothing(self) -> None:
        """No customers, no ratios, no fault."""
        made = lenses.Factors(0, 0, 0, 0.0)
        assert (made.active_share, made.orders_per_active, made.revenue_per_order, made.reconciled()) == (0, 0, 0, 0)

    def test_effects_by_head(self) -> None:
        """Twice the customers, all else equal: the whole change is theirs."""
        found = lenses.effects(lenses.Factors(100, 50, 100, 1000.0), lenses.Factors(200, 100, 200, 2000.0))
        assert found == {
            "customers": pytest.approx(1000.0), "active_share": 0.0, "orders_per_active": 0.0, "revenue_per_order": 0.0,
        }  # fmt: skip

    @given(*[st.tuples(st.integers(1, 900), st.integers(1, 900), st.integers(1, 9000), st.integers(1, 10**9))] * 2)
    def test_effects_add_up(self, one: tuple[int, ...], two: tuple[int, ...]) -> None:
        """The four contributions are the change in revenue, to the last đồng."""
        before, after = (lenses.Factors(max(c, a), a, o, float(r)) for c, a, o, r in (one, two))
        found = lenses.effects(before, after)
        assert found is not None
        assert sum(found.values()) == pytest.approx(after.revenue - before.revenue, abs=1e-3)

    def test_no_revenue_no_effects(self) -> None:
        """A period without revenue cannot be taken apart."""
        assert lenses.effects(lenses.Factors(1, 0, 0, 0.0), lenses.Factors(1, 1, 1, 5.0)) is None


class TestPeriods:
    """Which days are compared."""

    def test_two_years_of_whole_weeks(self, con: Any) -> None:
        """With long history: 52 weeks to the last day and the 52 before them."""
        before, after = two_latest(table(con, regulars(1, [900, 0])), as_of=END) or (None, None)
        assert after == lenses.Period(date(2025, 1, 2), END)
        assert before == lenses.Period(date(2024, 1, 4), date(2025, 1, 1))
        assert after is not None
        assert after.whole_year

    def test_less_history_is_halved_in_whole_weeks(self, con: Any) -> None:
        """100 days are twice seven weeks; 55 days are too few."""
        before, after = two_latest(table(con, regulars(1, [99, 0])), as_of=END) or (None, None)
        assert (before and before.days, after and after.days) == (49, 49)
        assert two_latest(table(con, regulars(1, [54, 0])), as_of=END) is None


class TestOnePeriod:
    """Lens 1."""

    def test_by_head(self, con: Any) -> None:
        """Nine customers with one order of 10 and one with three of 70: the top tenth brings 210 of 300."""
        found = lenses.one_period(
            table(con, [*regulars(9, [5]), *regulars(1, [1, 2, 3], 70.0, "big")]), as_of=END, margin=0.5
        )
        assert isinstance(found, lenses.OnePeriod)
        assert found.factors == lenses.Factors(10, 10, 12, 300.0)
        assert found.profit == 150.0
        assert found.deciles["revenue"].tolist() == [210.0] + [10.0] * 9
        assert found.by_orders["customers"].tolist() == [9, 0, 1, 0, 0, 0]
        assert found.by_orders["revenue"].tolist() == [90.0, 0.0, 210.0, 0.0, 0.0, 0.0]
        assert isinstance(found.once, Rate)
        assert (found.once.k, found.once.n) == (9, 10)

    def test_nine_customers_have_no_tenths(self, con: Any) -> None:
        """Below ten active customers nothing is said; those of years ago are not active."""
        assert lenses.one_period(table(con, regulars(9, [5])), as_of=END) == NotEnough(9, 10)
        old = [*regulars(9, [5]), *regulars(50, [900], name="old")]
        assert lenses.one_period(table(con, old), as_of=END) == NotEnough(9, 10)

    @given(businesses(days=400, largest=60, people=14), ANY_DAY)
    @settings(max_examples=10, deadline=None)
    def test_every_part_adds_up(self, con: Any, found: list[Sale], until: int) -> None:
        """Whatever the business: classes and tenths hold every customer, order and đồng once, and the identity is exact."""
        end = OPENING + timedelta(days=until)
        made = lenses.one_period(table(con, found), as_of=end)
        if isinstance(made, NotEnough):
            return
        total = revenue_between(found, made.period.start, end)
        assert made.factors.revenue == total
        assert made.factors.reconciled() == Fraction(total)
        for parts in (made.by_orders, made.deciles):
            assert parts["customers"].sum() == made.factors.active
            assert parts["revenue"].sum() == total
        assert made.deciles["orders"].sum() == made.factors.orders


class TestTwoPeriods:
    """Lens 2."""

    def test_by_head(self, con: Any) -> None:
        """100 days, so 49 against 49: lost, down, level, up, returned and new, one or more of each."""
        found = [
            *regulars(12, [60], 10.0, "lost"),
            *regulars(1, [60, 61], 10.0, "down"), *regulars(1, [10], 10.0, "down"),
            *regulars(1, [60, 10], 10.0, "level"),
            *regulars(1, [60], 10.0, "up"), *regulars(1, [10], 15.0, "up"),
            *regulars(1, [99, 10], 7.0, "returned"),
            *regulars(2, [10], 4.0, "new"),
        ]  # fmt: skip
        made = lenses.two_periods(table(con, found), as_of=END)
        assert isinstance(made, lenses.TwoPeriods)
        assert {b.group: (b.customers, b.change) for b in made.bridge} == {
            "lost": (12, -120.0), "down": (1, -10.0), "level": (1, 0.0), "up": (1, 5.0), "returned": (1, 7.0), "new": (2, 8.0),
        }  # fmt: skip
        assert isinstance(made.kept, Rate)
        assert (made.kept.k, made.kept.n) == (3, 15)
        assert made.factors_before == lenses.Factors(16, 15, 16, 160.0)
        assert made.factors_after == lenses.Factors(18, 6, 6, 50.0)

    def test_migration_by_head(self, con: Any) -> None:
        """Three who spend 30, 20, 10 turn round to 10, 20, 30: the first third becomes the last."""
        found = []
        for name, was, now in (("a", 30.0, 10.0), ("b", 20.0, 20.0), ("c", 10.0, 30.0)):
            found += [*regulars(1, [60], was, name), *regulars(1, [10], now, name)]
        made = lenses.two_periods(table(con, [*found, *regulars(1, [99], 1.0, "before")]), as_of=END)
        assert isinstance(made, lenses.TwoPeriods)
        table_ = made.migration
        assert (table_.loc["high", "low"], table_.loc["middle", "middle"], table_.loc["low", "high"]) == (1, 1, 1)
        assert table_.to_numpy().sum() == 3

    @given(businesses(days=400, largest=60, people=9), ANY_DAY)
    @settings(max_examples=12, deadline=None)
    def test_the_bridge_holds(self, con: Any, found: list[Sale], until: int) -> None:
        """Whatever the business: the groups explain the change in revenue to the last đồng, and nobody is in two groups."""
        end = OPENING + timedelta(days=until)
        made = lenses.two_periods(table(con, found), as_of=end)
        if isinstance(made, NotEnough):
            return
        then, now = (revenue_between(found, p.start, p.end) for p in (made.before, made.after))
        assert (made.factors_before.revenue, made.factors_after.revenue) == (then, now)
        assert sum(b.change for b in made.bridge) == now - then
        count = {b.group: b.customers for b in made.bridge}
        stayed = count["up"] + count["down"] + count["level"]
        assert stayed + count["lost"] == made.factors_before.active
        assert stayed + count["new"] + count["returned"] == made.factors_after.active
        assert made.migration.to_numpy().sum() == sum(count.values())
        assert made.migration.loc["none"].sum() == count["new"] + count["returned"]
        for each in (made.factors_before, made.factors_after):
            assert each.reconciled() == Fraction(each.revenue)

    def test_too_young(self, con: Any) -> None:
        """A month of data has nothing to compare."""
        assert lenses.two_periods(table(con, regulars(20, [30, 0])), as_of=END) == NotEnough(0, 2, "periods")


class TestGrid:
    """The cells behind lenses 3, 4 and 5."""

    def test_quarters_by_head(self, con: Any) -> None:
        """Two years: a customer of the first quarter comes again in the third; unfinished quarters are missing, quiet ones zero."""
        days = [(date(2024, 1, 1), 1), (date(2024, 2, 5), 2), (date(2024, 7, 4), 4), (date(2025, 11, 30), 8)]
        found = [Sale("An", datetime.combine(day, datetime.min.time()), float(money)) for day, money in days]
        made = lenses.grid(table(con, found), as_of=date(2025, 11, 30))
        assert made.step == 3
        assert made.matrix("revenue").loc[date(2024, 1, 1)].tolist() == [3.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0]
        assert made.matrix("orders", "calendar").columns.tolist()[-1] == date(2025, 7, 1)

    @given(businesses(days=500, largest=50, people=9), ANY_DAY, st.sampled_from([1, 3]))
    @settings(max_examples=12, deadline=None)
    def test_against_counting_one_by_one(self, con: Any, found: list[Sale], until: int, step: int) -> None:
        """Whatever the business: cells, layers and the identity of lens 5 equal a loop over its receipts."""
        end = OPENING + timedelta(days=until)
        made = lenses.grid(table(con, found), as_of=end, step=step)

        def period(day: date) -> date:
            return date(day.year, (day.month - 1) // step * step + 1, 1)

        people, money, receipts = defaultdict(set), defaultdict(float), defaultdict(int)
        for who, days in purchase_days(found, end).items():
            for day, sales in days.items():
                cell = (period(min(days)), period(day))
                people[cell].add(who)
                receipts[cell] += len(sales)
                money[cell] += sum(s.money for s in sales)
        for row in made.cells.to_dict("records"):
            cell = (row["cohort"], row["period"])
            assert (row["customers"], row["orders"], row["revenue"]) == (
                len(people[cell]), receipts[cell], money[cell],
            )  # fmt: skip
        assert made.cells["revenue"].sum() == sum(money.values())
        base = lenses.whole_base(made)
        for factors, (_, layer) in zip(base.factors, base.layers.iterrows(), strict=True):
            assert layer.sum() == factors.revenue
            assert factors.reconciled() == Fraction(factors.revenue)

    def test_nobody(self, con: Any) -> None:
        """Without known customers every lens says so instead of failing."""
        orders = table(con, [Sale(None, datetime(2025, 1, 1), 5.0)])
        made = lenses.grid(orders, as_of=END)
        assert made.matrix().empty
        assert lenses.one_cohort(made) == NotEnough(0, 30)
        assert lenses.second_purchase(orders, made).cohorts == ()
        assert lenses.whole_base(made).from_new is None
        assert lenses.one_period(orders, as_of=END) == NotEnough(0, 10)
        assert isinstance(lenses.two_periods(orders, as_of=END), NotEnough)

    def test_online_retail(self, retail: Any) -> None:
        """On real data the layers of the complete months add up to what known customers spent in them."""
        made = lenses.grid(retail, as_of=date(2011, 12, 9), step=1)
        first = made.matrix("customers").loc[date(2010, 12, 1)]
        assert first.tolist() == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445]
        base = lenses.whole_base(made)
        december = retail.filter(retail.customer_id.notnull() & (retail.ordered_at >= date(2011, 12, 1)))
        rest = december.net_revenue.sum().to_pyarrow().as_py()
        assert base.layers.to_numpy().sum() + rest == pytest.approx(8_911_407.904, abs=1e-3)


class TestOneCohort:
    """Lens 3."""

    def test_by_head(self, con: Any) -> None:
        """Forty newcomers of April: ten are back in May with two orders each, none in June."""
        start = datetime(2025, 1, 1, 9)
        found = [Sale("old", start + timedelta(days=i), 1.0) for i in range(211)]
        found += [Sale(f"c{i}", datetime(2025, 4, 5), 10.0) for i in range(40)]
        found += [Sale(f"c{i}", datetime(2025, 5, day), 10.0) for i in range(10) for day in (3, 4)]
        made = lenses.one_cohort(lenses.grid(table(con, found), as_of=date(2025, 7, 30)))
        assert isinstance(made, lenses.OneCohort)
        assert (made.cohort, made.step, made.customers) == (date(2025, 4, 1), 1, 40)
        assert made.periods[["since", "active", "orders", "revenue"]].to_numpy().tolist() == [
            [1, 10, 20, 200],
            [2, 0, 0, 0],
        ]
        assert made.factors(1) == lenses.Factors(40, 10, 20, 200.0)
        assert isinstance(made.still, Rate)
        assert (made.still.k, made.still.n) == (0, 40)

    def test_customers_from_before_the_data_are_not_newcomers(self, con: Any) -> None:
        """The large first cohort of an export is made of old customers and is not followed as new ones."""
        found = [Sale(f"old{i}", datetime(2025, 1, 2), 1.0) for i in range(500)]
        assert isinstance(lenses.one_cohort(lenses.grid(table(con, found), as_of=date(2025, 7, 30))), NotEnough)


class TestSecondPurchase:
    """Lens 4."""

    @staticmethod
    def world(con: Any, shares: dict[int, int]) -> lenses.SecondPurchase:
        """A shop open since January; per month 100 newcomers, of whom so many come again after 20 days."""
        found = [Sale("old", datetime(2025, 1, 1, 9) + timedelta(days=i), 1.0) for i in range(364)]
        for month, back in shares.items():
            for i in range(100):
                found.append(Sale(f"{month}-{i}", datetime(2025, month, 5), 10.0))
                if i < back:
                    found.append(Sale(f"{month}-{i}", datetime(2025, month, 25), 10.0))
        orders = table(con, found)
        return lenses.second_purchase(orders, lenses.grid(orders, as_of=date(2025, 12, 30)))

    def test_a_fall_is_seen(self, con: Any) -> None:
        """Fifty of a hundred come back in spring, twenty in September: newer customers return less, and that is no noise."""
        made = self.world(con, {4: 50, 5: 50, 6: 50, 9: 20})
        assert [c.by_day[30].k for c, _ in made.readable if isinstance(c.by_day[30], Rate)] == [50, 50, 50, 20]
        assert made.change is not None
        assert made.change.value == pytest.approx(-0.3)
        assert made.change.high < 0

    def test_what_was_not_followed_is_missing(self, con: Any) -> None:
        """Newcomers of November have not been followed for 90 days at the end of December, but for 30."""
        made = self.world(con, {4: 50, 11: 10})
        assert set(made.cohorts[-1].by_day) == {30}
        assert [c.cohort.month for c, _ in made.readable] == [4]
        assert made.change is None
