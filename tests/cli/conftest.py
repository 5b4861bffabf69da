"""The command line as a person meets it, in a workspace of one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import shops
from typer.testing import CliRunner

from helpers.cli import app


@dataclass(frozen=True)
class Said:
    """What a command answered: exit code, results, messages (line breaks of the terminal undone)."""

    code: int
    out: str
    err: str


Retention = Callable[..., Said]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty workspace beside the test's files."""
    folder = tmp_path / "clients"
    folder.mkdir()
    return folder


@pytest.fixture
def retention(workspace: Path) -> Retention:
    """Call `retention` with some words."""

    def call(*words: object, at: Path = workspace) -> Said:
        result = CliRunner().invoke(app, [*map(str, words), "--workspace", str(at)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, " ".join(result.stdout.split()), " ".join(result.stderr.split()))

    return call


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """The order file of a small shop."""
    return shops.write(tmp_path / "orders.csv", shops.small())


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> shops.Ran:
    """The small shop after its first run; for reading only."""
    return shops.ran(tmp_path_factory.getbasetemp() / "small-shop")
