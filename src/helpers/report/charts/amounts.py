"""Amounts, one row each: money at stake with its range, and scores out of a few steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.patches import Rectangle

from helpers.language import Language
from helpers.report import style
from helpers.report.charts.frame import nice_top, ticks_to
from helpers.report.charts.rows import Row, Rows, Tone, bar, interval, rows, said, scale, unknown_strip
from helpers.report.pieces import Figure


@style.drawing()
def bars(
    items: Sequence[tuple[str, float | None, float | None, float | None, str]],
    *,
    title: str,
    subtitle: str,
    wording: Callable[[float], str],
    language: Language,
    tone: Tone = "attention",
    caption: str = "",
) -> Figure:
    """Horizontal bars with ranges: leaks, or segments by money at stake.

    `items`: (label, value, low, high, note), in the order to show; low and high None where no range is known, value
        None where nothing is: the row then says so. Values are zero or more.
    `wording`: how a value is said, such as ``lambda amount: language.short_money(amount, "VND")``.
    `tone`: "attention" for money leaving, "now" for what is there.
    """
    ends = [end for _, value, _, high, _ in items for end in (value, high) if end is not None]
    if any(end < 0 for end in ends):
        raise ValueError("bars start at zero: negative values need the growth chart")
    ticks = ticks_to(max(ends, default=1.0) or 1.0)
    top = max(max(ends, default=1.0), ticks[-1])
    unknown = language.text("not measured yet")
    words = [Row(label, unknown if value is None else wording(value), note) for label, value, _, _, note in items]
    laid = rows(title, subtitle, words, top_value=top)
    plot_bars(laid, items, tone)
    scale(laid, ticks, wording)
    reading = "; ".join(
        said(row.label, row.value, low, high, wording) for row, (_, _, low, high, _) in zip(words, items, strict=True)
    )
    return laid.page.figure("bars", caption=caption, reading=reading)


@style.drawing()
def bridge(
    items: Sequence[tuple[str, float, str]],
    *,
    title: str,
    subtitle: str,
    wording: Callable[[float], str],
    language: Language,
    caption: str = "",
) -> Figure:
    """What added to an amount and what took away from it, one row each; the sign stands in words beside every bar.

    `items`: (label, signed amount, note), in the order to show.
    `wording`: how an amount without its sign is said.
    """
    top = nice_top(max((abs(amount) for _, amount, _ in items), default=1.0))
    words = [Row(label, signed(amount, wording), note) for label, amount, note in items]
    laid = rows(title, subtitle, words, top_value=top)
    for y, (_, amount, _) in zip(laid.centres, items, strict=True):
        bar(laid.axes, abs(amount), y, "now" if amount >= 0 else "attention")
    scale(laid, ticks_to(top), wording)
    reading = "; ".join(f"{row.label}: {row.value}" for row in words)
    return laid.page.figure("bridge", caption=caption, reading=reading)


def signed(amount: float, wording: Callable[[float], str]) -> str:
    """An amount with its sign, nought without."""
    return ("+" if amount > 0 else "−" if amount < 0 else "") + wording(abs(amount))


def plot_bars(
    laid: Rows, items: Sequence[tuple[str, float | None, float | None, float | None, str]], tone: Tone
) -> None:
    """Bars, ranges, and a hatched strip where nothing was measured."""
    for y, (_, value, low, high, _) in zip(laid.centres, items, strict=True):
        if value is None:
            laid.axes.add_patch(unknown_strip(laid.axes.get_xlim()[1], y))
            continue
        bar(laid.axes, value, y, tone)
        if low is not None and high is not None:
            interval(laid.axes, low, high, y)


@style.drawing()
def scorecard(
    items: Sequence[tuple[str, float | None, str]],
    *,
    title: str,
    subtitle: str,
    language: Language,
    best: int = 4,
    caption: str = "",
) -> Figure:
    """How well each habit is kept, out of `best` steps; a habit nobody was asked about is hatched.

    `items`: (label, score 0–`best` or None, note).
    """
    unknown = language.text("not asked yet")
    words = [
        Row(
            label, unknown if score is None else language.text("{score} of {best}", score=float(score), best=best), note
        )
        for label, score, note in items
    ]
    laid = rows(title, subtitle, words, top_value=float(best), foot=4.0)
    gap = 3 * best / laid.page.width
    for y, (_, score, _) in zip(laid.centres, items, strict=True):
        if score is None:
            laid.axes.add_patch(unknown_strip(float(best), y, height=9))
            continue
        for step in range(best):
            laid.axes.add_patch(Rectangle((step, y - 4.5), 1 - gap, 9, color=style.GRID, zorder=1))
            filled = min(1.0, max(0.0, score - step))
            if filled:
                laid.axes.add_patch(Rectangle((step, y - 4.5), filled * (1 - gap), 9, color=style.NOW, zorder=2))
    laid.axes.tick_params(labelbottom=False)
    laid.axes.set_xticks([])
    reading = "; ".join(f"{row.label}: {row.value}" for row in words)
    return laid.page.figure("scorecard", caption=caption, reading=reading)
