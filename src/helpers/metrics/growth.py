"""Growth accounting: who came, stayed, came back and left, month by month, in customers and in money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from helpers.metrics.months import Covered, covered, first_of, month_index
from helpers.metrics.orders import identified
from helpers.metrics.season import Festival, same_month_last_year, touched_month
from helpers.metrics.uncertainty import Estimate, Rate, newcombe, rate


@dataclass(frozen=True)
class Growth:
    """Month-by-month accounts.

    Attributes:
        months: one row per calendar month: month, active, new, retained, resurrected, churned (customers of the month before
            who did not buy), revenue, revenue_new, revenue_resurrected, revenue_expansion, revenue_contraction,
            revenue_churned (the last two as positive amounts lost), complete (False when the data begin or end inside the
            month), judged (complete, and late enough that a customer who looks new is not merely one whose earlier visits
            lie before the data, see :meth:`helpers.metrics.months.Covered.judged`).
        quick_ratio: (new + resurrected) / churned over the last judged month; None when nobody churned or no month is judged.
        quick_ratio_year: the same over the last twelve judged months.
    """

    months: pd.DataFrame
    quick_ratio: float | None
    quick_ratio_year: float | None

    @property
    def judged(self) -> pd.DataFrame:
        """The months from which conclusions may be drawn."""
        return self.months[self.months["judged"].astype(bool)]


@dataclass(frozen=True)
class SameSeason:
    """A month a festival touches, beside the month with the same place relative to the festival a year before.

    Attributes:
        festival: its id. month, beside: first days of the two months. gone, gone_beside: share of the customers of the month
            before who did not buy in it. difference: gone − gone_beside.
    """

    festival: str
    month: date
    beside: date
    gone: Rate
    gone_beside: Rate
    difference: Estimate


def same_season(accounts: Growth, festivals: Sequence[Festival]) -> SameSeason | None:
    """The latest judged month that a festival touches, if the accounts hold its like of a year before.

    Returns:
        None when no festival touches one of the last three judged months, or too few customers came the month before.
    """
    months = accounts.months.assign(base=accounts.months["active"].shift()).set_index("month")
    judged = list(accounts.judged["month"])
    for month in reversed(judged[-3:]):
        festival, beside = touched_month(festivals, month), same_month_last_year(festivals, month)
        # who came in the month before the first whole one is not on record in full
        if festival is None or beside not in months.index[2:] or not months["complete"][beside]:
            continue
        gone, then = (rate(int(months["churned"][m]), int(months["base"][m])) for m in (month, beside))
        if isinstance(gone, Rate) and isinstance(then, Rate):
            return SameSeason(festival, month, beside, gone, then, newcombe(gone, then))
    return None


def growth(orders: ir.Table, *, as_of: date) -> Growth:
    """Monthly growth accounting.

    Identities, exact in every month: A(t) = new + retained + resurrected; A(t−1) = retained + churned;
    R(t) − R(t−1) = new + resurrected + expansion − contraction − churned. Source: growth accounting as practised since
    Hsu (2015); the revenue split follows the customer-base audit's lens 2.
    """
    known = identified(orders, as_of)
    spend = (
        known.mutate(month=month_index(known.day))
        .group_by("customer_id", "month")
        .agg(value=lambda t: t.net_revenue.sum())
    )
    each = ibis.window(group_by="customer_id", order_by="month")
    spend = spend.mutate(
        first=spend.month.min().over(ibis.window(group_by="customer_id")),
        before=spend.month.lag().over(each),
        after=spend.month.lead().over(each),
        value_before=spend.value.lag().over(each),
    )
    is_new = spend.month == spend["first"]
    stayed = spend.before == spend.month - 1
    came_back = ~is_new & ~stayed
    change = spend.value - spend.value_before
    arrivals = spend.group_by("month").agg(
        active=spend.count(),
        new=is_new.sum(),
        retained=(~is_new & stayed).sum(),
        resurrected=came_back.sum(),
        revenue=spend.value.sum(),
        revenue_new=spend.value.sum(where=is_new),
        revenue_resurrected=spend.value.sum(where=came_back),
        revenue_expansion=change.sum(where=~is_new & stayed & (change > 0)),
        revenue_contraction=-change.sum(where=~is_new & stayed & (change < 0)),
    )
    gone = spend.after.isnull() | (spend.after != spend.month + 1)
    leavers = spend.filter(gone)
    departures = leavers.group_by(month=leavers.month + 1).agg(
        churned=leavers.count(), revenue_churned=leavers.value.sum()
    )
    return _assemble(arrivals.to_pandas(), departures.to_pandas(), covered(orders, as_of=as_of))


def _assemble(arrivals: pd.DataFrame, departures: pd.DataFrame, seen: Covered) -> Growth:
    if arrivals.empty:
        flags = {name: pd.Series(dtype="bool") for name in ("complete", "judged")}
        return Growth(arrivals.join(departures.drop(columns="month")).assign(**flags), None, None)
    months = arrivals.set_index("month").reindex(seen.months).join(departures.set_index("month")).fillna(0.0)
    counts = ["active", "new", "retained", "resurrected", "churned"]
    months = months.astype(dict.fromkeys(counts, "int64"))
    months["complete"] = [seen.complete(i) for i in months.index]
    months["judged"] = [seen.judged(i) for i in months.index]
    full = months[months["judged"]]
    months = months.reset_index()
    months["month"] = months["month"].map(first_of)
    return Growth(months, _quick_ratio(full.tail(1)), _quick_ratio(full.tail(12)))


def _quick_ratio(full: pd.DataFrame) -> float | None:
    churned = int(full["churned"].sum())
    return float((full["new"].sum() + full["resurrected"].sum()) / churned) if churned else None
