"""Growth accounting: who came, stayed, came back and left, month by month, in customers and in money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from helpers.metrics.cohorts import month_index
from helpers.metrics.customers import identified


@dataclass(frozen=True)
class Growth:
    """Month-by-month accounts.

    Attributes:
        months: one row per calendar month: month, active, new, retained, resurrected, churned (customers of the month before
            who did not buy), revenue, revenue_new, revenue_resurrected, revenue_expansion, revenue_contraction,
            revenue_churned (the last two as positive amounts lost), complete (False when the data end inside the month).
        quick_ratio: (new + resurrected) / churned over the last complete month; None when nobody churned or no month is complete.
        quick_ratio_year: the same over the last twelve complete months.
    """

    months: pd.DataFrame
    quick_ratio: float | None
    quick_ratio_year: float | None


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
    return _assemble(arrivals.to_pandas(), departures.to_pandas(), as_of)


def _assemble(arrivals: pd.DataFrame, departures: pd.DataFrame, as_of: date) -> Growth:
    last = as_of.year * 12 + as_of.month - 1
    if arrivals.empty:
        nothing = arrivals.join(departures.drop(columns="month")).assign(complete=pd.Series(dtype="bool"))
        return Growth(nothing, None, None)
    span = range(int(arrivals["month"].min()), last + 1)
    months = arrivals.set_index("month").reindex(span).join(departures.set_index("month")).fillna(0.0)
    counts = ["active", "new", "retained", "resurrected", "churned"]
    months = months.astype(dict.fromkeys(counts, "int64"))
    months["complete"] = (months.index < last) | ((as_of + timedelta(days=1)).day == 1)
    full = months[months["complete"]]
    months = months.reset_index()
    months["month"] = months["month"].map(lambda i: date(i // 12, i % 12 + 1, 1))
    return Growth(months, _quick_ratio(full.tail(1)), _quick_ratio(full.tail(12)))


def _quick_ratio(full: pd.DataFrame) -> float | None:
    churned = int(full["churned"].sum())
    return float((full["new"].sum() + full["resurrected"].sum()) / churned) if churned else None
