"""Segments, plan and lists of a business of any size: seconds of each step, and the most memory.

    python -m benchmarks.lists --sizes 1,10 --write

Orders are those of `benchmarks.orders`; every customer has a number, six of ten agreed to offers and to care on Zalo, one in twenty refused.
Effects are five times the playbook's, so that every group is planned for and lists are long. Each size runs in a process of its own, from the Parquet tables of a run to the last file for staff.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import orders, rounds
from helpers import engine, files, playbook, segments, tables
from helpers.business import Business, Planning
from helpers.campaigns import desk as desks
from helpers.campaigns import groups, lists
from helpers.language import Language
from helpers.parameters import CampaignDesign
from helpers.pipeline.build import build_customers

CACHE = Path(__file__).resolve().parent / ".cache"
SHOP = Business(
    name="Shop", sources={}, margin=0.6, margin_known=True, message_cost=350.0, minute_cost=50.0,
    planning=Planning(words={"staff": "Thảo", "opt_out": "Từ chối: soạn TC gửi 9123", "offer": "bánh mời kèm", "until": "31/07/2026"}),
)  # fmt: skip
_PEOPLE = """SELECT DISTINCT customer_id, 'Khách ' || customer_id AS name, '09' || lpad(customer_id[2:], 8, '0') AS phone,
             NULL::VARCHAR AS email FROM '{orders}'"""
_CONSENT = """SELECT customer_id, 'zalo' AS channel, purpose, NULL::VARCHAR AS phone, NULL::VARCHAR AS email, hash(customer_id) % 20 <> 0 AS granted,
              DATE '2026-01-01' AS recorded_at, 'form' AS source
              FROM '{people}', (VALUES ('advertising'), ('care')) p(purpose) WHERE hash(customer_id) % 20 < 13"""
_LINES = """SELECT order_id, customer_id, ordered_at, 'p' || (hash(order_id) % 40) AS product, 1 AS quantity, net_revenue FROM '{orders}'"""


def prepared(size: int) -> Path:
    """A run folder with the tables that intake would have left."""
    out = CACHE / f"lists-{size}m"
    shutil.rmtree(out, ignore_errors=True)
    folder = out / "tables"
    folder.mkdir(parents=True)
    source = orders.write(CACHE / f"orders-{size}m.parquet", size * 1_000_000)
    con = engine.connect()
    (folder / "orders.parquet").hardlink_to(source)
    for name, sql in (("people", _PEOPLE), ("consent", _CONSENT), ("order_lines", _LINES)):
        filled = sql.format(orders=source, people=folder / "people.parquet")
        con.raw_sql(f"COPY ({filled}) TO '{folder / name}.parquet' (FORMAT parquet)")
    con.raw_sql(f"COPY (SELECT * FROM '{source}' LIMIT 0) TO '{folder / 'rejects'}.parquet' (FORMAT parquet)")  # noqa: S608
    con.disconnect()
    return out


def steps(size: int) -> dict[str, Any]:
    """Run every step and return its seconds, the head-count, the rows written, and the peak memory in GB."""
    out = prepared(size)
    con, book, rules, say = engine.connect(), playbook.load(), segments.load_rules(), Language("vi")
    took: dict[str, float] = {}
    rows = 0

    def write(name: str, table: Any) -> Path:
        nonlocal rows
        path = files.write_csv(con, table, out / "lists" / f"{name}.csv")
        rows += int(con.read_csv(path, header=True, all_varchar=True).count().to_pyarrow().as_py())
        return path

    def write_text(name: str, text: str) -> Path:
        return files.write_text(out / "lists" / name, text, private=True)

    def step(name: str, run: Any) -> Any:
        begun = perf_counter()
        found = run()
        took[name] = perf_counter() - begun
        return found

    step("customers, chances and segments", lambda: build_customers(SHOP, out, out, con, as_of=orders.AS_OF))
    run = tables.open_tables(con, out / "tables")
    step(
        "lists per group",
        lambda: groups.write_groups(run, groups.group_plans(run, book, rules), book, rules, say=say, write=write),
    )
    step("call list", lambda: write("call-this-week", lists.call_list(run, book, rules, limit=50, say=say)))
    plan = step(
        "plan",
        lambda: desks.lay_out(
            con,
            run,
            SHOP,
            book,
            rules,
            say,
            CampaignDesign(lift_factor=5.0),
            as_of=orders.AS_OF,
            called=lists.CALL_SEGMENTS,
        ),
    )
    drawn = step("draw", lambda: desks.draw(plan))
    step("campaign lists", lambda: desks.write_lists(plan, drawn, write))
    step("calendar and uploads", lambda: desks.write_agenda(plan, drawn, write, write_text))
    people = int(run.people.count().to_pyarrow().as_py())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    shutil.rmtree(out)
    return {"steps": took, "customers": people, "rows": rows, "peak": peak}


def main() -> None:
    """Measure each size in its own process and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", default="1,10", help="millions of orders")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(steps(asked.one)))
        return
    found = {}
    for size in (int(text) for text in asked.sizes.split(",")):
        command = [sys.executable, "-m", "benchmarks.lists", "--one", str(size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[size] = json.loads(done.stdout.splitlines()[-1])
    names = list(next(iter(found.values()))["steps"])
    lines = [[name, *(f"{one['steps'][name]:.1f}" for one in found.values())] for name in names]
    lines.append(["together, s", *(f"{sum(one['steps'].values()):.1f}" for one in found.values())])
    lines.append(["peak memory, GB", *(f"{one['peak']:.2f}" for one in found.values())])
    lines.append(["rows for staff", *(f"{one['rows']:,}" for one in found.values())])
    header = ["step, s", *(f"{size} M orders, {one['customers']:,} customers" for size, one in found.items())]
    text = "### (h) Segments, plan and lists\n\n" + rounds.table(header, lines)
    print(text)
    if asked.write:
        rounds.record("h", text, f"python -m benchmarks.lists --sizes {asked.sizes} --write")


if __name__ == "__main__":
    main()
