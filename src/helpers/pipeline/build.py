"""Stage one and two of a run: intake into canonical tables, then one row per customer with every measure and score."""

from __future__ import annotations

import dataclasses
import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from helpers import engine, files, intake, segments, tables
from helpers.business import Business
from helpers.intake import in_one_warehouse
from helpers.metrics import customers, decline, gate, rfm, stakes, states
from helpers.metrics.base import overview
from helpers.metrics.membership import membership
from helpers.metrics.orders import identified, placed
from helpers.metrics.quality import DataQuality
from helpers.pipeline.assessment import assess_load
from helpers.pipeline.outlook import look_ahead
from helpers.records import plain

CUSTOMER_COLUMNS = (
    "customer_id", "first_order", "last_order", "orders", "net_revenue", "frequency", "recency", "T", "monetary_value",
    "days_since_last_order", "rhythm_days", "state", "segment", "p_return_90d", "p_alive", "expected_orders_12m", "clv_12m",
    "revenue_year", "spend_recent", "spend_before", "decline", "last_gap", "value_rank", "decline_week", "decline_lowest", "contract",
    "r_score", "f_score", "m_score",
)  # fmt: skip
"""Columns of `customers.parquet`, in order."""

CUSTOMER_TABLES = ("placed", "customers")
"""Tables that :func:`build_customers` leaves in the run folder, beside ``records/customers.json``."""


@dataclass(frozen=True)
class Built:
    """What the first stage leaves: the intake's account of itself, how far to trust it, and the day the data end."""

    as_of: date
    quality: Any
    optional: tuple[str, ...]
    data_quality: DataQuality


def build_tables(
    business: Business, client: Path, out: Path, con: Any, *, today: date, as_of: date | None = None, keeper: Any = None
) -> Built:
    """Read every source of a client and write the canonical tables to ``out/tables``.

    Args:
        client: the client's folder, against which relative file names resolve. today: rows dated later are faults.
        as_of: end of the data to use; default the day of the last order. keeper: the engine that keeps the tables; default `con`.

    Raises:
        InputError: the sources cannot be used.
    """
    folder = out / "tables"
    keeper = con if keeper is None else keeper
    with engine.within(con, intake.memory(business, client)), ExitStack() as stack:
        stay = stack if _stays(business) else None
        taken = intake.load(business, client, con, today=today, as_of=as_of, stay=stay, there=keeper)
        given = {name: getattr(taken, name) for name in ("orders", "order_lines", "people", "rejects", "identities")}
        for name, table in {**given, **taken.optional}.items():
            if table is not None:
                tables.write(keeper, table, folder, name)
        if taken.stayed:
            laid = tables.open_tables(keeper, folder)
            taken = replace(
                taken, orders=laid.orders, order_lines=laid.order_lines, people=laid.people, rejects=laid.rejects
            )
        end = as_of or taken.orders.ordered_at.max().to_pyarrow().as_py().date()
        return Built(end, taken.quality, tuple(taken.optional), assess_load(business, taken, as_of=end))


def _stays(business: Business) -> bool:
    """Whether the orders lie where the runs are kept, with nothing beside them that would have to be put together with them here."""
    there = business.warehouse
    return there is not None and in_one_warehouse(business) and business.sources["orders"][0].url == there.url


def describe(business: Business, client: Path, out: Path, con: Any, built: Built) -> None:
    """Record what intake found, with the totals every chapter starts from."""
    found = overview(tables.open_tables(con, out / "tables").orders, as_of=built.as_of)
    facts = {
        "client": str(client),
        "as_of": built.as_of,
        "quality": built.quality,
        "data_quality": built.data_quality,
        "optional_tables": built.optional,
        "overview": {**dataclasses.asdict(found), "anonymous_revenue_share": found.anonymous_revenue_share},
        "currency": business.currency,
    }
    files.write_text(out / "records" / "tables.json", json.dumps(plain(facts), ensure_ascii=False, indent=1))


def build_customers(business: Business, client: Path, out: Path, con: Any, *, as_of: date) -> None:
    """Write the tables ``placed`` and ``customers`` and record the models, thresholds and the back-test behind it.

    Raises:
        InputError: the client's changes to the table of segments cannot be used.
    """
    rules = segments.rules_for(business, client)
    kept = tables.open_tables(con, out / "tables").orders
    tables.write(con, placed(kept.drop("source_file", "source_row")), out / "tables", "placed")
    opened = tables.open_tables(con, out / "tables")
    orders, subscriptions = opened.placed, opened.get("subscriptions")
    found = measured(con, orders, as_of=as_of)
    ahead = look_ahead(business, con, found.customers, orders, subscriptions, as_of=as_of)
    contracts = gate.contracts_of(subscriptions, {"refused": ahead.facts["gate"].refused})
    joined = with_contract(ahead.customers, contracts, as_of=as_of, pause_days=business.pause_days)
    ready = segments.assign(joined, rules).select(*CUSTOMER_COLUMNS)
    ready = con.create_table("c_ready", ready, temp=True)
    tables.write(con, ready.order_by("customer_id"), out / "tables", "customers")
    free = gate.free_orders(orders, subscriptions, ahead.facts["gate"].kind, as_of=as_of)
    facts = {
        "rhythm": found.rhythm,
        "thresholds": found.limits,
        **ahead.facts,
        "stakes": _stakes(free, opened.get("tickets"), as_of),
    }
    files.write_text(out / "records" / "customers.json", json.dumps(plain(facts), ensure_ascii=False, indent=1))


def _stakes(orders: ir.Table, tickets: ir.Table | None, as_of: date) -> dict[str, Any]:
    """What one return more would bring, for the session's “what if”."""
    complaints = None if tickets is None else stakes.complainers(tickets, orders, as_of=as_of)
    return {"newcomers": stakes.newcomers(orders, as_of=as_of), "complainers": complaints}


@dataclass(frozen=True)
class Measured:
    """Customers by their orders alone: summary, rhythm, state, decline and ranks; and the business's rhythm and limits."""

    customers: ir.Table
    rhythm: customers.Rhythm | None
    limits: states.Thresholds


def measured(con: Any, orders: ir.Table, *, as_of: date) -> Measured:
    """Measure every known customer from the orders up to `as_of`."""
    base = _measured(con, orders, as_of)
    own = con.create_table(gen_name("c_gaps"), customers.own_gaps(orders, as_of), temp=True)
    rhythm = customers.business_rhythm(orders, as_of, own)
    table = con.create_table(gen_name("c_paced"), customers.with_rhythm(base, orders, as_of, rhythm, own), temp=True)
    limits = states.thresholds(orders, table, as_of=as_of, rhythm=rhythm)
    table = decline.with_decline(states.with_state(table, limits), orders, as_of=as_of)
    table = rfm.with_rfm(decline.with_weekly_decline(table, orders, as_of=as_of))
    return Measured(con.create_table(gen_name("c_states"), table, temp=True), rhythm, limits)


def with_contract(table: ir.Table, subscriptions: ir.Table | None, *, as_of: date, pause_days: int) -> ir.Table:
    """Add `contract`: where each member stands, missing for everybody else."""
    if subscriptions is None:
        return table.mutate(contract=ibis.null("string"))
    found = membership(subscriptions, table, as_of=as_of, pause_days=pause_days)
    return table.left_join(found, "customer_id").drop("customer_id_right")


def _measured(con: Any, orders: ir.Table, as_of: date) -> ir.Table:
    """Customer summary with the spend of the last 365 days."""
    base = customers.summarise(orders, as_of)
    year = identified(orders, as_of)
    year = year.filter(year.day > ibis.literal(as_of - timedelta(days=365)))
    spent = year.group_by("customer_id").agg(revenue_year=year.net_revenue.sum())
    joined = base.left_join(spent, "customer_id").drop("customer_id_right")
    return con.create_table(
        gen_name("c_measured"), joined.mutate(revenue_year=joined.revenue_year.fill_null(0.0)), temp=True
    )
