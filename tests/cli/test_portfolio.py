"""A coach's clients at a glance: the table, the page, and the month's run of all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shops

Retention = Callable[..., Any]


def ran(workspace: Path, slug: str, name: str, **numbers: Any) -> Path:
    """A client whose last run left these numbers."""
    folder = workspace / slug
    run = folder / "runs" / "2026-06-30"
    run.mkdir(parents=True)
    (folder / "business.yml").write_text(f"name: {json.dumps(name)}\nsources: {{}}\n", "utf-8")
    rate = {"90": {"value": 0.31, "low": 0.27, "high": 0.35, "n": 412}}
    usual = {"as_of": "2026-06-30", "customers": 1234, "repeat_rate": rate, "data_quality": {"grade": {"mark": "B"}}}
    (run / "metrics.json").write_text(json.dumps({**usual, **numbers}), "utf-8")
    (run / "manifest.json").write_text('{"run_on": "2026-07-02"}', "utf-8")
    (run / "report.html").write_text("report", "utf-8")
    return run


def test_list_shows_how_each_stands(retention: Retention, workspace: Path) -> None:
    """Grade, verdicts counted, promises overdue and the day of the last run, after the figures."""
    verdicts = [{"verdict": "worked"}, {"verdict": "not shown yet"}, {"verdict": "worked"}]
    ran(workspace, "mo", "Mơ", campaigns=verdicts, promises=[{"became": "overdue"}, {"became": "kept"}])
    said = retention("list", "--lang", "en")
    assert said.code == 0
    assert "mo Mơ 2026-06-30 1,234 31% B 2 × it worked, 1 × not shown yet 1 2026-07-02" in said.out
    assert "Mơ 2026-06-30 1.234 31% B 2 × có tác dụng, 1 × " in retention("list").out


def test_the_page(retention: Retention, workspace: Path) -> None:
    """One file without anything from elsewhere: names lead to the reports, what is not known is empty, names stay text."""
    ran(workspace, "mo", "<b>Mơ & Co</b>")
    ran(workspace, "old", "Old", repeat_rate=None, data_quality=None, campaigns=None, promises="?")
    (workspace / "new").mkdir()
    (workspace / "new" / "business.yml").write_text("name: New\nsources: {}\n", "utf-8")
    said = retention("list", "--lang", "en", "--html", "all.html")
    page = workspace / "all.html"
    assert said.out.endswith(str(page))
    assert page.stat().st_mode & 0o077 == 0
    text = page.read_text("utf-8")
    assert '<a href="mo/runs/2026-06-30/report.html">&lt;b&gt;Mơ &amp; Co&lt;/b&gt;</a>' in text
    assert "31%<small>27% to 35%, n = 412</small>" in text
    assert "no run yet" in text
    assert "<script" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert (workspace / "mo" / "runs" / "2026-06-30" / "report.html").is_file()


def test_run_all_ends_with_the_list_and_the_page(retention: Retention, workspace: Path) -> None:
    """Reports alone are on standard output; the list, with the client that failed, and the page's place are messages."""
    good = shops.client(workspace, shops.twelve(), name="B good")
    (workspace / "a-broken").mkdir()
    (workspace / "a-broken" / "business.yml").write_text("name: [", "utf-8")
    said = retention("run", "--all", "--lang", "en")
    assert said.code == 2
    assert said.out == str(good / "runs" / shops.END.isoformat() / "report.html")
    assert "a-broken a-broken no run yet" in said.err
    assert said.err.endswith(str(workspace / "portfolio.html"))
    assert f"b-good/runs/{shops.END}/report.html" in (workspace / "portfolio.html").read_text("utf-8")
