"""The report as a browser shows and prints it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.language import Language
from helpers.report.document import Appendix, Cover, Summary, render
from helpers.report.pieces import Details, Figure, Finding, Note

from .samples import notebook, says, shows

pytestmark = pytest.mark.browser


@pytest.fixture
def file(cover: Cover, summary: Summary, appendix: Appendix, drawn: dict[str, Figure], tmp_path: Path) -> Path:
    """A report with every chart, on disk."""
    opening = (
        says("# 1 · Diagnosis"),
        shows(Finding("Most never return", "Body."), Note("In money", "₫9.6m a month.")),
    )
    chapter = notebook(*opening, *(shows(figure, Details("Definition", (("n", "120"),))) for figure in drawn.values()))
    page = render([chapter], cover=cover, summary=summary, appendix=appendix, language=Language("en"))
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_the_report_fits_the_screen_and_asks_for_nothing(browser: object, file: Path, width: int) -> None:
    """Phone or desktop: nothing to scroll sideways, no message in the console, no request, the embedded font in use."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px \"Be Vietnam Pro\"', 'ế'))")
    assert said == []
    page.close()


def test_no_label_is_smaller_than_eleven_pixels_on_a_phone(browser: object, file: Path) -> None:
    """As shown at 360 pixels, with the page's own margins and rules."""
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(file.as_uri())
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('svg text')].map("
        "text => text.ownerSVGElement.getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize)))"
    )
    assert smallest >= 11
    page.close()


def test_the_keyboard_reaches_the_summary_and_opens_details(browser: object, file: Path) -> None:
    """The first tab stop skips to the summary; a definition opens with the enter key."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(file.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#summary"
    page.focus("summary")
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('details').open")
    page.close()


def test_printing_gives_cover_first_page_and_chapters(browser: object, file: Path) -> None:
    """The cover is one page, the summary exactly one more, and folded definitions are opened."""
    page = browser.new_page()
    page.goto(file.as_uri())
    whole = _pages(page)
    page.add_style_tag(content="main > section:not(#summary) { display: none }")
    assert _pages(page) == 2
    assert whole > 4
    page.emulate_media(media="print")
    page.reload()
    assert page.evaluate("document.querySelector('details dd').getBoundingClientRect().height") > 0
    page.close()


def _pages(page: object) -> int:
    """Pages of the print."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
