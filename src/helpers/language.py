"""Words, numbers, dates and money in the reader's language.

English sentences in the code are the catalog keys; other languages are gettext catalogs, one folder per language and one
`.po` file per floor of the house (`locale/vi/intake.po`), read directly so that there is no compiled copy to forget.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from numbers import Integral
from typing import Any

import babel
from babel import dates, numbers
from babel.messages.pofile import read_po

from helpers.errors import InputError, key
from helpers.resources import package_file

SOURCE = "en"


@cache
def available() -> tuple[str, ...]:
    """Language codes a report can be written in: English (the source) and every folder in `locale/`."""
    return tuple(sorted({SOURCE, *(p.name for p in package_file("locale").iterdir() if p.is_dir())}))


@cache
def _catalog(code: str) -> dict[str, tuple[str, ...]]:
    """Message → its wordings (one per plural form) from all `.po` files of one language."""
    words: dict[str, tuple[str, ...]] = {}
    for path in sorted(package_file("locale", code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                if message.id and message.string:
                    key = message.id[0] if isinstance(message.id, tuple) else message.id
                    forms = message.string if isinstance(message.string, tuple) else (message.string,)
                    if all(forms):
                        words[str(key)] = tuple(str(form) for form in forms)
    return words


@dataclass(frozen=True)
class Language:
    """One language of the report. Make it with :func:`language`, which checks the code."""

    code: str

    @property
    def locale(self) -> babel.Locale:
        """The Babel locale behind numbers and dates."""
        return babel.Locale.parse({"en": "en_GB"}.get(self.code, self.code))

    def template(self, message: str, /) -> str:
        """The sentence in this language with its ``{placeholders}`` still open."""
        return _catalog(self.code).get(message, (message,))[0] if self.code != SOURCE else message

    def text(self, message: str, /, **values: Any) -> str:
        """The sentence in this language; numbers and dates among the values are formatted, text goes in as it is."""
        return self.template(message).format(**self._formatted(values))

    def plural(self, one: str, many: str, n: int, /, **values: Any) -> str:
        """Like :meth:`text`, choosing the form for `n` (given to the sentence as ``{n}``)."""
        values = self._formatted({"n": n, **values})
        if self.code == SOURCE:
            return (one if n == 1 else many).format(**values)
        forms = _catalog(self.code).get(one, (many,))
        index = int(babel.Locale.parse(self.code).plural_form(n) != "one") if len(forms) > 1 else 0
        return forms[index].format(**values)

    def error(self, fault: InputError) -> str:
        """The sentence of an :class:`InputError` in this language."""
        return self.text(fault.message, **fault.values)

    def number(self, value: float, digits: int = 0) -> str:
        """1234.5 → "1.234,5" or "1,234.5"."""
        # adding zero turns a rounded −0.0 into 0.0, which would otherwise be written "-0"
        return str(numbers.format_decimal(round(value, digits) + 0, format=_pattern(digits), locale=self.locale))

    def percent(self, share: float, digits: int = 0) -> str:
        """0.374 → "37%"; a share strictly between 0 and 1 is never rounded to a bare 0 % or 100 %."""
        rounded, smallest = round(share, digits + 2) + 0.0, 10.0 ** -(digits + 2)
        if rounded <= 0 < share:
            return f"<{self.percent(smallest, digits)}"
        if share < 1 <= rounded:
            return f">{self.percent(1 - smallest, digits)}"
        return str(numbers.format_percent(rounded, format=f"{_pattern(digits)}%", locale=self.locale))

    def money(self, amount: float, currency: str) -> str:
        """The whole amount with its currency sign, without minor units the currency does not have or large sums do not need."""
        digits = numbers.get_currency_precision(currency) if abs(amount) < 1000 and amount != round(amount) else 0
        sign = numbers.get_currency_symbol(currency, locale=self.locale)
        figure = self.number(amount, digits)
        if self.locale.currency_formats["standard"].pattern.startswith("¤"):
            return f"-{sign}{figure[1:]}" if figure.startswith("-") else f"{sign}{figure}"
        return f"{figure} {sign}"

    def short_money(self, amount: float, currency: str) -> str:
        """Rounded to what is said aloud: "12,5 tr ₫", "£1.2m"."""
        # 999,999 is said "1.0m", not "1,000k": a unit begins where the smaller one would round up to it
        steps = ((1e9, 999.5e6, key("{figure}bn")), (1e6, 999.5e3, key("{figure}m")), (1e3, 1e4, key("{figure}k")))
        for unit, size, words in steps:
            if abs(amount) >= size:
                scaled = abs(amount) / unit
                tenths = scaled < 99.95 and unit > 1e3 and round(scaled, 1) != round(scaled)
                figure = self.text(words, figure=self.number(scaled, 1 if tenths else 0))
                sign = numbers.get_currency_symbol(currency, locale=self.locale)
                front = self.locale.currency_formats["standard"].pattern.startswith("¤")
                return ("-" if amount < 0 else "") + (f"{sign}{figure}" if front else f"{figure} {sign}")
        return self.money(amount, currency)

    def date(self, day: dt.date | dt.datetime) -> str:
        """Day, month and year: 30/06/2026 or 30 Jun 2026."""
        return str(dates.format_date(day, format=self.text("d MMM yyyy"), locale=self.locale))

    def month(self, day: dt.date | dt.datetime) -> str:
        """Month and year: "thg 3/2025" or "Mar 2025"."""
        return str(dates.format_date(day, format=self.text("MMM yyyy"), locale=self.locale))

    def _formatted(self, values: dict[str, Any]) -> dict[str, Any]:
        """Numbers and dates worded for this language, lists joined; everything else untouched."""
        return {name: self._word(value) for name, value in values.items()}

    def _word(self, value: Any) -> Any:
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, InputError):  # a part of a sentence that is itself to be worded
            return self.error(value)
        if isinstance(value, Integral):
            return self.number(int(value))
        if isinstance(value, float):
            return self.number(value, 0 if abs(value) >= 100 or value.is_integer() else 1)
        if isinstance(value, dt.datetime | dt.date):
            return self.date(value)
        if isinstance(value, list | tuple):
            return ", ".join(str(self._word(item)) for item in value)
        return value


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def language(code: str) -> Language:
    """The language with this code.

    Raises:
        InputError: no catalog for it.
    """
    if code not in available():
        raise InputError("There is no language “{code}”; choose one of: {known}.", code=code, known=list(available()))
    return Language(code)
