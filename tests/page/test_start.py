"""The files' step of the page, driven without a browser: what is shown after each thing an owner can do."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipywidgets as w
import pytest
import shops

from helpers import business as business_file
from helpers import files, uploads
from helpers.business import Business
from helpers.language import language
from helpers.page import start as page
from helpers.page.frame import Frame
from helpers.page.receiving import Receiving
from helpers.page.start import Start
from helpers.pipeline import background
from helpers.pipeline.background import State


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A client without a file."""
    folder = tmp_path / "clients" / "shop"
    files.write_text(folder / business_file.FILE, business_file.dump(Business(name="Shop", sources={})))
    return folder


def inside(widget: Any) -> Iterator[Any]:
    """A widget and everything in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def words(view: Any) -> str:
    """All text on the screen."""
    found = [getattr(one, "value", "") for one in inside(view) if isinstance(one, w.HTML)]
    found += [one.description for one in inside(view) if isinstance(one, w.Button)]
    return " ".join(map(str, found))


def button(view: Any, label: str) -> w.Button:
    """The button with these words."""
    return next(one for one in inside(view) if isinstance(one, w.Button) and one.description == label)


def until(view: Any, sentence: str, seconds: float = 60) -> None:
    """Wait for work beside the page."""
    end = time.monotonic() + seconds
    while sentence not in words(view):
        assert time.monotonic() < end, f"“{sentence}” never came: {words(view)[-600:]}"
        time.sleep(0.02)


class Sender:
    """What the page's script does: sends messages and reads the answers."""

    def __init__(self, box: Receiving) -> None:
        self.line = next(one for one in inside(box.view) if "retention-pieces" in one._dom_classes)
        self.answer = next(one for one in inside(box.view) if "retention-answer" in one._dom_classes)
        self.step = 0

    def say(self, what: str, id: str = "a", **more: Any) -> dict[str, Any]:
        """One message and its answer."""
        self.step += 1
        self.line.value = json.dumps({"id": id, "step": self.step, "do": what, **more})
        text = self.answer.value.split('data-answer="')[1].split('"')[0].replace("&quot;", '"')
        found: dict[str, Any] = json.loads(text)
        assert (found["id"], found["step"]) == (id, self.step)
        return found

    def send(self, name: str, content: bytes, piece: int = 1000) -> bool:
        """A whole file; whether it was taken."""
        if self.say("begin", name=name, size=len(content))["stop"]:
            return False
        for at in range(0, len(content), piece):
            if self.say("piece", data=base64.b64encode(content[at : at + piece]).decode())["stop"]:
                return False
        return not self.say("end")["stop"]


Shown = Callable[[], tuple[Start, w.VBox]]


@pytest.fixture
def shown(client: Path) -> Shown:
    """The step as the frame shows it."""

    def show() -> tuple[Start, w.VBox]:
        frame = Frame(client, "en", (Start,))
        section = Start(frame)
        return section, section.view()

    return show


def small(tmp_path: Path) -> bytes:
    """The small shop's file of orders."""
    return shops.write(tmp_path / "orders.csv", shops.small()).read_bytes()


def test_from_the_dropped_file_to_the_grade(client: Path, shown: Shown, tmp_path: Path) -> None:
    """Sent in pieces, shown with its layout, read on a press: grade, rows, and the button for the numbers."""
    section, view = shown()
    assert "Work out the numbers" not in words(view)
    sender = Sender(section._drop)
    assert sender.send("orders.csv", small(tmp_path))
    sender.say("done", id="all")
    assert "orders.csv" in words(view)
    assert "Everything needed is there" in words(view)
    button(view, "Read these files").click()
    until(view, "Grade of the data")
    assert f"{len(shops.small())} rows read" in words(view)
    until(view, "Work out the numbers")
    assert business_file.load(client).sources["orders"][0].file == "files/orders.csv"
    button(view, "Leave it out").click()
    assert business_file.load(client).sources == {}
    assert "Read these files" in words(view)
    button(view, "Take this file away").click()
    assert uploads.stored(client) == []
    assert "Read these files" not in words(view)


def test_headers_are_mapped_in_lists_that_survive_a_reload(client: Path, shown: Shown, tmp_path: Path) -> None:
    """The button waits for what is wanting; a choice is on disk before the next one."""
    section, view = shown()
    content = small(tmp_path).replace(b"ordered_at,phone,net_revenue", b"Wann,Wer,Was", 1)
    Sender(section._drop).send("orders.csv", content)
    _, view = shown()
    assert "Choose the column that holds the date" in words(view)
    assert button(view, "Read these files").disabled
    _listed(view, "date of the order").value = "Wann"
    _, view = shown()
    assert _listed(view, "date of the order").value == "Wann"
    _listed(view, "what the whole order came to").value = "Was"
    assert not button(view, "Read these files").disabled
    _listed(view, "customer's phone").value = "Wer"
    button(view, "Read these files").click()
    until(view, "Work out the numbers")
    (source,) = business_file.load(client).sources["orders"]
    assert source.columns == {"ordered_at": "Wann", "net_revenue": "Was", "phone": "Wer"}


def _listed(view: Any, label: str) -> w.Dropdown:
    return next(one for one in inside(view) if isinstance(one, w.Dropdown) and one.description == label)


@pytest.mark.parametrize(
    ("name", "size", "sentence"),
    [
        ("orders.csv", 300_000_000, "orders.csv has 300 MB, and the page takes up to 250 MB"),
        ("orders.exe", 10, "orders.exe is not a kind of file that can be read"),
        ("orders.csv", 0, "orders.csv is empty"),
        ("../business.csv", 10, "cannot name a file here"),
        ("orders.csv", "many", "orders.csv is empty"),
        ("<img src=x onerror=alert(1)>.csv", 10, "cannot name a file here"),
    ],
)
def test_a_refused_file_is_one_sentence(shown: Shown, client: Path, name: str, size: Any, sentence: str) -> None:
    """The sender is told to stop before any piece, and what it called itself never becomes markup."""
    section, view = shown()
    assert Sender(section._drop).say("begin", name=name, size=size)["stop"]
    assert sentence in words(view)
    assert "<img" not in words(view)
    assert uploads.stored(client) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"id": 1}', '{"id": "a", "step": "x", "do": "begin"}'])
def test_rubbish_from_the_browser_is_passed_over(shown: Shown, client: Path, text: str) -> None:
    """Whatever arrives on the line, the page goes on."""
    section, _ = shown()
    sender = Sender(section._drop)
    sender.line.value = text
    assert sender.answer.value == ""
    assert sender.say("piece", id="unknown", data="!!!")["stop"] is False
    assert sender.say("end", id="unknown")["stop"] is False
    assert uploads.stored(client) == []


def test_a_piece_that_is_no_base64_spoils_the_file(shown: Shown, client: Path) -> None:
    """What is missing shows at the end, and nothing is kept."""
    section, view = shown()
    sender = Sender(section._drop)
    sender.say("begin", name="orders.csv", size=4)
    sender.say("piece", data="***")
    assert sender.say("end")["stop"]
    assert "The transfer of orders.csv broke off" in words(view)
    assert uploads.stored(client) == []


def test_a_fault_of_ours_is_one_sentence_with_the_log(
    client: Path, shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback on the page; it stands in the workspace's log."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the house")

    section, view = shown()
    Sender(section._drop).send("orders.csv", small(tmp_path))
    section._show_waiting()
    monkeypatch.setattr(page.sources, "take", broken)
    button(view, "Read these files").click()
    until(view, "This is a fault of the program; details are in retention.log.")
    assert "secret of the house" not in words(view)
    assert "secret of the house" in (client.parent / "retention.log").read_text("utf-8")


def test_a_run_is_followed_by_whoever_looks(client: Path, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page opened in the middle of a run shows how far it is, then that it is done; nobody has to press anything."""
    states = [State("running", 0.1, "tables")] * 3 + [State("running", 0.5, "notebooks")] * 3
    monkeypatch.setattr(
        background, "state", lambda _: states.pop(0) if states else State("done", 1.0, run="2025-06-30")
    )
    monkeypatch.setattr(page, "_LOOK_EVERY", 0.05)
    frame = Frame(client, "en", (Start,))
    until(frame.view, "The numbers are ready: guess first, then look.")


def test_a_run_that_fails_says_why_and_may_be_started_again(
    client: Path, shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence of the fault in the page's language, and the button below it."""
    section, view = shown()
    Sender(section._drop).send("orders.csv", small(tmp_path))
    section._show_waiting()
    button(view, "Read these files").click()
    until(view, "Work out the numbers")
    failed = State("failed", said={"en": "Too few.", "vi": "Ít quá."})
    monkeypatch.setattr(background, "state", lambda _: failed)
    started: list[dict[str, Any]] = []
    monkeypatch.setattr(background, "start", lambda _, **how: started.append(how))
    _, view = shown()
    assert "Too few." in words(view)
    button(view, "Work out the numbers").click()
    assert started[0]["lang"] == "en"


def test_the_grade_is_worded_in_the_readers_language(client: Path, tmp_path: Path) -> None:
    """Grade, reasons and the whole account, escaped."""
    from helpers.checking import check_client

    shop = shops.client(tmp_path / "other", shops.small())
    found = check_client(shop, today=shops.TODAY)
    for code, sentence in (("vi", "Số liệu đạt hạng"), ("en", "Grade of the data")):
        html = page.quality(found, language(code))
        assert sentence in html
        assert html.count("<details>") == 1
    strange = SimpleNamespace(
        quality=SimpleNamespace(rows_read=1, rows_kept=1, rows_rejected=0, rejected_by_reason={}),
        data=None, lines=lambda _: [("<b>", "<script>")],
    )  # fmt: skip
    assert "<script>" not in page.quality(strange, language("en"))  # type: ignore[arg-type]
