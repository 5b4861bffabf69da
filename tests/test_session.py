"""The guided session: saved at once, never lost, never silently overwritten."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from helpers import files, playbook
from helpers.errors import InputError
from helpers.language import language
from helpers.session import (
    KEPT,
    Answer,
    Changed,
    Commitment,
    Fact,
    Session,
    facts,
    gap,
    load,
    restore,
    save,
    scores,
    touched,
)

EN = language("en")


class TestGuesses:
    """Guess first, then look."""

    def test_a_guess_is_locked_once_the_answer_is_out(self) -> None:
        """A guess may change until the answer is shown, and not afterwards; other guesses still may."""
        session = Session().guess("repeat_of_ten", 5).guess("repeat_of_ten", 3).reveal("repeat_of_ten")
        assert session.guesses == {"repeat_of_ten": 3}
        with pytest.raises(InputError, match="cannot be changed afterwards"):
            session.guess("repeat_of_ten", 4)
        assert session.guess("still_of_ten", 2).guesses["still_of_ten"] == 2

    def test_no_looking_before_guessing(self) -> None:
        """Without a guess nothing is revealed."""
        with pytest.raises(InputError, match="Guess first"):
            Session().reveal("repeat_of_ten")

    def test_revealing_twice_is_once(self) -> None:
        """Showing the answer again changes nothing."""
        once = Session().guess("still_of_ten", 0).reveal("still_of_ten")
        assert once.reveal("still_of_ten") == once

    @pytest.mark.parametrize(("question", "tenths"), [("repeat_of_ten", 11), ("repeat_of_ten", -1), ("oops", 3)])
    def test_impossible_guesses(self, question: str, tenths: int) -> None:
        """A guess is a number from 0 to 10 about a question that exists."""
        with pytest.raises(ValueError, match="no guess"):
            Session().guess(question, tenths)

    def test_changes_make_new_sessions(self) -> None:
        """The session at hand is never changed under somebody's feet."""
        session = Session()
        session.guess("repeat_of_ten", 3)
        assert session == Session()


class TestSave:
    """On disk."""

    def test_what_was_said_comes_back(self, tmp_path: Path) -> None:
        """Guesses, answers with Vietnamese notes and promises with dates survive, for the owner's eyes only."""
        said = (
            Session()
            .guess("repeat_of_ten", 4)
            .reveal("repeat_of_ten")
            .answer("s02-1", 2, "Có: “hỏi thăm” #1\ndòng hai")
        )
        said = said.commit(
            Commitment(what="Gọi 10 khách", owner="chị Lan", due=date(2026, 7, 6)), Commitment(what="x", status="kept")
        )
        saved = save(tmp_path, said)
        assert saved.version == 1
        assert load(tmp_path) == saved == said.model_copy(update={"version": 1})
        assert (tmp_path / "session.yml").stat().st_mode & 0o777 == 0o600
        assert "hỏi thăm" in (tmp_path / "session.yml").read_text(encoding="utf-8")

    def test_nothing_said_yet(self, tmp_path: Path) -> None:
        """Without a file there is an empty session, and reading makes no file."""
        assert load(tmp_path) == Session()
        assert list(tmp_path.iterdir()) == []

    def test_every_version_is_kept(self, tmp_path: Path) -> None:
        """The versions before stand in the history, the oldest beyond fifty are dropped."""
        session = Session()
        for i in range(KEPT + 5):
            session = save(tmp_path, session.answer("q", i % 5))
        kept = sorted(p.name for p in (tmp_path / "session-history").iterdir())
        assert len(kept) == KEPT
        assert kept[-1] == f"{KEPT + 4:06d}.yml"
        assert all(p.stat().st_mode & 0o777 == 0o600 for p in (tmp_path / "session-history").iterdir())

    def test_two_tabs(self, tmp_path: Path) -> None:
        """The tab that did not see the other's save is refused, and nothing of the other's is lost."""
        save(tmp_path, Session().guess("repeat_of_ten", 1))
        first, second = load(tmp_path), load(tmp_path)
        save(tmp_path, first.guess("repeat_of_ten", 2))
        with pytest.raises(InputError, match="another window"):
            save(tmp_path, second.guess("repeat_of_ten", 9))
        assert load(tmp_path).guesses == {"repeat_of_ten": 2}

    def test_a_crash_leaves_the_version_before(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """When the disk is full the file on disk is the last good one."""
        before = save(tmp_path, Session().guess("repeat_of_ten", 1))
        monkeypatch.setattr(files.os, "fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            save(tmp_path, before.guess("repeat_of_ten", 2))
        assert load(tmp_path) == before

    def test_an_old_version_put_back(self, tmp_path: Path) -> None:
        """After somebody puts version 1 back by hand the history goes on instead of being overwritten."""
        session = save(tmp_path, Session().answer("q", 1))
        for score in (2, 3, 4):
            session = save(tmp_path, session.answer("q", score))
        history = {p.name: p.read_bytes() for p in (tmp_path / "session-history").iterdir()}
        (tmp_path / "session.yml").write_bytes(history["000001.yml"])
        again = save(tmp_path, load(tmp_path).answer("q", 0))
        save(tmp_path, again.answer("q", 1))
        for name, content in history.items():
            assert (tmp_path / "session-history" / name).read_bytes() == content


DAMAGED = """version: 3
guesses:
  repeat_of_ten: 4
answers:
  s01-1:
    score: 2
    note: ''
  s01-2:
    score: 9
    note: ''
commitments:
- what: one
  owner: ''
- what: two
  status: maybe
"""


OLD = """schema_version: 1
version: 7
guesses: {repeat_of_ten: 4}
revealed: [repeat_of_ten]
answers:
  measured-return: {score: 2, note: khi rảnh}
commitments:
- {what: Gọi 10 khách, owner: chị Lan, due: 2026-07-06, status: open}
"""


class TestOlderFiles:
    """What was said with an earlier version of the program."""

    def test_a_file_of_version_1_opens_and_is_saved_as_version_2(self, tmp_path: Path) -> None:
        """Nothing said is lost; the old file stands in the history as it was."""
        (tmp_path / "session.yml").write_text(OLD, encoding="utf-8")
        session = load(tmp_path)
        assert session.commitments == (Commitment(what="Gọi 10 khách", owner="chị Lan", due=date(2026, 7, 6)),)
        assert session.answers["measured-return"] == Answer(score=2, note="khi rảnh")
        save(tmp_path, session.amend(0, first_step="Mở danh sách"))
        assert "schema_version: 2" in (tmp_path / "session.yml").read_text(encoding="utf-8")
        assert load(tmp_path).commitments[0].first_step == "Mở danh sách"
        assert (tmp_path / "session-history" / "000007.yml").read_text(encoding="utf-8") == OLD

    def test_a_file_of_a_later_version_is_left_alone(self, tmp_path: Path) -> None:
        """What a newer program wrote is not read by halves."""
        (tmp_path / "session.yml").write_text("schema_version: 3\nversion: 1\n", encoding="utf-8")
        with pytest.raises(InputError, match="line 1: “schema_version”"):
            load(tmp_path)


class TestWords:
    """Whatever is typed into a note can be saved."""

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("🎂 sinh nhật <b>vàng</b> & “thân”", "🎂 sinh nhật <b>vàng</b> & “thân”"),
            ("một\thai\nba", "một\thai\nba"),
            ("hỏng\ud83d\x00\x1b[0m", "hỏng[0m"),
            ("Ho\u0301a", "Hóa"),
            ("null", "null"),
            ("- a: [b", "- a: [b"),
        ],
    )
    def test_emoji_markup_and_rubbish(self, tmp_path: Path, typed: str, kept: str) -> None:
        """Emoji, HTML and what looks like YAML come back as typed; halves of characters and control characters are left out."""
        save(tmp_path, Session().note("q", typed).promise(Commitment(what="x" + typed)))
        assert load(tmp_path).answers["q"].note == kept
        assert load(tmp_path).commitments[0].what == "x" + kept

    def test_a_note_longer_than_a_page_is_refused(self) -> None:
        """Two thousand characters are enough, and the fault says so."""
        with pytest.raises(ValidationError, match="2000"):
            Session().note("q", "x" * 2001)


class TestTwoWindows:
    """Who touched what."""

    BASE = Session().guess("repeat_of_ten", 5).answer("q", 1, "a").promise(Commitment(what="x"))

    @pytest.mark.parametrize(
        ("after", "named"),
        [
            (BASE, set()),
            (BASE.model_copy(update={"version": 9}), set()),
            (BASE.guess("repeat_of_ten", 6), {"guesses.repeat_of_ten"}),
            (BASE.reveal("repeat_of_ten"), {"revealed.repeat_of_ten"}),
            (BASE.score("q", 2), {"answers.q.score"}),
            (BASE.note("q", "b"), {"answers.q.note"}),
            (BASE.score("p", None), {"answers.p.score"}),
            (BASE.unanswer("q"), {"answers.q.score", "answers.q.note"}),
            (BASE.amend(0, owner="Lan"), {"commitments"}),
            (BASE.withdraw(0), {"commitments"}),
        ],
    )
    def test_what_a_change_touches(self, after: Session, named: set[str]) -> None:
        """Each change names its entries and no others, so that two windows meet only where they say different things."""
        assert touched(self.BASE, after) == named

    def test_a_promise_taken_back_elsewhere(self) -> None:
        """Amending what is not there any more is refused with a sentence."""
        with pytest.raises(InputError, match="not there any more"):
            Session().amend(0, owner="Lan")

    def test_the_refusal_can_be_told_from_other_faults(self, tmp_path: Path) -> None:
        """A page can offer to go on from the other window's version."""
        save(tmp_path, Session())
        with pytest.raises(Changed):
            save(tmp_path, Session())


class TestRestore:
    """Going on after a file was damaged."""

    def test_from_the_history(self, tmp_path: Path) -> None:
        """The last readable version is taken, the damaged file is put aside as it is, and the history goes on."""
        session = save(tmp_path, Session().guess("repeat_of_ten", 1))
        save(tmp_path, session.guess("repeat_of_ten", 2))
        (tmp_path / ".session-last.yml").unlink()  # as in a folder that an earlier version has written
        (tmp_path / "session.yml").write_text("version: [", encoding="utf-8")
        again = restore(tmp_path)
        assert again.guesses == {"repeat_of_ten": 1}
        assert load(tmp_path) == again
        assert again.version > 2
        assert (tmp_path / "session-history" / "damaged-1.yml").read_text(encoding="utf-8") == "version: ["
        assert save(tmp_path, again.guess("repeat_of_ten", 3)).version == again.version + 1

    @pytest.mark.parametrize("left", [0, 1, 40, 200])
    def test_not_even_the_last_answer_is_lost(self, tmp_path: Path, left: int) -> None:
        """A disk that cuts the file off at any length: it is refused, and the copy of the last version brings everything back."""
        session = save(tmp_path, Session().guess("repeat_of_ten", 1).note("q", "x" * 200))
        last = save(tmp_path, session.guess("repeat_of_ten", 2))
        path = tmp_path / "session.yml"
        path.write_bytes(path.read_bytes()[:left])
        with pytest.raises(InputError, match="session-history"):
            load(tmp_path)
        again = restore(tmp_path)
        assert (again.guesses, again.answers) == (last.guesses, last.answers)

    def test_from_the_page_that_was_open(self, tmp_path: Path) -> None:
        """What the page knows is newer than the history; a window with an older state still cannot overwrite it."""
        first = save(tmp_path, Session().guess("repeat_of_ten", 1))
        second = save(tmp_path, first.guess("repeat_of_ten", 2))
        (tmp_path / "session.yml").write_text("oops", encoding="utf-8")
        assert restore(tmp_path, second).guesses == {"repeat_of_ten": 2}
        for old in (first, second):
            with pytest.raises(Changed):
                save(tmp_path, old)

    def test_nothing_readable_at_all(self, tmp_path: Path) -> None:
        """The session begins anew, and every damaged file is kept beside it under a name of its own."""
        for number in (1, 2):
            (tmp_path / "session.yml").write_text(f"damaged {number}", encoding="utf-8")
            assert restore(tmp_path).guesses == {}
            aside = tmp_path / "session-history" / f"damaged-{number}.yml"
            assert aside.read_text(encoding="utf-8") == f"damaged {number}"

    def test_a_file_in_order_is_left_alone(self, tmp_path: Path) -> None:
        """Pressing the button twice, or in two windows, restores once."""
        saved = save(tmp_path, Session().guess("repeat_of_ten", 1))
        assert restore(tmp_path) == saved


class TestDamaged:
    """A file somebody has edited by hand."""

    @pytest.mark.parametrize(
        ("text", "line", "where"),
        [
            (DAMAGED, 9, "“answers.s01-2.score”"),
            (DAMAGED.replace("score: 9", "score: 3"), 15, "“commitments.1.status”"),
            (
                DAMAGED.replace("score: 9", "score: 3").replace("maybe", "kept").replace("one", "''"),
                12,
                "“commitments.0.what”",
            ),
            (DAMAGED.replace("repeat_of_ten: 4", "repeat_of_ten: 40"), 3, "“guesses.repeat_of_ten”"),
            ("version: 1\noops: 2\n", 2, "“oops”"),
            ("version: 1\nguesses: [\n", 3, "not valid YAML"),
            ("version: 1\n\tguesses: x\n", 2, "not valid YAML"),
            ("- a\n", 1, "“session.yml”"),
        ],
    )
    def test_the_line_is_named_and_the_file_left_alone(self, tmp_path: Path, text: str, line: int, where: str) -> None:
        """The sentence gives line and entry and points to the history; nothing is written, not even by a save."""
        path = tmp_path / "session.yml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as fault:
            load(tmp_path)
        assert str(fault.value).startswith(f"session.yml, line {line}: ")
        assert where in str(fault.value)
        assert "session-history" in str(fault.value)
        with pytest.raises(InputError):
            save(tmp_path, Session(version=3))
        assert path.read_text(encoding="utf-8") == text

    def test_not_utf8(self, tmp_path: Path) -> None:
        """A file saved in an old Windows code page is pointed at by its line."""
        (tmp_path / "session.yml").write_bytes(b"version: 1\nguesses: {}\nanswers: {q: {note: '\xea'}}\n")
        with pytest.raises(InputError, match="line 3"):
            load(tmp_path)


class TestAnswers:
    """Anchored answers and promises."""

    @pytest.mark.parametrize("score", [-1, 5])
    def test_scores_are_anchored(self, score: int) -> None:
        """An answer is 0, 1, 2, 3 or 4, or not given."""
        with pytest.raises(ValidationError):
            Session().answer("q", score)

    def test_an_empty_promise_is_none(self) -> None:
        """A commitment says what."""
        with pytest.raises(ValidationError):
            Commitment(what="")

    def test_scores_of_a_mistake(self) -> None:
        """A mistake's score is the mean of its answered questions; unanswered ones do not count as nought."""
        book = playbook.load()
        mistake = next(iter(book.mistakes.values()))
        one, two, three = (question.id for question in mistake.questions[:3])
        session = Session(
            answers={
                one: Answer(score=1),
                two: Answer(score=4),
                three: Answer(score=None, note="?"),
                "gone": Answer(score=4),
            }
        )
        found = scores(session, book)
        assert found[mistake.id] == 2.5
        assert set(found) == set(book.mistakes)
        assert all(value is None for name, value in found.items() if name != mistake.id)


class TestFacts:
    """Guess against data."""

    def test_what_the_last_run_knows(self) -> None:
        """Both answers from metrics.json; a question the data could not answer is absent."""
        rate = {"value": 0.3, "low": 0.25, "high": 0.35, "n": 400, "k": 120}
        numbers = {"repeat_rate": {"90": rate}, "six_months_ago": {"still": {"have": 3, "need": 10}}}
        assert facts(numbers) == {"repeat_of_ten": Fact(0.3, 0.25, 0.35, 400)}
        assert set(facts({**numbers, "six_months_ago": {"still": rate}})) == {"repeat_of_ten", "still_of_ten"}

    def test_where_the_marketing_money_goes(self) -> None:
        """Read off the books: 3 of 12 spent on existing customers is 2.5 of 10, without a range, over so many months."""
        books = {"acquisition": 9.0, "retention": 3.0, "months": 12}
        assert facts({"spending": books}) == {"keep_of_ten": Fact(0.25, 0.25, 0.25, 12)}
        assert facts({"spending": {"acquisition": 0.0, "retention": 0.0, "months": 2}}) == {}
        assert facts({"spending": {"have": 0, "need": 1, "what": "months"}}) == {}

    @pytest.mark.parametrize("numbers", [None, {}, {"repeat_rate": None}, {"repeat_rate": {"90": {"have": 1}}}])
    def test_no_run_yet(self, numbers: dict[str, object] | None) -> None:
        """Before a run, or with too few customers, there are no facts."""
        assert facts(numbers) == {}

    @pytest.mark.parametrize(
        ("guess", "said"),
        [
            (3, "the guess fits"),
            (2, "the guess fits"),
            (4, "the guess fits"),
            (7, "4 of 10 fewer"),
            (0, "3 of 10 more"),
            (1, "2 of 10 more"),
        ],
    )
    def test_the_gap_in_words(self, guess: int, said: str) -> None:
        """A guess within the interval, to the nearest whole, is right; beyond it the distance is said in people of ten."""
        assert said in gap(guess, Fact(0.3, 0.25, 0.35, 400), EN).replace(".0 of", " of")
