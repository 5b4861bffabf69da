"""Small pieces of the page: text that never becomes markup, and buttons a thumb can hit."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import ipywidgets as w

WIDE = w.Layout(width="100%", max_width="640px")


def text(tag: str, words: str, css: str = "") -> w.HTML:
    """Escaped text in one element: notes and names never become markup."""
    return w.HTML(markup(tag, words, css))


def markup(tag: str, words: str, css: str = "", role: str = "") -> str:
    """The same as a piece of HTML."""
    also = (f' class="{css}"' if css else "") + (f' role="{role}"' if role else "")
    return f"<{tag}{also}>{escape(words)}</{tag}>"


def button(words: str, pressed: Callable[[], object], css: str = "", disabled: bool = False) -> w.Button:
    """A button that calls `pressed`."""
    made = w.Button(description=words, disabled=disabled, layout=w.Layout(width="auto", height="auto"))
    if css:
        made.add_class(css)
    made.on_click(lambda _: pressed())
    return made
