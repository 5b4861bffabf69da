"""Every file of a client's folder: what kind of place it is for personal data, and the same file without somebody."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from helpers import files
from helpers.business import Business, Source
from helpers.errors import InputError
from helpers.intake import checking, forgotten
from helpers.intake.formats import formats, is_private
from helpers.intake.reading import heads, unique
from helpers.intake.recognition import among, spares
from helpers.intake.text import nfc
from helpers.intake.textfile import read_head
from helpers.privacy import sheets, tables
from helpers.privacy.person import Person
from helpers.privacy.rows import Columns

WORDS = (".html", ".json", ".ipynb", ".yml", ".yaml", ".svg", ".md", ".ics", ".log", ".css")
"""Files of ours that are running text."""
_BOOKS = (".xlsx", ".xlsm")
_LOOKED_INTO = 2_000_000_000
_LIST = Columns("list", {})


@dataclass(frozen=True)
class Known:
    """A file that business.yml names: the table it feeds, and how it says it is read."""

    kind: str
    source: Source


def every_file(client: Path) -> Iterator[Path]:
    """Every file below a client's folder; nothing a link leads to, no locks, and not the record of those forgotten."""
    for folder, names, found in os.walk(client, followlinks=False):
        names[:] = sorted(name for name in names if not (Path(folder) / name).is_symlink())
        for name in sorted(found):
            path = Path(folder) / name
            if not path.is_symlink() and not name.endswith(".lock") and path != client / forgotten.FILE:
                yield path


def named(client: Path, business: Business) -> dict[Path, Known]:
    """The files business.yml names, those in its folders of exports one by one, wherever they are."""
    said = [(kind, source) for kind, group in business.sources.items() for source in group if source.file]
    lists = [f for one in business.campaigns for f in (one.treated, one.holdout, one.outcomes) if f]
    said += [("people_list", Source(file=file)) for file in lists]
    found: dict[Path, Known] = {}
    for kind, source in said:
        path = client / Path(str(source.file)).expanduser()
        for one in sorted(path.iterdir()) if path.is_dir() else [path]:
            if one.is_file():
                found[one.resolve()] = Known(kind, source)
    return found


def without(path: Path, person: Person, known: Known | None, *, ours: bool) -> int | None:
    """Write a file again without somebody.

    Args:
        known: what business.yml says of it. ours: it is a list a run wrote.

    Returns:
        Rows (or lines of text) changed; None where it is of a kind that cannot be written again.
    """
    kind = path.suffix.lower()
    if kind == ".parquet" and path.parent.name == "tables":
        return tables.without(path, person)
    if kind in checking.TEXT or kind in _BOOKS or kind == ".parquet":
        columns = _LIST if ours else _columns(path, known)
        if kind == ".parquet":
            return tables.without_in_export(path, columns, person)
        return _in_text(path, columns, person) if kind in checking.TEXT else _in_book(path, columns, person)
    if kind in WORDS and known is None:
        return _in_words(path, person)
    return None


def _columns(path: Path, known: Known | None) -> Columns:
    """Which role stands in which column; a file nobody can recognise is looked at cell by cell."""
    kind, source = (known.kind, known.source) if known else ("orders", Source())
    with suppress(InputError):
        opened = heads(path)
        found = among(opened, path.name, source.columns, source.format, kind=kind, sheet=source.sheet)
        if found.missing and known is None:
            return _LIST
        headers = unique([nfc(cell) for cell in found.head.rows[found.header_row]])
        roles = {header: role for role, header in found.mapping.items()}
        for role, more in spares(formats()[found.format], headers, found.mapping).items():
            roles |= dict.fromkeys(more, role)
        places = {n: roles[header] for n, header in enumerate(headers) if header in roles and not is_private(header)}
        return Columns(kind, places)
    return _LIST


def _in_text(path: Path, columns: Columns, person: Person) -> int | None:
    head = read_head(path)
    content = path.read_bytes()
    try:
        text = content.decode(head.encoding)
        if text.encode(head.encoding) != content:
            return None
    except UnicodeError:
        return None
    new, changed = sheets.without_in_text(text, head.delimiter, columns, person)
    if changed:
        files.write_bytes(path, new.encode(head.encoding), private=True)
    return changed


def _in_book(path: Path, columns: Columns, person: Person) -> int | None:
    try:
        new, changed = sheets.without_in_workbook(path.read_bytes(), columns, person)
    except (ValueError, KeyError):
        return None
    if changed:
        files.write_bytes(path, new, private=True)
    return changed


def _in_words(path: Path, person: Person) -> int | None:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeError:
        return None
    if path.suffix.lower() == ".ics":
        text = text.replace("\r\n ", "")
    new = person.masked(text)
    if new == text:
        return 0
    _put(path, new)
    return sum(a != b for a, b in zip(text.split("\n"), new.split("\n"), strict=False))


def replace_words(path: Path, words: dict[str, str]) -> None:
    """Put other words into a text of ours: the fingerprints of lists that were written again."""
    with suppress(UnicodeError):
        text = path.read_bytes().decode("utf-8")
        new = text
        for old, put in words.items():
            new = new.replace(old, put)
        if new != text:
            _put(path, new)


def _put(path: Path, text: str) -> None:
    private = path.stat().st_mode & 0o077 == 0
    files.write_bytes(path, text.encode(), private=private)


def still_names(path: Path, person: Person) -> bool:
    """Whether a file holds somebody, looked at as what it is: texts, sheets, archives, tables."""
    if person.stands_in(path.name):
        return True
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _in_table(path, person)
    content = path.read_bytes()
    return any(person.stands_in(text) for text in _texts(content, kind))


def _texts(content: bytes, kind: str) -> Iterator[str]:
    if zipfile.is_zipfile(io.BytesIO(content)):
        broken = (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError)
        with suppress(*broken), zipfile.ZipFile(io.BytesIO(content)) as packed:
            for part in packed.infolist():
                if part.file_size <= _LOOKED_INTO:
                    yield from _texts(packed.read(part), Path(part.filename).suffix.lower())
        return
    if content[:2] == b"\x1f\x8b":
        with suppress(OSError, EOFError, zlib.error), gzip.open(io.BytesIO(content)) as opened:
            yield from _texts(opened.read(_LOOKED_INTO), "")
        return
    for encoding in ("utf-8", "utf-16", "cp1258") if kind in checking.TEXT else ("utf-8",):
        with suppress(UnicodeError):
            yield content.decode(encoding, errors="ignore")
    if kind in checking.JSON or kind == ".ipynb":
        with suppress(ValueError):
            yield json.dumps(json.loads(content), ensure_ascii=False)


def _in_table(path: Path, person: Person) -> bool:
    try:
        table = parquet.read_table(path)
    except (OSError, pa.ArrowException):
        return person.stands_in(path.read_bytes().decode("utf-8", errors="ignore"))
    for name in table.column_names:
        called = person.all_codes if name in ("customer_id", "key_value") else frozenset[str]()
        values = (str(value) for value in table[name].unique().to_pylist() if value is not None)
        if any(value in called or person.stands_in(value) for value in values):
            return True
    return False
