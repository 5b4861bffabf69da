"""Folders of former releases: every shape business.yml, session.yml and a run ever had is opened, none is lost, later ones are refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import shops
import yaml
from typer.testing import CliRunner

from helpers import business as business_file
from helpers import schema
from helpers.cli import app
from helpers.errors import InputError
from helpers.pipeline.migration import BACKUP, bring_up_to_date
from helpers.pipeline.workspace import client_folder
from helpers.session import storage

BUSINESSES = {
    "no version": "# ghi tay\nname: Tiệm Cũ\nsources:\n  orders:\n  - file: don-hang.csv # chị Ba gửi\n",
    "first release": "schema_version: 1\nname: Tiệm Cũ\nsector: shop\ncurrency: VND\ntimezone: Asia/Ho_Chi_Minh\ncountry: VN\nlang: vi\n"
    "margin: 0.5\nmargin_known: false\nsources:\n  orders:\n  - file: don-hang.csv\n    format: kiotviet_invoice_detail\n"
    "campaigns: []\nparameters: {}\nbrand:\n  colour: '#0b6e6e'\n",
    "words of one text": "schema_version: 1\nname: Tiệm Cũ\nsources:\n  orders:\n  - file: don-hang.csv\n  feedback:\n  - file: diem.csv\n"
    "    scale: 0-100\nplanning:\n  words: {tip: một mẹo}\n",
}
SESSIONS = {
    "no version": "guesses: {repeat_of_ten: 4}\n",
    "first release": "schema_version: 1\nversion: 3\nguesses: {repeat_of_ten: 4, still_of_ten: 5}\nrevealed: [repeat_of_ten]\n"
    "answers:\n  repeat-count-known: {score: 1, note: chưa đếm}\ncommitments:\n- {what: gọi khách cũ, owner: Thảo, due: 2026-07-06, status: open}\n",
    "today": "schema_version: 2\nversion: 9\nguesses: {keep_of_ten: 2}\nwhat_if: {repeat: 5}\ncommitments:\n- {what: gọi, made: 2026-07-01}\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty client's folder."""
    made = tmp_path / "clients" / "tiem-cu"
    made.mkdir(parents=True)
    return made


@pytest.mark.parametrize("session", list(SESSIONS))
@pytest.mark.parametrize("business", list(BUSINESSES))
def test_every_former_shape_is_opened(folder: Path, business: str, session: str) -> None:
    """Opened, both files say today's version and all they said before; what they were is kept, private to its owner."""
    (folder / "business.yml").write_text(BUSINESSES[business], "utf-8")
    (folder / "session.yml").write_text(SESSIONS[session], "utf-8")
    before = {name: (folder / name).read_bytes() for name in ("business.yml", "session.yml")}
    read = business_file.load(folder), storage.load(folder)
    opened = client_folder(folder.parent, folder.name)
    assert (business_file.load(opened), storage.load(opened)) == read
    for name, known in (("business.yml", schema.BUSINESS), ("session.yml", schema.SESSION)):
        told = yaml.safe_load((folder / name).read_text("utf-8"))
        assert told == {**yaml.safe_load(before[name]), "schema_version": known}
    kept = sorted((folder / BACKUP).rglob("*.yml"))
    changed = [name for name in before if (folder / name).read_bytes() != before[name]]
    assert bool(kept) == bool(changed)
    for path in kept:
        assert path.read_bytes() == before[path.name]
        assert path.stat().st_mode & 0o777 == 0o600
    assert bring_up_to_date(folder) == ()  # once is enough


def test_remarks_survive(folder: Path) -> None:
    """What somebody has written between the lines of business.yml is still there afterwards."""
    (folder / "business.yml").write_text(BUSINESSES["no version"], "utf-8")
    client_folder(folder.parent, folder.name)
    assert (folder / "business.yml").read_text("utf-8") == f"schema_version: 1\n{BUSINESSES['no version']}"


@pytest.mark.parametrize("text", ["{name: Tiệm Cũ, sources: {}}", "---\nname: Tiệm Cũ\nsources: {}\n", '"schema_version": 0\nname: a\nsources: {}\n'])  # fmt: skip
def test_however_the_yaml_is_written(folder: Path, text: str) -> None:
    """A file whose form leaves no room for one line more is written anew, with the same content."""
    (folder / "business.yml").write_text(text, "utf-8")
    client_folder(folder.parent, folder.name)
    found = yaml.safe_load((folder / "business.yml").read_text("utf-8"))
    assert found == {**yaml.safe_load(text), "schema_version": 1}


@pytest.mark.parametrize("name", ["business.yml", "session.yml"])
def test_a_later_version_is_refused_in_one_sentence(folder: Path, name: str) -> None:
    """What a later program wrote ends with exit code 2 and stays as it is."""
    (folder / "business.yml").write_text(BUSINESSES["no version"], "utf-8")
    (folder / "session.yml").write_text(SESSIONS["first release"], "utf-8")
    text = (folder / name).read_text("utf-8").replace("schema_version: 1\n", "")
    (folder / name).write_text(f"schema_version: 7\n{text}", "utf-8")
    before = shops.tree(folder)
    said = CliRunner().invoke(app, ["check", folder.name, "--workspace", str(folder.parent), "--lang", "en"])
    assert said.exit_code == 2
    assert f"{name}, line 1: “schema_version” cannot be used (7 is of a later release" in " ".join(said.stderr.split())
    assert shops.tree(folder) == before


@pytest.mark.parametrize("version", ["abc", "-1", "1.5"])
def test_what_is_no_version_is_a_mistake(folder: Path, version: str) -> None:
    """A version that is none is a mistake in business.yml and is not migrated away."""
    (folder / "business.yml").write_text(f"schema_version: {version}\nname: a\nsources: {{}}\n", "utf-8")
    with pytest.raises(InputError, match="schema_version"):
        business_file.load(client_folder(folder.parent, folder.name))


def test_a_run_of_the_first_release_is_followed_by_one_of_today(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With a manifest, numbers and tables as the first release left them beside it, a run works, compares, and lists."""
    shop = shops.ran(tmp_path_factory.getbasetemp() / "small-shop")
    client = Path(shutil.copytree(shop.client, tmp_path_factory.mktemp("former") / "clients" / shop.client.name))
    former = (client / "runs" / "2025-06-30").rename(client / "runs" / "2025-06-29")
    _as_the_first_release(former)
    before = shops.tree(former)
    done = shops.run(client)
    assert done.folder.name == "2025-06-30"
    assert shops.tree(former) == before
    assert json.loads((done.folder / "records" / "previous.json").read_text("utf-8"))["as_of"] == "2025-06-29"
    said = CliRunner().invoke(app, ["list", "--workspace", str(client.parent), "--lang", "en"])
    assert said.exit_code == 0


def _as_the_first_release(run: Path) -> None:
    """Take out of a run what the first release did not write."""
    for name in ("manifest.json", "metrics.json"):
        told = json.loads((run / name).read_text("utf-8"))
        told["as_of"] = "2025-06-29"
        for later in ("settings", "data_quality", "promises", "stakes", "gate", "audit", "lost", "programme", "drawn"):
            told.pop(later, None)
        told.pop("identity", None)
        if "quality" in told:
            told["quality"].pop("identity", None)
        (run / name).write_text(json.dumps(told), "utf-8")
    for name in ("identities", "placed", "arms"):
        (run / "tables" / f"{name}.parquet").unlink(missing_ok=True)
    for path in (run / "records").glob("*.reads.json"):
        path.unlink()
