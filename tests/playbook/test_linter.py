"""Texts that a channel or the law would refuse are found before they are sent."""

from __future__ import annotations

from typing import Any

import pytest

from helpers import playbook
from helpers.errors import InputError
from helpers.playbook.linter import filled, lint_message, segments
from helpers.playbook.models import Message

HELLO = {"vi": "Chào {title} {given_name}.", "en": "Dear {title} {given_name}."}
GUEST = {"vi": "Chào quý khách {given_name}.", "en": "Dear {given_name}."}
HEADING = {"vi": "Tiệm hỏi thăm", "en": "A word from us"}


def message(channel: str, body: dict[str, str], **facts: Any) -> Message:
    """A message with this body in both languages."""
    base = {"id": f"call.{channel}", "path": f"messages/call.{channel}.md", "body_lines": {"vi": 12, "en": 16}}
    base |= {"play": "call", "channel": channel}
    base |= {"zns_tag": None, "purpose": "care", "subject": None, "placeholders": []}
    return Message.model_validate(base | {"body": body} | facts)


def said(book: playbook.Playbook, text: Message, country: str = "VN") -> list[str]:
    """Faults as they are printed."""
    return [str(fault) for fault in lint_message(text, book.rules, book.rules.countries[country])]


def zns(body: dict[str, str], **facts: Any) -> Message:
    """A ZNS text with its title, of the tag for care."""
    return message("zns", body, **{"zns_tag": 2, "subject": HEADING} | facts)


def both(text: str) -> dict[str, str]:
    """The same text in both languages."""
    return {"vi": text, "en": text}


def test_every_message_of_the_playbook_obeys_its_channel(book: playbook.Playbook) -> None:
    """No text in the playbook breaks a rule, in any country the playbook knows."""
    assert {country: playbook.lint(book, country) for country in book.rules.countries} == {"GB": (), "VN": ()}


def test_a_proper_text_passes(book: playbook.Playbook) -> None:
    """The checks below do not fire on a plain greeting."""
    assert said(book, zns(GUEST)) == []
    assert said(book, message("sms", HELLO)) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (both("Chào quý khách."), "a variable that identifies the reader"),
        (both("Chào quý khách {given_name}, xem tiem.vn nhé."), "a link is not allowed"),
        (both("Chào quý khách {given_name}, https://a.b/c"), "a link is not allowed"),
        (both("Chào quý khách {given_name}, gọi 0912 345 678 nhé."), "a telephone number is not allowed"),
        (both("Chào quý khách {given_name}, gọi 1900 6789 nhé."), "a telephone number is not allowed"),
        (both("Chào quý khách {given_name}." + " ạ" * 200), "characters when filled in; 400 fit"),
        (both("Chào quý khách {given_name}, tiệm mở tới 22:30."), "“22:30” is a time of day"),
        (both("Chào anh/chị {given_name}, hay quý khách {given_name}."), "“anh/chị” is not wanted"),
        (both("Chào quý khách {title} {given_name}."), "{title} is not allowed"),
    ],
)
def test_zns_refuses_what_zalo_would_refuse(book: playbook.Playbook, body: dict[str, str], fault: str) -> None:
    """A ZNS text without a name, with a link, a number or an hour, too familiar or too long, is named with its line."""
    faults = said(book, zns(body))
    assert len(faults) == 2
    assert faults[0].startswith("messages/call.zns.md:12: vi: ")
    assert faults[1].startswith("messages/call.zns.md:16: en: ")
    assert all(fault in line for line in faults)


def test_money_and_order_numbers_are_not_telephone_numbers(book: playbook.Playbook) -> None:
    """A price or a date in a ZNS text is not taken for a telephone number."""
    text = both("Chào quý khách {given_name}, 1.250.000 đ ngày 12/03/2026, đơn HD012345, 10 %, nghỉ 2 giờ đồng hồ.")
    assert said(book, zns(text)) == []


@pytest.mark.parametrize("words", ["9 giờ sáng", "9h", "21h30", "21:30", "9 a.m.", "9:30 pm", "8 o'clock"])
def test_no_template_names_an_hour(book: playbook.Playbook, words: str) -> None:
    """When a shop opens, and when the law lets it write, differs: a template that says an hour would be wrong somewhere."""
    faults = said(book, message("oa", both(f"Chào {{title}} {{given_name}}, {words} em trả lời.")))
    assert len(faults) == 2
    assert all("is a time of day" in line for line in faults)


def test_a_zns_title_fits_its_line(book: playbook.Playbook) -> None:
    """The title of a ZNS template holds 65 characters with the longest names filled in, and it must be there."""
    long = {
        "vi": "{shop} hỏi thăm quý khách về " + "{product}",
        "en": "A word about {product} " + "from all of us at {shop}",
    }
    assert all("in the subject line when filled in; 65 fit" in line for line in said(book, zns(GUEST, subject=long)))
    assert len(said(book, zns(GUEST, subject=long))) == 2
    assert "this channel needs a subject line" in said(book, zns(GUEST, subject=None))[0]


def test_zalo_wants_a_neutral_address(book: playbook.Playbook) -> None:
    """“Anh/chị” is right everywhere else, but a ZNS text says “quý khách”: Zalo sends the other back."""
    assert (
        "must be addressed as “quý khách”"
        in said(book, zns({"vi": "Chào {given_name}.", "en": "Dear {given_name}."}))[0]
    )
    assert said(book, message("oa", HELLO)) == []


@pytest.mark.parametrize(("tag", "purpose"), [(1, "care"), (2, "advertising"), (3, "care")])
def test_a_zns_tag_must_fit_the_purpose(book: playbook.Playbook, tag: int, purpose: str) -> None:
    """An offer cannot travel under the tag for care, nor care under the one for offers."""
    faults = said(book, zns(GUEST, zns_tag=tag, purpose=purpose))
    assert faults[0].startswith(f"messages/call.zns.md:1: tag {tag} is for ")


def test_zns_needs_a_tag_and_nothing_else_has_one(book: playbook.Playbook) -> None:
    """A ZNS text without its tag and an SMS with one are both found."""
    assert "“zns_tag” is missing; this channel needs one of 1, 2, 3" in said(book, zns(GUEST, zns_tag=None))[0]
    assert "“zns_tag” is only for ZNS" in said(book, message("sms", HELLO, zns_tag=2))[0]


def test_advertising_is_marked_first_and_refusable_last(book: playbook.Playbook) -> None:
    """In Vietnam an advertising SMS starts with [QC] or [AD] and its last line says how to refuse."""
    bare = said(book, message("sms", HELLO, purpose="advertising"))
    assert sum("advertising must start with [QC] or [AD]" in line for line in bare) == 2
    assert sum("the last line of advertising" in line for line in bare) == 2
    right = {code: f"[QC] {text}\n{{opt_out}}" for code, text in HELLO.items()}
    assert said(book, message("sms", right, purpose="advertising")) == []
    early = {code: f"[QC] {{opt_out}}\n{text}" for code, text in HELLO.items()}
    assert all("the last line" in line for line in said(book, message("sms", early, purpose="advertising")))


def test_another_country_has_other_rules(book: playbook.Playbook) -> None:
    """A British advertising SMS needs a way to refuse but no marker: nothing in the code is Vietnamese."""
    plain = {code: f"{text}\n{{opt_out}}" for code, text in HELLO.items()}
    assert said(book, message("sms", plain, purpose="advertising"), "GB") == []
    assert len(said(book, message("sms", HELLO, purpose="advertising"), "GB")) == 2


def test_a_country_without_rules_is_said_in_one_sentence(book: playbook.Playbook) -> None:
    """A client in a country nobody has described yet is told which file to add."""
    with pytest.raises(InputError, match=r"no channel rules for the country FR; add rules/countries/FR\.yml"):
        playbook.lint(book, "FR")


def test_an_email_is_marked_in_its_subject_line(book: playbook.Playbook) -> None:
    """The marker of an advertising e-mail stands where the reader sees it first, and an e-mail has a subject at all."""
    right = {code: f"{text}\n{{opt_out}}" for code, text in HELLO.items()}
    subject = {"vi": "[QC] Mời anh/chị", "en": "[AD] An invitation"}
    assert said(book, message("email", right, purpose="advertising", subject=subject)) == []
    assert "this channel needs a subject line" in said(book, message("email", right))[0]
    assert "this channel has no subject line" in said(book, message("sms", HELLO, subject=subject))[0]


def test_vietnamese_texts_say_anh_chi(book: playbook.Playbook) -> None:
    """A Vietnamese text that addresses nobody is found; a printed card may speak to everybody."""
    cold = {"vi": "Cảm ơn đã mua hàng.", "en": "Thank you."}
    assert ["anh/chị" in line for line in said(book, message("sms", cold))] == [True]
    assert said(book, message("sms", {"vi": "Cảm ơn anh/chị.", "en": "Thank you."})) == []
    assert said(book, message("till", cold)) == []


def test_length_is_counted_with_long_values_filled_in(book: playbook.Playbook) -> None:
    """Two letters of template can be thirty on the phone: what counts is the text as it arrives."""
    text = filled("{product}", book.rules, "vi")
    assert len(text) == book.rules.placeholders["product"].longest
    long = both("Chào {title}: " + "{story} " * 2)
    assert any("SMS parts when filled in" in line for line in said(book, message("sms", long)))


@pytest.mark.parametrize(
    ("letter", "parts"),
    [
        ("a", ((160, 1), (161, 2), (306, 2), (307, 3))),
        ("€", ((80, 1), (81, 2))),
        ("ạ", ((70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4))),
        ("😀", ((35, 1), (36, 2))),
    ],
)
def test_sms_parts_follow_the_standard(letter: str, parts: tuple[tuple[int, int], ...]) -> None:
    """160/153 letters per part in the GSM alphabet, 70/67 with accents, € and emoji take two places (3GPP 23.038)."""
    assert tuple((count, segments(letter * count)) for count, _ in parts) == parts
