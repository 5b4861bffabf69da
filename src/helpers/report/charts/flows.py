"""Bars over months or days: who came and who left, and how long people usually wait."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.language import Language
from helpers.report import style
from helpers.report.charts.curves import day_axis
from helpers.report.charts.frame import month_ticks, need_rows, nice_top, page, spread, ticks_to, value_axis, widest
from helpers.report.pieces import Figure

_HEIGHT = 220.0
_LINE = style.LABEL * style.LINE
MONTHS_SHOWN = 24


@style.drawing()
def growth(
    frame: pd.DataFrame, *, title: str, subtitle: str, language: Language, caption: str = "", lost: str = ""
) -> Figure:
    """Customers gained above zero and lost below it, month by month, with the balance as a dot.

    `frame`: month (first days, increasing), new, resurrected, churned: customers, all zero or more. The last 24 months
        are shown.
    `lost`: what those below zero did, where it is not that they stopped buying.
    """
    need_rows(frame)
    shown = frame.iloc[-MONTHS_SHOWN:]
    names = {
        "new": language.text("new"),
        "resurrected": language.text("returned"),
        "net": language.text("balance"),
        "churned": lost or language.text("stopped"),
    }
    up = nice_top(float((shown["new"] + shown["resurrected"]).max()), 3)
    down = nice_top(float(shown["churned"].max()), 3)
    step = max(ticks_to(up, 3)[1], ticks_to(down, 3)[1])
    top, bottom = step * np.ceil(up / step), step * np.ceil(down / step)
    ticks = [float(tick) for tick in np.arange(-bottom, top + step / 2, step)]
    left = widest([language.number(tick) for tick in ticks]) + 8
    sheet = page(title, subtitle, height=_HEIGHT, left=left, right=widest(list(names.values())) + 8, bottom=24.0)
    value_axis(sheet.axes, ticks, lambda value: language.number(abs(value)))
    plot_growth(sheet.axes, shown, top=float(top), bottom=float(bottom))
    _name_parts(sheet.axes, shown, names, sheet.width)
    months = [pd.Timestamp(month).date() for month in shown["month"]]
    chosen = month_ticks(months, sheet.width, language)
    sheet.axes.set_xticks([i for i, _ in chosen], [label for _, label in chosen])
    sheet.axes.tick_params(axis="x", pad=5)
    last = shown.iloc[-1]
    reading = f"{language.month(months[-1])}: " + "; ".join(
        f"{names[part]} {language.number(int(last[part]))}" for part in ("new", "resurrected", "churned")
    )
    return sheet.figure("growth", caption=caption, reading=reading)


def plot_growth(axes: Axes, shown: pd.DataFrame, *, top: float, bottom: float) -> None:
    """New (solid) and returned (striped) above zero, lost below, the balance as a dark dot."""
    x = np.arange(len(shown))
    new, back, lost = (shown[name].to_numpy(dtype=float) for name in ("new", "resurrected", "churned"))
    axes.bar(x, new, width=0.74, color=style.NOW, zorder=2)
    axes.bar(
        x, back, bottom=new, width=0.74, facecolor=style.TINT, edgecolor=style.NOW, hatch="////", linewidth=0, zorder=2
    )
    axes.bar(x, -lost, width=0.74, color=style.ATTENTION, zorder=2)
    axes.axhline(0, color=style.INK, linewidth=1, zorder=3)
    axes.plot(
        x,
        new + back - lost,
        "o",
        color=style.INK,
        markeredgecolor=style.PAPER,
        markeredgewidth=1.2,
        markersize=6.5,
        zorder=5,
    )
    axes.set_xlim(-0.6, len(shown) - 0.4)
    axes.set_ylim(-bottom, top)


def _name_parts(axes: Axes, shown: pd.DataFrame, names: dict[str, str], width: float) -> None:
    """Each part named beside its place in the last month, moved apart where they are thin."""
    last = shown.iloc[-1]
    new, back, lost = float(last["new"]), float(last["resurrected"]), float(last["churned"])
    places = {"new": new / 2, "resurrected": new + back / 2, "net": new + back - lost, "churned": -lost / 2}
    low, high = axes.get_ylim()
    unit = (high - low) / _HEIGHT
    heights = spread(
        list(places.values()), 1.2 * style.LABEL * unit, low + 0.5 * _LINE * unit, high - 0.5 * _LINE * unit
    )
    at = axes.get_xlim()[1] + 6 * (axes.get_xlim()[1] - axes.get_xlim()[0]) / width
    colours = {"new": style.NOW, "resurrected": style.NOW, "net": style.INK, "churned": style.ATTENTION}
    for part, y in zip(places, heights, strict=True):
        weight = 600 if part in ("new", "churned") else 400
        axes.text(at, y - 0.34 * style.LABEL * unit, names[part], color=colours[part], weight=weight, clip_on=False)


@style.drawing()
def rhythm(
    frame: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    language: Language,
    mark: tuple[float, str] | None = None,
    caption: str = "",
) -> Figure:
    """How long customers usually wait between orders: counts by number of days.

    `frame`: days (lower end of each bin, increasing, evenly spaced), count.
    `mark`: (days, label) of a value to point at, such as the median.
    """
    need_rows(frame)
    ticks = ticks_to(nice_top(float(frame["count"].max()), 3), 3)
    left = widest([language.number(tick) for tick in ticks]) + 8
    sheet = page(title, subtitle, height=170.0, left=left, right=10.0, bottom=24.0, top=12.0 + (_LINE if mark else 0))
    value_axis(sheet.axes, ticks, language.number)
    end = plot_rhythm(sheet.axes, frame, top=ticks[-1], mark=None if mark is None else mark[0])
    day_axis(sheet.axes, end, sheet.width, language)
    if mark:
        label = mark[1]
        half = style.text_width(label, weight=600) / 2 * end / sheet.width
        at = min(max(mark[0], half), end - half)
        lift = 0.35 * _LINE * ticks[-1] / 170.0
        sheet.axes.text(at, ticks[-1] + lift, label, ha="center", weight=600, clip_on=False)
    return sheet.figure("rhythm", caption=caption, reading=mark[1] if mark else "")


def plot_rhythm(axes: Axes, frame: pd.DataFrame, *, top: float, mark: float | None) -> float:
    """Bars touching but for a hair, those up to the mark in the accent; returns the right end of the axis."""
    days = frame["days"].to_numpy(dtype=float)
    width = float(days[1] - days[0]) if len(days) > 1 else 1.0
    before = days < mark if mark is not None else np.ones(len(days), dtype=bool)
    colours = np.where(before, style.NOW, style.CONTEXT).tolist()
    axes.bar(days, frame["count"].to_numpy(dtype=float), width=0.9 * width, align="edge", color=colours, zorder=2)
    end = float(days[-1]) + width
    axes.set_xlim(0, end)
    axes.set_ylim(0, top)
    if mark is not None:
        axes.vlines(mark, 0, top, color=style.INK, linewidth=1.2, linestyle=(0, (3, 2)), zorder=3)
    return end
