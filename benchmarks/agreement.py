"""What lifetimes and lifelines say of one small made-up business and of CDNOW, kept in a file our tests compare with.

    python -m benchmarks.agreement

The libraries cannot be installed beside ours (see `benchmarks.peers`), so this is run by hand when a peer's version is changed; it
writes `tests/metrics/peer_values.json`, which holds the made-up customers as well; of CDNOW (RETENTION_REAL_DATA) it holds only lifetimes' answers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import cdnow, peers

FILE = Path(__file__).resolve().parents[1] / "tests" / "metrics" / "peer_values.json"
CUSTOMERS, WEEKS, SEED = 400, 26.0, 20_240_229
AT = (10, 30, 60, 90, 150)
YEAR = 52.0
SINGLES = {
    "frequency": [26.0, 10.0, 15.0, 20.0, 25.0],
    "recency": [30.86, 20.0, 20.0, 20.0, 20.0],
    "T": [31.0, 39.0, 39.0, 39.0, 39.0],
}
"""A regular, and four who came ever more often before falling silent; in weeks."""


def business() -> dict[str, Any]:
    """Histories in weeks and spend of made-up customers, a few cases to predict, and waits of which some are still going on."""
    rng = np.random.default_rng(SEED)
    T = rng.integers(20, 80, CUSTOMERS)
    pace, leave = rng.gamma(0.9, size=CUSTOMERS) / 5.0, rng.beta(0.9, 3.0, CUSTOMERS)
    times = np.cumsum(rng.exponential(size=(CUSTOMERS, 300)) / pace[:, None], axis=1)
    kept = (times <= T[:, None]) & (np.arange(300) < rng.geometric(leave)[:, None])
    x, t_x = kept.sum(axis=1), np.ceil(np.where(kept, times, 0.0).max(axis=1))
    nu = rng.gamma(4.0, size=CUSTOMERS) / 15.0
    z = np.where(x > 0, np.maximum(rng.gamma(6.0 * np.maximum(x, 1)) / (nu * np.maximum(x, 1)), 0.01), 0.0)
    wait, seen = np.ceil(rng.exponential(80, 120)), rng.integers(20, 220, 120)
    return {
        "histories": {
            "frequency": x.tolist(), "recency": np.minimum(t_x, T).tolist(), "T": T.tolist(),
            "monetary_value": z.round(2).tolist(),
        },
        "cases": {
            "frequency": [0, 0, 1, 2, 5, 12], "recency": [0.0, 0.0, 3.0, 30.0, 20.0, 38.0],
            "T": [39.0, 5.0, 39.0, 39.0, 30.0, 39.0], "monetary_value": [0.0, 0.0, 12.5, 40.0, 25.0, 31.0],
        },
        "waits": {"days": np.minimum(wait, seen).astype(int).tolist(), "event": (wait <= seen).astype(int).tolist()},
    }  # fmt: skip


def _cdnow() -> dict[str, Any]:
    """CDNOW sample, 39 weeks to fit and 39 to predict, by lifetimes."""
    frequency, recency, T = cdnow.calibration("sample")
    path = peers.FOLDER.parent / ".cache" / "agreement-cdnow.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table({"frequency": frequency, "recency": recency / 7, "T": T / 7}), path)
    return peers.run("lifetimes", "agreement_cdnow", path=path, weeks=cdnow.HOLDOUT_WEEKS, singles=SINGLES, year=YEAR)


def main() -> None:
    """Ask the peers and write the file."""
    made = business()
    waits = {**made["waits"], "at": list(AT)}
    found = {
        **made,
        "weeks": WEEKS,
        "at": list(AT),
        "versions": [p for name in ("lifetimes", "learning") for p in peers.PACKAGES[name] if p.startswith("life")],
        "lifetimes": peers.run(
            "lifetimes", "agreement_lifetimes", histories=made["histories"], cases=made["cases"], weeks=WEEKS
        ),
        "cdnow": {**_cdnow(), "singles": SINGLES, "year": YEAR},
        "lifelines": peers.run("learning", "agreement_lifelines", **waits),
    }
    FILE.write_text(json.dumps(found, indent=None, separators=(",", ":")) + "\n", "utf-8")
    print(FILE.name, json.dumps({name: found[name] for name in ("lifetimes", "cdnow", "lifelines")}, indent=1))


if __name__ == "__main__":
    main()
