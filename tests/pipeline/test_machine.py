"""What the machine refuses is said in one sentence; what is not its doing is left as it was."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from helpers.errors import InputError
from helpers.pipeline import machine
from helpers.pipeline.execute import NotebookFailed


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (OSError(errno.EFBIG, "File too large"), "The disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "cannot be written to"),
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be written to"),
        (OSError(errno.EIO, "Input/output error"), "copy the folder"),
        (MemoryError(), "The memory was not enough"),
        (NotebookFailed("5_proof", 3, "MemoryError: ", ""), "The memory was not enough"),
        (RuntimeError("IO Error: Could not write: No space left on device"), "The disk is full"),
    ],
)
def test_the_machine_is_named(fault: Exception, words: str) -> None:
    """Disk, permissions and memory, met by us, by the engine or in a notebook."""
    with pytest.raises(InputError, match=words), machine.faults_of(Path("shop")):
        raise fault


def test_what_lies_behind_a_fault_counts() -> None:
    """A library that wraps the disk's refusal in a fault of its own does not hide it."""
    wrapped = ValueError("could not save")
    wrapped.__cause__ = OSError(errno.ENOSPC, "")
    assert machine.recognised(wrapped) == "full"


def test_other_faults_pass() -> None:
    """A mistake of the program stays one, and a sentence for the user stays as it is."""
    with pytest.raises(ZeroDivisionError), machine.faults_of(Path("shop")):
        _ = 1 / 0
    with pytest.raises(InputError, match="as it was"), machine.faults_of(Path("shop")):
        raise InputError("as it was")
