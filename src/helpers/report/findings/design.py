"""What `4_campaign_design` says: what to do for whom, what it may bring, and how we will know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.campaigns.addressees import SUPPRESSED, Obstacles
from helpers.campaigns.drawing import name_of
from helpers.campaigns.limits import Limits
from helpers.campaigns.plan import BACKTEST_DAYS, Proposal
from helpers.errors import key
from helpers.playbook import Playbook
from helpers.report import charts
from helpers.report.findings.common import capital, estimate_text, people
from helpers.report.findings.plans import OWNERS
from helpers.report.pieces import Action, Actions, Column, Details, Figure, Finding, Note, TableView
from helpers.run import Run
from helpers.segments import Rules

FORBIDDEN = {
    "no money left": key(
        "The budget in business.yml (planning, budget) pays for none of these campaigns; raise it, or choose plays that cost nothing."
    ),
    "no hours left": key(
        "The staff minutes in business.yml (planning, minutes) suffice for none of these campaigns; give them an hour, or fewer customers."
    ),
}
NO_CONSENT = key(
    "No consent is recorded in the files, so nothing that sells is planned and nobody is written to: only service calls are left. Ask for consent from tomorrow, and note channel, day and answer."
)
STATUS = {
    "chosen": key("in the plan"),
    "would lose": key("would cost more than it brings"),
    "no money left": key("waits: the budget is used up"),
    "no hours left": key("waits: the hours are used up"),
}
CONFIDENCE = {"high": key("high"), "medium": key("medium"), "low": key("low")}
BASES = {
    "own campaign": key("own campaign"),
    "back-test": key("assumed; checked on the past"),
    "playbook prior": key("assumed"),
}

Written = Mapping[str, tuple[int, int, str]]
"""Campaign name → customers to contact, customers left out, fingerprint of the draw (see `campaigns.lists`)."""


def best(plan: Sequence[Proposal], found: Obstacles, rules: Rules, book: Playbook, run: Run) -> Finding:
    """The play with the highest expected gain."""
    say = run.say
    if not plan:
        return Finding(say.text("No campaign can be planned yet"), no_audience(run, found))
    top = plan[0]
    if top.status in FORBIDDEN:
        return Finding(say.text("Nothing is planned: the limits leave no room"), say.text(FORBIDDEN[top.status]))
    if top.order_value <= 0:
        body = say.text(
            "The orders of these customers bring no money after returns, so no campaign can pay for itself."
        )
        return Finding(say.text("On cautious assumptions no campaign pays for itself yet"), body)
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
    if run.tables.get("consent") is None:
        body += " " + say.text(NO_CONSENT)
    return Finding(headline, body)


def no_audience(run: Run, found: Obstacles) -> str:
    """Why there is nobody to plan for."""
    say = run.say
    if run.facts["overview"]["customers"] == 0 or found.customers == 0:
        return say.text(
            "No customer can be recognised in this file; begin by recording a phone number on every receipt."
        )
    if found.refused == found.customers:
        return say.text(
            "Every customer has refused to be contacted, so nobody is on any list. Serve those who come well, and ask newcomers."
        )
    if found.no_address == found.customers:
        return say.text(
            "No customer has a phone number or an e-mail in the files, so nobody can be reached; ask for a number with the next sale."
        )
    if found.unworded:
        return say.text(
            "People could be reached, but no message can be sent yet: give its words under “planning: words:” in business.yml; the calendar below names which are missing."
        )
    if run.tables.get("consent") is None:
        return say.text(
            "The file holds no recorded consent and no way to reach people, so no list is made; note both when customers join."
        )
    return say.text("Nobody in the groups that need something has agreed to be contacted.")


def basis(proposal: Proposal, run: Run) -> str:
    """What the expected lift rests on, said plainly."""
    say = run.say
    if proposal.basis == "own campaign":
        return say.text("This rests on your own past campaign.")
    if proposal.basis == "back-test":
        return say.text(
            "The effect is the playbook's cautious assumption; how many come back without it was checked on your last {days} days.",
            days=BACKTEST_DAYS,
        )
    return say.text("This rests on the playbook's cautious assumption, not on your own figures yet.")


def gains_chart(plan: Sequence[Proposal], rules: Rules, book: Playbook, run: Run) -> Figure | None:
    """Expected incremental margin per proposal with its range; nothing where there is no proposal."""
    say = run.say
    shown = [p for p in plan if p.margin.value > 0 and (p.cost is None or p.gain > 0)][:6] or list(plan[:1])
    if not shown:
        return None
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


def plan_table(plan: Sequence[Proposal], rules: Rules, book: Playbook, run: Run) -> TableView | Note | None:
    """The proposals in the plan, and how many groups get none and why; a note where none is chosen, nothing where none was made."""
    say = run.say
    if not plan:
        return None
    chosen = [p for p in plan if p.status == "chosen"]
    columns = (
        Column(say.text("Play and group"), "left"), Column(say.text("contacted")), Column(say.text("may bring")), Column(say.text("costs")),
        Column(say.text("how sure"), "left"),
    )  # fmt: skip
    rows = tuple(
        (
            f"{book.plays[p.play].title[say.code]} · {rules.title(p.segment, say.code)}", say.number(p.treated),
            run.money(p.margin.value), run.money(p.cost) if p.cost is not None else "–", say.text(CONFIDENCE[p.confidence]),
        )
        for p in chosen
    )  # fmt: skip
    rest = " ".join(_rest(plan, run))
    if not rows:
        return Note(say.text("Nothing is in the plan"), rest)
    return TableView(columns, rows, say.text("The plan, best first"), rest, language=say)


def _rest(plan: Sequence[Proposal], run: Run) -> list[str]:
    """What is not in the plan, a sentence per reason."""
    say = run.say
    losing = sum(p.status == "would lose" for p in plan)
    waiting = sum(p.status in FORBIDDEN for p in plan)
    cut = sum(p.waiting for p in plan if p.status == "chosen")
    told = []
    if losing:
        told.append(
            say.plural(
                "{n} more group would cost more than it is expected to bring.",
                "{n} more groups would cost more than they are expected to bring.",
                losing,
            )
        )
    if waiting:
        told.append(
            say.plural(
                "{n} more group has to wait: hours or money are used up.",
                "{n} more groups have to wait: hours or money are used up.",
                waiting,
            )
        )
    if cut:
        told.append(
            say.plural(
                "{n} customer of these groups has to wait for the next plan.",
                "{n} customers of these groups have to wait for the next plan.",
                cut,
            )
        )
    return told


def in_detail(plan: Sequence[Proposal], rules: Rules, book: Playbook, run: Run) -> Details | None:
    """Every proposal with its range, break-even, effort, and what it rests on; opened on demand."""
    say = run.say
    if not plan:
        return None

    def told(p: Proposal) -> str:
        parts = [
            say.text("{status}; extra gross profit {low} to {high}", status=say.text(STATUS[p.status]), low=run.money(p.margin.low), high=run.money(p.margin.high)),
            say.text("effort {effort} of 3, {minutes} minutes of staff", effort=p.effort, minutes=round(p.minutes)),
            say.text("rests on: {basis}, confidence {confidence}", basis=say.text(BASES[p.basis]), confidence=say.text(CONFIDENCE[p.confidence])),
        ]  # fmt: skip
        if p.break_even is not None:
            parts.insert(
                1,
                say.text(
                    "pays from {points} extra returns per 100 customers", points=say.number(100 * p.break_even, 1)
                ),
            )
        return "; ".join(parts)

    facts = tuple((f"{book.plays[p.play].title[say.code]} · {rules.title(p.segment, say.code)}", told(p)) for p in plan)
    body = say.text(
        "Each group gets one play, so nobody gets two offers at once; nobody who had an offer in the last {days} days or whose complaint "
        "is open is contacted. Which plays, and for how many, is what brings most within the hours and the money you gave.",
        days=run.business.planning.contact_gap_days,
    )  # fmt: skip
    return Details(say.text("How each proposal was judged"), facts, body)


def within_limits(plan: Sequence[Proposal], limits: Limits, run: Run) -> Note | None:
    """Hours and money the plan uses, of those there are; nothing where there is no plan."""
    say = run.say
    if not plan:
        return None
    chosen = [p for p in plan if p.status == "chosen"]
    cash = sum(p.cash or 0.0 for p in chosen)
    told = []
    if limits.budget is not None:
        told.append(
            say.text(
                "Money: {used} of {all} for messages and offers.", used=run.money(cash), all=run.money(limits.budget)
            )
        )
    for owner, minutes in limits.minutes.items():
        used = sum(p.minutes for p in chosen if p.owner == owner)
        told.append(
            say.text(
                "{owner}: {used} of {all} minutes over {weeks} weeks.",
                owner=capital(say.text(OWNERS[owner])),
                used=round(used),
                all=round(minutes),
                weeks=limits.weeks,
            )
        )
    if not told:
        told = [
            say.text("No limit is set; state a budget and each team's minutes a week under “planning” in business.yml.")
        ]
    return Note(say.text("Within your hours and money"), " ".join(told))


def actions(plan: Sequence[Proposal], written: Written, rules: Rules, book: Playbook, run: Run) -> Actions | None:
    """The first three campaigns as actions with an owner."""
    say = run.say
    if not written:
        return None
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
    total = {name: sum(getattr(p.reach, name) for p in plan) for name in SUPPRESSED}
    names = {
        "opted_out": say.text("said no"),
        "no_consent": say.text("never asked"),
        "no_address": say.text("no phone or e-mail"),
        "contacted_lately": say.text("had an offer in the last days"),
        "complaint_open": say.text("complaint still open"),
        "no_message": say.text("no message that can be sent to them yet"),
    }
    return Details(
        say.text("Who is not on any list, and why"), tuple((names[k], say.number(v)) for k, v in total.items())
    )


def files_written(written: Written, run: Run) -> Details | None:
    """The lists of each campaign: to contact, left out, and the fingerprint of the draw."""
    say = run.say
    if not written:
        return None
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
