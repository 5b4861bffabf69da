"""The other language of a run: seconds of the whole command after a run in Vietnamese, and what the engine still had to do.

    python -m benchmarks.languages --sizes 1,10 --write

Orders are those of `benchmarks.orders`, read as any client's Parquet file. The command is started as a person would, once for every row of the
table; the numbers of all languages must be the same to the last digit, or this one fails.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import orders, rounds
from helpers.run import ASKED

CACHE = Path(__file__).resolve().parent / ".cache"
RUNS = (("vi, first run", "vi", ()), ("en", "en", ()), ("vi again", "vi", ()), ("en, `-p repeat_days=45`", "en", ("-p", "repeat_days=45")))  # fmt: skip


def command(*words: str) -> float:
    """Run `retention` and return the seconds from its start to its end."""
    begun = perf_counter()
    subprocess.run([sys.executable, "-m", "helpers.cli", *words], check=True, capture_output=True)
    return perf_counter() - begun


def measured(label: str, create: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A row for every run of one business, made anew."""
    workspace = CACHE / "languages"
    shutil.rmtree(workspace, ignore_errors=True)
    rows: list[tuple[str, ...]] = []
    told: dict[str, Any] | None = None
    command("new", "Shop", *create, "--lang", "vi", "--workspace", str(workspace))
    for name, lang, more in RUNS:
        seconds = command("run", "shop", "--lang", lang, *more, "--workspace", str(workspace))
        (run,) = (workspace / "shop" / "runs").glob("[0-9]*")
        numbers = json.loads((run / "metrics.json").read_text("utf-8"))
        numbers.pop("timings")
        if more:
            numbers = told  # another parameter, other numbers
        assert told in (None, numbers), f"{name}: the numbers are not those of the first run"
        told = numbers
        asked = [json.loads(path.read_text("utf-8")) for path in (run / "records").glob(f"*{ASKED}")]
        read = sorted({table for one in asked for table in one["read"]})
        size = sum(path.stat().st_size for path in (run / "answers").rglob("*") if path.is_file())
        rows.append(
            (
                f"{label}: {name}",
                f"{seconds:.1f}",
                str(sum(one["remembered"] for one in asked)),
                str(sum(one["computed"] for one in asked)),
                ", ".join(read) or "–",
                f"{size / 1e6:.1f}",
            )
        )
    shutil.rmtree(workspace)
    return rows


def main() -> None:
    """Measure every size asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1,10", help="millions of orders")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    asked = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    for size in (int(text) for text in asked.sizes.split(",")):
        path = orders.write(CACHE / f"orders-{size}m.parquet", size * 1_000_000)
        rows += measured(f"{size} M orders", ("--orders", str(path), "--margin", "0.4"))
    header = ("run", "whole command, s", "queries remembered", "computed", "tables these read", "answers, MB")
    text = f"### (k) The other language\n\n{rounds.table(header, rows)}"
    print(text)
    if asked.write:
        rounds.record("k", text, f"python -m benchmarks.languages --sizes {asked.sizes} --write")


if __name__ == "__main__":
    main()
