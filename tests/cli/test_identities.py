"""`retention identities`: who is one person, by what, and what a mistake in `identity:` of business.yml is answered with."""

from __future__ import annotations

import csv
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Retention = Callable[..., Any]

TILL = """order_id,ordered_at,customer_id,name,phone,email,net_revenue
T1,2026-01-01 10:00,KH001,Nguyễn Thị Lan,0901234567,,100000
T2,2026-01-02 10:00,KH002,Trần Văn Nam,0907654321,,100000
T3,2026-01-03 10:00,KH003,Lê Minh Đức,0283123456,,100000
"""
WEB = """order_id,ordered_at,customer_id,name,phone,email,net_revenue
W1,2026-01-04 10:00,,Nguyen Thi Lan,+84 901 234 567,lan@example.com,100000
W2,2026-01-05 10:00,,,,lan@example.com,100000
W3,2026-01-06 10:00,,Phạm Quốc Bảo,0283123456,,100000
"""


@pytest.fixture
def client(workspace: Path) -> Path:
    """A shop with a till and a web shop."""
    folder = workspace / "shop"
    folder.mkdir()
    (folder / "till.csv").write_text(TILL, encoding="utf-8")
    (folder / "web.csv").write_text(WEB, encoding="utf-8")
    _say(folder)
    return folder


def _say(client: Path, identity: str = "") -> None:
    """Write business.yml with some lines under `identity:`."""
    (client / "business.yml").write_text(
        "name: Shop\nsources:\n  orders:\n  - {file: till.csv, system: till}\n  - {file: web.csv, system: web}\n"
        + (f"identity:\n{identity}" if identity else ""),
        encoding="utf-8",
    )


def test_who_is_one_person_is_listed_without_personal_data(retention: Retention, client: Path) -> None:
    """Counts by evidence and each joined customer's keys, masked, in both languages."""
    said = retention("identities", "shop", "--lang", "en")
    assert (said.code, said.err) == (0, "")
    assert "1 customer, who would otherwise count as 3" in said.out
    assert "through phone number 1" in said.out
    assert "customer 1 " in said.out
    assert "phone number •••567 – beside a customer code on 2 orders" in said.out
    assert not any(key in said.out for key in ("0901234567", "lan@example.com", "Lan", "KH001"))
    assert "nhận ra nhờ số điện thoại 1" in retention("identities", "shop").out
    assert client.is_dir()


def test_keys_are_shown_when_asked_for(retention: Retention, client: Path) -> None:
    """With --show-personal-data keys stand in full; --key finds a customer by any of them, however it is written."""
    for key in ("KH001", "till:KH001", "+84901234567", "LAN@example.com"):
        said = retention("identities", "shop", "--lang", "en", "--key", key, "--show-personal-data")
        assert "KH001 (till)" in said.out, key
        assert "0901234567" in said.out
        assert "0907654321" not in said.out
    assert client.is_dir()


def test_a_key_nobody_has_is_one_sentence(retention: Retention, client: Path) -> None:
    """Exit code 2, and the key is not repeated."""
    said = retention("identities", "shop", "--lang", "en", "--key", "0999888777")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("No customer has the key asked for")
    assert "0999888777" not in said.err
    assert client.is_dir()


def test_every_key_can_be_written_to_a_private_file(retention: Retention, client: Path, tmp_path: Path) -> None:
    """--csv writes the table of evidence, readable by its owner alone."""
    path = tmp_path / "keys.csv"
    assert retention("identities", "shop", "--csv", path).code == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["key_value"] for row in rows if row["customer_id"] == "KH001"} == {
        "KH001",
        "0901234567",
        "lan@example.com",
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert client.is_dir()


def test_a_merge_is_undone_in_business_yml(retention: Retention, client: Path) -> None:
    """A line under `split` takes effect at once; a line that names nobody's key is noted."""
    assert "@example.com" in retention("identities", "shop", "--lang", "en", "--key", "KH001").out
    _say(client, '  split:\n  - [KH001, "lan@example.com"]\n')
    assert "@example.com" not in retention("identities", "shop", "--lang", "en", "--key", "KH001").out
    _say(client, "  split:\n  - [KH001, KH999]\n")
    assert (
        "line 1 of “split” names a key that is not in the data" in retention("identities", "shop", "--lang", "en").out
    )


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ("  merge:\n  - [KH001]\n", "needs two different keys"),
        ("  merge:\n  - [KH001, KH002]\n  split:\n  - [KH002, KH001]\n", "remove one of the two"),
        ("  max_names: 0\n", "it must be at least 1"),
        ("  ignore: [shoe_size]\n", "it may be one of"),
        ("  plus_tags: perhaps\n", "neither true nor false"),
        ("  joined: []\n", "this name is not known"),
    ],
)
def test_mistakes_under_identity_are_one_sentence(
    retention: Retention, client: Path, identity: str, words: str
) -> None:
    """Too few keys, contradictions, limits, unknown words: exit code 2 and what to do."""
    _say(client, identity)
    said = retention("identities", "shop", "--lang", "en")
    assert (said.code, said.out) == (2, "")
    assert words in said.err
