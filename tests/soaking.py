"""A night's tests try more examples of every property (`make soak`)."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import is_hypothesis_test, settings

TIMES = int(os.environ.get("RETENTION_SOAK") or 0)
"""Times as many examples of every property, also of those that say how many they try."""

SETTINGS = "_hypothesis_internal_use_settings"
"""Where hypothesis keeps the settings of a test."""


def soak(test: Any, times: int) -> None:
    """Multiply a property's examples, drawn anew each time; whatever else it has set stays. Done once, however many tests share it."""
    function = getattr(test, "__func__", test)
    if is_hypothesis_test(function) and not hasattr(function, "soaked"):
        usual = getattr(function, SETTINGS, None) or settings.default
        more = settings(usual, max_examples=times * usual.max_examples, deadline=None, derandomize=False)
        setattr(function, SETTINGS, more)
        function.soaked = True
