"""The sheet to take home: everything said, nothing run, nothing fetched."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from helpers import playbook
from helpers.language import language
from helpers.session import Commitment, Session
from helpers.session.choices import commitment
from helpers.session.sheet import Sheet, body, sheet, write

BOOK = playbook.load()
NASTY = "<script>alert('x')</script> & 🎂 <img src=x onerror=y>"
FIRST = BOOK.mistakes["never-measured"].questions[0].id


def made(session: Session, numbers: object = None, lang: str = "en") -> Sheet:
    """A sheet of a café."""
    return sheet(
        session, numbers, BOOK, language(lang), client="Mây <b>", day=date(2026, 7, 1), money=lambda x: f"{x:.0f}đ"
    )  # type: ignore[arg-type]


def test_an_empty_session() -> None:
    """Nothing said yet: a sheet with a place for promises, and no empty headings."""
    text = body(made(Session()), language("en"))
    assert "No promise yet." in text
    assert re.findall("<h3>(.*?)</h3>", text) == ["Promises for the next 30 days"]


def test_a_guess_shows_its_fact_only_once_it_was_revealed(example_metrics: Path) -> None:
    """A sheet printed before the reveal does not give the answer away."""
    numbers = json.loads(example_metrics.read_text("utf-8"))
    guessed = Session().guess("repeat_of_ten", 9)
    assert made(guessed, numbers).guesses[0].fact == ""
    shown = made(guessed.reveal("repeat_of_ten"), numbers).guesses[0]
    assert (shown.guess, shown.fact) == ("9 of 10", "4.9 of 10")
    assert shown.gap == "The data show 4.1 of 10 fewer than you thought."


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_everything_said_is_on_it(example_metrics: Path, lang: str) -> None:
    """Promises with name, day and first step; weakest answers first; leaks, suppositions and notes."""
    numbers = json.loads(example_metrics.read_text("utf-8"))
    other = BOOK.mistakes["forgotten"].questions[0].id
    session = Session().answer(other, 4, "").answer(FIRST, 1, "chưa đếm bao giờ").suppose("repeat", 5)
    session = session.promise(
        Commitment(what="Gọi 10 khách", owner="Lan", due=date(2026, 7, 20), first_step="Mở danh sách")
    )
    found = made(session, numbers, lang)
    assert [scored.share for scored in found.scores] == [0.25, 1.0]
    assert found.scores[0].notes == ("chưa đếm bao giờ",)
    assert len(found.leaks) == 3
    assert len(found.supposed) == 1
    text = body(found, language(lang))
    for words in ("Gọi 10 khách", "Lan", language(lang).date(date(2026, 7, 20)), "Mở danh sách", "chưa đếm bao giờ"):
        assert words in text


def test_whatever_was_typed_is_text(tmp_path: Path) -> None:
    """Markup in notes, promises and the client's name is printed, never run; the file fetches nothing and is private."""
    session = Session().note(FIRST, NASTY).promise(Commitment(what=NASTY, owner=NASTY, first_step=NASTY))
    path = write(tmp_path, made(session), language("en"), "<style>p { color: red }</style>")
    text = path.read_text("utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert text.count("&lt;script&gt;") == 4
    assert "🎂" in text
    assert "Mây &lt;b&gt;" in text
    assert "default-src 'none'" in text
    assert not re.search(r'(?:src|href)="(?!data:)', text)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_plays_words_follow_the_language(lang: str) -> None:
    """A promise made in Vietnamese is printed in English where its words are the playbook's, and as they are where they are the owner's."""
    made_in = language("vi")
    session = Session().promise(commitment("win-back", BOOK, made_in, owner="Lan"))
    session = session.promise(commitment("win-back", BOOK, made_in).model_copy(update={"what": "Gọi chị Hoa"}))
    first, second = made(session, lang=lang).promises
    assert (first.what, first.first_step) == (
        BOOK.plays["win-back"].title[lang],
        BOOK.plays["win-back"].first_step[lang],
    )
    assert second.what == "Gọi chị Hoa"
