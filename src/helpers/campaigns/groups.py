"""Per group of customers: the plays meant for it, the one its list is for, and who may be spoken to.

A group's list is for a word with its people: thanks or a question, never an offer. So it asks for no consent to advertising, and a comparison
group left out of a campaign is spoken to like everybody else; what sells has lists of its own (`campaigns.drawing`).
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from helpers.campaigns.audience import CONSENT_CHANNEL, Reach, may_use, reach_by_segment, reach_of, with_answers
from helpers.campaigns.lists import Writer, most_valuable, staff_columns, with_last_product
from helpers.language import Language
from helpers.playbook import Play, Playbook
from helpers.segments import Rules
from helpers.tables import Tables


@dataclass(frozen=True)
class GroupPlan:
    """What is to be done for one group.

    Attributes:
        segment: its id. plays: ids of the plays meant for it, the most particular first. play: the first of them on whose channels
            somebody may be spoken to; None where nobody may. reach: who may and who not, by reason; on the first play's channels where
            nobody may.
    """

    segment: str
    plays: tuple[str, ...]
    play: str | None
    reach: Reach


def plays_of(book: Playbook, segment: str) -> tuple[Play, ...]:
    """Plays for a group, the most fitting first: a play names the groups it is made for in that order; then the least effort."""
    found = [play for play in book.plays.values() if segment in play.segments]
    return tuple(
        sorted(found, key=lambda play: (play.segments.index(segment), play.effort, len(play.segments), play.id))
    )


def spoken(play: Play, used: frozenset[str]) -> Play:
    """The play's channels for a word without an offer: who may be reached by them is asked as for care.

    A play none of whose channels is in use keeps them all: its customers then lack a yes, not a telephone.

    Args:
        used: from :func:`channels_in_use`.
    """
    channels = tuple(c for c in play.channels if c in used) or play.channels
    return play.model_copy(update={"purpose": "care", "channels": channels})


def channels_in_use(consent: ir.Table | None) -> frozenset[str]:
    """Channels of the playbook this business writes on: those customers were asked about, and the telephone.

    A number is no Zalo account: a business that records consent for e-mail alone does not write on Zalo. Answers that name no channel
    say nothing about which there are.
    """
    named: set[str] = set()
    if consent is not None:
        named = {c for c in consent.select("channel").distinct().to_pyarrow()["channel"].to_pylist() if c is not None}
    return frozenset(ours for ours, theirs in CONSENT_CHANNEL.items() if theirs == "call" or theirs in named)


def group_plans(tables: Tables, book: Playbook, rules: Rules) -> tuple[GroupPlan, ...]:
    """A plan for every group somebody is in, in the order of the table of groups."""
    if tables.customers is None:
        raise ValueError("the run has no customers table")
    members = tables.customers.select("customer_id", "segment")
    audience = with_answers(members, tables.people, tables.get("consent")).cache()
    used = channels_in_use(tables.get("consent"))
    plays = {play.id: spoken(play, used) for segment in rules.ids for play in plays_of(book, segment)}
    reached = {
        name: reach_by_segment(
            audience.filter(audience.segment.isin(play.segments)).select("segment", reach=reach_of(audience, play))
        )
        for name, play in plays.items()
    }
    there = set(audience.select("segment").distinct().to_pyarrow()["segment"].to_pylist())
    return tuple(
        _plan(segment, [play.id for play in plays_of(book, segment)], reached)
        for segment in rules.ids
        if segment in there
    )


def _plan(segment: str, plays: list[str], reached: dict[str, dict[str, Reach]]) -> GroupPlan:
    found = {name: reached[name][segment] for name in plays if segment in reached[name]}
    chosen = next((name for name in plays if name in found and found[name].reachable), None)
    shown = chosen or next(iter(found), None)
    return GroupPlan(segment, tuple(plays), chosen, found[shown] if shown else Reach(0, 0, 0, 0, 0))


def group_lists(
    tables: Tables, plans: tuple[GroupPlan, ...], book: Playbook, rules: Rules, *, say: Language
) -> ir.Table:
    """The target lists of all groups in one table, `segment` and `place` first: who may be spoken to on the channels of the group's play,
    how, why they are on it, and what to say first. A group none of whose plays may reach anybody has no rows.

    `place` is 0 for the most valuable of a group. The rows themselves are in no order, since a table kept on the way has none on every engine.
    """
    if tables.customers is None:
        raise ValueError("the run has no customers table")
    used = channels_in_use(tables.get("consent"))
    chosen = {plan.segment: spoken(book.plays[plan.play], used) for plan in plans if plan.play}
    members = tables.customers.filter(tables.customers.segment.isin(list(chosen)))
    answered = with_answers(members, tables.people, tables.get("consent"))
    reach = [(answered.segment == segment, reach_of(answered, play)) for segment, play in chosen.items()]
    channel = [(answered.segment == segment, contact_by(answered, play)) for segment, play in chosen.items()]
    nothing = ibis.null("string")
    answered = answered.mutate(
        reach=ibis.cases(*reach, else_=nothing) if reach else nothing,
        contact_by=ibis.cases(*channel, else_=nothing) if channel else nothing,
    )
    reached = with_last_product(answered.filter(answered.reach == "yes"), tables.order_lines)
    place = ibis.row_number().over(group_by="segment", order_by=most_valuable(reached))
    return staff_columns(reached.mutate(place=place), rules, say, keep=("segment", "place"))


def contact_by(table: ir.Table, play: Play) -> ir.StringValue:
    """The first of the play's channels that may be used for each customer of :func:`with_answers`."""
    usable = [
        (may_use(table, channel, advertising=play.purpose == "sell"), channel)
        for channel in play.channels
        if channel in CONSENT_CHANNEL
    ]
    found: ir.StringValue = ibis.cases(*usable, else_=ibis.null("string")) if usable else ibis.null("string")
    return found


def write_groups(
    tables: Tables, plans: tuple[GroupPlan, ...], book: Playbook, rules: Rules, *, say: Language, write: Writer
) -> dict[str, str]:
    """Write every group's list; group → name of its file, for the groups that have one."""
    names = {plan.segment: f"group-{plan.segment.replace('_', '-')}" for plan in plans if plan.play}
    everybody = group_lists(tables, plans, book, rules, say=say).cache()
    for segment, name in names.items():
        own = everybody.filter(everybody.segment == segment).order_by("place")
        write(name, own.drop("segment", "place"))
    return names
