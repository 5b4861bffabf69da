"""The expressions of intake on engines that are not DuckDB: what only DuckDB knows is said in words all of them share.

Columns are brought to their type first (:func:`figure`, :func:`moment`): typed ones are cast, of text only plain
decimals and ISO dates are read, and no cast can fail on a row. The staging of orders then builds the very expressions
it builds for files; :func:`translated` rewrites the few functions and patterns that DuckDB alone has. So nothing about
layouts, roles, reasons or money is said twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
from phonenumbers import PhoneMetadata

from helpers.intake.parsing import FIGURE

_SPACE = "[\\s\u00a0\u2007\u202f\ufeff]"
_ISO = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?)?$"
)
_ISO_SHAPE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?$"
_DECIMAL = r"^[+-]?[0-9]{1,12}([.][0-9]{1,10})?$"
_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}[.][0-9]{3}$"
_WRITTEN = rf"{FIGURE}|^[0-9]+tr[0-9]+$"
WRITTEN = datetime(1800, 1, 1)
"""Stands for a cell that holds something which is no date: written, and outside every range that is accepted."""


class Untranslatable(Exception):
    """An expression holds something that only DuckDB can do."""


def trimmed(column: Any) -> Any:
    """Text without white space around it, blank as missing."""
    return column.re_replace(f"^{_SPACE}+|{_SPACE}+$", "").nullif("")


def figure(column: Any, *, dot: bool) -> Any:
    """A text in plain decimals as a number, missing where it is none.

    Args:
        column: text.
        dot: a dot before three digits is known to be a decimal sign, not one of thousands.
    """
    bare = _bare(column)
    plain = bare.re_search(_DECIMAL) if dot else bare.re_search(_DECIMAL) & ~bare.re_search(_THOUSANDS)
    return plain.ifelse(bare, ibis.null("string")).cast("decimal(30, 10)")


def unread_figure(column: Any, *, dot: bool) -> Any:
    """Whether a text is a figure, but not one that :func:`figure` reads ("1.234.567 đ")."""
    bare = _bare(column)
    return bare.re_search(_WRITTEN) & ~(bare.re_search(_DECIMAL) & (ibis.literal(dot) | ~bare.re_search(_THOUSANDS)))


def _bare(column: Any) -> Any:
    return column.lower().re_replace(f"{_SPACE}+", "").replace("−", "-").nullif("")


def moment(column: Any) -> Any:
    """A text in ISO form as a timestamp; :data:`WRITTEN` where it holds something else, missing where it is blank."""
    value = trimmed(column)
    found, real = _iso(value)
    return ibis.cases((real, found), (value.notnull(), ibis.literal(WRITTEN)), else_=ibis.null("timestamp"))


def with_clock(day: Any, clock: Any) -> Any:
    """A timestamp with the time of day that stands in a column of its own ("18:30"), where that can be read."""
    found, real = _iso(day.cast("date").cast("string") + " " + trimmed(clock.cast("string")))
    return real.ifelse(found, day)


def unread_moment(column: Any) -> Any:
    """Whether a text holds digits, but not in the one shape that is read ("31/12/2025")."""
    value = trimmed(column)
    return value.re_search("[0-9]") & ~value.re_search(_ISO_SHAPE)


def _iso(value: Any) -> tuple[Any, Any]:
    """Text such as 2026-03-31 or 2026-03-31 18:30 as a timestamp, and whether the calendar has that day."""
    shaped = value.re_search(_ISO).fill_null(False)
    safe = shaped.ifelse(value, "2000-01-01")
    year, month, mday = (safe.substr(at, n).cast("int64") for at, n in ((0, 4), (5, 2), (8, 2)))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = ibis.cases((month.isin([4, 6, 9, 11]), 30), (month != 2, 31), (leap, 29), else_=28)
    real = shaped & (mday <= last) & (year > 0)
    return real.ifelse(safe.replace("T", " "), "2000-01-01").cast("timestamp"), real


def translated(expr: Any, engine: str) -> Any:
    """The same expression without anything that only DuckDB knows.

    Args:
        expr: table or value, built by the intake of files over columns that have their types.
        engine: name of the Ibis backend it is meant for.

    Raises:
        Untranslatable: it parses text in a way the engine cannot.
    """

    def step(node: Any, changed: dict[str, Any] | None) -> Any:
        node = node.__recreate__(changed) if changed else node
        if isinstance(node, ops.ScalarUDF):
            return _function(node, engine)
        if isinstance(node, ops.TryCast):
            return _guarded(node)
        if isinstance(node, ops.Literal) and isinstance(node.value, str) and r"\x{" in node.value:
            return ops.Literal(re.sub(r"\\x\{([0-9A-F]+)\}", lambda m: chr(int(m[1], 16)), node.value), node.dtype)
        if isinstance(node, ops.HexDigest) and engine == "postgres":
            return _md5(node.arg.to_expr()).op()
        if engine == "pyspark":
            return _for_spark(node)
        return node

    return expr.op().replace(step).to_expr()


def checksum(text: Any, engine: str) -> Any:
    """64 bits that stand for a text, by the engine's own function: comparable between runs on one engine only."""
    return {"postgres": _postgres_hash(text, 0), "pyspark": _spark_hash(text)}.get(engine, text.hash())


_md5: Callable[..., Any] = ibis.udf.scalar.builtin(lambda text: ..., name="md5", signature=(("string",), "string"))
_postgres_hash: Callable[..., Any] = ibis.udf.scalar.builtin(
    lambda text, seed: ..., name="hashtextextended", signature=(("string", "int64"), "int64")
)
_spark_hash: Callable[..., Any] = ibis.udf.scalar.builtin(
    lambda text: ..., name="xxhash64", signature=(("string",), "int64")
)


def _function(node: Any, engine: str) -> Any:
    """One of the functions intake borrows from DuckDB (or from Python)."""
    name = str(node.__func_name__)
    if name == "nfc_normalize":
        return node.args[0]  # what comes to the machine is composed on arrival
    if name == "strip_accents":
        return ops.Translate(node.args[0], *_accents())
    if name == "timezone":
        return node if engine != "pyspark" else _spark_zone(node)
    if name.startswith("phone_"):
        return international(node.args[0].to_expr(), name.removeprefix("phone_").upper()).op()
    raise Untranslatable(name)


@cache
def _accents() -> tuple[str, str]:
    """Letters with accents and what they are without, in lower case; marks that stand alone go."""
    letters = [chr(n) for n in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))]
    plain = {letter: unicodedata.normalize("NFD", letter)[0].lower() for letter in letters}
    plain = {letter: base for letter, base in plain.items() if base.isascii() and base != letter} | {"đ": "d", "Đ": "d"}
    return "".join(plain) + "".join(chr(n) for n in range(0x300, 0x370)), "".join(plain.values())


def _spark_zone(node: Any) -> Any:
    """Spark keeps moments of UTC, so only the way to local time is a function there."""
    zone, at = node.args
    if at.dtype.timezone is None:
        return ops.Cast(at, dt.Timestamp())
    at = at.arg if isinstance(at, ops.Cast) else at
    return from_utc(at.to_expr(), zone.to_expr()).op()


from_utc: Callable[..., Any] = ibis.udf.scalar.builtin(
    lambda moment, zone: ..., name="from_utc_timestamp", signature=(("timestamp", "string"), "timestamp")
)


def _guarded(node: Any) -> Any:
    """A cast that cannot fail: what has no room in the wanted type is missing."""
    arg, to = node.arg.to_expr(), node.to
    if not arg.type().is_numeric() or not to.is_numeric():
        if arg.type().is_null() or arg.type() == to:
            return ops.Cast(node.arg, to)
        raise Untranslatable(f"{arg.type()} as {to}")
    digits = to.precision - to.scale if to.is_decimal() else 15 if to.is_integer() else None
    fits = arg if digits is None else (arg.abs() < 10.0**digits).ifelse(arg, ibis.null(arg.type()))
    return fits.cast(to).op()


def _for_spark(node: Any) -> Any:
    if isinstance(node, ops.RegexReplace) and isinstance(node.replacement, ops.Literal):
        spelt = re.sub(r"\\([0-9])", r"$\1", str(node.replacement.value))
        return ops.RegexReplace(node.arg, node.pattern, ops.Literal(spelt, dt.string))
    if isinstance(node, ops.Cast) and node.to.is_decimal() and node.arg.dtype.is_decimal():
        narrow, wide = node.arg.dtype, node.to
        # the product of two wide decimals would lose digits, that of two narrow ones has room for all
        if wide.precision == 38 and (narrow.precision or 38) <= 18 and narrow.scale == wide.scale:
            return node.arg
    return node


def international(value: Any, country: str) -> Any:
    """A telephone number in E.164, by the country's calling code, trunk digit and possible lengths (phonenumbers)."""
    local: Any = PhoneMetadata.metadata_for_region(country)
    bare = value.re_replace("[^0-9+*]", "")
    whole = bare.re_search("^[+][1-9][0-9]{7,14}$").ifelse(bare, ibis.null("string"))
    if local is None:
        return whole
    dialled = bare.re_replace(f"^{local.national_prefix}", "") if local.national_prefix else bare
    lengths = "|".join(f"[0-9]{{{n}}}" for n in local.general_desc.possible_length)
    home = ibis.literal(f"+{local.country_code}") + dialled
    return ibis.cases(
        (bare.startswith("+"), whole),
        (bare.startswith("00"), ibis.literal("+") + bare.re_replace("^00", "")),
        (dialled.re_search(f"^({lengths})$"), home),
        else_=ibis.null("string"),
    )
