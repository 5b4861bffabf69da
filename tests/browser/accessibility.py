"""axe-core on a page."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest


def violations(page: Any) -> list[tuple[str, str, str]]:
    """Everything axe finds fault with: rule, severity, first element."""
    pytest.importorskip("axe_playwright_python")
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(v["id"], v["impact"], v["nodes"][0]["html"][:200]) for v in found]
