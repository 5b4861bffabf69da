"""Whom to call, on the first page: how many, or which of the reasons there is nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers import business as business_file
from helpers import session
from helpers.language import Language
from helpers.playbook import load
from helpers.report.calling import call, to_call
from helpers.report.summary import Facts
from helpers.segments import rules_for


@pytest.fixture(scope="module")
def facts(example_folder: Path) -> Facts:
    """The example café's first page, in English."""
    client = example_folder.parents[1]
    business = business_file.load(client)
    numbers = json.loads((example_folder / "metrics.json").read_text("utf-8"))
    return Facts(numbers, session.load(client), business, Language("en"), load(), rules_for(business, client))


def told(facts: Facts, **numbers: Any) -> Facts:
    """The same with other numbers."""
    return replace(facts, numbers={**facts.numbers, **numbers})


def late(count: int) -> list[dict[str, Any]]:
    """Groups in which so many regulars are late."""
    return [{"segment": "overdue_regular", "customers": count}, {"segment": "regular", "customers": 9}]


def test_nobody_is_late(facts: Facts) -> None:
    """Where no regular is late or spends half, that is what is said."""
    assert to_call(told(facts, calls_this_week=0, segments=late(0))).note.startswith("nobody is late")


def test_the_late_may_not_be_called(facts: Facts) -> None:
    """Where some are late and none may be called, their number is said, and whether it is for want of a number."""
    shown = to_call(told(facts, calls_this_week=0, segments=late(7)))
    assert (shown.value, shown.note) == (
        "0",
        "7 customers are late or spend half of before, but may not or cannot be called",
    )
    quality = {**facts.numbers["quality"], "phone_coverage": 0.0}
    unknown = to_call(told(facts, calls_this_week=0, segments=late(1), quality=quality))
    assert unknown.note.endswith("no number is on record")


def test_members_are_spoken_to_at_renewal(facts: Facts) -> None:
    """Under contract nobody is late: members whose time runs out are counted, and the first thing to do is theirs."""
    contracts = {"accounts": {"monthly_churn": {"value": 0.05, "low": 0.04, "high": 0.06}}}
    gate = {**facts.numbers["gate"], "refused": {"silence": "…"}}
    groups = [{"segment": "at_renewal", "customers": 12}]
    members = told(facts, calls_this_week=0, segments=groups, contracts=contracts, gate=gate)
    assert to_call(members).value == "12"
    action = call(members)
    assert action is not None
    assert "12 customers in “Up for renewal”" in action.what
    assert call(told(members, segments=[])) is None


def test_a_list_is_called_by_a_name(facts: Facts) -> None:
    """The list to ring from has a name a person reads, in both languages."""
    for lang, name in (("en", "“To call this week”"), ("vi", "“Gọi trong tuần này”")):
        action = call(replace(told(facts, calls_this_week=3), say=Language(lang)))
        assert action is not None
        assert name in action.what
