"""The example for a coach who practises: it opens with answers, goes back to how it came, and never touches a client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shops

from helpers import files, resources, serving
from helpers import session as sessions
from helpers.errors import InputError
from helpers.pipeline import example
from helpers.session import Session

Retention = Callable[..., Any]


def test_the_example_comes_with_answers(tmp_path: Path) -> None:
    """A first look shows a session that is half done, without the truth behind the simulation."""
    client = example.install(tmp_path / example.FOLDER)
    assert sessions.load(client) == sessions.load(resources.example("cafe"))
    assert len(sessions.load(client).answers) > 10
    assert not (client / "truth").exists()


def test_practice_is_put_back_and_runs_stay(tmp_path: Path) -> None:
    """Answers, dropped files and a changed business.yml go; the runs stay, and a second install changes nothing."""
    client = example.install(tmp_path / example.FOLDER)
    before = shops.tree(client)
    sessions.save(client, sessions.load(client).answer("promise-kept", 0, "x"))
    files.write_text(client / "files" / "dropped.csv", "x")
    files.write_text(client / "business.yml", "name: x\n")
    files.write_text(client / "runs" / "2026-06-30" / "report.html", "x")
    example.reset(client)
    after = shops.tree(client)
    assert {path for path in after if path.startswith("runs")} == {
        "runs",
        "runs/2026-06-30",
        "runs/2026-06-30/report.html",
    }
    assert {path: content for path, content in after.items() if not path.startswith("runs")} == before


def test_a_session_may_begin_blank(tmp_path: Path) -> None:
    """Everything but the answers is there."""
    client = example.reset(tmp_path / example.FOLDER, blank=True)
    assert sessions.load(client) == Session()
    assert (client / "business.yml").is_file()


def test_a_client_of_the_same_name_is_left_alone(retention: Retention, workspace: Path, orders: Path) -> None:
    """Whoever really is called so keeps every byte, whichever way the demo is asked for."""
    retention("new", "Tiệm Cà Phê Mây", "--orders", orders)
    before = shops.tree(workspace)
    for words in ((), ("--reset",), ("--blank", "--session")):
        said = retention("demo", *words, "--lang", "en")
        assert said.code == 2
        assert said.err == (
            "The folder tiem-ca-phe-may holds a client and not the example; name another workspace with --workspace."
        )
    assert shops.tree(workspace) == before
    with pytest.raises(InputError):
        example.reset(workspace / example.FOLDER)


def test_a_demo_session_is_served_on_the_example(
    retention: Retention, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command from nothing to a page with numbers: the example is run when it never was, and only then."""
    import helpers.cli as cli

    ran, served = [], []
    monkeypatch.setattr(cli, "_run_one", lambda client, *_, **__: (ran.append(client), (client / "runs").mkdir()))
    monkeypatch.setattr(
        serving, "serve_session", lambda client, say, **how: served.append((client, say.code, how["browser"]))
    )
    for _ in range(2):
        assert retention("demo", "--session", "--no-browser", "--lang", "en").code == 0
    client = workspace / example.FOLDER
    assert ran == [client]
    assert served == [(client, "en", False)] * 2
