"""Archives: files inside are read as if they lay beside, within limits, and nothing inside can reach outside."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import InputError
from helpers.intake.unpacking import unpack

from .conftest import Load, rows

MAY = "order_id,ordered_at,customer_id,net_revenue\n1,2026-05-01,A,10\n2,2026-05-02,B,20\n"
JUNE = "order_id,ordered_at,customer_id,net_revenue\n3,2026-06-01,A,30\n"


def _zip(**members: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _refused(shop: Load, content: bytes, name: str = "o.zip") -> str:
    with pytest.raises(InputError) as fault:
        shop(content, name=name)
    return str(fault.value)


def test_the_files_of_an_archive_are_several_files(shop: Load) -> None:
    """Each under the archive's name and its own; what is no export is passed over."""
    content = _zip(**{"2026/may.csv": MAY, "2026/june.csv": JUNE, "readme.txt.bak": "x", "__MACOSX/._may.csv": "junk"})
    found = shop(content, name="year.zip")
    assert sorted(set(rows(found.orders, "source_file"))) == [
        ("year.zip › 2026 › june.csv",),
        ("year.zip › 2026 › may.csv",),
    ]
    assert found.quality.amount_kept == 60.0


def test_archives_in_a_folder(shop: Load, tmp_path: Path) -> None:
    """A folder may hold plain and packed months side by side."""
    (tmp_path / "months").mkdir()
    (tmp_path / "months" / "may.csv.gz").write_bytes(gzip.compress(MAY.encode()))
    (tmp_path / "months" / "june.zip").write_bytes(_zip(**{"june.csv": JUNE}))
    found = shop(sources={"orders": [{"file": "months"}]})
    assert sorted(set(rows(found.orders, "source_file"))) == [("june.zip › june.csv",), ("may.csv",)]


@pytest.mark.parametrize("name", ["o.csv.gz", "o.gz"])
def test_a_compressed_file_is_what_is_in_it(shop: Load, name: str) -> None:
    """With or without the inner ending in its name."""
    assert shop(gzip.compress(MAY.encode("utf-16")), name=name).quality.amount_kept == 30.0


@pytest.mark.parametrize(
    "path", ["../../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "..\\..\\evil.csv", "a/../../evil.csv"]
)
def test_names_inside_reach_nothing_outside(tmp_path: Path, path: str) -> None:
    """Whatever a name inside says, the file lies in the folder of ours."""
    (tmp_path / "o.zip").write_bytes(_zip(**{path: MAY}))
    (tmp_path / "ours" / "deep").mkdir(parents=True)
    (written,) = unpack(tmp_path / "o.zip", tmp_path / "ours" / "deep")
    assert written.parent == tmp_path / "ours" / "deep"
    assert sorted(p.name for p in tmp_path.rglob("*.csv")) == [written.name]


def test_two_files_of_one_name_are_both_read(shop: Load) -> None:
    """An archive may hold a name twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", MAY)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.csv", JUNE)
    assert shop(out.getvalue(), name="o.zip").quality.amount_kept == 60.0


def test_archives_in_archives_are_refused(shop: Load) -> None:
    """They are how bombs are built."""
    assert "holds another archive" in _refused(shop, _zip(**{"inner.zip": _zip(**{"a.csv": MAY})}))
    assert "holds another archive" in _refused(shop, gzip.compress(b"x"), "o.tar.gz")


def test_an_encrypted_archive_is_said(shop: Load) -> None:
    """The flag of encryption is set in the central directory."""
    content = bytearray(_zip(**{"a.csv": MAY}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + offset
        content[at : at + 2] = struct.pack("<H", 1)
    assert "protected with a password" in _refused(shop, bytes(content))


def test_an_archive_without_exports_or_with_too_many(shop: Load, monkeypatch: Any) -> None:
    """Pictures are no exports; thousands of files are no year of months."""
    assert "holds no export" in _refused(shop, _zip(**{"a.png": b"x"}))
    monkeypatch.setattr("helpers.intake.checking.MOST_FILES", 1)
    assert "more than 1 files" in _refused(shop, _zip(**{"a.csv": MAY, "b.csv": JUNE}))


@pytest.mark.parametrize("kind", ["zip", "csv.gz"])
def test_a_bomb_is_stopped_while_it_unfolds(shop: Load, monkeypatch: Any, kind: str) -> None:
    """Not more than the limit is ever written, whatever the archive claims about itself."""
    monkeypatch.setattr("helpers.intake.checking.LARGEST_UNPACKED", 1_000_000)
    big = MAY.encode() + b"3,2026-05-03,C,30\n" * 200_000
    content = gzip.compress(big) if kind == "csv.gz" else _zip(**{"a.csv": big})
    if kind == "zip":
        # a lie about its size: 100 bytes in the local header and in the central directory
        at, central = content.index(b"PK\x03\x04") + 22, content.index(b"PK\x01\x02") + 24
        lie = struct.pack("<I", 100)
        content = content[:at] + lie + content[at + 4 : central] + lie + content[central + 4 :]
    message = _refused(shop, content, f"o.{kind}")
    assert "unfolds to more than" in message or "is damaged" in message


def test_a_file_that_shrinks_beyond_belief_is_refused(shop: Load, monkeypatch: Any) -> None:
    """Zeros pack a thousand times smaller, sales some twenty times."""
    monkeypatch.setattr("helpers.intake.checking.RATIO_FROM", 1_000_000)
    content = gzip.compress(MAY.encode() + b" " * 5_000_000)
    assert "unfolds to more than 100 times its size" in _refused(shop, content, "o.csv.gz")


def test_a_real_bomb_of_more_than_four_gigabytes(shop: Load) -> None:
    """Five gigabytes in five megabytes: refused on the way, long before they fill the disk."""
    # a gzip file of many members unfolds to all of them
    content = gzip.compress(b"1,2\n" * 12_500_000) * 100
    assert len(content) < 20_000_000
    assert "unfolds to more than 100 times its size" in _refused(shop, content, "o.csv.gz")
