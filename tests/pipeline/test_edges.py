"""Businesses at the edge of what can be measured: every notebook runs through, and the first page claims nothing it cannot know."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import nbformat
import pytest
import shops

from helpers.parameters import NOTEBOOKS

WIDE = {"anonymous": "vi", "twelve": "vi", "one-timers": "en", "weekly": "en", "short": "vi"}
"""Edge business → the language it is told in."""


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


def words(ran: shops.Ran) -> str:
    """The report as it is read: no markup, no style."""
    text = (ran.folder / "report.html").read_text("utf-8")
    text = re.sub(r"<(style|head|title|desc)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def first_page(ran: shops.Ran) -> str:
    """The report up to its table of contents."""
    found = re.split(r" (?:Nội dung|Contents) ", words(ran), maxsplit=1)
    assert len(found) == 2
    return found[0]


@each
def test_every_notebook_runs_through(name: str, edge: Edge) -> None:
    """No cell fails and every cell of the report says something; only what unfolds under a finding and its chart may be left out."""
    for book in NOTEBOOKS:
        cells = nbformat.read(edge(name).folder / "notebooks" / f"{book}.ipynb", as_version=4).cells
        spoken = [
            c
            for c in cells
            if c.cell_type == "code"
            and not {"parameters", "injected-parameters", "no-report"} & set(c.metadata.get("tags", []))
        ]
        silent = [c.source for c in spoken if not c.outputs]
        assert [source for source in silent if not re.search(r"\w_(details|chart)\([^\n]*\)$", source)] == []


@each
def test_nothing_unmeasured_is_printed_as_a_number(name: str, edge: Edge) -> None:
    """No nan, no None, no bare placeholder reaches the reader."""
    assert re.search(r"\bnan\b|\bNone\b|\bNaT\b|\binf\b|\{\w+\}", words(edge(name))) is None


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
    text = words(ran)
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
    assert "10 of 10 first-time buyers do not come back within 90 days" in page
    rate = numbers["repeat_rate"]["90"]
    assert (rate["value"], rate["low"]) == (0.0, 0.0)
    assert 0 < rate["high"] < 0.1
    assert numbers["rhythm"] is None
    assert "Half of those who come back" not in (edge("one-timers").folder / "report.html").read_text("utf-8")


def test_everybody_comes_every_week(edge: Edge) -> None:
    """Nobody is late, nobody is to be called, and no leak is invented."""
    page, numbers = _page("weekly", edge)
    assert "Every first-time buyer came back within 90 days" in page
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
