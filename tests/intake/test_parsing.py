"""Money, dates, codes and phones as merchants write them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.intake import parsing, phones
from helpers.intake.text import fold, folded, header_key


def _one(con: Any, text: Any, make: Any, kind: str = "string") -> Any:
    table = ibis.memtable({"x": [text]}, schema={"x": kind})
    return con.to_pyarrow(table.select(y=make(table.x)))["y"][0].as_py()


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234.567 đ", "1234567"), ("1,234.50", "1234.50"), ("250k", "250000"), ("1,2tr", "1200000"), ("(500)", "-500"),
        ("$1,240.00", "1240"), ("1.234,50 €", "1234.5"), ("45.000", "45000"), ("45,5", "45.5"), ("-1.000 ₫", "-1000"),
        ("500-", "-500"), ("1tr2", "1200000"), ("2 tỷ", "2000000000"), ("1 234 567", "1234567"), ("120.000 VND", "120000"),
        ("1e5", "100000"), ("0.125", "0.125"), ("0", "0"), ("1.5 triệu", "1500000"), ("17000.00", "17000"), ("-$3.50", "-3.5"),
        ("1.234.567,50", "1234567.5"), ("1.234.567₫", "1234567"), ("($1,240.00)", "-1240"), ("2tr", "2000000"), ("35k", "35000"),
        ("1.234.567 VNĐ", "1234567"), ("đ 25.000", "25000"), ("+500", "500"),
    ],
)  # fmt: skip
def test_money_is_read_as_it_is_meant(con: Any, text: str, amount: str) -> None:
    """Vietnamese and international ways of writing an amount give the same exact figure."""
    found = _one(con, text, lambda x: parsing.number(parsing.bare_figure(x)))
    assert found == Decimal(amount)


@pytest.mark.parametrize("text", ["abc", "12 cái bánh", "1.2.3,4,5", "NaN", "Infinity", "--", "9" * 40, "=1+1", ""])
def test_what_is_no_money_is_missing(con: Any, text: str) -> None:
    """Words, formulas and figures beyond any purse are not turned into an amount."""
    assert _one(con, text, lambda x: parsing.number(parsing.bare_figure(x))) is None


@pytest.mark.parametrize(
    ("text", "day_first", "moment"),
    [
        ("05/03/2025", True, datetime(2025, 3, 5)),
        ("05/03/2025", False, datetime(2025, 5, 3)),
        ("5/3/2025 8:05", True, datetime(2025, 3, 5, 8, 5)),
        ("05-03-2025 14:30:59", True, datetime(2025, 3, 5, 14, 30, 59)),
        ("05.03.25", True, datetime(2025, 3, 5)),
        ("7/28/26 1:33 PM", False, datetime(2026, 7, 28, 13, 33)),
        ("2025-03-05", None, datetime(2025, 3, 5)),
        ("2025-03-05T10:00:00+07:00", None, datetime(2025, 3, 5, 10)),
        ("2025-03-05T03:00:00Z", None, datetime(2025, 3, 5, 10)),
        ("2026-01-31 12:34:56 +0700", None, datetime(2026, 1, 31, 12, 34, 56)),
        ("2026-01-31 12:34:56 +0600", None, datetime(2026, 1, 31, 13, 34, 56)),
        ("2026-01-31T12:34:56+0600", None, datetime(2026, 1, 31, 13, 34, 56)),
        ("2019-03-13T15:27:43.6630000", None, datetime(2019, 3, 13, 15, 27, 43, 663000)),
        ("03/05/2025 01:05:09 PM", False, datetime(2025, 3, 5, 13, 5, 9)),
        ("5/3/2025 1:33 CH", True, datetime(2025, 3, 5, 13, 33)),
        ("05/03/2025 9:05 SA", True, datetime(2025, 3, 5, 9, 5)),
        ("5 thg 3, 2025", None, datetime(2025, 3, 5)),
        ("05 thg 3 2025 14:30", None, datetime(2025, 3, 5, 14, 30)),
        ("05 Tháng 3, 2025", None, datetime(2025, 3, 5)),
        ("ngày 5 tháng 12 năm 2025", None, datetime(2025, 12, 5)),
        ("20250305", None, datetime(2025, 3, 5)),
        ("45721.5", None, datetime(2025, 3, 5, 12)),
        ("28 Jul 2026 01:33 PM", None, datetime(2026, 7, 28, 13, 33)),
        ("10:30 05/03/2025", True, datetime(2025, 3, 5, 10, 30)),
        ("31/02/2025", True, None),
        ("01/01/1900", True, None),
        ("31/12/9999", True, None),
        ("hôm qua", True, None),
    ],
)
def test_dates_are_read_in_every_form(con: Any, text: str, day_first: bool | None, moment: datetime | None) -> None:
    """Slashes, ISO with offset, Excel serials and plain digits become local time; impossible days become nothing."""
    zone = "Asia/Ho_Chi_Minh"
    assert _one(con, text, lambda x: parsing.moment(x, day_first=day_first, zone=zone)) == moment


@pytest.mark.parametrize(
    "text", ["03/2026", "2026-03", "Tháng 3/2026", "T3/2026", "15/03/2026", "2026-03-15", "202603"]
)
def test_a_month_is_read_however_it_is_written(con: Any, text: str) -> None:
    """A cost book may say 03/2026, tháng 3/2026 or any day of March."""
    assert _one(con, text, lambda x: parsing.month(x, day_first=True)) == datetime(2026, 3, 1).date()


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("0912345678", "0912345678"), ("912345678", "0912345678"), ("912345678.0", "0912345678"), ("+84 912 345 678", "0912345678"),
        ("84912345678", "0912345678"), ("(+84) 0912-345-678", "0912345678"), ("0084912345678", "0912345678"),
        ("01681234567", "0381234567"), ("1681234567", "0381234567"), ("+841691234567", "0391234567"),
        ("0123 456 7890", "0834567890"), ("02838123456", "02838123456"), ("0912345678 / 0987654321", "0912345678"),
        ("******5678", None), ("09123", None), ("khách quen", None), ("0000000000", None),
    ],
)  # fmt: skip
def test_vietnamese_numbers_take_one_form(con: Any, text: str, phone: str | None) -> None:
    """Lost zeros, +84 and the prefixes of before 2018 are one number; masked or broken ones are none."""
    assert _one(con, text, lambda x: phones.normalised(phones.digits(x, "VN"), "VN")) == phone


def test_numbers_of_other_countries_are_read_by_their_own_rules(con: Any) -> None:
    """A British till's 07911 123456 and +44 7911 123456 are one number."""
    found = [
        _one(con, t, lambda x: phones.normalised(phones.digits(x, "GB"), "GB"))
        for t in ("07911 123456", "+447911123456")
    ]
    assert found == ["+447911123456", "+447911123456"]


@given(text=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12))
@settings(max_examples=60, deadline=None)
def test_words_fold_alike_in_python_and_in_the_engine(text: str) -> None:
    """A word of a format file meets the same word in the data, whatever its accents, for Vietnamese letters."""
    vietnamese = "".join(c for c in text if c.isascii()) + "Đã hủy hoà Ưu đãi ỄẮỘ"
    con = ibis.duckdb.connect()
    assert con.to_pyarrow(folded(ibis.literal(vietnamese))).as_py() == fold(vietnamese)


@given(amount=st.integers(min_value=-(10**12), max_value=10**12))
@settings(max_examples=80, deadline=None)
def test_any_amount_survives_being_written_with_dots(amount: int) -> None:
    """An amount grouped in thousands the Vietnamese way is read back as the same amount."""
    con = ibis.duckdb.connect()
    written = f"{amount:,}".replace(",", ".") + " đ"
    assert con.to_pyarrow(parsing.number(parsing.bare_figure(ibis.literal(written)))).as_py() == amount


@pytest.mark.parametrize(
    ("number", "shown"),
    [(12.0, "12"), (-3.0, "-3"), (1.5, "1.5"), (9.2e18, "9200000000000000000"), (9.3e18, "9.3e+18"), (None, None)],
)
def test_floating_numbers_of_any_size_are_shown(con: Any, number: float | None, shown: str | None) -> None:
    """Whole ones without “.0”; one beyond what sixty-four bits count stays as it is."""
    assert _one(con, number, parsing.text, "float64") == shown


def test_headers_are_compared_without_case_accents_and_spaces() -> None:
    """Mã hóa đơn, MA HOA DON and "Mã  hoá-đơn" are one header."""
    assert header_key("Mã hóa đơn") == header_key("MA HOA DON") == header_key(" Mã  hoá-đơn") == "mahoadon"
