"""Where the first page comes from: what is named is what it was written from, no more and no less than it asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from helpers import business as business_file
from helpers import session
from helpers.language import Language
from helpers.playbook import load
from helpers.report.leads import SESSION, TITLES, leads, read_by
from helpers.report.summary import PARTS, Facts
from helpers.report.tracing import Trace
from helpers.segments import rules_for


@pytest.fixture(scope="module")
def facts(example_folder: Path) -> Facts:
    """What the example café's first page is written from."""
    client = example_folder.parents[1]
    business = business_file.load(client)
    numbers = json.loads((example_folder / "metrics.json").read_text("utf-8"))
    return Facts(numbers, session.load(client), business, Language("en"), load(), rules_for(business, client))


def test_every_part_has_a_title() -> None:
    """No part of the first page is written without being listed."""
    assert TITLES.keys() == PARTS.keys()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_can_be_written_from_what_it_names_alone(part: str, facts: Facts) -> None:
    """With every other number taken away – and the session too, unless it is named – the words stay the same."""
    named = read_by(part, facts)
    assert named
    nothing = {name: value for name, value in facts.numbers.items() if value is None}
    alone = replace(facts, numbers={**nothing, **{name: facts.numbers[name] for name in named if name != SESSION}})
    if SESSION not in named:
        alone = replace(alone, session=session.Session())
    assert [write(alone) for write in PARTS[part]] == [write(facts) for write in PARTS[part]]


def test_guesses_and_promises_name_the_session(facts: Facts) -> None:
    """What the owner said is no measured number, and is named only where something was said."""
    assert {part for part in PARTS if SESSION in read_by(part, facts)} == {"fix", "guesses", "actions"}
    silent = replace(facts, session=session.Session())
    assert not any(SESSION in read_by(part, silent) for part in PARTS)


def test_the_facts_beside_the_guesses_are_those_compared(facts: Facts) -> None:
    """The three questions asked first are answered from three measures."""
    assert {*read_by("guesses", facts)} == {SESSION, "repeat_rate", "six_months_ago", "spending"}


def test_a_name_leads_to_the_first_cell_or_to_its_stage(facts: Facts) -> None:
    """A number the notebooks made leads to a cell; one they only took over leads to the stage that made it."""
    first = Trace("1_diagnosis", 4, "1_diagnosis-4", (), (), ("repeat_rate", "gate"), "")
    later = Trace("2_churn_metrics", 9, "2_churn_metrics-9", (), (), ("repeat_rate",), "")
    found = leads(facts, [{3: first}, {8: later}], {"gate": "customers", "customers": "tables"})
    headline = next(lead for lead in found if lead.part == "Headline and first number")
    assert headline.names == (
        ("repeat_rate", "1_diagnosis, cell 4", "1_diagnosis-4"),
        ("customers", "stage tables", "stage-tables"),
        ("gate", "stage customers", "stage-customers"),
    )
