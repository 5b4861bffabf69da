"""What is wrong with an experiment is found before its verdict, and sound ones are left in peace."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from businesses import made
from scipy.stats import binom

from helpers.business import Business, Campaign
from helpers.errors import InputError
from helpers.proof import campaigns, validity
from helpers.proof.readout import Readout, Refused, _mismatch
from helpers.proof.validity import ALL, Doubt

SENT, END = date(2026, 3, 16), date(2026, 6, 30)
N = 60


@pytest.fixture
def shop(con: Any, orders: Any, tmp_path: Path) -> SimpleNamespace:
    """Sixty customers who bought once at New Year; two of three of the even ones, contacted, came back, a tenth of the odd ones did."""
    back = [i for i in range(N) if (i % 2 == 0 and i % 3) or i in (1, 21, 41)]
    text = [f"KH{i:02d} 2026-01-{1 + i // 2 % 28:02d} 100" for i in range(N)] + [f"KH{i:02d} {SENT} 100" for i in back]
    people = made(con, {
        "customer_id": [f"KH{i:02d}" for i in range(N)], "phone": [f"09010000{i:02d}" for i in range(N)],
        "email": pa.array([None] * N, pa.string()),
    })  # fmt: skip
    made_up = SimpleNamespace(
        con=con, folder=tmp_path, business=Business(name="x", sources={}), sold=text, orders=orders,
        tables=SimpleNamespace(orders=orders("\n".join(text)), people=people, identities=None),
    )  # fmt: skip
    listed(made_up, "sent.csv", range(0, N, 2))
    listed(made_up, "held.csv", range(1, N, 2))
    return made_up


def listed(shop: SimpleNamespace, name: str, who: Any, *more: str) -> str:
    """A list of customers by code."""
    (shop.folder / name).write_text("\n".join(["Mã khách hàng", *(f"KH{i:02d}" for i in who), *more]), encoding="utf-8")
    return name


def read(shop: SimpleNamespace, *given: dict[str, Any], **more: Any) -> list[Any]:
    """The readings of some campaigns, each with the two lists unless it says otherwise."""
    usual = {"id": "spring", "sent_at": SENT, "treated": "sent.csv", "holdout": "held.csv"}
    business = shop.business.model_copy(update={"campaigns": [Campaign(**{**usual, **one}) for one in given or ({},)]})
    found = campaigns.read_all(shop.con, shop.folder, shop.tables, business, **{"as_of": END, **more})
    return [reading for _, reading in found]


def doubts(found: Any) -> list[tuple[str, bool]]:
    """Kinds of doubts, and whether each forbids every verdict."""
    assert isinstance(found, Readout)
    return [(doubt.kind, doubt.forbids == ALL) for doubt in found.doubts]


def test_a_sound_campaign_raises_no_doubt(shop: SimpleNamespace) -> None:
    """Sent by lot, read as agreed: worked, and nothing to say before it."""
    (found,) = read(shop)
    assert (found.verdict, doubts(found), found.warnings) == ("worked", [], ())
    assert found.depth.looks[-1].treated.k == 20


class TestContacted:
    """People left out who were contacted all the same."""

    def log(self, shop: SimpleNamespace, who: Any, campaign: str = "Spring") -> Any:
        """A contact log."""
        names = [f"KH{i:02d}" for i in who]
        return made(shop.con, {"customer_id": names, "campaign": [campaign] * len(names)})

    def test_some_left_out_were_contacted(self, shop: SimpleNamespace) -> None:
        """Three of thirty: said, and “worked” stands since contamination can only hide an effect."""
        (found,) = read(shop, contacts=self.log(shop, [*range(0, N, 2), 3, 5, 7]))
        assert (found.verdict, doubts(found)) == ("worked", [("contaminated", False)])
        assert "3 of the 30 left out" in str(found.doubts[0].said)

    def test_no_effect_is_not_believed_then(self, shop: SimpleNamespace) -> None:
        """With the lists swapped there is “harm”; with people contacted who were not to be, no verdict."""
        swapped = {"treated": "held.csv", "holdout": "sent.csv"}
        assert read(shop, swapped)[0].verdict == "did harm"
        (found,) = read(shop, swapped, contacts=self.log(shop, [*range(1, N, 2), 0, 2]))
        assert found.verdict == "no verdict"

    def test_most_were_never_reached(self, shop: SimpleNamespace) -> None:
        """A log with ten of the thirty contacted says that the effect is diluted; a log of another campaign says nothing."""
        (found,) = read(shop, contacts=self.log(shop, range(0, 20, 2)))
        assert (found.verdict, doubts(found)) == ("worked", [("not sent", False)])
        (found,) = read(shop, contacts=self.log(shop, range(N), "Autumn"))
        assert doubts(found) == []


class TestDraw:
    """Groups that are not what lots give."""

    def test_regulars_were_chosen(self, shop: SimpleNamespace) -> None:
        """The contacted had five orders each before, those left out one: not drawn by lot, no verdict, both figures said."""
        regulars = [
            f"KH{i:02d} 2025-{month:02d}-0{1 + i % 9} 100" for i in range(0, N, 2) for month in (6, 7, 8, 9 + i % 3)
        ]
        shop.tables.orders = shop.orders("\n".join([*shop.sold, *regulars]))
        (found,) = read(shop)
        assert (found.verdict, doubts(found)) == ("no verdict", [("before", True)])
        assert "contacted 5.0 orders each, left out 1.0;" in str(found.doubts[0].said)

    def test_false_alarms_and_power(self, con: Any) -> None:
        """Of 300 sound draws of 400 customers none or one alarms; groups half a standard deviation apart do in at least 9 of 10."""
        rng = np.random.default_rng(8)
        alarms = {0.0: 0, 0.5: 0}
        for shift, worlds in ((0.0, 300), (0.5, 40)):
            for _ in range(worlds):
                held = rng.random(400) < 0.5
                columns = {c: rng.normal(0, 1, 400) + shift * held for c in validity.BEFORE}
                arm = np.where(held, "holdout", "treated").tolist()
                alarms[shift] += validity.different_before(made(con, {"arm": arm, **columns})) is not None
        assert alarms[0.0] <= 2
        assert alarms[0.5] >= 36

    def test_sizes_that_do_not_fit_the_plan(self, shop: SimpleNamespace) -> None:
        """Half were left out where a tenth was planned: no verdict; where half was planned it stands."""
        (found,) = read(shop, {"holdout_share": 0.1})
        assert (found.verdict, len(found.warnings)) == ("no verdict", 1)
        assert read(shop, {"holdout_share": 0.5})[0].verdict == "worked"

    def test_power_of_the_check_of_sizes(self) -> None:
        """Drawn at a fifth it alarms by chance less than twice in 1,000; a holdout that lost a quarter of its people is found in 4 of 10 at 1,000 customers and nearly always at 3,000."""
        alarms = [held for held in range(1001) if _mismatch(held, 1000, 0.2)]
        assert binom.pmf(alarms, 1000, 0.2).sum() < 0.002
        lost = 0.15 / 0.95
        assert binom.pmf([h for h in range(951) if _mismatch(h, 950, 0.2)], 950, lost).sum() > 0.4
        assert binom.pmf([h for h in range(2851) if _mismatch(h, 2850, 0.2)], 2850, lost).sum() > 0.95

    def test_a_list_that_lost_its_people(self, shop: SimpleNamespace) -> None:
        """Twenty unknown codes on one list and none on the other: no verdict; two on each are counted and said."""
        listed(shop, "odd.csv", range(1, N, 2), *(f"XX{i}" for i in range(20)))
        (found,) = read(shop, {"holdout": "odd.csv"})
        assert (found.verdict, doubts(found), found.unknown) == ("no verdict", [("lost", True)], 20)
        listed(shop, "sent2.csv", range(0, N, 2), "XX1", "XX2")
        listed(shop, "held2.csv", range(1, N, 2), "XX3", "XX4")
        (found,) = read(shop, {"treated": "sent2.csv", "holdout": "held2.csv"})
        assert (found.verdict, doubts(found)) == ("worked", [("lost", False)])
        assert "4 people on the lists" in str(found.doubts[0].said)


class TestFiles:
    """Lists that are not what they were."""

    def test_the_fingerprint_in_business_yml(self, shop: SimpleNamespace) -> None:
        """The first digits of the right one pass, in any case; another one leaves no verdict."""
        mark = validity.digest(shop.folder / "held.csv")
        assert read(shop, {"fingerprint": mark[:12].upper()})[0].verdict == "worked"
        (found,) = read(shop, {"fingerprint": "0" * 12})
        assert (found.verdict, doubts(found)) == ("no verdict", [("changed", True)])

    def test_changed_since_the_last_report(self, shop: SimpleNamespace) -> None:
        """The report keeps both fingerprints; one person moved away from a list afterwards is noticed, an untouched list is not."""
        (found,) = read(shop)
        before = {"campaigns": campaigns.summaries([(Campaign(id="spring"), found)])}
        assert doubts(read(shop, previous=before)[0]) == []
        listed(shop, "sent.csv", range(2, N, 2))
        assert doubts(read(shop, previous=before)[0]) == [("changed", True)]

    def test_the_list_a_run_has_drawn(self, shop: SimpleNamespace) -> None:
        """A holdout file named as a run named it must be the one it wrote; a run that cannot be read is passed over."""
        run = shop.folder / "runs" / "2026-03-01"
        run.mkdir(parents=True)
        listed(shop, "win-back-lost-holdout.csv", range(1, N, 2))
        campaign = {"holdout": "win-back-lost-holdout.csv"}
        for written, verdict in (
            ('{"campaign_lists": {"win-back-lost": [30, 30, "abc"]}}', "no verdict"),
            ('{"campaign_lists": {"other": [30, 30, "abc"]}}', "worked"),
            ('{"campaign_lists": null}', "worked"),
            ("{", "worked"),
        ):
            (run / "metrics.json").write_text(written, encoding="utf-8")
            assert read(shop, campaign)[0].verdict == verdict


class TestOverlap:
    """Two campaigns on the same people."""

    def test_on_one_group_only(self, shop: SimpleNamespace) -> None:
        """Another campaign to the contacted alone, ten days later, leaves the first without a verdict; after the window it does not matter."""
        second = {"id": "gift", "name": "Gift", "holdout": None, "sent_at": date(2026, 3, 26)}
        found, weak = read(shop, {}, second)
        assert (found.verdict, doubts(found)) == ("no verdict", [("overlap", True)])
        assert "“Gift” went to the same people" in str(found.doubts[0].said)
        assert not isinstance(weak, Readout)
        later, _ = read(shop, {}, {**second, "sent_at": date(2026, 4, 15)})
        assert (later.verdict, doubts(later)) == ("worked", [])

    def test_on_both_groups_alike(self, shop: SimpleNamespace) -> None:
        """A campaign to everybody disturbs no comparison, and is named."""
        listed(shop, "all.csv", range(N))
        found, _ = read(shop, {}, {"id": "gift", "holdout": None, "treated": "all.csv"})
        assert (found.verdict, doubts(found)) == ("worked", [("overlap", False)])


class TestRefused:
    """Campaigns that cannot be read say why, and the others are read."""

    @pytest.mark.parametrize(
        ("campaign", "sentence"),
        [
            ({"sent_at": date(2026, 7, 1)}, "after the data end on 2026-06-30"),
            ({"holdout": "sent.csv"}, "both lists name the same 30 people"),
            ({"holdout": "nobody.csv"}, "the list nobody.csv names no customer in the data"),
            ({"treated": "nobody.csv"}, "the list nobody.csv names no customer in the data"),
            ({"holdout": "mixed.csv"}, "1 people are on both lists"),
            ({"outcomes": "held.csv"}, "both lists and a file of outcomes"),
        ],
    )
    def test_no_two_groups(self, shop: SimpleNamespace, campaign: dict[str, Any], sentence: str) -> None:
        """Dated after the data, identical, empty, mixed, described twice: a sentence and no verdict; the next campaign has its own."""
        listed(shop, "nobody.csv", [], "XX1", "XX2")
        listed(shop, "mixed.csv", [0, *range(1, N, 2)])
        bad, good = read(shop, {"id": "bad", **campaign}, {"sent_at": date(2026, 3, 15)})
        assert isinstance(bad, Refused)
        assert sentence in str(bad.why)
        found = campaigns.summary(bad, Campaign(id="bad"))
        assert (found["verdict"], found["arms"]) == ("no verdict", {})
        assert isinstance(good, Readout)

    def test_one_name_twice(self, shop: SimpleNamespace) -> None:
        """Two entries of one campaign are two holdouts for it: neither is read."""
        found = read(shop, {}, {"holdout": "other.csv"}, {"id": "else"})
        assert [isinstance(reading, Refused) for reading in found] == [True, True, False]
        assert "Two campaigns in business.yml are called “spring”" in str(found[0].why)

    def test_a_file_that_is_not_there_stops_the_run(self, shop: SimpleNamespace) -> None:
        """A mistyped name is mended at once, not printed in a report."""
        with pytest.raises(InputError, match=r"gone\.csv"):
            read(shop, {"holdout": "gone.csv"})


class TestOneSpender:
    """One customer who spends a hundred times what others do."""

    def test_no_money_but_a_verdict_on_returns(self, shop: SimpleNamespace) -> None:
        """One order of 50,000 beside orders of 100: how many came back is untouched, money is not said."""
        shop.tables.orders = shop.orders("\n".join([*shop.sold, f"KH02 {SENT} 50000"]))
        (found,) = read(shop, {"cost": 10.0})
        assert (found.verdict, doubts(found)) == ("worked", [("one spender", False)])
        assert (found.incremental_margin, found.roi) == (None, None)
        assert "501 times" in str(found.doubts[0].said)

    def test_a_verdict_on_money_falls(self, shop: SimpleNamespace) -> None:
        """Where money is the outcome there is no verdict at all."""
        lines = [f"{i},sent,{100 + i}" for i in range(40)] + [f"{i},holdout,{50 + i}" for i in range(40)]
        usual = {"treated": None, "holdout": None, "outcomes": "money.csv"}
        (shop.folder / "money.csv").write_text("\n".join(["id,group,spend", *lines]), encoding="utf-8")
        assert read(shop, usual)[0].verdict == "worked"
        (shop.folder / "money.csv").write_text("\n".join(["id,group,spend", *lines, "99,sent,90000"]), encoding="utf-8")
        (found,) = read(shop, usual)
        assert (found.verdict, doubts(found)) == ("no verdict", [("one spender", True)])


def test_spending_before_in_a_file_is_a_yardstick(shop: SimpleNamespace) -> None:
    """A column “history” is no outcome; money corrected by it has the narrower range."""
    rng = np.random.default_rng(9)
    past = rng.gamma(2, 50, 200).round(2)
    now = (past + rng.normal(0, 5, 200) + 10 * (np.arange(200) < 100)).clip(0).round(2)
    lines = [f"{i},{'sent' if i < 100 else 'holdout'},{past[i]},{now[i]}" for i in range(200)]
    (shop.folder / "h.csv").write_text("\n".join(["id,group,history,spend", *lines]), encoding="utf-8")
    (found,) = read(shop, {"treated": None, "holdout": None, "outcomes": "h.csv"})
    assert [outcome.name for outcome in found.arms[0].outcomes] == ["spend"]
    assert found.depth.adjusted.narrower > 0.5
    assert found.depth.adjusted.difference.low < 10 < found.depth.adjusted.difference.high


def test_doubts_do_not_bring_a_verdict_back() -> None:
    """A doubt takes verdicts away and never gives one."""
    kept = Readout("c", "", (), (), None, 0.0, None, "no verdict")
    assert campaigns.doubted(kept, [Doubt("lost", InputError("x"))]).verdict == "no verdict"
