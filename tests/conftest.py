"""What every test may ask for: an engine, small businesses written by hand, the café, and real data where it is at hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ibis.expr.types as ir
import pytest
import soaking
from businesses import Sale, sales, table
from hypothesis import settings
from warehouses import postgres, spark

from helpers import engine, intake, resources
from helpers.business import Business, Source, load

__all__ = ["postgres", "spark"]
REAL_DATA = Path(os.environ.get("RETENTION_REAL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")

settings.register_profile("day", deadline=None)
settings.load_profile("day")  # how long an example takes says nothing about whether it is right
Orders = Callable[[str | list[Sale]], ir.Table]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that asks for real data, a PostgreSQL server or Spark can be chosen or left out: ``-m "not spark"``."""
    for item in items:
        for fixture, marker in (("real_data", "real"), ("postgres", "postgres"), ("spark", "spark")):
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        if soaking.TIMES > 1:
            soaking.soak(getattr(item, "obj", None), soaking.TIMES)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data sets."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"real data not found in {REAL_DATA}; set RETENTION_REAL_DATA")
    return REAL_DATA


@pytest.fixture(scope="session")
def con() -> Iterator[Any]:
    """One engine for all tests; every table in it has a name of its own."""
    made = engine.connect(threads=2)
    yield made
    made.disconnect()


@pytest.fixture
def orders(con: Any) -> Orders:
    """Canonical orders from lines such as ``An 2026-01-31 09:30 100`` (a dash: nobody known), or from tuples."""
    return lambda rows: table(con, sales(rows) if isinstance(rows, str) else rows)


@pytest.fixture(scope="session")
def cafe(con: Any) -> SimpleNamespace:
    """The example café as intake reads it: business, folder and tables."""
    folder = resources.example("cafe")
    business = load(folder)
    return SimpleNamespace(
        business=business, folder=folder, tables=intake.load(business, folder, con, today=date(2026, 7, 1))
    )


@pytest.fixture(scope="session")
def retail(real_data: Path, con: Any) -> ir.Table:
    """Orders of UCI Online Retail as intake reads them."""
    path = real_data / "online_retail" / "online_retail.parquet"
    if not path.is_file():
        pytest.skip(f"Online Retail not found in {real_data}")
    business = Business(
        name="Gifts",
        currency="GBP",
        country="GB",
        timezone="Europe/London",
        sources={"orders": [Source(file=str(path))]},
    )
    return intake.load(business, path.parent, con, today=date(2026, 7, 1)).orders


@pytest.fixture(scope="session")
def example_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the example café after a whole run in English; for reading only."""
    from helpers.pipeline import example
    from helpers.pipeline.run import Order, run

    client = example.install(tmp_path_factory.mktemp("example") / "cafe")
    return run(Order(client, example.TODAY, lang="en"), lambda *_: None, lambda _: None).folder


@pytest.fixture(scope="session")
def example_metrics(example_folder: Path) -> Path:
    """The example café's metrics.json."""
    return example_folder / "metrics.json"


CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()
