"""What became of what the owner promised: kept, given up, still open, overdue, or no longer on the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from helpers.session import Commitment, Session

Became = Literal["overdue", "open", "kept", "dropped", "withdrawn"]
ORDER: tuple[Became, ...] = ("overdue", "open", "kept", "dropped", "withdrawn")
"""As they are shown: first what still needs somebody."""
SETTLED = ("kept", "dropped", "withdrawn")


@dataclass(frozen=True)
class Promise:
    """One promise at the end of a run's data.

    Attributes:
        what, owner, due, first_step, play: as in the session. became: what became of it; overdue when it is open and its day
            has passed. told_before: the last report named it already.
    """

    what: str
    owner: str
    due: date | None
    first_step: str
    play: str
    became: Became
    told_before: bool


def promises(session: Session, before: Sequence[Mapping[str, Any]] | None, *, as_of: date) -> tuple[Promise, ...]:
    """Every promise of today and of the last report that is not history yet.

    A promise is the same as one of the last report when its words are, or when it is the same play with the same day. What the last
    report already called kept or given up is not told again.

    Args:
        session: what was said, as it stands now.
        before: the last report's promises (`promises` of its `metrics.json`); None when there is no report before.
        as_of: end of the data; a day before it has passed.
    """
    known = list(before or ())
    found = []
    for made in session.commitments:
        earlier = next((one for one in known if _same(made, one)), None)
        if earlier is not None:
            known.remove(earlier)
            if earlier["became"] in SETTLED and made.status == earlier["became"]:
                continue
        found.append(_promise(made, as_of, told_before=earlier is not None))
    gone = (_withdrawn(one) for one in known if one["became"] not in SETTLED)
    return tuple(sorted((*found, *gone), key=lambda one: (ORDER.index(one.became), one.due or date.max, one.what)))


def _same(made: Commitment, earlier: Mapping[str, Any]) -> bool:
    words = made.what.casefold() == str(earlier["what"]).casefold()
    due = made.due.isoformat() if made.due else None
    return words or (bool(made.play) and (made.play, due) == (earlier.get("play"), earlier.get("due")))


def _promise(made: Commitment, as_of: date, *, told_before: bool) -> Promise:
    late = made.status == "open" and made.due is not None and made.due < as_of
    became: Became = "overdue" if late else made.status
    return Promise(made.what, made.owner, made.due, made.first_step, made.play, became, told_before)


def _withdrawn(one: Mapping[str, Any]) -> Promise:
    due = date.fromisoformat(one["due"]) if one.get("due") else None
    return Promise(one["what"], one["owner"], due, one.get("first_step", ""), one.get("play", ""), "withdrawn", True)
