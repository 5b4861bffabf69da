"""What the owner keeps beside the till: messages sent, and what was spent each month."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.example.campaign import CAMPAIGN, CARE, SELL, may_write
from helpers.example.invoices import CANCELLED
from helpers.example.process import Bools, Floats, Ints, Process

BLASTS = (
    ("Menu mới", 0.16),
    ("Ưu đãi cuối tuần", 0.13),
    ("Mua 2 tặng 1", 0.15),
)
"""Selling messages sent in turn, one a month from the seventh month on, and the share of recent customers reached."""
FIRST_BLAST_MONTH = 6
RECENT_DAYS = 180
FIRST_CARE_MONTH = 15
CARE_SHARE = 0.35
"""Share of the new customers who had agreed to it that got a thank-you, from `FIRST_CARE_MONTH` on."""
CARE_NAME = "Hỏi thăm sau đơn đầu"

Months = NDArray[np.datetime64]

NEW, KEEP, OTHER = "khách mới", "giữ khách", "khác"


def make_contacts(
    customers: pd.DataFrame,
    visits: pd.DataFrame,
    consent: pd.DataFrame,
    people: pd.DataFrame,
    process: Process,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Messages sent, by time.

    Returns:
        One row per message: customer, at, channel, purpose, campaign. Only people who had said yes to messages of
        that purpose get one.
    """
    sent: list[pd.DataFrame] = []
    for month, start in enumerate(process.month_starts[FIRST_BLAST_MONTH:-1], FIRST_BLAST_MONTH):
        name, share = BLASTS[month % len(BLASTS)]
        day = start + 9 + month % 4
        recent = _seen(visits, len(customers), day - RECENT_DAYS, day)
        chosen = recent & may_write(consent, SELL, len(customers), day) & (rng.random(len(customers)) < share)
        sent.append(_messages(np.flatnonzero(chosen), day + (10 + rng.random(chosen.sum())) / 24.0, SELL, name))
    treated = people.loc[people["arm"] == "treated", "customer"].to_numpy()
    moment = process.day(process.campaign_day) + (process.campaign_hour + 0.4 * rng.random(len(treated))) / 24.0
    sent.append(_messages(treated, moment, SELL, CAMPAIGN))
    sent.append(_care(customers, consent, process, rng))
    contacts = pd.concat(sent, ignore_index=True).sort_values(["days", "customer"], kind="stable", ignore_index=True)
    minutes = np.floor(contacts["days"].to_numpy() * 1440.0).astype(np.int64).astype("m8[m]")
    return contacts.drop(columns="days").assign(at=np.datetime64(process.first_day, "s") + minutes)


def make_costs(
    invoices: pd.DataFrame, contacts: pd.DataFrame, process: Process, rng: np.random.Generator
) -> pd.DataFrame:
    """Costs per month and item: month (first day), item, kind, amount (đồng, whole thousands except messages)."""
    months = np.datetime64(process.first_day, "M") + np.arange(len(process.month_starts) - 1)
    n = len(months)
    number = np.arange(n)
    two = months >= np.datetime64(process.second_branch_opens, "M")
    push = (months >= np.datetime64(process.bad_from, "M")) & (months <= np.datetime64(process.bad_until, "M"))
    event = months == np.datetime64(process.event_first_day, "M")
    campaign = months == np.datetime64(process.campaign_day, "M")
    kept = invoices[invoices["status"] != CANCELLED]
    revenue = _by_month(kept["at"], kept["due"].to_numpy(dtype=np.float64), months)
    messages = _by_month(contacts["at"], np.ones(len(contacts)), months)
    jitter = 1.0 + 0.08 * rng.standard_normal((4, n))
    items: tuple[tuple[str, str, Floats], ...] = (
        ("Quảng cáo Facebook", NEW, np.where(push, 7_500_000, np.where(two, 2_600_000, 1_800_000)) * jitter[0]),
        ("Phí ứng dụng giao hàng", NEW, np.where(push, 2_400_000, np.where(two, 1_100_000, 500_000)) * jitter[1]),
        ("Sự kiện khai trương", NEW, np.where(event, 9_500_000, 0)),
        ("In thẻ thành viên", KEEP, np.where(number % 6 == 0, 450_000, 0)),
        ("Soạn chiến dịch " + CAMPAIGN, KEEP, np.where(campaign, process.campaign_setup_cost, 0)),
        ("Thuê mặt bằng", OTHER, np.where(two, 13_500_000, 6_500_000)),
        ("Lương nhân viên", OTHER, np.where(two, 18_000_000, 9_500_000) * jitter[2]),
        ("Nguyên liệu", OTHER, revenue * 0.33 * jitter[3]),
    )
    rows = [
        pd.DataFrame({"month": months, "item": item, "kind": kind, "amount": np.round(amount / 1000.0) * 1000.0})
        for item, kind, amount in items
    ]
    paid = pd.DataFrame(
        {"month": months, "item": "Tin nhắn Zalo", "kind": KEEP, "amount": messages * process.message_cost}
    )
    costs = pd.concat([*rows, paid], ignore_index=True)
    costs = costs[costs["amount"] > 0].astype({"amount": np.int64, "month": "M8[s]"})
    return costs.sort_values(["month", "kind", "item"], kind="stable", ignore_index=True)


def _care(customers: pd.DataFrame, consent: pd.DataFrame, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    arrived = customers["arrived"].to_numpy()
    agreed = may_write(consent, CARE, len(customers), process.days)
    inside = (arrived >= process.month_starts[FIRST_CARE_MONTH]) & (arrived < process.days - 3)
    chosen = np.flatnonzero(agreed & inside & (rng.random(len(arrived)) < CARE_SHARE))
    return _messages(chosen, np.floor(arrived[chosen]) + 2 + (10 + 8 * rng.random(len(chosen))) / 24.0, CARE, CARE_NAME)


def _messages(customer: Ints, days: Floats, purpose: str, campaign: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"customer": customer, "days": days, "channel": "Zalo", "purpose": purpose, "campaign": campaign}
    )


def _seen(visits: pd.DataFrame, customers: int, first: int, after: int) -> Bools:
    seen: Bools = np.zeros(customers, dtype=np.bool_)
    seen[visits.loc[(visits["days"] >= first) & (visits["days"] < after), "customer"].to_numpy()] = True
    return seen


def _by_month(at: pd.Series, amount: Floats, months: Months) -> Floats:
    position = (at.to_numpy(dtype="M8[s]").astype("M8[M]") - months[0]).astype(np.int64)
    return np.bincount(position, weights=amount, minlength=len(months)).astype(np.float64)
