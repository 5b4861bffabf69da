"""Files as they come: encodings, delimiters, line ends, broken rows, repeated headers."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path

import pytest

from helpers.intake import recognise
from helpers.intake.reading import read

from .conftest import Load, rows

TEXT = "Mã hóa đơn,Ngày bán,Mã khách hàng,Tên khách hàng,Thành tiền\nHD1,2026-05-01,KH1,Nguyễn Thị Ngọc Ánh,50.000\nHD2,2026-05-02,KH2,Đỗ Hữu Phước,70.000\n"
NAMES = [("Nguyễn Thị Ngọc Ánh",), ("Đỗ Hữu Phước",)]


def _cp1258(text: str) -> bytes:
    """Text as Vietnamese Windows wrote it: letters with their tone marks behind them."""
    out = []
    for letter in text:
        tone = [c for c in unicodedata.normalize("NFD", letter) if c in "\u0300\u0301\u0303\u0309\u0323"]
        rest = unicodedata.normalize("NFC", "".join(c for c in unicodedata.normalize("NFD", letter) if c not in tone))
        out.append(rest + "".join(tone))
    return "".join(out).encode("cp1258")


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        _cp1258(TEXT),
        unicodedata.normalize("NFD", TEXT).encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace("\n", "\r\n", 1).encode(),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace(",", "|").encode("utf-16"),
    ],
    ids=["utf8", "bom", "utf16", "utf16le", "cp1258", "nfd", "crlf", "cr", "mixed", "semicolon", "tab", "pipe16"],
)
def test_any_encoding_and_delimiter_gives_the_same_orders(shop: Load, content: bytes) -> None:
    """However the file was saved, the names keep their accents and the sums are the same."""
    found = shop(content)
    assert rows(found.people, "name") == NAMES
    assert found.quality.amount_kept == 120_000.0


def test_other_bytes_below_a_plain_beginning_are_noticed(shop: Load) -> None:
    """A file whose first megabyte is plain ASCII and whose last name is Vietnamese Windows keeps the name."""
    head = b"order_id,ordered_at,customer_id,name,net_revenue\n"
    plain = b"".join(b"%d,2026-01-01,A,An,1\n" % i for i in range(20_000))
    found = shop(head + plain + _cp1258("x,2026-02-01,B,Đỗ Hữu Phước,1\n"))
    assert ("Đỗ Hữu Phước",) in rows(found.people, "name")
    assert found.quality.rows_read == 20_001


def test_rows_keep_their_place_when_others_cannot_be_cut(shop: Load) -> None:
    """Rows with too few or too many cells are rejected under their own number; the others keep theirs."""
    found = shop(
        "order_id,ordered_at,customer_id,net_revenue\n1,2026-01-01,A,1\n2,2026-01-01\n3,2026-01-01,B,1\n"
        "4,2026-01-01,C,1,9,9\n5,2026-01-01,C,1\n6,2026-01-01\n7,2026-01-01,C,1\n"
    )
    assert [row[0] for row in rows(found.orders.order_by("source_row"), "source_row")] == [1, 3, 5, 7]
    assert rows(found.rejects.order_by("source_row"), "source_row", "reason", "raw") == [
        (2, "malformed", "2,2026-01-01"),
        (4, "malformed", "4,2026-01-01,C,1,9,9"),
        (6, "malformed", "6,2026-01-01"),
    ]


def test_a_heading_and_its_first_row_outweigh_ragged_rows_below(shop: Load) -> None:
    """Most rows are broken and happen to hold a semicolon; the file is still cut where its heading and first orders are."""
    broken = ["=1+1,,,x;y,", ",", ",,x;y", ",", "x;y,", "x;y", ",x;y"]
    text = (
        "order_id,ordered_at,customer_id,net_revenue\n1,2026-01-01,A,1\n2,2026-01-02,B,1\n" + "\n".join(broken) + "\n"
    )
    found = shop(text)
    assert found.orders.count().to_pyarrow().as_py() == 2
    assert found.quality.rows_read == 2 + found.rejects.count().to_pyarrow().as_py()


def test_quoted_cells_may_hold_delimiters_and_line_ends(shop: Load) -> None:
    """An address over two lines is one cell of one row."""
    found = shop(
        'order_id,ordered_at,customer_id,note,net_revenue\n1,2026-01-01,A,"12, Lê Lợi\nQuận 1",1\n2,2026-01-01,B,"nói ""ngon""",2\n'
    )
    assert (found.quality.rows_read, found.quality.rows_kept) == (2, 2)


def test_repeated_headers_stay_apart(shop: Load) -> None:
    """Two columns with one name, or names that differ in case only, do not overwrite one another."""
    found = shop(
        "order_id,ordered_at,customer_id,note,note,NOTE,net_revenue\n1,2026-01-01,A,x,y,z,1\n2,,B,p,q,r,2\n3,2026-01-01,B,,,,1\n"
    )
    assert '"note":"p","note (2)":"q","NOTE":"r"' in rows(found.rejects, "raw")[0][0].replace(": ", ":").replace(
        ", ", ","
    )


def test_a_file_name_with_pattern_signs_is_one_file(shop: Load) -> None:
    """Brackets, stars and quotes in a file's name mean themselves."""
    assert shop(TEXT, name="th[5] *'26.csv").quality.rows_read == 2


def test_a_row_that_describes_the_columns_is_skipped(con: object, tmp_path: Path) -> None:
    """Where a layout puts descriptions under the header, the first sale is row 1."""
    path = tmp_path / "a.csv"
    path.write_text("Date,Total\nThe date of the order,What was paid\n2026-01-01,5\n")
    found = recognise(path)
    raw = read(con, path, found.head, found.header_row, found.sheets, tmp_path, skip_first=True)
    assert rows(raw.table) == [("2026-01-01", "5", 1)]


@pytest.mark.parametrize(("name", "text"), [
    ("o.tsv", TEXT.replace(",", "\t")),
    ("o.txt", TEXT.replace(",", "\t")),
    ("o.txt", TEXT.replace(",", "|")),
    ("o.csv", "sep=;\n" + TEXT.replace(",", ";")),
    ("o.csv", TEXT.replace(",", "^")),
    ("O.CSV", TEXT),
])  # fmt: skip
def test_any_ending_and_any_way_to_say_the_delimiter(shop: Load, name: str, text: str) -> None:
    """Tabs in a .txt, a first line “sep=;” as Excel understands it, a rare sign, a name in capitals."""
    found = shop(text, name=name)
    assert rows(found.people, "name") == NAMES
    assert found.quality.rows_read == 2


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_names_of_western_europe(shop: Load, encoding: str) -> None:
    """A shop in France: accents saved by a Western European Windows."""
    text = "order_id,ordered_at,customer_id,name,net_revenue\n1,2026-05-01,A,Hélène Müller,5\n2,2026-05-02,B,Noël Lefèvre,7\n"
    assert rows(shop(text.encode(encoding)).people.order_by("customer_id"), "name") == [
        ("Hélène Müller",),
        ("Noël Lefèvre",),
    ]


def test_rows_of_totals_and_notes_below_the_sales_are_set_aside(shop: Load) -> None:
    """A total, an empty line, who printed the list and when: rejected with a reason, their sums never counted."""
    found = shop(TEXT + "Tổng cộng,,,,120.000\n,,,,\nNgười lập: Lan,,,,\nTrang 1/1\n")
    assert found.quality.amount_kept == 120_000.0
    reasons = rows(found.rejects.order_by("source_row"), "source_row", "reason")
    assert [row for row, _ in reasons] == [3, 4, 5, 6]
    assert found.quality.rows_read == 6
    assert reasons[0] == (3, "total_row")


def test_files_of_several_systems_make_one_business(shop: Load, tmp_path: Path) -> None:
    """A till's invoices and a web shop's orders: equal numbers of different systems stay two orders, one person stays one."""
    (tmp_path / "till.csv").write_text(
        "Mã hóa đơn,Thời gian,Mã khách hàng,Điện thoại,Khách cần trả\n1001,13/05/2026 10:00,,0901234567,50000\n",
        "utf-8",
    )
    (tmp_path / "web.csv").write_text(
        "order_id;ordered_at;phone;net_revenue\n1001;2026-05-14;+84901234567;70000\n1002;2026-05-15;0907654321;30000\n"
    )
    found = shop(sources={"orders": [{"file": "till.csv"}, {"file": "web.csv"}]})
    assert (found.quality.orders, found.quality.amount_kept) == (3, 150_000.0)
    assert len(set(rows(found.orders, "order_id"))) == 3
    assert sorted(rows(found.orders, "customer_id")) == [("0901234567",), ("0901234567",), ("0907654321",)]
