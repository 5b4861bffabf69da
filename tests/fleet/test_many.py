"""`run --all`: no client stops another, nothing outlives Ctrl-C or a kill, and what is at hand is divided."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import psutil
import pytest

from fleet import doubles
from helpers.fleet import Asked, Ended, Share, in_order, many, run_many, share

GIB = 1 << 30
DRIVER = """
import sys
from datetime import date
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fleet import doubles
from helpers.fleet import Asked, Share, many, run_many
many.serve = doubles.serve
if __name__ == "__main__":
    for end in run_many(sorted(Path(sys.argv[2]).iterdir()), Asked(date(2026, 7, 1)), Share(2, 1, None)):
        print(end.slug, end.state, flush=True)
"""


@pytest.fixture(autouse=True)
def _exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "serve", doubles.serve)


def run(workspace: Path, names: Iterable[str], shared: Share) -> dict[str, Ended]:
    """Run clients of these names; each name → what became of it."""
    folders = [doubles.client(workspace, name) for name in names]
    return {end.slug: end for end in run_many(folders, Asked(date(2026, 7, 1)), shared)}


def test_no_client_stops_another(tmp_path: Path) -> None:
    """Bad files, a fault of ours, a killed process and one that ends by itself are told apart, and the rest are done."""
    names = ["fine-1", "refused", "killed", "fine-2", "failed", "gone", "kept", "fine-3"]
    ends = run(tmp_path, names, Share(2, 1, None))
    assert {name: (end.state, end.code) for name, end in ends.items()} == {
        "fine-1": ("done", 0), "fine-2": ("done", 0), "fine-3": ("done", 0), "kept": ("unchanged", 0),
        "refused": ("refused", 2), "failed": ("failed", 1), "killed": ("failed", 1), "gone": ("failed", 1),
    }  # fmt: skip
    assert ends["refused"].said == "orders.csv is empty; export it again."
    assert (ends["failed"].said, "RuntimeError" in ends["failed"].trace) == ("no such thing", True)
    assert "signal 9" in ends["killed"].said
    assert "code 7" in ends["gone"].said
    assert (ends["kept"].reused, ends["kept"].stages) == (2, 2)


def test_a_process_works_on_one_client_after_another(tmp_path: Path) -> None:
    """Imports are paid once: with one job, all clients that end well were in one process."""
    run(tmp_path, ["a", "b", "refused", "c"], Share(1, 1, None))
    assert len({(tmp_path / name / "pid").read_text("utf-8") for name in "abc"}) == 1


@pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="the system does not say how much a process holds"
)
def test_who_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    """It is named with its share, long before the machine is short; the others are done."""
    begun = time.monotonic()
    ends = run(tmp_path, ["grows", "fine-1", "fine-2"], Share(2, 1, GIB))
    assert ends["grows"].said.startswith("it took more than its 1,024 MB")
    assert [ends[name].state for name in ("fine-1", "fine-2")] == ["done", "done"]
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(("number", "cleared"), [(signal.SIGINT, True), (signal.SIGKILL, False)])
def test_nothing_outlives_the_command(tmp_path: Path, number: int, cleared: bool) -> None:
    """Ctrl-C lets the runs clear away what they had begun; after `kill -9` they end by themselves. The next call does the rest."""
    for name in ("fine", "sleeps-1", "sleeps-2"):
        doubles.client(tmp_path / "clients", name)
    script = tmp_path / "driver.py"
    script.write_text(DRIVER, encoding="utf-8")
    words = [sys.executable, str(script), str(Path(__file__).parents[1]), str(tmp_path / "clients")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True) as command:
        marks = [tmp_path / "clients" / name / "at-work" for name in ("sleeps-1", "sleeps-2")]
        end = time.monotonic() + 60
        while not all(mark.exists() for mark in marks) and time.monotonic() < end:
            time.sleep(0.05)
        family = psutil.Process(command.pid).children(recursive=True)
        assert len(family) >= 2
        # to every process of the terminal's group, as Ctrl-C is
        os.killpg(command.pid, number) if number == signal.SIGINT else command.kill()
        told, _ = command.communicate(timeout=30)
    assert told == "fine done\n"
    _, alive = psutil.wait_procs(family, timeout=15)
    assert not alive
    assert [mark.exists() for mark in marks] == [not cleared] * 2


def test_ends_are_told_in_order() -> None:
    """Each as soon as all before it have been told; whoever follows hears of them at once."""
    ends = [Ended(name, "done", 1.0) for name in "cab"]
    heard: list[str] = []
    told = in_order(ends, [Path(name) for name in "abc"], heard.append)
    assert next(told).slug == "a"
    assert heard == ["c", "a"]
    assert [end.slug for end in told] == ["b", "c"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"clients": 50, "cores": 2, "free": 24 * GIB}, (2, 1)),
        ({"clients": 50, "cores": 8, "free": 5 * GIB}, (4, 2)),
        ({"clients": 1, "cores": 8, "free": 24 * GIB}, (1, 8)),
        ({"clients": 50, "cores": 8, "free": 100}, (1, 8)),
        ({"clients": 50, "cores": 2, "free": 24 * GIB, "jobs": 5}, (5, 1)),
        ({"clients": 3, "cores": 2, "free": 24 * GIB, "jobs": 5}, (3, 1)),
    ],
)
def test_the_machine_is_divided(given: dict[str, int], expected: tuple[int, int]) -> None:
    """One client per core while each has a gigabyte, never more than there are; `--jobs` decides otherwise."""
    found = share(**given)
    assert (found.jobs, found.kernels) == expected
    assert found.memory is not None
    assert found.memory >= GIB
