"""Fifty small clients: `retention run --all` beside a loop over `retention run SLUG`, and what a second call costs.

Run with `python -m benchmarks.fleet --write`. The shops are invented and made anew for each contestant (`--clients` says how many).
Processor time is that of the command and everything it starts, which other work on the machine disturbs less than it does the clock.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import monotonic

from benchmarks.rounds import record, table
from helpers.onboarding import create

END = date(2026, 6, 30)
RETENTION = [sys.executable, "-m", "helpers.cli"]
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER: kernels whose starter has ended become ours, so that their time is counted."""


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds on the clock and of the processors."""

    clock: float
    processors: float


def shop(workspace: Path, number: int) -> None:
    """A shop of 60 to 240 customers over thirteen months, different from every other, and made a client."""
    draw = random.Random(number)
    customers, gap, leave = draw.randrange(60, 240), draw.uniform(7, 40), draw.uniform(0.1, 0.4)
    lines = ["order_id,ordered_at,phone,net_revenue,currency,channel"]
    for customer in range(customers):
        day = draw.randrange(400)
        while day < 400:
            when = END - timedelta(days=399 - day)
            lines.append(
                f"{len(lines):06d},{when} 09:15:00,09120{customer:05d},{1000 * draw.randrange(40, 400)},VND,counter"
            )
            day += max(1, round(draw.expovariate(1 / gap)))
            if draw.random() < leave:
                break
    workspace.mkdir(parents=True, exist_ok=True)
    file = workspace.parent / f"shop-{number:02d}.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    create(f"Shop {number:02d}", [file], workspace, lang="vi", currency="VND", margin=None)


def cost(commands: Sequence[Sequence[str]]) -> Cost:
    """Clock and processor time of commands, one after the other.

    Raises:
        SystemExit: one of them ended with a fault.
    """
    clock = processors = 0.0
    for command in commands:
        begun = monotonic()
        first = os.posix_spawn(command[0], command, os.environ, file_actions=_quiet())
        while True:
            try:
                pid, status, used = os.wait4(-1, 0)
            except ChildProcessError:
                break
            processors += used.ru_utime + used.ru_stime
            if pid == first:
                clock += monotonic() - begun
                if status:
                    raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(clock, processors)


def _quiet() -> list[tuple[int, int, str, int, int]]:
    return [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]  # type: ignore[list-item]


def main() -> None:
    """Each contestant on the same shops in a workspace of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    asked = parser.parse_args()
    if sys.platform != "linux":
        raise SystemExit("Processor time of everything a command starts is counted on Linux only.")
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    slugs = [f"shop-{number:02d}" for number in range(asked.clients)]
    every: Callable[..., list[list[str]]] = lambda *more: [[*RETENTION, "run", "--all", *more]]  # noqa: E731
    contestants = {
        "a loop over `retention run SLUG`": [[*RETENTION, "run", slug] for slug in slugs],
        "`--all --jobs 1`: one after the other, a notebook per core": every("--jobs", "1"),
        "`--all`: a client per core, one notebook each": every(),
    }
    found: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory() as name:
        for number, (title, commands) in enumerate(contestants.items()):
            workspace = Path(name) / str(number) / "clients"
            for client in range(asked.clients):
                shop(workspace, client)
            found[title] = cost([[*command, "--workspace", str(workspace)] for command in commands])
            print(title, found[title], flush=True)
        again = [[*every()[0], "--workspace", str(workspace)]]
        found["`--all` called again, nothing changed"] = cost(again)
    loop = next(iter(found.values()))
    rows = [
        [title, f"{one.clock:.0f}", f"{one.processors:.0f}", f"{one.processors / asked.clients:.1f}", f"{one.clock / loop.clock:.2f}×", f"{one.processors / loop.processors:.2f}×"]
        for title, one in found.items()
    ]  # fmt: skip
    head = [f"{asked.clients} small clients", "clock, s", "processors, s", "per client, s", "clock, of the loop", "processors, of the loop"]  # fmt: skip
    made = table(head, rows)
    print(made)
    if asked.write:
        record("fleet", made, f"python -m benchmarks.fleet --clients {asked.clients} --write")


if __name__ == "__main__":
    main()
