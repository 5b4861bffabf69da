"""What once broke the program does not break it again: every file of this folder, as `index.yml` says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from intake.test_hostile import survives

from helpers.errors import InputError
from helpers.session import load

HERE = Path(__file__).parent
INDEX: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "index.yml").read_text("utf-8"))


def test_every_file_has_its_line() -> None:
    """A file that broke the program says what went wrong, and none is named that is not there."""
    assert {p.name for p in HERE.iterdir() if p.suffix not in (".py", "") and p.name != "index.yml"} == set(INDEX)
    assert all(entry["wrong"] and len(entry) > 1 for entry in INDEX.values())


@pytest.mark.parametrize("name", [name for name in INDEX if not name.startswith("session")])
def test_an_export_that_broke_the_intake(name: str) -> None:
    """Every row is accounted for, as many are kept as can be, or it is said what is wrong."""
    found = survives((HERE / name).read_bytes(), name)
    if isinstance(found, str):
        assert INDEX[name]["says"] in found
    else:
        assert (found.rows_read, found.rows_kept) == (INDEX[name]["read"], INDEX[name]["kept"])


@pytest.mark.parametrize("name", [name for name in INDEX if name.startswith("session")])
def test_a_session_that_lost_answers(tmp_path: Path, name: str) -> None:
    """It is refused and left as it is."""
    (tmp_path / "session-history").mkdir()
    (tmp_path / "session.yml").write_bytes((HERE / name).read_bytes())
    with pytest.raises(InputError, match=INDEX[name]["says"]):
        load(tmp_path)
    assert (tmp_path / "session.yml").read_bytes() == (HERE / name).read_bytes()
