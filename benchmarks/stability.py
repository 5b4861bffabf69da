"""How many customers change segment from one day to the next, and how many go back without having done anything.

Every day's segments are worked out from the orders up to that day alone, as a run on that day would have; nothing is remembered from one
day to the next. Writes the table of docs/segments.md::

    python -m benchmarks.stability --days 60 --write
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from benchmarks import rounds
from helpers import engine, intake, resources, segments
from helpers.business import Business, Source, load
from helpers.metrics import bg_nbd, clv, histories
from helpers.pipeline.build import measured

DOCUMENT = rounds.DOCUMENT.with_name("segments.md")
SILENCE = ("one_time_not_due", "one_time_overdue", "overdue_regular", "lapsed", "lost")
"""Where time alone leads to: whoever does not order gets there."""
BACK_WITHIN = 14


@dataclass(frozen=True)
class Steadiness:
    """Shares of all customers per day.

    Attributes:
        days: day-to-day steps measured. customers: mean head-count. changed: share that changes segment. ordered: of these, changed
            on a day with an own order. silent: without one, to a segment where silence leads. otherwise: the rest – a decline read
            anew, or yardsticks that moved. back: share that changes without an order and is back within 14 days without one.
    """

    days: int
    customers: float
    changed: float
    ordered: float
    silent: float
    otherwise: float
    back: float


def segments_on(con: Any, orders: ir.Table, day: date, rules: segments.Rules) -> ir.Table:
    """customer_id, segment, last_order and day as a run on that day would have them; a table of its own, its steps forgotten."""
    there = _tables(con)
    seen = orders.filter(orders.ordered_at.date() <= ibis.literal(day))
    table = measured(con, seen, as_of=day).customers
    scored = clv.score(table, bg_nbd.fit(histories.compress(table)), None, margin=0.5)
    chosen = segments.assign(scored, rules).select("customer_id", "segment", "last_order").mutate(day=ibis.literal(day))
    kept = con.create_table(ibis.util.gen_name("day"), chosen, temp=True)
    for name in _tables(con) - there - {kept.get_name()}:
        if name.startswith("c_"):
            con.drop_table(name)
    return kept


def _tables(con: Any) -> set[str]:
    return {name for (name,) in con.raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()}


def steadiness(con: Any, orders: ir.Table, *, end: date, days: int) -> Steadiness:
    """Measure the `days` steps up to `end`."""
    rules = segments.load_rules()
    kept = con.create_table(
        ibis.util.gen_name("orders"), orders.select("order_id", "customer_id", "ordered_at", "net_revenue"), temp=True
    )
    each = [segments_on(con, kept, end - timedelta(days=i), rules) for i in range(days, -1, -1)]
    table = ibis.union(*each)
    by_day = ibis.window(group_by="customer_id", order_by="day")
    steps = table.mutate(before=table.segment.lag().over(by_day), ordered_before=table.last_order.lag().over(by_day))
    steps = steps.filter(steps.before.notnull())
    steps = con.create_table(ibis.util.gen_name("steps"), steps, temp=True)
    moved = steps.segment != steps.before
    ordered = moved & (steps.last_order != steps.ordered_before)
    silent = moved & ~ordered & steps.segment.isin(SILENCE)
    row = steps.agg(n=steps.count(), moved=moved.sum(), ordered=ordered.sum(), silent=silent.sum()).to_pyarrow()
    n, total, own, time = (int(row[name][0].as_py()) for name in ("n", "moved", "ordered", "silent"))
    back = _back(steps.filter(moved & ~ordered))
    return Steadiness(days, n / days, total / n, own / n, time / n, (total - own - time) / n, back / n)


def _back(changes: ir.Table) -> int:
    """Changes that are undone within :data:`BACK_WITHIN` days, with no order in between."""
    later = changes.select("customer_id", undone="segment", undone_on="day", order_then="last_order")
    pairs = changes.inner_join(later, "customer_id")
    apart = pairs.undone_on.delta(pairs.day, unit="day")
    same = (pairs.undone == pairs.before) & (pairs.order_then == pairs.last_order)
    pairs = pairs.filter(same & (apart > 0) & (apart <= BACK_WITHIN))
    return int(pairs.select("customer_id", "day").distinct().count().to_pyarrow().as_py())


def data_sets(con: Any, real: Path) -> dict[str, ir.Table]:
    """The example business, Online Retail and CDNOW."""
    cafe = resources.example("cafe")
    found = {"example café": intake.load(load(cafe), cafe, con, today=date(2026, 7, 1)).orders}
    retail = real / "online_retail" / "online_retail.parquet"
    found["Online Retail"] = intake.load(
        Business(
            name="Gifts", currency="GBP", country="GB", timezone="Europe/London", sources={"orders": [Source(file=str(retail))]}
        ),
        real, con, today=date(2026, 7, 1),
    ).orders  # fmt: skip
    found["CDNOW"] = cdnow(con, real / "cdnow" / "CDNOW_master.txt.gz")
    return found


def cdnow(con: Any, path: Path) -> ir.Table:
    """CDNOW's purchases as orders: all of whom are known, from January 1997 to June 1998."""
    raw = con.read_csv(
        path, header=False, skip=1, delim="|", columns={"line": "VARCHAR"}, table_name=ibis.util.gen_name("cd")
    )
    part = raw.mutate(cells=raw.line.strip().re_split(r"\s+"))
    return part.select(
        order_id=ibis.row_number().cast("string"),
        customer_id=part.cells[0],
        ordered_at=part.cells[1].replace("-", "").as_date("%Y%m%d").cast("timestamp"),
        net_revenue=part.cells[3].cast("float64"),
    )


def main() -> None:
    """Measure all three and print or write the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--days", type=int, default=60)
    asked.add_argument("--real-data", type=Path, default=rounds.DOCUMENT.parents[2] / "shared" / "data")
    asked.add_argument("--write", action="store_true")
    given = asked.parse_args()
    con = engine.connect(memory_limit="2GB")
    rows = []
    for name, orders in data_sets(con, given.real_data).items():
        end = orders.ordered_at.max().to_pyarrow().as_py().date()
        found = steadiness(con, orders, end=end, days=given.days)
        shares = [found.changed, found.ordered, found.silent, found.otherwise, found.back]
        rows.append([name, f"{found.customers:,.0f}", *(f"{100 * share:.2f} %" for share in shares)])
    head = [
        "data",
        "customers",
        "change per day",
        "after an own order",
        "by own silence",
        "otherwise",
        "back within 14 days",
    ]
    text = rounds.table(head, rows)
    print(text)
    if given.write:
        rounds.record("stability", text, f"python -m benchmarks.stability --days {given.days} --write", DOCUMENT)


if __name__ == "__main__":
    main()
