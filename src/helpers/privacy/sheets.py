"""Files of rows without somebody: text cut into cells, workbooks, Parquet. What is not touched stays as it was, byte for byte."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from html import escape, unescape
from itertools import count

from helpers.privacy.person import Person
from helpers.privacy.rows import Columns, judged

_ROW = re.compile(r"<row\b[^>]*?(?:/>|>.*?</row>)", re.DOTALL)
_CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_TEXT = re.compile(r"<t\b[^>]*?(?:/>|>(.*?)</t>)", re.DOTALL)
_SHARED = re.compile(r"<si\b[^>]*?(?:/>|>(.*?)</si>)", re.DOTALL)
_LARGEST = 2_000_000_000


def without_in_text(text: str, delimiter: str, columns: Columns, person: Person) -> tuple[str, int]:
    """A text of rows without somebody, and how many rows were changed or left out."""
    out: list[str] = []
    last = changed = 0
    for start, spans, end in _records(text, delimiter):
        cells = [_bare(text[a:b]) for a, b in spans]
        change = judged(cells, columns, person)
        if change is None:
            continue
        changed += 1
        out.append(text[last:start])
        last = start
        if change.leave_out:
            last = end
            continue
        for place, new in sorted((change.cells or {}).items()):
            a, b = spans[place]
            out.append(text[last:a] + (_quoted(new, delimiter) if new else ""))
            last = b
    return "".join([*out, text[last:]]), changed


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[tuple[int, int]], int]]:
    """Each record: where it starts, from where to where its cells go, where the next one starts."""
    mark = re.escape(delimiter)
    cell = re.compile(rf'(?:"(?:[^"]|"")*"(?=[^\S\r\n]*(?:{mark}|[\r\n]|\Z))|[^{mark}\r\n]*)')
    start = at = 1 if text.startswith("\ufeff") else 0
    spans: list[tuple[int, int]] = []
    while at <= len(text):
        found = cell.match(text, at)
        assert found is not None  # the second alternative matches nothing at all
        stop = found.end()
        while stop < len(text) and text[stop] not in (delimiter, "\r", "\n"):
            stop += 1  # blanks behind a closing quotation mark
        spans.append((at, stop))
        if stop < len(text) and text[stop] == delimiter:
            at = stop + 1
            continue
        after = stop + (2 if text[stop : stop + 2] == "\r\n" else 1)
        if text[start:stop].strip():
            yield start, spans, min(after, len(text))
        start, at, spans = after, after, []


def _bare(cell: str) -> str:
    bare = cell.strip()
    return bare[1:-1].replace('""', '"') if len(bare) > 1 and bare[0] == bare[-1] == '"' else bare


def _quoted(text: str, delimiter: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in f'{delimiter}"\r\n') else text


def without_in_workbook(content: bytes, columns: Columns, person: Person) -> tuple[bytes, int]:
    """An .xlsx without somebody, and how many rows were changed; nothing but their cells and texts is other than before.

    Raises:
        ValueError: it is no workbook of this kind.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            if sum(part.file_size for part in book.infolist()) > _LARGEST:
                raise ValueError("too large")
            parts = {part: book.read(part) for part in book.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as fault:
        raise ValueError("no workbook") from fault
    names = {part.filename: part for part in parts}
    strings = names.get("xl/sharedStrings.xml")
    shared = _SHARED.findall(parts[strings].decode("utf-8")) if strings else []
    texts = [unescape("".join(_TEXT.findall(inner))) for inner in shared]
    changed, used = 0, set[int]()
    for name, part in names.items():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            sheet, n, referred = _sheet(parts[part].decode("utf-8"), texts, columns, person)
            parts[part], changed = sheet.encode(), changed + n
            used |= referred
    if not changed:
        return content, 0
    if strings:
        parts[strings] = _strings(parts[strings].decode("utf-8"), used).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for part, inner in parts.items():
            book.writestr(part, inner)
    return out.getvalue(), changed


def _sheet(xml: str, texts: list[str], columns: Columns, person: Person) -> tuple[str, int, set[int]]:
    """A sheet's XML without them, rows changed, and the numbers of the shared texts it still shows."""
    changed, used = 0, set[int]()

    def row(found: re.Match[str]) -> str:
        nonlocal changed
        inner = list(_CELL.finditer(found.group()))
        at = {_place(cell.group(1), n): cell for n, cell in enumerate(inner)}
        told = {place: _value(cell, texts) for place, cell in at.items()}
        cells = [told.get(place, "") for place in range(max(told, default=-1) + 1)]
        change = judged(cells, columns, person)
        if change is None:
            used.update(n for cell in inner if (n := _reference(cell)) is not None)
            return found.group()
        changed += 1
        if change.leave_out:
            return ""
        other: Mapping[int, str] = change.cells or {}

        def cell(one: re.Match[str]) -> str:
            place = next(place for place, known in at.items() if known.start() == one.start())
            if place not in other:
                used.update(n for n in [_reference(one)] if n is not None)
                return one.group()
            kept = re.sub(r'\st="[^"]*"', "", one.group(1))
            if not other[place]:
                return f"<c{kept}/>"
            return f'<c{kept} t="inlineStr"><is><t>{escape(other[place], quote=False)}</t></is></c>'

        return _CELL.sub(cell, found.group())

    return _ROW.sub(row, xml), changed, used


def _place(attributes: str, number: int) -> int:
    found = re.search(r'\br="([A-Z]+)\d+"', attributes)
    if not found:
        return number
    place = 0
    for letter in found.group(1):
        place = place * 26 + ord(letter) - 64
    return place - 1


def _reference(cell: re.Match[str]) -> int | None:
    value = re.search(r"<v>(\d+)</v>", cell.group(2) or "")
    return int(value.group(1)) if value and re.search(r'\bt="s"', cell.group(1)) else None


def _value(cell: re.Match[str], texts: list[str]) -> str:
    number = _reference(cell)
    if number is not None:
        return texts[number] if number < len(texts) else ""
    inner = cell.group(2) or ""
    value = re.search(r"<v>(.*?)</v>", inner, re.DOTALL)
    return unescape(value.group(1)) if value else unescape("".join(_TEXT.findall(inner)))


def _strings(xml: str, used: set[int]) -> str:
    """The shared texts, emptied where no cell shows them any more."""
    numbers = count()

    def one(found: re.Match[str]) -> str:
        number = next(numbers)
        return found.group() if number in used else "<si><t/></si>"

    return _SHARED.sub(one, xml)
