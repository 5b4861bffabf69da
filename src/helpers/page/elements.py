"""Small pieces of the page: text that never becomes markup, fields with their labels, buttons a thumb can hit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from html import escape
from typing import Any

import ipywidgets as w


@cache
def auto() -> w.Layout:
    """As large as its content. Made on first use: a widget made on import would be none of a forked kernel's."""
    return w.Layout(width="auto", height="auto")


@cache
def wide() -> w.Layout:
    """As wide as its box."""
    return w.Layout(width="100%", height="auto")


def text(tag: str, words: str, css: str = "") -> w.HTML:
    """Escaped text in one element: notes and names never become markup."""
    return w.HTML(markup(tag, words, css))


def markup(tag: str, words: str, css: str = "", **attributes: str) -> str:
    """The same as a piece of HTML; line ends typed into a note stay."""
    also = "".join(
        f' {name.replace("_", "-")}="{escape(value)}"' for name, value in {"class": css, **attributes}.items() if value
    )
    return f"<{tag}{also}>{escape(words).replace(chr(10), '<br>')}</{tag}>"


def button(words: str, pressed: Callable[[], object], css: str = "", *, disabled: bool = False) -> w.Button:
    """A button that calls `pressed`; `css` may name several classes."""
    made = w.Button(description=words, disabled=disabled, layout=auto())
    for name in css.split():
        made.add_class(name)
    made.on_click(lambda _: pressed())
    return made


def box(parts: Sequence[w.Widget], css: str = "") -> w.VBox:
    """Pieces below each other."""
    made = w.VBox(list(parts))
    for name in css.split():
        made.add_class(name)
    return made


def row(parts: Sequence[w.Widget], css: str = "") -> w.HBox:
    """Pieces beside each other, going on below where the screen is narrow."""
    made = w.HBox(list(parts))
    for name in ("row", *css.split()):
        made.add_class(name)
    return made


def _told(widget: Any, changed: Callable[[Any], object]) -> Any:
    widget.observe(lambda change: changed(change["new"]), names="value")
    return widget


def line(label: str, value: str, changed: Callable[[str], object], *, hint: str = "") -> w.Text:
    """A labelled line of text; `changed` is told at every letter."""
    return _told(w.Text(value=value, description=label, placeholder=hint, layout=wide()), changed)


def note(label: str, value: str, changed: Callable[[str], object], *, hint: str = "") -> w.Textarea:
    """A labelled field for several lines."""
    return _told(w.Textarea(value=value, description=label, placeholder=hint, rows=3, layout=wide()), changed)


def day(label: str, value: date | None, changed: Callable[[date | None], object]) -> w.DatePicker:
    """A labelled day."""
    return _told(w.DatePicker(value=value, description=label, layout=auto()), changed)


def choice(label: str, options: Sequence[tuple[str, Any]], value: Any, changed: Callable[[Any], object]) -> w.Dropdown:
    """A labelled drop-down list of (words, value); nothing is chosen while `value` is none of theirs."""
    known = [option for _, option in options]
    at = known.index(value) if value in known else None
    return _told(w.Dropdown(options=list(options), index=at, description=label, layout=wide()), changed)


def radios(
    label: str, options: Sequence[tuple[str, Any]], value: Any, changed: Callable[[Any], object]
) -> w.RadioButtons:
    """Labelled choices that can all be read; none is chosen while `value` is none of theirs."""
    known = [option for _, option in options]
    at = known.index(value) if value in known else None
    return _told(w.RadioButtons(options=list(options), index=at, description=label, layout=wide()), changed)


def slider(
    label: str,
    value: float,
    bounds: tuple[float, float, float],
    changed: Callable[[float], object],
    *,
    disabled: bool = False,
) -> w.IntSlider | w.FloatSlider:
    """A labelled slider from, to, in steps of `bounds`; whole numbers where the bounds are whole."""
    low, high, step = bounds
    kind = w.IntSlider if all(isinstance(bound, int) for bound in bounds) else w.FloatSlider
    made = kind(
        value=value, min=low, max=high, step=step, description=label, readout=False, disabled=disabled, layout=wide()
    )
    return _told(made, changed)
