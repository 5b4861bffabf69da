"""Which mistakes the numbers show."""

from __future__ import annotations

import math

import pytest

from helpers.playbook import Playbook
from helpers.playbook.diagnosis import diagnose
from helpers.playbook.models import Mistake, Thresholds


def mistake(name: str, key: str | None, watch: float = 0.4, act: float = 0.6, better: str = "lower") -> Mistake:
    """A mistake with these thresholds, or with none."""
    limits = None if key is None else Thresholds.model_construct(metric_key=key, watch=watch, act=act, better=better)
    return Mistake.model_construct(id=name, thresholds=limits)


def small(*mistakes: Mistake) -> Playbook:
    """A playbook of nothing but mistakes."""
    return Playbook(mistakes={m.id: m for m in mistakes}, plays={}, messages={}, scripts={}, metrics={}, rules=None)  # type: ignore[arg-type]


def levels(values: dict[str, float | None], *mistakes: Mistake) -> list[tuple[str, str]]:
    """Id and level, in the order diagnosed."""
    return [(d.mistake.id, d.level) for d in diagnose(values, small(*mistakes))]


@pytest.mark.parametrize(
    ("value", "level"), [(0.39, "fine"), (0.4, "fine"), (0.41, "watch"), (0.6, "watch"), (0.61, "act")]
)
def test_lower_is_better(value: float, level: str) -> None:
    """A share of neglected customers: on a threshold it has not been crossed."""
    assert levels({"gap": value}, mistake("a", "gap")) == [("a", level)]


@pytest.mark.parametrize(
    ("value", "level"), [(0.9, "fine"), (0.3, "fine"), (0.29, "watch"), (0.1, "watch"), (0.09, "act")]
)
def test_higher_is_better(value: float, level: str) -> None:
    """A return rate: the other way round."""
    assert levels({"rate": value}, mistake("a", "rate", watch=0.3, act=0.1, better="higher")) == [("a", level)]


def test_worst_first_unmeasured_last() -> None:
    """Ranked by how far beyond the acting threshold, in steps from watch to act; what nobody measured follows, by name."""
    found = diagnose(
        {"x": 0.7, "y": 0.02, "z": 0.1, "n": None},
        small(
            mistake("mild", "x"), mistake("unmeasured", "n"), mistake("bad", "y", watch=0.3, act=0.1, better="higher"), mistake("fine", "z"),
            mistake("asked", None), mistake("absent", "nowhere"),
        ),
    )  # fmt: skip
    assert [(d.mistake.id, d.level) for d in found] == [
        ("mild", "act"), ("bad", "act"), ("fine", "fine"), ("absent", "unmeasured"), ("asked", "asked"), ("unmeasured", "unmeasured"),
    ]  # fmt: skip
    assert [round(d.distance, 6) for d in found[:3]] == [0.5, 0.4, -2.5]


def test_a_number_that_is_none_is_unmeasured() -> None:
    """What could not be computed is not called fine."""
    assert levels({"gap": math.nan}, mistake("a", "gap")) == [("a", "unmeasured")]


def test_watch_and_act_may_be_one() -> None:
    """With one threshold for both, the distance is counted as it is."""
    (found,) = diagnose({"gap": 0.75}, small(mistake("a", "gap", watch=0.5, act=0.5)))
    assert (found.level, found.distance) == ("act", 0.25)


def test_every_mistake_of_the_playbook_is_answered(book: Playbook) -> None:
    """Without any number every mistake is either to be asked or not measured yet, none fine."""
    found = diagnose({}, book)
    assert {d.mistake.id for d in found} == set(book.mistakes)
    assert {d.level for d in found} <= {"asked", "unmeasured"}
