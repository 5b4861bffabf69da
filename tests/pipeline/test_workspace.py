"""A client's folder survives crashes: a run is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers.errors import InputError
from helpers.pipeline import workspace


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A client with one finished run."""
    run = tmp_path / "shop" / "runs" / "2025-06-30"
    run.mkdir(parents=True)
    (run / "report.html").write_text("old", "utf-8")
    (tmp_path / "shop" / "business.yml").write_text("name: Shop\n", "utf-8")
    return tmp_path / "shop"


def _report(client: Path) -> str:
    return (client / "runs" / "2025-06-30" / "report.html").read_text("utf-8")


def _new_run(client: Path) -> Path:
    staging = workspace.begin(client)
    (staging / "report.html").write_text("new", "utf-8")
    return staging


def test_a_finished_run_replaces_the_one_of_the_same_day(client: Path) -> None:
    """Afterwards there is one run, and it is the new one."""
    workspace.put_in_place(_new_run(client), client / "runs" / "2025-06-30")
    assert _report(client) == "new"
    assert [p.name for p in (client / "runs").iterdir()] == ["2025-06-30"]


def test_a_run_that_cannot_be_moved_leaves_the_old_one(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that refuses the second of the two renames does not cost the last good report."""
    monkeypatch.setattr(workspace, "exchange", lambda one, other: False)  # a system that has only renames
    staging, rename = _new_run(client), os.rename

    def full(source: Path, target: Path) -> None:
        if Path(source) == staging:
            raise OSError("no space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(OSError, match="no space"):
        workspace.put_in_place(staging, client / "runs" / "2025-06-30")
    assert _report(client) == "old"


def test_a_crash_between_the_two_renames_is_repaired(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power goes after the old run was taken away and before the new one was put there: the next run brings it back."""
    monkeypatch.setattr(workspace, "exchange", lambda one, other: False)  # a system that has only renames
    staging, rename = _new_run(client), os.rename

    def power_cut(source: Path, target: Path) -> None:
        if Path(source) == staging:
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "rename", power_cut)
    with pytest.raises(KeyboardInterrupt):
        workspace.put_in_place(staging, client / "runs" / "2025-06-30")
    monkeypatch.undo()
    assert not (client / "runs" / "2025-06-30").exists()
    begun = workspace.begin(client)
    assert _report(client) == "old"
    assert sorted(p.name for p in (client / "runs").iterdir()) == sorted([begun.name, "2025-06-30"])


def test_a_crash_after_both_renames_leaves_the_new_run(client: Path) -> None:
    """The old run had not been cleared away yet: the next run clears it and keeps the new one."""
    retired = client / "runs" / f"{workspace.RETIRED}2025-06-30_0a1b2c3d"
    retired.mkdir()
    (retired / "report.html").write_text("older", "utf-8")
    workspace.begin(client)
    assert _report(client) == "old"
    assert not retired.exists()


def test_what_a_crashed_run_left_is_cleared(client: Path) -> None:
    """Half-made folders do not pile up and are never taken for runs."""
    stale = client / "runs" / f"{workspace.STAGING}deadbeef"
    (stale / "tables").mkdir(parents=True)
    begun = workspace.begin(client)
    assert not stale.exists()
    assert begun.is_dir()
    assert not list(begun.iterdir())


def test_a_second_run_says_that_the_first_goes_on(client: Path) -> None:
    """When the wait is over the user learns why nothing happened."""
    with (
        workspace.only_one(client),
        pytest.raises(InputError, match="Another run of “shop”"),
        workspace.only_one(client, wait_seconds=0.05),
    ):
        pytest.fail("both hold the client")


def test_the_next_run_may_begin_when_the_first_failed(client: Path) -> None:
    """A fault lets go of the client."""
    with pytest.raises(ZeroDivisionError), workspace.only_one(client):
        raise ZeroDivisionError
    with workspace.only_one(client, wait_seconds=0.05):
        pass


@pytest.mark.parametrize("name", ["../shop", "/etc/passwd", "..", "", "shop/../../x"])
def test_no_name_leads_out_of_the_workspace(client: Path, name: str) -> None:
    """Whatever is typed is reduced to a folder name inside the workspace, or refused."""
    try:
        found = workspace.client_folder(client.parent, name)
    except InputError:
        return
    assert found == client


def test_an_unknown_client_is_told_the_known_ones(client: Path) -> None:
    """A typing mistake is seen at once."""
    with pytest.raises(InputError, match=r"“sop”.*Known: .*shop"):
        workspace.client_folder(client.parent, "sop")
    assert workspace.clients(client.parent) == [client]


def test_there_is_no_moment_without_a_report(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where folders can be exchanged, the power may go right after: the new run is there, and the next one clears the old away."""
    if not workspace.exchange(client / "runs", client / "runs"):
        pytest.skip("this file system exchanges no folders")
    staging = _new_run(client)
    monkeypatch.setattr(os, "rename", lambda source, target: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        workspace.put_in_place(staging, client / "runs" / "2025-06-30")
    monkeypatch.undo()
    assert _report(client) == "new"
    begun = workspace.begin(client)
    assert sorted(p.name for p in (client / "runs").iterdir()) == sorted([begun.name, "2025-06-30"])
