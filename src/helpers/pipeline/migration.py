"""A client's folder of a former release, brought to today's shape when it is opened."""

from __future__ import annotations

from pathlib import Path

import yaml
from filelock import FileLock

from helpers import files, schema
from helpers.business import FILE
from helpers.session import storage

BACKUP = "backup"
"""Holds the files as they were, in one folder per version of `business.yml` they came from."""
_WRITTEN = {FILE: schema.BUSINESS, storage.FILE: schema.SESSION}


def bring_up_to_date(client: Path) -> tuple[str, ...]:
    """Write `business.yml` and `session.yml` in today's shape, keeping both as they were under :data:`BACKUP`.

    A file that cannot be read is left for those who read it to say so.

    Returns:
        Names of the files written again.

    Raises:
        InputError: a later program wrote one of them; nothing is touched.
    """
    old = {name: text for name, known in _WRITTEN.items() if (text := _older(client / name, known)) is not None}
    if not old:
        return ()
    with FileLock(client / f".{FILE}.lock"), FileLock(client / f".{storage.FILE}.lock"):
        old = {name: text for name, known in _WRITTEN.items() if (text := _older(client / name, known)) is not None}
        folder = _backup(client)
        for name in _WRITTEN if old else ():
            if (client / name).is_file():
                files.write_bytes(folder / name, (client / name).read_bytes(), private=True)
        for name, text in old.items():
            private = name != FILE
            files.write_text(client / name, schema.rewritten(text, _WRITTEN[name]), private=private)
    return tuple(old)


def _older(path: Path, known: int) -> str | None:
    """The text of a file of a former shape; None where there is nothing to do."""
    try:
        text = path.read_text(encoding="utf-8")
        data = schema.parsed(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    if not isinstance(data, dict) or not data or schema.up_to_date(data, known, file=path.name, text=text) is data:
        return None
    return text


def _backup(client: Path) -> Path:
    """A folder for the files as they are: nothing kept before is written over."""
    try:
        found = schema.version(schema.parsed((client / FILE).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        found = 0
    folder, n = client / BACKUP / f"schema-{found}", 1
    while folder.exists():
        n += 1
        folder = client / BACKUP / f"schema-{found}-{n}"
    return folder
