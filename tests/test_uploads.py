"""Files dropped on the page: whole, private and under a plain name, or refused with one sentence and nothing left."""

from __future__ import annotations

import gzip
import os
import stat
import zipfile
from pathlib import Path

import pytest
import shops

from helpers import business as business_file
from helpers import files, uploads
from helpers.business import Business
from helpers.errors import InputError
from helpers.intake import checking
from helpers.pipeline import background

CSV = b"order_id,ordered_at,phone,net_revenue\n1,2025-01-02,0912000001,5000\n"


def made(folder: Path) -> Path:
    """A client without a file."""
    files.write_text(folder / business_file.FILE, business_file.dump(Business(name=folder.name, sources={})))
    return folder


def drop(client: Path, name: str, content: bytes, *, said: int | None = None, piece: int = 7) -> str:
    """Send a file as the page does, in pieces."""
    upload = uploads.begin(client, name, len(content) if said is None else said)
    for at in range(0, len(content), piece):
        upload.add(content[at : at + piece])
    return upload.finish()


def left(client: Path) -> list[str]:
    """Everything in the folder of dropped files, hidden files included."""
    folder = client / uploads.FOLDER
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A client without a file, alone in its workspace."""
    return made(tmp_path / "clients" / "shop")


def test_a_file_arrives_whole_and_private(client: Path) -> None:
    """Cut into pieces and put together again it is the same, and nobody else on the machine can read it."""
    assert drop(client, "đơn hàng.csv", CSV) == "đơn hàng.csv"
    path = client / uploads.FOLDER / "đơn hàng.csv"
    assert path.read_bytes() == CSV
    assert left(client) == ["đơn hàng.csv"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "name",
    [
        "../../business.yml.csv", "..\\x.csv", "/etc/passwd.csv", "C:\\x.csv", ".csv", ".hidden.csv", "a\x00b.csv",
        "a\nb.csv", "CON.csv", "lpt1.xlsx", " a.csv", "a.csv ", "x" * 200 + ".csv", "a:b.csv",
    ],
)  # fmt: skip
def test_names_with_tricks_are_refused(client: Path, name: str) -> None:
    """A name that could lead elsewhere, hide, or break a sentence is never used for anything."""
    before = shops.tree(client.parent.parent)
    with pytest.raises(InputError, match="cannot name a file here") as refused:
        uploads.begin(client, name, 10)
    assert not set(str(refused.value)) & {"\x00", "\n"}
    assert shops.tree(client.parent.parent) == before


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("orders.pdf", b"%PDF-1.7", "orders.pdf is not a kind of file that can be read"),
        ("orders.csv", b"", "orders.csv is empty; export it again."),
        ("blank.csv", b"\xef\xbb\xbf \r\n \n", "blank.csv is empty; export it again."),
        ("orders.xlsx", CSV, "orders.xlsx is not a workbook although its name says so"),
        ("orders.parquet", CSV, "orders.parquet is not a Parquet file although its name says so"),
        ("orders.csv", b"PK\x03\x04" + b"x" * 600, "orders.csv is not a text file"),
        ("orders.zip", b"PK\x03\x04" + b"x" * 600, "orders.zip is damaged"),
        ("orders.gz", b"\x1f\x8b" + b"x" * 600, "orders.gz is damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_and_forgotten(client: Path, name: str, content: bytes, sentence: str) -> None:
    """A wrong kind, an empty file, a file that is not what its name says: one sentence, and nothing on the disk."""
    with pytest.raises(InputError) as refused:
        drop(client, name, content)
    assert str(refused.value).startswith(sentence)
    assert left(client) == []


def test_three_hundred_megabytes_are_refused_before_any_arrives(client: Path) -> None:
    """The size the browser names is enough to say no, and the sentence names both sizes and the way out."""
    with pytest.raises(InputError) as refused:
        uploads.begin(client, "orders.csv", 300_000_000)
    assert str(refused.value) == (
        "orders.csv has 300 MB, and the page takes up to 250 MB: export a shorter period, or pack it as .zip."
    )
    assert left(client) == []


def test_more_than_was_said_is_refused(client: Path) -> None:
    """A sender that names a small size and sends without end is cut off at that size."""
    upload = uploads.begin(client, "orders.csv", 10)
    upload.add(b"0123456789")
    with pytest.raises(InputError, match="broke off"):
        upload.add(b"x")
    assert left(client) == []


def test_less_than_was_said_is_refused(client: Path) -> None:
    """A transfer that breaks off leaves no half file."""
    with pytest.raises(InputError, match="broke off"):
        drop(client, "orders.csv", CSV, said=len(CSV) + 1)
    assert left(client) == []


def test_a_full_disk_is_told_beforehand(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is not filled to the brim and then blamed."""
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda _: _Full())
    with pytest.raises(InputError, match="not enough room"):
        uploads.begin(client, "orders.csv", 100)


class _Full:
    free = 120


def test_an_archive_bomb_is_refused(client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unfolds to a thousand times its size is cut off, and neither archive nor content is kept."""
    monkeypatch.setattr(checking, "RATIO_FROM", 100_000)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.csv", b"0" * 5_000_000)
    with pytest.raises(InputError, match="unfolds to more than 100 times its size"):
        drop(client, "bomb.zip", bomb.read_bytes(), piece=10_000)
    with pytest.raises(InputError, match="unfolds to more than 100 times its size"):
        drop(client, "bomb.csv.gz", gzip.compress(b"0" * 5_000_000), piece=10_000)
    assert left(client) == []


def test_the_same_file_twice_is_told(client: Path) -> None:
    """Under another name it is still the same file; nothing is added."""
    drop(client, "may.csv", CSV)
    with pytest.raises(InputError) as refused:
        drop(client, "may again.csv", CSV)
    assert str(refused.value) == "may again.csv is here already, as may.csv; nothing was added."
    assert left(client) == ["may.csv"]


def test_another_months_file_of_the_same_name_stands_beside_the_first(client: Path) -> None:
    """Tills give every export the same name; the earlier months are not written over."""
    assert drop(client, "orders.csv", CSV) == "orders.csv"
    assert drop(client, "orders.csv", CSV + b"2,2025-02-02,0912000001,5000\n") == "orders (2).csv"
    assert (client / uploads.FOLDER / "orders.csv").read_bytes() == CSV


def test_another_clients_file_is_refused_without_naming_the_client(client: Path) -> None:
    """The owner who is looking on does not learn who else is advised."""
    other = made(client.parent / "rival-salon")
    drop(other, "theirs.csv", CSV)
    with pytest.raises(InputError) as refused:
        drop(client, "orders.csv", CSV)
    assert "another business of this workspace" in str(refused.value)
    assert "rival" not in str(refused.value)
    assert "theirs" not in str(refused.value)
    assert left(client) == []


def test_nothing_is_taken_while_a_run_goes_on(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run reads the files it began with; not even an upload on its way is put in place."""
    upload = uploads.begin(client, "orders.csv", len(CSV))
    upload.add(CSV)
    monkeypatch.setattr(background, "state", lambda _: background.State("running"))
    with pytest.raises(InputError, match="wait until that is done"):
        upload.finish()
    with pytest.raises(InputError, match="wait until that is done"):
        uploads.begin(client, "orders.csv", len(CSV))
    with pytest.raises(InputError, match="wait until that is done"):
        uploads.remove(client, "orders.csv")
    assert left(client) == []


def test_a_file_that_is_read_cannot_be_taken_away(client: Path) -> None:
    """Only what business.yml does not name yet goes."""
    drop(client, "orders.csv", CSV)
    drop(client, "other.csv", CSV + b"2,2025-02-02,0912000001,5000\n")
    business = Business(name="Shop", sources={"orders": [business_file.Source(file="files/orders.csv")]})
    files.write_text(client / business_file.FILE, business_file.dump(business))
    uploads.remove(client, "orders.csv")
    uploads.remove(client, "other.csv")
    uploads.remove(client, "../business.yml")
    assert left(client) == ["orders.csv"]
    assert (client / business_file.FILE).is_file()


def test_what_a_killed_page_left_is_cleared(client: Path) -> None:
    """Half a file of an hour ago goes; one that is still coming stays."""
    old = uploads.begin(client, "old.csv", 100)
    old.add(b"x")
    fresh = uploads.begin(client, "fresh.csv", 100)
    fresh.add(b"x")
    for path in (client / uploads.FOLDER).glob(".receiving-*"):
        if (path / "old.csv").exists():
            for one in (path / "old.csv", path):
                os.utime(one, (1, 1))
    uploads.tidy(client)
    assert [p.name for p in (client / uploads.FOLDER).rglob("*.csv")] == ["fresh.csv"]
    fresh.give_up()
    assert left(client) == []
