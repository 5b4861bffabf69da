"""What `4_campaign_design` asks the campaigns floor for: the plan of one run, drawn and written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis.expr.types as ir

from helpers.campaigns import desk as desks
from helpers.campaigns.addressees import Obstacles
from helpers.campaigns.addressees import obstacles as count_obstacles
from helpers.campaigns.desk import Agenda, Desk
from helpers.campaigns.drawing import Drawn, Written
from helpers.campaigns.experiment import Design
from helpers.campaigns.lists import CALL_SEGMENTS
from helpers.campaigns.loyalty import Programme
from helpers.campaigns.offers import leave_out_held
from helpers.metrics.uncertainty import NotEnough
from helpers.playbook import Playbook
from helpers.proof import campaigns
from helpers.report.findings import loyalty
from helpers.run import Run
from helpers.segments import Rules


def lay_out(run: Run, book: Playbook, rules: Rules) -> Desk:
    """The plan of a run, with what its own campaigns and its back-test taught."""
    own = campaigns.proven(campaigns.read_all(run.con, run.client, run.tables, run.business, as_of=run.as_of))
    tested = "calibration" in (run.facts.get("backtest") or {})
    return desks.lay_out(
        run.con, run.tables, run.business, book, rules, run.say, run.params, as_of=run.as_of, proven=own, backtested=tested,
        called=CALL_SEGMENTS, earlier=run.kept_table("arms"),
    )  # fmt: skip


def obstacles(desk: Desk) -> Obstacles:
    """Why nobody could be reached."""
    found = count_obstacles(desk.people)
    return found if desk.proposals else replace(found, unworded=bool(desks.without_words(desk)))


def draw(desk: Desk, run: Run) -> Drawn:
    """Draw the campaigns and keep who was drawn for the runs to come."""
    drawn = desks.draw(desk)
    run.keep_table("arms", desks.arms_to_keep(desk, drawn))
    return drawn


def write_lists(desk: Desk, drawn: Drawn, run: Run) -> Written:
    """Write both lists of every campaign, and take those left out off the lists of offers."""
    leave_out_held(run.con, drawn.arms, run.folder / "lists", say=run.say, write=run.write_workbook)
    return desks.write_lists(desk, drawn, run.write_list)


def designs(desk: Desk, drawn: Drawn, written: Written) -> tuple[Design, ...]:
    """How each campaign is judged."""
    return desks.designs(desk, drawn, written)


def write_agenda(desk: Desk, drawn: Drawn, run: Run) -> Agenda:
    """Write the calendar and the uploads."""
    return desks.write_agenda(desk, drawn, run.write_list, run.write_file)


def programme(desk: Desk) -> tuple[Programme | NotEnough, ir.Table]:
    """Design the loyalty programme."""
    return desks.programme(desk)


def write_loyalty(desk: Desk, found: Programme | NotEnough, tiered: ir.Table, run: Run) -> int:
    """Write who is in which tier."""
    return desks.write_loyalty(desk, found, tiered, run.write_list, loyalty.names(run))


def summary(agenda: Agenda, desk: Desk) -> dict[str, Any]:
    """The calendar in numbers, for metrics.json."""
    return {
        "start": desk.start,
        "until": desk.until,
        "contacts": sum(e.customers for e in agenda.entries),
        "in_uploads": agenda.sent,
        "set_aside": agenda.aside,
        "days": len({e.day for e in agenda.entries}),
    }
