"""Telephone numbers in one form, so that old and new, with and without country code, are one customer.

A country with a rule file (`phones/<country>.yml`) is cleaned by the engine; any other through the phonenumbers
library, on the distinct values only.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import ibis
import phonenumbers
import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict

from helpers.intake.parsing import code
from helpers.resources import package_file


class Rules(BaseModel):
    """How one country writes its numbers.

    Attributes:
        calling_code: international code. trunk: digit dialled before a national number.
        bare_lengths: lengths of a number that lost its trunk digit. valid: pattern of a cleaned number.
        moved_prefixes: old prefix → new one, the rest of the number unchanged.
        placeholders: cleaned numbers that are typed where there is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    calling_code: str
    trunk: str
    bare_lengths: tuple[int, ...]
    valid: str
    moved_prefixes: dict[str, str]
    placeholders: tuple[str, ...] = ()


@cache
def rules(country: str) -> Rules | None:
    """The rule file of a country, if it has one."""
    path = package_file("intake", "phones", f"{country}.yml")
    return Rules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.is_file() else None


def digits(column: Any, country: str) -> Any:
    """The first half of :func:`normalised`: a national number of digits (and whatever masks them), as text.

    Args:
        column: text or a number that lost its leading zero.
        country: ISO code of where numbers without a code belong.
    """
    known = rules(country)
    value = code(column)
    if known is None:
        return value
    # several numbers in one cell: the first one counts; stars and crosses stay, so that a masked number is none
    bare = value.re_replace(r"[;/|].*$", "").re_replace(r"[^0-9*xX•]", "")
    national = bare.re_replace(rf"^(00)?{known.calling_code}{known.trunk}?([0-9]{{9,10}})$", rf"{known.trunk}\2")
    lengths = "|".join(f"[1-9][0-9]{{{length - 1}}}" for length in known.bare_lengths)
    return national.re_replace(rf"^({lengths})$", rf"{known.trunk}\1")


def normalised(national: Any, country: str) -> Any:
    """The number in one form, missing where the cell holds none (blank, masked with stars, too short).

    Args:
        national: as :func:`digits` leaves it.
        country: as there.
    """
    known = rules(country)
    if known is None:
        return _by_library(country)(national).nullif("")
    width = len(next(iter(known.moved_prefixes), ""))
    moved = national.substr(0, width).cases(*known.moved_prefixes.items(), else_=ibis.null("string"))
    long = (national.length() == width + 7) & moved.notnull()
    current = long.ifelse(moved + national.substr(width, 7), national)
    clean = current.re_extract(f"({known.valid})", 1).nullif("")
    return clean.isin(known.placeholders).ifelse(ibis.null("string"), clean) if known.placeholders else clean


def _by_library(country: str) -> Any:
    """The phonenumbers library as a function of the engine, in E.164 form; empty for what is no number, since the engine takes no
    missing value from a function.
    """

    def clean(values: pa.ChunkedArray) -> pa.Array:
        distinct = {text: _parsed(text, country) or "" for text in values.unique().to_pylist()}
        return pa.array([distinct[text] for text in values.to_pylist()], pa.string())

    clean.__name__ = f"phone_{country.lower()}"
    return ibis.udf.scalar.pyarrow(clean, signature=(("string",), "string"))


def _parsed(text: str | None, country: str) -> str | None:
    if not text or "*" in text:
        return None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
