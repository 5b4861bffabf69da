"""The gallery's invented businesses from their files to their reports, and the page that shows them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import shops

from gallery import entries, gym
from gallery.__main__ import main

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Each business's run, made once."""

    @cache
    def make(name: str) -> shops.Ran:
        workspace = tmp_path_factory.mktemp(name) / "clients"
        done = entries.build(name, workspace)
        return shops.Ran(workspace, done.folder.parents[1], done)

    return make


def first_page(ran: shops.Ran) -> str:
    """What is read before the contents."""
    return ran.words.split("Nội dung")[0]


def test_the_gym_is_read_from_its_contracts(built: Any) -> None:
    """The headline is members who leave in a month, and the chance they were made with lies in its interval."""
    numbers = built("gym").read("metrics.json")
    found = numbers["contracts"]["accounts"]["monthly_churn"]
    assert numbers["gate"]["kind"] == "contractual"
    assert found["low"] < gym.MONTHLY_CHURN < found["high"]
    said = first_page(built("gym"))
    assert f"cứ 100 hội viên thì {100 * found['value']:.1f}".replace(".", ",") in said
    assert f"{100 * found['low']:.1f} đến {100 * found['high']:.1f}".replace(".", ",") in said


def test_a_gym_is_told_nothing_from_silence(built: Any) -> None:
    """Nobody is called late, away for half a year or out of the bucket, and care is not set against messages that sell where none was sent."""
    assert "không ai trễ nhịp" not in first_page(built("gym"))
    assert "0,0 tin bán hàng" not in built("gym").words
    assert "khách của sáu tháng trước không mua lại" not in built("gym").words
    assert "khách vắng đi thì" not in built("gym").words


def test_a_gym_is_told_what_its_contracts_tell(built: Any) -> None:
    """No rhythm, no states, no groups by month of payment, nobody “not to call”: whose contract runs out stands there instead."""
    words = built("gym").words
    for silent in (
        "Nhịp mua: khi nào",
        "trễ hơn thường lệ",
        "Từng nhóm khách theo tháng mua đầu tiên",
        "Tuần này không phải gọi ai",
        "im lặng quá lâu",
        "quay lại trong 90 ngày",
    ):
        assert silent not in words, silent
    due = sum(s["customers"] for s in built("gym").read("metrics.json")["segments"] if s["segment"] == "at_renewal")
    assert due > 0
    assert f"{due} hội viên tới hạn gia hạn" in words
    assert "hội viên cần nói chuyện trước khi hết hạn" in first_page(built("gym"))
    assert words.count("bỏ qua những gì đọc từ khoảng cách giữa hai lần mua") == 1


def test_a_distributors_large_buyers_are_not_accused(built: Any) -> None:
    """Three of them bring a fifth of the money and stay customers; no code is called suspicious."""
    quality = built("distributor").read("metrics.json")["data_quality"]
    assert quality["suspects"]["customers"] == 0
    assert "mã đáng ngờ" not in first_page(built("distributor"))


@pytest.mark.parametrize("name", ["distributor", "gym"])
def test_the_first_page_names_three_things_to_do(built: Any, name: str) -> None:
    """Each with somebody who does it, also where no campaign can be planned and nobody has promised anything."""
    assert first_page(built(name)).count("Ai làm:") == 3


@pytest.mark.parametrize("name", ["distributor", "gym"])
def test_the_words_suit_businesses_without_a_shop(built: Any, name: str) -> None:
    """Nobody is sent to stand at a counter they do not have, no list is called by the name of its file on the first page, and one branch is not ranked."""
    words = built(name).words
    assert "quầy một giờ" not in words
    assert "chủ tiệm" not in words
    assert "sổ của chính tiệm" not in words
    assert "call-this-week" not in first_page(built(name))
    assert "chưa thể nói chi nhánh nào hơn" not in words
    assert "chỉ 100% số đơn" not in words


def test_the_distributor_is_measured(built: Any) -> None:
    """A few customers carry most of the money; second orders, deliveries and whom to call are all known."""
    numbers = built("distributor").read("metrics.json")
    assert numbers["gate"]["kind"] == "non-contractual"
    assert numbers["concentration"]["top_share"] > 0.5
    assert numbers["repeat_rate"]["90"]["low"] > 0.8
    assert numbers["calls_this_week"] > 0
    assert numbers["on_time"][0]["rate"]["n"] > 2000
    assert "khách mua lần đầu không quay lại trong 90 ngày" in first_page(built("distributor"))


@pytest.mark.parametrize("name", ["distributor", "gym"])
def test_nothing_unsaid_is_left_in_a_report(built: Any, name: str) -> None:
    """No placeholder, missing value or infinity is read anywhere."""
    assert re.search(r"\bnan\b|\bNone\b|\bNaT\b|\binf\b|\{\w+\}", built(name).words) is None


def test_the_page_shows_every_picture_and_no_other() -> None:
    """Pictures named by docs/gallery.md are there, and those that are there are named."""
    folder = ROOT / "docs" / "images" / "gallery"
    assert set(re.findall(r"\(images/gallery/([^)]+)\)", PAGE)) == {path.name for path in folder.iterdir()}


def test_the_page_names_every_command() -> None:
    """Each business has its command, and each command its business."""
    assert set(re.findall(r"^    python -m gallery ([\w-]+)", PAGE, re.MULTILINE)) == set(entries.ENTRIES)


def test_real_data_that_are_not_at_hand_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """One sentence, and the program ends with 2."""
    monkeypatch.setenv("RETENTION_REAL_DATA", "elsewhere")
    with pytest.raises(SystemExit) as ended:
        main(["online-retail", "--real-data", str(tmp_path), "--workspace", str(tmp_path / "clients"), "--no-pictures"])
    assert ended.value.code == 2
    assert "--real-data" in capsys.readouterr().out
