"""One client of many, in a process of its own: what is asked of it, what became of it, and the process's main loop."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, Literal

from helpers import business as business_file
from helpers.engine import MEMORY
from helpers.errors import InputError
from helpers.language import Language, language

FIRST_TO_GO = "500"
"""Where memory is short the system ends a run before the command that watches over it (Linux, oom_score_adj)."""


@dataclass(frozen=True)
class Asked:
    """What is asked of every client.

    Attributes:
        today: the calendar day. as_of: end of the data, default each client's last order. lang: default the client's own. given:
            notebook parameters. force: redo every stage. program: browser to print the report with. with_code: write the
            analyst's variant. kernels: notebooks side by side. memory: bytes the engine of one process may hold.
    """

    today: date
    as_of: date | None = None
    lang: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False
    program: str | None = None
    with_code: bool = False
    kernels: int = 1
    memory: int | None = None


@dataclass(frozen=True)
class Ended:
    """What became of one client.

    Attributes:
        slug: its folder. state: done; unchanged (every stage was taken over from the last run); refused (its files are at fault);
            failed (the program is). seconds: how long it took. reused: stages taken over. stages: of how many. written: the
            files to read. said: the sentence of the fault, in the client's language. trace: for the log.
    """

    slug: str
    state: Literal["done", "unchanged", "refused", "failed"]
    seconds: float
    reused: int = 0
    stages: int = 0
    written: tuple[str, ...] = ()
    said: str = ""
    trace: str = ""

    @property
    def code(self) -> int:
        """Exit code of this client alone: 0, 1 (the program's fault) or 2 (its files')."""
        return {"refused": 2, "failed": 1}.get(self.state, 0)


def language_of(client: Path, lang: str | None) -> Language:
    """The language asked for, else the client's own, else Vietnamese: faults are worded even where business.yml is the fault."""
    try:
        return language(lang or business_file.load(client).lang)
    except InputError:
        return language("vi")


def run_one(client: Path, asked: Asked, stage_started: Callable[[str], None]) -> Ended:
    """Run one client; whatever happens is in what is returned."""
    begun = monotonic()
    try:
        return _run(client, asked, stage_started, begun)
    except InputError as fault:
        said = language_of(client, asked.lang).error(fault)
        return Ended(client.name, "refused", monotonic() - begun, said=said)
    except Exception as fault:
        trace = "".join(traceback.format_exception(fault)) + getattr(fault, "traceback", "")
        cause = str(fault).split("\n")[0] or type(fault).__name__
        return Ended(client.name, "failed", monotonic() - begun, said=cause, trace=trace)


def _run(client: Path, asked: Asked, stage_started: Callable[[str], None], begun: float) -> Ended:
    from helpers.pipeline.run import Order, run
    from helpers.printing import print_report

    order = Order(client, asked.today, asked.as_of, asked.lang, asked.given, asked.force, asked.kernels)
    done = run(order, lambda *_: None, stage_started)
    written = [str(done.report)]
    if asked.program is not None:
        written.append(str(print_report(done.report, asked.program)))
    if asked.with_code:
        from helpers.with_code import write_with_code

        written.append(str(write_with_code(done.folder)))
    reused = sum(stage.reused for stage in done.stages.values())
    state: Literal["done", "unchanged"] = "unchanged" if reused == len(done.stages) else "done"
    return Ended(client.name, state, monotonic() - begun, reused, len(done.stages), tuple(written))


def serve(pipe: Connection, asked: Asked) -> None:
    """The process: clients come through the pipe, stages and ends go back, until it is closed at the other end.

    Libraries stay imported and the server of the kernels warm from one client to the next.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    Thread(target=_end_with_parent, daemon=True).start()
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO, encoding="ascii")
    if asked.memory is not None:
        os.environ[MEMORY] = str(asked.memory)  # for the kernels too: their server is started after this
    with suppress(EOFError, KeyboardInterrupt, BrokenPipeError):
        while True:
            client: Path = pipe.recv()
            pipe.send(run_one(client, asked, pipe.send))


def _interrupt(number: int, frame: Any) -> None:
    """Ctrl-C arrives once, from the command that watches; a second signal must not disturb the clearing away."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """End when the command does, however it ends; kernels end with this process in the same way."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
