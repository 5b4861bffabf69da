"""The page's style sheet, with its typeface inside: the same in Voilà and in JupyterLab."""

from __future__ import annotations

from functools import cache

from helpers.report import typeface
from helpers.resources import package_file

_LETTERS = "Aếđ₫"
"""Latin and Vietnamese; other letters of a name fall back to the machine's own typeface."""


@cache
def style() -> str:
    """A ``<style>`` element."""
    sheet = package_file("page", "page.css").read_text(encoding="utf-8")
    return f"<style>{typeface.faces(_LETTERS)}\n{sheet}</style>"
