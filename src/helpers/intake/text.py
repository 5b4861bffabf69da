"""Folding of words so that “Mã hóa đơn”, “MA HOA DON” and “Mã  hoá đơn” are one, in Python and in the engine.

The Python half serves headers and the words of the format files (a handful); the engine half serves data.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.types as ir

_nfc = ibis.udf.scalar.builtin(lambda text: ..., name="nfc_normalize", signature=(("string",), "string"))
_strip_accents = ibis.udf.scalar.builtin(lambda text: ..., name="strip_accents", signature=(("string",), "string"))

_SPACE = r"[\s\x{A0}\x{2007}\x{202F}\x{FEFF}]"
SPACES = rf"{_SPACE}+"
_UNCLEAN = rf"^{_SPACE}|{_SPACE}$|[^\x{{01}}-\x{{2FF}}\x{{1E00}}-\x{{1EFF}}\x{{2002}}-\x{{20CF}}]"
"""White space at an end, or a character outside the ranges in which every text is composed as it stands."""


def nfc(text: str) -> str:
    """Composed form, without the spaces around it and with single ones inside."""
    return " ".join(unicodedata.normalize("NFC", text).replace("\ufeff", "").split())


def fold(text: str) -> str:
    """Letters without case, accents or repeated spaces: "Đã  Hủy" → "da huy". The twin of :func:`folded`."""
    plain = unicodedata.normalize("NFD", nfc(text).lower())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("đ", "d")


@lru_cache(maxsize=8192)
def header_key(text: str) -> str:
    """What headers are compared by: folded, letters and digits of any script only ("# Điện-thoại" → "dienthoai")."""
    return re.sub(r"[\W_]+", "", fold(text))


def composed(text: ir.StringValue) -> ir.StringValue:
    """NFC, trimmed, blank as missing."""
    # one look tells that most texts are so already; composing every one takes ten times as long
    unclean: Any = text.re_search(_UNCLEAN)
    return unclean.ifelse(trimmed(_nfc(text)), text.nullif(""))


def trimmed(text: ir.StringValue) -> ir.StringValue:
    """Without white space around it (tabs included), blank as missing."""
    bare: Any = text.re_replace(rf"^{SPACES}|{SPACES}$", "") if _is_text(text) else text.cast("string")
    return bare.nullif("")


def folded(text: ir.StringValue) -> ir.StringValue:
    """The engine's twin of :func:`fold`."""
    bare: Any = _strip_accents(_nfc(text).lower())
    return bare.replace("đ", "d").re_replace(SPACES, " ").strip()


def _is_text(value: ir.Value) -> bool:
    return bool(value.type().is_string())
