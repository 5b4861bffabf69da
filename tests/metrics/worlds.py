"""Made-up and real businesses for the model tests."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest

from helpers.metrics.histories import Histories, from_days

REAL = Path(os.environ.get("RETENTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


def orders_table(customers: Any, days: Any, revenue: Any) -> ir.Table:
    """Orders with the columns the models read."""
    frame = pd.DataFrame(
        {
            "order_id": np.arange(len(customers)).astype(str),
            "customer_id": np.asarray(customers).astype(str),
            "ordered_at": pd.to_datetime(np.asarray(days)),
            "net_revenue": np.asarray(revenue, dtype=float),
        }
    )
    return ibis.memtable(frame)


def customers_table(x: Any, t_x: Any, T: Any, z: Any = None) -> ir.Table:
    """A customer summary from arrays of days."""
    x = np.asarray(x, dtype=np.int64)
    value = np.full(len(x), 100.0) if z is None else np.asarray(z, dtype=float)
    frame = pd.DataFrame(
        {
            "customer_id": np.arange(len(x)).astype(str),
            "frequency": x,
            "recency": np.asarray(t_x, dtype=np.int64),
            "T": np.asarray(T, dtype=np.int64),
            "monetary_value": np.where(x > 0, value, np.nan),
        }
    )
    table = ibis.memtable(frame)
    return table.mutate(monetary_value=table.monetary_value.nullif(float("nan")))


def random_dates(seed: int, people: int = 1_500, orders: int = 7_000, span: int = 600) -> tuple[ir.Table, date]:
    """Orders of random customers on random days: nothing about anybody tells who comes back."""
    rng = np.random.default_rng(seed)
    first = date(2024, 1, 1)
    days = np.datetime64(first) + rng.integers(0, span, orders)
    return orders_table(rng.integers(0, people, orders), days, np.full(orders, 10.0)), first + timedelta(days=span - 1)


def bg_nbd_world(
    n: int, r: float, alpha: float, a: float, b: float, weeks: int, seed: int, shift: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, t_x and T (weeks, continuous time) of customers who behave exactly as BG/NBD (shift 0) or MBG/NBD (1) says."""
    rng = np.random.default_rng(seed)
    T = rng.uniform(weeks / 3, weeks, n)
    pace = np.maximum(rng.gamma(r, size=n) / alpha, 1e-9)
    last = rng.geometric(np.maximum(rng.beta(a, b, n), 1e-12)) - shift  # repeat order they leave after
    now, x, t_x = np.zeros(n), np.zeros(n), np.zeros(n)
    for k in range(1, 2_000):
        now = now + rng.exponential(size=n) / pace
        placed = (now <= T) & (k <= last) & (x == k - 1)
        if not placed.any():
            break
        x[placed], t_x[placed] = k, now[placed]
    return x, t_x, T


def as_histories(x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> Histories:
    """One row per customer."""
    return Histories(x, t_x, T, np.ones(len(x)))


def days_world(n: int, seed: int, weeks: int = 60) -> Histories:
    """A CDNOW-like business in whole days."""
    x, t_x, T = bg_nbd_world(n, 0.243, 4.414, 0.793, 2.426, weeks, seed)
    T_days = np.floor(T * 7)
    return from_days(x, np.where(x > 0, np.minimum(np.ceil(t_x * 7), T_days), 0), T_days)


def cdnow(name: str = "master") -> ir.Table:
    """CDNOW as canonical orders, or skip."""
    path = REAL / "cdnow" / ("CDNOW_master.txt.gz" if name == "master" else "CDNOW_sample.txt")
    if not path.is_file():
        pytest.skip(f"real data not found: {path}; set RETENTION_REAL_DATA")
    columns = (
        ["customer_id", "day", "cds", "dollars"] if name == "master" else ["m", "customer_id", "day", "cds", "dollars"]
    )
    skip = 1 if name == "master" else 0
    frame = pd.read_csv(path, sep=r"\s+", header=None, skiprows=skip, names=columns)
    return orders_table(frame["customer_id"], pd.to_datetime(frame["day"].astype(str)), frame["dollars"])


def online_retail() -> ir.Table:
    """UCI Online Retail as canonical orders (known customers, no cancellations, priced lines), or skip."""
    path = REAL / "online_retail" / "online_retail.parquet"
    if not path.is_file():
        pytest.skip(f"real data not found: {path}; set RETENTION_REAL_DATA")
    lines = pd.read_parquet(path, columns=["InvoiceNo", "InvoiceDate", "CustomerID", "Quantity", "UnitPrice"])
    kept = lines["CustomerID"].notna() & ~lines["InvoiceNo"].astype(str).str.startswith("C") & (lines["UnitPrice"] > 0)
    lines = lines[kept]
    lines = lines.assign(amount=lines["Quantity"] * lines["UnitPrice"])
    found = (
        lines.groupby(["InvoiceNo", "CustomerID"])
        .agg(at=("InvoiceDate", "min"), amount=("amount", "sum"))
        .reset_index()
    )
    return orders_table(found["CustomerID"].astype(int), found["at"], found["amount"])
