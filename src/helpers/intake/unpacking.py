"""Archives into files on disk, never more than the limits, whatever the archive claims about itself."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from helpers.errors import InputError
from helpers.intake import checking
from helpers.intake.checking import PACKED, READABLE, too_large

_BLOCK = 1024 * 1024
_NESTED = (*PACKED, ".tar", ".tgz", ".rar", ".7z", ".bz2", ".xz", ".zst")


def unpack(path: Path, folder: Path) -> list[Path]:
    """The exports inside an archive, written under `folder`, in the order of their names.

    A file of a .zip is named after the archive and itself (``may.zip › orders.csv``); nothing of a name inside the
    archive is used as a path. Files that are no exports are passed over.

    Args:
        path: a .zip or .gz file.
        folder: an empty or existing folder of ours.

    Raises:
        InputError: damaged, encrypted, an archive in the archive, no export in it, or larger than the limits.
    """
    if path.suffix.lower() == ".gz":
        return [_gunzip(path, folder)]
    try:
        with zipfile.ZipFile(path) as archive:
            return _unzip(archive, path, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as broken:
        raise _damaged(path) from broken
    except (NotImplementedError, RuntimeError) as unknown:
        raise InputError(
            "{file} is packed in a way that cannot be read; unpack it and give the files inside.", file=path.name
        ) from unknown


def _unzip(archive: zipfile.ZipFile, path: Path, folder: Path) -> list[Path]:
    members = [one for one in archive.infolist() if not one.is_dir() and not _hidden(one.filename)]
    nested = [one for one in members if one.filename.lower().endswith(_NESTED)]
    if nested:
        raise InputError("{file} holds another archive; unpack that one first.", file=path.name)
    exports = [one for one in members if one.filename.lower().endswith(READABLE)]
    if not exports:
        raise InputError("{file} holds no export; pack .csv, .xlsx, .parquet or .json files into it.", file=path.name)
    if len(exports) > checking.MOST_FILES:
        raise InputError(
            "{file} holds more than {most} files; pack fewer of them.", file=path.name, most=checking.MOST_FILES
        )
    if any(one.flag_bits & 0x1 for one in exports):
        raise InputError("{file} is protected with a password; unpack it and give the files inside.", file=path.name)
    if sum(one.file_size for one in exports) > checking.LARGEST_UNPACKED:
        raise too_large(path.name, checking.LARGEST_UNPACKED)
    left = checking.LARGEST_UNPACKED
    written = []
    for one in sorted(exports, key=lambda member: member.filename):
        target = _free(folder / f"{path.name} › {_flat(one.filename)}")
        with archive.open(one) as source:
            left -= _copy(source, target, path, left, one.compress_size)
        written.append(target)
    return written


def _gunzip(path: Path, folder: Path) -> Path:
    bare = path.with_suffix("").name
    if bare.lower().endswith(_NESTED):
        raise InputError("{file} holds another archive; unpack that one first.", file=path.name)
    target = _free(folder / bare)
    try:
        with gzip.open(path) as source:
            _copy(source, target, path, checking.LARGEST_UNPACKED, path.stat().st_size)
    except (gzip.BadGzipFile, zlib.error, EOFError, OSError) as broken:
        raise _damaged(path) from broken
    if target.suffix.lower() not in READABLE:
        target = target.rename(_free(target.with_name(target.name + _kind(target))))
    return target


def _copy(source: IO[bytes] | Any, target: Path, archive: Path, most: int, packed: int) -> int:
    """Write the stream block by block and stop at the limits; returns its bytes."""
    size = 0
    with target.open("wb") as out:
        while block := source.read(_BLOCK):
            size += len(block)
            if size > most:
                raise too_large(archive.name, checking.LARGEST_UNPACKED)
            if size > checking.RATIO_FROM and size > checking.HIGHEST_RATIO * max(packed, 1):
                raise InputError(
                    "{file} unfolds to more than {ratio} times its size, which no export does; export it again.",
                    file=archive.name, ratio=checking.HIGHEST_RATIO,
                )  # fmt: skip
            out.write(block)
    return size


def _kind(path: Path) -> str:
    """The ending a file without one should have, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"PAR1"):
        return ".parquet"
    if start.startswith(b"PK\x03\x04"):
        return ".xlsx"
    return ".json" if start[:1] in (b"{", b"[") else ".csv"


def _hidden(name: str) -> bool:
    """What systems and programs add on their own."""
    parts = re.split(r"[/\\]", name)
    return "__MACOSX" in parts or parts[-1].startswith((".", "~$"))


def _flat(name: str) -> str:
    """The name inside the archive as one plain file name: no folder, no drive, no control character, not too long."""
    plain = " › ".join(part for part in re.split(r"[/\\]", name) if part not in ("", ".", ".."))
    plain = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "_", plain)
    while len(plain.encode()) > 160:
        plain = plain[1:]
    return plain


def _free(path: Path) -> Path:
    """The path, or one beside it that is not taken."""
    found, n = path, 1
    while found.exists():
        n += 1
        found = path.with_name(f"{path.stem} ({n}){path.suffix}")
    return found


def _damaged(path: Path) -> InputError:
    return InputError("{file} is damaged and cannot be read; export it again.", file=path.name)
