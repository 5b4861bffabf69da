"""Small inputs the tests of the look share: one of every chart, and notebooks as Jupyter stores them."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import nbformat
import numpy as np
import pandas as pd

from helpers.language import Language
from helpers.report import charts
from helpers.report.pieces import Figure, Piece

WORDS = {"title": "Seven of ten never return", "subtitle": "share back within 90 days; 120 customers, Jan – Jun 2026"}
MONTHS = [date(2026, month, 1) for month in range(1, 7)]
SHARES = [("Branch 1", 0.4, 0.35, 0.45, 300), ("Branch 2, delivered late", 0.15, 0.1, 0.22, 140)]


def parsed(svg: str) -> ElementTree.Element:
    """A drawing as a tree."""
    return ElementTree.fromstring(svg)  # noqa: S314 – our own drawing


def matrix() -> tuple[pd.DataFrame, pd.Series]:
    """Six months of cohorts; the newest has no later month yet."""
    cells = [[1.0, *[0.3 - 0.04 * k for k in range(1, 6 - row)], *[np.nan] * row] for row in range(6)]
    return pd.DataFrame(cells, index=MONTHS, columns=range(6)), pd.Series([40, 35, 30, 50, 45, 20], index=MONTHS)


def curve() -> pd.DataFrame:
    """A return curve with four steps."""
    share = [0.1, 0.2, 0.3, 0.35]
    rows = {
        "days": [7, 30, 90, 200],
        "share": share,
        "low": [s - 0.04 for s in share],
        "high": [s + 0.05 for s in share],
    }
    return pd.DataFrame(rows)


def one_of_each(say: Language) -> dict[str, Figure]:
    """Every chart, from a few numbers that can be checked by eye."""
    weeks = pd.DataFrame({"week": pd.date_range("2026-01-05", periods=20, freq="7D").date, "value": range(10, 30)})
    flows = {
        "month": MONTHS,
        "new": [9, 8, 7, 9, 6, 5],
        "resurrected": [1, 2, 3, 1, 2, 2],
        "churned": [4, 5, 9, 6, 7, 8],
    }
    held = {"predicted": [0.1, 0.4, 0.7], "actual": [0.12, 0.35, 0.74], "n": [200, 80, 20]}
    words = {**WORDS, "language": say}
    stay = curve().rename(columns={"days": "months"}).assign(months=[1, 4, 9, 14], share=[0.9, 0.8, 0.7, 0.65])
    stay = stay.assign(low=stay["share"] - 0.05, high=stay["share"] + 0.04)
    return {
        "return_curve": charts.return_curve(curve(), **words),
        "cohorts": charts.cohorts(*matrix(), **words),
        "stack": charts.stack(
            pd.DataFrame({"2025": [9.0] * 6, "2026": range(6)}, index=MONTHS), wording=say.number, **words
        ),
        "growth": charts.growth(pd.DataFrame(flows), **words),
        "staying": charts.staying(stay, stay.assign(months=[10, 16, 22, 28]), **words),
        "rates": charts.rates(SHARES, reference=("All", 0.33), **words),
        "bars": charts.bars(
            [("One-time buyers", 38.4, 29.0, 51.0, "1,412 customers"), ("Complaints", None, None, None, "")],
            wording=lambda value: f"{value:.0f}m",
            **words,
        ),
        "bridge": charts.bridge(
            [("Lost customers", -42.0, "120"), ("Nothing", 0.0, ""), ("New customers", 55.5, "300")],
            wording=lambda value: f"{value:.0f}m",
            **words,
        ),
        "weeks": charts.weeks(weeks, [(date(2026, 2, 17), "Tết"), (date(2020, 1, 1), "long ago")], **words),
        "calibration": charts.calibration(pd.DataFrame(held), **words),
        "ladder": charts.ladder(SHARES, **words),
        "rhythm": charts.rhythm(
            pd.DataFrame({"days": [0, 7, 14, 21], "count": [5, 9, 4, 1]}), mark=(10.0, "half: 10 days"), **words
        ),
        "arms": charts.arms(SHARES, **words),
        "scorecard": charts.scorecard(
            [("We thank first-time buyers", 2.5, ""), ("We answer in a day", None, "")], **words
        ),
        "swings": charts.swings(
            [("How many rewards are used", -4.0, 9.0, "90% to 50%"), ("How much is given back", 1.0, 6.0, "")],
            base=3.5,
            wording=lambda value: f"{value:.0f}m",
            **words,
        ),
    }


def shows(*pieces: Piece, source: str = "show(result)", tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    """An executed code cell that displays these pieces, as Jupyter stores it."""
    bundles = [piece._repr_mimebundle_() for piece in pieces]
    outputs = [nbformat.v4.new_output("display_data", data=data, metadata=metadata) for data, metadata in bundles]
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata={"tags": list(tags)})


def says(text: str, **metadata: str) -> nbformat.NotebookNode:
    """A markdown cell."""
    return nbformat.v4.new_markdown_cell(text, metadata=metadata)


def notebook(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An executed notebook."""
    return nbformat.v4.new_notebook(cells=list(cells))
