"""What `1_diagnosis` says about service by branch, staff, channel and week, about waiting, and about first experiences.

Nobody is named, and nothing is put in order of merit, unless the guard of :mod:`helpers.metrics.spread` tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.errors import key
from helpers.metrics.comparisons import DIMENSIONS, WORSE_WHEN_HIGHER, Comparison
from helpers.metrics.service import Difference
from helpers.metrics.spread import LEVEL, GroupShare, Spread
from helpers.metrics.uncertainty import NotEnough, Rate
from helpers.metrics.waits import ChannelWaits, Wait
from helpers.report import charts
from helpers.report.findings.common import (
    between,
    capital,
    definition,
    not_measured,
    of_ten,
    points,
    rate_items,
    tenths,
    too_few,
)
from helpers.report.pieces import Column, Details, Figure, Finding, Missing, TableView
from helpers.run import Run

OUTCOMES = {
    "on_time": key("delivered on time"),
    "returned": key("back within 90 days of the first order"),
    "complained": key("orders complained about"),
    "recovered": key("bought again after a complaint"),
    "answered": key("complaints answered within the promise"),
    "alternative": key("refusals with an alternative"),
    "low_score": key("orders with a low score"),
}
"""Outcome → what its share is a share of, or what it counts (catalog keys)."""
GROUPS = {"branch": key("branches"), "staff": key("staff"), "channel": key("channels"), "week": key("weeks")}
DRAWN = ("on_time", "branch")
"""The comparison that has a chart of its own further up."""
MOST_GROUPS = 7
SLOW = 48


def evenness(found: Sequence[Comparison], run: Run) -> Finding | Missing:
    """Who can be told apart, and how uneven the weeks are."""
    say = run.say
    read = [each for each in found if isinstance(each.spread, Spread)]
    if not read:
        how = say.text("keeping branch, staff and channel on every receipt.")
        return not_measured(say.text("Differences between branches, staff and channels"), how, say)
    apart = _apart(read)
    if apart:
        headline = _headline(apart[0], run)
    else:
        headline = say.text("No branch, member of staff or channel can be told apart")
    parts = [_told(each, run) for each in apart]
    parts += [_weeks(each, run) for each in read if each.by == "week" and each.spread.differ]  # type: ignore[union-attr]
    if any(each.by == "staff" for each in read) and not any(each.by == "staff" for each in apart):
        parts.append(
            say.text("Between members of staff of one branch no difference goes beyond chance: do not rank them.")
        )
    if not parts:
        parts.append(
            say.text("What differences there are, chance explains: of several equal branches one always comes last.")
        )
    return Finding(headline, "\n\n".join(parts), level=3)


def _apart(read: Sequence[Comparison]) -> list[Comparison]:
    """Comparisons in which a group can be told apart, weeks left out; the clearest first."""
    named = [each for each in read if each.by != "week" and isinstance(each.spread, Spread) and each.spread.apart]
    return sorted(named, key=lambda each: _strength(each), reverse=True)


def _strength(found: Comparison) -> float:
    spread = found.spread
    return spread.real / spread.by_chance if isinstance(spread, Spread) and spread.by_chance > 0 else 0.0


def _worst(found: Comparison) -> GroupShare:
    """Of the groups told apart the one customers fare worst with, the best where all others are better than expected."""
    spread = found.spread
    assert isinstance(spread, Spread)
    bad = "higher" if found.outcome in WORSE_WHEN_HIGHER else "lower"
    sign = 1 if bad == "higher" else -1
    return max(spread.apart, key=lambda group: (group.side == bad, sign * group.pooled))


def _headline(found: Comparison, run: Run) -> str:
    say, group = run.say, _worst(found)
    assert isinstance(found.spread, Spread)
    return say.text(
        "{group}: {share} {outcome}, {overall} overall – more than chance explains",
        group=group.group, share=_percent(group.rate, run), outcome=say.text(OUTCOMES[found.outcome]),
        overall=_percent(found.spread.overall, run),
    )  # fmt: skip


def _told(found: Comparison, run: Run) -> str:
    """One comparison in words: who stands apart, and where they are likely to be next time."""
    say, spread = run.say, found.spread
    assert isinstance(spread, Spread)
    shown = sorted(spread.apart, key=lambda group: group.group)[:MOST_GROUPS]
    named = ", ".join(
        say.text("{group} {share} (n {n})", group=g.group, share=_percent(g.rate, run), n=g.rate.n)
        for g in shown
        if isinstance(g.rate, Rate)
    )
    text = say.text(
        "{outcome}, by {groups}: {named}; everybody together {overall}.",
        outcome=capital(say.text(OUTCOMES[found.outcome])), groups=say.text(GROUPS[found.by]), named=named,
        overall=_percent(spread.overall, run),
    )  # fmt: skip
    if found.by == "staff":
        text += " " + say.text("Ask what they do differently; shifts are not equally hard.")
    return text


def _weeks(found: Comparison, run: Run) -> str:
    say, spread = run.say, found.spread
    assert isinstance(spread, Spread)
    return say.text(
        "{outcome}: from week to week the share moves by {scatter} points around {overall}; chance alone would move it by {chance}. Good weeks and bad weeks are real.",
        outcome=capital(say.text(OUTCOMES[found.outcome])), scatter=say.number(100 * spread.scatter, 1),
        overall=_percent(spread.overall, run), chance=say.number(100 * spread.by_chance, 1),
    )  # fmt: skip


def _percent(found: Rate | NotEnough, run: Run) -> str:
    """Small shares with a digit more."""
    if isinstance(found, NotEnough):
        return "–"
    return run.say.percent(found.value, 1 if found.value < 0.1 else 0)


def evenness_chart(found: Sequence[Comparison], run: Run) -> Figure | None:
    """The clearest difference not drawn elsewhere; nothing where nobody is apart, because a row of dots is read as a ranking."""
    read = [each for each in found if isinstance(each.spread, Spread) and (each.outcome, each.by) != DRAWN]
    apart = _apart(read)
    if not apart:
        return None
    say, first = run.say, apart[0]
    assert isinstance(first.spread, Spread)
    items = rate_items((group.group, group.rate) for group in first.spread.groups[:MOST_GROUPS])
    outcome, groups = say.text(OUTCOMES[first.outcome]), say.text(GROUPS[first.by])
    return charts.rates(
        items,
        title=say.text("{outcome}, by {groups}", outcome=capital(outcome), groups=groups),
        subtitle=say.text("Share with its range; n = {n}", n=first.spread.overall.n),
        reference=(say.text("all"), first.spread.overall.value),
        language=say,
        caption=say.text("The largest group stands first. Only groups named above can be told apart."),
    )


def evenness_details(found: Sequence[Comparison], run: Run) -> Details | None:
    """Every question asked, and whether chance explains the answer."""
    say = run.say
    if not any(isinstance(each.spread, Spread) for each in found):
        return None
    spreads = {(each.outcome, each.by): each.spread for each in found}
    columns = (Column(say.text("Share"), "left"), *(Column(capital(say.text(GROUPS[name]))) for name in GROUPS))
    rows = tuple(
        (capital(say.text(OUTCOMES[outcome])), *(_verdict(spreads.get((outcome, by)), run) for by in GROUPS))
        for outcome in DIMENSIONS
        if any((outcome, by) in spreads for by in GROUPS)
    )
    table = TableView(
        columns, rows, say.text("Points of scatter between groups, and what chance alone gives"), language=say
    )
    facts = {
        say.text("How to read it"): say.text(
            "“7.7/0.9✓” means: the groups scatter by 7.7 points, equal ones would by 0.9, and that is no accident. Without a tick chance may explain it."
        ),
        say.text("The guard"): say.text(
            "The same events are dealt out at random {deals} times; all questions are judged together (Holm), all groups of a question together, at {level}. Weeks in which everything went wrong count as one misfortune. Staff are compared within their branch.",
            deals=5000, level=say.percent(LEVEL),
        ),
        say.text("Best guess"): say.text("A group's share drawn towards that of all, the more so the smaller the group (empirical Bayes)."),
    }  # fmt: skip
    return definition(facts, say, pages=("group-differences",), table=table)


def _verdict(spread: Spread | NotEnough | None, run: Run) -> str:
    say = run.say
    if not isinstance(spread, Spread):
        return "–"
    text = f"{say.number(100 * spread.scatter, 1)}/{say.number(100 * spread.by_chance, 1)}"
    return f"{text}✓" if spread.differ else text


def waiting(found: Sequence[ChannelWaits] | None, run: Run) -> Finding | Missing:
    """S13: how long people wait for a first answer, against the promise."""
    say = run.say
    if not found:
        how = say.text("writing two times on each question or complaint: when it came in, when it was answered.")
        return not_measured(say.text("Waiting times"), how, say)
    whole = found[0]
    if isinstance(whole.reply, NotEnough) or isinstance(whole.kept, NotEnough):
        return too_few(NotEnough(whole.n, 10, "complaints"), say.text("how long people wait"), say)
    headline = capital(
        say.plural(
            "{share} gets an answer within {promise}",
            "{share} get an answer within {promise}",
            tenths(whole.kept.value), share=of_ten(whole.kept.value, say), promise=duration(whole.promise_hours, run),
        )
    )  # fmt: skip
    parts = [
        say.text(
            "{percent} of {n} ({range}).", percent=say.percent(whole.kept.value), n=whole.kept.n,
            range=between(whole.kept.low, whole.kept.high, say),
        ),
        say.text("Half have waited {half} or less; {slow}.", half=_waited(whole.reply, run), slow=_ninth(whole.reply_slow, run)),
        say.text("Half of the matters were settled after {half}.", half=_waited(whole.solved, run)),
    ]  # fmt: skip
    if whole.unanswered:
        parts.append(
            say.plural("{n} is still without an answer.", "{n} are still without an answer.", whole.unanswered)
        )
    if not run.business.reply_hours:
        parts.append(
            say.text(
                "You have not told us your own promise, so a day was taken: write it as reply_hours in business.yml."
            )
        )
    return Finding(headline, " ".join(parts), level=3)


def _ninth(found: Wait | NotEnough, run: Run) -> str:
    if isinstance(found, NotEnough) or found.hours is None:
        return run.say.text("one in ten has never been answered, or waited longer than can be told")
    return run.say.text("one in ten waited longer than {hours}", hours=duration(found.hours, run))


def _waited(found: Wait | NotEnough, run: Run) -> str:
    if isinstance(found, NotEnough):
        return "–"
    return run.say.text("longer than can be told") if found.hours is None else duration(found.hours, run)


def duration(hours: float, run: Run) -> str:
    """Hours as people say them: minutes below one hour, days from two on."""
    say = run.say
    if hours < 1:
        return say.plural("{n} minute", "{n} minutes", max(1, round(60 * hours)))
    if hours < SLOW:
        shown = round(hours, 1 if hours < 10 else 0)
        return (
            say.text("one hour")
            if shown == 1
            else say.text("{count} hours", count=say.number(shown, 1 if shown % 1 else 0))
        )
    return say.plural("{n} day", "{n} days", round(hours / 24))


def waiting_details(found: Sequence[ChannelWaits] | None, run: Run) -> Details | None:
    """By channel, with intervals."""
    say = run.say
    shown = [each for each in found or () if isinstance(each.reply, Wait)]
    if not shown:
        return None
    columns = (
        Column(say.text("Channel"), "left"), Column(say.text("cases")), Column(say.text("within the promise")), Column(say.text("half waited up to")),
        Column(say.text("9 in 10 waited up to")),
    )  # fmt: skip
    rows = tuple(
        (
            each.channel or say.text("all"), say.number(each.n), _kept(each.kept, run), _range(each.reply, run),
            _range(each.reply_slow, run),
        )
        for each in shown
    )  # fmt: skip
    table = TableView(columns, rows, say.text("First answer, by channel"), language=say)
    facts = {
        say.text("Waiting"): say.text(
            "Kaplan–Meier: whoever has no answer yet is followed to the end of the data instead of being left out; ranges are 95%."
        ),
        say.text("within the promise"): say.text(
            "Answered within the promise of that channel, of those old enough to judge."
        ),
    }
    return definition(facts, say, pages=("response-time",), table=table)


def _kept(found: Rate | NotEnough, run: Run) -> str:
    return "–" if isinstance(found, NotEnough) else run.say.percent(found.value)


def _range(found: Wait | NotEnough, run: Run) -> str:
    if isinstance(found, NotEnough):
        return "–"
    value, low, high = (
        "…" if hours is None else duration(hours, run) for hours in (found.hours, found.low, found.high)
    )
    return f"{value} ({low} – {high})"


def first_experience(found: Difference | None, run: Run) -> Finding | Missing:
    """S03, S04: does a bad first experience cost the second?"""
    say = run.say
    if found is None:
        how = say.text("writing down one of these: delivery times, complaints, or a score after the order.")
        return not_measured(say.text("What a bad first experience costs"), how, say)
    if found.difference is None or not isinstance(found.first, Rate) or not isinstance(found.second, Rate):
        fewer = found.first if isinstance(found.first, NotEnough) else found.second
        assert isinstance(fewer, NotEnough)
        return too_few(fewer, say.text("who returns after a bad first experience"), say)
    bad, good, gap = found.first, found.second, found.difference
    if gap.high < 0:
        headline = say.text(
            "After a bad first experience {bad} in 100 come back, after a good one {good}",
            bad=round(100 * bad.value), good=round(100 * good.value),
        )  # fmt: skip
    else:
        headline = say.text("After a bad first experience about as many come back as after a good one")
    body = say.text(
        "Bad: delivered late, complained about or scored low ({n_bad} customers). Good: on record, and none of these ({n_good}). The difference is {points} points ({low} to {high}); it does not prove the cause.",
        n_bad=bad.n, n_good=good.n, points=points(gap.value, run), low=points(gap.low, run), high=points(gap.high, run),
    )  # fmt: skip
    return Finding(headline, body, level=3)
