"""A gym made from a seed: members with contracts by the month, and the payments that fall due under them."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import yaml

from helpers.onboarding import create

MEMBERS, MONTHS, SEED = 400, 30, 8
END = date(2025, 6, 30)
GAMMA, DELTA = 0.9, 8.0
"""Each member leaves at a renewal with an own chance θ ~ Beta(γ, δ)."""
PLANS = {"Cơ bản": 400_000, "Toàn diện": 700_000, "Kèm HLV": 1_500_000}


def _month(day: date, months: int) -> date:
    """The same day some months later, or the last of that month."""
    index = day.year * 12 + day.month - 1 + months
    first, following = date(index // 12, index % 12 + 1, 1), date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def files(folder: Path, *, ends: bool = True, walk_ins: int = 0) -> list[Path]:
    """`payments.csv` and `subscriptions.csv`; without `ends` nobody notes who left; `walk_ins` buy without a contract."""
    rng = np.random.default_rng(SEED)
    contracts, payments = [], []
    for number in range(MEMBERS):
        who, joined = f"HV{number:04d}", END - timedelta(days=int(rng.integers(0, MONTHS * 30)))
        plan = str(rng.choice(list(PLANS), p=[0.6, 0.3, 0.1]))
        life = int(rng.geometric(rng.beta(GAMMA, DELTA)))
        left = _month(joined, life)
        over = left <= END
        if over and life > 6 and number % 7 == 0:  # some change their plan first
            switch = _month(joined, 6)
            contracts.append((who, plan, joined, switch if ends else None, PLANS[plan]))
            contracts.append((who, "Cơ bản", switch, left if ends else None, PLANS["Cơ bản"]))
        else:
            contracts.append((who, plan, joined, left if over and ends else None, PLANS[plan]))
        payments += [(who, day, PLANS[plan]) for m in range(life) if (day := _month(joined, m)) <= END]
    for number in range(walk_ins):
        day, usual = END - timedelta(days=int(rng.integers(0, MONTHS * 30))), rng.gamma(4, 3)
        while day <= END:
            payments.append((f"VL{number:04d}", day, 1000 * int(1 + usual * rng.gamma(6, 2))))
            day += timedelta(days=1 + int(rng.exponential(25)))
            if rng.random() < 0.15:
                break
    folder.mkdir(parents=True, exist_ok=True)
    orders, subscriptions = folder / "payments.csv", folder / "subscriptions.csv"
    _write(orders, ("order_id", "ordered_at", "customer_id", "net_revenue", "currency"), [
        (f"P{i:05d}", f"{day} 08:00:00", who, money, "VND") for i, (who, day, money) in enumerate(sorted(payments, key=lambda p: p[1]))
    ])  # fmt: skip
    _write(subscriptions, ("subscription_id", "customer_id", "plan", "started_on", "ended_on", "monthly_price"), [
        (f"S{i:04d}", who, plan, start, stop or "", price) for i, (who, plan, start, stop, price) in enumerate(contracts)
    ])  # fmt: skip
    return [orders, subscriptions]


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(rows)


def client(
    workspace: Path, *, lang: str = "vi", name: str = "Phòng tập Sen", model: str | None = None, **how: int
) -> Path:
    """The gym's folder as a coach would set it up: payments first, then the list of contracts beside them."""
    orders, subscriptions = files(workspace.parent / f"{workspace.name}-files", **how)
    folder = create(name, [orders], workspace, lang=lang, currency="VND", margin=0.6).file.parent
    path = folder / "business.yml"
    found = yaml.safe_load(path.read_text("utf-8"))
    found["sources"]["subscriptions"] = [{"file": str(subscriptions)}]
    found["model"] = model
    path.write_text(yaml.safe_dump(found, allow_unicode=True), encoding="utf-8")
    return folder
