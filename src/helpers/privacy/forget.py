"""`retention forget`: one person out of everything a client's folder holds, and kept out of every later run."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock

from helpers import business as business_file
from helpers import files, schema
from helpers.business import Business
from helpers.errors import InputError
from helpers.intake.resolution.corrections import Key
from helpers.language import Language
from helpers.pipeline import background, workspace
from helpers.privacy import finding, kept, places, record
from helpers.privacy.person import MASK, Person
from helpers.privacy.tables import LAST
from helpers.session import storage
from helpers.uploads import FOLDER


@dataclass(frozen=True)
class Outcome:
    """What was done; no personal data.

    Attributes:
        removed: file → rows (or lines) left out or changed. left: files of the client's folder that still name them.
        outside: files elsewhere, named by business.yml, that do. sold: tables of a warehouse that are sources, as they were.
        again: nothing but the hash of the key was left of them.
    """

    removed: Mapping[str, int]
    left: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    sold: tuple[str, ...] = ()
    again: bool = False

    def lines(self, say: Language) -> list[tuple[str, str]]:
        """What a person reads, as (term, text)."""
        if self.again and not self.removed:
            head = [(say.text("Nothing names this person any more; they were forgotten before."), "")]
        else:
            rows = say.plural("{n} row", "{n} rows", sum(self.removed.values()))
            head = [
                (
                    say.text(
                        "Forgotten: {rows} in {n} files. Their sales stay, as sales of nobody.",
                        rows=rows, n=len(self.removed),
                    ),
                    "",
                )
            ]  # fmt: skip
        told = [(f"  {name}", say.number(n)) for name, n in self.removed.items()]
        if self.outside:
            note = say.text(
                "These files outside the client's folder still name them; every run leaves them out, but delete them there as well: {files}.",
                files=list(self.outside),
            )
            told.append((say.text("note"), note))
        if self.sold:
            note = say.text(
                "These tables of a warehouse are as they were; every run leaves this person out, but delete them there as well: {tables}.",
                tables=list(self.sold),
            )
            told.append((say.text("note"), note))
        return head + told


def forget(client: Path, asked: str, *, today: date) -> Outcome:
    """Remove somebody from a client's folder and note it.

    It may be broken off and called again: every file is written whole, and what tells who they are goes last.

    Args:
        asked: customer code, SYSTEM:CODE, telephone number or e-mail.

    Raises:
        InputError: nobody has the key; a run goes on; or files are left that name them and cannot be written again.
    """
    background.refuse_while_running(client)
    with workspace.only_one(client), FileLock(client / f".{storage.FILE}.lock"):
        staging = workspace.begin(client)  # what broken runs have left goes with it
        shutil.rmtree(staging, ignore_errors=True)
        with suppress(OSError):
            staging.parent.rmdir()
        outcome = _forgotten(client, asked, today)
    if outcome.left:
        raise InputError(
            "This person is left out of every later run, but these files still name them and cannot be written again: {files}. "
            "Delete them or put an export without the person in their place, then give the command again.",
            files=list(outcome.left),
        )
    return outcome


def _forgotten(client: Path, asked: str, today: date) -> Outcome:
    business = business_file.load(client)
    there = kept.opened(business, client)
    try:
        return _forgotten_in(client, business, there, asked, today)
    finally:
        if there is not None:
            there.disconnect()


def _forgotten_in(client: Path, business: Business, there: Any, asked: str, today: date) -> Outcome:
    noted = record.read(client)
    person = finding.find(client, business, there, asked, today=today)
    again = not person.ids
    if again:
        person = finding.as_key(asked, business.country)
        if noted.of(record.marks_of(person, noted.hasher)) is None:
            raise InputError(
                "No customer of “{client}” has this key; write a customer code, SYSTEM:CODE, a phone number or an e-mail as it "
                "stands in the data.",
                client=client.name,
            )
    marks = record.marks_of(person, noted.hasher)
    if not (person.codes or person.phones or person.emails):
        raise InputError(
            "This customer shares every key with others; part them first under “identity” in business.yml (docs/identity.md)."
        )
    noted = noted.noted(marks, on=today, removed={}, finished=False)
    record.write(client, noted)  # first of all: from now on no run brings them back
    removed = _written_again(client, business, there, person)
    left, outside = _what_is_left(client, business, person)
    noted = noted.noted(marks, on=today, removed=removed, finished=not left)
    record.write(client, noted)
    sold = [source.table for group in business.sources.values() for source in group if source.table]
    return Outcome(removed, left, outside, tuple(sold), again)


def _written_again(client: Path, business: Business, there: Any, person: Person) -> dict[str, int]:
    """Every file, and every table a warehouse keeps, without them; file (as it may be shown) → rows."""
    removed: dict[str, int] = {}
    if there is not None:
        anew = kept.without(there, client, person)
        removed |= {path.relative_to(client).as_posix(): rows for path, rows in anew.items()}
    words: dict[str, str] = {}
    named = places.named(client, business)
    for folder in (*client.glob("runs/*/answers"), *client.glob(f"{FOLDER}/.receiving-*")):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
    for path in _in_order(client):
        before = _digest(path) if path.suffix.lower() in (".csv", ".xlsx") else ""
        if path == client / business_file.FILE:
            n: int | None = _business(path, person, words)
        else:
            known = named.get(path.resolve())
            n = places.without(path, person, known, ours=known is None and "runs" in path.relative_to(client).parts)
            if known is None and path.suffix.lower() in places.WORDS:
                places.replace_words(path, words)
        if n:
            removed[person.masked(path.relative_to(client).as_posix())] = n
            if before:
                words[before] = _digest(path)
    return removed


def _in_order(client: Path) -> list[Path]:
    """Rows first, since their new fingerprints go into the texts; then the texts; what tells who they are last of all."""

    def turn(path: Path) -> tuple[int, str]:
        if path.suffix == ".parquet" and path.stem in LAST:
            return 3, str(path)
        return (2 if path.suffix.lower() in places.WORDS else 1), str(path)

    return sorted(places.every_file(client), key=turn)


def _business(path: Path, person: Person, words: Mapping[str, str]) -> int:
    """`business.yml` without lines of `identity:` about them, and with the fingerprints of the lists as they are now."""
    data: dict[str, Any] = schema.parsed(path.read_text(encoding="utf-8"))
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)
    identity = data.get("identity") or {}
    for line in ("merge", "split"):
        kept = [[one for one in group if not _is_theirs(one, person)] for group in identity.get(line) or ()]
        if line in identity:
            identity[line] = [group for group in kept if len(group) > 1]
    if "shared" in identity:
        identity["shared"] = [one for one in identity["shared"] if not _is_theirs(one, person)]
    for campaign in data.get("campaigns") or ():
        mark = str(campaign.get("fingerprint") or "")
        new = next((new for old, new in words.items() if mark and old.startswith(mark.lower())), None)
        if new:
            campaign["fingerprint"] = new[: len(mark)]
    data = {name: value if name in ("name", "sources") else _masked(value, person) for name, value in data.items()}
    written = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)
    if written == text:
        # a remark between the lines is no value
        bare = path.read_text(encoding="utf-8")
        if person.masked(bare) == bare:
            return 0
    files.write_text(path, written)
    return max(1, sum(a != b for a, b in zip(text.splitlines(), written.splitlines(), strict=False)))


def _is_theirs(word: Any, person: Person) -> bool:
    text = str(word)
    codes = [Key(code, system) for system, code in person.codes]
    system, colon, code = text.partition(":")
    asked = Key(code.strip(), system.strip()) if colon else Key(text.strip())
    return person.is_key(text) or any(asked.same(one) for one in codes)


def _masked(value: Any, person: Person) -> Any:
    if isinstance(value, Mapping):
        return {name: _masked(one, person) for name, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, person) for one in value]
    return person.keys.sub(MASK, value) if isinstance(value, str) else value


def _what_is_left(client: Path, business: Business, person: Person) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Files in the client's folder, and files of business.yml elsewhere, that name them still."""
    inside = client.resolve()
    left = [path for path in places.every_file(client) if places.still_names(path, person)]
    elsewhere = [path for path in places.named(client, business) if not path.is_relative_to(inside)]
    outside = [path for path in elsewhere if places.still_names(path, person)]
    return _shown(left, client, person), _shown(outside, None, person)


def _shown(paths: Iterable[Path], client: Path | None, person: Person) -> tuple[str, ...]:
    return tuple(person.masked(path.relative_to(client).as_posix() if client else path.name) for path in paths)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
