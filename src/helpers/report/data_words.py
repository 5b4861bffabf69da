"""How far the data can be trusted and what they cannot tell, in words: for the report and for `retention check`.

Everything is worded from the plain JSON form (:func:`helpers.records.plain`) of the intake's account and of
:class:`helpers.metrics.quality.DataQuality`, which is what a run keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from helpers.errors import key
from helpers.intake.labels import KINDS
from helpers.intake.quality import Identified
from helpers.language import Language
from helpers.metrics.quality import Held, Possible, possible
from helpers.metrics.quality.possible import Lack
from helpers.playbook import Playbook
from helpers.tables import OPTIONAL

RECORDS = {
    "people": key("who the customers are"),
    "order_lines": key("goods and quantities"),
    **{table: KINDS[table] for table in OPTIONAL},
}
"""Canonical table → its everyday name (catalog keys)."""
COLUMNS = {
    "tickets.opened_at": key("when complaints came"),
    "feedback.score": key("how customers rate you"),
    "contacts.sent_at": key("when messages were sent"),
    "costs.amount": key("how much was spent"),
    "consent.granted": key("who agreed"),
    "subscriptions.started_on": key("when subscriptions began"),
    "staff_notes.note": key("what staff wrote down"),
    "orders.branch": key("the branch of each order"),
    "orders.staff": key("the seller of each order"),
    "order_lines.product": key("goods and quantities"),
    "tickets.customer_id": key("who complained"),
    "tickets.first_reply_at": key("when complaints were first answered"),
    "tickets.refused": key("whether a wish was refused"),
    "tickets.alternative_offered": key("whether another way was offered"),
    "contacts.customer_id": key("who received each message"),
    "contacts.purpose": key("whether a message sold or cared"),
    "costs.purpose": key("whether money went to new or existing customers"),
    "deliveries.promised_at": key("promised delivery times"),
    "deliveries.arrived_at": key("actual delivery times"),
}
"""``table.column`` that a record may lack → what it would say (catalog keys)."""
SUSPICIONS = {
    "many_names": key("codes under which several people buy"),
    "bulk": key("codes with an unusual share of all orders: a reseller, or a code for whoever gives no name"),
    "daily": key("codes that buy nearly every day: often a member of staff"),
}
"""Why a customer code is suspicious (catalog keys)."""
KEY_KINDS = {
    "code": key("customer code"),
    "phone": key("phone number"),
    "email": key("e-mail"),
    "name_birthday": key("name and birthday"),
    "name_address": key("name and address"),
    "stated": key("what business.yml says"),
}
"""Kind of evidence that two orders are one person's → its name (catalog keys)."""
GAPS_SHOWN = 3
QUESTIONS_SHOWN = 3


@dataclass(frozen=True)
class Unknown:
    """One thing that is not recorded, in words: what it is, what it would tell, and how to begin."""

    what: str
    tells: str
    how: str


def reasons(quality: Mapping[str, Any], say: Language) -> tuple[str, ...]:
    """Why the data have their grade, what decides first; for an A what it rests on."""
    found = quality["grade"]["reasons"] or [{"of": of, "value": quality["basis"][of]} for of in ("known_share", "days")]
    strange = bool(quality["suspects"].get("customers"))
    return tuple(reason(one["of"], one["value"], say, strange=strange) for one in found)


def reason(of: str, value: float, say: Language, *, strange: bool = False) -> str:
    """One quantity of the grade's basis as a sentence; `strange`: there are suspicious codes, which the basis leaves out."""
    if of == "customers" and not value:
        return say.text("No customer can be followed.")
    if of == "customers":
        return say.plural("Only {n} customer can be followed.", "Only {n} customers can be followed.", int(value))
    if of == "days":
        return say.plural("The data cover {n} day.", "The data cover {n} days.", int(value))
    percent = say.percent(value)
    if of == "known_share" and strange:
        return say.text(
            "Without suspicious codes {percent} of the revenue comes from customers we can recognise.", percent=percent
        )
    return {
        "known_share": say.text("{percent} of the revenue comes from customers we can recognise.", percent=percent),
        "faulty_share": say.text("{percent} of the rows that should count cannot be used.", percent=percent),
        "gap_share": say.text("On {percent} of the days on which orders were to be expected there are none.", percent=percent),
        "extreme_share": say.text("{percent} of the revenue stands in a few orders of unusual size.", percent=percent),
    }[of]  # fmt: skip


def gaps(calendar: Mapping[str, Any], say: Language) -> str:
    """The silences in the calendar, longest first."""
    found = calendar["gaps"]
    if not found:
        return say.text("none")
    shown = [_gap(one, say) for one in found[:GAPS_SHOWN]]
    if len(found) > GAPS_SHOWN:
        shown.append(say.text("and {count} shorter ones", count=len(found) - GAPS_SHOWN))
    return "; ".join(shown)


def _gap(one: Mapping[str, Any], say: Language) -> str:
    first, last = date.fromisoformat(one["first"]), date.fromisoformat(one["last"])
    if first == last:
        return say.date(first)
    days = say.plural("{n} day", "{n} days", one["days"])
    return say.text("{first} to {last} ({days})", first=first, last=last, days=days)


def known(group: Mapping[str, Any], say: Language) -> str:
    """How many of a group's orders, and how much of its revenue, come from known customers."""
    orders = group["orders"]
    if "value" not in orders:
        return say.text("too few to conclude")
    values = {name: say.percent(orders[name]) for name in ("low", "high")} | {"n": orders["n"]}
    values["orders"] = say.percent(orders["value"], 1)
    if group["revenue_share"] is None:
        return say.text("{orders} of the orders ({low} – {high}; n = {n})", **values)
    values["revenue"] = say.percent(group["revenue_share"])
    return say.text("{orders} of the orders ({low} – {high}; n = {n}), {revenue} of the revenue", **values)


def days_off(calendar: Mapping[str, Any], say: Language) -> str:
    """The weekdays on which the business is usually closed; empty when there are none."""
    names = say.locale.days["format"]["wide"]
    return ", ".join(names[day - 1] for day in calendar["days_off"])


def suspicions(found: Mapping[str, Any], say: Language) -> str:
    """Suspicious customer codes, counted by reason; no code is named."""
    if "need" in found:
        return say.text("too few customers to tell")
    if not found["customers"]:
        return say.text("none")
    parts = [f"{say.number(n)} {say.text(SUSPICIONS[why])}" for why, n in found["by_reason"].items()]
    weight = say.text(
        "together {orders} of the orders and {revenue} of the revenue",
        orders=say.percent(found["order_share"]), revenue=say.percent(found["revenue_share"]),
    )  # fmt: skip
    return f"{'; '.join(parts)} – {weight}"


def recognised(account: Identified, say: Language) -> Iterator[tuple[str, str]]:
    """How people were recognised across files and systems, as (term, text) lines."""
    yield say.text("recognised under several codes or numbers"), joined(account, say)
    for kind, n in account.through.items():
        yield f"  {say.text('through {evidence}', evidence=say.text(KEY_KINDS[kind]))}", say.number(n)
    yield say.text("codes and numbers that are nobody's own"), several_keys(account.shared, say)
    yield say.text("codes and numbers of several people, told apart"), several_keys(account.told_apart, say)


def joined(account: Identified, say: Language) -> str:
    """How many customers stand under several keys, and how many they would have been."""
    if not account.people:
        return say.text("none")
    return say.plural(
        "{n} customer, who would otherwise count as {many}", "{n} customers, who would otherwise count as {many}",
        account.people, many=say.number(account.known_as),
    )  # fmt: skip


def several_keys(counts: Mapping[str, int], say: Language) -> str:
    """How many keys of each kind."""
    words = {
        "code": lambda n: say.plural("{n} customer code", "{n} customer codes", n),
        "phone": lambda n: say.plural("{n} phone number", "{n} phone numbers", n),
        "email": lambda n: say.plural("{n} e-mail", "{n} e-mails", n),
    }
    return "; ".join(words[kind](n) for kind, n in counts.items()) or say.text("none")


def told(quality: Mapping[str, Any], *, campaigns: int) -> tuple[Possible, ...]:
    """What can be told and what not, from a run's record."""
    held = quality["held"]
    return possible(
        Held(tuple(held["fields"]), held["customers"], held["repeaters"], held["days"]), campaigns=campaigns
    )


def answered(found: Sequence[Possible], say: Language) -> tuple[str, ...]:
    """The questions these data answer."""
    return tuple(say.text(one.question) for one in found if not one.lacks)


def unknowns(found: Sequence[Possible], book: Playbook, sector: str, say: Language) -> tuple[Unknown, ...]:
    """What is missing, what answers most questions first, each with the least effort that begins it.

    Args:
        found: what can be told and what not. book: knows how to begin. sector: of the business.
    """
    waiting: dict[tuple[str, str], list[str]] = {}
    nearest: dict[tuple[str, str], Lack] = {}
    for one in found:
        for lack in one.lacks[:1]:
            known = lack.kind not in ("customers", "repeaters") or lack.have
            place = (lack.kind, lack.name) if known else ("table", "people")
            waiting.setdefault(place, []).append(say.text(one.question))
            lack = lack if known else Lack("table", "people")
            nearest[place] = min(nearest.get(place, lack), lack, key=lambda each: each.need)
    ordered = sorted(waiting, key=lambda place: -len(waiting[place]))
    return tuple(
        Unknown(
            _missing(nearest[place], say), _shortened(waiting[place], say), begin(nearest[place], book, sector, say)
        )
        for place in ordered
    )


def _shortened(questions: Sequence[str], say: Language) -> str:
    """The first questions in a row; of the others how many there are."""
    shown = list(questions[:QUESTIONS_SHOWN])
    if len(questions) > QUESTIONS_SHOWN:
        more = len(questions) - QUESTIONS_SHOWN
        shown.append(say.plural("and {n} further question", "and {n} further questions", more))
    return "; ".join(shown)


def _missing(lack: Lack, say: Language) -> str:
    if lack.kind == "table":
        return say.text(RECORDS[lack.name])
    if lack.kind == "field":
        return say.text(COLUMNS[lack.name])
    words = {
        "customers": say.text("known customers: {have} of the {need} it takes", have=lack.have, need=lack.need),
        "repeaters": say.text("customers who came back: {have} of the {need} it takes", have=lack.have, need=lack.need),
        "days": say.text("days of history: {have} of the {need} it takes", have=lack.have, need=lack.need),
        "campaigns": say.text("a campaign with its two lists"),
    }
    return words[lack.kind]


def begin(lack: Lack, book: Playbook, sector: str, say: Language) -> str:
    """What to do about one thing that is missing, as a business of this sector does it most easily."""
    recording = book.rules.recording
    if lack.kind in ("table", "field"):
        way = recording.way(lack.name, sector)
    elif lack.kind == "campaigns":
        return say.text(
            "Send one campaign from this report, leave out the list of those to compare with, and name both in business.yml."
        )
    else:
        return say.text("Nothing but time: read the data again in a few months.")
    return way[say.code] if way is not None else ""


def not_recorded(there: Sequence[str], book: Playbook, sector: str, say: Language) -> tuple[tuple[str, str], ...]:
    """Optional tables this business does not have, by their everyday name, each with the least effort that begins it.

    Args:
        there: the optional tables it has.
    """
    recording = book.rules.recording
    absent = [name for name in RECORDS if name not in ("people", "order_lines", *there)]
    ways = ((name, recording.way(name, sector)) for name in absent)
    return tuple((say.text(RECORDS[name]), way[say.code]) for name, way in ways if way is not None)
