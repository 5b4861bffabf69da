"""Who may be reached by a play, and who may not and why. An opted-out customer is on no list at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir

from helpers.playbook import Play

CONSENT_CHANNEL = {"zns": "zalo", "oa": "zalo", "sms": "sms", "email": "email", "phone": "call"}
"""Channels of the playbook → the channel a customer consents to. Till and in-person need no message and no consent."""
ADDRESS = {"zalo": "phone", "sms": "phone", "call": "phone", "email": "email"}
"""Channel of consent → the column of `people` that is needed to use it."""


@dataclass(frozen=True)
class Reach:
    """Head-counts of one play's audience.

    Attributes:
        asked: customers in the play's segments. reachable: of them on the list. opted_out, no_consent, no_address: suppressed, by reason.
    """

    asked: int
    reachable: int
    opted_out: int
    no_consent: int
    no_address: int


def with_reach(customers: ir.Table, people: ir.Table, consent: ir.Table | None, play: Play) -> ir.Table:
    """Add `reach` to customers: ``yes``, ``opted_out``, ``no_consent`` or ``no_address``.

    A play that sells needs recorded consent to advertising on one of its channels, and the address for that channel: without
    any consent data nobody qualifies. A care play may phone customers who have a number and have not refused. A refusal on any
    of the play's channels excludes from the play (who wants no care there wants no offers either; who refused advertising may
    still be cared for), and a customer who refused everything is on no list. The latest answer counts. Whoever can only be met
    at the till needs no list, so a play's face-to-face channels reach nobody here.

    Args:
        customers: needs customer_id. people: addresses. consent: answers per customer, channel and purpose, or None.
    """
    channels = sorted({CONSENT_CHANNEL[c] for c in play.channels if c in CONSENT_CHANNEL})
    addresses = people.select("customer_id", "name", "phone", "email")
    table = customers.left_join(addresses, "customer_id").drop("customer_id_right")
    has_address = _any([table[ADDRESS[channel]].notnull() for channel in channels])
    if consent is None:
        allowed = ibis.literal(play.purpose != "sell")
        return table.mutate(reach=ibis.cases((~has_address, "no_address"), (~allowed, "no_consent"), else_="yes"))
    answers = _answers(consent, channels, sells=play.purpose == "sell")
    table = table.left_join(answers, "customer_id").drop("customer_id_right")
    agreed = _any(
        [table[f"granted_{channel}"].fill_null(False) & table[ADDRESS[channel]].notnull() for channel in channels]
    )
    lacking = ~agreed if play.purpose == "sell" else ibis.literal(False)
    reach = ibis.cases(
        (table.refused.fill_null(False), "opted_out"),
        (~has_address, "no_address"),
        (lacking, "no_consent"),
        else_="yes",
    )
    return table.mutate(reach=reach).drop(*answers.drop("customer_id").columns)


def _answers(consent: ir.Table, channels: Sequence[str], *, sells: bool) -> ir.Table:
    """customer_id, refused, and granted_<channel> for each channel, from the latest answer per channel and purpose.

    Of two answers on one day, and of answers without a date, the refusal counts.
    """
    known = consent.filter(consent.granted.notnull())
    undated = known.granted.ifelse(ibis.date(1, 1, 1), ibis.date(9999, 12, 31))
    newest_first = [known.recorded_at.fill_null(undated).desc(), known.granted]
    place = ibis.row_number().over(group_by=["customer_id", "channel", "purpose"], order_by=newest_first)
    known = known.mutate(place=place)
    latest = known.filter(known.place == 0)
    here = latest.channel.isin(channels)
    wanted = latest.purpose == ("advertising" if sells else "care")
    granted = {f"granted_{c}": (wanted & latest.granted & (latest.channel == c)).any() for c in channels}
    blocked = here & ~latest.granted & (wanted | ibis.literal(sells))
    return latest.group_by("customer_id").agg(refused=blocked.any() | (~latest.granted).all(), **granted)


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
    get = by_reason.get
    return Reach(
        sum(by_reason.values()), get("yes", 0), get("opted_out", 0), get("no_consent", 0), get("no_address", 0)
    )
