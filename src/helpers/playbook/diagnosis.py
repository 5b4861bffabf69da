"""Which mistakes the numbers show: measured values held against each mistake's thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from helpers.playbook.book import Playbook
from helpers.playbook.models import Mistake, Thresholds


@dataclass(frozen=True)
class Diagnosed:
    """One mistake and what the data say about it.

    Attributes:
        mistake: the page. value: measured, None when nothing is recorded. level: fine, watch, act; unmeasured when the data it
            needs are not there; asked when no number settles it and only the session can tell.
        distance: how far beyond the acting threshold, relative to the distance between the two; ranks the worst first.
    """

    mistake: Mistake
    value: float | None
    level: Literal["fine", "watch", "act", "unmeasured", "asked"]
    distance: float


def diagnose(values: Mapping[str, float | None], book: Playbook) -> tuple[Diagnosed, ...]:
    """Every mistake with its level, worst measured first, unmeasured last.

    Args:
        values: metric key → value, None (or absent) for what is not measured.
        book: the playbook with the thresholds.
    """
    found = [_one(mistake, values) for mistake in book.mistakes.values()]
    return tuple(sorted(found, key=lambda d: (d.value is None, -d.distance, d.mistake.id)))


def _one(mistake: Mistake, values: Mapping[str, float | None]) -> Diagnosed:
    limits = mistake.thresholds
    if limits is None:
        return Diagnosed(mistake, None, "asked", 0.0)
    value = values.get(limits.metric_key)
    if value is None or math.isnan(value):
        return Diagnosed(mistake, None, "unmeasured", 0.0)
    return Diagnosed(mistake, value, limits.level(value), _distance(limits, value))


def _distance(limits: Thresholds, value: float) -> float:
    span = abs(limits.watch - limits.act) or 1.0
    beyond = limits.act - value if limits.better == "higher" else value - limits.act
    return beyond / span
