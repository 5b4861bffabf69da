"""What was said in the session beside the data: nothing invented where nothing was said, and no markup, no telephone numbers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers import resources
from helpers import session as sessions
from helpers.language import Language
from helpers.playbook import load
from helpers.proof.promises import promises
from helpers.report.findings import said
from helpers.report.findings.said import Beside
from helpers.report.pieces import Compare, Details, Figure, Finding, Missing, TableView
from helpers.session import Answer, Commitment, Session

NUMBERS: dict[str, Any] = {
    "repeat_rate": {"90": {"value": 0.3, "low": 0.25, "high": 0.36, "n": 400}},
    "on_time": [{"group": "–", "rate": {"value": 0.4, "low": 0.35, "high": 0.45, "n": 300}}],
    "anonymous_revenue_share": 0.41,
}
HOSTILE = "<script>alert('x')</script> 🎉 & “Mây”"


@pytest.fixture(params=["vi", "en"])
def run(request: pytest.FixtureRequest) -> Any:
    """As much of a run as words need."""
    return SimpleNamespace(say=Language(request.param), as_of=date(2026, 6, 30))


def found(**said_so: Any) -> Beside:
    """A session beside the numbers."""
    return Beside(Session(**said_so), NUMBERS, load())


def test_without_a_session_every_piece_says_what_to_do(run: Any) -> None:
    """No empty chart and no zero: the way to the session, or nothing at all."""
    nothing = found()
    assert isinstance(said.guesses(nothing.session, NUMBERS, run.say), Missing)
    (only,) = said.marks(nothing, run)
    assert isinstance(only, Missing)
    assert isinstance(said.promises((), run)[0], Missing)
    assert said.marks_details(nothing, run) is None
    assert said.record(nothing) == {"guesses": {}, "scores": {}}


def test_guesses_stand_beside_what_the_data_say() -> None:
    """Guess, fact and gap in words; a question the data cannot answer says so."""
    piece = said.guesses(Session(guesses={"repeat_of_ten": 6, "still_of_ten": 2}), NUMBERS, Language("en"))
    assert isinstance(piece, Compare)
    (first, second) = piece.items
    assert first[1:3] == ("6 of 10", "3.0 of 10")
    assert first[3] == "The data show 3.0 of 10 fewer than you thought."
    assert second[2:] == ("not measured yet", "")


def test_the_scorecard_shows_only_what_was_asked(run: Any) -> None:
    """Weakest first; each mark is the mean of the answers given, and says what the data say."""
    book = load()
    beside = found(
        answers={
            "promise-kept": Answer(score=4), "standard-written": Answer(score=2), "thanks-after-purchase": Answer(score=1),
            "lost-list": Answer(score=None),
        }
    )  # fmt: skip
    assert [(m.id, s) for m, s in beside.asked] == [("nothing-after-sale", 1.0), ("inconsistent-experience", 3.0)]
    figure, _ = said.marks(beside, run)
    assert isinstance(figure, Figure)
    assert book.mistakes["nothing-after-sale"].title[run.say.code] in figure.plain()
    assert book.mistakes["lost-unlearned"].title[run.say.code] not in figure.plain()
    assert said.record(beside)["scores"] == {"nothing-after-sale": 1.0, "inconsistent-experience": 3.0}


def test_where_answer_and_data_disagree_both_stand_there(run: Any) -> None:
    """Punctual by the answers, late by the deliveries: the row has both, with n and range."""
    beside = found(answers={"promise-kept": Answer(score=4), "standard-written": Answer(score=3)})
    _, table = said.marks(beside, run)
    assert isinstance(table, TableView)
    ((habit, mark, data),) = table.rows
    assert habit == load().mistakes["inconsistent-experience"].title[run.say.code]
    assert "300" in data
    assert mark
    _, agreed = said.marks(found(answers={"promise-kept": Answer(score=1)}), run)
    assert isinstance(agreed, Finding)


def test_notes_come_back_without_markup_and_numbers(run: Any) -> None:
    """The owner's words are text, whatever is in them; a telephone number or an e-mail address is blotted out."""
    note = f"{HOSTILE}\nLan: 0912 000 001, lan@example.com, 24/06/2026, 120.000"
    beside = found(answers={"promise-kept": Answer(score=1, note=note), "gone-question": Answer(note="x")})
    words = said.marks_details(beside, run)
    assert isinstance(words, Details)
    assert len(words.facts) == 1
    html = words.html()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "🎉" in html
    assert "0912" not in html
    assert "lan@" not in html
    assert "120.000" in html


def test_promises_are_told_with_what_became_of_them(run: Any) -> None:
    """One finding with the day of the data, one row per promise; markup in a promise stays text."""
    made = (
        Commitment(what=HOSTILE, owner="Tú", due=date(2026, 6, 20)),
        Commitment(what="Gọi 0912000001", owner="Lan", due=date(2026, 7, 20), status="kept"),
    )
    finding, table = said.promises(promises(Session(commitments=made), None, as_of=run.as_of), run)
    assert isinstance(finding, Finding)
    assert run.say.date(run.as_of) in finding.plain()
    assert finding.headline == run.say.plural(
        "Of {n} promise {done} is done", "Of {n} promises {done} are done", 2, done=1
    )
    assert isinstance(table, TableView)
    assert [row[3] for row in table.rows] == [run.say.text("overdue"), run.say.text("done")]
    assert "0912000001" not in table.plain()
    html = table.html()
    assert "<script>" not in html


def test_the_examples_answers_are_questions_of_the_playbook() -> None:
    """The session that travels with the example can be loaded, and every answer and promise in it means something."""
    book, example = load(), sessions.load(resources.example("cafe"))
    known = {q.id for mistake in book.mistakes.values() for q in mistake.questions}
    assert set(example.answers) <= known
    assert set(example.guesses) == set(sessions.QUESTIONS)
    assert {c.play for c in example.commitments} <= set(book.plays)
    assert {c.status for c in example.commitments} == {"kept", "open"}


def test_the_run_finds_the_session_in_the_clients_folder(tmp_path: Path) -> None:
    """What this notebook measured, what it was given and what was said come together."""
    sessions.save(tmp_path, Session().guess("repeat_of_ten", 6))
    run = SimpleNamespace(client=tmp_path, facts={"overview": {"anonymous_revenue_share": 0.4}}, recorded=NUMBERS)
    beside = said.beside(run, return_curve=None)  # type: ignore[arg-type]
    assert beside.session.guesses == {"repeat_of_ten": 6}
    assert beside.numbers["repeat_rate"]["90"]["n"] == 400
    assert said.record(beside)["guesses"]["repeat_of_ten"]["guess"] == 6
