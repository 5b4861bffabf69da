"""Tenure curves and renewals."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import ibis
import pytest
from businesses import made
from contracts import Contract, subscriptions, written

from helpers.metrics import tenure
from helpers.metrics.contracts import paid_contracts
from helpers.metrics.survival import Survival, kaplan_meier
from helpers.metrics.tenure import Present, Renewals
from helpers.metrics.uncertainty import NotEnough, rate

END = date(2026, 6, 30)


class TestTenure:
    """How long a first membership lasts."""

    def test_by_plan_and_only_the_first_time(self, con: Any) -> None:
        """Ten on gold stay, five of ten on silver leave after 100 days; a return later changes nothing about the first time."""
        day = date(2026, 1, 1)
        found = [Contract(f"g{i}", day, None, 9.0, "gold") for i in range(10)]
        found += [Contract(f"s{i}", day, day + timedelta(days=100), 5.0, "silver") for i in range(5)]
        found += [Contract("s0", day + timedelta(days=130), None, 5.0, "silver")]
        found += [Contract(f"s{i}", day, None, 5.0, "silver") for i in range(5, 10)]
        curves = tenure.tenure(paid_contracts(subscriptions(con, found), as_of=END), as_of=END)
        gold, silver = curves.plans
        assert isinstance(gold.curve, Survival)
        assert isinstance(silver.curve, Survival)
        assert (gold.plan, gold.curve.at(150), silver.curve.events) == ("gold", gold.curve.at(20), 5)
        reading = silver.curve.at(100)
        assert reading is not None
        assert reading[0] == 0.5
        assert isinstance(curves.everybody, Survival)
        assert (curves.everybody.n, curves.everybody.events) == (20, 5)

    def test_an_end_that_may_be_a_late_renewal_is_not_an_end_yet(self, con: Any) -> None:
        """Cards that ran out last week count as running up to a fortnight ago."""
        found = [Contract(f"c{i}", date(2026, 1, 1), END - timedelta(days=7), 9.0) for i in range(12)]
        curves = tenure.tenure(paid_contracts(subscriptions(con, found), as_of=END), as_of=END)
        assert isinstance(curves.everybody, Survival)
        assert (curves.everybody.events, curves.until) == (0, END - timedelta(days=14))

    def test_months_paid_and_renewals(self, con: Any) -> None:
        """28, 31 and 10 days are one month paid; 59 days two; one going for 65 days has renewed twice, for 20 days not yet."""
        text = """
            a 2026-02-01 2026-03-01 9
            b 2026-01-01 2026-02-01 9
            c 2026-01-01 2026-01-11 9
            d 2026-01-01 2026-03-01 9
            e 2026-04-12 – 9
            f 2026-05-27 – 9"""
        paid = paid_contracts(written(con, text), as_of=END)
        assert tenure.renewals(paid, as_of=END) == Renewals(lost=(3, 1), kept=(0, 1))

    def test_who_is_here(self, con: Any) -> None:
        """Two in their first month paying 9 and 7, one in the fourth paying 20 for two contracts."""
        text = "a 2026-06-10 – 9\nb 2026-06-20 – 7\nc 2026-03-20 – 12\nc 2026-05-01 – 8\nd 2026-01-01 2026-05-01 9"
        paid = paid_contracts(written(con, text), as_of=END)
        assert tenure.present(paid, as_of=END) == (Present(1, 2, 16.0, 130.0), Present(4, 1, 20.0, 400.0))


class TestKaplanMeier:
    """The curve itself."""

    def test_reading_a_quantile(self) -> None:
        """Of twenty that end after 1, 2, … 20 days without censoring half have ended by day 10."""
        found = kaplan_meier(range(1, 21), [1] * 20, [0] * 20, floor=1)
        assert isinstance(found, Survival)
        value, low, high = found.quantile(0.5)
        assert value == 10
        assert low is not None
        assert high is not None
        assert low < 10 < high

    def test_a_quantile_nobody_has_lived_to_see(self) -> None:
        """Where most are still going the median is not known, and is not made up."""
        found = kaplan_meier([5, 30], [3, 0], [0, 17])
        assert isinstance(found, Survival)
        assert found.quantile(0.5)[0] is None

    def test_too_few(self) -> None:
        """Nine durations are no curve."""
        assert kaplan_meier([1], [9], [0]) == NotEnough(9, 10)


@pytest.fixture(scope="module")
def telco(real_data: Path, con: Any) -> ibis.expr.types.Table:
    """contract, tenure and whether the customer left."""
    path = real_data / "telco" / "Telco-Customer-Churn.csv.gz"
    if not path.is_file():
        pytest.skip(f"Telco sample not found in {real_data}")
    return con.read_csv(path)


class TestTelco:
    """IBM's Telco sample: 7,043 customers with tenure in months."""

    # KaplanMeierFitter of lifelines 0.30.3 on the same file: months → share still customers with its log–log interval
    LIFELINES: ClassVar = {
        "Month-to-month": {
            1: (0.9019354838709666, 0.8921380576286736, 0.9108879555084513),
            12: (0.7030966363488644, 0.687259357620821, 0.7183040754301768),
            24: (0.5859154739046663, 0.5675542366330784, 0.6037891389325016),
            60: (0.29715813465993696, 0.2693447665395008, 0.3254388178479324),
        },
        "One year": {
            12: (0.9908082040748656, 0.9842195307701669, 0.9946534315046798),
            60: (0.8318260847306003, 0.8004685292754868, 0.8586960470949832),
        },
        "Two year": {60: (0.9861995455959075, 0.9778306225863044, 0.9914230427026912)},
    }

    def test_churn_with_its_interval(self, telco: Any) -> None:
        """1,869 of 7,043 left: 26.5 %, between 25.5 and 27.6."""
        left = telco.agg(n=telco.count(), k=(telco.Churn.cast("string").isin(["Yes", "true"])).sum())
        row = left.to_pyarrow().to_pylist()[0]
        found = rate(row["k"], row["n"])
        assert not isinstance(found, NotEnough)
        assert (found.k, found.n) == (1869, 7043)
        assert (found.value, found.low, found.high) == pytest.approx((0.2654, 0.2552, 0.2758), abs=5e-5)

    def test_tenure_by_contract_equals_lifelines(self, telco: Any) -> None:
        """For each kind of contract the curve and its interval are those of lifelines."""
        gone = telco.Churn.cast("string").isin(["Yes", "true"])
        counts = telco.group_by("Contract", "tenure").agg(ended=gone.sum(), going=(~gone).sum())
        frame = counts.order_by("Contract", "tenure").to_pandas()
        for contract, readings in self.LIFELINES.items():
            own = frame[frame["Contract"] == contract]
            curve = kaplan_meier(own["tenure"], own["ended"], own["going"])
            assert isinstance(curve, Survival)
            for months, expected in readings.items():
                assert curve.at(months) == pytest.approx(expected, abs=1e-10)

    def test_the_same_through_contracts(self, con: Any, telco: Any) -> None:
        """Written as contracts that began `tenure` days before the end, the tenure curves by plan come out the same."""
        end = date(2026, 6, 30)
        rows = telco.select("customerID", "Contract", "tenure", "MonthlyCharges", "Churn").to_pyarrow().to_pylist()
        found = [
            Contract(
                r["customerID"],
                end - timedelta(days=200 + r["tenure"]) if str(r["Churn"]) in ("Yes", "True") else end - timedelta(days=14 + r["tenure"]),
                end - timedelta(days=200) if str(r["Churn"]) in ("Yes", "True") else None,
                r["MonthlyCharges"],
                r["Contract"],
            )
            for r in rows
            if r["tenure"] > 0
        ]  # fmt: skip
        curves = tenure.tenure(paid_contracts(subscriptions(con, found), as_of=end), as_of=end)
        assert [p.plan for p in curves.plans] == ["Month-to-month", "Two year", "One year"]
        monthly = curves.plans[0].curve
        assert isinstance(monthly, Survival)
        reading = monthly.at(24)
        assert reading is not None
        assert reading[0] == pytest.approx(self.LIFELINES["Month-to-month"][24][0], abs=2e-3)


def test_tables_made_for_tests_are_not_shared(con: Any) -> None:
    """Two tables with the same columns keep their own rows."""
    import pyarrow as pa

    first, second = (made(con, {"x": pa.array([n])}) for n in (1, 2))
    assert (first.x.sum().to_pyarrow().as_py(), second.x.sum().to_pyarrow().as_py()) == (1, 2)
