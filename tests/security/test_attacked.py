"""Names that attack: nothing a customer, product, branch, note or business is called runs, leads away or escapes from its file."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from .conftest import LINK, NASTY, Attacked

DANGEROUS_TAG = re.compile(r"<\s*(script|iframe|object|embed|base|form|link)\b", re.IGNORECASE)


def pages(found: Attacked) -> list[Path]:
    """Every page of the run."""
    made = sorted(found.run.rglob("*.html"))
    assert {"report.html"} < {page.name for page in made}
    return made


@pytest.mark.browser
def test_no_page_runs_anything(browser: Any, attacked: Attacked) -> None:
    """Opened in a browser, neither report, analyst's report nor an owner's page opens a dialog, sets a variable or asks for anything."""
    for path in pages(attacked):
        page = browser.new_page()
        said: list[str] = []
        page.on("dialog", lambda dialog, said=said: (said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked, said=said: said.append(asked.url) if asked.url.startswith("http") else None)
        page.on("pageerror", lambda fault, said=said: said.append(str(fault)))
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("window.pwned") is None, path.name
        assert page.evaluate("[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => /^on/i.test(a.name)).length") == 0  # fmt: skip
        assert page.evaluate("[...document.querySelectorAll('[href],[src]')].filter(e => /^\\s*javascript:/i.test(e.getAttribute('href') || e.getAttribute('src'))).length") == 0  # fmt: skip
        assert page.evaluate("document.querySelectorAll('script, iframe, object, embed, form').length") == 0
        assert said == [], path.name
        page.close()


@pytest.mark.browser
def test_the_policy_holds_even_where_a_script_stands(browser: Any, attacked: Attacked, tmp_path: Path) -> None:
    """Were a script to get into a page, the page's own policy would not let it run: every page has one."""
    for path in pages(attacked):
        text = path.read_text("utf-8")
        assert "script-src" not in text.split("</head>")[0] or "'none'" in text
        broken = tmp_path / path.name
        broken.write_text(text.replace("</body>", "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'></body>"), "utf-8")  # fmt: skip
        assert broken.read_text("utf-8") != text
        page = browser.new_page()
        page.goto(broken.as_uri())
        assert page.evaluate("window.pwned") is None, path.name
        page.close()


def test_drawings_are_drawings(attacked: Attacked) -> None:
    """Every chart is well-formed, without scripts, handlers or addresses elsewhere."""
    drawn = sorted(attacked.run.glob("charts/*.svg"))
    assert len(drawn) > 5
    for path in drawn:
        for element in ElementTree.parse(path).iter():  # noqa: S314 – our own file
            assert not DANGEROUS_TAG.match(f"<{element.tag.rpartition('}')[2]}")
            for name, value in element.attrib.items():
                assert not name.lower().startswith("on")
                assert name.rpartition("}")[2] != "href" or value.startswith("#")


def test_no_list_holds_a_formula(attacked: Attacked) -> None:
    """No cell of any list begins like a formula, and a line end in a name does not begin a row."""
    lists = sorted(attacked.run.glob("lists/*.csv"))
    assert lists
    for path in lists:
        rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
        assert {len(row) for row in rows} == {len(rows[0])}, path.name
        bad = [cell for row in rows for cell in row if re.match(r"[\x00-\x1f]*[=+\-@\t\r＝＋－＠]", cell)]
        assert [cell for cell in bad if not re.fullmatch(r"-?\d+([.,]\d+)?", cell)] == [], path.name


def test_the_calendar_has_no_line_of_its_own_making(attacked: Attacked) -> None:
    """What a text brings along in line ends is escaped: every line is a property we write or the rest of one."""
    found = sorted(attacked.run.glob("lists/*.ics"))
    for path in found:
        text = path.read_bytes().decode("utf-8").replace("\r\n ", "")
        known = r"(BEGIN|END|VERSION|PRODID|CALSCALE|METHOD|X-WR-CALNAME|X-WR-TIMEZONE|UID|DTSTAMP|DTSTART|DTEND|SUMMARY|DESCRIPTION|CATEGORIES|TRANSP|LOCATION)[:;]"
        assert [line for line in text.split("\r\n") if line and not re.match(known, line)] == []
        assert text.count("BEGIN:VEVENT\r\n") == text.count("END:VEVENT\r\n")


def test_nothing_was_written_outside_the_client(attacked: Attacked) -> None:
    """A name that climbs out of its folder made no file anywhere above."""
    base = attacked.client.parent.parent
    assert {path.name for path in base.iterdir()} <= {"clients", "guard", "calls", "calls.on"}
    assert {path.name for path in attacked.client.parent.iterdir()} == {"tiem"}
    assert list(base.rglob("outside*")) == []


def test_numbers_are_plain_json(attacked: Attacked) -> None:
    """Manifest and metrics are read back by any JSON reader, whatever the names."""
    for name in ("metrics.json", "manifest.json"):
        json.loads((attacked.run / name).read_text("utf-8"), parse_constant=lambda word: pytest.fail(word))


def test_no_notebook_renders_a_name_as_markup(attacked: Attacked) -> None:
    """HTML that a notebook shows holds no script and no handler; Markdown no link that runs."""
    for path in sorted(attacked.run.glob("notebooks/*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                markup = "".join(data.get("text/html", "")) + "".join(data.get("image/svg+xml", ""))
                assert not DANGEROUS_TAG.search(markup)
                assert not re.search(r"<[a-z][^<>]*\son\w+\s*=", markup, re.IGNORECASE)
                assert LINK not in "".join(data.get("text/markdown", ""))


def test_a_run_calls_nobody(attacked: Attacked) -> None:
    """Neither the run nor any kernel it started asked for a name or opened a connection to another machine."""
    assert attacked.guards >= 1
    assert attacked.calls == ""


def test_whoever_is_not_the_owner_reads_no_name(attacked: Attacked) -> None:
    """Every file that names people is its owner's alone, and so are the folders they stand in."""
    run = attacked.run
    private = [*run.glob("tables/*"), *run.glob("lists/*"), *(attacked.client / "files").glob("*.csv")]
    private += [path for path in run.glob("answers/**/*") if path.is_file()]
    assert len(private) > 10
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in private if path.stat().st_mode & 0o077} == {}
    folders = [run / "tables", run / "lists", attacked.client / "files"]
    assert {
        folder.name: oct(folder.stat().st_mode & 0o777) for folder in folders if folder.stat().st_mode & 0o077
    } == {}


def test_the_attack_was_read(attacked: Attacked) -> None:
    """The names are in the tables as they were written: the checks above looked at a business that had them."""
    import pyarrow.parquet as pq

    names = set(pq.read_table(attacked.run / "tables" / "people.parquet")["name"].to_pylist())
    assert sum(any(word[:20] in str(name) for name in names) for word in NASTY) > 7
