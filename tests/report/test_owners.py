"""The page of one owner: one sheet of A4, with what they answer for and no customer's name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from campaign_shop import business, desk, tables, yes, young

from helpers import files
from helpers.campaigns import desk as desks
from helpers.report import owners


def pages_of(con: Any, folder: Path, lang: str) -> dict[str, str]:
    """The pages of a shop with campaigns, newcomers and a calendar of care."""
    groups = ("lapsed", "lost", "one_time_overdue", "regular", "champion", "declining_watch", "overdue_regular")
    people = [
        *({"segment": groups[i % len(groups)], "revenue_year": 1000.0 * i} for i in range(280)),
        *(young(i % 60) for i in range(60)),
    ]
    answers = [yes(f"KH{i}", purpose=purpose) for i in range(len(people)) for purpose in ("advertising", "care")]
    made = desk(con, tables(con, people, answers), business(costs={}), lang=lang)
    drawn = desks.draw(made)

    def write(name: str, table: Any) -> Path:
        return files.write_csv(con, table, folder / f"{name}.csv")

    def write_text(name: str, text: str) -> Path:
        return files.write_text(folder / name, text, private=True)

    written = desks.write_lists(made, drawn, write)
    agenda = desks.write_agenda(made, drawn, write, write_text)
    return {name: (folder / name).read_text("utf-8") for name in owners.write(agenda, made, written, write_text)}


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_each_owner_has_one_sheet(con: Any, browser: Any, tmp_path: Path, lang: str) -> None:
    """Every page is exactly one sheet of A4, fits a phone, and names nobody."""
    found = pages_of(con, tmp_path, lang)
    assert set(found) == {"plan-marketing.html", "plan-sales.html", "plan-care.html"}
    for name, html in found.items():
        page = browser.new_page(viewport={"width": 360, "height": 800})
        page.set_content(html)
        page.evaluate("document.fonts.ready")
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1, name
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        assert "Nguyễn Văn An" not in html
        assert not re.search(r"\b0\d{9}\b", html)
        page.close()
