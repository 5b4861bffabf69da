"""The analyst's variant: `retention run --with-code`."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
import shops

from helpers.parameters import NOTEBOOKS
from helpers.with_code import write_with_code

Retention = Callable[..., Any]
HIDDEN = {"parameters", "injected-parameters", "no-report"}
FOUND = re.compile(r'class="finding[^>]*>([^<]+)<')
TRACE = re.compile(r'<details class="code" id="([\w-]+)">(.*?)</details>', re.DOTALL)


@pytest.fixture
def client(shop: shops.Ran, workspace: Path) -> Path:
    """A client of one's own."""
    folder = workspace / shop.client.name
    shutil.copytree(shop.client, folder)
    return folder


@pytest.fixture(scope="module")
def page(shop: shops.Ran, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run with the variant beside its report."""
    folder = tmp_path_factory.mktemp("code") / shop.client.name
    shutil.copytree(shop.client, folder)
    run = folder / "runs" / shops.END.isoformat()
    return run, write_with_code(run).read_text("utf-8")


def test_the_command_writes_it_beside_the_report(retention: Retention, client: Path) -> None:
    """Nothing is worked out again, the client's report stays as it is, and both paths are said."""
    assert retention("run", client.name).code == 0  # the copy lies in another place than the run it was made from
    run = client / "runs" / shops.END.isoformat()
    before = (run / "report.html").read_text("utf-8")
    done = retention("run", client.name, "--with-code")
    assert done.code == 0
    assert [Path(line).name for line in done.out.split()[-2:]] == ["report.html", "report-with-code.html"]
    assert (run / "report.html").read_text("utf-8") == before
    stages = json.loads((run / "manifest.json").read_text("utf-8"))["stages"]
    assert all(stage["reused"] for stage in stages.values())
    assert "repeat_days=90 (" in (run / "report-with-code.html").read_text("utf-8")


def test_every_output_names_the_cell_that_made_it(page: tuple[Path, str]) -> None:
    """Whatever the report shows of a cell stands before that cell's number and code, as in the executed notebook."""
    run, html = page
    found = dict(TRACE.findall(html))
    assert len(found) > 60
    for name in NOTEBOOKS:
        book = nbformat.read(run / "notebooks" / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
        for cell in (c for c in book.cells if c.cell_type == "code" and not HIDDEN & {*c.metadata.get("tags", ())}):
            body = found.pop(f"{name}-{cell.execution_count}")
            code = body[body.index("<code>") + 6 : body.index("</code>")]
            assert unescape(code).split() == cell.source.split()
            before = html[: html.index(f'id="{name}-{cell.execution_count}"')].replace("\N{NO-BREAK SPACE}", " ")
            shown = "".join("".join(o.get("data", {}).get("text/html", "")) for o in cell.outputs)
            assert all(words in before for words in FOUND.findall(shown))
    assert found == {}


def test_each_of_several_outputs_has_its_source(page: tuple[Path, str]) -> None:
    """A cell that shows several pieces has a line below each but the last, leading to the full source below that one."""
    run, html = page
    several = 0
    for name in NOTEBOOKS:
        book = nbformat.read(run / "notebooks" / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
        for cell in (c for c in book.cells if c.cell_type == "code" and not HIDDEN & {*c.metadata.get("tags", ())}):
            shown = [o for o in cell.outputs if {"text/html", "image/svg+xml"} & {*o.get("data", {})}]
            lines = html.count(f'<p class="source"><a href="#{name}-{cell.execution_count}">')
            assert lines == max(0, len(shown) - 1)
            several += len(shown) > 1
    assert several


def test_names_tables_and_links_are_really_there(page: tuple[Path, str]) -> None:
    """Every name of metrics.json exists, every table lies in the run folder, every link leads somewhere, no id is there twice."""
    run, html = page
    numbers = json.loads((run / "metrics.json").read_text("utf-8"))
    tables = {path.stem for path in (run / "tables").glob("*.parquet")}
    named, read = set[str](), set[str]()
    for _, body in TRACE.findall(html):
        facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(.*?)</dd>", body))
        named |= {*facts.get("metrics.json", "").split(", ")} - {""}
        read |= {*facts.get("Tables read", facts.get("Bảng đã đọc", "")).split(", ")} - {""}
    assert len(named) > 25
    assert named <= numbers.keys()
    assert {"placed", "customers"} <= read <= tables
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len({*ids})
    assert {*re.findall(r'href="#([^"]+)"', html)} <= {*ids}


def test_the_first_page_says_where_its_numbers_come_from(page: tuple[Path, str]) -> None:
    """Each name it is written from exists and leads to the cell that recorded it, or to the stages before."""
    run, html = page
    block = html[html.index('class="code leads"') :]
    block = block[: block.index("</details>")]
    leads = re.findall(r'(\w+) \(<a href="#([^"]+)">', block)
    numbers = json.loads((run / "metrics.json").read_text("utf-8"))
    assert {name for name, _ in leads} <= numbers.keys()
    assert ("repeat_rate", "1_diagnosis-4") in leads
    assert ("orders", "stage-tables") in leads
    assert ("gate", "stage-customers") in leads
    made = dict(leads)["leaks"]
    assert "leaks" in re.search(rf'id="{made}".*?<dt>metrics.json</dt><dd>([^<]+)<', html, re.DOTALL)[1].split(", ")  # type: ignore[index]


def test_the_manifest_is_told(page: tuple[Path, str]) -> None:
    """Every file with its SHA-256, every stage with its fingerprint, and the versions; no path of this machine, no script."""
    run, html = page
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    told = html[html.index('id="manifest"') :]
    for found in manifest["inputs"].values():
        for name, sha in found.items():
            assert name in told
            assert sha in told
    assert all(stage["key"] in told for stage in manifest["stages"].values())
    assert all(f"{name} {version}" in told for name, version in manifest["libraries"].items())
    settings = {**manifest["settings"], **manifest["settings"]["parameters"]}
    del settings["parameters"]
    assert all(f"<code>{name}: {'–' if value is None else value}</code>" in told for name, value in settings.items())
    assert str(run.parents[3]) not in html
    assert "<script" not in html


def test_a_parameter_given_is_shown_as_given(retention: Retention, client: Path) -> None:
    """Beside the cells that rest on it and in the manifest, with its value; in the report's language."""
    assert retention("run", client.name, "--with-code", "--lang", "en", "-p", "repeat_days=60").code == 0
    html = (client / "runs" / shops.END.isoformat() / "report-with-code.html").read_text("utf-8")
    assert "repeat_days=60 (given)" in html
    assert "call_limit=50 (default)" in html
    assert "<code>repeat_days=60</code>" in html
    assert "How this run was made" in html
