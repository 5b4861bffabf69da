"""What a section of the session page is: a name, a title, and a view."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import ipywidgets as w

if TYPE_CHECKING:
    from helpers.page.frame import Frame


class Section(ABC):
    """One step of the session. It is made anew whenever it is shown; what must last is in `frame.state` or in `frame`.

    Attributes:
        name: stands for the section in `frame.go(name)` and in what is remembered. title: catalog key of its heading.
        short: catalog key of its name in the bar of steps; the title where there is none. arrives: it has a heading of its own
            (class ``arrive``, ``tabindex="-1"``) that is read out when it is shown.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    short: ClassVar[str] = ""
    arrives: ClassVar[bool] = False

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.say = frame.say

    @abstractmethod
    def view(self) -> w.DOMWidget:
        """The section's widgets; the frame writes the heading above and the way on below."""
