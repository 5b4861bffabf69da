"""What a result hangs on: one row per assumption, from its unfavourable to its favourable end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from helpers.language import Language
from helpers.report import style
from helpers.report.charts.rows import BAR, COLOURS, MARK, Row, rows, scale
from helpers.report.pieces import Figure


@style.drawing()
def swings(
    items: Sequence[tuple[str, float, float, str]],
    *,
    base: float,
    title: str,
    subtitle: str,
    wording: Callable[[float], str],
    language: Language,
    caption: str = "",
) -> Figure:
    """Bars between the two ends of a result, orange below nought and teal above; a line marks the result as assumed.

    `items`: (label, result at one end, result at the other, note). `base`: the result with every assumption as it is.
    `wording`: how an amount, negative ones too, is said.
    """
    ends = [base, 0.0, *(end for _, one, other, _ in items for end in (one, other))]
    found = MaxNLocator(nbins=3, steps=[1, 2, 2.5, 5, 10]).tick_values(min(ends), max(ends))
    ticks = [float(tick) for tick in found]
    lowest, top = min(ticks[0], min(ends)), max(ticks[-1], max(ends))
    shown = [
        Row(label, language.text("{low} to {high}", low=wording(min(a, b)), high=wording(max(a, b))), note)
        for label, a, b, note in items
    ]
    laid = rows(title, subtitle, shown, top_value=top - lowest or 1.0)
    for y, (_, one, other, _) in zip(laid.centres, items, strict=True):
        low, high = min(one, other), max(one, other)
        for start, end, tone in ((low, min(high, 0.0), "attention"), (max(low, 0.0), high, "now")):
            if end > start:
                laid.axes.add_patch(
                    Rectangle(
                        (start - lowest, y - BAR / 2), end - start, BAR, color=COLOURS[tone], zorder=3, clip_on=False
                    )
                )
        laid.axes.vlines(
            base - lowest, y - MARK / 2, y + MARK / 2, color=style.INK, linewidth=1.6, zorder=4, clip_on=False
        )
    scale(laid, [tick - lowest for tick in ticks], lambda place: wording(place + lowest))
    reading = "; ".join(f"{row.label}: {row.value}" for row in shown)
    return laid.page.figure("swings", caption=caption, reading=reading)
