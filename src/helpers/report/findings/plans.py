"""What `3_segment_plans` says: which customers need what, from whom, first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.campaigns.groups import GroupPlan, plays_of
from helpers.campaigns.lists import CALL_SEGMENTS
from helpers.errors import key
from helpers.playbook import Playbook
from helpers.report import charts
from helpers.report.findings.common import assumed_margin, not_measured, people, under_contract
from helpers.report.pieces import Action, Actions, Column, Details, Figure, Finding, Missing, TableView
from helpers.run import Run
from helpers.segments import GONE, Rules, SegmentSize

AT_RISK = (
    "at_renewal", "overdue_regular", "declining_call", "member_reduced", "declining_watch", "lapsed", "cancelled", "one_time_overdue",
)  # fmt: skip
"""Segments in which something can still be saved, most urgent first."""
ALONE = 0.25
"""Share of what is at stake from which on it is said that it rests on one customer."""
STEPS = 3
"""First steps named at the end of the chapter."""
OWNERS = {"marketing": key("marketing"), "sales": key("sales"), "care": key("customer care")}


def segments(sizes: Sequence[SegmentSize], rules: Rules, run: Run) -> Finding:
    """How many customers can still be kept, and what they spent last year."""
    say = run.say
    if not sizes:
        return Finding(
            say.text("No groups of customers yet: nobody can be recognised"),
            say.text("Start by recording a customer on every order."),
        )
    risky = [s for s in sizes if s.segment in AT_RISK]
    if not risky:
        return Finding(say.text("Nobody who is slipping away can be named yet."))
    count, money = sum(s.customers for s in risky), sum(s.revenue_year for s in risky)
    headline = say.plural(
        "{n} customer who is slipping away spent {money} in the last year",
        "{n} customers who are slipping away spent {money} in the last year", count, money=run.money(money),
    )  # fmt: skip
    first = next((s for name in AT_RISK for s in sizes if s.segment == name), None)
    body = ""
    if first is not None:
        body = say.text(
            "First to call: {customers} in “{segment}” – {means}.",
            customers=people(first.customers, say), segment=rules.title(first.segment, say.code), means=_lower(rules.means(first.segment, say.code)),
        )  # fmt: skip
    return Finding(headline, body)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def segments_chart(sizes: Sequence[SegmentSize], rules: Rules, run: Run) -> Figure | Missing:
    """Segments by the gross profit at stake; by what they spent in the last year where nobody's chance of returning is known."""
    say = run.say
    here = [s for s in sizes if s.segment not in GONE]
    staked = any(s.at_stake for s in here)
    amounts = [(s, (s.at_stake or 0.0) if staked else s.revenue_year) for s in here]
    shown = sorted(((s, amount) for s, amount in amounts if amount > 0), key=lambda pair: -pair[1])[:8]
    if not shown:
        return not_measured(say.text("Groups of customers"), say.text("recording a customer on every order."), say)
    items = [(rules.title(s.segment, say.code), amount, None, None, people(s.customers, say)) for s, amount in shown]
    most, money = rules.title(shown[0][0].segment, say.code), run.money(shown[0][1])
    currency = run.business.currency
    if staked:
        title = say.text("Most is at stake with “{segment}”: {money} of gross profit a year", segment=most, money=money)
        subtitle = say.text(
            "Gross profit of the last 365 days by each customer's chance of not coming back, {currency}",
            currency=currency,
        )
        said = [subtitle.rstrip("."), *alone(shown[0][0], run)]
        if not run.business.margin_known:
            said.append(assumed_margin(run).rstrip("."))
        subtitle = ". ".join(said)
    else:
        title = say.text("“{segment}” brought most in the last year: {money}", segment=most, money=money)
        subtitle = say.text("Revenue of the last 365 days by group, {currency}", currency=currency)
    return charts.bars(
        items, title=title, subtitle=subtitle, wording=run.money, language=say, tone="attention" if staked else "now"
    )


def alone(size: SegmentSize, run: Run) -> tuple[str, ...]:
    """How much of what is at stake rests on one customer, where that is much of it."""
    if not size.at_stake or not size.largest or size.customers < 2 or size.largest < ALONE * size.at_stake:
        return ()
    return (run.say.text("One customer alone is {money} of it", money=run.money(size.largest)),)


def what_to_do(sizes: Sequence[SegmentSize], rules: Rules, book: Playbook, run: Run) -> TableView:
    """Per segment: how many, who looks after it, and the play to begin with."""
    say = run.say
    columns = (
        Column(say.text("Group"), "left"),
        Column(say.text("customers")),
        Column(say.text("first play"), "left"),
        Column(say.text("who"), "left"),
    )
    by_name = {s.segment: s for s in sizes}
    rows = []
    for name in urgent_first(tuple(by_name), rules):
        play = next(iter(plays_of(book, name)), None)
        if play is not None:
            rows.append(
                (
                    rules.title(name, say.code),
                    say.number(by_name[name].customers),
                    play.title[say.code],
                    say.text(OWNERS[play.owner]),
                )
            )
    return TableView(columns, tuple(rows), say.text("What each group needs"), language=say)


def urgent_first(names: Sequence[str], rules: Rules) -> tuple[str, ...]:
    """Groups in the order in which they are worked through: where something can be saved, then as in the table of groups."""
    return tuple(name for name in dict.fromkeys((*AT_RISK, *rules.ids)) if name in names)


def first_steps(
    sizes: Sequence[SegmentSize], plans: Sequence[GroupPlan], lists: Mapping[str, str], rules: Rules, book: Playbook, run: Run
) -> Actions | Missing | Finding:  # fmt: skip
    """The first step of the three most urgent groups that may be spoken to, each play once; what is missing where nobody may.

    Args:
        sizes, plans: of all groups. lists: group → name of its list.
    """
    say = run.say
    counts, planned = {s.segment: s.customers for s in sizes}, {plan.segment: plan for plan in plans}
    steps: dict[str, Action] = {}
    for name in urgent_first(tuple(planned), rules):
        plan = planned[name]
        if plan.play is None or plan.play in steps or len(steps) == STEPS:
            continue
        play = book.plays[plan.play]
        what = say.text("{play}: {customers} in “{segment}”", play=play.title[say.code],
                        customers=people(counts[name], say), segment=rules.title(name, say.code))  # fmt: skip
        first = play.first_step[say.code]
        if name in lists:
            first = say.text("{step} List: lists/{file}.csv.", step=first, file=lists[name])
        steps[play.id] = Action(what, say.text(OWNERS[play.owner]), say.text("next Monday"), first)
    if steps:
        return Actions(tuple(steps.values()), language=say)
    if not any(plan.reach.asked for plan in plans):
        return Finding(say.text("No step for a group yet: nobody is in one"), level=3)
    if all(plan.reach.no_address == plan.reach.asked for plan in plans):
        return not_measured(
            say.text("Who can be spoken to"),
            say.text("asking for a telephone number or an e-mail with the next order: no customer has either on record, so there is no list."), say,
        )  # fmt: skip
    return not_measured(
        say.text("Who can be spoken to"),
        say.text("asking customers on which channel they may be reached, and noting the answer: nobody may be contacted as things stand."), say,
    )  # fmt: skip


def call_list(written: int, name: str, sizes: Sequence[SegmentSize], run: Run) -> Finding:
    """That a list was written, how long it is and where; or why there is nobody to call.

    Where customers hold contracts nobody is late: whose contract runs out is named instead.
    """
    say = run.say
    if not written and under_contract(run):
        return _at_renewal(sizes, run)
    if not written:
        due = sum(s.customers for s in sizes if s.segment in CALL_SEGMENTS)
        if due:
            headline = say.text("Nobody can be called this week")
            why = say.plural(
                "{n} customer is late or spends half of before, but there is no number to call or they asked not to be called.",
                "{n} customers are late or spend half of before, but there is no number to call or they asked not to be called.", due,
            )  # fmt: skip
        else:
            headline = say.text("Nobody to call this week")
            why = say.text("Nobody is late against their own rhythm and nobody spends half of before.")
        return Finding(headline, why, level=3)
    headline = say.plural("{n} customer to call this week", "{n} customers to call this week", written)
    body = say.text(
        "The list is in lists/{file}.csv: who, since when they have been silent, what they last bought, ranked by what they usually "
        "spend. It holds personal data and is not part of this report.", file=name,
    )  # fmt: skip
    return Finding(headline, body, level=3)


def _at_renewal(sizes: Sequence[SegmentSize], run: Run) -> Finding:
    """Whom to speak to by the contracts: those about to run out, then those just ended."""
    say, counts = run.say, {s.segment: s.customers for s in sizes}
    due, ended = counts.get("at_renewal", 0), counts.get("cancelled", 0)
    headline = say.text("No contract is about to run out")
    if due:
        headline = say.plural(
            "{n} member is up for renewal: speak to them this week",
            "{n} members are up for renewal: speak to them this week", due,
        )  # fmt: skip
    parts = [
        say.text(
            "Silence between two payments says nothing, so nobody is called late here; what counts is the day a contract runs out."
        )
    ]
    if ended:
        parts.append(
            say.plural(
                "{n} member has just left: ask why while it is remembered.",
                "{n} members have just left: ask why while it is remembered.", ended,
            )
        )  # fmt: skip
    return Finding(headline, " ".join(parts), level=3)


def rules_table(rules: Rules, run: Run) -> Details:
    """What being in each group means."""
    facts = tuple((rules.title(r.id, run.say.code), rules.means(r.id, run.say.code)) for r in rules.rows)
    return Details(
        run.say.text("What the groups mean"), facts, run.say.text("Read from top to bottom; the first that fits wins.")
    )
