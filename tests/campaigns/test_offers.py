"""Lists of offers once the campaigns are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from businesses import made

from helpers import files
from helpers.campaigns import offers
from helpers.language import Language

VI = Language("vi")
CODE = VI.text("customer code")


@pytest.mark.parametrize("name", offers.LISTS)
def test_nobody_left_out_to_compare_is_offered_anything(con: Any, tmp_path: Path, name: str) -> None:
    """Of four on a list, the one left out by some campaign goes; the contacted and the undrawn stay, word for word and in order."""
    before = made(con, {
        CODE: ["007", "KH2", "KH3", "KH4"], VI.text("name"): ["An, \"Béo\"", "Bình", None, "=Dũng"],
        VI.text("phone"): ["0912 345 678", "0912 345 679", None, "(+44) 7700900123"],
    })  # fmt: skip
    path = files.write_csv(con, before, tmp_path / f"{name}.csv")
    kept = [line for line in path.read_text("utf-8").splitlines() if "KH2" not in line]
    arms = made(con, {"customer_id": ["KH2", "007", "KH2"], "arm": ["holdout", "treated", "treated"]})
    offers.leave_out_held(
        con, arms, tmp_path, say=VI, write=lambda n, t: files.write_csv(con, t, tmp_path / f"{n}.csv")
    )
    assert path.read_text("utf-8").splitlines() == kept


def test_a_list_that_loses_everybody_keeps_no_workbook(con: Any, tmp_path: Path) -> None:
    """Where all are left out the headings stay and the workbook with their names goes; lists that were never made are not made now."""
    path = files.write_csv(con, made(con, {CODE: pa.array(["KH1"])}), tmp_path / "offer-running-out.csv")
    files.write_xlsx(con, made(con, {CODE: pa.array(["KH1"])}), tmp_path / "offer-running-out.xlsx")
    arms = made(con, {"customer_id": ["KH1"], "arm": ["holdout"]})
    offers.leave_out_held(
        con, arms, tmp_path, say=VI, write=lambda n, t: files.write_csv(con, t, tmp_path / f"{n}.csv")
    )
    assert path.read_text("utf-8-sig").split() == CODE.split()
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
