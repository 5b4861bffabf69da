"""One person as every file may write them, and texts without them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import phonenumbers

from helpers.intake import phones
from helpers.intake.text import fold

MASK = "•••"
_BETWEEN = r"[\s.\-()]{0,3}"
LEAST_CODE = 4
"""Characters of a customer code that is looked for inside texts; a shorter one is looked for in its column only."""


@dataclass(frozen=True)
class Person:
    """Somebody who is to be forgotten; personal data, never written anywhere.

    Attributes:
        country: where their numbers belong. ids: what runs have called them. codes: system (missing: unknown) and customer code.
            phones, emails: in the form intake gives them. weak: kind and value of name with birthday or address.
        names: as written. common: folded names somebody else of this client has, too. orders: numbers of their orders.
    """

    country: str
    ids: frozenset[str] = frozenset()
    codes: frozenset[tuple[str | None, str]] = frozenset()
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    weak: frozenset[tuple[str, str]] = frozenset()
    names: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()

    @property
    def found(self) -> bool:
        """Whether anything is known of them."""
        return bool(self.ids or self.codes or self.phones or self.emails)

    @cached_property
    def all_codes(self) -> frozenset[str]:
        """Customer codes, and what runs have called them."""
        return self.ids | {code for _system, code in self.codes}

    @cached_property
    def keys(self) -> re.Pattern[str]:
        """Their numbers, addresses and codes in running text."""
        parts = [_number(number, self.country) for number in sorted(self.phones)]
        parts += [rf"(?<![\w.+\-]){re.escape(one)}(?![\w\-])" for one in sorted(self.emails)]
        told = (code for code in sorted(self.all_codes) if len(code) >= LEAST_CODE and "@" not in code)
        parts += [rf"(?<!\w){re.escape(code)}(?!\w)" for code in told if re.search(r"\D", code) or len(code) > 5]
        return _any(parts)

    @cached_property
    def full_names(self) -> re.Pattern[str]:
        """Their names of two words and more, composed or not; a single word is anybody's."""
        return _any(_written(name) for name in sorted(self.names) if len(name.split()) > 1)

    @cached_property
    def own_names(self) -> re.Pattern[str]:
        """Those of them nobody else of this client has."""
        own = (name for name in sorted(self.names) if len(name.split()) > 1 and fold(name) not in self.common)
        return _any(_written(name) for name in own)

    def masked(self, text: str, *, everybody: bool = True) -> str:
        """A text without them.

        Args:
            everybody: a name somebody else has as well goes, too.
        """
        without = self.keys.sub(MASK, text)
        return (self.full_names if everybody else self.own_names).sub(MASK, without)

    def stands_in(self, text: str, *, everybody: bool = False) -> bool:
        """Whether a text names them."""
        names = self.full_names if everybody else self.own_names
        return bool(self.keys.search(text) or names.search(text))

    def is_key(self, cell: str) -> bool:
        """Whether a cell of a column of customers is one of their codes, or holds a number or an address of theirs."""
        bare = cell.strip()
        return bare in self.all_codes or bool(self.keys.search(bare))

    def named(self, cell: str) -> bool:
        """Whether a cell is their name, and nobody else's."""
        folded = fold(cell)
        return folded not in self.common and any(folded == fold(name) for name in self.names)


def _any(parts: Iterable[str]) -> re.Pattern[str]:
    found = list(parts)
    return re.compile("|".join(found) if found else r"(?!)", re.IGNORECASE)


def _written(name: str) -> str:
    """A name in either form of its accents, with any white space between its words."""
    forms = {unicodedata.normalize(form, name) for form in ("NFC", "NFD")}
    spaced = (r"\s+".join(map(re.escape, form.split())) for form in sorted(forms))
    return "|".join(rf"(?<!\w){form}(?!\w)" for form in spaced)


def _number(number: str, country: str) -> str:
    """A telephone number with or without country code, zero, and anything between its digits; old prefixes as well."""
    try:
        parsed = phonenumbers.parse(number, country)
        code, national = str(parsed.country_code), str(parsed.national_number)
    except phonenumbers.NumberParseException:
        code, national = "", re.sub(r"\D", "", number).lstrip("0")
    forms = [national]
    known = phones.rules(country)
    for old, new in (known.moved_prefixes if known else {}).items():
        if ("0" + national).startswith(new):
            forms.append((old + ("0" + national)[len(new) :]).lstrip("0"))
    lead = rf"(?:(?:\+|00)?{code}{_BETWEEN})?(?:\(?0\)?)?{_BETWEEN}" if code else r"0*"
    return "|".join(rf"(?<!\d){lead}{_BETWEEN.join(form)}(?!\d)" for form in forms)
