"""Sequences of contacts as data: the first hundred days in eight phases, and the calendar of care."""

from __future__ import annotations

from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from helpers.playbook.models import Segment, Slug, Strict, Text
from helpers.playbook.pages import Fault

PHASES = ("assess", "admit", "affirm", "activate", "acclimate", "accomplish", "adopt", "advocate")
"""The eight phases of a customer's first hundred days (Coleman 2018), in order."""


class Step(Strict):
    """One contact of a sequence.

    Attributes:
        phase: of the first hundred days, where the step belongs to one. day: days after the anchor.
        every_days: the step comes again and again. yearly: on the day of each
            year on which the customer first ordered.
        messages: texts to choose from, the preferred channel first; a step without any is done face to face.
        sign: how one sees that the customer has arrived there.
    """

    id: Slug
    title: Text
    phase: Literal[PHASES] | None = None  # type: ignore[valid-type]
    day: Annotated[int, Field(ge=0, le=366)] = 0
    every_days: Annotated[int, Field(gt=0, le=366)] | None = None
    yearly: bool = False
    messages: tuple[str, ...] = ()
    sign: Text | None = None


class Sequence(Strict):
    """Steps for some customers.

    Attributes:
        play: whose sequence it is. anchor: the days count from the customer's first order or from the start of the plan.
        segments: who is in it; none: everybody younger than `lasts_days`.
    """

    id: Slug
    play: Slug
    title: Text
    anchor: Literal["first_order", "plan_start"]
    lasts_days: Annotated[int, Field(gt=0, le=366)]
    segments: tuple[Segment, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _steps_named_once(self) -> Self:
        names = [step.id for step in self.steps]
        if len(set(names)) < len(names):
            raise ValueError("two steps share an id")
        return self


class Sequences(Strict):
    """``rules/sequences.yml``."""

    sequences: tuple[Sequence, ...]

    @property
    def by_id(self) -> Mapping[str, Sequence]:
        """Sequence id → sequence."""
        return MappingProxyType({sequence.id: sequence for sequence in self.sequences})


def sequence_faults(found: Sequences, plays: Container[str], messages: Container[str]) -> list[Fault]:
    """Plays and messages that a sequence names and the playbook has not."""
    file = "rules/sequences.yml"
    faults = []
    for sequence in found.sequences:
        if sequence.play not in plays:
            faults.append(Fault(file, 1, f"{sequence.id}: there is no play “{sequence.play}”"))
        for step in sequence.steps:
            unknown = [name for name in step.messages if name not in messages]
            faults += [Fault(file, 1, f"{sequence.id}, {step.id}: there is no message “{name}”") for name in unknown]
    return faults
