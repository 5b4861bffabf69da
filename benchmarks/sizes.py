"""A whole `retention run` on one machine at growing sizes: seconds of each stage, peak memory, and what is left on the disk.

    python -m benchmarks.sizes --sizes 1,10,100 --write

Orders are those of `benchmarks.orders`, twenty for each customer, read as any client's Parquet file; each order is one line. The command is started as a person
would and watched from outside; stages are timed by the run itself (`manifest.json`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from benchmarks import orders, rounds
from benchmarks.measuring import timed
from helpers.parameters import NOTEBOOKS
from helpers.run import ASKED

CACHE = Path(__file__).resolve().parent / ".cache"
STAGES = ("tables", "customers", *NOTEBOOKS, "report")
GIGA = 1e9


def measured(size: int, workspace: Path) -> tuple[str, ...]:
    """A row of the table."""
    retention = [sys.executable, "-m", "helpers.cli"]
    path = orders.write(CACHE / f"orders-{size}m.parquet", size * 1_000_000)
    shutil.rmtree(workspace, ignore_errors=True)
    told = ["new", "Shop", "--orders", str(path), "--margin", "0.4", "--lang", "vi"]
    timed([*retention, *told, "--workspace", str(workspace)], None)
    seconds, peak = timed([*retention, "run", "shop", "--workspace", str(workspace)], None)
    (run,) = (workspace / "shop" / "runs").glob("[0-9]*")
    stages = json.loads((run / "manifest.json").read_text("utf-8"))["stages"]
    numbers = json.loads((run / "metrics.json").read_text("utf-8"))
    asked = [json.loads((run / "records" / f"{book}{ASKED}").read_text("utf-8")) for book in NOTEBOOKS]
    left = sum(file.stat().st_size for file in run.rglob("*") if file.is_file())
    return (
        f"{numbers['orders']:,}", f"{numbers['customers']:,}", *(f"{stages[name]['seconds']:.0f}" for name in STAGES),
        f"{seconds:.0f}", f"{peak / GIGA:.1f}", f"{max(one['longest'] for one in asked):,}", f"{left / GIGA:.2f}",
        f"{(run / 'report.html').stat().st_size / 1e6:.2f}",
    )  # fmt: skip


def main() -> None:
    """Measure every size asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1,10,100", help="millions of orders")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    asked = parser.parse_args()
    workspace = CACHE / "sizes"
    rows = [measured(int(text), workspace) for text in asked.sizes.split(",")]
    shutil.rmtree(workspace)
    header = (
        "orders", "customers", "tables, s", "customers, s", "1", "2", "3", "4", "5", "report, s", "whole command, s", "peak memory, GB",
        "longest answer, rows", "run folder, GB", "report, MB",
    )  # fmt: skip
    text = f"### (l) A whole run\n\n{rounds.table(header, rows)}"
    print(text)
    if asked.write:
        rounds.record("l", text, f"python -m benchmarks.sizes --sizes {asked.sizes} --write")


if __name__ == "__main__":
    main()
