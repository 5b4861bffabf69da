"""Between a page and the file: saved at once, merged where two windows may, asked where they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import files
from helpers.session import Commitment, Session, load, save
from helpers.session.keeping import Keeper
from helpers.session.place import FILE, Place, remember, where


def opened(client: Path) -> Keeper:
    """A page that has just been opened."""
    keeper = Keeper(client)
    assert keeper.open().done
    return keeper


class TestOneWindow:
    """The usual case."""

    def test_every_change_is_on_disk_at_once(self, tmp_path: Path) -> None:
        """Two changes are two versions, and another page opened now sees both."""
        page = opened(tmp_path)
        assert page.keep(lambda s: s.guess("repeat_of_ten", 3)).kind == "saved"
        assert page.keep(lambda s: s.note("q", "một")).kind == "saved"
        assert opened(tmp_path).state == page.state == load(tmp_path)
        assert page.state.version == 2

    def test_what_changes_nothing_makes_no_version(self, tmp_path: Path) -> None:
        """Pressing the same button twice fills no history."""
        page = opened(tmp_path)
        for _ in range(3):
            assert page.keep(lambda s: s.guess("repeat_of_ten", 3)).done
        assert page.state.version == 1

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            (lambda s: s.guess("repeat_of_ten", 4), "cannot be changed afterwards"),
            (lambda s: s.reveal("still_of_ten"), "Guess first"),
            (lambda s: s.note("q", "x" * 2001), "longer than 2000 characters"),
            (lambda s: s.promise(Commitment(what="x")).amend(0, what=""), "it is empty"),
        ],
    )
    def test_what_cannot_be_is_refused_and_does_not_wait(self, tmp_path: Path, said: object, why: str) -> None:
        """The sentence says why; the next change is saved as if nothing had happened."""
        page = opened(tmp_path)
        page.keep(lambda s: s.guess("repeat_of_ten", 3).reveal("repeat_of_ten"))
        outcome = page.keep(said)  # type: ignore[arg-type]
        assert outcome.kind == "refused"
        assert why in str(outcome.fault)
        assert page.keep(lambda s: s.score("q", 1)).kind == "saved"
        assert load(tmp_path).guesses == {"repeat_of_ten": 3}

    def test_a_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What could not be written waits, and is saved with the next try."""
        page = opened(tmp_path)
        with monkeypatch.context() as broken:
            broken.setattr(
                files.os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device"))
            )
            outcome = page.keep(lambda s: s.guess("repeat_of_ten", 3))
        assert outcome.kind == "unwritten"
        assert "No space left" in str(outcome.fault)
        assert load(tmp_path) == Session()
        assert page.retry().kind == "saved"
        assert load(tmp_path).guesses == {"repeat_of_ten": 3}


class TestTwoWindows:
    """Opened by two people."""

    def test_different_entries_are_both_kept(self, tmp_path: Path) -> None:
        """The second to save says so, and knows what the first said."""
        one, two = opened(tmp_path), opened(tmp_path)
        one.keep(lambda s: s.score("a", 1))
        assert two.keep(lambda s: s.score("b", 2)).kind == "merged"
        assert {name: answer.score for name, answer in load(tmp_path).answers.items()} == {"a": 1, "b": 2}
        assert one.keep(lambda s: s.note("a", "x")).kind == "merged"
        assert load(tmp_path) == one.state

    def test_the_same_in_both_is_no_conflict(self, tmp_path: Path) -> None:
        """Two people who answer alike need not be asked."""
        one, two = opened(tmp_path), opened(tmp_path)
        one.keep(lambda s: s.score("a", 1))
        assert two.keep(lambda s: s.score("a", 1)).done

    @pytest.mark.parametrize(("choice", "kept"), [("mine", "two, and more"), ("theirs", "one")])
    def test_the_same_entry_waits_for_a_choice(self, tmp_path: Path, choice: str, kept: str) -> None:
        """Nothing is overwritten before somebody has chosen; what is typed meanwhile waits with it."""
        one, two = opened(tmp_path), opened(tmp_path)
        one.keep(lambda s: s.note("q", "one"))
        outcome = two.keep(lambda s: s.note("q", "two"))
        assert (outcome.kind, outcome.entries) == ("conflict", {"answers.q.note"})
        assert two.keep(lambda s: s.note("q", "two, and more")).kind == "conflict"
        assert load(tmp_path).answers["q"].note == "one"
        assert getattr(two, choice)().done
        assert load(tmp_path).answers["q"].note == kept == two.state.answers["q"].note
        assert two.waiting == []

    def test_a_guess_after_the_other_window_has_looked(self, tmp_path: Path) -> None:
        """The answer has been on the table, whichever window showed it."""
        one, two = opened(tmp_path), opened(tmp_path)
        one.keep(lambda s: s.guess("repeat_of_ten", 3))
        two.open()
        one.keep(lambda s: s.reveal("repeat_of_ten"))
        outcome = two.keep(lambda s: s.guess("repeat_of_ten", 9))
        assert outcome.kind == "refused"
        assert load(tmp_path).guesses == {"repeat_of_ten": 3}
        assert two.keep(lambda s: s.score("q", 1)).done

    def test_promises_are_one_list(self, tmp_path: Path) -> None:
        """Each has its place in it, so two windows that change them are asked."""
        one, two = opened(tmp_path), opened(tmp_path)
        one.keep(lambda s: s.promise(Commitment(what="one")))
        assert two.keep(lambda s: s.promise(Commitment(what="two"))).entries == {"commitments"}
        assert two.mine().done
        assert [promise.what for promise in load(tmp_path).commitments] == ["one", "two"]


class TestDamaged:
    """Somebody has edited the file by hand."""

    def test_before_the_page_opens(self, tmp_path: Path) -> None:
        """It is named and left alone, until somebody puts it aside or has mended it."""
        (tmp_path / "session.yml").write_text("version: [", encoding="utf-8")
        page = Keeper(tmp_path)
        outcome = page.open()
        assert outcome.kind == "damaged"
        assert "line 1" in str(outcome.fault)
        assert page.keep(lambda s: s.score("q", 1)).kind == "damaged"
        assert (tmp_path / "session.yml").read_text(encoding="utf-8") == "version: ["
        (tmp_path / "session.yml").write_text("version: 4\nanswers: {p: {score: 2}}\n", encoding="utf-8")
        assert page.retry().done
        assert {name: answer.score for name, answer in load(tmp_path).answers.items()} == {"p": 2, "q": 1}

    def test_in_the_middle(self, tmp_path: Path) -> None:
        """What waits is saved on top of what the page knew."""
        page = opened(tmp_path)
        page.keep(lambda s: s.score("p", 2))
        (tmp_path / "session.yml").write_text("oops", encoding="utf-8")
        assert page.keep(lambda s: s.score("q", 1)).kind == "damaged"
        assert page.restore().done
        assert {name: answer.score for name, answer in load(tmp_path).answers.items()} == {"p": 2, "q": 1}
        assert (tmp_path / "session-history" / "damaged-1.yml").read_text(encoding="utf-8") == "oops"

    def test_mended_while_the_page_was_open(self, tmp_path: Path) -> None:
        """A file that is in order again is not put aside."""
        page = opened(tmp_path)
        save(tmp_path, Session().score("p", 2))
        assert page.restore().done
        assert page.state.answers["p"].score == 2
        assert not (tmp_path / "session-history").exists()


class TestPlace:
    """Where we were."""

    def test_it_is_remembered(self, tmp_path: Path) -> None:
        """A reload goes on from there, and it is no part of what was said."""
        place = Place("interview", "forgotten", "en", "vi")
        remember(tmp_path, place)
        assert where(tmp_path) == place
        assert load(tmp_path) == Session()

    @pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"section": 1}', "\udce4"])
    def test_rubbish_is_the_beginning(self, tmp_path: Path, rubbish: str) -> None:
        """Whatever stands there, the page opens."""
        (tmp_path / FILE).write_bytes(rubbish.encode("utf-8", "surrogateescape"))
        assert where(tmp_path) == Place()
