"""What a reader of the files should find: the truth behind every customer, and the figures of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from helpers.example.campaign import CAMPAIGN
from helpers.example.invoices import CANCELLED, COMPLETED, PROCESSING
from helpers.example.process import BRANCHES, BUSINESS, DELIVERY, Process
from helpers.example.season import CLOSED, TET
from helpers.example.world import World

RETURN_DAYS = 180
COMPLAINT_RETURN_DAYS = 60


def customer_truth(world: World) -> pd.DataFrame:
    """One row per customer, in order of code, as text or numbers ready for a CSV file; "" where nothing applies."""
    customers = world.customers
    visits = world.visits.sort_values(["customer", "ordinal"], kind="stable")
    first = visits.drop_duplicates("customer", keep="first").set_index("customer")
    last = visits.drop_duplicates("customer", keep="last").set_index("customer")
    first_day = pd.Timestamp(world.process.first_day)
    last_on = (first_day + pd.to_timedelta(np.floor(last["days"]), unit="D")).dt.strftime("%Y-%m-%d")
    people = world.campaign.set_index("customer")
    done = world.invoices[(world.invoices["status"] == COMPLETED) & (world.invoices["customer"] >= 0)]
    return pd.DataFrame(
        {
            "customer_code": customers["code"],
            "deleted_code": _yes(customers["deleted"]),
            "cohort": customers["cohort"],
            "home_branch": customers["home"] + 1,
            "visits_per_day": customers["rate"].round(4),
            "chance_to_leave": customers["dropout"].round(4),
            "first_order_on": (first_day + pd.to_timedelta(np.floor(customers["arrived"]), unit="D")).dt.strftime(
                "%Y-%m-%d"
            ),
            "first_channel": np.asarray(("dine-in", "take-away", "delivery"))[first["channel"]],
            "first_delivery_late": _yes(first["late"]).where(first["channel"] == DELIVERY, ""),
            "last_visit_on": last_on,
            "churned_on": last_on.where(~last["stays"], ""),
            "completed_orders": done.groupby("customer").size().reindex(customers.index, fill_value=0),
            "campaign_arm": people["arm"].reindex(customers.index, fill_value=""),
            "campaign_order": _yes(people["persuaded"]).reindex(customers.index, fill_value=""),
        }
    )


def world_truth(world: World) -> dict[str, Any]:
    """Figures of the whole: what was put in, and what came out in the files. Money in đồng, rates from 0 to 1."""
    process = world.process
    return {
        "business": BUSINESS,
        "seed": world.seed,
        "first_day": process.first_day.isoformat(),
        "last_day": process.last_day.isoformat(),
        "branches": list(BRANCHES),
        "second_branch_opens": process.second_branch_opens.isoformat(),
        "tet_days": [day.isoformat() for day in TET],
        "closed_days_around_tet": [CLOSED.start, CLOSED.stop - 1],
        "counts": _counts(world),
        "net_revenue_completed": _revenue(world),
        "process": {
            "mean_gap_days": process.mean_gap_days,
            "rate_shape": process.rate_shape,
            "dropout_beta": [process.dropout_a, process.dropout_b],
            "dropout_note": "A customer may leave after any visit, the first included.",
            "alive_at_end": int(world.visits.drop_duplicates("customer", keep="last")["stays"].sum()),
        },
        "returned_within_180_days": _returns(world),
        "lateness": _lateness(world),
        "complaints": _complaints(world),
        "campaign": campaign_truth(world),
    }


def campaign_truth(world: World) -> dict[str, Any]:
    """The campaign as sent, its true effect, and the difference that happened to come out."""
    process, people = world.process, world.campaign
    sent = np.datetime64(process.campaign_day, "s")
    end = sent + np.timedelta64(process.campaign_window_days, "D")
    papers = world.invoices
    inside = papers[(papers["status"] == COMPLETED) & (papers["at"] >= sent) & (papers["at"] < end)]
    ordered = people["customer"].isin(inside["customer"])
    rate = ordered.groupby(people["arm"]).mean()
    size = people["arm"].value_counts()
    spent = inside.groupby("customer")["due"].sum().reindex(people["customer"], fill_value=0).to_numpy()
    mean_spent = pd.Series(spent).groupby(people["arm"]).mean()
    vouchers = inside[inside["note"] == "Voucher Nhớ Mây"]
    return {
        "name": CAMPAIGN,
        "sent_on": process.campaign_day.isoformat(),
        "window_days": process.campaign_window_days,
        "eligible_silent_days": [process.silent_from_days, process.silent_to_days],
        "eligible": len(people),
        "treated": int(size["treated"]),
        "holdout": int(size["holdout"]),
        "true_uplift": process.uplift,
        "added_orders": int(people["persuaded"].sum()),
        "ordered_rate": {arm: round(float(rate[arm]), 6) for arm in ("treated", "holdout")},
        "observed_difference": round(float(rate["treated"] - rate["holdout"]), 6),
        "net_revenue_per_person": {arm: round(float(mean_spent[arm]), 1) for arm in ("treated", "holdout")},
        "message_cost": process.message_cost,
        "setup_cost": process.campaign_setup_cost,
        "cost": process.message_cost * int(size["treated"]) + process.campaign_setup_cost,
        "voucher": process.voucher,
        "vouchers_used": len(vouchers),
        "cost_note": "Vouchers are already taken off the invoices; they are not part of the cost.",
    }


def _counts(world: World) -> dict[str, int]:
    papers = world.invoices
    status = papers["status"].value_counts()
    known = papers["customer"] >= 0
    done = papers["status"] == COMPLETED
    return {
        "customers": int(papers.loc[known, "customer"].nunique()),
        "customers_with_completed_orders": int(papers.loc[known & done, "customer"].nunique()),
        "invoices": len(papers),
        "lines": len(world.lines),
        "identified_invoices": int(known.sum()),
        "anonymous_invoices": int((~known).sum()),
        "identified_completed": int((known & done).sum()),
        "anonymous_completed": int((~known & done).sum()),
        "cancelled": int(status[CANCELLED]),
        "cancelled_and_replaced": int(papers["code"].str.endswith(".01").sum()),
        "processing": int(status[PROCESSING]),
        "complaints": len(world.complaints),
        "feedback": len(world.feedback),
        "contacts": len(world.contacts),
        "deliveries": int(
            papers["promised"].notna().sum() - (papers["promised"].notna() & (papers["status"] == CANCELLED)).sum()
        ),
    }


def _revenue(world: World) -> dict[str, int]:
    done = world.invoices[world.invoices["status"] == COMPLETED]
    known = done["customer"] >= 0
    return {"identified": int(done.loc[known, "due"].sum()), "anonymous": int(done.loc[~known, "due"].sum())}


def _gaps(world: World) -> pd.DataFrame:
    """Per customer with a first visit at least `RETURN_DAYS` before the end: how soon the second came, in days."""
    visits = world.visits
    first = visits[visits["ordinal"] == 0].set_index("customer")
    second = visits[visits["ordinal"] == 1].set_index("customer")["days"].reindex(first.index)
    mature = first["days"] < world.process.days - RETURN_DAYS
    return first.assign(returned=(second - first["days"]) <= RETURN_DAYS)[mature]


def _returns(world: World) -> dict[str, Any]:
    first = _gaps(world)
    event = (world.customers["cohort"] == "opening_event").reindex(first.index)
    return {
        "note": "Customers whose first visit is at least 180 days before the end; without orders the campaign added.",
        "all": _rate(first["returned"]),
        "regular": _rate(first.loc[~event, "returned"]),
        "opening_event": {"month": f"{world.process.event_first_day:%Y-%m}", **_rate(first.loc[event, "returned"])},
        "opening_event_return_factor": world.process.event_return_factor,
    }


def _lateness(world: World) -> dict[str, Any]:
    process: Process = world.process
    papers = world.invoices[(world.invoices["channel"] == DELIVERY) & (world.invoices["status"] == COMPLETED)]
    bad = (
        (papers["branch"] == process.bad_branch)
        & (papers["at"] >= np.datetime64(process.bad_from, "s"))
        & (papers["at"] < np.datetime64(process.bad_until, "s") + np.timedelta64(1, "D"))
    )
    first = _gaps(world)
    first = first[first["channel"] == DELIVERY]
    return {
        "late_share": process.late_share,
        "bad_late_share": process.bad_late_share,
        "bad_branch": BRANCHES[process.bad_branch],
        "bad_from": process.bad_from.isoformat(),
        "bad_until": process.bad_until.isoformat(),
        "observed": {
            "bad_branch_bad_period": _rate(papers.loc[bad, "late"]),
            "elsewhere": _rate(papers.loc[~bad, "late"]),
            **{branch: _rate(papers.loc[papers["branch"] == i, "late"]) for i, branch in enumerate(BRANCHES)},
        },
        "late_first_return_factor": process.late_first_return_factor,
        "returned_after_late_first_delivery": _rate(first.loc[first["late"], "returned"]),
        "returned_after_punctual_first_delivery": _rate(first.loc[~first["late"], "returned"]),
    }


def _complaints(world: World) -> dict[str, Any]:
    process = world.process
    visits = world.visits.sort_values(["customer", "ordinal"], kind="stable")
    following = visits.groupby("customer")["days"].shift(-1) - visits["days"]
    about = visits["complaint"] & (visits["days"] < process.days - COMPLAINT_RETURN_DAYS)
    hours = visits.loc[about, "response_hours"].fillna(np.inf)
    back = following[about] <= COMPLAINT_RETURN_DAYS
    return {
        "fast_hours": process.fast_hours,
        "slow_hours": process.slow_hours,
        "return_factor": {
            "fast": process.return_factor_fast,
            "middle": process.return_factor_middle,
            "slow_or_never": process.return_factor_slow,
        },
        "returned_within_60_days": {
            "fast": _rate(back[hours <= process.fast_hours]),
            "middle": _rate(back[(hours > process.fast_hours) & (hours <= process.slow_hours)]),
            "slow_or_never": _rate(back[hours > process.slow_hours]),
        },
    }


def _rate(flags: pd.Series) -> dict[str, float | int]:
    return {"rate": round(float(flags.mean()), 6), "n": len(flags)}


def _yes(flags: pd.Series) -> pd.Series:
    return flags.map({True: "yes", False: "no"})
