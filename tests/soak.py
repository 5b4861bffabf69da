"""A night of tests: `make soak`. Every property with twenty times its examples, every fault a hundred times; counts in soak.json.

python -m tests.soak --times 100 --to soak.json
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.rounds import record, table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
FACTOR = 20


def examples(said: str) -> dict[str, int]:
    """Examples that passed, by property, from what hypothesis says with ``--hypothesis-show-statistics``."""
    found: dict[str, int] = {}
    name = ""
    for line in said.splitlines():
        if heading := re.match(r"^(tests/\S+::\S.*):$", line.strip()):
            name = heading.group(1)
        elif name and (passed := re.search(r"(\d+) passing\b", line)):
            found[name] = found.get(name, 0) + int(passed.group(1))
    return found


def by_room(tried: Mapping[str, int]) -> str:
    """Properties and examples by folder of tests, most examples first, as a Markdown table."""
    rooms = {name: Path(name.partition("::")[0]).parent.name for name in tried}
    properties, counts = Counter(rooms.values()), Counter[str]()
    for name, count in tried.items():
        counts[rooms[name]] += count
    rows = [[f"`tests/{room}/`" if room != "tests" else "`tests/`", str(properties[room]), f"{count:,}"] for room, count in counts.most_common()]  # fmt: skip
    whole = ["together", str(len(tried)), f"{sum(tried.values()):,}"]
    return table(["room", "properties", "examples"], [*rows, whole])


def main(words: Sequence[str] | None = None) -> int:
    """Properties, then faults; 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how often each fault is done")
    parser.add_argument(
        "--to", type=Path, default=Path("soak.json"), help="where the counts go; beside them what pytest said, as .log"
    )
    parser.add_argument("--suites", nargs="*", default=["tests"], help="where properties are looked for")
    parser.add_argument("--write", action="store_true", help="put the examples by room into docs/reliability.md")
    asked = parser.parse_args(words)
    environment = {**os.environ, "RETENTION_SOAK": str(FACTOR)}
    chosen = ["-m", "hypothesis", "-n", "auto", "--dist", "worksteal", "--hypothesis-show-statistics"]
    command = [sys.executable, "-m", "pytest", *asked.suites, *chosen]
    properties = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    asked.to.with_suffix(".log").write_text(properties.stdout, "utf-8")
    print(properties.stdout[-3000:])  # noqa: T201
    code, faults = properties.returncode, {}
    if asked.times:
        with tempfile.TemporaryDirectory() as folder:
            counts = Path(folder) / "faults.json"
            how = ["--times", str(asked.times), "--json", str(counts)]
            code |= subprocess.run([sys.executable, "-m", "benchmarks.faults", *how], cwd=ROOT, check=False).returncode
            faults = json.loads(counts.read_text("utf-8")) if counts.is_file() else {}
    tried = examples(properties.stdout)
    asked.to.write_text(
        json.dumps({"properties": tried, "examples": sum(tried.values()), "faults": faults}, indent=1), "utf-8"
    )
    print(f"{len(tried)} properties, {sum(tried.values()):,} examples; {asked.to}")  # noqa: T201
    if asked.write and not properties.returncode:
        record("soak", by_room(tried), f"python -m tests.soak --times {asked.times} --write", PAGE)
    return int(bool(code))


if __name__ == "__main__":
    raise SystemExit(main())
