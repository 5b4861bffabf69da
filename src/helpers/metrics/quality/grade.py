"""The grade of the data, A to D: one table of limits, so that data that get worse never get a better grade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["A", "B", "C", "D"]


@dataclass(frozen=True)
class Basis:
    """What the grade rests on.

    Attributes:
        customers: known customers, suspicious codes not counted. known_share: share of the revenue that is theirs, 0–1.
        days: of history. faulty_share: rows set aside because something is wrong with them, of all rows that should have
            counted. gap_share: days in unexplained gaps, of the days orders were expected on. extreme_share: share of the
            revenue that stands in extreme amounts.
    """

    customers: int
    known_share: float
    days: int
    faulty_share: float
    gap_share: float
    extreme_share: float


@dataclass(frozen=True)
class Limit:
    """The values from which on (less is worse, or more is worse) the grade is at best B, C or D."""

    of: str
    worse: Literal["less", "more"]
    b: float | None = None
    c: float | None = None
    d: float | None = None

    def mark(self, value: float) -> Mark:
        """The best grade this value allows; a value exactly on a limit has not crossed it."""
        sign = 1 if self.worse == "more" else -1
        crossed = (("D", self.d), ("C", self.c), ("B", self.b))
        found: Mark = "A"
        for mark, limit in crossed:
            if limit is not None and sign * value > sign * limit:
                found = mark  # type: ignore[assignment]
                break
        return found


LIMITS = (
    Limit("customers", "less", d=100),
    Limit("known_share", "less", b=0.8, c=0.5, d=0.2),
    Limit("days", "less", b=365, c=182),
    Limit("faulty_share", "more", b=0.1, c=0.3),
    Limit("gap_share", "more", b=0.02, c=0.1),
    Limit("extreme_share", "more", b=0.1, c=0.3),
)
"""D: fewer than 100 customers, or less than a fifth of the revenue, can be followed. C: less than half of the revenue, or
of a year; or much of the data is faulty, missing or hangs on a few amounts. The figures are ours: below 100 customers even
the coarsest rate spans twenty points, and less than a year knows no season."""


@dataclass(frozen=True)
class Reason:
    """One quantity of the :class:`Basis` that keeps the grade from being better."""

    of: str
    mark: Mark
    value: float


@dataclass(frozen=True)
class Grade:
    """How far the data can be trusted. `reasons`: what stands in the way of an A, worst first; none for an A."""

    mark: Mark
    reasons: tuple[Reason, ...]


def grade(basis: Basis) -> Grade:
    """The worst mark any of the quantities allows; each is judged alone, so worse data never grade better."""
    found = [Reason(limit.of, limit.mark(value), value) for limit in LIMITS for value in [getattr(basis, limit.of)]]
    reasons = sorted((reason for reason in found if reason.mark != "A"), key=lambda reason: reason.mark, reverse=True)
    return Grade(reasons[0].mark if reasons else "A", tuple(reasons))
