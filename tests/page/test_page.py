"""The page without a browser: what its frame shows and saves; the sections themselves are sat at in tests/browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets as w
import pytest

from helpers import business as business_file
from helpers.business import Business
from helpers.page import frame as frame_module
from helpers.page.frame import Frame
from helpers.page.opening import SECTIONS
from helpers.session import Session, load, save
from helpers.session.place import where


@pytest.fixture
def client(example_folder: Path, tmp_path: Path) -> Path:
    """The example café with the numbers of its run."""
    run = tmp_path / "cafe" / "runs" / example_folder.name
    run.mkdir(parents=True)
    shutil.copy(example_folder.parents[1] / "business.yml", tmp_path / "cafe")
    for name in ("metrics.json", "manifest.json"):
        shutil.copy(example_folder / name, run)
    return tmp_path / "cafe"


def everything(widget: w.Widget) -> Iterator[w.Widget]:
    """A widget and all inside it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything(child)


def words(frame: Frame) -> str:
    """Everything on the screen, as it goes to the browser."""
    found = (getattr(x, name, None) for x in everything(frame.view) for name in ("value", "description"))
    return " ".join(text for text in found if isinstance(text, str))


def press(frame: Frame, label: str) -> None:
    """Press the first button that says this."""
    next(x for x in everything(frame.view) if isinstance(x, w.Button) and x.description == label).click()


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("name", [section.name for section in SECTIONS])
def test_every_section_opens_with_and_without_a_run(client: Path, tmp_path: Path, lang: str, name: str) -> None:
    """A business with no file yet can be interviewed; nothing is left to fill in, and no other language shows."""
    empty = tmp_path / "new"
    empty.mkdir()
    (empty / "business.yml").write_text(business_file.dump(Business(name="New", sources={})), "utf-8")
    for folder in (client, empty):
        frame = Frame(folder, lang, SECTIONS)
        frame.go(name)
        shown = words(frame)
        assert "None" not in shown
        assert not {"{n}", "{count}", "{how}"} & set(shown.split())


def test_it_opens_where_it_was_left(client: Path) -> None:
    """Section, mistake and the language chosen on the page come back; opened in another language, the page follows that."""
    frame = Frame(client, "vi", SECTIONS)
    frame.go("interview", "forgotten")
    frame.speak("en")
    again = Frame(client, "vi", SECTIONS)
    assert (again.place.section, again.place.mistake, again.say.code) == ("interview", "forgotten", "en")
    assert Frame(client, "en", SECTIONS).say.code == "en"
    frame.speak("vi")
    assert Frame(client, "en", SECTIONS).say.code == "en"
    assert where(client).section == "interview"


def opened(frame: Frame) -> None:
    """What a browser does first with a page made ready before: ask whether anybody is there."""
    next(x for x in everything(frame.view) if "beat" in getattr(x, "_dom_classes", ())).click()


def test_a_page_made_ready_before_catches_up(client: Path) -> None:
    """What was said, chosen or worked out since is on it when somebody opens it; if nothing was, it stays as it was drawn."""
    frame = Frame(client, "vi", SECTIONS)
    drawn = [id(x) for x in everything(frame.view)]
    opened(frame)
    assert [id(x) for x in everything(frame.view)] == drawn

    waiting = Frame(client, "vi", SECTIONS)
    other = Frame(client, "vi", SECTIONS)
    other.go("interview")
    other.keep(lambda s: s.guess("repeat_of_ten", 3))
    other.speak("en")
    opened(waiting)
    assert (waiting.place.section, waiting.say.code) == ("interview", "en")
    assert waiting.state.guesses == {"repeat_of_ten": 3}
    assert "Interview" in words(waiting)

    without = Frame(client, "vi", SECTIONS)
    for run in (client / "runs").iterdir():
        shutil.rmtree(run)
    opened(without)
    assert without.numbers is None


@pytest.mark.parametrize("moment", ["where", "load", "language"])
def test_it_catches_up_with_what_changed_while_it_was_drawn(
    client: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Another window goes on and changes the language at the very moment a page made ready is being read: it opens there too."""
    other = Frame(client, "vi", SECTIONS)
    read = getattr(frame_module, moment)

    def meanwhile(*asked: Any) -> Any:
        found = read(*asked)
        monkeypatch.undo()
        other.go("interview")
        other.speak("en")
        return found

    monkeypatch.setattr(frame_module, moment, meanwhile)
    waiting = Frame(client, "vi", SECTIONS)
    opened(waiting)
    assert (waiting.place.section, waiting.say.code) == ("interview", "en")


def test_what_was_undone_while_it_was_drawn_is_not_on_it(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page made ready while somebody guessed shows no guess, once the session has been put back to what it was before."""
    (client / ".session.yml.lock").touch()  # as after an earlier session
    other, read = Frame(client, "vi", SECTIONS), frame_module.load

    def meanwhile(*asked: Any) -> Any:
        monkeypatch.undo()
        other.keep(lambda s: s.guess("repeat_of_ten", 5))
        return read(*asked)

    monkeypatch.setattr(frame_module, "load", meanwhile)
    waiting = Frame(client, "vi", SECTIONS)
    assert waiting.state.guesses == {"repeat_of_ten": 5}
    (client / "session.yml").unlink()
    opened(waiting)
    assert waiting.state.guesses == {}


def test_catching_up_happens_once(client: Path) -> None:
    """Later beats leave the screen alone: somebody may be writing, and two windows do not pull each other along."""
    one, two = Frame(client, "vi", SECTIONS), Frame(client, "vi", SECTIONS)
    opened(one)
    two.go("choose")
    opened(one)
    assert one.place.section != "choose"


def test_what_is_typed_is_saved_before_anything_else(client: Path) -> None:
    """A field that is still being typed into is saved by going on."""
    frame = Frame(client, "en", SECTIONS)
    frame._later["note q"] = (lambda s: s.note("q", "typed"), None)
    frame.go("leaks")
    assert load(client).answers["q"].note == "typed"


def test_two_pages_and_a_choice(client: Path) -> None:
    """A conflict shows both ways out, keeps what was typed, and goes away with the choice."""
    one, two = Frame(client, "en", SECTIONS), Frame(client, "en", SECTIONS)
    question = two.book.mistakes["never-measured"].questions[0]
    assert one.keep(lambda s: s.note(question.id, "one"))
    assert not two.keep(lambda s: s.note(question.id, "two"))
    assert f"the note to “{question.ask['en']}”" in words(two)
    assert load(client).answers[question.id].note == "one"
    press(two, "Keep what stands here")
    assert load(client).answers[question.id].note == "two"
    assert "Keep what stands here" not in words(two)


def test_a_damaged_file_is_told_on_the_page(client: Path) -> None:
    """With its line; trying again after it was mended goes on."""
    (client / "session.yml").write_text("version: 1\nguesses: {repeat_of_ten: 99}\n", "utf-8")
    frame = Frame(client, "en", SECTIONS)
    assert "session.yml, line 2" in words(frame)
    assert not frame.keep(lambda s: s.score("q", 1))
    (client / "session.yml").write_text("version: 1\nguesses: {repeat_of_ten: 9}\n", "utf-8")
    press(frame, "Try again")
    assert load(client).guesses == {"repeat_of_ten": 9}
    assert load(client).answers["q"].score == 1
    assert "line 2" not in words(frame)


def test_a_damaged_business_file_is_told_where_it_is_needed(client: Path) -> None:
    """The files' step names the fault, every other step goes on."""
    (client / "business.yml").write_text("name: Shop\nsources: 3\n", "utf-8")
    frame = Frame(client, "en", SECTIONS)
    for section in SECTIONS:
        frame.go(section.name)
        assert ("business.yml: “sources”" in words(frame)) == (section.name == "start")


def test_notes_never_become_markup(client: Path) -> None:
    """What was typed stands escaped in every piece of HTML of every section."""
    session = Session()
    for question in (q for m in Frame(client, "en", SECTIONS).book.mistakes.values() for q in m.questions):
        session = session.note(question.id, "<img src=x onerror=alert(1)>")
    save(client, session)
    frame = Frame(client, "en", SECTIONS)
    for section in SECTIONS:
        frame.go(section.name)
        html = [x.value for x in everything(frame.view) if isinstance(x, w.HTML)]
        assert not any("<img" in piece for piece in html)


def test_numbers_that_cannot_be_read_are_as_no_numbers(client: Path) -> None:
    """A run whose metrics.json is damaged does not keep the owner from talking."""
    run = next((client / "runs").iterdir())
    (run / "metrics.json").write_text("{", "utf-8")
    assert Frame(client, "en", SECTIONS).numbers is None
    (run / "metrics.json").write_text(json.dumps({"currency": "VND"}), "utf-8")
    frame = Frame(client, "en", SECTIONS)
    for section in SECTIONS:
        frame.go(section.name)
