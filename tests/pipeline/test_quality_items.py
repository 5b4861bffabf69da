"""Everything the quality report says, on thirty rows that can be counted by eye."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from helpers.checking import Check, check_client
from helpers.language import language
from helpers.metrics.quality import DataQuality
from helpers.metrics.quality.calendar import Gap
from helpers.metrics.quality.grade import Reason
from helpers.metrics.quality.suspects import Suspects
from helpers.metrics.uncertainty import NotEnough, wilson
from helpers.report import data_words

HEAD = "Mã hóa đơn,Thời gian,Mã khách hàng,Điện thoại,Email,Tổng tiền,Kênh bán,Chi nhánh,Trạng thái"
NAMED = [
    f"HD{n},{21 if n == 11 else n:02d}/05/2026 09:00,KH{k},{f'091234560{k}' if k < 9 else ''},{f'k{k}@x.vn' if k < 5 else ''},"
    "10000,Quầy,Q1,Hoàn thành"
    for n in range(1, 21)
    for k in [(n - 1) % 10 + 1]
]
"""Ten customers with two orders each at the counter of Q1, one a day, but for the 11th; eight left a phone, four an e-mail."""
NAMELESS = [f"HD{n},{n - 20:02d}/05/2026 15:00,,,,20000,Shopee,Q3,Hoàn thành" for n in range(21, 31)]
"""Ten orders of the marketplace at Q3 that name nobody."""


def client(folder: Path, lines: list[str]) -> Path:
    """A client's folder with these sales."""
    folder.mkdir(exist_ok=True)
    (folder / "don.csv").write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    (folder / "business.yml").write_text(
        "schema_version: 1\nname: Tiệm Thử\nsector: cafe\ncurrency: VND\ncountry: VN\nsources:\n  orders:\n  - file: don.csv\n",
        encoding="utf-8",
    )
    return folder


def checked(folder: Path, lines: list[str]) -> tuple[Check, DataQuality]:
    """What the check finds in these sales."""
    found = check_client(client(folder, lines), today=date(2026, 7, 1))
    assert found.data is not None
    return found, found.data


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Check, DataQuality]:
    """Thirty rows: of the nameless orders one is cancelled, one has no date, one is worth nothing and one stands twice."""
    lines = [
        *NAMED,
        *NAMELESS[:6],
        NAMELESS[6].replace("Hoàn thành", "Đã hủy"),
        NAMELESS[7].replace("08/05/2026", "hôm kia"),
    ]
    lines += [NAMELESS[8].replace("20000", "0"), NAMELESS[0]]
    return checked(tmp_path_factory.mktemp("thirty"), lines)


def test_rows_by_reason(thirty: tuple[Check, DataQuality]) -> None:
    """Thirty rows read, twenty-eight kept, two set aside, each for its own reason."""
    quality = thirty[0].quality
    assert (quality.rows_read, quality.rows_kept, quality.rows_rejected) == (30, 28, 2)
    assert quality.rejected_by_reason == {"bad_date": 1, "cancelled": 1}


def test_duplicates(thirty: tuple[Check, DataQuality]) -> None:
    """The row that stands twice is counted, and its order is one order."""
    assert (thirty[1].duplicates, thirty[1].exported_again, thirty[0].quality.orders) == (1, 0, 27)


def test_identified_share_of_orders_and_revenue(thirty: tuple[Check, DataQuality]) -> None:
    """Twenty of twenty-seven orders name their customer: all at Q1, none at Q3; by channel the same."""
    data = thirty[1]
    assert data.identified is not None
    assert data.identified.orders == wilson(20, 27)
    money = 200_000 / thirty[0].quality.amount_kept
    assert data.identified.revenue_share == pytest.approx(money)
    for groups, names in ((data.by_branch, ["Q1", "Q3"]), (data.by_channel, ["Quầy", "Shopee"])):
        assert [one.group for one in groups] == names
        assert [one.orders for one in groups] == [wilson(20, 20), NotEnough(7, 10)]
        assert [one.revenue_share for one in groups] == [1.0, 0.0]


def test_coverage_of_phone_and_email(thirty: tuple[Check, DataQuality]) -> None:
    """Of ten customers eight left a phone and four an e-mail."""
    found = thirty[1].coverage
    assert (found.phone, found.email, found.either) == (wilson(8, 10), wilson(4, 10), wilson(8, 10))


def test_gaps_in_the_calendar(thirty: tuple[Check, DataQuality]) -> None:
    """Every day from the 1st to the 21st has an order but the 11th."""
    assert thirty[1].calendar.gaps == (Gap(date(2026, 5, 11), date(2026, 5, 11), 1),)


def test_amounts_and_codes_too_few_to_judge(thirty: tuple[Check, DataQuality]) -> None:
    """One order is worth nothing; fewer than thirty orders know no usual amount, ten customers no usual customer."""
    data = thirty[1]
    assert (data.amounts.zero, data.amounts.negative) == (1, 0)
    assert isinstance(data.amounts.extremes, NotEnough)
    assert data.suspects == NotEnough(10, 20)


def test_which_measures_are_possible(thirty: tuple[Check, DataQuality]) -> None:
    """With ten customers in three weeks nothing can be told of coming back, and each question says all that it lacks."""
    told = {one.metric: one.lacks for one in data_words.told(thirty[0].record()["data_quality"], campaigns=0)}
    assert [(lack.kind, lack.have) for lack in told["repeat_rate"]] == [("days", 21)]
    assert [(lack.kind, lack.have) for lack in told["models"]] == [("customers", 10), ("repeaters", 10), ("days", 21)]
    assert [(lack.kind, lack.name) for lack in told["complaints"]] == [("table", "tickets")]


def test_the_grade_with_all_its_reasons(thirty: tuple[Check, DataQuality]) -> None:
    """D for ten customers; the short history, the silent day and the nameless revenue are told as well, worst first."""
    grade = thirty[1].grade
    assert grade.mark == "D"
    assert grade.reasons[0] == Reason("customers", "D", 10)
    assert {(one.of, one.mark) for one in grade.reasons[1:]} == {
        ("days", "C"),
        ("known_share", "B"),
        ("gap_share", "B"),
    }


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_check_prints_all_of_it(thirty: tuple[Check, DataQuality], lang: str) -> None:
    """Every item of the report has its line, in both languages."""
    say = language(lang)
    lines = thirty[0].lines(say)
    said = "\n".join(f"{term} {text}" for term, text in lines)
    for term, text in (
        ("rows read", "30"), ("rows kept", "28"), ("rows set aside", "2"), ("rows that stand twice", "1"),
        ("suspicious customer codes", say.text("too few customers to tell")), ("days without any order", say.date(date(2026, 5, 11))), ("orders worth nothing or less", "1"),
    ):  # fmt: skip
        assert (say.text(term), text) in lines
    shares = dict(lines)["  Q1"]
    assert shares == data_words.known(thirty[0].record()["data_quality"]["by_branch"][0], say)
    assert shares.count(say.percent(1.0)) == 2  # the upper end of the orders' range, and the revenue
    assert len([one for one in data_words.reasons(thirty[0].record()["data_quality"], say) if one in said]) == 4
    assert "KH1" not in said


def test_a_member_of_staff_and_a_reseller(tmp_path: Path) -> None:
    """Twenty customers, a cashier who rings up her own coffee every day, a reseller who takes half: both found, none named."""
    lines = [
        f"A{n}{m},{1 + (n * 7 + m * 13) % 84},KH{n},,,50000,Quầy,Q1,Hoàn thành" for n in range(1, 25) for m in range(6)
    ]
    lines += [f"S{n},{n},NV1,,,15000,Quầy,Q1,Hoàn thành" for n in range(1, 85)]
    lines += [f"R{n},{n * 14},SI1,,,1500000,Quầy,Q1,Hoàn thành" for n in range(1, 6)]
    dated = [
        ",".join([number, date.fromordinal(date(2026, 1, 4).toordinal() + int(day)).strftime("%d/%m/%Y"), *rest])
        for number, day, *rest in (line.split(",") for line in lines)
    ]
    found, data = checked(tmp_path / "shop", dated)
    assert isinstance(data.suspects, Suspects)
    assert data.suspects.by_reason == {"bulk": 1, "daily": 1}
    said = "\n".join(text for _, text in found.lines(language("en")))
    assert "a member of staff" in said
    assert "a reseller" in said
    assert "Without suspicious codes" in said
    assert "NV1" not in said
    assert "SI1" not in said
