"""Was that the holiday, or did customers leave? Regulars before a festival and after it, this year and the year before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir

from helpers.metrics.months import covered
from helpers.metrics.orders import identified
from helpers.metrics.season import Festival
from helpers.metrics.uncertainty import Estimate, NotEnough, Rate, newcombe, rate

LONGEST, SHORTEST = 56, 28
"""Days looked at on either side of the festival's weeks."""
TOLERABLE = 0.10
"""A loss of this many points must be excluded before a dip is called the holiday's."""

Verdict = Literal["holiday", "loss", "unclear"]


@dataclass(frozen=True)
class Around:
    """One festival and the days on both sides of it.

    Attributes:
        day: its first day. back: of the regulars who bought in the days before its weeks, who bought again in the days after.
        dip: orders per day of known customers in its weeks against the days before, −0.4 for 40 % fewer.
    """

    day: date
    back: Rate | NotEnough
    dip: float


@dataclass(frozen=True)
class HolidayDip:
    """The latest festival with days enough after it, beside that of the year before.

    Attributes:
        festival: its id. now, before: this year and the year before. span_days: days on either side.
        difference: share of regulars back, now − before.
        verdict: ``holiday`` – regulars came back as after the last one, and a loss of more than :data:`TOLERABLE` can be
            excluded; ``loss`` – fewer came back, and that is more than chance; ``unclear`` – too few to tell.
    """

    festival: str
    now: Around
    before: Around
    span_days: int
    difference: Estimate
    verdict: Verdict


def holiday_dip(orders: ir.Table, festivals: Sequence[Festival], *, as_of: date) -> HolidayDip | NotEnough:
    """Compare the regulars' return across the latest festival with the year before.

    A holiday lowers everybody's visits for some weeks and then they are back; customers who left are not. So what is compared
    is not the dip but who is there again after it: of the regulars (two purchase days or more by then) of the `span` days before
    the festival's weeks, the share with an order in the `span` days after them. The same people cannot be drawn twice, so the
    interval is Newcombe's for two groups; regulars of both years make it a little too wide.

    Returns:
        :class:`NotEnough` when no festival has both years and at least 28 days after it in the data, or too few regulars.
    """
    seen = covered(orders, as_of=as_of)
    if seen.first_day is None:
        return NotEnough(0, 2, "years")
    usable = []
    for festival in festivals:
        for i, day in enumerate(festival.days):
            last = festival.last_year(i)
            span = min(LONGEST, (as_of - festival.window(day)[1]).days // 7 * 7)
            enough = last is not None and span >= SHORTEST
            if enough and last is not None and festival.window(last)[0] - timedelta(days=span) >= seen.first_day:
                usable.append((day, last, span, festival))
    if not usable:
        return NotEnough(min(1, (as_of - seen.first_day).days // 365), 2, "years")
    day, last, span, festival = max(usable, key=lambda found: found[0])
    now, before = (_around(orders, festival, d, span, as_of) for d in (day, last))
    if isinstance(now.back, NotEnough) or isinstance(before.back, NotEnough):
        return NotEnough(min(r.have if isinstance(r, NotEnough) else r.n for r in (now.back, before.back)), 10)
    difference = newcombe(now.back, before.back)
    verdict: Verdict = "loss" if difference.high < 0 else "holiday" if difference.low > -TOLERABLE else "unclear"
    return HolidayDip(festival.id, now, before, span, difference, verdict)


def _around(orders: ir.Table, festival: Festival, day: date, span: int, as_of: date) -> Around:
    begins, ends = festival.window(day)
    known = identified(orders, min(as_of, ends + timedelta(days=span)))
    first, last = begins - timedelta(days=span), ends + timedelta(days=span)
    early = known.day < ibis.literal(begins)
    ahead = early & (known.day >= ibis.literal(first))
    behind = (known.day > ibis.literal(ends)) & (known.day <= ibis.literal(last))
    inside = ~early & (known.day <= ibis.literal(ends))
    each = known.group_by("customer_id").agg(
        first=known.day.min(where=early),
        last=known.day.max(where=early),
        ahead=ahead.cast("int64").sum(),
        behind=behind.cast("int64").sum(),
        inside=inside.cast("int64").sum(),
    )
    regular = (each.ahead > 0) & (each["last"] > each["first"])
    row = (
        each.agg(
            n=regular.sum(), k=(regular & (each.behind > 0)).sum(), ahead=each.ahead.sum(), inside=each.inside.sum()
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    usual = int(row["ahead"] or 0) / span
    length = (ends - begins).days + 1
    dip = int(row["inside"] or 0) / length / usual - 1 if usual else 0.0
    return Around(day, rate(int(row["k"] or 0), int(row["n"] or 0)), dip)
