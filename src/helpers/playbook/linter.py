"""Message texts against the rules of their channel and of the country they are sent in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil

from helpers.playbook.book import Playbook
from helpers.playbook.models import LANGUAGES, Message
from helpers.playbook.pages import Fault
from helpers.playbook.references import PLACEHOLDER
from helpers.playbook.rules import ChannelRule, Country, Rules

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWO = set("^{}\\[~]|€")
"""Letters of the GSM 03.38 alphabet that take one place and those that take two. Any other makes an SMS UCS-2."""

_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|vn|net|org|shop|store|me|io|page|link)\b", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\d.,])(?:\+?\d[\s.-]?){8,14}\d(?!\d)|\b1[89]00[\s.]?\d{2,}")
_PURPOSE_OF_TAG = {1: "transaction", 2: "care", 3: "advertising"}
_CLOCK = re.compile(
    r"(?<![\d.,])\d{1,2}(?:[:h]\d{2}\b|\s?(?:giờ|h)\b(?!\s+đồng hồ)|(?::\d{2})?\s?[ap]\.?m\b|\s?o['’]clock)",
    re.IGNORECASE,
)
"""A time of day. Which hours are allowed is the country's law and the shop's habit, not a template's."""


def lint(book: Playbook, country: str = "VN") -> tuple[Fault, ...]:
    """Every message that breaks a rule of its channel or country, with file and line.

    Raises:
        InputError: the playbook has no rules for this country.
    """
    law = book.rules.country(country)
    return tuple(fault for message in book.messages.values() for fault in lint_message(message, book.rules, law))


def lint_message(message: Message, rules: Rules, country: Country) -> tuple[Fault, ...]:
    """Faults of one message, in both languages."""
    rule = rules.channels.channels[message.channel]
    faults = [Fault(message.path, 1, text) for text in _frame(message, rule)]
    for code in LANGUAGES:
        line = message.body_lines[code]
        faults += [Fault(message.path, line, f"{code}: {text}") for text in _body(message, code, rule, rules, country)]
    return tuple(faults)


def filled(text: str, rules: Rules, code: str) -> str:
    """The text with its longest likely values: the example of each placeholder, padded to that length."""

    def value(match: re.Match[str]) -> str:
        holder = rules.placeholders.get(match[1])
        return match[0] if holder is None else holder.example[code].ljust(holder.longest, "x")

    return PLACEHOLDER.sub(value, text)


def segments(text: str) -> int:
    """Parts an SMS is billed as: 160/153 letters in the GSM alphabet, 70/67 as soon as one letter is outside it.

    >>> segments("Chao anh/chi"), segments("ạ" * 71)
    (1, 2)
    """
    if all(letter in GSM or letter in GSM_TWO for letter in text):
        length, single, part = sum(1 + (letter in GSM_TWO) for letter in text), 160, 153
    else:
        length, single, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= single else ceil(length / part)


def _frame(message: Message, rule: ChannelRule) -> Iterator[str]:
    """What the front matter says of the message as a whole."""
    if rule.tags is not None and message.zns_tag is None:
        yield "“zns_tag” is missing; this channel needs one of " + ", ".join(str(tag) for tag in rule.tags)
    if rule.tags is None and message.zns_tag is not None:
        yield "“zns_tag” is only for ZNS"
    if message.zns_tag is not None and _PURPOSE_OF_TAG[message.zns_tag] != message.purpose:
        yield f"tag {message.zns_tag} is for {_PURPOSE_OF_TAG[message.zns_tag]}, the purpose says {message.purpose}"
    if (rule.max_subject is not None) != (message.subject is not None):
        yield "this channel needs a subject line" if message.subject is None else "this channel has no subject line"


def _body(message: Message, code: str, rule: ChannelRule, rules: Rules, country: Country) -> Iterator[str]:
    text = message.body[code]
    longest = filled(text, rules, code)
    if len(longest) > rule.max_characters.value:
        yield f"{len(longest)} characters when filled in; {rule.max_characters.value} fit"
    if rule.max_segments is not None and segments(longest) > rule.max_segments.value:
        yield f"{segments(longest)} SMS parts when filled in; at most {rule.max_segments.value}"
    if message.subject is not None and rule.max_subject is not None:
        heading = len(filled(message.subject[code], rules, code))
        if heading > rule.max_subject.value:
            yield f"{heading} characters in the subject line when filled in; {rule.max_subject.value} fit"
    yield from _content(message, code, rule, rules)
    if message.purpose == "advertising":
        yield from _advertising(message, code, rule, rules, country)


def _content(message: Message, code: str, rule: ChannelRule, rules: Rules) -> Iterator[str]:
    """What may and must stand in the words: no link, no number, no hour, the reader named and addressed."""
    text = message.body[code] if message.subject is None else f"{message.subject[code]}\n{message.body[code]}"
    holders = [rules.placeholders[name] for name in PLACEHOLDER.findall(text) if name in rules.placeholders]
    kinds, plain = {holder.kind for holder in holders}, PLACEHOLDER.sub("", text)
    if not rule.link_allowed.value and (_LINK.search(plain) or "link" in kinds):
        yield "a link is not allowed in the text of this channel; use a button"
    if not rule.phone_allowed.value and (_PHONE.search(plain) or "phone" in kinds):
        yield "a telephone number is not allowed in the text of this channel; use a button"
    if clock := _CLOCK.search(plain):
        yield f"“{clock[0].strip()}” is a time of day; hours differ from shop to shop, so use {{until}} or say none"
    if rule.identifying.value and not any(holder.identifies for holder in holders):
        yield "a variable that identifies the reader ({given_name}, {order_id}, …) is mandatory on this channel"
    for word in rule.avoid.value if rule.avoid is not None else ():
        if re.search(rf"\b{re.escape(word)}\b", plain, re.IGNORECASE):
            yield f"“{word}” is not wanted on this channel"
    yield from _address(plain.casefold(), code, rule, titled=any(holder.addresses for holder in holders))


def _address(plain: str, code: str, rule: ChannelRule, *, titled: bool) -> Iterator[str]:
    """How the reader is spoken to: the forms are the channel's, per language."""
    by_title = rule.title_allowed.value
    if titled and not by_title:
        yield "{title} is not allowed on this channel, which wants a neutral form of address"
    forms = rule.address.value.get(code, ()) if rule.address is not None else ()
    if forms and not (titled and by_title) and not any(form in plain for form in forms):
        wanted = " or ".join(f"“{form}”" for form in forms)
        yield f"the reader must be addressed as {wanted}{' or with {title}' if by_title else ''}"


def _advertising(message: Message, code: str, rule: ChannelRule, rules: Rules, country: Country) -> Iterator[str]:
    """The marker comes first (in the subject line of an e-mail), the way to refuse comes last."""
    markers = country.ad_markers.value
    opening = message.subject[code] if message.subject is not None else message.body[code]
    if rule.ad_marker.value and markers and not opening.startswith(markers):
        yield f"advertising must start with {' or '.join(markers)}"
    last = message.body[code].rstrip().rpartition("\n")[2]
    if rule.opt_out.value and country.opt_out.value and "{opt_out}" not in last:
        yield "the last line of advertising must say how to refuse it, with {opt_out}"
