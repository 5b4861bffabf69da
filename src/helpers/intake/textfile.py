"""Delimited text as it comes: encoding, line ends and delimiter found from the bytes, made UTF-8 only when needed."""

from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from charset_normalizer import from_bytes

from helpers.errors import InputError

HEAD_BYTES = 256 * 1024
HEAD_ROWS = 40
_BLOCK = 4 * 1024 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ",;\t|"
_RARE_DELIMITERS = "^~¦§#*!\x1f\x1e\x01"
"""Looked at only where none of the usual ones cuts the file into columns."""
_CLEAR = 0.5
"""Share of rows a usual delimiter must cut alike to be beyond doubt."""
_CERTAIN = 0.8
"""Share of rows cut alike from which the first rows need not be asked; a few lines above a table say nothing about it."""
_FEW = 0.02
"""Share of control characters up to which a file is text with faults."""


@dataclass(frozen=True)
class TextHead:
    """The first rows of a delimited file.

    Attributes:
        encoding: Python codec name. delimiter: one character. rows: the first rows, as text cells.
    """

    encoding: str
    delimiter: str
    rows: list[list[str]]


def read_head(path: Path) -> TextHead:
    """Encoding, delimiter and first rows, from the first 256 kB.

    Raises:
        InputError: the file is not text.
    """
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    encoding = _encoding(start, path.name)
    whole = len(start) < HEAD_BYTES
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(start, final=whole)
    text = unicodedata.normalize("NFC", text)
    if not whole:
        text = text[: text.rfind("\n") + 1] or text
    text = text.removeprefix("\ufeff")
    said = re.match(r"sep=([^\r\n])\r?\n", text)
    delimiter = said[1] if said else _delimiter(text)
    return TextHead(encoding, delimiter, _rows(text, delimiter))


def as_utf8(path: Path, encoding: str, folder: Path) -> Path:
    """The file itself when DuckDB can read it as it is, else a UTF-8 copy in `folder` with plain line ends.

    The whole file is looked through once, in blocks: one that begins as plain ASCII may hold other bytes further down.
    """
    if encoding in ("utf-8", "utf-8-sig"):
        if _is_plain_utf8(path):
            return path
        encoding = encoding if _decodes(path, "utf-8") else _legacy(path)
    handle = tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv", dir=folder, delete=False)  # noqa: SIM115
    with path.open("r", encoding=encoding, errors="replace", newline=None) as source, handle as target:
        while block := source.read(_BLOCK):
            # a combining mark may be the first character of the next block: finish the line first
            block += source.readline(_BLOCK)
            target.write(unicodedata.normalize("NFC", block.replace("\x00", "")))
    return Path(handle.name)


def _encoding(start: bytes, name: str) -> str:
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return encoding
    if b"\x00" in start:
        for encoding, zeros in (("utf-16-le", start[1:2000:2]), ("utf-16-be", start[0:2000:2])):
            if zeros.count(0) > 0.6 * len(zeros):
                return encoding
        if start.count(0) > _FEW * len(start):
            raise InputError("{file} is not a text file; export it again as .csv or .xlsx.", file=name)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start, final=len(start) < HEAD_BYTES)
    except UnicodeDecodeError:
        return _guess(start, name)
    return "utf-8"


def _guess(start: bytes, name: str) -> str:
    """One-byte encodings: Vietnamese Windows first, as its bytes are letters with tone marks on their own."""
    if sum(byte < 9 or 13 < byte < 32 for byte in start) > _FEW * len(start):
        raise InputError("{file} is not a text file; export it again as .csv or .xlsx.", file=name)
    likely = from_bytes(start[:65536], cp_isolation=["cp1258", "cp1252"]).best()
    try:
        # tone marks of their own and đ, ơ, ư are what only Vietnamese text has
        vietnamese = start.decode("cp1258")
        marks = sum(c in "\u0300\u0301\u0303\u0309\u0323đĐơƠưƯ" for c in vietnamese)
        strange = sum(c in "ÌÒÞÕõìòþðÐ" for c in start.decode("cp1252", "replace"))
        if marks and marks >= strange:
            return "cp1258"
    except UnicodeDecodeError:
        return "cp1252"
    return likely.encoding if likely else "cp1252"


def _legacy(path: Path) -> str:
    """The encoding of a file that only turned out not to be UTF-8 below its head."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if not block.isascii():
                return _guess(block, path.name)
    return "cp1252"


def _is_plain_utf8(path: Path) -> bool:
    """Valid UTF-8, no NUL, and one kind of line end throughout."""
    ends = set()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            # up to the end of a line, so that no character and no line end is cut in two
            block += file.readline(_BLOCK)
            if b"\x00" in block or not _valid_utf8(block):
                return False
            ends.add(_line_end(block))
    return ends <= {b"\n"} or ends == {b"\r\n"}


def _line_end(block: bytes) -> bytes:
    """The line end of a block, or nothing where it has several."""
    if b"\r" not in block:
        return b"\n"
    returns, lines, pairs = (block.count(end) for end in (b"\r", b"\n", b"\r\n"))
    return b"\r\n" if returns == lines == pairs else b""


def _valid_utf8(block: bytes) -> bool:
    """Whether bytes are UTF-8; Arrow looks at several at a time, a codec at each."""
    ends = np.array([0, len(block)], np.int32).tobytes()
    text = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(ends), pa.py_buffer(block)])
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
    return True


def _delimiter(text: str) -> str:
    """The character that cuts the most rows of the head into the same, largest number of cells."""
    clear, _, usual = max((_fit(text, candidate) for candidate in _DELIMITERS), key=lambda fit: fit[0] * fit[1])
    if clear < _CLEAR:
        # a rare one must cut nearly every row alike, the header included: masked numbers are full of stars
        rare = [_fit(text, candidate) for candidate in _RARE_DELIMITERS]
        share, width, best = max(rare, key=lambda fit: fit[0] * fit[1])
        if share > 1 - _CLEAR and width == next((len(row) for row in _rows(text, best) if any(row)), 0):
            return best
    if clear < _CERTAIN and _opening(text, usual) < 2:
        # ragged rows below, and a heading this one does not cut at all: a table another one opens is the likelier
        width, other = max((_opening(text, candidate), candidate) for candidate in _DELIMITERS)
        if width > 2:
            return other
    return usual if clear else ","


def _opening(text: str, delimiter: str) -> int:
    """Cells of the first row with something in it, if the next has as many; else 0."""
    first, second, *_ = *(len(row) for row in _rows(text, delimiter) if any(row)), 0, 0
    return first if first == second else 0


def _fit(text: str, delimiter: str) -> tuple[float, int, str]:
    """The share of rows cut into the usual number of cells, that number, and the delimiter."""
    widths = [len(row) for row in _rows(text, delimiter)] if delimiter in text else []
    usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width), default=1)
    return (widths.count(usual) / len(widths) if usual > 1 else 0.0), usual, delimiter


def _rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) == HEAD_ROWS:
                break
    except csv.Error:
        return rows
    return rows
