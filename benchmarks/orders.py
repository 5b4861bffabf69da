"""A made-up business of any size, from a seed, written to Parquet by the engine: a hundred million orders need no memory of ours.

Customers start over three years, most leave after a while, and how often and how much each buys varies widely. Orders are written in
the order of time, as a till writes them, so nothing is laid out in favour of a group-by on customers.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from helpers import engine

FIRST, DAYS = date(2023, 7, 1), 1_096
AS_OF = date(2026, 6, 30)
PER_CUSTOMER = 20
SEED = 20_240_229


def write(path: Path, orders: int, *, seed: int = SEED, memory_limit: str = "6GB", spill: Path | None = None) -> Path:
    """Write about `orders` orders of ``orders / 20`` customers unless the file is there already.

    Args:
        path: the Parquet file. Columns as in the canonical orders table.
        orders: how many, within one per cent.
        seed: another seed, another business.
        memory_limit, spill: of the engine while it sorts.
    """
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    con = engine.connect(memory_limit=memory_limit, spill=spill or path.parent / "spill")
    unfinished = path.with_suffix(".part")
    con.raw_sql(f"COPY ({_orders(max(orders // PER_CUSTOMER, 1), seed)}) TO '{unfinished}' (FORMAT parquet)")
    con.disconnect()
    unfinished.rename(path)
    return path


def uniform(seed: int, *parts: str) -> str:
    """SQL of a number in (0, 1) that follows from the seed and the parts alone, whatever the threads do."""
    return f"((hash({', '.join(parts)}, {seed}) >> 11) + 0.5) / 9007199254740992.0"


def _orders(customers: int, seed: int) -> str:
    """Poisson orders at an own pace during an own lifetime, given how many fall into it."""
    u = [uniform(seed + i, "c") for i in range(6)]
    day, hour, amount = (uniform(seed + 10 + i, "c", "k") for i in range(3))
    return f"""
        WITH people AS (
            SELECT c, start, least({DAYS} - start, 1 + floor(-300 * ln({u[1]}))) AS stay,
                   -ln({u[2]}) AS pace, exp(10.8 + 0.5 * sqrt(-2 * ln({u[3]})) * cos(6.283185307 * {u[4]})) AS spend
            FROM (SELECT range AS c, floor({DAYS} * {u[0]}) AS start FROM range({customers}))
        ),
        counted AS (
            SELECT *, (1 + floor({PER_CUSTOMER - 1} * {customers} * pace * stay / sum(pace * stay) OVER () + {u[5]}))::BIGINT AS n
            FROM people
        ),
        placed AS (SELECT c, start, stay, spend, unnest(range(n)) AS k FROM counted)
        SELECT 'o' || c || '-' || k AS order_id, 'c' || c AS customer_id,
               TIMESTAMP '{FIRST}' + to_days((start + CASE WHEN k = 0 THEN 0 ELSE floor(stay * {day}) END)::INTEGER)
                   + to_seconds((28800 + 46800 * {hour})::BIGINT) AS ordered_at,
               round(spend * (0.4 + 1.2 * {amount}), -3) AS net_revenue,
               'VND' AS currency, NULL::VARCHAR AS channel, 'b' || (c % 7) AS branch, NULL::VARCHAR AS staff,
               'orders.csv' AS source_file, row_number() OVER () AS source_row
        FROM placed ORDER BY ordered_at, order_id"""  # noqa: S608


def read(con: Any, path: Path) -> Any:
    """The file as an orders table."""
    return con.read_parquet(path, table_name="orders")
