"""Lines: how fast customers come back, a measure week by week, and how well a forecast held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.language import Language
from helpers.report import style
from helpers.report.charts.frame import GAP, month_ticks, need_rows, nice_top, page, ticks_to, value_axis, widest
from helpers.report.pieces import Figure

_HEIGHT = 190.0
_LINE = style.LABEL * style.LINE


def _axis_margin(ticks: Sequence[float], wording: Callable[[float], str]) -> float:
    """Room left of the plot for the wording of its values."""
    return widest([wording(tick) for tick in ticks]) + 8


@style.drawing()
def return_curve(
    frame: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    language: Language,
    mark_days: int = 100,
    caption: str = "",
) -> Figure:
    """Share of first-time buyers back by each day, as a step curve with its interval and a mark at `mark_days`.

    `frame`: days (increasing), share, low, high (0–1): one row per step, as Kaplan–Meier gives them.
    """
    need_rows(frame)
    last = frame.iloc[-1]
    ticks = ticks_to(min(1.0, nice_top(float(frame["high"].max()), 4)), 4)
    left = _axis_margin(ticks, language.percent)
    marked = frame["days"].iloc[0] <= mark_days <= last["days"]
    read = frame[frame["days"] <= mark_days].iloc[-1] if marked else last
    words = _read_off(read, mark_days if marked else int(last["days"]), language)
    sheet = page(title, subtitle, height=_HEIGHT, left=left, right=10.0, bottom=24.0, top=GAP + 2 * _LINE * marked)
    value_axis(sheet.axes, ticks, language.percent)
    plot_return_curve(sheet.axes, frame, top=ticks[-1])
    day_axis(sheet.axes, sheet.axes.get_xlim()[1], sheet.width, language)
    if marked:
        _mark_day(sheet.axes, frame, mark_days, sheet.width, words)
    return sheet.figure("return-curve", caption=caption, reading=", ".join(words))


def _read_off(row: pd.Series, day: int, language: Language) -> tuple[str, str]:
    """What the curve says on a day, and between what it most likely lies."""
    share, low, high = (language.percent(float(row[name])) for name in ("share", "low", "high"))
    first = language.text("After {days} days: {share}", days=day, share=share)
    return first, language.text("likely {low} to {high}", low=low, high=high)


def plot_return_curve(axes: Axes, frame: pd.DataFrame, *, top: float) -> None:
    """The curve from (0, 0) and its band."""
    days, share = np.r_[0, frame["days"]], np.r_[0, frame["share"]]
    axes.fill_between(
        days, np.r_[0, frame["low"]], np.r_[0, frame["high"]], step="post", color=style.TINT, linewidth=0, clip_on=False
    )
    axes.plot(days, share, drawstyle="steps-post", color=style.NOW, linewidth=2.2, clip_on=False, zorder=4)
    axes.set_xlim(0, max(1.0, float(frame["days"].iloc[-1])))
    axes.set_ylim(0, top)


def day_axis(axes: Axes, last: float, width: float, language: Language) -> None:
    """Round days along the foot, the first and the last of them saying that they are days."""
    ticks = [tick for tick in ticks_to(last, 5) if tick <= last]
    if last > 60:
        step = next(step for step in (30, 60, 90, 180, 365, 730, 3650) if last / step <= 6)
        ticks = [float(tick) for tick in range(0, int(last) + 1, step)]
    labels = [language.number(tick) for tick in ticks]
    labels[-1] = language.text("{days} days", days=int(ticks[-1]))
    axes.set_xticks(ticks, labels)
    axes.tick_params(axis="x", pad=5)
    overhang = style.text_width(labels[-1]) / 2 - (last - ticks[-1]) / last * width
    if overhang > 8:
        axes.get_xticklabels()[-1].set_horizontalalignment("right")


def _mark_day(axes: Axes, frame: pd.DataFrame, day: int, width: float, words: Sequence[str]) -> None:
    """A dashed line at `day` up to its words, which stand above the plot where no curve can run through them."""
    share = float(frame[frame["days"] <= day]["share"].iloc[-1])
    top, last = axes.get_ylim()[1], axes.get_xlim()[1]
    line = _LINE * top / _HEIGHT
    axes.vlines(day, 0, top + 0.2 * line, color=style.INK, linewidth=1, linestyle=(0, (3, 3)), zorder=3, clip_on=False)
    dot: dict[str, Any] = {"color": style.NOW, "markeredgecolor": style.PAPER, "markeredgewidth": 1.5, "markersize": 9}
    axes.plot([day], [share], "o", zorder=5, **dot)
    half = max(widest(words[:1], weight=600), widest(words[1:])) / 2 * last / width
    at = min(max(day, half), last - half)
    axes.text(at, top + 1.45 * line, words[0], ha="center", weight=600, clip_on=False)
    axes.text(at, top + 0.45 * line, words[1], ha="center", color=style.MUTED, clip_on=False)


@style.drawing()
def weeks(
    frame: pd.DataFrame,
    events: Sequence[tuple[date, str]] = (),
    *,
    title: str,
    subtitle: str,
    language: Language,
    wording: Callable[[float], str] | None = None,
    caption: str = "",
) -> Figure:
    """A measure week by week, from zero, with named events.

    `frame`: week (date of its first day, increasing), value; optionally low and high for a band, and forecast for a dashed
        line beside it. A missing value leaves a gap.
    `events`: (date, label), such as Tết; those outside the weeks shown are left out.
    `wording`: how a value is said; whole numbers otherwise.
    """
    need_rows(frame)
    say = wording or language.number
    highest = float(
        np.nanmax(frame[[name for name in ("value", "high", "forecast") if name in frame]].to_numpy(dtype=float))
    )
    ticks = ticks_to(nice_top(highest, 4), 4)
    positions = pd.to_datetime(frame["week"])
    first, last = positions.iloc[0], positions.iloc[-1]
    inside = sorted((day, label) for day, label in events if first <= pd.Timestamp(day) <= last + pd.Timedelta(days=6))
    left = _axis_margin(ticks, say)
    lanes = _lanes(
        [((pd.Timestamp(day) - first).days / 7, label) for day, label in inside], len(frame), style.WIDTH - left - 10
    )
    rows = max((lane for _, _, lane in lanes), default=-1) + 1
    sheet = page(title, subtitle, height=_HEIGHT, left=left, right=10.0, bottom=24.0, top=GAP + rows * _LINE)
    value_axis(sheet.axes, ticks, say)
    plot_weeks(sheet.axes, frame, top=ticks[-1])
    _mark_events(sheet.axes, lanes, rows, sheet.width)
    _month_axis(sheet.axes, positions, sheet.width, language)
    reading = "; ".join(f"{label} ({language.date(day)})" for day, label in inside)
    return sheet.figure("weeks", caption=caption, reading=reading)


def plot_weeks(axes: Axes, frame: pd.DataFrame, *, top: float) -> None:
    """The line, one unit per week, and its band if there is one."""
    weeks_on = np.arange(len(frame))
    if {"low", "high"} <= set(frame.columns):
        axes.fill_between(
            weeks_on, frame["low"].astype(float), frame["high"].astype(float), color=style.TINT, linewidth=0
        )
    axes.plot(
        weeks_on,
        frame["value"].astype(float),
        color=style.NOW,
        linewidth=2,
        clip_on=False,
        zorder=4,
        solid_joinstyle="round",
    )
    if "forecast" in frame:
        dashes: dict[str, Any] = {"color": style.INK, "linewidth": 1.6, "linestyle": (0, (4, 2)), "zorder": 5}
        axes.plot(weeks_on, frame["forecast"].astype(float), clip_on=False, **dashes)
    axes.set_xlim(0, max(1, len(frame) - 1))
    axes.set_ylim(0, top)


def _lanes(events: Sequence[tuple[float, str]], n: int, width: float) -> list[tuple[float, str, int]]:
    """Each event's lane above the plot: the lowest in which its label does not touch the one before."""
    free: list[float] = []
    placed = []
    for week, label in events:
        half = style.text_width(label) / 2
        centre = min(max(week / max(1, n - 1) * width, half), width - half)
        lane = next((i for i, end in enumerate(free) if centre - half > end + 8), len(free))
        free[lane:] = [centre + half, *free[lane + 1 :]]
        placed.append((week, label, lane))
    return placed


def _mark_events(axes: Axes, lanes: Sequence[tuple[float, str, int]], rows: int, width: float) -> None:
    """A dashed line up to each name; a name hides the lines of others that pass behind it."""
    low, top = axes.get_ylim()
    last = axes.get_xlim()[1]
    line = _LINE * top / _HEIGHT
    dashed: dict[str, Any] = {
        "color": style.ATTENTION,
        "linewidth": 1,
        "linestyle": (0, (2, 2)),
        "zorder": 2,
        "clip_on": False,
    }
    paper = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.5}
    for week, label, lane in lanes:
        foot = top + (rows - 1 - lane) * line
        axes.vlines(week, low, foot + 0.1 * line, **dashed)
        half = style.text_width(label) / 2 * last / width
        at = min(max(week, half), last - half)
        axes.text(at, foot + 0.35 * line, label, ha="center", color=style.INK, clip_on=False, bbox=paper)


def _apart(places: Sequence[tuple[int, str, float]], width: float) -> list[tuple[int, str]]:
    """The names that stand apart when those at the ends are moved inside; the newest goes first.

    Args:
        places: position, name and the middle of the name in drawing units, from left to right.
    """
    kept: list[tuple[int, str]] = []
    free = np.inf
    for place, label, middle in reversed(places):
        size = style.text_width(label)
        start = middle - size / 2
        if start + size > width + 8:  # set with its end at its month, and at the other end with its beginning
            start = middle - size
        elif start < 0:
            start = middle
        if start + size <= free - 6:
            kept.insert(0, (place, label))
            free = start
    return kept


def _month_axis(axes: Axes, positions: pd.Series, width: float, language: Language) -> None:
    """Months named at the week in which they begin."""
    starts = pd.Series(np.arange(len(positions)), index=positions.dt.to_period("M")).groupby(level=0).first()
    chosen = month_ticks([period.to_timestamp().date() for period in starts.index], width, language)
    last = axes.get_xlim()[1]
    places = [(int(starts.iloc[i]), label) for i, label in chosen]
    places = _apart([(place, label, place / last * width) for place, label in places], width)
    axes.set_xticks([place for place, _ in places], [label for _, label in places])
    axes.tick_params(axis="x", pad=5)
    for tick in axes.xaxis.get_major_ticks():
        half = style.text_width(tick.label1.get_text()) / 2 * last / width
        if tick.get_loc() + half > last * (1 + 8 / width):
            tick.label1.set_horizontalalignment("right")
        elif tick.get_loc() < half:
            tick.label1.set_horizontalalignment("left")


_DOT = 7.0
"""Half of the largest dot, which may lie on the axis and must not cover the wording beside it."""
_RIGHT = 18.0
"""Room for the right half of the last figure below the axis."""


@style.drawing()
def calibration(frame: pd.DataFrame, *, title: str, subtitle: str, language: Language, caption: str = "") -> Figure:
    """What was forecast against what happened, one dot per group of customers; on the line means *as forecast*.

    `frame`: predicted, actual (0–1), n (customers behind the dot); optionally low and high of the actual share.
    """
    need_rows(frame)
    columns = [name for name in ("predicted", "actual", "high") if name in frame]
    ticks = ticks_to(min(1.0, nice_top(float(frame[columns].to_numpy(dtype=float).max()), 4)), 4)
    foot = 24.0 + _LINE + 4.0
    heading = GAP + _LINE
    sheet = page(
        title,
        subtitle,
        height=230.0,
        left=_axis_margin(ticks, language.percent) + _DOT,
        right=_RIGHT,
        bottom=foot,
        top=heading,
    )
    value_axis(sheet.axes, ticks, language.percent)
    value_axis(sheet.axes, ticks, language.percent, along="x")
    sheet.axes.grid(False, axis="x")
    sheet.axes.tick_params(axis="y", pad=4 + _DOT)
    sheet.axes.get_xticklabels()[0].set_visible(False)  # the zero beside it does for both axes
    plot_calibration(sheet.axes, frame, top=ticks[-1])
    _name_sides(sheet.axes, sheet.width, language)
    reading = "; ".join(
        language.text("forecast {predicted}, came {actual}", predicted=language.percent(p), actual=language.percent(a))
        for p, a in zip(frame["predicted"].astype(float), frame["actual"].astype(float), strict=True)
    )
    return sheet.figure("calibration", caption=caption, reading=reading)


def plot_calibration(axes: Axes, frame: pd.DataFrame, *, top: float) -> None:
    """The line of a perfect forecast, intervals where given, and dots whose area grows with n."""
    axes.plot([0, top], [0, top], color=style.CONTEXT, linewidth=1.2, linestyle=(0, (4, 3)))
    predicted, actual = frame["predicted"].astype(float), frame["actual"].astype(float)
    if {"low", "high"} <= set(frame.columns):
        axes.vlines(
            predicted,
            frame["low"].astype(float),
            frame["high"].astype(float),
            color=style.CONTEXT,
            linewidth=1.4,
            zorder=3,
        )
    n = frame["n"].astype(float)
    axes.scatter(
        predicted,
        actual,
        s=30 + 170 * n / n.max(),
        color=style.NOW,
        edgecolor=style.PAPER,
        linewidth=1,
        zorder=4,
        clip_on=False,
    )
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)


def _name_sides(axes: Axes, width: float, language: Language) -> None:
    """Name both axes and the two sides of the line."""
    top = axes.get_ylim()[1]
    line = _LINE * top / 230.0
    start = -(style.WIDTH - width - _RIGHT) * top / width + top / width
    axes.text(start, top + 0.75 * line, language.text("actually came back"), color=style.MUTED, clip_on=False)
    axes.text(top, -2.6 * line, language.text("forecast to come back"), ha="right", color=style.MUTED, clip_on=False)
    axes.text(0.03 * top, 0.92 * top, language.text("better than forecast"), color=style.MUTED, zorder=1)
    axes.text(0.99 * top, 0.05 * top, language.text("worse than forecast"), ha="right", color=style.MUTED, zorder=1)
