"""Whom to call, on the first page: regulars who are late or spend half, members at renewal where contracts are what tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.campaigns.groups import plays_of
from helpers.campaigns.lists import CALL_SEGMENTS
from helpers.report.findings.common import people
from helpers.report.findings.plans import OWNERS
from helpers.report.pieces import Action, KeyNumber

if TYPE_CHECKING:
    from helpers.report.summary import Facts

RENEWAL = "at_renewal"
"""The group of members whose paid time runs out."""


def to_call(facts: Facts) -> KeyNumber:
    """How many to call, and why nobody where it is nobody; by the contracts where those tell who is about to leave."""
    say, count = facts.say, facts.numbers.get("calls_this_week")
    label = say.text("regulars to call this week")
    if count is None or not facts.numbers["customers"]:
        return KeyNumber("–", label, say.text("too few to conclude"))
    if facts.leaving and not count:  # nobody's rhythm was looked at, so “nobody is late” would be made up
        return KeyNumber(
            say.number(_size(facts, RENEWAL)),
            say.text("members to speak to before their contract is over"),
            say.text("the paid time ends within 14 days, or has just ended"),
        )
    if count:
        note = say.text("late against their own rhythm, or spending half of before; none who refused")
    elif due := sum(_size(facts, name) for name in CALL_SEGMENTS):
        note = (
            say.plural(
                "{n} customer is late or spends half of before, but may not or cannot be called",
                "{n} customers are late or spend half of before, but may not or cannot be called", due,
            )
            if facts.numbers["quality"]["phone_coverage"]
            else say.plural(
                "{n} customer is late or spends half of before, but no number is on record",
                "{n} customers are late or spend half of before, but no number is on record", due,
            )
        )  # fmt: skip
    else:
        note = say.text("nobody is late against their own rhythm, nobody spends half of before")
    return KeyNumber(say.number(count), label, note)


def _size(facts: Facts, segment: str) -> int:
    """Customers in a group; none where there is no such group."""
    return sum(int(s["customers"]) for s in facts.numbers.get("segments") or () if s["segment"] == segment)


def call(facts: Facts) -> Action | None:
    """Ring the regulars on the call list; speak to members at renewal where nobody is late, being under contract."""
    say, count = facts.say, facts.numbers.get("calls_this_week")
    if not count:
        return _renewal(facts) if facts.leaving and _size(facts, RENEWAL) else None
    play = facts.book.plays["overdue-regulars-call"]
    what = say.plural(
        "Call {n} regular from the list “To call this week”",
        "Call {n} regulars from the list “To call this week”",
        count,
    )
    return Action(what, say.text(OWNERS[play.owner]), say.text("next Monday"), play.first_step[say.code])


def _renewal(facts: Facts) -> Action | None:
    """The first play for members whose contract runs out."""
    say, play = facts.say, next(iter(plays_of(facts.book, RENEWAL)), None)
    if play is None:
        return None
    what = say.text("{play}: {customers} in “{segment}”", play=play.title[say.code], customers=people(_size(facts, RENEWAL), say),
                    segment=facts.rules.title(RENEWAL, say.code))  # fmt: skip
    return Action(what, say.text(OWNERS[play.owner]), say.text("next Monday"), play.first_step[say.code])
