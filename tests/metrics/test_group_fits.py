"""One model per group: truth recovered, the floor kept for each, and no difference read into groups that are alike."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest
from worlds import bg_nbd_world, customers_table

from helpers.metrics import bg_nbd, group_fits, mbg_nbd
from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.customers import summarise
from helpers.metrics.fit_check import FitCheck
from helpers.metrics.gamma_gamma import GammaGamma
from helpers.metrics.histories import Degenerate, compress
from helpers.metrics.uncertainty import Estimate, NotEnough

END = date(2026, 6, 30)


def base(*parts: tuple[str, int, tuple[float, ...]], seed: int = 1) -> tuple[ir.Table, ir.Table]:
    """Customer summary and groups of parts: name, customers, true parameters."""
    made = [bg_nbd_world(n, *truth, 80, seed + i) for i, (_, n, truth) in enumerate(parts)]
    x, t_x, T = (np.concatenate(columns) for columns in zip(*made, strict=True))
    nu = np.random.default_rng(seed).gamma(4.0, size=len(x)) / 15.0
    money = np.random.default_rng(seed + 1).gamma(6.0 * np.maximum(x, 1)) / (nu * np.maximum(x, 1))
    names = np.repeat([name for name, _, _ in parts], [n for _, n, _ in parts])
    groups = ibis.memtable(pd.DataFrame({"customer_id": np.arange(len(x)).astype(str), "group": names}))
    return customers_table(x, np.floor(t_x * 7), np.floor(T * 7), money), groups


def model(parameters: tuple[float, ...]) -> bg_nbd.BgNbd:
    """A model whose parameters are known."""
    return bg_nbd.BgNbd(*parameters, 0.0, "week", 7, 1, 1, (0.0,) * 4, tuple((0.0,) * 4 for _ in range(4)))


OFTEN, SELDOM = (1.5, 4.0, 0.6, 4.0), (0.4, 8.0, 0.9, 2.0)


def shop(rows: list[tuple[str, str, str | None]]) -> ir.Table:
    """Orders from customer, day and branch."""
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "branch"])
    return ibis.memtable(
        frame.assign(
            order_id=[str(i) for i in range(len(frame))], ordered_at=pd.to_datetime(frame["day"]), net_revenue=1.0
        )
    )


class TestFits:
    """Parameters by group."""

    def test_every_group_has_its_own_truth(self) -> None:
        """Two branches with other customers: each gets what fitting it alone gives, and they are told apart."""
        customers, groups = base(("centre", 2_000, OFTEN), ("station", 1_200, SELDOM))
        found = group_fits.fit_groups(customers, groups)
        assert [(g.group, g.customers) for g in found.groups] == [("centre", 2_000), ("station", 1_200)]
        for group, truth, (first, last) in zip(
            found.groups, (OFTEN, SELDOM), ((0, 2_000), (2_000, 3_200)), strict=True
        ):
            assert isinstance(group.model, BetaGeometric)
            assert isinstance(group.value, GammaGamma)
            number = customers.customer_id.cast("int64")
            alone = bg_nbd.fit(compress(customers.filter((number >= first) & (number < last))))
            assert isinstance(alone, BetaGeometric)
            assert group.model.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-6)
            errors = np.log([group.model.r, group.model.alpha, group.model.a, group.model.b]) - np.log(truth)
            assert (np.abs(errors) < 3 * np.sqrt(np.diag(group.model.covariance))).all()
        assert found.differ

    def test_groups_that_are_alike_are_not_told_apart(self) -> None:
        """Of twenty businesses with two branches of the same kind at most three look different."""
        seen = [
            group_fits.fit_groups(*base(("a", 300, OFTEN), ("b", 300, OFTEN), seed=100 + 2 * seed)).differ
            for seed in range(20)
        ]
        assert sum(seen) <= 3

    def test_the_floor_holds_for_every_group(self) -> None:
        """A small branch is in the list with what it lacks; one large branch alone is compared with nobody."""
        customers, groups = base(("large", 600, OFTEN), ("small", 40, OFTEN))
        large, small = (found := group_fits.fit_groups(customers, groups)).groups
        assert isinstance(large.model, BetaGeometric)
        assert small.model == NotEnough(40, 100)
        assert (found.p_value, found.differ) == (None, False)

    def test_orders_of_the_first_year(self) -> None:
        """The range of the year after the first order holds the truth in at least 90 of 100 shops, and a small group has none."""
        truth = model(OFTEN).new_customer_orders(365.25 / 7)[0]
        kept = 0
        for seed in range(100):
            customers, groups = base(("a", 500, OFTEN), ("b", 40, OFTEN), seed=1_000 + 2 * seed)
            large, small = group_fits.fit_groups(customers, groups).groups
            assert small.first_year == NotEnough(40, 100)
            assert isinstance(large.first_year, Estimate)
            assert large.first_year.n == 500
            kept += large.first_year.low <= truth <= large.first_year.high
        assert kept >= 90

    def test_another_model(self) -> None:
        """The modified model can be fitted by group as well."""
        found = group_fits.fit_groups(*base(("a", 600, OFTEN), ("b", 600, SELDOM)), fit=mbg_nbd.fit)
        assert all(isinstance(group.model, mbg_nbd.MbgNbd) for group in found.groups)

    def test_a_group_nobody_returns_to(self) -> None:
        """A branch of one-time buyers gets its sentence and spoils nothing for the other."""
        customers, groups = base(("a", 600, OFTEN), ("b", 300, (1e-9, 1e3, 1.0, 1.0)))
        first, second = group_fits.fit_groups(customers, groups).groups
        assert isinstance(first.model, BetaGeometric)
        assert isinstance(second.model, Degenerate)

    def test_nobody_has_a_group(self) -> None:
        """Without groups there is nothing to fit."""
        customers, groups = base(("a", 200, OFTEN))
        assert group_fits.fit_groups(customers, groups.filter(groups.group == "b")) == group_fits.GroupFits((), None)


class TestByFirstOrder:
    """Which group a customer belongs to."""

    def test_the_first_order_decides(self) -> None:
        """Where a customer came first counts, not where later; without a branch, or after the end, there is no group."""
        rows: list[tuple[str, str, str | None]] = [
            ("x", "2026-01-02", "b2"), ("x", "2026-01-01", "b1"), ("y", "2026-01-05", "b2"), ("y", "2026-01-09", "b1"),
            ("z", "2026-01-03", None), ("z", "2026-01-04", "b1"), ("late", "2026-07-01", "b1"),
        ]  # fmt: skip
        frame = group_fits.by_first_order(shop(rows), "branch", as_of=END).order_by("customer_id").to_pandas()
        assert frame.to_dict("list") == {"customer_id": ["x", "y"], "group": ["b1", "b2"]}

    def test_no_such_column(self) -> None:
        """A column that is not there is a fault of the caller, and named."""
        with pytest.raises(ValueError, match="colour"):
            group_fits.by_first_order(shop([("x", "2026-01-01", "b")]), "colour", as_of=END)


class TestChecks:
    """Each group's forecast against each group's customers."""

    @staticmethod
    def orders(groups: dict[str, tuple[int, float]]) -> ir.Table:
        """Orders over 700 days of branches: customers, and their mean gap in days."""
        rng, parts = np.random.default_rng(3), []
        for name, (n, gap) in groups.items():
            start = rng.integers(0, 250, n)
            pace = np.maximum(rng.gamma(1.2, size=n) / (1.2 * gap), 1e-9)
            last = rng.geometric(np.maximum(rng.beta(0.8, 2.5, n), 1e-12))
            times = np.cumsum(np.column_stack([np.zeros(n), rng.exponential(size=(n, 150)) / pace[:, None]]), axis=1)
            day = start[:, None] + np.ceil(times)
            kept = (np.arange(151)[None, :] <= last[:, None]) & (day < 700)
            who, _ = np.nonzero(kept)
            parts.append(pd.DataFrame({"customer_id": [f"{name}{i}" for i in who], "day": day[kept], "branch": name}))
        frame: Any = pd.concat(parts, ignore_index=True)
        moments = np.datetime64(END) - (699 - frame["day"].to_numpy().astype(int))
        return ibis.memtable(
            frame.assign(order_id=frame.index.astype(str), ordered_at=pd.to_datetime(moments), net_revenue=1.0)
        )

    def test_each_branch_is_predicted_by_its_own_model(self) -> None:
        """Two branches true to the model are predicted; together they hold all customers; the tiny third one has its refusal."""
        orders = self.orders({"a": (2_500, 30.0), "b": (1_500, 90.0), "c": (30, 30.0)})
        groups = group_fits.by_first_order(orders, "branch", as_of=END)
        found = group_fits.check_groups(orders, groups, END)
        assert list(found) == ["a", "b", "c"]
        a, b = found["a"], found["b"]
        assert isinstance(a, FitCheck)
        assert isinstance(b, FitCheck)
        assert (a.customers, b.customers) == (2_500, 1_500)
        assert a.error == pytest.approx(0.0, abs=0.12)
        assert b.error == pytest.approx(0.0, abs=0.12)
        assert found["c"] == NotEnough(30, 100)
        fits = group_fits.fit_groups(summarise(orders, END), groups)
        assert fits.differ


class TestPlaces:
    """Branch and channel at once."""

    def test_what_differs_is_told_and_what_does_not_is_not(self) -> None:
        """Branches that differ are told apart, channels dealt out at random are not; a column with one group is left out."""
        orders = TestChecks.orders({"a": (1_500, 20.0), "b": (1_500, 120.0)})
        dealt = orders.customer_id.right(1).cast("int64") % 2 == 0
        orders = orders.mutate(channel=dealt.ifelse("shop", "phone"), staff=ibis.literal("An"))
        found = group_fits.by_place(
            orders, summarise(orders, END), as_of=END, places=("branch", "channel", "staff", "city")
        )
        assert list(found) == ["branch", "channel"]
        assert group_fits.told_apart(found) == ("branch",)

    def test_looking_at_more_places_asks_for_more(self) -> None:
        """A difference that is just beyond chance in one place is not when two were looked at."""
        just = group_fits.GroupFits((), 0.03)
        assert group_fits.told_apart({"branch": just}) == ("branch",)
        assert group_fits.told_apart({"branch": just, "channel": group_fits.GroupFits((), 0.8)}) == ()
