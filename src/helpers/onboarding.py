"""`retention new`: from an export to a client's folder with a `business.yml` that says how the export is read."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
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
from helpers.intake.opening import files as files_of
from helpers.intake.recognition import require

LONGEST_NAME = 120
"""Characters of a business's name that fit a cover."""


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
    name: str, orders: Sequence[Path], workspace: Path, *, lang: str, currency: str, margin: float | None,
    columns: Mapping[str, str] | None = None, no_file: bool = False,
) -> Created:  # fmt: skip
    """Recognise the files and write ``<workspace>/<slug>/business.yml``. Nothing is written when anything is wrong.

    Args:
        columns: role → header, for headers nobody would recognise; the same in every file.
        no_file: begin without any; it is dropped on the session page later.

    Raises:
        InputError: the name gives no folder, the client exists already, a file cannot be read, or a column is missing.
    """
    folder = workspace / business_file.slug(name)
    if (folder / business_file.FILE).exists():
        raise InputError(
            "The client “{client}” exists already; choose another name, or edit its business.yml.", client=folder.name
        )
    if len(name.strip()) > LONGEST_NAME:
        raise InputError(
            "The name has {n} characters; {most} are the most, so shorten it.", n=len(name.strip()), most=LONGEST_NAME
        )
    if workspace.exists() and not workspace.is_dir():
        raise InputError(
            "The workspace “{workspace}” is a file; name a folder with --workspace.", workspace=str(workspace)
        )
    if not orders and not no_file:
        raise InputError(
            "No file of orders was given; add --orders FILE, or --no-file to begin with the session and drop it there."
        )
    if orders and no_file:
        raise InputError("Either --no-file or a file of orders, not both.")
    if margin is not None and not 0 < margin <= 1:
        raise InputError("The margin is a share between 0 and 1, e.g. 0.35, not {margin}.", margin=str(margin))
    with tempfile.TemporaryDirectory(prefix="intake-") as scratch:
        read = [
            (path, [_recognised(file, columns or {}) for file in files_of(Path(), str(path), Path(scratch))])
            for path in orders
        ]
    country = country_of(currency)
    made = Business.model_validate(
        {
            "name": name.strip(),
            "lang": lang,
            "currency": _currency(currency),
            "country": country,
            "timezone": timezone_of(country),
            "sources": {"orders": [_source(path, found, columns or {}) for path, found in read]} if read else {},
            **({"margin": margin, "margin_known": True} if margin is not None else {}),
        }
    )
    written = files.write_text(folder / business_file.FILE, business_file.dump(made))
    return Created(written, tuple(Recognised(file, one.title, one.mapping) for _, found in read for file, one in found))


def _recognised(path: Path, columns: Mapping[str, str]) -> tuple[str, Recognition]:
    if not path.exists():
        raise InputError("There is no file “{file}”; check the name given with --orders.", file=str(path))
    found = recognise(path, columns)
    try:
        require(found, path.name)
    except InputError as fault:
        if "role" not in fault.values:
            raise
        # there is no business.yml yet that the column could be added to
        raise InputError(
            "{file} has no column for “{role}”. Found: {found}. Name it with --column {role}=HEADER.", **fault.values
        ) from fault
    return path.name, found


def _source(path: Path, found: Sequence[tuple[str, Recognition]], columns: Mapping[str, str]) -> Source:
    """A source with the layout all its files share; in a mixed folder each file is recognised anew."""
    formats = {recognition.format for _, recognition in found}
    return Source(file=str(path.resolve()), format=formats.pop() if len(formats) == 1 else None, columns=dict(columns))


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
