"""Messages filled for real customers, in the engine; nobody ever receives one with a hole in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.business import Business
from helpers.campaigns.addressees import may_column
from helpers.campaigns.lists import of_the_newest
from helpers.language import Language
from helpers.playbook import Message, Play, Playbook
from helpers.playbook.linter import GSM, lint_message
from helpers.playbook.references import PLACEHOLDER
from helpers.playbook.rules import Country, Upload

BOUGHT_ON = ("thank-you-check-in", "cross-sell-replenishment", "first-100-days", "service-standard")
"""Plays whose ``{date}`` is the day of the customer's last order; elsewhere the shop has to say which day is meant."""
DAYS_SINCE = {"overdue-regulars-call": "last_order", "subscription-save": "last_order", "first-100-days": "first_order"}
"""Play → the day its ``{days}`` count from; elsewhere the shop has to say."""
OF_THE_SHOP = ("customer-event",)
"""Plays whose ``{product}`` is what the shop shows, not what the customer bought."""
SET_ASIDE = ("no_name", "no_product", "no_branch", "no_value", "nothing_new", "too_long", "link", "bad_number")
"""Why a filled message is not sent to a customer."""


@dataclass(frozen=True)
class Choice:
    """The messages a plan may use.

    Attributes:
        messages: id → text. unworded: id → placeholders that the shop has not worded under ``planning: words:``; such a
            message is not used at all. faulty: ids that break a rule of their channel or country.
    """

    messages: Mapping[str, Message]
    unworded: Mapping[str, tuple[str, ...]]
    faulty: tuple[str, ...] = ()


def choose_messages(
    names: Sequence[str], book: Playbook, business: Business, country: Country | None, say: Language
) -> Choice:
    """Which of these messages can be sent: linted for channel and country, every word of the shop's there.

    Cards for the till are no messages to anybody, so they are not among them.
    """
    usable: dict[str, Message] = {}
    unworded: dict[str, tuple[str, ...]] = {}
    faulty: list[str] = []
    for name in dict.fromkeys(names):
        message = book.messages[name]
        if message.channel == "till":
            continue
        lacking = tuple(
            n for n in _names(message, say) if not _from_data(n, message) and not _words(n, message, business)
        )
        if country is not None and lint_message(message, book.rules, country):
            faulty.append(name)
        elif lacking:
            unworded[name] = lacking
        else:
            usable[name] = message
    return Choice(usable, unworded, tuple(faulty))


def template(message: Message, say: Language, part: str = "body") -> str:
    """The text with its placeholders; where no form of address is known in this language, the name stands alone."""
    text = message.body[say.code] if part == "body" else (message.subject or {say.code: ""})[say.code]
    return text if say.code == "vi" else text.replace("{title} ", "")


def _names(message: Message, say: Language) -> tuple[str, ...]:
    return tuple(dict.fromkeys(PLACEHOLDER.findall(template(message, say, "subject") + template(message, say))))


def _from_data(name: str, message: Message) -> bool:
    """Whether a placeholder is filled from the customer's own data in this message."""
    if name == "date":
        return message.play in BOUGHT_ON
    if name == "days":
        return message.play in DAYS_SINCE
    if name == "product":
        return message.play not in OF_THE_SHOP
    return name in ("title", "given_name", "order_id", "branch")


def _words(name: str, message: Message, business: Business) -> tuple[str, ...]:
    """What the shop says for a placeholder, for this play or for all, once or time after time; its own name for want of anything."""
    said = business.planning.words
    own = said.get(f"{message.play}.{name}") or said.get(name) or (business.name if name == "shop" else ())
    return (own,) if isinstance(own, str) else tuple(filter(None, own))


def reaching(play: Play, choice: Choice) -> tuple[str, ...]:
    """Channels on which one of the play's messages can be sent, as columns of :func:`addressees.may_column`."""
    found = [choice.messages[name] for name in play.messages if name in choice.messages]
    sells = play.purpose == "sell"
    return tuple(dict.fromkeys(may_column(m.channel, advertising=sells or m.purpose == "advertising") for m in found))


def with_facts(people: ir.Table, orders: ir.Table, lines: ir.Table) -> ir.Table:
    """Add what messages tell customers about themselves: `order_id`, `product` and `branch` of their last order.

    Args:
        people: needs customer_id. orders, lines: canonical tables.
    """
    own = orders.semi_join(people, "customer_id")
    named = lines.semi_join(people, "customer_id")
    parts = (
        of_the_newest(own, "order_id", "order_id"),
        of_the_newest(own, "branch", "order_id"),
        of_the_newest(named, "product", "product"),
    )
    for part in parts:
        people = people.left_join(part, "customer_id").drop("customer_id_right")
    return people


def fill(
    touches: ir.Table, choice: Choice, book: Playbook, business: Business, country: Country | None, say: Language
) -> ir.Table:
    """Add `subject`, `text` and `aside` (why this customer gets no such message; missing when all is well).

    Args:
        touches: message, day, turn (0 the first time), name, first_order, last_order, order_id, product, branch per contact.
        choice: the messages. say: the language of the customers.
    """
    values = {message.id: _values(touches, message, business, country, say) for message in choice.messages.values()}
    nothing = ibis.null("string")
    texts, subjects, reasons = [], [], []
    for message in choice.messages.values():
        here, own = touches.message == message.id, values[message.id]
        rule = book.rules.channels.channels[message.channel]
        text = _put_together(template(message, say), own)
        texts.append((here, text))
        subjects.append((here, _put_together(template(message, say, "subject"), own)))
        checks = [(own[name].isnull(), _lacking(name, message, business)) for name in _names(message, say)]
        if not rule.link_allowed.value:
            checks += [(own[name].re_search(_LINK).fill_null(False), "link") for name in _names(message, say)]
        checks.append(((text.length() > rule.max_characters.value).fill_null(False), "too_long"))
        if rule.upload is not None:
            number = upload_phone(touches.phone, rule.upload.value, country)
            checks.append((number.isnull(), "bad_number"))
        if rule.max_segments is not None:
            checks.append(((sms_parts(text) > rule.max_segments.value).fill_null(False), "too_long"))
        reasons.append((here, ibis.cases(*checks, else_=nothing)))
    if not texts:
        return touches.mutate(subject=nothing, text=nothing, aside=nothing)
    return touches.mutate(
        subject=ibis.cases(*subjects, else_=nothing),
        text=ibis.cases(*texts, else_=nothing),
        aside=ibis.cases(*reasons, else_=nothing),
    )


def never_twice(filled: ir.Table) -> ir.Table:
    """Set aside what says to somebody word for word what an earlier message of the plan said."""
    sent = filled.aside.isnull() & filled.text.notnull()
    before = ibis.row_number().over(
        group_by=[filled.customer_id, filled.text, sent], order_by=[filled.day, filled.step]
    )
    counted = filled.mutate(before=before, sent=sent)
    again = (counted.sent & (counted.before > 0)).ifelse("nothing_new", ibis.null("string"))
    return counted.mutate(aside=ibis.coalesce(counted.aside, again)).drop("before", "sent")


def _lacking(name: str, message: Message, business: Business) -> str:
    """Why a placeholder has no value for somebody."""
    if not _from_data(name, message) and _words(name, message, business):
        return "nothing_new"
    return f"no_{_KIND.get(name, 'value')}"


_KIND = {"given_name": "name", "title": "name", "product": "product", "branch": "branch"}
_LINK = r"(?i)https?://|www\.|\b[\w-]+\.(com|vn|net|org|shop|store|me|io|page|link)\b"


def sms_parts(text: ir.StringValue) -> ir.IntegerValue:
    """Parts an SMS is billed as: 160/153 letters in the GSM alphabet, 70/67 as soon as one letter is outside it."""
    letters = "".join(re.escape(letter) for letter in sorted(GSM))
    plain = ~text.re_search(f"[^{letters}]")
    length = text.length()
    single, part = plain.ifelse(160, 70), plain.ifelse(153, 67)
    return (length <= single).ifelse(1, (length / part).ceil()).cast("int64")


def _values(
    touches: ir.Table, message: Message, business: Business, country: Country | None, say: Language
) -> dict[str, ir.StringValue]:
    """Placeholder → its value per contact; missing where the data do not have it."""
    day_first = "%d/%m/%Y" if country is None or country.date_format.value == "dd/mm/yyyy" else "%Y-%m-%d"
    found: dict[str, Any] = {
        "title": ibis.literal("anh/chị") if say.code == "vi" else ibis.null("string"),
        "given_name": given_name(touches.name, country),
        "order_id": _filled(touches.order_id),
        "branch": _filled(touches.branch),
    }
    if message.play not in OF_THE_SHOP:
        found["product"] = _filled(touches["product"])
    if message.play in BOUGHT_ON:
        found["date"] = touches.last_order.strftime(day_first)
    if message.play in DAYS_SINCE:
        since = touches[DAYS_SINCE[message.play]]
        found["days"] = touches.day.delta(since, unit="day").cast("string")
    for name in _names(message, say):
        if name not in found:
            found[name] = _in_turn(_words(name, message, business), touches)
    return found


def _in_turn(words: tuple[str, ...], touches: ir.Table) -> ir.StringValue:
    """The first word the first time, the next one the next; missing when nothing new is left to say."""
    if len(words) == 1:
        return ibis.literal(words[0])
    found: ir.StringValue = ibis.cases(
        *[(touches.turn == n, word) for n, word in enumerate(words)], else_=ibis.null("string")
    )
    return found


def given_name(name: ir.StringValue, country: Country | None) -> ir.StringValue:
    """The name a person is called by; missing when the shop wrote down no person's name (none, masked, with digits)."""
    last = country is not None and country.name_order.value == "given_last"
    word = name.strip().re_extract(r"(\S+)$" if last else r"^(\S+)", 1)
    usable = name.notnull() & ~name.re_search(r"[*\d{}@]") & (word.length() > 0)
    return usable.ifelse(word, ibis.null("string"))


def _filled(column: Any) -> ir.StringValue:
    """A text without braces and without blank ends; missing when nothing is left."""
    text = column.cast("string").re_replace(r"[{}\s]+", " ").strip()
    return text.nullif("")


def _put_together(text: str, values: Mapping[str, ir.StringValue]) -> ir.StringValue:
    """The template with its placeholders replaced; missing as soon as one of them is."""
    parts = re.split(r"\{([^{}]*)\}", text.strip())
    pieces = [values[part] if i % 2 else ibis.literal(part) for i, part in enumerate(parts) if part]
    return reduce(lambda a, b: a + b, pieces, ibis.literal(""))


def upload_phone(phone: ir.StringValue, upload: Upload, country: Country | None) -> ir.StringValue:
    """A number in the first of a channel's forms, such as ``0xxxxxxxxx``; missing when it cannot be written so."""
    national = phone
    if country is not None:
        prefix = country.phone.value.international_prefix.lstrip("+")
        trunk = ibis.literal(country.phone.value.trunk_prefix)
        abroad = rf"^\+?{prefix}"
        national = phone.re_search(abroad + r"\d").ifelse(trunk + phone.re_replace(abroad, ""), phone)
    form = "^" + upload.phone_formats[0].replace("x", r"\d") + "$"
    return national.re_search(form).ifelse(national, ibis.null("string"))


def preview(message: Message, book: Playbook, business: Business, say: Language) -> str:
    """The text for an invented person, as the report shows it."""
    holders = book.rules.placeholders

    def value(match: re.Match[str]) -> str:
        own = () if _from_data(match[1], message) else _words(match[1], message, business)
        return own[0] if own else holders[match[1]].example[say.code]

    return PLACEHOLDER.sub(value, template(message, say))
