"""`retention forget`: nothing of one person is left, today and after every later run, and the books stay as they were."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pytest
import shops
from typer.testing import CliRunner

from helpers import business as business_file
from helpers import engine, intake
from helpers.cli import app
from helpers.errors import InputError
from helpers.intake.forgotten import Forgotten
from helpers.privacy import forget as forgetting
from helpers.privacy import places
from helpers.privacy.forget import forget
from helpers.privacy.person import Person
from helpers.privacy.rows import Columns
from helpers.privacy.sheets import without_in_text
from tests.privacy import corner_shop as shop

TODAY = shops.TODAY


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop after a run, before anybody asks; for copying only."""
    folder = shop.client(tmp_path_factory.mktemp("shop"))
    shops.run(folder)
    answers = folder / "runs" / shops.END.isoformat() / "answers"
    answers.mkdir(exist_ok=True)
    (answers / "who.json").write_text(json.dumps({"who": shop.NAME}), "utf-8")
    return folder


@pytest.fixture
def folder(ran: Path, tmp_path: Path) -> Path:
    """A copy of it of one's own."""
    copy = tmp_path / "clients" / ran.name
    shutil.copytree(ran, copy)
    return copy


@pytest.fixture(scope="module")
def unread(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop without any run; for copying only."""
    return shop.client(tmp_path_factory.mktemp("unread"))


@pytest.fixture
def fresh(unread: Path, tmp_path: Path) -> Path:
    """A copy of it of one's own."""
    return Path(shutil.copytree(unread, tmp_path / "fresh" / unread.name))


def load(folder: Path) -> intake.Intake:
    """The shop's tables as a run would read them."""
    return intake.load(business_file.load(folder), folder, engine.connect(), today=TODAY)


def numbers(folder: Path) -> dict[str, Any]:
    """The metrics of the last run."""
    found: dict[str, Any] = json.loads((folder / "runs" / shops.END.isoformat() / "metrics.json").read_text("utf-8"))
    return found


def test_nothing_is_left_of_them_also_after_the_next_run(folder: Path) -> None:
    """Code, number, e-mail and name are in no file, searched inside tables and workbooks; money and orders are as before."""
    before = numbers(folder)
    assert {Path(name).suffix for name in shop.traces(folder)} >= {".csv", ".xlsx", ".parquet", ".yml", ".json"}
    done = forget(folder, "0912 345 907", today=TODAY)
    assert shop.traces(folder) == {}
    assert not (folder / "runs" / shops.END.isoformat() / "answers").exists()
    assert done.left == ()
    assert sum(done.removed.values()) > 20
    shops.run(folder)
    assert shop.traces(folder) == {}
    after = numbers(folder)
    assert (after["net_revenue"], after["orders"]) == (before["net_revenue"], before["orders"])
    assert after["customers"] == before["customers"] - 1
    assert after["rows_read"] == after["rows_kept"] + after["rows_rejected"]


def test_the_record_says_that_it_was_done_and_not_of_whom(fresh: Path) -> None:
    """Date, hashes and rows per file, readable by the owner alone; the same person under another client's key has other hashes."""
    forget(fresh, shop.CODE, today=TODAY)
    path = fresh / intake.FORGOTTEN
    told = json.loads(path.read_text("utf-8"))
    (one,) = told["people"]
    assert (one["on"], one["finished"]) == (TODAY.isoformat(), TODAY.isoformat())
    assert all(len(mark) == 64 for mark in one["marks"])
    assert one["removed"]["files/orders.csv"] > 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(word in path.read_text("utf-8") for word in shop.TRACES)
    assert Forgotten(b"other" * 6, frozenset()).mark("code", shop.CODE) not in one["marks"]


def test_the_engine_makes_the_hashes_of_rfc_2104(con: Any) -> None:
    """What the engine recognises is HMAC-SHA-256 as Python's library makes it, accents and all; what is missing is nobody's."""
    secret = bytes(range(32))
    mine = hmac.new(secret, "name\x1f\x1ftran thị hoà".encode(), hashlib.sha256).hexdigest()
    record = Forgotten(secret, frozenset({mine}))
    assert record.mark("name", "tran thị hoà") == mine
    rows = ibis.memtable({"who": ["tran thị hoà", "tran thi hoa", None]}, schema={"who": "string"})
    found = con.to_pyarrow(rows.select(hit=record.has("name", rows.who)))["hit"].to_pylist()
    assert found == [True, False, False]


def test_a_later_export_does_not_bring_them_back(fresh: Path) -> None:
    """Dropped again, the old files make a load without them: sales of nobody, rows of other books set aside without text."""
    whole = load(fresh)
    kept = shutil.copytree(fresh / "files", fresh.parent / "sent-again")
    forget(fresh, shop.MAIL, today=TODAY)
    shutil.rmtree(fresh / "files")
    shutil.copytree(kept, fresh / "files")
    again = load(fresh)
    quality = again.quality
    assert quality.rows_read == quality.rows_kept + quality.rows_rejected == whole.quality.rows_read
    assert (quality.orders, quality.amount_kept) == (whole.quality.orders, whole.quality.amount_kept)
    assert quality.rejected_by_reason["forgotten"] == 4  # customer list, contacts, feedback, consent
    assert quality.customers == whole.quality.customers - 1
    named = [again.orders, again.order_lines, again.people, again.rejects, again.identities]
    for table in (*named, *(t for kind, t in again.optional.items() if kind != "feedback")):
        assert table is not None
        text = str(table.to_pyarrow().to_pylist())
        assert [word for word in shop.TRACES if word in text] == []


def test_a_new_number_of_theirs_is_theirs_too(fresh: Path) -> None:
    """A later row that ties a number nobody knew to a code that was forgotten leaves no customer either."""
    forget(fresh, shop.CODE, today=TODAY)
    rows = [
        ["N1", f"{shops.END} 10:00", shop.CODE, shop.NAME, "0987650001", 50_000, "Completed", ""],
        ["N2", f"{shops.END} 11:00", "", shop.NAME, "0987650001", 60_000, "Completed", ""],
        ["N3", f"{shops.END} 12:00", "KH0001", "Lê Văn B1", shops.phone(1), 70_000, "Completed", ""],
        ["N4", f"{shops.END} 13:00", "KH0002", "Lê Văn C2", shops.phone(2), 80_000, "Completed", ""],
    ]
    shop.write(fresh / "files" / "orders.csv", shop.SALES, rows)
    found = {row["order_id"]: row["customer_id"] for row in load(fresh).orders.to_pyarrow().to_pylist()}
    assert (found["N1"], found["N2"]) == (None, None)
    assert found["N3"] is not None


def test_what_is_broken_off_is_finished_by_the_next_call(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash in the middle leaves whole files and enough to find the person again."""
    done: list[Path] = []
    real = places.without

    def falls(path: Path, *given: Any, **named: Any) -> int | None:
        if len(done) == 9:
            raise OSError("the disk is full")
        done.append(path)
        return real(path, *given, **named)

    monkeypatch.setattr(forgetting.places, "without", falls)
    with pytest.raises(OSError, match="disk is full"):
        forget(folder, shop.CODE, today=TODAY)
    assert shop.traces(folder)
    monkeypatch.undo()
    forget(folder, shop.CODE, today=TODAY)
    assert shop.traces(folder) == {}
    assert json.loads((folder / intake.FORGOTTEN).read_text("utf-8"))["people"][0]["finished"]


def test_the_second_time_says_that_it_was_done_before(fresh: Path) -> None:
    """Asking again for somebody forgotten is no fault and changes nothing; their record stays one."""
    forget(fresh, shop.CODE, today=TODAY)
    before = shops.tree(fresh / "files")
    again = forget(fresh, shop.PHONE, today=TODAY)
    assert again.again
    assert again.removed == {}
    assert shops.tree(fresh / "files") == before
    assert len(json.loads((fresh / intake.FORGOTTEN).read_text("utf-8"))["people"]) == 1


def test_nobody_is_one_sentence(fresh: Path) -> None:
    """A key no customer has ends with exit code 2 and what to write, and leaves no record."""
    before = shop.contents(fresh)
    said = CliRunner().invoke(
        app, ["forget", fresh.name, "KH7777777", "--workspace", str(fresh.parent), "--lang", "en"]
    )
    assert said.exit_code == 2
    assert "has this key" in said.stderr
    assert "KH7777777" not in said.stderr + said.stdout
    assert shop.contents(fresh) == before


def test_a_file_that_cannot_be_written_again_is_named(fresh: Path) -> None:
    """An archive that holds them is not claimed to be clean: exit code 2 names it, until it is gone."""
    with zipfile.ZipFile(fresh / "files" / "old.zip", "w") as packed:
        packed.write(fresh / "files" / "orders.csv", "orders.csv")
    with pytest.raises(InputError, match=r"old\.zip") as said:
        forget(fresh, shop.CODE, today=TODAY)
    assert "files/orders.csv" not in str(said.value)
    (fresh / "files" / "old.zip").unlink()
    assert forget(fresh, shop.CODE, today=TODAY).left == ()


def test_files_outside_are_left_alone_and_named(fresh: Path) -> None:
    """An export somewhere else on the machine is not ours to write; the answer says that it names them."""
    elsewhere = fresh.parent.parent / "exports" / "orders.csv"
    elsewhere.parent.mkdir()
    shutil.move(fresh / "files" / "orders.csv", elsewhere)
    text = (fresh / "business.yml").read_text("utf-8").replace("files/orders.csv", str(elsewhere))
    (fresh / "business.yml").write_text(text, "utf-8")
    before = elsewhere.read_bytes()
    assert forget(fresh, shop.CODE, today=TODAY).outside == ("orders.csv",)
    assert elsewhere.read_bytes() == before
    assert shop.traces(fresh) == {}


def test_a_link_out_of_the_folder_is_not_followed(fresh: Path) -> None:
    """What a symbolic link leads to stays as it is."""
    outside = fresh.parent.parent / "family.txt"
    outside.write_text(f"{shop.NAME} {shop.PHONE}", "utf-8")
    (fresh / "files" / "link.csv").symlink_to(outside)
    forget(fresh, shop.CODE, today=TODAY)
    assert outside.read_text("utf-8") == f"{shop.NAME} {shop.PHONE}"


def test_others_keep_what_is_theirs(fresh: Path) -> None:
    """Rows of other customers stay word for word, but for the words that name the one who asked."""
    before = [row for row in load(fresh).people.to_pyarrow().to_pylist() if row["name"] != shop.NAME]
    forget(fresh, shop.CODE, today=TODAY)
    after = load(fresh)
    assert after.people.to_pyarrow().to_pylist() == before
    comments = [row["comment"] for row in after.optional["feedback"].to_pyarrow().to_pylist()]
    assert comments == ["ngon", "bạn ••• giới thiệu, số •••"]
    merged = business_file.load(fresh).identity.merge
    assert merged == [["KH0003", "KH0004"]]


@pytest.mark.parametrize(
    "written", ["0912345907", "84912345907", "+84 912 345 907", "0084-912.345.907", "(0912) 345 907"]
)
def test_a_number_is_found_however_it_is_written(written: str) -> None:
    """Country code, zero and separators make no difference; a longer number that contains it is another one."""
    person = Person("VN", phones=frozenset({"0912345907"}))
    assert person.masked(f"gọi {written} nhé") == "gọi ••• nhé"
    assert person.masked("mã 10912345907") == "mã 10912345907"


def test_an_old_prefix_is_the_same_number() -> None:
    """An eleven-digit number of before 2018 is found by the number it became."""
    person = Person("VN", phones=frozenset({"0701234567"}))
    assert person.masked("0120 1234567") == "•••"


def test_rows_are_cut_as_the_file_cuts_them() -> None:
    """Quotation marks, line ends inside cells and blank lines of the other rows are kept byte for byte."""
    person = Person("VN", codes=frozenset({("x", "K1")}), names=frozenset({"An Bình"}))
    text = 'id;who;name;note\r\n1;K1;"An ""Tý"" Bình";"a;b\r\nc"\r\n\r\n2;K2;Vũ;"say ""hi"""\r\n3;K10;"x'
    columns = Columns("orders", {0: "order_id", 1: "customer_id", 2: "name"})
    new, changed = without_in_text(text, ";", columns, person)
    assert (new, changed) == ('id;who;name;note\r\n1;;;\r\n\r\n2;K2;Vũ;"say ""hi"""\r\n3;K10;"x', 1)
    gone, _ = without_in_text(text, ";", Columns("customers", columns.roles), person)
    assert gone == 'id;who;name;note\r\n\r\n2;K2;Vũ;"say ""hi"""\r\n3;K10;"x'


def test_a_damaged_record_stops_every_load(fresh: Path) -> None:
    """Without the record somebody would come back, so a load without it is refused in one sentence."""
    (fresh / intake.FORGOTTEN).write_text("{", "utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        intake.load(business_file.load(fresh), fresh, engine.connect(), today=date(2025, 7, 1))
