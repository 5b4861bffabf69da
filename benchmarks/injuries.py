"""The faults themselves, done to a small client: processes killed, disks full or closed, memory gone, clocks moved, files cut short."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from threading import Timer
from typing import Any

import nbformat

from helpers import files, resources
from helpers.errors import InputError
from helpers.onboarding import create
from helpers.parameters import NOTEBOOKS
from helpers.pipeline import stages
from helpers.pipeline.execute import NotebookFailed
from helpers.pipeline.run import Done, Order, run
from helpers.session import Session, load, restore, save
from helpers.session.keeping import Keeper

TODAY, END = date(2025, 7, 1), date(2025, 6, 30)
DRIVER = """
import sys
from pathlib import Path
from helpers import resources
folder = Path(sys.argv.pop(1))
resources.notebooks = lambda: folder
from helpers.cli import main
if __name__ == "__main__":
    main()
"""
PLACING = """
import os, shutil, signal, sys, uuid
from pathlib import Path
from helpers.pipeline import workspace
client, last = Path(sys.argv[1]), int(sys.argv[2])
target = next(p for p in (client / "runs").iterdir() if p.name[0].isdigit())
staging = workspace.begin(client)
shutil.copytree(target, staging, dirs_exist_ok=True)
(staging / "new").touch()
seen = 0
def count(event, words):
    global seen
    seen += 1
    if seen >= last:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
workspace.put_in_place(staging, target)
"""
"""Puts a run in place and is killed at its n-th call of the system (audit events: open, rename, remove, …)."""


class Lost(Exception):
    """The promise did not hold: what is gone, or what was said instead of one sentence."""


class Impossible(Exception):
    """This machine does not allow a fault to be made."""


@dataclass(frozen=True)
class Victim:
    """One client with a good report and a session, and the notebooks it is run with.

    Attributes:
        client: its folder. notebooks: their folder. seconds: how long a whole run took. said: every answer of its session.
    """

    client: Path
    notebooks: Path
    seconds: float
    said: Session

    def run(
        self, *, today: date = TODAY, force: bool = False, notebooks: Path | None = None, progress: Any = None
    ) -> Done | str:
        """Run in this process; the sentence where the user is told one.

        Raises:
            Lost: neither a report nor a sentence.
        """
        try:
            with _notebooks(notebooks or self.notebooks):
                return run(Order(self.client, today, force=force), progress or (lambda *_: None), lambda _: None)
        except (InputError, NotebookFailed) as told:
            return str(told)
        except Exception as fault:
            raise Lost(f"{type(fault).__name__}: {fault}") from fault

    def command(self, *before: str, notebooks: Path | None = None, **how: Any) -> subprocess.Popen[str]:
        """The command line on this client, everything redone."""
        script = self.client.parents[1] / "driver.py"
        script.write_text(DRIVER, "utf-8")
        words = [*before, sys.executable, str(script), str(notebooks or self.notebooks), "run", self.client.name, "--force", "--lang", "en"]  # fmt: skip
        return subprocess.Popen(
            [*words, "--workspace", str(self.client.parent)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **how,
        )

    def told(self, command: subprocess.Popen[str]) -> str:
        """What a command said that has ended in order: a report, or one sentence.

        Raises:
            Lost: a traceback, or the exit code of a fault of the program.
        """
        try:
            _, said = command.communicate(timeout=600)
        except subprocess.TimeoutExpired:
            command.kill()
            command.communicate()
            raise Lost("it hung") from None
        if "Traceback" in said or command.returncode not in (0, 2):
            raise Lost(f"exit code {command.returncode}: {said.strip()[-300:]}")
        return said

    def unharmed(self) -> None:
        """The last good report is whole, and so is the session.

        Raises:
            Lost: something is missing or cut.
        """
        folder = self.client / "runs" / END.isoformat()
        if not (folder / "report.html").is_file() or not (folder / stages.MANIFEST).is_file():
            raise Lost("there is no report")
        if cut := stages.damaged(folder):
            raise Lost(f"damaged: {', '.join(sorted(cut))}")
        if not stages.read_manifest(folder).get("stages"):
            raise Lost("the manifest is damaged")
        self.answers()

    def answers(self) -> None:
        """Every answer of the session can be read.

        Raises:
            Lost: one is missing.
        """
        try:
            found = load(self.client)
        except InputError:
            found = restore(self.client)
        if (found.guesses, found.answers, found.commitments) != (
            self.said.guesses,
            self.said.answers,
            self.said.commitments,
        ):
            raise Lost("answers of the session are missing")

    def recovers(self) -> None:
        """The next run makes its report, clears away what lay about, and everything is whole.

        Raises:
            Lost: it does not.
        """
        done = self.run()
        if isinstance(done, str):
            raise Lost(f"the next run said: {done}")
        left = [path.name for path in (self.client / "runs").iterdir() if path.name.startswith(".")]
        if left:
            raise Lost(f"left behind: {left}")
        self.unharmed()


@dataclass
class Ground:
    """Where faults are done: one client, made once, put back for every fault."""

    folder: Path
    notebooks: Path
    pristine: Path
    seconds: float = 0.0
    said: Session = field(default_factory=Session)

    def fresh(self) -> Victim:
        """The client as it was before any fault."""
        self.clear()
        client = self.folder / "clients" / "shop"
        shutil.copytree(self.pristine, client)
        return Victim(client, self.notebooks, self.seconds, self.said)

    def clear(self) -> None:
        """Take the client away."""
        shutil.rmtree(self.folder / "clients", ignore_errors=True)


def prepare(folder: Path, *, whole: bool = False) -> Ground:
    """Make the client: a shop with a report and a session of a few answers."""
    client = _shop(folder / "clients")
    said = save(
        client, Session().guess("repeat_of_ten", 3).note("s01-1", "khách quen hỏi giờ mở cửa").score("s01-1", 2)
    )
    said = save(client, said.guess("still_of_ten", 6))
    first = run(Order(client, TODAY), lambda *_: None, lambda _: None)
    books = resources.notebooks() if whole else small_notebooks(first.folder, folder / "notebooks")
    begun = time.monotonic()
    victim = Victim(client, books, 0.0, said)
    if isinstance(said_instead := victim.run(force=True), str):
        raise SystemExit(said_instead)
    seconds = time.monotonic() - begun
    shutil.copytree(client, folder / "pristine")
    return Ground(folder, books, folder / "pristine", seconds, said)


def _shop(workspace: Path) -> Path:
    draw = random.Random(7)
    lines = ["order_id,ordered_at,phone,net_revenue,currency,channel"]
    for customer in range(60):
        day = draw.randrange(400)
        while day < 400:
            lines.append(f"{len(lines):05d},{END - timedelta(days=399 - day)} 09:15:00,09120{customer:05d},{draw.randrange(40, 400)}000,VND,quầy")  # fmt: skip
            day += max(1, round(draw.expovariate(1 / 21)))
            if draw.random() < 0.25:
                break
    lines.append(f"{len(lines):05d},{END} 10:00:00,0912000000,100000,VND,quầy")
    workspace.mkdir(parents=True)
    orders = workspace.parent / "orders.csv"
    orders.write_text("\n".join(lines) + "\n", "utf-8")
    return create("Shop", [orders], workspace, lang="vi", currency="VND", margin=None).file.parent


def small_notebooks(finished: Path, folder: Path, *, extra: str = "") -> Path:
    """Notebooks that open the run and leave the numbers a finished run has left: all of the pipeline, a tenth of the time.

    Args:
        extra: source of a further cell for the third of them.
    """
    folder.mkdir(parents=True)
    for number, name in enumerate(NOTEBOOKS):
        real = nbformat.read(resources.notebooks() / f"{name}.ipynb", as_version=4)
        parameters = next(cell for cell in real.cells if "parameters" in cell.metadata.get("tags", []))
        asked = ", ".join(field for field in NOTEBOOKS[name].model_fields)
        given = ", ".join(f"{one}={one}" for one in asked.split(", "))
        kept = folder / f"{name}.json"
        noted: dict[str, Any] = json.loads((finished / "records" / f"{name}.json").read_text("utf-8"))
        kept.write_text(json.dumps({k: v for k, v in noted.items() if k != "lists"}), "utf-8")
        opened = f"import json, pathlib\nfrom helpers.notebook import open_run\nrun = open_run({name!r}, {given})"
        cells = [real.cells[0], real.cells[1], parameters, nbformat.v4.new_code_cell(opened)]
        cells += [nbformat.v4.new_code_cell(extra)] if extra and number == 2 else []
        cells += [
            nbformat.v4.new_code_cell(f"run.record(**json.loads(pathlib.Path({str(kept)!r}).read_text('utf-8')))")
        ]
        for cell in cells[3:]:
            cell.metadata["tags"] = ["no-report"]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=real.metadata), folder / f"{name}.ipynb")
    return folder


@contextmanager
def _notebooks(folder: Path) -> Iterator[None]:
    before = resources.notebooks
    resources.notebooks = lambda: folder
    try:
        yield
    finally:
        resources.notebooks = before


def killed_run(victim: Victim, draw: random.Random) -> None:
    """`kill -9` of the command at any moment of a run."""
    command = victim.command()
    time.sleep(draw.uniform(0.2, 1.3) * victim.seconds)
    command.kill()
    command.communicate()
    victim.unharmed()
    victim.recovers()


def killed_placing(victim: Victim, draw: random.Random) -> None:
    """`kill -9` at any call of the system while a finished run is put in the place of the old one."""
    words = [sys.executable, "-c", PLACING, str(victim.client), str(draw.randrange(1, 400))]
    subprocess.run(words, capture_output=True, check=False)
    victim.unharmed()
    victim.recovers()


def killed_kernel(victim: Victim, draw: random.Random) -> None:
    """`kill -9` of a notebook's process."""
    name, delay, armed = draw.choice(list(NOTEBOOKS)), draw.uniform(0, 0.2), [True]

    def progress(book: str, cell: int, of: int) -> None:
        if book == name and armed:
            armed.clear()
            for kernel in multiprocessing.active_children():
                Timer(delay, _kill, (kernel.pid,)).start()

    victim.run(force=True, progress=progress)
    victim.unharmed()
    victim.recovers()


def _kill(pid: int | None) -> None:
    with suppress(OSError):
        os.kill(pid or 0, signal.SIGKILL)


def full_disk(victim: Victim, draw: random.Random) -> None:
    """No file can grow beyond a size, from a few bytes to half a megabyte."""
    size = int(10 ** draw.uniform(2, 5.7))
    command = victim.command(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    victim.told(command)
    victim.unharmed()
    victim.recovers()


def full_disk_in_session(victim: Victim, draw: random.Random) -> None:
    """The disk refuses an answer: it waits, and is saved when there is room."""
    page, real = Keeper(victim.client), files.os.fsync
    page.open()

    def refuse(handle: int) -> None:
        raise OSError(28, "No space left on device")

    files.os.fsync = refuse
    try:
        outcome = page.keep(lambda state: state.score("s02-1", draw.randrange(4)))
    finally:
        files.os.fsync = real
    if outcome.kind != "unwritten":
        raise Lost(f"an answer that could not be written was {outcome.kind}")
    victim.unharmed()
    if not page.retry().done or "s02-1" not in load(victim.client).answers:
        raise Lost("the answer that waited was not saved")


def closed_folder(victim: Victim, draw: random.Random) -> None:
    """The workspace can be read and not written (a mount of its own; needs the rights to make one)."""
    place = str(victim.client.parent)
    mount = f'mount --bind "{place}" "{place}" && mount -o remount,ro,bind "{place}"'
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, check=False).returncode:
        raise Impossible("no folder can be mounted read-only here")
    said = victim.told(victim.command("unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"))
    if "cannot be written to" not in said:
        raise Lost(f"it was not said: {said.strip()[-200:]}")
    victim.unharmed()
    victim.recovers()


def no_memory(victim: Victim, draw: random.Random) -> None:
    """A notebook asks for more memory than its process may have."""
    books = victim.client.parents[1] / "hungry"
    limit = draw.randrange(1, 64) << 20
    cell = f"import resource\nnow = int(open('/proc/self/statm').read().split()[0]) * 4096\nresource.setrlimit(resource.RLIMIT_AS, (now + {limit},) * 2)\nheld = bytearray(now + {2 * limit})"
    shutil.rmtree(books, ignore_errors=True)
    said = victim.run(
        force=True, notebooks=small_notebooks(victim.client / "runs" / END.isoformat(), books, extra=cell)
    )
    if not isinstance(said, str) or "memory" not in said:
        raise Lost(f"it was not said: {said}")
    victim.unharmed()
    victim.recovers()


def moved_clock(victim: Victim, draw: random.Random) -> None:
    """The day is earlier or later than it was, files are from the future: the report stands or it is said what is wrong."""
    for path in [p for p in victim.client.rglob("*") if p.is_file() and draw.random() < 0.5]:
        when = time.time() + draw.uniform(-3e8, 3e8)
        os.utime(path, (when, when))
    victim.run(today=TODAY + timedelta(days=draw.randrange(-500, 1000)), force=draw.random() < 0.5)
    victim.unharmed()
    victim.recovers()


def cut_file(victim: Victim, draw: random.Random) -> None:
    """A file of the last run, or what a crash has left, is shorter than it was."""
    folder = victim.client / "runs" / END.isoformat()
    path = draw.choice(sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size))
    _cut(path, draw)
    left = victim.client / "runs" / ".staging-0a1b2c3d" / "tables"
    left.mkdir(parents=True)
    (left / "orders.parquet").write_bytes(b"PAR1")
    victim.recovers()


def _cut(path: Path, draw: random.Random) -> None:
    content = path.read_bytes()[: draw.randrange(path.stat().st_size)]
    path.unlink()  # the pristine copy's links stay as they are
    path.write_bytes(content)


def together(victim: Victim, draw: random.Random) -> None:
    """Two runs of one client at once, and answers in the session meanwhile."""
    commands = [victim.command(), victim.command()]
    page = Keeper(victim.client)
    page.open()
    while any(command.poll() is None for command in commands) and page.state.version < 40:
        if not page.keep(lambda state: state.note("s09-1", str(state.version))).done:
            raise Lost("an answer was refused during a run")
        time.sleep(draw.uniform(0.05, 0.5))
    for command in commands:
        victim.told(command)
    found = load(victim.client)
    if found.answers["s09-1"].note != page.state.answers["s09-1"].note:
        raise Lost("an answer given during a run is gone")
    object.__setattr__(victim, "said", found)
    victim.recovers()


def cut_session(victim: Victim, draw: random.Random) -> None:
    """`session.yml` ends anywhere, and a temporary file of the same kind lies beside it."""
    path = victim.client / "session.yml"
    (victim.client / ".session.yml-x1").write_bytes(path.read_bytes()[: draw.randrange(path.stat().st_size)])
    _cut(path, draw)
    victim.run()
    victim.answers()
    victim.recovers()


def cut_business(victim: Victim, draw: random.Random) -> None:
    """`business.yml` ends anywhere: the report stands, and it is said or what is left is used."""
    path = victim.client / "business.yml"
    whole = path.read_bytes()
    _cut(path, draw)
    victim.run()
    path.write_bytes(whole)
    victim.recovers()


@dataclass(frozen=True)
class Fault:
    """One kind of fault: how it is called, and what does it."""

    title: str
    do: Callable[[Victim, random.Random], None]


FAULTS = {
    "killed_run": Fault("run killed at any moment (kill −9)", killed_run),
    "killed_placing": Fault("killed while the new report takes the old one's place", killed_placing),
    "killed_kernel": Fault("a notebook's process killed", killed_kernel),
    "full_disk": Fault("disk full during a run", full_disk),
    "full_disk_in_session": Fault("disk full during the session", full_disk_in_session),
    "closed_folder": Fault("workspace read-only", closed_folder),
    "no_memory": Fault("a notebook out of memory", no_memory),
    "moved_clock": Fault("clock moved, files from the future", moved_clock),
    "cut_file": Fault("a file of the last run cut short", cut_file),
    "together": Fault("two runs and a session at once", together),
    "cut_session": Fault("session.yml cut short anywhere", cut_session),
    "cut_business": Fault("business.yml cut short anywhere", cut_business),
}
