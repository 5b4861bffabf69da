"""One hand for every chart: palette, type and the way a matplotlib canvas becomes lean, deterministic SVG.

A chart is drawn once, 360 units wide with 12.5-unit type, so that on a 360-pixel phone nothing is smaller than 11
pixels. On a wide screen the page lowers the drawing's base font size (type is set in ``em``): labels then shrink around
their anchors, which
can never make them collide. Layout is measured with the font the page embeds.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager, ft2font
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Canvas
from matplotlib.typing import ColorType

from helpers.report.pieces import Figure
from helpers.report.svg import clean
from helpers.resources import package_file

INK = "#1d2733"
PAPER = "#ffffff"
NOW = "#0b6e6e"
ATTENTION = "#c8501e"
CONTEXT = "#8a94a0"
MUTED = "#55606c"
GRID = "#e3e7eb"
TINT = "#cfe4e3"
WARM_TINT = "#f6dccf"
PALE = "#f1f3f5"
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000")

FAMILY = "Be Vietnam Pro"
WIDTH = 360.0
"""Width of every drawing, in its own units."""
LABEL = 12.5
TITLE = 14.5
NARROWEST = 328.0
"""Pixels a chart gets on a 360-pixel phone: the screen less 16 pixels on either side."""
LINE = 1.28
"""Line height of text in a drawing; Vietnamese capitals carry two marks above."""

_RC: Any = {
    "font.family": [FAMILY],
    "font.size": LABEL,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": CONTEXT,
    "axes.facecolor": "none",
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "figure.dpi": 72,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.7,
    "lines.solid_capstyle": "butt",
    "patch.linewidth": 0.0,
    "path.simplify": False,
    "savefig.dpi": 72,
    "svg.fonttype": "none",
    "svg.hashsalt": "retention",
    "svg.image_inline": True,
    "xtick.color": CONTEXT,
    "xtick.labelcolor": MUTED,
    "xtick.major.size": 0,
    "ytick.color": CONTEXT,
    "ytick.labelcolor": MUTED,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "xtick.minor.size": 0,
}
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@cache
def _font_files() -> dict[int, str]:
    """Weight → TTF file, made known to matplotlib on first use (it cannot name a font by its path everywhere)."""
    files = {weight: str(package_file("report", "fonts", f"BeVietnamPro-{weight}.ttf")) for weight in (400, 600)}
    for file in files.values():
        font_manager.fontManager.addfont(file)
    return files


@contextmanager
def drawing() -> Iterator[None]:
    """The style, for the length of one chart: nothing of it stays in matplotlib's settings afterwards.

    Usable as ``with drawing():`` and as the decorator ``@drawing()``.
    """
    _font_files()
    with mpl.rc_context(), warnings.catch_warnings():
        # a product named in Chinese or with an emoji is measured roughly here and drawn by the reader's own fonts
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        mpl.rcdefaults()  # a reader's own matplotlibrc must not change the client's report
        mpl.rcParams.update(_RC)
        yield


def contrast(one: ColorType, other: ColorType) -> float:
    """Contrast ratio of two colours, 1–21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: ColorType) -> float:
    channels = np.asarray(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def readable_on(background: ColorType) -> str:
    """White or black, whichever is read more easily on `background`: never below 4.5:1."""
    return max(PAPER, "#000000", key=lambda ink: contrast(ink, background))


def new_canvas(height: float) -> Canvas:
    """An empty canvas `WIDTH` × `height` units, outside pyplot: nothing is kept or shown behind the caller's back."""
    canvas = Canvas(figsize=(WIDTH / 72, height / 72))
    FigureCanvasSVG(canvas)
    return canvas


@cache
def _measure(weight: int) -> ft2font.FT2Font:
    return font_manager.get_font(_font_files()[weight])


def text_width(text: str, size: float = LABEL, weight: int = 400) -> float:
    """Width of one line of text in drawing units."""
    font = _measure(weight)
    font.set_size(size, 72)
    font.set_text(text, 0.0)
    return float(font.get_width_height()[0]) / 64


def wrap(text: str, width: float, size: float = LABEL, weight: int = 400, *, even: bool = True) -> list[str]:
    """The lines of `text`, none wider than `width` unless a single word is; as `even` as their number allows."""
    lines = _fill(text, width, size, weight)
    if not even:
        return lines
    low, high = width / max(1, len(lines)), width
    while len(lines) > 1 and high - low > 2:
        middle = (low + high) / 2
        narrower = _fill(text, middle, size, weight)
        if len(narrower) > len(lines):
            low = middle
        else:
            lines, high = narrower, middle
    return lines


def _fill(text: str, width: float, size: float, weight: int) -> list[str]:
    """Lines filled one after the other."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def to_figure(canvas: Canvas, alt: str, caption: str = "", *, name: str = "chart") -> Figure:
    """The canvas as a :class:`~helpers.report.pieces.Figure`: the same drawing always gives the same bytes.

    Args:
        canvas: a matplotlib figure; its axes are laid out already (nothing is cropped or padded here).
        alt: what the chart says, for who cannot see it: the finding, not "a bar chart".
        caption: how to read it.
        name: what the ids inside begin with; a digest of the drawing follows, so that several charts share one page.
    """
    buffer = io.StringIO()
    with mpl.rc_context(
        {key: _RC[key] for key in ("svg.fonttype", "svg.hashsalt", "svg.image_inline", "path.simplify")}
    ):
        canvas.savefig(buffer, format="svg", metadata=_NO_METADATA, transparent=True)
    raw = buffer.getvalue()
    digest = hashlib.blake2b(f"{alt}\0{raw}".encode(), digest_size=4).hexdigest()
    return Figure(clean(raw, title=alt, prefix=f"{name}-{digest}", ink=INK, aside=MUTED), alt, caption)
