"""The other language of the same run: every number is the same to the last digit, and no order is read for it again."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shops
import yaml

from helpers import answers
from helpers.business import FILE
from helpers.parameters import NOTEBOOKS
from helpers.pipeline.run import Done
from helpers.run import ASKED

BY_ORDER = {"orders", "placed", "order_lines"}
"""Tables as long as the business is old; the others have a row per customer at most."""


def numbers(done: Done) -> dict[str, Any]:
    """What a run wrote into metrics.json, without how long it took."""
    found: dict[str, Any] = json.loads((done.folder / "metrics.json").read_text("utf-8"))
    return {name: value for name, value in found.items() if name != "timings"}


def asked(done: Done) -> dict[str, Any]:
    """Notebook → what became of its queries."""
    records = done.folder / "records"
    return {book: json.loads((records / f"{book}{ASKED}").read_text("utf-8")) for book in NOTEBOOKS}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small shop of one's own; the tests of this module follow each other."""
    return shops.client(tmp_path_factory.mktemp("languages") / "clients", shops.small())


@pytest.fixture(scope="module")
def first(client: Path) -> dict[str, Any]:
    """The numbers of its first run, in Vietnamese, which read the orders."""
    done = shops.run(client)
    assert any(BY_ORDER & set(one["read"]) for one in asked(done).values())
    return numbers(done)


def test_two_languages_back_and_forth_say_the_same_without_reading_an_order(
    client: Path, first: dict[str, Any]
) -> None:
    """English after Vietnamese and Vietnamese after English take every answer over; words and headings are the language's."""
    words = {"vi": "mã khách", "en": "customer code"}
    for lang in ("en", "vi", "en"):
        done = shops.run(client, lang=lang)
        assert {name for name, stage in done.stages.items() if not stage.reused} == {*NOTEBOOKS, "report"}
        assert numbers(done) == first
        assert {book: BY_ORDER & set(one["read"]) for book, one in asked(done).items()} == {b: set() for b in NOTEBOOKS}
        assert sum(one["remembered"] for one in asked(done).values()) > 80
        assert f'lang="{lang}"' in (done.folder / "report.html").read_text("utf-8")
        assert words[lang] in next((done.folder / "lists").glob("call*.csv")).read_text("utf-8-sig").splitlines()[0]


def test_answers_belong_to_their_notebook_and_are_private(client: Path, first: dict[str, Any]) -> None:
    """Each file is named in its stage, so that it is taken over and missed; nobody else may read it."""
    done = shops.run(client, lang="en")
    files = [path for path in (done.folder / answers.FOLDER).rglob("*") if path.is_file()]
    named = {name for book in NOTEBOOKS for name in done.stages[book].files}
    assert {path.relative_to(done.folder).as_posix() for path in files} <= named
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_parameter_works_out_only_what_depends_on_it(client: Path, first: dict[str, Any]) -> None:
    """Another horizon: its rates are counted anew, the rest of the chapter is remembered."""
    done = shops.run(client, lang="en", given={"repeat_days": 45})
    assert {name for name, stage in done.stages.items() if not stage.reused} == {"1_diagnosis", "report"}
    found = asked(done)["1_diagnosis"]
    assert 0 < found["computed"] < found["remembered"] / 5
    assert "45" in numbers(done)["repeat_rate"]


def test_damaged_answers_change_no_number(client: Path, first: dict[str, Any]) -> None:
    """Whatever happens to the files, the report is right; it only takes the time of the first one."""
    done = shops.run(client, lang="en")
    for path in answers.kept(done.folder, "2_churn_metrics"):
        path.write_bytes(path.read_bytes()[:-7] + b"nothing")
    done = shops.run(client, lang="vi")
    assert numbers(done) == first
    assert "placed" in asked(done)["2_churn_metrics"]["read"]


def test_another_margin_or_another_order_asks_everything_anew(client: Path, first: dict[str, Any]) -> None:
    """Answers about customers of other worth, or of another day's file, are not used."""
    path = client / FILE
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text("utf-8")), "margin": 0.31}, allow_unicode=True), "utf-8")  # fmt: skip
    done = shops.run(client, lang="en")
    assert "placed" in asked(done)["1_diagnosis"]["read"]
    assert numbers(done) != first
    source = client.parent.with_name(f"{client.parent.name}-files") / "orders.csv"
    with source.open("a", encoding="utf-8") as file:
        file.write(f"HD99999,{shops.END - timedelta(days=1)} 10:00:00,{shops.phone(1)},250000,VND,counter\n")
    done = shops.run(client, lang="vi")
    assert "placed" in asked(done)["1_diagnosis"]["read"]
    assert numbers(done)["orders"] == first["orders"] + 1
