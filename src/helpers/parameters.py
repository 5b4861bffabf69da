"""Typed parameters of the notebooks: what papermill may inject, what it means, and what is refused by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from helpers.errors import InputError


class Parameters(BaseModel):
    """What every notebook takes.

    Attributes:
        run_dir: folder with this run's `tables/`; empty for the example business. lang: language of findings and charts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    run_dir: str = ""
    lang: str = "vi"


class Diagnosis(Parameters):
    """Parameters of `1_diagnosis`."""

    repeat_days: int = Field(90, ge=7, le=730, description="horizon of the headline repeat-purchase rate, days")
    quiet_days: int = Field(
        90, ge=7, le=730, description="a customer without contact for this long is out of touch, days"
    )


class ChurnMetrics(Parameters):
    """Parameters of `2_churn_metrics`."""

    ladder_days: int = Field(180, ge=30, le=730, description="horizon of every rung of the purchase ladder, days")
    cohort_months: int = Field(13, ge=3, le=25, description="newest cohorts drawn, months")


class SegmentPlans(Parameters):
    """Parameters of `3_segment_plans`."""

    call_limit: int = Field(50, ge=1, le=100_000, description="customers on one call list")


class CampaignDesign(Parameters):
    """Parameters of `4_campaign_design`."""

    holdout_share: float = Field(0.2, ge=0.05, le=0.5, description="share of each audience deliberately left out")
    seed: int = Field(2026, ge=0, le=2**31 - 1, description="seed of the holdout draw")
    start: str = Field(
        "next-monday", description="first day of the plan (YYYY-MM-DD); next-monday: the Monday after the data end"
    )
    budget: float = Field(
        -1.0, ge=-1, le=1e15, description="money for the campaigns of the plan; -1: what business.yml says"
    )
    weekly_minutes: float = Field(
        -1.0, ge=-1, le=100_000, description="staff minutes a week of each owner; -1: what business.yml says"
    )
    lift_factor: float = Field(1.0, ge=0.0, le=5.0, description="the playbook's assumed effects times this")


class Proof(Parameters):
    """Parameters of `5_proof`."""

    before_days: int = Field(
        30, ge=7, le=365, description="days before a campaign that are compared when there is no holdout"
    )


NOTEBOOKS: Mapping[str, type[Parameters]] = {
    "1_diagnosis": Diagnosis,
    "2_churn_metrics": ChurnMetrics,
    "3_segment_plans": SegmentPlans,
    "4_campaign_design": CampaignDesign,
    "5_proof": Proof,
}
"""The notebooks of a run, in reading order, and what each takes."""


def names() -> dict[str, str]:
    """Every parameter a user may set → the notebook it belongs to."""
    return {
        field: book
        for book, model in NOTEBOOKS.items()
        for field in model.model_fields
        if field not in Parameters.model_fields
    }


def for_notebook(book: str, given: Mapping[str, Any], **common: Any) -> Parameters:
    """The checked parameters of one notebook out of everything that was given for a run.

    Raises:
        InputError: a name no notebook knows, or a value of the wrong type or out of range.
    """
    check_names(given)
    known = NOTEBOOKS[book].model_fields
    return check(NOTEBOOKS[book], {**{k: v for k, v in given.items() if k in known}, **common})


def check_names(given: Mapping[str, Any]) -> None:
    """Refuse names that no notebook knows, with the closest one that exists."""
    for name in given:
        if name not in names():
            close = difflib.get_close_matches(name, names(), n=1)
            near = close[0] if close else ", ".join(sorted(names()))
            raise InputError("No notebook has a parameter “{name}”. Did you mean: {near}?", name=name, near=near)


def check(model: type[Parameters], given: Mapping[str, Any]) -> Parameters:
    """Validate into one frozen object.

    Raises:
        InputError: naming the parameter, the value and what is expected.
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as fault:
        first = fault.errors()[0]
        name, value = str(first["loc"][0]), str(first["input"])[:80]
        raise _refusal(model, name, value, first["msg"]) from fault


def _refusal(model: type[Parameters], name: str, value: str, problem: str) -> InputError:
    """The sentence that says what a parameter may be."""
    field = model.model_fields.get(name)
    limits = {
        kind: getattr(rule, kind)
        for rule in (field.metadata if field else ())
        for kind in ("ge", "le")
        if hasattr(rule, kind)
    }
    if field is None or len(limits) < 2:
        return InputError("Parameter “{name}” cannot be “{value}”: {problem}.", name=name, value=value, problem=problem)
    words = {"name": name, "value": value, "least": f"{limits['ge']}", "most": f"{limits['le']}"}
    if field.annotation is int:
        return InputError(
            "Parameter “{name}” cannot be “{value}”: it is a whole number from {least} to {most}.", **words
        )
    return InputError("Parameter “{name}” cannot be “{value}”: it is a number from {least} to {most}.", **words)
