"""What a section of the session page is: a title for the bar of steps, and a view."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import ipywidgets as w

if TYPE_CHECKING:
    from helpers.page.frame import Frame


class Section(ABC):
    """One step of the session. It is made anew whenever it is shown; what must last is in `frame.state` or in `frame`.

    Attributes:
        name: stands for the section in `frame.go(name)` and in what is remembered. title: catalog key of its name on the page.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.say = frame.say

    @abstractmethod
    def view(self) -> w.DOMWidget:
        """The section's widgets; the frame writes the heading above and the way on below."""
