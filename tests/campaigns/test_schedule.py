"""The calendar and its files: the right day, the right words, and never a person who refused."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from businesses import rows
from campaign_shop import BOOK, END, Answer, business, desk, no, tables, yes, young
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import files
from helpers.business import Business
from helpers.campaigns import desk as desks
from helpers.campaigns.addressees import standing_of
from helpers.campaigns.audience import with_answers
from helpers.campaigns.desk import Agenda, Desk
from helpers.campaigns.drawing import Drawn
from helpers.campaigns.schedule import Schedule, counts, schedule, set_aside
from helpers.tables import Tables

START = date(2026, 7, 6)
"""The Monday after the data end."""


def agenda(
    con: Any, run: Tables, folder: Path, shop: Business | None = None, **params: Any
) -> tuple[Desk, Drawn, Agenda]:
    """Every file of a plan written to a folder."""
    made = desk(con, run, shop, **params)
    drawn = desks.draw(made)

    def write(name: str, table: Any) -> Path:
        return files.write_csv(con, table, folder / f"{name}.csv")

    def write_text(name: str, text: str) -> Path:
        return files.write_text(folder / name, text, private=True)

    desks.write_lists(made, drawn, write)
    found, tiered = desks.programme(made)
    desks.write_loyalty(made, found, tiered, write, ("a", "b", "c"))
    return made, drawn, desks.write_agenda(made, drawn, write, write_text)


def contacts(con: Any, run: Tables, shop: Business | None = None, **params: Any) -> Schedule:
    """The calendar of a plan."""
    made = desk(con, run, shop, **params)
    return schedule(con, run, made.people, desks.draw(made), made.setting)


def sent(found: Schedule) -> list[tuple[Any, ...]]:
    """Customer, day, step, channel of everything that is sent or rung."""
    table = found.contacts.filter(found.contacts.aside.isnull() & found.contacts.message.notnull())
    return sorted(rows(table, "customer_id", "day", "step", "channel"))


class TestFirstHundredDays:
    """Newcomers, phase by phase."""

    def test_by_head(self, con: Any) -> None:
        """Somebody who first came on 29 June is asked on day 7 (6 July), gets a tip on day 14 and is met again on day 30."""
        run = tables(con, [young(1)], [yes("KH0", purpose="care")])
        assert sent(contacts(con, run)) == [
            ("KH0", date(2026, 7, 6), "acclimate-one", "zns"),
            ("KH0", date(2026, 7, 13), "acclimate-two", "oa"),
            ("KH0", date(2026, 7, 29), "accomplish", "oa"),
        ]

    def test_what_is_past_is_not_made_up_for(self, con: Any) -> None:
        """On day 40 only what lies ahead is planned; without a message it is done face to face."""
        run = tables(con, [young(40)], [yes("KH0", purpose="care")])
        found = contacts(con, run)
        assert sent(found) == []
        assert [(r["step"], r["channel"]) for r in counts(found)] == [("adopt", "in_person"), ("advocate", "in_person")]

    def test_a_weekend_moves_it_to_monday(self, con: Any) -> None:
        """Day 7 on Saturday 11 July becomes Monday the 13th."""
        run = tables(
            con, [young(0, first_order=date(2026, 7, 4), last_order=date(2026, 6, 29))], [yes("KH0", purpose="care")]
        )
        assert sent(contacts(con, run))[0][:3] == ("KH0", date(2026, 7, 13), "acclimate-one")

    def test_tet_is_left_alone(self, con: Any) -> None:
        """Nothing is sent from the last days of the old year until after the sixth of the new one."""
        run = tables(con, [young(200, segment="regular")], [yes("KH0", purpose="care")])
        found = contacts(con, run, start="2027-01-04")
        days = {day for _, day, _, _ in sent(found)}
        assert days
        assert not [d for d in days if date(2027, 2, 2) <= d <= date(2027, 2, 13) or d.isoweekday() > 5]


class TestCareCalendar:
    """Those who have been customers for longer."""

    def test_anniversary_and_notes(self, con: Any) -> None:
        """First order on 5 August 2024: a word on 5 August, notes every fortnight that keep a week from it."""
        run = tables(con, [{"segment": "regular"}], [yes("KH0", purpose="care")])
        found = sent(contacts(con, run, weekly_minutes=0.0))
        assert ("KH0", date(2026, 8, 5), "anniversary", "zns") in found
        notes = [day for _, day, step, _ in found if step == "note"]
        assert notes[0] == date(2026, 7, 13)
        assert all(abs((day - date(2026, 8, 5)).days) >= 7 for day in notes)

    def test_two_customers_with_one_number_get_one_message(self, con: Any) -> None:
        """A couple that shares a telephone is written to once a day."""
        run = tables(
            con,
            [{"segment": "regular", "phone": "0911111111"}] * 2,
            [yes("KH0", purpose="care"), yes("KH1", purpose="care")],
        )
        found = sent(contacts(con, run))
        assert len({day for _, day, *_ in found}) == len(found)


class TestCampaigns:
    """The treated of a campaign."""

    def many(self, n: int = 40) -> tuple[list[dict[str, Any]], list[Answer]]:
        """So many lapsed customers, all with a yes on Zalo."""
        return [{} for _ in range(n)], [yes(f"KH{i}") for i in range(n)]

    def test_calls_are_spread_over_the_owners_minutes(self, con: Any) -> None:
        """60 minutes a week at 6 minutes a customer are two a day, the most valuable first."""
        people = [{"revenue_year": 100_000.0 - i} for i in range(10)]
        run = tables(con, people, [yes(f"KH{i}") for i in range(10)])
        shop = business(minutes={"sales": 60.0}, costs={})
        found = [r for r in sent(contacts(con, run, shop)) if r[2] == "send"]
        assert found
        assert max(Counter(day for _, day, *_ in found).values()) == 2
        assert min(found, key=lambda r: r[1])[0] in ("KH0", "KH1")

    def test_who_is_left_out_hears_nothing_of_the_play(self, con: Any) -> None:
        """Everybody drawn into the holdout is absent from every message of that play, and everybody else is there."""
        people, answers = self.many(150)
        run = tables(con, people, answers)
        made = desk(con, run, business(costs={}))
        drawn = desks.draw(made)
        found = schedule(con, run, made.people, drawn, made.setting)
        assert {p.segment for p in drawn.proposals} == {"lapsed"}
        play = drawn.proposals[0].play
        held = {who for who, arm in rows(drawn.arms, "customer_id", "arm") if arm == "holdout"}
        assert len(held) == 30
        there = {who for who, of in rows(found.contacts, "customer_id", "play") if of == play}
        assert there == {f"KH{i}" for i in range(150)} - held

    def test_a_message_the_shop_has_not_worded_is_not_used(self, con: Any) -> None:
        """Without the shop's words for “what has changed” the texts that need them are named, and nobody gets half a sentence."""
        people, answers = self.many()
        shop = business(words={"change": "", "offer": ""}, costs={})
        found = contacts(con, tables(con, people, answers), shop)
        assert "change" in found.messages.unworded["win-back.zns"]
        assert not [r for r in rows(found.contacts, "message") if r[0] == "win-back.zns"]

    @pytest.mark.parametrize("name", [None, "", "N******n", "Khách 7", "   "])
    def test_who_has_no_name_to_be_called_by_is_set_aside(self, con: Any, name: str | None) -> None:
        """A masked, missing or numbered name never fills a greeting; the customer is counted with the reason."""
        run = tables(con, [young(1, name=name)], [yes("KH0", purpose="care")])
        found = contacts(con, run)
        assert sent(found) == []
        assert set_aside(found) == {"no_name": 1}

    def test_a_product_nobody_knows(self, con: Any) -> None:
        """Where lines name no product, what asks about it is not sent."""
        run = tables(con, [young(1)], [yes("KH0", purpose="care")], product=None)
        assert [step for _, _, step, _ in sent(contacts(con, run))] == ["acclimate-two"]

    def test_a_number_the_channel_cannot_take(self, con: Any) -> None:
        """A foreign number is set aside for Zalo, whose lists take ten digits."""
        run = tables(con, [young(1, phone="+4915112345678")], [yes("KH0", purpose="care")])
        assert "bad_number" in set_aside(contacts(con, run))


class TestFiles:
    """What is handed to staff."""

    def test_uploads_are_split_where_the_channel_takes_no_more(
        self, con: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With room for 40 rows, 80 messages are two files that share nobody and lose nobody."""
        rule = BOOK.rules.channels.channels["zns"]
        assert rule.upload is not None
        assert rule.upload.value.max_rows == 100_000
        small = rule.upload.model_copy(update={"value": rule.upload.value.model_copy(update={"max_rows": 40})})
        monkeypatch.setitem(BOOK.rules.channels.channels, "zns", rule.model_copy(update={"upload": small}))
        people = [young(1) for _ in range(100)]
        agenda(con, tables(con, people, [yes(f"KH{i}", purpose="care") for i in range(100)]), tmp_path)
        parts = sorted(tmp_path.glob("send-zns-*.csv"))
        cells = [list(csv.reader(p.open(encoding="utf-8-sig", newline="")))[1:] for p in parts]
        assert [len(part) for part in cells] == [40, 40]  # a fifth of the newcomers is left out of the play, by lot
        assert len({row[1] for part in cells for row in part}) == 80

    def test_every_file_is_for_its_owner_alone(self, con: Any, tmp_path: Path) -> None:
        """Mode 600 for all of them, phone as ten digits, day as dd/mm/yyyy, text without braces."""
        agenda(con, tables(con, [young(1)], [yes("KH0", purpose="care")]), tmp_path)
        names = {p.name for p in tmp_path.iterdir()}
        assert {"calendar.csv", "calendar.ics", "send-zns-thank-you-check-in.csv"} <= names
        assert {p.stat().st_mode & 0o777 for p in tmp_path.iterdir()} == {0o600}
        row = list(csv.reader((tmp_path / "send-zns-thank-you-check-in.csv").open(encoding="utf-8-sig", newline="")))[1]
        assert row[:2] == ["06/07/2026", "0900000000"]
        assert "An" in row[3]
        assert "{" not in row[3]

    def test_lists_end_where_the_next_plan_begins(self, con: Any, tmp_path: Path) -> None:
        """Nobody's message is written down for a day after the plan's weeks: consent may have changed by then."""
        made, _, found = agenda(con, tables(con, [young(1)], [yes("KH0", purpose="care")]), tmp_path, business(weeks=1))
        assert made.until == START + timedelta(days=7)
        assert found.sent == 1
        assert max(e.day for e in found.entries) > made.until


@pytest.mark.parametrize(
    ("customers", "answers"),
    [
        ([{}, young(1)], [no("KH0", None, None), no("KH1", None, None)]),
        ([{"phone": None}, young(1, phone=None)], [yes("KH0"), yes("KH1", purpose="care")]),
        ([{}, {"segment": "regular"}], [no("KH0", c, p) for c in ("zalo", "sms", "email", "call") for p in ("advertising", "care")] + [no("KH1", "zalo")]),
    ],
    ids=["everybody refused", "nobody has an address", "refused one by one"],
)  # fmt: skip
def test_nobody_to_write_to(con: Any, tmp_path: Path, customers: list[dict[str, Any]], answers: list[Answer]) -> None:
    """With everybody refusing or unreachable there is no upload, and no file names anybody."""
    agenda(con, tables(con, customers, answers), tmp_path)
    assert not list(tmp_path.glob("send-*"))
    for path in tmp_path.iterdir():
        assert "KH0" not in path.read_text(encoding="utf-8-sig")
        assert "Nguyễn" not in path.read_text(encoding="utf-8-sig")


def test_without_consent_data_only_calls_are_left(con: Any, tmp_path: Path) -> None:
    """A business that records no consent writes to nobody and sells to nobody; it may ring whoever it knows."""
    _, drawn, _ = agenda(
        con, tables(con, [{"segment": "declining_call", "decline": -0.6}, young(1), {}], None), tmp_path
    )
    assert {p.purpose for p in drawn.proposals} <= {"care"}
    assert {p.name.split("-")[1] for p in tmp_path.glob("send-*")} <= {"phone"}


def test_a_refusal_at_the_e_mail_holds_for_the_number_too(con: Any) -> None:
    """Who refused by e-mail without giving a name is not rung up, nor is anybody written to on the number they share; others are."""
    people: list[dict[str, Any]] = [
        {"phone": "0911111111", "email": "lan@example.com"}, {"phone": "0911111111", "email": None},
        {"phone": "0900000002", "email": "hoa@example.com"},
    ]  # fmt: skip
    run = tables(con, people, [], by_address=[(None, "lan@example.com")])
    assert run.customers is not None
    found = with_answers(run.customers.select("customer_id"), run.people, run.get("consent"))
    assert dict(rows(found, "customer_id", "refused_all")) == {"KH0": True, "KH1": True, "KH2": False}


PEOPLE = 40
"""Customers of one example: a plan costs two seconds however many it is for, so each holds many."""
CHANNELS = ["zalo", "sms", "email", "call", None]
ANSWERS = st.lists(
    st.tuples(
        st.integers(0, PEOPLE - 1), st.sampled_from(CHANNELS), st.sampled_from(["advertising", "care", None]), st.sampled_from([True, True, False, None]),
        st.sampled_from([date(2025, 1, 1), date(2026, 1, 1), None]),
    ), max_size=5 * PEOPLE,
)  # fmt: skip
SEGMENTS = ["lapsed", "lost", "regular", "champion", "one_time_overdue", "promising", "declining_watch", "new"]
USES = {"zns": "zalo", "oa": "zalo", "sms": "sms", "email": "email", "phone": "call"}


def last_words(answers: list[Answer]) -> dict[str, dict[tuple[str | None, str | None], bool]]:
    """Customer → channel and purpose → last answer, in plain Python."""
    order = {True: date.min, False: date.max}
    known = [a for a in answers if a[3] is not None]
    found: dict[str, dict[tuple[str | None, str | None], bool]] = {}
    for who, channel, purpose, granted, _ in sorted(known, key=lambda a: (a[4] or order[bool(a[3])], not a[3])):
        found.setdefault(who, {})[channel, purpose] = bool(granted)
    return found


@given(
    ANSWERS,
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.sampled_from([None, "0911111111"])), min_size=PEOPLE, max_size=PEOPLE
    ),
    st.lists(
        st.tuples(
            st.sampled_from([None, "0911111111", "0900000003", "0900000011"]),
            st.sampled_from([None, "khach5@example.com", "khach7@example.com"]),
        ),
        max_size=3,
    ),
)
@settings(max_examples=6, deadline=None)
def test_no_file_ever_names_somebody_against_their_word(
    con: Any,
    tmp_path_factory: pytest.TempPathFactory,
    given_by: list[tuple[Any, ...]],
    addresses: list[tuple[bool, bool, str | None]],
    by_address: list[tuple[str | None, str | None]],
) -> None:
    """Whatever was answered, by whom and for which address, every file that is written holds only people who may be contacted so."""
    folder = tmp_path_factory.mktemp("lists")
    people = [
        {
            **(young(1) if segment == "new" else {"segment": segment}), "name": "Khách Tên",
            "phone": shared or f"09{i:08d}" if has_phone else None, "email": f"khach{i}@example.com" if has_email else None,
        }
        for i, (segment, (has_phone, has_email, shared)) in enumerate(zip(islice(cycle(SEGMENTS), PEOPLE), addresses, strict=True))
    ]  # fmt: skip
    answers = [(f"KH{i}", *rest) for i, *rest in given_by]
    run = tables(con, people, answers, by_address=by_address)  # type: ignore[arg-type]
    _, _, made = agenda(con, run, folder, business(costs={}))
    said = last_words(answers)  # type: ignore[arg-type]
    numbers = {f"KH{i}": person["phone"] for i, person in enumerate(people)}
    mails = {f"KH{i}": person["email"] for i, person in enumerate(people)}
    named = {address for pair in by_address for address in pair if address}
    refused = {who for who, words in said.items() if words and not any(words.values())}
    refused |= {who for who in numbers if numbers[who] in named or mails[who] in named}
    shared = {numbers[who] for who in refused} | {mails[who] for who in refused}
    refused |= {who for who in numbers if (numbers[who] or mails[who]) in shared - {None}}
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8-sig")
        for who in refused:
            assert who not in text.replace(",", " ").split(), path.name
            assert numbers[who] is None or numbers[who] not in text, path.name
            assert mails[who] is None or mails[who] not in text, path.name
        if path.name.startswith("send-"):
            channel = USES[path.name.split("-")[1]]
            for who, words in said.items():
                no_care = any(words.get((c, p)) is False for c in (channel, None) for p in ("care", None))
                address = mails[who] if channel == "email" else numbers[who]
                if no_care and address is not None:
                    assert address not in text, (path.name, who)
    selling = {m.id for m in BOOK.messages.values() if m.purpose == "advertising"}
    for who, message, channel, aside in rows(made.schedule.contacts, "customer_id", "message", "channel", "aside"):
        if aside is None and (message in selling or USES.get(channel) not in ("call", None)):
            wanted = "advertising" if message in selling else "care"
            assert said.get(who, {}).get((USES[channel], wanted)) is True, (who, message)


def test_pressure(con: Any) -> None:
    """Who had an offer four days before the plan begins waits; who has an open complaint hears nothing at all."""
    people = [{} for _ in range(3)]
    run = tables(
        con, people, [yes(f"KH{i}") for i in range(3)], contacts=[("KH0", START - timedelta(days=4), "sell"), ("KH2", START - timedelta(days=9), "sell")],
        complaints=[("KH1", END - timedelta(days=3))],
    )  # fmt: skip
    made = desk(con, run, business(costs={}))
    offer = made.people.mutate(standing=standing_of(made.people, BOOK.plays["win-back"]))
    assert dict(rows(offer, "customer_id", "standing")) == {
        "KH0": "contacted_lately",
        "KH1": "complaint_open",
        "KH2": "yes",
    }
    found = schedule(con, run, made.people, desks.draw(made), made.setting)
    assert "KH1" not in {who for (who,) in rows(found.contacts, "customer_id")}
