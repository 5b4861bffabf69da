"""`session` and `lab`: served on this machine only, behind a token, and only where the extra is installed."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest
import shops
from live import serve

from helpers import resources, serving
from helpers.language import language
from helpers.run import ENVIRONMENT

Retention = Callable[..., Any]


def test_the_session_is_served_on_loopback_behind_a_token(tmp_path: Path) -> None:
    """Nobody else in the shop's network can open the page, nobody else on the machine reads the token, and it shows no code."""
    command = serving.session_command(8899)
    assert command[0] == sys.executable
    assert str(resources.notebooks() / "0_guided_session.ipynb") in command
    assert {"--Voila.ip=127.0.0.1", "--port=8899", "--no-browser", "--strip_sources=True"} <= set(command)
    environment = serving.session_environment(tmp_path, language("en"), "secret")
    assert environment[serving.TOKEN] == "secret"
    assert (environment[serving.CLIENT], environment[serving.LANGUAGE]) == (str(tmp_path), "en")


def test_a_free_port_is_free() -> None:
    """Two sessions side by side do not meet."""
    with socket.socket() as taken:
        taken.bind((serving.LOOPBACK, serving.free_port()))


@pytest.mark.parametrize(("command", "module"), [("session", "voila"), ("lab", "jupyterlab")])
def test_a_missing_extra_is_named(
    retention: Retention, shop: shops.Ran, monkeypatch: pytest.MonkeyPatch, command: str, module: str
) -> None:
    """Without the extra the sentence says what to install; nothing is started."""
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("something was started"))
    said = retention(command, shop.client.name, "--lang", "en", at=shop.workspace)
    assert said.code == 2
    assert said.err == f"This needs “{module}”, which is not installed; run: pip install “retention-playbook[lab]”."


@pytest.mark.parametrize("command", ["session", "lab"])
def test_an_unknown_client_is_not_served(retention: Retention, shop: shops.Ran, command: str) -> None:
    """A typing mistake is told before anything is started."""
    said = retention(command, "nobody", at=shop.workspace)
    assert said.code == 2
    assert "“nobody”" in said.err


def test_lab_opens_a_copy_on_the_last_run(shop: shops.Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The analyst works on copies in the client's folder, which are kept when the command is given again."""
    pytest.importorskip("jupyterlab")
    client = tmp_path / "shop"
    run = client / "runs" / "2025-06-30"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("{}", "utf-8")
    called: list[tuple[list[str], dict[str, str]]] = []

    def started(command: list[str], env: dict[str, str], check: bool) -> subprocess.CompletedProcess[bytes]:
        called.append((command, env))
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", started)
    assert serving.open_lab(client, language("en")) == 3
    command, env = called[0]
    assert command[1:5] == ["-m", "jupyter", "lab", str(client / "lab")]
    assert "--ip=127.0.0.1" in command
    assert (env[ENVIRONMENT], env[serving.CLIENT]) == (str(run), str(client))
    mine = client / "lab" / "1_diagnosis.ipynb"
    mine.write_text("changed", "utf-8")
    serving.open_lab(client, language("en"))
    assert mine.read_text("utf-8") == "changed"
    assert len(list((client / "lab").glob("*.ipynb"))) == len(list(resources.notebooks().glob("*.ipynb")))


def test_lab_needs_a_run(retention: Retention, workspace: Path, orders: Path) -> None:
    """Without one the next command is told."""
    pytest.importorskip("jupyterlab")
    retention("new", "Shop", "--orders", orders)
    said = retention("lab", "shop", "--lang", "en")
    assert (said.code, said.err) == (2, "There is no run of “shop” yet; start with: retention run shop")


@pytest.fixture
def served(shop: shops.Ran) -> Iterator[str]:
    """The address a live session announces."""
    with serve(shop.client) as (address, _):
        yield address


def _fetch(address: str) -> tuple[int, str]:
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=60) as answer:
            return answer.status, answer.read().decode("utf-8") + answer.url
    except HTTPError as refused:
        return refused.code, refused.read().decode("utf-8", "replace")


def test_a_live_session_shows_its_page_to_who_has_the_token(served: str, shop: shops.Ran) -> None:
    """With the token the page comes, without sources; without it nothing of the client is shown."""
    assert served.startswith("http://127.0.0.1:")
    bare = served.split("?")[0]
    status, text = _fetch(bare)
    assert status in (401, 403) or "/login" in text
    assert "guided_session" not in text
    status, text = _fetch(bare + "?token=wrong")
    assert status in (401, 403) or "/login" in text
    status, text = _fetch(served)
    assert status == 200
    assert "application/vnd.jupyter.widget-view+json" in text
    assert "from helpers.page import" not in text
