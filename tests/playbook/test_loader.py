"""Whoever edits a page is told what is wrong, in which file and on which line."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from helpers import playbook
from helpers.errors import InputError
from helpers.language import language
from helpers.playbook.models import Thresholds

MISTAKE, PLAY, MESSAGE = "mistakes/forgotten.md", "plays/call.md", "messages/call.sms.md"
Edit = Callable[[str, str, str], Path]

FAULTS = [
    (MISTAKE, "phase: develop", "phase: develop\ncolour: red", "6: “colour” is not a known key"),
    (MISTAKE, "phase: develop", "phase: invent", "5: “phase”: Input should be 'discover', 'develop' or 'deliver'"),
    (MISTAKE, "customer_view: {vi: Tôi quên, en: I forgot}\n", "", "2: “customer_view” is missing"),
    (MISTAKE, "ask: {vi: Một?, en: One?}", "ask: {vi: Một?}", "9: “questions.1.ask”: the text is missing in: en"),
    (MISTAKE, "ask: {vi: Một?,", "ask: {fr: Un?, vi: Một?,", "9: “questions.1.ask”: “fr” is not a language"),
    (MISTAKE, "      - {vi: bốn, en: four}\n", "", "10: “questions.1.anchors”: Tuple should have at least 5 items"),
    (MISTAKE, "id: two", "id: one", "16: the question “one” is already in mistakes/forgotten.md"),
    (MISTAKE, "rows: [S06]", "rows: [S28]", "4: “rows.1”: String should match pattern"),
    (MISTAKE, "metric: contact-gap", "metric: gap", "18: there is no metric “gap”"),
    (
        MISTAKE,
        "metric_key: contact_gap",
        "metric_key: gap",
        "20: the key must be that of the mistake's metric, “contact_gap”",
    ),
    (
        MISTAKE,
        "{vi: Ghi lại, en: Write it down}\nplays",
        '{vi: Ghi lại, en: ""}\nplays',
        "21: “not_measured”: the text is missing in: en",
    ),
    (MISTAKE, "tables: [contacts]", "tables: [diary]", "19: “tables”: there is no canonical table “diary”"),
    (MISTAKE, "act: 0.6", "act: 0.1", "20: “thresholds”: “act” must be worse than “watch” when lower is better"),
    (MISTAKE, "plays: [call]", "plays: [call, sing]", "22: there is no play “sing”"),
    (MISTAKE, "id: forgotten", "id: forgot", "2: the id must be the file's name, “forgotten”"),
    (MISTAKE, "rows: [S06]", "rows: [S06]\nrows: [S06]", "5: “rows” is written twice"),
    (MISTAKE, "rows: [S06]", "rows: [S06", "5: this is not valid YAML"),
    (MISTAKE, "title: {", "body: {vi: a, en: b}\ntitle: {", "3: “body” is not a known key"),
    (MISTAKE, "<!-- en -->\nWords.\n", "", "24: the text must have two parts introduced by the lines"),
    (MISTAKE, "Words.\n", "", "28: the text is missing in: en"),
    (MISTAKE, "---\nid:", "id:", "1: the page must start with front matter between two lines “---”"),
    (MISTAKE, "Lời nói", unicodedata.normalize("NFD", "Lời nói"), "25: the letters are not in composed form (NFC)"),
    (PLAY, "segments: [overdue_regular]", "segments: [everyone]", "6: “segments.1”: Input should be 'new'"),
    (PLAY, "mistakes: [forgotten]", "mistakes: [forgotten, lost]", "7: there is no mistake “lost”"),
    (PLAY, "messages: [call.sms]", "messages: [call.sms, call.oa]", "22: there is no message “call.oa”"),
    (PLAY, "scripts: [latte]", "scripts: [mocha]", "23: there is no script “mocha”"),
    (PLAY, "low: 0, value: 0.02", "low: 0.3, value: 0.02", "19: “prior”: low, value and high must be shares"),
    (PLAY, "stance: against", "stance: for", "24: “evidence”: nothing is said against it; give both sides"),
    (PLAY, "source: kumar-2015", "source: hearsay", "25: there is no work “hearsay” in rules/sources.yml"),
    (
        PLAY,
        "channels: [in_person, sms]",
        "channels: [in_person, sms, zns]",
        "11: there is no message for the channel “zns”",
    ),
    (PLAY, "segments: [overdue_regular]", "segments: []", "6: a process has no segments, and any other play names"),
    (PLAY, "holdout_share: 0.1", "holdout_share: 0", "21: a play with a “prior” leaves a group out"),
    (PLAY, "cost_drivers: {vi: Giờ gọi, en: Hours of calling}\n", "", "2: “cost_drivers” is missing"),
    (PLAY, "comparison: {vi: Chừa ra một phần mười,", "comparison: {", "29: “comparison”: the text is missing in: vi"),
    (PLAY, "rows: [S06]", "rows: [S6]", "5: “rows.1”: String should match pattern"),
    (MESSAGE, "channel: sms", "channel: oa", "4: the play “call” does not use the channel “oa”"),
    (MESSAGE, "play: call", "play: dial", "3: there is no play “dial”"),
    (MESSAGE, "placeholders: [title,", "placeholders: [title, mood,", "8: there is no placeholder “mood”"),
    (MESSAGE, "how are you, {title} {given_name}", "how are you, {title}", "16: the en text does not use {given_name}"),
    (MESSAGE, "hỏi thăm {title}", "hỏi {product} {title}", "12: the vi text uses {product}, which"),
    ("scripts/latte.md", "rows: [S10]", "rows: []", "4: “rows”: Tuple should have at least 1 item"),
    ("metrics/contact-gap.md", "unit: {vi: phần, en: share}\n", "", "2: “unit” is missing"),
    ("metrics/contact-gap.md", "id: contact-gap", "id: gap", "2: the id must be the file's name, “contact-gap”"),
    (
        "rules/sources.yml",
        "seen: nothing\n    confidence: low",
        "seen: nothing\n    confidence: high",
        "checked against nothing",
    ),
    ("rules/sources.yml", "    year: 2010\n", "", "works.algesheimer-2010.year” is missing"),
    ("rules/channels.yml", "source: gsm-03-38", "source: hearsay", ": there is no source “hearsay” in this file"),
    ("rules/sequences.yml", "messages: [call.sms]", "messages: [call.oa]", "care, note: there is no message “call.oa”"),
    ("rules/sequences.yml", "play: call", "play: ring", "care: there is no play “ring”"),
    ("rules/countries/VN.yml", "country: VN", "country: LA", "1: the country must be the file's name, “VN”"),
    ("rules/sources.yml", "  S27:", "  S27b:", "“ideas.S27b."),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), FAULTS, ids=[fault[3][:40] for fault in FAULTS])
def test_a_fault_is_reported_with_file_and_line(edited: Edit, file: str, old: str, new: str, expected: str) -> None:
    """A mistake in a page is answered with the file, the line and what is wrong there."""
    root = edited(file, old, new)
    with pytest.raises(playbook.PlaybookError) as caught:
        playbook.load(root)
    said = [str(fault) for fault in caught.value.faults if fault.file == file]
    assert any(expected in line for line in said), said


def test_the_small_playbook_itself_is_faultless(small: Path) -> None:
    """Without an edit nothing is reported, so every fault above comes from its edit."""
    book = playbook.load(small)
    assert [*book.mistakes, *book.plays, *book.messages] == ["forgotten", "call", "call.sms"]


def test_all_faults_of_all_files_are_listed_at_once(edited: Edit) -> None:
    """Two mistakes in two files need one run to be found, not two."""
    edited(PLAY, "effort: 1", "effort: 9")
    root = edited(MISTAKE, "phase: develop", "phase: develop\ncolour: red")
    with pytest.raises(playbook.PlaybookError) as caught:
        playbook.load(root)
    text = str(caught.value)
    assert "mistakes/forgotten.md:6:" in text
    assert "plays/call.md:16:" in text
    assert "Cẩm nang chưa dùng được" in language("vi").error(caught.value)


def test_a_message_its_play_does_not_list_is_reported(small: Path) -> None:
    """A text nobody would ever send is found, as is a play that claims another play's text."""
    text = (small / MESSAGE).read_text(encoding="utf-8")
    (small / "messages/call.sms.2.md").write_text(text.replace("id: call.sms", "id: call.sms.2"), encoding="utf-8")
    with pytest.raises(playbook.PlaybookError, match=r"call\.sms\.2\.md:3: the play “call” does not list this message"):
        playbook.load(small)


def test_play_and_mistake_must_name_each_other(small: Path) -> None:
    """A cure that does not know its illness is reported at the line that claims it."""
    text = (small / MISTAKE).read_text(encoding="utf-8").replace("id: forgotten", "id: missed")
    for number in ("one", "two", "three"):
        text = text.replace(f"id: {number}", f"id: missed-{number}")
    (small / "mistakes/missed.md").write_text(text, encoding="utf-8")
    with pytest.raises(playbook.PlaybookError, match=r"missed\.md:22: the play “call” does not name this mistake"):
        playbook.load(small)


def test_a_play_that_advertises_asks_for_consent(edited: Edit) -> None:
    """Advertising texts under a caring play would be sent without consent; the play's own line is named."""
    root = edited(MESSAGE, "purpose: care", "purpose: advertising")
    with pytest.raises(playbook.PlaybookError, match=r"plays/call\.md:10: a play whose messages advertise must have"):
        playbook.load(root)


def test_a_page_that_is_not_utf8_is_named(small: Path) -> None:
    """A page saved in a Windows code page is named with its line instead of ending in a traceback."""
    (small / MISTAKE).write_bytes(b"---\nid: forgotten\ntitle: \xff\xfe\n---\n")
    with pytest.raises(playbook.PlaybookError, match=r"forgotten\.md:3: the file is not UTF-8"):
        playbook.load(small)


def test_windows_line_ends_and_a_byte_order_mark_are_read(small: Path) -> None:
    """A page saved by Notepad loads like any other."""
    text = (small / MISTAKE).read_text(encoding="utf-8").replace("\n", "\r\n")
    (small / MISTAKE).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert playbook.load(small).mistakes["forgotten"].body["vi"] == "Lời nói."


def test_words_yaml_would_change_stay_words(edited: Edit) -> None:
    """“no” is not turned into false and 22:00 not into 1320, as YAML would have it."""
    edited("rules/countries/VN.yml", 'end: "22:00"', "end: 22:00")
    book = playbook.load(edited(MISTAKE, "{vi: không, en: none}", "{vi: không, en: no}"))
    assert book.rules.countries["VN"].hours["sms"].value.end == "22:00"
    assert book.mistakes["forgotten"].questions[0].anchors[0]["en"] == "no"


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    """A wrong path is the user's to mend, not a traceback."""
    with pytest.raises(InputError, match="There is no playbook in nowhere"):
        playbook.load(tmp_path / "nowhere")


def test_pages_cannot_be_changed_after_loading(book: playbook.Playbook) -> None:
    """What was checked stays what it is."""
    with pytest.raises(ValidationError):
        book.plays["win-back"].effort = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        book.plays["new"] = book.plays["win-back"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("better", "values", "levels"),
    [
        ("higher", (0.5, 0.3, 0.29, 0.1, 0.09), ("fine", "fine", "watch", "watch", "act")),
        ("lower", (0.05, 0.1, 0.2, 0.3, 0.31), ("fine", "fine", "watch", "watch", "act")),
    ],
)
def test_a_value_on_a_threshold_has_not_crossed_it(
    better: str, values: tuple[float, ...], levels: tuple[str, ...]
) -> None:
    """Watch begins just beyond its mark, act just beyond its own, whichever direction is better."""
    marks = {"watch": 0.3, "act": 0.1} if better == "higher" else {"watch": 0.1, "act": 0.3}
    basis = {"vi": "mốc", "en": "mark"}
    limits = Thresholds.model_validate({"metric_key": "k", **marks, "better": better, "basis": basis})
    assert tuple(limits.level(value) for value in values) == levels


def test_a_page_changed_after_reading_is_read_again_and_others_are_not(small: Path) -> None:
    """Asking again gives the very same playbook until a file changes; then the changed words are there."""
    before = playbook.load(small)
    assert playbook.load(small) is before
    page = small / MISTAKE
    page.write_text(page.read_text(encoding="utf-8").replace("en: I forgot}", "en: I quite forgot}"), encoding="utf-8")
    after = playbook.load(small)
    assert after.mistakes["forgotten"].customer_view["en"] == "I quite forgot"
    assert before.mistakes["forgotten"].customer_view["en"] == "I forgot"
