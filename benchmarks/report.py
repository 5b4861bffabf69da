"""How long is a report? Ours on 541,909 real order lines, cold, against stock papermill and nbconvert on five nearly empty notebooks.

Run with `make bench`; needs the UCI Online Retail file (RETENTION_REAL_DATA).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import nbformat

from benchmarks.measuring import timed

ROOT = Path(__file__).resolve().parents[1]
DATA = (
    Path(os.environ.get("RETENTION_REAL_DATA", ROOT.parent / "shared" / "data"))
    / "online_retail"
    / "online_retail.parquet"
)
BIN = Path(sys.executable).parent


def online_retail(workspace: Path) -> str:
    """Make UCI Online Retail a client in a workspace that may hold one from before; returns its name there."""
    shutil.rmtree(workspace, ignore_errors=True)
    how = ["--orders", str(DATA), "--lang", "en", "--currency", "GBP", "--workspace", str(workspace)]
    subprocess.run([str(BIN / "retention"), "new", "UK gifts", *how], check=True, stdout=subprocess.DEVNULL)
    return "uk-gifts"


def ours(folder: Path) -> tuple[float, int]:
    """(a) `retention run` on Online Retail into a fresh workspace: nothing kept from before."""
    workspace = folder / "clients"
    return timed([str(BIN / "retention"), "run", online_retail(workspace), "--workspace", str(workspace)], folder)


def stock(folder: Path) -> tuple[float, int]:
    """(b) the stock commands, one after the other, over five notebooks that import pandas and matplotlib and draw one line."""
    book = nbformat.v4.new_notebook()
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book.cells = [
        nbformat.v4.new_code_cell("import matplotlib.pyplot as plt\nimport pandas as pd"),
        nbformat.v4.new_code_cell("plt.plot([1, 2, 3])"),
    ]
    seconds, peak = 0.0, 0
    for number in range(5):
        nbformat.write(book, folder / f"stock-{number}.ipynb")
        for command in (
            [str(BIN / "papermill"), f"stock-{number}.ipynb", f"done-{number}.ipynb"],
            [str(BIN / "jupyter"), "nbconvert", "--to", "html", f"done-{number}.ipynb"],
        ):
            took, memory = timed(command, folder)
            seconds, peak = seconds + took, max(peak, memory)
    return seconds, peak


def main() -> None:
    """Alternate the two and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    if not DATA.is_file():
        raise SystemExit("This needs online_retail.parquet; set RETENTION_REAL_DATA to the folder that holds it.")
    a, b = [], []
    with tempfile.TemporaryDirectory() as name:
        for _ in range(rounds):
            b.append(stock(Path(name)))
            a.append(ours(Path(name)))
    ours_s, stock_s = median(s for s, _ in a), median(s for s, _ in b)
    print(f"| what | median of {rounds}, s | range, s | peak memory, MB |")
    print("|---|--:|--:|--:|")
    for title, runs in (
        ("(a) `retention run`, 541,909 lines, cold", a),
        ("(b) stock papermill + nbconvert, five nearly empty notebooks", b),
    ):
        times = [s for s, _ in runs]
        print(
            f"| {title} | {median(times):.1f} | {min(times):.1f}–{max(times):.1f} | {max(m for _, m in runs) / 1e6:.0f} |"
        )
    print(f"\na/b = {ours_s / stock_s:.2f}")


if __name__ == "__main__":
    main()
