"""The example business, for `retention demo` and for a notebook opened by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import shops

from helpers import business, resources
from helpers.pipeline import example


def test_the_example_is_copied_without_its_truth(tmp_path: Path) -> None:
    """A client's folder as `retention new` would leave it; what only tests may know stays behind."""
    client = example.install(tmp_path / "cafe")
    assert business.load(client).name == business.load(resources.example()).name
    assert not (client / "truth").exists()
    copied = {p.name for p in client.iterdir()}
    assert copied == {p.name for p in resources.example().iterdir()} - {"truth"}


def test_a_second_demo_keeps_what_was_changed(tmp_path: Path) -> None:
    """Somebody plays with the margin of the example: the next demo does not take it back."""
    client = example.install(tmp_path / "cafe")
    path = client / business.FILE
    path.write_text(path.read_text("utf-8") + "\n# mine\n", "utf-8")
    before = shops.tree(client)
    example.install(client)
    assert shops.tree(client) == before


def test_a_notebook_opened_by_hand_finds_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are made once, kept in the user's cache, and found again."""
    small = tmp_path / "small"
    shops.write(small / "orders.csv", shops.twelve())
    made = shops.client(tmp_path / "clients", shops.twelve())
    shutil.copy(made / business.FILE, small)
    monkeypatch.setattr(resources, "example", lambda name="": small)
    monkeypatch.setattr(example, "user_cache_path", lambda name: tmp_path / "cache")
    run = example.example_run()
    assert {"orders.parquet", "customers.parquet"} <= {p.name for p in (run / "tables").iterdir()}
    monkeypatch.setattr(example, "build_tables", lambda *_, **__: pytest.fail("made a second time"))
    assert example.example_run() == run


def test_a_changed_example_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version of the project never shows the old version's numbers."""
    places: list[Path] = []

    def stop(client: Path) -> Path:
        places.append(client)
        raise StopIteration

    folder = tmp_path / "example"
    folder.mkdir()
    monkeypatch.setattr(resources, "example", lambda name="": folder)
    monkeypatch.setattr(example, "user_cache_path", lambda name: tmp_path / "cache")
    monkeypatch.setattr(example, "install", stop)
    for content in ("name: A\n", "name: A\n", "name: B\n"):
        (folder / business.FILE).write_text(content, "utf-8")
        with pytest.raises(StopIteration):
            example.example_run()
    assert places[0] == places[1] != places[2]
