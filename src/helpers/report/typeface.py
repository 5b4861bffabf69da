"""The typeface inside the page: only the parts the text needs, as data addresses, so that nothing is fetched."""

from __future__ import annotations

import base64
from functools import cache

from helpers.resources import package_file

FAMILY = "Be Vietnam Pro"
DIGITS = f"{FAMILY} Digits"
"""The same digits at one width, for columns of figures; everything else falls through to `FAMILY`."""

_RANGES = {
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,"
    "U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215",
    "vietnamese": "U+0102-0103,U+0110-0111,U+0128-0129,U+0168-0169,U+01A0-01A1,U+01AF-01B0,U+0300-0301,"
    "U+0303-0304,U+0308-0309,U+0323,U+0329,U+1EA0-1EF9,U+20AB",
    "latin-ext": "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,"
    "U+2020,U+20A0-20AA,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
}
"""What each file of the family holds; where two overlap the later face wins, so latin-ext comes first."""


@cache
def _characters(part: str) -> frozenset[int]:
    """Code points of one part of the family."""
    found: set[int] = set()
    for piece in _RANGES[part].split(","):
        first, _, last = piece.removeprefix("U+").partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)


def parts_for(text: str) -> tuple[str, ...]:
    """The parts of the family this text needs, in the order of the style sheet.

    Vietnamese letters stand in two parts; the smaller one serves them, latin-ext comes only for letters it alone has.
    """
    points = {ord(character) for character in set(text)}
    vietnamese, latin = _characters("vietnamese"), _characters("latin")
    needed = {
        "latin-ext": bool((points & _characters("latin-ext")) - vietnamese - latin),
        "vietnamese": bool((points & vietnamese) - latin),
        "latin": True,
    }
    return tuple(part for part, wanted in needed.items() if wanted)


def faces(text: str) -> str:
    """``@font-face`` rules for this text, fonts included."""
    rules = [_face(DIGITS, "digits", weight, "U+0030-0039") for weight in (400, 600)]
    rules += [_face(FAMILY, part, weight, _RANGES[part]) for part in parts_for(text) for weight in (400, 600)]
    return "\n".join(rules)


@cache
def _face(family: str, part: str, weight: int, characters: str) -> str:
    data = base64.b64encode(
        package_file("report", "fonts", f"BeVietnamPro-{part}-{weight}.woff2").read_bytes()
    ).decode()
    return (
        f'@font-face{{font-family:"{family}";font-style:normal;font-weight:{weight};font-display:swap;'
        f'src:url("data:font/woff2;base64,{data}") format("woff2");unicode-range:{characters}}}'
    )
