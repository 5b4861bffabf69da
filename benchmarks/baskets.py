"""Market baskets of Online Retail against mlxtend's fpgrowth with association rules: the same pairs, the same lift, the time.

python -m benchmarks.baskets --rounds 3 --write
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import peers, rounds
from helpers import engine, intake
from helpers.business import Business, Source
from helpers.metrics import baskets

SUPPORTS = (0.02, 0.01)
CACHE = Path(__file__).resolve().parent / ".cache"


def lines(real: Path) -> Path:
    """Order lines of Online Retail as intake reads them: order_id and product, once per order, as Parquet."""
    path = CACHE / "online_retail_baskets.parquet"
    if not path.is_file():
        source = real / "online_retail" / "online_retail.parquet"
        business = Business(
            name="Gifts", currency="GBP", country="GB", timezone="Europe/London", sources={"orders": [Source(file=str(source))]}
        )  # fmt: skip
        con = engine.connect()
        read = intake.load(business, real, con, today=date(2026, 7, 1)).order_lines
        path.parent.mkdir(exist_ok=True)
        con.to_parquet(read.select("order_id", "customer_id", "product", "quantity", "ordered_at"), path)
    return path


def ours(path: Path, support: float) -> dict[str, Any]:
    """Pairs by the engine, reading the file included."""
    begun = perf_counter()
    con = engine.connect()
    bought = baskets.baskets(con.read_parquet(path), as_of=date(2026, 7, 1))
    found = baskets.pairs(bought, support=support, most=100_000)
    return {
        "seconds": perf_counter() - begun,
        "pairs": {f"{p.a}|{p.b}": [p.baskets / p.n, p.lift.value] for p in found},
    }


def compare(path: Path, support: float, count: int) -> tuple[list[list[str]], int]:
    """Both in turn; the table's rows and the number of pairs.

    Raises:
        SystemExit: they do not find the same pairs, or not the same support and lift.
    """
    found = rounds.alternate(
        {
            "ours": lambda: ours(path, support),
            "mlxtend fpgrowth + association_rules": lambda: peers.run(
                "baskets", "mlxtend_pairs", path=str(path), support=support
            ),
        },
        count,
    )
    mine, theirs = (each.last["pairs"] for each in found)
    if set(mine) != set(theirs):
        raise SystemExit(f"{len(set(mine) ^ set(theirs))} pairs are found by one only")
    for name, (share, lift) in mine.items():
        if abs(share - theirs[name][0]) > 1e-9 or abs(lift - theirs[name][1]) > 1e-6:
            raise SystemExit(f"{name}: {share}, {lift} against {theirs[name]}")
    rows = [
        [f"{100 * support:.0f} %, {len(mine):,} pairs", each.name, *rounds.times(each), f"{each.seconds / found[0].seconds:.1f}×"]
        for each in found
    ]  # fmt: skip
    return rows, len(mine)


def main() -> None:
    """Measure and print or write the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--real-data", type=Path, default=rounds.DOCUMENT.parents[2] / "shared" / "data")
    asked.add_argument("--write", action="store_true")
    given = asked.parse_args()
    path = lines(given.real_data)
    rows = [row for support in SUPPORTS for row in compare(path, support, given.rounds)[0]]
    head = ["smallest support", "what", "median, s", "range, s", "of ours"]
    text = "### (g) Pairs of products, Online Retail\n\n" + rounds.table(head, rows)
    print(text)
    if given.write:
        rounds.record("g", text, f"python -m benchmarks.baskets --rounds {given.rounds} --write")


if __name__ == "__main__":
    main()
