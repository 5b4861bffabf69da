"""The business's own campaigns, from business.yml to read-outs."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from businesses import made

from helpers.business import Business, Campaign
from helpers.errors import InputError
from helpers.metrics.uncertainty import Estimate, NotEnough, newcombe, wilson
from helpers.proof import campaigns
from helpers.proof.before_after import BeforeAfter
from helpers.proof.readout import Readout
from helpers.records import plain

SENT = date(2026, 3, 16)
END = date(2026, 6, 30)


@pytest.fixture(scope="module")
def mist(con: Any, cafe: Any) -> Readout:
    """The café's campaign of March 2026, read out."""
    found = campaigns.read_all(con, cafe.folder, cafe.tables, cafe.business, as_of=END)
    assert len(found) == 1
    assert isinstance(found[0][1], Readout)
    return found[0][1]


class TestCafe:
    """A campaign whose truth is known."""

    def test_counts_and_rates(self, mist: Readout) -> None:
        """728 contacted, 243 left out; 17.03 % and 4.53 % of them came; nobody on the lists is unknown."""
        assert [(arm.name, arm.n, round(100 * arm.outcomes[0].mean.value, 2)) for arm in mist.arms] == [
            ("treated", 728, 17.03), ("holdout", 243, 4.53),
        ]  # fmt: skip
        assert (mist.unknown, mist.window_days, mist.sent_at) == (0, 30, SENT)

    def test_the_truth_lies_in_the_interval(self, mist: Readout, cafe: Any) -> None:
        """The true uplift of 12 points is inside Newcombe's interval, which lies above nought: it worked."""
        truth = json.loads((cafe.folder / "truth" / "world.json").read_text(encoding="utf-8"))["campaign"]
        gap = mist.comparisons[0].difference
        assert gap == newcombe(wilson(124, 728), wilson(11, 243))
        assert gap.value == pytest.approx(truth["observed_difference"], abs=1e-6)
        assert 0 < gap.low < truth["true_uplift"] < gap.high
        assert mist.verdict == "worked"

    def test_revenue_per_head(self, mist: Readout) -> None:
        """Revenue per customer is the one the café's books show for both groups."""
        assert [round(o.mean.value, 1) for arm in mist.arms for o in arm.outcomes if o.name == "revenue"] == [
            9301.4,
            4237.4,
        ]

    def test_money(self, mist: Readout, cafe: Any) -> None:
        """(9,301 − 4,237) × 728 × 62 % margin, set against a cost of 554,800."""
        assert mist.incremental_margin is not None
        assert mist.roi is not None
        assert mist.incremental_margin.value == pytest.approx((9301.4 - 4237.4) * 728 * cafe.business.margin, rel=1e-4)
        assert mist.roi.value == pytest.approx(mist.incremental_margin.value / 554_800 - 1)

    def test_before_the_window_is_over(self, con: Any, cafe: Any) -> None:
        """Read on the last day but one of the thirty days there is an interim count and no verdict; on the last day there is one."""
        campaign = cafe.business.campaigns[0]
        early = campaigns.read_campaign(
            con, cafe.folder, campaign, cafe.tables, cafe.business, as_of=SENT + timedelta(days=28)
        )
        assert isinstance(early, Readout)
        assert (early.verdict, early.warnings) == ("no verdict", (campaigns.INTERIM,))
        on_time = campaigns.read_campaign(
            con, cafe.folder, campaign, cafe.tables, cafe.business, as_of=SENT + timedelta(days=29)
        )
        assert isinstance(on_time, Readout)
        assert (on_time.verdict, on_time.warnings) == ("worked", ())

    def test_in_metrics_json(self, mist: Readout, cafe: Any) -> None:
        """The summary is plain JSON with arms, difference, money and verdict as documented."""
        (found,) = campaigns.summaries([(cafe.business.campaigns[0], mist)])
        found = json.loads(json.dumps(plain(found)))
        assert found["id"] == "nho-may-2026-03"
        assert found["arms"]["treated"]["n"] == 728
        assert found["arms"]["holdout"]["rates"]["returned"]["value"] == pytest.approx(0.045267, abs=1e-6)
        assert found["low"] < found["difference"] < found["high"]
        assert set(found["roi"]) >= {"value", "low", "high"}
        assert (found["verdict"], found["warnings"], found["unknown_people"]) == ("worked", [], 0)

    def test_what_the_plan_learns(self, mist: Readout) -> None:
        """The next plan counts with the lift and cost of the own campaign, for the groups it was sent to only."""
        known = Campaign(id="a", play="win-back", segments=["lost"], cost=728.0)
        found = campaigns.proven([(known, mist), (Campaign(id="b", play="win-back"), mist), (Campaign(id="c"), mist)])
        assert set(found) == {("win-back", "lost")}
        assert found["win-back", "lost"].lift == mist.comparisons[0].difference
        assert found["win-back", "lost"].cost == pytest.approx(1.0)
        assert campaigns.proven([(known, NotEnough(3, 20))]) == {}


@pytest.fixture
def shop(con: Any, orders: Any, tmp_path: Path) -> SimpleNamespace:
    """Sixty customers, the even ones of whom came back on the day of sending; a folder for lists."""
    back = "\n".join(f"KH{i:02d} {SENT} 100" for i in range(0, 60, 2))
    sold = orders("\n".join(f"KH{i:02d} 2026-01-01 100" for i in range(60)) + "\n" + back)
    people = made(con, {
        "customer_id": [f"KH{i:02d}" for i in range(60)], "phone": [f"09010000{i:02d}" for i in range(60)],
        "email": pa.array([None] * 60, pa.string()),
    })  # fmt: skip
    return SimpleNamespace(
        con=con,
        tables=SimpleNamespace(orders=sold, people=people, identities=None),
        folder=tmp_path,
        business=Business(name="x", sources={}),
    )


def write(path: Path, *lines: str) -> str:
    """A list; its name."""
    path.write_text("\n".join(lines), encoding="utf-8")
    return path.name


def read(shop: SimpleNamespace, as_of: date = END, **campaign: Any) -> Readout | NotEnough:
    """Read a campaign of the shop out."""
    made_up = Campaign.model_validate({"id": "x", **campaign})
    return campaigns.read_campaign(shop.con, shop.folder, made_up, shop.tables, shop.business, as_of=as_of)


class TestLists:
    """Two lists and a date."""

    def lists(self, shop: SimpleNamespace, **more: Any) -> Readout | NotEnough:
        """Even customers contacted, odd ones left out."""
        one = write(shop.folder / "gui.csv", "Mã khách hàng", *(f"KH{i:02d}" for i in range(0, 60, 2)))
        two = write(shop.folder / "doi-chung.csv", "Mã khách hàng", *(f"KH{i:02d}" for i in range(1, 60, 2)))
        return read(shop, **{"treated": one, "holdout": two, "sent_at": SENT, **more})

    def test_people_are_named_by_code_or_telephone(self, shop: SimpleNamespace) -> None:
        """A list of phone numbers finds the same customers; numbers nobody has and doubles are counted or dropped."""
        by_code = self.lists(shop)
        phones = write(
            shop.folder / "phones.csv",
            "Điện thoại",
            *(f"+849010 000{i:02d}" for i in range(0, 60, 2)),
            "0911111111",
            "0901000000",
        )
        by_phone = self.lists(shop, treated=phones)
        assert isinstance(by_code, Readout)
        assert isinstance(by_phone, Readout)
        assert (by_code.unknown, by_phone.unknown) == (0, 1)
        assert by_phone.arms == by_code.arms
        assert [(arm.n, arm.outcomes[0].mean.value) for arm in by_code.arms] == [(30, 1.0), (30, 0.0)]

    def test_on_both_lists(self, shop: SimpleNamespace) -> None:
        """Somebody contacted and left out at once is a fault of the lists, with the number of people."""
        two = write(shop.folder / "both.csv", "Mã khách hàng", *(f"KH{i:02d}" for i in range(0, 8)))
        with pytest.raises(InputError, match="4 people are on both lists"):
            self.lists(shop, holdout=two)

    def test_too_few(self, shop: SimpleNamespace) -> None:
        """Nine people left out are too few to read, which is said instead of a rate."""
        two = write(shop.folder / "few.csv", "Mã khách hàng", *(f"KH{i:02d}" for i in range(1, 19, 2)))
        found = self.lists(shop, holdout=two)
        assert found == NotEnough(9, 20)
        assert campaigns.summary(found, Campaign(id="x"))["verdict"] == "no verdict"

    def test_orders_after_the_end_are_invisible(self, shop: SimpleNamespace) -> None:
        """Read as of the eve of the day they came, nobody has come."""
        found = self.lists(shop, sent_at=SENT - timedelta(days=5), as_of=SENT - timedelta(days=1))
        assert isinstance(found, Readout)
        assert [arm.outcomes[0].mean.value for arm in found.arms] == [0.0, 0.0]

    def test_sent_after_the_data_end(self, shop: SimpleNamespace) -> None:
        """A campaign younger than the export asks for newer data."""
        with pytest.raises(InputError, match="run again with newer data"):
            self.lists(shop, as_of=SENT - timedelta(days=1))

    @pytest.mark.parametrize("missing", ["sent_at", "treated"])
    def test_described_by_halves(self, shop: SimpleNamespace, missing: str) -> None:
        """Without date or list the sentence names what a campaign needs."""
        with pytest.raises(InputError, match="needs sent_at, treated and holdout"):
            self.lists(shop, **{missing: None})

    def test_nobody_left_out(self, shop: SimpleNamespace) -> None:
        """Without a comparison list there is a before and after, and no verdict."""
        found = self.lists(shop, holdout=None)
        assert isinstance(found, BeforeAfter)
        assert campaigns.summary(found, Campaign(id="c"))["verdict"] == "no verdict"

    def test_a_list_that_is_not_there(self, shop: SimpleNamespace) -> None:
        """A file name mistyped in business.yml is named."""
        with pytest.raises(InputError) as fault:
            self.lists(shop, treated="gui-2.csv")
        assert "gui-2.csv" in str(fault.value)


class TestOutcomeFile:
    """A file with one row per customer."""

    def write(
        self, shop: SimpleNamespace, header: str, *, control: str = "Đối chứng", spend: str = "12.5"
    ) -> Readout | NotEnough:
        """Thirty contacted, all came; thirty left out, none did; two outcomes beside them."""
        lines = [f"{i},Gửi,5,1,{spend},vi" for i in range(30)] + [f"{i},{control},5,0,,vi" for i in range(30, 60)]
        return read(shop, outcomes=write(shop.folder / "outcomes.csv", header, *lines), cost=50.0)

    def test_names_people_use(self, shop: SimpleNamespace) -> None:
        """“Nhóm” and “Đối chứng” are understood; visits decide, not the column that comes first; spend is the money."""
        found = self.write(shop, "id,Nhóm,recency,Visit,spend,language")
        assert isinstance(found, Readout)
        assert [arm.name for arm in found.arms] == ["Gửi", "Đối chứng"]
        assert found.comparisons[0].outcome == "Visit"
        assert found.comparisons[0].difference == newcombe(wilson(30, 30), wilson(0, 30))
        assert found.verdict == "worked"
        assert found.incremental_margin is not None
        assert found.incremental_margin.value == pytest.approx(30 * 12.5 * shop.business.margin)

    def test_without_a_known_name_the_first_number_decides(self, shop: SimpleNamespace) -> None:
        """Outcome columns may be called anything; without a known money column there is no margin."""
        found = self.write(shop, "id,group,likes,came,coins,language", control="control")
        assert isinstance(found, Readout)
        assert found.comparisons[0].outcome == "likes"
        assert (found.verdict, found.incremental_margin) == ("not shown yet", None)

    def test_no_group_column(self, shop: SimpleNamespace) -> None:
        """A file without groups says which columns it has."""
        with pytest.raises(InputError, match=r"no column “group”.*recency"):
            self.write(shop, "id,who,recency,visit,spend,language")

    def test_which_group_was_left_out_must_be_clear(self, shop: SimpleNamespace) -> None:
        """Groups A and B cannot be told apart; the sentence names them and the word to use."""
        with pytest.raises(InputError, match=r"Gửi.*call exactly one of them “holdout”"):
            self.write(shop, "id,group,recency,visit,spend,language", control="Tím")

    def test_no_numbers(self, shop: SimpleNamespace) -> None:
        """A file with words only has nothing to compare."""
        name = write(shop.folder / "words.csv", "id,group,said", "1,holdout,yes", "2,sent,no")
        with pytest.raises(InputError, match=r"words\.csv has no outcome column"):
            read(shop, outcomes=name)

    def test_numbers_that_are_numbers_already(self, con: Any) -> None:
        """A typed table (Parquet) keeps its numbers and yes/no columns, texts are left out, and nobody needs an id."""
        raw = made(con, {"Group": ["a", "b"], "visit": [True, False], "spend": [1.5, 0.0], "city": ["Huế", "Vinh"]})
        found = campaigns.outcomes_table(raw)
        assert found.columns == ("customer_id", "arm", "visit", "spend")
        assert sorted(tuple(r.values())[1:] for r in found.to_pyarrow().to_pylist()) == [
            ("a", 1.0, 1.5),
            ("b", 0.0, 0.0),
        ]
        assert found.customer_id.nunique().to_pyarrow().as_py() == 2

    def test_money_alone_teaches_the_plan_nothing(self, shop: SimpleNamespace) -> None:
        """A campaign judged by money has no lift in returns to plan with."""
        lines = [f"{i},sent,{i}.5" for i in range(40)] + [f"{i},holdout,1.5" for i in range(40)]
        found = read(shop, outcomes=write(shop.folder / "money.csv", "id,group,spend", *lines))
        assert isinstance(found, Readout)
        assert isinstance(found.comparisons[0].difference, Estimate)
        assert campaigns.proven([(Campaign(id="x", play="p", segments=["lost"]), found)]) == {}


def test_titles() -> None:
    """A campaign is called by its name, or its id when it has none."""
    assert (campaigns.title(Campaign(id="x", name="Nhớ Mây")), campaigns.title(Campaign(id="x"))) == ("Nhớ Mây", "x")
