"""What a member of staff says first to a customer of each group: a question, never an offer, in one line."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.errors import key
from helpers.language import Language

POINTS = {
    "trial": key("Ask what they have tried so far and what is still unclear, before the trial ends."),
    "at_renewal": key("Ask how they have used their plan and whether it still fits; name the day it ends."),
    "member_new": key("Ask whether the first weeks went as hoped and fix the next visit together."),
    "member_reduced": key("Ask what the larger plan was missing; do not try to sell it back."),
    "member": key("Thank them and ask for one thing that would make it better."),
    "cancelled": key("Ask why they stopped, without an offer; note the reason."),
    "member_lost": key("Ask why they stopped, without an offer; note the reason."),
    "lost": key("Do not sell. Ask what made them stop coming; note the reason."),
    "new": key("Thank them for the first order and ask how {product} was."),
    "one_time_not_due": key("Ask how {product} was and what they would like next time."),
    "one_time_overdue": key("Ask what they thought of {product} and whether anything kept them from coming back."),
    "lapsed": key("Say that they are missed and ask what would make it worth coming again."),
    "overdue_regular": key("Ask whether all is well, and whether anything was wrong last time with {product}."),
    "declining_call": key("Ask what has changed for them lately; listen first, no discount."),
    "declining_watch": key("Greet them by name and ask whether anything is missing lately."),
    "champion": key("Thank them personally; ask what we should never change."),
    "regular": key("Greet them by name and remember {product}."),
    "promising": key("Thank them for coming back and ask how {product} was."),
}
"""Group → its line (catalog keys)."""


def talking_point(segment: ir.StringValue, product: ir.StringValue, say: Language) -> ir.StringValue:
    """The line for each customer; where no product is known the last order stands for it."""
    named = product.fill_null(say.text("the last order"))
    lines: list[tuple[Any, Any]] = []
    for group in POINTS:
        before, found, after = say.template(POINTS[group]).partition("{product}")
        whole: Any = ibis.literal(before) + named + ibis.literal(after) if found else ibis.literal(before)
        lines.append((segment == group, whole))
    line: ir.StringValue = ibis.cases(*lines, else_=ibis.null("string"))
    return line
