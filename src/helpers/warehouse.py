"""The warehouse a business keeps its runs in: opened by what `business.yml` says under `warehouse:`, and swept of what no run has any more."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers import engine, files
from helpers.business import Business, Warehouse
from helpers.errors import InputError
from helpers.intake import expanded
from helpers.tables import KEPT

MARK = ".warehouse-mark"
"""In the client's folder: begins the names of its tables, so that two clients or two machines share a schema without meeting."""
_FOREIGN = ("psycopg", "pyspark", "py4j")


def opened(business: Business, client: Path) -> Any:
    """The engine this business's runs are kept and measured in; None where that is this machine.

    Args:
        client: the client's folder, where the mark of its tables is kept and against which a folder's name resolves.

    Raises:
        InputError: it cannot be reached, or nothing may be kept there.
    """
    asked = business.warehouse
    if asked is None:
        return None
    url = expanded(asked.url)
    if url.partition("://")[0] not in engine.AFAR:
        raise InputError(
            "business.yml, warehouse: its `url:` begins with one of: {known}.",
            known=[f"{name}://" for name in engine.AFAR],
        )
    con = _guarded(lambda: engine.connect(url))
    con.place, con.mark = _place(con.name, asked, client), mark(client)
    if not _guarded(con.has_place):
        con.disconnect()
        raise InputError(
            "business.yml, warehouse: in “{place}” no tables can be made; create that schema or folder, let its user write there and run again.",
            place=asked.place,
        )  # fmt: skip
    return con


def _guarded(ask: Callable[[], Any]) -> Any:
    """What a driver says becomes the user's sentence; its own words may hold the address."""
    try:
        return ask()
    except ModuleNotFoundError:
        raise InputError(
            "business.yml, warehouse: its driver is not installed; run: pip install 'retention-playbook[postgres]', or [spark] for Spark."
        ) from None
    except Exception as fault:
        if type(fault).__module__.partition(".")[0] not in _FOREIGN:
            raise
        raise InputError(
            "business.yml, warehouse: it does not answer, or refuses the user ({kind}); check `url:`, and for Spark that Java is installed.",
            kind=type(fault).__name__,
        ) from None  # fmt: skip


def _place(name: str, asked: Warehouse, client: Path) -> str:
    """A schema's name as it is; a folder without an address lies beside business.yml."""
    if name != "pyspark" or "://" in asked.place:
        return asked.place
    return (client / asked.place).resolve().as_uri()


def mark(client: Path) -> str:
    """What the names of this client's tables begin with, decided the first time it is asked for."""
    path = client / MARK
    found = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    if re.fullmatch(r"rp_[0-9a-f]{8}", found) is None:
        found = f"rp_{uuid.uuid4().hex[:8]}"
        files.write_text(path, found + "\n", private=True)
    return found


def sweep(con: Any, client: Path) -> None:
    """Drop every table of this client that none of its run folders refers to. Call while holding the client."""
    used = {path.read_text(encoding="utf-8").strip() for path in client.glob(f"runs/*/tables/*{KEPT}")}
    con.forget(sorted(set(con.labels()) - used))
