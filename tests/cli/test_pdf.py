"""The report on paper: `retention run --pdf`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shops

from helpers import printing

Retention = Callable[..., Any]


@pytest.fixture
def client(shop: shops.Ran, workspace: Path) -> Path:
    """A client of one's own that has just been run, so that running again costs a moment."""
    folder = workspace / shop.client.name
    shutil.copytree(shop.client, folder)
    return folder


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any browser; programs put into this folder are found."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(printing, "PLACES", ())
    return programs


def report_of(client: Path) -> Path:
    """Its last report."""
    return client / "runs" / shops.END.isoformat() / "report.html"


def program(folder: Path, script: str) -> Path:
    """A browser that does this."""
    path = folder / "chromium"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_the_report_is_printed_beside_itself(retention: Retention, client: Path) -> None:
    """A4 pages with the report's words, named after it, with its file mode, and nothing else left behind."""
    if not any(shutil.which(name) for name in printing.BROWSERS):
        pytest.skip("no Chrome, Edge or Chromium is installed")
    said = retention("run", client.name, "--pdf")
    printed = report_of(client).with_suffix(".pdf")
    assert said.code == 0, said.err
    assert said.out.endswith(f"{report_of(client)} {printed}")
    content = printed.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= 5
    sizes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", content)}
    assert {(round(box[2] / 72 * 25.4), round(box[3] / 72 * 25.4)) for box in sizes} == {(210, 297)}
    assert printed.stat().st_mode == report_of(client).stat().st_mode
    assert list(printed.parent.glob("*.part")) == []


def test_without_a_browser(retention: Retention, client: Path, nowhere: Path) -> None:
    """One sentence before any work is done: what is missing, and the way without it."""
    before = shops.tree(client)
    said = retention("run", client.name, "--pdf", "--lang", "en", "--force")
    assert (said.code, said.out) == (2, "")
    assert "A PDF needs Chrome, Edge or Chromium, and none is installed" in said.err
    assert shops.tree(client) == before


@pytest.mark.parametrize("script", ["exit 3", "exit 0"])
def test_a_browser_that_prints_nothing(client: Path, nowhere: Path, script: str) -> None:
    """Whether it fails or only says it has printed: the sentence names it, and the PDF of before stays whole."""
    program(nowhere, script)
    before = report_of(client).with_suffix(".pdf")
    before.write_bytes(b"%PDF-of before")
    with pytest.raises(printing.InputError, match="The browser chromium did not print the report"):
        printing.print_report(report_of(client), printing.browser())
    assert before.read_bytes() == b"%PDF-of before"
    assert list(before.parent.glob("*.part")) == []


def test_a_browser_where_no_command_leads(monkeypatch: pytest.MonkeyPatch, nowhere: Path, tmp_path: Path) -> None:
    """On Windows and macOS browsers lie in folders of programs; one of another system's folders is passed over."""
    installed = tmp_path / "Chrome"
    installed.write_text("", "utf-8")
    monkeypatch.setattr(printing, "PLACES", ("{NoSuchFolder}/chrome.exe", str(tmp_path / "absent"), "{HERE}/Chrome"))
    monkeypatch.setenv("HERE", str(tmp_path))
    assert printing.browser() == f"{tmp_path}/Chrome"
