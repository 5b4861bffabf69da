"""An invented distributor of packaging: shops and restaurants who order now and then, a handful of them most of the money."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gallery.files import MOMENT, client, write

NAME = "Bao Bì Phương Nam"
CUSTOMERS, DAYS, SEED = 260, 730, 20260630
END = datetime(2026, 6, 30, 17)
REPS = ("Anh Khoa", "Bảo Trân", "Đức Long", "Mỹ Duyên")
SLOW_REP, SLIPPED = 2, 0.3
"""The third representative's deliveries are late more often; every late one makes its customer likelier to be gone."""
LEAVE, LEAVE_LATE = 0.045, 0.16
"""Chance never to order again after an order that came in time, and after a late one."""
SEASON = (1.5, 0.5, 0.9, 1.0, 1.0, 1.0, 0.9, 0.9, 1.0, 1.1, 1.2, 1.5)
"""Orders by month, against the average: much before Tết, little in it."""


class Order(NamedTuple):
    """One order: when, whose, by whom, how much (VND), promised and brought when."""

    at: datetime
    customer: int
    rep: int
    money: int
    promised: datetime
    arrived: datetime

    @property
    def late(self) -> bool:
        """It came after its promise."""
        return self.arrived > self.promised


def make(workspace: Path) -> Path:
    """Write the distributor's files beside the workspace and make the client; returns its folder."""
    orders, folder = sorted(_orders()), workspace / "gallery-files" / "distributor"
    sales = write(
        folder / "DanhSachHoaDon.csv",
        ("Mã hóa đơn", "Thời gian", "Mã KH", "Khách hàng", "Điện thoại", "Chi nhánh", "Người bán", "Kênh bán", "Tổng tiền hàng", "Khách cần trả", "Khách đã trả", "Trạng thái"),
        [
            (f"HD{i:06d}", o.at.strftime(MOMENT), f"KH{o.customer:04d}", f"Đại lý {o.customer:04d}", f"091000{o.customer:04d}", "Kho Bình Tân", REPS[o.rep], "Bán trực tiếp", o.money, o.money, o.money, "Hoàn thành")
            for i, o in enumerate(orders, 1)
        ],
    )  # fmt: skip
    deliveries = write(
        folder / "so-giao-hang.csv",
        ("Mã hóa đơn", "Hẹn giao", "Giao lúc"),
        [(f"HD{i:06d}", o.promised.strftime(MOMENT), o.arrived.strftime(MOMENT)) for i, o in enumerate(orders, 1) if o.arrived <= END],
    )  # fmt: skip
    return client(
        NAME, sales, {"deliveries": deliveries, "tickets": _complaints(folder, orders)}, workspace,
        margin=0.18, sector="b2b",
    )  # fmt: skip


def _orders() -> list[Order]:
    rng = np.random.default_rng(SEED)
    found = []
    opening = END - timedelta(days=DAYS)
    for number in range(CUSTOMERS):
        size = 3_000_000 * float(np.exp(rng.normal(0, 1.3)))  # a handful carry most of the money
        every = float(rng.gamma(6, 5)) + 6
        rep = int(rng.integers(len(REPS)))
        at = opening + timedelta(days=float(rng.uniform(0, DAYS * (0.3 if rng.random() < 0.6 else 1.0))))
        while at <= END:
            at = at.replace(hour=int(rng.integers(8, 17)), minute=int(rng.integers(60)), second=0, microsecond=0)
            if at > END:
                break
            promised = at + timedelta(hours=24)
            late = rng.random() < (SLIPPED if rep == SLOW_REP else 0.08)
            arrived = promised + timedelta(hours=float(rng.uniform(2, 60) if late else -rng.uniform(1, 16)))
            money = 10_000 * max(1, round(size * float(np.exp(rng.normal(0, 0.5))) / 10_000))
            found.append(Order(at, number, rep, money, promised, arrived))
            if rng.random() < (LEAVE_LATE if late else LEAVE):
                break
            at += timedelta(days=1 + float(rng.gamma(2, every / 2)) / SEASON[at.month - 1])
    return found


def _complaints(folder: Path, orders: list[Order]) -> Path:
    rng = np.random.default_rng(SEED + 1)
    rows = []
    for i, order in enumerate(orders, 1):
        if rng.random() < (0.25 if order.late else 0.01) and order.arrived + timedelta(days=4) < END:
            opened = order.arrived + timedelta(hours=float(rng.uniform(1, 8)))
            answered = opened + timedelta(hours=float(rng.lognormal(2, 1)))
            solved = answered + timedelta(hours=float(rng.uniform(1, 40)))
            kind = "Giao trễ" if order.late else str(rng.choice(["Hàng lỗi", "Sai hóa đơn"]))
            rows.append((
                f"PN{len(rows) + 1:04d}", f"KH{order.customer:04d}", f"HD{i:06d}", opened.strftime(MOMENT), answered.strftime(MOMENT),
                solved.strftime(MOMENT) if solved < END else "", "Điện thoại", kind, "Đã xin lỗi", "không",
            ))  # fmt: skip
    header = (
        "Mã phiếu",
        "Mã khách hàng",
        "Mã hóa đơn",
        "Thời gian mở",
        "Phản hồi lần đầu",
        "Thời gian giải quyết",
        "Kênh",
        "Loại",
        "Kết quả",
        "Có từ chối",
    )
    return write(folder / "so-gop-y.csv", header, rows)
