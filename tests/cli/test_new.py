"""`retention new`: from an export to a client's folder, or to one sentence and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shops
import yaml

from helpers import business

Retention = Callable[..., Any]


def test_a_client_is_made_from_its_export(retention: Retention, workspace: Path, orders: Path) -> None:
    """The folder is named after the business, business.yml can be read, and the next command is told."""
    said = retention("new", "Tiệm Cà Phê Mây", "--orders", orders, "--margin", 0.35)
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("retention run tiem-ca-phe-may")
    made = business.load(workspace / "tiem-ca-phe-may")
    assert (made.name, made.lang, made.currency, made.country, made.timezone) == (
        "Tiệm Cà Phê Mây", "vi", "VND", "VN", "Asia/Ho_Chi_Minh",
    )  # fmt: skip
    assert (made.margin, made.margin_known) == (0.35, True)
    assert made.sources["orders"][0].file == str(orders)


def test_how_the_file_was_understood_is_shown(retention: Retention, orders: Path) -> None:
    """A wrong mapping is seen before anything is counted."""
    out = retention("new", "Shop", "--orders", orders).out
    for role, header in (("ordered_at", "ordered_at"), ("phone", "phone"), ("net_revenue", "net_revenue")):
        assert f"{role} ← {header}" in out


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Tiệm Cà Phê Mây", "tiem-ca-phe-may"),
        ("Đậu Đỏ & Đá Xay", "dau-do-da-xay"),
        ("PHỞ THÌN 13 Lò Đúc", "pho-thin-13-lo-duc"),
        ("UK gifts", "uk-gifts"),
        ("  spaces  ", "spaces"),
        ("../../x", "x"),
        ("/etc/x", "etc-x"),
        ("C:\\Windows", "c-windows"),
        ("x" * 120, "x" * 60),
    ],
)
def test_names_become_folders_inside_the_workspace(
    retention: Retention, tmp_path: Path, orders: Path, name: str, slug: str
) -> None:
    """Vietnamese letters lose their marks, and nothing that looks like a path is one."""
    outside = {p: v for p, v in shops.tree(tmp_path).items() if not p.startswith("clients/")}
    assert retention("new", name, "--orders", orders).code == 0
    after = shops.tree(tmp_path)
    assert set(after) - set(outside) == {f"clients/{slug}", f"clients/{slug}/business.yml"}
    assert business.load(tmp_path / "clients" / slug).name == name.strip()


@pytest.mark.parametrize("name", ["..", "", "   ", "///", "con", "NUL", "lpt1", "x" * 500, "日本"])
def test_names_that_cannot_be_folders_are_refused(
    retention: Retention, tmp_path: Path, orders: Path, name: str
) -> None:
    """One sentence, nothing written."""
    before = shops.tree(tmp_path)
    said = retention("new", name, "--orders", orders)
    assert (said.code, said.out) == (2, "")
    assert said.err
    assert shops.tree(tmp_path) == before


def test_an_existing_client_is_not_overwritten(retention: Retention, tmp_path: Path, orders: Path) -> None:
    """What a coach has entered in business.yml is never lost to a second `new`."""
    retention("new", "Mây", "--orders", orders)
    before = shops.tree(tmp_path)
    said = retention("new", "MAY", "--orders", orders)
    assert (said.code, said.err) == (
        2,
        "“may” đã có rồi; anh/chị chọn tên khác, hoặc sửa business.yml của cửa hàng này.",
    )
    assert shops.tree(tmp_path) == before


def test_several_files_are_taken_together(retention: Retention, workspace: Path, tmp_path: Path) -> None:
    """Repeated --orders and words after the name both count; `check` reads them all."""
    rows = shops.small()
    files = [shops.write(tmp_path / f"{n}.csv", rows[n * 20 : n * 20 + 20]) for n in range(3)]
    said = retention("new", "Shop", files[2], "--orders", files[0], "--orders", files[1])
    assert said.code == 0
    assert all(f"{n}.csv: " in said.out for n in range(3))
    assert len(business.load(workspace / "shop").sources["orders"]) == 3
    assert "rows read 60" in retention("check", "shop", "--lang", "en").out


def test_a_folder_of_exports_is_one_source(retention: Retention, workspace: Path, tmp_path: Path) -> None:
    """Next month's file is dropped into the folder and read without changing business.yml."""
    rows = shops.small()
    for n in range(2):
        shops.write(tmp_path / "exports" / f"{n}.csv", rows[n * 20 : n * 20 + 20])
    assert retention("new", "Shop", "--orders", tmp_path / "exports").code == 0
    assert [s.file for s in business.load(workspace / "shop").sources["orders"]] == [str(tmp_path / "exports")]
    assert "rows read 40" in retention("check", "shop", "--lang", "en").out


def test_headers_nobody_would_recognise_are_named(retention: Retention, workspace: Path, tmp_path: Path) -> None:
    """--column says which header plays a role, and business.yml keeps it."""
    odd = tmp_path / "odd.csv"
    odd.write_text(
        "chứng từ,khi nào,của ai,thu vào\nA1,2025-01-02,0912000001,50000\nA2,2025-01-03,0912000002,60000\n", "utf-8"
    )
    assert "“ordered_at”" in retention("new", "Shop", "--orders", odd).err
    columns = [w for pair in ("ordered_at=khi nào", "phone=của ai", "net_revenue=thu vào") for w in ("--column", pair)]
    assert retention("new", "Shop", "--orders", odd, *columns).code == 0
    assert business.load(workspace / "shop").sources["orders"][0].columns["phone"] == "của ai"
    assert "known customers 2" in retention("check", "shop", "--lang", "en").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--margin", "35"], "Biên lãi gộp là một số từ 0 đến 1, ví dụ 0.35, không phải 35.0."),
        (["--currency", "dong"], "“dong” không phải mã tiền tệ; anh/chị dùng mã ISO như VND, GBP hoặc EUR."),
        (["--column", "ordered_at"], "Tham số phải viết TÊN=GIÁ_TRỊ, không phải “ordered_at”."),
        (["--lang", "xx"], "There is no language “xx”; choose one of: en, vi."),
    ],
)
def test_words_that_make_no_sense_are_refused(
    retention: Retention, tmp_path: Path, orders: Path, words: list[str], sentence: str
) -> None:
    """Each is told what to write instead; nothing is written."""
    before = shops.tree(tmp_path)
    said = retention("new", "Shop", "--orders", orders, *words)
    assert (said.code, said.out, said.err) == (2, "", sentence)
    assert shops.tree(tmp_path) == before


def test_orders_are_needed(retention: Retention) -> None:
    """A client without a file of orders is not made unawares; the sentence names both ways on."""
    assert retention("new", "Shop", "--lang", "en").err == (
        "No file of orders was given; add --orders FILE, or --no-file to begin with the session and drop it there."
    )


def test_a_client_may_begin_without_a_file(retention: Retention, workspace: Path) -> None:
    """The interview needs no export: the client is made, the session is the next step, a run says what is missing."""
    said = retention("new", "Shop", "--no-file", "--lang", "en")
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("Next: retention session shop")
    assert business.load(workspace / "shop").sources == {}
    for command in ("check", "run"):
        refused = retention(command, "shop")
        assert refused.code == 2
        assert "names no file of orders" in refused.err
        assert refused.err.endswith("or drop it on the page of “retention session”.")
    assert not (workspace / "shop" / "runs").exists()


def test_a_file_and_no_file_exclude_each_other(retention: Retention, workspace: Path, orders: Path) -> None:
    """A contradiction is told before anything is written."""
    said = retention("new", "Shop", "--no-file", "--orders", orders, "--lang", "en")
    assert (said.code, said.err) == (2, "Either --no-file or a file of orders, not both.")
    assert not (workspace / "shop").exists()


def test_the_workspace_may_not_be_a_file(retention: Retention, orders: Path) -> None:
    """A mistyped --workspace is told apart from a fault of the program."""
    said = retention("new", "Shop", "--orders", orders, at=orders)
    assert (said.code, said.err) == (2, f"“{orders}” là một tệp; anh/chị chỉ một thư mục với --workspace.")


def test_what_is_written_is_what_a_person_would_write(retention: Retention, workspace: Path, orders: Path) -> None:
    """business.yml is plain YAML in the order of its documentation, Vietnamese unescaped."""
    retention("new", "Tiệm Mây", "--orders", orders)
    text = (workspace / "tiem-may" / "business.yml").read_text("utf-8")
    assert "name: Tiệm Mây\n" in text
    assert list(yaml.safe_load(text))[:3] == ["schema_version", "name", "sector"]
