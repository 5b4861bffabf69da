"""Faults of the machine – a full disk, a folder that may not be written, no memory – told as one sentence that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from helpers.errors import InputError

Kind = Literal["full", "closed", "broken", "memory"]
_NUMBERS: dict[int, Kind] = {
    errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EFBIG: "full", errno.EROFS: "closed", errno.EACCES: "closed",
    errno.EPERM: "closed", errno.EIO: "broken", errno.ENOMEM: "memory",
}  # fmt: skip
_WORDS: dict[str, Kind] = {
    "No space left on device": "full", "Disk quota exceeded": "full", "File too large": "full",
    "max_temp_directory_size": "full", "Read-only file system": "closed", "Permission denied": "closed",
    "Input/output error": "broken", "MemoryError": "memory", "Out of Memory Error": "memory",
    "Cannot allocate memory": "memory", "bad_alloc": "memory",
}  # fmt: skip
"""How the engine and a notebook's kernel, which hand on words and no number, name the same."""


@contextmanager
def faults_of(client: Path) -> Iterator[None]:
    """Turn what the machine refuses while the block lasts into the user's sentence; every other fault passes.

    Raises:
        InputError: disk, permissions or memory stood in the way.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as fault:
        kind = recognised(fault)
        if kind is None:
            raise
        raise _worded(kind, client.name) from fault


def recognised(fault: BaseException) -> Kind | None:
    """What stood in the way of a fault, or of one behind it; None when the machine is not to blame."""
    seen: BaseException | None = fault
    while seen is not None:
        if isinstance(seen, MemoryError):
            return "memory"
        if isinstance(seen, OSError) and seen.errno in _NUMBERS:
            return _NUMBERS[seen.errno]
        text = str(seen)
        found = next((kind for words, kind in _WORDS.items() if words in text), None)
        if found is not None:
            return found
        seen = seen.__cause__ or seen.__context__
    return None


def _worded(kind: Kind, client: str) -> InputError:
    if kind == "full":
        return InputError(
            "The disk is full, or the quota is used up; make room and run “{client}” again. The last report is as it was.",
            client=client,
        )
    if kind == "closed":
        return InputError("The folder of “{client}” cannot be written to; check its permissions.", client=client)
    if kind == "broken":
        return InputError(
            "The disk could not be read or written at one place; copy the folder of “{client}” to another disk and run it again there.",
            client=client,
        )
    return InputError(
        "The memory was not enough for “{client}”; close other programs and run it again by itself. The last report is as it was.",
        client=client,
    )
