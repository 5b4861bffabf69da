"""Small businesses as a merchant would export them: order files made from a seed, small enough to check a whole run in seconds."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

END = date(2026, 6, 30)
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
    return [(END - timedelta(days=7 * week + number % 7), phone(number), 70_000) for number in range(50) for week in range(50)]


def short() -> list[Row]:
    """Forty days of history."""
    return histories(80, 40, every=9, leave=0.2)


EDGES = {"anonymous": anonymous, "twelve": twelve, "one-timers": one_timers, "weekly": weekly, "short": short}
"""Businesses at the edge of what can be measured."""


def phone(number: int) -> str:
    """A mobile number nobody can confuse with another."""
    return f"09120{number:05d}"


def write(path: Path, rows: Iterable[Row], *, currency: str = "VND", channel: str = "counter") -> Path:
    """Write orders as a CSV whose headers are the canonical names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for number, (day, who, money) in enumerate(sorted(rows), start=1):
            out.writerow((f"HD{number:05d}", f"{day.isoformat()} 09:15:00", who, money, currency, channel))
    return path
