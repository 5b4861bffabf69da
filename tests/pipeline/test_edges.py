"""Businesses at the edge of what can be measured: every notebook runs through, and the first page claims nothing it cannot know."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import nbformat
import pytest
import shops

from helpers.language import Language
from helpers.parameters import NOTEBOOKS

WIDE = {"anonymous": "vi", "twelve": "vi", "one-timers": "en", "weekly": "en", "short": "vi"}
"""Edge business → the language it is told in."""


FROM_A_PLAN = (
    r"(design\.(plan_table|within_limits|in_detail|files_written|actions)|agenda\.(previews|files))\([^\n]*\)$"
)
"""What shows the campaigns planned, and has nothing to show where there are none."""

Edge = Callable[[str], shops.Ran]
each = pytest.mark.parametrize("name", sorted(shops.EDGES))


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Edge:
    """Each edge business by its name, run when it is first asked for."""

    @cache
    def make(name: str) -> shops.Ran:
        workspace = tmp_path_factory.mktemp(name) / "clients"
        folder = shops.client(workspace, shops.EDGES[name](), name=name, lang=WIDE[name])
        return shops.Ran(workspace, folder, shops.run(folder))

    return make


def first_page(ran: shops.Ran) -> str:
    """The report up to its table of contents."""
    found = re.split(r" (?:Nội dung|Contents) ", ran.words, maxsplit=1)
    assert len(found) == 2
    return found[0]


@each
def test_every_notebook_runs_through(name: str, edge: Edge) -> None:
    """No cell fails and every cell of the report says something; only what unfolds under a finding and its chart may be left out, and what
    would follow from a plan where the chapter says that none can be made.
    """
    planless = Language(WIDE[name]).text("No campaign can be planned yet")
    for book in NOTEBOOKS:
        cells = nbformat.read(edge(name).folder / "notebooks" / f"{book}.ipynb", as_version=4).cells
        spoken = [
            c
            for c in cells
            if c.cell_type == "code"
            and not {"parameters", "injected-parameters", "no-report"} & set(c.metadata.get("tags", []))
        ]
        silent = [c.source for c in spoken if not c.outputs]
        may = r"\w_(details|chart)\([^\n]*\)$"
        if any(planless in str(c.outputs) for c in spoken):
            may += "|" + FROM_A_PLAN
        assert [source for source in silent if not re.search(may, source)] == []


@each
def test_nothing_unmeasured_is_printed_as_a_number(name: str, edge: Edge) -> None:
    """No nan, no None, no bare placeholder reaches the reader."""
    assert re.search(r"\bnan\b|\bNone\b|\bNaT\b|\binf\b|\{\w+\}", edge(name).words) is None


@each
def test_intervals_hold_their_values(name: str, edge: Edge) -> None:
    """Wherever a value has a range, it lies in it."""

    def walk(found: Any) -> None:
        if isinstance(found, dict):
            if all(isinstance(found.get(k), int | float) for k in ("value", "low", "high")):
                assert found["low"] - 1e-9 <= found["value"] <= found["high"] + 1e-9
            for item in found.values():
                walk(item)
        elif isinstance(found, list):
            for item in found:
                walk(item)

    walk(edge(name).read("metrics.json"))


@each
def test_a_customer_is_asked_for_only_where_none_is_known(name: str, edge: Edge) -> None:
    """A shop that records every customer is not told to begin recording them."""
    ran = edge(name)
    text = ran.words
    asked = (
        "recording a customer on every order" in text or "ghi tên hoặc số điện thoại khách trên từng đơn hàng" in text
    )
    told = "Recognise customers at the till" in first_page(ran) or "Nhận ra khách ngay tại quầy" in first_page(ran)
    assert (asked, told) == (name == "anonymous", name == "anonymous")


def _page(name: str, edge: Edge) -> tuple[str, dict[str, Any]]:
    return first_page(edge(name)), edge(name).read("metrics.json")


def test_a_till_that_never_asks(edge: Edge) -> None:
    """Revenue and orders are counted, nothing is said about coming back, and the advice is to begin asking."""
    page, numbers = _page("anonymous", edge)
    assert "Tệp này không cho biết khách là ai, nên chưa đo được ai quay lại" in page
    assert (numbers["customers"], numbers["anonymous_revenue_share"]) == (0, 1.0)
    assert numbers["orders"] == len(shops.anonymous())
    assert {rate["value"] for rate in numbers["repeat_rate"].values()} == {None}
    assert "0 khách quen cần gọi" not in page
    assert " D " in page


def test_a_dozen_customers(edge: Edge) -> None:
    """Too few for any rate: the page says so and grades the data D."""
    page, numbers = _page("twelve", edge)
    assert "Còn ít khách mua lần đầu quá" in page
    assert "D Chỉ theo dõi được 12 khách." in page
    assert {rate["value"] for rate in numbers["repeat_rate"].values()} == {None}
    assert "need" in numbers["bg_nbd"]


def test_nobody_ever_came_back(edge: Edge) -> None:
    """A rate of zero is a measured zero with a range, and no rhythm is claimed."""
    page, numbers = _page("one-timers", edge)
    assert "No first-time buyer came back within 90 days" in page
    whole = (edge("one-timers").folder / "report.html").read_text("utf-8")
    assert "Nobody who bought six months ago has been back in the last two months" in whole
    rate = numbers["repeat_rate"]["90"]
    assert (rate["value"], rate["low"]) == (0.0, 0.0)
    assert 0 < rate["high"] < 0.1
    assert numbers["rhythm"] is None
    assert "Half of those who come back" not in whole


def test_everybody_comes_every_week(edge: Edge) -> None:
    """Nobody is late, nobody is to be called, and no leak is invented."""
    page, numbers = _page("weekly", edge)
    assert "Every first-time buyer came back within 90 days" in page
    whole = (edge("weekly").folder / "report.html").read_text("utf-8")
    assert "Every customer of six months ago has been back in the last two months" in whole
    assert numbers["repeat_rate"]["90"]["value"] == 1.0
    assert numbers["rhythm"]["typical_days"] == pytest.approx(7, abs=0.1)
    assert set(numbers["states"]) >= {"active"}
    assert numbers["states"]["active"] == 50
    assert (numbers["leaks"], numbers["calls_this_week"]) == ([], 0)


def test_forty_days_of_history(edge: Edge) -> None:
    """Horizons longer than the history are missing, not zero."""
    page, numbers = _page("short", edge)
    assert "Còn ít khách mua lần đầu quá" in page
    assert {days for days, rate in numbers["repeat_rate"].items() if rate["value"] is None} >= {
        "60",
        "90",
        "180",
        "365",
    }
    assert numbers["six_months_ago"]["still"]["have"] == 0


def test_lists_hold_nobody_when_nobody_is_known(edge: Edge) -> None:
    """A list without people has its header and no row."""
    lists = list((edge("anonymous").folder / "lists").glob("*.csv"))
    assert lists
    assert {len(path.read_text("utf-8-sig").splitlines()) for path in lists} == {1}


@each
def test_chapter_three_says_what_it_has_no_data_for(name: str, edge: Edge) -> None:
    """Without order lines there is a sentence about how to begin instead of pairs and offers, and no list of them; without answers there
    is one about asking; a margin nobody told is called assumed; and no workbook is empty.
    """
    ran, say = edge(name), Language(WIDE[name])
    text = ran.words
    for missing in (
        "exporting the order lines with the name of each product: the total of a receipt does not say what was in it.",
        "calling two customers you miss today, asking the four questions of the exit interview, and noting the reason beside the call "
        "(column “reason” of your contact log).",
    ):
        assert say.text(missing) in text
    lists = {path.name for path in (ran.folder / "lists").iterdir()} if (ran.folder / "lists").is_dir() else set()
    assert not [found for found in lists if found.startswith(("offer-", "bought-"))]
    for book in (found for found in lists if found.endswith(".xlsx")):
        assert len((ran.folder / "lists" / book).with_suffix(".csv").read_text("utf-8").splitlines()) > 1
    staked = any(size["at_stake"] for size in ran.read("metrics.json")["segments"])
    assumed = say.text(
        "Counted with an assumed gross margin of {share}: tell us yours and the figures become yours.",
        share=say.percent(0.5),
    )
    assert not staked or assumed in text


@each
def test_everybody_is_in_one_group_and_first_steps_can_be_done(name: str, edge: Edge) -> None:
    """Group sizes add up to the customers there are, however few, and no first step sends staff to a list that is not there."""
    ran = edge(name)
    numbers = ran.read("metrics.json")
    assert sum(size["customers"] for size in numbers["segments"]) == numbers["customers"]
    named = set(re.findall(r"lists/([\w-]+)\.csv", ran.words))
    there = {path.stem for path in (ran.folder / "lists").glob("*.csv")}
    assert {found for found in named if found.startswith(("group-", "ask-", "call-", "offer-", "bought-"))} <= there
