"""The business's own campaigns, from `business.yml` to read-outs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.business import Business, Campaign
from helpers.errors import InputError, key
from helpers.intake.plain import read_plain
from helpers.metrics.uncertainty import NotEnough
from helpers.proof import depth, validity
from helpers.proof.before_after import before_after
from helpers.proof.history import with_history
from helpers.proof.lists import Lists, NoVerdict, assigned, meet, members, refuse
from helpers.proof.matched import matched
from helpers.proof.money import SPENDER, adjusted, check
from helpers.proof.outcome_file import BEFORE, MONEY, RETURNED, control, named, outcomes_table
from helpers.proof.readout import ARM_FLOOR, Readout, Refused, outcomes_from_orders, read_out
from helpers.proof.summaries import NO_VERDICT, Reading, proven, summaries, summary, title
from helpers.proof.validity import ALL, Doubt
from helpers.tables import Tables

__all__ = [
    "INTERIM", "Reading", "outcomes_table", "proven", "read_all", "read_campaign", "summaries", "summary",
    "title",
]  # fmt: skip
INTERIM = key("The days agreed for this campaign are not over yet, so this is an interim count.")
"""Looking again and again until the interval happens to exclude zero would call luck a success."""


def read_campaign(
    con: Any,
    client: Path,
    campaign: Campaign,
    tables: Tables,
    business: Business,
    *,
    as_of: date,
    before_days: int = 30,
    before: Mapping[str, str] | None = None,
    contacts: ir.Table | None = None,
) -> Reading:
    """Read one campaign out: from two lists and a date, from a file of outcomes, or – weakly – from one list and a date.

    Args:
        before_days: length of the times compared when nobody was left out. before: role → SHA-256 of its lists at the last report.
        contacts: the contact log, which may know of people who were contacted though left out.

    Raises:
        InputError: the campaign is described incompletely, or a file cannot be read. NoVerdict: it cannot be read out.
    """
    if campaign.outcomes:
        return _from_file(con, client / campaign.outcomes, campaign, business)
    if not (campaign.treated and campaign.sent_at):
        raise InputError(
            "Campaign “{campaign}” needs sent_at, treated and holdout (or outcomes) in business.yml.",
            campaign=campaign.id,
        )
    if campaign.sent_at > as_of:
        refuse(InputError(
            "Campaign “{campaign}” was sent on {sent}, after the data end on {end}; run again with newer data.",
            campaign=campaign.id, sent=campaign.sent_at, end=as_of,
        ))  # fmt: skip
    seen = tables.orders.filter(tables.orders.ordered_at.date() <= ibis.literal(as_of))
    if not campaign.holdout:
        listed = members(con, client / campaign.treated, tables, business.country)
        days = min(before_days, (as_of - campaign.sent_at).days + 1)
        weak = before_after(
            listed.people,
            seen,
            campaign=campaign.id,
            name=title(campaign),
            sent_at=campaign.sent_at,
            days=days,
            unknown=listed.unknown,
        )
        return replace(weak, matched=matched(listed.people, seen, sent_at=campaign.sent_at, days=days))
    lists = assigned(con, client, campaign, tables, business.country)
    outcomes = outcomes_from_orders(lists.people, seen, sent_at=campaign.sent_at, window_days=campaign.window_days)
    wide = con.create_table(
        ibis.util.gen_name("campaign"), with_history(outcomes, seen, sent_at=campaign.sent_at), temp=True
    )
    found = read_out(
        wide.select("customer_id", "arm", "returned", "orders", "revenue"),
        campaign=campaign.id,
        name=title(campaign),
        main="returned",
        money="revenue",
        margin=business.margin,
        cost=campaign.cost,
        planned_holdout_share=campaign.holdout_share,
    )
    if isinstance(found, NotEnough):
        return found
    files = {arm: validity.digest(client / str(getattr(campaign, arm))) for arm in ("treated", "holdout")}
    unknown = sum(lists.unknown.values())
    found = replace(found, unknown=unknown, window_days=campaign.window_days, sent_at=campaign.sent_at, files=files)
    found = _with_depth(found, wide, campaign, campaign.sent_at, as_of)
    found = doubted(found, _doubts(client, campaign, lists, wide, contacts, files, before or {}))
    if as_of < campaign.sent_at + timedelta(days=campaign.window_days - 1):
        return replace(found, verdict=NO_VERDICT, needed_per_arm=None, warnings=(*found.warnings, INTERIM))
    return found


def doubted(found: Readout, doubts: Sequence[Doubt]) -> Readout:
    """The read-out with what is wrong with it, and without the verdict or the money that cannot stand beside it."""
    if any(found.verdict in doubt.forbids for doubt in doubts):
        found = replace(found, verdict=NO_VERDICT, needed_per_arm=None)
    if any(doubt.kind == "one spender" or doubt.forbids == ALL for doubt in doubts):
        found = replace(found, incremental_margin=None, roi=None)
    return replace(found, doubts=(*found.doubts, *doubts))


def _doubts(
    client: Path,
    campaign: Campaign,
    lists: Lists,
    wide: ir.Table,
    contacts: ir.Table | None,
    files: Mapping[str, str],
    before: Mapping[str, str],
) -> tuple[Doubt, ...]:
    """Everything that speaks against reading this campaign; first what undermines it altogether."""
    found = (
        validity.changed(files, fingerprint=campaign.fingerprint, before=before, drawn=_drawn(client, campaign)),
        validity.lost(*((lists.rows[arm], lists.unknown[arm]) for arm in ("treated", "holdout"))),
        validity.different_before(wide),
        *validity.contact_log(wide.select("customer_id", "arm"), contacts, (campaign.id, campaign.name)),
    )
    return tuple(doubt for doubt in found if doubt is not None)


def _drawn(client: Path, campaign: Campaign) -> tuple[str, ...]:
    """Fingerprints of every holdout list of this file's name that a run of this client has written."""
    name = Path(str(campaign.holdout)).stem.removesuffix("-holdout")
    marks = []
    for path in sorted((client / "runs").glob("[0-9]*/metrics.json")):
        with suppress(
            OSError, ValueError, TypeError, AttributeError, IndexError
        ):  # a damaged run has drawn nothing we know of
            written = json.loads(path.read_text(encoding="utf-8")).get("campaign_lists") or {}
            marks.append(str(written[name][2]) if name in written else "")
    return tuple(mark for mark in marks if mark)


def _with_depth(found: Readout, wide: ir.Table, campaign: Campaign, sent_at: date, as_of: date) -> Readout:
    money = next(c.difference for c in found.comparisons if c.outcome == "revenue")
    effects, unlike = depth.group_effects(wide)
    behind = depth.Depth(
        depth.looks(wide, sent_at=sent_at, window_days=campaign.window_days, as_of=as_of),
        effects,
        unlike,
        check(wide, "revenue", treated="treated", holdout="holdout", welch=money),
        adjusted(wide, "revenue", "spend_before", treated="treated", holdout="holdout"),
    )
    return _with_spender(replace(found, depth=behind), decides=False)


def _with_spender(found: Readout, *, decides: bool) -> Readout:
    money = found.depth.money if found.depth else None
    if money is None or money.payers < ARM_FLOOR or money.largest < SPENDER:
        return found
    return doubted(found, [validity.one_spender(money.largest, decides=decides)])


def _from_file(con: Any, path: Path, campaign: Campaign, business: Business) -> Reading:
    """A campaign from its file of outcomes; spending before, where the file has it, is a yardstick and no outcome."""
    if campaign.treated or campaign.holdout:
        refuse(InputError(
            "Campaign “{campaign}” has both lists and a file of outcomes in business.yml; keep the one it is to be read from.",
            campaign=campaign.id,
        ))  # fmt: skip
    table = outcomes_table(read_plain(con, path))
    numeric = [c for c, kind in table.schema().items() if kind.is_numeric()]
    before = named(numeric, BEFORE)
    numeric = [c for c in numeric if c != before]
    if not numeric:
        raise InputError(
            "{file} has no outcome column with numbers; add e.g. “returned” (0/1) or “spend”.", file=path.name
        )
    main, money, holdout = named(numeric, RETURNED) or numeric[0], named(numeric, MONEY), control(table)
    found = read_out(
        table.drop(before) if before else table, campaign=campaign.id, name=title(campaign), main=main, money=money,
        margin=business.margin, cost=campaign.cost, holdout=holdout, planned_holdout_share=campaign.holdout_share,
    )  # fmt: skip
    if isinstance(found, NotEnough) or money is None or len(found.arms) != 2:
        return found
    treated, gap = found.arms[0].name, next(c.difference for c in found.comparisons if c.outcome == money)
    number = table.filter(table.arm.notnull())
    number = number.mutate(**{c: number[c].fill_null(0.0) for c in (money, before) if c})
    behind = depth.Depth(
        money=check(number, money, treated=treated, holdout=holdout, welch=gap),
        adjusted=adjusted(number, money, before, treated=treated, holdout=holdout) if before else None,
    )
    return _with_spender(replace(found, depth=behind), decides=main == money)


def read_all(
    con: Any,
    client: Path,
    tables: Tables,
    business: Business,
    *,
    as_of: date,
    before_days: int = 30,
    previous: Mapping[str, Any] | None = None,
    contacts: ir.Table | None = None,
) -> tuple[tuple[Campaign, Reading], ...]:
    """Every campaign of `business.yml` read out, in the order given there; one that cannot be read says why.

    Args:
        previous: `metrics.json` of the run before, which knows the lists as they were. contacts: the contact log, if there is one.

    Raises:
        InputError: a campaign is described incompletely, or one of its files cannot be read.
    """
    files = {one.get("id"): one.get("files") or {} for one in (previous or {}).get("campaigns") or ()}
    named_twice = {name for name, count in Counter(c.id for c in business.campaigns).items() if count > 1}
    found = []
    for campaign in business.campaigns:
        try:
            if campaign.id in named_twice:
                refuse(InputError(
                    "Two campaigns in business.yml are called “{campaign}”; a campaign has one list of those left out, so give each its own id.",
                    campaign=campaign.id,
                ))  # fmt: skip
            reading: Reading = read_campaign(
                con,
                client,
                campaign,
                tables,
                business,
                as_of=as_of,
                before_days=before_days,
                before=files.get(campaign.id),
                contacts=contacts,
            )
        except NoVerdict as fault:
            reading = Refused(campaign.id, title(campaign), fault)
        found.append((campaign, reading))
    return _without_overlaps(con, client, tables, business, found)


def _without_overlaps(
    con: Any, client: Path, tables: Tables, business: Business, found: Sequence[tuple[Campaign, Reading]]
) -> tuple[tuple[Campaign, Reading], ...]:
    """Read-outs of campaigns that met others on the same people at the same time, with that said."""
    dated = [c for c, _ in found if c.treated and c.sent_at and (client / c.treated).is_file()]
    judged = []
    for campaign, reading in found:
        others = [o for o in dated if o.id != campaign.id and meet(campaign, o)]
        if isinstance(reading, Readout) and campaign.holdout and others:
            people = assigned(con, client, campaign, tables, business.country).people
            for other in others:
                theirs = members(con, client / str(other.treated), tables, business.country).people
                doubt = validity.overlap(people, theirs, title(other))
                reading = doubted(reading, [doubt]) if doubt else reading
        judged.append((campaign, reading))
    return tuple(judged)
