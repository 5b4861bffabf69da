"""How many clients may be worked on at once, and how much memory each may take: from the cores and what is free."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

GIGABYTE = 1 << 30
LEAST = GIGABYTE
"""Bytes a run is given at least: a small client's run with its notebooks holds about half of this."""
KEPT_FREE = 0.2
"""Share of the free memory that is left to everything else."""


@dataclass(frozen=True)
class Share:
    """How the machine is divided.

    Attributes:
        jobs: clients at once. kernels: notebooks side by side in each. memory: bytes a run may hold with all it starts; None
            where the system does not tell.
    """

    jobs: int
    kernels: int
    memory: int | None


def share(clients: int, jobs: int | None = None, *, cores: int | None = None, free: int | None = None) -> Share:
    """Divide the machine: one client per core as long as memory lasts, the cores left over to the notebooks of each.

    Args:
        clients: how many there are to run. jobs: how many at once, where somebody has said so. cores, free: of this machine
            unless given (bytes).
    """
    cores = cores or os.cpu_count() or 1
    free = free if free is not None else free_memory()
    usable = None if free is None else int(free * (1 - KEPT_FREE))
    fitting = cores if usable is None else max(1, usable // LEAST)
    chosen = max(1, min(clients, jobs or min(cores, fitting)))
    return Share(chosen, max(1, cores // chosen), None if usable is None else max(LEAST, usable // chosen))


def free_memory() -> int | None:
    """Bytes that can be had without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


def tree_memory(root: int) -> int:
    """Resident bytes of a process and all its descendants, pages they share counted once (PSS); 0 where the system does not say."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(entry.name))
    total, queue = 0, [root]
    while queue:
        pid = queue.pop()
        queue += children.get(pid, [])
        try:
            rollup = (Path("/proc") / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    return total
