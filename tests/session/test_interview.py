"""The interview: in order, with progress, and with the data beside the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers import playbook
from helpers.language import language
from helpers.session import Session, touched
from helpers.session.evidence import Evidence, evidence
from helpers.session.interview import disagreement, order, progress, score_of, skip
from helpers.session.words import entry

BOOK = playbook.load()
EN, VI = language("en"), language("vi")
MISTAKES = order(BOOK)


class TestProgress:
    """How far it has come."""

    def test_as_the_ideas_follow_each_other(self) -> None:
        """Every mistake once, the first idea first."""
        rows = [mistake.rows[0] for mistake in MISTAKES]
        assert rows == sorted(rows)
        assert {mistake.id for mistake in MISTAKES} == set(BOOK.mistakes)
        assert MISTAKES[0].id == "never-measured"

    def test_answered_later_and_open(self) -> None:
        """One answer of a mistake is enough; one that was skipped is not answered, and neither is a note alone."""
        first, second, third = MISTAKES[:3]
        session = skip(Session().score(first.questions[1].id, 0), second).note(third.questions[0].id, "hm")
        found = progress(session, BOOK)
        assert [found.standing[m.id] for m in MISTAKES[:4]] == ["answered", "later", "later", "open"]
        assert (found.answered, found.total) == (1, len(MISTAKES))

    def test_skipping_keeps_an_answer(self) -> None:
        """Going past an answered question takes nothing back."""
        session = Session().score(MISTAKES[0].questions[0].id, 3)
        assert skip(session, MISTAKES[0]) == session

    def test_the_next_without_an_answer(self) -> None:
        """On from here, then from the beginning; nothing when all are answered."""
        names = [mistake.id for mistake in MISTAKES]
        session = Session().score(MISTAKES[1].questions[0].id, 2)
        assert progress(session, BOOK).after(names[0]) == names[2]
        assert progress(session, BOOK).after(names[-1]) == names[0]
        assert progress(session, BOOK).after("") == names[0]
        for mistake in MISTAKES:
            session = session.score(mistake.questions[0].id, 2)
        assert progress(session, BOOK).after(names[3]) is None


def fact(level: str, best: str | None = None, worst: str | None = None) -> Evidence:
    """Evidence that reads so."""
    return Evidence("…", level, best or level, worst or level)  # type: ignore[arg-type]


class TestDisagreement:
    """Where answer and data differ."""

    @pytest.mark.parametrize(
        ("score", "found", "said"),
        [
            (4.0, fact("act"), "worse"),
            (3.0, fact("act", best="watch"), "worse"),
            (3.0, fact("act", best="fine"), None),  # the interval reaches into what the owner says
            (2.9, fact("act"), None),
            (4.0, fact("watch"), None),
            (0.0, fact("fine"), "better"),
            (1.0, fact("fine", worst="watch"), "better"),
            (1.0, fact("fine", worst="act"), None),
            (1.1, fact("fine"), None),
            (0.0, fact("act"), None),
            (4.0, fact("fine"), None),
            (None, fact("act"), None),
            (4.0, None, None),
        ],
    )
    def test_only_a_contradiction_is_one(self, score: float | None, found: Evidence | None, said: str | None) -> None:
        """A sure answer against data that say the opposite, and only when chance does not explain it."""
        assert disagreement(score, found) == said

    def test_the_score_is_a_mean_of_what_is_answered(self) -> None:
        """Skipped questions do not count as nought."""
        one, two, three = (question.id for question in MISTAKES[0].questions[:3])
        assert score_of(Session().score(one, 4).score(two, 1).score(three, None), MISTAKES[0]) == 2.5
        assert score_of(Session(), MISTAKES[0]) is None


def rate(value: float, low: float, high: float, n: int) -> dict[str, Any]:
    """As metrics.json writes one."""
    return {"value": value, "low": low, "high": high, "n": n, "k": round(value * n)}


NUMBERS: dict[str, Any] = {
    "repeat_rate": {"90": rate(0.12, 0.08, 0.17, 200)},
    "return_curve": {"days": [0, 50, 130], "returned": [0, 0.4, 0.6], "low": [0, 0.3, 0.5], "high": [0, 0.5, 0.7], "n": 90},
    "on_time": [{"group": "A", "rate": rate(0.97, 0.95, 0.99, 300)}, {"group": "B", "rate": rate(0.8, 0.7, 0.9, 60)}],
    "complaints": {"complaints": 40, "median_first_reply_hours": 5.5, "recovered": rate(0.55, 0.4, 0.7, 40), "alternative": {"have": 2, "need": 10}},
    "presence": {"untouched": rate(0.7, 0.65, 0.75, 400), "quiet_days": 90, "sell_to_care": 8.0, "sells": 80, "cares": 10},
    "spending": {"acquisition": 90.0, "retention": 10.0, "months": 12},
    "anonymous_revenue_share": 0.4,
    "segments": [{"segment": "regular", "customers": 45}, {"segment": "declining_call", "customers": 5}],
}  # fmt: skip


class TestEvidence:
    """What the data say about one mistake."""

    @pytest.mark.parametrize(
        ("mistake", "said", "reads"),
        [
            (
                "never-measured",
                "Of 200 first-time buyers 12% came back within 90 days (8%–17%).",
                ("act", "watch", "act"),
            ),
            (
                "abandoned-after-buying",
                "Of 90 new customers followed, 40% were back within 100 days (30%–50%).",
                ("fine", "fine", "watch"),
            ),
            ("inconsistent-experience", "On time: 80% of 60 deliveries (70%–90%) – B.", ("act", "watch", "act")),
            (
                "complaints-unheard",
                "Of 40 customers who complained 55% bought again within 90 days (40%–70%).",
                ("fine", "fine", "watch"),
            ),
            ("slow-answers", "Of 40 complaints half had a first answer within 5.5 hours.", ("watch", "watch", "watch")),
            (
                "forgotten",
                "Of 400 active customers 70% have heard nothing for 90 days (65%–75%).",
                ("act", "act", "act"),
            ),
            (
                "nothing-after-sale",
                "For each message that cares there are 8.0 that sell (80 against 10).",
                ("act", "act", "act"),
            ),
            (
                "hunting-only",
                "Of the marketing money of 12 months 10% went to existing customers.",
                ("watch", "watch", "watch"),
            ),
            ("unknown-customers", "60% of revenue comes with a known customer.", ("watch", "watch", "watch")),
            ("decline-unseen", "Of 50 regulars 10% spend less than half of before.", ("watch", "watch", "watch")),
        ],
    )
    def test_one_sentence_with_n_and_interval(self, mistake: str, said: str, reads: tuple[str, str, str]) -> None:
        """Read off metrics.json, and held against the marks of the playbook: the value, the kind end, the unkind end."""
        found = evidence(BOOK.mistakes[mistake], NUMBERS, EN)
        assert found is not None
        assert found.sentence == said
        assert (found.level, found.best, found.worst) == reads

    @pytest.mark.parametrize("mistake", ["bare-no", "no-shared-values"])
    def test_nothing_where_nothing_is_recorded(self, mistake: str) -> None:
        """Too few, or nothing any number could settle: no sentence."""
        assert evidence(BOOK.mistakes[mistake], NUMBERS, EN) is None

    def test_nothing_before_the_first_run(self) -> None:
        """Without a run there is no evidence for any mistake, and an empty run makes none up."""
        assert {evidence(mistake, None, EN) for mistake in MISTAKES} == {None}
        assert {evidence(mistake, {"repeat_rate": None, "complaints": {"have": 0}}, EN) for mistake in MISTAKES} == {
            None
        }

    def test_every_measured_mistake_of_the_example_has_a_sentence(self, example_metrics: Path) -> None:
        """In both languages, with the example's own numbers."""
        numbers = json.loads(example_metrics.read_text("utf-8"))
        measured = [mistake for mistake in MISTAKES if mistake.thresholds]
        for say in (EN, VI):
            assert all(evidence(mistake, numbers, say) for mistake in measured)


def test_entries_have_names() -> None:
    """A conflict is told in the words of the page, never in those of the file."""
    question = MISTAKES[0].questions[0]
    session = Session().guess("keep_of_ten", 1).reveal("keep_of_ten").answer(question.id, 1, "x").suppose("repeat", 3)
    named = [entry(name, BOOK, EN) for name in sorted(touched(Session(), session))]
    assert named == [
        f"the note to “{question.ask['en']}”",
        f"the answer to “{question.ask['en']}”",
        "the guess “Of every 10 you spend on marketing, how many go to the customers you already have?”",
        "the guess “Of every 10 you spend on marketing, how many go to the customers you already have?”",
        "the slider “What if more first-time buyers came back within 90 days?”",
    ]
    assert entry("commitments", BOOK, EN) == "the promises"
    assert entry("answers.gone.score", BOOK, EN) == "the answer to “gone”"
