"""How long does the page alone take, and how large is it? Ours against the stock `lab` template on the same executed notebooks.

Run with `python -m benchmarks.rendering`; Online Retail is measured as well where its file is (RETENTION_REAL_DATA).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

import nbformat
from nbconvert.exporters.html import HTMLExporter

from benchmarks import report
from benchmarks.report import BIN, DATA
from helpers import business as business_file
from helpers.language import language
from helpers.parameters import NOTEBOOKS
from helpers.report.build import build_report


def example(workspace: Path) -> Path:
    """A run of the example café."""
    return _ran(["demo", "--workspace", str(workspace)])


def online_retail(workspace: Path) -> Path:
    """A run of UCI Online Retail."""
    return _ran(["run", report.online_retail(workspace / "real"), "--workspace", str(workspace / "real")])


def _ran(words: list[str]) -> Path:
    command = [str(BIN / "retention"), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Path(done.stdout.strip().splitlines()[-1]).parent


def ours(run: Path) -> int:
    """The report with its charts as files; bytes of `report.html`."""
    client = run.parents[1]
    found = json.loads((run / "manifest.json").read_text("utf-8"))
    say = language(found["lang"])
    end = date.fromisoformat(found["as_of"])
    return build_report(run, business_file.load(client), client=client, say=say, as_of=end).stat().st_size


def stock(run: Path) -> int:
    """Every notebook by nbconvert's `lab` template, in this process as ours is; bytes of the five pages."""
    exporter = HTMLExporter(template_name="lab")  # type: ignore[no-untyped-call]
    total = 0
    for name in NOTEBOOKS:
        book = nbformat.read(run / "notebooks" / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
        total += len(exporter.from_notebook_node(book)[0].encode())
    return total


def measured(work: Callable[[Path], int], run: Path, rounds: int) -> str:
    """One row's figures: the first time, the median of the later ones, their range, and the size."""
    times = []
    for _ in range(rounds + 1):
        begun = perf_counter()
        size = work(run)
        times.append(perf_counter() - begun)
    first, *later = times
    return f"{first:.2f} | {median(later):.2f} | {min(later):.2f}–{max(later):.2f} | {size / 1e6:.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"| page | first time, s | median of {rounds} more, s | range, s | size, MB |")
    print("|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name:
        businesses = [("example café", example), *([("Online Retail", online_retail)] if DATA.is_file() else [])]
        for title, make in businesses:
            run = make(Path(name))
            for what, work in (("our report", ours), ("five pages of the `lab` template", stock)):
                print(f"| {title}: {what} | {measured(work, run, rounds)} |")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
