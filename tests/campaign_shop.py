"""A small business for tests of campaigns: customers with addresses, answers and orders, as a run's tables hold them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
from businesses import made

from helpers.business import Business, Planning
from helpers.campaigns.desk import Desk, lay_out
from helpers.language import Language
from helpers.parameters import CampaignDesign
from helpers.playbook import load
from helpers.segments import load_rules
from helpers.tables import Tables

BOOK, RULES = load(), load_rules()
END = date(2026, 6, 30)
WORDS = {
    "staff": "Thảo", "opt_out": "Từ chối: soạn TC gửi 9123", "offer": "bánh mời kèm", "until": "31/07/2026", "tip": "Uống nóng ngon hơn.",
    "change": "mở thêm ca tối", "win-back.date": "01/06/2026", "story": "Ngày mới mở có hôm vắng khách.", "values": "đúng giờ đã hẹn",
    "days": "14", "date": "10/07/2026", "product": "món mới",
}  # fmt: skip
Answer = tuple[str, str | None, str | None, bool | None, date | None]
"""customer, channel, purpose, granted, day."""
_CUSTOMERS = {
    "customer_id": pa.string(), "segment": pa.string(), "first_order": pa.date32(), "last_order": pa.date32(), "orders": pa.int64(),
    "net_revenue": pa.float64(), "frequency": pa.int64(), "rhythm_days": pa.float64(), "days_since_last_order": pa.int64(),
    "decline": pa.float64(), "revenue_year": pa.float64(), "p_return_90d": pa.float64(),
}  # fmt: skip
_USUAL: dict[str, Any] = {
    "segment": "lapsed", "first_order": date(2024, 8, 5), "last_order": date(2026, 1, 5), "orders": 5, "net_revenue": 500_000.0,
    "frequency": 4, "rhythm_days": 20.0, "days_since_last_order": 176, "decline": None, "revenue_year": 100_000.0, "p_return_90d": 0.1,
    "name": "Nguyễn Văn An", "phone": "auto", "email": None,
}  # fmt: skip


def yes(who: str, channel: str = "zalo", purpose: str = "advertising", day: date | None = date(2026, 1, 1)) -> Answer:
    """One customer agrees."""
    return (who, channel, purpose, True, day)


def no(
    who: str, channel: str | None = "zalo", purpose: str | None = "advertising", day: date | None = date(2026, 2, 1)
) -> Answer:
    """One customer refuses."""
    return (who, channel, purpose, False, day)


def tables(
    con: Any, customers: Sequence[dict[str, Any]], answers: Sequence[Answer] | None = None, *, by_address: Sequence[tuple[str | None, str | None]] = (),
    contacts: Sequence[tuple[str, date, str]] = (), complaints: Sequence[tuple[str, date]] = (), product: str | None = "Latte",
) -> Tables:  # fmt: skip
    """The tables of a run.

    Args:
        customers: what differs from the usual lapsed customer; ids are KH0, KH1, … answers: the consent table, None for none.
        by_address: number and e-mail of refusals of everything that name no customer.
        contacts: customer, day, purpose. complaints: customer, day of an open complaint. product: of every order.
    """
    found = [{"customer_id": f"KH{i}", **_USUAL, **row} for i, row in enumerate(customers)]
    for i, row in enumerate(found):
        row["phone"] = f"09{i:08d}" if row["phone"] == "auto" else row["phone"]
    table = made(con, {name: pa.array([row[name] for row in found], kind) for name, kind in _CUSTOMERS.items()})
    text = ("customer_id", "name", "phone", "email")
    people = made(con, {name: pa.array([row[name] for row in found], pa.string()) for name in text})
    ids = [row["customer_id"] for row in found]
    moments = [datetime.combine(row["last_order"], time(9)) for row in found]
    orders = made(con, {
        "order_id": pa.array([f"HD{i}" for i in range(len(ids))], pa.string()), "customer_id": pa.array(ids, pa.string()),
        "ordered_at": pa.array(moments, pa.timestamp("us")), "net_revenue": pa.array([row["revenue_year"] for row in found], pa.float64()),
        "branch": pa.array(["Lê Lợi"] * len(ids), pa.string()),
    })  # fmt: skip
    lines = made(con, {
        "order_id": pa.array([f"HD{i}" for i in range(len(ids))], pa.string()), "customer_id": pa.array(ids, pa.string()),
        "ordered_at": pa.array(moments, pa.timestamp("us")), "product": pa.array([product] * len(ids), pa.string()),
    })  # fmt: skip
    optional: dict[str, Any] = {}
    if answers is not None:
        kinds = (pa.string(), pa.string(), pa.string(), pa.bool_(), pa.date32())
        names = ("customer_id", "channel", "purpose", "granted", "recorded_at")
        said = [*answers, *((None, None, None, False, None) for _ in by_address)]
        where: Sequence[tuple[str | None, str | None]] = [*((None, None) for _ in answers), *by_address]
        addresses = {n: pa.array([w[i] for w in where], pa.string()) for i, n in enumerate(("phone", "email"))}
        answered = {n: pa.array([a[i] for a in said], kinds[i]) for i, n in enumerate(names)}
        optional["consent"] = made(con, {**answered, **addresses})
    if contacts:
        optional["contacts"] = made(con, {
            "customer_id": pa.array([c for c, _, _ in contacts], pa.string()),
            "sent_at": pa.array([datetime.combine(d, time(10)) for _, d, _ in contacts], pa.timestamp("us")),
            "purpose": pa.array([p for *_, p in contacts], pa.string()),
        })  # fmt: skip
    if complaints:
        optional["tickets"] = made(con, {
            "customer_id": pa.array([c for c, _ in complaints], pa.string()),
            "opened_at": pa.array([datetime.combine(d, time(10)) for _, d in complaints], pa.timestamp("us")),
            "resolved_at": pa.array([None] * len(complaints), pa.timestamp("us")),
        })  # fmt: skip
    return Tables(orders=orders, order_lines=lines, people=people, rejects=orders, optional=optional, customers=table)


def business(**planning: Any) -> Business:
    """A café that has worded everything its messages need."""
    words = {**WORDS, **planning.pop("words", {})}
    costs = planning.pop("costs", {"message_cost": 10.0, "minute_cost": 1.0})
    return Business(name="Tiệm Mây", margin=0.6, sources={}, planning=Planning(words=words, **planning), **costs)


def desk(
    con: Any,
    run: Tables,
    shop: Business | None = None,
    *,
    lang: str = "vi",
    called: tuple[str, ...] = (),
    **params: Any,
) -> Desk:
    """The plan of these tables."""
    return lay_out(
        con, run, shop or business(), BOOK, RULES, Language(lang), CampaignDesign(**params), as_of=END, called=called
    )


def young(days: int, **more: Any) -> dict[str, Any]:
    """A customer whose first order was so many days before the data end."""
    first = END - timedelta(days=days)
    return {
        "segment": "new",
        "first_order": first,
        "last_order": first,
        "orders": 1,
        "frequency": 0,
        "days_since_last_order": days,
        **more,
    }
