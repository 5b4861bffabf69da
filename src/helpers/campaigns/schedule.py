"""The calendar: who is contacted on which day, by whom, on which channel, about what – and who is not, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers import engine
from helpers.business import Business
from helpers.campaigns.addressees import may_column
from helpers.campaigns.days import OpenDays, daily_limit
from helpers.campaigns.drawing import Drawn
from helpers.campaigns.limits import Limits
from helpers.campaigns.messages import Choice, choose_messages, fill, never_twice, with_facts
from helpers.language import Language
from helpers.playbook import Playbook
from helpers.playbook.rules import Country
from helpers.playbook.sequences import Sequence as Steps
from helpers.playbook.sequences import Step
from helpers.tables import Tables

LENGTH = 100
"""Days a calendar looks ahead: the first hundred of a customer who joins on its first."""
CALLS_A_DAY = 10
"""Calls one person makes with care on one day, where business.yml does not say how many minutes there are."""
FACE_TO_FACE = "in_person"
_ORDER = {"journey": 0, "campaign": 1, "yearly": 2, "note": 3}
"""What goes first when two contacts of one customer fall on one day."""
COLUMNS = (
    "customer_id", "day", "kind", "play", "step", "campaign", "segment", "message", "channel", "owner",
    "name", "phone", "email", "subject", "text", "aside",
)  # fmt: skip


@dataclass(frozen=True)
class Schedule:
    """Every contact of a plan.

    Attributes:
        contacts: one row per customer and contact (:data:`COLUMNS`). Those with `aside` are not made, for that reason; those on
            the channel ``in_person`` are met face to face and appear in counts only. open_days: of the plan.
        messages: those that may be used, and why others may not.
    """

    contacts: ir.Table
    open_days: OpenDays
    messages: Choice


@dataclass(frozen=True)
class Setting:
    """What a calendar is made from, beside the people."""

    book: Playbook
    business: Business
    country: Country | None
    limits: Limits
    open_days: OpenDays
    say: Language


def schedule(con: Any, tables: Tables, people: ir.Table, drawn: Drawn, setting: Setting) -> Schedule:
    """Put campaigns, the first hundred days and the calendar of care on days.

    A day on which nobody is contacted (weekend, holiday) moves a contact to the next free one. Campaigns are spread over the days
    so that their owner's minutes suffice. Nobody has two contacts on one day, or one on a channel that the law closes; notes of
    the care calendar keep the agreed distance from everything else the customer receives. Whoever was left out of a campaign
    gets nothing of that play. Everybody who has not agreed to a channel for this purpose, or has refused it, is absent.

    Args:
        con: the engine; the contacts are kept there. people: of `addressees`. drawn: the campaigns.
    """
    sequences = setting.book.rules.sequences.sequences
    names = [m for play in setting.book.plays.values() if play.prior and play.segments for m in play.messages]
    names += [m for sequence in sequences for step in sequence.steps for m in step.messages]
    choice = choose_messages(names, setting.book, setting.business, setting.country, setting.say)
    base = people.filter(~people.refused_all & ~people.complaint_open)
    parts = [
        _campaigns(base, drawn, choice, setting),
        _journey(base, drawn, choice, setting),
        *_care(base, drawn, choice, setting),
    ]
    everything = reduce(lambda a, b: a.union(b), [part for part in parts if part is not None])
    everything = con.create_table(ibis.util.gen_name("contacts"), everything, temp=True)
    kept = con.create_table(ibis.util.gen_name("kept"), _one_at_a_time(everything, setting), temp=True)
    used = kept.filter(kept.clash.isnull()).select("message").distinct().to_pyarrow()["message"].to_pylist()
    needed = replace(choice, messages={name: m for name, m in choice.messages.items() if name in used})
    informed = with_facts(
        people.semi_join(kept, "customer_id").select("customer_id", "name", "phone", "email", "first_order", "last_order"),
        tables.orders, tables.order_lines,
    )  # fmt: skip
    # texts are put together where their lists are files
    con, touches = engine.at_hand(con, kept.inner_join(informed, "customer_id"))
    filled = fill(touches, needed, setting.book, setting.business, setting.country, setting.say)
    done = never_twice(filled.mutate(aside=ibis.coalesce(filled.clash, filled.aside))).select(*COLUMNS)
    return Schedule(con.create_table(ibis.util.gen_name("schedule"), done, temp=True), setting.open_days, choice)


def _with_message(table: ir.Table, ways: Sequence[tuple[Any, str, bool]], choice: Choice) -> ir.Table:
    """Add `message` and `channel`: the first way that is open to the customer.

    Args:
        ways: for which rows, which message, and whether the play sells.
    """
    nothing = ibis.null("string")
    opened = []
    for here, name, sells in ways:
        if name in choice.messages:
            m = choice.messages[name]
            opened.append((here & table[may_column(m.channel, advertising=sells or m.purpose == "advertising")], m))
    if not opened:
        return table.mutate(message=nothing, channel=nothing)
    return table.mutate(
        message=ibis.cases(*[(way, m.id) for way, m in opened], else_=nothing),
        channel=ibis.cases(*[(way, m.channel) for way, m in opened], else_=nothing),
    )


def _named(table: ir.Table, **named: Any) -> ir.Table:
    """The columns that contacts of every kind share."""
    return table.select(
        "customer_id", "day", "segment", "message", "channel",
        address=(table.channel == "email").ifelse(table.email, table.phone),
        turn=table.turn if "turn" in table.columns else ibis.literal(0).cast("int64"), **named,
    )  # fmt: skip


def _campaigns(base: ir.Table, drawn: Drawn, choice: Choice, setting: Setting) -> ir.Table | None:
    """The treated of every campaign, on the days their owner has time; plays that are sequences have their own days."""
    sequences = {sequence.play for sequence in setting.book.rules.sequences.sequences}
    parts = []
    for rank, p in enumerate(p for p in drawn.proposals if p.play not in sequences):
        play = setting.book.plays[p.play]
        mine = drawn.arms.filter(
            (drawn.arms.play == p.play) & (drawn.arms.segment == p.segment) & (drawn.arms.arm == "treated")
        )
        table = base.inner_join(mine.select("customer_id", "campaign", "place"), "customer_id")
        ways = [(ibis.literal(True), name, play.purpose == "sell") for name in play.messages]
        table = _with_message(table, ways, choice)
        table = table.mutate(
            rank=ibis.literal(rank), owner=ibis.literal(play.owner),
            minutes=ibis.literal(float(play.minutes_per_customer)), play=ibis.literal(p.play),
        )  # fmt: skip
        columns = (
            "customer_id",
            "segment",
            "message",
            "channel",
            "play",
            "owner",
            "campaign",
            "minutes",
            "rank",
            "place",
            "phone",
            "email",
        )
        parts.append(table.select(*columns))
    if not parts:
        return None
    table = reduce(lambda a, b: a.union(b), parts)
    paced = _paced(table, setting)
    send = {"kind": ibis.literal("campaign"), "step": ibis.literal("send")}
    return _named(paced, **send, play=paced.play, owner=paced.owner, campaign=paced.campaign)


def _paced(table: ir.Table, setting: Setting) -> ir.Table:
    """Add `day`: contacts of an owner follow each other, best campaign and most valuable customer first."""
    in_turn = ibis.window(group_by="owner", order_by=["rank", "place", "customer_id"], preceding=None, following=0)
    before = table.minutes.sum().over(in_turn) - table.minutes
    in_channel = ibis.window(
        group_by=[table.owner, table.channel], order_by=[table.rank, table.place, table.customer_id]
    )
    calls = ibis.row_number().over(in_channel)
    rung = (table.channel == "phone").fill_null(False)
    slots: Any = rung.ifelse((calls / CALLS_A_DAY).floor(), 0)
    a_week = [day for day in setting.open_days.days if day < setting.open_days.start + timedelta(days=7)]
    for owner, minutes in setting.limits.minutes.items():
        a_day = minutes / setting.limits.weeks / max(1, len(a_week))
        if a_day > 0:
            slots = (table.owner == owner).ifelse((before / a_day).floor(), slots)
    numbered = table.mutate(slot=ibis.least(slots.cast("int64"), len(setting.open_days.days) - 1))
    days = _lookup(list(range(len(setting.open_days.days))), list(setting.open_days.days), "slot", "int64")
    return numbered.inner_join(days, "slot")


def _lookup(keys: list[Any], values: list[date], name: str, kind: str) -> ir.Table:
    """A small table `name` → `day`."""
    return ibis.memtable({name: keys, "day": values}, schema=ibis.schema({name: kind, "day": "date"}))


def _free(table: ir.Table, setting: Setting) -> ir.Table:
    """Move `due` to `day`, the next day on which somebody may be contacted; what is due outside the plan goes."""
    start = setting.open_days.start
    span = [start + timedelta(days=n) for n in range(LENGTH + 1)]
    return table.inner_join(_lookup(span, [setting.open_days.from_day(day) for day in span], "due", "date"), "due")


def _sequences(setting: Setting, anchor: str) -> list[tuple[Steps, Step]]:
    """Every step of the sequences with this anchor."""
    return [(q, step) for q in setting.book.rules.sequences.sequences if q.anchor == anchor for step in q.steps]


def _journey(base: ir.Table, drawn: Drawn, choice: Choice, setting: Setting) -> ir.Table | None:
    """Steps counted from the first order, for everybody young enough."""
    steps = _sequences(setting, "first_order")
    if not steps:
        return None
    start = setting.open_days.start
    young = base.filter(base.first_order >= ibis.literal(start - timedelta(days=max(q.lasts_days for q, _ in steps))))
    offsets = ibis.memtable(
        {
            "step": [s.id for _, s in steps],
            "after": [s.day for _, s in steps],
            "lasts": [q.lasts_days for q, _ in steps],
        },
        schema=ibis.schema({"step": "string", "after": "int64", "lasts": "int64"}),
    )
    dated = young.cross_join(offsets)
    dated = dated.filter(dated.after <= dated.lasts)
    dated = dated.mutate(due=(dated.first_order + dated.after.as_interval("D")).cast("date"))
    return _stepped(dated, steps, drawn, choice, setting, kinds=dict.fromkeys((s.id for _, s in steps), "journey"))


def _care(base: ir.Table, drawn: Drawn, choice: Choice, setting: Setting) -> tuple[ir.Table, ...]:
    """Steps counted from the start of the plan, for the groups of their sequence who are past their first days."""
    steps = _sequences(setting, "plan_start")
    if not steps:
        return ()
    start = setting.open_days.start
    first_days = max((q.lasts_days for q, _ in _sequences(setting, "first_order")), default=0)
    older = base.filter(base.first_order < ibis.literal(start - timedelta(days=first_days)))
    groups = [(segment, step.id) for q, step in steps for segment in q.segments]
    members = older.inner_join(
        ibis.memtable({"segment": [g for g, _ in groups], "step": [s for _, s in groups]}), "segment"
    )
    fixed = [
        (s.id, start + timedelta(days=n))
        for _, s in steps
        if not s.yearly
        for n in range(s.day, LENGTH + 1, s.every_days or LENGTH + 1)
    ]
    turns = [
        (n - s.day) // (s.every_days or LENGTH + 1)
        for _, s in steps
        if not s.yearly
        for n in range(s.day, LENGTH + 1, s.every_days or LENGTH + 1)
    ]
    yearly = [s.id for _, s in steps if s.yearly]
    parts = []
    kinds = {s.id: "yearly" if s.yearly else "note" for _, s in steps}
    if fixed:
        days = ibis.memtable(
            {"step": [s for s, _ in fixed], "due": [d for _, d in fixed], "turn": turns},
            schema=ibis.schema({"step": "string", "due": "date", "turn": "int64"}),
        )
        parts.append(members.inner_join(days, "step"))
    if yearly:
        span = [start + timedelta(days=n) for n in range(LENGTH + 1)]
        kind = ibis.schema({"month": "int32", "dom": "int32", "due": "date"})
        days = ibis.memtable({"month": [d.month for d in span], "dom": [d.day for d in span], "due": span}, schema=kind)
        dated = members.filter(members.step.isin(yearly)).mutate(
            month=members.first_order.month(), dom=members.first_order.day()
        )
        parts.append(dated.inner_join(days, ["month", "dom"]).drop("month", "dom"))
    return tuple(_stepped(part, steps, drawn, choice, setting, kinds=kinds) for part in parts)


def _stepped(
    dated: ir.Table,
    steps: Sequence[tuple[Steps, Step]],
    drawn: Drawn,
    choice: Choice,
    setting: Setting,
    *,
    kinds: Mapping[str, str],
) -> ir.Table:
    """Contacts of these steps, without whoever was left out of a campaign of the same play."""
    book = setting.book
    plays = {(s.id, play) for q, s in steps for play in (q.play, *(book.messages[name].play for name in s.messages))}
    of_play = ibis.memtable({"step": [s for s, _ in sorted(plays)], "play": [p for _, p in sorted(plays)]})
    held = drawn.arms.filter(drawn.arms.arm == "holdout").select("customer_id", "play").inner_join(of_play, "play")
    dated = _free(dated.anti_join(held, ["customer_id", "step"]), setting)
    dated = _with_message(dated, [(dated.step == s.id, name, False) for _, s in steps for name in s.messages], choice)
    silent = [s.id for _, s in steps if not s.messages]
    dated = dated.mutate(channel=dated.step.isin(silent).ifelse(FACE_TO_FACE, dated.channel)) if silent else dated
    play = ibis.cases(*[(dated.step == s.id, q.play) for q, s in steps])
    owner = ibis.cases(*[(dated.step == s.id, book.plays[q.play].owner) for q, s in steps])
    kind = ibis.cases(*[(dated.step == name, told) for name, told in kinds.items()])
    return _named(dated, kind=kind, step=dated.step, play=play, owner=owner, campaign=ibis.null("string"))


def _one_at_a_time(contacts: ir.Table, setting: Setting) -> ir.Table:
    """Add `clash`: why a contact yields to another of the same customer; missing for those that are made."""
    closed = [c for c in setting.book.rules.channels.channels if daily_limit(c, setting.country) == 0]
    order = ibis.cases(*[(contacts.kind == kind, place) for kind, place in _ORDER.items()], else_=9)
    sent = contacts.mutate(order=order, spoken=contacts.channel.notnull() & (contacts.channel != FACE_TO_FACE))
    turn = ibis.row_number().over(
        group_by=["customer_id", "day", "spoken"], order_by=[sent.order, sent.step, sent.campaign]
    )
    sent = sent.mutate(that_day=turn)
    # several customers may share a number or an e-mail
    same = ibis.row_number().over(
        group_by=["address", "day", "spoken"], order_by=[sent.that_day, sent.order, sent.customer_id]
    )
    sent = sent.mutate(that_day=(sent.spoken & (same > 0)).ifelse(1, sent.that_day))
    first = sent.filter(sent.spoken & (sent.that_day == 0) & (sent.kind != "note"))
    near = first.select(other="customer_id", when="day")
    gap = setting.limits.gap_days
    notes = sent.filter(sent.kind == "note").select("customer_id", "day")
    crowded = notes.inner_join(
        near, [notes.customer_id == near.other, notes.day.delta(near.when, unit="day").abs() < max(1, gap)]
    ).select("customer_id", "day").distinct().mutate(crowded=True)  # fmt: skip
    joined = sent.left_join(crowded, ["customer_id", "day"])
    joined = joined.drop("customer_id_right", "day_right")
    clash = ibis.cases(
        (joined.channel.isnull(), "no_channel"),
        (joined.channel.isin(closed) if closed else ibis.literal(False), "channel_closed"),
        (joined.spoken & (joined.that_day > 0), "same_day"),
        ((joined.kind == "note") & joined.crowded.fill_null(False), "too_close"),
        else_=ibis.null("string"),
    )
    return joined.mutate(clash=clash).drop("order", "spoken", "that_day", "crowded", "address")


def counts(found: Schedule) -> tuple[dict[str, Any], ...]:
    """The calendar by day: one row per day, play, step, group, channel and message with the customers contacted."""
    made = found.contacts.filter(found.contacts.aside.isnull())
    keys = ["day", "owner", "kind", "play", "step", "campaign", "segment", "channel", "message"]
    table = made.group_by(keys).agg(customers=made.count()).order_by(keys)
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return tuple(rows)


def set_aside(found: Schedule) -> Mapping[str, int]:
    """Why contacts are not made → how many customers have at least one such contact."""
    aside = found.contacts.filter(found.contacts.aside.notnull())
    rows = aside.group_by("aside").agg(n=aside.customer_id.nunique()).order_by("aside").to_pyarrow().to_pylist()
    return {row["aside"]: int(row["n"]) for row in rows}
