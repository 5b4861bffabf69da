"""Which way a business is measured, and which model is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from contracts import Contract, subscriptions

from helpers.metrics import gate
from helpers.metrics.histories import Degenerate
from helpers.metrics.uncertainty import NotEnough, Rate

END = date(2026, 6, 30)


def shop(members: int, others: int) -> str:
    """A year in which each customer bought once a quarter: members m0, m1, … and others o0, o1, and so on."""
    who = [*(f"m{i}" for i in range(members)), *(f"o{i}" for i in range(others))]
    return "\n".join(
        f"{name} {day} 10" for name in who for day in ("2025-09-01", "2025-12-01", "2026-03-01", "2026-06-01")
    )


def contracts(con: Any, members: int, *, ended: int, price: float = 9.0) -> Any:
    """Contracts of m0, m1, … from January 2025 on, the first `ended` of which ended in May 2026."""
    start, end = date(2025, 1, 1), date(2026, 5, 1)
    return subscriptions(con, [Contract(f"m{i}", start, end if i < ended else None, price) for i in range(members)])


class TestDecision:
    """Contractual, non-contractual or both."""

    def test_without_a_table(self, orders: Any) -> None:
        """No list of contracts: silence speaks, and contracts cannot be counted."""
        found = gate.decide(None, orders(shop(0, 20)), as_of=END)
        assert (found.kind, found.reason, found.covered) == ("non-contractual", gate.NO_CONTRACTS, None)
        assert found.refusal("silence") is None
        assert found.refusal("contracts") == Degenerate(gate.SILENCE_IS_NOT_MEMBERSHIP)

    @pytest.mark.parametrize(("others", "kind"), [(0, "contractual"), (10, "contractual"), (11, "both"), (300, "both")])
    def test_by_how_many_buyers_are_under_contract(self, con: Any, orders: Any, others: int, kind: str) -> None:
        """Forty of fifty buyers (80 %) under contract make a contractual business, forty of fifty-one are one of two parts."""
        found = gate.decide(contracts(con, 40, ended=5), orders(shop(40, others)), as_of=END)
        assert found.kind == kind
        assert isinstance(found.covered, Rate)
        assert (found.covered.k, found.covered.n) == (40, 40 + others)
        assert ("silence" in found.refused, "contracts" in found.refused) == (kind == "contractual", False)

    def test_nine_members_are_no_contractual_business(self, con: Any, orders: Any) -> None:
        """A handful of contracts among buyers who come as they like changes nothing."""
        found = gate.decide(contracts(con, 9, ended=2), orders(shop(9, 0)), as_of=END)
        assert (found.kind, found.reason) == ("non-contractual", gate.FEW_CONTRACTS)

    def test_trials_are_no_contracts(self, con: Any, orders: Any) -> None:
        """Forty free trials bind nobody."""
        assert (
            gate.decide(contracts(con, 40, ended=5, price=0.0), orders(shop(40, 0)), as_of=END).kind
            == "non-contractual"
        )

    def test_only_buyers_of_the_last_year_count(self, con: Any, orders: Any) -> None:
        """A hundred buyers of long ago do not make today's members a minority."""
        old = "\n".join(f"old{i} 2023-01-05 10" for i in range(100))
        assert (
            gate.decide(contracts(con, 40, ended=5), orders(shop(40, 0) + "\n" + old), as_of=END).kind == "contractual"
        )

    def test_contracts_alone(self, con: Any, orders: Any) -> None:
        """Contracts without any purchase of a known customer are contractual."""
        found = gate.decide(contracts(con, 40, ended=5), orders("– 2026-06-01 10"), as_of=END)
        assert (found.kind, found.reason, found.covered) == ("contractual", gate.NO_BUYERS, NotEnough(0, 10))


class TestRefusals:
    """The wrong model, and the direction in which it would be wrong."""

    def test_nobody_notes_when_contracts_end(self, con: Any, orders: Any) -> None:
        """Forty contracts of more than a year without one end: neither silence nor contracts may speak."""
        found = gate.decide(contracts(con, 40, ended=0), orders(shop(40, 0)), as_of=END)
        assert dict(found.refused) == {"silence": gate.PAYMENTS_ARE_NOT_LOYALTY, "contracts": gate.ENDS_MISSING}
        assert "too high" in gate.PAYMENTS_ARE_NOT_LOYALTY
        assert "too small" in gate.ENDS_MISSING

    def test_young_contracts_have_had_no_time_to_end(self, con: Any, orders: Any) -> None:
        """Forty contracts of the last two months may well all be running."""
        young = subscriptions(con, [Contract(f"m{i}", END - timedelta(days=60), None, 9.0) for i in range(40)])
        assert "contracts" not in gate.decide(young, orders(shop(40, 0)), as_of=END).refused

    def test_the_owner_may_decide_and_is_warned(self, con: Any, orders: Any) -> None:
        """Told to treat members as free to come and go, it does so, and says that the forecasts will be too high."""
        found = gate.decide(contracts(con, 40, ended=5), orders(shop(40, 0)), as_of=END, override="non-contractual")
        assert (found.kind, found.found, found.overridden) == ("non-contractual", "contractual", True)
        assert (found.refusal("silence"), found.warning) == (None, gate.PRESSED)

    def test_the_owner_says_there_are_contracts_but_has_no_list(self, orders: Any) -> None:
        """Then nothing is inferred from silence and nothing counted from contracts."""
        found = gate.decide(None, orders(shop(0, 20)), as_of=END, override="contractual")
        assert set(found.refused) == {"silence", "contracts"}
        assert found.warning == ""


class TestFreeOrders:
    """What a model of silence may learn from."""

    def test_members_are_left_out_where_both_kinds_exist(self, con: Any, orders: Any) -> None:
        """Of two members and two others only the others' orders and the anonymous one stay, also of a member who has left."""
        table = orders(shop(2, 2) + "\n– 2026-06-02 10")
        listed = contracts(con, 2, ended=1)
        kept = gate.free_orders(table, listed, "both", as_of=END)
        assert sorted(set(kept.customer_id.to_pyarrow().to_pylist()), key=str) == [None, "o0", "o1"]
        assert kept.count().to_pyarrow().as_py() == 9

    @pytest.mark.parametrize("kind", ["contractual", "non-contractual"])
    def test_otherwise_everything_stays(self, con: Any, orders: Any, kind: str) -> None:
        """Where there is one kind of customer there is nothing to part."""
        kept = gate.free_orders(orders(shop(2, 2)), contracts(con, 2, ended=1), kind, as_of=END)
        assert kept.count().to_pyarrow().as_py() == 16


def test_what_a_run_recorded_is_enough_to_obey(con: Any) -> None:
    """A notebook that reads the gate from the run's records measures contracts only where they were not refused."""
    table = contracts(con, 3, ended=0)
    assert gate.contracts_of(table, {"refused": {"contracts": "…"}}) is None
    assert gate.contracts_of(table, {"refused": {"silence": "…"}}) is table
