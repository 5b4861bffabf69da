"""Faults done to a client on purpose, and whether the promise holds: `python -m benchmarks.faults --times 100 --write`.

After each, the last good report must be whole (the old one or the new one), every answer of the session must be there, and the next
run must either make its report or say in one sentence what to do. What does not hold is counted as lost, with its reason. The
same seed does the same faults; the notebooks are small ones (`injuries.small_notebooks`) unless `--whole` asks for the real ones.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.injuries import FAULTS, Ground, Impossible, Lost, prepare
from benchmarks.rounds import record, table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"

KILLS = "killed_"
"""What the names of faults begin with in which a process is killed: moments there are many of, so they are tried more often."""


@dataclass(frozen=True)
class Count:
    """How often a fault was done and survived, and why it was lost or could not be made here."""

    tried: int
    survived: int
    reasons: tuple[str, ...] = ()

    @property
    def lost(self) -> int:
        """Times the promise did not hold."""
        return self.tried - self.survived


def suffer(ground: Ground, name: str, times: int, seed: int = 0) -> Count:
    """Do one fault so many times, each on a client of its own."""
    reasons: list[str] = []
    tried = 0
    for number in range(times):
        try:
            FAULTS[name].do(ground.fresh(), random.Random(f"{seed} {name} {number}"))
        except Impossible as why:
            return Count(tried, tried - len(reasons), (str(why),))
        except Lost as lost:
            reasons.append(f"{number}: {lost}")
        finally:
            ground.clear()
        tried += 1
    return Count(tried, tried - len(reasons), tuple(reasons))


def summary(counts: Mapping[str, Count]) -> str:
    """The table of docs/reliability.md."""
    rows = [[FAULTS[name].title, str(c.tried), str(c.survived), str(c.lost)] for name, c in counts.items()]
    total = [sum(getattr(c, kind) for c in counts.values()) for kind in ("tried", "survived", "lost")]
    return table(["fault", "tried", "survived", "lost"], [*rows, ["together", *map(str, total)]])


def main(words: Sequence[str] | None = None) -> int:
    """Do every fault and print the table; 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--others", type=int, help="how often all but the kills (default: as often)")
    parser.add_argument("--only", nargs="*", choices=sorted(FAULTS), help="these faults alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--whole", action="store_true", help="with the real notebooks: ten times as long")
    parser.add_argument("--json", type=Path, help="write the counts to this file as well")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    asked = parser.parse_args(words)
    counts = {}
    with tempfile.TemporaryDirectory(prefix="retention-faults-") as folder:
        ground = prepare(Path(folder), whole=asked.whole)
        for name in asked.only or FAULTS:
            rarer = asked.others is not None and not name.startswith(KILLS)
            counts[name] = suffer(ground, name, asked.others if rarer else asked.times, asked.seed)
            print(f"{FAULTS[name].title}: {counts[name].survived} of {counts[name].tried}", *counts[name].reasons[:3], sep="\n  ", flush=True)  # fmt: skip
    print(made := summary(counts))
    if asked.json:
        asked.json.write_text(json.dumps({name: asdict(c) for name, c in counts.items()}, indent=1), "utf-8")
    if asked.write:
        others = "" if asked.others is None else f" --others {asked.others}"
        record("faults", made, f"python -m benchmarks.faults --times {asked.times}{others} --write", PAGE)
    return int(any(count.lost for count in counts.values()))


if __name__ == "__main__":
    raise SystemExit(main())
