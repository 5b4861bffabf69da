"""The calendar file, read back by the rules of RFC 5545."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from helpers.campaigns.ics import LINE, Event, calendar, fold


def read(text: str) -> list[dict[str, str]]:
    """The appointments of a calendar file: lines unfolded, values unescaped."""
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    found: list[dict[str, str]] = []
    for line in text.replace("\r\n ", "").split("\r\n"):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and name not in ("END", "BEGIN"):
            plain = (
                value.replace("\\\\", "\0")
                .replace("\\n", "\n")
                .replace("\\,", ",")
                .replace("\\;", ";")
                .replace("\0", "\\")
            )
            found[-1][name] = plain
    return found


def test_by_hand() -> None:
    """Eight to five in Saigon is one to ten in UTC; a day without hours is a whole day; the same events give the same file."""
    events = [
        Event(date(2026, 7, 6), "08:00", "17:00", "Gọi 5 khách, nhẹ nhàng", "Chị Lan; tệp a\\b\nhết", "care"),
        Event(date(2026, 7, 31), "", "", "Gặp", "", "sales"),
    ]
    text = calendar(events, name="Tiệm Mây", zone="Asia/Ho_Chi_Minh", made_on=date(2026, 6, 30))
    call, meeting = read(text)
    assert (call["DTSTART"], call["DTEND"]) == ("20260706T010000Z", "20260706T100000Z")
    assert (call["SUMMARY"], call["DESCRIPTION"]) == ("Gọi 5 khách, nhẹ nhàng", "Chị Lan; tệp a\\b\nhết")
    assert (meeting["DTSTART;VALUE=DATE"], meeting["DTEND;VALUE=DATE"]) == ("20260731", "20260801")
    assert call["DTSTAMP"] == "20260630T000000Z"
    assert call["UID"] != meeting["UID"]
    assert text == calendar(events, name="Tiệm Mây", zone="Asia/Ho_Chi_Minh", made_on=date(2026, 6, 30))


def test_summer_time() -> None:
    """In London eight o'clock is seven in UTC in July and eight in December."""
    july, december = (
        read(calendar([Event(day, "08:00", "09:00", "x", "", "")], name="x", zone="Europe/London", made_on=day))[0][
            "DTSTART"
        ]
        for day in (date(2026, 7, 6), date(2026, 12, 7))
    )
    assert (july[9:11], december[9:11]) == ("07", "08")


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=120)


@given(WORDS, WORDS)
def test_whatever_it_says(title: str, text: str) -> None:
    """No word breaks the file, no line is longer than 75 octets, and what is read is what was written."""
    made = calendar(
        [Event(date(2026, 7, 6), "", "", title, text, "x")], name=title, zone="UTC", made_on=date(2026, 7, 1)
    )
    assert all(len(line.encode()) <= LINE for line in made.split("\r\n"))
    (event,) = read(made)
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (title, text)


def test_folding_never_cuts_a_letter() -> None:
    """A line of Vietnamese is broken between letters, and unfolding gives it back."""
    line = "SUMMARY:" + "ễ" * 100
    assert fold(line).replace("\r\n ", "") == line
