"""Files dropped on the session page: received piece by piece into the client's folder, whole or not at all.

Pieces, because a web socket takes no message of the size of an export, and because a file must never be in memory whole.
Every refusal is one sentence; what was refused leaves nothing behind.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from helpers import files
from helpers.business import FILE, is_reserved
from helpers.errors import InputError
from helpers.intake import checking
from helpers.intake.opening import files as exports_in
from helpers.intake.reading import heads
from helpers.pipeline import background
from helpers.pipeline.stages import file_hash

FOLDER = "files"
"""Where a client's dropped files are, inside the client's folder."""
LARGEST = 250_000_000
"""Bytes of one file the page takes: two million lines of sales as CSV, and thirty seconds of a browser's time."""
PIECE = 2_000_000
"""Bytes of one piece: a third more as text, and well below the ten million a web socket's message may have."""
LONGEST_NAME = 150
"""Bytes of a file's name; file systems take 255, and our temporary names are longer than the file's own."""
_ROOM = 2.5
"""Times its size that must be free on the disk: the file, and what a run writes about it."""
_RECEIVING = ".receiving-"


class Upload:
    """One file on its way. Made by :func:`begin`; ends with :meth:`finish` or :meth:`give_up`."""

    def __init__(self, client: Path, name: str, size: int) -> None:
        self.client, self.name, self.size, self.received = client, name, size, 0
        (client / FOLDER).mkdir(mode=0o700, exist_ok=True)
        # a folder of its own, so that the file has its right name when it is looked at
        self._folder = Path(tempfile.mkdtemp(dir=client / FOLDER, prefix=_RECEIVING))
        self._part = self._folder / name
        self._out = self._part.open("wb")
        self._part.chmod(files.PRIVATE)

    def add(self, piece: bytes) -> int:
        """Append a piece; returns the bytes received so far.

        Raises:
            InputError: more comes than was said; nothing is kept.
        """
        self.received += len(piece)
        if self.received > self.size:
            self.give_up()
            raise _broken(self.name)
        self._out.write(piece)
        return self.received

    def finish(self) -> str:
        """Look at what came and put it in place; returns its name in :data:`FOLDER`.

        Raises:
            InputError: not all of it came, it cannot be read, it is here already, or it is another client's; nothing is kept.
        """
        try:
            self._out.close()
            if self.received != self.size:
                raise _broken(self.name)
            background.refuse_while_running(self.client)
            _readable(self._part)
            self._refuse_known()
            target = free_name(self.client / FOLDER, self.name)
            self._part.replace(target)
            return target.name
        finally:
            self.give_up()

    def give_up(self) -> None:
        """Forget what has come so far; harmless after the end."""
        self._out.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _refuse_known(self) -> None:
        """Refuse a file that is here already, here or at another client of this workspace."""
        mine = {path for path in stored(self.client) if path.stat().st_size == self.size}
        others = {path for path in _others(self.client) if path.stat().st_size == self.size}
        if not mine | others:
            return
        content = file_hash(self._part)
        for path in mine:
            if file_hash(path) == content:
                raise InputError(
                    "{file} is here already, as {other}; nothing was added.", file=self.name, other=path.name
                )
        if any(file_hash(path) == content for path in others):
            # which client it is stays unsaid: the owner of this one is looking on
            raise InputError(
                "{file} belongs to another business of this workspace; check whose session this is.", file=self.name
            )


def begin(client: Path, name: str, size: int) -> Upload:
    """Begin to receive a file.

    Args:
        client: the client's folder. name: as the browser gives it, without a path. size: bytes.

    Raises:
        InputError: a run goes on, or the name, the kind or the size cannot be taken.
    """
    background.refuse_while_running(client)
    name = unicodedata.normalize("NFC", name)
    stem = Path(name).stem.strip()
    if (
        re.search(r'[/\\\x00-\x1f\x7f<>:"|?*]', name) or name.startswith(".") or name != name.strip()
        or is_reserved(stem) or len(name.encode()) > LONGEST_NAME or not stem
    ):  # fmt: skip
        raise InputError(
            "“{file}” cannot name a file here; give it a plain, shorter name and drop it again.", file=_shown(name)
        )
    if Path(name).suffix.lower() not in checking.KNOWN:
        raise InputError(
            "{file} is not a kind of file that can be read; export it as one of: {known}.",
            file=name, known=list(checking.KNOWN),
        )  # fmt: skip
    if size <= 0:
        raise InputError("{file} is empty; export it again.", file=name)
    if size > LARGEST:
        raise too_large(name, size)
    if shutil.disk_usage(client).free < _ROOM * size:
        raise InputError("There is not enough room on the disk for {file}; make some and drop it again.", file=name)
    return Upload(client, name, size)


def too_large(name: str, size: int) -> InputError:
    """The sentence for a file beyond :data:`LARGEST`."""
    return InputError(
        "{file} has {size} MB, and the page takes up to {most} MB: export a shorter period, or pack it as .zip.",
        file=name, size=round(size / 1e6), most=round(LARGEST / 1e6),
    )  # fmt: skip


def stored(client: Path) -> list[Path]:
    """The files dropped so far, by name."""
    found = (client / FOLDER).glob("*") if (client / FOLDER).is_dir() else ()
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def remove(client: Path, name: str) -> None:
    """Take a dropped file away again; one that business.yml names stays.

    Raises:
        InputError: a run goes on.
    """
    background.refuse_while_running(client)
    path = client / FOLDER / Path(name).name
    from helpers.business import load

    used = {source.file for group in load(client).sources.values() for source in group}
    if f"{FOLDER}/{path.name}" not in used:
        path.unlink(missing_ok=True)


def tidy(client: Path) -> None:
    """Clear what uploads that broke off have left, unless they are still coming."""
    from time import time

    for left in (client / FOLDER).glob(f"{_RECEIVING}*") if (client / FOLDER).is_dir() else ():
        newest = max((path.stat().st_mtime for path in (left, *left.glob("*"))), default=0.0)
        if time() - newest > 3600:
            shutil.rmtree(left, ignore_errors=True)


def free_name(folder: Path, name: str) -> Path:
    """The name in a folder, or the next one that is not taken: an older export is never written over."""
    found, n = folder / name, 1
    while found.exists():
        n += 1
        found = folder / f"{Path(name).stem} ({n}){Path(name).suffix}"
    return found


def _readable(path: Path) -> None:
    """Refuse what intake could not open: not what its name says, empty, damaged, an archive beyond the limits."""
    checking.check(path)
    with tempfile.TemporaryDirectory(prefix="intake-") as scratch:
        for export in exports_in(Path(), str(path), Path(scratch)):
            heads(export)


def _others(client: Path) -> Iterator[Path]:
    """The files other clients of the workspace have."""
    for other in client.parent.glob(f"*/{FILE}"):
        if other.parent != client:
            yield from (
                path for path in other.parent.glob("*") if path.suffix.lower() in checking.KNOWN and path.is_file()
            )
            yield from stored(other.parent)


def _broken(name: str) -> InputError:
    return InputError("The transfer of {file} broke off; drop it again.", file=name)


def _shown(name: str) -> str:
    """A name fit to stand in a sentence."""
    plain = re.sub(r"[\x00-\x1f\x7f]", "�", name)
    return plain if len(plain) <= 60 else plain[:57] + "…"
