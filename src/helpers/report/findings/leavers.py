"""Learning from the lost (S14): what there is to win back, why they left, and what to invest in."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.errors import key
from helpers.metrics.uncertainty import Rate
from helpers.metrics.winback import ExitInterviews, LostWorth, Reason
from helpers.report.findings.common import assumed_margin, between, people, under_contract
from helpers.report.pieces import Column, Finding, Missing, Note, TableView
from helpers.run import Run

FEW = 10
"""Answers from which on shares are said; with fewer each is only counted."""
REASON = {
    "price": key("price"), "quality": key("quality"), "service": key("the way they were treated"), "delay": key("waiting and late deliveries"),
    "choice": key("what they needed was not there"), "competitor": key("another place has something we lack"), "moved": key("moved away"),
    "need_gone": key("no longer needed"), "forgot": key("simply forgot"), "no_reason": key("would rather not say"),
}  # fmt: skip
INVEST = {
    "price": key("Say what the price holds before it is asked; announce changes a month ahead."),
    "quality": key("Taste or check every day what was named; take off what cannot be made well."),
    "service": key("Practise the service standard and the LATTE script; one person answers for it."),
    "delay": key("Promise what can be kept, measure it, and say so before the customer asks."),
    "choice": key("Keep the few things that were missed; offer one or two alternatives instead of a no."),
    "competitor": key("Put what others do better on one page a quarter and answer one point of it."),
    "forgot": key("Set up the stay-in-touch calendar: one useful message at the right time."),
}  # fmt: skip


def lost(worth: LostWorth, file: str, written: int, run: Run) -> Finding:
    """What the lost were worth, what may come back, and where the list is."""
    say = run.say
    if not worth.customers:
        return Finding(say.text("Nobody has been lost so far"))
    headline = say.text(
        "{customers} have ended their contract; their last year brought {money} of gross profit"
        if under_contract(run)
        else "{customers} have been silent for too long; their last year brought {money} of gross profit",
        customers=people(worth.customers, say), money=run.money(worth.worth),
    )  # fmt: skip
    parts = [] if run.business.margin_known else [assumed_margin(run)]
    if worth.expected is not None:
        parts.append(
            say.text(
                "If each returns within 90 days as likely as customers like them did, and then buys as before, {money} a year of it comes back by itself; "
                "the rest is what asking can win.", money=run.money(worth.expected),
            )
        )  # fmt: skip
    if written:
        parts.append(
            say.plural(
                "lists/{file}.csv names {n} customer to ask first, the most promising one on top.",
                "lists/{file}.csv names {n} customers to ask first, the most promising on top.", written, file=file,
            )
        )  # fmt: skip
    else:
        parts.append(say.text("Nobody among them can be asked now: they refused, or there is no way to reach them."))
    return Finding(headline, " ".join(parts))


def reasons(found: ExitInterviews, run: Run) -> Finding | Missing:
    """Why customers left, as they said; or how to begin asking."""
    say = run.say
    if not found.reasons:
        return Missing(
            say.text("Why customers left"),
            say.text("calling two customers you miss today, asking the four questions of the exit interview, and noting the reason beside the call (column “reason” of your contact log)."),
            say,
        )  # fmt: skip
    most = max(found.reasons, key=lambda r: r.customers)
    headline = say.plural(
        "{n} customer who left was asked why; the most frequent reason: {reason}",
        "{n} customers who left were asked why; the most frequent reason: {reason}", found.asked, reason=_named(most, run),
    )  # fmt: skip
    if isinstance(most.share, Rate) and found.asked >= FEW:
        body = say.text(
            "{k} of {n} said so; among all who left it is {between}.", k=most.customers, n=found.asked,
            between=between(most.share.low, most.share.high, say),
        )  # fmt: skip
    else:
        body = say.text("Too few answers to speak for all who left; ask at least {n} before investing.", n=FEW)
    return Finding(headline, body, level=3)


def learned(found: ExitInterviews, run: Run) -> tuple[Finding | Missing | TableView | Note, ...]:
    """Why customers left, what to invest in, and what nothing can be done about; how to begin where nobody was asked."""
    said = (reasons(found, run),)
    return (*said, *investments(found, run), *beyond(found, run))


def investments(found: ExitInterviews, run: Run) -> Sequence[TableView]:
    """Reason → customers → what a year with them brought → what to mend; only what the business can mend."""
    say = run.say
    ours = [r for r in found.reasons if r.ours]
    if not ours:
        return ()
    columns = (
        Column(say.text("reason"), "left"), Column(say.text("customers")), Column(say.text("gross profit a year")),
        Column(say.text("what to mend"), "left"),
    )  # fmt: skip
    rows = tuple((_named(r, run), say.number(r.customers), run.money(r.at_stake), _mend(r, run)) for r in ours)
    return (TableView(columns, rows, say.text("What to invest in, most money first"), language=say),)


def beyond(found: ExitInterviews, run: Run) -> Sequence[Note]:
    """Reasons nothing can be done about, said once."""
    say = run.say
    theirs = [r for r in found.reasons if not r.ours]
    if not theirs:
        return ()
    words = ", ".join(say.text("{reason}: {n}", reason=_named(r, run), n=r.customers) for r in theirs)
    return (Note(say.text("Nothing to invest against"), say.text("{reasons}. Wish them well and take them off the lists.", reasons=words)),)  # fmt: skip


def _named(found: Reason, run: Run) -> str:
    return run.say.text(REASON[found.reason]) if found.reason in REASON else found.reason


def _mend(found: Reason, run: Run) -> str:
    text = INVEST.get(found.reason, key("Read what they said word for word and decide what it is about."))
    return run.say.text(text)
