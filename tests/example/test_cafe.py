"""The example café: its files, and the truth they must give back."""

from __future__ import annotations

import json
import math
import os
import re
import unicodedata
import zipfile
from dataclasses import fields
from pathlib import Path

import fastexcel
import numpy as np
import pandas as pd
import pytest

from helpers.example import World, simulate, write_cafe
from helpers.example.__main__ import main
from helpers.example.kiotviet import FILE_NAME, HEADERS

CAFE = Path(__file__).parents[2] / "data" / "cafe"
REAL_DATA = Path(os.environ.get("RETENTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
END = pd.Timestamp("2026-06-30 23:59")
TABLES = tuple(field.name for field in fields(World) if field.name not in ("seed", "process"))


def read_sheet(path: Path) -> pd.DataFrame:
    """All cells of the workbook as text."""
    return fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_pandas()


def read_csv(name: str) -> pd.DataFrame:
    """One small file as text, empty fields as ""."""
    return pd.read_csv(CAFE / name, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def moment(cells: pd.Series) -> pd.Series:
    """Times from text in either of the two shapes in the files."""
    day_first = cells.str.contains("/", na=False)
    parsed = pd.to_datetime(cells.where(~day_first & (cells != "")), format="%Y-%m-%d %H:%M:%S")
    return parsed.fillna(pd.to_datetime(cells.where(day_first), format="%d/%m/%Y %H:%M")).astype("M8[s]")


def returned(orders: pd.DataFrame, days: int) -> pd.DataFrame:
    """Per customer with a first order at least so many days old: that order, and whether a second came in time."""
    kept = orders.sort_values("at").assign(place=lambda frame: frame.groupby("customer").cumcount())
    first = kept[kept["place"] == 0].set_index("customer")
    second = kept[kept["place"] == 1].set_index("customer")["at"].reindex(first.index)
    mature = first["at"] <= END - pd.Timedelta(days=days)
    return first.assign(returned=(second - first["at"]) <= pd.Timedelta(days=days))[mature]


@pytest.fixture(scope="module")
def world() -> World:
    """The committed café, simulated again."""
    return simulate()


@pytest.fixture(scope="module")
def truth() -> dict:
    """Figures of the whole."""
    return json.loads((CAFE / "truth" / "world.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Truth behind every customer."""
    return pd.read_csv(CAFE / "truth" / "customers.csv", keep_default_na=False).set_index("customer_code")


@pytest.fixture(scope="module")
def sheet() -> pd.DataFrame:
    """The committed workbook."""
    return read_sheet(CAFE / FILE_NAME)


@pytest.fixture(scope="module")
def invoices(sheet: pd.DataFrame) -> pd.DataFrame:
    """One row per invoice of the workbook."""
    papers = sheet.drop_duplicates("Mã hóa đơn")
    return pd.DataFrame(
        {
            "code": papers["Mã hóa đơn"],
            "at": moment(papers["Thời gian"]),
            "customer": papers["Mã khách hàng"].str.removesuffix("{DEL}"),
            "branch": papers["Chi nhánh"],
            "channel": papers["Kênh bán"],
            "status": papers["Trạng thái"],
            "goods": papers["Tổng tiền hàng"].astype(int),
            "discount": papers["Giảm giá hóa đơn"].fillna("0").astype(int),
            "due": papers["Khách cần trả"].astype(int),
        }
    ).reset_index(drop=True)


@pytest.fixture(scope="module")
def orders(invoices: pd.DataFrame) -> pd.DataFrame:
    """Completed invoices of known customers."""
    return invoices[(invoices["status"] == "Hoàn thành") & invoices["customer"].notna()]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh copy of all the files."""
    folder = tmp_path_factory.mktemp("cafe")
    write_cafe(folder)
    return folder


@pytest.fixture(scope="module")
def arms(orders: pd.DataFrame) -> pd.DataFrame:
    """Everyone drawn: treated or not, orders and silence before, ordered within 30 days after."""
    treated, holdout = (read_csv(f"chien-dich-2026-03/{name}.csv") for name in ("gui", "doi-chung"))
    sent, end = pd.Timestamp("2026-03-16"), pd.Timestamp("2026-04-15")
    before = orders[orders["at"] < sent].groupby("customer")["at"].agg(["size", "max"])
    after = orders[(orders["at"] >= sent) & (orders["at"] < end)].groupby("customer").size()
    drawn = pd.concat([treated.assign(treated=True), holdout.assign(treated=False)]).set_index("Mã khách hàng")
    return drawn.assign(
        orders=before["size"].reindex(drawn.index),
        silent=(sent - before["max"].dt.normalize().reindex(drawn.index)).dt.days,
        ordered=after.reindex(drawn.index, fill_value=0) > 0,
    )


class TestSimulate:
    """The simulation in memory, and the command in front of it."""

    def test_same_seed_same_tables(self, world: World) -> None:
        """Simulating twice gives equal tables."""
        again = simulate(world.seed)
        for name in TABLES:
            pd.testing.assert_frame_equal(getattr(world, name), getattr(again, name))

    @pytest.mark.parametrize("seed", [1, 7])
    def test_other_seeds_keep_the_shape(self, world: World, seed: int) -> None:
        """Another seed draws other people and other visits, of much the same number."""
        other = simulate(seed)
        known = other.invoices["customer"] >= 0
        assert not other.customers["name"].equals(world.customers["name"])
        assert 2_900 <= other.invoices.loc[known, "customer"].nunique() <= 3_100
        assert 13_000 <= known.sum() <= 18_000
        assert len(other.campaign) >= 900

    def test_negative_seed_is_refused(self) -> None:
        """A negative seed is named in the message."""
        with pytest.raises(ValueError, match="got -1"):
            simulate(-1)

    def test_command_refuses_it_too(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        """The command line answers a negative seed with exit code 2 and writes nothing."""
        with pytest.raises(SystemExit) as stopped:
            main(["--seed", "-1", "--out", str(tmp_path / "cafe")])
        assert stopped.value.code == 2
        assert "got -1" in capsys.readouterr().err
        assert not (tmp_path / "cafe").exists()


class TestCommittedFiles:
    """The files in the repository are the ones the generator writes."""

    def test_same_files(self, written: Path) -> None:
        """The committed folder holds exactly the files that are written, and the hand-kept business.yml and session.yml."""
        names = [{str(path.relative_to(folder)) for path in folder.rglob("*.*")} for folder in (written, CAFE)]
        assert names[0] | {"business.yml", "session.yml"} == names[1]

    def test_same_text(self, written: Path) -> None:
        """Every committed text file equals the one written now."""
        for path in (*written.rglob("*.csv"), *written.rglob("*.json")):
            committed = (CAFE / path.relative_to(written)).read_text(encoding="utf-8")
            assert path.read_text(encoding="utf-8") == committed, path.name

    def test_same_cells(self, written: Path, sheet: pd.DataFrame) -> None:
        """Every cell of the committed workbook equals the one written now."""
        pd.testing.assert_frame_equal(read_sheet(written / FILE_NAME), sheet)

    def test_workbook_carries_no_clock(self, written: Path) -> None:
        """Nothing in the workbook tells when it was written."""
        with zipfile.ZipFile(written / FILE_NAME) as archive:
            assert {part.date_time[0] for part in archive.infolist()} == {1980}
            assert b"2026-06-30T22:05:10Z" in archive.read("docProps/core.xml")

    def test_small_enough_to_commit(self) -> None:
        """The workbook stays below 2.5 MB and the folder below 3.5 MB."""
        assert (CAFE / FILE_NAME).stat().st_size < 2_500_000
        assert sum(path.stat().st_size for path in CAFE.rglob("*.*")) < 3_500_000

    def test_readme_counts(self, sheet: pd.DataFrame) -> None:
        """The data dictionary states the number of rows of every small file and of the workbook."""
        readme = (CAFE.parent / "README.md").read_text(encoding="utf-8")
        assert f"`{FILE_NAME}` | {len(sheet):,} |" in readme
        for name in ("giao-hang", "phan-nan", "danh-gia", "tin-nhan-da-gui", "dong-y", "chi-phi"):
            assert f"`{name}.csv` | {len(read_csv(f'{name}.csv')):,} |" in readme

    def test_no_other_mail_domain(self) -> None:
        """No file names an e-mail address outside example.com."""
        with zipfile.ZipFile(CAFE / FILE_NAME) as archive:
            texts = [archive.read("xl/sharedStrings.xml").decode()]
        texts += [path.read_text(encoding="utf-8") for path in CAFE.rglob("*.csv")]
        domains = {found for text in texts for found in re.findall(r"@([\w.-]+)", text)}
        assert domains == {"example.com"}


class TestWorkbook:
    """The workbook looks like what a till exports, traps included."""

    def test_headers(self, sheet: pd.DataFrame) -> None:
        """The header row is KiotViet's: 61 names in their order."""
        assert tuple(sheet.columns) == HEADERS
        assert len(set(HEADERS)) == 61

    @pytest.mark.real
    def test_headers_of_a_real_export(self) -> None:
        """The header row equals the one gathered from real exports."""
        path = REAL_DATA / "export_headers" / "headers.json"
        if not path.exists():
            pytest.skip(f"no {path}")
        real = json.loads(path.read_text(encoding="utf-8"))["kiotviet_invoice_detail"]["columns"]
        assert list(HEADERS) == real

    def test_invoice_cells_repeat(self, sheet: pd.DataFrame) -> None:
        """All lines of an invoice carry the same invoice cells, and they stand together."""
        of_invoice = sheet.loc[:, :"Trạng thái giao hàng"]
        assert len(of_invoice.drop_duplicates()) == sheet["Mã hóa đơn"].nunique()
        assert (sheet["Mã hóa đơn"] != sheet["Mã hóa đơn"].shift()).sum() == sheet["Mã hóa đơn"].nunique()

    def test_totals(self, sheet: pd.DataFrame, invoices: pd.DataFrame) -> None:
        """Lines add up to the invoice's goods, and goods less discount is what the customer owes."""
        lines = sheet[["Số lượng", "Giá bán", "Thành tiền", "Đơn giá"]].astype(int)
        off = sheet["Giảm giá"].fillna("0").astype(int)
        assert (lines["Số lượng"] * lines["Giá bán"] == lines["Thành tiền"]).all()
        assert (lines["Đơn giá"] - off == lines["Giá bán"]).all()
        added = lines["Thành tiền"].groupby(sheet["Mã hóa đơn"]).sum().reindex(invoices["code"]).to_numpy()
        assert (added == invoices["goods"]).all()
        assert (invoices["goods"] - invoices["discount"] == invoices["due"]).all()
        assert (invoices["due"] > 0).all()

    def test_paid_by_one_means(self, sheet: pd.DataFrame) -> None:
        """What was paid stands under exactly one means of payment; cancelled and open invoices are unpaid."""
        means = sheet[["Tiền mặt", "Thẻ", "Ví", "Chuyển khoản"]].fillna("0").astype(int)
        paid = sheet["Khách đã trả"].astype(int)
        done = sheet["Trạng thái"] == "Hoàn thành"
        assert (means.sum(axis=1) == paid).all()
        assert ((means > 0).sum(axis=1) == done).all()
        assert (paid[done] == sheet.loc[done, "Khách cần trả"].astype(int)).all()

    def test_numbers_follow_time(self, invoices: pd.DataFrame) -> None:
        """Invoice numbers are unique, newest first; a replacing number has a cancelled stem."""
        assert invoices["code"].is_unique
        assert invoices["code"].str.fullmatch(r"HD\d{6}(\.01)?").all()
        assert invoices["at"].is_monotonic_decreasing
        replaced = invoices.loc[invoices["code"].str.endswith(".01"), "code"].str.removesuffix(".01")
        stems = invoices[invoices["code"].isin(replaced)]
        assert len(stems) == len(replaced) > 0
        assert (stems["status"] == "Đã hủy").all()

    def test_states(self, invoices: pd.DataFrame) -> None:
        """About 1.5 % are cancelled; a few of the last two days are open; the rest is completed."""
        share = invoices["status"].value_counts(normalize=True)
        assert set(share.index) == {"Hoàn thành", "Đã hủy", "Đang xử lý"}
        assert share["Đã hủy"] == pytest.approx(0.015, abs=0.002)
        still_open = invoices[invoices["status"] == "Đang xử lý"]
        assert 3 <= len(still_open) <= 15
        assert (still_open["at"] >= pd.Timestamp("2026-06-29")).all()

    def test_text_dates(self, sheet: pd.DataFrame) -> None:
        """Only July 2024 carries its times as text."""
        as_text = sheet["Thời gian"].str.contains("/")
        assert as_text.equals(moment(sheet["Thời gian"]) < pd.Timestamp("2024-08-01"))
        assert 0 < as_text.mean() < 0.05

    def test_walk_ins(self, sheet: pd.DataFrame) -> None:
        """Without a code the customer is "Khách lẻ" and has neither phone nor e-mail."""
        walk_in = sheet["Mã khách hàng"].isna()
        assert (sheet.loc[walk_in, "Tên khách hàng"] == "Khách lẻ").all()
        assert sheet.loc[walk_in, ["Điện thoại", "Email"]].isna().all(axis=None)
        assert not (sheet.loc[~walk_in, "Tên khách hàng"] == "Khách lẻ").any()

    def test_phones(self, sheet: pd.DataFrame) -> None:
        """Phones come with their zero, without it, and with ".0" after it; repaired, each belongs to one customer."""
        known = sheet.dropna(subset="Mã khách hàng").drop_duplicates("Mã khách hàng")
        phone = known["Điện thoại"].dropna()
        assert len(phone) / len(known) == pytest.approx(0.86, abs=0.03)
        assert phone.str.fullmatch(r"[35789]\d{8}").mean() > 0.4
        assert phone.str.fullmatch(r"[35789]\d{8}\.0").mean() > 0.03
        assert phone.str.fullmatch(r"0[35789]\d{8}").mean() > 0.2
        repaired = "0" + phone.str.removesuffix(".0").str.removeprefix("0")
        assert repaired.str.fullmatch(r"0[35789]\d000\d{4}").all()
        assert repaired.is_unique

    def test_names(self, sheet: pd.DataFrame) -> None:
        """Names and items are written in composed Unicode."""
        words = pd.concat([sheet["Tên khách hàng"], sheet["Tên hàng"], sheet["Người bán"]]).unique()
        assert all(unicodedata.is_normalized("NFC", word) for word in words)

    def test_deleted_codes(self, sheet: pd.DataFrame, people: pd.DataFrame) -> None:
        """Codes of deleted customers end in {DEL} on all their lines, and nobody else's do."""
        codes = sheet["Mã khách hàng"].dropna()
        deleted = set(people.index[people["deleted_code"] == "yes"])
        assert {code.removesuffix("{DEL}") for code in codes.unique() if code.endswith("{DEL}")} == deleted
        assert not deleted & set(codes)

    def test_deliveries(self, sheet: pd.DataFrame, invoices: pd.DataFrame) -> None:
        """Every delivery that was not cancelled has a promise, and the till knows the same arrival."""
        promises = read_csv("giao-hang.csv").set_index("Mã hóa đơn")
        expected = invoices[(invoices["channel"] == "Giao hàng") & (invoices["status"] != "Đã hủy")]
        assert set(promises.index) == set(expected["code"])
        arrival = sheet.drop_duplicates("Mã hóa đơn").set_index("Mã hóa đơn")["Thời gian giao hàng"].dropna()
        noted = promises.loc[promises["Giao lúc"] != "", "Giao lúc"]
        pd.testing.assert_series_equal(moment(arrival).sort_index(), moment(noted).sort_index(), check_names=False)


class TestTruth:
    """The workbook gives back what was put into it."""

    def test_counts(self, sheet: pd.DataFrame, invoices: pd.DataFrame, truth: dict) -> None:
        """Counts in the truth are those of the workbook."""
        known = invoices["customer"].notna()
        done = invoices["status"] == "Hoàn thành"
        counts = truth["counts"]
        assert counts["lines"] == len(sheet)
        assert counts["invoices"] == len(invoices)
        assert counts["customers"] == invoices["customer"].nunique()
        assert counts["customers_with_completed_orders"] == invoices.loc[done, "customer"].nunique()
        assert counts["identified_invoices"] == known.sum()
        assert counts["anonymous_completed"] == (~known & done).sum()
        assert counts["cancelled"] == (invoices["status"] == "Đã hủy").sum()
        assert counts["processing"] == (invoices["status"] == "Đang xử lý").sum()

    def test_revenue(self, invoices: pd.DataFrame, truth: dict) -> None:
        """Net revenue of completed invoices, with and without a name, is the truth's to the last đồng."""
        done = invoices[invoices["status"] == "Hoàn thành"]
        known = done["customer"].notna()
        assert truth["net_revenue_completed"]["identified"] == done.loc[known, "due"].sum()
        assert truth["net_revenue_completed"]["anonymous"] == done.loc[~known, "due"].sum()

    def test_customers(self, invoices: pd.DataFrame, orders: pd.DataFrame, people: pd.DataFrame) -> None:
        """Orders and first day of every customer are those of the workbook; nobody visits after leaving."""
        by_customer = orders.groupby("customer")
        assert by_customer.size().sort_index().equals(people["completed_orders"].sort_index())
        first = by_customer["at"].min().dt.strftime("%Y-%m-%d")
        assert (first.reindex(people.index) == people["first_order_on"]).all()
        left = people[(people["churned_on"] != "") & (people["campaign_order"] != "yes")]
        kept = invoices[invoices["status"] != "Đã hủy"]
        last = kept.groupby("customer")["at"].max().dt.strftime("%Y-%m-%d").reindex(left.index)
        assert (last == left["churned_on"]).all()

    def test_some_return(self, orders: pd.DataFrame, truth: dict) -> None:
        """Of the first-time buyers 40–55 % return within 180 days, as the truth says."""
        rate = returned(orders, 180)["returned"].mean()
        assert 0.40 <= rate <= 0.55
        assert rate == pytest.approx(truth["returned_within_180_days"]["all"]["rate"], abs=0.02)

    def test_rhythm(self, orders: pd.DataFrame) -> None:
        """Repeat customers typically come every 7–20 days."""
        span = orders.groupby("customer")["at"].agg(["min", "max", "size"])
        span = span[span["size"] >= 5]
        gap = (span["max"] - span["min"]).dt.days / (span["size"] - 1)
        assert 7 <= gap.median() <= 20
        assert gap.quantile([0.25, 0.75]).between(5, 25).all()

    def test_tet(self, invoices: pd.DataFrame, truth: dict) -> None:
        """The café is shut around Tết, and the week before is quiet."""
        by_day = invoices.groupby(invoices["at"].dt.normalize()).size()
        for tet in map(pd.Timestamp, truth["tet_days"]):
            around = by_day.reindex(
                pd.date_range(tet - pd.Timedelta(days=36), tet + pd.Timedelta(days=3)), fill_value=0
            )
            assert around.iloc[-5:].sum() == 0
            assert around.iloc[-12:-5].mean() < 0.75 * around.iloc[:28].mean()

    def test_late_deliveries(self, invoices: pd.DataFrame, truth: dict) -> None:
        """The second branch is late far more often in the bad months than deliveries elsewhere."""
        sent = read_csv("giao-hang.csv").merge(invoices, left_on="Mã hóa đơn", right_on="code")
        sent = sent[sent["Giao lúc"] != ""]
        late = moment(sent["Giao lúc"]) > moment(sent["Hẹn giao"])
        lateness = truth["lateness"]
        bad = (
            (sent["branch"] == lateness["bad_branch"])
            & (sent["at"] >= lateness["bad_from"])
            & (sent["at"] < pd.Timestamp(lateness["bad_until"]) + pd.Timedelta(days=1))
        )
        assert late[bad].mean() == pytest.approx(lateness["bad_late_share"], abs=0.06)
        assert late[~bad].mean() == pytest.approx(lateness["late_share"], abs=0.02)
        assert late[bad].mean() == pytest.approx(lateness["observed"]["bad_branch_bad_period"]["rate"], abs=1e-6)

    def test_late_first_delivery_costs_customers(self, orders: pd.DataFrame, people: pd.DataFrame) -> None:
        """Fewer return after a late first delivery than after a punctual one, by more than chance explains."""
        sent = read_csv("giao-hang.csv").set_index("Mã hóa đơn")
        first = returned(orders, 180)
        first = first[first["channel"] == "Giao hàng"]
        times = sent.reindex(first["code"])
        late = (moment(times["Giao lúc"]) > moment(times["Hẹn giao"])).to_numpy()
        assert (people.loc[first.index, "first_delivery_late"] == np.where(late, "yes", "no")).all()
        slow, good = first.loc[late, "returned"], first.loc[~late, "returned"]
        error = math.sqrt(slow.var() / len(slow) + good.var() / len(good))
        assert good.mean() - slow.mean() > 3 * error

    def test_deal_hunters(self, orders: pd.DataFrame, people: pd.DataFrame, truth: dict) -> None:
        """People won by the half-price opening can be told by their first invoice, and hardly any return."""
        first = returned(orders, 180)
        half = first["discount"] * 2 >= first["goods"] - 1
        assert set(first.index[half]) == set(people.index[people["cohort"] == "opening_event"])
        assert set(first.loc[half, "at"].dt.strftime("%Y-%m")) == {
            truth["returned_within_180_days"]["opening_event"]["month"]
        }
        assert first.loc[half, "returned"].mean() == pytest.approx(0.12, abs=0.06)
        assert first.loc[~half, "returned"].mean() > 0.45


class TestCampaign:
    """The past campaign with its holdout."""

    def test_everyone_is_known_and_in_one_list(self, arms: pd.DataFrame, people: pd.DataFrame, truth: dict) -> None:
        """Lists name known customers once, in the arms and numbers the truth tells."""
        assert arms.index.is_unique
        assert set(arms.index) <= set(people.index)
        arm = people.loc[arms.index, "campaign_arm"]
        assert (arm == np.where(arms["treated"], "treated", "holdout")).all()
        assert truth["campaign"]["treated"] == arms["treated"].sum()
        assert truth["campaign"]["holdout"] == (~arms["treated"]).sum()
        assert len(arms) >= 900
        assert arms["treated"].mean() == pytest.approx(0.75, abs=0.005)

    def test_eligible(self, arms: pd.DataFrame) -> None:
        """Everyone drawn had been silent for 45–200 days and had agreed to selling messages on Zalo."""
        assert arms["silent"].between(45, 200).all()
        consent = read_csv("dong-y.csv")
        yes = consent[(consent["Kênh"] == "zalo") & (consent["Mục đích"] == "bán hàng") & (consent["Đồng ý"] == "có")]
        assert set(arms.index) <= set(yes["Mã khách hàng"])

    def test_balanced(self, arms: pd.DataFrame) -> None:
        """Before the message the two arms look alike."""
        for column in ("orders", "silent"):
            treated, holdout = (arms.loc[arms["treated"] == arm, column] for arm in (True, False))
            assert abs(treated.mean() - holdout.mean()) < 0.25 * arms[column].std()

    def test_uplift(self, arms: pd.DataFrame, truth: dict) -> None:
        """The 95 % interval of the difference holds the true uplift and leaves out zero."""
        rate = arms.groupby("treated")["ordered"].agg(["mean", "size"])
        difference = rate.loc[True, "mean"] - rate.loc[False, "mean"]
        error = math.sqrt((rate["mean"] * (1 - rate["mean"]) / rate["size"]).sum())
        assert difference - 1.96 * error > 0
        assert abs(difference - truth["campaign"]["true_uplift"]) < 1.96 * error
        assert difference == pytest.approx(truth["campaign"]["observed_difference"], abs=1e-6)

    def test_uplift_over_seeds(self) -> None:
        """Over several draws the mean difference comes near the true uplift."""
        shares = []
        for seed in range(12):
            drawn = simulate(seed).campaign
            ordered = drawn["came_anyway"] | drawn["persuaded"]
            rate = ordered.groupby(drawn["arm"]).mean()
            shares.append(rate["treated"] - rate["holdout"])
        assert np.mean(shares) == pytest.approx(0.12, abs=0.015)


class TestOwnersFiles:
    """The owner's small files."""

    def test_messages(self, orders: pd.DataFrame, truth: dict) -> None:
        """Most messages sell; at most 60 % of the customers active in the last 90 days got any in that time."""
        sent = read_csv("tin-nhan-da-gui.csv")
        assert set(sent["Mục đích"]) == {"bán hàng", "chăm sóc"}
        assert (sent["Mục đích"] == "bán hàng").mean() > 0.8
        assert sent["Điện thoại"].str.fullmatch(r"0\d{9}").all()
        start = END.normalize() - pd.Timedelta(days=90)
        active = set(orders.loc[orders["at"] >= start, "customer"])
        reached = active & set(sent.loc[moment(sent["Thời gian gửi"]) >= start, "Mã khách hàng"])
        assert 0.2 < len(reached) / len(active) <= 0.6
        assert (sent["Chiến dịch"] == truth["campaign"]["name"]).sum() == truth["campaign"]["treated"]

    def test_messages_had_consent(self) -> None:
        """Whoever got a message had agreed to that purpose before, and had not withdrawn."""
        sent = read_csv("tin-nhan-da-gui.csv")
        said = read_csv("dong-y.csv").query("Kênh == 'zalo'")
        said = said.assign(day=pd.to_datetime(said["Ngày"], format="%d/%m/%Y"))
        sent = sent.assign(day=moment(sent["Thời gian gửi"]))
        both = sent.merge(said, on=["Mã khách hàng", "Mục đích"], suffixes=("", "_said")).query("day_said < day")
        latest = (
            both.sort_values("day_said", kind="stable").groupby(["Mã khách hàng", "Mục đích", "day"])["Đồng ý"].last()
        )
        assert set(sent["Kênh"]) == {"Zalo"}
        assert len(latest) == len(sent)
        assert (latest == "có").all()

    def test_complaints(self, invoices: pd.DataFrame) -> None:
        """Complaints follow their order, are answered before they are solved, and belong to known invoices."""
        sheet = read_csv("phan-nan.csv").merge(invoices, left_on="Mã hóa đơn", right_on="code", how="left")
        opened, answered, solved = (
            moment(sheet[name]) for name in ("Thời gian mở", "Phản hồi lần đầu", "Thời gian giải quyết")
        )
        assert 200 <= len(sheet) <= 300
        assert sheet["code"].notna().all()
        assert (sheet["customer"].fillna("") == sheet["Mã khách hàng"]).all()
        assert (opened >= sheet["at"]).all()
        assert (answered.dropna() >= opened[answered.notna()]).all()
        assert (solved.dropna() >= answered[solved.notna()]).all()
        assert answered[solved.notna()].notna().all()
        waited = (answered - opened).dt.total_seconds() / 3600
        assert waited.min() < 0.5
        assert waited.max() > 72
        assert ((sheet["Có phương án thay thế"] == "") == (sheet["Có từ chối"] == "không")).all()

    def test_slow_answers_cost_customers(self, orders: pd.DataFrame) -> None:
        """Complainers answered after a day, or never, return less often than those answered within it."""
        sheet = read_csv("phan-nan.csv").query("`Mã khách hàng` != ''")
        sheet = sheet.assign(opened=moment(sheet["Thời gian mở"]), answered=moment(sheet["Phản hồi lần đầu"]))
        sheet = sheet[sheet["opened"] < END - pd.Timedelta(days=60)]
        later = sheet.merge(orders, left_on="Mã khách hàng", right_on="customer")
        inside = (later["at"] > later["opened"]) & (later["at"] <= later["opened"] + pd.Timedelta(days=60))
        back = sheet["Mã phiếu"].isin(later.loc[inside, "Mã phiếu"])
        quick = (sheet["answered"] - sheet["opened"]) <= pd.Timedelta(hours=24)
        assert back[quick].mean() - back[~quick].mean() > 0.15

    def test_scores(self, invoices: pd.DataFrame) -> None:
        """Scores are 1–5, one per completed invoice, and lower after a late delivery."""
        scores = read_csv("danh-gia.csv").merge(invoices, left_on="Mã hóa đơn", right_on="code", how="left")
        assert len(scores) == 1_500
        assert scores["Mã hóa đơn"].is_unique
        assert (scores["status"] == "Hoàn thành").all()
        assert set(scores["Điểm"]) == set("12345")
        sent = read_csv("giao-hang.csv").merge(scores, on="Mã hóa đơn")
        late = moment(sent["Giao lúc"]) > moment(sent["Hẹn giao"])
        points = sent["Điểm"].astype(int)
        assert points[~late].mean() - points[late].mean() > 1

    def test_costs(self, truth: dict) -> None:
        """Every month has costs of winning, keeping and running; the campaign's month holds the campaign's cost."""
        costs = read_csv("chi-phi.csv")
        amount = costs["Số tiền"].str.replace(".", "", regex=False).astype(int)
        assert costs["Tháng"].nunique() == 24
        assert set(costs["Loại"]) == {"khách mới", "giữ khách", "khác"}
        keeping = amount[costs["Loại"] == "giữ khách"]
        assert keeping.sum() < 0.1 * amount[costs["Loại"] == "khách mới"].sum()
        assert keeping[costs["Tháng"] == "03/2026"].sum() >= truth["campaign"]["cost"]
