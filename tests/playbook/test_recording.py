"""How each trade begins to record what is not measured yet: said for every table, in both languages, wherever it is asked."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from helpers import playbook, tables
from helpers.checking import Check, check_client
from helpers.language import language
from helpers.report.data_words import RECORDS, not_recorded

BOOK = playbook.load()
RECORDING = BOOK.rules.recording
TRADES = {
    "cafe": "food", "quán cà phê": "food", "spa": "beauty", "Tiệm tóc": "beauty", "gym": "fitness", "phòng tập": "fitness",
    "shop": "retail", "Cửa hàng": "retail", "online": "online", "Bán hàng online": "online", "B2B": "wholesale",
    "nhà phân phối": "wholesale", "repair": "repair", "Sửa chữa": "repair", "dịch vụ": "repair", "publisher": "publisher",
    "nhà sản xuất": "maker",
}  # fmt: skip
"""What owners call their trade, in both languages."""
BEGINS = {
    "retail": ("thẻ thành viên", "membership card"), "food": ("sổ đặt bàn", "booking log"),
    "beauty": ("sổ hẹn", "appointment book"), "publisher": ("phiếu góp ý", "feedback card"),
    "maker": ("phiếu bảo hành", "warranty card"), "repair": ("phiếu bảo hành", "warranty card"),
}  # fmt: skip
"""S15: the way of knowing customers that fits the trade."""


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("table", ["people", "order_lines", *sorted(tables.OPTIONAL)])
@pytest.mark.parametrize("trade", sorted(RECORDING.trades))
def test_every_trade_can_begin_every_table(trade: str, table: str, lang: str) -> None:
    """Each trade is told in one or two whole sentences of its language how to begin."""
    way = RECORDING.way(table, trade)
    assert way is not None
    said = way[lang]
    assert said == unicodedata.normalize("NFC", said).strip()
    assert said.endswith((".", "?"))
    assert said[0].isupper()
    assert 20 < len(said) < 200
    foreign = [letter for letter in said if letter not in "–“”’…" and not letter.isascii()]
    assert bool(foreign) == (lang == "vi"), said


@pytest.mark.parametrize(("sector", "trade"), TRADES.items())
def test_a_sector_is_understood_in_both_languages(sector: str, trade: str) -> None:
    """However the owner names the trade, with or without accents, its own advice is found."""
    assert RECORDING.trade(sector) == trade
    bare = unicodedata.normalize("NFKD", sector).encode("ascii", "ignore").decode().upper()
    assert RECORDING.trade(bare if "đ" not in sector.lower() else sector.upper()) == trade


@pytest.mark.parametrize(("trade", "words"), BEGINS.items())
def test_customers_are_known_the_way_of_the_trade(trade: str, words: tuple[str, str]) -> None:
    """A membership card in shops, a booking log where people sit down, a feedback card in books, a warranty card on goods."""
    way = RECORDING.way("people", trade)
    assert way is not None
    assert words[0] in way["vi"].lower()
    assert words[1] in way["en"].lower()


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("trade", sorted(RECORDING.trades))
def test_the_report_says_how_to_begin_each_absent_table(trade: str, lang: str) -> None:
    """Each absent table is listed once with the trade's way to begin it, and no table that is there."""
    say = language(lang)
    found = dict(not_recorded(["tickets", "costs"], BOOK, trade, say))
    absent = sorted(set(tables.OPTIONAL) - {"tickets", "costs"})
    assert sorted(found) == sorted(say.text(RECORDS[name]) for name in absent)
    for name in absent:
        way = RECORDING.way(name, trade)
        assert way is not None
        assert found[say.text(RECORDS[name])] == way[lang]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """The check of a client who has a file of named sales and nothing else."""
    client = tmp_path_factory.mktemp("client")
    lines = [f"HD{n},2026-{1 + n % 6:02d}-{1 + n % 27:02d} 09:00,KH{n % 40},{20_000 + n}" for n in range(200)]
    (client / "orders.csv").write_text("\n".join(["order_id,ordered_at,customer_id,net_revenue", *lines]), "utf-8")
    (client / "business.yml").write_text(
        "schema_version: 1\nname: Tiệm Thử\nsector: shop\ncurrency: VND\ncountry: VN\nsources:\n  orders:\n  - file: orders.csv\n", "utf-8"
    )  # fmt: skip
    return check_client(Path(client), today=date(2026, 7, 1))


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("sector", ["cafe", "spa", "gym", "shop", "online", "b2b", "repair"])
def test_the_check_says_how_to_begin_each_absent_table(bare: Check, sector: str, lang: str) -> None:
    """`retention check` lists every table the client lacks under “not measured yet”, with the way of the trade."""
    say = language(lang)
    lines = replace(bare, business=bare.business.model_copy(update={"sector": sector})).lines(say)
    start = [term for term, _ in lines].index(say.text("not measured yet"))
    said = {term.strip(): text for term, text in lines[start + 1 :]}
    for name in tables.OPTIONAL:
        way = RECORDING.way(name, sector)
        assert way is not None
        assert said[say.text(RECORDS[name])] == way[lang]
