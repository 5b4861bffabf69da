"""What a connection leaves behind, and what it may hold."""

from __future__ import annotations

import gc
import stat
from pathlib import Path

import pytest

from helpers import engine

SORTED = (
    "SELECT s FROM (SELECT i::VARCHAR || repeat('x', 60) AS s FROM range(3000000) t(i) ORDER BY hash(i) LIMIT 2900000)"
)


def test_what_does_not_fit_in_memory_waits_in_a_folder_of_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sort larger than the memory allowed leaves nothing where the user stands; others cannot read it, and it goes with the connection."""
    monkeypatch.chdir(tmp_path)
    con = engine.connect(memory_limit="150MB", threads=1)
    folder = Path(con.raw_sql("SELECT current_setting('temp_directory')").fetchone()[0])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    con.raw_sql(f"CREATE TEMP TABLE sorted AS {SORTED}")
    assert list(folder.iterdir())
    con.disconnect()
    del con
    gc.collect()
    assert (list(tmp_path.iterdir()), folder.exists()) == ([], False)


def test_a_limit_holds_for_a_while() -> None:
    """Within the block the engine has the memory given, after it what it had."""
    con = engine.connect(memory_limit="512MiB")
    with engine.within(con, 500_000_000):
        assert con.raw_sql("SELECT current_setting('memory_limit')").fetchone()[0] == "476.8 MiB"
    assert con.raw_sql("SELECT current_setting('memory_limit')").fetchone()[0] == "512.0 MiB"
