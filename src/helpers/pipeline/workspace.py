"""A client's folder on disk: where it is, one run at a time, and a finished run put in place whole or not at all."""

from __future__ import annotations

import ctypes
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from helpers import files
from helpers.business import FILE, slug
from helpers.errors import InputError
from helpers.pipeline.migration import bring_up_to_date

STAGING, RETIRED = ".staging-", ".retired-"
PRIVATE = ("tables", "lists", "answers")
"""Folders of a run that name people: nobody but their owner may look into them."""


def client_folder(workspace: Path, name: str) -> Path:
    """The folder of one client inside the workspace; the name is reduced to a slug, so it cannot lead anywhere else.

    A folder of a former release is brought to today's shape.

    Raises:
        InputError: there is no such client, or a later program wrote its files.
    """
    folder = workspace / slug(name)
    if not (folder / FILE).is_file():
        known = sorted(p.parent.name for p in workspace.glob(f"*/{FILE}"))
        raise InputError(
            "There is no client “{name}” in {workspace}. Known: {known}. Create one with “retention new NAME --orders FILE”, or "
            "with --no-file before there is a file.",
            name=folder.name, workspace=workspace.name or str(workspace), known=known or ["–"],
        )  # fmt: skip
    bring_up_to_date(folder)
    return folder


def clients(workspace: Path) -> list[Path]:
    """All client folders, by name."""
    return sorted(path.parent for path in workspace.glob(f"*/{FILE}"))


@contextmanager
def only_one(client: Path, wait_seconds: float = 1800) -> Iterator[None]:
    """Hold the client for one run; a second run waits for the first and then finds its stages done.

    Raises:
        InputError: the other run has not ended in time, or the folder cannot be written to.
    """
    try:
        with FileLock(client / ".lock", timeout=wait_seconds):
            yield
    except Timeout as fault:
        raise InputError(
            "Another run of “{client}” is still going on; wait for it or end it, then try again.", client=client.name
        ) from fault
    except PermissionError as fault:
        raise InputError(
            "The folder of “{client}” cannot be written to; check its permissions.", client=client.name
        ) from fault


def begin(client: Path) -> Path:
    """A fresh folder to work in, after clearing what a crashed run may have left. Call while holding the client."""
    runs = client / "runs"
    runs.mkdir(exist_ok=True)
    for left in runs.glob(f"{RETIRED}*"):
        home = runs / left.name.removeprefix(RETIRED).rsplit("_", 1)[0]
        if home.exists():
            shutil.rmtree(left, ignore_errors=True)
        else:  # the crash came between taking the old run away and putting the new one in place
            left.rename(home)
    for left in runs.glob(f"{STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)
    staging = runs / f"{STAGING}{uuid.uuid4().hex[:8]}"
    staging.mkdir()
    return staging


def put_in_place(staging: Path, target: Path) -> None:
    """Make a finished run the run of its day; the old one is removed only after the new one is there.

    Everything is on the disk before it gets its name, so a power cut cannot leave a named run with empty files. Where the system
    can exchange two folders there is no moment without a report; elsewhere the next run mends a crash between two renames.
    """
    for name in PRIVATE:
        if (staging / name).is_dir():
            (staging / name).chmod(0o700)
    files.settle(staging)
    retired = target.with_name(f"{RETIRED}{target.name}_{uuid.uuid4().hex[:8]}")
    if target.exists() and exchange(staging, target):
        staging.rename(retired)
    else:
        if target.exists():
            target.rename(retired)
        try:
            staging.rename(target)
        except OSError:
            if retired.exists():
                retired.rename(target)
            raise
    files.settle_folder(target.parent)
    shutil.rmtree(retired, ignore_errors=True)


def exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system cannot (renameat2 is Linux's, and not every file system has it)."""
    try:
        swap = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    here, exchanged = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(swap(here, os.fsencode(one), here, os.fsencode(other), exchanged) == 0)
