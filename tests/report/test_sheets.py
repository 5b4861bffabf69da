"""Scripts and plays as they come out of the printer."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import InputError
from helpers.language import Language
from helpers.playbook import LANGUAGES, load
from helpers.report.sheets import render, sheets, write_sheets
from helpers.segments import load_rules

BOOK, GROUPS = load(), load_rules()


def written(names: list[str], code: str, shop: str | None = None) -> str:
    """These pages as the file that is printed."""
    say = Language(code)
    return render(sheets(names, BOOK, GROUPS, say, shop), say)


def pages(page: Any, html: str) -> int:
    """Sheets of A4 that Chromium makes of it."""
    page.set_content(html)
    page.evaluate("document.fonts.ready")
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


@pytest.mark.browser
@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", sorted(BOOK.scripts))
def test_a_script_fits_one_page(browser: Any, name: str, code: str) -> None:
    """Each aid to hang on the wall is exactly one sheet of A4, in either language."""
    page = browser.new_page()
    assert pages(page, written([name], code)) == 1
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("code", LANGUAGES)
def test_all_scripts_are_a_page_each_and_plays_begin_with_one(browser: Any, code: str) -> None:
    """Six scripts are six sheets; the steps and figures of any play fit its first."""
    page = browser.new_page()
    assert pages(page, written([], code)) == len(BOOK.scripts)
    first = written(sorted(BOOK.plays), code).replace("</style>", ".sheet { display: none }</style>")
    assert pages(page, first) == len(BOOK.plays)
    page.close()


@pytest.mark.browser
def test_a_sheet_fits_a_phone_and_asks_for_nothing(browser: Any) -> None:
    """Looked at on a phone before printing: nothing to scroll sideways, no request, no message in the console."""
    page = browser.new_page(viewport={"width": 360, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
    page.set_content(written(["small-print", "win-back"], "vi"))
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert said == []
    page.close()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_play_comes_with_all_it_needs(code: str) -> None:
    """Steps, owner, cost, comparison, both sides of the evidence with their source, and every text of the play."""
    play, (sheet,) = BOOK.plays["win-back"], sheets(["win-back"], BOOK, GROUPS, Language(code))
    html = written(["win-back"], code)
    assert sheet.steps == tuple(step[code] for step in play.steps)
    assert {play.kpi[code], play.cost_drivers[code], play.comparison[code]} <= {text for _, text in sheet.facts}
    assert {told.stance for told in sheet.evidence} == {"for", "against"}
    assert all(
        BOOK.rules.sources.works[e.source].cite in told.source
        for e, told in zip(play.evidence, sheet.evidence, strict=True)
    )
    assert len(sheet.texts) == len(play.messages)
    assert html.count('class="wording"') == len(play.messages)
    assert "{" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)


def test_the_shop_is_named_and_examples_are_marked() -> None:
    """The business's own name stands in the texts as given, whatever letters it has; all else that changes is underlined."""
    html = written(["thank-you-check-in"], "vi", shop="Tiệm <b>Mây</b> & Bạn")
    assert "Tiệm &lt;b&gt;Mây&lt;/b&gt; &amp; Bạn" in html
    assert "<u>Tiệm Cà Phê Mây</u>" not in html
    assert "<u>Hạnh</u>" in html
    assert "<u>Tiệm Cà Phê Mây</u>" in written(["thank-you-check-in"], "vi")


def test_lines_to_write_on_are_lines(tmp_path: Path) -> None:
    """The blanks of a form come out as ruled lines, not as rows of underscores."""
    html = written(["small-print"], "en")
    assert html.count('class="line') > 20
    assert "____" not in html
    assert "⟦" not in html


def test_the_command_writes_one_file(tmp_path: Path) -> None:
    """All scripts by default, composed letters, and one sentence for a name that is none."""
    file = tmp_path / "print.html"
    assert write_sheets([], file, Language("vi")) == 6
    text = file.read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert text.count("<article>") == 6
    with pytest.raises(InputError, match="There is no page “mocha” to print; choose from: "):
        write_sheets(["mocha"], tmp_path / "none.html", Language("vi"))
    assert not (tmp_path / "none.html").exists()
