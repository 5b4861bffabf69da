"""Which layout a file has and which header plays which role, from the head of the file alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpers.errors import InputError
from helpers.intake.formats import REQUIRED, ROLES, Format, formats, is_private, named
from helpers.intake.reading import Head, heads, same_header, unique
from helpers.intake.text import header_key, nfc

FALLBACK_SCORE = 0.65
"""Most that a layout without a signature can score: a real layout counts when two thirds of it are there."""
_LOOK_FOR_HEADER = 15
_SHOWN = 12
_MISSING = {
    "ordered_at": "{file} has no column for the order date. Found: {found}. "
    "Add `ordered_at: <header>` under columns in business.yml.",
    "net_revenue": "{file} has no column for the amount of the order. Found: {found}. "
    "Add `net_revenue: <header>` under columns in business.yml.",
    "customer_id": "{file} has no column that says who the customer is. Found: {found}. "
    "Add `customer_id: <header>`, `phone: <header>` or `email: <header>` under columns in business.yml.",
}
_MISSING_OTHER = (
    "{file} has no column for “{role}”. Found: {found}. Add `{role}: <header>` under columns in business.yml."
)


@dataclass(frozen=True)
class Recognition:
    """What a file was recognised as.

    Attributes:
        format, title: id of the layout and what a person calls it. score: 0–1, how much of it was found.
        mapping: role → header as it stands in the file. unmapped: headers that play no role.
        sheet: the first sheet read. day_first: what the head says about dates; missing where it cannot tell.
        missing: required roles no header was found for.
        header_row: where the header stands, from 0. sheets: all sheets with this header. skipped_sheets: the others.
    """

    format: str
    title: str
    score: float
    mapping: dict[str, str]
    unmapped: tuple[str, ...]
    sheet: str | None
    day_first: bool | None
    missing: tuple[str, ...]
    header_row: int = 0
    sheets: tuple[str, ...] = ()
    skipped_sheets: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    head: Head = field(default_factory=lambda: Head(None, []), repr=False, compare=False)


@dataclass(frozen=True)
class _Match:
    layout: Format
    head: Head
    header_row: int
    headers: tuple[str, ...]
    mapping: dict[str, str]
    score: float

    @property
    def rank(self) -> tuple[float, int]:
        return self.score, len(self.mapping)


def recognise(
    path: Path,
    columns: Mapping[str, str] | None = None,
    format: str | None = None,
    *,
    kind: str = "orders",
    sheet: str | None = None,
) -> Recognition:
    """Find the layout of a file and the role of each header; reads only the head of the file.

    Args:
        path: the file.
        columns: role → header, as under `columns:` in business.yml; goes before every alias.
        format: id of the layout, when it is known.
        kind: which table the file feeds (a key of ``ROLES``).
        sheet: the sheet to read, when it is known.

    Raises:
        InputError: the file cannot be read, or `columns`, `format` or `sheet` name something that is not there.
    """
    candidates = [named(format, kind)] if format else [layout for layout in formats().values() if layout.kind == kind]
    found = heads(path)
    chosen = [head for head in found if sheet is None or head.sheet == sheet]
    if not chosen:
        sheets = [head.sheet for head in found]
        raise InputError("{file} has no sheet “{sheet}”; it has: {found}.", file=path.name, sheet=sheet, found=sheets)
    if not any(any(cell.strip() for cell in row) for head in chosen for row in head.rows):
        raise InputError("{file} is empty; export it again.", file=path.name)
    given = _checked(columns or {}, kind, path.name)
    matches = [
        _match(layout, head, row, given) for head in chosen for row in _header_rows(head) for layout in candidates
    ]
    best = max(matches, key=lambda match: match.rank)
    absent = [
        header
        for header in given.values()
        if header not in best.mapping.values() and _find(header, best.headers) is None
    ]
    if absent:
        raise InputError(
            "{file} has no column “{header}” (business.yml, columns). Found: {found}.",
            file=path.name, header=absent[0], found=_shown(best.headers),
        )  # fmt: skip
    return _recognition(best, found, sheet)


def require(recognition: Recognition, file: str) -> None:
    """Refuse a file that lacks a column nothing can be done without.

    Raises:
        InputError: which column, what was found, and what to add to business.yml.
    """
    if not recognition.missing:
        return
    shown = _shown(recognition.headers)
    if len(shown) * 2 < len([header for header in recognition.headers if header]):
        raise InputError(
            "The first row of {file} does not name the columns; add a first row with their names.", file=file
        )
    role = recognition.missing[0]
    raise InputError(_MISSING.get(role, _MISSING_OTHER), file=file, role=role, found=shown)


def _checked(columns: Mapping[str, str], kind: str, file: str) -> dict[str, str]:
    unknown = [role for role in columns if role not in ROLES[kind]]
    if unknown:
        raise InputError(
            "business.yml, columns of {file}: “{role}” is not known; choose from: {known}.",
            file=file, role=unknown[0], known=list(ROLES[kind]),
        )  # fmt: skip
    return {role: nfc(header) for role, header in columns.items()}


def _header_rows(head: Head) -> range:
    """Rows that may hold the header: the first of a typed file, else the first few (title rows stand above it)."""
    return range(1 if head.typed else min(len(head.rows), _LOOK_FOR_HEADER))


def _match(layout: Format, head: Head, row: int, columns: dict[str, str]) -> _Match:
    headers = unique([nfc(cell) for cell in head.rows[row]])
    mapping = _mapping(layout, headers, columns)
    keys = {header_key(header) for header in headers if header}
    if layout.signature:
        score = len(layout.signature_keys & keys) / len(layout.signature_keys)
    else:
        met = [any(role in mapping for role in options) for options in REQUIRED[layout.kind]]
        score = FALLBACK_SCORE * sum(met) / len(met)
    return _Match(layout, head, row, headers, mapping, score)


def _mapping(layout: Format, headers: tuple[str, ...], columns: dict[str, str]) -> dict[str, str]:
    """Each role's header: what business.yml says, else the first alias that is there; one header plays one role."""
    mapping = {role: found for role, header in columns.items() if (found := _find(header, headers)) is not None}
    free = [header for header in headers if header and header not in mapping.values() and not is_private(header)]
    for role, aliases in layout.roles.items():
        found = (
            None if role in mapping else next((h for alias in aliases if (h := _find(alias, free)) is not None), None)
        )
        if found is not None:
            mapping[role] = found
            free.remove(found)
    return mapping


def _find(wanted: str, headers: tuple[str, ...] | list[str]) -> str | None:
    """The header spelt exactly so, else the first that is the same without case, accents and spaces."""
    exact = nfc(wanted)
    if exact in headers:
        return exact
    key = header_key(wanted)
    return next((header for header in headers if key and header_key(header) == key), None)


def _recognition(best: _Match, found: list[Head], sheet: str | None) -> Recognition:
    header = best.head.rows[best.header_row]
    sheets = [
        head.sheet
        for head in found
        if head.sheet is not None
        and (
            head is best.head
            or (sheet is None and len(head.rows) > best.header_row and same_header(head.rows[best.header_row], header))
        )
    ]
    missing = tuple(
        options[0] for options in REQUIRED[best.layout.kind] if not any(role in best.mapping for role in options)
    )
    return Recognition(
        format=best.layout.id,
        title=best.layout.title,
        score=round(best.score, 3),
        mapping=best.mapping,
        unmapped=tuple(h for h in best.headers if h and h not in best.mapping.values()),
        sheet=best.head.sheet,
        day_first=_day_first(best),
        missing=missing,
        header_row=best.header_row,
        sheets=tuple(sheets),
        skipped_sheets=tuple(
            h.sheet for h in found if h.sheet and h.sheet not in sheets and any(any(r) for r in h.rows)
        ),
        headers=best.headers,
        head=best.head,
    )


def _day_first(best: _Match) -> bool | None:
    """What the dates in the head say: True or False with evidence, the layout's own habit without."""
    role = {"orders": "ordered_at"}.get(best.layout.kind)
    header = best.mapping.get(role or "")
    if header is None or best.head.typed:
        return None
    place = best.headers.index(header)
    cells = [row[place] for row in best.head.rows[best.header_row + 1 :] if len(row) > place]
    pairs = [
        (int(m[1]), int(m[2])) for cell in cells if (m := re.match(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}", cell))
    ]
    first, second = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    if first != second:
        return first
    return best.layout.day_first if pairs else None


def _shown(headers: tuple[str, ...]) -> list[str]:
    """Headers fit to stand in a message: what looks like data (a file without header row) is left out."""
    clean = [
        header for header in headers if header and "@" not in header and not re.search(r"\d{4,}|\d[./:]\d", header)
    ]
    return clean[:_SHOWN]
