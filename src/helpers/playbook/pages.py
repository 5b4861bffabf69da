"""Reading the playbook's files: YAML that remembers its lines, pages with front matter and a body per language."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from helpers.playbook.models import LANGUAGES

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARK = re.compile(r"^<!-- ([a-z]{2}) -->\s*$", re.MULTILINE)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong in a file of the playbook; printed as ``file:line: message``."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Document:
    """One file as read: its facts, and where each of them stands.

    Attributes:
        file: path relative to the playbook, with forward slashes. data: the front matter (or the whole YAML file).
        node: the same as YAML nodes, for lines. first_line: the file's line on which `node`'s first line stands.
    """

    file: str
    data: dict[str, Any]
    node: yaml.MappingNode
    first_line: int
    body: dict[str, str]
    body_lines: dict[str, int]

    def line(self, place: Sequence[int | str] = ()) -> int:
        """The line on which a fact stands, or the nearest one around it: ``document.line(("questions", 2, "ask"))``."""
        node, line = cast(yaml.Node, self.node), self.first_line
        for step in place:
            if isinstance(node, yaml.MappingNode):
                entry = next(((k, v) for k, v in node.value if k.value == str(step)), None)
                if entry is None:
                    break
                line, node = self.first_line + entry[0].start_mark.line, entry[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = self.first_line + node.start_mark.line
            else:
                break
        return line


def read_page(path: Path, root: Path) -> tuple[Document | None, list[Fault]]:
    """A Markdown page: front matter between two ``---`` lines, then a body per language."""
    file = path.relative_to(root).as_posix()
    text, faults = _text(path, file)
    if text is None:
        return None, faults
    head, body, body_line = _split(text)
    if head is None:
        return None, [*faults, Fault(file, 1, "the page must start with front matter between two lines “---”")]
    document, found = _document(file, head, 2)
    faults += found
    bodies, lines, found = _bodies(file, body, body_line)
    faults += found
    if document is None or found:
        return None, faults
    return Document(document.file, document.data, document.node, document.first_line, bodies, lines), faults


def read_yaml(path: Path, root: Path) -> tuple[Document | None, list[Fault]]:
    """A YAML file that is one mapping."""
    file = path.relative_to(root).as_posix()
    text, faults = _text(path, file)
    if text is None:
        return None, faults
    document, found = _document(file, text, 1)
    return document, faults + found


def _text(path: Path, file: str) -> tuple[str | None, list[Fault]]:
    try:
        text = path.read_bytes().decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        return None, [Fault(file, line, "the file is not UTF-8; save it as UTF-8")]
    except FileNotFoundError:
        return None, [Fault(file, 1, "the file is missing")]
    if unicodedata.is_normalized("NFC", text):
        return text, []
    return text, [
        Fault(file, n, "the letters are not in composed form (NFC); retype or normalise them")
        for n, line in enumerate(text.split("\n"), 1)
        if not unicodedata.is_normalized("NFC", line)
    ]


def _split(text: str) -> tuple[str | None, str, int]:
    """Front matter, body, and the line on which the body starts."""
    if not text.startswith("---\n"):
        return None, text, 1
    end = text.find("\n---\n", 3)
    if end < 0:
        return None, text, 1
    return text[4 : end + 1], text[end + 5 :], text.count("\n", 0, end + 5) + 1


def _document(file: str, text: str, first_line: int) -> tuple[Document | None, list[Fault]]:
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        return None, [Fault(file, line, f"this is not valid YAML ({getattr(fault, 'problem', None) or 'unreadable'})")]
    if not isinstance(node, yaml.MappingNode):
        return None, [Fault(file, first_line, "“name: value” lines are expected here")]
    faults: list[Fault] = []
    data = _value(node, file, first_line, faults)
    return Document(file, data, node, first_line, {}, {}), faults


def _value(node: yaml.Node, file: str, first_line: int, faults: list[Fault]) -> Any:
    """A node as plain data; a key written twice is a fault (YAML would silently keep the last)."""
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, file, first_line, faults) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in mapping:
                faults.append(Fault(file, first_line + key_node.start_mark.line, f"“{key}” is written twice"))
            mapping[key] = _value(value_node, file, first_line, faults)
        return mapping
    return _scalar(node.tag.rpartition(":")[2], node.value)


def _scalar(kind: str, text: str) -> Any:
    """A value as people mean it: YAML's "yes", "22:00" (sixty-based!) and times of day stay the words they are."""
    if kind in ("bool", "null"):
        return _WORDS.get(text.lower(), text)
    with contextlib.suppress(ValueError):
        if kind in ("int", "float"):
            return (int if kind == "int" else float)(text.replace("_", ""))
        if kind == "timestamp":
            return dt.date.fromisoformat(text)
    return text


def _bodies(file: str, body: str, first_line: int) -> tuple[dict[str, str], dict[str, int], list[Fault]]:
    """Prose per language, introduced by ``<!-- vi -->`` and ``<!-- en -->`` in this order."""
    marks = list(_MARK.finditer(body))
    codes = [mark[1] for mark in marks]
    if codes != list(LANGUAGES):
        wanted = " and ".join(f"“<!-- {code} -->”" for code in LANGUAGES)
        return {}, {}, [Fault(file, first_line, f"the text must have two parts introduced by the lines {wanted}")]
    faults, texts, lines = [], {}, {}
    if body[: marks[0].start()].strip():
        faults.append(Fault(file, first_line, f"text before “<!-- {codes[0]} -->” belongs to no language"))
    for mark, end in zip(marks, [*(m.start() for m in marks[1:]), len(body)], strict=True):
        part = body[mark.end() : end]
        line = first_line + body.count("\n", 0, mark.end()) + len(part) - len(part.lstrip("\n"))
        texts[mark[1]], lines[mark[1]] = part.strip(), line
        if not part.strip():
            faults.append(Fault(file, line, f"the text is missing in: {mark[1]}"))
    return texts, lines, faults
