"""Which shape the files of a client's folder have: those of former releases as today's, those of later ones refused.

Version 0 is a file that names no version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml

from helpers.errors import InputError

BUSINESS, SESSION = 1, 2
"""Versions of `business.yml` and `session.yml` this program writes."""


MOST_NODES = 100_000
"""Values one file of settings or answers may hold, those that aliases repeat counted each time."""


class TooMuch(yaml.YAMLError):
    """Aliases or nesting that would unfold to more than any file of ours holds."""


def parsed(text: str) -> Any:
    """YAML that somebody has written: plain values only, and no more of them than a person would write.

    Raises:
        yaml.YAMLError: it is not YAML, asks for an object, or unfolds to more than :data:`MOST_NODES` values.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None and _unfolded(node, {}, frozenset()) > MOST_NODES:
            raise TooMuch("too many values")
        return yaml.safe_load(text)
    except RecursionError as fault:
        raise TooMuch("nested too deeply") from fault
    except ValueError as fault:  # a day such as 2026-02-30
        raise yaml.MarkedYAMLError(problem=str(fault), problem_mark=_mark_of_day(text)) from fault


def _mark_of_day(text: str) -> yaml.Mark | None:
    for found in re.finditer(r"\b(\d{4})-(\d\d?)-(\d\d?)\b", text):
        try:
            date(*map(int, found.groups()))
        except ValueError:
            return yaml.Mark("", found.start(), text[: found.start()].count("\n"), 0, None, 0)
    return None


def _unfolded(node: yaml.Node, known: dict[int, int], above: frozenset[int]) -> int:
    """How many values a node holds when every alias is written out; an alias of what is around it never ends."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) in above:
        raise TooMuch("a value that holds itself")
    if id(node) not in known:
        inner = [one for pair in node.value for one in (pair if isinstance(pair, tuple) else (pair,))]
        known[id(node)] = 1 + sum(_unfolded(one, known, above | {id(node)}) for one in inner)
    return known[id(node)]


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
    wanted = {**parsed(text), "schema_version": known}
    line = f"schema_version: {known}"
    new, found = re.subn(r"^schema_version:[^\n]*$", line, text, count=1, flags=re.MULTILINE)
    new = new if found else f"{line}\n{text}"
    try:
        if parsed(new) == wanted:
            return new
    except yaml.YAMLError:
        pass
    return yaml.safe_dump(wanted, allow_unicode=True, sort_keys=False, width=120)
