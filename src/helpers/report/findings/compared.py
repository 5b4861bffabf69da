"""What the fifth notebook says about this run beside the run before: change, revision, and the customers followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.errors import key
from helpers.metrics.uncertainty import Estimate, NotEnough
from helpers.proof.comparable import Limit
from helpers.proof.followed import Migration, Returned
from helpers.proof.pace import Pace
from helpers.proof.revisions import Revised, Revisions
from helpers.proof.since import Change, Comparison, later
from helpers.report.charts.amounts import signed
from helpers.report.findings.common import not_measured
from helpers.report.pieces import Column, Details, Finding, Missing, Note, Piece, TableView
from helpers.run import Run
from helpers.segments import Rules

CHANGES: Mapping[str, str] = {
    "customers": key("Known customers"),
    "orders": key("Orders"),
    "net_revenue": key("Revenue"),
    "anonymous_revenue_share": key("Revenue nobody can be followed for"),
    "quick_ratio": key("Came in per customer who dropped out, last month"),
}
HEADLINE = "repeat_rate.90"
PACE: Mapping[str, str] = {
    "orders": key("Orders a week"),
    "net_revenue": key("Revenue a week"),
    "new_customers": key("New customers a week"),
}
LIMITS: Mapping[str, str] = {
    "later": key("There is a report of a later day ({day}). This one looks further back and is not compared with it."),
    "apart": key(
        "The last report's data end on {ended}, today's begin on {begins}: the two share no day. Totals and rates cannot be compared; "
        "put both exports into business.yml."
    ),
    "shorter": key(
        "Today's data begin on {begins}, the last report's on {start} ({orders} orders before are no longer there). Totals and rates "
        "cannot be compared, because old customers would look new; export the whole history again."
    ),
    "longer": key(
        "Today's data reach further back ({begins} instead of {start}). The numbers of last time were worked out again from them."
    ),
    "gap": key(
        "No data from {first} to {last}: neither export covers these days. Whoever came then looks silent, so that change and customers "
        "are not compared; export these days as well."
    ),
    "hole": key(
        "From {first} to {last} the last report knew {orders} orders, today's data have none. Change and customers are not compared; "
        "export these days again."
    ),
    "mapping": key(
        "The columns of the sales are read differently than last time. The numbers of last time were worked out again the new way; single "
        "orders and customers cannot be compared."
    ),
    "currency": key(
        "The currency was {then} and is now {now}. Sums of last time were read again in {now}; single orders are not compared."
    ),
    "identity": key(
        "Who counts as one person is decided differently than last time, so customers of then and now are not compared one by one."
    ),
    "clock": key("The time zone has changed, so orders may stand on another day; single orders are not compared."),
    "segments": key("The rules for groups have changed, so movement between groups is not compared."),
    "model": key("How contracts are read has changed, so movement between groups is not compared."),
    "margin": key("The gross margin has changed: amounts of gross profit and customer value are not those of last time for that reason alone."),
    "version": key("The program is newer than last time; some movement between groups may come from that."),
    "parameter": key("“{name}” was {then} and is now {now}: what it decides is not to be compared with the last report."),
    "shrunk": key(
        "{gone} of {orders} old orders are no longer in the data. So many are seldom cancellations: a branch, a channel or a status may be "
        "missing from the export. Customers are not compared."
    ),
}  # fmt: skip
NAMED: Mapping[str, str] = {
    "risk": key("flagged: least likely to come back"),
    "calls": key("regulars to be called"),
    "lists": key("drawn for a campaign, to be contacted"),
    "held": key("drawn for a campaign, left out"),
    "lost": key("given up for lost"),
    "others": key("everybody else"),
}
PLACES: Mapping[str, tuple[str, ...]] = {
    "coming": ("active", "reactivated"),
    "late": ("late",),
    "stopped": ("lapsed", "lost"),
}
"""States put together, so that the table fits a phone."""
PLACE_NAMES: Mapping[str, str] = {"coming": key("coming"), "late": key("later than usual"), "stopped": key("stopped")}


def compared(found: Comparison | None, rules: Rules, run: Run) -> tuple[Piece, ...]:
    """Everything there is to say beside the last report."""
    if found is None:
        return (*(limit(one, run) for one in later(run.facts.get("settings") or {})), _first(run))
    parts = [
        *(limit(one, run) for one in found.limits),
        *headlines(found, run),
        *paces(found.pace, run),
        *revised(found.revisions, run),
        *moved(found, rules, run),
        *back(found.returned, found, run),
    ]
    return tuple(parts)


def _first(run: Run) -> Missing:
    say = run.say
    return not_measured(
        say.text("What changed since the last report"), say.text("running this again on next month's export."), say
    )


def limit(one: Limit, run: Run) -> Note:
    """What cannot be compared, and why."""
    values = dict(one.values)
    return Note(run.say.text("Before comparing:"), run.say.text(LIMITS[one.kind], **values))


def headlines(found: Comparison, run: Run) -> tuple[TableView, ...]:
    """Headline numbers then and now; then also as today's data tell it, where that differs."""
    if not found.changes:
        return ()
    say = run.say
    again = any(_differs(change, run) for change in found.changes)
    columns = [Column(say.text("Number"), "left"), Column(say.text("before"))]
    if again:
        columns.append(Column(say.text("the same day, today's data")))
    columns += [Column(say.text("now")), Column(say.text("more than chance?"), "left")]
    rows = []
    for change in sorted(found.changes, key=lambda c: c.metric != HEADLINE):
        middle = (_worded(change, change.before if change.restated is None else change.restated, run),) if again else ()
        rows.append(
            (_name(change, run), _worded(change, change.before, run), *middle, _worded(change, change.now, run), _real(change.real, run))
        )  # fmt: skip
    return (TableView(tuple(columns), tuple(rows), say.text("Since {day}", day=found.then), language=say),)


def _differs(change: Change, run: Run) -> bool:
    return change.restated is not None and _worded(change, change.restated, run) != _worded(change, change.before, run)


def _name(change: Change, run: Run) -> str:
    if change.metric.startswith("repeat_rate."):
        return run.say.text("Back within {days} days", days=change.metric.split(".")[1])
    return run.say.text(CHANGES[change.metric])


def _worded(change: Change, value: float, run: Run) -> str:
    if change.metric == "net_revenue":
        return run.money(value)
    if change.metric.startswith("repeat_rate.") or change.metric.endswith("_share"):
        return run.say.percent(value, 1)
    return run.say.number(value, 2 if change.metric == "quick_ratio" else 0)


def _real(real: bool | None, run: Run) -> str:
    if real is None:
        return "–"
    return run.say.text("yes") if real else run.say.text("no, may be chance")


def paces(found: Sequence[Pace], run: Run) -> tuple[TableView, ...]:
    """Weeks since then beside as many before."""
    if not found:
        return ()
    say = run.say
    columns = (
        Column(say.text("Per week"), "left"), Column(say.text("before")), Column(say.text("now")), Column(say.text("difference"), "left"),
    )  # fmt: skip
    rows = tuple(
        (say.text(PACE[one.measure]), _amount(one, one.before, run), _amount(one, one.now, run), _range(one, run))
        for one in found
    )
    real = [say.text(PACE[one.measure]).lower() for one in found if one.real]
    said = (
        say.text("More than chance: {what}.", what=", ".join(real))
        if real
        else say.text("None of it is more than chance.")
    )
    more = say.text(
        "Weeks compared on either side: {n}. A season counts as change too: this says that something changed, not why.",
        n=found[0].difference.n // 2,
    )
    caption = say.text("Weeks since then, and as many before")
    return (TableView(columns, rows, caption, f"{said} {more}", language=say),)


def _amount(one: Pace, value: float, run: Run) -> str:
    return run.money(value) if one.measure == "net_revenue" else run.say.number(value, 1)


def _range(one: Pace, run: Run) -> str:
    gap: Estimate = one.difference
    return run.say.text("{low} to {high}", low=_amount(one, gap.low, run), high=_amount(one, gap.high, run))


def revised(found: Revisions | None, run: Run) -> tuple[Finding, ...]:
    """Old orders that read differently now, so that nobody takes them for change."""
    if found is None:
        return ()
    say = run.say
    dates = {"first": found.first, "last": found.last}
    if not found.total:
        body = say.text(
            "All {n} orders of {first} to {last} stand as they stood in the last report.",
            n=found.orders - found.holes,
            **dates,
        )
        return (Finding(say.text("No old order has changed"), body, level=3),)  # fmt: skip
    headline = say.plural(
        "{n} old order reads differently than in the last report", "{n} old orders read differently than in the last report",
        found.total,
    )  # fmt: skip
    told = say.text("Of {n} orders from {first} to {last}.", n=found.orders, **dates)
    apart = say.text(
        "This is a correction of old data and not what customers did since; the numbers above leave it out."
    )
    return (Finding(headline, " ".join([told, *(_way(one, run) for one in found.found), apart]), level=3),)


def _way(one: Revised, run: Run) -> str:
    say, n, money = run.say, one.orders, signed(one.revenue, run.money)
    if one.kind == "gone":
        return say.plural(
            "{n} order is gone: cancelled, or no longer exported ({money}).",
            "{n} orders are gone: cancelled, or no longer exported ({money}).", n, money=money,
        )  # fmt: skip
    if one.kind == "late":
        return say.plural(
            "{n} order of a day already over was added ({money}).",
            "{n} orders of days already over were added ({money}).", n, money=money,
        )  # fmt: skip
    if one.kind == "changed":
        return say.plural(
            "{n} order has another amount or another day ({money}).",
            "{n} orders have another amount or another day ({money}).", n, money=money,
        )  # fmt: skip
    return say.plural(
        "{n} order belongs to another customer, for instance because two records turned out to be one person.",
        "{n} orders belong to another customer, for instance because two records turned out to be one person.", n,
    )  # fmt: skip


def moved(found: Comparison, rules: Rules, run: Run) -> tuple[Piece, ...]:
    """Where the customers known in both runs stand now."""
    states, segments, say = found.states, found.segments, run.say
    if states is None or not states.same:
        return ()
    columns = (
        Column(say.text("On {day}", day=found.then), "left"),
        *(Column(say.text("now: {place}", place=say.text(PLACE_NAMES[place]))) for place in PLACES),
    )
    rows = tuple(
        (say.text(PLACE_NAMES[place]), *(say.number(_cell(states, here, there)) for there in PLACES.values()))
        for place, here in PLACES.items()
    )
    more = say.text(
        "The same {same} customers in both. New since: {joined}; known only now though they came before: {appeared}; no longer in the data: {gone}.",
        same=states.same, joined=states.joined, appeared=states.appeared, gone=states.gone,
    )  # fmt: skip
    table = TableView(columns, rows, say.text("Where the customers of then stand now"), more, language=say)
    return (table,) if segments is None else (table, *_ways(segments, rules, run))


def _cell(found: Migration, here: Sequence[str], there: Sequence[str]) -> int:
    return sum(
        count
        for before, row in zip(found.groups, found.counts, strict=True)
        for after, count in zip(found.groups, row, strict=True)
        if before in here and after in there
    )


def _ways(found: Migration, rules: Rules, run: Run) -> tuple[Details, ...]:
    """The commonest ways from group to group."""
    say = run.say
    ways = sorted(
        (-count, before, after)
        for before, row in zip(found.groups, found.counts, strict=True)
        for after, count in zip(found.groups, row, strict=True)
        if count and before != after
    )
    if not ways:
        return ()
    columns = (Column(say.text("from"), "left"), Column(say.text("to"), "left"), Column(say.text("customers")))
    rows = tuple((_group(a, rules, run), _group(b, rules, run), say.number(-n)) for n, a, b in ways)
    table = TableView(columns, rows, say.text("Who went from which group to which"), language=say)
    body = say.text("{n} of {all} are in the group they were in.", n=found.stayed, all=found.same)
    return (Details(say.text("Every way from group to group"), body=body, table=table),)


def _group(name: str, rules: Rules, run: Run) -> str:
    return rules.title(name, run.say.code) if name in rules.ids else name


def back(found: Sequence[Returned], comparison: Comparison, run: Run) -> tuple[TableView, ...]:
    """Who of those the last report named has ordered since."""
    if not found:
        return ()
    say = run.say
    columns = (
        Column(say.text("Named by the last report"), "left"), Column(say.text("customers")), Column(say.text("ordered since")),
        Column(say.text("most likely"), "left"),
    )  # fmt: skip
    rows = []
    for one in found:
        if isinstance(one.back, NotEnough):
            rows.append((say.text(NAMED[one.group]), say.number(one.back.have), "–", say.text("too few to conclude")))
        else:
            rate = one.back
            share = say.text("{k} ({percent})", k=rate.k, percent=say.percent(rate.value, 1))
            likely = say.text("{low} to {high}", low=say.percent(rate.low, 1), high=say.percent(rate.high, 1))
            rows.append((say.text(NAMED[one.group]), say.number(rate.n), share, likely))
    more = say.text(
        "In the {days} days since. This is what happened, not what a call or message did: only customers left out by lot tell that.",
        days=(comparison.now - comparison.then).days,
    )  # fmt: skip
    missing = max(one.missing for one in found)
    if missing:
        more += " " + say.text("Customers the data no longer know are not counted.")
    return (TableView(columns, tuple(rows), say.text("Who has come back since"), more, language=say),)
