"""What `4_campaign_design` says: what to do for whom, what it may bring, and how we will know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.campaigns.lists import name_of
from helpers.campaigns.plan import Proposal
from helpers.playbook import Playbook
from helpers.report import charts
from helpers.report.findings.common import estimate_text, not_measured, people
from helpers.report.findings.plans import OWNERS
from helpers.report.pieces import Action, Actions, Column, Details, Figure, Finding, Missing, Note, TableView
from helpers.run import Run
from helpers.segments import Rules

Written = Mapping[str, tuple[int, int, str]]
"""Campaign name → customers to contact, customers left out, fingerprint of the draw (see `campaigns.lists`)."""


def best(plan: Sequence[Proposal], rules: Rules, book: Playbook, run: Run) -> Finding:
    """The play with the highest expected gain."""
    say = run.say
    if not plan:
        return Finding(say.text("No campaign can be planned yet"), no_audience(run))
    top = plan[0]
    if top.cost is not None and top.gain <= 0:
        headline = say.text("On cautious assumptions no campaign pays for itself yet")
        body = say.text(
            "The best, “{play}” for “{segment}”, may bring {money} and costs about {cost}. Try it small, compare with those left out, "
            "and plan with your own figure next time.",
            play=book.plays[top.play].title[say.code], segment=rules.title(top.segment, say.code),
            money=run.money(top.margin.value), cost=run.money(top.cost),
        )  # fmt: skip
        return Finding(headline, body)
    headline = say.text(
        "Start with “{play}” for “{segment}”",
        play=book.plays[top.play].title[say.code],
        segment=rules.title(top.segment, say.code),
    )
    body = say.text(
        "Can be reached: {customers}. Expected extra gross profit: {money}.",
        customers=people(top.reach.reachable, say),
        money=estimate_text(top.margin, run),
    )
    body += " " + (
        say.text(
            "Cost about {cost}; it pays from {points} extra returns per 100 customers.",
            cost=run.money(top.cost),
            points=say.number(100 * top.break_even, 1),
        )
        if top.cost is not None and top.break_even is not None
        else say.text("Its cost is not in business.yml yet (message_cost, minute_cost).")
    )
    body += " " + basis(top, run)
    return Finding(headline, body)


def no_audience(run: Run) -> str:
    """Why there is nobody to plan for."""
    say = run.say
    if run.facts["overview"]["customers"] == 0:
        return say.text(
            "No customer can be recognised in this file; begin by recording a phone number on every receipt."
        )
    if run.tables.get("consent") is None:
        return say.text(
            "The file holds no recorded consent and no way to reach people, so no list is made; note both when customers join."
        )
    return say.text("Nobody in the groups that need something has agreed to be contacted.")


def basis(proposal: Proposal, run: Run) -> str:
    """What the expected lift rests on, said plainly."""
    if proposal.basis == "own campaign":
        return run.say.text("This rests on your own past campaign.")
    return run.say.text("This rests on the playbook's cautious assumption, not on your own figures yet.")


def gains_chart(plan: Sequence[Proposal], rules: Rules, book: Playbook, run: Run) -> Figure | Missing:
    """Expected incremental margin per proposal with its range."""
    say = run.say
    shown = [p for p in plan if p.margin.value > 0 and (p.cost is None or p.gain > 0)][:6] or list(plan[:1])
    if not shown:
        return not_measured(
            say.text("Expected gain per campaign"),
            say.text("recording a phone number and consent when customers join."),
            say,
        )
    items = [
        (f"{book.plays[p.play].title[say.code]} · {rules.title(p.segment, say.code)}", p.margin.value, p.margin.low, p.margin.high,
         people(p.reach.reachable, say))
        for p in shown
    ]  # fmt: skip
    title = say.text("What the campaigns may bring")
    subtitle = say.text(
        "Expected extra gross profit before costs, {currency}; the thin line is the range",
        currency=run.business.currency,
    )
    return charts.bars(items, title=title, subtitle=subtitle, wording=run.money, language=say, tone="now")


def plan_table(plan: Sequence[Proposal], rules: Rules, book: Playbook, run: Run) -> TableView:
    """The proposals that pay for themselves (all of them while no costs are stated), and how many do not."""
    say = run.say
    paying = [p for p in plan if p.cost is None or p.gain > 0]
    columns = (
        Column(say.text("Play and group"), "left"), Column(say.text("can be reached")), Column(say.text("may bring")),
        Column(say.text("costs")),
    )  # fmt: skip
    rows = tuple(
        (
            f"{book.plays[p.play].title[say.code]} · {rules.title(p.segment, say.code)}", say.number(p.reach.reachable),
            run.money(p.margin.value), run.money(p.cost) if p.cost is not None else "–",
        )
        for p in paying
    )  # fmt: skip
    rest = len(plan) - len(paying)
    more = (
        say.plural(
            "{n} more group would cost more than it is expected to bring.",
            "{n} more groups would cost more than they are expected to bring.",
            rest,
        )
        if rest
        else ""
    )
    return TableView(columns, rows, say.text("The plan, best first"), more, language=say)


def how_we_will_know(plan: Sequence[Proposal], written: Written, run: Run) -> Note:
    """What the size of the drawn groups can prove."""
    say = run.say
    label = say.text("How we will know")
    if not plan:
        return Note(label, no_audience(run))
    top = plan[0]
    held = written[name_of(top)][1] if name_of(top) in written else 0
    if not held:
        return Note(
            label,
            say.text(
                "So few customers that nobody is left out to compare: it may help them, but it will prove nothing."
            ),
        )
    text = say.text(
        "Drawn by lot and deliberately not contacted: {holdout}; what they do is the yardstick.",
        holdout=people(held, say),
    )
    if top.smallest_lift is None:
        text += " " + say.text(
            "The groups are too small for one campaign to prove anything; repeat it and pool the results."
        )
    elif top.smallest_lift > top.lift.value:
        text += " " + say.text(
            "With these numbers only a rise of {points} points or more would show, more than we expect: pool several rounds before judging.",
            points=say.number(100 * top.smallest_lift, 1),
        )  # fmt: skip
    else:
        text += " " + say.text(
            "A rise of {points} points or more in the return rate will show.",
            points=say.number(100 * top.smallest_lift, 1),
        )
    return Note(label, text)


def actions(plan: Sequence[Proposal], written: Written, rules: Rules, book: Playbook, run: Run) -> Actions:
    """The first three campaigns as actions with an owner."""
    say = run.say
    items = []
    for p in (p for p in plan if name_of(p) in written):
        play = book.plays[p.play]
        what = say.text("{play}: {customers} in “{segment}”", play=play.title[say.code], customers=people(written[name_of(p)][0], say),
                        segment=rules.title(p.segment, say.code))  # fmt: skip
        items.append(Action(what, say.text(OWNERS[play.owner]), say.text("next Monday"), play.first_step[say.code]))
    return Actions(tuple(items), language=say)


def left_out(plan: Sequence[Proposal], run: Run) -> Details:
    """Who may not be contacted, counted by reason."""
    say = run.say
    if run.tables.get("consent") is None:
        body = say.text(
            "Consent is not recorded, so nobody knows who has refused: ask before writing, and note the answer."
        )
        return Details(say.text("Who is not on any list, and why"), (), body)
    total = {name: sum(getattr(p.reach, name) for p in plan) for name in ("opted_out", "no_consent", "no_address")}
    names = {
        "opted_out": say.text("said no"),
        "no_consent": say.text("never asked"),
        "no_address": say.text("no phone or e-mail"),
    }
    return Details(
        say.text("Who is not on any list, and why"), tuple((names[k], say.number(v)) for k, v in total.items())
    )


def files_written(written: Written, run: Run) -> Details:
    """The lists of each campaign: to contact, left out, and the fingerprint of the draw."""
    say = run.say
    facts = tuple(
        (
            f"lists/{name}.csv",
            say.text("{treated} to contact, {held} left out", treated=a, held=b)
            + (
                say.text("; fingerprint of the draw {mark}", mark=mark[:12])
                if mark
                else say.text("; too few for a comparison group")
            ),
        )
        for name, (a, b, mark) in written.items()
    )
    drawn = any(mark for _, _, mark in written.values())
    body = (
        say.text("The lists of those left out stand beside them as “…-holdout.csv”; keep them, the proof needs both.")
        if drawn
        else ""
    )
    return Details(say.text("Files for staff"), facts, body)
