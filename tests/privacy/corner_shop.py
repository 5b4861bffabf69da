"""A small shop with every kind of book beside its sales, and one customer who will ask to be forgotten."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterable, Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import shops
import xlsxwriter
import yaml

CODE, PHONE, MAIL, NAME = "KH0907", "0912345907", "hoaithuong.tran@example.com", "Trần Thị Hoài Thương"
TRACES = (CODE, PHONE, PHONE[1:], "0912 345 907", "+84912345907", MAIL, NAME)
"""Every way in which a file of the shop's folder names the customer."""


def write(path: Path, head: Iterable[str], rows: Iterable[Iterable[object]]) -> Path:
    """A CSV in UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([list(head), *map(list, rows)])
    return path


def sales() -> list[list[object]]:
    """Sales of sixty customers with code, name and number; some of them by Hoài Thương, one cancelled."""
    rows: list[list[object]] = []
    for number, (day, phone, money) in enumerate(sorted(shops.small()), 1):
        who = int(phone[5:])
        known = [f"KH{who:04d}", f"Lê Văn {'ABCDEFGH'[who % 8]}{who}", phone]
        if who == 7:
            known = [CODE, NAME, ("0912 345 907", "+84912345907", PHONE)[number % 3]]
        rows.append([f"HD{number:05d}", f"{day} 09:15", *known, money, "Completed", f"giao cho {known[1]}"])
    rows.append(["HD99999", f"{shops.END} 08:00", CODE, NAME, PHONE, 90_000, "Cancelled", ""])
    return rows


SALES = ("order_id", "ordered_at", "customer_id", "name", "phone", "net_revenue", "status", "ghi chú")


def books(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Write every file below a client's folder; the sources as business.yml names them."""
    day = shops.END - timedelta(days=20)
    files = folder / "files"
    write(files / "orders.csv", SALES, sales())
    people = [(f"KH{n:04d}", f"Lê Văn {'ABCDEFGH'[n % 8]}{n}", shops.phone(n), "") for n in range(60) if n != 7]
    book = BytesIO()
    with xlsxwriter.Workbook(book) as made:
        page = made.add_worksheet("Khách hàng")
        for row, cells in enumerate([("customer_id", "name", "phone", "email"), *people, (CODE, NAME, PHONE, MAIL)]):
            page.write_row(row, 0, cells)
    (files / "customers.xlsx").write_bytes(book.getvalue())
    write(files / "contacts.csv", ("phone", "sent_at", "channel", "purpose"), [(p, f"{day} 10:00", "zns", "sell") for p in (PHONE, *map(shops.phone, range(20)))])  # fmt: skip
    said = [("KH0001", f"{day}", 5, "ngon"), (CODE, f"{day}", 4, "tôi là Thương"), ("KH0002", f"{day}", 3, f"bạn {NAME} giới thiệu, số {PHONE}")]  # fmt: skip
    write(files / "feedback.csv", ("customer_id", "given_at", "score", "comment"), said)
    write(files / "consent.csv", ("phone", "channel", "purpose", "granted", "recorded_at"), [(p, "zns", "advertising", "yes", day) for p in (PHONE, *map(shops.phone, range(60)))])  # fmt: skip
    return {
        "orders": [{"file": "files/orders.csv"}],
        "customers": [{"file": "files/customers.xlsx"}],
        "contacts": [{"file": "files/contacts.csv"}],
        "feedback": [{"file": "files/feedback.csv"}],
        "consent": [{"file": "files/consent.csv"}],
    }


def client(workspace: Path) -> Path:
    """The shop's folder with everything that can name a customer, before its first run."""
    folder = workspace / "goc-pho"
    folder.mkdir(parents=True)
    told = {
        "schema_version": 1, "name": "Góc Phố", "currency": "VND", "sources": books(folder),
        "identity": {"merge": [[CODE, MAIL], ["KH0003", "KH0004"]]},
    }  # fmt: skip
    (folder / "business.yml").write_text(
        f"# chị {NAME} gọi hôm qua\n{yaml.safe_dump(told, allow_unicode=True)}", "utf-8"
    )
    session = {"schema_version": 2, "version": 3, "answers": {}, "commitments": [{"what": f"gọi lại {NAME}, {PHONE}"}]}
    (folder / "session.yml").write_text(yaml.safe_dump(session, allow_unicode=True), "utf-8")
    (folder / "session-history").mkdir()
    (folder / "session-history" / "000002.yml").write_text(f"answers: {{note: {MAIL}}}\n", "utf-8")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content, but for locks."""
    return {name: found for name, found in shops.tree(folder).items() if not name.endswith(".lock")}


def texts(path: Path) -> str:
    """All that stands in a file: of a table its values, of an archive its parts, and its bytes in any case."""
    content = path.read_bytes()
    found = [content.decode("utf-8", errors="ignore")]
    if path.suffix == ".parquet":
        found += [str(value) for column in pq.read_table(path).columns for value in column.unique().to_pylist()]
    if zipfile.is_zipfile(BytesIO(content)):
        with zipfile.ZipFile(BytesIO(content)) as packed:
            found += [packed.read(part).decode("utf-8", errors="ignore") for part in packed.namelist()]
    if path.suffix == ".ipynb":
        found.append(json.dumps(json.loads(content), ensure_ascii=False))
    return "\n".join(found)


def traces(folder: Path, words: Iterable[str] = TRACES) -> Mapping[str, list[str]]:
    """File → which of these words stand in it."""
    wanted = list(words)
    seen = {p.relative_to(folder).as_posix(): texts(p) for p in folder.rglob("*") if p.is_file()}
    return {name: [w for w in wanted if w in text] for name, text in seen.items() if any(w in text for w in wanted)}
