"""The first two lenses of the customer-base audit in words: one period across customers, and two periods compared."""

from __future__ import annotations

import pandas as pd

from helpers.errors import key
from helpers.metrics.lenses import Factors, OnePeriod, TwoPeriods
from helpers.metrics.uncertainty import NotEnough
from helpers.report import charts
from helpers.report.charts.amounts import signed
from helpers.report.findings.common import between, capital, definition, not_measured, not_yet, of_ten, people, too_few
from helpers.report.pieces import Column, Details, Figure, Finding, Missing, TableView
from helpers.run import Run

BRIDGE = {
    "lost": key("came before, not any more"),
    "down": key("come, but spend less"),
    "level": key("spend the same"),
    "up": key("spend more"),
    "returned": key("back after a pause"),
    "new": key("came for the first time"),
}
"""Group of the bridge → its everyday name (catalog keys)."""
GROUPS = {
    "high": key("upper third"),
    "middle": key("middle third"),
    "low": key("lower third"),
    "none": key("did not buy"),
}
EFFECTS = {
    "customers": key("more customers known"),
    "active_share": key("a larger share of them buying"),
    "orders_per_active": key("buying more often"),
    "revenue_per_order": key("larger orders"),
}


def one_period(found: OnePeriod | NotEnough, run: Run) -> Finding:
    """Lens 1: how unlike are the customers, and who brings the money?"""
    say = run.say
    if isinstance(found, NotEnough):
        return too_few(found, say.text("how much hangs on your best customers"), say)
    total = found.factors.revenue
    top = float(found.deciles["revenue"].iloc[0]) / total if total else 0.0
    headline = say.text("One customer in ten brings {percent} of the money", percent=say.percent(top))
    body = say.text(
        "From {start} to {end} {customers} bought. ",
        start=found.period.start, end=found.period.end, customers=people(found.factors.active, say),
    )  # fmt: skip
    once, money = int(found.by_orders["customers"].iloc[0]), float(found.by_orders["revenue"].iloc[0])
    body += say.text(
        "{count} of them ordered exactly once and brought {percent} of the revenue.",
        count=once, percent=say.percent(money / total) if total else "–",
    )  # fmt: skip
    if found.profit is not None:
        share = run.say.percent(found.margin or 0.0)
        body += " " + say.text(
            "At a margin of {margin} the period earned {profit}; the best tenth {top} of it.",
            margin=share, profit=run.money(found.profit), top=run.money(found.profit * top),
        )  # fmt: skip
    return Finding(headline, body, level=3)


def one_period_chart(found: OnePeriod | NotEnough, run: Run) -> Figure | Missing:
    """Customers by how often they ordered."""
    say = run.say
    if isinstance(found, NotEnough):
        return not_yet(say.text("Customers by number of orders"), run)
    total = found.factors.revenue
    items = [
        (
            _times(int(row["at_least"]), row["at_most"], run),
            float(row["customers"]),
            None,
            None,
            say.text("{percent} of the money", percent=say.percent(float(row["revenue"]) / total if total else 0.0)),
        )
        for row in found.by_orders.to_dict("records")
    ]
    often = found.by_orders[found.by_orders["at_least"] >= 6]
    share = float(often["revenue"].sum()) / total if total else 0.0
    loyal = int(often["customers"].sum())
    title = say.text(
        "{customers} with six orders or more bring {percent} of the money",
        customers=people(loyal, say), percent=say.percent(share),
    ) if loyal else say.text("Nobody has ordered six times or more yet")  # fmt: skip
    subtitle = say.text(
        "Customers by number of orders, {start} – {end}; n = {n}",
        start=found.period.start, end=found.period.end, n=found.factors.active,
    )  # fmt: skip
    return charts.bars(
        items, title=capital(title), subtitle=subtitle, wording=lambda v: say.number(v), language=say, tone="now"
    )


def _times(low: int, high: float, run: Run) -> str:
    if pd.isna(high):
        return run.say.text("{n} orders or more", n=low)
    if high == low:
        return run.say.plural("{n} order", "{n} orders", low)
    return run.say.text("{a}–{b} orders", a=low, b=int(high))


def one_period_details(found: OnePeriod | NotEnough, run: Run) -> Details | Missing:
    """Tenths of customers and what their money is made of."""
    say = run.say
    title = say.text("Tenths of customers, best first")
    if isinstance(found, NotEnough):
        return not_yet(title, run)
    rows, kept = [], found.deciles.to_dict("records")
    total = found.factors.revenue
    for row in [*kept[:5], {"decile": 0, **found.deciles.iloc[5:][["customers", "orders", "revenue"]].sum().to_dict()}]:
        name = say.text("tenth {n}", n=int(row["decile"])) if row["decile"] else say.text("the other half")
        rows.append(
            (
                name,
                say.number(row["customers"]),
                say.number(row["orders"] / row["customers"], 1),
                run.money(row["revenue"] / row["orders"]),
                say.percent(row["revenue"] / total if total else 0.0),
            )
        )
    columns = (
        Column(say.text("Customers by revenue"), "left"),
        Column(say.text("customers")),
        Column(say.text("orders each")),
        Column(say.text("per order")),
        Column(say.text("of the money")),
    )
    table = TableView(columns, tuple(rows), title, language=say)
    return definition(dict([_identity(found.factors, run)]), say, pages=("one-period", "concentration"), table=table)


def _identity(factors: Factors, run: Run) -> tuple[str, str]:
    """revenue = customers × share active × orders per active × revenue per order, with the numbers put in."""
    say = run.say
    text = say.text(
        "{revenue} = {customers} known customers × {active} who bought × {orders} orders each × {order} per order",
        revenue=run.money(factors.revenue), customers=factors.customers, active=say.percent(factors.active_share, 1),
        orders=say.number(factors.orders_per_active, 2), order=run.money(factors.revenue_per_order),
    )  # fmt: skip
    return say.text("The sum of it"), text


def two_periods(found: TwoPeriods | NotEnough, run: Run) -> Finding:
    """Lens 2: the latest period against the one before."""
    say = run.say
    if isinstance(found, NotEnough) or isinstance(found.kept, NotEnough):
        few = found if isinstance(found, NotEnough) else found.kept
        return too_few(few if isinstance(few, NotEnough) else NotEnough(0, 2), say.text("what changed since"), say)
    headline = capital(
        say.text(
            "{share} customers of the year before bought again in the last 12 months"
            if found.after.whole_year
            else "{share} customers of the period before bought again in the latest one",
            share=of_ten(found.kept.value, say),
        )
    )
    groups = {b.group: b for b in found.bridge}
    gained, lost = groups["new"].change + groups["returned"].change, groups["lost"].change
    body = say.text(
        "{percent} of {n} ({range}). Those who did not had spent {lost}; new and returned customers brought {gained}.",
        percent=say.percent(found.kept.value), n=found.kept.n, range=between(found.kept.low, found.kept.high, say),
        lost=run.money(-lost), gained=run.money(gained),
    )  # fmt: skip
    if not found.after.whole_year:
        body += " " + say.text("The two periods lie in different seasons, so part of the change may be the season.")
    return Finding(headline, body, level=3)


def two_periods_chart(found: TwoPeriods | NotEnough, run: Run) -> Figure | Missing:
    """What each group of customers did to revenue."""
    say = run.say
    if isinstance(found, NotEnough):
        return not_measured(say.text("This period against the one before"), say.text("letting two months pass."), say)
    change = found.factors_after.revenue - found.factors_before.revenue
    items = [
        (say.text(BRIDGE[b.group]), b.change, people(b.customers, say))
        for b in found.bridge
        if b.customers and b.group != "level"
    ]
    if not items:
        return not_yet(say.text("This period against the one before"), run)
    title = say.text(
        "Revenue of known customers rose by {money}" if change >= 0 else "Revenue of known customers fell by {money}",
        money=run.money(abs(change)),
    )
    subtitle = say.text(
        "Change by group of customers, {a} – {b} against {c} – {d}",
        a=found.after.start, b=found.after.end, c=found.before.start, d=found.before.end,
    )  # fmt: skip
    caption = say.text("The bars add up to the change, to the last unit of money.")
    return charts.bridge(items, title=title, subtitle=subtitle, wording=run.money, language=say, caption=caption)


def two_periods_details(found: TwoPeriods | NotEnough, run: Run) -> Details | Missing:
    """Who moved where, and what each factor contributed."""
    say = run.say
    title = say.text("Who moved where")
    if isinstance(found, NotEnough):
        return not_measured(title, say.text("letting two months pass."), say)
    columns = (
        Column(say.text("Before, by money spent"), "left"),
        *(Column(say.text("now: {group}", group=say.text(GROUPS[after]))) for after in GROUPS),
    )
    moved = found.migration.to_dict("index")
    rows = tuple(
        (say.text(GROUPS[was]), *("–" if was == now == "none" else say.number(int(moved[was][now])) for now in GROUPS))
        for was in GROUPS
    )
    facts = {
        say.text("Before"): _identity(found.factors_before, run)[1],
        say.text("Now"): _identity(found.factors_after, run)[1],
    }
    if found.effects is not None:
        parts = [f"{say.text(EFFECTS[name])} {signed(part, run.money)}" for name, part in found.effects.items()]
        facts[say.text("What the change is made of")] = "; ".join(parts)
    return definition(facts, say, pages=("two-periods",), table=TableView(columns, rows, title, language=say))
