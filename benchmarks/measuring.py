"""Wall time and peak memory of a command with everything it starts."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from time import monotonic, sleep

from helpers.fleet.memory import tree_memory


def timed(command: list[str], cwd: Path | None) -> tuple[float, int]:
    """Wall seconds and peak memory of a command and everything it starts."""
    started = monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, tree_memory(process.pid))
            sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    watcher.join()
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return monotonic() - started, peak
