"""How long members stay: what was seen as a step curve, what is projected as a dashed line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.language import Language
from helpers.report import style
from helpers.report.charts.frame import need_rows, page, ticks_to, value_axis, widest
from helpers.report.pieces import Figure

_HEIGHT = 190.0


@style.drawing()
def staying(
    seen: pd.DataFrame,
    projected: pd.DataFrame | None = None,
    *,
    title: str,
    subtitle: str,
    language: Language,
    caption: str = "",
    reading: str = "",
) -> Figure:
    """Share of members still there by months of membership.

    `seen`: months (increasing), share, low, high (0–1), one row per step of the Kaplan–Meier curve.
    `projected`: the same columns from a model, drawn dashed over what was seen and with its band beyond it; None for none.
    """
    need_rows(seen)
    ticks = ticks_to(1.0, 4)
    left = widest([language.percent(tick) for tick in ticks]) + 8
    sheet = page(title, subtitle, height=_HEIGHT, left=left, right=10.0, bottom=24.0)
    value_axis(sheet.axes, ticks, language.percent)
    plot_staying(sheet.axes, seen, projected)
    month_axis(sheet.axes, sheet.axes.get_xlim()[1], language)
    return sheet.figure("staying", caption=caption, reading=reading)


def plot_staying(axes: Axes, seen: pd.DataFrame, projected: pd.DataFrame | None) -> None:
    """The step curve from (0, 100 %) with its band, and the projection."""
    months = np.r_[0.0, seen["months"]]
    low, high = np.r_[1.0, seen["low"]], np.r_[1.0, seen["high"]]
    axes.fill_between(months, low, high, step="post", color=style.TINT, linewidth=0)
    axes.plot(months, np.r_[1.0, seen["share"]], drawstyle="steps-post", color=style.NOW, linewidth=2.2, zorder=4)
    last = float(seen["months"].iloc[-1])
    if projected is not None:
        ahead = projected[projected["months"] >= last]
        axes.fill_between(ahead["months"], ahead["low"], ahead["high"], step="post", color=style.PALE, linewidth=0)
        axes.plot(
            projected["months"],
            projected["share"],
            drawstyle="steps-post",
            color=style.INK,
            linewidth=1.4,
            linestyle=(0, (4, 3)),
            zorder=5,
        )
        axes.axvline(last, color=style.CONTEXT, linewidth=0.8, zorder=1)
        last = max(last, float(projected["months"].iloc[-1]))
    axes.set_xlim(0, max(last, 1.0))
    axes.set_ylim(0, 1)


def month_axis(axes: Axes, last: float, language: Language) -> None:
    """Round months along the foot, the last of them saying that they are months."""
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 600) if last / step <= 6)
    ticks: Sequence[int] = range(0, int(last) + 1, step)
    labels = [language.number(tick) for tick in ticks]
    labels[-1] = language.plural("{n} month", "{n} months", ticks[-1])
    axes.set_xticks(list(ticks), labels)
    axes.tick_params(axis="x", pad=5)
    if ticks[-1] > 0.9 * last:
        axes.get_xticklabels()[-1].set_horizontalalignment("right")
