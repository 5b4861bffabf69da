"""What `2_churn_metrics` says about contracts: whether leaving is seen or inferred, who leaves, what money stays, for how long."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from helpers.errors import key
from helpers.metrics.contractual import Contractual, Membership, Movement
from helpers.metrics.sbg import ShiftedBetaGeometric, monthly_discount
from helpers.metrics.survival import Survival
from helpers.metrics.tenure import MONTH_DAYS, Tenure
from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.report import charts
from helpers.report.findings.common import (
    between,
    between_money,
    capital,
    definition,
    lacking,
    too_few,
    under_contract,
)
from helpers.report.pieces import Details, Figure, Finding, Piece
from helpers.run import Run

KINDS = {
    "contractual": key("Your customers hold contracts, so it is seen when somebody leaves"),
    "non-contractual": key("Your customers come as they like: that somebody has left shows only in silence"),
    "both": key("Part of your customers hold contracts, the others come as they like"),
}
"""Way of measuring → what it means (catalog keys)."""
YEAR = 12
PROJECTED = 12
"""Months the projection reaches beyond what was seen."""
DISCOUNT = 0.10


def gate(run: Run) -> Finding:
    """Which way this business is measured, why, and what is therefore not shown."""
    say, found = run.say, run.facts["gate"]
    parts = [say.text(found["reason"])]
    covered = found["covered"]
    if covered and "value" in covered:
        parts.append(
            say.text(
                "{share} of the {n} customers who bought in the last year hold or held one ({range}).",
                share=say.percent(covered["value"]), n=covered["n"], range=between(covered["low"], covered["high"], say),
            )
        )  # fmt: skip
    if found["found"] != "non-contractual" or found["overridden"]:
        parts += [say.text(found["refused"][name]) for name in ("silence", "contracts") if name in found["refused"]]
    if under_contract(run):
        parts.append(
            say.text(
                "What is read from the time between two purchases – the second order, the rhythm, who is late or asleep, groups by month – is therefore left out."
            )
        )
    if found["warning"]:
        parts.append(say.text(found["warning"]))
    return Finding(say.text(KINDS[found["kind"]]), " ".join(parts), level=3, leads=False)


def chapter(found: Membership | None, run: Run) -> tuple[Piece, ...]:
    """Everything contracts say, in reading order; nothing where there are none."""
    if found is None:
        return ()
    accounts, tenure = found.accounts, found.tenure
    if isinstance(accounts, NotEnough):
        return (too_few(accounts, run.say.text("how many members leave"), run.say),)
    pieces = [members(accounts, run), moves(accounts, run), money(accounts, run), accounts_details(accounts, run)]
    pieces += [stay(tenure, run), stay_chart(tenure, run), plans(tenure, run), ahead(run), ahead_details(run)]
    return tuple(piece for piece in pieces if piece is not None)


def members(found: Contractual, run: Run) -> Finding:
    """How many members leave in a month."""
    say, left = run.say, found.monthly_churn
    if isinstance(left, NotEnough):
        return too_few(left, say.text("how many members leave"), say)
    headline = say.text("Each month {count} of 100 members leave", count=say.number(100 * left.value, 1))
    parts = [
        say.text(
            "Counted over the last {months} months that can be judged: {k} members left; {range}.",
            months=found.months_counted, k=left.k, range=between(left.low, left.high, say, 1),
        ),
        say.text("On {day} {members} pay {money} a month.", day=run.as_of, members=head_count(found.members, run), money=run.money(found.mrr)),
    ]  # fmt: skip
    trials = found.set_aside.converted
    if isinstance(trials, Rate):
        parts.append(
            say.text("Of {n} who tried for free, {share} went on to pay.", n=trials.n, share=say.percent(trials.value))
        )
    return Finding(headline, " ".join(parts), level=3)


def moves(found: Contractual, run: Run) -> Figure | None:
    """Members who joined, came back and left, month by month."""
    say, full = run.say, [m for m in found.months if m.complete][-24:]
    if len(full) < 2:
        return None
    last = full[-1]
    title = say.text(
        "In {month}: {new} new members, {back} back after a pause, {gone} left",
        month=say.month(last.start), new=last.new, back=last.reactivated, gone=last.churned,
    )  # fmt: skip
    subtitle = say.text("Members per month; the last {months} months that can be judged", months=len(full))
    rows = [{"month": m.start, "new": m.new, "resurrected": m.reactivated, "churned": m.churned} for m in full]
    caption = say.text("Above the line who joined or came back, below it whose membership ended.")
    return charts.growth(
        pd.DataFrame(rows), title=title, subtitle=subtitle, language=say, caption=caption, lost=say.text("left")
    )


def money(found: Contractual, run: Run) -> Finding | None:
    """Of the monthly fees of a year ago, how much is still there?"""
    say, year = run.say, found.year
    what = say.text("how much of the fees of a year ago is still there")
    if isinstance(year, NotEnough):
        return too_few(year, what, say)
    if isinstance(year.grr, NotEnough) or isinstance(year.nrr, NotEnough):
        return too_few(NotEnough(year.members, 10), what, say)
    headline = say.text(
        "Of every 100 paid in monthly fees a year ago, {count} still come in", count=round(100 * year.grr.value)
    )
    body = say.text(
        "{members} paid {opening} a month then. {range}.",
        members=head_count(year.members, run), opening=run.money(year.opening),
        range=capital(between(year.grr.low, year.grr.high, say)),
    )  # fmt: skip
    if year.expansion:
        body += " " + say.text("With those who now pay more it is {net} of 100.", net=round(100 * year.nrr.value))
    body += " " + say.text(
        "{left} a month left with {gone} members, {less} was lost to smaller plans, {more} was gained from larger ones."
        if year.contraction or year.expansion
        else "{left} a month left with {gone} members; nobody who stayed changed to a smaller or a larger plan.",
        left=run.money(year.churned_mrr), gone=year.churned, less=run.money(year.contraction), more=run.money(year.expansion),
    )  # fmt: skip
    if year.reactivated:
        body += " " + say.text("Who left and came back later is not counted as kept.")
    return Finding(headline, body, level=3)


def head_count(count: int, run: Run) -> str:
    """Members in words."""
    return run.say.plural("{n} member", "{n} members", count)


def accounts_details(found: Contractual, run: Run) -> Details:
    """Definitions behind the accounts."""
    say, aside = run.say, found.set_aside
    facts: dict[str, Any] = {
        say.text("Members lost"): say.text(
            "Paying members at a month's end who no longer pay at the next, out of all who paid. Wilson, 95%."
        ),
        say.text("Gross and net"): say.text(
            "Gross revenue retention (GRR) = (fees at the start − ended − reduced) / fees at the start; net (NRR) adds what members pay more. Fees of new and returning members are in neither."
        ),
        say.text("Late renewals"): say.text(
            "A contract renewed at most {days} days late goes on; a month is judged that many days after its end.", days=found.pause_days
        ),
        say.text("Not counted"): say.text(
            "{free} free contracts, {never} contracts that ended on the day they began.", free=aside.free, never=aside.never_ran
        ),
    }  # fmt: skip
    short = sum(m.came_and_went for m in found.months)
    if short:
        facts[say.text("Between two month ends")] = say.plural(
            "{n} membership began and ended within one month; only the curve below sees it.",
            "{n} memberships began and ended within one month; only the curve below sees them.", short,
        )  # fmt: skip
    latest = next((m for m in reversed(found.months) if m.complete), None)
    if latest is not None:
        facts[say.month(latest.start)] = _sum(latest, run)
    return definition(facts, say, pages=("contractual-or-not", "member-churn", "revenue-retention", "tenure"))


def _sum(found: Movement, run: Run) -> str:
    """Opening to closing, as a sum the reader can check."""
    return run.say.text(
        "{opening} + {new} new + {back} back + {more} more − {less} less − {gone} ended = {closing}",
        opening=run.money(found.opening), new=run.money(found.new_mrr), back=run.money(found.reactivated_mrr),
        more=run.money(found.expansion), less=run.money(found.contraction), gone=run.money(found.churned_mrr),
        closing=run.money(found.closing),
    )  # fmt: skip


def stay(found: Tenure, run: Run) -> Finding:
    """After how long half of the members have left."""
    say, curve = run.say, found.everybody
    if isinstance(curve, NotEnough):
        return too_few(curve, say.text("how long members stay"), say)
    half, low, high = (None if days is None else say.number(days / MONTH_DAYS, 1) for days in curve.quantile(0.5))
    year = curve.at(round(YEAR * MONTH_DAYS))
    if half is not None:
        headline = say.text("Half of the members have left after {months} months", months=half)
    elif year is not None:
        headline = say.text("After a year {share} of members are still there", share=say.percent(year[0]))
    else:
        last = say.number(curve.times[-1] / MONTH_DAYS, 1)
        headline = say.text(
            "After {months} months {share} of members are still there", months=last, share=say.percent(curve.share[-1])
        )
    parts = []
    if half is not None and low is not None and high is not None:
        parts.append(say.text("Most likely between {low} and {high} months.", low=low, high=high))
    if half is not None and year is not None:
        parts.append(
            say.text(
                "After a year {share} are still there ({range}).",
                share=say.percent(year[0]),
                range=between(year[1], year[2], say),
            )
        )
    parts.append(say.text("{n} first memberships followed, {ended} of them ended.", n=curve.n, ended=curve.events))
    return Finding(headline, " ".join(parts), level=3)


def stay_chart(found: Tenure, run: Run) -> Figure | None:
    """The tenure curve with the projection beyond it."""
    say, curve = run.say, found.everybody
    if not isinstance(curve, Survival) or not curve.times:
        return None
    seen = pd.DataFrame(
        {"months": np.array(curve.times) / MONTH_DAYS, "share": curve.share, "low": curve.low, "high": curve.high}
    )
    model = _model(run)
    projected = None
    if model is not None:
        t = np.arange(0, int(seen["months"].iloc[-1]) + PROJECTED + 1)
        low, high = model.band(t)
        projected = pd.DataFrame({"months": t, "share": model.survival(t), "low": low, "high": high})
    caption = (
        say.text(
            "Solid: what was seen, with its range. Dashed: the projection; right of the line nobody has been seen yet."
        )
        if projected is not None
        else say.text("The line falls as members leave; where it goes flat, who is left stays.")
    )
    subtitle = say.text("Share of members still there, by months of membership; n = {n}", n=curve.n)
    return charts.staying(seen, projected, title="", subtitle=subtitle, language=say, caption=caption, reading=stay(found, run).headline)  # fmt: skip


def plans(found: Tenure, run: Run) -> Figure | None:
    """Who is still there after half a year, by the plan they began with."""
    say, months = run.say, YEAR // 2
    items = []
    for plan in found.plans:
        reading = plan.curve.at(round(months * MONTH_DAYS)) if isinstance(plan.curve, Survival) else None
        if reading is not None and isinstance(plan.curve, Survival):
            items.append((plan.plan, *reading, plan.curve.n))
    if len(items) < 2:
        return None
    apart = max(item[2] for item in items) > min(item[3] for item in items)
    title = (
        say.text("Members do not stay equally long on every plan")
        if apart
        else say.text("By plan no difference in staying can be told from chance")
    )
    subtitle = say.text("Share still members after {months} months, by the plan they began with", months=months)
    caption = say.text("Where two bars overlap, do not rank the plans.")
    return charts.rates(items, title=title, subtitle=subtitle, language=say, caption=caption)


def ahead(run: Run) -> Finding:
    """What the members of today will still pay, and how many new ones last."""
    say, model = run.say, _model(run)
    if model is None:
        return Finding(
            say.text("How long today's members will stay cannot be projected yet"),
            lacking(run.facts["sbg"], run),
            level=3,
        )
    total = run.facts["next_12_months"]["members"]
    one, two = (float(model.survival(months)) for months in (YEAR, 2 * YEAR))
    headline = say.text(
        "The members of today should bring {money} of gross profit in the next 12 months",
        money=run.money(total["value"]),
    )
    low, high = (bound[0] for bound in model.band([YEAR]))
    body = say.text(
        "{range}. Of 100 new members {one} should still be there after a year ({within}) and {two} after two.",
        range=capital(between_money(total["low"], total["high"], run)), one=round(100 * one), within=between(low, high, say), two=round(100 * two),
    )  # fmt: skip
    first, tenth = model.retention([1, YEAR])
    if tenth > first:
        body += " " + say.text(
            "Who has stayed stays: at the first renewal {first} go on, at the twelfth {later}.",
            first=say.percent(float(first)), later=say.percent(float(tenth)),
        )  # fmt: skip
    return Finding(headline, body, level=3)


def ahead_details(run: Run) -> Details | None:
    """The fitted model, for who wants to check it."""
    say, model = run.say, _model(run)
    if model is None:
        return None
    monthly = monthly_discount(DISCOUNT)
    facts = {
        say.text("Model"): f"sBG, γ = {say.number(model.gamma, 3)}, δ = {say.number(model.delta, 3)}",
        say.text("Standard errors"): f"{say.number(model.se[0], 3)}, {say.number(model.se[1], 3)}",
        say.text("Log-likelihood"): say.number(model.log_likelihood, 2),
        say.text("Months still to be paid"): say.text(
            "before the first renewal {first}, before the twelfth {later}, discounted at {percent} a year (DERL)",
            first=say.number(model.derl(1, monthly), 1), later=say.number(model.derl(YEAR, monthly), 1), percent=say.percent(DISCOUNT),
        ),
        say.text("Sources"): "Fader & Hardie 2007, 2010",
    }  # fmt: skip
    note = say.text(
        "Each member is taken to have an own, unchanging chance of not renewing; prices are taken to stay. The further ahead, the more this reaches beyond what was seen."
    )
    return definition(facts, say, note, pages=("membership-forecast",))


def _model(run: Run) -> ShiftedBetaGeometric | None:
    """The model as the run recorded it."""
    found = run.facts["sbg"]
    if not found or "gamma" not in found:
        return None
    return ShiftedBetaGeometric(
        **{**found, "se": tuple(found["se"]), "covariance": tuple(map(tuple, found["covariance"]))}
    )
