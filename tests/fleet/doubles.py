"""Clients whose run does what their folder's name says: the processes around them are the real ones."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from helpers.errors import InputError
from helpers.fleet import one
from helpers.pipeline import run as runs
from helpers.pipeline.run import Done, Order
from helpers.pipeline.stages import Stage


def act(order: Order, progress: object, stage_started: Callable[[str], None]) -> Done:
    """What a run does here: fail, die, grow, sleep, or end well; it leaves a trace while it is at work."""
    stage_started("tables")
    name, mark = order.client.name, order.client / "at-work"
    if name.startswith("refused"):
        raise InputError("{file} is empty; export it again.", file="orders.csv")
    if name.startswith("failed"):
        raise RuntimeError("no such thing")
    if name.startswith("killed"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("gone"):
        os._exit(7)
    mark.write_text(str(os.getpid()), encoding="utf-8")
    try:
        if name.startswith("grows"):
            held = b"x" * (3 << 30)
            time.sleep(30)
            assert held
        if name.startswith("sleeps"):
            time.sleep(60)
    finally:
        mark.unlink()
    stages = {
        "tables": Stage("k", 0.0, reused=name.startswith("kept")),
        "report": Stage("k", 0.0, reused=name.startswith("kept")),
    }
    (order.client / "pid").write_text(str(os.getpid()), encoding="utf-8")
    return Done(order.client, order.client / "report.html", stages)


def serve(pipe: Connection, asked: one.Asked) -> None:
    """The real process with the run exchanged."""
    runs.run = act  # type: ignore[assignment]
    one.serve(pipe, asked)


def client(workspace: Path, name: str) -> Path:
    """A client's folder."""
    folder = workspace / name
    folder.mkdir(parents=True)
    (folder / "business.yml").write_text(f"name: {name}\nlang: en\nsources: {{}}\n", encoding="utf-8")
    return folder
