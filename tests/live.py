"""A live session, served as `retention session` serves it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from helpers import serving


@contextmanager
def serve(client: Path) -> Iterator[tuple[str, int]]:
    """A live session of a client in its workspace: the address announced, and the server's process id."""
    pytest.importorskip("voila")
    words = [
        sys.executable, "-m", "helpers.cli", "session", client.name, "--no-browser", "--workspace", str(client.parent),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, start_new_session=True
    ) as server:
        assert server.stdout is not None
        try:
            address = server.stdout.readline().strip()
            assert serving.is_up(urlsplit(address).port or 0, server)
            yield address, server.pid
        finally:
            os.killpg(server.pid, signal.SIGINT)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                raise
