"""Which layout a file has and which header plays which role, from the head of the file alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpers.errors import InputError
from helpers.intake.formats import REQUIRED, ROLES, Format, formats, is_private, named
from helpers.intake.reading import Head, heads, same_header, unique
from helpers.intake.text import header_key, nfc

FALLBACK_SCORE = 0.65
"""Most that a layout without a signature can score: a real layout counts when two thirds of it are there."""
SURE_SCORE, MARGIN = 0.9, 0.1
"""Below this score, a layout that is not ahead of another by this much, and would be read otherwise, is asked about."""
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
class Guess:
    """A layout a file may have: its id and title, and how much of it was found, 0–1."""

    format: str
    title: str
    score: float


@dataclass(frozen=True)
class Recognition:
    """What a file was recognised as.

    Attributes:
        format, title: id of the layout and what a person calls it. score: 0–1, how much of it was found.
        mapping: role → header as it stands in the file. unmapped: headers that play no role.
        sheet: the first sheet read. day_first: what the head says about dates; missing where it cannot tell.
        missing: required roles no header was found for.
        header_row: where the header stands, from 0. sheets: all sheets with this header. skipped_sheets: the others.
        runner_up: the next best layout. doubtful: it is as likely and would give other figures, so somebody must say.
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
    runner_up: Guess | None = None
    doubtful: bool = False

    @property
    def guess(self) -> Guess:
        """The layout it was taken for."""
        return Guess(self.format, self.title, self.score)


@dataclass(frozen=True)
class _Match:
    layout: Format
    head: Head
    header_row: int
    headers: tuple[str, ...]
    mapping: dict[str, str]
    score: float

    @property
    def rank(self) -> tuple[float, int, int]:
        """Of two layouts that are all there, the one that asks for more headers is the closer description."""
        return self.score, round(self.score * len(self.layout.signature)), len(self.mapping)

    @property
    def complete(self) -> bool:
        return all(any(role in self.mapping for role in options) for options in REQUIRED[self.layout.kind])

    @property
    def reading(self) -> tuple[object, ...]:
        """What the figures depend on: two layouts that agree in it are read alike."""
        layout, mapping = self.layout, self.mapping
        money = "net_revenue" if "net_revenue" in mapping and layout.totals != "lines" else "amount"
        roles = (
            "order_id",
            "ordered_at",
            "customer_id",
            "phone",
            "email",
            "refund",
            "shipping",
            "tax",
            "row_type",
            money,
        )
        return (*(mapping.get(role) for role in roles), layout.fill, layout.returns, layout.utc)


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
    return among(heads(path), path.name, columns, format, kind=kind, sheet=sheet)


def among(
    found: list[Head],
    file: str,
    columns: Mapping[str, str] | None,
    format: str | None,
    *,
    kind: str,
    sheet: str | None = None,
) -> Recognition:
    """The same from heads that have been read: the sheets of a file, or the names of a table's columns.

    Raises:
        InputError: as :func:`recognise`.
    """
    candidates = [named(format, kind)] if format else [layout for layout in formats().values() if layout.kind == kind]
    chosen = [head for head in found if sheet is None or head.sheet == sheet]
    if not chosen:
        sheets = [head.sheet for head in found]
        raise InputError("{file} has no sheet “{sheet}”; it has: {found}.", file=file, sheet=sheet, found=sheets)
    if not any(any(cell.strip() for cell in row) for head in chosen for row in head.rows):
        raise InputError("{file} is empty; export it again.", file=file)
    given = _checked(columns or {}, kind, file)
    matches = [
        _match(layout, head, row, given) for head in chosen for row in _header_rows(head) for layout in candidates
    ]
    best = max(matches, key=lambda match: match.rank)
    others = [match for match in matches if match.layout is not best.layout]
    second = max(others, key=lambda match: match.rank, default=None)
    absent = [
        header
        for header in given.values()
        if header not in best.mapping.values() and _find(header, best.headers) is None
    ]
    if absent:
        raise InputError(
            "{file} has no column “{header}” (business.yml, columns). Found: {found}.",
            file=file, header=absent[0], found=_shown(best.headers),
        )  # fmt: skip
    return _recognition(best, second, found, sheet)


def require(recognition: Recognition, file: str) -> None:
    """Refuse a file that lacks a column nothing can be done without, or that may as well have another layout.

    Raises:
        InputError: which column, what was found, and what to add to business.yml; or which two layouts it may have.
    """
    if recognition.doubtful and recognition.runner_up is not None:
        best, other = recognition.guess, recognition.runner_up
        raise InputError(
            "{file} may be “{title}” ({score}) or “{other_title}” ({other_score}), which are read differently; say which: "
            "`format: {format}` or `format: {other_format}` in business.yml, or --format with “retention new”.",
            file=file, title=best.title, score=f"{best.score:.2f}", other_title=other.title,
            other_score=f"{other.score:.2f}", format=best.format, other_format=other.format,
        )  # fmt: skip
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
    spelt = {nfc(alias): role for role, aliases in reversed(layout.roles.items()) for alias in aliases}
    for role, aliases in layout.roles.items():
        # a header spelt exactly as another role's alias is that role's, however alike the two look
        open_to_it = [header for header in free if spelt.get(header, role) == role or header in aliases]
        found = next((h for alias in aliases if (h := _find(alias, open_to_it)) is not None), None)
        if role not in mapping and found is not None:
            mapping[role] = found
            free.remove(found)
    return mapping


def spares(layout: Format, headers: Sequence[str], mapping: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Role → further headers it may be taken from where its own cell is blank, best first (``first_filled``)."""
    taken = set(mapping.values())
    found = {}
    for role in layout.first_filled:
        further = (_find(alias, [h for h in headers if h not in taken]) for alias in layout.roles.get(role, ()))
        if role in mapping and (names := tuple(dict.fromkeys(name for name in further if name is not None))):
            found[role] = names
            taken.update(names)
    return found


def _find(wanted: str, headers: Sequence[str]) -> str | None:
    """The header spelt exactly so, else the first that is the same without case, accents and spaces."""
    exact = nfc(wanted)
    if exact in headers:
        return exact
    key = header_key(wanted)
    return next((header for header in headers if key and header_key(header) == key), None)


def _doubtful(best: _Match, second: _Match | None) -> bool:
    """Whether another layout is nearly as likely and would give other figures."""
    return (
        second is not None
        and second.complete
        and best.score < SURE_SCORE
        and best.score - second.score < MARGIN
        and best.reading != second.reading
    )


def _recognition(best: _Match, second: _Match | None, found: list[Head], sheet: str | None) -> Recognition:
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
    used = {
        *best.mapping.values(),
        *(h for names in spares(best.layout, best.headers, best.mapping).values() for h in names),
    }
    return Recognition(
        format=best.layout.id,
        title=best.layout.title,
        score=round(best.score, 3),
        mapping=best.mapping,
        unmapped=tuple(h for h in best.headers if h and h not in used),
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
        runner_up=Guess(second.layout.id, second.layout.title, round(second.score, 3)) if second else None,
        doubtful=_doubtful(best, second),
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
