"""The guided session in a browser, and JupyterLab for the analyst: both on this machine's loopback address only."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from threading import Timer

from helpers import resources
from helpers.errors import InputError
from helpers.language import Language
from helpers.pipeline.stages import earlier_runs
from helpers.run import ENVIRONMENT

CLIENT = "RETENTION_CLIENT"
LANGUAGE = "RETENTION_LANG"
LOOPBACK = "127.0.0.1"


def _require(module: str, say: Language) -> None:
    """Say which extra is missing instead of failing on an import."""
    import importlib.util

    if importlib.util.find_spec(module) is None:
        raise InputError(
            "This needs “{module}”, which is not installed; run: pip install “retention-playbook[lab]”.", module=module
        )


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def session_command(port: int, token: str) -> list[str]:
    """The command that serves the guided session without code, on loopback, behind a token."""
    notebook = resources.notebooks() / "0_guided_session.ipynb"
    return [
        sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--Voila.ip={LOOPBACK}", f"--port={port}",
        f"--token={token}", "--strip_sources=True", "--template=retention",
    ]  # fmt: skip


def serve_session(client: Path, say: Language, *, port: int, browser: bool, announce: Callable[[str], None]) -> None:
    """Serve the session until the user ends it with Ctrl-C.

    Raises:
        InputError: Voilà is not installed.
    """
    _require("voila", say)
    chosen, token = port or free_port(), secrets.token_urlsafe(16)
    url = f"http://{LOOPBACK}:{chosen}/?token={token}"
    announce(url)
    if browser:
        Timer(2.5, webbrowser.open, [url]).start()
    templates = os.pathsep.join(filter(None, (str(resources.package_file("voila")), os.environ.get("JUPYTER_PATH"))))
    environment = {**os.environ, CLIENT: str(client.resolve()), LANGUAGE: say.code, "JUPYTER_PATH": templates}
    with subprocess.Popen(session_command(chosen, token), env=environment) as server:  # noqa: S603 – fixed words of our own
        try:
            server.wait()
        except KeyboardInterrupt:
            server.terminate()


def open_lab(client: Path, say: Language) -> int:
    """JupyterLab on a copy of the notebooks inside the client's folder, reading the client's last run.

    Returns:
        JupyterLab's exit code.

    Raises:
        InputError: JupyterLab is not installed, or there is no run yet.
    """
    _require("jupyterlab", say)
    runs = earlier_runs(client / "runs")
    if not runs:
        raise InputError("There is no run of “{client}” yet; start with: retention run {client}", client=client.name)
    copies = client / "lab"
    copies.mkdir(exist_ok=True)
    for notebook in resources.notebooks().glob("*.ipynb"):
        if not (copies / notebook.name).exists():  # an analyst's own changes stay
            shutil.copy2(notebook, copies / notebook.name)
    environment = {**os.environ, ENVIRONMENT: str(runs[0].resolve()), CLIENT: str(client.resolve())}
    command = [sys.executable, "-m", "jupyter", "lab", str(copies), f"--ip={LOOPBACK}"]
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 – fixed words of our own
