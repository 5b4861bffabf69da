"""`retention new`: from an export to a client's folder with a `business.yml` that says how the export is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.numbers import get_territory_currencies
from phonenumbers import example_number
from phonenumbers.timezone import time_zones_for_number

from helpers import business as business_file
from helpers import files
from helpers.business import Business, Source
from helpers.errors import InputError
from helpers.intake import Recognition, recognise
from helpers.intake.recognition import require


@dataclass(frozen=True)
class Recognised:
    """What one file was taken for: its name, the layout's title, and role → header."""

    file: str
    title: str
    mapping: dict[str, str]


@dataclass(frozen=True)
class Created:
    """A new client: its `business.yml` and how each file was understood."""

    file: Path
    recognised: tuple[Recognised, ...]


def create(
    name: str, orders: Sequence[Path], workspace: Path, *, lang: str, currency: str, margin: float | None
) -> Created:
    """Recognise the files and write ``<workspace>/<slug>/business.yml``. Nothing is written when anything is wrong.

    Raises:
        InputError: the name gives no folder, the client exists already, a file cannot be read, or a column is missing.
    """
    folder = workspace / business_file.slug(name)
    if (folder / business_file.FILE).exists():
        raise InputError("The client “{client}” exists already; choose another name, or edit its business.yml.", client=folder.name)
    if not orders:
        raise InputError("No file of orders was given; add --orders FILE.")
    if margin is not None and not 0 < margin <= 1:
        raise InputError("The margin is a share between 0 and 1, e.g. 0.35, not {margin}.", margin=str(margin))
    recognised = [_recognised(path) for path in orders]
    country = country_of(currency)
    made = Business.model_validate(
        {
            "name": name.strip(),
            "lang": lang,
            "currency": _currency(currency),
            "country": country,
            "timezone": timezone_of(country),
            "sources": {"orders": [Source(file=str(path.resolve()), format=found.format) for path, (_, found) in zip(orders, recognised, strict=True)]},
            **({"margin": margin, "margin_known": True} if margin is not None else {}),
        }
    )
    return Created(files.write_text(folder / business_file.FILE, business_file.dump(made)), tuple(shown for shown, _ in recognised))


def _recognised(path: Path) -> tuple[Recognised, Recognition]:
    found = recognise(path)
    require(found, path.name)
    return Recognised(path.name, found.title, found.mapping), found


def _currency(code: str) -> str:
    try:
        return Business.model_validate({"name": "x", "sources": {}, "currency": code.upper()}).currency
    except ValueError as fault:
        raise InputError("“{code}” is not a currency; give its ISO code, e.g. VND, GBP or EUR.", code=code) from fault


def country_of(currency: str) -> str:
    """The country a national currency belongs to (its code begins with the country's); ``ZZ`` for shared ones such as EUR."""
    code = currency[:2].upper()
    try:
        return code if currency.upper() in get_territory_currencies(code) else "ZZ"
    except (KeyError, ValueError):
        return "ZZ"


def timezone_of(country: str) -> str:
    """A time zone of the country, UTC where none is known; orders with an explicit offset are shown in it."""
    number = example_number(country)
    zones = [z for z in time_zones_for_number(number) if "/" in z] if number is not None else []
    return zones[0] if zones else "UTC"
