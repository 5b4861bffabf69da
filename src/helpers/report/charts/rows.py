"""One row per thing: its name and value on a line, its mark with interval under it, so that long names fit a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.report import style
from helpers.report.charts.frame import Page, page, value_axis
from helpers.report.svg import split_id

Tone = Literal["now", "attention", "context"]
COLOURS: dict[str, str] = {"now": style.NOW, "attention": style.ATTENTION, "context": style.CONTEXT}

LINE = style.LABEL * style.LINE
MARK = 15.0
_BETWEEN = 13.0
FOOT = 24.0
BAR = 11.0


@dataclass(frozen=True)
class Row:
    """One row, worded: `label` left, `value` right, `note` in grey after the label or on a line of its own."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Rows:
    """A page with its rows named; `centres` are the heights at which the marks belong, in units from the top."""

    page: Page
    centres: tuple[float, ...]
    bottom: float

    @property
    def axes(self) -> Axes:
        """Values along x, drawing units down y."""
        return self.page.axes


def rows(title: str, subtitle: str, items: Sequence[Row], *, top_value: float, foot: float = FOOT) -> Rows:
    """Lay out one row per item over an axis from zero to `top_value`.

    Raises:
        ValueError: nothing to draw (say so with :class:`~helpers.report.pieces.Missing` instead).
    """
    if not items:
        raise ValueError("no rows to draw")
    named = [_lines(item) for item in items]
    heights = [len(lines) * LINE + MARK + _BETWEEN for lines in named]
    whole = sum(heights) - _BETWEEN + 4
    sheet = page(title, subtitle, height=whole, left=1.0, right=5.0, bottom=foot)
    axes = sheet.axes
    axes.set_xlim(0, top_value)
    axes.set_ylim(whole, 0)
    axes.tick_params(axis="y", left=False, labelleft=False)
    axes.tick_params(axis="x", pad=3)
    end = top_value * (1 + 4 / sheet.width)
    centres, y = [], 0.0
    for item, lines, height in zip(items, named, heights, strict=True):
        for number, (text, colour, label) in enumerate(lines):
            set_text = axes.text(0, y + (number + 0.75) * LINE, text, color=colour, va="baseline", clip_on=False)
            if label:
                set_text.set_gid(split_id(label))
        axes.text(end, y + 0.75 * LINE, item.value, ha="right", weight=600, va="baseline")
        centres.append(y + len(lines) * LINE + MARK / 2)
        y += height
    return Rows(sheet, tuple(centres), whole)


def _lines(item: Row) -> list[tuple[str, str, str]]:
    """(text, colour, the part that is label where a grey note follows it on the same line, if it fits there)."""
    room = style.WIDTH - 2 - style.text_width(item.value, weight=600) - 10
    labels = style.wrap(item.label, room)
    together = f"{item.label} {item.note}"
    if item.note and len(labels) == 1 and style.text_width(together) + 0.35 * style.LABEL <= room:
        return [(together, style.INK, item.label)]
    notes = style.wrap(item.note, style.WIDTH - 2)
    return [(line, style.INK, "") for line in labels] + [(line, style.MUTED, "") for line in notes]


def scale(laid: Rows, ticks: Sequence[float], wording: Callable[[float], str]) -> None:
    """Grid lines in the mark strips only, so that they never cross words; their wording at the foot."""
    value_axis(laid.axes, ticks, wording, along="x")
    laid.axes.grid(False)
    for centre in laid.centres:
        laid.axes.vlines(
            list(ticks),
            centre - MARK / 2,
            centre + MARK / 2,
            color=style.GRID,
            linewidth=0.8,
            zorder=0,
            clip_on=False,
        )
    labels = laid.axes.get_xticklabels()
    if labels:
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right" if ticks[-1] >= laid.axes.get_xlim()[1] * 0.97 else "center")


def interval(axes: Axes, low: float, high: float, y: float, colour: str = style.INK) -> None:
    """A thin bar from `low` to `high` with short ends."""
    axes.hlines(y, low, high, color=colour, linewidth=1.6, zorder=4, clip_on=False)
    axes.vlines([low, high], y - 3.5, y + 3.5, color=colour, linewidth=1.6, zorder=4, clip_on=False)


def bar(axes: Axes, value: float, y: float, tone: Tone) -> None:
    """A bar from zero."""
    axes.add_patch(Rectangle((0, y - BAR / 2), value, BAR, color=COLOURS[tone], zorder=3, clip_on=False))


def unknown_strip(width: float, y: float, height: float = BAR) -> Rectangle:
    """Hatching that says *not known*, so that nothing is read as zero."""
    return Rectangle(
        (0, y - height / 2),
        width,
        height,
        facecolor=style.PALE,
        edgecolor=style.CONTEXT,
        hatch="////",
        linewidth=0,
        zorder=2,
    )


def said(label: str, value: str, low: float | None, high: float | None, wording: Callable[[float], str]) -> str:
    """A row as words for the alt text."""
    span = f" ({wording(low)} – {wording(high)})" if low is not None and high is not None else ""
    return f"{label}: {value}{span}"
