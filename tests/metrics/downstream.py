"""What comes after the measures – segments, audiences, the draw, lists, the proof – as measures of a business, to compare engines by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from benchmarks.measures import Business, Measure
from helpers import playbook, segments
from helpers.campaigns import groups, holdout, lists, lost
from helpers.campaigns.audience import with_answers
from helpers.campaigns.messages import with_facts
from helpers.language import language
from helpers.proof import followed, history, matched, pace, readout, revisions, validity
from helpers.tables import Tables

SENT = date(2026, 4, 1)
"""A day on which a campaign could have been sent."""
RULES, BOOK, SAY = segments.load_rules(), playbook.load(), language("en")


def _assigned(business: Business) -> ir.Table:
    return segments.assign(business["customers"], RULES)


def _tables(business: Business) -> Tables:
    beside = {name: business[name] for name in ("consent", "contacts", "tickets") if name in business}
    people = business["people"]
    return Tables(business["orders"], business["lines"], people, people, beside, _assigned(business))


def _drawn(business: Business) -> ir.Table:
    audience = _assigned(business).select("customer_id", "segment", worth="net_revenue")
    return holdout.draw(audience, campaign="spring", share=0.3, seed=7)


def _people(business: Business) -> ir.Table:
    return _drawn(business).select("customer_id", "arm")


def _history(business: Business) -> ir.Table:
    found = readout.outcomes_from_orders(_people(business), business["orders"], sent_at=SENT, window_days=30)
    return history.with_history(found, business["orders"], sent_at=SENT)


def _read_out(business: Business) -> Any:
    table = _history(business).select("customer_id", "arm", "returned", "orders", "revenue")
    return readout.read_out(table, campaign="spring", main="returned", money="revenue", margin=0.5, cost=0.0)


def _lost(business: Business) -> ir.Table:
    tables = _tables(business)
    return lost.lost_list(
        tables, lost.lost_customers(tables, margin=0.5, as_of=business["as_of"]), RULES, limit=50, say=SAY
    )


def _revised(business: Business) -> Any:
    orders = business["orders"]
    then = orders.filter((orders.ordered_at.date() <= ibis.literal(SENT)) & ~orders.order_id.endswith("7"))
    first = date(2025, 1, 1)
    return revisions.revisions(then, orders, first=first, last=SENT)


def _migration(business: Business) -> Any:
    then = _assigned(business).select("customer_id", "segment", "first_order", "last_order")
    now = then.mutate(segment=(then.customer_id.hexdigest("md5").substr(0, 1) < "8").ifelse(then.segment, "lost"))
    return followed.migration(then, now, of="segment", order=RULES.ids, last=SENT)


_FOUND: dict[str, Callable[[Business], Any]] = {
    "segments.assign": lambda b: _assigned(b).select("customer_id", "segment"),
    "segments.sizes": lambda b: segments.sizes(_assigned(b), margin=0.5),
    "campaigns.with_answers": lambda b: with_answers(_assigned(b), b["people"], b["consent"]),
    "campaigns.draw": _drawn,
    "campaigns.group_plans": lambda b: groups.group_plans(_tables(b), BOOK, RULES),
    "campaigns.call_list": lambda b: lists.call_list(_tables(b), BOOK, RULES, limit=50, say=SAY),
    "campaigns.lost_list": _lost,
    "campaigns.with_facts": lambda b: with_facts(b["people"].select("customer_id"), b["orders"], b["lines"]),
    "proof.with_history": _history,
    "proof.read_out": _read_out,
    "proof.matched": lambda b: matched.matched(_people(b), b["orders"], sent_at=SENT, days=30),
    "proof.different_before": lambda b: validity.different_before(_history(b)),
    "proof.revisions": _revised,
    "proof.migration": _migration,
    "proof.pace": lambda b: pace.pace(b["orders"], since=SENT, as_of=b["as_of"], first=SENT - timedelta(days=400)),
}


def downstream() -> list[Measure]:
    """All of them; each is given the whole business."""
    return [Whole(name, work, {}, ()) for name, work in _FOUND.items()]


class Whole(Measure):
    """A function of all a business has."""

    def __call__(self, business: Business) -> Any:
        """What it finds."""
        return self.call(business)
