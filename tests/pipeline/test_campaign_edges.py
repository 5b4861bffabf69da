"""Campaign design at its limits, from the file to the lists: a sentence each, no empty chart, and nobody wrong on a list."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import shops
import yaml

EVERYBODY = 300
FRIENDS = 12
"""Of the shop where only a few have agreed."""

Shop = Callable[[str], shops.Ran]


def answers(yes: range, no: range) -> list[tuple[str, ...]]:
    """The sheet of who may be written to: customers by number."""
    header = ("phone", "channel", "purpose", "granted", "recorded_at")
    given = [(number, "có") for number in yes] + [(number, "không") for number in no]
    return [
        header,
        *(
            (shops.phone(number), "zalo", purpose, said, "2025-06-01")
            for number, said in given
            for purpose in ("advertising", "care")
        ),
    ]


SHOPS: dict[str, tuple[list[tuple[str, ...]] | None, dict[str, Any]]] = {
    "all-refuse": (answers(range(0), range(EVERYBODY)), {"message_cost": 350}),
    "few-agree": (answers(range(FRIENDS), range(0)), {"message_cost": 350}),
    "no-money": (answers(range(EVERYBODY), range(0)), {"message_cost": 350, "planning": {"budget": 0}}),
    "unasked": (None, {}),
}
"""Name → the sheet of answers (None: there is none) and what is added to business.yml."""
WORDS = {"staff": "Thảo", "opt_out": "Từ chối: soạn TC gửi 9123", "offer": "bánh mời kèm", "until": "31/07/2025"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Each shop by its name, run when it is first asked for; told in English."""

    @cache
    def make(name: str) -> shops.Ran:
        sheet, added = SHOPS[name]
        workspace = tmp_path_factory.mktemp(name) / "clients"
        rows = shops.histories(EVERYBODY, 400, every=21, leave=0.25)
        folder = shops.client(workspace, rows, name=name, lang="en")
        settings = yaml.safe_load((folder / "business.yml").read_text("utf-8"))
        if sheet is not None:
            with (folder / "answers.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(sheet)
            settings["sources"]["consent"] = [{"file": "answers.csv"}]
        planning = {"words": WORDS, **added.get("planning", {})}
        (folder / "business.yml").write_text(
            yaml.safe_dump({**settings, **added, "planning": planning}, allow_unicode=True), "utf-8"
        )
        return shops.Ran(workspace, folder, shops.run(folder))

    return make


def numbers_on(ran: shops.Ran, pattern: str) -> set[str]:
    """Every phone number in lists of this name."""
    found = "\n".join(path.read_text("utf-8") for path in (ran.folder / "lists").glob(pattern))
    return {f"0{digits}" for digits in re.findall(r"(?:\+?84|0)(9120\d{5})", found)}


def every_list(ran: shops.Ran) -> set[str]:
    """Every phone number in any list, workbooks apart."""
    return numbers_on(ran, "*.csv") | numbers_on(ran, "*.ics") | numbers_on(ran, "*.txt")


@pytest.mark.parametrize("name", sorted(SHOPS))
def test_it_runs_through_and_prints_no_placeholder(name: str, shop: Shop) -> None:
    """No nan, no None, no brace of a template in the report or in any list."""
    ran = shop(name)
    assert re.search(r"\bnan\b|\bNone\b(?! of)|\bNaT\b|\{\w+\}", ran.words) is None
    for path in (ran.folder / "lists").glob("*.csv"):
        assert re.search(r"\bnan\b|\bNone\b|\bNaT\b|\{[\w.-]+\}", path.read_text("utf-8")) is None, path.name


def test_everybody_has_refused(shop: Shop) -> None:
    """It is said, and not one number stands on any list, not even on those for a telephone call."""
    ran = shop("all-refuse")
    assert "Every customer has refused to be contacted, so nobody is on any list." in ran.words
    assert every_list(ran) == set()
    assert ran.read("metrics.json")["plan"] == []


def test_a_dozen_agree(shop: Shop) -> None:
    """Nobody but them is written to or offered anything; nobody is left out of so few, and the report says that it proves nothing."""
    ran = shop("few-agree")
    friends = {shops.phone(number) for number in range(FRIENDS)}
    written_to = set()
    for path in (ran.folder / "lists").glob("*.csv"):
        for row in csv.DictReader(path.open(encoding="utf-8-sig")):
            if "contact by" in row and row["contact by"] != "phone call":
                written_to.add(row["customer code"])
    assert written_to
    assert written_to <= friends
    assert set() < numbers_on(ran, "loyalty.csv") <= friends
    assert list((ran.folder / "lists").glob("*-holdout.csv")) == []
    assert all(p["holdout"] == 0 for p in ran.read("metrics.json")["plan"])
    assert "too few for a comparison group" in ran.words


def test_no_money(shop: Shop) -> None:
    """With a budget of nothing, nothing that costs is planned: the sentence says why, and there is no list for it."""
    ran = shop("no-money")
    plan = ran.read("metrics.json")["plan"]
    assert plan
    assert all(not p["cash"] for p in plan if p["status"] == "chosen")
    assert any(p["status"] == "no money left" for p in plan)
    assert "The budget in business.yml (planning, budget) pays for none of these campaigns" in ran.words
    waiting = {f"{p['play']}-{p['segment'].replace('_', '-')}" for p in plan if p["status"] == "no money left"}
    assert waiting & {path.stem for path in (ran.folder / "lists").glob("*.csv")} == set()


def test_nobody_was_asked(shop: Shop) -> None:
    """Without a sheet of answers there is nothing to send at all, only service calls, and the report says why; without order lines no next product."""
    ran = shop("unasked")
    assert list((ran.folder / "lists").glob("send-*")) == []
    assert numbers_on(ran, "offer-*.csv") == set()
    assert "nothing that sells is planned and nobody is written to: only service calls are left" in ran.words
    assert "Its cost is not in business.yml yet" in ran.words
    ways = {
        row["contact by"]
        for path in (ran.folder / "lists").glob("*.csv")
        for row in csv.DictReader(path.open(encoding="utf-8-sig"))
        if "contact by" in row
    }
    assert ways == {"phone call"}


@pytest.mark.parametrize("name", sorted(SHOPS))
def test_every_chart_of_the_chapter_has_something_in_it(name: str, shop: Shop) -> None:
    """A chart without a bar or a line is not drawn; a sentence stands there."""
    text = (shop(name).folder / "report.html").read_text("utf-8")
    for drawing in re.findall(r"<svg\b.*?</svg>", text, flags=re.DOTALL):
        assert len(re.findall(r"<(?:path|rect|circle|use|line|polyline)\b", drawing)) > 2
