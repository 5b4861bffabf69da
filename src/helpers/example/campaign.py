"""The past campaign: who agreed to be written to, who was drawn, and what the message really added."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.example.process import Bools, Floats, Process
from helpers.example.season import Clock
from helpers.example.visits import with_experience

CAMPAIGN = "Nhớ Mây 03/2026"
SELL, CARE = "bán hàng", "chăm sóc"
NEVER_ASKED, REFUSED_AT_TILL, CHANGED_MIND, OPTED_OUT = 0.03, 0.03, 0.015, 0.015
"""Shares: no answer recorded, refused when asked, withdrew later, withdrew after the campaign's message."""


def make_consent(customers: pd.DataFrame, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    """Consent as the café noted it down.

    Returns:
        One row per answer: customer, channel, purpose, agreed, day (whole days from the first day), source. A later row
        about the same customer, channel and purpose replaces the earlier one.
    """
    n = len(customers)
    phone = (customers["phone"] != "").to_numpy() & ~customers["deleted"].to_numpy()
    email = (customers["email"] != "").to_numpy() & ~customers["deleted"].to_numpy()
    arrived = np.floor(customers["arrived"].to_numpy())
    draw = rng.random(n)
    asked = phone & (draw >= NEVER_ASKED)
    agreed = draw >= NEVER_ASKED + REFUSED_AT_TILL
    withdrawn = asked & agreed & (rng.random(n) < CHANGED_MIND)
    later = np.floor(arrived + (process.days - 1 - arrived) * rng.random(n))
    return pd.concat(
        [
            _answers(asked, "zalo", SELL, agreed, arrived, "phiếu thành viên"),
            _answers(withdrawn, "zalo", SELL, agreed & False, later, "nhắn từ chối"),
            _answers(phone & (rng.random(n) < 0.20), "zalo", CARE, agreed | True, arrived, "phiếu thành viên"),
            _answers(phone & (rng.random(n) < 0.08), "sms", SELL, rng.random(n) < 0.8, arrived, "hỏi tại quầy"),
            _answers(phone & (rng.random(n) < 0.04), "gọi", CARE, rng.random(n) < 0.5, arrived, "hỏi tại quầy"),
            _answers(email & (rng.random(n) < 0.90), "email", SELL, rng.random(n) < 0.8, arrived, "trang Facebook"),
        ],
        ignore_index=True,
    )


def may_write(consent: pd.DataFrame, purpose: str, customers: int, day: int) -> Bools:
    """Which customers may get such a message on Zalo on `day`: a yes counts from the next day, a no at once."""
    in_time = (consent["day"] < day) | ((consent["day"] == day) & ~consent["agreed"])
    known = consent[(consent["channel"] == "zalo") & (consent["purpose"] == purpose) & in_time]
    latest = known.sort_values("day", kind="stable").drop_duplicates("customer", keep="last")
    allowed = np.zeros(customers, dtype=np.bool_)
    allowed[latest["customer"].to_numpy()] = latest["agreed"].to_numpy()
    return allowed


def run_campaign(
    customers: pd.DataFrame,
    visits: pd.DataFrame,
    consent: pd.DataFrame,
    clock: Clock,
    process: Process,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw treated and holdout, and the orders that exist only because of the message.

    Some of the treated come anyway. Of the others a share is persuaded, set so that the added probability of an order
    within the window, over all treated, is `process.uplift`.

    Returns:
        The people: customer, arm ("treated" or "holdout"), silent_days, came_anyway, persuaded; and the added
        visits, in the columns of `helpers.example.visits.with_experience`.
    """
    sent = process.day(process.campaign_day)
    days = visits["days"].to_numpy()
    who = visits["customer"].to_numpy()
    last = np.full(len(customers), -np.inf)
    np.maximum.at(last, who[days < sent], days[days < sent])
    silent = sent - np.floor(last)
    eligible = np.flatnonzero(
        (silent >= process.silent_from_days)
        & (silent <= process.silent_to_days)
        & may_write(consent, SELL, len(customers), sent)
    )
    treated = np.zeros(len(eligible), dtype=np.bool_)
    treated[rng.permutation(len(eligible))[: round(process.treated_share * len(eligible))]] = True
    came_anyway = np.isin(eligible, who[(days >= sent) & (days < sent + process.campaign_window_days)])
    persuadable = process.uplift / (1.0 - came_anyway.mean())
    persuaded = treated & ~came_anyway & (rng.random(len(eligible)) < persuadable)
    people = pd.DataFrame(
        {
            "customer": eligible,
            "arm": np.where(treated, "treated", "holdout"),
            "silent_days": silent[eligible].astype(np.int64),
            "came_anyway": came_anyway,
            "persuaded": persuaded,
        }
    )
    buyers = eligible[persuaded]
    return people, with_experience(customers, buyers, _reply_days(len(buyers), clock, process, rng), process, rng)


def opt_outs(people: pd.DataFrame, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    """Consent withdrawn by treated people in the days after the message; columns of `make_consent`."""
    treated = people.loc[people["arm"] == "treated", "customer"].to_numpy()
    leaving = treated[rng.random(len(treated)) < OPTED_OUT]
    day = process.day(process.campaign_day) + rng.integers(1, 5, len(leaving))
    return pd.DataFrame(
        {"customer": leaving, "channel": "zalo", "purpose": SELL, "agreed": False, "day": day, "source": "nhắn từ chối"}
    )


def _reply_days(n: int, clock: Clock, process: Process, rng: np.random.Generator) -> Floats:
    sent = process.day(process.campaign_day) + process.campaign_hour / 24.0
    low, high = clock.load_at(np.array([sent + 0.05, sent + process.campaign_window_days - 1.0]))
    return clock.when(low + (high - low) * rng.beta(1.0, 2.5, n))


def _answers(chosen: Bools, channel: str, purpose: str, agreed: Bools, day: Floats, source: str) -> pd.DataFrame:
    who = np.flatnonzero(chosen)
    return pd.DataFrame(
        {
            "customer": who,
            "channel": channel,
            "purpose": purpose,
            "agreed": agreed[who],
            "day": day[who].astype(np.int64),
            "source": source,
        }
    )
