"""The page as the notebook shows it: which client, which language, which sections in which order."""

from __future__ import annotations

import os
from pathlib import Path

import ipywidgets as w

from helpers.page.choose import Choose
from helpers.page.close import Close
from helpers.page.frame import Frame
from helpers.page.guess import Guess
from helpers.page.interview import Interview
from helpers.page.leaks import Leaks
from helpers.page.section import Section
from helpers.page.start import Start
from helpers.pipeline.example import example_run
from helpers.serving import CLIENT, LANGUAGE

SECTIONS: tuple[type[Section], ...] = (Start, Guess, Interview, Leaks, Choose, Close)
"""The steps of a session, in order."""


def guided_session(lang: str = "", client: str = "") -> w.VBox:
    """The page for one client, with a language switch.

    Args:
        lang: language to begin with; default what the command line was told, else Vietnamese.
        client: the client's folder; default what the command line was told, else the example business.
    """
    w.register_comm_target()  # a kernel forked from a process that had imported the widgets has not been told of them
    folder = Path(client or os.environ.get(CLIENT, "") or example_run().parents[1])
    return Frame(folder, lang or os.environ.get(LANGUAGE, "") or "vi", SECTIONS).view
