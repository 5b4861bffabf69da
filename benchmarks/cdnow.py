"""CDNOW as the benchmarks read it (Fader & Hardie; not part of the project, see RETENTION_REAL_DATA)."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from helpers.metrics.customers import summarise
from helpers.metrics.orders import identified

REAL = Path(os.environ.get("RETENTION_REAL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
END, CALIBRATED_TO, HOLDOUT_WEEKS = date(1998, 6, 30), date(1997, 9, 30), 39


def orders(name: str) -> ir.Table:
    """``sample`` or ``master`` as orders.

    Raises:
        SystemExit: the file is not there.
    """
    path = REAL / "cdnow" / ("CDNOW_master.txt.gz" if name == "master" else "CDNOW_sample.txt")
    if not path.is_file():
        raise SystemExit("This needs the CDNOW files; set RETENTION_REAL_DATA to the folder that holds cdnow/.")
    columns = ["customer_id", "day", "cds", "net_revenue"]
    columns = columns if name == "master" else ["master_id", *columns]
    frame = pd.read_csv(path, sep=r"\s+", header=None, skiprows=1 if name == "master" else 0, names=columns)
    return table(frame["customer_id"], pd.to_datetime(frame["day"].astype(str)), frame["net_revenue"])


def table(customers: Any, moments: Any, money: Any) -> ir.Table:
    """Orders from three columns."""
    frame = pd.DataFrame(
        {
            "order_id": pd.RangeIndex(len(customers)).astype(str),
            "customer_id": pd.Series(customers).astype(str).to_numpy(),
            "ordered_at": pd.Series(moments).to_numpy(),
            "net_revenue": pd.Series(money).astype(float).to_numpy(),
        }
    )
    return ibis.memtable(frame)


def calibration(name: str) -> tuple[Any, Any, Any]:
    """Frequency, recency and T in days at the end of September 1997."""
    frame = summarise(orders(name), CALIBRATED_TO).order_by("customer_id").to_pandas()
    return tuple(frame[column].to_numpy() for column in ("frequency", "recency", "T"))  # type: ignore[return-value]


def holdout(name: str) -> Any:
    """Purchase days of the 39 weeks after, per customer, in the same order."""
    known = identified(orders(name), END)
    days = known.select("customer_id", "day").distinct()
    each = days.group_by("customer_id").agg(actual=(days.day > ibis.literal(CALIBRATED_TO)).sum())
    return each.order_by("customer_id").to_pandas()["actual"].to_numpy()
