"""Sentences of the first page that hang on one number: how many return, and what to begin with."""

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
from helpers.report.summary import Facts, summary
from helpers.segments import rules_for


@pytest.fixture(scope="module")
def facts(example_folder: Path) -> Facts:
    """The example café's first page, in English, before anything was said in a session."""
    client = example_folder.parents[1]
    business = business_file.load(client)
    numbers = json.loads((example_folder / "metrics.json").read_text("utf-8"))
    return Facts(numbers, session.Session(), business, Language("en"), load(), rules_for(business, client))


def returned(facts: Facts, share: float) -> Facts:
    """The same with another share of first-time buyers who came back."""
    rates = {**facts.numbers["repeat_rate"], "90": {"value": share, "low": share, "high": share, "n": 200}}
    return replace(facts, numbers={**facts.numbers, "repeat_rate": rates})


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "Every first-time buyer came back within 90 days"),
        (0.97, "Fewer than 1 in 10 first-time buyers do not come back within 90 days"),
        (0.9, "1 of 10 first-time buyers does not come back within 90 days"),
        (0.8, "2 of 10 first-time buyers do not come back within 90 days"),
        (0.02, "More than 9 of 10 first-time buyers do not come back within 90 days"),
        (0.0, "No first-time buyer came back within 90 days"),
    ],
)
def test_the_headline_reads_well_for_every_share(facts: Facts, share: float, said: str) -> None:
    """Nobody, one in ten, nearly all: the sentence at the top agrees with its number."""
    assert summary(returned(facts, share)).headline == said


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_who_cannot_be_reached_is_not_to_be_called(facts: Facts, lang: str) -> None:
    """Without a phone number or an e-mail on record the cure begins with asking for them, not with calling."""
    quality = {**facts.numbers["quality"], "email_coverage": 0.0}
    unreached: dict[str, Any] = {**facts.numbers, "quality": {**quality, "phone_coverage": 0.0}}
    thanks, asks = (facts.book.plays[name].title[lang] for name in ("thank-you-check-in", "identify-at-the-till"))
    assert thanks in summary(replace(facts, say=Language(lang))).fix
    told = summary(replace(facts, numbers=unreached, say=Language(lang))).fix
    assert thanks not in told
    assert asks in told
