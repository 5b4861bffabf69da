"""A run in a process of its own: it goes on when the page that asked for it is closed, and says in a file how far it is.

The page may be reloaded, its kernel may be killed, a second tab may be open: all of them read the same account. Whether
the process lives is told by a lock it holds, never by the account alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from filelock import FileLock, Timeout

from helpers import files
from helpers.errors import InputError, key
from helpers.language import Language, available, language

ACCOUNT, HELD, LOG = ".run-state.json", ".run-state.lock", "retention.log"
STARTING_SECONDS = 60.0
"""Longest that a process may take before it holds its lock; interpreters of slow disks need several seconds."""
_SHARES = {"tables": 0.2, "customers": 0.3, "report": 0.95}
"""Part of a run that is over when a stage begins to its end, measured on the example; notebooks fill the rest."""


@dataclass(frozen=True)
class State:
    """How far the last run asked for from the page is.

    Attributes:
        status: none (never asked), running, done or failed. share: part of the work that is over, 0–1. stage: tables,
            customers, notebooks or report. said: language → the sentence of the fault. run: the finished run's folder name.
    """

    status: str = "none"
    share: float = 0.0
    stage: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    run: str = ""

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.status == "running"

    def words(self, say: Language) -> str:
        """One line for the page; empty when nothing was asked for."""
        if self.status == "failed":
            return self.said.get(say.code) or say.text(_ENDED)
        if self.status == "done":
            return say.text("The numbers are ready.")
        titles = {
            "tables": say.text("Reading the files"),
            "customers": say.text("Measuring every customer"),
            "notebooks": say.text("Working out the chapters"),
            "report": say.text("Writing the report"),
        }
        return titles.get(self.stage, say.text("Starting")) + "…" if self.running else ""


_ENDED = key("The run was ended from outside before it was done; start it again.")
OURS = key("This is a fault of the program; details are in {log}.")


def start(client: Path, *, today: date, lang: str = "") -> None:
    """Begin a run of a client unless one goes on, and return at once.

    Args:
        today: the calendar day. lang: language of the report; default the client's own.

    Raises:
        InputError: a run of this client goes on.
    """
    refuse_while_running(client)
    _write(client, {"status": "running", "stage": "", "share": 0.0})
    words = [sys.executable, "-m", "helpers.pipeline.background", str(client), today.isoformat(), lang]
    with (client.parent / LOG).open("ab") as log:
        # a session of its own: what ends the page's kernel, and all it has started, does not end the run
        subprocess.Popen(  # noqa: S603 – fixed words of our own
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=_environment()
        )


def refuse_while_running(client: Path) -> None:
    """Refuse whatever would change the files a run is reading.

    Raises:
        InputError: a run of this client goes on.
    """
    if state(client).running:
        raise InputError("The numbers are being worked out just now; wait until that is done, then try again.")


def state(client: Path) -> State:
    """How far the last run is that was asked for with :func:`start`."""
    path = client / ACCOUNT
    try:
        noted: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = {name: noted[name] for name in State.__dataclass_fields__ if name in noted}
        found = State(**known)
        age = time.time() - path.stat().st_mtime
    except (OSError, ValueError, TypeError):
        return State()
    # a clock put back makes the account look as if it came from the future: that is no start either
    starting = not found.stage and abs(age) < STARTING_SECONDS
    if not found.running or starting or _held(client):
        return found
    return State("failed", found.share, found.stage, {code: language(code).text(_ENDED) for code in available()})


def _held(client: Path) -> bool:
    """Whether a process is at work for this client."""
    lock = FileLock(client / HELD, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def _environment() -> dict[str, str]:
    """The page's environment without what would make the new process part of Jupyter."""
    left = {name: value for name, value in os.environ.items() if not name.startswith(("JPY_", "MPLBACKEND"))}
    return {**left, "OPENBLAS_NUM_THREADS": left.get("OPENBLAS_NUM_THREADS", "1")}


def _write(client: Path, account: Mapping[str, Any]) -> None:
    files.write_text(client / ACCOUNT, json.dumps(account, ensure_ascii=False), private=True)


class _Account:
    """Writes down what the pipeline reports; notebooks report from several threads at once."""

    def __init__(self, client: Path) -> None:
        self.client, self.share, self.stage = client, 0.0, "tables"
        self.cells: dict[str, float] = {}
        self.lock = Lock()

    def stage_began(self, name: str) -> None:
        with self.lock:
            earlier = {"customers": "tables", "report": "customers"}.get(name)
            self.share = max(self.share, _SHARES["report"] if name == "report" else _SHARES.get(earlier or "", 0.02))
            self.stage = name
            self._note()

    def cell(self, book: str, cell: int, of: int) -> None:
        from helpers.parameters import NOTEBOOKS

        with self.lock:
            self.cells[book] = (cell - 1) / of
            begin = _SHARES["customers"]
            done = begin + (_SHARES["report"] - begin) * sum(self.cells.values()) / len(NOTEBOOKS)
            self.share, self.stage = max(self.share, done), "notebooks"
            self._note()

    def _note(self) -> None:
        _write(self.client, {"status": "running", "stage": self.stage, "share": round(self.share, 3)})


def _work(client: Path, today: date, lang: str) -> dict[str, Any]:
    """One run from beginning to end; what the account says when it is over."""
    account = _Account(client)
    try:
        from helpers.pipeline.run import Order, run

        done = run(Order(client, today, lang=lang or None), account.cell, account.stage_began)
    except InputError as fault:
        return {"status": "failed", "said": {code: language(code).error(fault) for code in available()}}
    except Exception:
        traceback.print_exc()
        return {"status": "failed", "said": {code: language(code).text(OURS, log=LOG) for code in available()}}
    return {"status": "done", "share": 1.0, "run": done.folder.name}


def main(words: list[str]) -> None:
    """The process :func:`start` begins: client's folder, day, language."""
    client, today, lang = Path(words[0]), date.fromisoformat(words[1]), words[2]
    # a page that looks whether the lock is held has it for an instant; a process that has it for longer was quicker
    with suppress(Timeout), FileLock(client / HELD, timeout=5):
        _write(client, _work(client, today, lang))


if __name__ == "__main__":
    main(sys.argv[1:])
