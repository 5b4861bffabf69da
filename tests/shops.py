"""Small businesses as a merchant would export them: order files made from a seed, small enough to check a whole run in seconds."""

from __future__ import annotations

import csv
import html
import json
import random
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from helpers.onboarding import create
from helpers.pipeline.run import Done, Order
from helpers.pipeline.run import run as run_client

TODAY = date(2025, 7, 1)
END = date(2025, 6, 30)
"""Day of the last order of every small shop."""
HEADER = ("order_id", "ordered_at", "phone", "net_revenue", "currency", "channel")

Row = tuple[date, str, int]
"""Day, phone (empty: nobody known), money."""


def histories(customers: int, days: int, *, every: float, leave: float, seed: int = 7) -> list[Row]:
    """Orders of customers who arrive evenly, come every so many days on average, and leave after each order with a chance."""
    draw = random.Random(seed)
    found: list[Row] = []
    for number in range(customers):
        day = draw.randrange(days)
        while day < days:
            found.append((END - timedelta(days=days - 1 - day), phone(number), 1000 * draw.randrange(40, 400)))
            day += max(1, round(draw.expovariate(1 / every)))
            if draw.random() < leave:
                break
    return [*found, (END, phone(0), 100_000)]


def small() -> list[Row]:
    """Sixty customers over thirteen months: a few regulars, many who leave."""
    return histories(60, 400, every=21, leave=0.25)


def anonymous() -> list[Row]:
    """A till that never asks who buys."""
    return [(day, "", money) for day, _, money in small()]


def twelve() -> list[Row]:
    """A dozen customers: too few for any rate."""
    return histories(12, 300, every=21, leave=0.25)


def one_timers() -> list[Row]:
    """Nobody ever came back."""
    return [(END - timedelta(days=2 * number), phone(number), 100_000 + 1000 * number) for number in range(120)]


def weekly() -> list[Row]:
    """Everybody comes every week and spends the same."""
    return [
        (END - timedelta(days=7 * week + number % 7), phone(number), 70_000)
        for number in range(50)
        for week in range(50)
    ]


def short() -> list[Row]:
    """Forty days of history."""
    return histories(80, 40, every=9, leave=0.2)


EDGES = {"anonymous": anonymous, "twelve": twelve, "one-timers": one_timers, "weekly": weekly, "short": short}
"""Businesses at the edge of what can be measured."""


def phone(number: int) -> str:
    """A mobile number nobody can confuse with another."""
    return f"09120{number:05d}"


def write(
    path: Path, rows: Iterable[Row], *, currency: str = "VND", channel: str = "counter", cancelled: Collection[int] = ()
) -> Path:
    """Write orders as a CSV whose headers are the canonical names; cancelled numbers are left out, the others keep theirs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for number, (day, who, money) in enumerate(sorted(rows), start=1):
            if number not in cancelled:
                out.writerow((f"HD{number:05d}", f"{day.isoformat()} 09:15:00", who, money, currency, channel))
    return path


def client(workspace: Path, rows: Iterable[Row], *, name: str = "Tiệm Nhỏ", lang: str = "vi", **how: str) -> Path:
    """A client's folder, made from a file of orders as `retention new` makes it."""
    file = write(workspace.parent / f"{workspace.name}-files" / "orders.csv", rows, **how)
    return create(name, [file], workspace, lang=lang, currency="VND", margin=None).file.parent


def run(folder: Path, *, progress: Callable[[str, int, int], None] = lambda book, cell, of: None, **asked: Any) -> Done:
    """Run a client quietly, on the day after its last order."""
    return run_client(Order(folder, TODAY, **asked), progress, lambda stage: None)


@dataclass(frozen=True)
class Ran:
    """A finished run of a small shop, for reading only."""

    workspace: Path
    client: Path
    done: Done

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.done.folder

    @property
    def words(self) -> str:
        """The report as it is read: no markup, no style."""
        text = (self.folder / "report.html").read_text("utf-8")
        text = re.sub(r"<(style|head|title|desc)\b.*?</\1>", " ", text, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())

    def read(self, name: str) -> dict[str, Any]:
        """One of the run's JSON files."""
        found: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return found


@cache
def ran(base: Path) -> Ran:
    """The small shop after its first run; made once for all tests."""
    workspace = base / "clients"
    folder = client(workspace, small())
    return Ran(workspace, folder, run(folder))


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content, but for locks; folders too."""
    found = sorted(folder.rglob("*")) if folder.exists() else []
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"folder"
        for path in found
        if path.name != ".lock"
    }
