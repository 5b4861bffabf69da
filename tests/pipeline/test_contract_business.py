"""A gym from its files to its report: members are measured by their contracts, and nothing is inferred from silence."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import gym
import pytest
import shops


@pytest.fixture(scope="module")
def gyms(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A gym of 400 members in Vietnamese; the same in English with 500 walk-ins who come as they like; and one that notes no ends."""
    asked: dict[str, dict[str, Any]] = {
        "members": {"lang": "vi"},
        "mixed": {"lang": "en", "walk_ins": 500},
        "endless": {"lang": "en", "ends": False},
    }

    @cache
    def make(name: str) -> shops.Ran:
        workspace = tmp_path_factory.mktemp(name) / "clients"
        folder = gym.client(workspace, **asked[name])
        return shops.Ran(workspace, folder, shops.run(folder))

    return make


def customers(ran: shops.Ran) -> Any:
    """The customers table."""
    import pandas as pd

    return pd.read_parquet(ran.folder / "tables" / "customers.parquet")


class TestMembers:
    """Everybody holds a contract."""

    def test_the_wrong_model_is_not_fitted(self, gyms: Any) -> None:
        """No BG/NBD, no chance of returning, no leak inferred from silence; the reason is recorded."""
        numbers = gyms("members").read("metrics.json")
        assert numbers["gate"]["kind"] == "contractual"
        for name in ("bg_nbd", "gamma_gamma", "risk", "backtest", "fit_check"):
            assert set(numbers[name]) == {"reason"}, name
        table = customers(gyms("members"))
        assert table[["p_return_90d", "p_alive", "expected_orders_12m"]].isna().all(axis=None)
        assert [leak["leak"] for leak in numbers["leaks"]] == ["ended_contracts"]

    def test_the_right_one_finds_the_members_made(self, gyms: Any) -> None:
        """Churn, tenure and projection come close to the chances the gym was made with."""
        numbers = gyms("members").read("metrics.json")
        model, accounts = numbers["sbg"], numbers["contracts"]["accounts"]
        mean = model["gamma"] / (model["gamma"] + model["delta"])
        assert mean == pytest.approx(gym.GAMMA / (gym.GAMMA + gym.DELTA), abs=0.03)
        assert 0.03 < accounts["monthly_churn"]["low"] < accounts["monthly_churn"]["high"] < 0.1
        assert accounts["months"][-1]["complete"] is False
        last = accounts["months"][-1]
        assert last["closing"] == accounts["mrr"]

    def test_who_pays_today_has_a_worth_and_who_left_has_none(self, gyms: Any) -> None:
        """The worth of the members adds up to the total the report names."""
        ran = gyms("members")
        table, numbers = customers(ran), ran.read("metrics.json")
        assert table["clv_12m"].notna().sum() == numbers["contracts"]["accounts"]["members"]
        total = numbers["next_12_months"]["members"]
        assert table["clv_12m"].sum() == pytest.approx(total["value"])
        assert total["low"] < total["value"] < total["high"]

    def test_the_report_speaks_of_members(self, gyms: Any) -> None:
        """The first page begins with members who leave, the chapter says why silence is not used, nothing is left unsaid."""
        text = gyms("members").words
        assert re.search(r"Mỗi tháng, cứ 100 hội viên thì \d,\d người nghỉ", text.split("Nội dung")[0])
        assert "Khách của anh/chị có hợp đồng, nên ai nghỉ là thấy ngay" in text
        assert "dự báo sẽ cao hơn thật" in text
        assert "Một nửa hội viên" in text or "một nửa hội viên đã nghỉ" in text
        assert re.search(r"\bnan\b|\bNone\b|\bNaT\b|\binf\b|\{\w+\}", text) is None


class TestMixed:
    """Members and walk-ins."""

    def test_each_part_by_its_own_model(self, gyms: Any) -> None:
        """BG/NBD is fitted on the walk-ins alone, the members get their worth from their contracts."""
        ran = gyms("mixed")
        numbers, table = ran.read("metrics.json"), customers(ran)
        member = table["customer_id"].str.startswith("HV")
        assert numbers["gate"]["kind"] == "both"
        assert numbers["bg_nbd"]["n"] == (~member).sum()
        assert table.loc[member, "p_alive"].isna().all()
        assert table.loc[~member, ["p_alive", "p_return_90d", "clv_12m"]].notna().all(axis=None)
        assert table.loc[member, "clv_12m"].notna().sum() == numbers["contracts"]["accounts"]["members"]

    def test_returns_are_read_from_walk_ins(self, gyms: Any) -> None:
        """Payments that fall due are no returns: the rate counts walk-ins only."""
        ran = gyms("mixed")
        free = (~customers(ran)["customer_id"].str.startswith("HV")).sum()
        assert ran.read("metrics.json")["repeat_rate"]["30"]["n"] <= free

    def test_the_report_says_both(self, gyms: Any) -> None:
        """One sentence says that there are two kinds of customers."""
        assert "Part of your customers hold contracts, the others come as they like" in gyms("mixed").words


def test_no_ends_noted(gyms: Any) -> None:
    """Neither silence nor contracts may speak: the report says what to write down from tomorrow."""
    numbers, text = gyms("endless").read("metrics.json"), gyms("endless").words
    assert set(numbers["gate"]["refused"]) == {"silence", "contracts"}
    assert numbers["contracts"] is None
    assert set(numbers["sbg"]) == {"reason"}
    assert "Note the day each contract ends." in text
