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
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUITES = (
    "tests/intake/test_hostile.py", "tests/test_files.py", "tests/test_language.py", "tests/segments", "tests/session", "tests/campaigns",
    "tests/proof", "tests/metrics", "tests/corpus",
)  # fmt: skip
"""Where properties are; each says how many examples it tries, and the soak multiplies that."""
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


def main(words: Sequence[str] | None = None) -> int:
    """Properties, then faults; 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how often each fault is done")
    parser.add_argument("--to", type=Path, default=Path("soak.json"), help="where the counts go")
    parser.add_argument("--suites", nargs="*", default=list(SUITES))
    asked = parser.parse_args(words)
    environment = {**os.environ, "RETENTION_SOAK": str(FACTOR)}
    command = [sys.executable, "-m", "pytest", *asked.suites, "--hypothesis-show-statistics", "-p", "no:xdist"]
    properties = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
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
    return int(bool(code))


if __name__ == "__main__":
    raise SystemExit(main())
