"""Hours and money: which plays for how many customers bring most within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from helpers.business import Planning


@dataclass(frozen=True)
class Limits:
    """What a plan may use.

    Attributes:
        weeks: over which it is carried out. budget: money for messages and offers, None for no limit. minutes: staff time of
            each owner over all these weeks; an owner who is not there has no limit. gap_days: least days between two offers.
    """

    weeks: int = 4
    budget: float | None = None
    minutes: Mapping[str, float] = field(default_factory=dict)
    gap_days: int = 7


def limits_of(planning: Planning, *, budget: float = -1.0, minutes: float = -1.0) -> Limits:
    """The limits of `business.yml`, with those of a “what if” in their place where they are not negative.

    Args:
        planning: of the business. budget: money instead of the stated. minutes: a week, of every owner alike, instead of the stated.
    """
    weekly = dict(planning.minutes) if minutes < 0 else dict.fromkeys(("marketing", "sales", "care"), minutes)
    return Limits(
        weeks=planning.weeks,
        budget=planning.budget if budget < 0 else budget,
        minutes={owner: planning.weeks * per_week for owner, per_week in weekly.items()},
        gap_days=planning.contact_gap_days,
    )


@dataclass(frozen=True)
class Candidate:
    """One play for one segment: at most `most` customers, each bringing `gain` and using `minutes` of `owner` and `cash`."""

    segment: str
    owner: str
    most: int
    gain: float
    minutes: float
    cash: float


def choose(candidates: Sequence[Candidate], limits: Limits) -> tuple[int, ...]:
    """How many customers each candidate gets, so that the total gain is greatest.

    A mixed-integer programme (HiGHS): one play per segment, every owner's minutes and the budget kept. Candidates that bring
    nothing get nobody. Ties go to the candidate that stands first.
    """
    n = len(candidates)
    if not any(c.gain > 0 and c.most > 0 for c in candidates):
        return (0,) * n
    # variables: the share of each candidate's customers that is contacted, then whether it is used at all
    whole = np.array([max(0.0, c.gain) * c.most for c in candidates])
    first = 1e-9 * whole.max() * np.arange(n)
    rows: list[tuple[list[int], list[float], float]] = [([i, n + i], [1.0, -1.0], 0.0) for i in range(n)]
    for segment in dict.fromkeys(c.segment for c in candidates):
        mine = [n + i for i, c in enumerate(candidates) if c.segment == segment]
        rows.append((mine, [1.0] * len(mine), 1.0))
    for owner, minutes in limits.minutes.items():
        used = [(i, c.minutes * c.most) for i, c in enumerate(candidates) if c.owner == owner]
        rows.append(([i for i, _ in used], [m for _, m in used], minutes))
    if limits.budget is not None:
        rows.append((list(range(n)), [c.cash * c.most for c in candidates], limits.budget))
    where = [
        (r, column, amount)
        for r, (columns, amounts, _) in enumerate(rows)
        for column, amount in zip(columns, amounts, strict=True)
    ]
    r, column, amount = (np.array(part) for part in zip(*where, strict=True))
    matrix = coo_array((amount, (r, column)), shape=(len(rows), 2 * n)).tocsr()
    upper = np.concatenate([[1.0 if c.gain > 0 and c.most > 0 else 0.0 for c in candidates], np.ones(n)])
    found = milp(
        c=np.concatenate([-whole, first]),
        constraints=LinearConstraint(matrix, -np.inf, np.array([bound for *_, bound in rows])),
        bounds=Bounds(0, upper),
        integrality=np.concatenate([np.zeros(n), np.ones(n)]),
    )
    if found.x is None:
        raise RuntimeError(f"the plan could not be optimised: {found.message}")
    return tuple(int(np.floor(share * c.most + 1e-6)) for share, c in zip(found.x[:n], candidates, strict=True))
