"""The read-out of a large campaign beside tea-tasting and a plain script: the same numbers, the time.

    python -m benchmarks.readout --rounds 3 --write

A million customers, a fifth of them left out; whether they returned, what they spent, what they had spent before. Everybody reads the
same Parquet file and gives the difference in returns, in money (Welch), in money corrected for spending before (CUPED) and its bootstrap
interval from as many resamples. The command fails where the numbers differ.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import tea_tasting as tt
from scipy import stats

from benchmarks import rounds
from helpers import engine
from helpers.proof import money, readout

CACHE = Path(__file__).resolve().parent / ".cache"
CUSTOMERS = 1_000_000
SEED = 20_260_316
Found = dict[str, tuple[float, float, float]]
"""What → difference and its 95 % interval."""


def campaign() -> Path:
    """The file of the campaign, made from a seed on first use."""
    path = CACHE / f"campaign-{CUSTOMERS}.parquet"
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        # of one text per draw: hashes of a number and a seed resemble each other from seed to seed
        u = [f"((hash(c || '-{SEED}-{i}') >> 11) + 0.5) / 9007199254740992.0" for i in range(6)]
        normal = [f"sqrt(-2 * ln({u[i]})) * cos(6.283185307 * {u[i + 1]})" for i in (1, 3)]
        engine.connect().raw_sql(f"""
            COPY (
                SELECT 'c' || c AS customer_id, arm, returned::DOUBLE AS returned, spend_before,
                       CASE WHEN returned THEN round(spend_before * exp(-1 + 0.8 * {normal[1]})) ELSE 0 END AS revenue
                FROM (SELECT range AS c, CASE WHEN {u[0]} < 0.2 THEN 'holdout' ELSE 'treated' END AS arm,
                             {u[5]} < CASE WHEN {u[0]} < 0.2 THEN 0.10 ELSE 0.104 END AS returned,
                             round(exp(11.5 + 0.9 * {normal[0]})) AS spend_before FROM range({CUSTOMERS}))
            ) TO '{path}' (FORMAT parquet)""")  # noqa: S608
    return path


def ours(path: Path) -> dict[str, Any]:
    """By the engine."""
    begun = perf_counter()
    table = engine.connect().read_parquet(path)
    read = readout.read_out(
        table.drop("spend_before"), campaign="b", main="returned", money="revenue", margin=0.5, cost=0.0
    )
    assert isinstance(read, readout.Readout)
    gaps = {c.outcome: c.difference for c in read.comparisons}
    boot = money.check(table, "revenue", treated="treated", holdout="holdout", welch=gaps["revenue"]).bootstrap
    cuped = money.adjusted(table, "revenue", "spend_before", treated="treated", holdout="holdout")
    assert cuped is not None
    seconds = perf_counter() - begun
    named = {"returned": gaps["returned"], "revenue": gaps["revenue"], "cuped": cuped.difference, "bootstrap": boot}
    return {"seconds": seconds, "found": {name: (e.value, e.low, e.high) for name, e in named.items()}}


def theirs(path: Path) -> dict[str, Any]:
    """tea-tasting on the same file in a data frame; Newcombe's interval is not among what it offers."""
    begun = perf_counter()
    frame = pd.read_parquet(path, columns=["arm", "returned", "revenue", "spend_before"])
    result = tt.Experiment(
        returned=tt.Mean("returned"),
        revenue=tt.Mean("revenue"),
        cuped=tt.Mean("revenue", "spend_before"),
        bootstrap=tt.Bootstrap("revenue", np.mean, n_resamples=money.RESAMPLES, method="percentile", batch=10),
    ).analyze(frame.rename(columns={"arm": "variant"}), control="holdout")
    seconds = perf_counter() - begun
    return {
        "seconds": seconds,
        "found": {
            n: (result[n].effect_size, result[n].effect_size_ci_lower, result[n].effect_size_ci_upper) for n in result
        },
    }


def plain(path: Path) -> dict[str, Any]:
    """As one writes it with pandas, NumPy and scipy."""
    begun = perf_counter()
    frame = pd.read_parquet(path, columns=["arm", "returned", "revenue", "spend_before"])
    one, two = frame[frame.arm == "treated"], frame[frame.arm == "holdout"]
    slope = np.cov(frame.revenue, frame.spend_before)[0, 1] / frame.spend_before.var()
    found = {
        "returned": _newcombe(int(one.returned.sum()), len(one), int(two.returned.sum()), len(two)),
        "revenue": _welch(one.revenue, two.revenue),
        "cuped": _welch(one.revenue - slope * one.spend_before, two.revenue - slope * two.spend_before),
    }
    draw = np.random.default_rng(0)
    a, b = one.revenue.to_numpy(), two.revenue.to_numpy()
    drawn = [
        a[draw.integers(0, len(a), len(a))].mean() - b[draw.integers(0, len(b), len(b))].mean()
        for _ in range(money.RESAMPLES)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    found["bootstrap"] = (float(a.mean() - b.mean()), float(low), float(high))
    return {"seconds": perf_counter() - begun, "found": found}


def _welch(one: Any, two: Any) -> tuple[float, float, float]:
    interval = stats.ttest_ind(one, two, equal_var=False).confidence_interval()
    return float(one.mean() - two.mean()), float(interval.low), float(interval.high)


def _newcombe(k: int, n: int, j: int, m: int) -> tuple[float, float, float]:
    p, q = k / n, j / m
    (a, b), (c, d) = (stats.binomtest(*pair).proportion_ci(method="wilson") for pair in ((k, n), (j, m)))
    return p - q, p - q - math.hypot(p - a, d - q), p - q + math.hypot(b - p, q - c)


def differ(found: Found, other: Found, who: str) -> None:
    """Stop where numbers that must be equal are not; bootstraps draw differently and may differ by a twentieth of the interval.

    Raises:
        SystemExit: they differ.
    """
    for name, mine in found.items():
        width = mine[2] - mine[1]
        # tea-tasting's interval for shares is Welch's, not Newcombe's, so its bounds may differ a little
        loose = name == "bootstrap" or (name == "returned" and who == "tea-tasting")
        for a, b in zip(mine, other[name], strict=True):
            if abs(a - b) > (0.05 * width if loose else 1e-9 * max(1.0, abs(a))):
                raise SystemExit(f"{name}: ours {mine}, {who} {other[name]}")


def main() -> None:
    """Measure in alternating rounds, compare the numbers, print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    asked = parser.parse_args()
    path = campaign()
    names = {"ours": ours, "tea-tasting": theirs, "pandas and scipy": plain}
    found = rounds.alternate({name: (lambda run=run: run(path)) for name, run in names.items()}, asked.rounds)
    for other in found[1:]:
        differ(found[0].last["found"], other.last["found"], other.name)
    lines = [[one.name, *rounds.times(one), f"{one.seconds / found[0].seconds:.1f}×"] for one in found]
    title = f"### (j) Read-out of a campaign, {CUSTOMERS:,} customers, {money.RESAMPLES:,} resamples"
    text = f"{title}\n\n" + rounds.table(["who", "median, s", "range, s", "of ours"], lines)
    print(text)
    if asked.write:
        rounds.record("j", text, f"python -m benchmarks.readout --rounds {asked.rounds} --write")


if __name__ == "__main__":
    main()
