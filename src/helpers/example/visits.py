"""Who comes when, and what happens on the way: the process that a retention report tries to read back.

Every live customer's next visit is drawn at once, wave after wave, so there are as many passes as the most faithful
customer has visits, never one per customer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.example.people import moments
from helpers.example.process import DELIVERY, Bools, Floats, Ints, Process
from helpers.example.season import Clock


def natural_visits(customers: pd.DataFrame, clock: Clock, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    """Visits of every known customer until they leave or the period ends; at most one a day.

    Returns:
        One row per visit, ordered by wave and customer: customer (position), ordinal (0 is the first), days,
        branch, channel, late, complaint, response_hours (missing when never answered or no complaint),
        stays (the customer is still alive afterwards).
    """
    who = np.arange(len(customers))
    load = clock.load_at(customers["arrived"].to_numpy())
    rate, dropout = customers["rate"].to_numpy(), customers["dropout"].to_numpy()
    event = (customers["cohort"] == "opening_event").to_numpy()
    waves: list[pd.DataFrame] = []
    while len(who):
        ordinal = len(waves)
        wave = with_experience(customers, who, clock.when(load), process, rng)
        complaint, hours = _complaints(wave["late"].to_numpy(), process, rng)
        chance = 1.0 - dropout[who]
        if ordinal == 0:
            chance = chance * np.where(event[who], process.event_return_factor, 1.0)
            chance = chance * np.where(wave["late"], process.late_first_return_factor, 1.0)
        chance = chance * np.where(complaint, answer_factor(hours, process), 1.0)
        stays = rng.random(len(who)) < chance
        waves.append(wave.assign(ordinal=ordinal, complaint=complaint, response_hours=hours, stays=stays))
        next_morning = clock.load_at(np.floor(wave["days"].to_numpy()) + 1.0)
        load = next_morning + rng.exponential(1.0, len(who)) / rate[who]
        alive = stays & (load < clock.load[-1])
        who, load = who[alive], load[alive]
    return pd.concat(waves, ignore_index=True)


def with_experience(
    customers: pd.DataFrame, who: Ints, days: Floats, process: Process, rng: np.random.Generator
) -> pd.DataFrame:
    """Add where, how and how well: branch, channel and lateness of these customers' visits at these moments."""
    home = customers["home"].to_numpy()[who]
    draw = rng.random(len(who))
    delivery = customers["delivery"].to_numpy()[who]
    takeaway = customers["takeaway"].to_numpy()[who]
    channel = np.where(draw < delivery, DELIVERY, np.where(draw < delivery + takeaway, 1, 0))
    strays = (rng.random(len(who)) > process.home_share) & (channel != DELIVERY)
    both_open = days >= process.day(process.second_branch_opens)
    branch = np.where(strays & both_open, 1 - home, home)
    late = draw_late(branch, channel, days, process, rng)
    return pd.DataFrame({"customer": who, "days": days, "branch": branch, "channel": channel, "late": late})


def draw_late(branch: Ints, channel: Ints, days: Floats, process: Process, rng: np.random.Generator) -> Bools:
    """Which of these orders are deliveries that arrive after their promise."""
    bad = (
        (branch == process.bad_branch)
        & (days >= process.day(process.bad_from))
        & (days < process.day(process.bad_until) + 1)
    )
    share = np.where(bad, process.bad_late_share, process.late_share)
    late: Bools = (channel == DELIVERY) & (rng.random(len(days)) < share)
    return late


def walk_in_visits(clock: Clock, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    """Receipts without a name: customer is −1; same columns as `with_experience`."""
    days = moments(clock, process.walk_ins, process, rng)
    opened = days >= process.day(process.second_branch_opens)
    branch = (opened & (rng.random(len(days)) < 0.45)).astype(np.int64)
    channel = rng.choice(3, size=len(days), p=(0.63, 0.31, 0.06))
    late = draw_late(branch, channel, days, process, rng)
    return pd.DataFrame({"customer": -1, "days": days, "branch": branch, "channel": channel, "late": late})


def answer_factor(hours: Floats, process: Process) -> Floats:
    """What an answer after so many hours (missing: never) does to the chance to return."""
    waited = np.where(np.isnan(hours), np.inf, hours)
    return np.select(
        [waited <= process.fast_hours, waited <= process.slow_hours],
        [process.return_factor_fast, process.return_factor_middle],
        process.return_factor_slow,
    )


def _complaints(late: Bools, process: Process, rng: np.random.Generator) -> tuple[Bools, Floats]:
    n = len(late)
    complaint = rng.random(n) < np.where(late, process.complaint_share_late, process.complaint_share)
    hours = process.response_median_hours * np.exp(rng.normal(0.0, process.response_sigma, n))
    answered = rng.random(n) >= process.never_answered_share
    return complaint, np.where(complaint & answered, hours.clip(0.05, 240.0), np.nan)
