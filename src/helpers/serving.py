"""The guided session in a browser, and JupyterLab for the analyst: both on this machine's loopback address only."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from helpers import resources
from helpers.errors import InputError
from helpers.language import Language
from helpers.pipeline import kernels
from helpers.pipeline.stages import earlier_runs
from helpers.run import ENVIRONMENT

CLIENT = "RETENTION_CLIENT"
LANGUAGE = "RETENTION_LANG"
TOKEN = "RETENTION_TOKEN"  # noqa: S105 – the name of a variable
LOOPBACK = "127.0.0.1"
PAGE = "helpers.page.warm"
"""What the page's kernel imports; named, not imported: the command line only starts the server."""
_UP_SECONDS = 60.0


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


def session_command(port: int) -> list[str]:
    """The command that serves the guided session without code, on loopback; the token is not in it: others may list commands."""
    notebook = resources.notebooks() / "0_guided_session.ipynb"
    return [
        sys.executable, "-c", "import sys; from helpers.serving import serve; serve(sys.argv[1:])", str(notebook),
        "--no-browser", f"--Voila.ip={LOOPBACK}", f"--port={port}", "--strip_sources=True", "--template=retention",
        "--Voila.log_level=ERROR", "--preheat_kernel=True", "--pool_size=1",  # the next page is ready before it is asked for
    ]  # fmt: skip


def session_environment(client: Path, say: Language, token: str) -> dict[str, str]:
    """What the server and the page's kernel are told: whose session it is, in which language, where the template lies."""
    templates = os.pathsep.join(filter(None, (str(resources.package_file("voila")), os.environ.get("JUPYTER_PATH"))))
    forked = {"JUPYTER_DEFAULT_PROVISIONER_NAME": kernels.NAME} if kernels.supported() else {}
    told = {CLIENT: str(client.resolve()), LANGUAGE: say.code, TOKEN: token, "JUPYTER_PATH": templates}
    return {**os.environ, **forked, **told}


def serve_session(client: Path, say: Language, *, port: int, browser: bool, announce: Callable[[str], None]) -> None:
    """Serve the session until the user ends it with Ctrl-C.

    Raises:
        InputError: Voilà is not installed.
    """
    _require("voila", say)
    chosen, token = port or free_port(), secrets.token_urlsafe(16)
    url = f"http://{LOOPBACK}:{chosen}/?token={token}"
    announce(url)
    environment = session_environment(client, say, token)
    with subprocess.Popen(session_command(chosen), env=environment) as server:  # noqa: S603 – fixed words of our own
        if browser:
            Thread(target=_open, args=(url, chosen, server), daemon=True).start()
        try:
            server.wait()
        except KeyboardInterrupt:
            server.terminate()


def _open(url: str, port: int, server: subprocess.Popen[bytes]) -> None:
    """Open the browser as soon as somebody answers at the address, and not on a page that says nobody does."""
    if is_up(port, server):
        webbrowser.open(url)


def is_up(port: int, server: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers; False when it has ended or takes longer than a minute."""
    end = time.monotonic() + _UP_SECONDS
    while server.poll() is None and time.monotonic() < end:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1):
                return True
        except OSError:
            time.sleep(0.05)
    return False


def serve(words: list[str]) -> None:
    """Voilà in this process, with kernels forked from a server that has imported the page while the browser was opening."""
    token = os.environ.pop(TOKEN)  # the page's kernel and what it starts need not know it
    kernels.warm_up(PAGE)
    from voila.app import Voila

    # Voilà itself answers to any name: a page elsewhere could make its own name point to this machine and read along
    Voila.launch_instance([*words, f"--token={token}"], tornado_settings={"allow_remote_access": False})


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
