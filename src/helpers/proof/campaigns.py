"""The business's own campaigns, from `business.yml` to read-outs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.business import Business, Campaign
from helpers.campaigns.plan import OwnResult
from helpers.errors import InputError, key
from helpers.intake import people_keys
from helpers.intake.plain import read_plain
from helpers.metrics.uncertainty import NotEnough
from helpers.proof.before_after import BeforeAfter, before_after
from helpers.proof.readout import Readout, outcomes_from_orders, read_out
from helpers.tables import Tables

Reading = Readout | NotEnough | BeforeAfter
"""What can be said about one campaign."""


def title(campaign: Campaign) -> str:
    """A campaign's name, or its id."""
    return campaign.name or campaign.id


def assigned(con: Any, client: Path, campaign: Campaign, tables: Tables, country: str) -> tuple[ir.Table, int]:
    """customer_id × arm from a campaign's two lists, and how many listed people are unknown.

    Raises:
        InputError: a list is missing, or somebody is on both.
    """
    treated, lost_1 = _members(con, client / str(campaign.treated), tables, country)
    held, lost_2 = _members(con, client / str(campaign.holdout), tables, country)
    both = int(treated.inner_join(held, "customer_id").count().to_pyarrow().as_py())
    if both:
        raise InputError(
            "Campaign “{campaign}”: {count} people are on both lists, so the groups cannot be compared; remove them from one.",
            campaign=campaign.id, count=both,
        )  # fmt: skip
    table = treated.mutate(arm=ibis.literal("treated")).union(held.mutate(arm=ibis.literal("holdout")))
    return table.distinct(), lost_1 + lost_2


def _members(con: Any, path: Path, tables: Tables, country: str) -> tuple[ir.Table, int]:
    """Distinct customers a list names, and how many of its rows name nobody we know."""
    keys = people_keys(con, path, tables.people, identities=tables.identities, country=country)
    unknown = int(keys.customer_id.isnull().sum().to_pyarrow().as_py() or 0)
    return keys.filter(keys.customer_id.notnull()).select("customer_id").distinct(), unknown


def read_campaign(
    con: Any,
    client: Path,
    campaign: Campaign,
    tables: Tables,
    business: Business,
    *,
    as_of: date,
    before_days: int = 30,
) -> Reading:
    """Read one campaign out: from two lists and a date, from a file of outcomes, or – weakly – from one list and a date.

    Args:
        before_days: length of the times compared when nobody was left out.

    Raises:
        InputError: the campaign is dated after the data, or is described incompletely.
    """
    if campaign.outcomes:
        table = outcomes_table(read_plain(con, client / campaign.outcomes))
        numeric = [c for c, kind in table.schema().items() if kind.is_numeric()]
        if not numeric:
            raise InputError(
                "{file} has no outcome column with numbers; add e.g. “returned” (0/1) or “spend”.",
                file=Path(campaign.outcomes).name,
            )
        main = _named(numeric, RETURNED) or numeric[0]
        return read_out(
            table, campaign=campaign.id, name=title(campaign), main=main, money=_named(numeric, MONEY), margin=business.margin,
            cost=campaign.cost, holdout=_control(table),
        )  # fmt: skip
    if not (campaign.treated and campaign.sent_at):
        raise InputError(
            "Campaign “{campaign}” needs sent_at, treated and holdout (or outcomes) in business.yml.",
            campaign=campaign.id,
        )
    if campaign.sent_at > as_of:
        raise InputError(
            "Campaign “{campaign}” was sent on {sent}, after the data end on {end}; run again with newer data.",
            campaign=campaign.id, sent=campaign.sent_at, end=as_of,
        )  # fmt: skip
    if not campaign.holdout:
        contacted, unknown = _members(con, client / campaign.treated, tables, business.country)
        return before_after(
            contacted, tables.orders, campaign=campaign.id, name=title(campaign), sent_at=campaign.sent_at,
            days=min(before_days, max((as_of - campaign.sent_at).days + 1, 1)), unknown=unknown,
        )  # fmt: skip
    people, unknown = assigned(con, client, campaign, tables, business.country)
    seen = tables.orders.filter(tables.orders.ordered_at.date() <= ibis.literal(as_of))
    outcomes = outcomes_from_orders(people, seen, sent_at=campaign.sent_at, window_days=campaign.window_days)
    outcomes = con.create_table(
        ibis.util.gen_name("campaign"),
        outcomes.select("customer_id", "arm", "returned", "orders", "revenue"),
        temp=True,
    )
    found = read_out(
        outcomes,
        campaign=campaign.id,
        name=title(campaign),
        main="returned",
        money="revenue",
        margin=business.margin,
        cost=campaign.cost,
    )
    if isinstance(found, NotEnough):
        return found
    found = replace(found, unknown=unknown, window_days=campaign.window_days, sent_at=campaign.sent_at)
    if as_of < campaign.sent_at + timedelta(days=campaign.window_days - 1):
        return replace(found, verdict="no verdict", needed_per_arm=None, warnings=(*found.warnings, INTERIM))
    return found


INTERIM = key("The days agreed for this campaign are not over yet, so this is an interim count.")
"""Looking again and again until the interval happens to exclude zero would call luck a success."""
RETURNED = (
    "returned",
    "return",
    "visit",
    "ordered",
    "bought",
    "purchased",
    "conversion",
    "converted",
    "quay lại",
    "mua",
)
MONEY = ("spend", "revenue", "net_revenue", "doanh thu", "chi tiêu")
"""What people call the outcome a campaign is judged by, and the money it brought; first come, first chosen."""
CONTROLS = ("holdout", "control", "no e-mail", "no email", "none", "doi chung", "đối chứng", "nhóm đối chứng")
"""What people call the group that was left out."""


def _named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The column that bears the first of the names found."""
    known = {c.strip().casefold(): c for c in columns}
    return next((known[name] for name in names if name in known), None)


def _control(table: ir.Table) -> str:
    names = [str(n) for n in table.select("arm").distinct().to_pyarrow()["arm"].to_pylist() if n is not None]
    found = [n for n in names if n.strip().casefold() in CONTROLS]
    if len(found) != 1:
        raise InputError(
            "The outcome file's groups are {groups}; call exactly one of them “holdout” so that it is clear who was left out.",
            groups=sorted(names),
        )
    return found[0]


def outcomes_table(raw: ir.Table) -> ir.Table:
    """A file of outcomes (id, group, outcome columns as text) → customer_id, arm and numeric columns.

    Raises:
        InputError: there is no group column.
    """
    named = {c.strip().casefold(): c for c in raw.columns}
    group = next((named[k] for k in ("group", "arm", "segment", "nhóm", "nhom") if k in named), None)
    if group is None:
        raise InputError("The outcome file has no column “group”. Found: {found}.", found=list(raw.columns))
    identity = next((named[k] for k in ("id", "customer_id", "mã khách hàng") if k in named), None)
    rest = [c for c in raw.columns if c not in {group, identity}]
    numbers = {
        c: raw[c].try_cast("float64") if raw[c].type().is_string() else raw[c].cast("float64")
        for c in rest
        if _is_number(raw, c)
    }
    return raw.select(
        customer_id=raw[identity].cast("string") if identity else ibis.row_number().cast("string"),
        arm=raw[group].cast("string"),
        **numbers,
    )


def _is_number(raw: ir.Table, column: str) -> bool:
    """A column whose every filled cell is a number."""
    value: Any = raw[column]
    if value.type().is_numeric() or value.type().is_boolean():
        return True
    if not value.type().is_string():
        return False
    row = (
        raw.agg(filled=value.notnull().sum(), numbers=value.try_cast("float64").notnull().sum())
        .to_pyarrow()
        .to_pylist()[0]
    )
    return bool(row["filled"]) and row["filled"] == row["numbers"]


def summary(found: Reading, campaign: Campaign) -> dict[str, Any]:
    """One campaign as `metrics.json` documents it."""
    if isinstance(found, BeforeAfter):
        return {**asdict(found), "id": campaign.id, "verdict": "no verdict", "arms": {}}
    if isinstance(found, NotEnough):
        return {
            "id": campaign.id,
            "name": title(campaign),
            "verdict": "no verdict",
            "arms": {},
            "have": found.have,
            "need": found.need,
        }
    arms = {
        arm.name: {
            "n": arm.n,
            "rates": {
                o.name: {"value": o.rate.value, "low": o.rate.low, "high": o.rate.high} for o in arm.outcomes if o.rate
            },
            "means": {o.name: o.mean.value for o in arm.outcomes},
        }
        for arm in found.arms
    }
    differences = [
        {
            "arm": c.arm,
            "outcome": c.outcome,
            "difference": c.difference.value,
            "low": c.difference.low,
            "high": c.difference.high,
        }
        for c in found.comparisons
    ]
    main = differences[0] if differences else {}
    return {
        "id": campaign.id,
        "name": title(campaign),
        "arms": arms,
        "difference": main.get("difference"),
        "low": main.get("low"),
        "high": main.get("high"),
        "differences": differences,
        "incremental_margin": found.incremental_margin,
        "roi": found.roi,
        "cost": found.cost,
        "verdict": found.verdict,
        "warnings": found.warnings,
        "unknown_people": found.unknown,
    }


def read_all(
    con: Any, client: Path, tables: Tables, business: Business, *, as_of: date, before_days: int = 30
) -> tuple[tuple[Campaign, Reading], ...]:
    """Every campaign of `business.yml` read out, in the order given there."""
    return tuple(
        (c, read_campaign(con, client, c, tables, business, as_of=as_of, before_days=before_days))
        for c in business.campaigns
    )


def summaries(readouts: Sequence[tuple[Campaign, Reading]]) -> list[dict[str, Any]]:
    """All read-outs as `metrics.json` documents them."""
    return [summary(found, campaign) for campaign, found in readouts]


def proven(readouts: Sequence[tuple[Campaign, Reading]]) -> dict[tuple[str, str], OwnResult]:
    """(play, segment) → what the business's own latest campaign of that play brought there and cost.

    A campaign that names no segments teaches nothing about any: a lift is not carried over to people it was not measured on.
    """
    return {
        (campaign.play, segment): OwnResult(found.comparisons[0].difference, campaign.cost / found.arms[0].n)
        for campaign, found in readouts
        if campaign.play and isinstance(found, Readout) and found.verdict != "no verdict" and len(found.arms) == 2
        # a plan counts returns, so a campaign judged by money alone has no lift to plan with
        if found.arms[0].outcomes[0].rate
        for segment in campaign.segments
    }
