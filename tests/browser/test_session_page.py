"""A whole session at the page that `retention session` serves, by mouse, by keyboard, in two windows, and with accidents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from live import serve

from helpers.session import load

from .accessibility import violations
from .served import GUESS, Page, eventually, forget, install, kill_kernels, said

pytestmark = pytest.mark.browser
NASTY = "Khách nói: <script>alert(1)</script> & <b>đậm</b> 🎂"


@pytest.fixture(scope="module")
def client(example_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example café, with its run."""
    return install(example_folder, tmp_path_factory.mktemp("sessions"))


@pytest.fixture(scope="module")
def server(client: Path) -> Iterator[tuple[str, int]]:
    """One server for all tests of this module."""
    with serve(client) as running:
        yield running


Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Any, server: tuple[str, int], client: Path) -> Iterator[Opens]:
    """Opens tabs on a session in which nothing has been said yet."""
    forget(client)
    tabs: list[Page] = []

    def opened(lang: str = "English", width: int = 360) -> Page:
        tabs.append(Page(browser, server[0], width))
        if lang == "English":
            tabs[-1].speak(lang)
        tabs[-1].step(GUESS[lang])
        return tabs[-1]

    yield opened
    faults = [fault for tab in tabs for fault in tab.faults]
    strangers = [
        url
        for tab in tabs
        for url in tab.asked
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
    ]
    for tab in tabs:
        tab.close()
    assert faults == []
    assert strangers == []


def test_a_whole_session(opens: Opens, client: Path) -> None:
    """Guess, reveal, interview, what if, promises and the sheet: all of it in session.yml and on the page, through a reload and a change of language."""
    page = opens("Tiếng Việt")
    guess = page.tab.locator(".guess").nth(0)
    guess.locator(".noUi-handle").focus()
    for _ in range(2):
        page.tab.keyboard.press("ArrowRight")
    eventually(lambda: said(client)["guesses"], {"repeat_of_ten": 7})
    guess.get_by_role("button", name="Xem số liệu").click()
    page.wait("Số liệu thấp hơn anh/chị nghĩ 2,1 trên 10.")
    assert said(client)["revealed"] == ["repeat_of_ten"]
    assert "4,9 trong 10" in page.text()
    assert "đếm trên 2.711 khách" in page.text()

    page.step("Hỏi chuyện")
    page.wait("Trong 2.711 khách mua lần đầu, 49% quay lại trong 90 ngày (47%–51%).")
    page.tab.get_by_role("radio").nth(0).check()
    page.wait("Đã trả lời 1 trong 18")
    page.wait("Số liệu đẹp hơn câu trả lời này.")
    page.tab.get_by_role("textbox").first.fill(NASTY)
    question = next(iter(said(client)["answers"]))
    eventually(lambda: said(client)["answers"][question], {"score": 0, "note": NASTY})

    page.reload()  # in the middle: the same place, the same words
    page.wait("Đã trả lời 1 trong 18")
    assert page.tab.get_by_role("radio").nth(0).is_checked()
    assert page.tab.get_by_role("textbox").first.input_value() == NASTY
    first = page.tab.locator("h3.arrive").inner_text()
    page.button("Tiếp theo").click()
    page.tab.locator("h3.arrive").get_by_text(first, exact=True).wait_for(state="detached")
    here = page.tab.locator("h3.arrive").inner_text()
    page.speak("English")
    page.wait("1 of 18 answered")
    assert page.tab.locator("h3.arrive").inner_text() != here
    page.speak("Tiếng Việt")
    page.tab.locator("h3.arrive").get_by_text(here, exact=True).wait_for()

    page.speak("English")
    page.step("Money")
    page.wait("₫4.4m a month")
    page.tab.locator(".lever .noUi-handle").first.focus()
    page.tab.keyboard.press("ArrowRight")
    page.wait("49 of 100 become 50")
    eventually(lambda: said(client)["what_if"], {"repeat": 1})
    page.step("Choose")
    page.tab.get_by_role("button", name="Choose “Win-back").click()
    page.wait("Still lacks: a name, a day.")
    page.tab.get_by_label("Who – one name").fill("Lan <i>")
    page.tab.get_by_label("Until when").fill("2026-07-20")
    eventually(
        lambda: [said(client)["commitments"][0][name] for name in ("owner", "due", "play")],
        ["Lan <i>", "2026-07-20", "win-back"],
    )

    page.step("Print")
    sheet = page.tab.locator(".sheet")
    assert NASTY in sheet.inner_text()
    assert "Lan <i>" in sheet.inner_text()
    assert page.tab.locator(".sheet script, .sheet b, .sheet i").count() == 0
    page.button("Save as a file (session.html)").click()
    page.wait("Written: session.html")
    written = (client / "session.html").read_text("utf-8")
    assert "<script" not in written
    assert "&lt;script&gt;" in written
    assert load(client).commitments[0].due == date(2026, 7, 20)


def test_by_keyboard_alone(opens: Opens, client: Path) -> None:
    """A guess left where the slider stood is confirmed, shown and locked; an answer is given and the next mistake reached, without a mouse."""
    page = opens()
    press = page.tab.keyboard.press

    def focused() -> str:
        return str(
            page.tab.evaluate("document.activeElement.matches('body') ? '' : document.activeElement.textContent")
        )

    def tab_to(words: str) -> None:
        page.tab.get_by_role("button", name=words).first.wait_for()  # nobody reaches for what is not drawn yet
        page.tab.wait_for_function("!document.activeElement.matches('body')")  # the heading, or what was pressed last
        for _ in range(40):
            if words in focused():
                return
            press("Tab")
        raise AssertionError(f"{words} cannot be reached; the focus is on {focused()}")

    tab_to("This is my guess")
    assert page.tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    press("Enter")
    page.wait("Your guess: 5 of 10.")
    assert said(client)["guesses"] == {"repeat_of_ten": 5}
    tab_to("Show the data")
    press("Enter")
    page.wait("You know your customers: the guess fits the data.")
    page.tab.locator(".guess .noUi-handle").first.focus()
    press("ArrowRight")
    tab_to("On to: Interview")
    press("Enter")
    page.wait("0 of 18 answered")
    assert said(client)["guesses"] == {"repeat_of_ten": 5}  # it is locked
    eventually(lambda: page.tab.evaluate("document.activeElement.className"), "arrive")
    page.tab.get_by_role("radio").first.focus()
    press("ArrowDown")
    page.wait("1 of 18 answered")
    tab_to("Skip for now")
    first = page.tab.locator("h3.arrive").inner_text()
    press("Enter")
    page.tab.wait_for_function(
        "was => document.querySelector('h3.arrive')?.innerText !== was && document.activeElement.matches('.arrive')",
        arg=first,
    )


def test_two_windows(opens: Opens, client: Path) -> None:
    """What each window says goes beside the other's; where both say different things, nothing is lost before somebody has chosen."""
    one, two = opens(), opens()
    one.tab.locator(".guess").nth(0).get_by_role("button", name="This is my guess").click()
    one.wait("Your guess: 5 of 10.")
    two.tab.locator(".guess").nth(1).get_by_role("button", name="This is my guess").click()
    two.wait("Saved, beside what somebody has saved in another window.")
    assert said(client)["guesses"] == {"repeat_of_ten": 5, "still_of_ten": 5}

    for tab, words in ((one, "from one"), (two, "from two")):
        tab.step("Interview")
        tab.tab.get_by_role("textbox").first.wait_for()
        tab.tab.get_by_role("textbox").first.fill(words)
        if tab is one:
            eventually(lambda: [a["note"] for a in said(client).get("answers", {}).values()], ["from one"])
    two.wait("Somebody has changed the same in another window: the note to")
    assert [a["note"] for a in said(client)["answers"].values()] == ["from one"]
    assert two.tab.get_by_role("textbox").first.input_value() == "from two"
    two.button("Keep what stands here").click()
    eventually(lambda: [a["note"] for a in said(client)["answers"].values()], ["from two"])


def test_a_killed_kernel(opens: Opens, client: Path, server: tuple[str, int]) -> None:
    """The page says that it gets no answer; after a reload everything saved is there."""
    page = opens()
    page.tab.locator(".guess").nth(0).get_by_role("button", name="This is my guess").click()
    page.wait("Your guess: 5 of 10.")
    kill_kernels(server[1])
    page.wait("The page gets no answer.")
    page.reload()
    page.wait("Your guess: 5 of 10.")
    assert said(client)["guesses"] == {"repeat_of_ten": 5}
    assert page.tab.locator(".offline").count() == 0
    assert {*page.faults} <= {"Cannot send"}  # to the kernel that was killed
    page.faults.clear()


def test_a_damaged_file(opens: Opens, client: Path) -> None:
    """The page names the line and leaves the file alone until somebody says what to do, before the session and in the middle of it."""
    page = opens()
    page.tab.locator(".guess").nth(0).get_by_role("button", name="This is my guess").click()
    page.wait("Your guess: 5 of 10.")
    damaged = (client / "session.yml").read_text("utf-8").replace("repeat_of_ten: 5", "repeat_of_ten: 50")
    (client / "session.yml").write_text(damaged, "utf-8")
    page.tab.locator(".guess").nth(1).get_by_role("button", name="This is my guess").click()
    line = next(i for i, text in enumerate(damaged.splitlines(), 1) if "repeat_of_ten" in text)
    page.wait(f"session.yml, line {line}: “guesses.repeat_of_ten”")
    assert (client / "session.yml").read_text("utf-8") == damaged
    page.reload()
    page.wait(f"session.yml, line {line}: “guesses.repeat_of_ten”")
    page.button("Put the file aside and go on from the last good version").click()
    page.wait("Saved.")
    assert (client / "session-history" / "damaged-1.yml").read_text("utf-8") == damaged
    page.tab.locator(".guess").nth(0).get_by_role("button", name="This is my guess").click()
    page.wait("Your guess: 5 of 10.")
    assert said(client)["guesses"] == {"repeat_of_ten": 5}


@pytest.mark.parametrize(("lang", "width"), [("English", 360), ("Tiếng Việt", 360), ("English", 1280)])
def test_every_section_fits_and_can_be_used_by_all(opens: Opens, lang: str, width: int) -> None:
    """axe finds nothing, nothing is wider than the screen, every target is at least 44 pixels high, and the language is declared."""
    page = opens(lang, width)
    steps = page.tab.locator(".steps button")
    for number in range(steps.count()):
        page.step(steps.nth(number).inner_text())
        assert violations(page.tab) == []
        assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
        small = page.tab.evaluate(
            "[...document.querySelectorAll('.retention :is(button, select, textarea, input:not([type=radio]), .widget-radio-box label)')]"
            ".filter(e => e.offsetParent && Math.min(e.offsetHeight, e.offsetWidth) < 44).map(e => e.outerHTML.slice(0, 80))"
        )
        assert small == []
        assert page.tab.evaluate("document.documentElement.lang") == ("en" if lang == "English" else "vi")
        assert page.tab.locator(".retention h1").count() == 1
