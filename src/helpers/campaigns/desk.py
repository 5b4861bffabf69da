"""Everything one plan is made from, laid out once: limits, people, proposals, draw, calendar, files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from helpers.business import Business
from helpers.campaigns import exports, ics, loyalty, schedule
from helpers.campaigns.addressees import addressees, standing_of
from helpers.campaigns.days import next_monday, open_days
from helpers.campaigns.drawing import Drawn, Written, draw_plan, kept_arms, name_of, write_campaigns
from helpers.campaigns.experiment import Design, design
from helpers.campaigns.limits import Limits, limits_of
from helpers.campaigns.messages import choose_messages, reaching
from helpers.campaigns.plan import Assumed, Proposal, Proven, plan
from helpers.errors import InputError
from helpers.language import Language
from helpers.metrics.uncertainty import Estimate, NotEnough
from helpers.parameters import CampaignDesign
from helpers.playbook import Playbook
from helpers.playbook.rules import Country
from helpers.segments import Rules
from helpers.tables import Tables

Write = Callable[[str, ir.Table], Path]
LOYALTY = "loyalty-tiers"


@dataclass(frozen=True)
class Desk:
    """A plan with all that it rests on.

    Attributes:
        con: the engine. tables: of the run. business, book, rules, say: whose plan, in which words. params: of the notebook.
        as_of: last day of data. start: first day of the plan. limits: hours and money. people: of `addressees`.
        assumed: what the plan takes for granted. proposals: the plan. called: segments that are telephoned this week and not
            drawn. earlier: who was drawn before.
    """

    con: Any
    tables: Tables
    business: Business
    book: Playbook
    rules: Rules
    say: Language
    params: CampaignDesign
    as_of: date
    start: date
    limits: Limits
    people: ir.Table
    assumed: Assumed
    proposals: tuple[Proposal, ...] = ()
    called: tuple[str, ...] = ()
    earlier: ir.Table | None = None

    @property
    def ways(self) -> Mapping[str, Collection[str]] | None:
        """Play → ways on which one of its messages can be sent; see `plan.Assumed`."""
        return self.assumed.ways

    @property
    def country(self) -> Country | None:
        """The rules of the business's country; None where the playbook has none."""
        return self.book.rules.countries.get(self.business.country)

    @property
    def setting(self) -> schedule.Setting:
        """What a calendar is made from."""
        days = open_days(self.country, self.start, schedule.LENGTH)
        return schedule.Setting(self.book, self.business, self.country, self.limits, days, self.say)

    @property
    def until(self) -> date:
        """The day from which on a newer plan takes over: lists for sending end before it."""
        return self.start + timedelta(weeks=self.limits.weeks)


def start_of(asked: str, as_of: date) -> date:
    """The first day of a plan: as asked, else the Monday after the data end.

    Raises:
        InputError: it is no day, or not after the data.
    """
    if asked == "next-monday":
        return next_monday(as_of)
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        raise InputError("The plan cannot start on “{day}”; write a day like 2026-03-31.", day=asked) from None
    if day <= as_of:
        raise InputError(
            "The plan would start on {start}, before the data end on {end}; choose a later day.", start=day, end=as_of
        )
    return day


def lay_out(
    con: Any, tables: Tables, business: Business, book: Playbook, rules: Rules, say: Language, params: CampaignDesign,
    *, as_of: date, proven: Proven | None = None, backtested: bool = False, called: Collection[str] = (), earlier: ir.Table | None = None,
) -> Desk:  # fmt: skip
    """Make the plan.

    Args:
        con: the engine. tables: with customers. params: of the notebook. as_of: last day of data. proven: own results.
        backtested: whether the chance to return was checked on the last 90 days. called: segments telephoned this week.
        earlier: who was drawn in earlier runs.

    Raises:
        InputError: the plan cannot start on the day asked for.
    """
    start = start_of(params.start, as_of)
    limits = limits_of(business.planning, budget=params.budget, minutes=params.weekly_minutes)
    people = addressees(con, tables, start=start, gap_days=limits.gap_days)
    names = [name for play in book.plays.values() for name in play.messages]
    choice = choose_messages(names, book, business, book.rules.countries.get(business.country), say)
    ways = {play.id: reaching(play, choice) for play in book.plays.values()}
    assumed = Assumed(params.holdout_share, proven, backtested, params.lift_factor, ways=ways)
    laid = Desk(
        con,
        tables,
        business,
        book,
        rules,
        say,
        params,
        as_of,
        start,
        limits,
        people,
        assumed,
        (),
        tuple(called),
        earlier,
    )
    return supposing(laid, params)


def supposing(desk: Desk, params: CampaignDesign) -> Desk:
    """The plan for the same people under other limits and another effect; nothing is drawn or written.

    Args:
        params: the budget, minutes and effect to suppose; the other parameters stay those of the desk.
    """
    limits = limits_of(desk.business.planning, budget=params.budget, minutes=params.weekly_minutes)
    assumed = replace(desk.assumed, lift_factor=params.lift_factor)
    supposed = {name: getattr(params, name) for name in ("budget", "weekly_minutes", "lift_factor")}
    return replace(
        desk, params=desk.params.model_copy(update=supposed), limits=limits, assumed=assumed,
        proposals=plan(desk.people, desk.book, desk.business, limits, assumed),
    )  # fmt: skip


def without_words(desk: Desk) -> tuple[Proposal, ...]:
    """What could be planned if every message of the playbook could be sent."""
    assumed = Assumed(desk.params.holdout_share, lift_factor=desk.params.lift_factor)
    return plan(desk.people, desk.book, desk.business, desk.limits, assumed)


def draw(desk: Desk) -> Drawn:
    """Draw the plan's campaigns."""
    return draw_plan(
        desk.con, desk.people, desk.proposals, desk.book, share=desk.params.holdout_share, seed=desk.params.seed,
        earlier=desk.earlier, called=desk.called, ways=desk.ways,
    )  # fmt: skip


def write_lists(desk: Desk, drawn: Drawn, write: Write) -> Written:
    """Write the lists of every campaign; see :func:`helpers.campaigns.drawing.write_campaigns`."""
    return write_campaigns(drawn, desk.people, desk.tables.order_lines, desk.rules, desk.say, write, desk.ways)


def arms_to_keep(desk: Desk, drawn: Drawn) -> ir.Table:
    """Who was ever drawn, for the next run."""
    return kept_arms(drawn, desk.earlier)


def designs(desk: Desk, drawn: Drawn, written: Written) -> tuple[Design, ...]:
    """How each drawn campaign is judged."""
    share = desk.params.holdout_share
    return tuple(
        design(p, treated=written[name_of(p)][0], holdout=written[name_of(p)][1], share=share) for p in drawn.proposals
    )


@dataclass(frozen=True)
class Agenda:
    """A calendar that was written.

    Attributes:
        entries: its lines. aside: reason → customers with a contact that is not made. uploads: (channel, message) → file.
        sent: contacts in the uploads. unknown: moving holidays to check by hand. schedule: the contacts themselves.
    """

    entries: tuple[exports.Entry, ...]
    aside: dict[str, int]
    uploads: dict[tuple[str, str], str]
    sent: int
    unknown: tuple[str, ...]
    schedule: schedule.Schedule


def write_agenda(desk: Desk, drawn: Drawn, write: Write, write_private: Callable[[str, str], Path]) -> Agenda:
    """Put everything on days and write the calendar (CSV, iCalendar) and one upload per channel and message.

    Args:
        write: puts a table into ``lists/<name>.csv``. write_private: puts text into a file of that name beside them.
    """
    setting = desk.setting
    found = schedule.schedule(desk.con, desk.tables, desk.people, drawn, setting)
    tables = exports.upload_tables(found, setting, until=desk.until)
    uploads = exports.write_uploads(tables, setting, write)
    made = exports.entries(schedule.counts(found), setting, desk.rules, uploads)
    if all(entry.channel_id == schedule.FACE_TO_FACE for entry in made):
        made = ()  # where nobody can be reached a calendar would hold nothing but waiting for them to come
    if made:
        write("calendar", exports.calendar_table(made, setting))
        events = exports.events(made, setting)
        text = ics.calendar(events, name=desk.business.name, zone=desk.business.timezone, made_on=desk.as_of)
        write_private("calendar.ics", text)
    sent = sum(rows for _, rows in tables.values())
    return Agenda(made, dict(schedule.set_aside(found)), uploads, sent, setting.open_days.unknown, found)


def programme(desk: Desk) -> tuple[loyalty.Programme | NotEnough, ir.Table]:
    """Design the loyalty programme with the plan's assumptions, or the lift the business measured itself."""
    play = desk.book.plays[LOYALTY]
    assert play.prior is not None
    chosen = desk.business.planning.loyalty
    factor = desk.params.lift_factor
    lift = Estimate(factor * play.prior.value, factor * play.prior.low, factor * play.prior.high, 0)
    totals = (
        desk.people.agg(revenue=desk.people.net_revenue.sum(), orders=desk.people.orders.sum())
        .to_pyarrow()
        .to_pylist()[0]
    )
    return loyalty.design(
        desk.people, desk.tables.orders, as_of=desk.as_of, margin=desk.business.margin, lift=lift, window_days=play.prior.window_days,
        order_value=float(totals["revenue"] or 0.0) / max(1, int(totals["orders"] or 0)),
        kind=loyalty.kind_of(desk.business.sector, chosen.kind),
        reward_share=chosen.reward_share, redemption=chosen.redemption,
    )  # fmt: skip


def write_loyalty(
    desk: Desk, made: loyalty.Programme | NotEnough, tiered: ir.Table, write: Write, names: tuple[str, str, str]
) -> int:
    """Write who is in which tier, for customers who may be told; returns how many they are."""
    if isinstance(made, NotEnough):
        return 0
    say = desk.say
    told = tiered.filter((standing_of(tiered, desk.book.plays[LOYALTY]) == "yes") & tiered.tier.notnull())
    count = int(told.count().to_pyarrow().as_py())
    if count:
        headings = [
            say.text("customer code"), say.text("name"), say.text("phone"), say.text("tier"), say.text("spent in the last year"),
            say.text("visits"), say.text("lacking to the next tier"),
        ]  # fmt: skip
        write("loyalty", loyalty.sheet(told, [t.from_spend for t in made.tiers[1:]], names, headings))
    return count
