"""The example's whole run, searched for everybody in it."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq

PRIVATE = {"tables", "lists", "answers"}
NUMBER, MAIL, CODE = (
    re.compile(r"\+?\d(?:[ .\-]?\d){8,13}"),
    re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"),
    re.compile(r"KH\d{6}"),
)


def test_what_is_shown_names_nobody(example_folder: Path) -> None:
    """Name, number, e-mail and code of each of the café's customers stand in no file of the run but tables and lists."""
    people = pq.read_table(example_folder / "tables" / "people.parquet").to_pydict()
    names = {name for name in people["name"] if name and len(name.split()) > 1}
    numbers = {number[-9:] for number in people["phone"] if number}
    mails, codes = set(people["email"]) - {None}, set(people["customer_id"])
    assert min(len(names), len(numbers), len(mails), len(codes)) > 100
    shown = [
        p for p in example_folder.rglob("*") if p.is_file() and not PRIVATE & set(p.relative_to(example_folder).parts)
    ]
    assert {"report.html", "metrics.json", "manifest.json"} <= {p.name for p in shown}
    found: dict[str, set[str]] = {}
    for path in shown:
        text = path.read_bytes().decode("utf-8", errors="ignore")
        here = (
            {name for name in names if name in text} | set(MAIL.findall(text)) & mails | set(CODE.findall(text)) & codes
        )
        here |= {digits for one in NUMBER.findall(text) if (digits := re.sub(r"\D", "", one)[-9:]) in numbers}
        if here:
            found[path.name] = here
    assert found == {}
    lists = "".join(p.read_text("utf-8") for p in (example_folder / "lists").glob("*.csv"))
    assert any(name in lists for name in names)  # the search finds what is there


def test_the_log_is_its_owners(tmp_path: Path) -> None:
    """What went wrong may quote what was read, so the log of a workspace is private from its first line on."""
    from helpers.terminal import _log

    path = Path(_log(tmp_path / "clients", "text"))
    assert path.stat().st_mode & 0o777 == 0o600
