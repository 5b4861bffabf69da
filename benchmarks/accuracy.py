"""How good are the figures? Chance of returning and forecast of orders, beside their peers on the same customers.

Parts e and f of `python -m benchmarks.metrics`. Nothing is timed, so these may run on a busy machine. Real data: RETENTION_REAL_DATA.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import cdnow, peers
from benchmarks.rounds import table
from helpers.metrics import backtest, bg_nbd, fit_check, windows
from helpers.metrics.backtest import BackTest
from helpers.metrics.fit_check import FitCheck
from helpers.metrics.scores import auc, brier
from helpers.metrics.windows import Past, Window

NAMES = {
    "score": "ours",
    "bg_nbd": "BG/NBD or MBG/NBD alone",
    "logistic": "our logistic part alone",
    "days_since_last_order": "days since the last order",
}
LEARNED = ("gradient boosting", "logistic regression")


def online_retail() -> ir.Table:
    """UCI Online Retail: known customers, no cancellations, priced lines; one order per invoice."""
    path = cdnow.REAL / "online_retail" / "online_retail.parquet"
    if not path.is_file():
        raise SystemExit("This needs Online Retail; set RETENTION_REAL_DATA to the folder that holds online_retail/.")
    lines = pd.read_parquet(path, columns=["InvoiceNo", "InvoiceDate", "CustomerID", "Quantity", "UnitPrice"])
    kept = lines["CustomerID"].notna() & ~lines["InvoiceNo"].astype(str).str.startswith("C") & (lines["UnitPrice"] > 0)
    lines = lines[kept]
    lines = lines.assign(amount=lines["Quantity"] * lines["UnitPrice"])
    each = lines.groupby(["InvoiceNo", "CustomerID"]).agg(at=("InvoiceDate", "min"), amount=("amount", "sum"))
    each = each.reset_index()
    return cdnow.table(each["CustomerID"].astype(int), each["at"], each["amount"])


def random_dates(seed: int = 0) -> ir.Table:
    """Seven thousand orders of random customers on random days of 600: nothing tells who comes back."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("2024-01-01") + rng.integers(0, 600, 7_000)
    return cdnow.table(rng.integers(0, 1_500, 7_000), days, np.full(7_000, 10.0))


BUSINESSES: Mapping[str, tuple[Callable[[], ir.Table], date]] = {
    "CDNOW master": (lambda: cdnow.orders("master"), cdnow.END),
    "CDNOW sample": (lambda: cdnow.orders("sample"), cdnow.END),
    "Online Retail": (online_retail, date(2011, 12, 9)),
    "random dates": (random_dates, date(2024, 1, 1) + timedelta(days=599)),
}


def part_e() -> str:
    """Chance of returning within 90 days, judged 90 days before the end of each data set."""
    rows = []
    for name, (orders, as_of) in BUSINESSES.items():
        past = windows.look_back(orders(), as_of)
        assert isinstance(past, Past)
        judged = backtest.backtest(orders(), as_of, past=past)
        assert isinstance(judged, BackTest)
        own = [(NAMES[m.name], m.auc.value, m.brier) for m in judged.methods]
        found = [*own, by_lifetimes(past.windows[0], past.horizon_days), *learned(past)]
        for i, (method, ranking, closeness) in enumerate(found):
            rows.append(
                (
                    f"{name}, {judged.n:,} customers" if i == 0 else "",
                    method,
                    "–" if ranking is None else f"{ranking:.4f}",
                    "–" if closeness is None else f"{closeness:.4f}",
                    f"{judged.flagged:,}" if i == 0 else "",
                )
            )
    return "### (e) Chance of returning within 90 days\n\n" + table(("data", "method", "AUC", "Brier", "flagged"), rows)


def by_lifetimes(test: Window, horizon_days: int) -> tuple[str, float | None, float | None]:
    """BG/NBD fitted by lifetimes on the same day: name, AUC and Brier of its chance of an order; none where it finds no fit."""
    name = "BG/NBD fitted by lifetimes"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "histories.parquet"
        pq.write_table(pa.table({"frequency": test.frequency, "recency": test.recency / 7, "T": test.T / 7}), path)
        try:
            at = peers.run("lifetimes", "lifetimes_fit", path=path)["parameters"]
        except SystemExit as refusal:
            if "ConvergenceError" not in str(refusal):
                raise
            return f"{name}: does not converge", None, None
    zeros = tuple((0.0,) * 4 for _ in range(4))
    model = bg_nbd.BgNbd(at["r"], at["alpha"], at["a"], at["b"], 0.0, "week", 7, test.n, test.n, (0.0,) * 4, zeros)
    p = model.p_return(test.each(), horizon_days / 7)
    return name, auc(test.returned, p).value, brier(test.returned, p)


def learned(past: Past) -> list[tuple[str, float, float]]:
    """Gradient boosting and logistic regression of scikit-learn on the same earlier windows: name, AUC and Brier."""
    test, earlier = past.windows[0], past.earlier().windows
    if not earlier:
        return []
    plain = [i for i, name in enumerate(windows.names()) if "_over_" not in name and "_x_" not in name]
    with tempfile.TemporaryDirectory() as folder:
        for name, parts in (("train", earlier), ("test", (test,))):
            np.savez(Path(folder) / f"{name}.npz", **_sides(parts, plain))
        peers.run("learning", "learned_risk", folder=folder)
        chances = {name: np.load(Path(folder) / f"{name}.npy") for name in LEARNED}
    return [
        (f"{name} (scikit-learn)", auc(test.returned, p).value, brier(test.returned, p)) for name, p in chances.items()
    ]


def _sides(parts: tuple[Window, ...], plain: list[int]) -> dict[str, Any]:
    """What the learners see: all features, or those without kinks; and the outcome."""
    whole = np.vstack([part.features for part in parts])
    return {
        "features": np.column_stack([whole[:, plain], *(np.concatenate([getattr(p, c) for p in parts])[:, None] for c in ("frequency", "recency", "T"))]),
        "logs": whole[:, plain],
        "returned": np.concatenate([part.returned for part in parts]),
    }  # fmt: skip


def part_f() -> str:
    """CDNOW's last 39 weeks, forecast from the first 39, by customer."""
    rows = []
    for name in ("sample", "master"):
        ours = fit_check.check(cdnow.orders(name), cdnow.END)
        assert isinstance(ours, FitCheck)
        assert ours.error is not None
        found = {"ours": {"mean_absolute_error": ours.mean_absolute_error, "error": ours.error}}
        frequency, recency, T = cdnow.calibration(name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "calibration.parquet"
            columns = {"frequency": frequency, "recency": recency / 7, "T": T / 7, "actual": cdnow.holdout(name)}
            pq.write_table(pa.table(columns), path)
            asked: dict[str, Any] = {"path": path, "holdout": float(cdnow.HOLDOUT_WEEKS)}
            found["lifetimes"] = peers.run("lifetimes", "lifetimes_fit", **asked)
            found["pymc-marketing MAP"] = peers.run("pymc-marketing", "pymc_fit", **asked)
        rows += [
            (
                f"CDNOW {name}, {ours.customers:,} customers" if method == "ours" else "",
                method,
                f"{result['mean_absolute_error']:.4f}",
                f"{100 * result['error']:+.1f} %",
            )
            for method, result in found.items()
        ]
    return "### (f) Orders in the last 39 weeks\n\n" + table(
        ("data", "library", "mean absolute error per customer", "error of the total"), rows
    )
