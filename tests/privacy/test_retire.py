"""`retention retire`: a client leaves nothing that names a person, and nothing outside their folder is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
import shops
from pyarrow import parquet
from typer.testing import CliRunner, Result

from helpers.cli import app
from helpers.errors import InputError
from helpers.pipeline.workspace import clients
from helpers.privacy import retire as retiring
from helpers.privacy.retire import RECORD, retire
from tests.privacy import corner_shop as shop

RUN = "runs/2025-06-30"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A client's folder as a finished run leaves it, its files small."""
    client = shop.client(tmp_path / "clients")
    run = client / RUN
    shop.write(run / "lists" / "call-this-week.csv", ("customer code", "phone"), [(shop.CODE, shop.PHONE)])
    (run / "tables").mkdir()
    parquet.write_table(pa.table({"phone": [shop.PHONE], "email": [shop.MAIL]}), run / "tables" / "people.parquet")
    (run / "report.html").write_text("<p>12 customers, 1.234.567 ₫</p>", "utf-8")
    (run / "metrics.json").write_text('{"customers": 12}', "utf-8")
    (run / "answers").mkdir(exist_ok=True)
    (run / "answers" / "a.json").write_text(shop.NAME, "utf-8")
    return client


def call(folder: Path, *words: str, typed: str = "") -> Result:
    """`retention retire` in the folder's workspace."""
    told = ["retire", folder.name, "--workspace", str(folder.parent), "--lang", "en", *words]
    return CliRunner().invoke(app, told, input=typed)


def test_everything_goes_but_the_record(folder: Path) -> None:
    """Without any option only the record that it was done is left, and the client is no longer listed."""
    said = call(folder, "--yes")
    assert said.exit_code == 0
    assert [path.name for path in folder.iterdir()] == [RECORD]
    told = json.loads((folder / RECORD).read_text("utf-8"))
    assert told["finished"]
    assert told["files_removed"] > 10
    assert clients(folder.parent) == []
    assert not any(word in said.output for word in shop.TRACES)


def test_reports_are_kept_when_asked_for(folder: Path) -> None:
    """With --keep-reports the report and its numbers stay where they are, and nothing beside them."""
    assert call(folder, "--yes", "--keep-reports").exit_code == 0
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == {RECORD, f"{RUN}/report.html", f"{RUN}/metrics.json"}
    assert shop.traces(folder) == {}


@pytest.mark.parametrize("word", [shop.MAIL, "0912 345 907", "+84912345907"])
def test_a_report_that_names_a_customer_is_not_kept(folder: Path, word: str) -> None:
    """A number or an e-mail a customer has, in whatever form, takes the report along; the others stay."""
    (folder / RUN / "report.html").write_text(f"<p>gọi {word}</p>", "utf-8")
    done = retire(folder, keep_reports=True, today=shops.TODAY)
    assert done.named == (f"{RUN}/report.html",)
    assert done.kept == (f"{RUN}/metrics.json",)
    assert not (folder / RUN / "report.html").exists()


def test_it_asks_first(folder: Path) -> None:
    """Without --yes it asks, and a no leaves everything as it was."""
    before = shop.contents(folder)
    said = call(folder, typed="n\n")
    assert said.exit_code == 2
    assert shop.contents(folder) == before
    assert call(folder, typed="y\n").exit_code == 0
    assert [path.name for path in folder.iterdir()] == [RECORD]


def test_links_are_removed_and_never_followed(folder: Path) -> None:
    """What a link to a folder or a file outside leads to stays; the link goes."""
    outside = folder.parent.parent / "photos"
    outside.mkdir()
    (outside / "cat.txt").write_text("cat", "utf-8")
    (folder / "files" / "album").symlink_to(outside)
    (folder / RUN / "lists" / "cat.csv").symlink_to(outside / "cat.txt")
    (folder / "runs" / "2025-05-31").symlink_to(outside)
    retire(folder, keep_reports=True, today=shops.TODAY)
    assert (outside / "cat.txt").read_text("utf-8") == "cat"
    assert not (folder / "files").exists()
    assert not (folder / "runs" / "2025-05-31").is_symlink()


def test_a_folder_that_is_a_link_is_refused(folder: Path) -> None:
    """A client's folder that only leads to another place is not emptied."""
    link = folder.parent / "other"
    link.symlink_to(folder)
    with pytest.raises(InputError, match="is a link"):
        retire(link, keep_reports=False, today=shops.TODAY)
    assert (folder / "business.yml").is_file()


def test_what_is_broken_off_is_finished_by_the_next_call(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash while files go leaves business.yml, so that the same command does the rest."""
    real = retiring.shutil.rmtree
    calls: list[Path] = []

    def falls(path: Path) -> None:
        if calls:
            raise OSError("power cut")
        calls.append(path)
        real(path)

    monkeypatch.setattr(retiring.shutil, "rmtree", falls)
    with pytest.raises(OSError, match="power cut"):
        retire(folder, keep_reports=False, today=shops.TODAY)
    assert not json.loads((folder / RECORD).read_text("utf-8"))["finished"]
    monkeypatch.undo()
    assert call(folder, "--yes").exit_code == 0
    assert [path.name for path in folder.iterdir()] == [RECORD]
    assert json.loads((folder / RECORD).read_text("utf-8"))["finished"]
