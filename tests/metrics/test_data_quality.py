"""How far the data can be trusted: gaps, amounts, strange customers, what can be told, and the grade."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

import businesses
import ibis
import pyarrow as pa
import pytest
from businesses import Sale
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import tables
from helpers.intake import Quality
from helpers.metrics.quality import REQUIREMENTS, Basis, Held, assess, grade, possible, suspects
from helpers.metrics.quality.amounts import Amounts, Extremes, amounts, lines
from helpers.metrics.quality.calendar import Gap, calendar
from helpers.metrics.quality.grade import LIMITS
from helpers.metrics.quality.identified import coverage, identified
from helpers.metrics.quality.possible import Lack, held
from helpers.metrics.quality.suspects import Suspects, weigh
from helpers.metrics.uncertainty import NotEnough, Rate, wilson

START = date(2025, 1, 6)  # a Monday
END = START + timedelta(days=363)


def days(first: date, last: date) -> list[date]:
    """Every day from first to last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def one_a_day(open_on: Iterable[date]) -> list[Sale]:
    """One anonymous order on each of these days."""
    return [Sale(None, datetime.combine(day, time(9)), 100.0) for day in open_on]


@pytest.fixture
def con() -> Any:
    """An empty engine."""
    return ibis.duckdb.connect()


class TestCalendar:
    """Silences against the business's own pattern."""

    def test_a_day_off_is_no_gap(self, con: Any) -> None:
        """A shop closed on Mondays has no gaps, and the day off is named."""
        table = businesses.table(con, one_a_day(day for day in days(START, END) if day.weekday() != 0))
        found = calendar(table, as_of=END)
        assert (found.gaps, found.days_off) == ((), (1,))
        assert found.expected == 51 * 6 + 6  # the first Monday lies before the first order

    def test_a_closed_fortnight_is_one(self, con: Any) -> None:
        """Two weeks without orders are one gap of twelve days, the two Mondays off not counted."""
        closed = set(days(date(2025, 6, 2), date(2025, 6, 15)))
        open_on = (day for day in days(START, END) if day.weekday() != 0 and day not in closed)
        found = calendar(businesses.table(con, one_a_day(open_on)), as_of=END)
        assert found.gaps == (Gap(date(2025, 6, 3), date(2025, 6, 15), 12),)
        assert found.gap_share == pytest.approx(12 / found.expected)

    def test_a_single_missing_day_is_seen(self, con: Any) -> None:
        """Where there are orders on every other day of a year, one day without is worth asking about."""
        open_on = (day for day in days(START, END) if day != date(2025, 9, 10))
        found = calendar(businesses.table(con, one_a_day(open_on)), as_of=END)
        assert found.gaps == (Gap(date(2025, 9, 10), date(2025, 9, 10), 1),)

    def test_a_holiday_explains_its_silence(self, con: Any) -> None:
        """Closed around Tết is a gap only for who does not know of Tết."""
        closed = days(date(2025, 1, 27), date(2025, 2, 2))
        table = businesses.table(con, one_a_day(day for day in days(START, END) if day not in closed))
        assert calendar(table, as_of=END).gap_days == 7
        assert calendar(table, as_of=END, holidays=closed).gaps == ()
        # what is closed beyond the holiday still counts
        assert calendar(table, as_of=END, holidays=closed[:4]).gaps == (Gap(closed[4], closed[6], 3),)

    def test_an_export_that_ends_early(self, con: Any) -> None:
        """Ten silent days before the day looked at are a gap."""
        table = businesses.table(con, one_a_day(days(START, END - timedelta(days=10))))
        assert calendar(table, as_of=END).gaps == (Gap(END - timedelta(days=9), END, 10),)

    def test_a_slow_beginning_is_no_gap(self, con: Any) -> None:
        """Orders every fourth day in the first half year, every day later: growth, not missing data."""
        half = START + timedelta(days=180)
        open_on = [day for day in days(START, END) if day >= half or (day - START).days % 4 == 0]
        assert calendar(businesses.table(con, one_a_day(open_on)), as_of=END).gaps == ()

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
    def test_chance_is_not_called_a_gap(self, con: Any, share: float) -> None:
        """Of 25 businesses whose orders fall on random days, at most two show a gap."""
        draw = random.Random(11)
        wrong = 0
        for _ in range(25):
            open_on = [START, *(day for day in days(START, END) if draw.random() < share)]
            wrong += bool(calendar(businesses.table(con, one_a_day(dict.fromkeys(open_on))), as_of=END).gaps)
        assert wrong <= 2

    def test_no_orders_no_calendar(self, con: Any) -> None:
        """Nothing to look at is no fault."""
        found = calendar(businesses.table(con, []), as_of=END)
        assert (found.first_day, found.gap_share) == (None, 0.0)


class TestIdentified:
    """Whom the orders name."""

    def test_by_branch_and_in_all(self, con: Any) -> None:
        """Twelve orders in Q1 of which nine name their customer, eleven in Q2 that name nobody; all with n."""
        at = datetime(2025, 5, 1, 9)
        rows = [Sale("a" if n < 9 else None, at, 10.0, "Q1") for n in range(12)]
        rows += [Sale(None, at, 20.0, "Q2") for _ in range(11)]
        table = businesses.table(con, rows)
        first, second = identified(table, as_of=END, by="branch")
        assert (first.group, first.orders, first.revenue, first.revenue_share) == ("Q1", wilson(9, 12), 120.0, 0.75)
        assert (second.group, second.orders, second.revenue_share) == ("Q2", wilson(0, 11), 0.0)
        (whole,) = identified(table, as_of=END)
        assert (whole.group, whole.orders) == (None, wilson(9, 23))
        assert whole.revenue_share == pytest.approx(90 / 340)

    def test_few_orders_give_no_rate(self, con: Any) -> None:
        """Nine orders of a branch are too few for a share."""
        (one,) = identified(
            businesses.table(con, [Sale("a", datetime(2025, 5, 1), 1.0, "Q1")] * 9), as_of=END, by="branch"
        )
        assert one.orders == NotEnough(9, 10)

    def test_nothing_to_tell_apart(self, con: Any) -> None:
        """A file without branches has no shares by branch."""
        assert identified(businesses.table(con, one_a_day([START])), as_of=END, by="branch") == ()

    def test_who_can_be_reached(self, con: Any) -> None:
        """Twelve buyers, ten with a phone, six with an e-mail, eleven with either; a person without orders is not counted."""
        orders = businesses.table(con, [Sale(f"c{n}", datetime(2025, 5, 1), 1.0) for n in range(12)])
        people = businesses.made(
            con,
            {
                "customer_id": pa.array([*(f"c{n}" for n in range(12)), "x"]),
                "phone": pa.array([*(f"09{n}" for n in range(10)), None, None, "09x"]),
                "email": pa.array([*(f"{n}@x.vn" for n in range(5)), *[None] * 6, "z@x.vn", "y@x.vn"]),
            },
        )
        found = coverage(orders, people)
        assert (found.phone, found.email, found.either) == (wilson(10, 12), wilson(6, 12), wilson(11, 12))


class TestAmounts:
    """Amounts unlike the business's own."""

    def test_slipped_zeros_are_found(self, con: Any) -> None:
        """Among a hundred orders around 50,000, one of 50 million and one of 50 are extreme; zero and minus are counted apart."""
        draw = random.Random(3)
        money = [round(50_000 * draw.lognormvariate(0, 0.4)) for _ in range(100)]
        rows = [Sale(None, datetime(2025, 5, 1), float(m)) for m in [*money, 50_000_000, 50, 0, 0, -70_000]]
        found = amounts(businesses.table(con, rows), as_of=END)
        assert (found.orders, found.zero, found.negative) == (105, 2, 1)
        assert isinstance(found.extremes, Extremes)
        assert (found.extremes.too_high, found.extremes.too_low) == (1, 1)
        assert found.extremes.high_revenue_share == pytest.approx(50_000_000 / (sum(money) + 50_000_050))

    def test_one_price_for_all(self, con: Any) -> None:
        """Where everybody pays the same, twice as much is no fault; a hundred times as much is."""
        rows = [Sale(None, datetime(2025, 5, 1), m) for m in [*[500.0] * 40, 1000.0, 50_000.0]]
        found = amounts(businesses.table(con, rows), as_of=END).extremes
        assert isinstance(found, Extremes)
        assert (found.too_high, found.too_low, found.median) == (1, 0, pytest.approx(500.0))

    def test_few_orders_are_not_judged(self, con: Any) -> None:
        """Twenty orders know no usual amount."""
        found = amounts(businesses.table(con, [Sale(None, datetime(2025, 5, 1), 5.0)] * 20), as_of=END)
        assert found == Amounts(20, 0, 0, NotEnough(20, 30, "orders"))

    def test_prices_of_a_product(self, con: Any) -> None:
        """A tea at ten times its price and one for nothing are seen; a dear product is not odd."""
        price = [*[20.0] * 8, 201.0, 0.0, *[900.0] * 6]
        columns = {
            "ordered_at": pa.array([datetime(2025, 5, 1)] * 16),
            "product_id": pa.array([None] * 16, pa.string()),
            "product": pa.array([*["tea"] * 10, *["cake"] * 6]),
            "unit_price": pa.array(price),
            "quantity": pa.array([*[1.0] * 15, 0.0]),
        }
        found = lines(businesses.made(con, columns), as_of=END)
        assert found is not None
        assert (found.lines, found.odd_price, found.zero_price, found.zero_quantity) == (16, 1, 1, 1)

    def test_a_file_without_prices(self, con: Any) -> None:
        """Nothing is said about prices that are not there."""
        columns = {
            "ordered_at": pa.array([datetime(2025, 5, 1)]), "product_id": pa.array(["a"]), "product": pa.array(["tea"]),
            "unit_price": pa.array([None], pa.float64()), "quantity": pa.array([1.0]),
        }  # fmt: skip
        assert lines(businesses.made(con, columns), as_of=END) is None


def regulars(count: int = 60, every: int = 12) -> list[Sale]:
    """Customers who come about every twelve days for a year, each a little differently."""
    return [
        Sale(f"c{n}", datetime.combine(START + timedelta(days=day), time(9)), 100.0)
        for n in range(count)
        for day in range(n % every, 364, every + n % 5)
    ]


class TestSuspects:
    """Codes that are probably no single customer."""

    def test_an_ordinary_business_has_none(self, con: Any) -> None:
        """Regulars who come a little more or less often are not accused."""
        assert weigh(suspects(businesses.table(con, regulars()), as_of=END)) == Suspects(0, {}, 0.0, 0.0)

    def test_staff_reseller_and_common_code(self, con: Any) -> None:
        """Each is found for its own reason: buys every day, holds a tenth of all orders, bought under seven names."""
        plain = regulars(300)
        rows = [
            *plain,
            *(Sale("staff", datetime.combine(day, time(8)), 20.0) for day in days(START, END) if day.weekday() < 6),
        ]
        rows += [Sale("bulk", datetime.combine(START + timedelta(days=10 * n), time(8)), 30_000.0) for n in range(30)]
        aliases = businesses.made(
            con, {"customer_id": pa.array(["c7", "c8"]), "names": pa.array([7, 2]), "phones": pa.array([1, 4])}
        )
        found = suspects(businesses.table(con, rows), as_of=END, aliases=aliases)
        assert not isinstance(found, NotEnough)
        reasons = {row["customer_id"]: row["reason"] for row in found.to_pyarrow().to_pylist()}
        assert reasons == {"c7": "many_names", "bulk": "bulk", "staff": "daily"}
        weight = weigh(found)
        assert isinstance(weight, Suspects)
        assert (weight.customers, weight.by_reason) == (3, {"bulk": 1, "daily": 1, "many_names": 1})
        held_by = [row for row in rows if row.customer in ("c7", "bulk", "staff")]
        assert weight.order_share == pytest.approx(len(held_by) / len(rows))

    def test_a_large_buyer_of_a_wholesaler_is_a_large_buyer(self, con: Any) -> None:
        """Where buyers are of all sizes the largest is one of them, though he brings a tenth of the money; a code for everybody is not."""
        sizes = random.Random(4)
        rows = [
            Sale(row.customer, row.at, row.money * size)
            for name, group in groupby(regulars(260, every=60), key=lambda row: row.customer)
            for size in [sizes.lognormvariate(0, 1.3)]
            for row in group
        ]
        total = sum(row.money for row in rows)
        rows += [
            Sale("large", datetime.combine(START + timedelta(days=7 * n), time(8)), total / 400) for n in range(50)
        ]
        everybody = [
            Sale("walk-in", datetime.combine(day, time(hour)), 100.0) for day in days(START, END) for hour in (8, 9)
        ]
        found = suspects(businesses.table(con, rows), as_of=END)
        assert weigh(found) == Suspects(0, {}, 0.0, 0.0)
        found = suspects(businesses.table(con, [*rows, *everybody]), as_of=END)
        assert not isinstance(found, NotEnough)
        assert [(row["customer_id"], row["reason"]) for row in found.to_pyarrow().to_pylist()] == [("walk-in", "bulk")]

    def test_everybody_comes_daily(self, con: Any) -> None:
        """In a canteen where all come every working day nobody stands out."""
        rows = [
            Sale(f"c{n}", datetime.combine(day, time(12)), 50.0)
            for n in range(40)
            for day in days(START, START + timedelta(days=90))
            if day.weekday() < 5
        ]
        assert weigh(suspects(businesses.table(con, rows), as_of=END)) == Suspects(0, {}, 0.0, 0.0)

    def test_few_customers_are_not_compared(self, con: Any) -> None:
        """With a dozen customers the largest is simply the largest."""
        assert suspects(businesses.table(con, regulars(12)), as_of=END) == NotEnough(12, 20)


NOTHING = Held((), 0, 0, 0)
EVERYTHING = Held(tuple(sorted({f for one in REQUIREMENTS for f in one.fields})), 10_000, 5_000, 1_000)


class TestPossible:
    """What can be told, from one list of requirements."""

    def test_the_list_names_real_columns(self) -> None:
        """Each requirement has its own id, asks for something, and names columns of the canonical tables."""
        assert len({one.metric for one in REQUIREMENTS}) == len(REQUIREMENTS)
        for one in REQUIREMENTS:
            assert one.fields or one.customers or one.repeaters or one.campaigns, one.metric
            for field in one.fields:
                table, column = field.split(".")
                assert column in tables.SCHEMAS[table], field

    def test_with_everything_all_can_be_told(self) -> None:
        """Nothing is missing where everything is there; with nothing, nothing can be told."""
        assert [one.metric for one in possible(EVERYTHING, campaigns=1) if one.lacks] == []
        assert [one.metric for one in possible(NOTHING) if not one.lacks] == []

    @pytest.mark.parametrize("field", EVERYTHING.fields)
    def test_each_column_is_needed(self, field: str) -> None:
        """Without one column exactly the questions that rest on it fall, and the reason names it."""
        without = replace(EVERYTHING, fields=tuple(f for f in EVERYTHING.fields if f != field))
        fallen = {one.metric: one.lacks for one in possible(without, campaigns=1) if one.lacks}
        assert set(fallen) == {one.metric for one in REQUIREMENTS if field in one.fields}
        table = field.split(".")[0]
        alone = not any(f.startswith(f"{table}.") for f in without.fields) and table not in ("orders", "order_lines")
        assert set(fallen.values()) == {(Lack("table", table),) if alone else (Lack("field", field),)}

    def test_numbers_that_are_too_small(self) -> None:
        """Sixty customers in eighty days: what it takes and what is there stand side by side."""
        found = {one.metric: one.lacks for one in possible(replace(EVERYTHING, customers=60, days=80), campaigns=1)}
        assert found["repeat_rate"] == (Lack("days", have=80, need=90),)
        assert found["models"] == (Lack("customers", have=60, need=100), Lack("days", have=80, need=90))
        assert found["ratings"] == ()

    def test_a_table_without_values_holds_nothing(self, con: Any) -> None:
        """A complaints book whose column for the first answer is empty does not answer how fast answers are."""
        columns = {
            name: pa.array([datetime(2025, 5, 1) if name == "opened_at" else None], kind.to_pyarrow())
            for name, kind in tables.OPTIONAL["tickets"].items()
        }
        found = held({"tickets": businesses.made(con, columns)}, as_of=END, customers=0, repeaters=0, days=0)
        assert found.fields == ("tickets.opened_at",)


GOOD = Basis(customers=500, known_share=0.9, days=500, faulty_share=0.0, gap_share=0.0, extreme_share=0.0)
BASES = st.builds(
    Basis, st.integers(0, 400), st.floats(0, 1), st.integers(0, 800), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)
)


class TestGrade:
    """A to D."""

    def test_good_data_earn_an_a(self) -> None:
        """Nothing stands in the way."""
        assert (grade(GOOD).mark, grade(GOOD).reasons) == ("A", ())

    @pytest.mark.parametrize(
        ("change", "mark"),
        [
            ({"customers": 100}, "A"), ({"customers": 99}, "D"),
            ({"known_share": 0.8}, "A"), ({"known_share": 0.79}, "B"), ({"known_share": 0.49}, "C"), ({"known_share": 0.19}, "D"),
            ({"days": 364}, "B"), ({"days": 181}, "C"),
            ({"faulty_share": 0.11}, "B"), ({"faulty_share": 0.31}, "C"),
            ({"gap_share": 0.03}, "B"), ({"gap_share": 0.11}, "C"),
            ({"extreme_share": 0.2}, "B"), ({"extreme_share": 0.4}, "C"),
        ],
    )  # fmt: skip
    def test_each_limit(self, change: dict[str, float], mark: str) -> None:
        """Every limit alone lowers the grade, once it is crossed, and is given as the reason."""
        found = grade(replace(GOOD, **change))
        assert found.mark == mark
        assert [reason.of for reason in found.reasons] == ([] if mark == "A" else list(change))

    def test_the_worst_reason_comes_first(self) -> None:
        """All reasons are told, the one that decides before the others."""
        found = grade(replace(GOOD, known_share=0.7, days=100))
        assert [(reason.of, reason.mark) for reason in found.reasons] == [("days", "C"), ("known_share", "B")]

    @given(BASES, BASES)
    def test_worse_data_never_grade_better(self, one: Basis, other: Basis) -> None:
        """Whatever is taken to its worse value of two, the grade does not rise."""
        worst = {
            limit.of: (min if limit.worse == "less" else max)(getattr(one, limit.of), getattr(other, limit.of))
            for limit in LIMITS
        }
        assert grade(replace(one, **worst)).mark >= max(grade(one).mark, grade(other).mark)


def account(kept: int, faulty: int) -> Quality:
    """An intake's account of so many rows kept and set aside."""
    return Quality(
        rows_read=kept + faulty, rows_kept=kept, rows_rejected=faulty, amount_read=0, amount_kept=0, amount_rejected=0,
        rejected_by_reason={"bad_date": faulty} if faulty else {}, sources=(), orders=kept, customers=0,
        anonymous_order_share=None, anonymous_revenue_share=None, phone_coverage=None, email_coverage=None, currencies=(),
        day_first={},
    )  # fmt: skip


def assessed(con: Any, rows: list[Sale], faulty: int = 0) -> Any:
    """The assessment of these orders, with so many further rows that could not be read."""
    empty = {name: schema for name, schema in tables.SCHEMAS.items() if name in ("order_lines", "people", "rejects")}
    made = {
        name: businesses.made(con, {c: pa.array([], kind.to_pyarrow()) for c, kind in schema.items()})
        for name, schema in empty.items()
    }
    return assess(
        tables.Tables(businesses.table(con, rows), optional={}, **made), account(len(rows), faulty), as_of=END
    )


class TestAssessment:
    """Everything at once."""

    def test_a_good_year(self, con: Any) -> None:
        """A year of named orders on every day earns an A – but for the last day short of a year."""
        found = assessed(con, regulars(150))
        assert found.basis == Basis(150, 1.0, 364, 0.0, 0.0, 0.0)
        assert [reason.of for reason in found.grade.reasons] == ["days"]
        assert isinstance(found.identified.orders, Rate)

    def test_suspicious_codes_are_not_counted_as_known(self, con: Any) -> None:
        """A common code with a third of the revenue lowers the share that can be followed, and the head-count."""
        rows = regulars(150)
        extra = [
            Sale("ALL", datetime.combine(day, time(9)), sum(r.money for r in rows) / 2 / 364)
            for day in days(START, END)
        ]
        found = assessed(con, [*rows, *extra])
        assert (found.basis.customers, found.basis.known_share) == (150, pytest.approx(2 / 3))

    @settings(max_examples=8, deadline=None)
    @given(st.sets(st.integers(0, 149)), st.sets(st.integers(0, 149)), st.integers(0, 3000), st.integers(0, 200))
    def test_spoiling_data_never_improves_the_grade(
        self, first: set[int], more: set[int], faulty: int, lost_days: int
    ) -> None:
        """Names taken off orders, rows made unreadable, the first months lost: the grade stays or falls."""
        engine = ibis.duckdb.connect()

        def spoilt(nameless: set[int], lost: int) -> list[Sale]:
            taken = {f"c{n}" for n in nameless}
            rows = [row for row in regulars(150) if (row.at.date() - START).days >= lost]
            return [row._replace(customer=None) if row.customer in taken else row for row in rows]

        before = assessed(engine, spoilt(first, 0)).grade.mark
        assert assessed(engine, spoilt(first | more, lost_days), faulty).grade.mark >= before
