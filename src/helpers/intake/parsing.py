"""Text into money, dates, codes and words, as expressions for the engine; columns that have a type are not parsed.

Money: a text that is one to three digits followed by groups of three is thousands (`1.234.567`); otherwise a lone
separator is the decimal sign, and of two kinds the last one is. Dates: day or month first is the caller's knowledge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake.text import SPACES, composed, fold, folded

PRICE = "decimal(18, 4)"
COUNT = "decimal(18, 6)"
MONEY = "decimal(38, 10)"
"""What a count times a price gives; wide enough to be added up without overflow."""

_strptime = ibis.udf.scalar.builtin(
    lambda text, formats: ..., name="try_strptime", signature=(("string", "array<string>"), "timestamp")
)
_local = ibis.udf.scalar.builtin(
    lambda zone, moment: ..., name="timezone", signature=(("string", "timestamp('UTC')"), "timestamp")
)
_zoned = ibis.udf.scalar.builtin(
    lambda zone, moment: ..., name="timezone", signature=(("string", "timestamp"), "timestamp('UTC')")
)

_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S.%f")
_USUAL = {" [0-9]{1,2}:[0-9]{2}": " %H:%M", " [0-9]{1,2}:[0-9]{2}:[0-9]{2}": " %H:%M:%S", "": ""}
_THANG = r"(?i)^(?:ngày )?([0-9]{1,2})[ -](?:thg|tháng|th)\.? ?([0-9]{1,2}),? (?:năm )?([0-9]{4})"
_WORDED = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
_MULTIPLES = ((r"(k|nghìn|ngàn|nghin|ngan)", 1e3), (r"(tr|triệu|trieu|m)", 1e6), (r"(tỷ|tỉ|ty|bn)", 1e9))
_CURRENCY = r"(?:us\$|[$€£¥₫฿₩₹đ]|vnđ|vnd|[a-z]{3})"
_MULTIPLE = r"(?:k|nghìn|ngàn|nghin|ngan|tr|triệu|trieu|m|tỷ|tỉ|ty|bn)"
FIGURE = rf"^[(+\-]*{_CURRENCY}?[(+\-]*[0-9][0-9.,']*{_MULTIPLE}?{_CURRENCY}?[)\-]?$"
DAY_MONTH = r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{2}|[0-9]{4})(?:[^0-9]|$)"
"""A date whose first two parts could be day and month either way."""


def text(column: Any) -> Any:
    """The cell as text: composed, trimmed, blank as missing; whole floating numbers without ".0"."""
    if column.type().is_string():
        return composed(column)
    if column.type().is_floating():
        whole = column.try_cast("int64")  # missing where it is too large for one
        return (whole.cast("float64") == column).ifelse(whole.cast("string"), column.cast("string"))
    return column.cast("string")


def code(column: Any, suffixes: tuple[str, ...] = ()) -> Any:
    """An identifier: text without the ".0" that spreadsheets add to numbers and without the system's suffixes."""
    value = text(column)
    if column.type().is_string():
        value = value.endswith(".0").ifelse(value.re_replace(r"^([0-9]+)\.0$", r"\1"), value)
    for suffix in suffixes:
        value = value.replace(suffix, "").strip().nullif("")
    return value


def written(column: Any) -> Any:
    """Whether the cell holds anything but white space."""
    return text(column).notnull() if column.type().is_string() else column.notnull()


def bare_figure(column: Any) -> Any:
    """A figure's text without spaces, in lower case; "1tr2" becomes "1,2tr". The first half of :func:`number`."""
    if not column.type().is_string():
        return column
    return (
        column.lower()
        .re_replace(SPACES, "")
        .replace("−", "-")
        .re_replace(r"^([0-9]+)tr([0-9]+)$", r"\1,\2tr")
        .nullif("")
    )


def number(bare: Any, kind: str = PRICE, decimal: str | None = None) -> Any:
    """A figure as an exact decimal, missing where there is none or none that fits.

    Args:
        bare: a numeric column, or text as :func:`bare_figure` leaves it.
        kind: decimal type wanted.
        decimal: the decimal sign, where it is known.
    """
    if not bare.type().is_string():
        return bare.try_cast(kind) if bare.type().is_numeric() else ibis.null(kind)
    figure = bare.re_extract(r"([0-9][0-9.,']*)", 1).replace("'", "")
    size: Any = ibis.cases(
        *((bare.re_search(rf"[0-9]{word}{_CURRENCY}?[)\-]?$"), value) for word, value in _MULTIPLES), else_=1.0
    )
    short = bare.re_search(rf"[0-9]{_MULTIPLE}{_CURRENCY}?[)\-]?$")
    plain = ibis.cases(*_separators(figure, short, decimal), else_=figure.replace(",", "."))
    sign = bare.re_search(r"^[^0-9]*[(\-]|-$").ifelse("-", "")
    return ibis.cases(
        (bare.re_search(r"^[0-9]{1,12}$"), bare.try_cast(kind)),
        (bare.re_search(r"^[+\-]?[0-9]+(\.[0-9]+)?e[+\-]?[0-9]+$"), bare.try_cast("float64").try_cast(kind)),
        (~bare.re_search(FIGURE), ibis.null(kind)),
        (short, ((sign + plain).try_cast("float64") * size).try_cast(kind)),
        else_=(sign + plain).try_cast(kind),
    )


def _separators(figure: Any, short: Any, decimal: str | None) -> list[tuple[Any, Any]]:
    """Which separators are decimal signs, rule by rule, as (condition, figure with a decimal point)."""
    if decimal == ".":
        return [(ibis.literal(True), figure.replace(",", ""))]
    if decimal == ",":
        return [(ibis.literal(True), figure.replace(".", "").replace(",", "."))]
    thousands = figure.re_search(r"^[1-9][0-9]{0,2}((\.[0-9]{3})+|(,[0-9]{3})+)$") & ~short
    return [
        (thousands, figure.re_replace("[.,]", "")),
        (figure.re_search(r"^[0-9.]*\.[0-9.]*,[0-9]+$"), figure.replace(".", "").replace(",", ".")),
        (figure.re_search(r"^[0-9,]*,[0-9,]*\.[0-9]+$"), figure.replace(",", "")),
    ]


def moment(column: Any, *, day_first: bool | None, zone: str) -> Any:
    """A naive local time, missing where the cell holds none between 1990 and 2100.

    Args:
        column: trimmed text, a number (Excel serial or yyyymmdd), a date or a timestamp.
        day_first: what 03/04/2025 means; missing only where no such text occurs.
        zone: the business's time zone, for cells that carry an offset.
    """
    kind = column.type()
    if kind.is_timestamp():
        found = _local(zone, column.cast("timestamp('UTC')")) if kind.timezone else column.cast("timestamp")
    elif kind.is_date():
        found = column.cast("timestamp")
    elif kind.is_numeric():
        found = _numeric(column.cast("float64"))
    elif kind.is_string():
        found = _worded(column, day_first, zone)
    else:
        return ibis.null("timestamp")
    sane = (found >= ibis.literal(datetime(1990, 1, 1))) & (found < ibis.literal(datetime(2100, 1, 1)))
    return sane.ifelse(found, ibis.null("timestamp"))


def from_utc(moment: Any, zone: str) -> Any:
    """A naive moment of UTC as naive local time."""
    return _local(zone, _zoned("UTC", moment))


def day(column: Any, *, day_first: bool | None) -> Any:
    """A date of birth or of an agreement, missing where the cell holds none."""
    kind = column.type()
    if kind.is_string():
        return _worded(column, day_first, "UTC").cast("date")
    if kind.is_timestamp() or kind.is_date():
        return column.cast("date")
    return _numeric(column.cast("float64")).cast("date") if kind.is_numeric() else ibis.null("date")


def month(column: Any, *, day_first: bool | None) -> Any:
    """First day of a month written as a date, "03/2026", "2026-03", "Tháng 3/2026" or "Mar 2026"."""
    if not column.type().is_string():
        return day(column, day_first=day_first).truncate("M")
    bare = folded(column).re_replace(r"^(thang|thg|t|month)\.? *", "").re_replace(r"[-/. ]+", "/")
    formats = ibis.array([ibis.literal(f) for f in ("%m/%Y", "%Y/%m", "%b/%Y", "%B/%Y", "%Y%m")])
    return ibis.coalesce(_strptime(bare, formats).cast("date"), day(column, day_first=day_first)).truncate("M")


def _numeric(value: Any) -> Any:
    """Excel serial days, or a date written as the number yyyymmdd."""
    seconds = ibis.cases((value.between(10000, 99999), (value * 86400).round()), else_=0.0).try_cast("int64")
    serial: Any = ibis.literal(datetime(1899, 12, 30)) + seconds.as_interval("s")
    written = _strptime(value.try_cast("int64").cast("string"), ibis.array([ibis.literal("%Y%m%d")]))
    return ibis.cases(
        (value.between(10000, 99999), serial),
        (value.between(19000101, 99991231), written),
        else_=ibis.null("timestamp"),
    )


def _worded(value: Any, day_first: bool | None, zone: str) -> Any:
    """Text: ISO with or without offset, day/month/year with or without a clock, digits only, or a named month."""
    day_month = "%d/%m/%Y" if day_first in (True, None) else "%m/%d/%Y"
    slashed = value.re_replace(r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{2,4})", r"\1/\2/\3")
    slashed = slashed.re_replace(r"^([0-9]+/[0-9]+)/([0-9]{2})([^0-9]|$)", r"\1/20\2\3").re_replace(r"[, T]+", " ")
    slashed = slashed.re_replace(r"(?i) SA$", " AM").re_replace(r"(?i) CH$", " PM")
    clocks = _formats([day_month, *(f"{day_month} {clock}" for clock in _CLOCKS)])
    clock_first = _formats([f"{clock} {day_month}" for clock in ("%H:%M:%S", "%H:%M")])
    spaced = value.re_replace(r"[-, ]+", " ")
    vietnamese = value.re_replace(_THANG, r"\1/\2/\3")
    named = _formats([*_WORDED, *(f"{word} {clock}" for word in _WORDED for clock in _CLOCKS)])
    iso = value.re_replace(r"^([0-9]{4})[/.]([0-9]{1,2})[/.]", r"\1-\2-")
    # Shopify leaves a space before the offset, with which DuckDB would pass it over
    offset = _local(zone, iso.re_replace(r" ([+\-])", r"\1").try_cast("timestamp('UTC')"))
    # the usual shapes go to their one format: an attempt that fails costs twenty times one that succeeds
    usual = [
        (
            value.re_search(rf"^[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}}{shape}$"),
            _strptime(value, _formats([day_month + clock])),
        )
        for shape, clock in _USUAL.items()
    ]
    return ibis.cases(
        *usual,
        (
            value.re_search(r"^[0-9]{4}[-/.].*[0-9:] ?([+\-][0-9]{2}:?[0-9]{2}|[+\-][0-9]{2}|Z| UTC)$")
            & value.contains(":"),
            offset,
        ),
        (value.re_search(r"^[0-9]{4}[-/.]"), iso.try_cast("timestamp")),
        (value.re_search(r"^[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]"), _strptime(slashed, clocks)),
        (value.re_search(r"^[0-9]{5}(\.[0-9]+)?$|^[0-9]{8}(\.0)?$"), _numeric(value.try_cast("float64"))),
        (value.re_search(r"^[0-9]{14}$"), _strptime(value, _formats(["%Y%m%d%H%M%S"]))),
        (value.re_search(r"^[0-9]{1,2}:[0-9]{2}"), _strptime(value.re_replace(r"[-.]", "/"), clock_first)),
        (value.re_search(_THANG), _strptime(vietnamese, _formats(["%d/%m/%Y", *(f"%d/%m/%Y {c}" for c in _CLOCKS)]))),
        else_=_strptime(spaced, named),
    )


def _formats(names: list[str]) -> Any:
    return ibis.array([ibis.literal(name) for name in names])


def word(column: Any, meanings: dict[str, tuple[str, ...]], *, keep_unknown: bool) -> Any:
    """The canonical value of a word (trimmed text); a word nobody declared stays as it is or becomes missing."""
    plain = folded(column)
    cases: Any = [(plain.isin(sorted({fold(w) for w in (*words, value)})), value) for value, words in meanings.items()]
    return ibis.cases(*cases, else_=column if keep_unknown else ibis.null("string"))


def is_one_of(column: Any, words: tuple[str, ...]) -> ir.BooleanValue:
    """Whether trimmed text is one of these (already folded) words; false for a blank cell."""
    found: ir.BooleanValue = folded(column).isin(sorted(set(words))).fill_null(False)
    return found
