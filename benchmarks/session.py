"""How long until the first screen of the session can be used? Beside Voilà as it comes, on a notebook with nothing in it.

Run with `python -m benchmarks.session`; needs Voilà and a Chromium browser. Both servers are started the same way: one process
of its own, one notebook, loopback and token, no browser, and asked for the page once they answer. Time runs from the request
of the page: for us until the first slider can be moved, for the empty notebook until the page is complete (its loading mark is
gone and its kernel is connected). Also measured: from the command itself, when nobody waits for the server first.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import nbformat

from benchmarks.rounds import alternate, record, table, times
from helpers import serving
from helpers.language import language
from helpers.pipeline import example
from helpers.pipeline.run import Order, run

IDLE = 4.0
"""Seconds a server is left alone after it answers, as somebody takes to look at the address and open it."""
CHROMIUM = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
EMPTY_DONE = "() => !document.querySelector('#loading') && document.querySelector('#rendered_cells') !== null"


def client_of(folder: Path) -> Path:
    """The example after a run, its session at the guesses: a page with sliders on it."""
    made = example.reset(folder / example.FOLDER, blank=True)
    run(Order(made, example.TODAY), lambda *_: None, lambda _: None)
    return made


def empty_notebook(folder: Path) -> Path:
    """A notebook without a cell."""
    book = nbformat.v4.new_notebook()
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "empty.ipynb"
    nbformat.write(book, path)
    return path


@contextmanager
def server(command: list[str], environment: Mapping[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server while it is asked."""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            if not serving.is_up(port, process):
                raise SystemExit("the server did not come up")
            yield process
        finally:
            process.terminate()
            process.wait(30)


def ours(browser: Any, client: Path, idle: float) -> dict[str, float]:
    """Seconds until the first slider of the guesses can be moved."""
    port, token = serving.free_port(), secrets.token_urlsafe(16)
    (client / ".session-place.json").write_text(
        '{"section": "guess", "mistake": "", "lang": "vi", "begun": "vi"}', encoding="utf-8"
    )
    command, environment = serving.session_command(port), serving.session_environment(client, language("vi"), token)
    return _measured(browser, command, environment, port, token, idle, _first_slider)


def stock(browser: Any, notebook: Path, idle: float) -> dict[str, float]:
    """Seconds until Voilà's page of an empty notebook is complete."""
    port, token = serving.free_port(), secrets.token_urlsafe(16)
    command = [
        sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--Voila.ip={serving.LOOPBACK}", f"--port={port}",
        f"--token={token}", "--strip_sources=True", "--Voila.log_level=ERROR",
    ]  # fmt: skip
    return _measured(browser, command, dict(os.environ), port, token, idle, _complete)


def _measured(
    browser: Any, command: list[str], environment: Mapping[str, str], port: int, token: str, idle: float, until: Any
) -> dict[str, float]:
    begun = time.monotonic()
    with server(command, environment, port):
        time.sleep(idle)
        context = browser.new_context()
        # the stock template asks a content network for an icon font; it is refused at once, not waited for
        context.route("**", lambda route: route.continue_() if serving.LOOPBACK in route.request.url else route.abort())
        page = context.new_page()
        asked = time.monotonic()
        page.goto(f"http://{serving.LOOPBACK}:{port}/?token={token}", wait_until="commit", timeout=120_000)
        until(page)
        done = time.monotonic()
        context.close()
    return {"seconds": done - asked if idle else done - begun}


def _first_slider(page: Any) -> None:
    handle = page.locator(".noUi-handle").first
    handle.wait_for(state="visible", timeout=120_000)
    handle.focus()
    before = handle.get_attribute("aria-valuenow")
    while handle.get_attribute("aria-valuenow") == before:
        handle.press("ArrowRight")


def _complete(page: Any) -> None:
    page.wait_for_function(EMPTY_DONE, timeout=120_000)
    page.wait_for_load_state("load", timeout=120_000)


def main() -> None:
    """Alternate the two and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    asked = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("This needs a Chromium browser.")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        client, notebook = client_of(Path(name)), empty_notebook(Path(name))
        parts = []
        for idle, what in ((IDLE, "from the request of the page"), (0.0, "from the command")):
            contestants = {
                "guided session, first slider moved": partial(ours, browser, client, idle),
                "stock Voilà, empty notebook complete": partial(stock, browser, notebook, idle),
            }
            us, them = alternate(contestants, asked.rounds)
            rows = [[one.name, *times(one)] for one in (us, them)]
            made = table([what, f"median of {asked.rounds}, s", "range, s"], rows)
            parts.append(f"{made}\n\nratio {us.seconds / them.seconds:.2f}")
            print(f"{parts[-1]}\n")
        browser.close()
    if asked.write:
        record("session", "\n\n".join(parts), "python -m benchmarks.session --write")


if __name__ == "__main__":
    main()
