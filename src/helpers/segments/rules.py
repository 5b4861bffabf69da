"""The table of rules: read from the playbook, changed by a client's `business.yml`, checked before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from helpers import resources
from helpers.business import FILE, Business
from helpers.errors import InputError, key
from helpers.metrics.membership import MEMBERSHIPS
from helpers.metrics.states import STATES

WORDS = {"state": STATES, "contract": MEMBERSHIPS}
"""Fields that hold a word, and the words there are."""
NUMBERS = ("frequency", "T", "days_since_last_order", "decline", "value_rank", "p_alive", "p_return_90d")
FIELDS = (*WORDS, *NUMBERS)
TABLE = "playbook/rules/segments.yml"
LANGUAGES = ("vi", "en")

_Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Test:
    """What one field must satisfy: one of some words, or bounds that are themselves inside.

    `stays` (with `max`) keeps who is in until the field has risen above it; only `decline` has a memory to tell.
    """

    among: tuple[str, ...] | None = None
    min: float | None = None
    max: float | None = None
    stays: float | None = None


@dataclass(frozen=True)
class Rule:
    """One row of the table.

    Attributes:
        id: of the segment. title, means: its everyday name and what being in it means, by language.
        when: alternatives, each field → test; one of them must hold whole. Empty: everybody.
    """

    id: str
    title: Mapping[str, str]
    means: Mapping[str, str]
    when: tuple[Mapping[str, Test], ...]


@dataclass(frozen=True)
class Rules:
    """The table, in order."""

    rows: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if not self.rows or self.rows[-1].when:
            raise ValueError("the last segment must fit everybody (an empty `when`)")
        if len(set(self.ids)) < len(self.rows):
            raise ValueError("two segments share an id")

    @property
    def ids(self) -> tuple[str, ...]:
        """Segment ids in the order they are tested."""
        return tuple(row.id for row in self.rows)

    def title(self, segment: str, lang: str) -> str:
        """Everyday name of a segment."""
        return next(row.title[lang] for row in self.rows if row.id == segment)

    def means(self, segment: str, lang: str) -> str:
        """What being in it means, in one sentence."""
        return next(row.means[lang] for row in self.rows if row.id == segment)


class _Wrong(Exception):
    """Something is wrong at a place of the file."""

    def __init__(self, path: _Path, problem: InputError) -> None:
        super().__init__(str(problem))
        self.path, self.problem = path, problem


def load_rules(path: Path | None = None) -> Rules:
    """The table as the playbook (or another file of the same form) has it.

    Raises:
        InputError: naming file, line and key of the first thing that cannot be used.
    """
    file = path or resources.playbook() / "rules" / "segments.yml"
    text = file.read_text(encoding="utf-8")
    try:
        return Rules(tuple(_checked(_table(text))))
    except _Wrong as fault:
        raise _sentence(fault, TABLE if path is None else path.name, text) from None


def rules_for(business: Business, folder: Path | None = None) -> Rules:
    """The playbook's table with the client's changes (`segments:` of `business.yml`).

    Under a segment's id stand its changes: fields of `when` (each replaces that field's test, null removes it), or a whole list of
    alternatives; `title` and `means` by language; `before: ID` moves the row; `off: true` takes it out.

    Args:
        folder: the client's, to name the line of a fault.

    Raises:
        InputError: naming file, line and key of the first thing that cannot be used.
    """
    standard = load_rules()
    if not business.segments:
        return standard
    try:
        return Rules(tuple(_edited(list(_playbook_rows()), business.segments)))
    except _Wrong as fault:
        path = None if folder is None else folder / FILE
        text = path.read_text(encoding="utf-8") if path is not None and path.is_file() else ""
        raise _sentence(fault, FILE, text) from None


@cache
def _playbook_rows() -> tuple[Mapping[str, Any], ...]:
    text = (resources.playbook() / "rules" / "segments.yml").read_text(encoding="utf-8")
    return tuple(_table(text))


def _table(text: str) -> list[Any]:
    data = yaml.safe_load(text)
    rows = data.get("segments") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows:
        raise _Wrong(("segments",), InputError(key("a list is needed, each item behind a dash")))
    return rows


def _checked(rows: Sequence[Any], where: Mapping[str, _Path] | None = None) -> list[Rule]:
    """Every row, and the table as a whole; `where` says at which place of another file a row's changes stand."""
    found: list[Rule] = []
    for number, row in enumerate(rows):
        place: _Path = ("segments", number)
        if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
            raise _Wrong(place, InputError(key("it has no id")))
        place = (where or {}).get(row["id"], place)
        _known(row, ("id", "title", "means", "when"), place)
        if row["id"] in {rule.id for rule in found}:
            raise _Wrong((*place, "id"), InputError(key("another group has this id")))
        words = [_worded(row.get(name), (*place, name)) for name in ("title", "means")]
        found.append(Rule(row["id"], words[0], words[1], _alternatives(row.get("when"), (*place, "when"))))
    if found[-1].when:
        last: _Path = (where or {}).get(found[-1].id, ("segments", len(found) - 1))
        raise _Wrong((*last, "when"), InputError(key("the last group must take everybody who is left, so its “when” is empty")))  # fmt: skip
    for rule in found[:-1]:
        if not rule.when:
            raise _Wrong(
                (*(where or {}).get(rule.id, ("segments", found.index(rule))), "when"),
                InputError(key("it takes everybody, so no group after it gets anybody; only the last may be empty")),
            )
    return found


def _worded(given: Any, place: _Path) -> Mapping[str, str]:
    if not isinstance(given, Mapping) or any(not str(given.get(code) or "").strip() for code in LANGUAGES):
        raise _Wrong(place, InputError(key("it is needed in every language: {known}"), known=list(LANGUAGES)))
    return {code: str(text) for code, text in given.items()}


def _alternatives(given: Any, place: _Path) -> tuple[Mapping[str, Test], ...]:
    if given in (None, {}, []):
        return ()
    if isinstance(given, Mapping):
        return (_tests(given, place),)
    if isinstance(given, list):
        return tuple(_tests(one, (*place, number)) for number, one in enumerate(given))
    raise _Wrong(place, InputError(key("lines of “name: value” are needed")))


def _tests(given: Any, place: _Path) -> Mapping[str, Test]:
    if not isinstance(given, Mapping) or not given:
        raise _Wrong(place, InputError(key("lines of “name: value” are needed")))
    _known(given, FIELDS, place)
    return {field: _test(field, test, (*place, field)) for field, test in given.items()}


def _test(field: str, given: Any, place: _Path) -> Test:
    """One field's test, of the kind the field allows."""
    if not isinstance(given, Mapping) or not given:
        raise _Wrong(place, InputError(key("lines of “name: value” are needed")))
    if field in WORDS:
        _known(given, ("in",), place)
        words = given["in"]
        if not isinstance(words, list) or not words:
            raise _Wrong((*place, "in"), InputError(key("a list is needed, each item behind a dash")))
        for word in words:
            if word not in WORDS[field]:
                problem = key("“{value}” is not among: {known}")
                raise _Wrong((*place, "in"), InputError(problem, value=str(word), known=list(WORDS[field])))
        return Test(among=tuple(words))
    _known(given, ("min", "max", "stays") if field == "decline" else ("min", "max"), place)
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _Wrong((*place, name), InputError(key("“{value}” is not a number"), value=str(value)[:80]))
    test = Test(None, given.get("min"), given.get("max"), given.get("stays"))
    if test.min is not None and test.max is not None and test.min > test.max:
        raise _Wrong((*place, "min"), InputError(key("its “min” is above its “max”, so it fits nobody")))
    if test.stays is not None and (test.max is None or test.stays < test.max):
        raise _Wrong((*place, "stays"), InputError(key("“stays” goes with a “max” that is not above it")))
    return test


def _known(given: Mapping[str, Any], known: Sequence[str], place: _Path) -> None:
    for name in given:
        if name not in known:
            problem = key("there is no “{name}” here; there are: {known}")
            raise _Wrong((*place, str(name)), InputError(problem, name=str(name), known=list(known)))


def _edited(rows: list[Mapping[str, Any]], changes: Mapping[str, Any]) -> list[Rule]:
    """The playbook's rows with a client's changes."""
    by_id = {row["id"]: dict(row) for row in rows}
    order = list(by_id)
    for name, change in changes.items():
        place: _Path = ("segments", name)
        _known({name: change}, list(by_id), ("segments",))
        if not isinstance(change, Mapping) or not change:
            raise _Wrong(place, InputError(key("lines of “name: value” are needed")))
        _known(change, ("title", "means", "when", "before", "off"), place)
        row = by_id[name]
        for text in ("title", "means"):
            if text in change:
                given = change[text] if isinstance(change[text], Mapping) else {}
                row[text] = {**row[text], **given} if given else None
        if "when" in change:
            row["when"] = _merged(row.get("when"), change["when"])
        if "before" in change:
            _move(order, name, change["before"], (*place, "before"))
    gone = {name for name, change in changes.items() if change.get("off")}
    kept = [by_id[name] for name in order if name not in gone]
    if not kept:
        raise _Wrong(("segments",), InputError(key("every group is switched off")))
    return _checked(kept, {name: ("segments", name) for name in changes})


def _merged(standard: Any, given: Any) -> Any:
    """Field by field where both are one set of fields; else the client's instead."""
    if not isinstance(standard, Mapping) or not isinstance(given, Mapping):
        return given
    return {field: test for field, test in {**standard, **given}.items() if test is not None}


def _move(order: list[str], name: str, before: Any, place: _Path) -> None:
    if before not in order or before == name:
        problem = key("“{value}” is not among: {known}")
        raise _Wrong(place, InputError(problem, value=str(before), known=[n for n in order if n != name]))
    order.remove(name)
    order.insert(order.index(before), name)


def _sentence(fault: _Wrong, file: str, text: str) -> InputError:
    where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in fault.path)
    return InputError(
        "{file}, line {line}: “{where}” cannot be used ({problem}); correct it and run again.",
        file=file, line=str(_line(text, fault.path)), where=where, problem=fault.problem,
    )  # fmt: skip


def _line(text: str, path: _Path) -> int:
    """The line a place of a YAML text stands on; of as much of the place as there is."""
    node: Any = yaml.compose(text, yaml.SafeLoader) if text else None
    line = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == part), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
