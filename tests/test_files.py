"""Writing files so that a crash leaves the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import ibis
import pytest

from helpers import files


class TestWrite:
    """Text and bytes."""

    def test_text_and_modes(self, tmp_path: Path) -> None:
        """UTF-8, in folders made on the way; private means readable by the owner alone."""
        path = files.write_text(tmp_path / "a" / "b" / "x.txt", "Tiệm\n", private=True)
        assert path.read_bytes() == "Tiệm\n".encode()
        assert path.stat().st_mode & 0o777 == 0o600
        assert files.write_text(path, "new").stat().st_mode & 0o777 == 0o644

    def test_a_crash_leaves_the_old_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """When writing fails half-way the old content stands and nothing lies about."""
        path = files.write_text(tmp_path / "x.txt", "old")

        def full(handle: int) -> None:
            raise OSError("disk full")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="disk full"):
            files.write_text(path, "new")
        assert path.read_text() == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


class TestCsv:
    """Tables for spreadsheets."""

    def test_formulas_are_made_harmless(self, con: Any) -> None:
        """Text beginning with = + - @, a tab or a return gets an apostrophe; inside a text they are left alone."""
        cells = ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "a=1", " =1", "", None, "Đá"]
        found = (
            files.safe_cells(ibis.memtable({"a": cells, "n": range(11)})).order_by("n").to_pyarrow()["a"].to_pylist()
        )
        assert found == ["'=1", "'+1", "'-1", "'@a", "'\t=1", "'\r=1", "a=1", " =1", "", None, "Đá"]

    def test_a_failed_list_leaves_the_old_one(self, con: Any, tmp_path: Path) -> None:
        """When the engine fails, yesterday's list stands and no half list lies about."""
        good = ibis.memtable({"a": ["x"]})
        path = files.write_csv(con, good, tmp_path / "list.csv")
        before = path.read_bytes()
        bad = good.mutate(b=good.a.cast("int64"))
        with pytest.raises(Exception, match=r"[Cc]onver"):
            files.write_csv(con, bad, path)
        assert path.read_bytes() == before == b"\xef\xbb\xbfa\nx\n"
        assert [p.name for p in tmp_path.iterdir()] == ["list.csv"]

    def test_names_are_not_confused(self, con: Any, tmp_path: Path) -> None:
        """Lists whose names differ after a point only do not overwrite each other."""
        one = files.write_csv(con, ibis.memtable({"a": ["1"]}), tmp_path / "win.back.csv")
        two = files.write_csv(con, ibis.memtable({"a": ["2"]}), tmp_path / "win.new.csv")
        assert one.read_bytes() != two.read_bytes()
