"""Messages filled for customers: every hole closed or nobody written to."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from businesses import made, rows
from campaign_shop import BOOK, business
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.campaigns.messages import Choice, choose_messages, fill, given_name, preview, sms_parts, upload_phone
from helpers.language import Language
from helpers.playbook.linter import segments

VI, EN = Language("vi"), Language("en")
VN, GB = BOOK.rules.country("VN"), BOOK.rules.country("GB")


def touch(con: Any, message: str, **changed: Any) -> Any:
    """One contact with a customer about whom everything is known."""
    row = {
        "message": message, "day": date(2026, 7, 6), "name": "Nguyễn Văn An", "first_order": date(2026, 6, 29), "last_order": date(2026, 6, 30),
        "order_id": "HD7", "product": "Latte", "branch": "Lê Lợi", "phone": "0912345678", "email": "an@example.com", **changed,
    }  # fmt: skip
    days = ("day", "first_order", "last_order")
    return made(
        con, {name: pa.array([value], pa.date32() if name in days else pa.string()) for name, value in row.items()}
    )


def filled(con: Any, message: str, say: Language = VI, **changed: Any) -> tuple[str | None, str | None, str | None]:
    """Subject, text and reason of one contact."""
    choice = choose_messages([message], BOOK, business(), VN, say)
    found: tuple[str | None, str | None, str | None] = rows(
        fill(touch(con, message, **changed), choice, BOOK, business(), VN, say), "subject", "text", "aside"
    )[0]  # type: ignore[assignment]
    return found


def test_by_head(con: Any) -> None:
    """A phone opener names the customer, who calls from where, and how many days it has been."""
    _, text, aside = filled(con, "overdue-regulars-call.phone", last_order=date(2026, 6, 1))
    assert aside is None
    assert text is not None
    assert "An" in text
    assert "Thảo" in text
    assert "35" in text
    assert "{" not in text


def test_an_email_has_its_subject_filled_too(con: Any) -> None:
    """Placeholders of the subject line are filled from the same customer."""
    subject, text, aside = filled(con, "first-100-days.email")
    assert aside is None
    assert subject is not None
    assert text is not None
    assert "An" in subject
    assert "{" not in subject + text
    assert "7" in text


def test_english_names_stand_without_a_form_of_address(con: Any) -> None:
    """Where nobody knows whether it is Ms or Mr, the given name stands alone and no double space is left."""
    _, text, aside = filled(con, "thank-you-check-in.zns", EN)
    assert aside is None
    assert text is not None
    assert "Dear An" in text
    assert "  " not in text


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": None}, "no_name"), ({"name": "N***n"}, "no_name"), ({"name": "a@b.vn"}, "no_name"), ({"name": "Bàn 5"}, "no_name"),
        ({"product": None}, "no_product"), ({"product": " {} "}, "no_product"), ({"product": "shop.vn/x www.evil.com"}, "link"),
        ({"product": "x" * 400}, "too_long"), ({"phone": "12345"}, "bad_number"), ({"last_order": None}, "no_value"),
    ],
)  # fmt: skip
def test_set_aside_with_the_reason(con: Any, changed: dict[str, Any], reason: str) -> None:
    """A customer for whom something is missing or does not fit is set aside, each with the first reason that holds."""
    assert filled(con, "thank-you-check-in.zns", **changed)[2] == reason


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), min_size=4, max_size=4))
@settings(max_examples=25, deadline=None)
def test_whatever_is_written_in_the_books(con: Any, written: list[str | None]) -> None:
    """No text with an open brace, an empty name or a missing part is ever sent, whatever stands in name, product, branch, order."""
    safe = [w.replace("\x00", "") if w else w for w in written]
    safe = [None if w is not None and any(0xD800 <= ord(c) <= 0xDFFF for c in w) else w for w in safe]
    keys = dict(zip(("name", "product", "branch", "order_id"), safe, strict=True))
    for message in ("first-100-days.zns", "thank-you-check-in.oa", "anniversary-birthday.zns"):
        _, text, aside = filled(con, message, **keys)
        assert (text is not None) or (aside is not None)
        if aside is None:
            assert text is not None
            assert "{" not in text
            assert "}" not in text


class TestNames:
    """How people are called."""

    @pytest.mark.parametrize(
        ("name", "vn", "gb"),
        [("Nguyễn Thị Ánh", "Ánh", "Nguyễn"), ("Hoa", "Hoa", "Hoa"), ("Ada  Lovelace ", "Lovelace", "Ada")],
    )
    def test_family_name_first_or_last(self, con: Any, name: str, vn: str, gb: str) -> None:
        """In Vietnam by the last word, in Britain by the first."""
        table = made(con, {"name": [name]})
        assert rows(table.select(x=given_name(table.name, VN))) == [(vn,)]
        assert rows(table.select(x=given_name(table.name, GB))) == [(gb,)]


class TestWhichMessages:
    """What may be used at all."""

    def test_cards_for_the_till_reach_nobody(self) -> None:
        """A printed card is no message to a customer."""
        assert choose_messages(["founder-story.till"], BOOK, business(), VN, VI) == Choice({}, {})

    def test_words_of_one_play_go_before_words_for_all(self) -> None:
        """``win-back.date`` words that play's date; without it, and without a general one, the message is named as not worded."""
        silent = business(words={"date": "", "win-back.date": ""})
        assert choose_messages(["win-back.zns"], BOOK, silent, VN, VI).unworded == {"win-back.zns": ("date",)}
        assert "win-back.zns" in choose_messages(["win-back.zns"], BOOK, business(words={"date": ""}), VN, VI).messages

    def test_the_law_of_the_country_is_checked(self) -> None:
        """Every message of the playbook that is used passes the linter of the country it is sent in."""
        everything = choose_messages(list(BOOK.messages), BOOK, business(), VN, VI)
        assert everything.faulty == ()


def test_preview_shows_an_invented_person() -> None:
    """The report's preview has the shop's own words and the playbook's invented customer."""
    text = preview(BOOK.messages["overdue-regulars-call.phone"], BOOK, business(), VI)
    assert "Hạnh" in text
    assert "Thảo" in text
    assert "{" not in text


@given(st.text(alphabet="abc ạđ€[]^é\n", max_size=320))
@settings(max_examples=40, deadline=None)
def test_sms_parts_are_those_of_the_linter(con: Any, text: str) -> None:
    """The engine counts the parts of an SMS as the linter does, never fewer."""
    table = made(con, {"text": [text]})
    assert rows(table.select(n=sms_parts(table.text)))[0][0] >= segments(text) - 0
    plain = "".join(letter for letter in text if letter not in "[]^€")
    table = made(con, {"text": [plain]})
    assert rows(table.select(n=sms_parts(table.text)))[0][0] == max(1, segments(plain))


@pytest.mark.parametrize(
    ("phone", "expected"),
    [("0912345678", "0912345678"), ("+84912345678", "0912345678"), ("84912345678", "0912345678"), ("+4915112345678", None), ("091234567", None), (None, None)],
)  # fmt: skip
def test_numbers_as_the_channel_takes_them(con: Any, phone: str | None, expected: str | None) -> None:
    """Ten digits from 0, whether written nationally or with the country's code; anything else is set aside."""
    upload = BOOK.rules.channels.channels["zns"].upload
    assert upload is not None
    table = made(con, {"phone": pa.array([phone], pa.string())})
    assert rows(table.select(x=upload_phone(table.phone, upload.value, VN))) == [(expected,)]
