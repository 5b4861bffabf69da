"""The page a chart is drawn on: finding and measure above, one plot under them, laid out in drawing units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from helpers.language import Language
from helpers.report import style
from helpers.report.pieces import Figure

GAP = 12.0
"""Space between the words above and the plot."""


@dataclass(frozen=True)
class Page:
    """A canvas with its words set and one empty plot, `width` × `height` drawing units; `axes` counts in data's."""

    canvas: Canvas
    axes: Axes
    width: float
    height: float
    title: str
    subtitle: str

    def figure(self, name: str, *, caption: str = "", reading: str = "") -> Figure:
        """The finished chart; its alt text is the finding, the measure, and what can be read off (`reading`)."""
        parts = [self.title, self.subtitle, reading]
        alt = " ".join(part if part.endswith((".", "!", "?", "…")) else f"{part}." for part in parts if part)
        return style.to_figure(self.canvas, alt, caption, name=name)


def page(
    title: str,
    subtitle: str,
    *,
    height: float,
    left: float = 1.0,
    right: float = 1.0,
    bottom: float = 4.0,
    top: float = GAP,
) -> Page:
    """A page whose plot is `height` units high, with these margins around it; an empty title takes no room."""
    words = [(line, style.TITLE, 600, style.INK) for line in style.wrap(title, style.WIDTH - 2, style.TITLE, 600)]
    words += [(line, style.LABEL, 400, style.MUTED) for line in style.wrap(subtitle, style.WIDTH - 2, even=False)]
    above = sum(size * style.LINE for _, size, _, _ in words) + top
    whole = above + height + bottom
    canvas = style.new_canvas(whole)
    y = 0.0
    for text, size, weight, colour in words:
        y += size * style.LINE
        canvas.text(
            1 / style.WIDTH,
            1 - (y - 0.28 * size) / whole,
            text,
            fontsize=size,
            weight=weight,
            color=colour,
            va="baseline",
        )
    width = style.WIDTH - left - right
    axes = canvas.add_axes((left / style.WIDTH, bottom / whole, width / style.WIDTH, height / whole))
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    return Page(canvas, axes, width, height, title, subtitle)


def need_rows(frame: pd.DataFrame) -> None:
    """Refuse to draw nothing.

    Raises:
        ValueError: the table has no rows or no columns.
    """
    if frame.empty:
        raise ValueError("nothing to draw: the table is empty")


def nice_top(value: float, steps: int = 3) -> float:
    """A round number at or above `value` for the end of an axis that starts at zero."""
    if not np.isfinite(value) or value <= 0:
        return 1.0
    return next(tick for tick in _round_numbers(value, steps) if tick >= value * (1 - 1e-9))


def ticks_to(top: float, steps: int = 3) -> list[float]:
    """A few round numbers from zero to `top`."""
    return [tick for tick in _round_numbers(top, steps) if -1e-12 <= tick <= top * (1 + 1e-9)]


def _round_numbers(top: float, steps: int) -> list[float]:
    """Round numbers from zero to beyond `top`."""
    return [float(tick) for tick in np.asarray(MaxNLocator(steps, steps=[1, 2, 2.5, 5, 10]).tick_values(0.0, top))]


def value_axis(axes: Axes, ticks: Sequence[float], wording: Callable[[float], str], *, along: str = "y") -> None:
    """Light grid lines at `ticks`, each with its wording, on the axis that shows values."""
    axis = axes.yaxis if along == "y" else axes.xaxis
    axis.set_major_locator(FixedLocator(list(ticks)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: wording(value)))
    axis.grid(True)


def widest(texts: Sequence[str], size: float = style.LABEL, weight: int = 400) -> float:
    """Width of the widest of these texts."""
    return max((style.text_width(text, size, weight) for text in texts), default=0.0)


def month_ticks(months: Sequence[date], width: float, language: Language) -> list[tuple[int, str]]:
    """(position, label) of as many months as fit side by side, the newest always among them."""
    if not months:
        return []
    labels = [language.month(month) for month in months]
    room = width / len(months)
    step = next((n for n in (1, 2, 3, 4, 6, 12, 24) if n * room >= widest(labels) + 10), len(months))
    return [(i, labels[i]) for i in range(len(months)) if (len(months) - 1 - i) % step == 0]


def spread(positions: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Positions moved as little as needed to stand `distance` apart, in their order, inside `low`…`high`."""
    given = np.asarray(positions, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    steps = np.arange(len(given)) * distance
    # pushed up one after the other, then back down from the upper end
    placed = np.maximum.accumulate(np.maximum(given[order], low) - steps) + steps
    placed = np.minimum.accumulate((np.minimum(placed, high) - steps)[::-1])[::-1] + steps
    result = np.empty_like(placed)
    result[order] = placed
    return [float(value) for value in result]
