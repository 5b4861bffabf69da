"""Hostile files of every kind: every row in a table or among the rejects, or one sentence – never anything else.

`make soak` looks at twenty times as many files, different ones each time.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpers import engine
from helpers.business import Business
from helpers.errors import InputError
from helpers.intake import load
from helpers.intake.checking import KNOWN, MOST_COLUMNS

BOOKS = Path(__file__).parent / "workbooks"
HEADERS = ["order_id", "ordered_at", "customer_id", "net_revenue"]
GOOD = [["g1", "2026-01-01", "GA", "5"], ["g2", "2026-01-02", "GB", "7"]]


def examples(number: int) -> Any:
    """How many files a test looks at: always the same ones, unless it soaks (`make soak`)."""
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )


@cache
def _engine() -> Any:
    return engine.connect(memory_limit="1GB", threads=2)


def survives(content: bytes, name: str) -> Any:
    """Load a file of orders: its quality, or the sentence that refuses it. Anything else fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        business = Business(name="Shop", sources={"orders": [{"file": name, "day_first": True}]})
        try:
            found = load(business, Path(folder), _engine(), today=date(2026, 7, 1))
        except InputError as fault:
            sentence = str(fault)
            assert "\n" not in sentence
            assert sentence.endswith(".")
            return sentence
        quality = found.quality
        rejects = found.rejects.count().to_pyarrow().as_py()
        lines = found.order_lines.count().to_pyarrow().as_py()
        assert (quality.rows_rejected, quality.rows_kept) == (rejects, lines)
        assert quality.rows_read == rejects + lines
        assert found.rejects.filter(found.rejects.reason.isnull()).count().to_pyarrow().as_py() == 0
        return quality


MAGIC = [
    b"",
    b"PK\x03\x04",
    b"PAR1",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x1f\x8b\x08\x00",
    b"{",
    b"[",
    b"\xff\xfe",
    b"\xfe\xff",
]
MAGIC += [b"\xef\xbb\xbf", b"order_id,ordered_at,customer_id,net_revenue\n", b"sep=", b"\x00\x00"]


@examples(30)
@given(start=st.sampled_from(MAGIC), rest=st.binary(max_size=300), ending=st.sampled_from(KNOWN))
def test_random_bytes_under_every_ending(start: bytes, rest: bytes, ending: str) -> None:
    """Noise, with and without the first bytes of a real format."""
    survives(start + rest, f"o{ending}")


CELLS = st.one_of(
    st.sampled_from(
        [
            "", " ", "=1+1", "+84901234567", "-5", "@SUM(A1)", "\t=1", "\r", "=cmd|' /C calc'!A0", "🎉🧋", "مرحبا بالعالم", "\u202eabc", "\x00",
            "a\x00b", "NaN", "nan", "Infinity", "-inf", "1e308", "1e-400", "9" * 400, "-" + "9" * 30, "0x1F", "1900-01-01",
            "9999-12-31", "0000-00-00", "31/02/2026", "29/02/2025 25:61", "2026-01-01", "01/02/2026", "46000", "46000.75",
            "99999999", "20260101", "2026-01-01T00:00:00+99:99", "1.234.567", "250k", "1,2tr", "(500)", "$1,240.00", "1e9",
            '"', '""', 'a"b', "a\nb", "a\r\nb", "'", "\\", "\\N", "NULL", "null", "N/A", "#N/A", "#REF!", "true", "\ufeff", "\ufffe",
            "\u0000" * 3, "x" * 5000, "Tổng cộng", "Total", "Khách lẻ", "Nguyễn Thị Ánh", "e\u0301\u0323", "\U0010ffff", "\u2028",
            "order_id", "1" * 19, "-0", "00", "٣٤٥", "１２３", "1_000", "1 000", "12:30", "2026-13-45", "%s%n{0}", "{file}", "</x>",
        ]
    ),
    st.text(max_size=8),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(str),
)  # fmt: skip
ROWS = st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=12)
EXTRA = st.lists(st.one_of(st.sampled_from([*HEADERS, "", "CCCD", "🎉", "a\nb", '"', "=1", "[1]", "c0", "source_row"]), st.text(max_size=5)), max_size=3)  # fmt: skip


def _written(rows: list[list[str]], delimiter: str, ends: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=ends, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


@examples(12)
@given(
    rows=ROWS,
    extra=EXTRA,
    delimiter=st.sampled_from(",;\t|^"),
    ends=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
)
def test_every_row_of_a_text_file_is_accounted_for(
    rows: list[list[str]], extra: list[str], delimiter: str, ends: str, encoding: str
) -> None:
    """Formulas, emoji, right-to-left text, NULs, infinities, dates of 1900 and 9999, headers twice: as many rows as were written."""
    written = [[*HEADERS, *extra], *(row + [""] * len(extra) for row in [*rows, *GOOD])]
    content = _written(written, delimiter, ends).encode(encoding, "replace")
    found = survives(content, "o.csv")
    if not isinstance(found, str):
        assert found.rows_read == len(rows) + 2


@examples(25)
@given(
    text=st.lists(st.one_of(CELLS, st.sampled_from([",", "\n", '"', "\r", '",\n"', "1,2026-01-01,A,5\n"])), max_size=25)
)
def test_text_that_was_never_quoted(text: list[str]) -> None:
    """Quotation marks that open and never close, line ends of every kind, rows of any length."""
    head = ",".join(HEADERS) + "\n" + "\n".join(",".join(row) for row in GOOD) + "\n"
    survives((head + "".join(text)).encode("utf-8", "replace"), "o.csv")


VALUES = {
    pa.string(): st.one_of(st.none(), CELLS.map(lambda cell: cell.encode("utf-8", "replace").decode())),
    pa.float64(): st.one_of(st.none(), st.floats()),
    pa.int64(): st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.bool_(): st.booleans(),
    pa.binary(): st.binary(max_size=6),
    pa.timestamp("us"): st.one_of(st.none(), st.datetimes()),
    pa.timestamp("us", "Asia/Ho_Chi_Minh"): st.datetimes(datetime(1900, 1, 2), datetime(9999, 12, 30)),
    pa.date32(): st.one_of(st.none(), st.dates()),
    pa.time64("us"): st.times(),
    pa.duration("us"): st.timedeltas(timedelta(days=-106_000_000), timedelta(days=106_000_000)),  # what 64 bits hold
    pa.decimal128(38, 2): st.decimals(-(10**35), 10**35, places=2),
    pa.list_(pa.int32()): st.lists(st.integers(0, 9), max_size=2),
    pa.null(): st.none(),
}


PLAIN = {
    "order_id": {pa.string(): ["g1", "g2"], pa.int64(): [1, 2], pa.uint64(): [1, 2], pa.binary(): [b"g1", b"g2"]},
    "ordered_at": {
        pa.string(): ["2026-01-01", "2026-01-02"],
        pa.date32(): [date(2026, 1, 1), date(2026, 1, 2)],
        pa.timestamp("us"): [datetime(2026, 1, 1), datetime(2026, 1, 2)],
        pa.timestamp("us", "Asia/Ho_Chi_Minh"): [datetime(2026, 1, 1), datetime(2026, 1, 2)],
    },
    "customer_id": {pa.string(): ["A", "B"], pa.int64(): [1, 2], pa.binary(): [b"A", b"B"]},
    "net_revenue": {
        pa.string(): ["5", "7"],
        pa.float64(): [5.0, 7.0],
        pa.int64(): [5, 7],
        pa.decimal128(38, 2): [Decimal("5.00"), Decimal("7.00")],
    },
}  # fmt: skip
"""Types that a column of this meaning can have, with two plain values of each."""


@examples(15)
@given(data=st.data())
def test_every_row_of_a_parquet_file_is_accounted_for(data: st.DataObject) -> None:
    """Any type in any column: not-a-number, far dates, unsigned and huge figures, bytes, lists, spans of time."""
    n = data.draw(st.integers(1, 8))
    columns = {}
    for name, plain in PLAIN.items():
        kind = data.draw(st.sampled_from(list(plain)))
        columns[name] = pa.array([*(data.draw(VALUES[kind]) for _ in range(n)), *plain[kind]], kind)
    for i, kind in enumerate(data.draw(st.lists(st.sampled_from(list(VALUES)), max_size=2))):
        name = data.draw(st.sampled_from([f"x{i}", *HEADERS]))
        columns[name] = pa.array([data.draw(VALUES[kind]) for _ in range(n + 2)], kind)
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    found = survives(out.getvalue(), "o.parquet")
    if not isinstance(found, str):
        assert found.rows_read == n + 2


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), CELLS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from([*HEADERS, "cccd", "items", "data", "1"]), st.text(max_size=4)), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), CELLS)
RECORDS = st.fixed_dictionaries(
    dict.fromkeys(HEADERS, SCALARS), optional=dict.fromkeys(["line_items", "customer", "phone", "x"], JSON_VALUES)
)


@examples(15)
@given(
    records=st.lists(RECORDS, max_size=5),
    wrap=st.sampled_from([lambda r: r, lambda r: {"orders": r}, lambda r: {"data": {"orders": r}, "total": 1}]),
    ending=st.sampled_from([".json", ".jsonl"]),
)
def test_json_of_any_shape(records: list[dict[str, Any]], wrap: Any, ending: str) -> None:
    """Values of any type, and of any depth where plain ones belong."""
    good = [dict(zip(HEADERS, row, strict=True)) for row in GOOD]
    found = survives(json.dumps(wrap([*records, *good])).encode(), f"o{ending}")
    if not isinstance(found, str):
        assert found.rows_read >= len(records) + 2


@cache
def _whole() -> dict[str, bytes]:
    """A sound file of each kind."""
    text = "\n".join(",".join(row) for row in [HEADERS, *GOOD * 20]).encode()
    book, parquet, archive = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet()
        for i, row in enumerate([HEADERS, *GOOD]):
            sheet.write_row(i, 0, row)
    pq.write_table(pa.table({name: [row[i] for row in GOOD] for i, name in enumerate(HEADERS)}), parquet)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("o.csv", text)
    records = json.dumps([dict(zip(HEADERS, row, strict=True)) for row in GOOD]).encode()
    return {
        "o.xlsx": book.getvalue(), "o.parquet": parquet.getvalue(), "o.zip": archive.getvalue(),
        "o.csv.gz": gzip.compress(text), "o.json": records, "o.csv": text.decode().encode("utf-16"),
        **{name: (BOOKS / name).read_bytes() for name in ("sheetjs.xls", "sheetjs.xlsb", "gnumeric.ods")},
    }  # fmt: skip


@examples(24)
@given(
    name=st.sampled_from(
        ["o.xlsx", "o.parquet", "o.zip", "o.csv.gz", "o.json", "o.csv", "sheetjs.xls", "sheetjs.xlsb", "gnumeric.ods"]
    ),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=3),
)
@example(name="o.parquet", cut=0.0, flips=[(0.03125, 128)])
@example(name="o.parquet", cut=0.0, flips=[(0.03125, 1)])
def test_files_cut_short_or_damaged(name: str, cut: float, flips: list[tuple[float, int]]) -> None:
    """A download that broke off, a disk that lost a bit."""
    content = bytearray(_whole()[name])
    for place, mask in flips:
        content[int(place * len(content))] ^= mask
    survives(bytes(content[: int(cut * len(content)) + 1]) if not flips else bytes(content), name)


@examples(6)
@given(rows=ROWS, extra=EXTRA)
def test_every_row_of_a_workbook_is_accounted_for(rows: list[list[str]], extra: list[str]) -> None:
    """The same cells in a workbook, formulas among them."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"nan_inf_to_errors": True}) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate([[*HEADERS, *extra], *rows, *GOOD]):
            for j, cell in enumerate(row):
                cell = cell.encode("utf-8", "replace").decode().replace("\ufffe", "").replace("\uffff", "")
                sheet.write_formula(i, j, cell) if cell.startswith("=1") else sheet.write_string(i, j, cell)
        book.add_worksheet("empty")
    found = survives(out.getvalue(), "o.xlsx")
    if not isinstance(found, str):
        assert found.rows_read == len(rows) + 2


class TestOneByOne:
    """Single files worth naming."""

    def test_ten_thousand_columns(self) -> None:
        """Refused by the limit, the number in the sentence; as many as allowed are read."""
        head = [*HEADERS, *(f"h{i}" for i in range(10_000))]
        assert f"more than {MOST_COLUMNS} columns" in survives(",".join(head).encode(), "o.csv")

    @pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf\r\n\r\n"])
    def test_a_byte_order_mark_alone(self, content: bytes) -> None:
        """Nothing in it is empty."""
        assert "is empty" in survives(content, "o.csv")

    def test_a_header_alone_and_one_column(self) -> None:
        """A header without rows, a file without columns."""
        assert "header but no rows" in survives(",".join(HEADERS).encode(), "o.csv")
        assert "no column for the order date" in survives(b"order_id\n1\n2\n", "o.csv")

    def test_the_header_again_in_the_middle(self) -> None:
        """Exports copied one below the other: the header is no sale and no customer."""
        head, rows = ",".join(HEADERS), "\n".join(",".join(row) for row in GOOD)
        found = survives(f"{head}\n{rows}\n{head}\n{rows.replace('g', 'h')}\n".encode(), "o.csv")
        assert (found.rows_read, found.rejected_by_reason) == (5, {"header_again": 1})

    def test_a_quotation_mark_that_is_never_closed(self) -> None:
        """In a file larger than the reader's buffer: not one of the rows behind it is swallowed."""
        head, rows = ",".join(HEADERS), "\n".join(",".join(row) for row in GOOD)
        tail = b"\nx,2026-01-03,GC,1" * 400_000
        found = survives(f'{head}\n{rows}\n"y,2026-01-03,GC,1'.encode() + tail, "o.csv")
        assert found.rows_read == 400_003

    def test_a_sheet_with_two_cells_in_far_corners(self, tmp_path: Path) -> None:
        """Five kilobytes that claim seventeen billion cells end the reading process, not ours."""
        with xlsxwriter.Workbook(tmp_path / "o.xlsx") as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, HEADERS)
            sheet.write(1_048_575, 16_383, "x")
        assert "GB of memory" in survives((tmp_path / "o.xlsx").read_bytes(), "o.xlsx")

    def test_empty_sheets(self, tmp_path: Path) -> None:
        """A workbook without a cell."""
        with xlsxwriter.Workbook(tmp_path / "o.xlsx") as book:
            book.add_worksheet()
        assert "is empty" in survives((tmp_path / "o.xlsx").read_bytes(), "o.xlsx")


MEASURED = """
import resource, sys
from datetime import date
from pathlib import Path
from helpers import engine
from helpers.business import Business
from helpers.errors import InputError
from helpers.intake import load
con = engine.connect(memory_limit="300MB", threads=1, spill=Path(sys.argv[1]) / "spill")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load(Business(name="S", sources={"orders": [{"file": sys.argv[2]}]}), Path(sys.argv[1]), con, today=date(2026, 7, 1))
    print("read", end=" ")
except InputError as fault:
    print("refused", end=" ")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_stays_within_the_limit(tmp_path: Path) -> None:
    """One line of 400 MB in a compressed file: refused, and never held as a whole."""
    (tmp_path / "o.csv.gz").write_bytes(gzip.compress(b"order_id,ordered_at\n" + b"x" * 400_000_000, compresslevel=1))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path), "o.csv.gz"], capture_output=True, text=True, check=True
    )
    outcome, megabytes = done.stdout.split()
    assert outcome == "refused"
    assert int(megabytes) < 300
