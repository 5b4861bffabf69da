"""What a file itself says about its dates and decimal signs: asked once per file, in one query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ibis

from helpers.errors import InputError
from helpers.intake.parsing import DAY_MONTH

_DOT_DECIMAL = r"^[^0-9]*([0-9]+\.([0-9]{1,2}|[0-9]{4,})|0\.[0-9]+|[0-9]{1,3}(,[0-9]{3})+\.[0-9]+)[^0-9a-z]*$"
_DOT_THOUSANDS = r"[0-9]{1,3}(\.[0-9]{3}){2,}|\.[0-9]{3},[0-9]"
_COMMA_DECIMAL = r"^[^0-9]*([0-9]+,([0-9]{1,2}|[0-9]{4,})|0,[0-9]+|[0-9]{1,3}(\.[0-9]{3})+,[0-9]+)[^0-9a-z]*$"
_COMMA_THOUSANDS = r"[0-9]{1,3}(,[0-9]{3}){2,}|,[0-9]{3}\.[0-9]"


@dataclass(frozen=True)
class Evidence:
    """How to read one file.

    Attributes:
        day_first: what 03/04/2025 means; missing where no such date occurs. decimals: role → decimal sign, where known.
    """

    day_first: bool | None = None
    decimals: dict[str, str] = field(default_factory=dict)


def gather(
    con: Any,
    dates: dict[str, Any],
    figures: dict[str, Any],
    *,
    given: bool | None,
    default: bool | None,
    file: str,
) -> Evidence:
    """Look at every text column of dates and figures.

    Args:
        con: the engine.
        dates: role → prepared column that holds dates; each may stand in a table of its own.
        figures: role → prepared column that holds figures.
        given: `day_first` of business.yml.
        default: that of the layout.
        file: name for messages.

    Raises:
        InputError: the dates can be read both ways, or contradict one another, and nobody said which is meant.
    """
    row: dict[str, Any] = {}
    for role, column in dates.items():
        row |= _asked(con, role, column, {"first": _part(1), "second": _part(2)})
    for role, column in figures.items():
        row |= _asked(con, role, column, _SIGNS)
    return Evidence(_day_first(row, tuple(dates), given, default, file), _decimals(row, tuple(figures)))


def _part(number: int) -> Callable[[Any], Any]:
    """The largest first or second part of a column's dates; what is no date either way (31/31) tells nothing."""

    def largest(column: Any) -> Any:
        first, second = (column.re_extract(DAY_MONTH, n).try_cast("int16") for n in (1, 2))
        return (first, second)[number - 1].max(where=ibis.least(first, second) <= 12)

    return largest


def _has(pattern: str) -> Callable[[Any], Any]:
    """Whether any cell of a column has this shape."""
    return lambda column: column.re_search(pattern).any()


_SIGNS = {
    "dot": _has(_DOT_DECIMAL),
    "comma": _has(_COMMA_DECIMAL),
    "dots": _has(_DOT_THOUSANDS),
    "commas": _has(_COMMA_THOUSANDS),
}


def _asked(con: Any, role: str, column: Any, questions: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """The answers a column gives, under ``<role>__<question>``; a column that has a type is not asked."""
    if not column.type().is_string():
        return {}
    alone = column.name("cell").as_table()
    asked = {f"{role}__{question}": answer(alone.cell) for question, answer in questions.items()}
    return dict(con.to_pyarrow(alone.aggregate(**asked)).to_pylist()[0])


def _day_first(
    row: dict[str, Any], roles: tuple[str, ...], given: bool | None, default: bool | None, file: str
) -> bool | None:
    firsts = [row[f"{role}__first"] for role in roles if row.get(f"{role}__first") is not None]
    seconds = [row[f"{role}__second"] for role in roles if row.get(f"{role}__second") is not None]
    if not firsts:
        return given
    day_first, month_first = bool(max(firsts) > 12), bool(max(seconds) > 12)
    if given is not None:
        return given
    if day_first != month_first:
        return day_first
    if default is not None:
        return default
    if day_first:
        raise InputError(
            "{file} has dates with the day first and dates with the month first; correct them, or say "
            "`day_first: true` or `day_first: false` for this file in business.yml.",
            file=file,
        )
    raise InputError(
        "{file} does not show whether dates such as 03/04 put the day or the month first; say `day_first: true` or "
        "`day_first: false` for this file in business.yml.",
        file=file,
    )


def _decimals(row: dict[str, Any], roles: tuple[str, ...]) -> dict[str, str]:
    """The decimal sign of each column that uses one and never uses it for thousands."""
    found = {}
    for role in roles:
        if row.get(f"{role}__dot") and not row[f"{role}__comma"] and not row[f"{role}__dots"]:
            found[role] = "."
        elif row.get(f"{role}__comma") and not row[f"{role}__dot"] and not row[f"{role}__commas"]:
            found[role] = ","
    return found
