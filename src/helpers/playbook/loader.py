"""Reading and checking the whole playbook; every fault of every file is reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from helpers import resources
from helpers.errors import InputError
from helpers.playbook.book import Playbook
from helpers.playbook.models import Item, Message, Metric, Mistake, Play, Script
from helpers.playbook.pages import Document, Fault, read_page, read_yaml
from helpers.playbook.recording import Recording
from helpers.playbook.references import check
from helpers.playbook.rules import Channels, Country, Folklore, Placeholders, Rules, Sources
from helpers.playbook.sequences import Sequences, sequence_faults

M = TypeVar("M", bound=BaseModel)
I = TypeVar("I", bound=Item)  # noqa: E741 - reads as "Item"

State = tuple[tuple[str, int, int], ...]

KINDS: dict[str, type[Item]] = {
    "mistakes": Mistake,
    "plays": Play,
    "messages": Message,
    "scripts": Script,
    "metrics": Metric,
}
"""Folder → what its pages are."""


class PlaybookError(InputError):
    """The playbook cannot be used; `faults` lists everything that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        listed = "\n".join(str(fault) for fault in self.faults)
        super().__init__("The playbook cannot be used until this is corrected:\n{faults}", faults=listed)


def load(folder: Path | None = None) -> Playbook:
    """Read the playbook and check that all of it holds together.

    A process reads it once: it is asked for by dozens of findings of every chapter. Files that have changed since are read again.

    Args:
        folder: where it is; the one that comes with the product by default.

    Raises:
        PlaybookError: unknown keys, a missing language, a reference to a page that does not exist, and the like: all
            faults of all files, each with file and line.
    """
    root = resources.playbook() if folder is None else folder
    if not root.is_dir():
        message = "There is no playbook in {folder}; give the folder that holds “mistakes” and “plays”."
        raise InputError(message, folder=root.name)
    state = _state(root)
    known = _READ.get(root)
    if known is None or known[0] != state:
        known = _READ[root] = (state, _read(root))
    return known[1]


_READ: dict[Path, tuple[State, Playbook]] = {}
"""Folder → its playbook and the state of its files that this was read from; one with faults is never kept."""


def _state(root: Path) -> State:
    """Name, time of the last change and size of every file: what tells an edited playbook from the one read before."""
    found = ((path, path.stat()) for path in root.rglob("*") if path.suffix in {".md", ".yml"})
    return tuple(sorted((str(path), seen.st_mtime_ns, seen.st_size) for path, seen in found))


def _read(root: Path) -> Playbook:
    """All pages and rules, checked."""
    faults: list[Fault] = []
    files = {kind: {path.stem: path for path in sorted((root / kind).glob("*.md"))} for kind in KINDS}
    documents: dict[str, dict[str, Document]] = {kind: {} for kind in KINDS}
    items: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for kind, model in KINDS.items():
        for name, path in files[kind].items():
            document, found = read_page(path, root)
            faults += found
            item, found = _item(model, document, name)
            faults += found
            if document is not None and item is not None:
                documents[kind][name], items[kind][name] = document, item
    rules, found = _rules(root)
    faults += found
    if rules is None:
        raise PlaybookError(faults)
    frozen: dict[str, Mapping[str, Any]] = {kind: MappingProxyType(found) for kind, found in items.items()}
    book = Playbook(**frozen, rules=rules)
    faults += [*check(book, documents, files), *sequence_faults(rules.sequences, book.plays, book.messages)]
    if faults:
        raise PlaybookError(faults)
    return book


def _item(model: type[I], document: Document | None, name: str) -> tuple[I | None, list[Fault]]:
    """A page as its type; what the loader adds must not stand in the front matter."""
    if document is None:
        return None, []
    own = [key for key in ("path", "body", "body_lines") if key in document.data]
    faults = [Fault(document.file, document.line((key,)), f"“{key}” is not a known key") for key in own]
    if document.data.get("id") != name:
        faults.append(Fault(document.file, document.line(("id",)), f"the id must be the file's name, “{name}”"))
    extra = {"path": document.file, "body": document.body, "body_lines": document.body_lines}
    item, found = _validated(model, document, {**document.data, **extra})
    return item, faults + found


def _validated(model: type[M], document: Document, data: dict[str, Any]) -> tuple[M | None, list[Fault]]:
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, [_worded(document, fault) for fault in error.errors(include_url=False)]


def _worded(document: Document, fault: Any) -> Fault:
    """A pydantic error in the words of the person who wrote the page."""
    place = fault["loc"]
    name = ".".join(str(step + 1) if isinstance(step, int) else step for step in place)
    if fault["type"] == "extra_forbidden":
        message = f"“{name}” is not a known key"
    elif fault["type"] == "missing":
        message = f"“{name}” is missing"
    else:
        message = f"“{name}”: {fault['msg'].removeprefix('Value error, ')}"
    return Fault(document.file, document.line(place), message)


def _rules(root: Path) -> tuple[Rules | None, list[Fault]]:
    folder, faults = root / "rules", list[Fault]()

    def read(model: type[M], path: Path) -> M | None:
        document, found = read_yaml(path, root)
        faults.extend(found)
        if document is None:
            return None
        item, found = _validated(model, document, document.data)
        faults.extend(found)
        if item is not None:
            faults.extend(_unsourced(item, document))
        return item

    channels = read(Channels, folder / "channels.yml")
    placeholders = read(Placeholders, folder / "placeholders.yml")
    sources = read(Sources, folder / "sources.yml")
    recording = read(Recording, folder / "recording.yml")
    folklore = read(Folklore, folder / "folklore.yml")
    sequences = read(Sequences, folder / "sequences.yml")
    countries = {path.stem: read(Country, path) for path in sorted((folder / "countries").glob("*.yml"))}
    for name, country in countries.items():
        if country is not None and country.country != name:
            faults.append(Fault(f"rules/countries/{name}.yml", 1, f"the country must be the file's name, “{name}”"))
    known = {name: country for name, country in countries.items() if country is not None}
    if not (channels and placeholders and sources and recording and folklore and sequences):
        return None, faults
    rules = Rules(
        channels=channels,
        placeholders=placeholders.placeholders,
        countries=known,
        sources=sources,
        recording=recording,
        folklore=folklore,
        sequences=sequences,
    )
    return rules, faults


def _unsourced(rules: BaseModel, document: Document) -> list[Fault]:
    """Facts that name a source the file does not list."""
    listed = getattr(rules, "sources", None)
    if not isinstance(listed, dict):
        return []

    def walk(value: Any, place: tuple[int | str, ...]) -> Iterable[Fault]:
        if isinstance(value, dict):
            source = value.get("source")
            if isinstance(source, str) and source not in listed:
                line = document.line((*place, "source"))
                yield Fault(document.file, line, f"there is no source “{source}” in this file")
            for key, inner in value.items():
                yield from walk(inner, (*place, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from walk(inner, (*place, index))

    return list(walk(document.data, ()))
