"""Who may be reached by a play, and who may not and why. An opted-out customer is on no list at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir

from helpers.playbook import Play

CONSENT_CHANNEL = {"zns": "zalo", "oa": "zalo", "sms": "sms", "email": "email", "phone": "call"}
"""Channels of the playbook → the channel a customer consents to. Till and in-person need no message and no consent."""
ADDRESS = {"zalo": "phone", "sms": "phone", "call": "phone", "email": "email"}
"""Channel of consent → the column of `people` that is needed to use it."""
ANSWERS = (
    "refused_all", *(f"{said}_{c}_{p}" for c in ADDRESS for p in ("advertising", "care") for said in ("yes", "no")),
)  # fmt: skip
"""Columns of :func:`with_answers`."""
REFUSALS = tuple(name for name in ANSWERS if not name.startswith("yes_"))
KNOWN_CHANNELS = (*ADDRESS, "facebook")
"""Channels whose refusal is for them alone; a refusal on a channel nobody knows counts for all."""


@dataclass(frozen=True)
class Reach:
    """Head-counts of one play's audience.

    Attributes:
        asked: customers in the play's segments. reachable: of them on the list. opted_out, no_consent, no_address,
            contacted_lately, complaint_open: suppressed, by reason (see `campaigns.addressees` for the last three).
    """

    asked: int
    reachable: int
    opted_out: int
    no_consent: int
    no_address: int
    contacted_lately: int = 0
    complaint_open: int = 0
    no_message: int = 0


def with_answers(customers: ir.Table, people: ir.Table, consent: ir.Table | None) -> ir.Table:
    """Add addresses and the latest answers about being contacted.

    Of two answers on one day, and of answers without a date, the refusal counts. A refusal that names no channel or no
    purpose (or a channel nobody knows) is a refusal of all of them, and it holds for everybody who has the same number or
    e-mail, or that an answer was given for: a message there reaches the one who refused.

    Args:
        customers: needs customer_id. people: addresses. consent: answers per customer, channel and purpose, or None.

    Returns:
        The customers with name, phone, email, `refused_all`, and per channel and purpose ``yes_<channel>_<purpose>`` and
        ``no_<channel>_<purpose>``; none of these is missing.
    """
    table = customers.left_join(people.select("customer_id", "name", "phone", "email"), "customer_id")
    table = table.drop("customer_id_right")
    if consent is None:
        nothing = dict.fromkeys(ANSWERS, ibis.literal(False))
        return table.mutate(**nothing)
    answers = _answers(consent)
    table = table.left_join(answers, "customer_id").drop("customer_id_right")
    strays = {
        address: _strays(address, people, consent) for address in ("phone", "email") if address in consent.columns
    }
    refusing = _refusing(people, answers, strays)
    for address in ("phone", "email"):
        refused = _refused_at(address, people, refusing, strays.get(address)).rename({f"of_{address}": "address"})
        table = table.left_join(refused, table[address] == refused[f"of_{address}"]).drop(f"of_{address}")
    own = {name: table[name].fill_null(False) for name in ANSWERS}
    found = {
        f"no_{c}_{p}": own[f"no_{c}_{p}"] | table[f"at_{at}_no_{c}_{p}"].fill_null(False)
        for c, at in ADDRESS.items()
        for p in ("advertising", "care")
    }
    everything = _any(
        [own["refused_all"], *(table[f"at_{a}_refused_all"].fill_null(False) for a in ("phone", "email"))]
    )
    whole = table.mutate(**{**own, **found, "refused_all": everything})
    return whole.drop(*[f"at_{a}_{name}" for a in ("phone", "email") for name in REFUSALS])


def _strays(address: str, people: ir.Table, consent: ir.Table) -> ir.Table:
    """`address` (a number or an e-mail) and what was refused for it in answers that are not its holder's own.

    Of its holders the latest answer counts, which is among their answers.
    """
    holders = people.filter(people[address].notnull()).select("customer_id", address=people[address])
    named = consent.filter(consent[address].notnull()).mutate(address=consent[address])
    return _answers(named.anti_join(holders, ["customer_id", "address"]), by="address").select("address", *REFUSALS)


def _refusing(people: ir.Table, answers: ir.Table, strays: Mapping[str, ir.Table]) -> ir.Table:
    """customer_id and what each refuses, in person or by one of the own addresses: who refused at the e-mail is not rung up either."""
    parts = [answers.select("customer_id", *REFUSALS)]
    parts += [
        people.inner_join(found, people[address] == found.address).select("customer_id", *REFUSALS)
        for address, found in strays.items()
    ]
    return reduce(lambda a, b: a.union(b), parts)


def _refused_at(address: str, people: ir.Table, refusing: ir.Table, strays: ir.Table | None) -> ir.Table:
    """`address` and ``at_<kind>_<refusal>``: what anybody who has it, or named it in an answer, refuses.

    Asked of all customers, not only of those a list is made from: the one who refused may be in another group.
    """
    holders = people.filter(people[address].notnull()).select("customer_id", address=people[address])
    both = holders.inner_join(refusing, "customer_id").select("address", *REFUSALS)
    if strays is not None:
        both = both.union(strays)
    return both.group_by("address").agg(**{f"at_{address}_{name}": both[name].any() for name in REFUSALS})


def may_use(table: ir.Table, channel: str, *, advertising: bool) -> ir.BooleanValue:
    """Whether one channel of the playbook may be used for a customer of :func:`with_answers`.

    Whatever is written needs a yes to its purpose on this very channel, caring words as well as offers. A service call
    needs none, but respects a no; without recorded consent it is all that is left.
    """
    said = CONSENT_CHANNEL.get(channel)
    if said is None:
        return ibis.literal(False)
    address = table[ADDRESS[said]].notnull()
    refused = table.refused_all | table[f"no_{said}_care"]
    if advertising:
        return address & ~refused & table[f"yes_{said}_advertising"] & ~table[f"no_{said}_advertising"]
    return address & ~refused & (table[f"yes_{said}_care"] | ibis.literal(said == "call"))


def reach_of(table: ir.Table, play: Play) -> ir.StringValue:
    """``yes``, ``opted_out``, ``no_consent`` or ``no_address`` for customers of :func:`with_answers`.

    A play that sells needs recorded consent to advertising on one of its channels, and the address for that channel: without
    any consent data nobody qualifies. A care play may phone customers who have a number and have not refused; to be written to
    they must have agreed to care on that channel. A refusal on any
    of the play's channels excludes from the play (who wants no care there wants no offers either; who refused advertising may
    still be cared for), and a customer who refused everything is on no list. The latest answer counts. Whoever can only be met
    at the till needs no list, so a play's face-to-face channels reach nobody here.
    """
    sells = play.purpose == "sell"
    channels = [c for c in play.channels if c in CONSENT_CHANNEL]
    said = sorted({CONSENT_CHANNEL[c] for c in channels})
    purposes = ("advertising", "care") if sells else ("care",)
    refused = _any([table[f"no_{channel}_{purpose}"] for channel in said for purpose in purposes])
    has_address = _any([table[ADDRESS[channel]].notnull() for channel in said])
    allowed = _any([may_use(table, channel, advertising=sells) for channel in channels])
    return ibis.cases(
        (table.refused_all | refused, "opted_out"),
        (~has_address, "no_address"),
        (~allowed, "no_consent"),
        else_="yes",
    )


def with_reach(customers: ir.Table, people: ir.Table, consent: ir.Table | None, play: Play) -> ir.Table:
    """Add name, phone, email and `reach` (see :func:`reach_of`) to customers.

    Args:
        customers: needs customer_id. people: addresses. consent: answers per customer, channel and purpose, or None.
    """
    table = with_answers(customers, people, consent)
    return table.mutate(reach=reach_of(table, play)).drop(*ANSWERS)


def _answers(consent: ir.Table, by: str = "customer_id") -> ir.Table:
    """`by` and :data:`ANSWERS`, from the latest answer per channel and purpose."""
    known = consent.filter(consent.granted.notnull() & consent[by].notnull())
    undated = known.granted.ifelse(ibis.date(1, 1, 1), ibis.date(9999, 12, 31))
    newest_first = [known.recorded_at.fill_null(undated).desc(), known.granted]
    place = ibis.row_number().over(group_by=[by, "channel", "purpose"], order_by=newest_first)
    known = known.mutate(place=place)
    latest = known.filter(known.place == 0)
    found: dict[str, ir.BooleanValue] = {"refused_all": (~latest.granted).all()}
    anywhere = latest.channel.isnull() | latest.channel.notin(KNOWN_CHANNELS)
    for channel in ADDRESS:
        for purpose in ("advertising", "care"):
            here, meant = latest.channel == channel, latest.purpose == purpose
            found[f"yes_{channel}_{purpose}"] = (latest.granted & here & meant).any()
            whole = (here | anywhere) & (meant | latest.purpose.isnull())
            found[f"no_{channel}_{purpose}"] = (~latest.granted & whole).any()
    return latest.group_by(by).agg(**found)


def _any(conditions: Sequence[ir.BooleanValue]) -> ir.BooleanValue:
    return reduce(lambda a, b: a | b, conditions, ibis.literal(False))


def reach_by_segment(audience: ir.Table) -> dict[str, Reach]:
    """Segment → how many of it may be reached, and why the others may not. Needs `segment` and `reach`."""
    rows = audience.group_by("segment", "reach").agg(n=audience.count()).to_pyarrow().to_pylist()
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row["segment"], {})[row["reach"]] = int(row["n"])
    return {segment: _reach(by_reason) for segment, by_reason in counts.items()}


def _reach(by_reason: dict[str, int]) -> Reach:
    reasons = ("yes", "opted_out", "no_consent", "no_address", "contacted_lately", "complaint_open", "no_message")
    return Reach(sum(by_reason.values()), *(by_reason.get(reason, 0) for reason in reasons))
