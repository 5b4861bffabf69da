"""What `4_campaign_design` says of a loyalty programme: tiers, cost, what it owes, and when it pays."""

from __future__ import annotations

from helpers.campaigns.loyalty import Programme, Swing, Tier
from helpers.errors import key
from helpers.language import Language
from helpers.metrics.uncertainty import NotEnough
from helpers.report import charts
from helpers.report.charts.amounts import signed
from helpers.report.findings.common import estimate_text, people
from helpers.report.pieces import Column, Details, Figure, Finding, Missing, Note, Piece, TableView
from helpers.run import Run

TIERS = {"light": key("Friend"), "moderate": key("Close friend"), "heavy": key("Family")}
"""Names of the tiers as the till says them."""
SWINGS = {
    "lift": key("What the programme changes in people"),
    "redemption": key("How many rewards are used"),
    "reward_share": key("How much is given back"),
}


def names(run: Run) -> tuple[str, str, str]:
    """The tiers' names, light first."""
    light, moderate, heavy = (run.say.text(TIERS[tier]) for tier in ("light", "moderate", "heavy"))
    return light, moderate, heavy


def programme(found: Programme | NotEnough, listed: int, run: Run) -> tuple[Piece, ...]:
    """Everything about the programme."""
    if isinstance(found, NotEnough):
        return (_too_few(found, run),)
    return (
        _verdict(found, listed, run),
        _tiers(found, run),
        _chart(found, run),
        _moves(found, run),
        *_card(found, run),
        _evidence(found, run),
    )


def _too_few(found: NotEnough, run: Run) -> Missing:
    say = run.say
    how = say.text(
        "greeting the {have} customers of the last year by name: tiers are cut from {need} customers on.",
        have=found.have,
        need=found.need,
    )
    return Missing(say.text("Loyalty programme"), how, language=say)


def _verdict(found: Programme, listed: int, run: Run) -> Finding:
    say = run.say
    given = _share(found.reward_share, say)
    if found.reward_share == 0:
        headline = say.text("Tiers without rewards cost nothing but attention")
    elif found.break_even is None:
        headline = say.text("Giving back {share} would eat the whole margin", share=given)
    elif found.net < 0:
        headline = say.text(
            "Giving back {share} of every sale would cost {money} a year more than it brings",
            share=given,
            money=run.money(-found.net),
        )
    else:
        headline = say.text(
            "Giving back {share} of every sale may bring {money} a year", share=given, money=run.money(found.net)
        )
    body = say.text(
        "Rewards cost {cost} a year; the extra gross profit to be expected is {extra}.",
        cost=run.money(found.cost),
        extra=estimate_text(found.extra, run),
    )
    if found.break_even is not None and found.cost > 0:
        body += " " + say.text(
            "It pays once everybody spends {share} more than today.", share=_share(found.break_even, say)
        )
    body += " " + say.text(
        "Points nobody has used yet are a debt: what was earned in 90 days comes to {owed}, of which about {expected} will be used.",
        owed=run.money(found.owed), expected=run.money(found.expected),
    )  # fmt: skip
    if listed:
        body += " " + say.text(
            "Who is in which tier, of the {customers} who may be told, is in lists/loyalty.csv.",
            customers=people(listed, say),
        )
    return Finding(headline, body, level=3)


def _tiers(found: Programme, run: Run) -> TableView:
    say = run.say
    columns = (
        Column(say.text("Tier"), "left"), Column(say.text("customers")), Column(say.text("revenue")), Column(say.text("rewards")),
    )  # fmt: skip
    rows = tuple(
        (
            say.text("{tier}, from {money} a year", tier=say.text(TIERS[t.id]), money=run.money(t.from_spend)) if t.from_spend else say.text(TIERS[t.id]),
            say.number(t.customers), run.money(t.revenue), run.money(t.cost),
        )
        for t in found.tiers
    )  # fmt: skip
    caption = (
        say.text("Tiers for customers who are businesses: a rebate that grows with volume")
        if found.kind == "b2b"
        else say.text("Tiers from what customers spent in the last year")
    )
    return TableView(columns, rows, caption, language=say)


def _chart(found: Programme, run: Run) -> Figure | Missing:
    say = run.say
    if not found.cost and not found.extra.high:
        return Missing(say.text("What the result hangs on"), say.text("choosing a reward."), language=say)
    items = [(say.text(SWINGS[s.what]), s.low, s.high, _ends(s, run)) for s in found.swings]
    top = found.swings[0]
    return charts.swings(
        items, base=found.net, title=say.text("The result hangs most on this: {what}", what=say.text(SWINGS[top.what]).lower()),
        subtitle=say.text("Result of a year, {currency}, if one assumption alone is at its end; the line is the result as assumed", currency=run.business.currency),
        wording=lambda amount: signed(amount, run.money), language=say,
    )  # fmt: skip


def _share(share: float, say: Language) -> str:
    """A share of money as one says it: 7.5%, but 5%."""
    return say.percent(share, 1 if round(1000 * share) % 10 else 0)


def _ends(s: Swing, run: Run) -> str:
    say = run.say
    if s.what == "lift":
        return say.text("nothing, or the playbook's upper end")
    return say.text("{low} or {high}", low=_share(s.low_at, say), high=_share(s.high_at, say))


def _moves(found: Programme, run: Run) -> Note:
    """Who moves tier, and who is close to the next."""
    say = run.say

    def told(t: Tier) -> str:
        text = say.text(
            "{customers} are at most a fifth below “{tier}”", customers=people(t.near, say), tier=say.text(TIERS[t.id])
        )
        if t.rose is not None:
            text += say.text(" ({rose} rose into it since the year before)", rose=t.rose)
        return text + "."

    fallen = sum(t.fell or 0 for t in found.tiers)
    parts = [told(t) for t in found.tiers[1:] if t.near or t.rose]
    if fallen:
        parts.append(
            say.plural(
                "{n} customer fell a tier since the year before: call before they notice.",
                "{n} customers fell a tier since the year before: call before they notice.",
                fallen,
            )
        )
    return Note(
        say.text("Who moves"),
        " ".join(parts) or say.text("Nobody is close to the next tier, and nobody has changed tier."),
    )


def _card(found: Programme, run: Run) -> tuple[Note, ...]:
    if found.card is None:
        return ()
    say, card = run.say, found.card
    text = say.text(
        "A card of {stamps} fields with {given} already stamped is filled as fast as one of {fields} empty ones, and more people fill it. "
        "With it {full} would have filled a card in the last 90 days and {short} would lack one visit; a full card costs about {money}.",
        stamps=card.stamps, given=card.given, fields=card.stamps - card.given, full=people(card.full_in_a_quarter, say),
        short=people(card.one_short, say), money=run.money(card.reward),
    )  # fmt: skip
    return (Note(say.text("If you prefer stamps"), text),)


def _evidence(found: Programme, run: Run) -> Details:
    say = run.say
    heavy = found.tiers[-1]
    facts = (
        (say.text("Whom it changes"), say.text("light and moderate buyers bought more after joining, heavy buyers did not (Liu 2007, one chain): the {money} a year for the top tier is thanks, not growth; thank them with service first.", money=run.money(heavy.cost))),
        (say.text("What it changes"), say.text("429 measured effects: behaviour more than attitude (Belli and others 2021).")),
        (say.text("Given stamps"), say.text("a card of 12 with 2 given was filled more often and sooner than one of 10 (Kivetz and others 2006).")),
        (say.text("Debt"), say.text("points are a separate promise to be set aside with the chance that they are used (IFRS 15 B39–B42).")),
    )  # fmt: skip
    body = say.text(
        "The extra visits are the playbook's assumption for light and moderate buyers; for the top tier none is assumed. Rewards are counted on every sale, also those that would have come anyway."
    )
    return Details(say.text("What this rests on"), facts, body)
