"""Tell the Vietnamese encodings of old from text: TCVN3 and VNI put letters under the places of signs.

Sources: TCVN 5712:1993 (character set VN3) and VNI's published table. In both, words are full of characters that no
word of any language has in that place, so a handful of them gives the encoding away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from helpers.errors import InputError

_WORD = re.compile(r"[^\s,;|\t\"'()\[\]{}<>/\\0-9]+")
_UNICODE = re.compile("[đĐơƠưƯ\u0300\u0301\u0303\u0309\u0323\u1ea0-\u1ef9]")
_TCVN3 = re.compile(
    "[A-Za-z][\u00a8-\u00ae\u00b5-\u00b9\u00bb-\u00be]|[\u00a7\u00a8-\u00ae\u00b5-\u00b9\u00bb-\u00be][a-z]"
)
"""A sign (µ ¸ ¶ · ¹ ¨ © ª « ¬ ® § …) beside a letter: à á ả ã ạ ă â ê ô ơ đ Đ."""
_VNI = re.compile("[aeouyAEOUYöôÖÔ][øïûäåØÏÛÄÅ]")
"""A vowel before its tone mark's own letter: ø ï û are the marks of à ạ ả, ä å those of ậ ấ."""
_ENOUGH, _SHARE = 3, 0.2


def legacy(texts: Iterable[str]) -> str | None:
    """The old encoding a text is in, or nothing.

    Args:
        texts: cells of a table, as they came out of whatever encoding the file claimed.
    """
    words = {word for text in texts if not text.isascii() for word in _WORD.findall(text) if not word.isascii()}
    if len(words) < _ENOUGH or any(_UNICODE.search(word) for word in words):
        return None
    for name, pattern in (("TCVN3", _TCVN3), ("VNI", _VNI)):
        hits = [word for word in words if pattern.search(word)]
        if len(hits) >= max(_ENOUGH, _SHARE * len(words)):
            return name
    return None


def refuse_legacy(file: str, rows: Sequence[Sequence[str]]) -> None:
    """Refuse a table whose names would come out as signs.

    Raises:
        InputError: it is in TCVN3 or VNI.
    """
    found = legacy(cell for row in rows for cell in row)
    if found:
        raise InputError(
            "{file} is written in the old Vietnamese encoding {encoding}, so names would come out as signs; convert it "
            "to Unicode (for example with Unikey's toolkit) and export it again.",
            file=file, encoding=found,
        )  # fmt: skip
