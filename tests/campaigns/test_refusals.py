"""Nobody who refused is on any list, whatever was said when, on which channel and for which purpose."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from businesses import made
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.campaigns import groups, lists, lost, offers
from helpers.language import Language
from helpers.playbook import load
from helpers.segments import load_rules
from helpers.tables import Tables

BOOK, RULES, EN = load(), load_rules(), Language("en")
TODAY = date(2026, 6, 30)
CHANNELS, PURPOSES = ("zalo", "sms", "email", "call"), ("advertising", "care")
CODE = "customer code"

answer = st.tuples(
    st.integers(0, 29), st.sampled_from([*CHANNELS, None]), st.sampled_from([*PURPOSES, None]), st.booleans(),
    st.none() | st.integers(0, 5).map(lambda n: date(2026, 1, 1) + timedelta(days=n)),
)  # fmt: skip
customer = st.tuples(st.sampled_from(RULES.ids), st.booleans(), st.booleans())


def shop(con: Any, people: list[tuple[str, bool, bool]], answers: list[Any] | None) -> Tables:
    """Customers given as segment, has a phone, has an e-mail; answers as who, channel, purpose, yes or no, when."""
    ids = [f"KH{i}" for i in range(len(people))]
    n = len(ids)
    customers = made(con, {
        "customer_id": ids, "segment": [segment for segment, *_ in people], "frequency": pa.array([5] * n, pa.int64()),
        "rhythm_days": [7.0] * n, "days_since_last_order": pa.array([30] * n, pa.int64()), "decline": [-0.6] * n, "decline_week": [-0.6] * n,
        "last_order": pa.array([TODAY - timedelta(days=30)] * n, pa.date32()), "revenue_year": [10.0] * n, "net_revenue": [10.0] * n,
        "orders": pa.array([6] * n, pa.int64()), "p_return_90d": [0.4] * n,
    })  # fmt: skip
    addresses = made(con, {
        "customer_id": ids, "name": ["An"] * n, "phone": pa.array([f"09{i:08d}" if tel else None for i, (_, tel, _) in enumerate(people)], pa.string()),
        "email": pa.array([f"kh{i}@example.com" if mail else None for i, (*_, mail) in enumerate(people)], pa.string()),
    })  # fmt: skip
    sold = made(con, {
        "order_id": [f"o{i}" for i in range(n)], "customer_id": ids, "product": ["Latte"] * n, "net_revenue": [10.0] * n,
        "ordered_at": pa.array([datetime(2026, 5, 31, 9)] * n, pa.timestamp("us")),
    })  # fmt: skip
    optional = {}
    if answers is not None:
        known = [a for a in answers if a[0] < n]
        optional["consent"] = made(con, {
            "customer_id": pa.array([ids[a[0]] for a in known], pa.string()), "channel": pa.array([a[1] for a in known], pa.string()),
            "purpose": pa.array([a[2] for a in known], pa.string()), "granted": pa.array([a[3] for a in known], pa.bool_()),
            "recorded_at": pa.array([a[4] for a in known], pa.date32()),
        })  # fmt: skip
    return Tables(sold, sold, addresses, sold, optional, customers)


def every_list(con: Any, run: Tables) -> dict[str, tuple[str, set[str]]]:
    """Every list of the chapter: name → purpose of its play, and who is on it."""
    written: dict[str, Any] = {}

    def write(name: str, table: Any) -> Path:
        written[name] = table
        return Path(name)

    groups.write_groups(run, groups.group_plans(run, BOOK, RULES), BOOK, RULES, say=EN, write=write)
    write("call", lists.call_list(run, BOOK, RULES, limit=99, say=EN))
    gone = lost.lost_customers(run, margin=0.5, as_of=TODAY)
    write("lost", lost.lost_list(run, gone, RULES, limit=99, say=EN))
    ids = run.customers.customer_id  # type: ignore[union-attr]
    everybody = run.customers.select("customer_id")  # type: ignore[union-attr]
    found = offers.Offers(
        everybody.mutate(has=ids, next_product=ids, chance=0.5, n=10),
        everybody.mutate(product=ids, every_days=9, last_bought=TODAY, due_on=TODAY),
        everybody.mutate(product=ids, upgrade=ids, bought_times=3),
    )
    offers.write_offers(run, found, BOOK, say=EN, write=write)
    return {
        name: ("sell" if name.startswith("offer") else "care", set(table.to_pyarrow()[CODE].to_pylist()))
        for name, table in written.items()
    }


def standing(answers: list[Any], who: int) -> dict[tuple[Any, Any], bool]:
    """The latest answer per channel and purpose; of one day, and undated ones, the no."""
    found: dict[tuple[Any, Any], tuple[Any, bool]] = {}
    for person, channel, purpose, yes, when in answers:
        if person == who:
            rank = (when or (date(1, 1, 1) if yes else date(9999, 12, 31)), not yes)
            if (channel, purpose) not in found or rank > found[channel, purpose][0]:
                found[channel, purpose] = (rank, yes)
    return {place: yes for place, (_, yes) in found.items()}


@given(st.lists(customer, min_size=1, max_size=30), st.lists(answer, max_size=90))
@settings(max_examples=6, deadline=None)
def test_who_refused_is_on_no_list(con: Any, people: list[tuple[str, bool, bool]], answers: list[Any]) -> None:
    """A no to everything keeps a customer off every list; a no to care off every list; no yes to advertising off every list that
    sells; and nobody is on a list who cannot be reached.
    """
    found = every_list(con, shop(con, people, answers))
    for who, (_, tel, mail) in enumerate(people):
        said = standing(answers, who)
        refused_all = bool(said) and not any(said.values())
        agreed = any(yes for (_, purpose), yes in said.items() if purpose == "advertising")
        for name, (purpose, on) in found.items():
            if f"KH{who}" in on:
                assert not refused_all, name
                assert tel or mail, name
                assert said.get((None, None)) is not False, name
                if purpose == "sell":
                    assert agreed, name


@given(st.lists(customer, min_size=1, max_size=30))
@settings(max_examples=3, deadline=None)
def test_without_consent_data_there_are_service_calls_only(con: Any, people: list[tuple[str, bool, bool]]) -> None:
    """Where nobody has recorded what customers agreed to, no list sells and every list is for the telephone."""
    for name, (purpose, on) in every_list(con, shop(con, people, None)).items():
        assert purpose != "sell" or not on, name
        assert all(people[int(who.removeprefix("KH"))][1] for who in on), name


def test_hundred_per_cent_refusals(con: Any) -> None:
    """When everybody has refused everything there is not one list with a name on it."""
    people = [(segment, True, True) for segment in RULES.ids[:8]]
    answers = [(i, channel, purpose, False, None) for i in range(8) for channel in CHANNELS for purpose in PURPOSES]
    assert {len(on) for _, on in every_list(con, shop(con, people, answers)).values()} == {0}
