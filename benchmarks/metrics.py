"""How fast and how large? Customer summary, cohorts, BG/NBD and the whole set of measures, beside their peers.

    python -m benchmarks.metrics                          # (a), (b), (c), and (d) at 1 M orders
    python -m benchmarks.metrics --parts d --sizes 1,10,100 --rounds 1
    python -m benchmarks.metrics --parts ef --write       # how good the chances and the forecast are; nothing is timed; into docs/benchmarks.md

(a) the customer summary at 1 M orders, (b) monthly cohorts, (c) the BG/NBD fit, (d) every measure that takes a table, in a
process of its own, against one group-by scan of the same file. Files and peers' environments are made on first use under
`benchmarks/.cache` and `benchmarks/.peers`. CDNOW is needed for (c): RETENTION_REAL_DATA.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import accuracy, cdnow, orders, peers
from benchmarks.measures import ON_DEMAND, PREPARED, STEPS, Business, NotKept, measures
from benchmarks.rounds import Measured, alternate, record, table, times
from helpers import engine
from helpers.metrics import bg_nbd
from helpers.metrics.beta_geometric_fit import log_likelihood
from helpers.metrics.cohorts import cohorts
from helpers.metrics.customers import summarise
from helpers.metrics.histories import Histories, from_days
from helpers.metrics.orders import placed

CACHE = Path(__file__).resolve().parent / ".cache"
AS_OF = orders.AS_OF
TRUTH = (0.243, 4.414, 0.793, 2.426)
SUMMARY_SQL = """
    SELECT customer_id, min(day) AS first_order, max(day) AS last_order, sum(receipts)::BIGINT AS orders,
           sum(value) AS net_revenue, count(*) - 1 AS frequency, max(day) - min(day) AS recency,
           DATE '{as_of}' - min(day) AS T,
           (sum(value) - arg_min(value, day)) / nullif(count(*) - 1, 0) AS monetary_value,
           DATE '{as_of}' - max(day) AS days_since_last_order
    FROM (
        SELECT customer_id, ordered_at::DATE AS day, count(*) AS receipts, sum(net_revenue) AS value FROM '{path}'
        WHERE customer_id IS NOT NULL AND ordered_at::DATE <= DATE '{as_of}' GROUP BY ALL
    ) GROUP BY customer_id"""
"""The customer summary as somebody who knows DuckDB writes it by hand."""

SCAN_SQL = """
    SELECT customer_id, count(*), sum(net_revenue), min(ordered_at), max(ordered_at) FROM '{path}' GROUP BY customer_id"""
"""The yardstick of (d): one group-by over the file."""


def timed(run: Callable[[], Any]) -> dict[str, Any]:
    """Seconds of one call, beside what it returned if that is a mapping."""
    begun = perf_counter()
    found = run()
    seconds = perf_counter() - begun
    return {"seconds": seconds, **(found if isinstance(found, Mapping) else {})}


def part_a(path: Path, rounds: int) -> str:
    """Customer summary, file to one row per customer in memory."""
    con = engine.connect()
    con.raw_sql("SELECT 1")
    sql = SUMMARY_SQL.format(path=path, as_of=AS_OF)

    def ours() -> None:
        summarise(con.read_parquet(path, table_name="orders_a"), AS_OF).to_pyarrow()

    as_of = AS_OF.isoformat()
    found = alternate(
        {
            "ours": lambda: timed(ours),
            "hand-written SQL": lambda: timed(lambda: con.con.sql(sql).to_arrow_table() and None),
            "lifetimes": lambda: peers.run("lifetimes", "lifetimes_summary", path=path, as_of=as_of),
            "pymc-marketing": lambda: peers.run("pymc-marketing", "pymc_summary", path=path, as_of=as_of),
            "openretailscience RFM": lambda: peers.run(
                "openretailscience", "openretailscience_summary", path=path, as_of=as_of
            ),
        },
        rounds,
    )
    return f"### (a) Customer summary, {_size(path)}\n\n{_against_first(found)}"


def part_b(path: Path, rounds: int) -> str:
    """Cohort matrix by month."""
    con = engine.connect()

    def ours() -> dict[str, Any]:
        return {"cohorts": len(cohorts(con.read_parquet(path, table_name="orders_b"), as_of=AS_OF).matrix())}

    found = alternate(
        {
            "ours (customers, orders and revenue)": lambda: timed(ours),
            "openretailscience (customers)": lambda: peers.run(
                "openretailscience", "openretailscience_cohorts", path=path
            ),
        },
        rounds,
    )
    assert found[0].last["cohorts"] == found[1].last["cohorts"]
    return f"### (b) Monthly cohorts, {_size(path)}\n\n{_against_first(found)}"


def part_c(rounds: int, customers: int) -> str:
    """BG/NBD: time and log-likelihood, the latter always by our formula at everybody's parameters."""
    rows = []
    cases = {
        "CDNOW sample, 39 weeks": cdnow.calibration("sample"),
        "CDNOW master, 39 weeks": cdnow.calibration("master"),
        f"{customers:,} simulated": simulated(customers),
    }
    for case, (frequency, recency, T) in cases.items():
        path = CACHE / f"fit-{len(frequency)}.parquet"
        columns = {"frequency": frequency, "recency": recency / 7, "T": T / 7}
        pq.write_table(pa.table(columns), path)
        h = from_days(frequency, recency, T)
        contestants: dict[str, Any] = {
            "ours": lambda f=frequency, r=recency, t=T: timed(lambda: _fitted(f, r, t)),
            "lifetimes": lambda p=path: peers.run("lifetimes", "lifetimes_fit", path=p),
        }
        if "sample" in case:
            contestants["pymc-marketing MAP"] = lambda p=path: peers.run("pymc-marketing", "pymc_fit", path=p)
        found = alternate(contestants, rounds)
        rows += [
            (case, m.name, *times(m), f"{m.seconds / found[0].seconds:.0f}×", f"{_likelihood(m, h):,.3f}")
            for m in found
        ]
    return "### (c) BG/NBD\n\n" + table(("data", "library", "median, s", "range, s", "of ours", "log-likelihood"), rows)


def _fitted(frequency: Any, recency: Any, T: Any) -> dict[str, Any]:
    found = bg_nbd.fit(from_days(frequency, recency, T))
    assert isinstance(found, bg_nbd.BgNbd)
    return {"parameters": {name: getattr(found, name) for name in ("r", "alpha", "a", "b")}}


def _likelihood(found: Measured, h: Histories) -> float:
    at = found.last["parameters"]
    return log_likelihood(np.log([at[name] for name in ("r", "alpha", "a", "b")]), h, 0)[0]


def simulated(n: int, weeks: int = 78) -> tuple[Any, Any, Any]:
    """Frequency, recency and T in days of customers who behave as BG/NBD says with the parameters of CDNOW."""
    r, alpha, a, b = TRUTH
    rng = np.random.default_rng(orders.SEED)
    T = rng.uniform(weeks / 3, weeks, n)
    pace = np.maximum(rng.gamma(r, size=n) / alpha, 1e-9)
    last = rng.geometric(np.maximum(rng.beta(a, b, n), 1e-12))
    x, t_x, now = np.zeros(n), np.zeros(n), np.zeros(n)
    still = np.arange(n)
    while len(still):
        now[still] += rng.exponential(size=len(still)) / pace[still]
        still = still[(now[still] <= T[still]) & (x[still] < last[still])]
        x[still] += 1
        t_x[still] = now[still]
    days = np.floor(T * 7)
    return x.astype(np.int64), np.where(x > 0, np.minimum(np.ceil(t_x * 7), days), 0), days


def part_d(sizes: list[float], rounds: int, memory_limit: str) -> str:
    """The whole set, each size in processes of their own."""
    rows, slowest = [], ""
    for size in sizes:
        path = orders.write(CACHE / f"orders-{size:g}m.parquet", int(size * 1e6), memory_limit=memory_limit)
        command = [sys.executable, "-m", "benchmarks.metrics", "--whole", str(path), "--memory-limit", memory_limit]

        def whole(command: list[str] = command) -> dict[str, Any]:
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
            return answer

        (found,) = alternate({"ours": whole}, rounds)
        last = found.last
        rows.append(
            (
                _size(path),
                *times(found),
                f"{last['scan']:.2f}",
                f"{found.seconds / last['scan']:.0f}×",
                f"{last['peak_gb']:.2f}",
            )
        )
        each = sorted(last["each"].items(), key=lambda item: -item[1])
        slowest = ", ".join(f"{name} {seconds:.1f}" for name, seconds in each[:8])
    header = ("orders", "median, s", "range, s", "one group-by scan, s", "of the scan", "peak memory, GB")
    return f"### (d) Every measure\n\n{table(header, rows)}\n\nSlowest at the largest size, s: {slowest}."


def whole(path: Path, memory_limit: str) -> dict[str, Any]:
    """Every measure once: seconds of each, of a scan, and the peak memory of this process."""
    con = engine.connect(memory_limit=memory_limit, spill=CACHE / "spill")
    scans = [
        timed(lambda: con.raw_sql(f"CREATE OR REPLACE TEMP TABLE scan AS {SCAN_SQL.format(path=path)}"))["seconds"]
        for _ in range(3)
    ]
    con.raw_sql("DROP TABLE scan")
    each: dict[str, float] = {}

    def keep(name: str, made: ir.Table) -> ir.Table:
        return con.create_table(name, made, temp=True, overwrite=True)

    sequence = CACHE / f"{path.stem}-placed.parquet"
    each["orders.placed"] = timed(lambda: con.to_parquet(placed(orders.read(con, path)), sequence))["seconds"]
    business = Business({"orders": con.read_parquet(sequence, table_name="placed")}, AS_OF, keep)
    for name in (
        "summary",
        "own",
        "rhythm",
        "paced",
        "limits",
        "stated",
        "spending",
        "model",
        "value",
        "past",
        "customers",
    ):
        each[PREPARED.get(name, f"preparing {name}")] = timed(lambda name=name: business[name])["seconds"]
    for measure in measures(business):
        if measure.name in STEPS | ON_DEMAND or measure.name in each:
            continue
        with suppress(NotKept):  # only orders: what reads deliveries, tickets or contracts is left out
            each[measure.name] = timed(lambda measure=measure: _finish(con, measure(business)))["seconds"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": sum(each.values()), "scan": sorted(scans)[1], "peak_gb": peak, "each": each}


def _finish(con: Any, found: Any) -> None:
    """Compute a table that has only been described so far, inside the engine."""
    described = found if isinstance(found, ir.Table) else getattr(found, "scores", None)
    if isinstance(described, ir.Table):
        con.create_table("result", described, temp=True, overwrite=True)


def _size(path: Path) -> str:
    rows = pq.ParquetFile(path).metadata.num_rows
    return f"{rows / 1e6:,.1f} M orders" if rows >= 1e6 * 0.95 else f"{rows:,} orders"


def _against_first(found: list[Measured]) -> str:
    first = found[0].seconds
    return table(
        ("what", "median, s", "range, s", "of ours"), [(m.name, *times(m), f"{m.seconds / first:.2f}×") for m in found]
    )


def main() -> None:
    """Run the parts asked for and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="abcd", help="which of a, b, c, d, e, f (default abcd)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default="1", help="millions of orders for (d), e.g. 1,10,100")
    parser.add_argument("--customers", type=int, default=1_000_000, help="simulated customers for (c)")
    parser.add_argument("--orders", type=float, default=1, help="millions of orders for (a) and (b)")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--memory-limit", default="5GB", help="of the engine in (d)")
    parser.add_argument("--whole", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    if asked.whole is not None:
        print(json.dumps(whole(asked.whole, asked.memory_limit)))
        return
    million = CACHE / f"orders-{asked.orders:g}m.parquet"
    if set(asked.parts) & set("ab"):
        orders.write(million, int(asked.orders * 1_000_000))
    print(f"{os.cpu_count()} cores, medians of {asked.rounds}\n")
    parts: dict[str, Callable[[], str]] = {
        "a": lambda: part_a(million, asked.rounds),
        "b": lambda: part_b(million, asked.rounds),
        "c": lambda: part_c(asked.rounds, asked.customers),
        "d": lambda: part_d([float(s) for s in asked.sizes.split(",")], asked.rounds, asked.memory_limit),
        "e": accuracy.part_e,
        "f": accuracy.part_f,
    }
    for name in parts:
        if name in asked.parts:
            text = parts[name]()
            print(text, end="\n\n", flush=True)
            if asked.write:
                record(name, text, shlex.join(["python", "-m", "benchmarks.metrics", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
