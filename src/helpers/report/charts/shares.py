"""Shares of groups, one row each, always with their interval: branches, campaign arms, rungs of the purchase ladder."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.patches import Rectangle

from helpers.language import Language
from helpers.report import style
from helpers.report.charts.frame import nice_top, ticks_to
from helpers.report.charts.rows import FOOT, LINE, MARK, Row, Rows, bar, interval, rows, said, scale
from helpers.report.pieces import Figure

ALIKE = 0.1
"""Below this on the whole scale shares are written to a tenth: whole per cents would all look alike."""

Item = tuple[str, float, float, float, int]
"""label, value, low, high, n: shares 0–1."""


@style.drawing()
def rates(
    items: Sequence[Item],
    *,
    title: str,
    subtitle: str,
    language: Language,
    reference: tuple[str, float] | None = None,
    caption: str = "",
) -> Figure:
    """Shares of several groups as dots with intervals, such as the return rate of each branch.

    `items`: (label, value, low, high, n), in the order to show.
    `reference`: (label, share) drawn through all rows, such as the whole business.
    """
    top = min(
        1.0, nice_top(max([high for _, _, _, high, _ in items] + ([reference[1]] if reference else []), default=1.0))
    )
    digits = 1 if top < ALIKE else 0
    words = [_share_row(item, language, digits) for item in items]
    laid = rows(title, subtitle, words, top_value=top, foot=FOOT + (LINE if reference else 0))
    for y, (_, value, low, high, _) in zip(laid.centres, items, strict=True):
        interval(laid.axes, low, high, y, style.CONTEXT)
        laid.axes.plot([value], [y], "o", color=style.NOW, markersize=8, zorder=5, clip_on=False)
    scale(laid, ticks_to(top), language.percent)
    if reference:
        _reference(laid, *reference, language=language, digits=digits)
    return laid.page.figure("rates", caption=caption, reading=_shares_said(items, language, digits))


def _share_row(item: Item, language: Language, digits: int = 0) -> Row:
    label, value, _, _, n = item
    return Row(label, language.percent(value, digits), language.text("n = {n}", n=n))


def _shares_said(items: Sequence[Item], language: Language, digits: int = 0) -> str:
    def worded(share: float) -> str:
        return language.percent(share, digits)

    return "; ".join(said(label, worded(value), low, high, worded) for label, value, low, high, _ in items)


def _reference(laid: Rows, label: str, share: float, *, language: Language, digits: int = 0) -> None:
    """A dashed line through the mark strips, named at the foot."""
    for y in laid.centres:
        laid.axes.vlines(
            [share], y - MARK / 2, y + MARK / 2, color=style.INK, linewidth=1.2, linestyle=(0, (3, 2)), zorder=3
        )
    text = f"{label} {language.percent(share, digits)}"
    unit = laid.axes.get_xlim()[1] / laid.page.width
    half = style.text_width(text) / 2 * unit
    at = min(max(share, half), laid.axes.get_xlim()[1] - half)
    laid.axes.text(at, laid.bottom + FOOT + 0.6 * LINE, text, ha="center", color=style.INK, clip_on=False)


@style.drawing()
def arms(items: Sequence[Item], *, title: str, subtitle: str, language: Language, caption: str = "") -> Figure:
    """What happened to each arm of a campaign: the first item (who got it) filled, the others (who did not) hollow.

    `items`: (label, value, low, high, n), treated first.
    """
    top = min(1.0, nice_top(max((high for _, _, _, high, _ in items), default=1.0)))
    # two shares whose difference is told in tenths of a point are told in tenths themselves
    laid = rows(title, subtitle, [_share_row(item, language, 1) for item in items], top_value=top)
    for number, (y, (_, value, low, high, _)) in enumerate(zip(laid.centres, items, strict=True)):
        colour = style.MUTED if number else style.NOW
        interval(laid.axes, low, high, y, colour)
        face = style.PAPER if number else colour
        laid.axes.plot(
            [value],
            [y],
            "o",
            color=colour,
            markerfacecolor=face,
            markeredgewidth=1.8,
            markersize=9,
            zorder=5,
            clip_on=False,
        )
    scale(laid, ticks_to(top), language.percent)
    return laid.page.figure("arms", caption=caption, reading=_shares_said(items, language, 1))


@style.drawing()
def ladder(items: Sequence[Item], *, title: str, subtitle: str, language: Language, caption: str = "") -> Figure:
    """The purchase ladder: of those on one rung, the share who reached the next; bars out of the whole 100 %.

    `items`: (label such as "1st to 2nd order", share, low, high, n on the rung below), lowest rung first.
    """
    laid = rows(title, subtitle, [_share_row(item, language) for item in items], top_value=1.0)
    for y, (_, value, low, high, _) in zip(laid.centres, items, strict=True):
        laid.axes.add_patch(Rectangle((0, y - 5.5), 1, 11, color=style.PALE, zorder=1))
        bar(laid.axes, value, y, "now")
        interval(laid.axes, low, high, y)
    scale(laid, ticks_to(1.0, 4), language.percent)
    return laid.page.figure("ladder", caption=caption, reading=_shares_said(items, language))
