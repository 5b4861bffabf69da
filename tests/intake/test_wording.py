"""Every sentence of the intake exists in Vietnamese, with the same placeholders."""

from __future__ import annotations

import ast
import string
import unicodedata
from pathlib import Path

import pytest

from helpers import intake
from helpers.intake.faults import NO_ORDERS
from helpers.intake.quality import REASONS
from helpers.intake.recognition import _MISSING, _MISSING_OTHER
from helpers.language import _catalog, language


def _sentences() -> set[str]:
    """Texts given to InputError and Note anywhere in the package, and the tables of sentences."""
    found = {*REASONS.values(), *NO_ORDERS.values(), *_MISSING.values(), _MISSING_OTHER}
    for path in Path(intake.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("InputError", "Note")
            )
            if named and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return found


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("sentence", sorted(_sentences()))
def test_every_sentence_is_worded_in_vietnamese(sentence: str) -> None:
    """A Vietnamese owner never meets an English sentence, and no value goes missing in translation."""
    assert sentence in _catalog("vi")
    worded = _catalog("vi")[sentence][0]
    assert _placeholders(worded) == _placeholders(sentence)
    assert worded == unicodedata.normalize("NFC", worded)


def test_numbers_in_a_sentence_follow_the_language() -> None:
    """12345 rows are 12.345 dòng."""
    sentence = NO_ORDERS["cancelled"]
    assert "12.345 dòng" in language("vi").text(sentence, rows=12345, n=12345)
