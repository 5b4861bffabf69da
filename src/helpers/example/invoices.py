"""From visits to the till's papers: invoices and lines with numbers, discounts, totals and states."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.example.menu import make_lines
from helpers.example.people import STAFF
from helpers.example.process import DELIVERY, Bools, Ints, Process

COMPLETED, CANCELLED, PROCESSING = "Hoàn thành", "Đã hủy", "Đang xử lý"
PAYMENTS = ("Tiền mặt", "Thẻ", "Ví", "Chuyển khoản")
PAYMENT_SHARES = (0.34, 0.06, 0.14, 0.46)
NOTE_EVENT, NOTE_VOUCHER, NOTE_MEMBER = "Khai trương giảm 50%", "Voucher Nhớ Mây", "Thẻ thành viên"


def make_invoices(
    customers: pd.DataFrame,
    natural: pd.DataFrame,
    added: pd.DataFrame,
    walk_ins: pd.DataFrame,
    people: pd.DataFrame,
    process: Process,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write every visit up as an invoice; add the cancelled ones that every till has.

    Args:
        customers: everyone known.
        natural: visits of the process.
        added: visits caused by the campaign.
        walk_ins: visits without a name.
        people: treated and holdout.
        process: the truth to obey.
        rng: random stream of this step.

    Returns:
        Invoices in the order of their numbers: code, at (local time), customer (−1 for walk-ins), kind ("regular",
        "campaign", "walk_in"), ordinal (of a natural visit, else −1), branch, channel, late, complaint,
        response_hours, seller, payment, note, status, total, discount, due (đồng), promised and delivered (deliveries
        only); and lines, ordered by invoice, as `helpers.example.menu.make_lines` describes them.
    """
    orders = _orders(natural, added, walk_ins, process)
    usual = customers["favourite"].reindex(orders["customer"]).reset_index(drop=True)
    lines = make_lines(usual, rng)
    orders = _with_money(orders, lines, customers, people, process, rng)
    orders = _with_delivery(orders, process, rng)
    invoices = _with_cancelled(orders, process, rng)
    by_order = invoices[["order"]].reset_index(names="number")
    papers = by_order.merge(lines.rename(columns={"invoice": "order"}), on="order", how="left")
    papers = papers.sort_values("number", kind="stable", ignore_index=True)
    papers = papers.drop(columns="order").rename(columns={"number": "invoice"})
    return invoices.drop(columns=["order", "minute"]), papers


def _orders(natural: pd.DataFrame, added: pd.DataFrame, walk_ins: pd.DataFrame, process: Process) -> pd.DataFrame:
    plain = {"ordinal": -1, "complaint": False, "response_hours": np.nan}
    orders = pd.concat(
        [
            natural.drop(columns="stays").assign(kind="regular"),
            added.assign(kind="campaign", **plain),
            walk_ins.assign(kind="walk_in", **plain),
        ],
        ignore_index=True,
    )
    minute = np.floor(orders["days"].to_numpy() * 1440.0).astype(np.int64).clip(0, process.days * 1440 - 1)
    return orders.assign(minute=minute).sort_values("days", kind="stable", ignore_index=True).drop(columns="days")


def _with_money(
    orders: pd.DataFrame,
    lines: pd.DataFrame,
    customers: pd.DataFrame,
    people: pd.DataFrame,
    process: Process,
    rng: np.random.Generator,
) -> pd.DataFrame:
    n = len(orders)
    total = lines.groupby("invoice")["amount"].sum().to_numpy()
    known = (orders["customer"] >= 0).to_numpy()
    event_people = np.flatnonzero((customers["cohort"] == "opening_event").to_numpy())
    event = orders["customer"].isin(event_people).to_numpy() & (orders["ordinal"] == 0).to_numpy()
    voucher = (orders["kind"] == "campaign").to_numpy() | _came_anyway_with_voucher(orders, people, process, rng)
    member = known & ~event & ~voucher & (rng.random(n) < 0.04)
    discount = np.select(
        [event, voucher, member],
        [total // 2, np.minimum(process.voucher, total), total // 10 // 1000 * 1000],
        0,
    )
    seller = np.asarray(STAFF)[orders["branch"], rng.choice(4, size=n, p=(0.32, 0.27, 0.23, 0.18))]
    return orders.assign(
        seller=seller,
        payment=np.asarray(PAYMENTS)[rng.choice(4, size=n, p=PAYMENT_SHARES)],
        note=np.select([event, voucher, member], [NOTE_EVENT, NOTE_VOUCHER, NOTE_MEMBER], ""),
        total=total,
        discount=discount,
        due=total - discount,
    )


def _came_anyway_with_voucher(
    orders: pd.DataFrame, people: pd.DataFrame, process: Process, rng: np.random.Generator
) -> Bools:
    sent = process.day(process.campaign_day) * 1440 + process.campaign_hour * 60
    inside = (orders["minute"] >= sent) & (orders["minute"] < sent + (process.campaign_window_days - 1) * 1440)
    chosen = orders["customer"].isin(people.loc[(people["arm"] == "treated") & people["came_anyway"], "customer"])
    first = (inside & chosen).to_numpy() & ~orders["customer"].where(inside & chosen).duplicated().to_numpy()
    return np.asarray(first & (rng.random(len(orders)) < 0.6), dtype=np.bool_)


def _with_delivery(orders: pd.DataFrame, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    n = len(orders)
    delivery = (orders["channel"] == DELIVERY).to_numpy()
    promised = orders["minute"].to_numpy() + 30 + 5 * rng.integers(0, 5, n)
    delay = np.where(orders["late"], 8 + rng.gamma(2.0, 12.0, n).clip(0, 110).astype(np.int64), -rng.integers(0, 16, n))
    recent = orders["minute"].to_numpy() >= (process.days - 2) * 1440
    open_ended = np.flatnonzero(recent & (orders["ordinal"] != 0).to_numpy() & (orders["channel"] != 0).to_numpy())
    status = np.full(n, COMPLETED, dtype=object)
    status[open_ended[-process.processing_invoices :]] = PROCESSING
    status[delivery & (promised + delay > (process.days - 1) * 1440 + process.export_minute)] = PROCESSING
    done = delivery & (status == COMPLETED)
    return orders.assign(
        status=status,
        promised=_times(promised, delivery, process),
        delivered=_times(promised + delay, done, process),
    )


def _with_cancelled(orders: pd.DataFrame, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    completed = np.flatnonzero((orders["status"] == COMPLETED).to_numpy())
    chosen = rng.choice(completed, size=round(process.cancelled_share * len(orders)), replace=False)
    edited = chosen[: process.edited_invoices]
    slip = np.where(np.arange(len(chosen)) < len(edited), 0, rng.integers(2, 7, len(chosen)))
    twins = orders.iloc[chosen].assign(
        order=chosen,
        minute=orders["minute"].to_numpy()[chosen] - slip,
        status=CANCELLED,
        ordinal=-1,
        complaint=False,
        response_hours=np.nan,
        late=False,
        delivered=np.datetime64("NaT", "s"),
        paper=0,
    )
    papers = pd.concat([twins, orders.assign(order=np.arange(len(orders)), paper=1)], ignore_index=True)
    papers = papers.sort_values(["minute", "order", "paper"], kind="stable", ignore_index=True)
    code = np.array([f"HD{number:06d}" for number in range(1, len(papers) + 1)], dtype=object)
    cancelled = (papers["status"] == CANCELLED).to_numpy()
    twin_code = pd.Series(code[cancelled], index=papers.loc[cancelled, "order"])
    replaced = papers["order"].isin(edited).to_numpy() & ~cancelled
    code[replaced] = (twin_code.reindex(papers.loc[replaced, "order"]) + ".01").to_numpy()
    at = _times(papers["minute"].to_numpy(), np.ones(len(papers), dtype=np.bool_), process)
    return papers.drop(columns="paper").assign(code=code, at=at)


def _times(minute: Ints, known: Bools, process: Process) -> pd.Series:
    times = np.datetime64(process.first_day, "s") + minute.astype("m8[m]")
    return pd.Series(np.where(known, times, np.datetime64("NaT", "s")).astype("M8[s]"))
