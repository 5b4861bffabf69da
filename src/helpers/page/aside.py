"""Work beside the page, so that it goes on answering; what it finds comes back where the page is drawn."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TypeVar

from helpers.errors import InputError
from helpers.pipeline import background

Found = TypeVar("Found")
Later = Callable[[Callable[[], object]], object]
"""Calls a function where the page is drawn."""


def here() -> Later:
    """Calls that come from other threads are made in this thread's loop; without a loop, where they come from."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return lambda call: call()
    return loop.call_soon_threadsafe


def aside(
    work: Callable[[], Found], found: Callable[[Found], object], failed: Callable[[InputError], object], workspace: Path
) -> Thread:
    """Do work in a thread of its own, then tell the page.

    Args:
        found: called with the result. failed: called with what is wrong; a fault of ours is one sentence, its traceback
            stands in the workspace's log.
    """
    later = here()

    def run() -> None:
        try:
            result = work()
        except InputError as fault:
            told = fault
            later(lambda: failed(told))
        except Exception:
            with (workspace / background.LOG).open("a", encoding="utf-8") as log:
                log.write(traceback.format_exc())
            later(lambda: failed(InputError(background.OURS, log=background.LOG)))
        else:
            later(lambda: found(result))

    thread = Thread(target=run, daemon=True)
    thread.start()
    return thread
