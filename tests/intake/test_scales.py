"""Scores however customers give them, each on its own scale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from helpers.errors import InputError
from helpers.intake import Intake

from .conftest import Load, rows

ORDERS = "order_id,ordered_at,customer_id,net_revenue\nHD1,2026-05-01,KH1,50000\nHD2,2026-05-02,KH2,40000\n"
Given = Callable[..., Intake]


@pytest.fixture
def given(shop: Load, tmp_path: Path) -> Given:
    """Two orders and a file of scores with the given header, one score per row."""

    def _given(scores: list[str], header: str = "Điểm", *, scales: list[str] | None = None, **source: Any) -> Intake:
        head = f"Ngày\t{header}" + ("" if scales is None else "\tThang điểm")
        cells = [[score] if scales is None else [score, scales[n]] for n, score in enumerate(scores)]
        text = "\n".join([head, *("\t".join(["13/05/2026", *row]) for row in cells)])
        (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
        (tmp_path / "diem.tsv").write_text(text, encoding="utf-8")
        return shop(sources={"orders": [{"file": "orders.csv"}], "feedback": [{"file": "diem.tsv", **source}]})

    return _given


def read(found: Intake) -> list[tuple[Any, ...]]:
    """Score, scale and rating of each row kept, lowest rating first."""
    return rows(found.optional["feedback"].order_by("rating", "score"), "score", "scale", "rating")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("4/5", (4.0, "1-5", 0.75)), ("7/10", (7.0, "1-10", 6 / 9)), ("80/100", (80.0, "0-100", 0.8)),
        ("85%", (85.0, "0-100", 0.85)), ("4 sao", (4.0, "1-5", 0.75)), ("4,5 sao", (4.5, "1-5", 0.875)),
        ("1 star", (1.0, "1-5", 0.0)), ("★★★★☆", (4.0, "1-5", 0.75)), ("⭐⭐", (2.0, "1-5", 0.25)),
        ("Rất hài lòng", (5.0, "words", 1.0)), ("KHÔNG HÀI LÒNG", (2.0, "words", 0.25)), ("neutral", (3.0, "words", 0.5)),
    ],
)  # fmt: skip
def test_a_score_may_say_its_own_scale(given: Given, written: str, expected: tuple[float, str, float]) -> None:
    """Out of five, ten or a hundred, in stars, drawn or in words: read with its scale, worst 0 and best 1."""
    assert read(given([written])) == [pytest.approx(expected)]


@pytest.mark.parametrize(
    ("header", "scale", "rating"),
    [
        ("Số sao", "1-5", 0.75), ("Điểm (thang 10)", "1-10", 3 / 9), ("Score (0-10)", "0-10", 0.4),
        ("Điểm NPS", "nps", 0.4), ("CSAT (%)", "0-100", 0.04),
    ],
)  # fmt: skip
def test_the_header_says_the_scale(given: Given, header: str, scale: str, rating: float) -> None:
    """Four is good among stars and poor among percents; where the header tells, nobody is asked."""
    found = given(["4"], header)
    assert read(found) == [pytest.approx((4.0, scale, rating))]
    assert found.quality.notes == ()


@pytest.mark.parametrize(
    ("scores", "scale"),
    [
        ([5, 4, 5, 3, 1, 2], "1-5"),
        ([4.5, 3.5, 5, 5], "1-5"),
        ([9, 7, 10, 3, 8], "1-10"),
        ([9, 0, 10, 3, 8], "0-10"),
        ([90, 75, 8, 100, 66], "0-100"),
        ([0.9, 0.75, 1, 0, 0.5], "0-1"),
        ([*[5] * 60, *[1] * 39, 45], "1-5"),
        ([*[9] * 60, *[1] * 39, 95], "1-10"),
    ],
)
def test_the_scores_show_the_scale(given: Given, scores: list[float], scale: str) -> None:
    """Without a word the scores tell; one slip of the pen in a hundred changes no scale and is set aside."""
    found = given([str(score) for score in scores])
    kept = read(found)
    assert {row[1] for row in kept} == {scale}
    assert len(kept) == len(scores) - (max(scores) in (45, 95))
    # few scores are read with a remark, many without
    assert bool(found.quality.notes) == (len(scores) < 30)


@pytest.mark.parametrize(
    "scores",
    [
        [5, 4, 5, 0, 0, 3],  # five stars with nought for no answer, or up to ten and nobody content
        [1, 0, 1, 1, 0],  # thumbs, or stars
        [*[5] * 30, 8, 4],  # three in a hundred above five stars: slips, or ten marks
        [9, 7, 10, 30, 8, 9],  # one of six above ten: a slip, or percents
    ],
)
def test_a_doubtful_scale_is_asked_for(given: Given, scores: list[int]) -> None:
    """Scores that can be read in two ways are refused with what to write, and read once that is written."""
    with pytest.raises(InputError, match="on which scale its scores are"):
        given([str(score) for score in scores])
    assert len(read(given([str(score) for score in scores], scale="0-100"))) == len(scores)


def test_a_score_outside_its_scale_is_set_aside(given: Given) -> None:
    """Six of five stars and nought are no scores: two rows left out, and said why."""
    found = given(["5", "6", "0", "3"], "Số sao")
    assert [row[0] for row in read(found)] == [3.0, 5.0]
    assert found.quality.rejected_by_reason == {"outside_scale": 2}


def test_each_row_may_name_its_scale(given: Given) -> None:
    """Two systems in one file: their scores are kept apart, which is said; an unknown scale is no score."""
    found = given(["4", "4", "4", "4"], scales=["5", "10", "NPS", "trăng sao"])
    assert read(found) == [
        pytest.approx((4.0, "1-10", 3 / 9)), pytest.approx((4.0, "nps", 0.4)), pytest.approx((4.0, "1-5", 0.75)),
    ]  # fmt: skip
    assert found.quality.rejected_by_reason == {"bad_value": 1}
    assert any("several scales" in note.message for note in found.quality.notes)


def test_percent_cells_of_a_workbook(shop: Load, tmp_path: Path) -> None:
    """Excel keeps 85 % as 0.85: under a percent header it is read as the share it is."""
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    with xlsxwriter.Workbook(tmp_path / "diem.xlsx") as book:
        percent = book.add_format({"num_format": "0%"})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Ngày", "CSAT (%)"])
        for number, share in enumerate((0.85, 1), start=1):
            sheet.write(number, 0, "13/05/2026")
            sheet.write(number, 1, share, percent)
    found = shop(sources={"orders": [{"file": "orders.csv"}], "feedback": [{"file": "diem.xlsx"}]})
    assert read(found) == [(0.85, "0-1", 0.85), (1.0, "0-1", 1.0)]
