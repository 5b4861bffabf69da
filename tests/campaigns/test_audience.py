"""Who may be reached, and who may not and why."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import ibis
import pyarrow as pa
import pytest
from businesses import made, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.campaigns.audience import Reach, reach_by_segment, with_reach
from helpers.playbook import Play, load

CHANNEL = {"zns": "zalo", "oa": "zalo", "sms": "sms", "email": "email", "phone": "call"}
ADDRESS = {"zalo": "phone", "sms": "phone", "call": "phone", "email": "email"}


class Answer(NamedTuple):
    """One answer about being written to."""

    channel: str
    purpose: str
    granted: bool | None
    day: date | None


def play(purpose: str, *channels: str) -> Play:
    """A play with what matters for reaching people."""
    return Play.model_construct(purpose=purpose, channels=channels)


def people(con: Any, **addresses: str) -> Any:
    """Addresses: ``An="pe"`` has a phone and an e-mail, ``Bình=""`` neither."""
    return made(con, {
        "customer_id": pa.array(list(addresses), pa.string()),
        "name": pa.array([None for _ in addresses], pa.string()),
        "phone": pa.array([f"09{i:08d}" if "p" in k else None for i, k in enumerate(addresses.values())], pa.string()),
        "email": pa.array([f"a{i}@example.vn" if "e" in k else None for i, k in enumerate(addresses.values())], pa.string()),
    })  # fmt: skip


def consents(con: Any, **answers: list[Answer]) -> Any:
    """The consent table."""
    flat = [(who, *answer) for who, given_by in answers.items() for answer in given_by]
    columns = list(zip(*flat, strict=True)) or [()] * 5
    kinds = {
        "customer_id": pa.string(),
        "channel": pa.string(),
        "purpose": pa.string(),
        "granted": pa.bool_(),
        "recorded_at": pa.date32(),
    }
    return made(
        con, {name: pa.array(values, kind) for (name, kind), values in zip(kinds.items(), columns, strict=True)}
    )


def reach(con: Any, what: Play, addresses: dict[str, str], answers: dict[str, list[Answer]] | None) -> dict[str, str]:
    """Customer → reach."""
    known = people(con, **addresses)
    consent = None if answers is None else consents(con, **answers)
    return dict(rows(with_reach(known.select("customer_id"), known, consent, what), "customer_id", "reach"))


DAY = date(2026, 1, 1)
YES, NO = (
    (lambda channel, purpose: Answer(channel, purpose, True, DAY)),
    (lambda channel, purpose: Answer(channel, purpose, False, DAY)),
)


class TestSelling:
    """Offers need a yes."""

    def test_six_customers_by_head(self, con: Any) -> None:
        """Agreed, refused, never asked, agreed without a number, agreed to care only, unknown address altogether."""
        found = reach(con, play("sell", "zns", "oa"), {"a": "p", "b": "p", "c": "p", "d": "", "e": "p", "f": ""}, {
            "a": [YES("zalo", "advertising")], "b": [NO("zalo", "advertising")], "d": [YES("zalo", "advertising")], "e": [YES("zalo", "care")],
        })  # fmt: skip
        assert found == {
            "a": "yes",
            "b": "opted_out",
            "c": "no_consent",
            "d": "no_address",
            "e": "no_consent",
            "f": "no_address",
        }

    def test_without_consent_data_there_is_no_list(self, con: Any) -> None:
        """A business that recorded no consent sends no offers."""
        assert reach(con, play("sell", "zns", "sms", "email", "phone"), {"a": "pe"}, None) == {"a": "no_consent"}

    def test_the_address_must_fit_the_yes(self, con: Any) -> None:
        """Who agreed to e-mail and left only a phone number is not written to by SMS."""
        answers = {"a": [YES("email", "advertising")], "b": [YES("email", "advertising")]}
        assert reach(con, play("sell", "sms", "email"), {"a": "p", "b": "pe"}, answers) == {
            "a": "no_consent",
            "b": "yes",
        }

    def test_a_refusal_on_one_of_the_channels_is_a_refusal(self, con: Any) -> None:
        """Yes to Zalo and no to calls keeps a customer off a list that may be rung."""
        answers = {
            "a": [YES("zalo", "advertising"), NO("call", "care")],
            "b": [YES("zalo", "advertising"), NO("email", "advertising")],
        }
        assert reach(con, play("sell", "phone", "zns"), {"a": "p", "b": "p"}, answers) == {"a": "opted_out", "b": "yes"}


class TestCaring:
    """To be rung needs no yes, to be written to does; both respect a no."""

    def test_calls(self, con: Any) -> None:
        """Without an answer a number may be rung; a refused call may not; a refused offer does not forbid a caring word."""
        answers = {"b": [NO("call", "care")], "c": [YES("zalo", "care"), NO("zalo", "advertising")]}
        found = reach(con, play("care", "phone", "oa"), {"a": "p", "b": "p", "c": "p", "d": "e"}, answers)
        assert found == {"a": "yes", "b": "opted_out", "c": "yes", "d": "no_address"}

    def test_caring_words_need_a_yes_to_care_on_that_channel(self, con: Any) -> None:
        """Never asked, asked for offers only, or agreed to care elsewhere: not written to, by Zalo, SMS or e-mail alike."""
        answers = {"b": [YES("zalo", "advertising")], "c": [YES("email", "care")], "d": [YES("zalo", "care")]}
        known = dict.fromkeys("abcd", "pe")
        assert reach(con, play("care", "oa"), known, answers) == {
            "a": "no_consent",
            "b": "no_consent",
            "c": "no_consent",
            "d": "yes",
        }
        assert reach(con, play("care", "sms"), known, answers) == dict.fromkeys("abcd", "no_consent")
        assert reach(con, play("care", "email"), known, answers) == {**dict.fromkeys("abd", "no_consent"), "c": "yes"}

    def test_without_consent_data(self, con: Any) -> None:
        """A business without consent data may still ring whoever left a number."""
        assert reach(con, play("care", "phone"), {"a": "p", "b": "e"}, None) == {"a": "yes", "b": "no_address"}

    def test_who_refused_everything_is_on_no_list(self, con: Any) -> None:
        """No to the only thing they were ever asked about is a no to calls as well."""
        found = reach(con, play("care", "phone"), {"a": "p"}, {"a": [NO("email", "advertising")]})
        assert found == {"a": "opted_out"}

    def test_the_till_needs_no_list(self, con: Any) -> None:
        """Who can only be met face to face is on no list: there is nothing to write to."""
        assert reach(con, play("care", "till", "phone"), {"a": "", "b": "p"}, {}) == {"a": "no_address", "b": "yes"}


class TestSharedAddress:
    """Two customers, one telephone."""

    def test_a_refusal_holds_for_the_number(self, con: Any) -> None:
        """Whoever shares a number with somebody who refused is not written to there; people without a number share nothing."""
        known = people(con, a="p", b="p", c="", d="").mutate(
            phone=ibis.ifelse(ibis._.customer_id.isin(["a", "b"]), "0911", None)
        )
        answers = consents(
            con, a=[NO("zalo", "advertising")], b=[YES("zalo", "advertising")], c=[NO("zalo", "advertising")], d=[]
        )
        found = dict(
            rows(with_reach(known.select("customer_id"), known, answers, play("sell", "zns")), "customer_id", "reach")
        )
        assert found == {"a": "opted_out", "b": "opted_out", "c": "opted_out", "d": "no_address"}

    @pytest.mark.parametrize("refusal", [Answer(None, "advertising", False, DAY), Answer("zalo", None, False, DAY)])  # type: ignore[arg-type]
    def test_a_refusal_without_channel_or_purpose_counts_for_all(self, con: Any, refusal: Answer) -> None:
        """Who said “no advertising”, or “nothing on Zalo”, is not reached there by what sells."""
        assert reach(con, play("sell", "zns"), {"a": "p"}, {"a": [YES("zalo", "advertising"), refusal]}) == {
            "a": "opted_out"
        }


class TestLatestAnswer:
    """People change their minds."""

    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ([(True, date(2025, 1, 1)), (False, date(2026, 1, 1))], "opted_out"),
            ([(False, date(2025, 1, 1)), (True, date(2026, 1, 1))], "yes"),
            ([(True, DAY), (False, DAY)], "opted_out"),
            ([(True, date(2026, 1, 1)), (False, None)], "opted_out"),
            ([(True, None), (False, date(2020, 1, 1))], "opted_out"),
            ([(True, None)], "yes"),
            ([(None, DAY)], "no_consent"),
        ],
        ids=[
            "withdrew",
            "came round",
            "both on one day",
            "no without a date",
            "yes without a date",
            "undated yes",
            "blank",
        ],
    )
    def test_order_of_answers(self, con: Any, answers: list[tuple[bool | None, date | None]], expected: str) -> None:
        """The latest answer counts; where it is unclear which is later, the refusal does."""
        for order in (answers, answers[::-1]):
            given_by = {"a": [Answer("zalo", "advertising", granted, day) for granted, day in order]}
            assert reach(con, play("sell", "zns"), {"a": "p"}, given_by) == {"a": expected}


ANSWERS = st.lists(
    st.builds(
        Answer, st.sampled_from(["zalo", "sms", "email", "call", "facebook"]), st.sampled_from(["advertising", "care"]),
        st.sampled_from([True, False, None]), st.sampled_from([date(2025, 1, 1), DAY, None]),
    ), max_size=8,
)  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(["", "p", "e", "pe"]), ANSWERS), min_size=1, max_size=8),
    st.sampled_from(["sell", "care"]),
    st.sets(st.sampled_from([*CHANNEL, "till", "in_person"]), min_size=1),
)
@settings(max_examples=40, deadline=None)
def test_a_refusal_is_never_overheard(
    con: Any, found: list[tuple[str, list[Answer]]], purpose: str, channels: set[str]
) -> None:
    """Whatever was answered, nobody is reached against their last word, nor offered anything without a yes and an address for it."""
    addresses = {f"c{i}": kinds for i, (kinds, _) in enumerate(found)}
    answers = {f"c{i}": given_by for i, (_, given_by) in enumerate(found)}
    wanted = "advertising" if purpose == "sell" else "care"
    used = {CHANNEL[c] for c in channels if c in CHANNEL}
    for who, verdict in reach(con, play(purpose, *sorted(channels)), addresses, answers).items():
        last: dict[tuple[str, str], bool] = {}
        undated = {True: date.min, False: date.max}
        for answer in sorted(
            (a for a in answers[who] if a.granted is not None),
            key=lambda a: (a.day or undated[bool(a.granted)], not a.granted),
        ):
            last[answer.channel, answer.purpose] = bool(answer.granted)
        refused = any(not last.get((channel, wanted), True) for channel in used)
        if refused or (last and not any(last.values())):
            assert verdict == "opted_out"
        if verdict == "yes" and purpose == "sell":
            assert any(last.get((c, "advertising")) and ADDRESS[c][0] in addresses[who] for c in used)
        if verdict == "yes" and purpose == "care" and "call" not in used:
            assert any(last.get((c, "care")) and ADDRESS[c][0] in addresses[who] for c in used)
        if verdict == "yes":
            assert any(ADDRESS[c][0] in addresses[who] for c in used)


def test_counts_by_segment(con: Any) -> None:
    """Reached and suppressed, by reason and segment, add up to everybody asked."""
    audience = made(
        con, {"segment": ["a"] * 5 + ["b"], "reach": ["yes", "yes", "opted_out", "no_consent", "no_address", "yes"]}
    )
    assert reach_by_segment(audience) == {"a": Reach(5, 2, 1, 1, 1), "b": Reach(1, 1, 0, 0, 0)}


def test_the_cafe_obeys_every_refusal(cafe: Any) -> None:
    """No play of the playbook reaches any of the café's customers on a channel whose last answer was no."""
    tables = cafe.tables
    consent = tables.optional["consent"].to_pandas().sort_values(["recorded_at", "granted"], ascending=[True, False])
    last = consent.drop_duplicates(["customer_id", "channel", "purpose"], keep="last")
    everybody = tables.people.select("customer_id")
    selling = 0
    for what in load().plays.values():
        reached = {
            who
            for (who,) in rows(
                with_reach(everybody, tables.people, tables.optional["consent"], what).filter(
                    lambda t: t.reach == "yes"
                ),
                "customer_id",
            )
        }
        used = [CHANNEL[c] for c in what.channels if c in CHANNEL]
        wanted = ["advertising", "care"] if what.purpose == "sell" else ["care"]
        no = last[last["channel"].isin(used) & last["purpose"].isin(wanted) & ~last["granted"]]
        assert not reached & set(no["customer_id"])
        if what.purpose == "sell":
            selling += 1
            agreed = last[last["channel"].isin(used) & (last["purpose"] == "advertising") & last["granted"]]
            assert reached <= set(agreed["customer_id"])
            assert len(reached) > 1000
    assert selling > 3
