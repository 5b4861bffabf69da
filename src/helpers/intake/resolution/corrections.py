"""What business.yml says about identities, as keys: “KH001”, “shopify:KH001”, “0901 234 567”, “lan@example.com”."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from helpers.business import Identity
from helpers.errors import InputError
from helpers.intake import phones


@dataclass(frozen=True)
class Key:
    """One key as business.yml writes it.

    Attributes:
        text: as written, without the system: a customer code. system: the numbering it belongs to, where one was named.
        phone, email: the same text as a telephone number and as an address, where it can be one.
    """

    text: str
    system: str | None = None
    phone: str | None = None
    email: str | None = None

    def same(self, other: Key) -> bool:
        """Whether both name one key; a code without its system is that code wherever it stands."""
        if self.phone or self.email:
            return (self.phone, self.email) == (other.phone, other.email)
        return self.text == other.text and (self.system == other.system or None in (self.system, other.system))

    def is_in(self, kind: str, value: Any, system: Any) -> Any:
        """Whether a column of keys of one kind holds this key; false where it is missing."""
        mine = {"code": self.text, "phone": self.phone, "email": self.email}.get(kind)
        if mine is None or (self.system is not None and kind != "code"):
            return ibis.literal(False)
        same = value == mine
        return (same & (system == self.system) if self.system is not None else same).fill_null(False)


@dataclass(frozen=True)
class Corrections:
    """`identity:` of business.yml, understood: keys to hold together, to keep apart, and to trust for nobody."""

    merge: tuple[tuple[Key, ...], ...] = ()
    split: tuple[tuple[Key, ...], ...] = ()
    shared: tuple[Key, ...] = ()

    @property
    def any(self) -> bool:
        """Whether business.yml corrects anything."""
        return bool(self.merge or self.split or self.shared)

    @property
    def named(self) -> tuple[tuple[str, int, Key], ...]:
        """Every key with the name and the number of the line it stands in."""
        groups = [("merge", n, keys) for n, keys in enumerate(self.merge, 1)]
        groups += [("split", n, keys) for n, keys in enumerate(self.split, 1)]
        groups += [("shared", n, (key,)) for n, key in enumerate(self.shared, 1)]
        return tuple((line, number, key) for line, number, keys in groups for key in keys)


def understood(con: Any, settings: Identity, systems: Sequence[str], country: str) -> Corrections:
    """The keys of business.yml, ready to be looked for.

    Raises:
        InputError: a line names fewer than two different keys, or the same keys are to be one and to be apart.
    """

    def group(line: str, number: int, words: Sequence[str]) -> tuple[Key, ...]:
        keys = _different([parsed(con, word, systems, country) for word in words])
        if len(keys) < 2:
            raise InputError(
                "business.yml, identity: line {number} of “{line}” needs two different keys (customer code, phone number "
                "or e-mail), like [KH001, \"0901234567\"].",
                line=line, number=number,
            )  # fmt: skip
        return keys

    merge = tuple(group("merge", n, words) for n, words in enumerate(settings.merge, 1))
    split = tuple(group("split", n, words) for n, words in enumerate(settings.split, 1))
    together = _together(merge)
    for number, keys in enumerate(split, 1):
        if any(sum(any(key.same(one) for one in group) for key in keys) > 1 for group in together):
            raise InputError(
                "business.yml, identity: line {number} of “split” keeps apart what “merge” puts together; remove one of "
                "the two.",
                number=number,
            )
    return Corrections(merge, split, tuple(parsed(con, word, systems, country) for word in settings.shared))


def _different(keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys without those named twice."""
    return tuple(key for place, key in enumerate(keys) if not any(key.same(one) for one in keys[:place]))


def _together(lines: Sequence[tuple[Key, ...]]) -> list[tuple[Key, ...]]:
    """Lines of `merge` that share a key are one group."""
    groups: list[tuple[Key, ...]] = []
    for line in lines:
        touching = [group for group in groups if any(key.same(one) for key in line for one in group)]
        joined = tuple(key for group in touching for key in group) + line
        groups = [group for group in groups if group not in touching] + [joined]
    return groups


def parsed(con: Any, word: str, systems: Sequence[str], country: str) -> Key:
    """One key as people write it: a customer code, a system and its code, a telephone number or an e-mail."""
    system, colon, rest = word.partition(":")
    if colon and system.strip() in systems:
        return Key(rest.strip(), system.strip())
    text = word.strip()
    if "@" in text:
        return Key(text, email=text.lower())
    if sum(character.isdigit() for character in text) < 8:
        return Key(text)
    found = con.to_pyarrow(phones.normalised(phones.digits(ibis.literal(text), country), country).name("phone"))
    return Key(text, phone=found.as_py())


def without(value: Any, kind: str, shared: Sequence[Key], system: Any) -> Any:
    """A column of keys without those that business.yml calls shared."""
    for key in shared:
        value = key.is_in(kind, value, system).ifelse(ibis.null("string"), value)
    return value
