"""A small shop, run once; everything that changes a client works on one of its own."""

from __future__ import annotations

import pytest
import shops


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> shops.Ran:
    """The small shop after its first run; for reading only."""
    return shops.ran(tmp_path_factory.getbasetemp() / "small-shop")
