"""What a person sees while a run goes on: a live table on a terminal, one plain line per event in a log file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from helpers.language import Language


@dataclass
class Watcher:
    """Receives the pipeline's events and shows them. Notebooks report from several threads at once."""

    console: Console
    say: Language
    bars: Progress | None = None
    _tasks: dict[str, TaskID] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def stage(self, name: str) -> None:
        """A stage of the pipeline has begun."""
        titles = {
            "tables": self.say.text("Reading the files"),
            "customers": self.say.text("Measuring every customer"),
            "report": self.say.text("Writing the report"),
        }
        with self._lock:
            if self.bars is None:
                self.console.print(titles[name])
            else:
                for earlier in list(self._tasks):
                    self.bars.update(self._tasks.pop(earlier), total=1, completed=1)
                self._tasks[name] = self.bars.add_task(titles[name], total=None, cell="")

    def cell(self, book: str, cell: int, of: int) -> None:
        """A notebook has reached a cell."""
        with self._lock:
            begun = self._started.setdefault(book, monotonic())
            if self.bars is None:
                if cell == 1:
                    self.console.print(self.say.text("Notebook {book}: {cells} cells", book=book, cells=of))
                elif cell == of:
                    seconds = self.say.number(monotonic() - begun, 1)
                    self.console.print(
                        self.say.text("Notebook {book}: last cell after {seconds} s", book=book, seconds=seconds)
                    )
                return
            if book not in self._tasks:
                self._tasks[book] = self.bars.add_task(book, total=of, cell="")
            where = self.say.text("cell {cell}/{cells}", cell=cell, cells=of)
            self.bars.update(self._tasks[book], completed=cell if cell == of else cell - 1, cell=where)


@contextmanager
def watching(console: Console, say: Language) -> Iterator[Watcher]:
    """Show the events of one run; on a terminal with bars, elapsed time and time left."""
    if not console.is_terminal:
        yield Watcher(console, say)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[cell]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        yield Watcher(console, say, bars)


@dataclass
class Follower:
    """Many clients at once, on a terminal: how many have ended, and which are at which stage."""

    say: Language
    bar: Progress | None = None
    task: TaskID | None = None
    at: dict[str, str] = field(default_factory=dict)

    def stage(self, client: str, name: str) -> None:
        """A client has reached a stage."""
        titles = {
            "tables": self.say.text("Reading the files"),
            "customers": self.say.text("Measuring every customer"),
            "report": self.say.text("Writing the report"),
        }
        self.at[client] = titles[name]
        self._show()

    def ended(self, client: str) -> None:
        """A client has ended, well or not."""
        self.at.pop(client, None)
        if self.bar is not None and self.task is not None:
            self.bar.advance(self.task)
        self._show()

    def _show(self) -> None:
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, cell="; ".join(f"{client}: {title}" for client, title in self.at.items()))


@contextmanager
def following(console: Console, say: Language, clients: int) -> Iterator[Follower]:
    """Show how far a run of many clients is; in a log file nothing but what is said of each when it has ended."""
    if not console.is_terminal:
        yield Follower(say)
        return
    columns = (BarColumn(), TextColumn("{task.completed}/{task.total}  {task.fields[cell]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield Follower(say, bar, bar.add_task("", total=clients, cell=""))
