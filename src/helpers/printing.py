"""The report as a PDF, printed by the Chrome, Edge or Chromium that is installed, with the style the report has for paper."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from helpers.errors import InputError

BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "microsoft-edge-stable", "msedge",
)  # fmt: skip
"""Commands of browsers that can print, by preference."""
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "{ProgramFiles}/Google/Chrome/Application/chrome.exe",
    "{ProgramFiles(x86)}/Google/Chrome/Application/chrome.exe",
    "{ProgramFiles(x86)}/Microsoft/Edge/Application/msedge.exe",
    "{LocalAppData}/Google/Chrome/Application/chrome.exe",
)
"""Where macOS and Windows keep them; no command leads there."""
SECONDS = 120
"""A report prints in a few seconds; a browser that takes longer hangs."""


def browser() -> str:
    """The browser to print with.

    Raises:
        InputError: there is none.
    """
    commands = (shutil.which(name) for name in BROWSERS)
    places = (_place(pattern) for pattern in PLACES)
    found = next((path for path in (*commands, *places) if path), None)
    if found is None:
        raise InputError(
            "A PDF needs Chrome, Edge or Chromium, and none is installed; install one, or open report.html in any browser and print it."
        )
    return found


def print_report(report: Path, program: str) -> Path:
    """Print a report beside itself as ``report.pdf``; the one that lies there is replaced only by a whole one.

    Args:
        report: the HTML file. program: of :func:`browser`.

    Raises:
        InputError: the browser did not print it.
    """
    target = report.with_suffix(".pdf")
    with tempfile.TemporaryDirectory(prefix="retention-print-", ignore_cleanup_errors=True) as scratch:
        made = Path(scratch) / target.name
        command = [
            program, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--no-pdf-header-footer",
            "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing is fetched
            f"--user-data-dir={scratch}/profile",  # an open window of the same browser would take the job over and print nothing
            *(["--no-sandbox"] if _is_root() else []),
            f"--print-to-pdf={made}", report.resolve().as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603 – fixed words and our own file
        except (OSError, subprocess.SubprocessError) as fault:
            raise _unprinted(program) from fault
        if not made.is_file():
            raise _unprinted(program)
        part = target.with_suffix(".part")
        shutil.copyfile(made, part)
        part.chmod(report.stat().st_mode & 0o777)
        part.replace(target)
    return target


def _unprinted(program: str) -> InputError:
    return InputError(
        "The browser {program} did not print the report; open report.html in it and print it from there.",
        program=Path(program).name,
    )


def _place(pattern: str) -> str | None:
    try:
        path = pattern.format_map(os.environ)
    except KeyError:  # not this system's
        return None
    return path if Path(path).is_file() else None


def _is_root() -> bool:
    """Chromium refuses to sandbox root, as in a container."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
