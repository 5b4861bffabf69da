"""One small and dirty table of sales, as a CSV file and in three warehouses."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

HEADERS = (
    "Mã đơn", "Thời gian", "Mã KH", "Tên khách", "Điện thoại", "Email", "Tổng tiền", "Mã hàng", "Số lượng", "Thành tiền",
    "Trạng thái", "Kênh", "Chi nhánh",
)  # fmt: skip
Row = dict[str, str | None]
_WALK_IN = ("Khách lẻ", "KHÁCH  LẺ", "khach vang lai", "Guest")


def rows(n: int = 200) -> list[Row]:
    """Sales of a shop with every fault a till lets through; the same every time."""
    chance = Random(20260331)
    made: list[Row] = []
    for i in range(n):
        person = chance.randrange(45)
        at = datetime(2025, 6, 1, 8, 30) + timedelta(hours=31 * i // 2, minutes=chance.randrange(60))
        price = chance.choice([45_000, 120_000, 89_500, 250_000.5])
        quantity = chance.choice([1, 2, 3])
        made.append({
            "Mã đơn": f"HD{i // 2 if i % 7 == 0 else i:04d}", "Thời gian": at.isoformat(" "),
            "Mã KH": f"KH{person:03d}" if person % 3 == 0 else None, "Tên khách": f" Người {person} ",
            "Điện thoại": (f"0{912345600 + person}", f"+84 912 345 {600 + person}")[i % 2] if person % 3 != 2 else None,
            "Email": f"P{person}@Example.COM" if person % 3 == 2 else None,
            "Tổng tiền": str(price * quantity), "Mã hàng": f"SP{i % 9}", "Số lượng": str(quantity),
            "Thành tiền": str(price * quantity), "Trạng thái": "Hoàn thành", "Kênh": ("Tại quầy", "Shopee")[i % 2],
            "Chi nhánh": "Quận 1",
        })  # fmt: skip
    for i, row in enumerate(made):
        _spoil(i, row)
    made += [dict(row) for row in made[50:56]]
    return made


def _spoil(i: int, row: Row) -> None:
    if i % 17 == 3:
        row["Trạng thái"] = ("Đã hủy", "ĐÃ  HUỶ", "cancelled")[i % 3]
    if i % 41 == 5:
        row["Thời gian"] = None
    if i % 67 == 7:
        row["Thời gian"] = ("2026-02-30", "không rõ")[i % 2]
    if i % 90 == 11:
        row["Thời gian"] = "2027-01-01 09:00:00"
    if i % 19 == 13:
        row.update({"Mã KH": None, "Điện thoại": None, "Email": None, "Tên khách": _WALK_IN[i % 4]})
    if i % 29 == 17:
        row["Điện thoại"] = "09*****123"
    if i % 53 == 19:
        row["Tổng tiền"] = row["Thành tiền"] = ("abc", None)[i % 2]
    if i % 59 == 23:
        row["Mã đơn"] = ("", "   ", None)[i % 3]


def write(path: Path, made: list[Row]) -> Path:
    """The rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADERS)
        out.writerows([row[header] or "" for header in HEADERS] for row in made)
    return path


def table(made: list[Row], *, typed: bool = False) -> pa.Table:
    """The same rows with an `id` that numbers them; `typed`: times and figures in columns of their type."""
    columns: dict[str, Any] = {"id": pa.array(range(1, len(made) + 1), pa.int64())}
    for header in HEADERS:
        cells = [row[header] for row in made]
        columns[header] = _typed(header, cells) if typed else pa.array(cells, pa.string())
    return pa.table(columns)


def _typed(header: str, cells: list[str | None]) -> pa.Array:
    if header == "Thời gian":
        return pa.array([_moment(cell) for cell in cells], pa.timestamp("us"))
    if header in ("Tổng tiền", "Thành tiền", "Số lượng"):
        return pa.array([_number(cell) for cell in cells], pa.float64())
    return pa.array(cells, pa.string())


def _moment(cell: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(cell or "")
    except ValueError:
        return None


def _number(cell: str | None) -> float | None:
    try:
        return float(cell or "")
    except ValueError:
        return None
