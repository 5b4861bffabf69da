"""The example's report in a browser: it fits a phone, prints, and asks no server for anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from html5lib import HTMLParser

from .accessibility import violations

pytestmark = pytest.mark.browser
WIDTHS = (360, 768, 1280)


@pytest.fixture(scope="module")
def report(example_folder: Path) -> Path:
    """The report of the example café."""
    return example_folder / "report.html"


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh tab."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(page: Any, report: Path, width: int) -> None:
    """No sideways scroll: not the page, and no paragraph, picture or heading beyond its edge."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        "w => [...document.querySelectorAll('p, h1, h2, h3, svg, li, figure, dl, summary')]"
        ".filter(e => { const r = e.getBoundingClientRect(); return r.width && (r.right > w + 1 || r.left < -1) })"
        ".map(e => e.tagName + ': ' + e.textContent.slice(0, 60))",
        width,
    )
    assert beyond == []


@pytest.mark.parametrize("width", WIDTHS)
def test_text_on_a_phone_can_be_read(page: Any, report: Path, width: int) -> None:
    """Running text is at least 16 px, and charts are as wide as the screen lets them be."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(report.as_uri())
    sizes = page.evaluate("[...document.querySelectorAll('main p')].map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert sizes
    body = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert body >= 16
    assert min(sizes) >= 12


@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_use_the_report(browser: Any, report: Path, width: int) -> None:
    """axe-core finds no violation at all, also with everything unfolded."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, bypass_csp=True
    )  # lets axe in, nothing else
    page = context.new_page()
    page.goto(report.as_uri())
    assert violations(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert violations(page) == []
    context.close()


def test_the_file_is_valid_html(report: Path) -> None:
    """A strict parser meets no error from the first line to the last, so every browser builds the same page."""
    parser = HTMLParser(strict=True)
    parser.parse(report.read_text("utf-8"))
    assert parser.errors == []


def test_no_request_leaves_the_file(page: Any, report: Path) -> None:
    """Opened offline it is complete: fonts, charts and style are inside."""
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(report.as_uri(), wait_until="networkidle")
    assert [url for url in asked if url != report.as_uri() and not url.startswith("data:")] == []
    assert faults == []
    assert page.evaluate(
        "document.fonts.check('16px \"Be Vietnam Pro\"') || [...document.fonts].every(f => f.status !== 'error')"
    )


def test_a_policy_forbids_scripts_and_connections(page: Any, report: Path) -> None:
    """The page itself says that nothing may be loaded or sent, so nothing pasted into it can either."""
    text = report.read_text("utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy"[^>]*content="([^"]+)"', text)
    assert policy
    rules = dict(rule.split(maxsplit=1) for rule in policy[1].replace("&#39;", "'").split(";") if rule.strip())
    assert rules["default-src"].strip() == "'none'"
    assert "script-src" not in rules or rules["script-src"].strip() == "'none'"
    assert "<script" not in text
    page.goto(report.as_uri())
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"https://example.org/x.png\" id=x>')")
    assert page.evaluate("document.getElementById('x').naturalWidth") == 0


def test_every_chart_says_in_words_what_it_shows(page: Any, report: Path) -> None:
    """Each drawing has a role and a name that is read aloud, and ids do not meet."""
    page.goto(report.as_uri())
    charts = page.evaluate(
        "[...document.querySelectorAll('figure svg')]"
        ".map(s => [s.getAttribute('role'), s.querySelector(':scope > title')?.textContent || ''])"
    )
    assert len(charts) >= 8
    assert {role for role, _ in charts} == {"img"}
    assert min(len(name) for _, name in charts) > 20
    assert page.evaluate(
        "(ids => ids.length === new Set(ids).size)([...document.querySelectorAll('[id]')].map(e => e.id))"
    )


def test_links_inside_the_page_lead_somewhere(page: Any, report: Path) -> None:
    """The table of contents reaches every chapter."""
    page.goto(report.as_uri())
    targets = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => [a.hash, !!document.getElementById(decodeURIComponent(a.hash.slice(1)))])"
    )
    assert len(targets) >= 6
    assert [hash for hash, there in targets if not there] == []


def test_headings_form_an_outline(page: Any, report: Path) -> None:
    """One title, and no rank is skipped on the way down, so that a screen reader can walk it."""
    page.goto(report.as_uri())
    ranks = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5')].map(h => +h.tagName[1])")
    assert ranks.count(1) == 1
    assert [(a, b) for a, b in pairwise(ranks) if b > a + 1] == []


def test_it_prints_on_a4(page: Any, report: Path) -> None:
    """Printed, it is a handful of pages, none of them empty, with every detail unfolded or left out."""
    page.goto(report.as_uri())
    printed = page.pdf(format="A4")
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 5 <= pages <= 40


def test_it_is_small_enough_to_be_sent(report: Path) -> None:
    """Under two megabytes for the example."""
    assert report.stat().st_size < 2_000_000


def test_no_name_phone_or_mail_is_in_it(report: Path, example_folder: Path) -> None:
    """Of the example's three thousand people not one can be found in the page."""
    import pandas as pd

    people = pd.read_parquet(example_folder / "tables" / "people.parquet")
    text = report.read_text("utf-8")
    phones = people["phone"].dropna().str.lstrip("+").str.removeprefix("84")
    assert len(phones) > 1000
    assert [phone for phone in phones if phone in text] == []
    assert [mail for mail in people["email"].dropna() if mail in text] == []
