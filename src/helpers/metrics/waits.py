"""How long people wait for an answer and for a solution, by channel, beside what they were promised (S13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from helpers.metrics.survival import Survival, kaplan_meier
from helpers.metrics.uncertainty import NotEnough, Rate, rate

USUAL = "*"
"""The promise that holds for channels without one of their own."""


@dataclass(frozen=True)
class Wait:
    """Hours until `share` of all were served.

    Attributes:
        hours: None when fewer than that were ever served. low, high: 95 % interval; a missing `high` has no upper bound yet.
    """

    share: float
    hours: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ChannelWaits:
    """One channel, or all together (`channel` empty).

    Attributes:
        n: tickets. unanswered: without a first reply at the end of the data. reply, reply_slow: first reply, the one in the
            middle and the ninth of ten. solved, solved_slow: the same for the solution. promise_hours: what was promised.
        kept: share answered within the promise, of tickets at least that old.
    """

    channel: str
    n: int
    unanswered: int
    reply: Wait | NotEnough
    reply_slow: Wait | NotEnough
    solved: Wait | NotEnough
    solved_slow: Wait | NotEnough
    promise_hours: float
    kept: Rate | NotEnough


def waits(
    tickets: ir.Table, *, as_of: date, promise_hours: Mapping[str, float] | None = None
) -> tuple[ChannelWaits, ...]:
    """All channels together, then each, the most used first.

    A ticket nobody has answered is still waiting: it is followed until the end of the data (Kaplan–Meier), so that forgotten
    tickets make waits longer instead of vanishing from the median.

    Args:
        promise_hours: hours until the first reply by channel as written in the tickets; :data:`USUAL` for the others, 24 when
            it is not given.
    """
    promises = {USUAL: 24.0, **{name.casefold(): hours for name, hours in (promise_hours or {}).items()}}
    rows = _minutes(tickets, as_of)
    channels = list(rows.groupby("channel")["n"].sum().sort_values(ascending=False, kind="stable").index)
    parts = [("", rows)] + [(name, rows[rows["channel"] == name]) for name in channels if name]
    return tuple(_channel(name, part, promises) for name, part in parts if len(part))


def _minutes(tickets: ir.Table, as_of: date) -> pd.DataFrame:
    """Tickets per channel, minutes to the reply, minutes to the solution and minutes followed; missing where it has not come."""
    end = ibis.literal(datetime.combine(as_of + timedelta(days=1), time()))
    seen = tickets.filter(tickets.opened_at < end)
    followed = end.delta(seen.opened_at, unit="second") // 60

    def after(at: ir.TimestampValue) -> ir.IntegerValue:
        known = at.notnull() & (at < end)
        return known.ifelse(ibis.greatest(at.delta(seen.opened_at, unit="second") // 60, 0), ibis.null("int64"))

    each = seen.select(
        channel=seen.channel.fill_null(""),
        reply=after(seen.first_reply_at),
        solved=after(seen.resolved_at),
        followed=followed,
    )
    counted = each.group_by("channel", "reply", "solved", "followed").agg(n=each.count())
    found: pd.DataFrame = counted.order_by("channel", "reply", "solved", "followed").to_pandas()
    return found


def _channel(name: str, rows: pd.DataFrame, promises: Mapping[str, float]) -> ChannelWaits:
    promise = promises.get(name.casefold(), promises[USUAL])
    mature = rows[rows["followed"] >= 60 * promise]
    quick = mature[mature["reply"] <= 60 * promise]
    reply, solved = (_curve(rows, column) for column in ("reply", "solved"))
    return ChannelWaits(
        name, int(rows["n"].sum()), int(rows.loc[rows["reply"].isna(), "n"].sum()),
        _wait(reply, 0.5), _wait(reply, 0.9), _wait(solved, 0.5), _wait(solved, 0.9),
        promise, rate(int(quick["n"].sum()), int(mature["n"].sum())),
    )  # fmt: skip


def _curve(rows: pd.DataFrame, column: str) -> Survival | NotEnough:
    """Share still waiting, by minutes."""
    came = rows[column].notna()
    minutes = rows[column].where(came, rows["followed"]).astype("int64").to_numpy()
    n = rows["n"].to_numpy()
    times, place = np.unique(minutes, return_inverse=True)
    events = np.bincount(place, np.where(came, n, 0), minlength=len(times)).astype(np.int64)
    censored = np.bincount(place, np.where(came, 0, n), minlength=len(times)).astype(np.int64)
    # the tail of ten is needed here: the ninth of ten is what the promise is broken on
    return kaplan_meier(times, events, censored, tail=1)


def _wait(curve: Survival | NotEnough, share: float) -> Wait | NotEnough:
    if isinstance(curve, NotEnough):
        return NotEnough(curve.have, curve.need, "complaints")
    hours = [None if found is None else found / 60 for found in curve.quantile(share)]
    return Wait(share, *hours)
