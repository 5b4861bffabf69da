"""Customers by the month they first bought: the heat map of who is still there, and the stack of what they bring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from helpers.language import Language
from helpers.report import style
from helpers.report.charts.frame import (
    GAP,
    month_ticks,
    need_rows,
    nice_top,
    page,
    spread,
    ticks_to,
    value_axis,
    widest,
)
from helpers.report.pieces import Figure

MOST = 13
"""Rows and columns on the page: one year and the month before it."""
_ROW = 21.0
_LINE = style.LABEL * style.LINE
_SHADES = LinearSegmentedColormap.from_list("teal", ["#eef6f5", "#8fc3c1", style.NOW, "#053f40"])


@style.drawing()
def cohorts(
    matrix: pd.DataFrame,
    sizes: pd.Series,
    *,
    title: str,
    subtitle: str,
    language: Language,
    caption: str = "",
) -> Figure:
    """Heat map: of the customers who first bought in a month (row), the share who bought again k months later (column).

    `matrix`: index first days of months (dates, increasing), columns 0…k, values shares 0–1, NaN where not fully
        observed. Column 0 (always everyone) is not drawn. The newest `MOST` rows and the first `MOST` columns are
        shown.
    `sizes`: customers per cohort, same index.
    """
    shown = matrix.iloc[-MOST:, :MOST]
    shown = shown[[column for column in shown.columns if int(column) > 0]]
    need_rows(shown)
    counts = [language.number(float(sizes.loc[month])) for month in shown.index]
    names = [language.month(month) for month in shown.index]
    heading = language.text("people")
    size_room = max(widest(counts), style.text_width(heading)) + 10
    left = widest(names) + size_room
    cells = [f"{100 * share:.0f}" for share in shown.to_numpy(dtype=float).ravel() if np.isfinite(share)]
    fit = max(1, int((style.WIDTH - left - 1.0) // (widest(cells) + 3)))
    shown = shown.iloc[:, :fit]  # a row of “100” is wider than a year of cells
    top = GAP + 2 * _LINE + 2
    sheet = page(title, subtitle, height=_ROW * len(shown), left=left, right=1.0, top=top, bottom=4.0)
    plot_cohorts(sheet.axes, shown)
    unit = shown.shape[1] / sheet.width
    axes = sheet.axes
    axes.set_xticks([])
    axes.set_yticks([])
    for row, (name, count) in enumerate(zip(names, counts, strict=True)):
        axes.text(-left * unit, row + 0.5 + 0.34 * style.LABEL / _ROW, name, color=style.INK, clip_on=False)
        axes.text(-8 * unit, row + 0.5 + 0.34 * style.LABEL / _ROW, count, ha="right", color=style.MUTED, clip_on=False)
    above = _LINE / _ROW
    axes.text(-8 * unit, -0.3 * above, heading, ha="right", color=style.MUTED, clip_on=False)
    axes.text(
        shown.shape[1],
        -1.35 * above,
        language.text("of 100, back in month …"),
        ha="right",
        color=style.MUTED,
        clip_on=False,
    )
    for column, k in enumerate(shown.columns):
        axes.text(column + 0.5, -0.3 * above, language.number(int(k)), ha="center", color=style.MUTED, clip_on=False)
    _name_unobserved(axes, shown, sheet.width, language)
    seen = shown.iloc[:, 0].dropna()
    reading = "; ".join(
        f"{language.month(month)}: {language.percent(float(share))}"
        for month, share in zip(seen.index, seen, strict=True)
    )
    reading = language.text("One month later: {shares}", shares=reading) if reading else ""
    return sheet.figure("cohorts", caption=caption, reading=reading)


def plot_cohorts(axes: Axes, shown: pd.DataFrame) -> None:
    """Cells with their figures (per hundred); what was not observed is hatched, one piece per stretch of a row."""
    values = shown.to_numpy(dtype=float)
    rows, columns = values.shape
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    highest = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
    for row, first, end in _runs(np.isnan(values)):
        axes.add_patch(
            Rectangle(
                (first, row),
                end - first,
                1,
                facecolor=style.PALE,
                edgecolor="#c3cad1",
                hatch="///",
                linewidth=0,
                zorder=1,
            )
        )
    for row, column in np.argwhere(~np.isnan(values)):
        value = values[row, column]
        shade = value / highest if highest > 0 else 0.0
        axes.add_patch(
            Rectangle((column, row), 1, 1, facecolor=_SHADES(shade), edgecolor=style.PAPER, linewidth=1, zorder=2)
        )
        ink = style.readable_on(_SHADES(shade))
        centre = row + 0.5 + 0.34 * style.LABEL / _ROW
        axes.text(column + 0.5, centre, f"{value * 100:.0f}", ha="center", color=ink, zorder=3, clip_on=False)


def _runs(mask: np.ndarray) -> list[tuple[int, int, int]]:
    """(row, first column, end column) of each stretch of true cells."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    return [(int(row), int(first), int(end)) for (row, first), (_, end) in zip(starts, ends, strict=True)]


def _name_unobserved(axes: Axes, shown: pd.DataFrame, width: float, language: Language) -> None:
    """Say in the hatching what it means, where there is room for the words."""
    text = language.text("not observed yet")
    need = (style.text_width(text) + 10) * shown.shape[1] / width
    runs = [run for run in _runs(shown.isna().to_numpy()) if run[2] - run[1] >= need]
    if runs:
        row, first, end = max(runs)
        middle = (first + end) / 2
        half = need / 2
        axes.add_patch(Rectangle((middle - half, row + 0.08), need, 0.84, facecolor=style.PALE, zorder=2))
        axes.text(middle, row + 0.5 + 0.34 * style.LABEL / _ROW, text, ha="center", color=style.MUTED, zorder=3)


@style.drawing()
def stack(
    frame: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    language: Language,
    wording: Callable[[float], str],
    caption: str = "",
) -> Figure:
    """Revenue of the whole base, layered by when its customers first bought: thick old layers mean that people stay.

    `frame`: index first days of months (dates), one column per layer, oldest layer first (at the bottom); values zero
        or more.
    `wording`: how a value is said.
    """
    need_rows(frame)
    ticks = ticks_to(nice_top(float(frame.sum(axis=1).max()), 4), 4)
    left = widest([wording(tick) for tick in ticks]) + 8
    right = widest([str(column) for column in frame.columns]) + 8
    sheet = page(title, subtitle, height=210.0, left=left, right=right, bottom=24.0)
    value_axis(sheet.axes, ticks, wording)
    tops = plot_stack(sheet.axes, frame, top=ticks[-1])
    unit = ticks[-1] / 210.0
    middles = [(below + above) / 2 for below, above in pairwise([0.0, *tops])]
    for column, y in zip(
        frame.columns, spread(middles, 1.2 * style.LABEL * unit, 0.4 * _LINE * unit, ticks[-1]), strict=True
    ):
        at = (len(frame) - 1) * (1 + 6 / sheet.width)
        sheet.axes.text(at, y - 0.34 * style.LABEL * unit, str(column), color=style.INK, clip_on=False)
    months: list[date] = [pd.Timestamp(month).date() for month in frame.index]
    chosen = month_ticks(months, sheet.width, language)
    sheet.axes.set_xticks([i for i, _ in chosen], [label for _, label in chosen])
    sheet.axes.tick_params(axis="x", pad=5)
    last = frame.iloc[-1]
    reading = "; ".join(f"{column}: {wording(float(last[column]))}" for column in frame.columns)
    return sheet.figure("stack", caption=caption, reading=reading)


def plot_stack(axes: Axes, frame: pd.DataFrame, *, top: float) -> list[float]:
    """Layers from light (oldest) to dark, each under a white edge; returns their upper ends in the last month."""
    levels = frame.to_numpy(dtype=float).cumsum(axis=1)
    floor = np.zeros(len(frame))
    x = np.arange(len(frame))
    for layer in range(frame.shape[1]):
        shade = _SHADES(0.12 + 0.8 * layer / max(1, frame.shape[1] - 1))
        axes.fill_between(x, floor, levels[:, layer], facecolor=shade, edgecolor=style.PAPER, linewidth=0.8)
        floor = levels[:, layer]
    axes.set_xlim(0, max(1, len(frame) - 1))
    axes.set_ylim(0, top)
    return [float(level) for level in levels[-1]]
