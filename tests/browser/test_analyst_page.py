"""The example's report with code in a browser: as well made as the client's, and every source within reach."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from html5lib import HTMLParser

from helpers.with_code import write_with_code

from .accessibility import violations

pytestmark = pytest.mark.browser
UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
VISIBLE = "e => e.checkVisibility({contentVisibilityAuto: true}) && e.getBoundingClientRect().height > 0"


@pytest.fixture(scope="module")
def report(example_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The analyst's variant of the example café's report."""
    client = tmp_path_factory.mktemp("analyst") / "cafe"
    shutil.copytree(example_folder.parents[1], client)
    return write_with_code(client / "runs" / example_folder.name)


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh tab."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen(page: Any, report: Path, width: int) -> None:
    """Folded or unfolded there is no sideways scroll, and no line of code or source ends beyond the edge."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        "w => [...document.querySelectorAll('.source, details.code *, .manifest *')]"
        ".filter(e => { const r = e.getBoundingClientRect(); return r.width && (r.right > w + 1 || r.left < -1) })"
        ".map(e => e.tagName + ': ' + e.textContent.slice(0, 60))",
        width,
    )
    assert beyond == []
    assert page.evaluate("[...document.querySelectorAll('pre')].every(e => e.scrollWidth <= e.clientWidth)")


@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_use_it(browser: Any, report: Path, width: int) -> None:
    """axe-core finds no violation at all, also with everything unfolded."""
    context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.goto(report.as_uri())
    assert violations(page) == []
    page.evaluate(UNFOLD)
    assert violations(page) == []
    context.close()


def test_a_source_opens_by_keyboard(page: Any, report: Path) -> None:
    """The line below a finding takes the focus and opens with Enter; the code is there to be read."""
    page.goto(report.as_uri())
    source = page.locator("[id='1_diagnosis-4']")
    assert not source.locator("pre").is_visible()
    source.locator("summary").focus()
    page.keyboard.press("Enter")
    assert source.locator("pre").is_visible()
    assert "repeat_rates" in source.locator("pre").inner_text()


def test_on_paper_every_figure_keeps_its_source(page: Any, report: Path) -> None:
    """Nothing can be tapped there: source, tables and names stand in print though folded, the code only where it was unfolded."""
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    page.evaluate("document.getElementById('1_diagnosis-4').open = true")
    told = "[...document.querySelectorAll('details.code > summary, .source, details.code dt:not(div:last-child > dt)')]"
    assert page.evaluate(f"{told}.length") > 200
    assert page.evaluate(f"{told}.every({VISIBLE})")
    shown = page.evaluate(
        f"[...document.querySelectorAll('details.code pre')].filter({VISIBLE}).map(e => e.parentElement.id)"
    )
    assert shown == ["1_diagnosis-4"]


def test_it_is_one_small_valid_file_that_asks_nobody(page: Any, report: Path) -> None:
    """Valid, under two megabytes, without a request or a complaint of the browser."""
    text = report.read_text("utf-8")
    parser = HTMLParser(strict=True)
    parser.parse(text)
    assert parser.errors == []
    assert report.stat().st_size < 2_000_000
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.goto(report.as_uri(), wait_until="networkidle")
    assert [one for one in heard if one != report.as_uri() and not one.startswith("data:")] == []


def test_no_name_phone_or_mail_is_in_it(report: Path, example_folder: Path) -> None:
    """Neither code nor manifest brings in one of the example's three thousand people."""
    people = pd.read_parquet(example_folder / "tables" / "people.parquet")
    text = report.read_text("utf-8")
    phones = people["phone"].dropna().str.lstrip("+").str.removeprefix("84")
    assert len(phones) > 1000
    assert [phone for phone in phones if phone in text] == []
    assert [mail for mail in people["email"].dropna() if mail in text] == []
