"""Writing files so that a crash leaves the old one or the new one."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import fastexcel
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import engine, files


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


RISKY = tuple("=+-@\t\r\n＝＋－＠")
UNSEEN = "".join(chr(n) for n in range(32) if n not in (9, 10, 13))


def _bare(cell: str) -> str:
    """What a program that passes over control characters sees."""
    return cell.lstrip(UNSEEN)


TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)).flatmap(
    lambda text: st.sampled_from(
        [text, *(start + (text or "") for start in (*RISKY, "\x00=", "\x0b+", " =", "'=", '"='))]
    )
)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(cells=st.lists(TEXTS, min_size=1, max_size=20), header=st.sampled_from(["a", "=a", "+1", "@x", "-"]))
def test_nothing_written_begins_like_a_formula(cells: list[str | None], header: str) -> None:
    """Whatever text stands in a list, no cell and no header of the CSV or the workbook begins a formula; all else is unchanged."""
    con = engine.connect()
    table = ibis.memtable(pa.table({header: pa.array(cells, pa.string()), "n": range(len(cells))}))
    marked = [f"'{cell}" if cell and _bare(cell).startswith(RISKY) else cell or "" for cell in cells]
    with tempfile.TemporaryDirectory() as folder:
        plain = files.write_csv(con, table.order_by("n"), Path(folder) / "l.csv").read_bytes().decode("utf-8-sig")
        book = files.write_xlsx(con, table.order_by("n"), Path(folder) / "l.xlsx")
        with zipfile.ZipFile(book) as parts:
            assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        sheet = fastexcel.read_excel(book).load_sheet(0, header_row=None, dtypes="string").to_arrow().to_pydict()
    rows = list(csv.reader(io.StringIO(plain, newline="")))
    assert [row[0] for row in rows[1:]] == marked
    shown = [cell or "" for cell in next(iter(sheet.values()))]
    for written in ([row[0] for row in rows], shown):
        assert len(written) == len(cells) + 1
        assert not [cell for cell in written if _bare(cell).startswith(RISKY)]
