"""A sheet for every group of customers: how many, what is at stake, what they share, where they came from, what to do and the list to do it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.campaigns.audience import Reach
from helpers.campaigns.groups import GroupPlan
from helpers.errors import key
from helpers.metrics.traits import Trait
from helpers.playbook import Playbook
from helpers.report.findings.common import not_yet, people
from helpers.report.findings.plans import OWNERS, alone, urgent_first
from helpers.report.pieces import Column, Details, Finding, Missing, TableView
from helpers.run import Run
from helpers.segments import GONE, Rules, SegmentSize
from helpers.segments.movement import Move

SHARED = {
    "channel": key("first came by {value}: {inside} of them, {others} of all other customers"),
    "branch": key("first came to {value}: {inside} of them, {others} of all other customers"),
    "product": key("had {value} in their first order: {inside} of them, {others} of all other customers"),
    "experience_late": key("first delivery came late: {inside} of them, {others} of all other customers"),
    "experience_low_score": key("scored their first order low: {inside} of them, {others} of all other customers"),
    "experience_complaint": key("complained soon after their first order: {inside} of them, {others} of all other customers"),
}  # fmt: skip
LEFT_OUT = {
    "opted_out": key("{n} refused"),
    "no_consent": key("{n} not asked yet"),
    "no_address": key("{n} without a way to reach them"),
}
PLAYS = 3
"""Plays named for one group, the most fitting first."""
NAMED = 3
"""Traits said of one group, the surest first."""


def sheets(
    sizes: Sequence[SegmentSize], plans: Sequence[GroupPlan], found: Sequence[Trait], moved: Sequence[Move] | None,
    files: Mapping[str, str], rules: Rules, book: Playbook, run: Run,
) -> tuple[Details | Missing, ...]:  # fmt: skip
    """One folded sheet per group, the most urgent first; how to begin where nobody is in a group.

    Args:
        sizes, plans, found, moved: of all groups; `moved` is None where there was no run before. files: group → name of its list.
    """
    if not plans:
        return (not_yet(run.say.text("Groups of customers"), run),)
    by_name, planned = {size.segment: size for size in sizes}, {plan.segment: plan for plan in plans}
    return tuple(
        _sheet(by_name[name], planned[name], found, moved, files, rules, book, run)
        for name in urgent_first(tuple(planned), rules)
        if name in by_name
    )


def _sheet(
    size: SegmentSize, plan: GroupPlan, found: Sequence[Trait], moved: Sequence[Move] | None,
    files: Mapping[str, str], rules: Rules, book: Playbook, run: Run,
) -> Details:  # fmt: skip
    say, name = run.say, size.segment
    facts = [
        (say.text("Who they are"), rules.means(name, say.code)),
        (say.text("Revenue"), say.text("{year} in the last year, {all} in all", year=run.money(size.revenue_year), all=run.money(size.revenue))),
        (say.text("At stake"), _stake(size, run)),
        (say.text("What they share"), _shared(name, found, run)),
    ]  # fmt: skip
    if moved is not None:
        facts.append((say.text("Since the last run"), _moved(name, moved, rules, run)))
    if plan.plays:
        first = book.plays[plan.play or plan.plays[0]]
        facts += [
            (say.text("What to do"), "; ".join([book.plays[p].title[say.code] for p in dict.fromkeys((first.id, *plan.plays))][:PLAYS])),
            (say.text("Who"), say.text(OWNERS[first.owner])),
            (say.text("First step"), first.first_step[say.code]),
        ]  # fmt: skip
    facts.append((say.text("List"), _list(plan, files.get(name), run)))
    title = say.text("{group}: {customers}", group=rules.title(name, say.code), customers=people(size.customers, say))
    return Details(title, tuple(facts))


def _stake(size: SegmentSize, run: Run) -> str:
    say = run.say
    if size.segment in GONE:
        return say.text("nothing any more: they have gone; what may be won back stands further down")
    if size.at_stake is None:
        return say.text("cannot be said: nobody's chance of coming back is known here")
    money = run.money(size.at_stake)
    if size.rated < size.customers:
        said = say.text(
            "{money} of gross profit a year (the chance is known of {n} of them)", money=money, n=size.rated
        )
    else:
        said = say.text("{money} of gross profit a year, each customer's by the chance of not coming back", money=money)
    return ". ".join((said, *alone(size, run)))


def _shared(name: str, found: Sequence[Trait], run: Run) -> str:
    say = run.say
    own = [trait for trait in found if trait.segment == name]
    if not own:
        return say.text("too few to compare with the others")
    named = [trait for trait in own if trait.stands_out][:NAMED]
    if not named:
        return say.text("nothing sets them apart from the others by more than chance")
    return "; ".join(
        say.text(SHARED[t.by], value=t.value, inside=_of(t.inside.k, t.inside.n, run), others=say.percent(t.others.value))
        + " "
        + _difference(t, run)
        for t in named
    )  # fmt: skip


def _of(k: int, n: int, run: Run) -> str:
    return run.say.text("{share} ({k} of {n})", share=run.say.percent(k / n), k=k, n=n)


def _difference(trait: Trait, run: Run) -> str:
    say = run.say
    low, high = sorted((abs(trait.difference.low), abs(trait.difference.high)))
    words = say.number(100 * low), say.number(100 * high)
    if trait.difference.value >= 0:
        return say.text("(most likely {low}–{high} points more)", low=words[0], high=words[1])
    return say.text("(most likely {low}–{high} points fewer)", low=words[0], high=words[1])


def _moved(name: str, moved: Sequence[Move], rules: Rules, run: Run) -> str:
    """Who came from where, who went where."""
    say = run.say
    stayed = sum(m.customers for m in moved if m.before == name == m.now)
    came = [m for m in moved if m.now == name and m.before != name]
    went = [m for m in moved if m.before == name and m.now != name]
    parts = [say.text("{n} stayed", n=stayed)]
    parts += [say.text("{n} came from “{group}”", n=m.customers, group=_group(m.before, rules, run)) for m in came[:2]]
    parts += [say.text("{n} went to “{group}”", n=m.customers, group=_group(m.now, rules, run)) for m in went[:2]]
    return ", ".join(parts)


def _group(name: str | None, rules: Rules, run: Run) -> str:
    if name is None:
        return run.say.text("not yet a customer")
    return rules.title(name, run.say.code) if name in rules.ids else name


def _list(plan: GroupPlan, file: str | None, run: Run) -> str:
    """Where the list is and what it is for, or why there is none."""
    say, reach = run.say, plan.reach
    if file is not None:
        left = _left_out(reach, run)
        words = say.plural("lists/{file}.csv: {n} customer to have a word with", "lists/{file}.csv: {n} customers to have a word with", reach.reachable, file=file)  # fmt: skip
        return f"{words} ({left})" if left else words
    if not plan.plays:
        return say.text("none: nothing is to be done for this group")
    if not reach.asked:
        return say.text("none: nobody is in this group")
    return say.text("none: {reasons}", reasons=_left_out(reach, run))


def _left_out(reach: Reach, run: Run) -> str:
    counts = {"opted_out": reach.opted_out, "no_consent": reach.no_consent, "no_address": reach.no_address}
    return ", ".join(run.say.text(LEFT_OUT[why], n=n) for why, n in counts.items() if n)


def movement(moved: Sequence[Move] | None, rules: Rules, run: Run) -> tuple[Finding | Details, ...]:
    """How many changed groups since the last run, and every way they went."""
    said = _movement(moved, rules, run)
    ways = _ways(moved or (), rules, run)
    return (said,) if ways is None else (said, ways)


def _movement(moved: Sequence[Move] | None, rules: Rules, run: Run) -> Finding:
    say = run.say
    if moved is None:
        return Finding(
            say.text("Who moved from group to group will stand here from the second run on"),
            say.text("This is the first run kept for this business."), level=3,
        )  # fmt: skip
    changed = [m for m in moved if m.before is not None and m.before != m.now]
    n = sum(m.customers for m in changed)
    everybody = sum(m.customers for m in moved if m.before is not None)
    if not n:
        return Finding(say.text("Nobody has changed groups since the last run"), level=3)
    headline = say.plural("{n} of {all} customers has changed groups since the last run", "{n} of {all} customers have changed groups since the last run", n, all=everybody)  # fmt: skip
    most = changed[0]
    body = say.text(
        "The commonest way: {customers} from “{before}” to “{now}”.", customers=people(most.customers, say),
        before=_group(most.before, rules, run), now=_group(most.now, rules, run),
    )  # fmt: skip
    return Finding(headline, body, level=3)


def _ways(moved: Sequence[Move], rules: Rules, run: Run) -> Details | None:
    """From → to, the commonest ways first; None where nobody went anywhere."""
    say = run.say
    columns = (Column(say.text("from"), "left"), Column(say.text("to"), "left"), Column(say.text("customers")))
    rows = tuple(
        (_group(m.before, rules, run), _group(m.now, rules, run), say.number(m.customers))
        for m in moved
        if m.before != m.now
    )
    if not rows:
        return None
    table = TableView(columns, rows, say.text("Who went from which group to which"), language=say)
    return Details(say.text("Every way from group to group"), table=table)


def rfm_table(sizes: Sequence[SegmentSize], rules: Rules, run: Run) -> Details:
    """Mean RFM scores beside the groups, for those who know them."""
    say = run.say
    columns = (
        Column(say.text("Group"), "left"), Column(say.text("customers")), Column("R"), Column("F"), Column("M"),
    )  # fmt: skip
    rows = tuple(
        (
            rules.title(s.segment, say.code),
            say.number(s.customers),
            *(say.number(v, 1) for v in (s.recency, s.frequency, s.money)),
        )
        for s in sizes
        if s.recency is not None and s.frequency is not None and s.money is not None
    )
    body = say.text(
        "R: how recently they came, F: how often, M: how much they spent, each in fifths from 1 to 5; customers who are equal have the "
        "same score. The groups are not made from these scores: they compare customers with each other, not with their own rhythm."
    )
    table = TableView(columns, rows, say.text("Mean scores of each group"), language=say) if rows else None
    return Details(say.text("RFM scores, for those who use them"), body=body, table=table)
