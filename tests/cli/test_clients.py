"""`check`, `run` and `list`: what is printed, where, and with which exit code."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shops

from helpers import __version__, resources
from helpers.language import language
from helpers.pipeline.run import Done, Order
from helpers.progress import watching

Retention = Callable[..., Any]


def test_check_says_what_was_set_aside_and_why(retention: Retention, tmp_path: Path) -> None:
    """Rejected rows are no failure: exit code 0, counts, and one line per reason."""
    file = shops.write(tmp_path / "orders.csv", shops.small())
    with file.open("a", encoding="utf-8") as more:
        more.write(
            "X1,when?,0912000001,100,VND,counter\nX2,2025-01-01,0912000001,much,VND,counter\nX3,2025-01-01,0912000001,,VND,counter\n"
        )
    retention("new", "Shop", "--orders", file)
    said = retention("check", "shop", "--lang", "en")
    rows = len(shops.small())
    assert (said.code, said.err) == (0, "")
    assert f"rows read {rows + 3} rows kept {rows} rows set aside 3" in said.out
    assert "The date cannot be read. 1" in said.out
    assert "The amount is missing or cannot be read. 2" in said.out
    assert "not measured yet" in said.out
    assert "Ngày ghi không đọc được. 1" in retention("check", "shop").out


def test_check_writes_nothing(retention: Retention, workspace: Path, orders: Path) -> None:
    """Looking costs nothing: the folder is as it was."""
    retention("new", "Shop", "--orders", orders)
    before = shops.tree(workspace)
    assert retention("check", "shop").code == 0
    assert shops.tree(workspace) == before


def test_the_last_line_of_a_run_is_the_report(retention: Retention, shop: shops.Ran) -> None:
    """A script reads the report's path from standard output; everything else goes to the error stream."""
    said = retention("run", shop.client.name, at=shop.workspace)
    assert (said.code, said.out) == (0, str(shop.folder / "report.html"))
    assert said.err.startswith("Đang đọc tệp")


def test_the_client_may_be_named_as_it_is_called(retention: Retention, shop: shops.Ran) -> None:
    """The name of the business does as well as its folder's."""
    assert retention("check", "Tiệm Nhỏ", at=shop.workspace).code == 0


def test_a_failing_cell_is_a_fault_of_the_program(
    retention: Retention, shop: shops.Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1 with notebook, cell and cause; the traceback is in the log, the last report where it was."""
    broken = tmp_path / "notebooks"
    shutil.copytree(resources.notebooks(), broken)
    path = broken / "3_segment_plans.ipynb"
    path.write_text(
        path.read_text("utf-8").replace(
            "sizes = segments.sizes(run.customers,", "sizes = segments.sises(run.customers,"
        ),
        "utf-8",
    )
    monkeypatch.setattr(resources, "notebooks", lambda: broken)
    before = shops.tree(shop.client)
    said = retention("run", shop.client.name, "--lang", "en", "-p", "call_limit=49", at=shop.workspace)
    assert (said.code, said.out) == (1, "")
    cause = "3_segment_plans, cell 4: AttributeError: module 'helpers.segments' has no attribute 'sises'"
    log = shop.workspace / "retention.log"
    assert f"This is a fault of the program: {cause}. Details are in {log}." in said.err
    assert "Cell In[4], line 1" in log.read_text("utf-8")
    assert shops.tree(shop.client) == before


def test_list_shows_every_client_with_its_last_run(retention: Retention, shop: shops.Ran, tmp_path: Path) -> None:
    """One line each: folder, name, data until, customers, share back within 90 days."""
    numbers = shop.read("metrics.json")
    said = retention("list", "--lang", "en", at=shop.workspace)
    share = language("en").percent(numbers["repeat_rate"]["90"]["value"])
    assert said.code == 0
    assert f"tiem-nho Tiệm Nhỏ {shops.END} {numbers['customers']} {share}" in said.out


def test_list_shows_clients_without_a_run_and_damaged_ones(retention: Retention, workspace: Path, orders: Path) -> None:
    """A new client is listed at once; one whose files are damaged does not hide the others."""
    retention("new", "A", "--orders", orders)
    retention("new", "B", "--orders", orders)
    retention("new", "C", "--orders", orders)
    (workspace / "b" / "business.yml").write_text("name: [", "utf-8")
    run = workspace / "c" / "runs" / "2025-06-30"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("{}", "utf-8")
    (run / "metrics.json").write_text("{}", "utf-8")
    said = retention("list", "--lang", "en")
    assert said.code == 0
    assert "a A no run yet – – b b no run yet – – c C" in said.out


def test_an_empty_workspace_says_how_to_begin(retention: Retention, tmp_path: Path) -> None:
    """`list` is no failure there, `run --all` has nothing to do and says so."""
    sentence = f"No clients in {tmp_path / 'none'} yet. Create one with “retention new”."
    listed = retention("list", "--lang", "en", at=tmp_path / "none")
    assert (listed.code, listed.out) == (0, sentence)
    run = retention("run", "--all", "--lang", "en", at=tmp_path / "none")
    assert (run.code, run.err) == (2, sentence)
    assert not (tmp_path / "none").exists()


def test_one_broken_client_does_not_stop_the_others(retention: Retention, workspace: Path, tmp_path: Path) -> None:
    """`run --all` goes on, names the client that failed, and ends with its exit code."""
    good = shops.client(workspace, shops.twelve(), name="B good")
    dollars = shops.write(tmp_path / "dollars.csv", shops.twelve(), currency="USD")
    retention("new", "A broken", "--orders", dollars)
    (workspace / "c-damaged").mkdir()
    (workspace / "c-damaged" / "business.yml").write_text("name: [", "utf-8")
    said = retention("run", "--all")
    assert said.code == 2
    assert said.out == str(good / "runs" / shops.END.isoformat() / "report.html")
    assert re.search(r"— a-broken .*Đơn hàng .*USD.*— b-good .*— c-damaged business\.yml, dòng 1", said.err)
    assert not (workspace / "a-broken" / "runs").exists()


def test_what_is_asked_for_reaches_the_run(
    retention: Retention, shop: shops.Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Day, language, parameters and --force arrive with their types."""
    asked = []

    def run(order: Order, *_: object) -> Done:
        asked.append(order)
        return shop.done

    monkeypatch.setattr("helpers.pipeline.run.run", run)
    words = [
        "--as-of",
        "2025-03-31",
        "--lang",
        "en",
        "-p",
        "call_limit=1",
        "--parameter",
        "holdout_share=0.1",
        "--force",
    ]
    assert retention("run", shop.client.name, *words, at=shop.workspace).code == 0
    (order,) = asked
    assert (order.client, order.as_of, order.lang, order.force) == (shop.client, date(2025, 3, 31), "en", True)
    assert order.given == {"call_limit": 1, "holdout_share": 0.1}
    assert order.today == date.today()


def test_the_version_is_printed(retention: Retention) -> None:
    """One word a bug report can begin with."""
    from typer.testing import CliRunner

    from helpers.cli import app

    assert CliRunner().invoke(app, ["--version"]).stdout.strip() == __version__


def test_a_log_file_gets_one_plain_line_per_event(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there are no bars and no escape codes: stages, and each notebook's first and last cell."""
    from rich.console import Console

    with watching(Console(stderr=True), language("en")) as watcher:
        watcher.stage("tables")
        for cell in (1, 2, 3):
            watcher.cell("1_diagnosis", cell, 3)
        watcher.stage("report")
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["Reading the files", "Notebook 1_diagnosis: 3 cells"]
    assert re.fullmatch(r"Notebook 1_diagnosis: last cell after \d+\.\d s", lines[2])
    assert lines[3:] == ["Writing the report"]


def test_a_terminal_shows_notebook_cell_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal every running notebook has a bar with its cell and the time left."""
    from rich.console import Console

    console = Console(force_terminal=True, width=120, record=True)
    with watching(console, language("en")) as watcher:
        watcher.stage("tables")
        watcher.cell("1_diagnosis", 2, 22)
        watcher.cell("2_churn_metrics", 1, 16)
        assert watcher.bars is not None
        watcher.bars.refresh()
        shown = [(task.description, task.fields["cell"], task.completed, task.total) for task in watcher.bars.tasks]
    assert ("1_diagnosis", "cell 2/22", 1, 22) in shown
    assert ("2_churn_metrics", "cell 1/16", 0, 16) in shown
    text = capsys.readouterr().out
    assert "Reading the files" in text
    assert "cell 2/22" in text
