"""business.yml: read, checked, written; and the folder a client gets."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import resources
from helpers.business import Business, Campaign, Source, dump, load, slug
from helpers.errors import InputError
from helpers.language import language

GOOD = "name: Tiệm Mây\nsources: {orders: [{file: a.csv}]}\n"


def fault(folder: Path, text: str | bytes) -> InputError:
    """The fault of a business.yml with this text."""
    content = text if isinstance(text, bytes) else text.encode("utf-8")
    (folder / "business.yml").write_bytes(content)
    with pytest.raises(InputError) as caught:
        load(folder)
    return caught.value


class TestLoad:
    """Reading."""

    def test_the_least_that_is_needed(self, tmp_path: Path) -> None:
        """A name and a file of orders are enough; everything else has the first market's defaults."""
        (tmp_path / "business.yml").write_text(GOOD, encoding="utf-8")
        found = load(tmp_path)
        assert (found.name, found.currency, found.timezone, found.lang) == ("Tiệm Mây", "VND", "Asia/Ho_Chi_Minh", "vi")
        assert found.sources == {"orders": [Source(file="a.csv")]}
        assert found.margin_known is False

    def test_notepads_byte_order_mark(self, tmp_path: Path) -> None:
        """A file saved by Windows Notepad with its mark at the beginning is read."""
        (tmp_path / "business.yml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
        assert load(tmp_path).name == "Tiệm Mây"

    def test_the_example(self) -> None:
        """The café that travels with the project is valid."""
        found = load(resources.example("cafe"))
        assert found.campaigns[0].sent_at == date(2026, 3, 16)

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ("margn: 0.4", "“margn” cannot be used (this name is not known)"),
            ("margin: 0", "“margin” cannot be used"),
            ("margin: 1.5", "“margin” cannot be used"),
            ("margin: nhiều", "“margin” cannot be used"),
            ("currency: VNĐ", "“currency” cannot be used (it is not written as it must be)"),
            ("currency: XQQ", "“currency” cannot be used (“XQQ” is not an ISO 4217 currency code)"),
            ("timezone: Asia/Hanoi", "“timezone” cannot be used (“Asia/Hanoi” is not a time zone"),
            ("country: Vietnam", "“country” cannot be used (it is not written as it must be)"),
            ("message_cost: -1", "“message_cost” cannot be used"),
            ("campaigns: [{name: x}]", "“campaigns.0.id” cannot be used (it is missing)"),
            (
                "campaigns: [{id: x, holdout: [a.csv, b.csv]}]",
                "“campaigns.0.holdout” cannot be used (a campaign has one list of those left out",
            ),
            ("campaigns: [{id: x, holdout_share: 1}]", "it must be less than 1"),
            ("campaigns: [{id: x, sent_at: 16/03/2026}]", "“campaigns.0.sent_at” cannot be used"),
            ("campaigns: [{id: x, window_days: 0}]", "“campaigns.0.window_days” cannot be used"),
            ("brand: {colour: red}", "“brand.colour” cannot be used (it is not written as it must be)"),
            ("schema_version: two", "“schema_version” cannot be used"),
        ],
    )
    def test_each_fault_is_one_sentence(self, tmp_path: Path, more: str, said: str) -> None:
        """What cannot be is named by where it stands, in one line without jargon of ours."""
        sentence = str(fault(tmp_path, f"{GOOD}{more}\n"))
        assert said in sentence
        assert sentence.startswith("business.yml: ")
        assert sentence.endswith("; correct it and run again.")
        assert "\n" not in sentence
        assert "Value error" not in sentence

    @pytest.mark.parametrize("missing", ["name: x\n", "sources: {}\n"])
    def test_what_is_missing_is_named(self, tmp_path: Path, missing: str) -> None:
        """Without a name, or without sources, the sentence says which."""
        absent = "sources" if missing.startswith("name") else "name"
        assert f"“{absent}” cannot be used (it is missing)" in str(fault(tmp_path, missing))

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("name: x\n\tmargin: 1\n", 2),
            ('name: "x\nsources: {}\n', 3),
            ("name: x\n - y: z\n", 2),
            ("a: 1\nname: Ti\xeam".encode("cp1252"), 2),
        ],
    )
    def test_not_yaml(self, tmp_path: Path, text: str | bytes, line: int) -> None:
        """A tab, an open quote, a wrong indent or a file not saved as UTF-8 is pointed at by its line."""
        assert f"business.yml, line {line}: this is not valid YAML" in str(fault(tmp_path, text))

    @pytest.mark.parametrize("text", ["", "# nothing yet\n", "- a\n- b\n", "just words"])
    def test_not_a_list_of_names(self, tmp_path: Path, text: str) -> None:
        """An empty file or a plain list says how to begin again."""
        assert "is empty or not a list" in str(fault(tmp_path, text))

    def test_no_file(self, tmp_path: Path) -> None:
        """A client that was never created is named by its folder, without the path of the machine."""
        with pytest.raises(InputError) as caught:
            load(tmp_path / "mây")
        assert str(caught.value) == "There is no business.yml in mây; create the client with “retention new”."

    def test_faults_are_worded_in_vietnamese(self, tmp_path: Path) -> None:
        """The same fault can be said in the owner's language."""
        caught = fault(tmp_path, "name: x\n\tmargin: 1\n")
        assert language("vi").error(caught) != str(caught)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """A business with every kind of entry survives being written and read."""
    business = Business(
        name="Tiệm “Mây”: #1", margin=0.62, margin_known=True, message_cost=350, currency="GBP", country="GB", timezone="Europe/London",
        sources={"orders": [Source(file="Đơn hàng.xlsx", columns={"ordered_at": "Ngày"}, day_first=True), Source(file="b.csv")]},
        campaigns=[Campaign(id="x", sent_at=date(2026, 3, 16), cost=5.5)], parameters={"repeat_days": 60},
    )  # fmt: skip
    text = dump(business)
    assert "Đơn hàng.xlsx" in text
    assert "sheet" not in text
    (tmp_path / "business.yml").write_text(text, encoding="utf-8")
    assert load(tmp_path) == business


class TestSlug:
    """Folder names."""

    @pytest.mark.parametrize(
        ("name", "folder"),
        [
            ("Tiệm Cà Phê Mây", "tiem-ca-phe-may"),
            ("ĐẶNG ĐỨC – Đá Quý", "dang-duc-da-quy"),
            ("Phở Thìn №13", "pho-thin-no13"),
            ("Ủy Ưởng Ợ ỹ ẵ", "uy-uong-o-y-a"),
            ("☕ Café 🌱 Xanh", "cafe-xanh"),
            ("  ..//a\\b:c*?  ", "a-b-c"),
            ("../../etc/passwd", "etc-passwd"),
            ("Con Gà", "con-ga"),
            ("x" * 300, "x" * 60),
            ("a" * 59 + " bc", "a" * 59),
        ],
    )
    def test_names(self, name: str, folder: str) -> None:
        """Tone marks, Đ, emoji, paths and long names become a plain folder name."""
        assert slug(name) == folder

    def test_composed_and_decomposed_are_one(self) -> None:
        """The same name typed on a Mac and on Windows gives one folder."""
        name = "Tiệm Bánh Mì Ngọt Ưu Đãi"
        assert (
            slug(unicodedata.normalize("NFD", name))
            == slug(unicodedata.normalize("NFC", name))
            == "tiem-banh-mi-ngot-uu-dai"
        )

    @pytest.mark.parametrize("name", ["", "   ", "..", "🌱🌱", "///", "---", "咖啡"])
    def test_nothing_to_name_a_folder_by(self, name: str) -> None:
        """Without a letter or digit left there is a sentence, not an odd folder."""
        with pytest.raises(InputError, match="no letters or digits"):
            slug(name)

    @pytest.mark.parametrize("name", ["CON", "con", "Nul", "AUX", "prn", "Cóm1", "LPT9"])
    def test_names_windows_keeps(self, name: str) -> None:
        """Names Windows reserves for devices ask for a word more."""
        with pytest.raises(InputError, match="add a word"):
            slug(name)

    @given(st.text(max_size=100))
    def test_any_name(self, name: str) -> None:
        """Whatever is typed, a folder name is short, plain, and its own slug; or there is a sentence."""
        try:
            folder = slug(name)
        except InputError:
            return
        assert 0 < len(folder) <= 60
        assert set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert not folder.startswith("-")
        assert not folder.endswith("-")
        assert slug(folder) == folder
