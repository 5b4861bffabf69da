"""API dumps in JSON: records found under whatever envelope, nested objects as dotted headers, one row per line item.

The structure is asked of the engine (one small description of all records), the rows are cut by it as well; no record
passes through Python.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from helpers.errors import InputError
from helpers.intake import checking
from helpers.intake.formats import is_private
from helpers.intake.text import header_key

LINES = (
    "line_items", "lineitems", "order_lines", "orderlines", "order_details", "orderdetails", "invoice_details",
    "invoicedetails", "order_items", "orderitems", "sainvoicedetails", "returndetails", "details", "items", "products",
    "product_list", "lines", "item_list", "receipt_line_items",
)  # fmt: skip
"""What systems call the list of an order's lines, the surest first."""
_LINE_KEYS = {"quantity", "qty", "soluong", "currentquantity", "productid", "sku", "productname", "itemname"}
_DEEPEST = 6
_USUAL = 16 * 1024**2
"""Bytes of one document that are looked for at first."""
_NUMBERS = ("UBIGINT", "BIGINT", "DOUBLE")


@dataclass(frozen=True)
class Column:
    """One column of the flattened table: its header, where its value stands in the record or the line, its type."""

    header: str
    pointer: str
    kind: str
    of_line: bool = False


@dataclass(frozen=True)
class Layout:
    """How to cut a file.

    Attributes:
        envelope: keys from a document down to its records, each with how they are held there (``object``: one inside
            the other; ``array``; ``map``: under keys that are numbers; ``document``: the document is the record).
        lines: pointer to a record's lines and how they are held, where it has any. columns: from left to right.
        longest: bytes that a document of the file may have.
    """

    envelope: tuple[tuple[str, str], ...]
    lines: tuple[str, str] | None
    columns: tuple[Column, ...] = field(default=())
    longest: int = checking.LARGEST_JSON

    @property
    def headers(self) -> list[str]:
        """The headers, from left to right."""
        return [column.header for column in self.columns]


def layout(path: Path, file: str) -> Layout:
    """Find the records and their columns.

    Args:
        path: UTF-8 JSON: one document, several one after the other, or one per line.
        file: its name for messages.

    Raises:
        InputError: damaged, or without any record.
    """
    with tempfile.TemporaryDirectory(prefix="intake-") as spill, duckdb.connect() as con:
        con.execute(f"SET memory_limit = '{checking.JSON_MEMORY}B'")
        con.execute("SET temp_directory = ?", [spill])
        con.execute("SET preserve_insertion_order = false")
        try:
            found, longest = _structure(con, path)
        except duckdb.Error as fault:
            raise fault_of(file, fault) from fault
    envelope, record = _records(json.loads(found) if found else None)
    if not isinstance(record, dict) or not record:
        raise InputError("{file} holds no records; export the orders again, as a list of objects.", file=file)
    return replace(_columns(envelope, record), longest=longest)


def _structure(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[str | None, int]:
    """What all documents have between them, and how many bytes to keep ready for one.

    The engine takes twice that much memory before it reads anything, so the most is asked for only where it is needed.
    """
    most = min(max(path.stat().st_size, _USUAL), checking.LARGEST_JSON)
    for longest in sorted({_USUAL, most}):
        try:
            asked = f"SELECT json_group_structure(json)::VARCHAR FROM {documents(path, longest)}"  # noqa: S608
            found = con.execute(asked).fetchone()
            break
        except duckdb.InvalidInputException as fault:
            if longest == most or "maximum_object_size" not in str(fault):
                raise
    return (found[0] if found else None), longest


def documents(path: Path, longest: int) -> str:
    """The FROM clause for a file's documents of up to `longest` bytes (of a list: its elements), each in the column ``json``."""
    name = "".join(f"[{c}]" if c in "*?[" else c for c in str(path)).replace("'", "''")
    return (
        f"read_json('{name}', format = 'auto', records = 'false', columns = {{'json': 'JSON'}}, "
        f"maximum_object_size = {longest}, compression = 'uncompressed')"
    )


def rows(path: Path, cut: Layout) -> str:
    """The query that cuts a file into rows: columns c0…, in the order of the file.

    Args:
        path: the file the layout was found in.
        cut: its layout.
    """
    source = f"SELECT json AS record FROM {documents(path, cut.longest)}"  # noqa: S608
    for key, held in cut.envelope:
        source = f"SELECT {_held('record', key, held)} AS record FROM ({source})"  # noqa: S608
    source = f"SELECT record FROM ({source}) WHERE record IS NOT NULL AND json_type(record) <> 'NULL'"  # noqa: S608
    if cut.lines:
        source = f"SELECT record, {_held('record', *cut.lines, keep=True)} AS line FROM ({source})"  # noqa: S608
    of_record = [column for column in cut.columns if not column.of_line]
    of_line = [column for column in cut.columns if column.of_line]
    cells = f"json_extract_string(record, {_list(of_record)}) AS r" if of_record else "NULL AS r"
    if of_line:
        cells += f", json_extract_string(line, {_list(of_line)}) AS l"
    places = {column: f"r[{i + 1}]" for i, column in enumerate(of_record)}
    places |= {column: f"l[{i + 1}]" for i, column in enumerate(of_line)}
    chosen = ", ".join(f"{_typed(places[column], column.kind)} AS c{i}" for i, column in enumerate(cut.columns))
    return f"SELECT {chosen} FROM (SELECT {cells} FROM ({source}))"  # noqa: S608


def _held(value: str, pointer: str, held: str, *, keep: bool = False) -> str:
    """What stands under a key: itself, or each element of a list, or each value of a map.

    Args:
        value: SQL of the JSON value. pointer: JSON pointer into it. held: as in :class:`Layout`.
        keep: a record without any element keeps one row.
    """
    inner = f"json_extract({value}, {_text(pointer)})" if pointer else value
    if held == "object":
        return inner
    # an API that numbers its orders sends an empty list where it has none
    listed = f"CASE json_type({inner}) WHEN 'ARRAY' THEN json_extract({inner}, '$[*]') ELSE NULL END"
    if held == "map":
        listed = f"CASE json_type({inner}) WHEN 'OBJECT' THEN json_extract({inner}, '$.*') ELSE {listed} END"
    if keep:
        listed = f"CASE WHEN len({listed}) > 0 THEN {listed} ELSE [NULL::JSON] END"
    return f"unnest({listed})"


def _records(structure: Any) -> tuple[tuple[tuple[str, str], ...], Any]:
    """The way from a document to its records: down the one key that holds a list of objects."""
    steps: list[tuple[str, str]] = []
    for _ in range(_DEEPEST):
        if isinstance(structure, list):
            steps.append(("", "array"))
            structure = structure[0] if structure else None
            continue
        if _is_map(structure):
            steps.append(("", "map"))
            structure = _merged(structure)
            continue
        inside = _inside(structure)
        if inside is None:
            break
        key, held, structure = inside
        steps.append((f"/{_escaped(key)}", held))
    return tuple(steps), structure


_ENVELOPES = ("orders", "data", "value", "items", "results", "result", "records", "rows", "edges", "node", "list", "invoices",
              "customers", "receipts", "content", "response", "payload", "objects", "payments", "transactions")  # fmt: skip
_ABOUT_PAGES = re.compile(
    r"(total|num|number|record|item|row|result|order|page|next|prev|previous|first|last|current|has|is|per|count|size|"
    r"limit|offset|cursor|success|ok|status|state|code|message|messages|msg|error|errors|warning|warnings|timestamp|time|id|"
    r"request|response|json|rpc|version|kind|etag|link|links|url|meta|metadata|context|extensions|cost|environment|"
    r"removed|removeid|removeids|from|to|more|of|s|info|paging|pagination|sync|server|odata|type|summary|object)+"
)
"""Keys that stand beside the records of an envelope."""


def _inside(structure: Any) -> tuple[str, str, Any] | None:
    """The key of an envelope that leads to the records; missing when the object is a record itself."""
    if not isinstance(structure, dict):
        return None
    around = [key for key in structure if not _ABOUT_PAGES.fullmatch(header_key(key))]
    for wanted in _ENVELOPES:
        for key in structure:
            # beside its records an envelope has figures about pages only
            if key.lower() != wanted or set(around) - {key}:
                continue
            inner = structure[key]
            if isinstance(inner, list) and inner and isinstance(inner[0], dict) and not _are_lines(key, inner[0]):
                return key, "array", inner[0]
            if inner == ["NULL"]:
                return key, "array", None
            if _is_map(inner):
                return key, "map", _merged(inner)
            if isinstance(inner, dict):
                return key, "object", inner
    return None


def _are_lines(key: str, element: dict[str, Any]) -> bool:
    """Whether a list is the lines of one order rather than a page of records."""
    return key.lower() in LINES and bool(_LINE_KEYS & {header_key(name) for name in element})


def _is_map(structure: Any) -> bool:
    """Whether an object is a list whose elements stand under their numbers."""
    return (
        isinstance(structure, dict)
        and bool(structure)
        and all(re.fullmatch(r"\d+", key) for key in structure)
        and all(isinstance(inner, dict) for inner in structure.values())
    )


def _merged(structure: dict[str, Any]) -> dict[str, Any]:
    """What the values of a map have between them."""
    merged: dict[str, Any] = {}
    for inner in structure.values():
        for key, kind in inner.items():
            known = merged.get(key)
            if known is None or known == "NULL":
                merged[key] = kind
            elif isinstance(known, dict) and isinstance(kind, dict):
                merged[key] = _merged({"0": known, "1": kind})
            elif isinstance(known, str) and isinstance(kind, str) and known != kind != "NULL":
                merged[key] = "DOUBLE" if {known, kind} <= set(_NUMBERS) else "VARCHAR"
    return merged


def _columns(envelope: tuple[tuple[str, str], ...], record: dict[str, Any]) -> Layout:
    lines = _lines(record)
    columns = _flat(record, "", "", lines[0] if lines else None, of_line=False)
    found = None
    if lines:
        key, held, line = lines
        found = (f"/{_escaped(key)}", held)
        columns += _flat(line, f"{key}.", "", None, of_line=True)
    return Layout(envelope, found, tuple(columns))


def _lines(record: dict[str, Any]) -> tuple[str, str, dict[str, Any]] | None:
    """The key of a record's lines: by its name, else the first list whose elements look like lines."""
    lists = {}
    for key, inner in record.items():
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            lists[key] = ("array", inner[0])
        elif _is_map(inner):
            lists[key] = ("map", _merged(inner))
    by_name = {key.lower(): key for key in reversed(lists)}
    named = [by_name[name] for name in LINES if name in by_name]
    alike = [key for key, (_, line) in lists.items() if _LINE_KEYS & {header_key(name) for name in line}]
    chosen = next(iter([*named, *alike]), None)
    return (chosen, *lists[chosen]) if chosen is not None else None


def _flat(structure: dict[str, Any], prefix: str, pointer: str, lines: str | None, *, of_line: bool) -> list[Column]:
    """One column per plain value; lists of plain values as their text; identity-card numbers and lists of objects not at all."""
    found = []
    for key, kind in structure.items():
        header, place = f"{prefix}{key}", f"{pointer}/{_escaped(key)}"
        if (not prefix and key == lines) or is_private(header):
            continue
        if isinstance(kind, dict) and kind:
            if place.count("/") <= _DEEPEST:
                found += _flat(kind, f"{header}.", place, None, of_line=of_line)
        elif isinstance(kind, str) and kind != "JSON":
            found.append(Column(header, place, kind, of_line))
        elif isinstance(kind, list) and isinstance(kind[0], str) and kind[0] != "JSON":
            found.append(Column(header, place, "VARCHAR", of_line))
        # the rest: a value that is now an object and now something else may hide a private key
    return found


def _typed(cell: str, kind: str) -> str:
    """Numbers as numbers: as text, 1.234 would be taken for thousands."""
    if kind in _NUMBERS:
        return f"TRY_CAST({cell} AS {kind})"
    return cell


def _list(columns: list[Column]) -> str:
    return "[" + ", ".join(_text(column.pointer) for column in columns) + "]"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _escaped(key: str) -> str:
    """A key as part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def fault_of(file: str, fault: duckdb.Error) -> InputError:
    """The user's sentence for what the engine says about a file."""
    if isinstance(fault, duckdb.OutOfMemoryException):
        return InputError(
            "{file} needs more than {limit} GB of memory; export a shorter period.",
            file=file, limit=checking.JSON_MEMORY / checking.GIGABYTE,
        )  # fmt: skip
    return InputError("{file} is damaged and cannot be read; export it again.", file=file)
