"""Each table beside the sales, under Vietnamese and under English headers: the same canonical table."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from helpers import tables
from helpers.intake import recognise
from helpers.intake.formats import formats

from .conftest import Load, rows

FIXTURES = Path(__file__).parent / "fixtures" / "beside"
ORDERS = (
    "order_id,ordered_at,customer_id,phone,email,net_revenue\n"
    "HD1,2026-05-01,KH1,0912345678,lan@x.vn,50000\nHD2,2026-05-02,KH2,0987654321,,40000\nHD3,2026-05-03,,,,30000\n"
)
CANONICAL: dict[str, list[tuple[Any, ...]]] = {
    "contacts": [
        ("KH1", datetime(2026, 5, 13, 9), "zalo", "sell", "Hè", None),
        ("KH1", datetime(2026, 5, 15, 8, 30), "call", "care", None, None),
        ("KH2", datetime(2026, 5, 14), "sms", "care", None, None),
    ],
    "tickets": [
        (
            "P1", "KH2", "HD2", datetime(2026, 5, 13, 10), datetime(2026, 5, 13, 10, 30), datetime(2026, 5, 14, 9),
            "Zalo", "Chờ lâu", "Q1", "Đã đổi", True, False,
        ),
        ("P2", "KH1", None, datetime(2026, 5, 14, 10), None, None, "Facebook", "Sai món", "Q1", None, False, None),
        (
            "P3", None, None, datetime(2026, 5, 15, 10), datetime(2026, 5, 15, 11), None, "Quầy", "Sai món", "Q1", None,
            None, None,
        ),
    ],
    "feedback": [
        ("HD1", "KH1", datetime(2026, 5, 13, 10), 5.0, "1-5", 1.0, "Ngon"),
        ("HD2", "KH2", datetime(2026, 5, 13), 2.0, "1-5", 0.25, None),
        ("HD3", None, datetime(2026, 5, 14), 3.0, "1-5", 0.5, None),
    ],
    "deliveries": [
        ("HD1", datetime(2026, 5, 13, 10), datetime(2026, 5, 13, 10, 20)), ("HD2", datetime(2026, 5, 13, 11), None),
    ],
    "subscriptions": [
        ("S1", "KH1", "Vàng", date(2026, 1, 13), None, 500_000.0),
        ("S2", "KH2", "Bạc", date(2026, 2, 1), date(2026, 4, 30), 1_200_000.0),
    ],
    "staff_notes": [
        (datetime(2026, 5, 13), "Thu", "Q1", "Khách hỏi ghế em bé"),
        (datetime(2026, 5, 14, 20, 15), "Nam", "Q3", "Khách chê chờ lâu"),
    ],
    "costs": [
        (date(2026, 5, 1), "Facebook", "acquisition", 1_800_000.0),
        (date(2026, 5, 1), "Nhà", "other", 6_000_000.0),
        (date(2026, 5, 1), "Thẻ", "retention", 450_000.0),
    ],
    "consent": [
        ("KH1", None, None, "zalo", "advertising", True, date(2026, 5, 13), "phiếu"),
        ("KH2", None, None, "sms", "care", False, date(2026, 5, 14), "phiếu"),
    ],
}  # fmt: skip
SET_ASIDE = {"costs": {"total_row": 1}}


def test_every_table_beside_the_sales_has_fixtures() -> None:
    """A table that is declared without a Vietnamese and an English fixture is found."""
    assert set(CANONICAL) == set(tables.OPTIONAL)
    assert {path.name for path in FIXTURES.iterdir()} == {
        f"{kind}.{lang}.csv" for kind in tables.OPTIONAL for lang in ("vi", "en")
    }


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("kind", sorted(CANONICAL))
def test_headers_of_both_languages_give_the_same_table(kind: str, lang: str, shop: Load, tmp_path: Path) -> None:
    """Whatever language the book is kept in, the rows are the same and every column of it has found its place."""
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    path = FIXTURES / f"{kind}.{lang}.csv"
    found = shop(sources={"orders": [{"file": "orders.csv"}], kind: [{"file": str(path)}]})
    table = found.optional[kind]
    assert table.columns == tables.OPTIONAL[kind].names
    # by text: a missing cell has no order of its own
    assert sorted(rows(table), key=str) == sorted(CANONICAL[kind], key=str)
    assert found.quality.rejected_by_reason == SET_ASIDE.get(kind, {})
    assert found.quality.sources[1].unmapped == ()
    assert found.quality.notes == ()


@pytest.mark.parametrize("kind", sorted(CANONICAL))
def test_every_role_is_named_in_both_languages(kind: str) -> None:
    """Each column of a declared table has a header in Vietnamese letters and one in English."""
    layout = next(one for one in formats().values() if one.kind == kind)
    for role, headers in layout.roles.items():
        english = [header for header in headers if header.isascii()]
        assert english, f"{kind}.{role} has no English header"
        assert len(headers) > len(english) or role in ("email", "scale"), f"{kind}.{role} has no Vietnamese header"


@pytest.mark.parametrize("kind", sorted(CANONICAL))
def test_a_fixture_is_recognised_as_its_kind(kind: str) -> None:
    """Given its kind, both files are recognised as the one layout of it, with nothing missing."""
    for lang in ("vi", "en"):
        found = recognise(FIXTURES / f"{kind}.{lang}.csv", kind=kind)
        assert (found.format, found.missing) == (kind, ())
