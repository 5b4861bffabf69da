"""How long does it take to read a merchant's export? Ours – read, parse, identify, write Parquet – against pandas and a bare scan.

Run with `python -m benchmarks.intake` (sizes with `--lines`, in millions); the files are made on the spot and thrown away.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import duckdb
import xlsxwriter

from benchmarks.measuring import timed

SHEET_LINES = 500_000

_LINES = """
SELECT
  'Chi nhánh ' || (o % 3 + 1) AS "Chi nhánh",
  'HD' || lpad(o::VARCHAR, 9, '0') AS "Mã hóa đơn",
  strftime(TIMESTAMP '2024-01-01 07:00' + to_minutes((hash(o) % 1000000)::BIGINT), '%d/%m/%Y %H:%M') AS "Thời gian",
  CASE WHEN known THEN 'KH' || lpad(who::VARCHAR, 7, '0') END AS "Mã khách hàng",
  CASE WHEN known THEN 'Khách hàng số ' || who ELSE 'Khách lẻ' END AS "Tên khách hàng",
  -- one phone in three has lost its zero, one in nine is still an eleven-digit number
  CASE WHEN known AND who % 2 = 0 THEN
    CASE WHEN who % 9 = 0 THEN '0168' WHEN who % 3 = 0 THEN '38' ELSE '038' END || lpad((who % 10000000)::VARCHAR, 7, '0')
  END AS "Điện thoại",
  'Nhân viên ' || (hash(o) % 12) AS "Người bán",
  CASE WHEN hash(o) % 5 = 0 THEN 'Giao hàng' ELSE 'Bán trực tiếp' END AS "Kênh bán",
  (30000 + (hash(o) % 400) * 1000)::VARCHAR AS "Khách cần trả",
  (30000 + (hash(o) % 400) * 1000)::VARCHAR AS "Khách đã trả",
  CASE WHEN hash(o) % 50 = 0 THEN 'Đã hủy' ELSE 'Hoàn thành' END AS "Trạng thái",
  'SP' || lpad((hash(i) % 800)::VARCHAR, 6, '0') AS "Mã hàng",
  'Món số ' || (hash(i) % 800) AS "Tên hàng",
  (1 + hash(i) % 4)::VARCHAR AS "Số lượng",
  ((10 + hash(i) % 90) * 1000)::VARCHAR AS "Đơn giá",
  ((10 + hash(i) % 90) * 1000)::VARCHAR AS "Giá bán",
  ((1 + hash(i) % 4) * (10 + hash(i) % 90) * 1000)::VARCHAR AS "Thành tiền"
FROM (SELECT i, i // 3 AS o, hash(i // 3) % {people} AS who, hash(i // 3) % 10 < 8 AS known FROM range({lines}) t(i))
"""
"""A till's invoice lines: three lines an order, a fifth of the orders without customer, one in fifty cancelled."""


def make_csv(path: Path, lines: int) -> None:
    """The lines as a UTF-8 CSV file."""
    query = _LINES.format(lines=lines, people=max(lines // 20, 1))
    with duckdb.connect() as con:
        con.execute(f"COPY ({query}) TO '{path}' (HEADER)")


def make_workbook(path: Path, lines: int) -> None:
    """The lines as a workbook, everything text as tills export it."""
    with duckdb.connect() as con:
        found = con.execute(_LINES.format(lines=lines, people=max(lines // 20, 1)))
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [column[0] for column in found.description or ()])
        for number, row in enumerate(found.fetchall(), start=1):
            sheet.write_row(number, 0, [cell or "" for cell in row])
        book.close()


def race(path: Path, rounds: int, peers: list[str], out: Path) -> dict[str, tuple[list[float], int]]:
    """Seconds of each round and peak bytes of each contender, alternating."""
    found: dict[str, tuple[list[float], int]] = {peer: ([], 0) for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            seconds, peak = timed(
                [sys.executable, "-m", "benchmarks.intake_contenders", peer, str(path), str(out)], None
            )
            times, highest = found[peer]
            found[peer] = ([*times, seconds], max(highest, peak))
    return found


def table(title: str, found: dict[str, tuple[list[float], int]]) -> str:
    """One Markdown table row per contender."""
    ours = median(found["ours"][0])
    rows = [
        f"| {title} | {peer} | {median(times):.1f} | {min(times):.1f}–{max(times):.1f} | {peak / 1e6:.0f} | {ours / median(times):.2f} |"
        for peer, (times, peak) in found.items()
    ]
    return "\n".join(rows)


def main() -> None:
    """Make the files, let everybody read them, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", default="1,10", help="sizes of the CSV files, in millions of lines")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-workbook", action="store_true", help="leave the .xlsx out")
    asked = parser.parse_args()
    rows = ["| file | who | median, s | range, s | peak memory, MB | ours / theirs |", "|---|---|--:|--:|--:|--:|"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes: list[tuple[str, Callable[[Path], None], str, list[str]]] = [
            (
                f"CSV, {size} M lines",
                lambda p, n=float(size): make_csv(p, round(n * 1e6)),
                "lines.csv",
                ["scan", "ours", "pandas"],
            )
            for size in asked.lines.split(",")
            if size
        ]
        if not asked.no_workbook:
            sizes.append(
                (
                    f"XLSX, {SHEET_LINES:,} lines",
                    lambda p: make_workbook(p, SHEET_LINES),
                    "lines.xlsx",
                    ["ours", "pandas"],
                )
            )
        for title, make, file, peers in sizes:
            path = folder / file
            make(path)
            rows.append(table(title, race(path, asked.rounds, peers, folder / "out")))
            print(rows[-1], flush=True)
            path.unlink()
    print("\n" + "\n".join(rows))


if __name__ == "__main__":
    main()
