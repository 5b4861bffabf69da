"""Clients side by side in processes that outlive a client but not each other's faults.

A process keeps its imports and its server of kernels from one client to the next. One that is killed, crashes or takes more memory
than its share is named as the end of the client it was at; another process goes on with those that are left.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic

from helpers.errors import key
from helpers.fleet.memory import Share, tree_memory
from helpers.fleet.one import Asked, Ended, language_of, serve

LOOK_SECONDS = 1.0
"""How often memory is looked at."""
CLEARING_SECONDS = 10.0
"""How long interrupted runs may take to clear away what was half made before they are killed."""
TIRED = 0.4
"""A process that holds more than this part of its share between two clients is replaced by a fresh one."""
KILLED = key(
    "its process was ended from outside (signal {number}; often the machine had no memory left); run it by itself"
)
CRASHED = key("its process ended by itself with code {number}")
TOO_LARGE = key("it took more than its {limit} MB of memory and was stopped; run it by itself, or with --jobs 1")

Watch = Callable[[str, str], None]
"""Called with a client and the stage that has begun."""


@dataclass
class _Worker:
    """One process and the client it is at."""

    process: BaseProcess
    pipe: Connection
    client: Path | None = None
    begun: float = 0.0
    over: bool = False
    """Whether it was stopped for its memory."""


@dataclass
class _Many:
    """The state of one `run --all`; nobody outside this module sees it."""

    asked: Asked
    share: Share
    watch: Watch
    queue: deque[Path]
    workers: list[_Worker] = field(default_factory=list)
    looked: float = 0.0

    def go(self) -> Iterator[Ended]:
        """Every client's end, as they come."""
        while self.queue or any(worker.client for worker in self.workers):
            self._hand_out()
            yield from self._hear()
            self._look()

    def _hand_out(self) -> None:
        idle = [worker for worker in self.workers if worker.client is None]
        while self.queue and (idle or len(self.workers) < self.share.jobs):
            worker = idle.pop() if idle else self._start()
            client = self.queue.popleft()
            try:
                worker.pipe.send(client)
            except OSError:  # it has ended between two clients: nobody's fault, another takes this one
                self._drop(worker)
                self.queue.appendleft(client)
                continue
            worker.client, worker.begun = client, monotonic()

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=serve, args=(there, self.asked))
        with _deaf():
            process.start()
        there.close()
        self.workers.append(_Worker(process, here))
        return self.workers[-1]

    def _hear(self) -> Iterator[Ended]:
        """What the processes say until the next look at their memory."""
        busy = {worker.pipe: worker for worker in self.workers if worker.client is not None}
        for pipe in wait(list(busy), timeout=LOOK_SECONDS):
            worker = busy[pipe]  # type: ignore[index]  # these are the pipes that were waited for
            client = worker.client
            try:
                said = worker.pipe.recv()
            except (EOFError, OSError):
                yield self._lost(worker)
                continue
            if isinstance(said, Ended):
                worker.client = None
                self._replace_if_tired(worker)
                yield said
            elif client is not None:
                self.watch(client.name, said)

    def _lost(self, worker: _Worker) -> Ended:
        """The end of a client whose process is gone."""
        self._drop(worker)
        client, code = worker.client, worker.process.exitcode or 0
        assert client is not None
        say = language_of(client, self.asked.lang)
        if worker.over:
            said = say.text(TOO_LARGE, limit=(self.share.memory or 0) >> 20)
        else:
            said = say.text(KILLED if code < 0 else CRASHED, number=abs(code))
        return Ended(client.name, "failed", monotonic() - worker.begun, said=said)

    def _look(self) -> None:
        """Stop whoever takes more memory than its share: before the system is short of it and chooses somebody itself."""
        if self.share.memory is None or monotonic() - self.looked < LOOK_SECONDS:
            return
        for worker in self.workers:
            if worker.client is not None and tree_memory(worker.process.pid or 0) > self.share.memory:
                worker.over = True
                worker.process.kill()  # its kernels end with it
        self.looked = monotonic()

    def _replace_if_tired(self, worker: _Worker) -> None:
        if self.share.memory is not None and tree_memory(worker.process.pid or 0) > TIRED * self.share.memory:
            self._drop(worker)

    def _drop(self, worker: _Worker) -> None:
        """Let a process go; it ends when its pipe is closed, if it has not ended yet."""
        self.workers.remove(worker)
        worker.pipe.close()
        worker.process.join(CLEARING_SECONDS)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()

    def stop(self) -> None:
        """End every process: those at work clear away what is half made, and the last good reports stay."""
        for worker in self.workers:
            if worker.client is not None:
                worker.process.terminate()
        for worker in list(self.workers):
            with suppress(OSError):
                self._drop(worker)


def run_many(clients: Sequence[Path], asked: Asked, share: Share, watch: Watch = lambda client, stage: None) -> Generator[Ended, None, None]:  # fmt: skip
    """Run clients side by side and give each one's end as soon as it is there.

    Args:
        clients: their folders. asked: what is asked of each. share: how the machine is divided. watch: hears of stages.

    Returns:
        One :class:`Ended` per client, in the order they end. Leaving early (Ctrl-C) ends every process.
    """
    engine = None if share.memory is None else share.memory // 2  # the rest is for what is not the engine's
    many = _Many(replace(asked, kernels=share.kernels, memory=engine), share, watch, deque(clients))
    try:
        yield from many.go()
    finally:
        many.stop()


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started within take no Ctrl-C of the terminal: the command hears it and ends them in order."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread, which alone hears signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def in_order(ends: Iterable[Ended], clients: Sequence[Path], heard: Callable[[str], None]) -> Iterator[Ended]:
    """Ends in the order of the clients, each as soon as it and all before it are there; `heard` is told at once."""
    waiting: dict[str, Ended] = {}
    order = deque(client.name for client in clients)
    for end in ends:
        waiting[end.slug] = end
        heard(end.slug)
        while order and order[0] in waiting:
            yield waiting.pop(order.popleft())
