"""People who asked to be forgotten: known again by a keyed hash alone, and without a trace of who they are in any later load.

Their sales stay as sales of nobody, because the books must not change; every other row about them is set aside without its text.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from helpers.errors import InputError
from helpers.intake import phones
from helpers.intake.identity import email
from helpers.intake.reading import drop
from helpers.intake.resolution import Resolved, Rows
from helpers.intake.resolution.records import WRITTEN, system_of
from helpers.intake.text import folded

FILE = "forgotten.json"
"""In the client's folder, readable by its owner alone: a random key, and hashes under it. Whoever has one without the other has nothing."""
REASON = "forgotten"
_BLOCK = 64
_hex = ibis.udf.scalar.builtin(lambda text: ..., name="hex", signature=(("string",), "string"))
_unhex = ibis.udf.scalar.builtin(lambda digits: ..., name="unhex", signature=(("string",), "binary"))
_sha256 = ibis.udf.scalar.builtin(lambda content: ..., name="sha256", signature=(("binary",), "string"))


@dataclass(frozen=True)
class Forgotten:
    """Whom a client's data must not name again.

    Attributes:
        secret: the client's own random key. marks: :meth:`mark` of every key they had.
    """

    secret: bytes
    marks: frozenset[str]

    def mark(self, kind: str, value: str, system: str | None = None) -> str:
        """HMAC-SHA-256 of one key. `kind` is as in ``tables.IDENTITIES``, or ``name``; a code without system stands for itself."""
        return hmac.new(self.secret, _text(kind, system, value).encode(), hashlib.sha256).hexdigest()

    def has(self, kind: str, value: Any, system: Any = None) -> Any:
        """Whether a column of keys holds one of theirs; false where it is missing. The twin of :meth:`mark` in the engine."""
        head = ibis.literal(f"{kind}\x1f") if isinstance(kind, str) else kind + "\x1f"
        middle = ibis.literal("\x1f") if system is None else system.fill_null("") + "\x1f"
        inner = _sha256(_unhex(ibis.literal(_pad(self.secret, 0x36)) + _hex(head + middle + value)))
        marked = _sha256(_unhex(ibis.literal(_pad(self.secret, 0x5C)) + inner))
        return marked.isin(sorted(self.marks)).fill_null(False)


def _text(kind: str, system: str | None, value: str) -> str:
    return f"{kind}\x1f{system or ''}\x1f{value}"


def _pad(secret: bytes, byte: int) -> str:
    """The key as RFC 2104 lays it before a message, in hexadecimal digits."""
    return bytes(one ^ byte for one in secret.ljust(_BLOCK, b"\0")).hex().upper()


def load(folder: Path) -> Forgotten | None:
    """Whom a client's folder says is forgotten; None where nobody is.

    Raises:
        InputError: the record is there and cannot be read. Going on without it would bring people back.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        marks = frozenset(mark for one in found["people"] for mark in one["marks"])
        return Forgotten(bytes.fromhex(found["key"]), marks) if marks else None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise InputError(
            "{file} says whom this client's data must not name again and cannot be read; put the last good copy back.",
            file=FILE,
        ) from fault


@dataclass(frozen=True)
class Gone:
    """What a load took apart.

    Attributes:
        record: by which it knew them. ids: what the resolution called them. orders: numbers of the orders that were theirs (one column).
    """

    record: Forgotten
    ids: frozenset[str] = frozenset()
    orders: ir.Table | None = field(default=None, compare=False)

    def speaks_of(self, rows: ir.Table, book: ir.Table, country: str) -> Any:
        """Whether rows of an optional table, as `resolution.resolve` leaves them, are about somebody forgotten."""
        them = self.record
        named = rows.customer_id
        known = book.filter(book.kind == "id").value
        mine = [
            named.isin(sorted(self.ids)) if self.ids else ibis.literal(False),
            them.has("phone", rows.of_phone),
            them.has("email", rows.of_email),
            # a customer column may hold any kind of key; what somebody else is called is not theirs
            them.has("code", named) & ~named.isin(known),
            them.has("phone", phones.normalised(phones.digits(named, country), country)),
            them.has("email", named.lower()),
        ]
        if self.orders is not None and "p_order_id" in rows.columns:
            mine.append(rows.p_order_id.isin(self.orders.order_id))
        return ibis.or_(*(one.fill_null(False) for one in mine))

    def without_text(self, con: Any, rejects: ir.Table, country: str) -> ir.Table:
        """Rows set aside, without the text of those in which a key or the name of somebody forgotten stands."""
        pieces = rejects.filter(rejects.raw.notnull()).select("source_file", "source_row", "raw")
        pieces = pieces.select("source_file", "source_row", piece=pieces.raw.re_split(r'[",;\t|{}\r\n]+').unnest())
        pieces = pieces.mutate(piece=pieces.piece.strip())
        pieces = pieces.filter(pieces.piece.length() > 1)
        pieces = con.create_table(ibis.util.gen_name("pieces"), pieces, temp=True)
        them, piece = self.record, pieces.piece
        hit = pieces.filter(
            them.has("code", piece)
            | them.has("phone", phones.normalised(phones.digits(piece, country), country))
            | them.has("email", email(piece))
            | them.has("name", folded(piece))
        )
        hit = con.create_table(ibis.util.gen_name("hit"), hit.select("source_file", "source_row").distinct(), temp=True)
        drop(con, pieces.get_name())
        marked = rejects.left_join(hit, ["source_file", "source_row"])
        silent = marked.source_row_right.notnull() | (marked.reason == REASON)
        text = silent.ifelse(ibis.null("string"), marked.raw)
        found = marked.mutate(raw=text).select(*rejects.columns)
        return con.create_table(ibis.util.gen_name("rejects"), found, temp=True)


def taken_out(
    con: Any, record: Forgotten, sold: Sequence[Rows], listed: Sequence[Rows], who: Resolved
) -> tuple[Resolved, Gone]:
    """Take the customer from every order of somebody forgotten, and set their rows in lists of customers aside.

    The staged tables are changed in place. Call it when everything that needs to know whose an order is has been done.

    Args:
        con: the engine. record: whom to look for. sold: staged orders. listed: staged lists. who: as the resolution left it.

    Returns:
        The resolution without them, and what was taken apart.
    """
    ids = frozenset(_ids(con, record, who.identities))
    orders = None
    for part in (*sold, *listed):
        rows = part.table
        mine = record.has("code", rows.customer_id, system_of(part))
        mine = mine | record.has("phone", rows.phone) | record.has("email", rows.email)
        if ids:
            mine = mine | rows.customer_id.isin(sorted(ids)).fill_null(False)
        numbers = {"order_id": rows.order_id} if part.dated else {}
        name = ibis.util.gen_name("gone")
        gone = con.create_table(name, rows.filter(mine).select("file_no", "source_row", **numbers), temp=True)
        _emptied(con, rows.get_name(), name, record, dated=part.dated)
        orders = gone if part.dated else orders
    left = who.identities
    if left is not None and ids:
        left = left.filter(left.customer_id.isnull() | ~left.customer_id.isin(sorted(ids)))
    return replace(who, identities=left), Gone(record, ids, orders)


def _ids(con: Any, record: Forgotten, identities: ir.Table | None) -> Iterable[str]:
    if identities is None:
        return ()
    named = identities.filter(identities.customer_id.notnull())
    theirs = named.filter(record.has(named.key_kind, named.key_value, named.system))
    found: list[str] = con.to_pyarrow(theirs.select("customer_id").distinct())["customer_id"].to_pylist()
    return found


def _emptied(con: Any, table: str, gone: str, record: Forgotten, *, dated: bool) -> None:
    """Nobody's rows: an order keeps its number, unless intake made it up from the customer; a list's row is set aside."""
    changes = [f"{name} = NULL" for name in WRITTEN]
    if dated:
        inner = f"sha256(unhex('{_pad(record.secret, 0x36)}' || hex(s.order_id)))"
        changes.append(
            f"order_id = CASE WHEN s.order_id LIKE '%auto-%' THEN 'auto-' || left(sha256(unhex('{_pad(record.secret, 0x5C)}' || {inner})), 16) "
            "ELSE s.order_id END"
        )
    else:
        changes.append(f"reason = '{REASON}'")
    con.raw_sql(
        f"UPDATE {table} AS s SET {', '.join(changes)} FROM {gone} AS g WHERE s.file_no = g.file_no AND s.source_row = g.source_row"  # noqa: S608 – names of our own
    )


def of_table(table: ir.Table, otherwise: ir.Table) -> ir.Table:
    """The table in the engine behind staged rows: themselves, or the one of which they are a view."""
    return table if isinstance(table.op(), ops.DatabaseTable) else otherwise
