"""The businesses of the gallery, and how each is made and run."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gallery import distributor, gym
from helpers import business as business_file
from helpers.errors import InputError
from helpers.onboarding import create
from helpers.pipeline import example
from helpers.pipeline.run import Done, Order
from helpers.pipeline.run import run as run_client

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Entry:
    """One business.

    Attributes:
        make: workspace → the client's folder. today: the day it is run on. chapter: id of the chapter shown.
    """

    make: Callable[[Path], Path]
    today: date
    chapter: str


def cafe(workspace: Path) -> Path:
    """The example café, as `retention demo` has it."""
    return example.install(workspace / example.FOLDER)


def online_retail(workspace: Path) -> Path:
    """A British gift shop's real sales, published by UCI; no part of the project.

    Raises:
        InputError: the file is not at hand.
    """
    folder = Path(os.environ.get("RETENTION_REAL_DATA", ROOT.parent / "shared" / "data"))
    file = folder / "online_retail" / "online_retail.parquet"
    if not file.is_file():
        raise InputError(
            "Online Retail is not part of the project; name the folder that holds online_retail/online_retail.parquet with --real-data."
        )
    client = workspace / business_file.slug("UK gifts")
    (client / business_file.FILE).unlink(missing_ok=True)
    return create("UK gifts", [file], workspace, lang="en", currency="GBP", margin=0.4).file.parent


ENTRIES = {
    "cafe": Entry(cafe, example.TODAY, "chapter-2"),
    "distributor": Entry(distributor.make, date(2026, 7, 1), "chapter-1"),
    "gym": Entry(gym.make, date(2026, 7, 1), "chapter-2"),
    "online-retail": Entry(online_retail, date(2026, 7, 1), "chapter-2"),
}
INVENTED = ("cafe", "distributor", "gym")


def build(name: str, workspace: Path) -> Done:
    """Make this business and run the playbook on it, as `retention run` does.

    Raises:
        InputError: its data are not at hand, or as any run.
    """
    entry = ENTRIES[name]
    client = entry.make(workspace)
    return run_client(Order(client, entry.today), lambda book, cell, of: None, lambda stage: None)
