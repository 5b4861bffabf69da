"""A run that fails says where and why, and the last good report is still there afterwards."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread, Timer

import nbformat
import psutil
import pytest
import shops

from helpers import resources
from helpers.errors import InputError
from helpers.pipeline import workspace
from helpers.pipeline.execute import NotebookFailed

DRIVER = """
import sys
from pathlib import Path
from helpers import resources
from helpers.cli import main
folder = Path(sys.argv.pop(1))
resources.notebooks = lambda: folder
main()
"""
"""The command line with its notebooks taken from another folder."""

Broken = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client with a good report."""
    folder = shops.client(tmp_path_factory.mktemp("failures") / "clients", shops.twelve())
    shops.run(folder)
    return folder


@pytest.fixture
def broken(tmp_path: Path) -> Broken:
    """A copy of the notebooks in which one has a further cell after its second code cell."""

    def make(book: str, source: str) -> Path:
        folder = tmp_path / "notebooks"
        shutil.copytree(resources.notebooks(), folder)
        path = folder / f"{book}.ipynb"
        found = nbformat.read(path, as_version=4)
        place = [i for i, cell in enumerate(found.cells) if cell.cell_type == "code"][1]
        found.cells.insert(place + 1, nbformat.v4.new_code_cell(source))
        nbformat.write(found, path)
        return folder

    return make


def _lasting(client: Path) -> dict[str, bytes]:
    """The client's files but for the note of when the last run was."""
    return {name: content for name, content in shops.tree(client).items() if not name.endswith("manifest.json")}


@pytest.fixture(autouse=True)
def _nothing_is_left(client: Path) -> Iterator[None]:
    """Whatever fails: the last good run is untouched, no half-made folder stays, and no kernel goes on."""
    before = _lasting(client)
    yield
    assert _lasting(client) == before
    assert multiprocessing.active_children() == []


def test_a_failing_cell_is_named(client: Path, broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebook, cell as Jupyter numbers it, cause, and the kernel's traceback for the log."""
    folder = broken("4_campaign_design", "1 / 0")
    monkeypatch.setattr(resources, "notebooks", lambda: folder)
    with pytest.raises(NotebookFailed, match="4_campaign_design, cell 4: ZeroDivisionError: division by zero") as fault:
        shops.run(client)
    assert "Cell In[4], line 1" in fault.value.traceback
    assert "\x1b" not in fault.value.traceback


def test_a_fault_of_the_input_found_in_a_cell_is_the_user_s(
    client: Path, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook that meets bad input says so in the client's language, with its place, and not as a crash."""
    source = (
        "from helpers.errors import InputError\nraise InputError('{file} is empty; export it again.', file='a{b}.csv')"
    )
    folder = broken("5_proof", source)
    monkeypatch.setattr(resources, "notebooks", lambda: folder)
    with pytest.raises(InputError) as fault:
        shops.run(client)
    assert str(fault.value).startswith("a{b}.csv trống; ")
    assert fault.value.values["book"] == "5_proof"
    assert fault.value.values["cell"] == "4"


def test_a_kernel_that_dies_is_told_from_a_failing_cell(
    client: Path, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook ended from outside (or by a machine out of memory) is named; the run ends instead of waiting."""
    folder = broken("3_segment_plans", "import time; time.sleep(60)")
    monkeypatch.setattr(resources, "notebooks", lambda: folder)

    def kill(book: str, cell: int, of: int) -> None:
        if (book, cell) == ("3_segment_plans", 4):
            for kernel in multiprocessing.active_children():
                Timer(0.3, os.kill, (kernel.pid, signal.SIGKILL)).start()

    begun = time.monotonic()
    with pytest.raises(NotebookFailed, match="3_segment_plans, cell 4: its process ended"):
        shops.run(client, progress=kill)
    assert time.monotonic() - begun < 40


def test_a_kernel_that_dies_while_it_starts_is_named(client: Path) -> None:
    """A process ended before its notebook has begun is the same sentence, not a fault of the program."""
    over = Event()

    def hunt() -> None:
        while not over.wait(0.01):
            for kernel in multiprocessing.active_children():
                kernel.kill()

    hunter = Thread(target=hunt)
    hunter.start()
    try:
        with pytest.raises(NotebookFailed, match="cell 0: its process ended"):
            shops.run(client, force=True)
    finally:
        over.set()
        hunter.join()


def test_faults_that_need_no_kernel_start_none(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters are checked before any work is done."""
    monkeypatch.setattr("helpers.pipeline.run._get_ready", lambda: pytest.fail("work was begun"))
    with pytest.raises(InputError, match=r"No notebook has a parameter “repeat_day”. Did you mean: repeat_days"):
        shops.run(client, given={"repeat_day": 60}, force=True)
    with pytest.raises(InputError, match=r"“holdout_share” cannot be “0.9”: it is a number from 0.05 to 0.5"):
        shops.run(client, given={"holdout_share": 0.9}, force=True)


@pytest.fixture
def sleeping(client: Path, broken: Broken) -> Iterator[subprocess.Popen[str]]:
    """The command line in the middle of a cell that takes a minute."""
    marker = client.parent.parent / "asleep"
    folder = broken("2_churn_metrics", f"import time, pathlib; pathlib.Path({str(marker)!r}).touch(); time.sleep(60)")
    words = [sys.executable, "-c", DRIVER, str(folder), "run", client.name, "--workspace", str(client.parent)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        end = time.monotonic() + 60
        while not marker.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        assert marker.exists(), (
            process.stderr.read() if process.stderr and process.poll() is not None else "the cell never began"
        )
        marker.unlink()
        yield process
        if process.poll() is None:
            process.kill()


def _gone(family: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(family, timeout=15)
    return not alive


def test_ctrl_c_ends_a_run_at_once(sleeping: subprocess.Popen[str]) -> None:
    """Nobody waits for a notebook they have just cancelled, and nothing goes on in the background."""
    family = psutil.Process(sleeping.pid).children(recursive=True)
    begun = time.monotonic()
    sleeping.send_signal(signal.SIGINT)
    _, told = sleeping.communicate(timeout=30)
    assert sleeping.returncode not in (0, 2)
    assert time.monotonic() - begun < 20
    assert "Traceback" not in told
    assert _gone(family)


def test_a_killed_run_leaves_no_process_and_is_cleared_by_the_next(
    sleeping: subprocess.Popen[str], client: Path
) -> None:
    """After `kill -9` the kernels end themselves, and the next run clears away what was half made."""
    family = psutil.Process(sleeping.pid).children(recursive=True)
    sleeping.kill()
    sleeping.communicate(timeout=30)
    assert _gone(family)
    assert list((client / "runs").glob(f"{workspace.STAGING}*"))
    assert all(stage.reused for stage in shops.run(client).stages.values())
