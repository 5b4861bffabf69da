"""That somebody was forgotten, noted without a word of who it was."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from helpers import files
from helpers.intake.forgotten import FILE, Forgotten, load
from helpers.intake.text import fold
from helpers.privacy.person import Person

VERSION = 1


@dataclass(frozen=True)
class Record:
    """The record of a client as it stands on disk.

    Attributes:
        secret: the key of its hashes. people: `on`, `marks`, `removed` (file → rows) and `finished` of everybody forgotten.
    """

    secret: bytes
    people: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def hasher(self) -> Forgotten:
        """What makes and recognises hashes."""
        return Forgotten(self.secret, frozenset(mark for one in self.people for mark in one["marks"]))

    def of(self, marks: frozenset[str]) -> Mapping[str, Any] | None:
        """The entry of whoever has one of these hashes."""
        return next((one for one in self.people if marks & set(one["marks"])), None)

    def noted(self, marks: frozenset[str], *, on: date, removed: Mapping[str, int], finished: bool) -> Record:
        """The record with somebody in it, or with what else was removed of them."""
        before = self.of(marks)
        kept = tuple(one for one in self.people if one is not before)
        earlier = dict(before["removed"]) if before else {}
        for name, n in removed.items():
            earlier[name] = earlier.get(name, 0) + n
        entry = {
            "on": before["on"] if before else on.isoformat(),
            "finished": on.isoformat() if finished else None,
            "marks": sorted(marks | set(before["marks"] if before else ())),
            "removed": dict(sorted(earlier.items())),
        }
        return Record(self.secret, (*kept, entry))


def read(client: Path) -> Record:
    """The client's record, or a new one with a key of its own.

    Raises:
        InputError: there is one and it cannot be read.
    """
    path = client / FILE
    if not path.is_file():
        return Record(secrets.token_bytes(32))
    load(client)
    found = json.loads(path.read_text(encoding="utf-8"))
    return Record(bytes.fromhex(found["key"]), tuple(found["people"]))


def write(client: Path, record: Record) -> None:
    """Put the record in place, readable by its owner alone."""
    told = {"schema_version": VERSION, "key": record.secret.hex(), "people": list(record.people)}
    files.write_text(client / FILE, json.dumps(told, ensure_ascii=False, indent=1), private=True)


def marks_of(person: Person, hasher: Forgotten) -> frozenset[str]:
    """A hash of every key by which a later file could bring somebody back."""
    found = {hasher.mark("code", code) for code in person.all_codes}
    found |= {hasher.mark("code", code, system) for system, code in person.codes if system}
    found |= {hasher.mark("phone", number) for number in person.phones}
    found |= {hasher.mark("email", address) for address in person.emails}
    found |= {hasher.mark(kind, value) for kind, value in person.weak}
    own = (name for name in person.names if len(name.split()) > 1 and fold(name) not in person.common)
    return frozenset(found | {hasher.mark("name", fold(name)) for name in own})
