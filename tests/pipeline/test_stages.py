"""Fingerprints change when what they stand for changes, and only then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.pipeline import stages


def test_a_fingerprint_depends_on_every_part() -> None:
    """Order and content count; the order of keys does not."""
    assert stages.fingerprint("a", "b") != stages.fingerprint("b", "a")
    assert stages.fingerprint("ab") != stages.fingerprint("a", "b")
    assert stages.fingerprint({"x": 1, "y": 2}) == stages.fingerprint({"y": 2, "x": 1})


def test_a_folder_counts_with_names_and_contents(tmp_path: Path) -> None:
    """A renamed, changed or added export is noticed."""
    (tmp_path / "a.csv").write_text("1", "utf-8")
    seen = {stages.file_hash(tmp_path)}
    (tmp_path / "a.csv").rename(tmp_path / "b.csv")
    seen.add(stages.file_hash(tmp_path))
    (tmp_path / "b.csv").write_text("2", "utf-8")
    seen.add(stages.file_hash(tmp_path))
    (tmp_path / "c.csv").write_text("", "utf-8")
    seen.add(stages.file_hash(tmp_path))
    assert len(seen) == 4


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A finished run with one stage that left one file."""
    run = tmp_path / "2025-06-30"
    run.mkdir()
    (run / "a.txt").write_text("made once", "utf-8")
    manifest = {"stages": {"tables": {"key": "k", "seconds": 1.5, "reused": False, "files": ["a.txt"]}}}
    (run / stages.MANIFEST).write_text(json.dumps(manifest), "utf-8")
    return run


def test_a_stage_is_taken_over_with_its_files(earlier: Path, tmp_path: Path) -> None:
    """The same key brings the files and the time they once took."""
    kept = stages.take_over("tables", "k", [earlier], tmp_path / "new")
    assert kept is not None
    assert (kept.seconds, kept.reused, kept.files) == (1.5, True, ("a.txt",))
    assert (tmp_path / "new" / "a.txt").read_text("utf-8") == "made once"


def test_another_key_is_not_taken_over(earlier: Path, tmp_path: Path) -> None:
    """Changed inputs, missing files and unknown stages are done again."""
    assert stages.take_over("tables", "other", [earlier], tmp_path / "new") is None
    assert stages.take_over("customers", "k", [earlier], tmp_path / "new") is None
    (earlier / "a.txt").unlink()
    assert stages.take_over("tables", "k", [earlier], tmp_path / "new") is None


def test_replacing_a_file_leaves_the_earlier_run_alone(earlier: Path, tmp_path: Path) -> None:
    """Files are shared between runs by links, so a new one is written beside and moved, never into the old."""
    from helpers import files

    stages.take_over("tables", "k", [earlier], tmp_path / "new")
    files.write_text(tmp_path / "new" / "a.txt", "made again")
    assert (earlier / "a.txt").read_text("utf-8") == "made once"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stages": null}', '{"stages": {"tables": null}}', '{"stages": []}'])
def test_a_damaged_manifest_is_no_manifest(earlier: Path, tmp_path: Path, text: str) -> None:
    """Half a manifest costs time, never a crash."""
    (earlier / stages.MANIFEST).write_text(text, "utf-8")
    assert stages.take_over("tables", "k", [earlier], tmp_path / "new") is None


def test_the_code_is_part_of_every_fingerprint() -> None:
    """New code or another engine never reuses old numbers."""
    assert stages.code_hash() == stages.code_hash()
    assert {"duckdb", "numpy", "scipy"} <= set(stages.versions())
