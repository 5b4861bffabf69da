"""The session page as `retention session` serves it, for tests that sit at it like an owner and a coach."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import psutil
import yaml

GUESS = {"Tiếng Việt": "Đoán", "English": "Guess"}
"""The step of the guesses in each language."""


def install(run: Path, workspace: Path) -> Path:
    """A client whose last run is a copy of this one's numbers."""
    client = workspace / "cafe"
    target = client / "runs" / run.name
    target.mkdir(parents=True)
    shutil.copy(run.parents[1] / "business.yml", client)
    for name in ("metrics.json", "manifest.json"):
        shutil.copy(run / name, target)
    return client


def forget(client: Path) -> None:
    """Back to before the session."""
    for path in (client / "session.yml", client / ".session-place.json", client / "session.html"):
        path.unlink(missing_ok=True)
    shutil.rmtree(client / "session-history", ignore_errors=True)


def said(client: Path) -> dict[str, Any]:
    """What `session.yml` holds; nothing while there is none."""
    path = client / "session.yml"
    return yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}


def kill_kernels(server: int) -> None:
    """End the kernels of this server at once, as a crash would."""
    killed = 0
    for child in psutil.Process(server).children(recursive=True):
        try:
            forked = "forkserver" in " ".join(child.parent().cmdline())
            if forked or "ipykernel" in " ".join(child.cmdline()):
                child.kill()
                killed += 1
        except (
            psutil.NoSuchProcess
        ):  # it, or what started it, has ended by itself meanwhile: a kernel of an earlier tab
            continue
    assert killed


class Page:
    """One tab."""

    def __init__(self, browser: Any, address: str, width: int = 360) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce")
        self.tab = self.context.new_page()
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.tab.on("pageerror", lambda fault: self.faults.append(str(fault)))
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.address = address
        self.tab.goto(address)
        self.ready()

    def ready(self) -> None:
        """Wait for the first usable screen."""
        self.tab.wait_for_selector(".retention .steps .on", timeout=60_000)
        self.tab.wait_for_selector(".retention .way-on button")

    def reload(self) -> None:
        """As a person does."""
        self.tab.reload()
        self.ready()

    def button(self, name: str) -> Any:
        """A button by its exact words."""
        return self.tab.get_by_role("button", name=name, exact=True)

    def step(self, name: str) -> None:
        """Go to a section, until it is drawn in the place of the one before."""
        before = self.tab.query_selector(".retention .body .way-on button")
        self.tab.locator(".steps").get_by_role("button", name=name, exact=True).click()
        self.tab.wait_for_selector(f".steps button.on:text-is('{name}')")
        self.tab.wait_for_function("before => !before.isConnected", arg=before)
        self.tab.wait_for_selector(".retention .body .way-on button")

    def speak(self, name: str) -> None:
        """Change the language."""
        self.button(name).click()
        self.tab.wait_for_selector(f".languages button.on:text-is('{name}')")
        self.tab.wait_for_selector(f".steps button:text-is('{GUESS[name]}')")

    def text(self) -> str:
        """Everything that can be read."""
        return str(self.tab.locator(".retention").inner_text())

    def wait(self, words: str) -> None:
        """Until these words can be read."""
        self.tab.get_by_text(words).first.wait_for(timeout=30_000)

    def close(self) -> None:
        """Shut the tab."""
        self.context.close()


def eventually(look: Any, wanted: Any, seconds: float = 10) -> None:
    """Until `look()` gives what is wanted; then that it does is asserted."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if look() == wanted:
                break
        except (KeyError, IndexError, TypeError):
            pass
        time.sleep(0.1)
    assert look() == wanted
