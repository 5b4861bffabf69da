"""Export layouts as data: `formats/*.yml`, one declaration per layout, read and checked here.

A layout says which header plays which role, how totals, refunds and cancellations behave, and which words stand for
what. Adding a layout is adding a file.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cache
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from helpers.errors import InputError
from helpers.intake.text import fold, header_key
from helpers.resources import package_file

_PERSON = ("customer_id", "name", "last_name", "phone", "email", "birthday", "address")
ROLES: dict[str, tuple[str, ...]] = {
    "orders": (
        "order_id", "ordered_at", "ordered_time", *_PERSON, "net_revenue", "shipping", "tax", "refund", "amount",
        "line_discount", "quantity", "returned_quantity", "unit_price", "product_id", "product", "category", "currency",
        "channel", "branch", "staff", "status", "cancelled_at", "test", "row_type", "refund_of",
    ),
    "customers": (*_PERSON, "seen_at"),
    "contacts": ("customer_id", "phone", "email", "sent_at", "channel", "purpose", "campaign", "exit_reason"),
    "tickets": (
        "ticket_id", "customer_id", "phone", "email", "order_id", "opened_at", "first_reply_at", "resolved_at",
        "channel", "kind", "branch", "outcome", "refused", "alternative_offered",
    ),
    "feedback": ("order_id", "customer_id", "phone", "email", "given_at", "score", "scale", "comment"),
    "deliveries": ("order_id", "promised_at", "arrived_at"),
    "costs": ("month", "item", "purpose", "amount"),
    "consent": ("customer_id", "phone", "email", "channel", "purpose", "granted", "recorded_at", "source"),
    "subscriptions": (
        "subscription_id", "customer_id", "phone", "email", "plan", "started_on", "ended_on", "monthly_price",
    ),
    "staff_notes": ("noted_at", "staff", "branch", "note"),
    "people_list": ("customer_id", "phone", "email"),
}  # fmt: skip
"""What columns can mean, by kind of source; the names are also the keys of `columns:` in business.yml.

Those of an order that do not speak for themselves: `net_revenue` is the order's figure, `amount` the line's. `shipping`
and `tax` are parts of `net_revenue` that are taken off. `refund` is money paid back, beside the figure it lowers: the
order's where there is one, else the line's. `returned_quantity` is how many of a line came back. `row_type` holds words
that tell sales from refunds, and `refund_of` the number of the order a refund belongs to. `test` marks trials.
`last_name` is added to `name` where a name stands in two columns.
"""

FIGURES = (
    "net_revenue", "shipping", "tax", "refund", "amount", "line_discount", "quantity", "returned_quantity", "unit_price",
    "score", "monthly_price",
)  # fmt: skip
DATES = (
    "ordered_at", "cancelled_at", "birthday", "seen_at", "sent_at", "opened_at", "first_reply_at", "resolved_at",
    "given_at", "promised_at", "arrived_at", "month", "recorded_at", "started_on", "ended_on", "noted_at",
)  # fmt: skip
"""Roles that hold figures and dates; of the others, those that end in ``_id`` hold codes and the rest text."""

REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "orders": (("ordered_at",), ("net_revenue", "amount", "unit_price")),
    "customers": (("customer_id", "phone", "email"),),
    "contacts": (("customer_id", "phone", "email"), ("sent_at",)),
    "tickets": (("opened_at",),),
    "feedback": (("score",),),
    "deliveries": (("order_id",), ("promised_at",), ("arrived_at",)),
    "costs": (("month",), ("amount",)),
    "consent": (("customer_id", "phone", "email"), ("granted",)),
    "subscriptions": (("customer_id", "phone", "email"), ("started_on",), ("monthly_price",)),
    "staff_notes": (("noted_at",), ("note",)),
    "people_list": (("customer_id", "phone", "email"),),
}
"""By kind: for each entry at least one of its roles must be found in the file."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LineRule(_Strict):
    """Rows whose `role` is at most this are rejected with `reason` (Online Retail: unit price ≤ 0)."""

    role: Literal["quantity", "unit_price", "amount", "net_revenue"]
    at_most: float
    reason: Literal["no_price", "no_quantity"]


class Includes(_Strict):
    """Whether the money column of a layout holds the shipping the customer paid, and taxes; missing: not known."""

    shipping: bool | None = None
    tax: bool | None = None


class Writes(_Strict):
    """How a layout writes: `date` and `time` as strftime has it, `money` by the example of one million and a bit.

    For people who compare a file with its declaration, and for the fixture; reading goes by the file's own evidence.
    """

    date: str = "%Y-%m-%d %H:%M:%S"
    time: str = "%H:%M:%S"
    money: Literal["1234567", "1234567.00", "1.234.567", "1,234,567.00", "$1,234,567.00"] = "1234567"


class Format(_Strict):
    """One layout.

    Attributes:
        id, title: the file's name; what a person calls it.
        kind: which table it feeds (a key of :data:`ROLES`). system: what gives the orders their numbers, where several
            layouts come from one system; default the id.
        signature: headers that give the layout away; none for a fallback that lives by synonyms alone.
        roles: role → headers it may stand under, best first.
        totals: `net_revenue` is one figure per order, standing on every row (``repeat``) or on the first
            (``first_row``); ``lines``: an order is the sum of its rows; ``auto``: looked up in the file itself.
        fill: fields of the order stand on its first row only; filled down by order number or by position.
        day_first: how dates such as 03/04/2025 are meant when the file itself cannot tell; missing: ask.
        decimal: the decimal sign where the layout fixes it.
        description_row: the first row of data describes the columns. may_describe: it does so in some exports, and then
            has no date.
        writes: how its dates and money look.
        utc: times without an offset are UTC, not the shop's.
        includes: what the money column holds; a part that has a column of its own (`shipping`, `tax`) is taken off.
        first_filled: roles for which each row takes the first of its headers that is filled, not the file's first.
        cancelled, cancelled_order_id: words of `status` and pattern of `order_id` that void a row.
        pending: words of `status` for what is no sale yet: a draft, a quotation, not paid.
        returned: words of `status` for what came back whole: an order that brought nothing.
        test: words of `test` that make an order a trial, beside those all layouts share.
        refunds: words of `row_type` that make a row take money back. returns: every row does.
        walk_in: words that stand where a customer would but name nobody.
        customer_suffixes: what the system appends to a customer code without changing who it is.
        reject: rows left out by a rule on a figure.
        words: role → canonical value → words for it. `open_words`: roles that keep a word nobody declared.
        constants: role → value that is true of every row.
    """

    id: str
    title: str
    kind: str = "orders"
    system: str = ""
    signature: tuple[str, ...] = ()
    roles: dict[str, tuple[str, ...]]
    totals: Literal["repeat", "first_row", "lines", "auto"] = "auto"
    fill: Literal["none", "order", "rows"] = "none"
    day_first: bool | None = None
    decimal: Literal[".", ","] | None = None
    description_row: bool = False
    may_describe: bool = False
    writes: Writes = Writes()
    utc: bool = False
    includes: Includes = Includes()
    first_filled: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    cancelled_order_id: str | None = None
    pending: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    refunds: tuple[str, ...] = ()
    returns: bool = False
    walk_in: tuple[str, ...] = ()
    customer_suffixes: tuple[str, ...] = ()
    reject: tuple[LineRule, ...] = ()
    words: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    open_words: tuple[str, ...] = ()
    constants: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_roles(self) -> Format:
        known = set(ROLES.get(self.kind, ()))
        if not known:
            raise ValueError(f"{self.id}: unknown kind {self.kind!r}")
        unknown = (set(self.roles) | set(self.words) | set(self.constants) | set(self.first_filled)) - known
        if unknown:
            raise ValueError(f"{self.id}: unknown roles {sorted(unknown)}")
        return self

    @property
    def statuses(self) -> dict[str, tuple[str, ...]]:
        """What a word of `status` means – cancelled, pending or returned – and the words for it; others are sales."""
        shared = vocabulary()
        return {
            "cancelled": (*shared.cancelled, *self.cancelled),
            "pending": (*shared.pending, *self.pending),
            "returned": (*shared.returned, *self.returned),
        }

    @property
    def test_words(self) -> tuple[str, ...]:
        """Words of `test` that mark a trial, folded; the layout's own and the shared ones."""
        return (*vocabulary().test, *(fold(word) for word in self.test))

    def still_includes(self, part: Literal["shipping", "tax"], roles: Container[str]) -> bool | None:
        """Whether revenue as we read it holds `part`, when these roles were found; missing: not known."""
        held: bool | None = getattr(self.includes, part)
        return False if part in roles else held

    @property
    def walk_in_words(self) -> tuple[str, ...]:
        """Words that name nobody, folded; the layout's own and the shared ones."""
        return (*vocabulary().walk_in, *(fold(word) for word in self.walk_in))

    @property
    def refund_words(self) -> tuple[str, ...]:
        """Words of `row_type` that take money back, folded; the layout's own and the shared ones."""
        return (*vocabulary().refunds, *(fold(word) for word in self.refunds))

    @property
    def signature_keys(self) -> frozenset[str]:
        """The signature as headers are compared."""
        return frozenset(header_key(header) for header in self.signature)


class Vocabulary(_Strict):
    """Words that mean the same in every layout (`formats/_common.yml`), folded."""

    cancelled: tuple[str, ...]
    pending: tuple[str, ...]
    returned: tuple[str, ...]
    test: tuple[str, ...]
    refunds: tuple[str, ...]
    walk_in: tuple[str, ...]
    totals: tuple[str, ...]
    affirmative: tuple[str, ...]
    negative: tuple[str, ...]
    private_headers: tuple[str, ...]
    currencies: dict[str, tuple[str, ...]]


@cache
def vocabulary() -> Vocabulary:
    """The shared words, folded the way data are folded."""
    data = yaml.safe_load(package_file("intake", "formats", "_common.yml").read_text(encoding="utf-8"))
    return Vocabulary.model_validate({name: _folded(words) for name, words in data.items()})


def _folded(words: Any) -> Any:
    if isinstance(words, dict):
        return {name: _folded(inner) for name, inner in words.items()}
    return tuple(fold(str(word)) for word in words)


@cache
def formats() -> dict[str, Format]:
    """Every declared layout by its id, in the order of the file names."""
    found: dict[str, Format] = {}
    for path in sorted(package_file("intake", "formats").glob("[!_]*.yml")):
        declared = Format.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        if declared.id != path.stem:
            raise ValueError(f"{path.name} declares the id {declared.id!r}")
        found[declared.id] = declared
    return found


def named(format_id: str, kind: str) -> Format:
    """The layout with this id.

    Raises:
        InputError: there is none for this kind of source.
    """
    declared = formats().get(format_id)
    if declared is None or declared.kind != kind:
        known = [f.id for f in formats().values() if f.kind == kind]
        raise InputError("There is no export format “{format}”; choose one of: {known}.", format=format_id, known=known)
    return declared


def is_private(header: str) -> bool:
    """Whether a column holds identity-card numbers, which are never read."""
    key = header_key(header)
    return any(word.replace(" ", "") in key for word in vocabulary().private_headers)
