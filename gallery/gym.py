"""An invented gym: monthly and quarterly cards, pauses, and why members who left say they did."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from gallery.files import DAY, MOMENT, client, write

NAME = "Phòng tập Sen Hồng"
MEMBERS, MONTHS, SEED = 360, 24, 20260630
END = date(2026, 6, 30)
MONTHLY_CHURN = 0.05
"""Members lost per month, of a hundred there at its start: 5. A card of three months is not renewed with three times this chance."""
CARDS = {"Thẻ tháng": (1, 450_000), "Thẻ quý": (3, 1_200_000)}
"""Card → months it runs, price."""
QUARTERLY, PAUSES = 0.35, 0.03
REASONS = {"chuyển nhà": 0.3, "giá cao": 0.2, "hết nhu cầu": 0.2, "chỗ khác": 0.15, "không nói": 0.15}


def make(workspace: Path) -> Path:
    """Write the gym's files beside the workspace and make the client; returns its folder."""
    payments, cards, calls = _histories()
    folder = workspace / "gallery-files" / "gym"
    orders = write(
        folder / "thu-tien.csv",
        ("Mã hóa đơn", "Ngày", "Mã hội viên", "Dịch vụ", "Thành tiền"),
        [(f"PT{i:05d}", day.strftime(DAY), who, card, CARDS[card][1]) for i, (day, who, card) in enumerate(sorted(payments), 1)],
    )  # fmt: skip
    subscriptions = write(
        folder / "the-hoi-vien.csv",
        ("Mã thẻ", "Mã hội viên", "Gói tập", "Ngày bắt đầu", "Ngày nghỉ", "Giá mỗi tháng"),
        [
            (f"T{i:04d}", who, card, start.strftime(DAY), stop.strftime(DAY) if stop else "", CARDS[card][1] // CARDS[card][0])
            for i, (who, card, start, stop) in enumerate(cards, 1)
        ],
    )  # fmt: skip
    contacts = write(
        folder / "goi-hoi-khi-nghi.csv",
        ("Mã khách hàng", "Thời gian", "Kênh", "Mục đích", "Lý do nghỉ"),
        [(who, datetime.combine(day, time(10)).strftime(MOMENT), "gọi", "chăm sóc", why) for day, who, why in sorted(calls)],
    )  # fmt: skip
    return client(
        NAME, orders, {"subscriptions": subscriptions, "contacts": contacts}, workspace, margin=0.6, sector="gym"
    )


def _histories() -> tuple[
    list[tuple[date, str, str]], list[tuple[str, str, date, date | None]], list[tuple[date, str, str]]
]:
    """Payments (day, member, card), cards (member, card, first day, last day or None) and calls (day, member, reason)."""
    rng = np.random.default_rng(SEED)
    payments, cards, calls = [], [], []
    for number in range(MEMBERS):
        who, card = f"HV{number:04d}", "Thẻ quý" if rng.random() < QUARTERLY else "Thẻ tháng"
        months = CARDS[card][0]
        start = END - timedelta(days=int(rng.integers(0, MONTHS * 30)))
        due, spell, stop = start, 0, None
        while due <= END:
            payments.append((due, who, card))
            spell += months
            due = _later(start, spell)
            if due > END:
                break
            if rng.random() < MONTHLY_CHURN * months:
                stop = due
                break
            if rng.random() < PAUSES * months:  # away for some days: the old card ends, a new one begins
                back = due + timedelta(days=int(rng.integers(4, 13)))
                cards.append((who, card, start, due))
                start, due, spell = back, back, 0
        if start <= END:
            cards.append((who, card, start, stop))
        if stop and stop < END and rng.random() < 0.6:
            calls.append(
                (min(stop + timedelta(days=2), END), who, str(rng.choice(list(REASONS), p=list(REASONS.values()))))
            )
    return payments, cards, calls


def _later(day: date, months: int) -> date:
    """The same day some months later, or the last of that month."""
    found: date = (pd.Timestamp(day) + pd.DateOffset(months=months)).date()
    return found
