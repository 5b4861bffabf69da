"""What a connection leaves behind, and what it may hold."""

from __future__ import annotations

import gc
import stat
from pathlib import Path

import pytest

from helpers import engine, intake
from helpers.business import Business, Source

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


def test_a_run_takes_a_third_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divided among the processes that work side by side, a part of each kept for what is no engine; never less than a gigabyte, and what
    the environment says goes before.
    """
    monkeypatch.delenv(engine.MEMORY, raising=False)
    monkeypatch.setattr(engine.os, "sysconf", {"SC_PHYS_PAGES": 6_000_000, "SC_PAGE_SIZE": 4_000}.get)
    assert engine.share(1) == engine.alone() == 5_200_000_000
    assert engine.share(2) == 2_600_000_000
    assert engine.share(8) == 1_000_000_000
    monkeypatch.setenv(engine.MEMORY, "700000000")
    assert engine.alone() == 700_000_000


def test_large_files_are_given_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gigabyte for a shop's export, three times their size for large files, as far as a run may go; a table of a warehouse may be any size."""
    monkeypatch.setenv(engine.MEMORY, "6000000000")
    sizes = {"small.csv": 5_000, "large.parquet": 1_500_000_000, "huge.parquet": 40_000_000_000}
    for name, size in sizes.items():
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)

    def given(**source: str) -> int:
        return intake.memory(Business(name="Shop", sources={"orders": [Source(**source)]}), tmp_path)

    assert [given(file=name) for name in sizes] == [1_000_000_000, 4_500_000_000, 6_000_000_000]
    assert given(table="sales", url="duckdb://lake.duckdb") == 6_000_000_000
