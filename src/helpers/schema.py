"""Which shape the files of a client's folder have: those of former releases as today's, those of later ones refused.

Version 0 is a file that names no version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from helpers.errors import InputError

BUSINESS, SESSION = 1, 2
"""Versions of `business.yml` and `session.yml` this program writes."""


def version(data: Any) -> int:
    """The version a file names; 0 where it names none, or nothing that is a version."""
    found = data.get("schema_version", 0) if isinstance(data, Mapping) else 0
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def up_to_date(data: Any, known: int, *, file: str, text: str) -> Any:
    """What stands in a file, in today's shape.

    So far every release has only added what has a default, so the number is all that changes: `business.yml` of 0 and 1,
    `session.yml` of 0, 1 (before suppositions and first steps) and 2.

    Args:
        known: the version this program writes. file, text: its name and what was read, for the message.

    Raises:
        InputError: a later program wrote it.
    """
    found = version(data)
    if found > known:
        raise InputError(
            "{file}, line {line}: “schema_version” cannot be used ({found} is of a later release; this program knows up to {known}); update the program.",
            file=file, line=_line(text), found=found, known=known,
        )  # fmt: skip
    named = isinstance(data, Mapping) and "schema_version" in data
    if isinstance(data, Mapping) and (not named or 0 <= found < known) and data.get("schema_version", 0) == found:
        return {**data, "schema_version": known}
    return data


def _line(text: str) -> int:
    before = re.split(r"^\W?schema_version\b", text, maxsplit=1, flags=re.MULTILINE)[0]
    return before.count("\n") + 1 if before != text else 1


def rewritten(text: str, known: int) -> str:
    """The text of a file with today's version in it, remarks and order as they were where that can be."""
    wanted = {**yaml.safe_load(text), "schema_version": known}
    line = f"schema_version: {known}"
    new, found = re.subn(r"^schema_version:[^\n]*$", line, text, count=1, flags=re.MULTILINE)
    new = new if found else f"{line}\n{text}"
    try:
        if yaml.safe_load(new) == wanted:
            return new
    except yaml.YAMLError:
        pass
    return yaml.safe_dump(wanted, allow_unicode=True, sort_keys=False, width=120)
