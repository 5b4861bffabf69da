"""Pictures of a report on a phone and on a desk, small enough to be committed."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

from helpers.printing import browser

WIDTHS = (360, 1280)
TALLEST = 1600
"""Pixels of a page that are shown; a whole chapter is several times as long."""
COLOURS = 48


def take(report: Path, name: str, chapter: str, folder: Path) -> list[Path]:
    """The first page and one chapter at both widths: `<name>-<what>-<width>.png`.

    Args:
        chapter: id of the chapter's section in the report.

    Raises:
        InputError: no browser is installed.
    """
    from playwright.sync_api import sync_playwright

    program = browser()
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with sync_playwright() as running:
        opened = running.chromium.launch(
            executable_path=program, args=["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        )
        for width in WIDTHS:
            page = opened.new_page(viewport={"width": width, "height": 900})
            page.goto(report.resolve().as_uri())
            for what, section in (("first-page", "summary"), ("chapter", chapter)):
                box = page.locator(f'[id="{section}"]').bounding_box()
                clip = {"x": 0, "y": box["y"], "width": width, "height": min(box["height"], TALLEST)}
                picture = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip)))
                path = folder / f"{name}-{what}-{width}.png"
                picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
                made.append(path)
        opened.close()
    return made
