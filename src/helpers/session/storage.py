"""`session.yml`: written whole and at once, its versions kept, never overwritten by somebody who has not seen the last one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock
from pydantic import ValidationError

from helpers import files, schema
from helpers.errors import InputError
from helpers.mistyped import line_of, problem
from helpers.session.said import Session

FILE = "session.yml"
HISTORY = "session-history"
LAST = ".session-last.yml"
"""A copy of the current version, for a disk that damages the file itself."""
BEGIN, END = "---", "..."
"""YAML's marks around a document. What begins with the one and does not end with the other was cut off."""
KEPT = 50
"""Earlier versions kept beside the current one."""


class Changed(InputError):
    """The file has a version this state does not know: somebody else has saved."""

    def __init__(self) -> None:
        super().__init__("Somebody has saved this session from another window; reload the page to go on from there.")


def load(client: Path) -> Session:
    """The saved session; an empty one when there is none.

    Raises:
        InputError: the file was edited into something that cannot be read; it is left as it is.
    """
    path = client / FILE
    return _read(path) if path.is_file() else Session()


def _read(path: Path) -> Session:
    try:
        text = path.read_text(encoding="utf-8")
        data = schema.parsed(text) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise InputError(
            "{file}, line {line}: this is not valid YAML; correct it, or take the last version from {history}.",
            file=FILE, line=str(line_of(fault)), history=HISTORY,
        ) from fault  # fmt: skip
    if _cut_off(path, text):
        raise InputError(
            "{file} was cut off at line {line}, by a crash or a full disk; take the last version from {history}.",
            file=FILE, line=str(text.count("\n") + 1), history=HISTORY,
        )  # fmt: skip
    try:
        return Session.model_validate(schema.up_to_date(data, schema.SESSION, file=FILE, text=text))
    except ValidationError as fault:
        place = fault.errors()[0]["loc"]
        where = ".".join(str(part) for part in place) or FILE
        raise InputError(
            "{file}, line {line}: “{where}” cannot be used ({problem}); correct it, or take the last version from {history}.",
            file=FILE, line=str(_line_of(path, place)), where=where, problem=problem(fault.errors()[0]), history=HISTORY,
        ) from fault  # fmt: skip


def _cut_off(path: Path, text: str) -> bool:
    """Whether the end is missing. Many a beginning of a session is a session too, with fewer answers: that must not pass for one.

    Versions of before the marks, and files written by hand, have none and are taken as they are; an empty file beside a history
    or a copy is no session that somebody wrote.
    """
    if text.strip():
        return text.startswith(BEGIN) and text.rstrip().rpartition("\n")[2] != END
    return (path.parent / HISTORY).is_dir() or (path.parent / LAST).is_file()


def _line_of(path: Path, place: Sequence[str | int]) -> int:
    """The line a faulty entry stands on: the names and positions that lead to it, followed as far as the file spells them out."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def save(client: Path, session: Session) -> Session:
    """Write the session at once and whole, keeping the version before in the history.

    Returns:
        The session as saved, one version on.

    Raises:
        Changed: another tab has saved since this one read the file; nothing is overwritten. InputError: the file there cannot
            be read; it is left as it is.
    """
    with _locked(client):
        current = load(client)
        if current.version != session.version:
            raise Changed
        # after an old version has been put back by hand, the history goes on from its newest entry
        newest = max([session.version, *(int(old.stem) for old in _versions(client))])
        return _write(client, session.model_copy(update={"version": newest + 1}), current.version)


def restore(client: Path, known: Session | None = None) -> Session:
    """Go on from the last version that can be read, putting a damaged file aside (``session-history/damaged-1.yml``).

    Args:
        known: the state of a page that was open when the file was damaged; it is newer than the history.

    Returns:
        The session as saved; an empty one when the history holds nothing readable. A file that is in order is left alone.
    """
    with _locked(client):
        try:
            return load(client)
        except InputError:
            pass
        aside = len(list((client / HISTORY).glob("damaged-*.yml"))) + 1
        files.write_bytes(client / HISTORY / f"damaged-{aside}.yml", (client / FILE).read_bytes(), private=True)
        kept = _versions(client)
        candidates = [client / LAST, *reversed(kept)]
        readable = (found for found in map(_readable, candidates) if found is not None)
        good = known or next(readable, Session())
        (client / FILE).unlink()
        newest = max([good.version, *(int(old.stem) for old in kept)])
        # the damaged file may have been saved once more than the history shows
        return _write(client, good.model_copy(update={"version": newest + 2}), None)


def _readable(path: Path) -> Session | None:
    try:
        return _read(path)
    except (InputError, OSError):
        return None


def _locked(client: Path) -> FileLock:
    return FileLock(client / f".{FILE}.lock")


def _versions(client: Path) -> list[Path]:
    """The history, oldest first."""
    return sorted((path for path in (client / HISTORY).glob("*.yml") if path.stem.isdigit()), key=lambda p: int(p.stem))


def _write(client: Path, session: Session, before: int | None) -> Session:
    text = yaml.safe_dump(
        session.model_dump(mode="json"),
        allow_unicode=True,
        sort_keys=False,
        width=120,
        explicit_start=True,
        explicit_end=True,
    )
    if before is not None and (client / FILE).is_file():
        files.write_bytes(client / HISTORY / f"{before:06d}.yml", (client / FILE).read_bytes(), private=True)
    files.write_text(client / FILE, text, private=True)
    files.write_text(client / LAST, text, private=True)
    for old in _versions(client)[:-KEPT]:
        old.unlink()
    return session


def touched(before: Session, after: Session) -> frozenset[str]:
    """What differs between two states, as entries one can name: ``guesses.x``, ``answers.q.note`` or ``commitments``.

    Two windows that touched different entries can both be saved; commitments are one entry, because each has its place in a list.
    """
    old, new = _flat(before), _flat(after)
    return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _flat(session: Session) -> dict[str, Any]:
    entries: dict[str, Any] = {f"guesses.{name}": tenths for name, tenths in session.guesses.items()}
    entries |= {f"revealed.{name}": True for name in session.revealed}
    for name, answer in session.answers.items():
        entries |= {f"answers.{name}.score": (answer.score,), f"answers.{name}.note": answer.note or None}
    entries |= {f"what_if.{name}": points for name, points in session.what_if.items()}
    return {**entries, "commitments": session.commitments}
