"""What to choose from: money first where there is some, mistakes where not, and a beginning where there is neither."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers import playbook
from helpers.language import language
from helpers.session import Commitment, Session
from helpers.session.choices import BEGIN, choices, commitment, money_words, running
from helpers.session.promises import missing

BOOK = playbook.load()
EN = language("en")


def row(
    play: str, value: float, *, cost: float | None = 0.0, basis: str = "playbook prior", segment: str = "lapsed"
) -> dict[str, Any]:
    """One proposal of a plan."""
    margin = {"value": value, "low": value / 2, "high": value * 2, "n": 100}
    return {
        "play": play,
        "segment": segment,
        "margin": margin,
        "cost": cost,
        "basis": basis,
        "treated": 80,
        "holdout": 20,
        "window_days": 90,
    }


class TestPaying:
    """Plays of the plan."""

    def test_margin_less_cost_over_all_segments(self) -> None:
        """Two segments of one play are one choice, with both audiences."""
        plan = [row("win-back", 1000, cost=100), row("win-back", 500, cost=50, segment="lost")]
        (found,) = choices({"plan": plan}, Session(), BOOK).paying
        assert found.money == (1350, 600, 2850)
        assert (found.treated, found.holdout, found.days) == (160, 40, 90)

    def test_per_effort_and_by_half_when_only_assumed(self) -> None:
        """What was measured counts in full, what is assumed by half; much effort takes much money to be first."""
        light = next(p.id for p in BOOK.plays.values() if p.effort == 1)
        heavy = next(p.id for p in BOOK.plays.values() if p.effort == 3)
        ranks = {
            c.play: c.rank
            for c in choices({"plan": [row(light, 300), row(heavy, 300, basis="own campaign")]}, Session(), BOOK).paying
        }
        assert ranks == {light: 150, heavy: 100}

    def test_what_costs_more_than_it_brings_is_not_offered(self) -> None:
        """A play that does not pay for itself is no choice; one without stated costs is taken at its margin."""
        found = choices(
            {"plan": [row("win-back", 100, cost=100), row("upsell", 50, cost=None)]}, Session(), BOOK
        ).paying
        assert [choice.play for choice in found] == ["upsell"]

    def test_words(self) -> None:
        """Range, days, and who is left out to compare."""
        (found,) = choices({"plan": [row("win-back", 1000)]}, Session(), BOOK).paying
        words = money_words(found, EN, lambda amount: f"{amount:.0f}đ")
        assert words.startswith(
            "May bring 1000đ of margin after its cost within 90 days (between 500đ and 2000đ): 80 customers contacted, 20 left"
        )


class TestCuring:
    """Plays against mistakes."""

    def test_by_the_interview_when_there_is_no_run(self) -> None:
        """The lowest answers come first, and it is said that nothing else is known."""
        worst, mild = BOOK.mistakes["forgotten"], BOOK.mistakes["bare-no"]
        session = Session().score(worst.questions[0].id, 0).score(mild.questions[0].id, 1)
        found = choices(None, session, BOOK)
        assert found.basis == "interview"
        assert found.paying == ()
        assert {choice.confidence for choice in found.curing} == {"said"}
        assert {choice.play for choice in found.curing} == {*worst.plays, *mild.plays}
        only_mild = next(choice for choice in found.curing if choice.mistakes == ("bare-no",))
        assert all(
            c.rank >= only_mild.rank for c in found.curing if "forgotten" in c.mistakes and c.effort <= only_mild.effort
        )

    def test_a_good_answer_asks_for_nothing(self) -> None:
        """From the middle sentence on a mistake is not one."""
        session = Session().score(BOOK.mistakes["forgotten"].questions[0].id, 2)
        assert choices(None, session, BOOK).basis == "nothing"

    def test_data_and_answers_add_up(self) -> None:
        """A mistake both point to weighs more than one the data alone point to."""
        numbers = {"presence": {"untouched": {"value": 0.9}}}
        alone = choices(numbers, Session(), BOOK).curing
        both = choices(numbers, Session().score(BOOK.mistakes["forgotten"].questions[0].id, 0), BOOK).curing
        assert {c.confidence for c in alone} == {"found"}
        assert {c.play: c.rank for c in both} == {c.play: 2 * c.rank for c in alone}

    def test_a_beginning_for_a_business_without_anything(self) -> None:
        """Neither run nor answers: know who the customers are."""
        found = choices(None, Session(), BOOK)
        assert (found.basis, [choice.play for choice in found.curing]) == ("nothing", [BEGIN])

    def test_no_play_stands_in_both_lists(self, example_metrics: Path) -> None:
        """On the example: money first, each play once, each with its first step."""
        numbers = json.loads(example_metrics.read_text("utf-8"))
        found = choices(numbers, Session(), BOOK)
        names = [choice.play for choice in (*found.paying, *found.curing)]
        assert found.paying
        assert found.curing
        assert len(names) == len(set(names))
        assert [c.rank for c in found.paying] == sorted((c.rank for c in found.paying), reverse=True)


class TestPromises:
    """Made one's own."""

    @pytest.mark.parametrize("name", sorted(BOOK.plays))
    def test_every_play_can_be_promised(self, name: str) -> None:
        """Its words and first step fit into a promise, in both languages."""
        for code in ("vi", "en"):
            made = commitment(name, BOOK, language(code), made=date(2026, 7, 1))
            assert (made.play, made.what) == (name, BOOK.plays[name].title[code])
            assert made.first_step == BOOK.plays[name].first_step[code]

    def test_what_it_lacks(self) -> None:
        """A name, a day, a first step; then nothing – unless the day is further off than thirty days."""
        promise = Commitment(what="x", made=date(2026, 7, 1))
        assert missing(promise, EN) == "Still lacks: a name, a day, a first step."
        whole = {"owner": "Lan", "first_step": "call"}
        assert missing(promise.model_copy(update={**whole, "due": date(2026, 7, 31)}), EN) == ""
        assert "30 days" in missing(promise.model_copy(update={**whole, "due": date(2026, 8, 1)}), EN)
        assert missing(promise.model_copy(update={"status": "dropped"}), EN) == ""

    def test_only_open_ones_count(self) -> None:
        """Three at a time: what is done makes room."""
        session = Session().commit(
            Commitment(what="a"), Commitment(what="b", status="kept"), Commitment(what="c", status="dropped")
        )
        assert running(session) == 1
