"""Bad input: one sentence in the user's language on the error stream, exit code 2, nothing written."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shops

from helpers.errors import InputError
from helpers.language import language

Retention = Callable[..., Any]
HEAD = "order_id,ordered_at,phone,net_revenue,currency,status\n"
TWO = [("2025-01-01", "0912000001", "VND", ""), ("2025-02-01", "0912000002", "VND", "")]


def _file(*rows: tuple[str, str, str, str]) -> str:
    return HEAD + "".join(
        f"{n},{day},{who},100,{currency},{status}\n" for n, (day, who, currency, status) in enumerate(rows, 1)
    )


CONTENTS = {
    "no orders": (_file(), "Không có đơn: tệp chỉ có dòng tiêu đề", "No orders: the file has a header but no rows"),
    "one customer": (
        _file(TWO[0], ("2025-03-01", "0912000001", "VND", "")),
        "Trong 2 đơn chỉ nhận ra một khách", "Only one customer could be told apart in 2 orders",
    ),
    "all cancelled": (
        _file(*((day, who, money, "Đã hủy") for day, who, money, _ in TWO)),
        "Không có đơn: cả 2 dòng đều thuộc đơn đã hủy", "No orders: all 2 rows belong to cancelled orders",
    ),
    "future": (
        _file(("2099-01-01", "0912000001", "VND", ""), ("2099-02-01", "0912000002", "VND", "")),
        "orders.csv có 2 trên 2 ngày nằm ở tương lai", "orders.csv has 2 of 2 dates in the future",
    ),
    "two currencies": (
        _file(TWO[0], ("2025-02-01", "0912000002", "USD", "")),
        "Đơn hàng dùng nhiều loại tiền (USD, VND)", "The orders are in several currencies (USD, VND)",
    ),
    "no amount": (
        HEAD + "1,2025-01-01,0912000001,,VND,\n2,2025-01-02,0912000002,?,VND,\n",
        "Không có đơn: không dòng nào trong 2 dòng dùng được", "No orders: none of the 2 rows can be used",
    ),
}  # fmt: skip
"""What a file holds → how the Vietnamese and the English sentence begin."""


def _one_sentence(said: Any, begins: str, *, progress: str = "") -> None:
    assert said.code == 2
    assert said.out == ""
    assert said.err.removeprefix(progress).strip().startswith(begins), said.err
    assert said.err.endswith((".", "?"))
    assert "Traceback" not in said.err


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("fault", list(CONTENTS))
def test_unusable_files(retention: Retention, workspace: Path, tmp_path: Path, fault: str, command: str) -> None:
    """Vietnamese by default, English when asked; the client's folder is as it was."""
    text, vietnamese, english = CONTENTS[fault]
    (tmp_path / "orders.csv").write_text(text, "utf-8")
    assert retention("new", "Shop", "--orders", tmp_path / "orders.csv").code == 0
    before = shops.tree(workspace)
    reading = {"vi": "Đang đọc tệp", "en": "Reading the files"} if command == "run" else {"vi": "", "en": ""}
    _one_sentence(retention(command, "shop"), vietnamese, progress=reading["vi"])
    _one_sentence(retention(command, "shop", "--lang", "en"), english, progress=reading["en"])
    assert shops.tree(workspace) == before


FILES = {
    "a workbook that is none": (
        "orders.xlsx",
        _file(*TWO).encode(),
        "orders.xlsx mang tên bảng tính nhưng bên trong không phải",
    ),
    "binary": ("orders.csv", bytes(range(256)) * 20, "orders.csv không phải tệp văn bản"),
    "a missing column": (
        "orders.csv",
        b"order_id,phone,net_revenue\n1,0912000001,100\n",
        "orders.csv không có cột cho “ordered_at”",
    ),
    "empty": ("orders.csv", b"", "orders.csv trống"),
    "a mark of byte order": ("orders.csv", b"\xff\xfe", "orders.csv trống"),
    "ten thousand columns": (
        "orders.csv",
        ",".join(f"c{i}" for i in range(10_000)).encode(),
        "orders.csv có hơn 1.000 cột",
    ),
    "a workbook cut short": (
        "orders.xlsx",
        b"PK\x03\x04" + bytes(200),
        "orders.xlsx mang tên bảng tính nhưng bên trong không phải",
    ),
    "an old workbook cut short": ("orders.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "orders.xls bị hỏng"),
    "a Parquet file cut short": ("orders.parquet", b"PAR1" + bytes(200), "orders.parquet bị hỏng"),
    "a dump cut short": ("orders.json", b'[{"order_id": 1}, {"ord', "orders.json bị hỏng"),
    "an archive cut short": ("orders.zip", b"PK\x03\x04" + bytes(200), "orders.zip bị hỏng"),
    "a compressed file cut short": (
        "orders.csv.gz",
        gzip.compress(_file(*TWO).encode())[:-20],
        "orders.csv.gz bị hỏng",
    ),
    "a bomb": ("orders.csv.gz", gzip.compress(b"1,2\n" * 12_500_000) * 3, "orders.csv.gz khi mở ra phình hơn 100 lần"),
    "a picture": ("orders.png", b"\x89PNG", "Loại tệp của orders.png chưa đọc được"),
}


@pytest.mark.parametrize("fault", list(FILES))
def test_files_that_cannot_be_read(retention: Retention, workspace: Path, tmp_path: Path, fault: str) -> None:
    """`new` finds them out and makes no client."""
    name, content, begins = FILES[fault]
    (tmp_path / name).write_bytes(content)
    _one_sentence(retention("new", "Shop", "--orders", tmp_path / name), begins)
    assert shops.tree(workspace) == {}


def test_a_file_that_is_not_there(retention: Retention, workspace: Path, tmp_path: Path) -> None:
    """The name is repeated as it was typed."""
    _one_sentence(
        retention("new", "Shop", "--orders", tmp_path / "june.csv"), f"Không có tệp “{tmp_path / 'june.csv'}”"
    )
    assert shops.tree(workspace) == {}


@pytest.fixture
def fresh(retention: Retention, workspace: Path, orders: Path) -> Path:
    """A client that has not been run."""
    retention("new", "Shop", "--orders", orders)
    return workspace / "shop"


def test_a_file_that_has_gone(retention: Retention, fresh: Path, orders: Path, workspace: Path) -> None:
    """An export that was moved away is asked for by name."""
    orders.unlink()
    before = shops.tree(workspace)
    _one_sentence(retention("run", "shop"), "Không thấy tệp orders.csv", progress="Đang đọc tệp")
    assert shops.tree(workspace) == before


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (["run", "sop"], "Không có cửa hàng “sop” trong clients. Đang có: shop."),
        (["check", "../shop/x"], "Không có cửa hàng “shop-x” trong clients."),
        (["run", "shop", "--lang", "fr"], "There is no language “fr”; choose one of: en, vi."),
        (["list", "--lang", "fr"], "There is no language “fr”; choose one of: en, vi."),
        (["demo", "--lang", "fr"], "There is no language “fr”; choose one of: en, vi."),
        (["run", "shop", "--as-of", "2999-01-01"], "Ngày 01/01/2999 chưa tới"),
        (["run", "shop", "--as-of", "2999-01-01", "--lang", "en"], "The date 1 Jan 2999 has not come yet"),
        (["run", "shop", "--as-of", "2001-01-01"], "Không có đơn: số liệu chỉ bắt đầu sau ngày"),
        (["run", "shop", "-p", "repeat_day=60"], "Không sổ tay nào có tham số “repeat_day”. Có phải anh/chị muốn: repeat_days?"),
        (["run", "shop", "-p", "run_dir=/tmp"], "Không sổ tay nào có tham số “run_dir”."),
        (["run", "shop", "-p", "repeat_days=soon"], "Tham số “repeat_days” không thể là “soon”: phải là số nguyên từ 7 đến 730."),
        (["run", "shop", "-p", "repeat_days=60.5"], "Tham số “repeat_days” không thể là “60.5”: phải là số nguyên từ 7 đến 730."),
        (["run", "shop", "-p", "repeat_days=true"], "Tham số “repeat_days” không thể là “True”: phải là số nguyên"),
        (["run", "shop", "-p", "repeat_days=[1"], "Tham số “repeat_days” không thể là “[1”: phải là số nguyên"),
        (["run", "shop", "-p", "repeat_days=0"], "Tham số “repeat_days” không thể là “0”: phải là số nguyên từ 7 đến 730."),
        (["run", "shop", "-p", "holdout_share=2", "--lang", "en"], "Parameter “holdout_share” cannot be “2”: it is a number from 0.05 to 0.5."),
        (["run", "shop", "-p", "repeat_days"], "Tham số phải viết TÊN=GIÁ_TRỊ, không phải “repeat_days”."),
        (["run"], "Anh/chị ghi tên cửa hàng cần chạy, hoặc --all"),
        (["run", "shop", "--all"], "Anh/chị ghi tên cửa hàng cần chạy, hoặc --all"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_followed(
    retention: Retention, fresh: Path, workspace: Path, words: list[str], begins: str
) -> None:
    """Clients, days, languages and parameters that do not exist are named, with what does."""
    before = shops.tree(workspace)
    said = retention(*words)
    _one_sentence(said, begins, progress="Đang đọc tệp")
    assert shops.tree(workspace) == before


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    ("damage", "begins"),
    [
        (lambda text: text.replace("name: Shop", 'name: "Shop'), "business.yml, dòng "),
        (lambda text: text.replace("lang: vi", "lang: [vi"), "business.yml, dòng "),
        (
            lambda text: text + "colour: red\n",
            "business.yml: mục “colour” không dùng được (tên này không có trong danh mục);",
        ),
        (
            lambda text: text.replace("margin: 0.5", "margin: 35"),
            "business.yml: mục “margin” không dùng được (lớn nhất là 1);",
        ),
        (
            lambda text: text.replace("currency: VND", "currency: VNDD"),
            "business.yml: mục “currency” không dùng được (viết chưa đúng dạng);",
        ),
        (lambda _: "", "business.yml trống"),
        (lambda _: "- a\n- b\n", "business.yml trống hoặc không phải"),
    ],
)
def test_a_damaged_business_file(
    retention: Retention, fresh: Path, workspace: Path, damage: Callable[[str], str], begins: str, command: str
) -> None:
    """The line or the name that is wrong is said, whichever command meets it."""
    path = fresh / "business.yml"
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    before = shops.tree(workspace)
    _one_sentence(retention(command, "shop"), begins)
    assert shops.tree(workspace) == before


def test_the_line_of_the_damage_is_the_right_one(retention: Retention, fresh: Path) -> None:
    """An editor can go to the line that is named."""
    path = fresh / "business.yml"
    lines = path.read_text("utf-8").splitlines()
    at = lines.index("country: VN")
    lines[at] = "country: VN: x"
    path.write_text("\n".join(lines), "utf-8")
    assert retention("check", "shop").err.startswith(f"business.yml, dòng {at + 1}: ")


def test_a_language_that_has_no_catalog_in_the_business_file(retention: Retention, fresh: Path) -> None:
    """A client's own language is checked like one that is typed."""
    path = fresh / "business.yml"
    path.write_text(path.read_text("utf-8").replace("lang: vi", "lang: fr"), "utf-8")
    said = retention("run", "shop")
    assert said.code == 2
    assert "“fr”" in said.err


def test_a_fault_of_the_program_is_not_blamed_on_the_user(
    retention: Retention, fresh: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, one sentence, and the traceback in the workspace's log."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the roof came down")

    monkeypatch.setattr("helpers.checking.check_client", fail)
    said = retention("check", "shop")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("Đây là lỗi của chương trình: the roof came down. Chi tiết nằm trong ")
    log = (workspace / "retention.log").read_text("utf-8")
    assert "Traceback (most recent call last)" in log
    assert "RuntimeError: the roof came down" in log


def test_every_sentence_of_a_fault_ends_the_same_way() -> None:
    """A sentence with numbers, lists and dates is worded in both languages without leftovers."""
    fault = InputError("The name has {n} characters; {most} are the most, so shorten it.", n=1234, most=120)
    assert language("vi").error(fault) == "Tên dài 1.234 ký tự mà nhiều nhất là 120; anh/chị rút ngắn lại."
    assert language("en").error(fault) == "The name has 1,234 characters; 120 are the most, so shorten it."
