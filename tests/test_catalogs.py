"""Every sentence the program can say is worded in every language: nothing missing, stale or half English."""

from __future__ import annotations

import ast
import importlib
import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

import helpers
from helpers.language import SOURCE, available

PACKAGE = Path(helpers.__file__).parent
LANGUAGES = [code for code in available() if code != SOURCE]

MESSAGE_AT = {
    "text": 0,
    "template": 0,
    "plural": 0,
    "InputError": 0,
    "Note": 0,
    "Degenerate": 0,
    "key": 0,
    "NotEnough": 2,
}
"""Calls that take a sentence → the position it stands at."""
METHODS = frozenset({"text", "template", "plural"})
SPEAKERS = frozenset({"say", "language"})
"""What a `Language` is called wherever one is asked to word something."""
PASSED_ON = frozenset(
    {
        "fault.message",
        "note.message",
        "n['message']",
        "w",
        "found['reason']",
        "found['what']",
        "model['unit']",
        "found.what",
        "one.question",
        "shown.title",
        "self._short[step]",
        "found['verdict']",
        "found['warning']",
        "found['refused'][name]",
        "self.refused[model]",
    }
)
"""Sentences worded here and made elsewhere, by calls that are looked at there."""
SAME_WORD = frozenset({"n = {n}", "{figure}k"})
"""What is written the same in every language although it has letters."""
IN_TEMPLATE = re.compile(r'\b(?:t|language\.text)\(\s*"([^"]+)"')


@dataclass(frozen=True)
class Said:
    """A sentence of the source with the place it stands at; `many` is its plural."""

    message: str
    where: str
    many: str | None = None


@dataclass(frozen=True)
class Worded:
    """A catalog entry: its forms (one without a plural), its plural key, and the file it stands in."""

    forms: tuple[str, ...]
    many: str | None
    file: str


def _asks_for_words(call: ast.Call, module: ModuleType) -> str | None:
    """The name of the call when it takes a sentence, else None."""
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in METHODS:
        speaker = ast.unparse(function.value).split(".")[-1]
        return (
            function.attr
            if speaker in SPEAKERS or (speaker == "self" and module.__name__ == "helpers.language")
            else None
        )
    if ast.unparse(function) == "super().__init__" and call.args and isinstance(call.args[0], ast.Constant):
        return "InputError"  # a kind of InputError with a sentence of its own
    if isinstance(function, ast.Name) and function.id in MESSAGE_AT and function.id not in METHODS:
        # the report has a Note of its own, which takes finished words
        return None if function.id == "Note" and "report" in module.__name__ else function.id
    return None


def _constant(node: ast.expr, module: ModuleType) -> Any:
    """What a name or dotted name of the module stands for; None when it is not the module's."""
    if isinstance(node, ast.Name):
        return vars(module).get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_constant(node.value, module), node.attr, None)
    return None


def _stored(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict) and value and all(isinstance(item, str) for item in value.values()):
        return tuple(value.values())
    return None


def sentences(node: ast.expr, module: ModuleType, local: dict[str, ast.expr]) -> tuple[str, ...] | None:
    """Every sentence an argument can stand for; None when only a run can tell."""
    parts: list[tuple[str, ...] | None]
    match node:
        case ast.Constant(value=str(text)):
            return (text,)
        case ast.IfExp():
            parts = [sentences(node.body, module, local), sentences(node.orelse, module, local)]
        case ast.BinOp(op=ast.Add()):
            left, right = sentences(node.left, module, local), sentences(node.right, module, local)
            return tuple(a + b for a, b in product(left, right)) if left and right else None
        case ast.Call(func=ast.Name(id="key")):
            return sentences(node.args[0], module, local)
        case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, other]):
            parts = [_stored(_constant(table, module)), sentences(other, module, local)]
        case ast.Subscript():
            return _stored(_constant(node.value, module))
        case ast.Name() if node.id in local:
            return sentences(local[node.id], module, {})
        case _:
            found = _constant(node, module)
            return (found,) if isinstance(found, str) else None
    return None if None in parts else tuple(text for part in parts if part for text in part)


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, dict[str, ast.expr]]]:
    """Every call with the plain assignments of the function it stands in."""
    for node in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)] + [tree]:
        local: dict[str, ast.expr] = {}
        for step in ast.walk(node) if isinstance(node, ast.FunctionDef) else ():
            if isinstance(step, ast.Assign) and len(step.targets) == 1 and isinstance(step.targets[0], ast.Name):
                local[step.targets[0].id] = step.value
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and (isinstance(node, ast.FunctionDef) or not _inside_function(inner, tree)):
                yield inner, local


def _inside_function(call: ast.Call, tree: ast.Module) -> bool:
    return id(call) in _in_functions(tree)


@cache
def _in_functions(tree: ast.Module) -> frozenset[int]:
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    return frozenset(id(inner) for function in functions for inner in ast.walk(function))


@cache
def source() -> tuple[tuple[Said, ...], tuple[str, ...]]:
    """All sentences of the package, and the places where a sentence cannot be told from reading the code."""
    said, unknown = [], []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(("helpers", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        if name.startswith(("helpers.example", "helpers._bundle")) or name.endswith("__main__"):
            continue
        module = importlib.import_module(name)
        for call, local in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            kind = _asks_for_words(call, module)
            if kind is None or len(call.args) <= MESSAGE_AT[kind]:
                continue
            argument, where = call.args[MESSAGE_AT[kind]], f"{path.relative_to(PACKAGE)}:{call.lineno}"
            many = sentences(call.args[1], module, local) if kind == "plural" else None
            found = sentences(argument, module, local)
            if found is None:
                unknown.append(f"{where}: {kind} {ast.unparse(argument)}")
            said += [Said(text, where, many[0] if many else None) for text in found or ()]
    for path in sorted(PACKAGE.rglob("*.j2")):
        said += [Said(text, path.name) for text in IN_TEMPLATE.findall(path.read_text(encoding="utf-8"))]
    return tuple(said), tuple(unknown)


@cache
def catalog(code: str) -> tuple[tuple[str, Worded], ...]:
    """All entries of a language, in the order of its files."""
    entries = []
    for path in sorted((PACKAGE / "locale" / code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=code, abort_invalid=True):
                if message.id:
                    one, many = message.id if isinstance(message.id, tuple) else (message.id, None)
                    forms = message.string if isinstance(message.string, tuple) else (message.string,)
                    entries.append((str(one), Worded(tuple(str(f or "") for f in forms), many, path.name)))
    return tuple(entries)


def placeholders(text: str) -> set[str]:
    """Names between braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def letters(text: str) -> str:
    """What is left to translate once the placeholders are gone."""
    return "".join(literal for literal, *_ in string.Formatter().parse(text) if re.search(r"[^\W\d_]", literal))


def test_every_floor_is_listened_to() -> None:
    """A sentence of each kind – said, marked, raised, conditional, plural, in a template – is looked for."""
    said = {s.message: s for s in source()[0]}
    assert "How this is counted" in said
    assert "Regulars who have gone quiet" in said
    assert "There is no {file} in {folder}; create the client with “retention new”." in said
    assert "{file} has no order number: one order was counted per customer and time." in said
    assert "The last 8 weeks brought {percent} less than the 8 before" in said
    assert said["{n} customer"].many == "{n} customers"
    assert "Summary in two minutes" in said
    assert "No customer has come back on another day yet, so there is no rhythm to learn from." in said
    assert "days of history" in said


def test_no_sentence_is_made_up_at_run_time() -> None:
    """Whatever is worded is a sentence of the source or a marked constant, so nobody meets untranslated words."""
    strange = [
        place
        for place in source()[1]
        if place.split(" ", 2)[2] not in PASSED_ON and not place.startswith("language.py")
    ]
    assert strange == []


def test_what_is_passed_on_is_still_passed_on() -> None:
    """The list of sentences made elsewhere names only what the code still does."""
    assert PASSED_ON - {place.split(" ", 2)[2] for place in source()[1]} == set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_sentence_is_worded(code: str) -> None:
    """A reader never meets an English sentence in a report of their own language."""
    worded = {key for key, entry in catalog(code) if all(entry.forms)}
    missing = {s.message: s.where for s in source()[0] if s.message not in worded}
    assert missing == {}


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_in_a_catalog_is_stale(code: str) -> None:
    """A catalog holds no sentence the program has stopped saying."""
    said = {s.message for s in source()[0]}
    assert [(entry.file, key) for key, entry in catalog(code) if key not in said] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_sentence_is_worded_twice(code: str) -> None:
    """A sentence has one wording, so that correcting it in one file corrects it."""
    keys = [key for key, _ in catalog(code)]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_wordings_keep_the_placeholders(code: str) -> None:
    """No number is lost on the way to the other language, and none is asked for that the program does not give."""
    wrong = [
        (key, form)
        for key, entry in catalog(code)
        for form in entry.forms
        if placeholders(form) not in (placeholders(key), placeholders(entry.many or key))
    ]
    assert wrong == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_plurals_are_complete(code: str) -> None:
    """A sentence with a count is worded for every count the language tells apart, and a plural is kept as one."""
    many = {s.message: s.many for s in source()[0] if s.many}
    forms = get_plural(code).num_plurals
    entries = dict(catalog(code))
    wrong = [
        key
        for key, plural in many.items()
        if key in entries and (entries[key].many != plural or len(entries[key].forms) != forms)
    ]
    assert wrong == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_accents_are_composed(code: str) -> None:
    """Letters with their marks are single characters (NFC), so that searching and sorting find them."""
    assert [
        form for _, entry in catalog(code) for form in entry.forms if not unicodedata.is_normalized("NFC", form)
    ] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_english_is_left(code: str) -> None:
    """No entry repeats the English sentence, unless there is nothing in it to translate."""
    same = [key for key, entry in catalog(code) if key in entry.forms and letters(key) and key not in SAME_WORD]
    assert same == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_wordings_begin_and_end_like_the_english(code: str) -> None:
    """Spaces and the last full stop are kept, because sentences are put together from several."""

    def edges(text: str) -> tuple[bool, bool, bool]:
        return text.startswith(" "), text.endswith(" "), text.rstrip().endswith((".", "?", "!"))

    assert [(key, form) for key, entry in catalog(code) for form in entry.forms if edges(key) != edges(form)] == []
